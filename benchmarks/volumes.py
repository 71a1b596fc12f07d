"""Benchmark cases of the package solver, set-up and solution apart, on the grids of published tools.

The figures of other tools, quoted for one core on the same grid, stand in `whose`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.case import Case

TOLERANCE = 1e-8
"""Residual relative to the heat."""
SIDES = (32, 64, 96, 128, 160)
"""Cells along each edge of the growth series."""


class Problem(NamedTuple):
    """A solid with its heat, and perhaps coolant."""

    solid: Any
    heat: Any
    streams: Any = None


def block(*cells: int) -> Problem:
    """Silicon, solder, a copper lid, an interface and a base under a film: (nz, ny, nx) cells, one source."""
    import numpy as np

    from thermal.volumes.conduction import boundary_sink, conduction
    from thermal.volumes.grid import Grid, centres

    nz, ny, nx = cells
    x, y, z = (tuple(np.linspace(0, size, n + 1)) for size, n in ((0.05, nx), (0.05, ny), (0.005, nz)))
    grid = Grid(x=x, y=y, z=z)
    layer = np.searchsorted([0.15, 0.2, 0.6, 0.65], centres(z) / 0.005)
    k = np.broadcast_to(np.array([120.0, 80.0, 390.0, 6.0, 390.0])[layer][:, None, None], grid.shape)
    heat = np.zeros(grid.shape)
    heat[0, ny // 3 : ny // 2, nx // 4 : nx // 2] = 1.0
    return Problem(conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 2e4)), heat * (500 / heat.sum()))


def solid_stack() -> Problem:
    """The published solid stack (row T3) on cells of half the size: 400 x 100 x 4."""
    from twin.validate.microchannel import solid_stack, solid_stack_heat

    grid, solid = solid_stack(refine=2)
    return Problem(solid, solid_stack_heat(grid))


def channel_stack(refine: int) -> Problem:
    """The published dies on microchannels (row T1), cells along the channels divided."""
    from twin.validate.microchannel import channel_stack, channel_stack_heat

    grid, case = channel_stack(refine)
    return Problem(case.solid, channel_stack_heat(grid), case.streams)


def fin_base() -> Problem:
    """A block of 208 x 200 x 13 cells on a homogenised layer of fins with coolant."""
    import numpy as np

    from thermal.volumes.channels import Flow, fin_layer
    from thermal.volumes.conduction import conduction
    from thermal.volumes.grid import Grid

    shape = (13, 200, 208)
    grid = Grid(x=_even(0.07, 208), y=_even(0.07, 200), z=_even(0.006, 13))
    k = np.broadcast_to(np.repeat([110.0, 80.0, 390.0], [2, 1, 10])[:, None, None], shape)
    heat = np.zeros(shape)
    heat[0, 60:140, 40:170] = 1000 / (80 * 130)
    return Problem(conduction(grid, k), heat, fin_layer(grid, k, 6e4, Flow(140.0, 318.15)))


def _even(size: float, n: int) -> tuple[float, ...]:
    return tuple(size * i / n for i in range(n + 1))


def prepared(problem: Problem) -> Any:
    """The set-up: levels and lines."""
    from thermal.volumes.steady import prepare

    return prepare(problem.solid, problem.streams)


def with_system(problem: Problem) -> Any:
    """A problem and its set-up."""
    return problem, prepared(problem)


def solved(prepared_problem: Any) -> Any:
    """The solution on a given set-up."""
    from thermal.volumes.steady import solve_steady

    problem, system = prepared_problem
    return solve_steady(problem.solid, problem.heat, problem.streams, tolerance=TOLERANCE, system=system)


def transient(_: None) -> Any:
    """All 120 steps of row T2, set-up included."""
    from twin.validate.microchannel import transient_probes

    return transient_probes()


def _pair(name: str, size: str, make: Callable[[], Problem], beat: float, whose: str, cells: int = 0) -> list[Case]:
    """Set-up and solution of one problem; the budget is that of the solution."""
    return [
        Case(name=name, size=size, phase="set-up", beat=beat, whose=whose, setup=make, run=prepared),
        Case(
            name=name,
            size=size,
            phase="solve",
            beat=beat,
            whose=whose,
            setup=lambda: with_system(make()),
            run=solved,
            cells=cells,
        ),
    ]


VOLUMES = (
    *(
        case
        for n in SIDES
        for case in _pair(
            f"layered block {n}³",
            f"{n**3 / 1e6:.2g} M cells",
            lambda n=n: block(n, n, n),  # type: ignore[misc]
            0.75 if n == 128 else 0.4e-6 * n**3,
            "PyAMG 12 s" if n == 128 else "0.4 µs a cell",
            n**3,
        )
    ),
    *_pair("solid stack", "160 k cells", solid_stack, 0.06, "3D-ICE 2.6 s, 599 MB"),
    *_pair("flat stack", "256 x 256 x 6 cells", lambda: block(6, 256, 256), 0.5, "HotSpot 63 s, 4.5 GB"),
    *_pair("microchannels, T1", "50 k cells", lambda: channel_stack(1), 0.12, "3D-ICE 0.70 s"),
    *_pair("microchannels", "200 k cells", lambda: channel_stack(4), 0.6, "3D-ICE 6.5 s, 906 MB"),
    *_pair("fin layer", "541 k cells, coolant", fin_base, 0.33, "our budget"),
    Case(
        name="microchannels, T2",
        size="50 k cells, 120 steps",
        phase="next",
        beat=2.0,
        whose="3D-ICE 2.27 s; our aim 1.0 s",
        run=transient,
        repeats=3,
    ),
)
