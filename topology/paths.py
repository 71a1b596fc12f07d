"""Paths of least cost between endpoints, on which only forwarding kinds carry traffic of others.

Contract: a directed link is numbered l upwards and links + l downwards; costs are whole numbers, so that sums compare
exactly.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topology.fabric import Array, Indices
from topology.network import FORWARDING, KINDS, Network, endpoints


class Directed(NamedTuple):
    """Links by direction: up, then down; `forwards` (nodes,) tells which nodes forward."""

    tail: Indices
    head: Indices
    bandwidth: Array
    cost: Array
    forwards: NDArray[np.bool_]


def directed_links(network: Network) -> Directed:
    """Return the links by direction, and which nodes forward."""
    tail = np.concatenate([network.tail, network.head]).astype(np.int64)
    head = np.concatenate([network.head, network.tail]).astype(np.int64)
    forwards = np.isin(network.kind, [KINDS.index(kind) for kind in FORWARDING])
    return Directed(tail, head, np.tile(network.bandwidth, 2), np.tile(network.cost, 2).astype(float), forwards)


def distances(
    network: Network, directed: Directed, width: int, destinations: Indices | None = None
) -> Iterator[tuple[Indices, Array]]:
    """Blocks of destinations, with the least cost from every node (nodes, block): inf where there is no path."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    ends = endpoints(network)
    places = np.arange(ends.size) if destinations is None else destinations
    count = network.kind.size
    # Against the traffic: from node v to the nodes before it. A node that does not forward is left by its twin only.
    through = directed.forwards[directed.head]
    rows = np.where(through, directed.head, count + directed.head)
    cost, key = directed.cost, rows * count + directed.tail
    least = np.lexsort((cost, key))
    first = least[np.unique(key[least], return_index=True)[1]]
    graph = coo_array((cost[first], (rows[first], directed.tail[first])), shape=(2 * count, 2 * count)).tocsr()
    for start in range(0, places.size, step := max(1, width)):
        block = places[start : start + step]
        origin = np.where(directed.forwards[ends[block]], ends[block], count + ends[block])
        distance = dijkstra(graph, indices=origin)[:, :count].T.copy()
        distance[ends[block], np.arange(block.size)] = 0.0
        yield block, distance


def out_links(directed: Directed, nodes: int) -> Indices:
    """Directed links out of each node in the order of link ids, -1 behind the last (nodes, most)."""
    order = np.argsort(directed.tail, kind="stable")
    degree = np.bincount(directed.tail, minlength=nodes)
    place = np.arange(order.size) - np.repeat(np.cumsum(degree) - degree, degree)
    table = np.full((nodes, degree.max()), -1, np.int64)
    table[directed.tail[order], place] = order
    return table


def walk(directed: Directed, table: Indices, far: tuple[Array, Indices], pairs: Indices, seed: int | None) -> Indices:
    """Directed links that each pair takes, (pairs, hops), -1 behind the end; `far` is distance and column."""
    distance, column = far
    node, hops = pairs[0].copy(), []
    while np.any(moving := node != pairs[1]):
        at, to, of = node[moving], pairs[1][moving], column[moving]
        link = table[at]
        near = distance[directed.head[link], of[:, None]]
        ends_here = ~directed.forwards[directed.head[link]] & (near > 0)
        open_ = (link >= 0) & (distance[at, of][:, None] == near + directed.cost[link]) & ~ends_here
        choice = np.zeros(at.size, np.int64)
        if seed is not None:
            choice = (flow_hash(seed, pairs[0][moving], to, at) % open_.sum(axis=1).astype(np.uint64)).astype(np.int64)
        taken = link[np.arange(at.size), np.argmax(np.cumsum(open_, axis=1) == choice[:, None] + 1, axis=1)]
        hop = np.full(node.size, -1, np.int64)
        hop[moving] = taken
        hops.append(hop)
        node[moving] = directed.head[taken]
    return np.stack(hops, axis=1) if hops else np.empty((node.size, 0), np.int64)


def flow_hash(seed: int, *parts: Indices) -> NDArray[np.uint64]:
    """SplitMix64 over the parts, one after the other."""
    state = np.zeros(parts[0].shape, np.uint64)
    for part in (np.full(1, seed), *parts):  # the seed is mixed alone: added to a part it would only shift the flows
        state = state + part.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state
