r"""What the condensers of chillers find and take: outdoor air, or water of cells like the plant's towers.

Contract: elementwise over hours. A chiller on air is rated with its fans, so that nothing is added; one on water is
rated without fans and pumps, which are added here. Cells stand beside those of the facility water, as many as carry
the heat, each at its rated heat, flow and fan speed; so what they do for a watt depends on the outdoor air alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.chiller import Chiller, chillers_power
from thermal.moist_air import STANDARD_PRESSURE
from thermal.plant_side import Hours, Run, tower_side
from thermal.tower import CoolingTower
from thermal.tower_solve import tower_inlet
from thermal.wet_bulb import Outdoors

Array = NDArray[np.float64]


class Condenser(NamedTuple):
    """What stands behind the chillers in each hour."""

    temperature: Array
    """(hour,) entering [K]"""
    share: Array
    """(hour,) electric power of fans and pumps over the heat rejected [1]"""

    def at(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Condenser":
        """Return some of the hours."""
        return Condenser(self.temperature[chosen], self.share[chosen])


def condenser_of(chiller: Chiller | None, tower: CoolingTower | None, outdoors: Outdoors) -> Condenser:
    """Return what the condensers find in each hour.

    Parameters
    ----------
    chiller : Chiller, optional
    tower : CoolingTower, optional
        A cell for the condenser water; a chiller on water needs one.
    outdoors : Outdoors
        (hour,) each.

    Returns
    -------
    Condenser

    References
    ----------
    Derived: `thermal.tower_inlet` at the rated heat and flow of a cell. AHRI 550/590 counts the fans of an air-cooled
    chiller in its rating; those of a tower and the pumps to it in none.

    Examples
    --------
    >>> from thermal.chiller import _EXAMPLE as chiller
    >>> from thermal.wet_bulb import outdoor_air
    >>> condenser_of(chiller, None, outdoor_air(np.array([308.15]), 0.4))
    Condenser(temperature=array([314.15]), share=array([0.]))
    """
    if chiller is None or chiller.condenser_pump is None or tower is None:
        above = chiller.condenser_approach if chiller else 0.0
        return Condenser(outdoors.dry_bulb + above, np.zeros(outdoors.dry_bulb.shape))
    rate, heat = tower.rated_water_rate, tower.rated_heat
    water = tower_inlet(tower, rate, 1.0, heat, outdoors) - heat / rate
    fans = tower.rated_fan_power / heat * outdoors.pressure / STANDARD_PRESSURE
    return Condenser(water + chiller.condenser_approach, fans + chiller.condenser_pump)


def chilling_power(
    chiller: Chiller | None, units: int, heat: Array, chilled_temperature: Array, condenser: Condenser
) -> Array:
    r"""Return the electric power of several chillers with the fans and pumps of their condensers.

    $$ P = P_{chillers} + s\, (q + P_{chillers}) $$

    Parameters
    ----------
    chiller : Chiller, optional
    units : how many there are
    heat : (hour,) into all evaporators; of what is above their rated heat nothing is taken [W]
    chilled_temperature : (hour,) leaving the evaporators [K]
    condenser : Condenser

    Returns
    -------
    (hour,) power [W]

    Raises
    ------
    ValueError
        A negative heat.

    References
    ----------
    Derived: energy balance of the chiller.
    """
    if chiller is None:
        return np.zeros(heat.shape)
    taken = np.minimum(heat, units * chiller.rated_heat)
    power = chillers_power(chiller, units, taken, chilled_temperature, condenser.temperature)
    return power + condenser.share * (taken + power)


def condenser_make_up(
    chiller: Chiller | None, tower: CoolingTower | None, rejected: Array, outdoors: Outdoors
) -> Array:
    """Return the water that the cells of the condensers need; none on air.

    Parameters
    ----------
    chiller : Chiller, optional
    tower : CoolingTower, optional
        A cell for the condenser water.
    rejected : (hour,) heat of all condensers [W]
    outdoors : Outdoors
        (hour,) each.

    Returns
    -------
    (hour,) evaporation, drift, blowdown [kg/s]

    References
    ----------
    Derived: that of a cell at its rated heat and flow, over that heat.
    """
    needed, runs = np.zeros(rejected.shape), np.flatnonzero(rejected > 0)
    if chiller is None or chiller.condenser_pump is None or tower is None or not runs.size:
        return needed
    one, full = np.ones(runs.size), np.full(runs.size, tower.rated_heat)
    hours = Hours(full, tower.rated_water_rate * one, one, one, Outdoors(*(value[runs] for value in outdoors)))
    needed[runs] = tower_side(tower).water(hours, Run(one, 0 * one, full)) * rejected[runs] / tower.rated_heat
    return needed
