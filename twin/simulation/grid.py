"""Time in whole ticks, the steps of the packages: the grid of a schedule, and where on it something jumps."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from twin.simulation.schedule import Schedule, breaks

#: Change of a load [1] or a temperature [K] that is a jump and no rounding.
JUMP = 1e-9


class Grid(NamedTuple):
    """Time in ticks, the steps of the packages."""

    tick: float
    """[s]"""
    instants: int
    """Instants of the electricity in a tick."""
    loop: int
    """Ticks in a step of the loop."""
    control: int
    """Ticks between actions of the policies."""
    last: int
    """Ticks of the run."""


def grid_of(schedule: Schedule) -> Grid:
    """Return the grid in time of a schedule; a last fraction of a tick is taken whole.

    Parameters
    ----------
    schedule : Schedule
        The schedule.

    Returns
    -------
    Grid
        Whole numbers of ticks.

    References
    ----------
    Derived: each step is a multiple of a faster one.
    """
    steps, tick = schedule.steps, schedule.steps.thermal
    return Grid(
        tick=tick,
        instants=round(tick / steps.electric),
        loop=round(steps.loop / tick),
        control=round(steps.control / tick),
        last=_tick(schedule.duration, tick),
    )


def edges_of(schedule: Schedule, grid: Grid) -> Iterator[int]:
    """Yield the ticks at which something jumps, and the last; what happens between two ticks happens at the later."""
    times = {item.at for item in schedule.settings} | {t for event in schedule.events for t in event.times()}
    for time in breaks(schedule):
        if time in times or any(abs(part.at(time, "left") - part.at(time)) > JUMP for part in schedule.profiles()):
            yield min(_tick(time, grid.tick), grid.last)
    while True:
        yield grid.last


def _tick(time: float, tick: float) -> int:
    """Return the first tick that is not before a time."""
    return int(np.ceil(time / tick - 1e-9))
