"""Flow in a net of any shape: rows of racks, halls, ring mains, pumps in parallel.

Contract: edges lead from one node to another, and flow along them is positive; a pump raises the pressure along its
edge. What enters the net at nodes sums to zero. Pressures are above that of the first node. Each part of a batch is a
block of one sparse system, solved for pressures; steps in the flow keep mass, so balances hold to rounding.
"""

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge
from thermal.pipes import Resistance, drop_of

Array = NDArray[np.float64]
Nodes = NDArray[np.int64]

TOLERANCE = 1e-12
"""largest pressure residual of an edge, as the flow it stands for, over the largest flow"""
ROUNDING = 1e-14
"""the same over the largest drop: edges at rest without a laminar part have no flow to stand for"""
ITERATIONS_MAX = 100
"""Newton steps before giving up; 4 to 8 are usual"""
_AT_REST = 1e-9
"""share of the largest flow below which the slope of a law without a laminar part is held"""


class Network(NamedTuple):
    """Nodes and the edges between them."""

    names: tuple[Hashable, ...]
    """Of the nodes."""
    tail: Nodes
    """(edge,) index of the node an edge leaves."""
    head: Nodes
    """(edge,) index of the node it enters."""


class NetworkFlow(NamedTuple):
    """Flows and pressures of a net."""

    mass_flow: Array
    """(..., edge) [kg/s]"""
    pressure: Array
    """(..., node) above the first node [Pa]"""
    iterations: int
    """Newton steps taken for the slowest part of the batch"""


def network(edges: Iterable[tuple[Hashable, Hashable]]) -> Network:
    """Return the net of these edges, nodes in the order they are met.

    Parameters
    ----------
    edges : iterable of (node, node)
        Such as `graph.edges()` of a networkx graph; several between two nodes are allowed.

    Returns
    -------
    Network
        In the order of the edges.

    Raises
    ------
    ValueError
        No edges, or one from a node to itself.

    References
    ----------
    Derived: numbering.

    Examples
    --------
    >>> network([("pump", "row"), ("row", "pump")]).tail
    array([0, 1])
    """
    number: dict[Hashable, int] = {}
    pairs = []
    for edge in edges:
        start, end = edge[0], edge[1]
        if start == end:
            raise ValueError(f"network: edge from {start!r} to itself: must join two nodes")
        pairs.append((number.setdefault(start, len(number)), number.setdefault(end, len(number))))
    if not pairs:
        raise ValueError("network: no edges: must have at least one")
    tail, head = np.array(pairs, np.int64).T
    return Network(tuple(number), tail, head)


def solve_network(
    net: Network, path: Resistance, injection: ArrayLike = 0.0, pressure_rise: ArrayLike = 0.0
) -> NetworkFlow:
    r"""Find the flows of a net by Newton's method on the pressures of its nodes.

    $$ \Delta_e(m_e) - h_e = p_{tail} - p_{head}, \qquad \sum_{out} m_e - \sum_{in} m_e = q_n $$

    Parameters
    ----------
    net : Network
    path : Resistance
        Of the edges, arrays (..., edge) or shorter; infinite where closed.
    injection : (..., node) into the net from outside, q; sums to 0 [kg/s]
    pressure_rise : (..., edge) of pumps at rest, h; what they lose with flow is part of `path` [Pa]

    Returns
    -------
    NetworkFlow
        Flows (..., edge) [kg/s], pressures (..., node) [Pa].

    Raises
    ------
    ValueError
        Injections that do not sum to zero, nodes cut off from the first one, laws without drop.
    DidNotConverge
        Residuals stay above `TOLERANCE`.

    Notes
    -----
    A pump with head $h - a m |m|$ is a rise h on an edge of quadratic resistance a. Where a full step would overshoot
    the least of the content (the integral of all drops), it is halved: the content is convex and falls until the flows
    are found.

    References
    ----------
    Todini and Pilati (1988), A gradient algorithm for the analysis of pipe networks. Content: Millar (1951).

    Examples
    --------
    >>> from thermal.hydraulics import BranchLaw
    >>> from thermal.pipes import resistance
    >>> ring = network([("in", "out"), ("in", "mid"), ("mid", "out")])
    >>> path = resistance(BranchLaw(np.array([1e8, 2e8, 2e8]), 0.0), 1000.0, 1e-3)
    >>> flow = solve_network(ring, path, injection=[3.0, -3.0, 0.0])
    >>> flow.mass_flow.round(6), flow.pressure.round(0)
    (array([2., 1., 1.]), array([     0., -400000., -200000.]))
    """
    edges, nodes = net.tail.size, len(net.names)
    q, rise = np.asarray(injection, float), np.asarray(pressure_rise, float)
    batch = np.broadcast_shapes(q.shape[:-1], rise.shape[:-1], *(value.shape[:-1] for value in path))
    path = Resistance(*(np.broadcast_to(value, (*batch, edges)).reshape(-1, edges) for value in path))
    q, rise = (np.broadcast_to(value, (*batch, size)).reshape(-1, size) for value, size in ((q, nodes), (rise, edges)))
    _check(path, q, rise)
    block = _Blocks(net, len(q), np.isinf(path.quadratic + path.laminar))
    scale = _scale(path, q, rise)
    flow, pressure = np.zeros(rise.shape), np.zeros(q.shape)
    for iteration in range(ITERATIONS_MAX + 1):
        drop, slope = drop_of(path, flow if iteration else np.broadcast_to(scale, flow.shape))
        if iteration == 0:
            drop, slope = np.zeros_like(drop), np.where(np.isinf(slope), np.inf, np.maximum(slope / 2, 1e-300))
        else:
            most = np.abs(flow).max(-1, keepdims=True)
            scale = np.where(most > 0, most, scale)
            slope = np.maximum(slope, path.quadratic * _AT_REST * scale)
        residual = np.where(block.shut, 0.0, block.fall(pressure) + rise - drop)
        largest = np.maximum(np.abs(drop).max(-1, keepdims=True), np.abs(rise).max(-1, keepdims=True))
        allowed = np.maximum(TOLERANCE * scale * np.where(block.shut, 1.0, slope), ROUNDING * largest)
        surplus = q - block.outflow(flow)
        if iteration and (np.abs(residual) <= allowed).all() and (np.abs(surplus) <= TOLERANCE * scale).all():
            return NetworkFlow(flow.reshape(*batch, edges), pressure.reshape(*batch, nodes), iteration)
        conductance = 1 / slope
        push = block.pressures(conductance, surplus - block.outflow(conductance * residual))
        step = conductance * (block.fall(push) + residual)
        driving = rise + block.fall(pressure + push)
        share = _step_length(path, driving, flow, step) if iteration else np.ones((len(q), 1))
        flow, pressure = flow + share * step, pressure + share * push
    raise DidNotConverge(
        f"network: pressure residual {np.max(np.abs(residual)):.3g} Pa after {ITERATIONS_MAX} steps;"
        " give edges a laminar part or resistances of more similar size"
    )


def _check(path: Resistance, q: Array, rise: Array) -> None:
    balance = np.abs(q.sum(-1)) - 1e-12 * np.abs(q).sum(-1)
    if not (balance <= 0).all():
        raise ValueError(f"network: injections sum to {q.sum(-1)[np.argmax(balance)]:.6g} kg/s: must sum to 0")
    if not (path.quadratic + path.laminar + path.wall > 0).all():
        raise ValueError("network: an edge without drop: must have a resistance; join its two nodes instead")
    if not np.isfinite(rise).all():
        raise ValueError("network: pressure rise: must be finite")


def _scale(path: Resistance, q: Array, rise: Array) -> Array:
    """Return a flow typical of each part of the batch: what is injected, or what the pumps press through (b, 1)."""
    finite = np.where(np.isinf(path.quadratic + path.laminar), 0.0, path.quadratic + path.laminar)
    size, head = finite.mean(-1, keepdims=True), np.abs(rise).max(-1, keepdims=True)
    pumped = np.where(size > 0, np.minimum(np.sqrt(head / np.maximum(size, 1e-300)), 1e6), 0.0)
    scale = np.maximum(np.abs(q).max(-1, keepdims=True), pumped)
    return np.where(scale > 0, scale, 1.0)


def _step_length(path: Resistance, push: Array, flow: Array, step: Array) -> Array:
    """Return the largest of 1, 1/2, 1/4 ... at which the content still falls, or has just turned (b, 1).

    Steps carry nothing into a node, so any pressures may be added to the rises that push along the edges; those the
    step leads to leave the least rounding.
    """
    share = np.ones((len(flow), 1))
    start = np.abs(_fall_of_content(path, push, flow, step))
    for _ in range(30):
        turned = -_fall_of_content(path, push, flow + share * step, step) > 0.5 * start
        if not turned.any():
            break
        share = np.where(turned, share / 2, share)
    return share


def _fall_of_content(path: Resistance, push: Array, flow: Array, step: Array) -> Array:
    return np.asarray(np.sum(np.where(step == 0, 0.0, push - drop_of(path, flow)[0]) * step, axis=-1, keepdims=True))


class _Blocks:
    """The nets of a batch as one sparse system with a block for each."""

    def __init__(self, net: Network, count: int, shut: NDArray[np.bool_]) -> None:
        from scipy.sparse import csr_array

        self.shut = shut
        self.edges, self.nodes = net.tail.size, len(net.names)
        edge = np.arange(self.edges)
        ends, signs = np.concatenate([net.tail, net.head]), np.repeat([1.0, -1.0], self.edges)
        self.incidence = csr_array((signs, (ends, np.tile(edge, 2))), shape=(self.nodes, self.edges))
        first = self.nodes * np.arange(count)[:, None]
        tail, head = (first + net.tail).ravel(), (first + net.head).ravel()
        self._rows, self._columns = np.concatenate([tail, head, tail, head]), np.concatenate([tail, head, head, tail])
        self._free = np.tile(np.arange(self.nodes) > 0, count)
        self._connected(net, tail, head)

    def outflow(self, flow: Array) -> Array:
        """Return what leaves each node along edges (b, node)."""
        return (self.incidence @ flow.T).T

    def fall(self, pressure: Array) -> Array:
        """Return the fall of pressure along each edge (b, edge)."""
        return (self.incidence.T @ pressure.T).T

    def pressures(self, conductance: Array, surplus: Array) -> Array:
        """Return the pressures at which edges of these conductances carry the surplus away (b, node)."""
        from scipy.sparse import csc_array
        from scipy.sparse.linalg import splu

        g, size = conductance.ravel(), self._free.size
        values = np.concatenate([g, g, -g, -g])
        matrix = csc_array((values, (self._rows, self._columns)), shape=(size, size))[self._free][:, self._free]
        try:
            factors = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        except RuntimeError as error:
            raise DidNotConverge("network: singular; give edges at rest a laminar part") from error
        found = np.zeros(size)
        found[self._free] = factors.solve(surplus.ravel()[self._free])
        return found.reshape(surplus.shape)

    def _connected(self, net: Network, tail: Nodes, head: Nodes) -> None:
        """Refuse nodes without an open way to the first."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        way, size = ~self.shut.ravel(), self._free.size
        links: Any = csr_array((np.ones(way.sum()), (tail[way], head[way])), shape=(size, size))
        label = connected_components(links, directed=False)[1].reshape(-1, self.nodes)
        cut = (label != label[:, :1]).any(axis=0)
        if cut.any():
            names = ", ".join(map(repr, [net.names[node] for node in np.flatnonzero(cut)[:5]]))
            raise ValueError(
                f"network: nodes {names} have no open way to {net.names[0]!r}: open an edge, or leave them out"
            )
