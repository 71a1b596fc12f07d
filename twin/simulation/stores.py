"""The energy store between grid and rack, instant by instant.

Contract: the rack's power is a straight line between two instants, the grid's is constant over each part of that line;
energy from the grid is that of the rack, the store's loss and its gain, to round-off. Its loss is heat in the air.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from twin.simulation.pace import Pace

Array = NDArray[np.float64]

#: Steps of the store in its recharge time, at least: its control is explicit in time.
RESOLVED = 10
#: Change of energy [J] and power [W] in a step, as a share of either, at which a store is at rest.
STILL = 1e-7


class StoreCourse(NamedTuple):
    """The store over a step of the loop."""

    state: power.StoreState | None
    """At its end; none without a store."""
    grid: Array
    """(n, parts) from the grid, parts of each step of the packages [W]"""
    energy: Array
    """(n + 1,) held [J]"""
    loss: Array
    """(n,) mean [W]"""


def settled(store: power.EnergyStore | None, load: float) -> power.StoreState | None:
    """Return the store at rest under a constant load.

    Parameters
    ----------
    store : EnergyStore or None
        The store.
    load : float
        AC power of the rack [W].

    Returns
    -------
    StoreState or None
        None without a store.

    References
    ----------
    Derived: what recharges it makes up for its standing loss.
    """
    if store is None:
        return None
    lacking = standing(store) * store.recharge_time
    return power.StoreState(*map(float, (store.target_charge * store.capacity - lacking, load + standing(store))))  # type: ignore[arg-type]


def standing(store: power.EnergyStore | None) -> float:
    """Return what a store at rest takes from the grid [W]."""
    if store is None:
        return 0.0
    most = min(store.charge_power, store.target_charge * store.capacity / store.recharge_time)
    return min(store.standing_loss / store.charge_efficiency, most)


def at_rest(energy: Array, grid: Array) -> bool:
    """Return whether the store neither gives nor takes.

    Parameters
    ----------
    energy : (n + 1,) array
        Held [J].
    grid : (n,) array
        Power from the grid [W].

    Returns
    -------
    bool

    References
    ----------
    Derived: spans of both over a step of the loop.
    """
    return bool(max(np.ptp(part) / part.max(initial=1.0) for part in (energy, grid)) <= STILL)


def stored(store: power.EnergyStore | None, before: power.StoreState | None, load: Array, pace: Pace) -> StoreCourse:
    """Return what the grid gives to a rack with a store.

    Parameters
    ----------
    store : EnergyStore or None
        The store.
    before : StoreState or None
        At the first instant.
    load : (instants,) array
        AC power of the rack [W].
    pace : Pace
        How the step is cut; in a coarse one the store is at rest.

    Returns
    -------
    StoreCourse

    References
    ----------
    Derived: `power.march_store` on the means between instants.
    """
    middle = (load[:-1] + load[1:]) / 2
    shape = (pace.ticks, -1)
    if store is None or before is None or pace.coarse:
        held = 0.0 if before is None else float(before.energy)
        more = standing(store)
        rest = None if before is None else before._replace(grid_power=float(load[-1]) + more)  # type: ignore[arg-type]
        return StoreCourse(
            rest, (middle + more).reshape(shape), np.full(pace.ticks + 1, held), np.full(pace.ticks, more)
        )
    step = pace.step / pace.instants
    parts = ceil(step * RESOLVED / store.recharge_time - 1e-9)
    share = (np.arange(parts) + 0.5) / parts
    fine = (load[:-1, None] * (1 - share) + load[1:, None] * share).ravel()
    found = power.march_store(store, fine, step / parts, before)
    ends = found.energy.reshape(shape)[:, -1]
    return StoreCourse(
        state=power.StoreState(*(float(part) for part in found.state)),  # type: ignore[arg-type]
        grid=found.grid_power.reshape(shape),
        energy=np.concatenate([[float(before.energy)], ends]),
        loss=found.loss.reshape(shape).sum(axis=1) / pace.step,
    )
