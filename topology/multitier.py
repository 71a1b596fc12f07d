"""Routing and link loads of a network of any number of tiers.

Contract: paths of least cost, on which only forwarding kinds carry traffic of others; `traffic[i, j]` goes from
endpoint i to endpoint j [B/s], endpoints ordered as by `topology.network.endpoints`. A directed link is numbered l
upwards and links + l downwards. Even split: every node spreads what it holds for a destination over all its links
on paths of least cost, in proportion to their bandwidth. Pinned: each pair keeps to one path, chosen by a seeded
hash at every node (ECMP), or always the link of the lowest id (single path).
"""

import numpy as np

from topology.fabric import Array, Indices
from topology.network import Network, endpoints, node_name
from topology.paths import directed_links, distances, on_path, out_links, walk
from topology.routing import LinkLoads

_BLOCK = 4_000_000  # cells of (directed links, destinations) at a time, which bounds the memory


def network_loads(network: Network, traffic: Array) -> LinkLoads:
    """Loads of all links under the even split over paths of least cost.

    Parameters
    ----------
    network : Network
    traffic : (endpoints, endpoints), from endpoint i to endpoint j, diagonal 0 [B/s]

    Returns
    -------
    LinkLoads, up and down (links,) [B/s]

    Raises
    ------
    ValueError
        if the traffic has a wrong shape, a negative or undefined value or something on its diagonal, or goes
        between two endpoints that no path joins

    Notes
    -----
    All traffic moves one hop per step, so the number of steps is the longest path.

    References
    ----------
    Derived: conservation at every node; hop by hop as in IETF RFC 2992 (2000), with shares instead of a hash.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> loads = network_loads(compile_network(fat_tree(4)), 1.0 - np.eye(16))
    >>> round(float(loads.up.max()), 9)
    15.0
    """
    from scipy.sparse import coo_array

    demand, ends, directed = _checked(network, traffic), endpoints(network), directed_links(network)
    count, total = network.kind.size, np.zeros(directed.tail.size)
    ones = np.ones(total.size)
    links = np.arange(total.size)
    leaving = coo_array((ones, (directed.tail, links)), shape=(count, total.size)).tocsr()
    arriving = coo_array((ones, (directed.head, links)), shape=(count, total.size)).tocsr()
    for block, distance in distances(network, directed, _BLOCK // total.size):
        _check_reach(network, demand, block, distance[ends])
        share = directed.bandwidth[:, None] * on_path(directed, distance)
        out = leaving @ share
        share /= np.where(out > 0, out, 1.0)[directed.tail]
        held = np.zeros((count, block.size))
        held[ends] = demand[:, block]
        while held.any():
            flow = share * held[directed.tail]
            total += flow.sum(axis=1)
            held = arriving @ flow
            held[ends[block], np.arange(block.size)] = 0.0
    return _two_ways(total)


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
    for block, distance in distances(network, directed, _BLOCK // directed.tail.size, np.unique(destination)):
        first, last = np.searchsorted(destination[order], [block[0], block[-1] + 1])
        for start in range(first, last, step := max(1, _BLOCK // table.shape[1])):
            flows = order[start : min(start + step, last)]
            column = np.searchsorted(block, destination[flows])
            pairs = np.stack([ends[source[flows]], ends[destination[flows]]])
            if np.isinf(far := distance[pairs[0], column]).any():
                lost = flows[np.argmax(np.isinf(far))]
                raise ValueError(_no_path(network, ends[source[lost]], ends[destination[lost]]))
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
    rate : (flows,), of each flow [B/s]

    Returns
    -------
    LinkLoads, up and down (links,) [B/s]

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
    rates = np.broadcast_to(np.asarray(rate, np.float64)[:, None], paths.shape)
    return _two_ways(np.bincount(paths[paths >= 0], rates[paths >= 0], 2 * network.tail.size).astype(np.float64))


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


def _checked(network: Network, traffic: Array) -> Array:
    demand, ends = np.asarray(traffic, np.float64), endpoints(network)
    if demand.shape != (ends.size, ends.size):
        raise ValueError(f"traffic: shape {demand.shape}, must be ({ends.size}, {ends.size})")
    wrong = ~((demand >= 0) & (demand < np.inf)) | ((demand > 0) & np.eye(ends.size, dtype=bool))
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        names = node_name(network, ends[i]), node_name(network, ends[j])
        raise ValueError(f"traffic from {names[0]} to {names[1]} = {demand[i, j]}: must be finite, >= 0, 0 to itself")
    return demand


def _check_reach(network: Network, demand: Array, block: Indices, distance: Array) -> None:
    lost = np.isinf(distance) & (demand[:, block] > 0)
    if lost.any():
        i, j = np.argwhere(lost)[0]
        ends = endpoints(network)
        raise ValueError(_no_path(network, ends[i], ends[block[j]]))


def _no_path(network: Network, source: int, destination: int) -> str:
    names = node_name(network, source), node_name(network, destination)
    return f"traffic from {names[0]} to {names[1]}: no path joins the two; send nothing or restore a link"


def _two_ways(total: Array) -> LinkLoads:
    return LinkLoads(*np.split(total, 2))
