"""A plant some of whose fans stand still: its coolers with less air than they are rated for.

Contract: what is left is a plant like any other, whose rated point is the full one at the air that is left. Without any
fan a cooler breathes by itself.
"""

from dataclasses import replace

import thermal
from thermal.dry_cooler import cooler_conductance
from thermal.tower_solve import tower_outlet

#: Air through a cooler whose fans all stand still, over the rated flow; assumed.
DRAUGHT = 0.05


def with_fans(plant: thermal.Plant, remaining: float) -> thermal.Plant:
    """Return a plant whose fans move a share of their air at most.

    Parameters
    ----------
    plant : Plant
        The whole.
    remaining : float
        Share of the fans that run [1].

    Returns
    -------
    Plant
        The same machines with coolers rated anew; chillers stay as they are.

    References
    ----------
    Derived: `thermal.dry_cooler.cooler_conductance`, `thermal.tower_solve.tower_outlet` at the rated point.
    """
    if remaining >= 1:
        return plant
    air = max(remaining, DRAUGHT)
    if plant.dry_cooler is not None:
        return replace(plant, dry_cooler=_cooler(plant.dry_cooler, air, remaining))
    assert plant.tower is not None
    return replace(plant, tower=_tower(plant.tower, air, remaining))


def _cooler(cooler: thermal.DryCooler, air: float, fans: float) -> thermal.DryCooler:
    rate = cooler.rated_water_rate
    heat = float(cooler_conductance(cooler, rate, air)) * (
        cooler.rated_inlet_temperature - cooler.rated_air_temperature
    )
    water = cooler.water_resistance_share
    return replace(
        cooler,
        rated_heat=heat,
        rated_outlet_temperature=cooler.rated_inlet_temperature - heat / rate,
        rated_air_flow=air * cooler.rated_air_flow,
        rated_fan_power=max(fans, 1e-12) * cooler.rated_fan_power,
        water_resistance_share=water / (water + (1 - water) * air**-cooler.air_exponent),
        minimum_speed=min(cooler.minimum_speed / air, 1.0),
    )


def _tower(tower: thermal.CoolingTower, air: float, fans: float) -> thermal.CoolingTower:
    rate, inlet = tower.rated_water_rate, tower.rated_inlet_temperature
    saturated = thermal.outdoor_air(tower.rated_wet_bulb, 1.0)
    outlet = float(tower_outlet(tower, rate, air, inlet, saturated))
    return replace(
        tower,
        rated_heat=rate * (inlet - outlet),
        rated_outlet_temperature=outlet,
        rated_air_flow=air * tower.rated_air_flow,
        rated_fan_power=max(fans, 1e-12) * tower.rated_fan_power,
        minimum_speed=min(tower.minimum_speed / air, 1.0),
    )
