r"""The plant behind the facility water: dry coolers or towers, a trim chiller in series, reuse of heat; hour by hour.

Contract: steady in each hour; elementwise over arrays (..., hour). The facility's heat and flow are given, and so the
span of its water; the plant is asked for a supply temperature. What cannot be held is flagged, and the temperature at
which the plant settles is returned: the water warms until all heat goes. Facility heat = reused + cooler + chiller.

Of all ways to run that reach the supply the one with the least power of fans and chillers is taken, and of ways of
equal power the one with the least water: cooler alone, dry at the speed it needs or with wet pads at one of `SPEEDS` or
full speed; cooler at one of these, pads wet, and chiller for the rest; or chiller alone. Pads are wetted no more than
needed. Each way takes more power in hotter air, hence so does the least.
"""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, cast

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from thermal.adiabatic import AdiabaticPad
from thermal.checks import check_fields
from thermal.chiller import Chiller, idle_power
from thermal.chiller_condenser import Condenser, chilling_power, condenser_make_up, condenser_of
from thermal.dry_cooler import DryCooler, fan_power
from thermal.heat_reuse import HeatReuse, reuse_heat
from thermal.moist_air import STANDARD_PRESSURE
from thermal.plant_side import Hours, Run, Side, dry_side, speeds, tower_side
from thermal.tower import CoolingTower
from thermal.wet_bulb import Outdoors

Array = NDArray[np.float64]

MODES = ("idle", "dry", "adiabatic", "tower", "trim", "chiller")
"""What the number in `PlantHours.mode` stands for; trim: cooler and chiller, chiller: that alone."""
_NEAR = 1e-12


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Machines between the facility water and the outdoor air."""

    heat_capacity: Annotated[float, "J/(kg*K)", Gt(0)]
    """of the facility water"""
    rated_flow: Annotated[float, "kg/s", Gt(0)]
    """facility water at the pumps' rated point"""
    rated_pump_power: Annotated[float, "W", Ge(0)]
    """electric power of the pumps there; goes with the cube of the flow"""
    units: Annotated[int, Ge(1)]
    """dry coolers or towers, side by side, alike"""
    dry_cooler: DryCooler | None = None
    """one of them; without it a tower is needed"""
    tower: CoolingTower | None = None
    """one of them; without it a dry cooler is needed"""
    pad: AdiabaticPad | None = None
    """before each dry cooler"""
    chillers: Annotated[int, Ge(0)] = 0
    """behind the coolers, side by side, alike"""
    chiller: Chiller | None = None
    """one of them"""
    reuse: HeatReuse | None = None
    """before the coolers"""

    def __post_init__(self) -> None:
        check_fields(self)
        if (self.dry_cooler is None) == (self.tower is None):
            raise ValueError("Plant: must have either a dry_cooler or a tower; give one of them")
        if self.pad is not None and self.dry_cooler is None:
            raise ValueError("Plant.pad: stands before a dry cooler; give one, or leave the pad out")
        if (self.chillers > 0) != (self.chiller is not None):
            raise ValueError(f"Plant.chillers = {self.chillers}: must be 0 without a chiller and >= 1 with one")
        if self.chiller is not None and self.chiller.condenser_pump is not None and self.tower is None:
            raise ValueError(
                "Plant.chiller: its condenser is on water, which needs a tower; give one, or a chiller on air"
            )


class Duty(NamedTuple):
    """What the facility asks for."""

    heat: ArrayLike
    """(...) into the facility water [W]"""
    flow: ArrayLike
    """(...) of the facility water [kg/s]"""
    supply_temperature: ArrayLike
    """(...) wanted [K]"""


class PlantHours(NamedTuple):
    """How the plant runs."""

    mode: NDArray[np.int8]
    """(...) index into `MODES`"""
    met: NDArray[np.bool_]
    """(...) whether the supply is held"""
    free_cooling: NDArray[np.bool_]
    """(...) whether the coolers alone would hold it"""
    supply_temperature: Array
    """(...) of the facility water as it is [K]"""
    return_temperature: Array
    """(...) of the facility water before reuse [K]"""
    fan_speed: Array
    """(...) air flow over rated air flow, 0: off [1]"""
    wetting: Array
    """(...) share of the pads that is wet [1]"""
    cooler_heat: Array
    """(...) into the air through coolers or towers [W]"""
    chiller_heat: Array
    """(...) into the evaporators [W]"""
    reused_heat: Array
    """(...) out of the facility water into reuse [W]"""
    delivered_heat: Array
    """(...) into the district loop, heat pump included [W]"""
    fan_power: Array
    """(...) [W]"""
    chiller_power: Array
    """(...) with fans and pumps of the condensers [W]"""
    pump_power: Array
    """(...) of the facility water [W]"""
    heat_pump_power: Array
    """(...) [W]"""
    water: Array
    """(...) to be supplied: evaporation, drift, blowdown [kg/s]"""


def solve_plant(plant: Plant, duty: Duty, outdoors: Outdoors) -> PlantHours:
    r"""Return how a plant runs in each hour.

    $$ T_{return} = T_{supply} + \frac{q}{\dot m c}, \qquad
       q = q_{reuse} + q_{cooler} + q_{chiller}, \qquad \min (P_{fans} + P_{chillers}) $$

    Parameters
    ----------
    plant : Plant
    duty : Duty
    outdoors : Outdoors
        Broadcasts against the duty.

    Returns
    -------
    PlantHours
        Arrays of the common shape.

    Raises
    ------
    ValueError
        A negative heat, heat without flow, or a flow outside the coolers' range.

    Notes
    -----
    Reuse is taken at the supply that is wanted, and so is the power of a chiller that cannot hold it. The heat of the
    pumps and mixing losses are not added; the facility's heat may include them.

    References
    ----------
    Derived: heat balance of machines in series; least of a finite number of ways.

    Examples
    --------
    >>> from thermal.dry_cooler import _EXAMPLE
    >>> from thermal.wet_bulb import outdoor_air
    >>> plant = Plant(heat_capacity=4180.0, rated_flow=126.0, rated_pump_power=3e4, units=1, dry_cooler=_EXAMPLE)
    >>> hours = solve_plant(plant, Duty(2.6e6, 126.0, 313.15), outdoor_air([278.15, 298.15, 312.15], 0.4))
    >>> hours.fan_speed.round(2), hours.met, (hours.supply_temperature - 273.15).round(1)
    (array([0.2 , 0.32, 1.  ]), array([ True,  True, False]), array([40. , 40. , 43.9]))
    """
    shape, (q, flow, wanted), air = _broadcast(duty, outdoors)
    rate = flow * plant.heat_capacity
    span = np.where(q > 0, q / np.where(rate > 0, rate, 1.0), 0.0)
    taken, delivered, heat_pump = np.zeros((3, *q.shape))
    if plant.reuse is not None:
        taken, delivered, heat_pump, _ = reuse_heat(plant.reuse, q, wanted + span, rate)
    left = np.maximum(q - taken, 0.0)
    busy = left > _NEAR * q
    hours = _hours(plant, left, rate, wanted, air).at(busy)
    side = dry_side(plant.dry_cooler, plant.pad) if plant.dry_cooler else tower_side(cast(CoolingTower, plant.tower))
    free = side.free(hours)
    rear = condenser_of(plant.chiller, plant.tower, air)
    run, met = _trimmed(plant, side, hours, free, rear.at(busy))
    supply = hours.supply.copy()
    if not met.all():
        supply[~met] = side.inlet(hours.at(~met), run.heat[~met]) - (hours.heat / hours.rate)[~met]
    cooled, settled, speed, wetting, water = np.zeros((5, *q.shape))
    settled[:] = wanted
    settled[busy], speed[busy], wetting[busy] = supply, run.speed, run.wetting
    cooled[busy], water[busy] = plant.units * run.heat, plant.units * side.water(hours, run)
    rest = np.where(busy & (left - cooled > _NEAR * left), left - cooled, 0.0)
    held, alone = np.ones((2, *q.shape), bool)
    held[busy], alone[busy] = met, np.isfinite(free.speed)
    chilling = chilling_power(plant.chiller, plant.chillers, rest, wanted, rear)
    water += condenser_make_up(plant.chiller, plant.tower, rest + chilling, air)
    found: tuple[Any, ...] = PlantHours(
        mode=_mode(plant, left - rest, rest, wetting),
        met=held,
        free_cooling=alone,
        supply_temperature=settled,
        return_temperature=settled + span,
        fan_speed=speed,
        wetting=wetting,
        cooler_heat=left - rest,
        chiller_heat=rest,
        reused_heat=taken,
        delivered_heat=delivered,
        fan_power=fan_power(plant.units * side.fans, speed, air.pressure),
        chiller_power=chilling,
        pump_power=plant.rated_pump_power * (flow / plant.rated_flow) ** 3,
        heat_pump_power=heat_pump,
        water=water,
    )
    return PlantHours(*(value.reshape(shape) for value in found))


def plant_point(plant: Plant, duty: Duty, outdoors: Outdoors) -> PlantHours:
    """Return how a plant runs at design points, all of which it must hold.

    Parameters
    ----------
    plant : Plant
    duty : Duty
    outdoors : Outdoors

    Returns
    -------
    PlantHours

    Raises
    ------
    ValueError
        A supply temperature that the plant cannot hold, or as in `solve_plant`.

    References
    ----------
    Derived: `solve_plant`, every flag up.
    """
    found = solve_plant(plant, duty, outdoors)
    if not found.met.all():
        wanted = np.broadcast_to(np.asarray(duty.supply_temperature, float), found.met.shape)
        k = int(np.flatnonzero(~found.met.ravel())[0])
        dry, wet = (np.broadcast_to(value, found.met.shape).ravel()[k] for value in outdoors[:2])
        raise ValueError(
            f"facility supply temperature = {wanted.ravel()[k]:.6g} K: outdoors at {dry:.6g} K, wet bulb {wet:.6g} K,"
            f" this plant settles at {found.supply_temperature.ravel()[k]:.6g} K; raise the supply temperature, or add"
            f" {'units, pads or a chiller' if plant.chiller is None else 'units or chillers'}"
        )
    return found


def _broadcast(duty: Duty, outdoors: Outdoors) -> tuple[tuple[int, ...], tuple[Array, Array, Array], Outdoors]:
    """Return the common shape, and the duty and the air laid out flat."""
    given = np.broadcast_arrays(*(np.asarray(value, float) for value in (*duty, *outdoors)))
    heat, flow, wanted = given[:3]
    if not (heat >= 0).all():
        raise ValueError(f"facility heat = {np.min(heat):.6g} W: must be >= 0")
    if not (flow[heat > 0] > 0).all() or not (flow >= 0).all():
        raise ValueError(f"facility flow = {np.min(flow):.6g} kg/s: must be > 0 where there is heat; start the pumps")
    if not (wanted > 0).all():
        raise ValueError(f"facility supply temperature = {np.min(wanted):.6g} K: must be > 0 K, in kelvin")
    flat = [value.ravel() for value in given]
    return heat.shape, (flat[0], flat[1], flat[2]), Outdoors(*flat[3:])


def _hours(plant: Plant, heat: Array, rate: Array, wanted: Array, air: Outdoors) -> Hours:
    unit, own = heat / plant.units, rate / plant.units
    return Hours(unit, own, wanted, wanted + unit / np.where(own > 0, own, 1.0), air)


def _trimmed(plant: Plant, side: Side, hours: Hours, free: Run, rear: Condenser) -> tuple[Run, NDArray[np.bool_]]:
    """Return the way of least power, and whether it holds the supply."""
    able = np.isfinite(free.speed)
    speed, heat = np.where(able, free.speed, 1.0), hours.heat.copy()
    wetting = np.where(able, free.wetting, float(plant.pad is not None))
    if plant.chiller is None:
        return Run(speed, wetting, heat), able
    most = plant.chillers * plant.chiller.rated_heat
    density = hours.outdoors.pressure / STANDARD_PRESSURE
    power = np.where(able, side.fans * density * speed**3, np.inf)
    idle = idle_power(plant.chiller, hours.supply, rear.temperature)
    chosen = np.flatnonzero(power * plant.units > idle)
    if not chosen.size:
        return Run(speed, wetting, heat), able
    some, there, least = hours.at(chosen), rear.at(chosen), power[chosen]
    best = Run(speed[chosen], wetting[chosen], np.where(able[chosen], heat[chosen], heat[chosen] - most / plant.units))
    met = able.copy()
    none = Run(*np.zeros((3, chosen.size)))
    for s in (0.0, *speeds(side.slowest)):
        way = side.part(some, s) if s else none
        rest = plant.units * (some.heat - way.heat)
        chilled = chilling_power(plant.chiller, plant.chillers, rest, some.supply, there) / plant.units
        total = np.where(rest <= most, side.fans * density[chosen] * s**3 + chilled, np.inf)
        better = total < least
        least = np.where(better, total, least)
        best = Run(*(np.where(better, new, old) for new, old in zip(way, best, strict=True)))
    speed[chosen], wetting[chosen], heat[chosen] = best
    met[chosen] = np.isfinite(least)
    return Run(speed, wetting, heat), met


def _mode(plant: Plant, cooled: Array, rest: Array, wetting: Array) -> NDArray[np.int8]:
    alone = np.where(wetting > 0, 2, 1) if plant.tower is None else np.full(cooled.shape, 3)
    mode = np.where(rest > 0, np.where(cooled > 0, 4, 5), np.where(cooled > 0, alone, 0))
    return np.asarray(mode, np.int8)
