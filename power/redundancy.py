"""What is left when supplies are lost: margins of banks, spare supplies, hold-up time.

Contract: arrays `(..., supply)`, leading axes are racks; watts, positive where there is enough.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def bank_margin(rating: ArrayLike, bank: ArrayLike, load_power: ArrayLike) -> Array:
    """Return what is left above the load when each bank is lost.

    margin_b = sum of the ratings outside bank b - load; N+N holds where no margin is negative.

    Parameters
    ----------
    rating : (..., supply), 0 where it is off [W]
    bank : (supply,), number of the bank of each, from 0 [1]
    load_power : (...) [W]

    Returns
    -------
    (..., bank) [W]

    Raises
    ------
    ValueError
        where a bank is not a whole number from 0, or there is not one for each supply.

    References
    ----------
    Derived: definition of redundancy.

    Examples
    --------
    Eight shelves of 33 kW, four on each feed, 135 kW:

    >>> bank_margin(np.full(8, 33e3), [0, 0, 0, 0, 1, 1, 1, 1], 135e3)
    array([-3000., -3000.])
    """
    ratings, banks = np.asarray(rating, dtype=float), np.asarray(bank)
    if banks.dtype.kind not in "iu" or banks.size == 0 or banks.min() < 0:
        raise ValueError(f"bank = {banks}: must be whole numbers >= 0, one for each supply")
    members = (banks == np.arange(banks.max() + 1)[:, None]).astype(float)
    if ratings.shape[-1:] != banks.shape:
        raise ValueError(f"bank has shape {banks.shape}: must be one for each supply of rating {ratings.shape}")
    left = ratings.sum(axis=-1, keepdims=True) - ratings @ members.T
    return np.asarray(left - np.asarray(load_power, dtype=float)[..., None])


def spare_supplies(rating: ArrayLike, load_power: ArrayLike) -> NDArray[np.int64]:
    """Return how many supplies may fail, the largest first, before the rest falls short of the load.

    Parameters
    ----------
    rating : (..., supply), 0 where it is off [W]
    load_power : (...) [W]

    Returns
    -------
    (...), k of N+k; -1 where even all fall short

    References
    ----------
    Derived: definition of redundancy.

    Examples
    --------
    >>> int(spare_supplies(np.full(6, 5.5e3), 20e3))
    2
    """
    largest = -np.sort(-np.asarray(rating, dtype=float), axis=-1)
    left = largest.sum(axis=-1, keepdims=True) - np.cumsum(largest, axis=-1)
    load = np.asarray(load_power, dtype=float)[..., None]
    enough = np.concatenate((largest.sum(axis=-1, keepdims=True), left), axis=-1) >= load
    running = np.concatenate((np.ones_like(largest[..., :1]), largest), axis=-1) > 0  # one that is off cannot fail
    return np.asarray((enough & running).sum(axis=-1) - 1)


def hold_up_time(
    capacitance: float | Array, voltage: float | Array, lowest_voltage: float | Array, power: float | Array
) -> Array:
    """Return how long a capacitor carries a constant power.

    t = C (V^2 - V_min^2) / (2 P), infinite without a load.

    Parameters
    ----------
    capacitance : (...) [F]
    voltage : (...), when the input is lost [V]
    lowest_voltage : (...), at which the converter behind stops [V]
    power : (...), taken out of the capacitor [W]

    Returns
    -------
    (...) [s]

    Raises
    ------
    ValueError
        where the lowest voltage is above the voltage, or the power is negative.

    References
    ----------
    Derived: energy of a capacitor.

    Examples
    --------
    >>> round(float(hold_up_time(1.5e-3, 400.0, 300.0, 5.64e3)), 4)
    0.0093
    """
    if (np.asarray(lowest_voltage) > np.asarray(voltage)).any():
        raise ValueError(f"lowest_voltage = {lowest_voltage}: must be <= voltage = {voltage} V")
    watts = np.asarray(power, dtype=float)
    if not (watts >= 0).all():
        raise ValueError(f"power = {power}: must be >= 0 W")
    energy = capacitance * (np.square(voltage) - np.square(lowest_voltage)) / 2
    shape = np.broadcast_shapes(np.shape(energy), watts.shape)
    return np.divide(energy, watts, out=np.full(shape, np.inf), where=watts > 0)
