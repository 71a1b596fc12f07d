"""Supplies in parallel on one bus: droop sharing, current limits, losses.

Contract: arrays `(..., supply)`, leading axes are racks; currents run out of a supply and are never negative or above
its limit. A supply that is off carries nothing and loses nothing.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from power.checks import DidNotConverge, check_fields

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Supply:
    """One power supply."""

    rated_power: Annotated[float, "W", Gt(0)]
    """DC output"""
    output_voltage: Annotated[float, "V", Gt(0)]
    """no-load output voltage"""
    droop_resistance: Annotated[float, "ohm", Gt(0)]
    """slope of output voltage with current"""
    current_limit: Annotated[float, "A", Gt(0)]
    """output current it never exceeds"""
    loss_constant: Annotated[float, "1", Gt(0)]
    """loss at no load over rated power"""
    loss_quadratic: Annotated[float, "1", Ge(0)]
    """load-dependent loss at rated power over rated power"""

    def __post_init__(self) -> None:
        check_fields(self)


class Shared(NamedTuple):
    """How a load is shared."""

    voltage: Array
    """(...) of the bus [V]"""
    current: Array
    """(..., supply) [A]"""
    limited: Flags
    """(..., supply) whether it is at its limit"""


class _Segments(NamedTuple):
    """Current into the bus, a - g V, between neighbouring voltages at which a supply starts or reaches its limit."""

    high: Array
    low: Array
    a: Array
    g: Array
    sloped: Flags
    """Whether any supply is between no load and its limit."""


def share_load(
    supply: Supply,
    load_power: ArrayLike,
    online: ArrayLike,
    *,
    load_current: ArrayLike = 0.0,
    setpoint_error: ArrayLike = 0.0,
) -> Shared:
    """Return bus voltage and currents of equal supplies that share by droop.

    I_i = (E + e_i - V) / R, at least 0 and at most the limit; V sum I_i = P + V J, the upper solution.

    Parameters
    ----------
    supply : Supply
    load_power : (...), constant-power load P [W]
    online : (..., supply), true where it is on [1]
    load_current : (...), constant-current load J [A]
    setpoint_error : (..., supply), no-load voltage above that of the type [V]

    Returns
    -------
    Shared

    Raises
    ------
    ValueError
        where there is no supply, a load is negative or not finite, or a setpoint error is not finite or takes all of
        the voltage.
    DidNotConverge
        where the supplies cannot carry the load; names the rack and what is too much.

    Notes
    -----
    The current into the bus is piecewise linear in its voltage: the segment and the voltage in it are exact, without
    iteration. Current limits are ideal corners, and no supply takes current back.

    References
    ----------
    Irving and Jovanovic (2000), IEEE APEC, droop current sharing; segments derived.

    Examples
    --------
    >>> supply = Supply(rated_power=5.5e3, output_voltage=51.0, droop_resistance=3e-3, current_limit=120.0,
    ...                 loss_constant=0.00641, loss_quadratic=0.02564)
    >>> found = share_load(supply, 20e3, [True] * 6, setpoint_error=[0, 0, 0, 0, 0, 0.1])
    >>> round(float(found.voltage), 4), found.current.round(2)
    (50.8199, array([60.04, 60.04, 60.04, 60.04, 60.04, 93.37]))
    """
    on = np.asarray(online, dtype=bool)
    power, drain = (_load(*item) for item in (("load_power", load_power, "W"), ("load_current", load_current, "A")))
    error = np.asarray(setpoint_error, dtype=float)
    if not (np.isfinite(error) & (error > -supply.output_voltage)).all():
        raise ValueError(f"setpoint_error = {error}: must be finite and > -{supply.output_voltage} V")
    on, error, power, drain = np.broadcast_arrays(on, error, power[..., None], drain[..., None])
    if not on.shape[-1]:
        raise ValueError(f"online has shape {on.shape}: must be (..., supply), one supply or more")
    setpoint = np.where(on, supply.output_voltage + error, 0.0)
    segments = _segments(supply, setpoint, on)
    voltage = _upper(segments, power[..., 0], drain[..., 0])
    if np.isnan(voltage).any():
        raise _too_much(segments, power[..., 0], drain[..., 0], int(np.isnan(voltage).argmax()))
    limit = np.where(on, supply.current_limit, 0.0)
    wanted = np.where(on, (setpoint - voltage[..., None]) / supply.droop_resistance, 0.0)
    return Shared(voltage, np.clip(wanted, 0.0, limit), on & (wanted >= limit))


def _load(name: str, value: ArrayLike, unit: str) -> Array:
    array = np.asarray(value, dtype=float)
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} = {array}: must be finite and >= 0 {unit}")
    return array


def _segments(supply: Supply, setpoint: Array, on: Flags) -> _Segments:
    conductance = on / supply.droop_resistance
    full = np.where(on, supply.current_limit, 0.0)
    edge = np.concatenate((setpoint, setpoint - supply.droop_resistance * full), axis=-1)
    order = np.argsort(-edge, axis=-1, kind="stable")

    def summed(*parts: Array) -> Array:
        return np.cumsum(np.take_along_axis(np.concatenate(parts, axis=-1), order, axis=-1), axis=-1)

    high = np.take_along_axis(edge, order, axis=-1)
    low = np.concatenate((high[..., 1:], np.zeros_like(high[..., :1])), axis=-1)
    a = summed(conductance * setpoint, full - conductance * setpoint)
    sloped = summed(on.astype(float), -on.astype(float)) > 0.5
    return _Segments(high, low, a, summed(conductance, -conductance), sloped)


def _upper(segments: _Segments, power: Array, drain: Array) -> Array:
    """Voltage of the first crossing from the top, nan where there is none."""
    spare = segments.a - drain[..., None]
    g = np.where(segments.sloped, segments.g, 1.0)
    root = spare**2 - 4 * g * power[..., None]
    found = (spare + np.sqrt(np.maximum(root, 0))) / (2 * g)
    slack = 1e-12 * np.abs(segments.high)
    inside = (found <= segments.high + slack) & (found >= np.maximum(segments.low, 0) - slack)
    valid = segments.sloped & (root >= 0) & (spare >= 0) & inside
    first = valid.argmax(axis=-1)[..., None]
    taken = np.where(np.take_along_axis(valid, first, -1), np.take_along_axis(found, first, -1), np.nan)
    return np.asarray(taken[..., 0])


def _too_much(segments: _Segments, power: Array, drain: Array, place: int) -> DidNotConverge:
    """Say which rack asks for how much more than its supplies can give beside the constant current."""
    index = np.unravel_index(place, power.shape)
    spare, g = segments.a[index] - drain[index], np.where(segments.sloped[index], segments.g[index], 1.0)
    high, low = segments.high[index], np.maximum(segments.low[index], 0)
    best = np.clip(spare / (2 * g), low, np.maximum(high, low))
    most = np.where(segments.sloped[index], best * (spare - g * best), -np.inf).max()
    rack = f"rack {tuple(map(int, index))}: " if index else ""
    beside = f" beside {drain[index]:.6g} A" if drain[index] else ""
    if not segments.sloped[index].any():
        return DidNotConverge(f"{rack}no supply is on: the bus has no voltage; turn on one or more")
    if most < 0:
        return DidNotConverge(f"{rack}the supplies that are on cannot carry {drain[index]:.6g} A; turn on more")
    return DidNotConverge(
        f"{rack}load_power = {power[index]:.6g} W{beside} is {power[index] - most:.6g} W above the most that the"
        f" supplies that are on can carry, {most:.6g} W; turn on more or lower the load"
    )


def supply_loss(supply: Supply, output_power: ArrayLike, online: ArrayLike = True) -> Array:
    """Return the conversion loss of supplies.

    loss = rated (c + q x^2) where on, x = output_power / rated.

    Parameters
    ----------
    supply : Supply
    output_power : (..., supply), DC power delivered [W]
    online : (..., supply), true where it is on [1]

    Returns
    -------
    (..., supply), AC input minus DC output [W]

    References
    ----------
    Derived: `shelf_loss`, for each supply.

    Examples
    --------
    >>> supply = Supply(rated_power=5.5e3, output_voltage=51.0, droop_resistance=3e-3, current_limit=120.0,
    ...                 loss_constant=0.00641, loss_quadratic=0.02564)
    >>> supply_loss(supply, [2750.0, 0.0], [True, False]).round(2)
    array([70.51,  0.  ])
    """
    load = np.asarray(output_power, dtype=float) / supply.rated_power
    loss = supply.rated_power * (supply.loss_constant + supply.loss_quadratic * load**2)
    return np.where(np.asarray(online, dtype=bool), loss, 0.0)
