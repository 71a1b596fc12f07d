"""Multigrid for layered conduction: the preconditioner of the Krylov solvers.

Contract: `multigrid(solid)` prepares the levels, `Cycle` applied to a residual returns the correction of one V(1,1)
cycle. Columns (all layers at one x, y) are solved exactly, red and black in turn; only x and y are coarsened, both or
the more strongly joined one, so that any size, odd included, ends at one column. A coarse conductance is the series of
what lies between the middles of two coarse cells, in parallel over their face. Weights are float32: the cycle is a
preconditioner, accuracy comes from the outer float64 residual. Where conductances along z exceed those across by more
than single precision holds, `precise` makes the same cycle in float64. A cycle may be shared: it works for one thread
at a time.
"""

from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.conduction import Conduction

Array = NDArray[np.float64]
Real = NDArray[np.floating[Any]]
ANISOTROPY = 4.0
"""ratio of mean conductances along x and y above which only the stronger direction is coarsened"""
Weights = tuple[Real, Real, Real]


class Level(NamedTuple):
    """One grid of the hierarchy; arrays (ny + 2, nz, nx + 2) with a rim of zeros."""

    weights: Weights
    """(gx, gy, gz) of `thermal.volumes.kernels` [W/K]"""
    diagonal: Real
    pivot: Real
    """inverse pivots of the columns"""
    heat: Real
    """work: right-hand side"""
    rise: Real
    """work: solution"""
    column: Real
    """work: (nz, nx + 2)"""
    ratio: tuple[int, int]
    """columns of this level in one of the next, along x and y; (1, 1) on the last"""


class Cycle:
    """One V(1,1) cycle on prepared levels: a symmetric positive definite approximation of the inverse of A."""

    def __init__(self, solid: Conduction, levels: tuple[Level, ...]) -> None:
        self.solid, self.levels = solid, levels
        self._turn = Lock()
        self._precise: Cycle | None = None

    def __call__(self, residual: Array, correction: Array) -> Array:
        """Set the correction (nz, ny, nx) [K] for a residual (nz, ny, nx) [W], and return it."""
        from thermal.volumes import kernels

        with self._turn:
            kernels.load(residual, self.levels[0].heat)
            _descend(self.levels, 0)
            kernels.unload(self.levels[0].rise, correction)
        return correction

    def precise(self) -> "Cycle":
        """Return the cycle in double precision, made when first asked for."""
        if self._precise is None:
            self._precise = multigrid(self.solid, np.float64)
        return self._precise


def multigrid(solid: Conduction, precision: type[np.floating[Any]] = np.float32) -> Cycle:
    """Prepare the levels of a solid.

    Parameters
    ----------
    solid : Conduction
        Its sink includes the films of a coolant that is held.
    precision : of the weights

    Returns
    -------
    Cycle

    References
    ----------
    Wesseling (1992), An introduction to multigrid methods, chapters 5 (cell-centred transfer) and 7 (line smoothing,
    semi-coarsening); Trottenberg, Oosterlee and Schüller (2001), Multigrid, section 5.1.

    Examples
    --------
    >>> from thermal.volumes.conduction import conduction
    >>> from thermal.volumes.grid import Grid
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0, 2.0))
    >>> solid = conduction(grid, np.ones(grid.shape))
    >>> one_column = multigrid(solid._replace(sink=np.array([[[0.0]], [[2.0]]])))
    >>> one_column(np.array([[[1.0]], [[0.0]]]), np.empty(grid.shape)).ravel()
    array([1.5, 0.5])
    """
    from thermal.volumes import kernels

    nz, ny, nx = solid.shape
    weights, sink = _weights((nz, ny, nx), precision)
    kernels.fill(solid, weights, sink)
    levels = []
    while True:
        diagonal, pivot, heat, rise = (np.zeros_like(sink) for _ in range(4))
        kernels.factor(weights, sink, diagonal, pivot)
        ratio = _ratio(weights, ny, nx)
        levels.append(Level(weights, diagonal, pivot, heat, rise, np.zeros((nz, nx + 2), precision), ratio))
        if ratio == (1, 1):
            return Cycle(solid, tuple(levels))
        nx, ny = -(-nx // ratio[0]), -(-ny // ratio[1])
        coarse, below = _weights((nz, ny, nx), precision)
        kernels.coarsen(weights, sink, diagonal, ratio, coarse, below)
        weights, sink = coarse, below


def _weights(shape: tuple[int, int, int], precision: type[np.floating[Any]]) -> tuple[Weights, Real]:
    nz, ny, nx = shape
    gx, gy, gz, sink = (np.zeros((ny + 2, nz, nx + 2), precision) for _ in range(4))
    return (gx, gy, gz), sink


def _ratio(weights: Weights, ny: int, nx: int) -> tuple[int, int]:
    """Return how many columns to join along x and y: none at one column, else the more strongly joined or both."""
    if nx == 1 or ny == 1:
        return min(nx, 2), min(ny, 2)
    along_x, along_y = weights[0].sum() / (nx - 1) * nx, weights[1].sum() / (ny - 1) * ny
    return 2 if ANISOTROPY * along_x >= along_y else 1, 2 if ANISOTROPY * along_y >= along_x else 1


def _descend(levels: tuple[Level, ...], n: int) -> None:
    """Solve level n approximately for its `heat`, into its `rise`."""
    from thermal.volumes import kernels

    here = levels[n]
    here.rise[:] = 0
    kernels.smooth(here.weights, here.pivot, here.heat, 0, here.column, here.rise)
    if here.ratio == (1, 1):
        return
    below = levels[n + 1]
    kernels.restrict(here.weights, here.diagonal, here.heat, here.rise, here.ratio, below.heat)
    _descend(levels, n + 1)
    kernels.prolong(below.rise, here.ratio, here.rise)
    kernels.smooth(here.weights, here.pivot, here.heat, 1, here.column, here.rise)
