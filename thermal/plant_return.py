"""A plant that is given the water it has to cool, as it comes back: the plant of a march in time.

Contract: as `thermal.solve_plant`, quasi-steady, but the return is known and the heat follows, where there the heat is
known. A plant that cannot bring the water down to the supply that is wanted does what it can.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge
from thermal.plant import Duty, Plant, PlantHours, solve_plant
from thermal.wet_bulb import Outdoors

Array = NDArray[np.float64]

TOLERANCE = 1e-9
"""of the return at which a plant that does what it can settles [K]"""
_STEPS = 40
_NUDGE = 1e-3


def cool_return(
    plant: Plant, flow: ArrayLike, return_temperature: ArrayLike, wanted: ArrayLike, outdoors: Outdoors
) -> PlantHours:
    r"""Return how a plant cools the water that comes back.

    $$ q = \min\left( \dot m c\, (T_{return} - T_{wanted}),\; q_{most}(T_{return}) \right) $$

    Parameters
    ----------
    plant : Plant
    flow : (...) of the facility water, above 0 [kg/s]
    return_temperature : (...) of it [K]
    wanted : (...) supply temperature [K]
    outdoors : Outdoors

    Returns
    -------
    PlantHours
        Its supply is that of the water that leaves; below the wanted one no heat is taken and the water passes.

    Raises
    ------
    ValueError
        As `solve_plant`.
    DidNotConverge
        No heat with which the plant settles at this return.

    References
    ----------
    Derived: secant inside a bracket on the return at which `solve_plant` settles; dry coolers are linear in it.

    Examples
    --------
    >>> from thermal.dry_cooler import _EXAMPLE
    >>> from thermal.wet_bulb import outdoor_air
    >>> plant = Plant(heat_capacity=4180.0, rated_flow=126.0, rated_pump_power=3e4, units=1, dry_cooler=_EXAMPLE)
    >>> hours = cool_return(plant, 126.0, 318.15, [313.15, 308.15], outdoor_air(308.15, 0.4))
    >>> (hours.supply_temperature - 273.15).round(2), hours.met
    (array([40.  , 39.99]), array([ True, False]))
    """
    m, back, aim = np.broadcast_arrays(*(np.asarray(value, float) for value in (flow, return_temperature, wanted)))
    rate = m * plant.heat_capacity
    most = rate * np.maximum(back - aim, 0.0)
    asked = np.where(most > 0, aim, back)

    def run(heat: Array) -> tuple[PlantHours, Array]:
        hours = solve_plant(plant, Duty(heat, m, asked), outdoors)
        return hours, hours.return_temperature - back

    hours, over = run(most)
    if hours.met.all():
        return hours
    low, high = np.zeros(most.shape), most
    heat = np.where(hours.met, most, (1 - _NUDGE) * most)
    last, missed = most, over
    for _ in range(_STEPS):
        hours, over = run(heat)
        if (np.abs(over) <= TOLERANCE).all():
            break
        low, high = np.where(over <= 0, heat, low), np.where(over >= 0, heat, high)
        bend = np.where(missed != over, (last - heat) / np.where(missed != over, missed - over, 1.0), 0.0)
        after = heat - over * bend
        inside = (after >= low) & (after <= high) & (bend > 0)
        last, missed, heat = heat, over, np.where(inside, after, (low + high) / 2)
    else:
        raise DidNotConverge(f"plant: no heat settles at a return of {np.max(back):.6g} K; change its flow")
    return hours
