"""A schedule held against a rack: parts and paths that exist, events it can have, a fabric and a bar that are left."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping

from twin.build.fabric import fabric_of
from twin.build.losses import degraded
from twin.layout.parts import parts
from twin.simulation.events import Event, absent, condition_at, links_of, lost_chips
from twin.simulation.nodes import check_nodes
from twin.simulation.schedule import Schedule
from twin.simulation.words import late, short_period
from twin.spec.errors import SpecError
from twin.spec.find import find
from twin.spec.types import Factory, Rack


def check_schedule(schedule: Schedule, spec: Factory) -> None:
    """Refuse a schedule that a rack cannot follow.

    Parameters
    ----------
    schedule : Schedule
        What happens.
    spec : Factory
        The rack at the start.

    Raises
    ------
    SpecError
        Every problem found: parts and paths that do not exist, kinds of events the rack cannot have, values that do
        not fit, banks of shelves or links of which none would be left.

    References
    ----------
    Derived: names first, then the condition at every time at which one begins.
    """
    problems = [
        f"set[{i}].path = {item.path}: {text}"
        for i, item in enumerate(schedule.settings)
        for text in _path_problems(spec, item.path)
    ]
    problems += list(_short_problems(schedule))
    nodes = len(set(parts(spec.rack).chip_tray[parts(spec.rack).gpu].tolist()))
    problems += [text] if (text := check_nodes(schedule.nodes, nodes, schedule.duration)) else []
    for i, event in enumerate(schedule.events):
        if why := _impossible(spec, event):
            problems.append(f"event[{i}].kind = {event.kind}: {why}")
        else:
            problems += [f"event[{i}].part = {text}" for text in _part_problems(spec.rack, event)]
    if problems := problems or list(dict.fromkeys(_course_problems(schedule, spec))):
        raise SpecError(problems)


#: The set-points a run may change, as patterns of whole paths.
_SETTABLE = (
    r"cooling\.(supply_temperature|return_temperature|flow_minimum|flow_maximum|volume_flow)",
    r"limits\.\w+",
    r"traffic\.injection",
    r"rack\.stack\.[\w-]+\.in_service",
)


def _short_problems(schedule: Schedule) -> Iterator[str]:
    """Yield what comes when the run is over, or falls between two steps of the packages: nobody would see it."""
    tick = schedule.steps.thermal
    last = math.ceil(schedule.duration / tick - 1e-9)
    begins = [(f"set[{i}]", item.at) for i, item in enumerate(schedule.settings)]
    begins += [(f"event[{i}]", item.at) for i, item in enumerate(schedule.events)]
    yield from (late(name, at, schedule.duration) for name, at in begins if at >= schedule.duration)
    fast = schedule.record.fast
    if fast is not None and fast[1] > schedule.duration * (1 + 1e-9):
        yield (
            f"record.fast ends at {fast[1]:g} s: must be ≤ duration = {schedule.duration:g} s; end it sooner, or run "
            "longer"
        )
    for i, event in enumerate(schedule.events):
        first = math.ceil(event.at / tick - 1e-9)
        if event.until is not None and math.ceil(event.until / tick - 1e-9) == first:
            yield f"event[{i}]: begins and ends between two steps of the packages ({tick:g} s); shorten steps.thermal"
        elif first >= last and event.at < schedule.duration:
            yield f"event[{i}].at = {event.at:g} s: comes after the last step of the packages ({tick:g} s); run longer"
    repeat = schedule.load.repeat
    if repeat is not None and repeat < tick and len(set(schedule.load.value)) > 1:
        yield short_period("load.repeat", repeat, tick)


def _path_problems(spec: Factory, path: str) -> Iterator[str]:
    try:
        targets = [".".join(steps) for steps in find(spec, path)]
    except SpecError as error:
        yield from (text.removeprefix(f"{path}: ") for text in error.problems)
        return
    if any(not re.fullmatch("|".join(_SETTABLE), target) for target in targets):
        yield (
            "cannot change during a run; what can: cooling.supply_temperature, return_temperature, flow_minimum, "
            "flow_maximum and volume_flow, limits.*, traffic.injection, rack.stack.*.in_service"
        )


def _impossible(spec: Factory, event: Event) -> str:
    rack, kind, pumps = spec.rack, event.kind, spec.cooling.cdu.pumps
    if kind == "cable_loss" and rack.spine is None:
        return "the rack has no cables, its links are traces on a board; take asic_loss"
    if kind == "shelf_bank_loss" and sum(item.part == "shelf" for item in rack.stack) < 2:
        return "the rack has one bank of shelves, and without it no power"
    if kind == "cdu_pump_loss" and event.pumps > pumps:
        return f"a distribution unit has {pumps} pumps (cooling.cdu.pumps), {event.pumps} cannot fail; lower pumps"
    return ""


def _part_problems(rack: Rack, event: Event) -> Iterator[str]:
    """Yield the parts of an event that the rack has not."""
    place = parts(rack)
    known: Mapping[str, Iterable[str]] = {
        "blocked_plate": place.chip,
        "asic_loss": [place.chip[i] for i in place.asic],
        "tray_loss": place.tray,
        "shelf_bank_loss": [item.name for item in rack.stack if item.part == "shelf"],
    }
    for name in event.part:
        if event.kind == "cable_loss":
            try:
                links_of(rack, name)
            except SpecError as error:
                yield from error.problems
        elif event.kind in known and name not in known[event.kind]:
            yield absent(name, known[event.kind])


def _course_problems(schedule: Schedule, spec: Factory) -> Iterator[str]:
    """Yield what goes wrong as the run proceeds, named by what begins or ends then."""
    named = [(f"set[{i}]", item.at) for i, item in enumerate(schedule.settings)]
    for i, event in enumerate(schedule.events):
        ends = {event.at: "", event.until: ".until"}
        named += [(f"event[{i}]{ends.get(time, '.start_up')}", time) for time in event.times()]
    for t in sorted({time for _, time in named if time < schedule.duration}):
        causes = ", ".join(name for name, time in named if time == t)
        try:
            now = condition_at(schedule, spec, t)
            gone = lost_chips(spec.rack, now.lost_parts)
            degraded(fabric_of(spec.rack), spec.rack, spec.traffic, now.lost_links, gone)
        except SpecError as error:
            yield from (f"{causes} at {t:g} s: {text}" for text in error.problems)
