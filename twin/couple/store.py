"""What the energy store in the supplies of a rack can do: how long it lasts, and which steps it hides from the grid."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import power

Array = NDArray[np.float64]


def store_time(stores: Sequence[power.EnergyStore | None], drawn: Array) -> Array:
    """Return how long energy stores at their target charge last without input.

    They give what the rack draws, or their rating where that is less: t = E / (P / efficiency + standing loss).

    Parameters
    ----------
    stores : sequence of EnergyStore or None
        Of the supplies in service of each rack.
    drawn : (r,) array
        Power of the rack [W].

    Returns
    -------
    (r,) array
        Time [s]; nan where there is no store.

    References
    ----------
    Derived: energy balance of `power.march_store`.
    """
    names = ("capacity", "target_charge", "discharge_power", "discharge_efficiency", "standing_loss")
    capacity, target, most, efficiency, standing = (
        np.array([np.nan if store is None else getattr(store, name) for store in stores]) for name in names
    )
    return power.carried_time(target * capacity, np.minimum(drawn, most) / efficiency + standing)


def covered_step(store: power.EnergyStore) -> float:
    """Return the largest step, up or down, that a store at its target charge covers while the grid keeps its ramp.

    The grid follows a step D in D / r, the store gives or takes D^2 / 2r of it.

    Parameters
    ----------
    store : EnergyStore
        A store.

    Returns
    -------
    float
        Power [W].

    References
    ----------
    Derived: energy of the triangle between step and ramp; the standing loss is left out.
    """
    held, room = (part * store.capacity for part in (store.target_charge, 1 - store.target_charge))
    up = np.sqrt(2 * store.grid_ramp_up * held * store.discharge_efficiency)
    down = np.sqrt(2 * store.grid_ramp_down * room / store.charge_efficiency)
    return float(min(up, store.discharge_power, down, store.charge_power))
