"""Graphs of two and three tiers: fat trees, rail-optimised networks, dragonfly.

Contract: `networkx.MultiGraph` of up to 5 000 endpoints with the attributes of `topology.network`; larger ones stay
arrays (`topology.arrays`). Access links come first, endpoint-major, then plane.
"""

from typing import Any

import networkx as nx
import numpy as np

from topology.arrays import Layer, layered
from topology.clos import SCALE_OUT, Clos, LinkType
from topology.media import MEDIA
from topology.network import KINDS, Network, network_graph


def fat_tree(k: int, *, link: LinkType | None = None, tiers: int = 3, oversubscription: int = 1) -> nx.MultiGraph:
    """Build a fat tree of switches with k ports: k^3/4 endpoints on three tiers, k^2/2 on two.

    Parameters
    ----------
    k : ports of a switch, even
    link : LinkType of every link; 100 GB/s pluggable if absent
    tiers : 2 or 3
    oversubscription : whole number of endpoints per uplink of a leaf; the endpoints grow by it, and so do the
        ports of a leaf

    Returns
    -------
    networkx.MultiGraph, with the attributes of `topology.network`

    Raises
    ------
    ValueError
        if k is odd or below 2, tiers not 2 or 3, or there are more than 5 000 endpoints

    References
    ----------
    Al-Fares, Loukissas and Vahdat, 2008, SIGCOMM, section 3.

    Examples
    --------
    >>> graph = fat_tree(4)
    >>> graph.number_of_nodes(), graph.number_of_edges()
    (36, 48)
    """
    if k < 2 or k % 2:
        raise ValueError(f"k = {k}: must be even and at least 2")
    if tiers not in (2, 3):
        raise ValueError(f"tiers = {tiers}: must be 2 or 3")
    half = k // 2
    per_leaf = half * oversubscription
    shape: dict[str, Any] = {"leaves_per_pod": half, "spines_per_pod": half, "pods": k, "cores_per_spine": half}
    if tiers == 2:
        shape = {"leaves_per_pod": k, "spines_per_pod": half}
    leaves = shape["leaves_per_pod"] * shape.get("pods", 1)
    radix = max(k, per_leaf + half)
    clos = Clos(endpoints=leaves * per_leaf, endpoints_per_leaf=per_leaf, radix=radix, **shape)
    made = layered([Layer(clos, link or SCALE_OUT, link or SCALE_OUT)])
    return network_graph(made, name=f"fat tree, k = {k}, {tiers} tiers")


def rail_optimised(clos: Clos, access: LinkType, trunk: LinkType) -> nx.MultiGraph:
    """Build a rail-optimised network: endpoint i of every host on a leaf of rail i.

    Parameters
    ----------
    clos : Clos, with `rails` above 1
    access : LinkType from endpoints to leaves
    trunk : LinkType between switches

    Returns
    -------
    networkx.MultiGraph, with the attributes of `topology.network`; rack is the host

    Raises
    ------
    ValueError
        if there is one rail only, or more than 5 000 endpoints

    References
    ----------
    NVIDIA, DGX SuperPOD reference architecture (2024).

    Examples
    --------
    >>> pod = Clos(endpoints=64, endpoints_per_leaf=4, leaves_per_pod=16, spines_per_pod=4, rails=8, radix=16)
    >>> graph = rail_optimised(pod, SCALE_OUT, SCALE_OUT)
    >>> list(graph["gpu-0"]) == list(graph["gpu-8"]), list(graph["gpu-0"]) == list(graph["gpu-1"])
    (True, False)
    """
    if clos.rails < 2:
        raise ValueError(f"Clos.rails = {clos.rails}: a rail-optimised network has at least 2")
    made = layered([Layer(clos, access, trunk)], endpoints_per_rack=clos.rails)
    return network_graph(made, name=f"rail-optimised, {clos.rails} rails")


def dragonfly(
    groups: int, routers: int, *, endpoints: int, global_links: int, radix: int, link: LinkType = SCALE_OUT
) -> nx.MultiGraph:
    """Build a dragonfly: full mesh of routers in a group, every pair of groups joined by as many links as fit.

    Parameters
    ----------
    groups : number of groups, 2 to routers * global_links + 1
    routers : routers of a group
    endpoints : endpoints of a router
    global_links : ports of a router to other groups; those that do not share out evenly stay free
    radix : ports of a router
    link : LinkType of every link; links between groups cost three times as much, so that one is taken, never two

    Returns
    -------
    networkx.MultiGraph, with the attributes of `topology.network`; rack is the group

    Raises
    ------
    ValueError
        if a number is below 1, the groups cannot all be joined, or the radix is exceeded

    References
    ----------
    Kim, Dally, Scott and Abts, 2008, ISCA (balanced where routers = 2 endpoints = 2 global_links).

    Examples
    --------
    >>> graph = dragonfly(9, 4, endpoints=2, global_links=2, radix=7)
    >>> graph.number_of_nodes(), graph.number_of_edges()
    (108, 162)
    """
    numbers = {"routers": routers, "endpoints": endpoints, "global_links": global_links}
    for name, count in numbers.items():
        if count < 1:
            raise ValueError(f"{name} = {count}: must be >= 1")
    if not 2 <= groups <= routers * global_links + 1:
        raise ValueError(f"groups = {groups}: must be 2 to {routers * global_links + 1}, one link to each other group")
    if (needed := endpoints + routers - 1 + global_links) > radix:
        raise ValueError(f"radix = {radix}: radix exceeded, a router needs {needed} ports")
    hosts = groups * routers * endpoints
    tail, head = _dragonfly_links(groups, routers, endpoints, global_links)
    group = np.concatenate([np.arange(hosts) // (routers * endpoints), np.arange(groups * routers) // routers])
    links, nodes = tail.size, group.size
    is_router = np.arange(nodes) >= hosts
    network = Network(
        names=(),
        kind=np.where(is_router, KINDS.index("switch"), KINDS.index("gpu")).astype(np.int8),
        position=np.where(is_router, np.arange(nodes) - hosts, np.arange(nodes)).astype(np.int32),
        tier=is_router.astype(np.int8),
        rack=group.astype(np.int32),
        ports=np.where(is_router, radix, 0).astype(np.int32),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        bandwidth=np.full(links, link.bandwidth),
        length=np.full(links, link.length),
        latency=np.full(links, link.latency),
        medium=np.full(links, list(MEDIA).index(link.medium), np.int8),
        pairs=np.full(links, link.pairs, np.int16),
        plane=np.zeros(links, np.int32),
        cost=np.where(group[tail] == group[head], link.cost, 3 * link.cost).astype(np.int8),
    )
    return network_graph(network, name=f"dragonfly, {groups} groups")


def _dragonfly_links(groups: int, routers: int, endpoints: int, global_links: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends of access, local and global links; slot s of a group is a global port of router s // global_links."""
    hosts = groups * routers * endpoints
    low, high = np.triu_indices(routers, 1)
    first = np.arange(groups)[:, None] * routers
    one, other = np.triu_indices(groups, 1)
    parallel = routers * global_links // (groups - 1)
    copy = np.arange(parallel)

    def router(of: np.ndarray, towards: np.ndarray) -> np.ndarray:
        slot = ((towards - of - 1) % groups)[:, None] + (groups - 1) * copy
        return (of[:, None] * routers + slot // global_links).ravel()

    tail = np.concatenate([np.arange(hosts), hosts + (first + low).ravel(), hosts + router(one, other)])
    head = [hosts + np.arange(hosts) // endpoints, hosts + (first + high).ravel(), hosts + router(other, one)]
    return tail, np.concatenate(head)
