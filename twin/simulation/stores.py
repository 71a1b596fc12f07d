"""The energy store between grid and rack, instant by instant.

Contract: the rack's power is a straight line between two instants, the grid's is constant over each part of that line;
energy from the grid is that of the rack, the store's loss and its gain, to round-off. Its loss is heat in the air.
Supplies out of service keep the energy they had, and bring it back.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from twin.simulation.pace import Pace
from twin.spec.types import Rack

Array = NDArray[np.float64]

#: Steps of the store in its recharge time, at least: its control is explicit in time.
RESOLVED = 10
#: Change of energy [J] and power [W] in a step, as a share of either, at which a store is at rest.
STILL = 1e-7


class RackStore(NamedTuple):
    """Where the store of a rack stands."""

    energy: float
    """In the supplies in service [J]."""
    grid_power: float
    """From the grid, last [W]."""
    capacity: float
    """Of the supplies in service [J]."""
    away: float
    """Energy in the supplies out of service since they were lost [J]."""


class StoreCourse(NamedTuple):
    """The store over a step of the loop."""

    state: RackStore | None
    """At its end; none without a store."""
    grid: Array
    """(n, parts) from the grid, parts of each step of the packages [W]"""
    energy: Array
    """(n + 1,) in the supplies in service [J]"""
    held: Array
    """(n + 1,) in all supplies [J]"""
    least: Array
    """(n,) least held at any instant [J]"""
    most: Array
    """(n,) and most [J]"""
    loss: Array
    """(n,) mean [W]"""


def settled(store: power.EnergyStore | None, load: float) -> RackStore | None:
    """Return the store at rest under a constant load.

    Parameters
    ----------
    store : EnergyStore or None
        That of the supplies in service.
    load : float
        AC power of the rack [W].

    Returns
    -------
    RackStore or None
        None without a store.

    References
    ----------
    Derived: what recharges it makes up for its standing loss.
    """
    if store is None:
        return None
    lacking = standing(store) * store.recharge_time
    energy = store.target_charge * store.capacity - lacking
    return RackStore(float(energy), float(load + standing(store)), store.capacity, 0.0)


def handed_over(rack: Rack, before: RackStore) -> RackStore:
    """Return the store once its supplies in service have changed: lost ones take their share of the energy along.

    Parameters
    ----------
    rack : Rack
        The rack as it is now.
    before : RackStore
        As it was.

    Returns
    -------
    RackStore
        With the same energy in all supplies.

    References
    ----------
    Derived: supplies in service are charged alike, and so are those out of service.
    """
    now = rack.store_in_service
    if now is None or rack.store is None or now.capacity == before.capacity:
        return before
    if now.capacity < before.capacity:
        moved = before.energy * (1 - now.capacity / before.capacity)
    else:
        moved = -before.away * (now.capacity - before.capacity) / (rack.store.capacity - before.capacity)
    return before._replace(energy=before.energy - moved, capacity=now.capacity, away=before.away + moved)


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


def stored(rack: Rack, before: RackStore | None, load: Array, pace: Pace) -> StoreCourse:
    """Return what the grid gives to a rack with a store.

    Parameters
    ----------
    rack : Rack
        The rack with the banks of shelves in service.
    before : RackStore or None
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
    middle, store = (load[:-1] + load[1:]) / 2, rack.store_in_service
    shape = (pace.ticks, -1)
    now = None if store is None or before is None else handed_over(rack, before)
    if store is None or now is None or pace.coarse:
        energy, away = (0.0, 0.0) if now is None else (now.energy, now.away)
        more, still = standing(store), np.full(pace.ticks + 1, energy)
        rest = None if now is None else now._replace(grid_power=float(load[-1]) + more)
        grid, loss = (middle + more).reshape(shape), np.full(pace.ticks, more)
        return StoreCourse(rest, grid, still, still + away, still[1:], still[1:], loss)
    step = pace.step / pace.instants
    parts = ceil(step * RESOLVED / store.recharge_time - 1e-9)
    share = (np.arange(parts) + 0.5) / parts
    fine = (load[:-1, None] * (1 - share) + load[1:, None] * share).ravel()
    start = power.StoreState(np.asarray(now.energy), np.asarray(now.grid_power))
    found = power.march_store(store, fine, step / parts, start)
    each = found.energy.reshape(shape)
    held = np.concatenate([[now.energy], each[:, -1]])
    return StoreCourse(
        state=now._replace(energy=float(found.state.energy), grid_power=float(found.state.grid_power)),
        grid=found.grid_power.reshape(shape),
        energy=held,
        held=held + now.away,
        least=np.fmin(held[:-1], each.min(axis=1)),
        most=np.fmax(held[:-1], each.max(axis=1)),
        loss=found.loss.reshape(shape).sum(axis=1) / pace.step,
    )
