"""What a run does when: duration, steps, load, control, set-points and events, read from one TOML file.

Times are seconds from the start. A problem is named by its path in the file; lists count from 0: ``event[1].at``.
What events mean for a rack, and whether a rack can have them, stands in `twin.simulation.events`.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le

from twin.simulation.events import Event, Time
from twin.simulation.fast import Record
from twin.simulation.nodes import Nodes
from twin.simulation.outdoor import Outdoor
from twin.simulation.profile import Profile
from twin.spec.errors import SpecError
from twin.spec.kinds import Fraction, Temperature

#: Instants of the electricity in a step of the packages, at most.
INSTANTS = 1000
#: Default distance of `restore_below` under `shed_above` [K].
HYSTERESIS = 5.0


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Steps of the loops in time, each a whole multiple of a faster one."""

    electric: Annotated[float, "s", Ge(1e-5), Le(10)]
    """Bar and shelves [s]; divides `thermal`."""
    thermal: Annotated[float, "s", Ge(0.05), Le(10)]
    """Packages [s]."""
    loop: Annotated[float, "s", Gt(0), Le(60)]
    """Coolant loop [s]; a multiple of `thermal`."""
    output: Annotated[float, "s", Gt(0), Le(1e9)]
    """Between stored states [s]; a multiple of `thermal`."""
    control: Annotated[float, "s", Gt(0), Le(1e9)]
    """Between actions of the policies [s]; a multiple of `loop`."""

    def __post_init__(self) -> None:
        pairs = (("thermal", "electric"), ("loop", "thermal"), ("output", "thermal"), ("control", "loop"))
        wrong = [pair for pair in pairs if not _divides(getattr(self, pair[1]), getattr(self, pair[0]))]
        if self.thermal / self.electric > INSTANTS + 0.5:
            raise SpecError(
                f"electric = {self.electric:g} s: must be at least a {INSTANTS}th of steps.thermal = "
                f"{self.thermal:g} s; shorten steps.thermal too"
            )
        if wrong:
            raise SpecError(
                [
                    f"{slow} = {getattr(self, slow):g} s: must be a whole multiple of steps.{fast} = "
                    f"{getattr(self, fast):g} s"
                    for slow, fast in wrong
                ]
            )


def _divides(fast: float, slow: float) -> bool:
    ratio = slow / fast
    return round(ratio) >= 1 and abs(ratio - round(ratio)) <= 1e-9 * ratio


@dataclass(frozen=True, kw_only=True)
class Control:
    """The policies in force."""

    derate: bool = True
    """Chips lower their clock at the junction limit."""
    flow: Literal["return", "fixed"] = "return"
    """The flow holds the return temperature, or stays as it is at the start."""
    power_cap: Annotated[float, "W", Gt(0)] | None = None
    """Greatest AC power of the rack [W]."""
    shed_above: Temperature | None = None
    """A die mean above it sheds load [K]."""
    shed_to: Fraction = 0.3
    """Share of the asked utilization that is left then [1]."""
    restore_below: Temperature | None = None
    """All die means below it restore the load [K]; by default HYSTERESIS under `shed_above`."""

    def __post_init__(self) -> None:
        if self.shed_above is None and self.restore_below is not None:
            raise SpecError("restore_below: has no shed_above to go with it; write shed_above too")
        if self.shed_above is None:
            return
        if self.restore_below is None:
            object.__setattr__(self, "restore_below", self.shed_above - HYSTERESIS)
        elif self.restore_below >= self.shed_above:
            raise SpecError(
                f"restore_below = {self.restore_below - 273.15:g} degC: must be < shed_above = "
                f"{self.shed_above - 273.15:g} degC; lower it, or raise shed_above"
            )


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A set-point that changes."""

    at: Time
    """When [s]."""
    path: str
    """Path in the spec."""
    value: Any
    """Number in SI, text with its unit, or a switch."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What a run does when."""

    duration: Annotated[float, "s", Gt(0), Le(1e9)]
    """Simulated time [s]."""
    steps: Steps
    """Steps in time."""
    load: Profile
    """Utilization asked of the chips."""
    control: Control = Control()
    """Policies."""
    settings: tuple[Setting, ...] = ()
    """Set-point changes, in the order of the file."""
    events: tuple[Event, ...] = ()
    """Events, in the order of the file."""
    record: Record = field(default_factory=Record)
    """A window that is recorded instant by instant."""
    nodes: Nodes | None = None
    """How the loads of compute trays differ; none: they do not."""
    outdoor: Outdoor | None = None
    """The air outside; none: that of the design of the site."""

    def profiles(self) -> tuple[Profile, ...]:
        """Return all that follows a profile: the load, and the air outside where it does."""
        return (self.load, *(() if self.outdoor is None else self.outdoor.profiles()))

    source: str = ""
    """Text of the file."""


def breaks(schedule: Schedule) -> Iterator[float]:
    """Yield the times at which something jumps or bends: set-points, events and their ends, load and outdoor air.

    Parameters
    ----------
    schedule : Schedule
        The schedule.

    Yields
    ------
    float
        Rising times within (0, duration), each once [s]; memory does not grow with the repeats of the load.

    References
    ----------
    Derived: merge of sorted times.

    Examples
    --------
    >>> load = {"utilization": [["0 s", 0.2], ["1 h", 0.2], ["1 h", 0.8]], "repeat": "2 h"}
    >>> from twin.simulation.read import schedule_from
    >>> list(breaks(schedule_from({"duration": "5 h", "load": load})))
    [3600.0, 7200.0, 10800.0, 14400.0]
    """
    edges = [item.at for item in schedule.settings]
    edges += [time for event in schedule.events for time in event.times()]
    last = 0.0
    for time in heapq.merge(sorted(edges), *(part.kinks() for part in schedule.profiles())):
        if time >= schedule.duration:
            return
        if time > last + 4 * math.ulp(time):
            yield time
            last = time
