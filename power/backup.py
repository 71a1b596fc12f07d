"""A site without its mains: battery, generator and mains in time.

Contract: series `(..., time)` of equal steps, leading axes are sites; a value holds over its step, and every delay is
resolved to the step. Mains + generator + battery out = load served + battery in; energy of the battery stays in
[0, capacity].
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import checked_series

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Battery:
    """The battery of a UPS or a battery energy storage system, with its converter."""

    capacity: Annotated[float, "J", Gt(0)]
    """usable energy"""
    discharge_power: Annotated[float, "W", Gt(0)]
    """most it gives, after its loss"""
    charge_power: Annotated[float, "W", Ge(0)]
    """most it takes, before its loss"""
    discharge_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """given over withdrawn"""
    charge_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """held over taken"""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Genset:
    """Standby generators and their transfer switch."""

    rated_power: Annotated[float, "W", Gt(0)]
    """standby rating"""
    start_delay: Annotated[float, "s", Ge(0)]
    """loss of mains to the order to start"""
    start_time: Annotated[float, "s", Ge(0)]
    """order to start to rated voltage and frequency, transfer included"""
    ramp_rate: Annotated[float, "W/s", Gt(0)]
    """how fast it takes load over from the battery"""
    return_delay: Annotated[float, "s", Ge(0)]
    """how long the mains is back before the load returns to it"""

    def __post_init__(self) -> None:
        check_fields(self)


class BackupCourse(NamedTuple):
    """A march through the loss and return of the mains."""

    mains_power: Array
    """(..., time) [W]"""
    genset_power: Array
    """(..., time) [W]"""
    battery_power: Array
    """(..., time) out of the battery, negative while it charges [W]"""
    energy: Array
    """(..., time) of the battery at the end of each step [J]"""
    unserved_power: Array
    """(..., time) load without supply [W]"""


def march_backup(
    battery: Battery, genset: Genset | None, load: ArrayLike, mains: ArrayLike, step: float, charge: float = 1.0
) -> BackupCourse:
    """March a site through a series of load and of what the mains can give.

    Mains first; without it the battery at once and the generator after start_delay + start_time, along its ramp. What
    is left over charges the battery.

    Parameters
    ----------
    battery : Battery
    genset : Genset, or None where there is none
    load : (..., time), input of the load, UPS losses included [W]
    mains : (..., time), the most the mains can give; 0 is an outage, in which the generator is ordered to start [W]
    step : time between samples [s]
    charge : state of charge at the start, in [0, 1] [1]

    Returns
    -------
    BackupCourse

    Raises
    ------
    ValueError
        where a series is negative or not finite, the step is not positive, or the charge is not in [0, 1].

    Notes
    -----
    Mains below the load but above 0 is a limit, not an outage: the battery fills in and the generator stays off. After
    an outage the load stays on the generator, once that has begun to take over, until the mains has been back for
    return_delay and carries the load, or as much of it as the generator; before, it returns to the mains at once. The
    generator does not charge the battery beyond what its ramp leaves over.

    References
    ----------
    Derived: energy balance of the battery, exact for series that are constant over a step; means of the ramp over it.

    Examples
    --------
    1 MW, mains lost; the generator is there after 12 s and takes 200 kW/s:

    >>> battery = Battery(capacity=3e8, discharge_power=1.2e6, charge_power=1e5, discharge_efficiency=0.96,
    ...                   charge_efficiency=0.96)
    >>> genset = Genset(rated_power=2e6, start_delay=2.0, start_time=10.0, ramp_rate=2e5, return_delay=60.0)
    >>> found = march_backup(battery, genset, np.full(30, 1e6), np.zeros(30), 1.0)
    >>> found.genset_power[[11, 12, 16, 29]], float(found.battery_power.clip(0).sum())
    (array([      0.,  100000.,  900000., 1100000.]), 14500000.0)
    """
    wanted, given = np.broadcast_arrays(checked_series("load", load, step, 1), checked_series("mains", mains, step, 1))
    for name, series in (("load", wanted), ("mains", given)):
        if (series < 0).any():
            raise ValueError(f"{name} has {series.min()}: must be >= 0 W")
    if not 0 <= charge <= 1:
        raise ValueError(f"charge = {charge}: must be 0 to 1")
    steps, sites = wanted.shape[-1], wanted.shape[:-1]
    course = np.empty((5, steps, *sites))
    energy = np.full(sites, charge * battery.capacity)
    lost, back, running = np.zeros(sites), np.zeros(sites), np.zeros(sites)
    on_genset = np.zeros(sites, dtype=bool)
    for now in range(steps):
        demand, supply = wanted[..., now], given[..., now]
        out = supply <= 0
        if genset is not None:
            before, strong = running, supply >= np.minimum(demand, genset.rated_power)
            running, lost, back = _genset(genset, (out, strong), (running, lost, back), step)
            supply = np.where(running > 0, _ramped(genset, before, demand, step), supply)
        on_genset = running > 0
        flow, energy = _battery(battery, demand, supply, energy, step)
        drawn = np.minimum(supply, demand + np.maximum(-flow, 0))
        unserved = np.maximum(demand - drawn - np.maximum(flow, 0), 0)
        course[:, now] = np.where(on_genset, 0, drawn), np.where(on_genset, drawn, 0), flow, energy, unserved
    return BackupCourse(*np.moveaxis(course, 1, -1))


def _genset(
    genset: Genset, mains: tuple[Flags, Flags], state: tuple[Array, Array, Array], step: float
) -> tuple[Array, Array, Array]:
    """Power the generator has come to at the end of the step, 0: off; time since the loss; time since the return."""
    (out, strong), (running, lost, back) = mains, state
    ready = out & (lost >= (genset.start_delay + genset.start_time) * (1 - 1e-9))
    keep = (running > 0) & ~(strong & (back >= genset.return_delay * (1 - 1e-9)))
    raised = np.minimum(running + genset.ramp_rate * step, genset.rated_power)
    back = np.where(strong & ~out, back + step, 0.0)
    return np.where(ready | keep, raised, 0.0), np.where(out, lost + step, 0.0), back


def _ramped(genset: Genset, running: Array, demand: Array, step: float) -> Array:
    """Mean over the step of what the generator gives along its ramp, which stops at the load it takes over."""
    most = np.where(running < demand, np.minimum(demand, genset.rated_power), genset.rated_power)
    rise = np.minimum(most - running, genset.ramp_rate * step)
    return running + rise * (1 - rise / (2 * genset.ramp_rate * step))


def _battery(battery: Battery, demand: Array, supply: Array, energy: Array, step: float) -> tuple[Array, Array]:
    """Power out of the battery over a step, and its energy after it."""
    most = np.minimum(battery.discharge_power, energy * battery.discharge_efficiency / step)
    given = np.minimum(np.maximum(demand - supply, 0), most)
    room = (battery.capacity - energy) / (battery.charge_efficiency * step)
    taken = np.minimum(np.minimum(np.maximum(supply - demand, 0), battery.charge_power), room)
    after = energy + step * (taken * battery.charge_efficiency - given / battery.discharge_efficiency)
    return given - taken, np.clip(after, 0, battery.capacity)


def bridge_energy(genset: Genset, load: ArrayLike) -> Array:
    """Energy a battery has to give until the generator carries a constant load.

    E = P (t_delay + t_start) + P^2 / (2 r).

    Parameters
    ----------
    genset : Genset
    load : (...), at most its rated power [W]

    Returns
    -------
    (...), at the terminals of the battery [J]

    Raises
    ------
    ValueError
        where a load is negative or above the rating.

    References
    ----------
    Derived: integral of load minus generator power along its ramp.

    Examples
    --------
    >>> genset = Genset(rated_power=2e6, start_delay=2.0, start_time=10.0, ramp_rate=2e5, return_delay=60.0)
    >>> float(bridge_energy(genset, 1e6))
    14500000.0
    """
    watts = np.asarray(load, dtype=float)
    if not np.all((watts >= 0) & (watts <= genset.rated_power)):
        raise ValueError(f"load = {watts.tolist()}: must be 0 to Genset.rated_power = {genset.rated_power} W")
    return np.asarray(watts * (genset.start_delay + genset.start_time) + watts**2 / (2 * genset.ramp_rate))
