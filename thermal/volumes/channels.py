"""Coolant lines of a package: resolved channels, and a homogenised layer of fins.

Contract: flow along +y; the flow given is that of the whole grid, shared by cross section among the lines. A film acts
in series with the half cell of the wall it wets.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.volumes.conduction import Conduction, conduction, half_resistances
from thermal.volumes.grid import Grid
from thermal.volumes.streams import Streams, check_streams, coolant_mean

Array = NDArray[np.float64]
Walls = tuple[NDArray[np.int64], Array]


class Flow(NamedTuple):
    """Coolant that enters a grid."""

    rate: float
    """total capacity rate, mass flow times specific heat [W/K]"""
    inlet: float
    """inlet temperature [K]"""
    heat_capacity: float = 0.0
    """volumetric, for transients [J/(m3*K)]"""


class Film(NamedTuple):
    """Film coefficients in a channel."""

    side: float
    """on walls that face along x [W/(m2*K)]"""
    top: float
    """on the wall above, towards greater z [W/(m2*K)]"""
    bottom: float
    """on the wall below [W/(m2*K)]"""


class Channels(NamedTuple):
    """A solid with channels in it."""

    solid: Conduction
    """of the walls; the rows of coolant cells are identity"""
    streams: Streams
    """one line per coolant cell of the cross section"""
    fluid: NDArray[np.bool_]
    """(nz, nx) which columns along y are coolant"""


def channels(grid: Grid, conductivity: ArrayLike, fluid: ArrayLike, film: Film, flow: Flow) -> Channels:
    """Return a solid with straight channels along y, each coolant cell joined to the walls beside, above and below it.

    Parameters
    ----------
    grid : Grid
    conductivity : (nz, ny, nx), or (3, nz, ny, nx) for k along x, y, z; ignored in coolant [W/(m*K)]
    fluid : (nz, nx) true where the cross section is coolant
    film : Film
    flow : Flow

    Returns
    -------
    Channels
        Four walls per line: x-, x+, z-, z+.

    Raises
    ------
    ValueError
        No coolant, a coolant cell without wall, a flow that is not positive, a negative film or conductivity.

    Notes
    -----
    Coolant does not mix across cells; a channel two cells wide is two lines.

    References
    ----------
    Sridhar et al. (2010), 3D-ICE: the four-resistor model.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 2.0, 3.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> film = Film(side=2.0, top=0.0, bottom=0.0)
    >>> channels(grid, np.ones(grid.shape), [[False, True, False]], film, Flow(1.0, 300.0)).streams.film.ravel()
    array([1., 1., 0., 0.])
    """
    wet = np.asarray(fluid, bool)
    if wet.shape != (grid.shape[0], grid.shape[2]) or not wet.any():
        raise ValueError(f"fluid {wet.shape} with {wet.sum()} cells: must be (nz, nx) and mark one cell or more")
    k = np.where(wet[:, None], 0.0, np.asarray(conductivity, float))
    solid = conduction(grid, k)
    solid.sink[:] = wet[:, None]
    level, column = np.nonzero(wet)
    area = grid.dz[level] * grid.dx[column]
    wall, found = _four_walls(grid, half_resistances(grid, k), wet, film)
    if not found.any((0, 2)).all():
        line = int(np.argmin(found.any((0, 2))))
        at = int(level[line]), int(column[line])
        raise ValueError(f"coolant cell {at} (z, x) touches no wall: make the channel one or two cells wide or high")
    return Channels(solid, _streams((wall, found), flow, area, area[:, None] * grid.dy), wet)


def fill_coolant(case: Channels, temperature: Array, theta: Array) -> Array:
    """Return the temperatures with those of the coolant in its cells.

    Parameters
    ----------
    case : Channels
    temperature : (nz, ny, nx) of the solid [K]
    theta : (line, step + 1) edge temperatures of the coolant [K]

    Returns
    -------
    (nz, ny, nx) [K]

    References
    ----------
    Derived: one line per coolant cell of the cross section.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 2.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> case = channels(grid, np.ones(grid.shape), [[False, True]], Film(1.0, 1.0, 1.0), Flow(1.0, 300.0))
    >>> fill_coolant(case, np.full(grid.shape, 310.0), np.array([[300.0, 302.0]]))
    array([[[310., 301.]]])
    """
    filled = temperature.copy()
    level, column = np.nonzero(case.fluid)
    filled[level, :, column] = coolant_mean(case.streams, theta)
    return filled


def _four_walls(grid: Grid, half: tuple[Array, Array, Array], wet: NDArray[np.bool_], film: Film) -> Walls:
    """Return wall indices and conductances (4, line, step) of all coolant cells."""
    nz, ny, nx = grid.shape
    level, column = np.nonzero(wet)
    step = np.arange(ny)
    upright = grid.dz[level, None] * grid.dy
    flat = grid.dx[column, None] * grid.dy
    sides = (
        (0, -1, film.side, upright, half[0]),
        (0, 1, film.side, upright, half[0]),
        (-1, 0, film.bottom, flat, half[2]),
        (1, 0, film.top, flat, half[2]),
    )
    wall = np.full((4, level.size, ny), -1)
    found = np.zeros(wall.shape)
    for w, (up, right, coefficient, area, resistance) in enumerate(sides):
        if not coefficient >= 0:
            raise ValueError(f"film coefficient {coefficient:g}: must be >= 0 W/(m2*K)")
        z, x = level + up, column + right
        inside = (z >= 0) & (z < nz) & (x >= 0) & (x < nx)
        z, x = np.where(inside, z, 0), np.where(inside, x, 0)
        joined = inside[:, None] & np.isfinite(resistance[z, :, x]) & (coefficient > 0)
        with np.errstate(divide="ignore"):
            value = 1 / (resistance[z, :, x] + 1 / (coefficient * area))
        wall[w] = np.where(joined, (z[:, None] * ny + step) * nx + x[:, None], -1)
        found[w] = np.where(joined, value, 0)
    return wall, found


def fin_layer(
    grid: Grid, conductivity: ArrayLike, film: ArrayLike, flow: Flow, layers: Sequence[int] = (-1,), depth: float = 0.0
) -> Streams:
    """Return a homogenised layer of fins: one coolant line per column of cells along y.

    Parameters
    ----------
    grid : Grid
    conductivity : (nz, ny, nx), or (3, nz, ny, nx) for k along x, y, z [W/(m*K)]
    film : scalar, (ny, nx) or (layer, ny, nx) film coefficient per base area, fins included [W/(m2*K)]
    flow : Flow
    layers : the layers whose faces the fins stand on: the base, and a second wall above if there is one
    depth : coolant per base area, for transients [m]

    Returns
    -------
    Streams
        One wall per layer; none where nothing conducts.

    Raises
    ------
    ValueError
        A flow that is not positive, a negative film, conductivity or depth.

    References
    ----------
    Sridhar et al. (2010), 3D-ICE: the two-resistor model.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 4.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> streams = fin_layer(grid, np.ones(grid.shape), 2.0, Flow(8.0, 300.0))
    >>> streams.film.ravel(), streams.rate
    (array([1., 3.]), array([2., 6.]))
    """
    nz, ny, nx = grid.shape
    h = np.broadcast_to(np.asarray(film, float), (len(layers), ny, nx))
    if not (h >= 0).all():
        raise ValueError(f"film coefficient {np.min(h):g}: must be >= 0 W/(m2*K)")
    if not depth >= 0:
        raise ValueError(f"depth of coolant = {depth:g}: must be >= 0 m")
    level = np.arange(nz)[list(layers)]
    half = half_resistances(grid, conductivity)[2][level]
    with np.errstate(divide="ignore"):
        found = 1 / (half + 1 / (h * (grid.dy[:, None] * grid.dx)))
    cell = np.arange(nz * ny * nx).reshape(grid.shape)[level]
    wall = np.where(found > 0, cell, -1)
    return _streams((wall.swapaxes(1, 2), found.swapaxes(1, 2)), flow, grid.dx, depth * grid.dx[:, None] * grid.dy)


def _streams(walls: Walls, flow: Flow, section: Array, volume: Array) -> Streams:
    """Share the flow among the lines by cross section (or width), and check."""
    if not 0 < flow.rate < np.inf:
        raise ValueError(f"flow of the coolant layer: capacity rate = {flow.rate:g}: must be > 0 W/K; open the branch")
    share = section / section.sum()
    wall, film = np.ascontiguousarray(walls[0]), np.ascontiguousarray(walls[1])
    inlet = np.full(share.size, float(flow.inlet))
    streams = Streams(wall, film, flow.rate * share, inlet, flow.heat_capacity * volume)
    check_streams(streams)
    return streams
