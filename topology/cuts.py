"""Max-flow and bisection of a network of any number of tiers.

Contract: endpoints are named by their position, as ordered by `topology.network.endpoints`; only forwarding kinds
carry traffic of others; both directions of a link carry its whole bandwidth.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topology.fabric import Array, Indices
from topology.network import FORWARDING, KINDS, Network, endpoints, node_name
from topology.paths import Directed, directed_links

_MOST_CAPACITY = 2**31 - 1  # of the integer solver


def max_flow(network: Network, senders: Indices, receivers: Indices) -> float:
    """Max-flow from some endpoints to others, the rest silent.

    Parameters
    ----------
    network : Network
    senders : positions among the endpoints
    receivers : positions among the endpoints, none of them a sender

    Returns
    -------
    flow, per direction [B/s]

    Raises
    ------
    ValueError
        if a set is empty, an endpoint is in both, or a position is out of range

    Notes
    -----
    Exact where the bandwidths are whole multiples of a common unit whose total stays below 2^31, else by
    preflow-push on floats.

    References
    ----------
    Dinic, 1970, Soviet Mathematics Doklady 11 (scipy); Ford and Fulkerson, 1956, Canadian Journal of Mathematics 8.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> max_flow(compile_network(fat_tree(4)), np.arange(8), np.arange(8, 16)) / 1e9
    800.0
    """
    ends, directed = endpoints(network), directed_links(network)
    sets = [np.unique(np.asarray(places, np.int64)) for places in (senders, receivers)]
    for name, places in zip(("senders", "receivers"), sets, strict=True):
        if not places.size or places[0] < 0 or places[-1] >= ends.size:
            raise ValueError(f"{name}: must name some of the endpoints 0 to {ends.size - 1}")
    if (both := np.intersect1d(sets[0], sets[1])).size:
        raise ValueError(f"node {node_name(network, ends[both[0]])}: sends and receives; put it on one side")
    send, receive = (ends[places] for places in sets)
    inner = np.isin(network.kind, [KINDS.index(kind) for kind in FORWARDING])
    inner[send] = inner[receive] = False
    from_here, to_here = inner.copy(), inner.copy()
    from_here[send] = to_here[receive] = True
    used = from_here[directed.tail] & to_here[directed.head]
    return _flow(network.kind.size, directed, used, send, receive)


def bisection(network: Network, half: Indices | None = None) -> float:
    """Max-flow from one half of the endpoints to the other.

    Parameters
    ----------
    network : Network
    half : positions of endpoints // 2 endpoints; if absent the least over the first half, every second endpoint,
        and, where there are racks, every second rack

    Returns
    -------
    flow, per direction; without `half` an upper bound of the bisection bandwidth [B/s]

    Raises
    ------
    ValueError
        if half does not name half of the endpoints, once each

    Notes
    -----
    The least over all halves is NP-hard; in folded Clos networks numbered pod by pod the first half attains it
    (`topology.arrays.symmetric_bisection`), in one tier `bandwidth_bisection` is exact.

    References
    ----------
    Ford and Fulkerson, 1956, Canadian Journal of Mathematics 8.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import fat_tree
    >>> bisection(compile_network(fat_tree(4, oversubscription=2))) / 1e9
    800.0
    """
    ends = endpoints(network)
    everyone, count = np.arange(ends.size), ends.size // 2
    if half is not None:
        halves = [np.unique(np.asarray(half, np.int64))]
        if halves[0].size != count or np.size(half) != count:
            raise ValueError(f"half: {np.size(half)} places, must name {count} endpoints, once each")
    else:
        rack = network.rack[ends]
        halves = [everyone[:count], everyone[::2][:count]]
        if rack.max() > 0:
            halves.append(np.argsort(rack % 2, kind="stable")[:count])
    return min(max_flow(network, one, np.setdiff1d(everyone, one)) for one in halves)


def _flow(nodes: int, directed: Directed, used: NDArray[np.bool_], send: Indices, receive: Indices) -> float:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    tail, head, bandwidth = directed.tail[used], directed.head[used], directed.bandwidth[used]
    unit = _unit(bandwidth)
    total = bandwidth.sum() / unit
    if total > _MOST_CAPACITY:
        return _flow_in_floats(tail, head, bandwidth, send, receive)
    rows = np.concatenate([tail, np.full(send.size, nodes), receive])
    columns = np.concatenate([head, send, np.full(receive.size, nodes + 1)])
    capacity = np.concatenate([np.rint(bandwidth / unit), np.full(send.size + receive.size, total)])
    graph = coo_array((capacity.astype(np.int32), (rows, columns)), shape=(nodes + 2, nodes + 2)).tocsr()
    return float(maximum_flow(graph, nodes, nodes + 1).flow_value * unit)


def _unit(bandwidth: Array) -> float:
    """Largest unit all bandwidths are whole multiples of, 1 B/s if they are not even whole."""
    whole = np.rint(bandwidth)
    if np.any(whole != bandwidth) or whole.max() > 2**62:
        return float(bandwidth.min()) * 1e-12  # sends them to the solver on floats
    return float(np.gcd.reduce(whole.astype(np.int64)))


def _flow_in_floats(tail: Indices, head: Indices, bandwidth: Array, send: Indices, receive: Indices) -> float:
    import networkx as nx

    graph: Any = nx.DiGraph()
    graph.add_nodes_from(("source", "sink"))
    for u, v, b in zip(tail.tolist(), head.tolist(), bandwidth.tolist(), strict=True):
        known = graph.get_edge_data(u, v, {"capacity": 0.0})["capacity"]
        graph.add_edge(u, v, capacity=known + b)
    graph.add_edges_from(("source", node) for node in send.tolist())
    graph.add_edges_from((node, "sink") for node in receive.tolist())
    return float(nx.maximum_flow_value(graph, "source", "sink"))
