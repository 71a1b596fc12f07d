"""How much radiator does a rack in orbit need, how warm is its coolant, and how much headroom do its dies keep?

Everything the rack and its pump draw leaves by radiation from a panel with two faces,

    A = (m / 2 eta epsilon sigma) integral of c dT / (T^4 - T_sink^4) from supply to return,

with T_sink from sun, sunlight off the Earth and the Earth's infrared. Expected: 1.2 to 1.4 m2 per kW at 45 °C, 15 %
more for 10 K less, and a kelvin of headroom for each. A dawn-dusk orbit stands in the sun edge-on and has no shadow; a
low orbit is in the sun for 62 % of the time. The coolant is 25 % propylene glycol at the flow of the spec's own point;
the panel's numbers are assumed, at the end of its life.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal import Orbit, Radiator
from twin.annual.hours import RackHours, rack_hours
from twin.build.model import build_model
from twin.couple.solve import named
from twin.couple.steady import solve_steady
from twin.spec.types import Factory
from twin.studies._frame import DIFFERENCE, dataset, percent, spec_of, variable, whole

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

#: Panel, edge-on to the Earth at 550 km; its drop is met at the rack's flow, its area not used: assumed.
PANEL = Radiator(
    area=1.0, faces=2, emissivity=0.85, absorptivity=0.2, fin_efficiency=0.9, earth_view_factor=0.258,
    areal_density=8.0, rated_flow=1.0, rated_pressure_drop=1e5, pump_efficiency=0.5,
)  # fmt: skip
ORBITS = {
    "dawn-dusk orbit": Orbit(
        solar_flux=1361.0, sun_incidence=0.0, sunlit_fraction=1.0, albedo=0.05, earth_infrared=237.0
    ),
    "low orbit": Orbit(solar_flux=1361.0, sun_incidence=0.25, sunlit_fraction=0.62, albedo=0.3, earth_infrared=237.0),
}
COOLANT = "pg25"
SUPPLY, COOLANT_PATH, FLOW = "cooling.supply_temperature", "cooling.coolant", "cooling.volume_flow"
RANGE = (283.15, 333.15)
OWN = {SUPPLY: "swept from 10 to 60 °C", COOLANT_PATH: "set to pg25", FLOW: "set to that of the spec's own point"}


def study(system: str | Factory = "gb300-nvl72", points: int = 11) -> "xr.Dataset":
    """Return radiator area and mass per kilowatt, headroom and clock over the supply temperature, in both orbits.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    points : int
        Supply temperatures [1].

    Returns
    -------
    Dataset
        Over `orbit` and `supply_temperature`.

    References
    ----------
    Derived: `thermal.radiator_area` with `thermal.sink_temperature`, at the state of `twin.couple.steady`.
    """
    spec = spec_of(system)
    supply = np.linspace(*RANGE, points)
    with named([spec]):
        rack, liquid = _rack(spec, supply), thermal.coolant(COOLANT)
        pump = _pump_power(rack, liquid)
        heat = rack.power + pump
        sinks = np.array([thermal.sink_temperature(PANEL, orbit) for orbit in ORBITS.values()])
        warmed = thermal.temperature(liquid, thermal.enthalpy(liquid, supply) + heat / rack.flow)
        area = thermal.radiator_area(PANEL, sinks[:, None], liquid, rack.flow, heat, rack.supply_temperature)
    axes, mass = ("orbit", "supply_temperature"), PANEL.areal_density * area
    made = {
        "radiator_area": variable(axes, area, "m2", "radiator of one rack"),
        "area_per_power": variable(axes, area / (heat / 1e3), "m2 kW-1", "radiator area per heat"),
        "radiator_mass": variable(axes, mass, "kg", "radiator of one rack"),
        "sink_temperature": variable("orbit", sinks, "K", "sink"),
        "heat": variable("supply_temperature", heat, "W", "heat of rack and pump"),
        "pump_power": variable("supply_temperature", pump, "W", "pump"),
        "return_temperature": variable("supply_temperature", warmed, "K", "coolant to the panel"),
        "junction_temperature_max": variable("supply_temperature", rack.junction_temperature, "K", "hottest die"),
        "headroom_temperature": variable("supply_temperature", rack.headroom, "K", "headroom", **DIFFERENCE),
        "clock_min": variable("supply_temperature", rack.clock, "1", "lowest clock"),
    }
    coordinates = {
        "orbit": ("orbit", list(ORBITS), {"long_name": "orbit"}),
        "supply_temperature": variable("supply_temperature", supply, "K", "coolant supply"),
    }
    title = f"{spec.name} in orbit: radiator and headroom"
    answer = _answer(spec, supply, made)
    return dataset(__doc__, made, coordinates, title=title, answer=answer, chart=_chart(spec), table=_TABLE)


def _rack(spec: Factory, supply: Array) -> RackHours:
    """Return the rack at each supply temperature, with the flow of its own operating point."""
    own = solve_steady(build_model([spec]))
    here = own.model
    volume = float((own.outcome.next.flow / thermal.density(here.coolant, here.supply))[0, 0])
    orbital = spec.with_(COOLANT_PATH, COOLANT).with_(FLOW, volume)
    return rack_hours(orbital, build_model([orbital]), np.full(supply.shape, orbital.load.utilization), supply)


def _pump_power(rack: RackHours, liquid: thermal.Coolant) -> Array:
    """Return the power of the pump of the loop through rack and panel [W]."""
    volume = rack.flow / thermal.density(liquid, rack.supply_temperature)
    return volume * (rack.drop + PANEL.rated_pressure_drop) / PANEL.pump_efficiency


def _answer(spec: Factory, supply: Array, made: dict[str, Any]) -> str:
    """Say area, mass and headroom at the spec's own supply, and where headroom ends."""
    at = spec.cooling.supply_temperature
    area = [float(np.interp(at, supply, row)) for row in made["radiator_area"][1]]
    per_power = [float(np.interp(at, supply, row)) for row in made["area_per_power"][1]]
    room, mass = made["headroom_temperature"][1], [PANEL.areal_density * one for one in area]
    heat = float(np.interp(at, supply, made["heat"][1]))
    least = float(np.interp(0.0, -room, supply, left=np.nan, right=np.nan))
    here, colder = np.interp([at, at - 10], supply, made["area_per_power"][1][0])
    places = [
        f"{one:.2f} m² per kW in a {name} ({whole(square)} m² and {whole(kilograms)} kg of panel)"
        for name, one, square, kilograms in zip(ORBITS, per_power, area, mass, strict=True)
    ]
    ends = "" if least != least else f" Headroom ends at {least - 273.15:.1f} °C supply."
    return (
        f"At {at - 273.15:.0f} °C supply the {heat / 1e3:.0f} kW of the rack take {' or '.join(places)}, with"
        f" {float(np.interp(at, supply, room)):.1f} K of headroom. Ten kelvin less take {percent(colder / here - 1)}"
        f" more panel.{ends}"
    )


def _chart(spec: Factory) -> dict[str, Any]:
    line = {"kind": "line", "x": "supply_temperature"}
    own = {"axis": "x", "value": spec.cooling.supply_temperature, "text": "set-point of the spec", "quiet": True}
    none = {"axis": "y", "value": 0.0, "text": "no headroom left"}
    return {
        "panels": [
            {**line, "y": "area_per_power", "series": "orbit", "limits": [own], "title": "Panel with two faces"},
            {**line, "y": "headroom_temperature", "limits": [own, none], "title": "Hottest part of the rack"},
        ]
    }


_TABLE = {
    "rows": "supply_temperature",
    "columns": ["area_per_power", "return_temperature", "junction_temperature_max", "headroom_temperature"],
}
