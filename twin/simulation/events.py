"""Events of a run, and what holds at a time: spec, pumps, facility water, fans, plates, lost links and parts.

An event holds from `at` until `until`, the moment it is mended; without one it lasts. A condition is the state of
things from a time on (the limit from the right).
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from annotated_types import Ge, Gt, Le

from twin.build.fabric import fabric_of
from twin.layout.parts import parts
from twin.spec.errors import SpecError
from twin.spec.kinds import Fraction
from twin.spec.types import Factory, Rack

if TYPE_CHECKING:
    from thermal import DistributionUnit
    from twin.simulation.schedule import Schedule

Time = Annotated[float, "s", Ge(0), Le(1e9)]
Change = tuple[str, Any]
Kind = Literal[
    "pump_trip", "cdu_pump_loss", "facility_water_loss", "facility_pump_trip", "fan_loss", "blocked_plate",
    "shelf_bank_loss", "cable_loss", "asic_loss", "tray_loss", "load_step",
]  # fmt: skip
#: The keys of each kind beside `at`, `until` and `kind`: those it needs, those it may have.
KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pump_trip": ((), ("remaining", "coast_down")),
    "cdu_pump_loss": ((), ("pumps", "start_up", "coast_down")),
    "facility_water_loss": ((), ("remaining",)),
    "facility_pump_trip": ((), ("remaining", "coast_down")),
    "fan_loss": ((), ("remaining",)),
    "blocked_plate": (("part", "remaining"), ()),
    "shelf_bank_loss": (("part",), ()),
    "cable_loss": (("part",), ()),
    "asic_loss": (("part",), ()),
    "tray_loss": (("part",), ()),
    "load_step": (("utilization",), ()),
}
#: Least share of its flow passage that a blockage leaves a plate [1].
BLOCKED_MIN = 0.01


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happens; which keys a kind takes stands in `KEYS`."""

    at: Time
    """When [s]."""
    until: Annotated[float, "s", Gt(0), Le(1e9)] | None = None
    """When it is mended [s]; none: it lasts."""
    kind: Kind
    """What happens."""
    part: tuple[str, ...] = ()
    """To which parts."""
    remaining: Fraction = 0.0
    """Share of the flow, of the fans' air, or of a plate's passage, that is left [1]."""
    pumps: Annotated[int, Ge(1)] = 1
    """Pumps that fail in each distribution unit [1]."""
    start_up: Annotated[float, "s", Ge(0), Le(3600)] = 5.0
    """After which spare pumps run in their place [s]; the default is assumed."""
    coast_down: Annotated[float, "s", Gt(0), Le(3600)] = 3.0
    """Time constant of the flow behind a pump that stops [s]; the default is assumed."""
    utilization: Fraction = 0.0
    """Utilization from then on (load_step) [1]."""

    def __post_init__(self) -> None:
        problems = []
        if self.until is not None and self.until <= self.at:
            problems.append(f"until = {self.until:g} s: must be > at = {self.at:g} s; raise it, or leave it out")
        if self.kind == "blocked_plate" and self.remaining < BLOCKED_MIN:
            problems.append(f"remaining = {self.remaining:g}: must be ≥ {BLOCKED_MIN:g} and ≤ 1 (100 %)")
        if problems:
            raise SpecError(problems)

    def times(self) -> tuple[float, ...]:
        """Return the times at which it makes something jump [s]."""
        spare = (self.at + self.start_up,) if self.kind == "cdu_pump_loss" else ()
        until = () if self.until is None else (self.until,)
        return tuple(sorted({self.at, *(t for t in spare if self.until is None or t < self.until), *until}))

    def active(self, t: float) -> bool:
        """Return whether it holds from time t [s] on."""
        return reached(self.at, t) and (self.until is None or not reached(self.until, t))


def reached(time: float, t: float) -> bool:
    """Return whether a time [s] is not after t [s]; a few units in the last place apart is the same time."""
    return time <= t + 4 * math.ulp(t)


class Condition(NamedTuple):
    """What holds from a time on."""

    spec: Factory
    """The spec with the set-points changed so far and the lost banks of shelves out of service."""
    pump: float
    """Share of the flow that the pump tends to [1]."""
    pumps: int
    """Pumps that run in each distribution unit."""
    coast_down: float
    """Time constant with which the flow falls, of the last pump trip or loss that began [s]."""
    facility: float
    """Share of the facility water that reaches the units [1]."""
    facility_pump: float
    """Share of it that its pumps tend to [1]."""
    facility_coast_down: float
    """Time constant with which it falls there [s]."""
    fans: float
    """Share of their air that the fans of the coolers still move [1]."""
    blocked: Mapping[str, float]
    """Chip → share of its plate's flow passage that is left [1]; chips not in it are clear."""
    lost_links: frozenset[int]
    """Ids of the broken links; links of lost chips are not among them."""
    lost_parts: frozenset[str]
    """Names of the lost ASICs and trays."""
    utilization: float | None
    """Utilization that overrides the profile [1]; None: the profile holds."""


def condition_at(schedule: "Schedule", spec: Factory, t: float) -> Condition:
    """Return what holds from a time on.

    Parameters
    ----------
    schedule : Schedule
        What happens.
    spec : Factory
        The rack at the start.
    t : float
        Time [s].

    Returns
    -------
    Condition
        Equal conditions mean that nothing has changed.

    Raises
    ------
    SpecError
        A set-point that does not fit, or no bank of shelves left; `check_schedule` finds them before the run.

    References
    ----------
    Derived: the latest set-points; of events at once the least share that remains, and the latest load step.
    """
    now = [event for event in schedule.events if event.active(t)]
    steps = [event for event in now if event.kind == "load_step"]
    return Condition(
        spec=_spec_at(spec, _changes(schedule, now, t)),
        pump=_least(now, "pump_trip"),
        pumps=_pumps(spec.cooling.cdu, now, t),
        coast_down=_coast_down(schedule, t, "pump_trip", "cdu_pump_loss"),
        facility=_least(now, "facility_water_loss"),
        facility_pump=_least(now, "facility_pump_trip"),
        facility_coast_down=_coast_down(schedule, t, "facility_pump_trip"),
        fans=_least(now, "fan_loss"),
        blocked=_blocked(now),
        lost_links=frozenset(link for name in _names(now, "cable_loss") for link in links_of(spec.rack, name)),
        lost_parts=frozenset(_names(now, "asic_loss", "tray_loss")),
        utilization=max(steps, key=lambda event: event.at).utilization if steps else None,
    )


def _changes(schedule: "Schedule", now: list[Event], t: float) -> tuple[Change, ...]:
    """Return paths and values to set: set-points so far in order of time, then the banks of shelves that are lost.

    A set-point that only follows itself replaces itself; else the order is kept, for each must fit those before it.
    """
    changes: list[Change] = []
    for item in sorted(schedule.settings, key=lambda item: item.at):
        if reached(item.at, t):
            if changes and changes[-1][0] == item.path:
                changes.pop()
            changes.append((item.path, item.value))
    return (*changes, *((f"rack.stack.{bank}.in_service", False) for bank in _names(now, "shelf_bank_loss")))


@lru_cache(maxsize=64)
def _spec_at(spec: Factory, changes: tuple[Change, ...]) -> Factory:
    for path, value in changes:
        spec = spec.with_(path, value)
    return spec


def _least(now: list[Event], kind: Kind) -> float:
    return min((event.remaining for event in now if event.kind == kind), default=1.0)


def _coast_down(schedule: "Schedule", t: float, *kinds: Kind) -> float:
    begun = [event for event in schedule.events if event.kind in kinds and reached(event.at, t)]
    return max(begun, key=lambda event: event.at).coast_down if begun else Event.coast_down


def _pumps(unit: "DistributionUnit", now: list[Event], t: float) -> int:
    """Return the pumps that run in a unit: those that have failed are replaced by spare ones once these are up."""
    lost = [event for event in now if event.kind == "cdu_pump_loss"]
    gone = sum(event.pumps for event in lost)
    waiting = sum(event.pumps for event in lost if not reached(event.at + event.start_up, t))
    usual = unit.pumps - unit.spare_pumps
    return max(min(unit.pumps - gone, usual - waiting), 0)


def _names(now: list[Event], *kinds: Kind) -> list[str]:
    return [name for event in now if event.kind in kinds for name in event.part]


def _blocked(now: list[Event]) -> dict[str, float]:
    left: dict[str, float] = {}
    for event in (event for event in now if event.kind == "blocked_plate"):
        left |= {name: min(event.remaining, left.get(name, 1.0)) for name in event.part}
    return left


def lost_chips(rack: Rack, lost_parts: frozenset[str]) -> frozenset[str]:
    """Return the names of the chips that are lost with some parts.

    Parameters
    ----------
    rack : Rack
        The rack.
    lost_parts : frozenset of str
        Names of chips and trays.

    Returns
    -------
    frozenset of str
        Chips of any kind.

    References
    ----------
    Derived: a tray takes its chips along.
    """
    place = parts(rack)
    in_tray = zip(place.chip, place.chip_tray.tolist(), strict=True)
    return frozenset(chip for chip, tray in in_tray if chip in lost_parts or place.tray[tray] in lost_parts)


def links_of(rack: Rack, name: str) -> tuple[int, ...]:
    """Return the NVLink links a cable's name means.

    Parameters
    ----------
    rack : Rack
        The rack.
    name : str
        Id of a link, or its two ends such as ``"compute-05/gpu-2 - switch-1/asic-0"``: then all links between them.

    Returns
    -------
    tuple of int
        Ids of links.

    Raises
    ------
    SpecError
        No such link.

    References
    ----------
    Derived: ids of `topology.nvlink`.
    """
    fabric = fabric_of(rack)
    if name.strip().isdecimal():
        if (link := int(name)) < fabric.bandwidth.size:
            return (link,)
        raise SpecError(f"{name!r}: no such link; ids lie in 0 … {fabric.bandwidth.size - 1}")
    ends = re.split(r"\s+-\s+", name.strip())
    if len(ends) != 2:
        example = f"{fabric.gpus[fabric.gpu[0]]} - {fabric.asics[fabric.asic[0]]}"
        raise SpecError(f'{name!r}: write the id of a link, or "{example}"')
    gpus, asics = ([end for end in ends if end in names] for names in (fabric.gpus, fabric.asics))
    if len(gpus) != 1 or len(asics) != 1:
        known = (*fabric.gpus, *fabric.asics)
        unknown = next((end for end in ends if end not in known), None)
        raise SpecError(absent(unknown, known) if unknown else f"{name!r}: must join a GPU and a switch ASIC")
    between = (fabric.gpu == fabric.gpus.index(gpus[0])) & (fabric.asic == fabric.asics.index(asics[0]))
    return tuple(between.nonzero()[0].tolist())


def absent(name: str, known: Iterable[str]) -> str:
    """Return that there is no part of a name, with the names near it."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    listed = f"near names: {', '.join(near)}" if near else f"they run from {names[0]} to {names[-1]}"
    return f"{name!r}: no such part ({listed})"
