"""A window of a run, recorded instant by instant: the power of the rack and of the grid, for spectra.

Contract: a second dimension `instant` behind `time`, counted from the start of each output interval; every value is the
mean from one instant to the next, NaN outside the window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

import power
from twin.simulation.state import State
from twin.spec.errors import SpecError
from twin.spec.quantity import to_si

if TYPE_CHECKING:
    import xarray as xr

    from twin.simulation.grid import Grid
    from twin.simulation.schedule import Schedule

Array = NDArray[np.float64]
Moment = Annotated[float, "s", Ge(0), Le(1e9)]

#: Instants in an output interval, at most, where a window is recorded.
MOST = 20_000
#: What is recorded, and from which field of a course.
FAST = {
    "rack_power_fast": ("rack_instants", "AC power of the rack between two instants"),
    "rack_grid_power_fast": ("grid_instants", "AC power from the grid between two instants"),
}


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a run records beside the output intervals."""

    fast: tuple[Moment, Moment] | None = None
    """Start and end of a window that is recorded instant by instant [s]; none: none."""

    def __post_init__(self) -> None:
        if self.fast is not None and not self.fast[0] < self.fast[1]:
            raise SpecError(f"fast = {self.fast[0]:g} s, {self.fast[1]:g} s: must end after it starts; swap them")


class Fast(NamedTuple):
    """A window in ticks."""

    first: int
    """First tick in it."""
    last: int
    """First tick after it."""
    every: int
    """Ticks in an output interval."""
    instants: int
    """In a tick."""
    step: float
    """Between two instants [s]."""


def in_seconds(raw: Any) -> Any:
    """Return the table of a record with the times of its window in seconds; what is no time stays as it is."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("fast"), list):
        return raw
    times = []
    for value in raw["fast"]:
        try:
            times.append(to_si(value, "s"))
        except SpecError:
            times.append(value)
    return {**raw, "fast": times}


def fast_of(schedule: "Schedule", grid: "Grid") -> Fast | None:
    """Return the window of a schedule in whole ticks.

    Parameters
    ----------
    schedule : Schedule
        What happens.
    grid : Grid
        Its grid in time.

    Returns
    -------
    Fast or None
        None where it asks for none.

    Raises
    ------
    SpecError
        More instants in an output interval than are kept.

    References
    ----------
    Derived: every tick that the window touches.
    """
    if schedule.record.fast is None:
        return None
    start, end = schedule.record.fast
    every, step = round(schedule.steps.output / grid.tick), grid.tick / grid.instants
    if every * grid.instants > MOST:
        raise SpecError(
            f"record.fast: an output interval of {schedule.steps.output:g} s has {every * grid.instants} instants, "
            f"must be ≤ {MOST}; shorten steps.output, or lengthen steps.electric"
        )
    return Fast(int(start / grid.tick + 1e-9), int(np.ceil(end / grid.tick - 1e-9)), every, grid.instants, step)


def fast_values(fast: Fast, state: State) -> dict[str, Array]:
    """Return what a step of the loop gives the window, tick by tick, each at its place in the interval.

    Parameters
    ----------
    fast : Fast
        The window.
    state : State
        The end of the step.

    Returns
    -------
    dict of str to (n, instants) array
        [W].

    References
    ----------
    Derived: places, NaN elsewhere.
    """
    course, found = state.course, {}
    assert course is not None
    ticks = course.rack_power.size
    index = round(float(course.time[0]) / course.step) + np.arange(ticks)
    inside = np.flatnonzero((index >= fast.first) & (index < fast.last))
    place = (index[inside] % fast.every)[:, None] * fast.instants + np.arange(fast.instants)
    for name, (field, _) in FAST.items():
        each = np.full((ticks, fast.every * fast.instants), np.nan)
        each[inside[:, None], place] = getattr(course, field)[inside]  # one value for all where the rack rests
        found[name] = each
    return found


def fast_power(course: "xr.Dataset", name: str = "rack_grid_power_fast") -> tuple[Array, float]:
    """Return the window of a run as one series.

    Parameters
    ----------
    course : Dataset
        Of a run whose schedule has `record.fast`.
    name : str
        rack_power_fast or rack_grid_power_fast.

    Returns
    -------
    (n,) array, float
        Power [W], and the time between two samples [s].

    Raises
    ------
    SpecError
        No name of a window, or the run has none.

    References
    ----------
    Derived: intervals end to end.
    """
    if name not in FAST:
        raise SpecError(f"{name}: is not recorded instant by instant; what is: {', '.join(FAST)}")
    if name not in course:
        raise SpecError(f'{name}: is not recorded; ask for it in the schedule, [record] fast = ["10 s", "20 s"]')
    series = np.asarray(course[name].values, dtype=float).ravel()
    instant = course["instant"].values
    return series[~np.isnan(series)], float(instant[-1]) / max(instant.size - 1, 1)


def grid_report(course: "xr.Dataset", rule: power.RampRule, mask: Sequence[power.MaskBand]) -> power.GridReport:
    """Hold the grid's power in the window of a run against ramps, range and a mask of its spectrum.

    Parameters
    ----------
    course : Dataset
        Of a run whose schedule has `record.fast`.
    rule : RampRule
        Ramps and dynamic range, of one rack.
    mask : sequence of MaskBand
        In rising order without gaps; may be empty.

    Returns
    -------
    GridReport

    Raises
    ------
    SpecError
        No such window, or one that is too short or too coarse for rule or mask.

    References
    ----------
    Derived: `power.check_rules`.
    """
    series, step = fast_power(course)
    try:
        return power.check_rules(rule, mask, series, step)
    except ValueError as error:
        raise SpecError(f"record.fast: {error}") from error
