"""Routing and link loads of a network of any number of tiers.

Contract: paths of least cost, on which only forwarding kinds carry traffic of others; `traffic[..., i, j]` goes from
endpoint i to endpoint j [B/s], endpoints ordered as by `topology.network.endpoints`; leading axes are a batch. A
directed link is numbered l upwards and links + l downwards. Links of the same two nodes are one bundle, whose traffic
they share in proportion to their bandwidth, except where flows are pinned. Routings:

even : every node spreads what it holds for a destination over its bundles on paths of least cost, in proportion to
    their bandwidth; it knows nothing of what lies behind them
spray : each pair uses all its paths of least cost at once, each in proportion to its narrowest bundle (a path is a
    sequence of nodes); equal shares where all bundles are equally wide
adaptive : any split over paths of least cost; the one whose busiest link is least busy, see `topology.adaptive`
detours : as adaptive, and also over two paths of least cost joined at any switch (Valiant)
hashed : each pair keeps to one path, chosen by a seeded hash at every node (ECMP)
single : each pair keeps to the link of the lowest id at every node
"""

import math
from typing import Literal, get_args

import numpy as np

from topology.adaptive import adaptive_routing
from topology.fabric import Array, Indices
from topology.network import Network, endpoints
from topology.paths import directed_links, distances, out_links, walk
from topology.routing import LinkLoads
from topology.spray import (
    BLOCK,
    bundles_of,
    check_reach,
    checked_demand,
    even_loads,
    no_path,
    spray_loads,
    two_ways,
    ways_to,
)

Routing = Literal["even", "spray", "adaptive", "detours", "hashed", "single"]


def network_loads(network: Network, traffic: Array, *, routing: Routing = "even", seed: int = 0) -> LinkLoads:
    """Loads of all links under a routing.

    Parameters
    ----------
    network : Network
    traffic : (..., endpoints, endpoints), from endpoint i to endpoint j, diagonal 0 [B/s]
    routing : "even", "spray", "adaptive", "detours", "hashed" or "single", as the module says
    seed : of the hash

    Returns
    -------
    LinkLoads, up and down (..., links) [B/s]

    Raises
    ------
    ValueError
        if the routing is unknown, the traffic has a wrong shape, a negative or undefined value or something on its
        diagonal, or goes between two endpoints that no path joins
    DidNotConverge
        from the adaptive routings, as `topology.adaptive.adaptive_routing` does

    Notes
    -----
    All traffic moves level by level of distance, so the number of steps is the longest path. Adaptive loads are
    those of a busiest link within 1 % of the least possible, each member of a batch on its own.

    References
    ----------
    Derived: conservation at every node; even: IETF RFC 2992 (2000), with shares instead of a hash; spray: Dixit,
    Prakash, Hu and Kompella, 2013, INFOCOM, of packets without number.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> loads = network_loads(compile_network(fat_tree(4)), 1.0 - np.eye(16))
    >>> round(float(loads.up.max()), 9)
    15.0
    """
    if routing not in get_args(Routing):
        raise ValueError(f"routing = {routing!r}: must be one of {', '.join(get_args(Routing))}")
    demand = checked_demand(network, traffic)
    batch = demand.reshape(-1, *demand.shape[-2:])
    if routing in ("hashed", "single"):
        source, destination = np.nonzero(batch.any(axis=0))
        paths = routes(network, source, destination, seed=seed if routing == "hashed" else None)
        found = route_loads(network, paths, batch[:, source, destination])
    elif routing in ("even", "spray"):
        found = _spread(network, batch, routing)
    else:
        each = [adaptive_routing(network, one, detours=routing == "detours").loads for one in batch]
        found = LinkLoads(*(np.stack(ways) for ways in zip(*each, strict=True)))
    return LinkLoads(*(load.reshape(*demand.shape[:-2], -1) for load in found))


def _spread(network: Network, batch: Array, routing: Routing) -> LinkLoads:
    ends, bundles = endpoints(network), bundles_of(network)
    load = np.zeros((bundles.tail.size, len(batch)))
    width = max(1, BLOCK // (network.kind.size * len(batch)))
    for ways in ways_to(network, bundles, ends, width):
        columns = np.searchsorted(ends, ways.nodes)
        demand = np.zeros((network.kind.size, columns.size, len(batch)))
        demand[ends] = np.moveaxis(batch[:, :, columns], 0, -1)
        check_reach(network, ways, demand)
        load += (even_loads if routing == "even" else spray_loads)(ways, demand)
    return two_ways(bundles, load.T)


def network_saturation(
    network: Network, traffic: Array | None = None, *, routing: Routing = "even", seed: int = 0
) -> Array:
    """Saturation under a routing: 1 / max over links of utilization.

    Parameters
    ----------
    network : Network
    traffic : (..., endpoints, endpoints), from endpoint i to endpoint j, diagonal 0; all-to-all of 1 B/s for each
        ordered pair if absent, so that the answer is what each pair can have [B/s]
    routing : as in `network_loads`
    seed : of the hash

    Returns
    -------
    (...), largest multiple of the traffic that fits [1]

    Raises
    ------
    ValueError
        as `network_loads` does, and if the traffic is zero everywhere
    DidNotConverge
        as `network_loads` does

    References
    ----------
    Derived: loads are linear in the traffic.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> tree = compile_network(fat_tree(4))
    >>> [round(float(network_saturation(tree, routing=how)) * 15e-9, 2) for how in ("spray", "single")]
    [100.0, 31.25]
    """
    demand = 1.0 - np.eye(endpoints(network).size) if traffic is None else np.asarray(traffic, np.float64)
    loads = network_loads(network, demand, routing=routing, seed=seed)
    busiest = network_utilization(network, loads).max(axis=-1)
    if not np.all(busiest > 0):
        raise ValueError("traffic: zero everywhere, so any multiple of it fits; give a pair some traffic")
    return np.asarray(1 / busiest)


def routes(network: Network, source: Indices, destination: Indices, *, seed: int | None = None) -> Indices:
    """Path of each flow, one link per hop: by a hash of flow, node and seed, or the link of lowest id.

    Parameters
    ----------
    network : Network
    source : (flows,), position of the sender among the endpoints
    destination : (flows,), position of the receiver
    seed : seed of the hash; no hash, but always the first link, if absent

    Returns
    -------
    (flows, hops), directed links, -1 behind the end of a shorter path

    Raises
    ------
    ValueError
        if the positions are out of range or of different shapes, or two endpoints are not joined by a path

    References
    ----------
    IETF RFC 2992 (2000), equal-cost multi-path; hash: Steele, Lea and Flood, 2014, OOPSLA (SplitMix64).

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> routes(compile_network(fat_tree(4)), np.array([0, 0]), np.array([1, 15])).shape
    (2, 6)
    """
    ends, directed = endpoints(network), directed_links(network)
    source, destination = np.asarray(source, np.int64), np.asarray(destination, np.int64)
    if source.shape != destination.shape or source.ndim != 1:
        raise ValueError(f"source, destination: shapes {source.shape}, {destination.shape}, must be (flows,) both")
    for name, place in (("source", source), ("destination", destination)):
        if np.any((place < 0) | (place >= ends.size)):
            raise ValueError(f"{name}: from {place.min()} to {place.max()}, must be 0 to {ends.size - 1}")
    table = out_links(directed, network.kind.size)
    order, paths = np.argsort(destination, kind="stable"), []
    for block, distance in distances(network, directed, BLOCK // directed.tail.size, np.unique(destination)):
        first, last = np.searchsorted(destination[order], [block[0], block[-1] + 1])
        for start in range(first, last, step := max(1, BLOCK // table.shape[1])):
            flows = order[start : min(start + step, last)]
            column = np.searchsorted(block, destination[flows])
            pairs = np.stack([ends[source[flows]], ends[destination[flows]]])
            if np.isinf(far := distance[pairs[0], column]).any():
                lost = flows[np.argmax(np.isinf(far))]
                raise ValueError(no_path(network, ends[source[lost]], ends[destination[lost]]))
            paths.append((flows, walk(directed, table, (distance, column), pairs, seed)))
    longest = max((path.shape[1] for _, path in paths), default=0)
    found = np.full((source.size, longest), -1, np.int64)
    for flows, path in paths:
        found[flows, : path.shape[1]] = path
    return found


def route_loads(network: Network, paths: Indices, rate: Array) -> LinkLoads:
    """Loads of all links under given paths.

    Parameters
    ----------
    network : Network
    paths : (flows, hops), directed links as `routes` returns them
    rate : (..., flows), of each flow [B/s]

    Returns
    -------
    LinkLoads, up and down (..., links) [B/s]

    References
    ----------
    Derived: sum over the flows of each link.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> tree = compile_network(fat_tree(8))
    >>> source, destination = np.nonzero(1 - np.eye(128))
    >>> loads = route_loads(tree, routes(tree, source, destination), np.ones(source.size))
    >>> round(float(loads.up.max()) / 127, 2)
    14.11
    """
    from scipy.sparse import csr_array

    flow, hop = np.nonzero(paths >= 0)
    rates = np.asarray(rate, np.float64)
    shape = 2 * network.tail.size, len(paths)
    crossed = csr_array((np.ones(flow.size), (paths[flow, hop], flow)), shape=shape)
    flat = rates.reshape(math.prod(rates.shape[:-1]), len(paths))
    total = (crossed @ flat.T).T.reshape(*rates.shape[:-1], shape[0])
    return LinkLoads(*np.split(total, 2, axis=-1))


def network_utilization(network: Network, loads: LinkLoads) -> Array:
    """Utilization of each link, max(up, down) / bandwidth.

    Parameters
    ----------
    network : Network
    loads : LinkLoads, up and down (..., links) [B/s]

    Returns
    -------
    (..., links), of the busier direction; the demand saturates at the inverse of the largest [1]

    References
    ----------
    Derived: definition.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> tree = compile_network(fat_tree(4))
    >>> float(network_utilization(tree, network_loads(tree, 1e9 * (1 - np.eye(16)))).max())
    0.15
    """
    return np.maximum(loads.up, loads.down) / network.bandwidth
