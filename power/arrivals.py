"""Inference in time: requests arrive at random, alone or in batches, and occupy slots.

Contract: times in seconds, sorted; random numbers come from the caller's generator. Samples are means over their
step, so that energy is kept exactly.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Inference:
    """Requests, and what serves them."""

    request_rate: Annotated[float, "1/s", Gt(0)]
    """mean number of requests per second"""
    batch: Annotated[int, Ge(1)]
    """requests that arrive together"""
    service_time: Annotated[float, "s", Gt(0)]
    """for which a request occupies a slot"""
    slots: Annotated[int, Ge(1)]
    """requests served at once"""
    idle_power: Annotated[float, "W", Ge(0)]
    """without requests"""
    full_power: Annotated[float, "W", Ge(0)]
    """with every slot busy"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.full_power < self.idle_power:
            raise ValueError(f"Inference.full_power = {self.full_power}: must be >= idle_power = {self.idle_power} W")


def request_arrivals(inference: Inference, duration: float, random: np.random.Generator) -> Array:
    """Return when requests arrive: batches as a Poisson process, rate request_rate / batch.

    Parameters
    ----------
    inference : Inference
    duration : from 0 on [s]
    random : numpy.random.Generator

    Returns
    -------
    (request,), sorted [s]

    Raises
    ------
    ValueError
        where the duration is not positive.

    References
    ----------
    Kingman (1993), Poisson Processes, section 2.4: given their number, arrivals are uniform.

    Examples
    --------
    >>> chat = Inference(request_rate=10.0, batch=2, service_time=3.0, slots=64, idle_power=3e4, full_power=1.2e5)
    >>> request_arrivals(chat, 100.0, np.random.default_rng(0)).shape
    (1018,)
    """
    if not (np.isfinite(duration) and duration > 0):
        raise ValueError(f"duration = {duration}: must be finite and > 0 s")
    batches = random.poisson(inference.request_rate / inference.batch * duration)
    return np.repeat(np.sort(random.uniform(0.0, duration, batches)), inference.batch)


def service_starts(arrivals: ArrayLike, slots: int, service_time: float) -> Array:
    """Return when each request is taken up, first come, first served.

    s_k = max(a_k, s_(k - slots) + service_time): with equal service times request k follows request k - slots.

    Parameters
    ----------
    arrivals : (request,), sorted [s]
    slots : requests served at once
    service_time : [s]

    Returns
    -------
    (request,) [s]

    Raises
    ------
    ValueError
        where arrivals are not finite and sorted, there is no slot, or the service time is negative or not finite.

    References
    ----------
    Lindley (1952), Proc. Cambridge Phil. Soc. 48, 277 (the recursion of waiting times), solved by a running maximum.

    Examples
    --------
    >>> service_starts([0.0, 0.0, 0.5, 9.0], 2, 4.0)
    array([0., 0., 4., 9.])
    """
    times = np.asarray(arrivals, dtype=float)
    if not (np.isfinite(times).all() and (np.diff(times) >= 0).all()):
        raise ValueError("arrivals: must be finite and sorted")
    if slots < 1:
        raise ValueError(f"slots = {slots}: must be >= 1")
    if not 0 <= service_time < np.inf:
        raise ValueError(f"service_time = {service_time}: must be finite and >= 0 s")
    turns = -(-times.size // slots)
    lanes = np.full(turns * slots, np.inf)
    lanes[: times.size] = times
    queues = lanes.reshape(turns, slots)
    behind = service_time * np.arange(turns)[:, None]
    return np.asarray((np.maximum.accumulate(queues - behind, axis=0) + behind).ravel()[: times.size])


def inference_power(inference: Inference, arrivals: ArrayLike, step: float, samples: int) -> Array:
    """Return the mean power over each of consecutive steps from 0 on.

    P = idle + (full - idle) busy / slots.

    Parameters
    ----------
    inference : Inference
    arrivals : (request,), sorted [s]
    step : length of a sample [s]
    samples : number of samples, 1 or more

    Returns
    -------
    (time,) [W]

    Raises
    ------
    ValueError
        where the step is not positive, there is no sample, or arrivals are not sorted.

    References
    ----------
    Derived: differences of the time that slots have been busy; power linear in busy slots.

    Examples
    --------
    >>> chat = Inference(request_rate=1.0, batch=1, service_time=3.0, slots=2, idle_power=10.0, full_power=20.0)
    >>> inference_power(chat, [0.0, 1.5], 1.0, 5)
    array([15. , 17.5, 20. , 15. , 12.5])
    """
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step = {step}: must be finite and > 0 s")
    if samples < 1:
        raise ValueError(f"samples = {samples}: must be >= 1")
    starts = service_starts(arrivals, inference.slots, inference.service_time)
    edges = np.asarray(step * np.arange(samples + 1), dtype=float)
    begun = _since(starts, edges) - _since(starts + inference.service_time, edges)
    busy = np.diff(begun) / (step * inference.slots)
    return inference.idle_power + (inference.full_power - inference.idle_power) * busy


def _since(events: Array, edges: Array) -> Array:
    """Sum over the events before each edge of the time since."""
    ordered = np.sort(events)
    count = np.searchsorted(ordered, edges)
    return np.asarray(count * edges - np.concatenate(([0.0], np.cumsum(ordered)))[count])
