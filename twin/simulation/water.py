"""The facility side of a run: the plant at the water that comes back and the air outside, and the pipe to the units.

Contract: quasi-steady plant, that is, it has no inertia of its own; all water of the loop is in the units and in the
pipe, which delays what the plant delivers. Flows and powers are the share of one rack.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal.facility import Pipe, pipe_ahead, pipe_step
from thermal.plant_return import cool_return
from thermal.rear_door import AIR_HEAT_CAPACITY
from twin.couple.plant import ROOM_TEMPERATURE
from twin.simulation.outdoor import outdoors

if TYPE_CHECKING:
    from twin.simulation.plant import Plant

Array = NDArray[np.float64]

#: Relative change of flow, and change of a temperature [K], within which the plant runs on as it was found: at rest,
#: or where it does not hold its supply; else, where only its fans lag behind, by a percent of their power.
SAME = ((1e-6, 1e-5), (2e-3, 0.02))
#: Share of the water a cooler is rated for below which a bypass keeps its flow up.
LEAST = 0.0101


class Water(NamedTuple):
    """The facility water at an instant."""

    mass: Array
    """Nodes of the pipe from plant to units, see `thermal.facility.Pipe` [kg]."""
    heat: Array
    """Of the same [J]."""
    share: float
    """Of the full flow that its pumps give [1]."""


class Cooled(NamedTuple):
    """The plant, as it was last found: what it was given, and what it did."""

    flow: float
    """Of the water [kg/s]."""
    back: float
    """The water's temperature as it comes back [K]."""
    wanted: float
    """Supply it is asked for [K]."""
    dry_bulb: float
    """Of the air outside [K]."""
    dew_point: float
    """Of the same [K]."""
    wet_bulb: float
    """Of the same [K]."""
    held: float
    """1 where it delivers what it is asked for, 0 where it cannot."""
    supply: float
    """Enthalpy of the water it delivers [J/kg]."""
    facility_pump_power: float
    """[W]"""
    fan_power: float
    """[W]"""
    chiller_power: float
    """[W]"""
    heat_pump_power: float
    """[W]"""
    water: float
    """Taken in by the site [kg/s]."""


class DoorShare(NamedTuple):
    """The rear door of the rack; all zero without one."""

    flow: float
    """Of its water [kg/s]."""
    heat: float
    """Into it [W]."""
    room_heat: float
    """What is left to the room [W]."""
    fan_power: float
    """[W]"""


#: A plant of which nothing is known.
NOWHERE = Cooled(*(float("nan") for _ in Cooled._fields))


def arriving(plant: "Plant", water: Water, cooled: Cooled, flow: Array, step: float) -> Array:
    """Return the enthalpy of the water that reaches the units over some steps.

    Parameters
    ----------
    plant : Plant
        The rack.
    water : Water
        What is in the pipe.
    cooled : Cooled
        What follows it.
    flow : (n,) array
        Through the units, share of the rack [kg/s].
    step : float
        Length of each [s].

    Returns
    -------
    (n,) array
        Means [J/kg].

    References
    ----------
    Derived: `thermal.facility.pipe_ahead`.
    """
    return pipe_ahead(Pipe(water.mass, water.heat), flow + plant.door_flow, cooled.supply, step)


def door_share(plant: "Plant", air_heat: float, supply: float) -> DoorShare:
    """Return what the rear door does with a rack's air heat.

    Parameters
    ----------
    plant : Plant
        The rack.
    air_heat : float
        Of the rack [W].
    supply : float
        Temperature of the facility water [K].

    Returns
    -------
    DoorShare

    References
    ----------
    Derived: `thermal.rear_door`, as in `twin.couple.plant`.
    """
    door = plant.condition.spec.facility.door
    if door is None:
        return DoorShare(0.0, 0.0, air_heat, 0.0)
    found = thermal.rear_door(door, air_heat, ROOM_TEMPERATURE, supply, AIR_HEAT_CAPACITY * door.rated_air_flow)
    return DoorShare(plant.door_flow, float(found.water_heat), float(found.room_heat), float(found.fan_power))


def coming_back(plant: "Plant", units: tuple[float, float], door: DoorShare, arrived: float) -> tuple[float, float]:
    """Return flow and enthalpy of the water that comes back to the plant.

    Parameters
    ----------
    plant : Plant
        The rack.
    units : two floats
        Flow through the units [kg/s], and enthalpy of what leaves them [J/kg].
    door : DoorShare
        What else comes back.
    arrived : float
        Enthalpy of the water that arrived at units and door [J/kg].

    Returns
    -------
    two floats
        Share of the rack [kg/s], and [J/kg].

    References
    ----------
    Derived: enthalpy balance.
    """
    flow, leaving = units
    total = flow + door.flow
    return total, (flow * leaving + door.flow * arrived + door.heat) / total if total > 0 else leaving


def pushed(plant: "Plant", water: Water, flow: float, supply: float, length: float) -> Water:
    """Return the facility water a step later.

    Parameters
    ----------
    plant : Plant
        The rack.
    water : Water
        Before it.
    flow : float
        Mean over it, share of the rack [kg/s].
    supply : float
        Enthalpy of what the plant delivers [J/kg].
    length : float
        Of the step [s].

    Returns
    -------
    Water

    References
    ----------
    Derived: `thermal.facility.pipe_step`; a lag of first order of the pumps.
    """
    pipe, _ = pipe_step(Pipe(water.mass, water.heat), flow, supply, length)
    aim, tau = facility_share(plant)
    return Water(pipe.mass, pipe.heat, aim + (water.share - aim) * float(np.exp(-length / tau)))


def facility_share(plant: "Plant") -> tuple[float, float]:
    """Return the share of the full flow that the facility's pumps go to, and with which time constant [s]."""
    condition = plant.condition
    failed = condition.facility_pump < 1
    response = condition.spec.cooling.inertia.pump_response
    return condition.facility_pump, condition.facility_coast_down if failed else response


def cool(
    plant: "Plant",
    water: tuple[float, float],
    air: tuple[float, float, float],
    before: Cooled | None = None,
    resting: bool = True,
) -> Cooled:
    """Return what the plant makes of the water that comes back.

    Parameters
    ----------
    plant : Plant
        The rack.
    water : two floats
        Flow, share of the rack [kg/s], and enthalpy [J/kg].
    air : three floats
        Dry bulb, dew point [K] and pressure [Pa].
    before : Cooled, optional
        What it did before; the same where nothing has moved.
    resting : bool
        Whether the rack is at rest, so that the fans are to be exact.

    Returns
    -------
    Cooled

    References
    ----------
    Derived: `thermal.plant_return.cool_return` for all racks, asked for the set-point less `facility.approach`.
    """
    spec, racks, liquid, (flow, back) = plant.condition.spec, plant.racks, plant.water, water
    wanted = spec.cooling.supply_temperature - spec.facility.approach
    warm = float(thermal.temperature(liquid, back))
    if before is not None and _as_before(before, (flow, warm, wanted, *air), resting):
        return before
    sky = outdoors(*air)
    told = (flow, warm, wanted, *air[:2], float(sky.wet_bulb))
    if flow == 0 or warm <= wanted:  # no water, or none to be cooled: what comes back passes
        pump = plant.cooler.rated_pump_power * (flow * racks / plant.cooler.rated_flow) ** 3 / racks
        return Cooled(*told, 0.0, back, pump, 0.0, 0.0, 0.0, 0.0)
    total = max(flow * racks, plant.least_water)
    mean = total * plant.cooler.heat_capacity / (flow * racks)
    supply = wanted
    for _ in range(2):  # the plant counts with one heat capacity; the heat is that of the enthalpies
        inlet = supply + (back - float(thermal.enthalpy(liquid, supply))) / mean
        hours = cool_return(plant.cooler, total, inlet, wanted, sky)
        supply = float(hours.supply_temperature)
        if hours.met:
            break
    watts = (hours.pump_power, hours.fan_power, hours.chiller_power, hours.heat_pump_power, hours.water)
    after = float(thermal.enthalpy(liquid, supply))
    return Cooled(*told, float(hours.met), after, *(float(value) / racks for value in watts))


def _as_before(before: Cooled, now: tuple[float, ...], resting: bool) -> bool:
    flow, back, wanted, dry, dew, _ = now
    moved = (back - before.back, wanted - before.wanted, dry - before.dry_bulb, dew - before.dew_point)
    share, apart = SAME[bool(before.held) and not resting]
    return abs(flow - before.flow) <= share * before.flow and max(map(abs, moved)) <= apart


def least_water(plant: thermal.Plant) -> float:
    """Return the flow below which a bypass keeps up that of the coolers [kg/s]."""
    cooler = plant.dry_cooler or plant.tower
    assert cooler is not None
    return LEAST * plant.units * cooler.rated_water_rate / plant.heat_capacity
