r"""Moist air by what is measured: wet bulb, dew point, and the state of outdoor air.

Contract: elementwise over arrays of any shape, by Newton's method on all elements at once. Below 0 °C a wet bulb is
that of an iced wick, a dew point the frost point.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge
from thermal.moist_air import (
    AIR_HEAT_CAPACITY,
    FREEZING,
    MASS_RATIO,
    RANGE,
    STANDARD_PRESSURE,
    VAPORISATION,
    VAPOUR_HEAT_CAPACITY,
    humidity_ratio,
    log_saturation,
    saturated_ratio,
    saturation_pressure,
)

Array = NDArray[np.float64]

_STEPS = 40


class Outdoors(NamedTuple):
    """The air around a plant."""

    dry_bulb: Array
    """(...) [K]"""
    wet_bulb: Array
    """(...) [K]"""
    humidity_ratio: Array
    """(...) kg vapour per kg dry air [1]"""
    pressure: Array
    """(...) [Pa]"""


def outdoor_air(dry_bulb: ArrayLike, relative_humidity: ArrayLike, pressure: ArrayLike = STANDARD_PRESSURE) -> Outdoors:
    """Return the state of outdoor air from what weather files give.

    Parameters
    ----------
    dry_bulb : (...) absolute temperature [K]
    relative_humidity : (...) from 0 to 1; of a dew point, p_s(dew point) / p_s(dry bulb) [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    Outdoors
        Arrays of one shape.

    Raises
    ------
    ValueError
        A value outside the range of `saturation_pressure` or `humidity_ratio`.

    References
    ----------
    Derived: `humidity_ratio` and `wet_bulb`.

    Examples
    --------
    >>> float(outdoor_air(308.15, 0.4).wet_bulb.round(2))
    297.0
    """
    given = np.broadcast_arrays(*(np.asarray(value, float) for value in (dry_bulb, relative_humidity, pressure)))
    w = humidity_ratio(*given)
    return Outdoors(given[0], wet_bulb(given[0], w, given[2]), w, given[2])


def wet_bulb(dry_bulb: ArrayLike, humidity_ratio: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Return the thermodynamic wet-bulb temperature.

    $$ w = \frac{(L - a\, t_w)\, w_s(t_w) - c_a (t - t_w)}{L + c_v t - c_l t_w}, \qquad t, t_w \text{ in °C} $$

    with $L = 2501$, $a = 2.326$, $c_l = 4.186$ kJ/kg over water, 2830, 0.24 and 2.1 over ice.

    Parameters
    ----------
    dry_bulb : (...) absolute temperature [K]
    humidity_ratio : (...) kg vapour per kg dry air [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) absolute temperature, never above the dry bulb [K]

    Raises
    ------
    ValueError
        Air above saturation.
    DidNotConverge
        Newton's method found no root.

    Notes
    -----
    Between about -0.6 and 0 °C of an iced wick both balances have a root; the one over water is taken, so the wet bulb
    jumps there, upward with humidity.

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equations 33 and 35.

    Examples
    --------
    >>> float(wet_bulb(313.15, 0.0065, 101325.0).round(1))
    293.1
    """
    given = np.broadcast_arrays(*(np.asarray(value, float) for value in (dry_bulb, humidity_ratio, pressure)))
    T, w, p = (value.ravel() for value in given)
    saturated = saturated_ratio(T, p)
    outside = ~((w >= 0) & (w <= saturated * (1 + 1e-9)))
    if outside.any():
        k = outside.argmax()
        raise ValueError(
            f"humidity ratio = {w[k]:.6g} at {T[k]:.6g} K: must lie in 0 .. {saturated[k]:.6g};"
            " lower the humidity or the dew point"
        )
    bulb = _wick(T, w, p, ice=False)
    frozen = bulb < FREEZING
    if frozen.any():
        bulb[frozen] = np.minimum(_wick(T[frozen], w[frozen], p[frozen], ice=True), FREEZING)
    return np.minimum(bulb, T).reshape(given[0].shape)


def vapour_pressure(humidity_ratio: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Return the partial pressure of the vapour.

    $$ p_v = p\, w / (0.621945 + w) $$

    Parameters
    ----------
    humidity_ratio : (...) kg vapour per kg dry air [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) [Pa]

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equation 20.

    Examples
    --------
    >>> float(vapour_pressure(0.00988, 101325.0).round(0))
    1584.0
    """
    w = np.asarray(humidity_ratio, float)
    return np.asarray(pressure, float) * w / (MASS_RATIO + w)


def dew_point(vapour_pressure: ArrayLike) -> Array:
    r"""Return the temperature at which vapour of a pressure is saturated: dew point, below 0 °C frost point.

    $$ p_s(T_d) = p_v $$

    Parameters
    ----------
    vapour_pressure : (...) partial pressure of the vapour [Pa]

    Returns
    -------
    (...) absolute temperature [K]

    Raises
    ------
    ValueError
        A pressure outside that of saturation at -100 .. 200 °C.

    References
    ----------
    Derived: Newton's method on ln p over 1/T, which is nearly straight, with the formula of `saturation_pressure`.

    Examples
    --------
    >>> float(dew_point(1584.6).round(2))
    287.01
    """
    pv = np.asarray(vapour_pressure, float)
    lowest, highest = saturation_pressure(RANGE)
    if not ((pv >= lowest) & (pv <= highest)).all():
        bad = pv[~((pv >= lowest) & (pv <= highest))].flat[0]
        raise ValueError(f"vapour pressure = {bad:.6g} Pa: must lie in {lowest:.3g} .. {highest:.4g} Pa")
    target = np.log(pv)
    T = np.full(pv.shape, FREEZING)
    ice = target < log_saturation(T, np.ones(T.shape, bool))[0]
    for _ in range(_STEPS):
        value, slope = log_saturation(T, ice)
        inverse = 1 / T - (target - value) / (slope * T * T)
        after = np.clip(1 / inverse, *RANGE)
        done = np.abs(after - T) <= 1e-10
        T = after
        if done.all():
            return T
    raise DidNotConverge("dew point: no answer after 40 steps; check the vapour pressure")


def _wick(T: Array, w: Array, p: Array, *, ice: bool) -> Array:
    """Return the root of the psychrometric balance over one phase by Newton's method, [K].

    Per dry air, (L - a x) w_s(x) - w (L + c_v t - c_l x) - c_a (t - x) rises with x and is convex: steps from the dry
    bulb, where it is not negative, fall to the root without passing it.
    """
    latent, fall, liquid = (2.83e6, 240.0, 2100.0) if ice else (VAPORISATION, 2326.0, 4186.0)
    phase = np.full(T.shape, ice)
    t = T - FREEZING
    x = np.minimum(t, 0.0) if ice else t.copy()
    for _ in range(_STEPS):
        logarithm, relative = log_saturation(x + FREEZING, phase)
        ps = np.exp(logarithm)
        ws = MASS_RATIO * ps / (p - ps)
        excess = (latent - fall * x) * ws - w * (latent + VAPOUR_HEAT_CAPACITY * t - liquid * x)
        excess -= AIR_HEAT_CAPACITY * (t - x)
        slope = (latent - fall * x) * ws * relative * p / (p - ps) - fall * ws + w * liquid + AIR_HEAT_CAPACITY
        step = excess / slope
        x = x - step
        if (np.abs(step) <= 1e-10).all():
            return x + FREEZING
    raise DidNotConverge("wet bulb: no answer after 40 steps; check dry bulb, humidity and pressure")
