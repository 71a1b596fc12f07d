"""A quantity over time: linear between points; two points of one time are a jump; the last value lasts."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray

from twin.spec.errors import SpecError

#: Unfit points of a profile that are reported.
REPORTED = 5
#: What may follow a profile, and its bounds: in words, then in SI.
Quantity = Literal["utilization", "rack_power", "dry_bulb", "dew_point"]
_AIR = "≥ -60 and ≤ 60 degC", (213.15, 333.15)
BOUNDS: dict[Quantity, tuple[str, tuple[float, float]]] = {
    "utilization": ("≥ 0 and ≤ 1 (100 %)", (0.0, 1.0)),
    "rack_power": ("≥ 0 and ≤ 1 GW", (0.0, 1e9)),
    "dry_bulb": _AIR,
    "dew_point": _AIR,
}


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Utilization, or a temperature of the outdoor air, over time."""

    time: tuple[Annotated[float, "s"], ...]
    """Times, never going back [s]."""
    value: tuple[Annotated[float, "1"], ...]
    """The quantity at these times: utilization, 0 to 1 [1], a temperature [K], or AC power of the rack [W]."""
    repeat: Annotated[float, "s", Gt(0), Le(1e9)] | None = None
    """Period after which it starts again [s]; none: it does not."""
    of: Quantity = "utilization"
    """The quantity."""

    def __post_init__(self) -> None:
        if problems := list(_profile_problems(self)):
            raise SpecError(problems)

    def at(self, t: float, side: Literal["right", "left"] = "right") -> float:
        """Return the value at time t [s]: what holds from then on, or ("left") what held until then."""
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
        between = (1 - share) * start + share * end  # exact at both ends
        return min(max(between, min(start, end)), max(start, end))

    def between(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values at times [s] at which nothing jumps."""
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
    time, value, name = profile.time, profile.value, profile.of
    if not time or len(time) != len(value):
        yield f"{name} has {len(time)} times and {len(value)} values: must be as many of each, and at least one"
        return
    if time[0] < 0:
        yield f"{name}[0] is at {time[0]:g} s: must be ≥ 0 s, the start"
    for i in islice((i for i in range(1, len(time)) if time[i] < time[i - 1]), REPORTED):
        yield (
            f"{name}[{i}] is at {time[i]:g} s: must be ≥ {time[i - 1]:g} s, the point before it; put the points "
            "in order of time"
        )
    words, (least, most) = BOUNDS[name]
    for i in islice((i for i, share in enumerate(value) if not least <= share <= most), REPORTED):
        shown = f"{value[i] - 273.15:g} degC" if words == _AIR[0] else f"{value[i]:g}"
        yield f"{name}[{i}] = {shown}: must be {words}"
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
