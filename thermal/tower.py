r"""Wet cooling tower: water that falls through an air stream and evaporates in part, its fans and its water.

Contract: one unit; elementwise over arrays. The water is given by its capacity rate, mass flow times heat capacity
[W/K]; `speed` is air flow over rated air flow. Heat is positive from the water to the air. Merkel's assumptions: the
film of air on the water is saturated, the Lewis number is one, what evaporates is left out of the heat balance.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import ArrayLike, NDArray

from thermal.bracket import rising_root
from thermal.checks import check_fields
from thermal.exchanger import effectiveness, transfer_units
from thermal.moist_air import STANDARD_PRESSURE, saturated_ratio, saturation_slope
from thermal.wet_bulb import Outdoors

Array = NDArray[np.float64]

_NEAR = 1e-11


@dataclass(frozen=True, kw_only=True)
class CoolingTower:
    """A wet tower by its rated point, at sea level."""

    rated_heat: Annotated[float, "W", Gt(0)]
    """heat at the rated point"""
    rated_wet_bulb: Annotated[float, "K", Gt(0)]
    """of the outdoor air there"""
    rated_inlet_temperature: Annotated[float, "K", Gt(0)]
    """water entering there"""
    rated_outlet_temperature: Annotated[float, "K", Gt(0)]
    """water leaving there"""
    rated_fan_power: Annotated[float, "W", Gt(0)]
    """electric power of the fans there"""
    rated_air_flow: Annotated[float, "kg/s", Gt(0)]
    """dry air through the tower there"""
    fill_exponent: Annotated[float, "1", Gt(-1), Le(0)]
    """n in NTU = c (water flow / air flow)^(1 + n)"""
    minimum_speed: Annotated[float, "1", Ge(0.05), Le(1)]
    """air flow below which the fans do not go, over the rated one; a bypass holds the outlet then"""
    drift_share: Annotated[float, "1", Ge(0), Lt(0.1)]
    """droplets carried off, over the water flow"""
    concentration_cycles: Annotated[float, "1", Gt(1)]
    """salt in the blowdown over salt in the make-up water"""

    def __post_init__(self) -> None:
        check_fields(self)
        wet, into, out = self.rated_wet_bulb, self.rated_inlet_temperature, self.rated_outlet_temperature
        if not into > out > wet:
            raise ValueError(
                f"CoolingTower: rated inlet {into:.6g} K, outlet {out:.6g} K, wet bulb {wet:.6g} K: must fall in this"
                " order"
            )
        inside, outside = (float(saturation_slope(T, STANDARD_PRESSURE)[0]) for T in (into, wet))
        least = self.rated_heat / (inside - outside)
        if not self.rated_air_flow > least:
            raise ValueError(
                f"CoolingTower.rated_air_flow = {self.rated_air_flow:.6g}: must be > {least:.6g} kg/s, or the air"
                " leaves wetter than the water allows"
            )
        rated_units(self)

    @property
    def rated_water_rate(self) -> float:
        """Capacity rate of the water at the rated point [W/K]."""
        return self.rated_heat / (self.rated_inlet_temperature - self.rated_outlet_temperature)


@lru_cache
def rated_units(tower: CoolingTower) -> float:
    """Return the number of transfer units of the tower at its rated point, of the air.

    Parameters
    ----------
    tower : CoolingTower

    Returns
    -------
    number [1]

    Raises
    ------
    ValueError
        A rated point that no fill reaches with the rated air.

    References
    ----------
    Derived: rated point into `tower_heat`.

    Examples
    --------
    >>> round(rated_units(_EXAMPLE), 3)
    1.555
    """
    into, out = tower.rated_inlet_temperature, tower.rated_outlet_temperature
    hot, cold, air = (float(saturation_slope(T, STANDARD_PRESSURE)[0]) for T in (into, out, tower.rated_wet_bulb))
    capacity = (hot - cold) / (into - out)
    rate, water = tower.rated_air_flow * capacity, tower.rated_water_rate
    lesser = min(rate, water)
    share = tower.rated_heat * capacity / (lesser * (hot - air))
    if share >= 1:
        raise ValueError(
            f"CoolingTower.rated_air_flow = {tower.rated_air_flow:.6g} kg/s: no fill reaches the rated outlet with it;"
            " raise the air flow or the rated outlet"
        )
    return float(transfer_units(share, lesser / max(rate, water), "counter")) * lesser / rate


def tower_heat(
    tower: CoolingTower,
    water_rate: ArrayLike,
    speed: ArrayLike,
    water: tuple[ArrayLike, ArrayLike],
    outdoors: Outdoors,
) -> Array:
    r"""Return the heat a tower takes from water that enters and leaves at given temperatures.

    $$ q = \varepsilon\, \dot m_a (h_s(T_{in}) - h_s(T_w)), \quad
       \varepsilon = \varepsilon_{counter}(N, m^*), \quad
       m^* = \frac{\dot m_a c_s}{C_w}, \quad c_s = \frac{h_s(T_{in}) - h_s(T_{out})}{T_{in} - T_{out}}, \quad
       N = N_0 \left( \frac{C_w / C_{w0}}{s\, p/p_0} \right)^{1+n} $$

    Parameters
    ----------
    tower : CoolingTower
    water_rate : (...) capacity rate of the water [W/K]
    speed : (...) of the air over the rated flow [1]
    water : two (...) temperatures, entering and leaving [K]
    outdoors : Outdoors

    Returns
    -------
    (...) in steady state C_w (T_in - T_out); the two are brought together by the caller [W]

    Raises
    ------
    ValueError
        Water or air that does not flow.

    References
    ----------
    Braun, Klein, Mitchell (1989), ASHRAE Trans. 95(2): effectiveness of cooling towers.

    Examples
    --------
    >>> from thermal.wet_bulb import outdoor_air
    >>> air = outdoor_air(308.15, 0.47236)
    >>> float(tower_heat(_EXAMPLE, 539.57e3, 1.0, (308.15, 302.59), air).round(-3))
    3000000.0
    """
    rate, s, into, out = (np.asarray(value, float) for value in (water_rate, speed, *water))
    for name, value, unit in (("capacity rate of the water", rate, " W/K"), ("speed of the fans", s, "")):
        if not (value > 0).all():
            raise ValueError(f"{name} = {np.min(value):.6g}{unit}: must be > 0")
    hot, slope = saturation_slope(into, outdoors.pressure)
    span = into - out
    near = np.abs(span) < 1e-6
    cold = saturation_slope(out, outdoors.pressure)[0]
    capacity = np.where(near, slope, (hot - cold) / np.where(near, 1.0, span))
    driving = hot - saturation_slope(outdoors.wet_bulb, outdoors.pressure)[0]
    flow, units = _air(tower, rate, s, outdoors.pressure)
    air = flow * capacity
    lesser, greater = np.minimum(air, rate), np.maximum(air, rate)
    return effectiveness(units * air / lesser, lesser / greater, "counter") * lesser * driving / capacity


def tower_evaporation(
    tower: CoolingTower, water_rate: ArrayLike, speed: ArrayLike, heat: ArrayLike, outdoors: Outdoors
) -> Array:
    r"""Return the water that evaporates in a tower.

    $$ h_e = h_a + \frac{q / \dot m_a}{1 - e^{-N}}, \quad
       w_{out} = w_s(T_e) + (w - w_s(T_e))\, e^{-N}, \quad h_s(T_e) = h_e, \quad
       \dot m_e = \dot m_a (w_{out} - w) $$

    Parameters
    ----------
    tower : CoolingTower
    water_rate : (...) capacity rate of the water [W/K]
    speed : (...) of the air over the rated flow [1]
    heat : (...) rejected [W]
    outdoors : Outdoors

    Returns
    -------
    (...) [kg/s]

    References
    ----------
    Braun, Klein, Mitchell (1989), ASHRAE Trans. 95(2): effective temperature of the wet surface.

    Examples
    --------
    >>> from thermal.wet_bulb import outdoor_air
    >>> air = outdoor_air(308.15, 0.47236)
    >>> float(tower_evaporation(_EXAMPLE, 539.57e3, 1.0, 3e6, air).round(2))
    1.25
    """
    rate, s, q = (np.asarray(value, float) for value in (water_rate, speed, heat))
    flow, units = _air(tower, rate, s, outdoors.pressure)
    outside = saturation_slope(outdoors.wet_bulb, outdoors.pressure)[0]
    wanted = outside + q / (flow * -np.expm1(-units))

    def miss(T: Array) -> tuple[Array, Array]:
        value, slope = saturation_slope(T, outdoors.pressure)
        return np.where(np.abs(value - wanted) < _NEAR * wanted, 0.0, value - wanted), slope

    low = np.broadcast_to(outdoors.wet_bulb, wanted.shape)
    high = np.maximum(low + 1, 360.0) if (outdoors.pressure > 70e3).all() else np.maximum(low + 1, 345.0)
    surface = rising_root(miss, low, high, np.minimum(low + 8, high), "surface of the water in the tower")
    w = outdoors.humidity_ratio
    return flow * (saturated_ratio(surface, outdoors.pressure) - w) * -np.expm1(-units)


def _air(tower: CoolingTower, rate: Array, speed: Array, pressure: Array) -> tuple[Array, Array]:
    """Return air flow [kg/s] and number of transfer units."""
    share = speed * pressure / STANDARD_PRESSURE
    flow = tower.rated_air_flow * share
    return flow, rated_units(tower) * (rate / tower.rated_water_rate / share) ** (1 + tower.fill_exponent)


# Serves the examples in docstrings only.
_EXAMPLE = CoolingTower(
    rated_heat=3e6,
    rated_wet_bulb=298.7,
    rated_inlet_temperature=308.15,
    rated_outlet_temperature=302.59,
    rated_fan_power=45e3,
    rated_air_flow=100.0,
    fill_exponent=-0.4,
    minimum_speed=0.2,
    drift_share=5e-5,
    concentration_cycles=5.0,
)
