"""What dry coolers and towers have in common: each one alone, at a speed, at full speed, and the water it needs.

Contract: of one unit, over flat arrays of hours; a run's heat is what the unit takes of the heat of the hour.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.adiabatic import AdiabaticPad, make_up, pad_air
from thermal.dry_cooler import DryCooler, cooler_conductance, cooler_speed
from thermal.moist_air import STANDARD_PRESSURE
from thermal.tower import CoolingTower, tower_evaporation
from thermal.tower_solve import HOTTEST, tower_inlet, tower_outlet, tower_speed
from thermal.wet_bulb import Outdoors

Array = NDArray[np.float64]

SPEEDS = (0.25, 0.4, 0.55, 0.7, 0.85)
"""Of the fans with wet pads or beside a chiller, besides full speed."""
LIQUID_HEAT_CAPACITY = 4186.0
"""Of the water in a tower, which turns its capacity rate into drift [J/(kg*K)]."""
_NEAR = 1e-12


class Hours(NamedTuple):
    """One unit's share of the duty."""

    heat: Array
    """(hour,) to be rejected, positive [W]"""
    rate: Array
    """(hour,) capacity rate of the water [W/K]"""
    supply: Array
    """(hour,) wanted [K]"""
    inlet: Array
    """(hour,) of the water into the unit where the supply is held [K]"""
    outdoors: Outdoors
    """(hour,) each"""

    def at(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Hours":
        """Return some of the hours."""
        heat, rate, supply, inlet = (value[chosen] for value in self[:4])
        return Hours(heat, rate, supply, inlet, Outdoors(*(value[chosen] for value in self.outdoors)))


class Run(NamedTuple):
    """A way to run one unit."""

    speed: Array
    """(hour,) of the fans, 0 is off, infinite where no speed does [1]"""
    wetting: Array
    """(hour,) share of the pads that is wet [1]"""
    heat: Array
    """(hour,) into the air [W]"""


def speeds(slowest: float) -> tuple[float, ...]:
    """Return the speeds tried with wet pads or beside a chiller.

    Parameters
    ----------
    slowest : least speed of the fans [1]

    Returns
    -------
    rising, the last is full speed [1]

    References
    ----------
    Derived: those of `SPEEDS` that the fans reach.

    Examples
    --------
    >>> speeds(0.5)
    (0.55, 0.7, 0.85, 1.0)
    """
    return (*(speed for speed in SPEEDS if speed >= slowest), 1.0)


class Side(NamedTuple):
    """A kind of unit."""

    free: Callable[[Hours], Run]
    """alone, holding the supply at the least power, then the least water"""
    part: Callable[[Hours, float], Run]
    """at a speed; no more heat than there is, pads no wetter than that takes"""
    inlet: Callable[[Hours, Array], Array]
    """temperature of the water at which a heat goes at full speed, pads wet [K]"""
    water: Callable[[Hours, Run], Array]
    """to be supplied [kg/s]"""
    fans: float
    """rated power of the fans [W]"""
    slowest: float
    """least speed of the fans [1]"""


def dry_side(cooler: DryCooler, pad: AdiabaticPad | None) -> Side:
    """Return a dry cooler, with pads or without.

    Parameters
    ----------
    cooler : DryCooler
    pad : AdiabaticPad, optional

    Returns
    -------
    Side

    References
    ----------
    Derived: `cooler_conductance` times the difference between entering water and air on the coil. The power of the
    fans rises with the speed, so the least speed takes the least; pads stay dry unless they make it less.
    """

    def free(hours: Hours) -> Run:
        above = hours.inlet - hours.outdoors.dry_bulb
        needed = np.where(above > 0, hours.heat / np.where(above > 0, above, 1.0), np.inf)
        speed = cooler_speed(cooler, needed, hours.rate, hours.outdoors.pressure)
        wetting, fall = np.zeros(speed.shape), _depression(pad, hours)
        left = np.flatnonzero(fall > 0)
        for s in speeds(cooler.minimum_speed):
            left = left[speed[left] > s]
            if not left.size:
                break
            share = _share(hours.at(left), _conductance(cooler, hours.at(left), s), fall[left])
            held = share <= 1 + _NEAR
            speed[left[held]], wetting[left[held]] = s, np.clip(share[held], 0.0, 1.0)
            left = left[~held]
        return Run(speed, wetting, hours.heat)

    def part(hours: Hours, speed: float) -> Run:
        at, fall = _conductance(cooler, hours, speed), _depression(pad, hours)
        wetting = np.clip(_share(hours, at, fall), 0.0, 1.0)
        heat = np.clip(at * (hours.inlet - hours.outdoors.dry_bulb + wetting * fall), 0.0, hours.heat)
        return Run(np.full(heat.shape, speed), wetting, heat)

    def inlet(hours: Hours, heat: Array) -> Array:
        return hours.outdoors.dry_bulb - _depression(pad, hours) + heat / _conductance(cooler, hours, 1.0)

    def water(hours: Hours, run: Run) -> Array:
        if not pad:
            return np.zeros(hours.heat.shape)
        air = run.speed * cooler.rated_air_flow * hours.outdoors.pressure / STANDARD_PRESSURE
        taken = pad_air(pad, *hours.outdoors[:3], run.wetting).evaporation
        return make_up(air * taken, pad.concentration_cycles)

    fans = cooler.rated_fan_power * (1 + (pad.pressure_share if pad else 0.0))
    return Side(free, part, inlet, water, fans, cooler.minimum_speed)


def _conductance(cooler: DryCooler, hours: Hours, speed: float) -> Array:
    return cooler_conductance(cooler, hours.rate, speed, hours.outdoors.pressure)


def _depression(pad: AdiabaticPad | None, hours: Hours) -> Array:
    """Return by how much pads cool the air when all are wet."""
    return (pad.effectiveness if pad else 0.0) * (hours.outdoors.dry_bulb - hours.outdoors.wet_bulb)


def _share(hours: Hours, conductance: Array, depression: Array) -> Array:
    """Return the share of the pads to be wet for all heat: below 0 where dry air suffices, above 1 where none does."""
    needed = hours.outdoors.dry_bulb - hours.inlet + hours.heat / conductance
    return np.where(depression > 0, needed / np.where(depression > 0, depression, 1.0), 0.0)


def tower_side(tower: CoolingTower) -> Side:
    """Return a wet tower.

    Parameters
    ----------
    tower : CoolingTower

    Returns
    -------
    Side

    References
    ----------
    Derived: `thermal.tower`.
    """

    def free(hours: Hours) -> Run:
        if not (hours.inlet <= HOTTEST).all():
            raise ValueError(
                f"water into a tower = {np.max(hours.inlet):.6g} K: must be <= {HOTTEST:.6g} K; raise the facility flow"
            )
        speed = tower_speed(tower, hours.rate, (hours.inlet, hours.supply), hours.outdoors)
        return Run(speed, np.zeros(speed.shape), hours.heat)

    def part(hours: Hours, speed: float) -> Run:
        outlet = tower_outlet(tower, hours.rate, speed, hours.inlet, hours.outdoors)
        heat = np.clip(hours.rate * (hours.inlet - outlet), 0.0, hours.heat)
        return Run(np.full(heat.shape, speed), np.zeros(heat.shape), heat)

    def inlet(hours: Hours, heat: Array) -> Array:
        return tower_inlet(tower, hours.rate, 1.0, heat, hours.outdoors)

    def water(hours: Hours, run: Run) -> Array:
        needed, runs = np.zeros(hours.heat.shape), run.speed > 0
        at = hours.at(runs)
        lost = tower_evaporation(tower, at.rate, run.speed[runs], run.heat[runs], at.outdoors)
        drift = tower.drift_share * at.rate / LIQUID_HEAT_CAPACITY
        needed[runs] = make_up(lost, tower.concentration_cycles, drift)
        return needed

    return Side(free, part, inlet, water, tower.rated_fan_power, tower.minimum_speed)
