"""The NVLink fabric of a rack after losses: what is left of it, what its traffic asks of that, and its numbers."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

import topology
from topology import Fabric
from twin.build.fabric import Forwarding, Identity, critical_links, forwarding
from twin.build.jobs import Pattern, members, shares, traffic_pattern
from twin.spec.errors import SpecError
from twin.spec.types import Rack, Traffic

Array = NDArray[np.float64]


def surviving(fabric: Fabric, lost_links: frozenset[int], lost_chips: frozenset[str]) -> Fabric:
    """Return what is left of a fabric, as a smaller one: links that work, and the GPUs and ASICs they join.

    Parameters
    ----------
    fabric : Fabric
        The intact fabric.
    lost_links : frozenset of int
        Ids of broken links.
    lost_chips : frozenset of str
        Names of lost GPUs and ASICs; other names are passed over. A chip that keeps no link is lost too.

    Returns
    -------
    Fabric
        In the order of the intact one; the same one where nothing is lost.

    Raises
    ------
    SpecError
        No link is left, or an id that no link has.

    References
    ----------
    Derived: a choice of rows.
    """
    kept = _working(fabric, lost_links, lost_chips)
    if kept.all():
        return fabric
    if not kept.any():
        raise SpecError("no NVLink link is left in service; mend or drop an event that takes links, ASICs or trays")
    gpus, gpu = np.unique(fabric.gpu[kept], return_inverse=True)
    asics, asic = np.unique(fabric.asic[kept], return_inverse=True)
    return Fabric(
        gpus=tuple(fabric.gpus[i] for i in gpus),
        asics=tuple(fabric.asics[i] for i in asics),
        gpu=gpu,
        asic=asic,
        bandwidth=fabric.bandwidth[kept],
        length=fabric.length[kept],
    )


def _working(fabric: Fabric, lost_links: frozenset[int], lost_chips: frozenset[str]) -> NDArray[np.bool_]:
    """Return which links work (links,)."""
    links = np.arange(fabric.bandwidth.size)
    if absent := sorted(lost_links - set(links.tolist())):
        raise SpecError(f"link {absent[0]}: no such link; ids lie in 0 … {links[-1]}")
    gpu_lost, asic_lost = (np.array([name in lost_chips for name in names]) for names in (fabric.gpus, fabric.asics))
    return ~(np.isin(links, list(lost_links)) | gpu_lost[fabric.gpu] | asic_lost[fabric.asic])


def degraded(
    fabric: Fabric, rack: Rack, traffic: Traffic, lost_links: frozenset[int], lost_chips: frozenset[str]
) -> Forwarding:
    """Return what GPUs and ASICs handle when links and chips are lost; arrays keep the size of the intact fabric.

    Nothing is sent to or from a lost GPU: each living one keeps what it offers and shares it among the living, in the
    old proportions. A pair uses the planes that both ends still have.

    Parameters
    ----------
    fabric : Fabric
        The intact fabric.
    rack : Rack
        Gives the bandwidth.
    traffic : Traffic
        Gives the pattern.
    lost_links : frozenset of int
        Ids of broken links.
    lost_chips : frozenset of str
        Names of lost GPUs and ASICs; a GPU that keeps no link is lost too.

    Returns
    -------
    Forwarding
        Maps from clocks to rates [B/s]; rows and columns of lost GPUs, ASICs and links are 0, and the capacity of a
        lost GPU is inf, so that its load over its capacity is 0.

    Raises
    ------
    SpecError
        No link is left, or two living GPUs have no plane in common.

    References
    ----------
    Derived: `topology.source_operator` on the links that work.
    """
    if not lost_links and not lost_chips:
        return forwarding(fabric, rack, traffic)
    job = tuple(members(traffic, len(fabric.gpus)).job.tolist())
    key, pattern = (Identity(fabric), job), traffic_pattern(traffic)
    return _degraded(key, rack.nvlink.gpu_bandwidth, pattern, lost_links, lost_chips)


@lru_cache(maxsize=16)
def _degraded(
    key: tuple[Identity, tuple[int, ...]],
    bandwidth: float,
    pattern: Pattern,
    lost_links: frozenset[int],
    lost_chips: frozenset[str],
) -> Forwarding:
    fabric, job = key[0].item, np.array(key[1])
    surviving(fabric, lost_links, lost_chips)
    kept = _working(fabric, lost_links, lost_chips)
    left = fabric._replace(
        gpu=fabric.gpu[kept], asic=fabric.asic[kept], bandwidth=fabric.bandwidth[kept], length=fabric.length[kept]
    )
    capacity = topology.bandwidth_per_gpu(left)
    alive = capacity > 0
    among = np.where(alive[:, None] & alive, shares(alive.size, pattern), 0.0)
    total = among.sum(axis=1, keepdims=True)
    rates = bandwidth * np.divide(among, total, out=among, where=total > 0)
    loads, switched = _routed(left, rates)
    up, down = np.zeros((2, kept.size, alive.size))
    up[kept], down[kept] = loads
    critical, first = critical_links(left, loads, job)
    return Forwarding(
        capacity=np.where(alive, capacity, np.inf),
        critical=critical,
        first=first,
        job=np.maximum(job, 0),
        sent=rates.sum(axis=1),
        received=rates.T.copy(),
        switched=switched,
        up=up,
        down=down,
    )


def _routed(fabric: Fabric, rates: Array) -> tuple[topology.SourceOperator, Array]:
    try:
        return topology.source_operator(fabric, rates), topology.asic_operator(fabric, rates)
    except ValueError as error:
        raise SpecError(f"after the losses of links: {error}") from error


def fabric_constants(
    fabric: Fabric, lost_links: frozenset[int] = frozenset(), lost_chips: frozenset[str] = frozenset()
) -> dict[str, float]:
    """Return the headline numbers of a fabric after losses, over the GPUs that live.

    Parameters
    ----------
    fabric : Fabric
        The intact fabric.
    lost_links : frozenset of int
        Ids of broken links.
    lost_chips : frozenset of str
        Names of lost GPUs and ASICs.

    Returns
    -------
    dict of str to float
        `bandwidth_per_gpu` (the least), `bandwidth_aggregate_bidirectional`, `bandwidth_bisection` (exact up to 18
        ASICs wired in different ways, its lower bound beyond), `all_to_all_saturation` [B/s], `link_count` and
        `gpu_count` [1], and `seconds_per_byte` of an all-to-all: its time is startup + message · this / efficiency.

    Raises
    ------
    SpecError
        No link is left, or two living GPUs have no plane in common.

    References
    ----------
    Derived: `topology` on the surviving fabric.
    """
    return dict(_fabric_constants(Identity(fabric), lost_links, lost_chips))


@lru_cache(maxsize=64)
def _fabric_constants(
    key: Identity, lost_links: frozenset[int], lost_chips: frozenset[str]
) -> tuple[tuple[str, float], ...]:
    left = surviving(key.item, lost_links, lost_chips)
    gpus = len(left.gpus)
    everyone = 1.0 - np.eye(gpus)
    try:
        rate, time = (
            (topology.concurrent_rate_even(left, everyone), topology.all_to_all_time(left, 1.0, startup=0.0))
            if gpus > 1
            else (np.nan, np.nan)
        )
    except ValueError as error:
        raise SpecError(f"after the losses of links: {error}") from error
    return (
        ("bandwidth_per_gpu", float(topology.bandwidth_per_gpu(left).min())),
        ("bandwidth_aggregate_bidirectional", float(topology.bandwidth_aggregate_bidirectional(left))),
        ("bandwidth_bisection", _bisection(left)),
        ("all_to_all_saturation", float(rate)),
        ("link_count", float(left.bandwidth.size)),
        ("gpu_count", float(gpus)),
        ("seconds_per_byte", float(time)),
    )


def _bisection(fabric: Fabric) -> float:
    try:
        return topology.bandwidth_bisection(fabric)
    except ValueError:  # more kinds of ASICs than the exact method takes
        return topology.bandwidth_bisection_lower_bound(fabric)
