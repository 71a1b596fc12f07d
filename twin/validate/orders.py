"""Observed orders of the finite volumes in space and time, on a manufactured solution across layers.

Contract: u = g(t) cos(pi x / L) cos(pi y / W) phi(z), with k phi' = cos(pi z / 2H) in every layer, so that temperature
and flux pass from layer to layer: u = 0 at z = 0, no flux elsewhere. The heat that makes u exact is added in each cell.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.conduction import boundary_sink, conduction, outflow
from thermal.volumes.grid import Grid, centres
from thermal.volumes.transient import Body, State, backward_euler, crank_nicolson, tr_bdf2
from twin.validate.row import Allowed, Row, row

Array = NDArray[np.float64]

_SIDE, _HEIGHT, _END = (0.03, 0.02), 0.004, 0.5
_LAYERS = ((0.25, 120.0, 1.6e6), (0.5, 8.0, 2.4e6), (1.0, 390.0, 3.4e6))
"""top of each layer as a share of the height, conductivity [W/(m*K)], heat capacity [J/(m3*K)]"""
_SOURCE = "manufactured solution; slope between the two finest"
_SCHEMES = (("backward Euler", backward_euler, 1), ("Crank-Nicolson", crank_nicolson, 2), ("TR-BDF2", tr_bdf2, 2))
_RATE = 2 * np.pi


def _grow(t: float) -> float:
    return 1 + float(np.sin(_RATE * t))


def _growth(t: float) -> float:
    return _RATE * float(np.cos(_RATE * t))


def _layered(cells: int) -> tuple[Grid, Array, Array, Array]:
    """Return a grid of cells³, its conductivity and heat capacity (nz, 1, 1), and phi (nz,)."""
    edges = (np.linspace(0, length, cells + 1) for length in (*_SIDE, _HEIGHT))
    grid = Grid(**dict(zip("xyz", map(tuple, edges), strict=True)))
    z, wave = centres(grid.z), np.pi / (2 * _HEIGHT)
    tops = np.array([top for top, _, _ in _LAYERS]) * _HEIGHT
    layer = np.searchsorted(tops, z)
    k, store = (np.array([values[i] for values in _LAYERS]) for i in (1, 2))
    reach = np.minimum(z[:, None], tops) - np.minimum(z[:, None], np.append(0, tops[:-1]))
    low = np.append(0, tops[:-1])
    phi = ((np.sin(wave * (low + reach)) - np.sin(wave * low)) / (wave * k)).sum(1)
    return grid, k[layer, None, None], store[layer, None, None], phi


def space_error(cells: int) -> float:
    """Return the error at the end of TR-BDF2 with as many steps as cells along an axis.

    Parameters
    ----------
    cells : along each of x, y, z [1]

    Returns
    -------
    2-norm over the volume, relative to the solution [1]

    References
    ----------
    Roache (2002), J. Fluids Eng. 124, 4: the method of manufactured solutions.
    """
    grid, k, store, phi = _layered(cells)
    x, y = (np.cos(np.pi * centres(edges) / length) for edges, length in zip((grid.x, grid.y), _SIDE, strict=True))
    shape = phi[:, None, None] * y[:, None] * x
    wave = np.pi / (2 * _HEIGHT)
    flux = -wave * np.sin(wave * centres(grid.z))[:, None, None] * y[:, None] * x
    spread = k * sum((np.pi / length) ** 2 for length in _SIDE) * shape - flux
    k = np.broadcast_to(k, grid.shape)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z-", np.inf))

    def heat(t: float) -> Array:
        return (store * shape * _growth(t) + spread * _grow(t)) * grid.volume

    run = tr_bdf2(Body(solid, store * grid.volume), heat, State(shape * _grow(0)), _END / cells, tolerance=1e-7)
    _, last = next(islice(run, cells - 1, None))
    return float(np.linalg.norm(last.temperature - _grow(_END) * shape) / np.linalg.norm(shape))


def time_error(scheme: Callable[..., Iterator[tuple[float, State]]], count: int) -> float:
    """Return the error at the end of a scheme with `count` steps, the cells being exact.

    Parameters
    ----------
    scheme : one of the generators of `thermal.volumes.transient`
    count : steps [1]

    Returns
    -------
    2-norm relative to the solution [1]

    References
    ----------
    Derived: heat = C g' U + g A U makes g(t) U the exact solution of the cells.
    """
    grid, k, store, phi = _layered(8)
    x = np.cos(np.pi * centres(grid.x) / _SIDE[0])
    shape = np.broadcast_to(phi[:, None, None] * x, grid.shape)
    k = np.broadcast_to(k, grid.shape)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z-", np.inf))
    capacity, lost = store * grid.volume, outflow(solid, shape)
    run = scheme(
        Body(solid, capacity),
        lambda t: capacity * shape * _growth(t) + lost * _grow(t),
        State(shape * _grow(0)),
        _END / count,
        tolerance=1e-9,
    )
    _, last = next(islice(run, count - 1, None))
    return float(np.linalg.norm(last.temperature - _grow(_END) * shape) / np.linalg.norm(shape))


def observed(error: Callable[[int], float], counts: tuple[int, int]) -> float:
    """Return the order between two resolutions.

    Parameters
    ----------
    error : function of the number of cells or steps [1]
    counts : the coarser and the finer

    Returns
    -------
    slope of the error in the width [1]

    References
    ----------
    Roache (2002).

    Examples
    --------
    >>> observed(lambda n: 1 / n**2, (4, 8))
    2.0
    """
    coarse, fine = (error(count) for count in counts)
    return float(np.log(coarse / fine) / np.log(counts[1] / counts[0]))


def t5(reference: Path | None) -> list[Row]:
    """Return the observed orders in space and of the three time schemes.

    Parameters
    ----------
    reference : path, not used

    Returns
    -------
    list of Row

    References
    ----------
    The rows' own source.
    """
    rows = [("space, with TR-BDF2 in step", observed(space_error, (16, 32)), 2)]
    for name, scheme, order in _SCHEMES:
        rows.append((f"time, {name}", observed(partial(time_error, scheme), (32, 64)), order))
    return [row(("T5", f"order in {case}"), ours, order, "1", Allowed(0.1), _SOURCE) for case, ours, order in rows]
