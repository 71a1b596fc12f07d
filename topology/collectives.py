"""Time of an exchange under the even split over planes, and of collectives from their steps and bytes.

Contract: t = startup + max over directed links of bytes / (efficiency * bandwidth); decimal bytes;
startup is the whole latency of the operation; efficiency is the part of the bandwidth left for payload.
A collective has launch once, hardware and protocol latency once per step, and the bytes of its busiest member.
`message_bytes` of a collective is nccl-tests' size: the whole buffer of a GPU (see `topology.protocols`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike

from topology.algorithms import Algorithm, Operation, steps_and_share
from topology.checks import check_fields
from topology.fabric import Array, Fabric
from topology.routing import even_split_loads, utilization
from topology.traffic import uniform

#: Operations whose buffer is already cut to 1 / gpus of the inner tier when it reaches the outer one.
_SHARDED = ("all_reduce", "all_gather", "reduce_scatter")


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One level of a machine as a collective sees it: equal members, each with the same bandwidth."""

    gpus: Annotated[int, Ge(1)]
    """Members that exchange on this level: GPUs of a rack, racks of a hall."""
    bandwidth: Annotated[float, "B/s", Gt(0)]
    """Bandwidth of one member per direction."""
    efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """Part of the bandwidth left for payload."""
    hardware: Annotated[float, "s", Ge(0)]
    """Latency of one step in GPU, links and switch."""
    protocol: Annotated[float, "s", Ge(0)]
    """Latency of one step in software: flags, synchronisation, reduction."""
    launch: Annotated[float, "s", Ge(0)]
    """Launch of the call, once."""

    def __post_init__(self) -> None:
        check_fields(self)


class CollectiveTime(NamedTuple):
    """Time of a collective in parts, each (...) [s]."""

    launch: Array
    """Launch of the call [s]."""
    hardware: Array
    """Latency of all steps in GPUs, links and switches [s]."""
    protocol: Array
    """Latency of all steps in software [s]."""
    transfer: Array
    """Bytes of the busiest member over its bandwidth [s]."""
    total: Array
    """Sum of the four [s]."""


def transfer_time(fabric: Fabric, bytes_matrix: Array, *, startup: ArrayLike, efficiency: ArrayLike = 1.0) -> Array:
    """Time to deliver a matrix of bytes, all pairs starting together.

    Parameters
    ----------
    fabric : Fabric
    bytes_matrix : (..., gpus, gpus), from GPU i to GPU j, diagonal 0 [B]
    startup : (...), latency before the first byte arrives [s]
    efficiency : (...), payload per bandwidth, above 0 and at most 1 [1]

    Returns
    -------
    (...), time until the last byte has arrived [s]

    Raises
    ------
    ValueError
        if the matrix is refused by `even_split_loads`, startup is negative or efficiency outside its range

    Notes
    -----
    A lower bound for any schedule with this split: the busiest link is never idle.

    References
    ----------
    Hockney, 1994, Parallel Computing 20 (startup + bytes / bandwidth), on the busiest link.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> one = np.zeros((72, 72))
    >>> one[3, 5] = 9e6
    >>> round(float(transfer_time(nvl72, one, startup=2e-6)) * 1e6, 9)
    12.0
    """
    _check(startup, efficiency)
    busiest = utilization(fabric, even_split_loads(fabric, bytes_matrix)).max(axis=-1)
    return np.asarray(startup) + busiest / np.asarray(efficiency)


def all_to_all_time(
    fabric: Fabric, message_bytes: ArrayLike, *, startup: ArrayLike, efficiency: ArrayLike = 1.0
) -> Array:
    """Time of an all-to-all: the same message from every GPU to every other, nothing to itself.

    Parameters
    ----------
    fabric : Fabric
    message_bytes : (...), bytes per ordered pair [B]
    startup : (...), latency before the first byte arrives [s]
    efficiency : (...), payload per bandwidth, above 0 and at most 1 [1]

    Returns
    -------
    (...), time until the last byte has arrived [s]

    Raises
    ------
    ValueError
        if a message or startup is negative, efficiency outside its range, or two GPUs have no plane in common

    Notes
    -----
    (gpus - 1) * message / bandwidth of a GPU + startup where all GPUs are wired equally.

    References
    ----------
    Hockney, 1994, Parallel Computing 20 (startup + bytes / bandwidth), on the busiest link.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> round(float(all_to_all_time(nvl72, 1e6, startup=2 * 250e-9)) * 1e6, 6)
    79.388889
    """
    size = np.asarray(message_bytes, np.float64)
    if not np.all(size >= 0):
        raise ValueError(f"message_bytes = {np.min(size)}: must be >= 0 B")
    gpus = len(fabric.gpus)
    _check(startup, efficiency)
    per_byte = transfer_time(fabric, (gpus - 1) * uniform(gpus), startup=0.0)
    return np.asarray(startup) + size * per_byte / np.asarray(efficiency)


def _check(startup: ArrayLike, efficiency: ArrayLike) -> None:
    if not np.all(np.asarray(startup) >= 0):
        raise ValueError(f"startup = {np.min(startup)}: must be >= 0 s")
    if not np.all((np.asarray(efficiency) > 0) & (np.asarray(efficiency) <= 1)):
        raise ValueError(f"efficiency = {efficiency!r}: must be > 0 and <= 1")


def collective_time(
    operation: Operation, tier: Tier, message_bytes: ArrayLike, *, algorithm: Algorithm
) -> CollectiveTime:
    """Time of a collective on one tier: launch + steps * (hardware + protocol) + share * bytes / bandwidth.

    Parameters
    ----------
    operation : "all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all" or "send_recv"
    tier : Tier
    message_bytes : (...), the whole buffer of a GPU [B]
    algorithm : "ring", "tree", "in_network" or "direct"

    Returns
    -------
    CollectiveTime, arrays of the shape of `message_bytes` [s]

    Raises
    ------
    ValueError
        as `steps_and_share` does, and if a message is negative or not a number

    Notes
    -----
    Large messages are cut finely enough that the steps of a ring or tree overlap; an idle fabric.

    References
    ----------
    Hockney, 1994, Parallel Computing 20; steps and shares as in `steps_and_share`.

    Examples
    --------
    >>> nvl72 = Tier(gpus=72, bandwidth=900e9, efficiency=0.8, hardware=0.8e-6, protocol=0.4e-6, launch=8e-6)
    >>> round(float(collective_time("all_gather", nvl72, 720e6, algorithm="direct").total) * 1e6, 3)
    995.311
    """
    return hierarchical_time(operation, [tier], message_bytes, algorithms=[algorithm])


def hierarchical_time(
    operation: Operation,
    tiers: Sequence[Tier],
    message_bytes: ArrayLike,
    *,
    algorithms: Sequence[Algorithm],
    chunks: int = 8,
) -> CollectiveTime:
    """Time of a collective over several tiers, in a pipeline of chunks: the slowest tier hides the others.

    transfer = max_k t_k + (sum_k t_k - max_k t_k) / chunks, t_k = share_k * bytes_k / (efficiency_k * bandwidth_k).

    Parameters
    ----------
    operation : "all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all" or "send_recv"
    tiers : sequence of Tier, innermost first; its `gpus` multiply
    message_bytes : (...), the whole buffer of a GPU [B]
    algorithms : one per tier: "ring", "tree", "in_network" or "direct"
    chunks : pieces the buffer is cut into, at least 1; 1: the tiers work one after the other

    Returns
    -------
    CollectiveTime, arrays of the shape of `message_bytes` [s]

    Raises
    ------
    ValueError
        as `steps_and_share` does; if a message is negative, there is no tier, not one algorithm per tier, or no chunk

    Notes
    -----
    All-reduce, all-gather and reduce-scatter: an outer tier sees 1 / gpus of the inner tier's buffer, because each GPU
    of a rack exchanges its own piece over its own rail. All-to-all: first to the right rail inside the rack, then over
    the rails, the whole buffer on each tier. Launch is that of the slowest tier, once. Eight chunks are the slots of
    NCCL's buffers; how many a call keeps full is assumed.

    References
    ----------
    Thakur, Rabenseifner and Gropp, 2005, Int. J. High Performance Computing Applications 19; pipeline: derived, all
    tiers busy but for the first and last chunk.

    Examples
    --------
    >>> rack = Tier(gpus=72, bandwidth=900e9, efficiency=0.5, hardware=0.0, protocol=0.0, launch=0.0)
    >>> rails = Tier(gpus=2, bandwidth=50e9, efficiency=1.0, hardware=0.0, protocol=0.0, launch=0.0)
    >>> both = hierarchical_time("all_reduce", [rack, rails], 9e9, algorithms=["in_network", "ring"])
    >>> round(float(both.total) * 1e3, 3)
    20.59
    """
    size = np.asarray(message_bytes, np.float64)
    if not np.all(size >= 0):
        raise ValueError(f"message_bytes = {np.min(size)}: must be >= 0 B")
    if not tiers or len(algorithms) != len(tiers):
        raise ValueError(
            f"tiers: {len(tiers)}, algorithms: {len(algorithms)}; give at least one tier, one algorithm each"
        )
    if chunks < 1:
        raise ValueError(f"chunks = {chunks}: must be at least 1")
    inner = np.cumprod([1, *(tier.gpus for tier in tiers)])[:-1]
    parts = inner if operation in _SHARDED else np.ones_like(inner)
    counts = [steps_and_share(operation, tier.gpus, name) for tier, name in zip(tiers, algorithms, strict=True)]
    per_byte = [
        share / (part * tier.efficiency * tier.bandwidth)
        for (_, share), part, tier in zip(counts, parts, tiers, strict=True)
    ]
    slowest = max(per_byte)
    transfer = size * (slowest + (sum(per_byte) - slowest) / chunks)
    launch, hardware, protocol = (
        np.full_like(size, value)
        for value in (
            max(tier.launch for tier in tiers),
            sum(steps * tier.hardware for (steps, _), tier in zip(counts, tiers, strict=True)),
            sum(steps * tier.protocol for (steps, _), tier in zip(counts, tiers, strict=True)),
        )
    )
    return CollectiveTime(launch, hardware, protocol, transfer, launch + hardware + protocol + transfer)
