"""A wet tower solved for the speed of its fans, for its outlet, or for its inlet.

Contract: as in `thermal.tower`; roots of `tower_heat` on all elements at once.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.bracket import rising_root
from thermal.tower import CoolingTower, tower_heat
from thermal.wet_bulb import Outdoors

Array = NDArray[np.float64]

_STEP = 1e-6
_NEAR = 1e-11
HOTTEST = 353.15
"""Water that a tower may be given [K]."""


def tower_speed(
    tower: CoolingTower, water_rate: ArrayLike, water: tuple[ArrayLike, ArrayLike], outdoors: Outdoors
) -> Array:
    """Return the speed of the fans that brings water from one temperature to another.

    Parameters
    ----------
    tower : CoolingTower
    water_rate : (...) capacity rate of the water [W/K]
    water : two (...) temperatures, entering and leaving [K]
    outdoors : Outdoors

    Returns
    -------
    (...) at least the minimum speed; infinite where full speed does not suffice [1]

    Raises
    ------
    ValueError
        Water that does not flow.

    References
    ----------
    Derived: root of `tower_heat`, which rises with the speed.

    Examples
    --------
    >>> from thermal.tower import _EXAMPLE
    >>> from thermal.wet_bulb import outdoor_air
    >>> air = outdoor_air(303.15, 0.44)
    >>> float(tower_speed(_EXAMPLE, 539.57e3, (308.15, 302.59), air).round(3))
    0.561
    """
    into, out, rate = (np.asarray(value, float) for value in (*water, water_rate))

    def miss(s: Array) -> Array:
        heat = tower_heat(tower, rate, s, (into, out), outdoors)
        return heat / (rate * np.maximum(into - out, 1e-9)) - 1

    shape = np.broadcast_shapes(into.shape, out.shape, rate.shape, outdoors.wet_bulb.shape, outdoors.pressure.shape)
    low, high = np.full(shape, tower.minimum_speed), np.ones(shape)
    least, most = miss(low), miss(high)
    within = (least < 0) & (most > 0)

    def sought(s: Array) -> Array:
        return np.where(within, miss(s), s - low)

    found = rising_root(_sloped(sought, -_STEP), low, high, (low + high) / 2, "speed of the tower's fans")
    return np.where(within, found, np.where(least >= 0, low, np.where(most < -_NEAR, np.inf, high)))


def tower_outlet(
    tower: CoolingTower, water_rate: ArrayLike, speed: ArrayLike, inlet_temperature: ArrayLike, outdoors: Outdoors
) -> Array:
    """Return the temperature of the water behind the tower at a speed of its fans.

    Parameters
    ----------
    tower : CoolingTower
    water_rate : (...) capacity rate of the water [W/K]
    speed : (...) of the air over the rated flow [1]
    inlet_temperature : (...) of the water [K]
    outdoors : Outdoors

    Returns
    -------
    (...) never below the wet bulb; the inlet itself where that is below the wet bulb [K]

    Raises
    ------
    ValueError
        Water or air that does not flow.

    References
    ----------
    Derived: heat of the water equal to `tower_heat`.

    Examples
    --------
    >>> from thermal.tower import _EXAMPLE
    >>> from thermal.wet_bulb import outdoor_air
    >>> air = outdoor_air(308.15, 0.47236)
    >>> float(tower_outlet(_EXAMPLE, 539.57e3, 1.0, 308.15, air).round(2))
    302.59
    """
    into, rate, s = (np.asarray(value, float) for value in (inlet_temperature, water_rate, speed))
    given = (into, rate, s, outdoors.wet_bulb, outdoors.pressure)
    top = np.broadcast_to(into, np.broadcast_shapes(*(value.shape for value in given)))
    low = np.minimum(outdoors.wet_bulb, top)

    def excess(out: Array) -> Array:
        return tower_heat(tower, rate, s, (into, out), outdoors) / rate - (into - out)

    found = rising_root(_sloped(excess, _STEP), low, top, (low + top) / 2, "outlet of the tower")
    return np.where(top > outdoors.wet_bulb, found, top)


def tower_inlet(
    tower: CoolingTower, water_rate: ArrayLike, speed: ArrayLike, heat: ArrayLike, outdoors: Outdoors
) -> Array:
    """Return the temperature at which water must enter the tower to leave a heat there.

    Parameters
    ----------
    tower : CoolingTower
    water_rate : (...) capacity rate of the water [W/K]
    speed : (...) of the air over the rated flow [1]
    heat : (...) to be rejected [W]
    outdoors : Outdoors

    Returns
    -------
    (...) [K]

    Raises
    ------
    ValueError
        Water or air that does not flow, or a heat for which the water would have to boil.

    References
    ----------
    Derived: root of `tower_heat` over the inlet, the span of the water held.

    Examples
    --------
    >>> from thermal.tower import _EXAMPLE
    >>> from thermal.wet_bulb import outdoor_air
    >>> air = outdoor_air(308.15, 0.47236)
    >>> float(tower_inlet(_EXAMPLE, 539.57e3, 1.0, 3e6, air).round(2))
    308.15
    """
    rate, s, q = (np.asarray(value, float) for value in (water_rate, speed, heat))
    span = q / rate
    low, high = outdoors.wet_bulb + span, np.full(np.shape(outdoors.wet_bulb + span), HOTTEST)

    def excess(into: Array) -> Array:
        return (tower_heat(tower, rate, s, (into, into - span), outdoors) - q) / rate

    if (low >= high).any() or (excess(high) < 0).any():
        raise ValueError(
            f"heat to a tower = {float(np.max(q)):.6g} W: it would need water above 80 °C; add towers or a chiller"
        )
    start = np.minimum(low + 5, high)
    return rising_root(_sloped(excess, _STEP), low, high, start, "inlet of the tower")


def _sloped(function: Callable[[Array], Array], step: float) -> Callable[[Array], tuple[Array, Array]]:
    """Return the function together with its difference quotient."""

    def with_slope(x: Array) -> tuple[Array, Array]:
        value = function(x)
        slope = (function(x + step) - value) / step
        return np.where(np.abs(value) < _NEAR, 0.0, value), slope

    return with_slope
