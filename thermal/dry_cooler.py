r"""Dry cooler: a water coil in a stream of outdoor air, and its fans.

Contract: one unit; elementwise over arrays. A stream is given by its capacity rate, mass flow times heat capacity
[W/K]. `speed` is air flow over rated air flow, from `minimum_speed` to 1. Heat is positive from the water to the air.
Everything follows from the rated point and an air flow; off it the conductance goes with both flows.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.bracket import rising_root
from thermal.checks import check_fields
from thermal.exchanger import Arrangement, effectiveness, transfer_units
from thermal.moist_air import AIR_HEAT_CAPACITY, STANDARD_PRESSURE

if TYPE_CHECKING:
    from scipy.interpolate import RectBivariateSpline

Array = NDArray[np.float64]

ARRANGEMENT: Arrangement = "cross_unmixed"
"""Of the coil: air and water cross, neither mixed."""


@dataclass(frozen=True, kw_only=True)
class DryCooler:
    """A dry cooler by its rated point, at sea level."""

    rated_heat: Annotated[float, "W", Gt(0)]
    """heat at the rated point"""
    rated_air_temperature: Annotated[float, "K", Gt(0)]
    """outdoor air there"""
    rated_inlet_temperature: Annotated[float, "K", Gt(0)]
    """water entering there"""
    rated_outlet_temperature: Annotated[float, "K", Gt(0)]
    """water leaving there"""
    rated_fan_power: Annotated[float, "W", Gt(0)]
    """electric power of the fans there"""
    rated_air_flow: Annotated[float, "kg/s", Gt(0)]
    """air through the coil there"""
    air_exponent: Annotated[float, "1", Ge(0), Le(1)]
    """the air side's conductance goes with this power of its flow"""
    water_exponent: Annotated[float, "1", Ge(0), Le(1)]
    """the water side's conductance goes with this power of its flow"""
    water_resistance_share: Annotated[float, "1", Ge(0), Le(1)]
    """of the rated thermal resistance, on the water side"""
    minimum_speed: Annotated[float, "1", Ge(0.05), Le(1)]
    """air flow below which the fans do not go, over the rated one; a bypass holds the outlet then"""

    def __post_init__(self) -> None:
        check_fields(self)
        air, into, out = self.rated_air_temperature, self.rated_inlet_temperature, self.rated_outlet_temperature
        if not into > out > air:
            raise ValueError(
                f"DryCooler: rated inlet {into:.6g} K, outlet {out:.6g} K, air {air:.6g} K: must fall in this order"
            )
        least = self.rated_heat / (AIR_HEAT_CAPACITY * (into - air))
        if not self.rated_air_flow > least:
            raise ValueError(
                f"DryCooler.rated_air_flow = {self.rated_air_flow:.6g}: must be > {least:.6g} kg/s, or the air leaves"
                " hotter than the water enters"
            )

    @property
    def rated_water_rate(self) -> float:
        """Capacity rate of the water at the rated point [W/K]."""
        return self.rated_heat / (self.rated_inlet_temperature - self.rated_outlet_temperature)


@lru_cache
def rated_conductance(cooler: DryCooler) -> float:
    r"""Return the conductance of the coil at its rated point.

    $$ \varepsilon(UA / C_{min}, C_{min} / C_{max})\, C_{min} (T_{in} - T_{air}) = q $$

    Parameters
    ----------
    cooler : DryCooler

    Returns
    -------
    number [W/K]

    References
    ----------
    Derived: rated point into the effectiveness of a cross flow, both sides unmixed.

    Examples
    --------
    >>> round(rated_conductance(_EXAMPLE) / 1e3)
    591
    """
    air, water = cooler.rated_air_flow * AIR_HEAT_CAPACITY, cooler.rated_water_rate
    lesser, ratio = min(air, water), min(air, water) / max(air, water)
    share = cooler.rated_heat / (lesser * (cooler.rated_inlet_temperature - cooler.rated_air_temperature))
    return float(transfer_units(share, ratio, ARRANGEMENT)) * lesser


def cooler_conductance(
    cooler: DryCooler, water_rate: ArrayLike, speed: ArrayLike, pressure: ArrayLike = STANDARD_PRESSURE
) -> Array:
    r"""Return the heat per kelvin between the entering water and the entering air.

    $$ g = \varepsilon(UA/C_{min}, C_{min}/C_{max})\, C_{min}, \qquad
       UA = UA_0 \left[ (1 - r) (C_a/C_{a0})^{-n_a} + r (C_w/C_{w0})^{-n_w} \right]^{-1}, \qquad
       C_a = C_{a0}\, s\, p / p_0 $$

    Parameters
    ----------
    cooler : DryCooler
    water_rate : (...) capacity rate of the water, positive [W/K]
    speed : (...) of the air over the rated flow [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) [W/K]

    Raises
    ------
    ValueError
        Water or air that does not flow.

    Notes
    -----
    The fans move a volume, so the air's mass flow falls with the pressure of the altitude; that it also falls with the
    outdoor temperature, 3 % per 10 K, is left out. More than 64 elements are read from a spline of fifth order through
    the exact values, within 1e-9.

    References
    ----------
    Braun (1988), sections 4 and 5; resistances in series: Derived.

    Examples
    --------
    >>> float(cooler_conductance(_EXAMPLE, 527.158e3, 1.0).round(-2))
    263800.0
    """
    water, s, p = (np.asarray(value, float) for value in (water_rate, speed, pressure))
    if not (s > 0).all():
        raise ValueError(f"speed of the fans = {np.min(s):.6g}: must be > 0")
    share, air = _water_share(cooler, water), s * p / STANDARD_PRESSURE
    if max(share.size, air.size) <= _FEW or not ((air >= _lowest_air(cooler)) & (air <= _PRESSURES[1])).all():
        return _conductance(cooler, share, air)
    return np.exp(_spline(cooler).ev(*np.log(np.broadcast_arrays(share, air))))


def cooler_speed(
    cooler: DryCooler, conductance: ArrayLike, water_rate: ArrayLike, pressure: ArrayLike = STANDARD_PRESSURE
) -> Array:
    """Return the speed of the fans that gives a conductance: the inverse of `cooler_conductance`.

    Parameters
    ----------
    cooler : DryCooler
    conductance : (...) wanted heat per kelvin between entering water and entering air [W/K]
    water_rate : (...) capacity rate of the water [W/K]
    pressure : (...) of the air, 50 to 120 kPa [Pa]

    Returns
    -------
    (...) at least the minimum speed; infinite where full speed does not suffice [1]

    Raises
    ------
    ValueError
        Water outside 1 % to 400 % of the rated flow, or a pressure outside its range.

    Notes
    -----
    Read from the spline that `cooler_conductance` names.

    References
    ----------
    Derived: root of a function that rises.

    Examples
    --------
    >>> float(cooler_speed(_EXAMPLE, 200e3, 527.158e3).round(3))
    0.604
    """
    ends = [cooler_conductance(cooler, water_rate, s, pressure) for s in (cooler.minimum_speed, 1.0)]
    given = (conductance, _water_share(cooler, water_rate), np.asarray(pressure, float) / STANDARD_PRESSURE, *ends)
    g, water, p, least, most = np.broadcast_arrays(*(np.asarray(value, float) for value in given))
    if not ((p >= _PRESSURES[0]) & (p <= _PRESSURES[1])).all():
        raise ValueError(f"pressure of the air = {STANDARD_PRESSURE * np.min(p):.6g} Pa: must lie in 50 .. 120 kPa")
    speed = np.where(g > most * (1 + _NEAR), np.inf, np.where(g > least, 1.0, cooler.minimum_speed))
    between = (g < most * (1 - _NEAR)) & (g > least * (1 + _NEAR))
    spline, wanted, at = _spline(cooler), np.log(g[between]), np.log(water[between])

    def miss(air: Array) -> tuple[Array, Array]:
        value = spline.ev(at, air) - wanted
        return np.where(np.abs(value) < _NEAR, 0.0, value), spline.ev(at, air, dy=1)

    full = np.log(p[between])
    low, high = full + math.log(0.95 * cooler.minimum_speed), full + 0.01
    speed[between] = np.exp(rising_root(miss, low, high, (low + high) / 2, "speed of the dry cooler's fans") - full)
    return np.clip(speed, cooler.minimum_speed, np.where(np.isinf(speed), np.inf, 1.0))


def fan_power(rated_power: float, speed: ArrayLike, pressure: ArrayLike = STANDARD_PRESSURE) -> Array:
    r"""Return the electric power of fans.

    $$ P = P_0\, s^3\, p / p_0 $$

    Parameters
    ----------
    rated_power : at full speed and sea level [W]
    speed : (...) of the air over the rated flow; 0 is off [1]
    pressure : (...) of the air [Pa]

    Returns
    -------
    (...) [W]

    Raises
    ------
    ValueError
        A speed below 0 or above 1.

    References
    ----------
    Derived: fan laws at fixed efficiency.

    Examples
    --------
    >>> float(fan_power(117.68e3, 0.5))
    14710.0
    """
    s = np.asarray(speed, float)
    if not ((s >= 0) & (s <= 1)).all():
        raise ValueError(f"speed of the fans = {s[~((s >= 0) & (s <= 1))].flat[0]:.6g}: must lie in 0 .. 1")
    return rated_power * s**3 * (np.asarray(pressure, float) / STANDARD_PRESSURE)


_NEAR = 1e-12
_FEW = 64
_PRESSURES = (0.49, 1.19)
_WATER_SHARES = (0.01, 4.0)


def _water_share(cooler: DryCooler, rate: ArrayLike) -> Array:
    share = np.asarray(rate, float) / cooler.rated_water_rate
    least, most = _WATER_SHARES
    if not ((share >= least) & (share <= most)).all():
        bad = share[~((share >= least) & (share <= most))].flat[0]
        raise ValueError(
            f"water through a dry cooler = {bad:.6g} of the rated flow: must lie in {least:g} .. {most:g};"
            " change the flow or the number of units"
        )
    return share


def _conductance(cooler: DryCooler, water_share: Array, air_share: Array) -> Array:
    water, air = water_share * cooler.rated_water_rate, air_share * (cooler.rated_air_flow * AIR_HEAT_CAPACITY)
    r = cooler.water_resistance_share
    resistance = (1 - r) * air_share**-cooler.air_exponent + r * water_share**-cooler.water_exponent
    lesser = np.minimum(air, water)
    units = rated_conductance(cooler) / (resistance * lesser)
    return effectiveness(units, lesser / np.maximum(air, water), ARRANGEMENT) * lesser


def _lowest_air(cooler: DryCooler) -> float:
    return 0.94 * _PRESSURES[0] * cooler.minimum_speed


@lru_cache
def _spline(cooler: DryCooler) -> "RectBivariateSpline":
    """Return ln of the conductance over ln of the shares of water and air; smooth, also where these cross."""
    from scipy.interpolate import RectBivariateSpline

    water = np.linspace(math.log(_WATER_SHARES[0]), math.log(_WATER_SHARES[1]), 48)
    air = np.linspace(math.log(_lowest_air(cooler)), math.log(_PRESSURES[1] * 1.02), 48)
    values = _conductance(cooler, np.exp(water)[:, None], np.exp(air))
    return RectBivariateSpline(water, air, np.log(values), kx=5, ky=5)


# Serves the examples in docstrings only.
_EXAMPLE = DryCooler(
    rated_heat=2.931e6,
    rated_air_temperature=308.15,
    rated_inlet_temperature=319.26,
    rated_outlet_temperature=313.7,
    rated_fan_power=117.68e3,
    rated_air_flow=524.0,
    air_exponent=0.6,
    water_exponent=0.8,
    water_resistance_share=0.2,
    minimum_speed=0.2,
)
