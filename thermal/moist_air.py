r"""Moist air: saturation, humidity ratio, enthalpy, density, pressure of an altitude.

Contract: elementwise over arrays of any shape; air is an ideal mixture of dry air and vapour.
Humidity ratio is kg of vapour per kg of dry air; enthalpy is per kg of dry air, zero for dry air and liquid water at
0 °C. Below 0 °C saturation is that over ice.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

FREEZING = 273.15
"""Below it saturation is over ice [K]."""
STANDARD_PRESSURE = 101325.0
"""Of the standard atmosphere at sea level [Pa]."""
MASS_RATIO = 0.621945
"""Molar mass of water over that of dry air [1]."""
AIR_CONSTANT = 287.042
"""Gas constant of dry air [J/(kg*K)]."""
AIR_HEAT_CAPACITY = 1006.0
"""Of dry air [J/(kg*K)]."""
VAPOUR_HEAT_CAPACITY = 1860.0
"""Of water vapour [J/(kg*K)]."""
VAPORISATION = 2.501e6
"""Enthalpy of vapour over that of liquid water, both at 0 °C [J/kg]."""


_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
RANGE = (173.15, 473.15)
"""Of the formulas of saturation [K]."""


def saturation_pressure(temperature: ArrayLike) -> Array:
    r"""Return the pressure of saturated vapour, over ice below 0 °C and over water above.

    $$ \ln p_s = c_0 / T + c_1 + c_2 T + c_3 T^2 + c_4 T^3 + c_5 T^4 + c_6 \ln T $$

    Parameters
    ----------
    temperature : (...) absolute temperature [K]

    Returns
    -------
    (...) [Pa]

    Raises
    ------
    ValueError
        A temperature outside -100 .. 200 °C.

    References
    ----------
    Hyland and Wexler (1983), as in ASHRAE Handbook Fundamentals (2017), chapter 1, equations 5 and 6.

    Examples
    --------
    >>> float(saturation_pressure(298.15).round(1))
    3169.2
    """
    T = np.asarray(temperature, float)
    if not ((RANGE[0] <= T) & (RANGE[1] >= T)).all():
        bad = T[~((RANGE[0] <= T) & (RANGE[1] >= T))].flat[0]
        raise ValueError(
            f"temperature of moist air = {bad:.6g} K: must lie in 173.15 .. 473.15 K; is it given in kelvin?"
        )
    return np.exp(log_saturation(T)[0])


def humidity_ratio(dry_bulb: ArrayLike, relative_humidity: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Return the vapour per dry air.

    $$ w = 0.621945\, \frac{\varphi p_s(T)}{p - \varphi p_s(T)} $$

    Parameters
    ----------
    dry_bulb : (...) absolute temperature [K]
    relative_humidity : (...) from 0 to 1 [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) kg vapour per kg dry air [1]

    Raises
    ------
    ValueError
        A humidity outside 0 .. 1, or a pressure not above that of the vapour.

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equations 12 and 20.

    Examples
    --------
    >>> float(humidity_ratio(298.15, 0.5, 101325.0).round(5))
    0.00988
    """
    phi = np.asarray(relative_humidity, float)
    if not ((phi >= 0) & (phi <= 1)).all():
        bad = phi[~((phi >= 0) & (phi <= 1))].flat[0]
        raise ValueError(f"relative humidity = {bad:.6g}: must lie in 0 .. 1; divide percent by 100")
    return _ratio(phi * saturation_pressure(dry_bulb), pressure)


def saturated_ratio(temperature: ArrayLike, pressure: ArrayLike) -> Array:
    """Return the humidity ratio of saturated air.

    Parameters
    ----------
    temperature : (...) absolute temperature [K]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) kg vapour per kg dry air [1]

    Raises
    ------
    ValueError
        A pressure not above that of the vapour: the water would boil.

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equation 21.

    Examples
    --------
    >>> float(saturated_ratio(298.15, 101325.0).round(5))
    0.02008
    """
    return _ratio(saturation_pressure(temperature), pressure)


def air_enthalpy(dry_bulb: ArrayLike, humidity_ratio: ArrayLike) -> Array:
    r"""Return the enthalpy of moist air per kilogram of dry air.

    $$ h = c_a t + w (L + c_v t), \qquad t \text{ in °C} $$

    Parameters
    ----------
    dry_bulb : (...) absolute temperature [K]
    humidity_ratio : (...) kg vapour per kg dry air [1]

    Returns
    -------
    (...) [J/kg]

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equation 30.

    Examples
    --------
    >>> float(air_enthalpy(313.15, 0.0065).round(-2))
    57000.0
    """
    t, w = np.asarray(dry_bulb, float) - FREEZING, np.asarray(humidity_ratio, float)
    return AIR_HEAT_CAPACITY * t + w * (VAPORISATION + VAPOUR_HEAT_CAPACITY * t)


def air_density(dry_bulb: ArrayLike, humidity_ratio: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Return the density of moist air, vapour included.

    $$ \rho = \frac{p (1 + w)}{R_a T (1 + w / 0.621945)} $$

    Parameters
    ----------
    dry_bulb : (...) absolute temperature [K]
    humidity_ratio : (...) kg vapour per kg dry air [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) [kg/m3]

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equations 9 and 26.

    Examples
    --------
    >>> float(air_density(293.15, 0.0, 101325.0).round(4))
    1.2042
    """
    T, w, p = (np.asarray(value, float) for value in (dry_bulb, humidity_ratio, pressure))
    return p * (1 + w) / (AIR_CONSTANT * T * (1 + w / MASS_RATIO))


def altitude_pressure(altitude: ArrayLike) -> Array:
    r"""Return the pressure of the standard atmosphere.

    $$ p = 101325 (1 - 2.25577 \cdot 10^{-5} z)^{5.2559} $$

    Parameters
    ----------
    altitude : (...) above sea level, -500 .. 11 000 [m]

    Returns
    -------
    (...) [Pa]

    Raises
    ------
    ValueError
        An altitude outside that range.

    References
    ----------
    ASHRAE Handbook Fundamentals (2017), chapter 1, equation 3.

    Examples
    --------
    >>> float(altitude_pressure(1500.0).round(-1))
    84560.0
    """
    z = np.asarray(altitude, float)
    if not ((z >= -500) & (z <= 11000)).all():
        raise ValueError(f"altitude = {z[~((z >= -500) & (z <= 11000))].flat[0]:.6g} m: must lie in -500 .. 11000 m")
    return STANDARD_PRESSURE * (1 - 2.25577e-5 * z) ** 5.2559


def saturation_slope(temperature: ArrayLike, pressure: ArrayLike) -> tuple[Array, Array]:
    """Return the enthalpy of saturated air and its derivative.

    Parameters
    ----------
    temperature : (...) absolute temperature [K]
    pressure : (...) of the air [Pa]

    Returns
    -------
    two arrays (...), enthalpy per dry air [J/kg] and its derivative [J/(kg*K)]

    References
    ----------
    Derived: chain rule on `air_enthalpy` of `saturated_ratio`.

    Examples
    --------
    >>> [float(value.round(-1)) for value in saturation_slope(298.15, 101325.0)]
    [76310.0, 4190.0]
    """
    T, p = np.asarray(temperature, float), np.asarray(pressure, float)
    t = T - FREEZING
    logarithm, relative = log_saturation(T)
    ps = np.exp(logarithm)
    w = _ratio(ps, p)
    slope = w * relative * p / (p - ps)
    h = AIR_HEAT_CAPACITY * t + w * (VAPORISATION + VAPOUR_HEAT_CAPACITY * t)
    return h, AIR_HEAT_CAPACITY + slope * (VAPORISATION + VAPOUR_HEAT_CAPACITY * t) + w * VAPOUR_HEAT_CAPACITY


def log_saturation(T: Array, ice: NDArray[np.bool_] | None = None) -> tuple[Array, Array]:
    """Return ln of the saturation pressure and its derivative [1/K]; without a phase, ice below 0 °C."""

    def of(c: tuple[float, ...]) -> tuple[Array, Array]:
        value = c[0] / T + c[1] + T * (c[2] + T * (c[3] + T * (c[4] + T * c[5]))) + c[6] * np.log(T)
        slope = -c[0] / T**2 + c[2] + T * (2 * c[3] + T * (3 * c[4] + T * 4 * c[5])) + c[6] / T
        return value, slope

    frozen = np.asarray(T < FREEZING if ice is None else ice)
    if not frozen.any():
        return of(_WATER)
    if frozen.all():
        return of(_ICE)
    cold, warm = of(_ICE), of(_WATER)
    return np.where(frozen, cold[0], warm[0]), np.where(frozen, cold[1], warm[1])


def _ratio(vapour: Array, pressure: ArrayLike) -> Array:
    p = np.asarray(pressure, float)
    if not (p > vapour).all():
        least = float(np.min(p))
        raise ValueError(
            f"pressure of the air = {least:.6g} Pa: must be > that of its vapour, up to {vapour.max():.6g} Pa"
        )
    return MASS_RATIO * vapour / (p - vapour)
