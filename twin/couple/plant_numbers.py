"""What a solved rack tells of its units, plant and site: headline numbers and warnings."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.couple.achieved import Supplied
from twin.couple.plant import Behind, design_outdoors
from twin.layout.geometry import HOSE_RADIUS
from twin.spec.types import Factory

Array = NDArray[np.float64]
Summary = dict[str, Any]

#: Speed in the hoses of the trays that is worth a word [m/s] (assumed: erosion).
VELOCITY_MAX = 2.5
#: Excess over a unit's rating that is worth a word [1].
MARGIN = 1e-3
#: Excess over the set-point that is worth a word [K].
EXCESS = 0.1


def plant_numbers(found: Behind, specs: Sequence[Factory]) -> Summary:
    """Return the headline numbers of units, plant and site, as arrays over the racks; nan where refused.

    Parameters
    ----------
    found : Behind
        What is behind the racks, at their design outdoors.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    dict of str to (r,) array or list of str
        Names and units of `thermal.FIELDS` and `twin.result.schema`.

    References
    ----------
    Derived: reads `Behind`; shares of one rack.
    """
    unit, plant = found.unit, found.plant
    air = [design_outdoors(spec) for spec in specs]
    per_loop = np.array([spec.cooling.racks_per_loop for spec in specs], dtype=float)
    room = np.array([spec.site.room_dew_point for spec in specs])
    watts = ("unit_pump_power", "facility_pump_power", "fan_power", "chiller_power", "heat_pump_power")
    return {
        "facility_supply_temperature": plant.supply_temperature,
        "facility_return_temperature": plant.return_temperature,
        "facility_flow": unit.facility_flow * unit.running / per_loop,
        "unit_approach": unit.approach,
        "unit_valve": unit.valve,
        "unit_pump_speed": unit.pump_speed,
        **{name: getattr(found, name) for name in (*watts, "room_power", "door_fan_power")},
        "plant_mode": [thermal.MODES[mode] if mode >= 0 else "none" for mode in plant.mode],
        "outdoor_temperature": np.array([float(one.dry_bulb) for one in air]),
        "outdoor_wet_bulb": np.array([float(one.wet_bulb) for one in air]),
        "dew_point_margin": found.supply_temperature - room,
        "pue": found.pue,
        "wue": found.wue,
        "ere": found.ere,
    }


def plant_warnings(part: Supplied, summary: Summary, specs: Sequence[Factory]) -> list[str]:
    """Return what a reviewer must know of units, plant and site, lines of one text for each rack.

    Parameters
    ----------
    part : Supplied
        Racks at the supply they get.
    summary : dict
        Their headline numbers.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    list of str
        Empty where there is nothing to say.

    References
    ----------
    Derived: set-point against supply, ratings, dew point of the room, speed in the hoses.
    """
    return ["\n".join(_of_rack(part, i, summary, spec)) for i, spec in enumerate(specs)]


def _of_rack(part: Supplied, i: int, summary: Summary, spec: Factory) -> list[str]:
    supply, racks = float(summary["coolant_supply_temperature"][i]), spec.cooling.racks_per_loop
    unit, dew = spec.cooling.cdu, spec.site.room_dew_point
    water, speed = float(summary["facility_supply_temperature"][i]), float(summary["branch_velocity_max"][i])
    heat = float(part.behind.unit.heat[i])
    if math.isnan(heat):  # no plant; that of the racks stands for it
        heat = racks * float(part.solved.outcome.boards.liquid_heat[i, 0]) / unit.units
    mend = "fewer cooling.racks_per_loop, or a larger cooling.cdu" if racks > 1 else "a larger cooling.cdu"
    found = _supply(part, i, summary, spec)
    if part.limited[i]:
        flow = f"{summary['coolant_volume_flow'][i] * 6e4:.1f} L/min"
        found.append(
            f"the pumps of the distribution unit give {f'each of {racks} racks' if racks > 1 else 'the rack'} at most "
            f"{flow}, less than the return temperature asks for (mend: {mend})"
        )
    if heat > (1 + MARGIN) * unit.rated_heat:
        load, rating = _apart(heat / 1e6, unit.rated_heat / 1e6, 3)
        found.append(f"{load} MW on a distribution unit rated {rating} MW: its figures are extrapolated (mend: {mend})")
    if supply < dew:
        cold, bound = _apart(supply - 273.15, dew - 273.15, 1)
        found.append(
            f"coolant at {cold} °C is below the dew point of the room, {bound} °C: its lines sweat "
            "(mend: a warmer supply, or drier air)"
        )
    if water < dew:
        cold, bound = _apart(water - 273.15, dew - 273.15, 1)
        found.append(
            f"facility water at {cold} °C is below the dew point of the room, {bound} °C: its pipes sweat in the room "
            "(mend: insulate them, a smaller facility.approach, a warmer cooling.supply_temperature, or drier air)"
        )
    if speed > VELOCITY_MAX:
        bore = f"bore of {2e3 * HOSE_RADIUS:g} mm and limit are assumed"
        found.append(f"{speed:.1f} m/s in the hoses of a tray, above {VELOCITY_MAX:g} m/s ({bore})")
    return found


def _supply(part: Supplied, i: int, summary: Summary, spec: Factory) -> list[str]:
    """Return why the racks do not get their set-point, or no plant at all."""
    if part.behind.refused[i]:
        return [f"{part.behind.refused[i]}: no plant behind these racks, which are solved without"]
    if part.agreed[i]:
        excess = float(summary["coolant_supply_temperature"][i]) - spec.cooling.supply_temperature
        return [] if part.behind.held[i] or excess < EXCESS else [_not_held(part.behind, i, summary, spec)]
    outdoors = _celsius(float(summary["outdoor_temperature"][i]))
    shown = _celsius(float(summary["coolant_supply_temperature"][i]))
    return [
        f"racks and plant find no common state at {outdoors} outdoors: shown at {shown} (mend: a larger "
        "facility.plant or fewer cooling.racks_per_loop)"
    ]


def _not_held(found: Behind, i: int, summary: Summary, spec: Factory) -> str:
    """Return who cannot hold the set-point: the plant, or the units at the facility water they get."""
    supply, outdoors = float(summary["coolant_supply_temperature"][i]), float(summary["outdoor_temperature"][i])
    gets = f"the racks get {_celsius(supply)}"
    if supply > spec.limits.supply_maximum:
        got, most = _apart(supply - 273.15, spec.limits.supply_maximum - 273.15, 1)
        gets = f"the racks get {got} °C, above limits.supply_maximum, {most} °C"
    wanted, water = spec.cooling.supply_temperature, float(summary["facility_supply_temperature"][i])
    if found.plant.met[i]:
        return (
            f"the distribution unit cannot hold {_celsius(wanted)} with facility water of {_celsius(water)}: {gets} "
            "(mend: a larger facility.approach or cooling.cdu, or fewer cooling.racks_per_loop)"
        )
    chiller = "more chillers" if spec.facility.plant.chiller is not None else "a chiller"
    return (
        f"the plant cannot hold {_celsius(wanted)} at {_celsius(outdoors)} outdoors: {gets} (mend: "
        f"a larger facility.plant, pads or {chiller}, or cooling.supply_temperature of {math.ceil(supply - 273.15)} °C)"
    )


def _celsius(kelvin: float) -> str:
    return f"{round(kelvin - 273.15, 1):g} °C"


def _apart(value: float, other: float, digits: int) -> tuple[str, str]:
    """Return two numbers with so many decimals, or more where they would read the same."""
    texts = [(f"{round(value, n):.10g}", f"{round(other, n):.10g}") for n in range(digits, 10)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[-1])
