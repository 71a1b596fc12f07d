"""Named protocols of a collective as lines t = startup + per_byte * bytes, and the units of nccl-tests.

Contract: `message_bytes` is nccl-tests' size: what a GPU sends in all-reduce, broadcast and send/recv; the whole
buffer, own piece included, in all-gather (received), reduce-scatter (sent) and all-to-all (sent). Decimal bytes.
A protocol is used in a window of sizes, because a library switches at sizes it has fixed beforehand; where windows
overlap the fastest is used: the lower envelope. A larger message is never faster than a smaller one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topology.algorithms import Algorithm, Operation, steps_and_share
from topology.collectives import Tier
from topology.fabric import Array

_NCCL = {"LL": (0.5, 0.0), "LL128": (120 / 128, 1.43e-6), "Simple": (1.0, 2.93e-6)}
_BUS = {"all_reduce": 2.0, "all_gather": 1.0, "reduce_scatter": 1.0, "all_to_all": 1.0}
_WHOLE = ("broadcast", "reduce", "send_recv")


class Protocol(NamedTuple):
    """One line of the envelope, for messages above one size and below another."""

    name: str
    """Such as LL, LL128, Simple."""
    startup: float
    """Time of an empty message, launch included [s]."""
    per_byte: float
    """Slope [s/B]."""
    above: float = 0.0
    """Used for messages larger than this [B]; 0 is used for empty ones too."""
    below: float = np.inf
    """Used for messages smaller than this [B]."""


def protocol_time(protocols: Sequence[Protocol], message_bytes: ArrayLike) -> Array:
    """Time of a message: the lower envelope of the lines whose window holds its size, never falling with size.

    Parameters
    ----------
    protocols : sequence of Protocol
    message_bytes : (...), size in the convention of nccl-tests [B]

    Returns
    -------
    (...), time [s]

    Raises
    ------
    ValueError
        if there is no protocol, a size is negative or not a number, or lies in no window

    Notes
    -----
    Where a window begins the time is at least that of its lower end: a line fitted above a switch may begin lower.

    References
    ----------
    Hockney, 1994, Parallel Computing 20 (each line).

    Examples
    --------
    >>> lines = [Protocol("LL", 5e-6, 8e-12), Protocol("Simple", 20e-6, 2e-12)]
    >>> protocol_time(lines, [0.0, 1e6, 1e8]).tolist()
    [5e-06, 1.3e-05, 0.00022]
    """
    size = np.asarray(message_bytes, np.float64)
    time = _lines(protocols, size).min(axis=0)
    for begin in (protocol.above for protocol in protocols if protocol.above > 0):
        if np.any(later := size >= begin):
            time = np.where(later, np.maximum(time, _lines(protocols, begin).min(axis=0)), time)
    return np.asarray(time)


def protocol_in_use(protocols: Sequence[Protocol], message_bytes: ArrayLike) -> NDArray[np.int64]:
    """Position of the fastest protocol whose window holds the size.

    Parameters
    ----------
    protocols : sequence of Protocol
    message_bytes : (...), size in the convention of nccl-tests [B]

    Returns
    -------
    (...), positions in `protocols`

    Raises
    ------
    ValueError
        as `protocol_time` does

    References
    ----------
    Derived: the lowest line.

    Examples
    --------
    >>> lines = [Protocol("LL", 5e-6, 8e-12), Protocol("Simple", 20e-6, 2e-12)]
    >>> [lines[i].name for i in protocol_in_use(lines, [1e6, 1e8])]
    ['LL', 'Simple']
    """
    return np.asarray(_lines(protocols, message_bytes).argmin(axis=0), np.int64)


def nccl_protocols(operation: Operation, tier: Tier, *, algorithm: Algorithm) -> tuple[Protocol, ...]:
    """NCCL's LL, LL128 and Simple on a tier nobody has measured: NCCL's own constants on our steps and bytes.

    Parameters
    ----------
    operation : "all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all" or "send_recv"
    tier : Tier, its `protocol` latency is that of LL, its `efficiency` that of Simple
    algorithm : "ring", "tree", "in_network" or "direct"

    Returns
    -------
    tuple of Protocol, LL, LL128, Simple, each for all sizes

    Raises
    ------
    ValueError
        as `topology.collectives.steps_and_share` does

    Notes
    -----
    LL sends a 4-byte flag with each 4 bytes, LL128 one of 8 bytes with each 120; a step of LL128 takes 1.43 us longer
    than one of LL, a step of Simple 2.93 us. A model, not a fit (`topology.measured` holds the fits): beside measured
    times it lies 4 to 15 % off in the mean for rings of 4 and 8 GPUs, 10 to 24 % for 2, 23 to 36 % for all-to-all.

    References
    ----------
    NVIDIA, NCCL, src/graph/tuning.cc (hwLat, ring on NVLink: 0.47, 1.9, 3.4 us; 120/128).

    Examples
    --------
    >>> tier = Tier(gpus=8, bandwidth=900e9, efficiency=0.71, hardware=0.8e-6, protocol=0.4e-6, launch=8e-6)
    >>> [round(1e6 * line.startup, 2) for line in nccl_protocols("all_gather", tier, algorithm="ring")]
    [16.4, 26.41, 36.91]
    """
    steps, share = steps_and_share(operation, tier.gpus, algorithm)
    first = tier.launch + steps * (tier.hardware + tier.protocol)
    wire = share / (tier.efficiency * tier.bandwidth)
    return tuple(Protocol(name, first + steps * later, wire / payload) for name, (payload, later) in _NCCL.items())


def bus_factor(operation: str, gpus: ArrayLike) -> Array:
    """Bus bandwidth per algorithm bandwidth, as nccl-tests prints them.

    2 (n - 1) / n for all_reduce; (n - 1) / n for all_gather, reduce_scatter and all_to_all; 1 for broadcast, reduce
    and send_recv.

    Parameters
    ----------
    operation : name of the operation
    gpus : (...), ranks, at least 2 [1]

    Returns
    -------
    (...), factor [1]

    Raises
    ------
    ValueError
        if the operation is unknown or there are less than 2 ranks

    References
    ----------
    NVIDIA, nccl-tests, doc/PERFORMANCE.md.

    Examples
    --------
    >>> float(bus_factor("all_reduce", 8)), float(bus_factor("all_to_all", 8)), float(bus_factor("broadcast", 8))
    (1.75, 0.875, 1.0)
    """
    ranks = np.asarray(gpus, np.float64)
    if operation not in _BUS and operation not in _WHOLE:
        raise ValueError(f"operation = {operation!r}: must be one of {', '.join([*_BUS, *_WHOLE])}")
    if not np.all(ranks >= 2):
        raise ValueError(f"gpus = {np.min(ranks):g}: must be at least 2")
    return np.asarray(_BUS[operation] * (ranks - 1) / ranks if operation in _BUS else np.ones_like(ranks))


def algorithm_bandwidth(message_bytes: ArrayLike, time: ArrayLike) -> Array:
    """Algorithm bandwidth of nccl-tests, size / time.

    Parameters
    ----------
    message_bytes : (...), size in the convention of nccl-tests [B]
    time : (...), above 0 [s]

    Returns
    -------
    (...), decimal [B/s]

    Raises
    ------
    ValueError
        if a size is negative or a time not above 0

    References
    ----------
    NVIDIA, nccl-tests, doc/PERFORMANCE.md.

    Examples
    --------
    >>> round(float(algorithm_bandwidth(8 * 2**30, 20.299e-3)) / 1e9, 1)
    423.2
    """
    size, seconds = np.asarray(message_bytes, np.float64), np.asarray(time, np.float64)
    if not np.all(size >= 0):
        raise ValueError(f"message_bytes = {np.min(size)}: must be >= 0 B")
    if not np.all(seconds > 0):
        raise ValueError(f"time = {np.min(seconds)}: must be > 0 s")
    return np.asarray(size / seconds)


def bus_bandwidth(operation: str, gpus: ArrayLike, message_bytes: ArrayLike, time: ArrayLike) -> Array:
    """Bus bandwidth of nccl-tests, factor * size / time: comparable with the bandwidth of a link for a ring.

    Parameters
    ----------
    operation : name of the operation
    gpus : (...), ranks, at least 2 [1]
    message_bytes : (...), size in the convention of nccl-tests [B]
    time : (...), above 0 [s]

    Returns
    -------
    (...), decimal [B/s]

    Raises
    ------
    ValueError
        as `bus_factor` and `algorithm_bandwidth` do

    Notes
    -----
    In-network all-reduce exceeds what a ring could reach: its members do not send 2 (n - 1) / n of the buffer.

    References
    ----------
    NVIDIA, nccl-tests, doc/PERFORMANCE.md.

    Examples
    --------
    >>> round(float(bus_bandwidth("all_reduce", 72, 8 * 2**30, 20.299e-3)) / 1e9, 1)
    834.6
    """
    return np.asarray(bus_factor(operation, gpus) * algorithm_bandwidth(message_bytes, time))


def _lines(protocols: Sequence[Protocol], message_bytes: ArrayLike) -> Array:
    """Time of each protocol (protocols, ...), infinite outside its window."""
    size = np.asarray(message_bytes, np.float64)
    if not protocols:
        raise ValueError("protocols: none; give at least one line")
    if not np.all(size >= 0):
        raise ValueError(f"message_bytes = {np.min(size)}: must be >= 0 B")
    lines = np.stack([
        np.where(((size > p.above) | (p.above == 0)) & (size < p.below), p.startup + p.per_byte * size, np.inf)
        for p in protocols
    ])  # fmt: skip
    if np.isinf(lines).all(axis=0).any():
        bad = size[np.isinf(lines).all(axis=0)].flat[0]
        windows = ", ".join(f"{p.name} {p.above:g} to {p.below:g} B" for p in protocols)
        raise ValueError(f"message_bytes = {bad:g}: in no window of {windows}")
    return lines
