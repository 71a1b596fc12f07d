"""What stands behind equal racks: the distribution units, the plant that cools their facility water, and the site.

Contract: rows are racks of a batch, or hours of a year, each as if all racks of its loop were alike. Heat is positive
away from the rack. Electric power, water and reused heat are the share of one rack. A row that a unit or the plant
refuses is nan and says why; it does not touch the others.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal.rear_door import AIR_HEAT_CAPACITY
from twin.build.stack import take
from twin.couple.rows import empty, put, taken
from twin.couple.units import RackDuty as RackDuty
from twin.couple.units import pump_refusals, throttled, unit_of
from twin.spec.types import Factory, Site

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
#: Duty, outdoor air, facility supply asked of the plant and first guess of it [K].
_Given = tuple[RackDuty, thermal.Outdoors, Array, Array]

#: Change of the facility supply at which units and plant agree [K], and passes before giving up; 1 to 4 are usual.
TOLERANCE, PASSES = 1e-9, 200
#: Excess over the set-point up to which it counts as held [K].
HELD = 1e-6
#: Set-point of the racks less what the plant is asked for, tried where the plant is to take least power [K].
APPROACHES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
#: Air into a rack with a rear door [K]: upper end of the range that ASHRAE TC 9.9 recommends (27 °C).
ROOM_TEMPERATURE = 300.15


class Behind(NamedTuple):
    """Units and plant of every row; every number (n,), nan where refused."""

    supply_temperature: Array
    """To the racks, as achieved [K]."""
    held: NDArray[np.bool_]
    """Whether that is the set-point."""
    unit: thermal.UnitPoint
    """One running unit of a loop."""
    plant: thermal.PlantHours
    """The whole plant, all loops; mode -1 where refused."""
    door: thermal.DoorHeat | None
    """Rear door of one rack; None without."""
    unit_pump_power: Array
    """Of the units' pumps, per rack [W]."""
    facility_pump_power: Array
    """Of the pumps of the facility water, per rack [W]."""
    fan_power: Array
    """Of dry coolers or towers, per rack [W]."""
    chiller_power: Array
    """Per rack [W]."""
    heat_pump_power: Array
    """Of the reuse of heat, per rack [W]."""
    room_power: Array
    """That removes the heat left in the air of the room, per rack [W]."""
    door_fan_power: Array
    """Of the rear door, 0 without [W]."""
    water: Array
    """Taken in by the site, per rack [kg/s]."""
    reused_heat: Array
    """Delivered for reuse, heat pump included, per rack [W]."""
    pue: Array
    """Power usage effectiveness [1]."""
    wue: Array
    """Water usage effectiveness [kg/J]; times 3.6e6 in L/kWh."""
    ere: Array
    """Energy reuse effectiveness [1]."""
    refused: tuple[str, ...]
    """Why a row has no numbers, and what would mend it; empty where it has."""


def design_outdoors(spec: Factory) -> thermal.Outdoors:
    """Return the outdoor air at which a steady state is solved.

    Parameters
    ----------
    spec : Factory
        Its site gives design dry bulb, design dew point and altitude.

    Returns
    -------
    Outdoors
        Scalars.

    Raises
    ------
    ValueError
        A dew point above the dry bulb, or air outside the formulas.

    References
    ----------
    Derived: `thermal.outdoor_air`.
    """
    return _outdoors(spec.site)


@lru_cache(maxsize=256)
def _outdoors(site: Site) -> thermal.Outdoors:
    dry, dew = site.design_dry_bulb, site.design_dew_point
    if dew > dry:
        raise ValueError(
            f"site.design_dew_point = {dew - 273.15:g} degC: must be <= design_dry_bulb = {dry - 273.15:g} degC"
        )
    humidity = thermal.saturation_pressure(dew) / thermal.saturation_pressure(dry)
    return thermal.outdoor_air(dry, humidity, thermal.altitude_pressure(site.climate.altitude))


def behind(spec: Factory, duty: RackDuty, outdoors: thermal.Outdoors, near: Array | None = None) -> Behind:
    """Return what the units and the plant of a spec do for rows of equal racks.

    The plant is asked for the set-point less `facility.approach`, or, where `facility.set_point` is least_power, less
    that of `APPROACHES` which holds the set-point with the least overhead. Where it cannot hold that, the facility
    water warms; where the units' open valves then do not hold the set-point either, the supply to the racks floats.

    Parameters
    ----------
    spec : Factory
        Gives units, racks per loop, plant, room and the two liquids.
    duty : RackDuty
        Of one rack of a loop, by row.
    outdoors : Outdoors
        Of each row, or one for all.
    near : (n,) array, optional
        Facility supply of a state near by to start from, nan where there is none [K].

    Returns
    -------
    Behind

    Raises
    ------
    ValueError
        A spec that fits no row, or a rack that draws no power.

    References
    ----------
    Derived: `thermal.solve_units` and `thermal.solve_plant`, each fed by the other until the facility supply settles;
    PUE, WUE, ERE of The Green Grid, with IT power at the AC input of the rack.
    """
    given = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, float)) for value in (*duty, *outdoors)))
    asked, air = throttled(spec, RackDuty(*given[:6])), thermal.Outdoors(*given[6:])
    if not (asked.ac_power > 0).all():
        raise ValueError(f"AC power of the rack = {asked.ac_power.min():.6g} W: must be > 0; PUE means nothing without")
    if spec.facility.set_point == "approach":
        return _asked(spec, asked, air, asked.set_point - spec.facility.approach, near)
    rows = len(asked.heat)
    every = np.tile(np.arange(rows), len(APPROACHES))
    wanted = asked.set_point[every] - np.repeat(APPROACHES, rows)
    found = _asked(spec, taken(asked, every), taken(air, every), wanted, None)
    best = _least(found, asked.set_point)
    return take(found._replace(refused=()), best)._replace(refused=tuple(found.refused[i] for i in best))


def _least(found: Behind, set_point: Array) -> Rows:
    """Return the best of each row's ways: the coldest supply above the set-point, of those the least overhead."""
    rows = len(set_point)
    excess = np.maximum(found.supply_temperature.reshape(-1, rows) - set_point, 0.0)
    excess = np.where(np.isfinite(excess), excess, np.inf)
    near = excess <= excess.min(axis=0) + HELD
    overhead = np.where(near & np.isfinite(excess), found.pue.reshape(-1, rows), np.inf)
    return np.asarray(overhead.argmin(axis=0) * rows + np.arange(rows), dtype=np.int64)


def _asked(spec: Factory, duty: RackDuty, air: thermal.Outdoors, wanted: Array, near: Array | None) -> Behind:
    """Return units and plant where the plant is asked for given facility supplies."""
    refused = pump_refusals(spec, duty)
    able = np.array([i for i, reason in enumerate(refused) if not reason], dtype=np.int64)
    state = _blank(spec, len(refused))
    first = wanted if near is None else np.fmax(wanted, near)
    _isolated(spec, (duty, air, wanted, first), able, state, refused)
    return _shares(spec, duty, state, tuple(refused))


class _State(NamedTuple):
    """Where units, plant and door settle; nan where they do not."""

    unit: thermal.UnitPoint
    plant: thermal.PlantHours
    door: thermal.DoorHeat | None


def _blank(spec: Factory, rows: int) -> _State:
    return _State(*_units_and_plant(rows), None if spec.facility.door is None else empty(thermal.DoorHeat, rows))


def _units_and_plant(rows: int) -> tuple[thermal.UnitPoint, thermal.PlantHours]:
    never = {"met": np.zeros(rows, bool), "free_cooling": np.zeros(rows, bool)}
    plant = empty(thermal.PlantHours, rows)._replace(mode=np.full(rows, -1, np.int8), **never)
    return empty(thermal.UnitPoint, rows), plant


def blank(rows: int) -> Behind:
    """Return rows without any numbers, to be filled by `put`.

    Parameters
    ----------
    rows : int
        How many [1].

    Returns
    -------
    Behind
        All nan, nothing held, no door.

    References
    ----------
    Derived: nothing.
    """
    unit, plant = _units_and_plant(rows)
    none = empty(Behind, rows)
    return none._replace(held=np.zeros(rows, bool), unit=unit, plant=plant, door=None, refused=("",) * rows)


def _isolated(spec: Factory, given: _Given, rows: Rows, state: _State, refused: list[str]) -> None:
    """Settle rows into `state`; a row that is refused alone says why in `refused`."""
    if not rows.size:
        return
    try:
        _settle(spec, given, rows, state)
    except (ValueError, ArithmeticError, thermal.DidNotConverge) as error:
        if rows.size == 1:
            refused[int(rows[0])] = str(error)
            put(state, _blank(spec, 1), rows)
            return
        for half in np.array_split(rows, 2):
            _isolated(spec, given, half, state, refused)


def _settle(spec: Factory, given: _Given, rows: Rows, state: _State) -> None:
    """Find the facility supply on which units and plant agree, from the coldest on.

    The plant gives it warmer, the units then draw more of it, and so on.
    """
    duty, air, asked, first = given
    facility = first[rows]
    for _ in range(PASSES):
        found = _pass(spec, (taken(duty, rows), taken(air, rows), asked[rows], facility))
        put(state, found, rows)
        moved = np.abs(found.plant.supply_temperature - facility) > TOLERANCE
        rows, facility = rows[moved], found.plant.supply_temperature[moved]
        if not rows.size:
            return
    raise thermal.DidNotConverge(
        f"plant and distribution units do not agree on the facility supply after {PASSES} passes: enlarge "
        "facility.plant or raise cooling.supply_temperature"
    )


def _pass(spec: Factory, given: _Given) -> _State:
    """Return units, plant and door at a guessed facility supply."""
    duty, air, wanted, facility = given
    unit, racks, loops = spec.cooling.cdu, spec.cooling.racks_per_loop, spec.facility.loops
    wide = np.full(len(facility), unit.units * unit.rated_facility_flow)
    asked = thermal.UnitDuty(racks * duty.heat, racks * duty.flow, duty.set_point, facility, wide, duty.drop)
    point = thermal.solve_units(unit_of(spec), asked, must_hold=False)
    heat, flow = point.heat * point.running, point.facility_flow * point.running
    door, plant = spec.facility.door, spec.facility.plant
    cooled = None
    if door is not None:
        rate = AIR_HEAT_CAPACITY * door.rated_air_flow
        cooled = thermal.rear_door(door, duty.air_heat, ROOM_TEMPERATURE, facility, rate)
        heat, flow = heat + racks * cooled.water_heat, flow + racks * rate / plant.heat_capacity
    return _State(point, thermal.solve_plant(plant, thermal.Duty(loops * heat, loops * flow, wanted), air), cooled)


def _shares(spec: Factory, duty: RackDuty, state: _State, refused: tuple[str, ...]) -> Behind:
    """Return the share of one rack, and the figures of merit."""
    unit, plant, door = state
    per_loop = spec.cooling.racks_per_loop
    racks = per_loop * spec.facility.loops
    pumps = unit.pump_power * unit.running / per_loop
    room = duty.air_heat if door is None else door.room_heat
    room = room + (1 - spec.cooling.cdu.pump_heat_share) * pumps
    watts = (
        pumps,
        plant.pump_power / racks,
        plant.fan_power / racks,
        plant.chiller_power / racks,
        plant.heat_pump_power / racks,
        spec.facility.room_cooling * np.maximum(room, 0.0),
        0.0 * pumps if door is None else door.fan_power,
    )
    water, reused, it = plant.water / racks, plant.delivered_heat / racks, duty.ac_power
    pue = 1 + sum(watts) / it
    ere = pue - reused / it
    held = unit.supply_temperature <= duty.set_point + HELD
    return Behind(
        unit.supply_temperature, held, unit, plant, door, *watts, water, reused, pue, water / it, ere, refused
    )
