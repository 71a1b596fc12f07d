"""What is read from the temperature field of a package: means over faces, and the peak of a spot.

Contract: a probe is linear in the field and in the heat of the cells it reads; a face of a cell with heat q is hotter
than its centre by q times half the cell's resistance.
"""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.grid import Grid

Array = NDArray[np.float64]


class Probe(NamedTuple):
    """A mean temperature as a sum over cells, plus what the heat of a cell drops on the way to the face."""

    cells: NDArray[np.int64]
    """(probe, cell) flat indices"""
    weight: Array
    """(probe, cell) of sum 1 per probe [1]"""
    drop: Array
    """(probe, cell) rise of the face over the cell, weighted, per heat in the cell [K/W]"""

    def read(self, temperature: Array, heat: Array) -> Array:
        """Return the temperatures (probe,) [K] of a field and the heat in its cells, (nz, ny, nx) both."""
        return (self.weight * temperature.ravel()[self.cells] + self.drop * heat.ravel()[self.cells]).sum(-1)


class Probes(NamedTuple):
    """What is read from the field of a package."""

    die: Probe
    """mean of the active faces"""
    spot: Probe
    """each cell of the face of the spot next to the centre plane, rows along x; see `hottest`"""
    memory: Probe
    """mean of the hottest layer; no cell without memory"""
    regulator: Probe
    """mean of the face that takes their heat; no cell without"""
    case: Probe
    """mean of the outer face of the lid, or of the back of bare dies"""


def hottest(spot: Probe, grid: Grid, temperature: Array, heat: Array) -> float:
    r"""Return the temperature of the hottest point of the spots.

    $$ T = T_0 + \sum_{x, y} \frac{b^2}{-4a}, \qquad T(s) \approx T_0 + b s + a s^2 $$

    Parameters
    ----------
    spot : Probe
        Each cell of a rectangle.
    grid : Grid
    temperature : (nz, ny, nx) field [K]
    heat : (nz, ny, nx) in the cells [W]

    Returns
    -------
    temperature [K]

    Notes
    -----
    The hottest cell of the spot next to the centre plane, and parabolas through it and its neighbours: the cell
    alone would step from one to the next as the coolant shifts the peak. With so little flow that the outlet side
    of the dies is hotter than their spots, this is no longer the hottest point of the dies.

    References
    ----------
    Derived.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 2.0, 3.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> cells = np.arange(3)[:, None]
    >>> spot = Probe(cells, np.ones((3, 1)), np.zeros((3, 1)))
    >>> hottest(spot, grid, np.array([[[2.0, 5.0, 4.0]]]), np.zeros((1, 1, 3)))
    5.125
    """
    _, rows, columns = (np.unique(i) for i in np.unravel_index(spot.cells, grid.shape))
    face = spot.read(temperature, heat).reshape(rows.size, columns.size)
    at = np.unravel_index(face.argmax(), face.shape)
    lines = (face[:, at[1]], grid.dy[rows], at[0]), (face[at[0]], grid.dx[columns], at[1])
    return float(face[at] + sum(_vertex(*line) for line in lines))


def _vertex(T: Array, width: Array, i: np.intp) -> float:
    """Return how far the parabola through value i and its neighbours rises above it; mirrored at the ends."""
    T, width = np.pad(T, 1, "symmetric"), np.pad(width, 1, "symmetric")
    before, here, after = T[i : i + 3]
    left, right = (width[i : i + 2] + width[i + 1 : i + 3]) / 2
    down, up = (here - before) / left, (after - here) / right
    bend = (up - down) / (left + right)
    slope = (down * right + up * left) / (left + right)
    return float(slope**2 / (-4 * bend)) if bend < 0 else 0.0


def face_mean(pattern: Array, half: Array) -> Probe:
    """Return the mean of the first face over the cells of an even pattern; half: resistances to the z faces [K/W]."""
    cells = np.flatnonzero(pattern)
    weight = pattern.ravel()[cells]
    return Probe(cells[None], weight[None], (weight * half.ravel()[cells])[None])


def face_points(pattern: Array, half: Array) -> Probe:
    """Return the first face of each cell of a pattern."""
    cells = np.flatnonzero(pattern)[:, None]
    return Probe(cells, np.ones(cells.shape), half.ravel()[cells])


def mean_below(grid: Grid, half: Array, last: int, here: NDArray[np.bool_]) -> Probe:
    """Return the mean of the face between a layer of cells and the next, over the columns `here`."""
    upper, lower = half[last], half[last + 1]
    area = (grid.dy[:, None] * grid.dx)[here]
    plane = prod(grid.shape[1:])
    first = last * plane + np.flatnonzero(here)
    towards = lower[here] / (upper[here] + lower[here])
    weight = np.concatenate([area * towards, area * (1 - towards)]) / area.sum()
    return Probe(np.concatenate([first, first + plane])[None], weight[None], np.zeros((1, weight.size)))
