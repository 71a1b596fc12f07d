"""Rows of the published regression suite of 3D-ICE: two dies on microchannels, steady and transient, and a solid stack.

Contract: that tool's conventions are made here and nowhere else. The outermost layers of the channel stack, and the
lowest of the solid one, carry their node on the outer face, a whole cell away from the inner one; coolant takes central
differences. A probe on an edge belongs to the cell above it.
"""

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.channels import Channels, Film, Flow, channels
from thermal.volumes.conduction import Conduction, boundary_sink, conduction, half_resistances
from thermal.volumes.grid import Grid, covered
from thermal.volumes.steady import solve_steady
from thermal.volumes.transient import Body, State, backward_euler
from twin.validate.row import Allowed, Row, row, skipped

Array = NDArray[np.float64]
Rectangle = tuple[float, float, float, float]

_SOURCE = "3D-ICE, regression case of the four-resistor model"
_SOLID_SOURCE = "3D-ICE, regression case of the solid stack"
_FILE = Path("thermal") / "microchannel_4rm_transient.csv"
_ALLOWED = Allowed(1e-3)
_SILICON, _SILICON_CAPACITY, _WATER_CAPACITY = 130.0, 1.63566e6, 4.172638e6
_INLET, _FLOW = 300.0, 48e-6 / 60
_FILM = Film(side=2.7132e4, top=4.7132e4, bottom=5.7132e4)
_CHANNEL_LAYER = 2
#: Blocks of the source layers: x, y, width, height in mm.
_BLOCKS: dict[str, Rectangle] = {
    "A": (0.0, 0.0, 4.975, 5.0),
    "B": (4.975, 0.0, 5.025, 5.0),
    "C": (0.0, 5.0, 4.975, 5.0),
    "D": (4.975, 5.0, 5.025, 5.0),
}
_DIAGONAL, _MOVED = {"A": 12.5, "D": 12.5}, {"B": 6.25, "C": 18.75}
_STEP, _STEPS, _STEPS_PER_SLOT = 2e-3, 120, 10
_MOVED_SLOTS = range(4, 8)


def t1(reference: Path | None) -> list[Row]:
    """Return both probes of the two dies on microchannels, steady."""
    grid, case = channel_stack()
    steady = solve_steady(case.solid, channel_stack_heat(grid), case.streams)
    return [
        row(("T1", f"microchannel, steady, {name}"), ours, target, "K", _ALLOWED, _SOURCE)
        for name, ours, target in zip(
            ("bottom die (5.0, 4.8) mm", "top die (0, 0)"),
            _probes(grid, steady.temperature),
            (311.926, 311.224),
            strict=True,
        )
    ]


def t2(reference: Path | None) -> list[Row]:
    """Return the largest distance of both probes from the published record of 120 steps of 2 ms."""
    if reference is None or not (reference / _FILE).is_file():
        return [skipped(("T2", "microchannel, transient"), f"needs --reference DIR with {_FILE}")]
    with (reference / _FILE).open(encoding="utf-8", newline="") as file:
        published = np.array(list(csv.reader(file))[1:], float)[:, 1:]
    distance = np.abs(transient_probes() - published).max(axis=0)
    return [
        row(("T2", f"microchannel, 120 steps, {name}, largest distance"), ours, 0.0, "K", _ALLOWED, _SOURCE)
        for name, ours in zip(("bottom die", "top die"), distance, strict=True)
    ]


def t3(reference: Path | None) -> list[Row]:
    """Return both probes of the solid stack, steady."""
    grid, solid = solid_stack()
    bottom, top = _probes(grid, _INLET + solve_steady(solid, solid_stack_heat(grid)).temperature)
    return [
        row(("T3", "solid stack, bottom die (5.0, 4.8) mm"), bottom, 307.821, "K", _ALLOWED, _SOLID_SOURCE),
        row(("T3", "solid stack, top die (0, 0)"), top, 310.008, "K", _ALLOWED, _SOLID_SOURCE),
    ]


def channel_stack(refine: int = 1) -> tuple[Grid, Channels]:
    """Return the two dies with 100 channels between them, by the published conventions.

    Parameters
    ----------
    refine : cells along the channels in each published one [1]

    Returns
    -------
    Grid, Channels
        201 x 50 refine x 5 cells; the layers are source, die, channel, die, source.

    References
    ----------
    Sridhar et al. (2014), 3D-ICE, and its regression suite.

    Examples
    --------
    >>> channel_stack()[1].streams.wall.shape
    (4, 100, 50)
    """
    grid = Grid(
        x=_edges([25, *[50] * 199, 25]),
        y=_edges([200 / refine] * (50 * refine)),
        z=_edges([2, 48, 100, 48, 2]),
    )
    fluid = np.zeros((5, 201), bool)
    fluid[_CHANNEL_LAYER, 1::2] = True
    k = np.full(grid.shape, _SILICON)
    case = channels(grid, k, fluid, _FILM, Flow(_WATER_CAPACITY * _FLOW, _INLET, _WATER_CAPACITY))
    solid = _with_outer_nodes(case.solid, grid, k, (0, -1))
    return grid, case._replace(solid=solid, streams=case.streams._replace(central=True))


def transient_probes() -> Array:
    """Return both probes after each step of backward Euler from 300 K.

    Returns
    -------
    (step, 2) bottom and top die [K]

    References
    ----------
    Regression suite of 3D-ICE: power moves from blocks A and D to B and C, and back, every 40 steps.
    """
    grid, case = channel_stack()
    capacity = np.where(case.fluid[:, None], 0.0, _SILICON_CAPACITY * grid.volume)
    at_rest, moved = _die_heat(grid, _DIAGONAL), _die_heat(grid, _MOVED)

    def heat(t: float) -> Array:
        return moved if (round(t / _STEP) - 1) // _STEPS_PER_SLOT in _MOVED_SLOTS else at_rest

    body, start = Body(case.solid, capacity, case.streams), State(np.full(grid.shape, _INLET))
    states = islice(backward_euler(body, heat, start, _STEP), _STEPS)
    return np.array([_probes(grid, state.temperature) for _, state in states])


def channel_stack_heat(grid: Grid) -> Array:
    """Return the heat of the steady case, 25 W in either source layer.

    Parameters
    ----------
    grid : Grid
        Of `channel_stack`.

    Returns
    -------
    (nz, ny, nx) [W]

    References
    ----------
    Regression suite of 3D-ICE.

    Examples
    --------
    >>> round(float(channel_stack_heat(channel_stack()[0]).sum()), 9)
    50.0
    """
    return _die_heat(grid, _DIAGONAL)


def solid_stack(refine: int = 1) -> tuple[Grid, Conduction]:
    """Return the solid stack by the published conventions; its temperatures count from that of the air above.

    Parameters
    ----------
    refine : cells along x and along y in each published one [1]

    Returns
    -------
    Grid, Conduction
        200 refine x 50 refine x 4 cells, cooled on the top face.

    References
    ----------
    Regression suite of 3D-ICE.

    Examples
    --------
    >>> solid_stack()[1].shape
    (4, 50, 200)
    """
    grid = Grid(
        x=_edges([50 / refine] * (200 * refine)),
        y=_edges([200 / refine] * (50 * refine)),
        z=_edges([2, 48, 48, 2]),
    )
    k = np.full(grid.shape, _SILICON)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 1e5))
    return grid, _with_outer_nodes(solid, grid, k, (0,))


def solid_stack_heat(grid: Grid) -> Array:
    """Return the heat of the solid stack: 50 W over the bottom, 12.5 W in two quarters of the top.

    Parameters
    ----------
    grid : Grid
        Of `solid_stack`.

    Returns
    -------
    (nz, ny, nx) [W]

    References
    ----------
    Regression suite of 3D-ICE.

    Examples
    --------
    >>> round(float(solid_stack_heat(solid_stack()[0]).sum()), 9)
    75.0
    """
    heat = np.zeros(grid.shape)
    heat[0] = _spread(grid, (0.0, 0.0, 10.0, 10.0), 50.0)
    heat[-1] = _spread(grid, (0.0, 0.0, 5.0, 5.0), 12.5) + _spread(grid, (5.0, 5.0, 5.0, 5.0), 12.5)
    return heat


def _with_outer_nodes(solid: Conduction, grid: Grid, k: Array, layers: Sequence[int]) -> Conduction:
    """Return the solid with the nodes of some outermost layers on the outer face: a whole cell to their neighbour."""
    half = half_resistances(grid, k)[2]
    z = solid.z.copy()
    for layer in layers:
        inner = 1 if layer == 0 else layer - 1
        z[layer] = 1 / (2 * half[layer] + half[inner])
    return solid._replace(z=z)


def _die_heat(grid: Grid, power: dict[str, float]) -> Array:
    """Return the heat of both source layers, each with the full power of every block [W]."""
    heat = np.zeros(grid.shape)
    heat[0] = heat[-1] = sum(_spread(grid, _BLOCKS[block], watts) for block, watts in power.items())
    return heat


def _spread(grid: Grid, rectangle: Rectangle, power: float) -> Array:
    """Return power (ny, nx) spread evenly over a rectangle in mm [W]."""
    x, y, width, height = (1e-3 * value for value in rectangle)
    area = np.outer(covered(grid.y, y, y + height) * grid.dy, covered(grid.x, x, x + width) * grid.dx)
    return power * area / area.sum()


def _probes(grid: Grid, temperature: Array) -> tuple[float, float]:
    """Return the bottom die at (5.0, 4.8) mm and the top die at the origin [K]."""
    y, x = (int(np.searchsorted(edges, at + 1e-9, "right")) - 1 for edges, at in ((grid.y, 4.8e-3), (grid.x, 5e-3)))
    return float(temperature[0, y, x]), float(temperature[-1, 0, 0])


def _edges(sizes: Sequence[float]) -> tuple[float, ...]:
    """Return cell edges from widths in micrometres [m]."""
    return tuple((1e-6 * np.cumsum([0, *sizes])).tolist())
