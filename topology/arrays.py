"""Networks of half a million GPUs: Clos layers joined to flat arrays, their loads and bisection by symmetry.

Contract: the same network as the graphs of `topology.tiers`, without a Python object per node or link. Layers share
their endpoints; a layer whose leaves stand alone (no spines) is a set of domains, such as the NVLink of each rack,
and takes the traffic inside them; the last layer joins everything. "up" is away from the endpoints.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topology.clos import Clos, LinkType, clos_links
from topology.fabric import Array, Indices
from topology.media import MEDIA
from topology.network import KINDS, Network
from topology.routing import LinkLoads


class Layer(NamedTuple):
    """A Clos network and what its links are made of."""

    clos: Clos
    """Structure."""
    access: LinkType
    """Links from endpoints to leaves."""
    trunk: LinkType
    """Links between switches."""


def layered(layers: Sequence[Layer], *, endpoints_per_rack: int | None = None) -> Network:
    """Join layers on the same endpoints to one network.

    Parameters
    ----------
    layers : Layer of NVLink and scale-out, or one of them
    endpoints_per_rack : consecutive endpoints that form a rack; no racks if absent

    Returns
    -------
    Network, nodes in the order endpoints, then layer by layer leaves, spines, cores; links layer by layer, access
        links (endpoint-major, then plane) first

    Raises
    ------
    ValueError
        if the layers differ in their endpoints, or nothing joins all of them

    References
    ----------
    Al-Fares, Loukissas and Vahdat, 2008, SIGCOMM (the folded Clos).

    Examples
    --------
    >>> from topology.superpods import superpod_layers
    >>> layered(superpod_layers(1), endpoints_per_rack=72).bandwidth.size
    11520
    """
    gpus = _checked(layers)
    nodes, ends = [_endpoint_columns(gpus, endpoints_per_rack)], []
    first, positions = gpus, {"switch": 0, "nvswitch": 0}
    for clos, _, _ in layers:
        nodes.append(_switch_columns(clos, positions[clos.kind], endpoints_per_rack))
        ends += _link_ends(clos, first)
        switches = nodes[-1][0].size
        first, positions[clos.kind] = first + switches, positions[clos.kind] + switches
    kind, position, tier, rack, ports = (np.concatenate(column) for column in zip(*nodes, strict=True))
    counts = [part[0].size for part in ends]
    tail, head, plane = (np.concatenate([part[i] for part in ends]) for i in range(3))
    made = [link for layer in layers for link in layer[1:]]
    codes = list(MEDIA)
    return Network(
        names=(),
        kind=kind,
        position=position,
        tier=tier,
        rack=rack,
        ports=ports,
        tail=tail,
        head=head,
        bandwidth=np.repeat([link.bandwidth for link in made], counts),
        length=np.repeat([link.length for link in made], counts),
        latency=np.repeat([link.latency for link in made], counts),
        medium=np.repeat(np.array([codes.index(link.medium) for link in made], np.int8), counts),
        pairs=np.repeat(np.array([link.pairs for link in made], np.int16), counts),
        plane=plane,
        cost=np.repeat(np.array([link.cost for link in made], np.int8), counts),
    )


def symmetric_loads(layers: Sequence[Layer], rate: float) -> LinkLoads:
    """Loads of a uniform all-to-all, in closed form: what leaves a leaf or pod spreads evenly over its uplinks.

    With D(i) the domain of endpoint i: access rate (n - #D(i)), leaf sum_i rate (n - #(leaf u D(i))), pod likewise.

    Parameters
    ----------
    layers : Layer, one, or domains and what joins them
    rate : traffic of each ordered pair [B/s]

    Returns
    -------
    LinkLoads, up and down (links,), equal, in the order of `layered` [B/s]

    Raises
    ------
    ValueError
        if `layered` refuses the layers, there are more than two, or the rate is negative

    Notes
    -----
    Exact for the even split over paths of least cost, whether or not racks, leaves and pods tile one another. The
    links of a domain have to cost less than those that join domains.

    References
    ----------
    Derived: counting pairs whose path leaves a leaf or pod.

    Examples
    --------
    >>> from topology.superpods import superpod_layers
    >>> float(symmetric_loads(superpod_layers(1), 1e6).up.max() / 1e6)
    504.0
    """
    gpus = _checked(layers)
    if not 0 <= rate < np.inf:
        raise ValueError(f"rate = {rate}: must be >= 0 B/s")
    if len(layers) > 2:
        raise ValueError(f"layers: {len(layers)}, closed form takes at most 2")
    domain = np.arange(gpus)
    parts: list[Array] = []
    for clos, _, _ in layers:
        leaf = clos.leaf_of
        inside = np.bincount(domain)[domain]
        total = gpus if clos.spines_per_pod else np.bincount(leaf)[leaf]
        parts.append(np.repeat(rate / clos.planes * (total - inside), clos.planes))
        if clos.spines_per_pod:
            links = clos.spines_per_pod * clos.leaf_links
            parts.append(_tier(leaf, domain, clos.leaves, rate / (clos.planes * links), links * clos.planes))
            links = clos.spines_per_pod * clos.cores_per_spine * clos.core_links
        if clos.spines_per_pod and links:
            pod = leaf // clos.leaves_per_pod
            parts.append(_tier(pod, domain, clos.pods, rate / (clos.planes * links), links * clos.planes))
        domain = leaf
    load = np.concatenate(parts)
    return LinkLoads(load, load)


def symmetric_bisection(layers: Sequence[Layer]) -> float:
    """Bisection bandwidth in closed form: half the endpoints, at what the narrowest tier leaves each.

    Parameters
    ----------
    layers : Layer, one, or domains and what joins them

    Returns
    -------
    bandwidth, per direction, exact [B/s]

    Raises
    ------
    ValueError
        if `layered` refuses the layers, or symmetry does not give the answer: domains that no half keeps whole,
        or an oversubscribed network with an odd number of pods (one pod: leaves) or free endpoint ports

    Notes
    -----
    Where no tier is narrower than the one below, any half can send all it has, and the domains, kept whole by
    some half, add nothing.

    References
    ----------
    Leighton, 1992, Introduction to Parallel Algorithms and Architectures, chapter 1; derived for rearrangeable
    and evenly oversubscribed trees.

    Examples
    --------
    >>> from topology.superpods import superpod_layers
    >>> symmetric_bisection(superpod_layers(875)) / 1e12
    12600.0
    """
    gpus = _checked(layers)
    clos, access, trunk = layers[-1]
    sizes = {int(size) for layer in layers[:-1] for size in np.bincount(layer.clos.leaf_of)}
    if any(gpus % (2 * size) for size in sizes):
        raise ValueError(f"layers: no half of {gpus} endpoints keeps domains of {max(sizes)} whole; use bisection")
    per_leaf = clos.endpoints_per_leaf * access.bandwidth
    leaf_up = clos.spines_per_pod * clos.leaf_links * trunk.bandwidth
    pod_up = clos.spines_per_pod * clos.cores_per_spine * clos.core_links * trunk.bandwidth
    wide = (not clos.spines_per_pod or leaf_up >= per_leaf) and (
        clos.pods == 1 or not clos.spines_per_pod or pod_up >= clos.leaves_per_pod * per_leaf
    )
    if wide:
        return gpus // 2 * clos.planes * access.bandwidth
    groups = clos.pods if clos.pods > 1 else clos.leaves
    full = gpus == clos.leaves * clos.endpoints_per_leaf
    aligned = clos.pods > 1 or clos.rails == 1 or not sizes
    if groups % 2 or not full or not aligned or any(gpus // groups % size for size in sizes):
        raise ValueError(f"layers: oversubscribed, and {groups} groups do not halve evenly; use bisection")
    per_group = min(per_leaf, leaf_up)
    if clos.pods > 1:
        per_group = min(clos.leaves_per_pod * per_group, pod_up)
    return groups // 2 * clos.planes * per_group


def _checked(layers: Sequence[Layer]) -> int:
    if not layers:
        raise ValueError("layers: none given; a network needs at least one")
    counts = {layer.clos.endpoints for layer in layers}
    if len(counts) > 1:
        raise ValueError(f"layers: differ in their endpoints, {sorted(counts)}; give all the same")
    clos = layers[-1].clos
    if not clos.spines_per_pod and clos.leaves > 1:
        raise ValueError(f"layers: not connected, {clos.leaves} leaves of the last layer stand alone; give it spines")
    if any(layer.clos.spines_per_pod for layer in layers[:-1]):
        raise ValueError("layers: only the last may have spines; what is below it has to be domains")
    return counts.pop()


def _endpoint_columns(gpus: int, per_rack: int | None) -> tuple[NDArray[Any], ...]:
    index = np.arange(gpus, dtype=np.int32)
    rack = index // per_rack if per_rack else np.full(gpus, -1, np.int32)
    return np.zeros(gpus, np.int8), index, np.zeros(gpus, np.int8), rack.astype(np.int32), np.zeros(gpus, np.int32)


def _switch_columns(clos: Clos, first: int, per_rack: int | None) -> tuple[NDArray[Any], ...]:
    counts = np.array([clos.leaves, clos.spines, clos.cores]) * clos.planes
    total = int(counts.sum())
    rack = np.full(total, -1, np.int32)
    if not clos.spines_per_pod and clos.endpoints_per_leaf == per_rack:
        rack = np.arange(total, dtype=np.int32) // clos.planes
    return (
        np.full(total, KINDS.index(clos.kind), np.int8),
        np.arange(first, first + total, dtype=np.int32),
        np.repeat(np.arange(1, 4, dtype=np.int8), counts),
        rack.astype(np.int32),
        np.full(total, clos.radix, np.int32),
    )


def _link_ends(clos: Clos, first: int) -> list[tuple[NDArray[np.int32], ...]]:
    """Tail, head and plane of the access links, then of those between switches; the first switch is node `first`."""
    gpus, planes = clos.endpoints, np.arange(clos.planes, dtype=np.int32)
    leaf = (first + clos.leaf_of * clos.planes).astype(np.int32)
    access = np.repeat(np.arange(gpus, dtype=np.int32), clos.planes), (leaf[:, None] + planes).ravel()
    tail, head, plane = clos_links(clos)
    shift = np.int32(first)
    return [(*access, np.tile(planes, gpus)), (tail + shift, head + shift, plane)]


def _tier(group: Indices, domain: Indices, groups: int, share: float, links: int) -> Array:
    """Load of the uplinks of each group: its members times all that is neither in the group nor in their domain."""
    both = group * np.int64(domain.size) + domain
    cells, common = np.unique(both, return_counts=True)
    of_group, of_domain = cells // domain.size, cells % domain.size
    size, domain_size = np.bincount(group, minlength=groups), np.bincount(domain)
    outside = group.size - size[of_group] - domain_size[of_domain] + common
    return np.repeat(share * np.bincount(of_group, common * outside, groups), links)
