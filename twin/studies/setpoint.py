"""At which supply temperature does a rack do its work with the least energy?

Colder coolant takes chillers, warmer coolant leakage and, as the return must not exceed its target, more flow:

    e(T) = (P_IT + P_pumps + P_fans + P_chillers + P_room) / w,    w = load x clock of the GPUs.

Work counts because a module at its power cap pays for leakage with its clock. Leakage grows by half in 20 K of die
temperature, pumps with the third power of the flow; chillers fall as hours of free cooling grow. Expected: near 40 °C
where it is warm, below 30 °C where it is not. Years of hours, at the spec's load.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.annual.hours import Hours
from twin.annual.year import OVERHEAD
from twin.spec.types import Factory
from twin.studies._climate import SUPPLY, air_of, climates, constant_year, with_chiller
from twin.studies._frame import dataset, percent, spec_of, variable

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

#: Site whose parts are drawn.
SHOWN = "Phoenix"
PARTS = ("leakage", "pumps", "fans", "chillers")
_OF_PART = {
    "pumps": ("unit_pump_power", "facility_pump_power"), "fans": ("fan_power", "door_fan_power"),
    "chillers": ("chiller_power",),
}  # fmt: skip
OWN = {SUPPLY: "swept over the range allowed", "site": "set to each site", "site.weather": "set to none"}


def study(system: str | Factory = "gb300-nvl72", points: int = 36) -> "xr.Dataset":
    """Return energy per work and its parts over the supply temperature, at each site of the catalogue.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec; a plant without a chiller gets one.
    points : int
        Supply temperatures, from the least to the greatest that the spec allows [1].

    Returns
    -------
    Dataset
        Over `site` and `supply_temperature`: site_power_per_work, part_power, annual_pue; best_supply_temperature.

    References
    ----------
    Derived: `twin.annual.hours.solve_hours`, 8 760 hours for each.
    """
    spec = with_chiller(spec_of(system))
    supply = np.linspace(spec.limits.supply_minimum, spec.limits.supply_maximum, points)
    places = climates(spec)
    rows = np.array([_row(place, supply) for place in places.values()])
    cost, pue, parts = rows[..., 0], rows[..., 1], np.moveaxis(rows[..., 2:], -1, 1)
    best = supply[np.argmin(cost, axis=1)]
    excess = cost / cost.min(axis=1, keepdims=True) - 1
    grown = parts - np.where(np.array(PARTS) == "leakage", parts.min(axis=2), 0.0)[..., None]
    over, by_part = ("site", "supply_temperature"), ("site", "part", "supply_temperature")
    made = {
        "site_power_per_work": variable(over, cost, "W", "electric power of the site per rack at full work"),
        "excess": variable(over, excess, "1", "energy per work over the least"),
        "annual_pue": variable(over, pue, "1", "PUE"),
        "part_power": variable(by_part, parts, "W", "power per rack, mean of the year"),
        "part_growth": variable(by_part, grown, "W", "power per rack, leakage over its least"),
        "best_supply_temperature": variable("site", best, "K", "best supply temperature"),
        "least": variable("site", cost.min(axis=1), "W", "power of the site per rack at full work, there"),
        "at_coldest": variable("site", cost[:, 0], "W", "at the coldest supply"),
        "at_warmest": variable("site", cost[:, -1], "W", "at the warmest supply"),
    }
    coordinates = {
        "site": ("site", list(places), {"long_name": "site"}),
        "part": ("part", list(PARTS), {"long_name": "part"}),
        "supply_temperature": variable("supply_temperature", supply, "K", "coolant supply"),
    }
    chart = _chart(supply, excess)
    answer = _answer(list(places), supply, excess)
    title = f"Which supply temperature costs {spec.name} the least energy per work"
    return dataset(__doc__, made, coordinates, title=title, answer=answer, chart=chart, table=_TABLE)


def _row(spec: Factory, supply: Array) -> list[list[float]]:
    air = air_of(spec)
    return [_figures(spec.with_(SUPPLY, float(one)), air) for one in supply]


def _figures(spec: Factory, air: thermal.Outdoors) -> list[float]:
    """Return power per work [W], PUE and the powers of all parts [W] of a year."""
    rack, back = constant_year(spec, air)
    it, work = float(rack.power.mean()), float(rack.work.mean())
    over = sum(float(getattr(back, name).mean()) for name in OVERHEAD)
    return [(it + over) / work, 1 + over / it, *parts_of(Hours(rack, back))]


def parts_of(hours: Hours) -> list[float]:
    """Return the mean power of each of `PARTS` [W]."""
    found = {part: sum(float(getattr(hours.behind, name).mean()) for name in names) for part, names in _OF_PART.items()}
    return [float(hours.rack.leakage.mean()) if part == "leakage" else found[part] for part in PARTS]


def _answer(names: list[str], supply: Array, excess: Array) -> str:
    said = []
    for name, row in zip(names, excess, strict=True):
        best = int(np.argmin(row))
        end = ", the coldest allowed" if best == 0 else ", the warmest allowed" if best == len(row) - 1 else ""
        said.append(f"{supply[best] - 273.15:.0f} °C in {name}{end} ({percent(row[-1], 1)} more at the warmest)")
    widest = excess[:, 0].argmax()
    return (
        f"A rack does its work with the least energy at {', '.join(said[:-1])} and {said[-1]}. The coldest supply costs"
        f" {percent(excess[widest, 0], 1)} more in {names[widest]}."
    )


def _chart(supply: Array, excess: Array) -> dict[str, Any]:
    marks = [{"x": float(supply[np.argmin(row)]), "y": 0.0, "text": "least"} for row in excess]
    line, words = {"kind": "line", "x": "supply_temperature"}, "Energy of the site per work, over its least"
    total = {**line, "y": "excess", "series": "site", "marks": marks, "title": words}
    parts = {**line, "y": "part_growth", "series": "part", "at": {"site": SHOWN}, "title": f"Its parts in {SHOWN}"}
    return {"panels": [total, parts]}


_TABLE = {"rows": "site", "columns": ["best_supply_temperature", "least", "at_coldest", "at_warmest"], "first": True}
