"""The jobs that share a fabric: which GPUs each has, what they offer, and how their bytes are shared out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import topology
from twin.spec.types import Traffic

Array = NDArray[np.float64]


class Members(NamedTuple):
    """Who runs what."""

    names: tuple[str, ...]
    """Of the jobs."""
    sizes: tuple[int, ...]
    """GPUs of each."""
    job: NDArray[np.int64]
    """Job of each GPU, -1 for GPUs of none (gpus,)."""


class Pattern(NamedTuple):
    """What decides who sends to whom, as a key; how much is sent does not enter."""

    jobs: tuple[tuple[int, str], ...]
    """GPUs and pattern of each job; none: one job on all GPUs."""
    name: str
    """Pattern of that."""
    experts: int
    top_k: int
    zipf_exponent: float
    seed: int


def traffic_pattern(traffic: Traffic) -> Pattern:
    """Return what decides who sends to whom.

    Parameters
    ----------
    traffic : Traffic
        The traffic.

    Returns
    -------
    Pattern
        Equal for racks that share their traffic's operators.

    References
    ----------
    Derived: all fields but injections and sizes.
    """
    jobs = tuple((job.gpus, job.pattern) for job in traffic.jobs)
    return Pattern(jobs, traffic.pattern, traffic.experts, traffic.top_k, traffic.zipf_exponent, traffic.seed)


def members(traffic: Traffic, gpus: int) -> Members:
    """Return which GPUs each job has: neighbours, in the order of the jobs.

    Parameters
    ----------
    traffic : Traffic
        The traffic.
    gpus : int
        GPUs of the rack [1].

    Returns
    -------
    Members
        One job named ``all`` where the traffic names none.

    References
    ----------
    Derived: order of the jobs.
    """
    if not traffic.jobs:
        return Members(traffic.job_names, (gpus,), np.zeros(gpus, dtype=np.int64))
    count = tuple(job.gpus for job in traffic.jobs)
    return Members(traffic.job_names, count, _job_of_gpu(count, gpus))


def _job_of_gpu(count: tuple[int, ...], gpus: int) -> NDArray[np.int64]:
    job = np.full(gpus, -1, dtype=np.int64)
    job[: sum(count)] = np.repeat(np.arange(len(count)), count)
    return job


def injections(traffic: Traffic, gpus: int) -> Array:
    """Return what each GPU offers at full load and clock.

    Parameters
    ----------
    traffic : Traffic
        The traffic.
    gpus : int
        GPUs of the rack [1].

    Returns
    -------
    (gpus,) array
        Share of its bandwidth [1]; 0 for GPUs of no job.

    References
    ----------
    Derived: each GPU that of its job.
    """
    if not traffic.jobs:
        return np.full(gpus, traffic.injection)
    job = members(traffic, gpus).job
    return np.where(job >= 0, np.array([each.injection for each in traffic.jobs])[job], 0.0)


def shares(gpus: int, pattern: Pattern) -> Array:
    """Return the share of each GPU's bytes that goes to each other GPU of its job.

    Parameters
    ----------
    gpus : int
        GPUs of the rack [1].
    pattern : Pattern
        Who sends to whom.

    Returns
    -------
    (gpus, gpus) array
        Rows sum to 1, or to 0 for GPUs of no job [1].

    References
    ----------
    Derived: `topology.uniform` and `topology.expert_dispatch`, one block for each job.
    """
    found, first = np.zeros((gpus, gpus)), 0
    for count, name in pattern.jobs or ((gpus, pattern.name),):
        own = slice(first, first + count)
        found[own, own] = _shares(count, name, pattern)
        first += count
    return found


def _shares(gpus: int, name: str, pattern: Pattern) -> Array:
    if name == "uniform":
        return topology.uniform(gpus)
    rng = np.random.default_rng(pattern.seed)
    return topology.expert_dispatch(
        gpus, experts=pattern.experts, top_k=pattern.top_k, zipf_exponent=pattern.zipf_exponent, rng=rng
    )
