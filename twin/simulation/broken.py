"""What a run breaks, and when: limits and ratings of the rack, and the ramps that its energy store should hold."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.couple.broken import below_window, hot, over_bar, over_shelf
from twin.simulation.events import condition_at
from twin.spec.types import Factory

if TYPE_CHECKING:
    import xarray as xr

    from twin.simulation.schedule import Schedule

Array = NDArray[np.float64]
Broken = NDArray[np.bool_]

#: Excess over a limit, as a share of it, that is round-off: packages are stored in single precision.
ROUND_OFF = 1e-6
#: Excess over a ramp that counts [1].
RAMP = 1e-3
#: Change of its energy, as a share of its capacity, and exchange, as a share of the rack's power, that stir a store.
STIRRED, EXCHANGED = 1e-6, 1e-9
#: Temperatures that have a limit: recorded variable, limit, name, part.
_HOT: tuple[tuple[str, Callable[[Factory], float], str, str], ...] = (
    ("junction_temperature_max", lambda spec: spec.limits.junction, "die mean temperature", "chip"),
    ("hotspot_temperature_max", lambda spec: spec.limits.hotspot, "hot spot temperature", "hottest chip"),
    ("memory_temperature_max", lambda spec: spec.limits.memory, "memory temperature", "hottest chip"),
    ("coolant_return_temperature", lambda spec: spec.limits.coolant_return, "coolant return temperature", "rack"),
)


class Breach(NamedTuple):
    """A limit that a run breaks."""

    variable: str
    """The recorded variable that shows it."""
    text: str
    """The worst of it, when it begins and for how long."""


def breaches(course: "xr.Dataset", schedule: "Schedule", spec: Factory) -> list[Breach]:
    """Return every limit that a run breaks.

    Parameters
    ----------
    course : Dataset
        The run.
    schedule : Schedule
        What happened.
    spec : Factory
        The rack at the start.

    Returns
    -------
    list of Breach
        Temperatures, bar, bus voltage, shelves, ramps of the grid.

    References
    ----------
    Derived: recorded means and extremes against limits and ratings, as `twin.couple.limits` of a rack at rest; an
    output interval counts whole.
    """
    return [*_too_hot(course, schedule, spec), *_overloaded(course, spec), *_ramps(course, schedule, spec)]


def _too_hot(course: "xr.Dataset", schedule: "Schedule", spec: Factory) -> Iterator[Breach]:
    for variable, limit, name, part in _HOT:
        value, bound = course[variable].values, _bound(course, schedule, spec, limit)
        if (broken := value > bound * (1 + ROUND_OFF)).any():
            worst = int(np.nanargmax(np.where(broken, value - bound, -np.inf)))
            if part == "chip":
                part = str(course.chip.values[int(np.nanargmax(course.junction_temperature.values[worst]))])
            text = hot(part, name, value[worst], bound[worst])
            yield Breach(variable, f"{text}; {when(course, broken)}")


def _bound(course: "xr.Dataset", schedule: "Schedule", spec: Factory, limit: Callable[[Factory], float]) -> Array:
    """Return a limit in each output interval, the looser one where it changes within."""
    ends = course.time.values
    starts = np.append(0.0, ends[:-1])
    named = [item.at for item in schedule.settings if not item.path.startswith(("cooling.", "traffic."))]
    named += [time for event in schedule.events if event.kind == "shelf_bank_loss" for time in event.times()]
    changes = sorted({0.0, *(time for time in named if time < schedule.duration)})
    bound = np.full(ends.size, -np.inf)
    for begin, end in zip(changes, [*changes[1:], np.inf], strict=True):
        held = limit(condition_at(schedule, spec, begin).spec)
        here = (begin < ends) & (end > starts)
        bound[here] = np.maximum(bound[here], held)
    return bound


def _overloaded(course: "xr.Dataset", spec: Factory) -> Iterator[Breach]:
    bar, rated = spec.rack.busbar, spec.rack.shelf.rated_power
    if bar is not None:
        current = course.busbar_section_current_max.values
        if (broken := current > bar.rated_current * (1 + ROUND_OFF)).any():
            worst = int(np.nanargmax(current))
            text = over_bar(float(course.rack_power_max[worst]), current[worst], bar.rated_current)
            yield Breach("busbar_section_current_max", f"{text}; {when(course, broken)}")
        voltage = course.bus_voltage_min.values
        if (broken := voltage < bar.voltage_min * (1 - ROUND_OFF)).any():
            text = below_window("lowest tray", bar.voltage_min - float(np.nanmin(voltage)))
            yield Breach("bus_voltage_min", f"{text}; {when(course, broken)}")
    output = course.shelf_power.values
    if (broken := output.max(axis=1) > rated * (1 + ROUND_OFF)).any():
        shelf = int(output.max(axis=0).argmax())
        text = over_shelf(str(course.shelf.values[shelf]), float(output.max()), rated)
        yield Breach("shelf_power", f"{text}; {when(course, broken)}")


def _ramps(course: "xr.Dataset", schedule: "Schedule", spec: Factory) -> Iterator[Breach]:
    """Yield that a store could not hold the ramps of the grid, and why."""
    store = spec.rack.store
    if store is None or not stirred(course, spec):
        return
    allowed, ramp = max(store.grid_ramp_up, store.grid_ramp_down), course.rack_grid_ramp_max.values
    if not (broken := ramp > allowed * (1 + RAMP)).any():
        return
    capacity = _bound(course, schedule, spec, _capacity)
    empty = broken & (course.store_energy_min.values <= ROUND_OFF * capacity)
    full = broken & (course.store_energy_max.values >= (1 - ROUND_OFF) * capacity)
    states = (("empty", empty), ("full", full), ("at its rating", broken & ~empty & ~full))
    why = " or ".join(word for word, found in states if found.any())
    text = f"the energy store is {why}: the grid ramps at {ramp.max() / 1e6:.3g} MW/s of {allowed / 1e6:.3g} MW/s"
    yield Breach("rack_grid_ramp_max", f"{text}; {when(course, broken)}")


def _capacity(spec: Factory) -> float:
    return 0.0 if spec.rack.store_in_service is None else spec.rack.store_in_service.capacity


def stirred(course: "xr.Dataset", spec: Factory) -> bool:
    """Return whether the energy store of a rack ever gave or took.

    Parameters
    ----------
    course : Dataset
        The run.
    spec : Factory
        The rack.

    Returns
    -------
    bool
        False without a store.

    References
    ----------
    Derived: its energy moves within an interval, and the grid does not give what the rack takes and a constant. A lost
    bank of shelves takes its share of the energy along, which is no exchange.
    """
    if spec.rack.store is None:
        return False
    moved = (course.store_energy_max - course.store_energy_min).values > STIRRED * spec.rack.store.capacity
    beside = (course.rack_grid_power - course.rack_power).values
    return bool(moved.any() and np.abs(beside - np.median(beside)).max() > EXCHANGED * float(course.rack_power.max()))


def when(course: "xr.Dataset", broken: Broken) -> str:
    """Return when something is broken.

    Parameters
    ----------
    course : Dataset
        The run.
    broken : (time,) array
        Whether it is, in each output interval [1].

    Returns
    -------
    str
        The interval in which it begins, and the intervals in which it is, added up.

    References
    ----------
    Derived: lengths of the intervals.
    """
    ends = course.time.values
    starts = np.append(0.0, ends[:-1])
    if broken.all():
        return "all the time"
    first = int(broken.argmax())
    within = float((ends - starts)[broken].sum())
    return f"first between {span(starts[first])} and {span(ends[first])}, within {span(within)} of {span(ends[-1])}"


def span(seconds: float) -> str:
    """Return a time [s] as people say it."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.4g} {unit}"
    return f"{seconds:.4g} s"
