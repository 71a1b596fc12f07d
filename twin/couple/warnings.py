"""What a reviewer must know of a solved rack: every broken limit with what would mend it, one sentence each."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.build.jobs import members
from twin.couple.broken import amperes, below_window, hot, over_bar, over_shelf
from twin.couple.limits import Limit, electrical_limits, plate_limits, thermal_limits
from twin.couple.steady import Steady
from twin.spec.types import Factory

Array = NDArray[np.float64]
Summary = dict[str, Any]

#: Excess over the design power that is worth a word [1].
DESIGN_MARGIN = 0.02


def warnings_of(solved: Steady, free: Steady, summary: Summary, specs: Sequence[Factory]) -> list[str]:
    """Return the warnings of every rack, lines of one text each.

    Parameters
    ----------
    solved, free : Steady
        The batch with and without derating.
    summary : dict
        Its headline numbers.
    specs : sequence of Factory
        Its specs.

    Returns
    -------
    list of str
        Empty where there is nothing to say.

    References
    ----------
    Derived: limits of `twin.couple.headroom`; peak current against the bar's rating.
    """
    limits = [
        *thermal_limits(free.model, free.outcome),
        *electrical_limits(solved.model, solved.outcome),
        *plate_limits(solved.model, solved.outcome),
    ]
    loads = [np.nan_to_num(item.load(), nan=-np.inf) for item in limits]
    where = [load.argmax(axis=1) for load in loads]
    texts = []
    for i, spec in enumerate(specs):
        broken = [
            _broken(item, i, int(place[i]), free, summary)
            for item, load, place in zip(limits, loads, where, strict=True)
            if load[i, place[i]] > 1 + 1e-9
        ]
        texts.append("\n".join([*broken, *_remarks(i, solved, summary, spec)]))
    return texts


def _remarks(i: int, solved: Steady, summary: Summary, spec: Factory) -> list[str]:
    found = []
    drawn, design = summary["rack_power"][i], spec.rack.design_power
    if drawn > (1 + DESIGN_MARGIN) * design:
        found.append(
            f"{drawn / 1e3:.1f} kW is {drawn / design - 1:.0%} above the rack's design power, {design / 1e3:g} kW"
        )
    flow = summary["coolant_volume_flow"][i]
    if flow > 1.001 * spec.cooling.flow_maximum:
        most = f"{spec.cooling.flow_maximum * 6e4:g} L/min"
        found.append(f"{flow * 6e4:.0f} L/min is above cooling.flow_maximum, {most}: the pressure drop is extrapolated")
    bar, peak = spec.rack.busbar, summary["busbar_section_current_peak"][i]
    if bar is not None and np.isnan(peak):
        found.append("the bar cannot carry the peak load (EDPp): its voltage would collapse")
    if bar is not None and peak > bar.rated_current:
        power = summary["rack_power"][i] * spec.rack.peak_power / spec.rack.design_power
        quoted = spec.rack.peak_power
        digits = 1 if round(power, -3) == round(quoted, -3) else 0  # so that what is above another looks so
        told = f"{power / 1e3:.{digits}f} kW"
        if power > 1.001 * quoted:
            told += f", above the quoted {quoted / 1e3:g} kW"
        found.append(f"at this load's peak of {told}: {amperes(peak)} on a {amperes(bar.rated_current)} bar")
    found.extend(_throttled(spec, solved.outcome.chips.delivered[i]))
    derated = int(np.sum(solved.outcome.next.junction[i] >= spec.limits.junction - 1e-6))
    if derated:
        found.append(f"{derated} chips are derated to stay at {spec.limits.junction - 273.15:g} °C")
    if spec.announced:
        found.append("announced system: its figures are the maker's plans, the rest is extrapolated")
    return found


def _throttled(spec: Factory, delivered: Array) -> list[str]:
    """Return which job offers its busiest link more than it carries; `delivered` is of each GPU."""
    who, found = members(spec.traffic, delivered.size), []
    for k, name in enumerate(who.names):
        share = float(delivered[who.job == k][0])
        if share < 1:
            whose = "all traffic is" if not spec.traffic.jobs else f"traffic of job {name} is"
            found.append(
                f"the busiest link is offered {1 / share:.0%} of its bandwidth: {whose} throttled to {share:.0%}"
            )
    return found


def _broken(item: Limit, i: int, place: int, free: Steady, summary: Summary) -> str:
    part, value = item.parts[place], item.value[i, place]
    bound = np.broadcast_to(item.bound, item.value.shape)[i, place]
    if "temperature" in item.name:
        return f"{hot(part, item.name, value, bound)}{_mend(i, free, summary)}"
    if "current" in item.name:
        return over_bar(summary["rack_power"][i], value, bound)
    if "voltage" in item.name:
        return below_window(part, value - bound)
    if "shelf" in item.name:
        return over_shelf(part, value, bound)
    if "least" in item.name:
        return f"{part}: flow is {bound / value:.0%} of the least its plate's data cover: raise the flow"
    return f"{part}: flow is {value / bound:.0%} of the greatest its plate's data cover: its resistance is extrapolated"


def _mend(i: int, free: Steady, summary: Summary) -> str:
    """Return what would mend a broken limit, rounded to the safe side."""
    ways = []
    if np.isfinite(summary["supply_temperature_max"][i]):
        supply = math.floor(10 * (summary["supply_temperature_max"][i] - 273.15)) / 10
        ways.append(f"supply at most {supply:.1f} °C at {_up(free.outcome.next.flow[i, 0])} kg/s")
    if np.isfinite(summary["coolant_flow_min"][i]):
        ways.append(f"flow at least {_up(summary['coolant_flow_min'][i])} kg/s")
    if summary["headroom_power"][i] < 0:
        ways.append(f"{math.ceil(-summary['headroom_power'][i] / 100) / 10:.1f} kW less")
    return f" (mend: {', or '.join(ways)})" if ways else ""


def _up(flow: float) -> str:
    return f"{math.ceil(100 * flow) / 100:.2f}"
