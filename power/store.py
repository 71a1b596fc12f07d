"""An energy store between the grid and a load: it carries what the grid, held to its ramps, does not.

Contract: series `(..., time)` of equal steps, leading axes are racks; powers positive from the grid to the load. The
load is always served: where the store is empty, full or at its rating the grid follows the load and breaks its ramp.
Energy from the grid = energy to the load + loss + change of energy held.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import checked_series

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class EnergyStore:
    """Capacitors or cells with their converter and its control."""

    capacity: Annotated[float, "J", Gt(0)]
    """usable energy"""
    charge_power: Annotated[float, "W", Gt(0)]
    """highest power into it, before its loss"""
    discharge_power: Annotated[float, "W", Gt(0)]
    """highest power out of it, after its loss"""
    charge_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """held over taken"""
    discharge_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """given over withdrawn"""
    standing_loss: Annotated[float, "W", Ge(0)]
    """self-discharge, while there is energy"""
    target_charge: Annotated[float, "1", Ge(0), Le(1)]
    """state of charge that the control returns to"""
    recharge_time: Annotated[float, "s", Gt(0)]
    """time constant of that return"""
    grid_ramp_up: Annotated[float, "W/s", Gt(0)]
    """fastest rise of grid power"""
    grid_ramp_down: Annotated[float, "W/s", Gt(0)]
    """fastest fall of grid power"""

    def __post_init__(self) -> None:
        check_fields(self)


class StoreState(NamedTuple):
    """Where a march stands."""

    energy: Array
    """(...) held [J]"""
    grid_power: Array
    """(...) drawn last [W]"""


class Stored(NamedTuple):
    """A march of a store."""

    grid_power: Array
    """(..., time) from the grid [W]"""
    energy: Array
    """(..., time) held at the end of each step [J]"""
    loss: Array
    """(..., time) turned into heat in each step [J]"""
    state: StoreState
    """after the last step"""


def march_store(store: EnergyStore, load: ArrayLike, step: float, start: StoreState | None = None) -> Stored:
    """March a store through a load.

    Grid power follows load + (target - energy) / recharge_time within its ramps; the store covers the difference as far
    as its ratings and its energy allow.

    Parameters
    ----------
    store : EnergyStore
    load : (..., time) [W]
    step : time between samples, at most recharge_time [s]
    start : StoreState, by default at its target with the grid carrying the first load

    Returns
    -------
    Stored

    Raises
    ------
    ValueError
        where the step is not positive or too long, load is empty, not finite or negative, or the start is not finite,
        holds more than the capacity or less than nothing.

    References
    ----------
    Derived: energy balance of the store, explicit in time, exact for loads that are constant over a step.

    Examples
    --------
    >>> store = EnergyStore(capacity=1000.0, charge_power=500.0, discharge_power=500.0, charge_efficiency=1.0,
    ...                     discharge_efficiency=1.0, standing_loss=0.0, target_charge=0.5, recharge_time=1e9,
    ...                     grid_ramp_up=100.0, grid_ramp_down=100.0)
    >>> found = march_store(store, [0.0, 300.0, 300.0, 300.0], 1.0)
    >>> found.grid_power.round(3), found.energy.round(3)
    (array([  0., 100., 200., 300.]), array([500., 300., 200., 200.]))
    """
    from power.march_kernels import exchange

    series = checked_series("load", load, step, 1)
    if (series < 0).any():
        raise ValueError(f"load has {series.min()}: must be >= 0 W")
    if step > store.recharge_time:
        raise ValueError(f"step = {step}: must be <= EnergyStore.recharge_time = {store.recharge_time} s")
    racks, target = series.shape[:-1], store.target_charge * store.capacity
    state = StoreState(np.full(racks, target), series[..., 0]) if start is None else start
    held, drawn = (np.array(np.broadcast_to(part, racks), dtype=float).reshape(-1) for part in state)
    if not ((held >= 0) & (held <= store.capacity)).all():
        raise ValueError(f"start.energy = {state.energy}: must be 0 to EnergyStore.capacity = {store.capacity} J")
    if not np.isfinite(drawn).all():
        raise ValueError(f"start.grid_power = {state.grid_power}: must be finite")
    law = (
        store.capacity,
        store.charge_power,
        store.discharge_power,
        store.charge_efficiency,
        store.discharge_efficiency,
        store.standing_loss,
        target,
        1 / store.recharge_time,
        store.grid_ramp_up * step,
        store.grid_ramp_down * step,
        step,
    )
    rows = np.ascontiguousarray(series.reshape(-1, series.shape[-1]))
    grid, energy, loss = (np.empty_like(rows) for _ in range(3))
    exchange(rows, law, (grid, energy, loss, held, drawn))
    grid, energy, loss = (part.reshape(series.shape) for part in (grid, energy, loss))
    return Stored(grid, energy, loss, StoreState(held.reshape(racks), drawn.reshape(racks)))


def carried_time(energy: float | Array, power: float | Array) -> Array:
    """Return how long an energy carries a power.

    t = E / P.

    Parameters
    ----------
    energy : (...) [J]
    power : (...) [W]

    Returns
    -------
    (...) [s]

    References
    ----------
    Derived: definition of power.

    Examples
    --------
    72 modules of 65 J carry a rack of 132 kW for 35 ms.

    >>> round(float(carried_time(72 * 65.0, 132e3)), 4)
    0.0355
    """
    return np.asarray(energy) / np.asarray(power)


def square_swing_energy(swing: float | Array, frequency: float | Array, duty: float | Array = 0.5) -> Array:
    """Return the least energy of a lossless store that makes a square swing flat.

    E = swing duty (1 - duty) / frequency.

    Parameters
    ----------
    swing : (...), high minus low [W]
    frequency : (...) [Hz]
    duty : (...), share of the period at the high level [1]

    Returns
    -------
    (...) [J]

    References
    ----------
    Derived: what the high level takes above the mean in one period.

    Examples
    --------
    Half of 132 kW, once per second:

    >>> float(square_swing_energy(66e3, 1.0))
    16500.0
    """
    return np.asarray(swing * duty * (1 - duty) / frequency)


def flattened_frequency(energy: float | Array, swing: float | Array, duty: float | Array = 0.5) -> Array:
    """Return the lossless bound: the frequency below which no store of an energy makes a square swing flat.

    f = swing duty (1 - duty) / E. A store with losses and a control, as in `march_store`, may flatten none.

    Parameters
    ----------
    energy : (...), of the store [J]
    swing : (...), high minus low [W]
    duty : (...), share of the period at the high level [1]

    Returns
    -------
    (...) [Hz]

    References
    ----------
    Derived: `square_swing_energy` solved for the frequency.

    Examples
    --------
    >>> round(float(flattened_frequency(72 * 65.0, 66e3)), 2)
    3.53
    """
    return np.asarray(swing * duty * (1 - duty) / energy)


def flattening_energy(power: ArrayLike, step: float) -> Array:
    """Return the least energy of a lossless store that makes a series flat at its mean.

    Highest minus lowest value of the running integral of power minus mean.

    Parameters
    ----------
    power : (..., time) [W]
    step : time between samples [s]

    Returns
    -------
    (...) [J]

    Raises
    ------
    ValueError
        where the step is not positive, or the series is empty or not finite.

    References
    ----------
    Derived: energy balance of the store.

    Examples
    --------
    >>> float(flattening_energy([0.0, 0.0, 4.0, 4.0], 0.5))
    2.0
    """
    series = checked_series("power", power, step, 1)
    above = np.cumsum(series - series.mean(axis=-1, keepdims=True), axis=-1) * step
    return np.asarray(np.maximum(above.max(axis=-1), 0) - np.minimum(above.min(axis=-1), 0))
