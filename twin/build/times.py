"""Times of collectives over a rack's fabric and over its jobs, carried on from measurements."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import topology
from topology import ExpertLaw, Protocol
from twin.build.jobs import members
from twin.spec.types import Collectives, Factory, Traffic

Array = NDArray[np.float64]

#: Orders of popularity behind the mean and the 99 % quantile of a dispatch: layers of models.
DRAWS = 1000
QUANTILE = 0.99


class Laws(NamedTuple):
    """What the times of a group of GPUs follow."""

    all_to_all: tuple[Protocol, ...]
    all_reduce: tuple[Protocol, ...]
    dispatch: ExpertLaw
    combine: ExpertLaw
    step: float
    """Protocol latency of a step [s]."""
    launch: float
    """Launch of a call [s]."""
    basis: str
    """What was measured, and what is carried on from it."""


def collective_times(specs: Sequence[Factory], gpus: int, bandwidth: float) -> dict[str, Any]:
    """Return the headline times of all GPUs of each rack working as one group.

    Parameters
    ----------
    specs : sequence of Factory
        Racks of one fabric; give sizes, tokens, and what the times are carried on from.
    gpus : int
        GPUs on the fabric [1].
    bandwidth : float
        Of a GPU per direction, in an all-to-all over what is left of the fabric [B/s].

    Returns
    -------
    dict of str to (r,) array or list of str
        Names and units of `topology.FIELDS`; NaN for a single GPU.

    References
    ----------
    Derived: `topology.calibrated_collective`, `topology.expert_time`; bytes of the busiest GPU under skew.
    """
    names = ("latency_protocol", "latency_launch", "all_to_all_time", "all_reduce_time")
    expert = ("dispatch_time", "dispatch_time_p99", "combine_time", "combine_time_p99")
    found: dict[str, Any] = {name: np.full(len(specs), np.nan) for name in (*names, *expert)}
    found["all_to_all_message_bytes"] = np.array([spec.traffic.message_bytes for spec in specs])
    if gpus < 2:
        return found | {"collective_basis": ["none: a single GPU has no one to talk to"] * len(specs)}
    keys = [_key(spec.rack.collectives, spec.traffic, gpus, bandwidth) for spec in specs]
    factor = np.array([spec.rack.collectives.time_factor for spec in specs])
    reduced = np.array([spec.traffic.reduce_bytes for spec in specs])
    for key in dict.fromkeys(keys):
        rows = np.array([key == other for other in keys])
        law, times = laws(*key), factor[rows]
        sent = gpus * found["all_to_all_message_bytes"][rows]
        found["latency_protocol"][rows] = law.step
        found["latency_launch"][rows] = law.launch
        found["all_to_all_time"][rows] = times * topology.protocol_time(law.all_to_all, sent)
        found["all_reduce_time"][rows] = times * topology.protocol_time(law.all_reduce, reduced[rows])
        mine = [spec.traffic for spec, own in zip(specs, rows, strict=True) if own]
        for name, values in expert_times(law, mine, gpus, specs[0].traffic.pattern).items():
            found[name][rows] = times * values
    return found | {"collective_basis": [laws(*key).basis for key in keys]}


def _key(collectives: Collectives, traffic: Traffic, gpus: int, bandwidth: float) -> tuple[Any, ...]:
    return collectives.system, collectives.expert_kernel, traffic.token_type, gpus, bandwidth


@lru_cache(maxsize=64)
def laws(system: str, kernel: str, token_type: str, gpus: int, bandwidth: float) -> Laws:
    """Return what the times of a group follow.

    Parameters
    ----------
    system, kernel, token_type : str
        As in the spec.
    gpus : int
        Members, at least 2 [1].
    bandwidth : float
        Of each per direction [B/s].

    Returns
    -------
    Laws
        Lines and expert laws for this group and bandwidth.

    Raises
    ------
    ValueError
        Not measured; the message says what was.

    References
    ----------
    Derived: `topology.calibrated_collective`, `topology.measured_expert`; slopes of experts scale with the bandwidth.
    """
    exchange, reduction = (
        topology.calibrated_collective(system, operation, gpus=gpus, bandwidth=bandwidth)
        for operation in ("all_to_all", "all_reduce")
    )
    tier = topology.measured_tier(system, gpus=gpus)
    slower = topology.measured_bandwidth("gb200") / bandwidth
    dispatch, combine = (
        law._replace(per_byte=tuple(slope * slower for slope in law.per_byte))
        for law in (topology.measured_expert(name, kernel=kernel, dtype=token_type) for name in ("dispatch", "combine"))
    )
    carried = f"carried on to {gpus}" if exchange.extrapolated else "the group itself"
    scaled = "" if np.isclose(slower, 1) else f", slopes by bandwidth to {bandwidth / 1e9:.4g} GB/s"
    basis = (
        f"collectives: NCCL on {exchange.measured_gpus} GPUs of {system}, {carried}; experts: {kernel} on 2 to 32 GPUs "
        f"of gb200{'' if gpus <= 32 else f', carried on to {gpus}'}{scaled}"
    )
    return Laws(exchange.protocols, reduction.protocols, dispatch, combine, tier.protocol, tier.launch, basis)


def expert_times(law: Laws, traffics: Sequence[Traffic], gpus: int, pattern: str) -> dict[str, Array]:
    """Return mean and 99 % quantile of dispatch and combine over orders of popularity.

    Parameters
    ----------
    law : Laws
        Of the group.
    traffics : sequence of Traffic
        Give tokens and experts, which all share.
    gpus : int
        Members [1].
    pattern : str
        "uniform" or "expert_dispatch".

    Returns
    -------
    dict of str to (n,) array
        Times [s].

    References
    ----------
    Derived: the exchange ends with its busiest GPU, which receives in a dispatch and sends in a combine.
    """
    first = traffics[0]
    skew = (1.0, 1.0)
    if pattern == "expert_dispatch":
        skew = imbalance(gpus, first.experts, first.top_k, first.zipf_exponent, first.seed)
    tokens = np.array([traffic.tokens for traffic in traffics])
    found = {}
    for name, own in (("dispatch", law.dispatch), ("combine", law.combine)):
        each = [topology.expert_token_bytes(name, t.token_type, hidden=t.token_values) for t in traffics]
        sent = topology.expert_bytes(tokens, gpus, token_bytes=np.array(each), top_k=first.top_k)
        for suffix, busiest in zip(("", "_p99"), skew, strict=True):
            found[f"{name}_time{suffix}"] = topology.expert_time(own, sent * busiest, gpus)
    return found


@lru_cache(maxsize=64)
def imbalance(gpus: int, experts: int, top_k: int, zipf_exponent: float, seed: int) -> tuple[float, float]:
    """Return mean and 99 % quantile of the bytes of the busiest GPU over the mean, over orders of popularity.

    Parameters
    ----------
    gpus, experts, top_k : int
        The mixture of experts and its group [1].
    zipf_exponent : float
        Skew of popularity [1].
    seed : int
        Of the draws [1].

    Returns
    -------
    tuple of float
        Mean and quantile [1].

    References
    ----------
    Derived: `topology.expert_imbalance`.
    """
    rng = np.random.default_rng(seed)
    busiest = topology.expert_imbalance(
        gpus, experts=experts, top_k=top_k, zipf_exponent=zipf_exponent, draws=DRAWS, rng=rng
    )
    return float(busiest.mean()), float(np.quantile(busiest, QUANTILE))


def exchange_time(spec: Factory, gpus: int, bandwidth: float) -> float:
    """Return the time of an all-to-all of the spec's message.

    Parameters
    ----------
    spec : Factory
        Gives message, and what the time is carried on from.
    gpus : int
        Members, at least 2 [1].
    bandwidth : float
        Of each per direction [B/s].

    Returns
    -------
    float
        Time [s].

    References
    ----------
    Derived: `topology.calibrated_collective`.
    """
    law = laws(*_key(spec.rack.collectives, spec.traffic, gpus, bandwidth))
    time = float(topology.protocol_time(law.all_to_all, gpus * spec.traffic.message_bytes))
    return spec.rack.collectives.time_factor * time


def job_times(spec: Factory) -> dict[str, Array]:
    """Return the times of each job of a rack, its fabric intact.

    Parameters
    ----------
    spec : Factory
        The rack.

    Returns
    -------
    dict of str to (job,) array
        `job_gpu_count` [1], `job_all_to_all_time`, `job_dispatch_time`, `job_dispatch_time_p99` [s].

    References
    ----------
    Derived: as `collective_times`, for each job's GPUs.
    """
    who, link = members(spec.traffic, spec.rack.nvlink.gpus), spec.rack.nvlink
    patterns = [job.pattern for job in spec.traffic.jobs] or [spec.traffic.pattern]
    rows = []
    for count, pattern in zip(who.sizes, patterns, strict=True):
        law = laws(*_key(spec.rack.collectives, spec.traffic, count, link.gpu_bandwidth))
        expert = expert_times(law, [spec.traffic], count, pattern)
        times = (spec.rack.collectives.time_factor * float(expert[f"dispatch_time{end}"][0]) for end in ("", "_p99"))
        rows.append((count, exchange_time(spec, count, link.gpu_bandwidth), *times))
    names = ("job_gpu_count", "job_all_to_all_time", "job_dispatch_time", "job_dispatch_time_p99")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))
