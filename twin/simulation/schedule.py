"""What a run does when: duration, steps, load, control, set-points and events, read from one TOML file.

Times are seconds from the start. A problem is named by its path in the file; lists count from 0: ``event[1].at``.
What events mean for a rack, and whether a rack can have them, stands in `twin.simulation.events`.
"""

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from twin.simulation.events import Event, Time
from twin.spec.errors import SpecError
from twin.spec.types import Fraction, Temperature

#: Instants of the electricity in a step of the packages, at most.
INSTANTS = 1000
#: Unfit points of a profile that are reported.
REPORTED = 5
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
class Profile:
    """Utilization over time: linear between points; two points of one time are a jump; the last value lasts."""

    time: tuple[Annotated[float, "s"], ...]
    """Times, never going back [s]."""
    value: tuple[Annotated[float, "1"], ...]
    """Utilization at these times, 0 to 1 [1]."""
    repeat: Annotated[float, "s", Gt(0), Le(1e9)] | None = None
    """Period after which it starts again [s]; none: it does not."""

    def __post_init__(self) -> None:
        if problems := list(_profile_problems(self)):
            raise SpecError(problems)

    def at(self, t: float, side: Literal["right", "left"] = "right") -> float:
        """Return the utilization [1] at time t [s]: what holds from then on, or ("left") what held until then."""
        # Times built as k·repeat + time[i] miss a point by rounding; a few units in the last place are the same time.
        slack = 4 * math.ulp(t)
        phase, right = t, side == "right"
        if self.repeat is not None and t > slack:
            turns = math.floor((t + slack) / self.repeat) if right else math.ceil((t - slack) / self.repeat) - 1
            phase = t - turns * self.repeat
        i = bisect_right(self.time, phase + slack) if right else bisect_left(self.time, phase - slack)
        if i in (0, len(self.time)):
            return self.value[min(i, len(self.time) - 1)]
        start, end = self.value[i - 1 : i + 1]
        share = min(max((phase - self.time[i - 1]) / (self.time[i] - self.time[i - 1]), 0.0), 1.0)
        return (1 - share) * start + share * end  # exact at both ends

    def between(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the utilization [1] at times [s] at which nothing jumps."""
        phase = times if self.repeat is None else times % self.repeat
        return np.interp(phase, self.time, self.value)

    def kinks(self) -> Iterator[float]:
        """Yield the times after 0 [s] at which value or slope changes, without end where the profile repeats."""
        bends = tuple(_bends(self))
        if self.repeat is None or len(set(self.value)) == 1:
            yield from (t for t in bends if t > 0)
            return
        for turn in count():
            start = turn * self.repeat
            yield from (start + t for t in bends if 0 < t < self.repeat)
            yield start + self.repeat


def _profile_problems(profile: Profile) -> Iterator[str]:
    time, value = profile.time, profile.value
    if not time or len(time) != len(value):
        yield f"utilization has {len(time)} times and {len(value)} values: must be as many of each, and at least one"
        return
    if time[0] < 0:
        yield f"utilization[0] is at {time[0]:g} s: must be ≥ 0 s, the start"
    for i in islice((i for i in range(1, len(time)) if time[i] < time[i - 1]), REPORTED):
        yield (
            f"utilization[{i}] is at {time[i]:g} s: must be ≥ {time[i - 1]:g} s, the point before it; put the points "
            "in order of time"
        )
    for i in islice((i for i, share in enumerate(value) if not 0 <= share <= 1), REPORTED):
        yield f"utilization[{i}] = {value[i]:g}: must be ≥ 0 and ≤ 1 (100 %)"
    if profile.repeat is not None and profile.repeat < time[-1]:
        yield f"repeat = {profile.repeat:g} s: must be ≥ {time[-1]:g} s, the last point; raise it, or drop points"


def _bends(profile: Profile) -> Iterator[float]:
    """Yield the points at which the profile is no straight line, each once."""
    time, value = profile.time, profile.value
    slope = [
        (value[i + 1] - value[i]) / (time[i + 1] - time[i]) if time[i + 1] > time[i] else math.inf
        for i in range(len(time) - 1)
    ]
    for i, (before, after) in enumerate(zip([0.0, *slope], [*slope, 0.0], strict=True)):
        if before != after and (i == 0 or time[i] > time[i - 1]):
            yield time[i]


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
    source: str = ""
    """Text of the file."""


def breaks(schedule: Schedule) -> Iterator[float]:
    """Yield the times at which something jumps or bends: set-points, events and their ends, the load.

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
    edges = [item.at for item in schedule.settings] + [event.at for event in schedule.events]
    edges += [event.until for event in schedule.events if event.until is not None]
    last = 0.0
    for time in heapq.merge(sorted(edges), schedule.load.kinks()):
        if time >= schedule.duration:
            return
        if time > last + 4 * math.ulp(time):
            yield time
            last = time
