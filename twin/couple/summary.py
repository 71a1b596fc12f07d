"""The headline numbers of a solved batch, one array over the racks each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.couple.achieved import Supplied
from twin.couple.bus import bus_numbers, bus_warnings
from twin.couple.closure import energy_closure
from twin.couple.electric import power_numbers
from twin.couple.feed_numbers import feed_numbers, feed_warnings, states_of
from twin.couple.headroom import (
    Headroom,
    controlled_headroom,
    headroom_temperature,
    without_derating,
)
from twin.couple.heat import heat_numbers
from twin.couple.plant_numbers import plant_numbers, plant_warnings
from twin.couple.steady import Steady
from twin.couple.traffic import fabric_numbers
from twin.couple.warnings import warnings_of
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

Array = NDArray[np.float64]
Summary = dict[str, Any]


def summarise(part: Supplied, specs: Sequence[Factory]) -> Summary:
    """Return every scalar of the result, by its registered name, as arrays or lists over the racks.

    Parameters
    ----------
    part : Supplied
        Racks of a batch at the supply they get.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    dict of str to array (r,) or list of str
        SI units.

    Raises
    ------
    ConvergenceError
        A rack of several has no steady state without derating; alone it has no headroom.

    References
    ----------
    Derived: names and units in the leaves' `fields.py` and `twin.result.schema`.
    """
    solved = part.solved
    free, forms = _headroom(solved)
    summary = {
        **fabric_numbers(solved.model.fabric, specs),
        **heat_numbers(solved.model, solved.outcome),
        **power_numbers(solved.model, solved.outcome),
        **bus_numbers(solved, specs),
        **plant_numbers(part.behind, specs),
        **{key: value for name, form in forms.items() for key, value in _form(name, form).items()},
        "utilization": np.array([spec.load.utilization for spec in specs]),
        "clock_min": solved.outcome.chips.clock[:, solved.model.parts.gpu].min(axis=1),
        "energy_closure_relative": energy_closure(solved.model, solved.outcome),
        "iterations": solved.fixed_point.iterations.astype(float),
        "assumed_share": np.array([assumed_share(spec) for spec in specs]),
    }
    feeds = states_of(summary, specs)
    summary |= feed_numbers(feeds, len(specs))
    said = (
        warnings_of(solved, free, summary, specs),
        bus_warnings(summary, specs),
        feed_warnings(feeds, summary),
        plant_warnings(part, summary, specs),
    )
    found = zip(*said, strict=True)
    summary["warnings"] = ["\n".join(_foremost("\n".join(filter(None, lines)))) for lines in found]
    return summary


def _foremost(warnings: str) -> list[str]:
    """Return the warnings with what is broken now before what a peak would break."""
    return sorted(warnings.splitlines(), key=lambda line: line.startswith("at this load's peak"))


def _headroom(solved: Steady) -> tuple[Steady, dict[str, Headroom]]:
    """Return the batch without derating and the four forms; none for a rack that has no steady state without it."""
    names = ("headroom_temperature", "supply_temperature_max", "coolant_flow_min", "headroom_power")
    try:
        free = without_derating(solved)
    except ConvergenceError:
        if len(solved.model.supply) > 1:
            raise
        nothing = Headroom(np.array([np.nan]), ["none: without derating there is no steady state"])
        return solved, dict.fromkeys(names, nothing)
    return free, dict(zip(names, (headroom_temperature(free), *controlled_headroom(free)), strict=True))


def _form(name: str, form: Headroom) -> Summary:
    return {name: form.value, f"{name}_limited_by": form.limited_by}


def assumed_share(spec: Factory) -> float:
    """Return the share of assumed numbers among all numbers of a spec.

    Parameters
    ----------
    spec : Factory
        A spec with provenance.

    Returns
    -------
    float
        0 to 1 [1].

    References
    ----------
    Derived: count by status.
    """
    return _assumed(spec.provenance) if spec.provenance else 0.0


def _assumed(provenance: Any) -> float:
    return sum(origin.status == "assumed" for origin in provenance.values()) / len(provenance)
