r"""A radiator to space on a pumped loop: coolant temperature from heat, area and flow, and area from temperature.

Contract: heat is positive into the coolant and leaves by radiation alone. The coolant runs once along the panel and
cools from the return to the supply temperature; each piece radiates at its own temperature,

$$ \dot m\, c(T)\, \frac{dT}{dA} = -n\, \eta\, \epsilon\, \sigma \left( T^4 - T_s^4 \right) $$

with n radiating faces, fin efficiency eta and T_s the sink temperature, at which the panel takes up as much as it
gives. The equation is integrated exactly, with the heat capacity linear between the rows of the coolant's table.
The heat of the pump goes into the loop; whoever gives the heat adds it.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge, check_fields
from thermal.coolant import Coolant, density, enthalpy, temperature
from thermal.orbit import Orbit

Array = NDArray[np.float64]
STEFAN_BOLTZMANN = 5.670374419e-8
"""CODATA 2018 [W/(m2*K4)]"""
SPACE, TINY = 2.725, 5e-324
"""background of space [K]; the least number above zero"""


@dataclass(frozen=True, kw_only=True)
class Radiator:
    """A flat panel with coolant tubes, and its surface."""

    area: Annotated[float, "m2", Gt(0)]
    """of the panel, one face"""
    faces: Annotated[int, Ge(1), Le(2)]
    """that radiate"""
    emissivity: Annotated[float, "1", Gt(0), Le(1)]
    """infrared, at the end of life"""
    absorptivity: Annotated[float, "1", Ge(0), Le(1)]
    """solar, at the end of life"""
    fin_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """net radiation over that of a panel at the temperature of the coolant beside it"""
    earth_view_factor: Annotated[float, "1", Ge(0), Le(1)]
    """of the radiating faces, their mean"""
    areal_density: Annotated[float, "kg/m2", Gt(0)]
    """mass with coolant and deployment, per panel area"""
    rated_flow: Annotated[float, "kg/s", Gt(0)]
    """at which the pressure drop is known"""
    rated_pressure_drop: Annotated[float, "Pa", Ge(0)]
    """of the whole loop, which the pump meets"""
    pump_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """hydraulic over electric power"""

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def mass(self) -> float:
        """Mass of the radiator [kg]."""
        return self.area * self.areal_density


class RadiatorState(NamedTuple):
    """A radiator in balance; arrays over the batch."""

    supply_temperature: Array
    """(...) out of the radiator, to what is cooled [K]"""
    return_temperature: Array
    """(...) into the radiator [K]"""
    sink_temperature: Array
    """(...) [K]"""
    pump_power: Array
    """(...) electric [W]"""


def sink_temperature(radiator: Radiator, orbit: Orbit, sunlit: ArrayLike | None = None) -> Array:
    r"""Return the temperature at which the panel takes up as much as it gives.

    $$ \epsilon \sigma T_s^4 = f \alpha S (\cos\theta + a F) + \epsilon F E + \epsilon \sigma T_0^4 $$

    Parameters
    ----------
    radiator : Radiator
    orbit : Orbit
    sunlit : (...) share of time in the sun, f: 1 in the sun, 0 in the shadow; none: of the orbit [1]

    Returns
    -------
    (...) absolute temperature [K]

    Raises
    ------
    ValueError
        A share outside 0 .. 1.

    References
    ----------
    Gilmore (2002), Spacecraft Thermal Control Handbook I, chapters 2 and 6.

    Examples
    --------
    >>> panel = Radiator(area=100.0, faces=2, emissivity=0.85, absorptivity=0.2, fin_efficiency=0.9,
    ...     earth_view_factor=0.26, areal_density=8.0, rated_flow=2.0, rated_pressure_drop=1e5, pump_efficiency=0.5)
    >>> dawn = Orbit(solar_flux=1361.0, sun_incidence=0.0, sunlit_fraction=1.0, albedo=0.05, earth_infrared=237.0)
    >>> float(sink_temperature(panel, dawn).round(1))
    184.6
    """
    share = np.asarray(orbit.sunlit_fraction if sunlit is None else sunlit, float)
    _within("share of time in the sun", share, (0.0, 1.0), "")
    seen = radiator.earth_view_factor
    solar = share * radiator.absorptivity * orbit.solar_flux * (orbit.sun_incidence + orbit.albedo * seen)
    absorbed = solar / radiator.emissivity + seen * orbit.earth_infrared
    return (absorbed / STEFAN_BOLTZMANN + SPACE**4) ** 0.25


def radiator_area(
    radiator: Radiator, sink: ArrayLike, liquid: Coolant, mass_flow: ArrayLike, heat: ArrayLike, supply: ArrayLike
) -> Array:
    r"""Return the panel area that brings a heat to space at a coolant temperature; the panel's own area is not used.

    $$ A = \frac{\dot m}{n\, \eta\, \epsilon\, \sigma} \int_{T_{supply}}^{T_{return}} \frac{c(T)\, dT}{T^4 - T_s^4} $$

    Parameters
    ----------
    radiator : Radiator
    sink : (...) its sink temperature [K]
    liquid : Coolant
    mass_flow : (...) [kg/s]
    heat : (...) into the coolant, pump included [W]
    supply : (...) coolant temperature out of the radiator [K]

    Returns
    -------
    (...) area of one face [m2]

    Raises
    ------
    ValueError
        A supply that is not above the sink, a flow that is not positive, a negative heat, or a temperature outside
        the coolant's table.

    References
    ----------
    Derived: the equation of the module, separated and integrated cell by cell.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> panel = Radiator(area=1.0, faces=2, emissivity=0.85, absorptivity=0.2, fin_efficiency=0.9,
    ...     earth_view_factor=0.26, areal_density=8.0, rated_flow=2.0, rated_pressure_drop=1e5, pump_efficiency=0.5)
    >>> float(radiator_area(panel, 184.2, coolant("pg25"), 2.0, 1e5, 318.15).round(1))
    116.3
    """
    T_s, flow, q, cold = np.broadcast_arrays(*(np.asarray(value, float) for value in (sink, mass_flow, heat, supply)))
    _within("mass flow", flow, (TINY, np.inf), "kg/s")
    _within("heat into the coolant", q, (0.0, np.inf), "W")
    if not (cold > T_s).all():
        raise ValueError(
            f"supply temperature: {np.min(cold - T_s):.6g} K above the sink: must be > 0; raise the supply,"
            " or turn the radiator from sun and Earth"
        )
    hot = temperature(liquid, enthalpy(liquid, cold) + q / flow)
    return flow * _integral(liquid, cold, hot, T_s) / _emission(radiator)


def radiator_temperature(
    radiator: Radiator, sink: ArrayLike, liquid: Coolant, mass_flow: ArrayLike, heat: ArrayLike
) -> RadiatorState:
    """Return the coolant temperatures at which a radiator brings a heat to space.

    Parameters
    ----------
    radiator : Radiator
    sink : (...) its sink temperature [K]
    liquid : Coolant
    mass_flow : (...) [kg/s]
    heat : (...) into the coolant, pump included [W]

    Returns
    -------
    RadiatorState
        Arrays (...) of temperatures [K] and pump power [W].

    Raises
    ------
    ValueError
        A flow or heat that is not positive, or coolant temperatures outside its table: too hot or frozen.
    DidNotConverge
        No temperature found.

    References
    ----------
    Derived: inverse of `radiator_area`.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> panel = Radiator(area=116.3, faces=2, emissivity=0.85, absorptivity=0.2, fin_efficiency=0.9,
    ...     earth_view_factor=0.26, areal_density=8.0, rated_flow=2.0, rated_pressure_drop=1e5, pump_efficiency=0.5)
    >>> float(radiator_temperature(panel, 184.2, coolant("pg25"), 2.0, 1e5).supply_temperature.round(1))
    318.2
    """
    T_s, flow, q = np.broadcast_arrays(*(np.asarray(value, float) for value in (sink, mass_flow, heat)))
    _within("mass flow", flow, (TINY, np.inf), "kg/s")
    _within("heat into the coolant", q, (0.0, np.inf), "W")
    if not (q > 0).all():
        raise ValueError(f"heat into the coolant = {np.min(q):.6g} W: must be > 0, or the loop rests at its sink")
    rise = q / flow
    wanted = radiator.area * _emission(radiator) / flow
    low, high = _bracket(liquid, T_s, rise, wanted)
    h = _solved(liquid, (low, high), rise, wanted, T_s)
    drop = radiator.rated_pressure_drop * (flow / radiator.rated_flow) ** 1.75  # turbulent, Blasius
    supply = temperature(liquid, h)
    pump = flow / density(liquid, supply) * drop / radiator.pump_efficiency
    return RadiatorState(supply, temperature(liquid, h + rise), T_s.copy(), pump)


def _emission(radiator: Radiator) -> float:
    """Return what a panel area emits per T^4 [W/(m2*K4)]."""
    return radiator.faces * radiator.fin_efficiency * radiator.emissivity * STEFAN_BOLTZMANN


def _bracket(liquid: Coolant, sink: Array, rise: Array, wanted: Array) -> tuple[Array, Array]:
    """Return the enthalpies between which the supply lies, or say on which side of the table it would be."""
    frozen, hottest = liquid.temperature[0], liquid.temperature[-1]
    low, top = enthalpy(liquid, np.clip(sink, frozen, hottest)), liquid.enthalpy[-1] - rise
    if not (low < top).all() or (_shed(liquid, top, rise, sink) > wanted).any():
        raise ValueError(
            f"radiator: coolant {liquid.name!r} would be above its table, {hottest:.6g} K:"
            " give more area or flow, or less heat or sun"
        )
    can_freeze = sink < frozen
    if (can_freeze & (_shed(liquid, np.zeros_like(rise), rise, np.where(can_freeze, sink, 0.0)) < wanted)).any():
        raise ValueError(
            f"radiator: coolant {liquid.name!r} would be below its table, {frozen:.6g} K; it freezes at"
            f" {liquid.freezing_point:.6g} K: let part of the flow pass the radiator by, or take another coolant"
        )
    return low, top


def _shed(liquid: Coolant, h: Array, rise: Array, sink: Array) -> Array:
    """Return the integral from the supply's enthalpy to the return's."""
    hot = temperature(liquid, np.minimum(h + rise, liquid.enthalpy[-1]))
    return _integral(liquid, temperature(liquid, h), hot, sink)


def _solved(liquid: Coolant, bracket: tuple[Array, Array], rise: Array, wanted: Array, sink: Array) -> Array:
    """Return the supply's enthalpy; the integral falls as it rises, so there is one answer at most."""
    low, high = bracket
    h = 0.5 * (low + high)
    for _ in range(100):
        cold, hot = temperature(liquid, h), temperature(liquid, h + rise)
        miss = _integral(liquid, cold, hot, sink) / wanted - 1
        low, high = np.where(miss > 0, h, low), np.where(miss > 0, high, h)
        slope = (1 / (hot**4 - sink**4) - 1 / (cold**4 - sink**4)) / wanted
        # the integral falls like 1/(T^4 - T_s^4): Newton on its inverse is nearly straight
        step = h - miss * (1 + miss) / slope
        step = np.where((step > low) & (step < high), step, 0.5 * (low + high))
        done = np.abs(step - h) <= 1e-12 * liquid.enthalpy[-1]
        h = step
        if done.all():
            return h
    raise DidNotConverge("radiator: no coolant temperature found; check heat, flow and area")


def _integral(liquid: Coolant, cold: Array, hot: Array, sink: Array) -> Array:
    """Return the integral of c(T)/(T^4 - T_s^4) from cold to hot, exact where c is linear, cell by cell [J/(kg*K4)]."""
    T, c = liquid.temperature, liquid.heat_capacity
    slope = np.diff(c) / np.diff(T)
    edge = np.clip(T, cold[..., None], hot[..., None])
    ratio = sink[..., None] / edge
    first = _quartic(ratio) / edge**3  # of dT/(T^4 - T_s^4), falling
    square = ratio * ratio
    second = np.where(square > 0, np.arctanh(square) / np.where(square > 0, square, 1.0), 1.0) / (2 * edge**2)
    cells = (c[:-1] - slope * T[:-1]) * (first[..., :-1] - first[..., 1:])
    return (cells + slope * (second[..., :-1] - second[..., 1:])).sum(-1)


def _quartic(r: Array) -> Array:
    """Return (artanh r - arctan r) / (2 r^3), by its series where the difference would cancel."""
    small = r < 0.5
    q = np.where(small, r * r, 0.0) ** 2
    series = np.full_like(q, 1 / 51)
    for n in range(11, -1, -1):
        series = series * q + 1 / (4 * n + 3)
    if small.all():
        return series
    at = np.where(small, 0.5, r)
    return np.where(small, series, (np.arctanh(at) - np.arctan(at)) / (2 * at**3))


def _within(name: str, value: Array, bounds: tuple[float, float], unit: str) -> None:
    """Refuse values outside bounds; a bound next to zero reads `> 0`."""
    low, high = bounds
    good = (value >= low) & (value <= high) & np.isfinite(value)
    if not good.all():
        rule = f"lie in {low:.6g} .. {high:.6g}" if np.isfinite(high) else f"be {'>' if low > 0 else '>='} 0"
        raise ValueError(f"{name} = {value[~good].flat[0]:.6g} {unit}".rstrip() + f": must {rule}")
