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


class Side(NamedTuple):
    """A kind of unit."""

    free: Callable[[Hours], Run]
    """alone, holding the supply"""
    part: Callable[[Hours, float], Array]
    """heat at a speed, no more than there is; pads wet at full speed only [W]"""
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
    Derived: `cooler_conductance` times the difference between entering water and air on the coil.
    """

    def full(hours: Hours) -> Array:
        return cooler_conductance(cooler, hours.rate, 1.0, hours.outdoors.pressure)

    def depression(hours: Hours) -> Array:
        return (pad.effectiveness if pad else 0.0) * (hours.outdoors.dry_bulb - hours.outdoors.wet_bulb)

    def free(hours: Hours) -> Run:
        dry = hours.outdoors.dry_bulb
        above = hours.inlet - dry
        needed = np.where(above > 0, hours.heat / np.where(above > 0, above, 1.0), np.inf)
        speed, wetting = cooler_speed(cooler, needed, hours.rate, hours.outdoors.pressure), np.zeros(dry.shape)
        if pad:
            fall = dry - (hours.inlet - hours.heat / full(hours))
            most = depression(hours)
            wet = np.isinf(speed) & (fall <= most * (1 + _NEAR)) & (most > 0)
            wetting[wet] = np.minimum(fall[wet] / most[wet], 1.0)
            speed = np.where(wet, 1.0, speed)
        return Run(speed, wetting, hours.heat)

    def part(hours: Hours, speed: float) -> Array:
        air = hours.outdoors.dry_bulb - (depression(hours) if speed == 1 else 0.0)
        at = cooler_conductance(cooler, hours.rate, speed, hours.outdoors.pressure)
        return np.clip(at * (hours.inlet - air), 0.0, hours.heat)

    def inlet(hours: Hours, heat: Array) -> Array:
        return hours.outdoors.dry_bulb - depression(hours) + heat / full(hours)

    def water(hours: Hours, run: Run) -> Array:
        if not pad:
            return np.zeros(hours.heat.shape)
        air = run.speed * cooler.rated_air_flow * hours.outdoors.pressure / STANDARD_PRESSURE
        taken = pad_air(pad, *hours.outdoors[:3], run.wetting).evaporation
        return make_up(air * taken, pad.concentration_cycles)

    fans = cooler.rated_fan_power * (1 + (pad.pressure_share if pad else 0.0))
    return Side(free, part, inlet, water, fans, cooler.minimum_speed)


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

    def part(hours: Hours, speed: float) -> Array:
        outlet = tower_outlet(tower, hours.rate, speed, hours.inlet, hours.outdoors)
        return np.clip(hours.rate * (hours.inlet - outlet), 0.0, hours.heat)

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
