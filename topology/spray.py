"""Traffic spread over all paths of least cost by weights of links, all destinations at once.

Contract: parallel links of two nodes are one bundle, whose traffic they share in proportion to their bandwidth. What
node u holds for destination d leaves over a bundle (u, v) on paths of least cost in the share w V(v, d) / Z(u, d), with
Z(u, d) = sum of w V(v, d) over these bundles and V(d, d) = 1. V = 1 splits hop by hop; V = Z gives each path of a pair
its share in proportion to the product of its weights. Nodes are visited in the order of their distance.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topology.fabric import Array, Indices
from topology.network import KINDS, Network, endpoints, node_name
from topology.paths import directed_links, distances
from topology.routing import LinkLoads

FAINT = 1e-200  # sums of weights of paths below it are not to be trusted
BLOCK = 4_000_000  # cells of (nodes, destinations) at a time, which bounds the memory


class Bundles(NamedTuple):
    """Directed links, those of the same two nodes as one."""

    tail: Indices
    head: Indices
    cost: Indices
    bandwidth: Array
    """(bundles,) of all links together [B/s]."""
    forwards: NDArray[np.bool_]
    """(nodes,) which nodes forward."""
    of: Indices
    """(directed links,) bundle of each."""
    share: Array
    """(directed links,) of what its bundle carries [1]."""


class Ways(NamedTuple):
    """Paths of least cost to some destinations, one column each."""

    bundles: Bundles
    nodes: Indices
    """(columns,) destinations."""
    distance: Array
    """(nodes, columns) least cost, inf where there is no path."""
    last: tuple[Indices, Indices]
    """Bundles that end at a destination, and their columns."""
    inner: Indices
    """Bundles that end at a forwarding node."""


def bundles_of(network: Network) -> Bundles:
    """Join parallel links of equal cost."""
    directed, count = directed_links(network), network.kind.size
    cost = directed.cost.astype(np.int64)
    _, first, of = np.unique(
        (directed.tail * count + directed.head) * 128 + cost, return_index=True, return_inverse=True
    )
    bandwidth = np.bincount(of, directed.bandwidth).astype(np.float64)
    ends = directed.tail[first], directed.head[first], cost[first]
    return Bundles(*ends, bandwidth, directed.forwards, of, directed.bandwidth / bandwidth[of])


def ways_to(network: Network, bundles: Bundles, nodes: Indices, width: int | None = None) -> Iterator[Ways]:
    """Blocks of at most `width` destinations, or of as many as memory should hold."""
    opened = np.where(bundles.forwards, KINDS.index("lpu"), network.kind).astype(np.int8)  # so that any node is an end
    width = width or BLOCK // network.kind.size
    inner = np.flatnonzero(bundles.forwards[bundles.head])
    for block, distance in distances(network._replace(kind=opened), directed_links(network), width, nodes):
        column = np.full(network.kind.size, -1)
        column[block] = np.arange(block.size)
        ends = np.flatnonzero(column[bundles.head] >= 0)
        to = column[bundles.head[ends]]
        near = distance[bundles.tail[ends], to] == bundles.cost[ends]
        yield Ways(bundles, block, distance, (ends[near], to[near]), inner)


def to_go(ways: Ways, weight: Array, *, by_path: bool) -> tuple[Array, Array]:
    """Z and V of the contract, (nodes, columns) each; V = Z if `by_path`, else 1; V = 0 where nobody forwards."""
    bundles, distance = ways.bundles, ways.distance
    total: Array = np.zeros(distance.shape)
    ends, to = ways.last
    total[bundles.tail[ends], to] = weight[ends]
    costs = _matrices(ways, weight)
    for level in _levels(distance):
        here = (distance == level) & bundles.forwards[:, None]
        if here.any():
            near = total * here if by_path else here.astype(float)
            for cost, matrix in costs:
                total += (matrix @ near) * (distance == level + cost)
    total[total < FAINT**1.25] = 0.0
    ahead = bundles.forwards[:, None] & (distance > 0)
    return total, total * ahead if by_path else ahead.astype(float)


def spread(ways: Ways, weight: Array, value: tuple[Array, Array], demand: Array) -> Array:
    """Load of each bundle (bundles, batch) of a demand (nodes, columns, batch) under Z and V of `to_go`."""
    (total, ahead), distance = value, ways.distance
    shape, flat = demand.shape, (demand.shape[0], demand.shape[1] * demand.shape[2])
    inverse = np.divide(1.0, total, out=np.zeros(total.shape), where=total > 0)[..., None]
    held, costs = demand.copy(), _matrices(ways, weight)
    for level in _levels(distance)[::-1]:
        rate = held * (inverse * (distance == level)[..., None])
        for cost, matrix in costs:
            if level > cost:
                arrived = (matrix.T @ rate.reshape(flat)).reshape(shape)
                held += arrived * (ahead * (distance == level - cost))[..., None]
    held *= inverse
    return _carried(ways, weight, ahead, held)


def cheapest(ways: Ways, price: Array) -> Array:
    """Least sum of prices of bundles over the paths of least cost (nodes, columns), inf where there is none."""
    bundles, distance = ways.bundles, ways.distance
    least = np.full(distance.shape, np.inf)
    ends, to = ways.last
    least[bundles.tail[ends], to] = price[ends]
    for level in _levels(distance):
        here = (distance == level) & bundles.forwards[:, None]
        block = ways.inner[here.any(axis=1)[bundles.head[ways.inner]]]
        tail, head, cost = bundles.tail[block], bundles.head[block], bundles.cost[block]
        over = np.where(here, least, np.inf)[head] + price[block, None]
        over[distance[tail] != level + cost[:, None]] = np.inf
        nodes, first = np.unique(tail, return_index=True)  # bundles are ordered by their tails
        if nodes.size:
            least[nodes] = np.minimum(least[nodes], np.minimum.reduceat(over, first, axis=0))
    return least


def even_loads(ways: Ways, demand: Array) -> Array:
    """Load of each bundle (bundles, batch): each node splits what it holds in proportion to bandwidth."""
    weight = ways.bundles.bandwidth / ways.bundles.bandwidth.max()
    return spread(ways, weight, to_go(ways, weight, by_path=False), demand)


def spray_loads(ways: Ways, demand: Array) -> Array:
    """Load of each bundle (bundles, batch): each path of a pair carries in proportion to its narrowest bundle.

    The width of a path is the sum of the steps in width up to which all its bundles reach, so that counting the paths
    of bundles at least as wide as each step is enough.
    """
    bandwidth = ways.bundles.bandwidth
    widths = np.unique(bandwidth)
    steps = np.diff(widths, prepend=0.0) / widths[-1]
    counted: list[tuple[Array, Array, tuple[Array, Array]]] = []
    whole = np.zeros(ways.distance.shape)
    for width, step in zip(widths, steps, strict=True):
        wide = (bandwidth >= width).astype(float)
        value = to_go(ways, wide, by_path=True)
        if not np.any(value[0][demand.any(axis=(1, 2))]):
            break  # wider paths are fewer
        counted.append((wide, step * value[0], value))
        whole += counted[-1][1]
    inverse = np.divide(1.0, whole, out=np.zeros(whole.shape), where=whole > 0)
    load = np.zeros((bandwidth.size, demand.shape[2]))
    for wide, part, value in counted:
        load += spread(ways, wide, value, demand * (part * inverse)[..., None])
    return load


def checked_demand(network: Network, traffic: Array) -> Array:
    """Return the traffic as floats, or raise ValueError naming its shape or the first pair that is wrong."""
    demand, ends = np.asarray(traffic, np.float64), endpoints(network)
    if demand.shape[-2:] != (ends.size, ends.size):
        raise ValueError(f"traffic: shape {demand.shape}, must be (..., {ends.size}, {ends.size})")
    wrong = ~((demand >= 0) & (demand < np.inf)) | ((demand > 0) & np.eye(ends.size, dtype=bool))
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        names = (node_name(network, ends[i]) for i in where[-2:])
        raise ValueError(f"traffic from {' to '.join(names)} = {demand[where]}: must be finite, >= 0, 0 to itself")
    return demand


def check_reach(network: Network, ways: Ways, demand: Array) -> None:
    """Raise ValueError naming a pair that has a demand (nodes, columns, ...) but no path."""
    lost = np.isinf(ways.distance) & (demand > 0).reshape(*ways.distance.shape, -1).any(axis=-1)
    if lost.any():
        i, j = np.argwhere(lost)[0]
        raise ValueError(no_path(network, i, int(ways.nodes[j])))


def no_path(network: Network, source: int, destination: int) -> str:
    """Return what to say of two nodes that no path joins."""
    names = node_name(network, source), node_name(network, destination)
    return f"traffic from {names[0]} to {names[1]}: no path joins the two; send nothing or restore a link"


def two_ways(bundles: Bundles, load: Array) -> LinkLoads:
    """Loads of links from those of bundles (..., bundles)."""
    return LinkLoads(*np.split(load[..., bundles.of] * bundles.share, 2, axis=-1))


def _carried(ways: Ways, weight: Array, ahead: Array, rate: Array) -> Array:
    """Load of each bundle: its weight times what its tail sends per weight, times the value of its head."""
    bundles, distance = ways.bundles, ways.distance
    load = np.zeros((bundles.tail.size, rate.shape[2]))
    ends, to = ways.last
    np.add.at(load, ends, weight[ends, None] * rate[bundles.tail[ends], to])
    step = max(1, BLOCK // rate[0].size)
    for start in range(0, ways.inner.size, step):
        block = ways.inner[start : start + step]
        tail, head = bundles.tail[block], bundles.head[block]
        open_ = distance[tail] == distance[head] + bundles.cost[block, None]
        load[block] += weight[block, None] * np.einsum("lc,lcb->lb", ahead[head] * open_, rate[tail])
    return load


def _levels(distance: Array) -> Array:
    found = np.unique(distance)
    return found[(found > 0) & np.isfinite(found)]


def _matrices(ways: Ways, weight: Array) -> list[tuple[int, Any]]:
    """Weights of the bundles that end at forwarding nodes (tail, head), by their cost."""
    from scipy.sparse import csr_array

    bundles, nodes = ways.bundles, ways.distance.shape[0]
    found = []
    for cost in np.unique(bundles.cost[ways.inner]):
        of = ways.inner[bundles.cost[ways.inner] == cost]
        found.append((int(cost), csr_array((weight[of], (bundles.tail[of], bundles.head[of])), shape=(nodes, nodes))))
    return found
