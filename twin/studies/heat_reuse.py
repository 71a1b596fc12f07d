"""What does a district loop take from the rack, at which temperature, and what electricity does it cost?

The facility return, T_r = T_facility + q / (m c), warms the loop as far as T_x = T_r - approach; a heat pump with a
share of Carnot's performance lifts the rest from there to what the loop wants,

    direct share = (T_x - T_back) / (T_want - T_back),    COP = share T_want / (T_want - T_x),

and ERE = (IT + overhead - heat delivered) / IT counts its power as overhead and as heat. Expected: 10 K of supply halve
the power that a loop at 60 °C takes, a return above what it wants makes the heat free, and ERE stays where it is. The
rack keeps the rise of its coolant while the supply changes. The district takes all heat, all year; its temperatures are
examples of heating networks of the fourth and third generation.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermal import HeatReuse, Outdoors
from twin.annual.year import HOUR, annual
from twin.spec.types import Factory
from twin.studies._climate import SUPPLY, air_of, constant_year
from twin.studies._frame import DIFFERENCE, dataset, percent, spec_of, variable

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

#: Temperatures that a loop wants and that come back [K]: examples.
DISTRICTS = ((323.15, 298.15), (333.15, 303.15), (343.15, 313.15), (353.15, 318.15))
#: Least difference in exchanger and evaporator [K], and performance of the heat pump over Carnot's: assumed.
APPROACH, CARNOT_SHARE = 3.0, 0.5
#: The district takes whatever there is [W].
ENDLESS = 1e9
RETURN = "cooling.return_temperature"
COLDEST = 298.15
#: Spread of ERE below which it counts as one [1].
FLAT = 0.005
OWN = {
    SUPPLY: "swept from 25 °C to the warmest allowed",
    RETURN: "set to the supply and the spec's rise",
    "facility.plant.reuse": "set to each district",
}


def study(system: str | Factory = "gb300-nvl72", points: int = 11) -> "xr.Dataset":
    """Return heat, heat-pump power and ERE over the supply temperature, for district loops of several temperatures.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    points : int
        Supply temperatures [1].

    Returns
    -------
    Dataset
        Over `district` and `supply_temperature`.

    References
    ----------
    Derived: `thermal.reuse_heat` in `twin.annual.hours.solve_hours`. Lund et al. (2014), Energy 68, 1: temperatures of
    the generations of district heating.
    """
    spec = spec_of(system)
    rise = spec.cooling.return_temperature - spec.cooling.supply_temperature
    supply = np.linspace(COLDEST, spec.limits.supply_maximum, points)
    air = air_of(spec)
    points_of = [[_at(spec, district, (float(one), rise)) for one in supply] for district in DISTRICTS]
    rows = np.array([[_figures(one, air) for one in row] for row in points_of])
    back, direct, power, ere, pue, delivered = np.moveaxis(rows, -1, 0)
    axes = ("district", "supply_temperature")
    made = {
        "facility_return_temperature": variable("supply_temperature", back[0], "K", "facility return"),
        "direct_share": variable(axes, direct, "1", "share of the heat by the exchanger"),
        "direct_drawn": variable(axes, _from_zero(direct), "1", "share of the heat by the exchanger"),
        "heat_pump_share": variable(axes, power, "1", "heat-pump power per heat"),
        "annual_ere": variable(axes, ere, "1", "ERE"),
        "annual_pue": variable(axes, pue, "1", "PUE, heat pump included"),
        "delivered_heat": variable(axes, delivered, "W", "heat delivered per rack"),
        "return_rise": variable((), rise, "K", "rise of the coolant", **DIFFERENCE),
    }
    names = [f"{want - 273.15:.0f}/{home - 273.15:.0f} °C" for want, home in DISTRICTS]
    coordinates = {
        "district": ("district", names, {"long_name": "district loop"}),
        "supply_temperature": variable("supply_temperature", supply, "K", "coolant supply"),
    }
    title = f"What a district loop takes from {spec.name}"
    own = spec.cooling.supply_temperature
    answer = _answer(names, supply, made, own)
    return dataset(__doc__, made, coordinates, title=title, answer=answer, chart=_chart(own), table=_TABLE)


def _at(spec: Factory, district: tuple[float, float], coolant: tuple[float, float]) -> Factory:
    """Return the spec with a district and a supply temperature, the rise of its coolant kept."""
    reuse = HeatReuse(
        demand=ENDLESS, district_supply_temperature=district[0], district_return_temperature=district[1],
        approach=APPROACH, carnot_share=CARNOT_SHARE,
    )  # fmt: skip
    facility = replace(spec.facility, plant=replace(spec.facility.plant, reuse=reuse))
    cooling = replace(spec.cooling, supply_temperature=coolant[0], return_temperature=sum(coolant))
    return replace(spec, facility=facility, cooling=cooling)


def _figures(spec: Factory, air: Outdoors) -> list[float]:
    """Return facility return [K], direct share, heat-pump power over heat, ERE, PUE and heat delivered [W]."""
    hours, reuse = constant_year(spec, air), spec.facility.plant.reuse
    assert reuse is not None
    back = hours.behind
    found, warm = annual(hours, HOUR), float(back.plant.return_temperature.mean())
    want, home = reuse.district_supply_temperature, reuse.district_return_temperature
    delivered = float(back.reused_heat.mean())
    direct = np.clip((warm - reuse.approach - home) / (want - home), 0.0, 1.0)
    return [
        *(warm, float(direct), float(back.heat_pump_power.mean()) / delivered),
        *(found["annual_ere"][0], found["annual_pue"][0], delivered),
    ]


def _from_zero(share: Array) -> Array:
    """Return shares over the supply from the last one of nothing on; nan before, where lines would cover each other."""
    following = np.append(share[:, 1:], share[:, -1:], axis=1)
    return np.where((share > 0) | (following > 0), share, np.nan)


def _answer(names: list[str], supply: Array, made: dict[str, Any], own: float) -> str:
    """Say what each loop takes at the spec's own supply, and what the coldest costs."""
    power, direct, heat, back = (
        np.array([np.interp(own, supply, row) for row in np.atleast_2d(made[name][1])])
        for name in ("heat_pump_share", "direct_share", "delivered_heat", "facility_return_temperature")
    )
    said = [
        f"{name} gets {percent(direct[i])} of it directly and {percent(power[i], 1)} as electricity of the heat pump"
        f" ({percent(made['heat_pump_share'][1][i, 0], 1)} at {supply[0] - 273.15:.0f} °C)"
        for i, name in enumerate(names)
    ]
    ere = made["annual_ere"][1]
    flat = f"{ere.mean():.2f} in all cases" if np.ptp(ere) < FLAT else f"{ere.min():.2f} to {ere.max():.2f}"
    return (
        f"At {own - 273.15:.0f} °C supply the facility water returns at {back[0] - 273.15:.1f} °C and a district loop"
        f" takes {heat.min() / 1e3:.0f} to {heat.max() / 1e3:.0f} kW per rack. A loop of {'; '.join(said)}. ERE is"
        f" {flat}: the heat pump's power counts as overhead and as heat, so that ERE does not show its price."
    )


def _chart(own: float) -> dict[str, Any]:
    line = {"kind": "line", "x": "supply_temperature", "series": "district"}
    here = {"axis": "x", "value": own, "text": "set-point of the spec", "quiet": True}
    power = {"y": "heat_pump_share", "limits": [here], "title": "Electricity per heat, by loop supply/return"}
    return {
        "panels": [
            {**line, **power},
            {**line, "y": "direct_drawn", "title": "What needs no heat pump, where there is any"},
        ]
    }


_TABLE = {"rows": "supply_temperature", "columns": ["facility_return_temperature", "heat_pump_share"]}
