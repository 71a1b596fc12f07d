"""AC distribution as parts and a graph: utility, cables, unit substations, UPS, busway, racks.

Contract: a networkx directed graph whose edges point from supply to load, compiled once to flat arrays. Impedances are
per phase, voltages line to line, powers three-phase; a reactive power is positive where it lags.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from power.checks import check_fields
from power.ups import Ups

if TYPE_CHECKING:
    import networkx as nx

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Utility:
    """A connection to the grid."""

    voltage_ratio: Annotated[float, "1", Gt(0), Le(1.2)]
    """voltage held behind its impedance, over the nominal voltage of the node"""
    short_circuit_power: Annotated[float, "V*A", Gt(0)]
    """three-phase, at the node; 1e20 holds the voltage at the node itself"""
    resistance_ratio: Annotated[float, "1", Ge(0)]
    """resistance over reactance of its impedance"""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Cable:
    """A cable or a busway."""

    resistance: Annotated[float, "ohm/m", Ge(0)]
    """of one phase"""
    reactance: Annotated[float, "ohm/m", Ge(0)]
    """of one phase"""
    rated_current: Annotated[float, "A", Gt(0)]
    """of one phase"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.resistance + self.reactance == 0:
            raise ValueError("Cable.resistance = Cable.reactance = 0: one must be > 0 ohm/m; or make the nodes one")


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """A unit substation or the transformer of a PDU; its ratio is that of its nodes' nominal voltages."""

    rated_power: Annotated[float, "V*A", Gt(0)]
    """apparent power"""
    short_circuit_voltage: Annotated[float, "1", Gt(0), Lt(1)]
    """impedance over rated impedance"""
    short_circuit_loss: Annotated[float, "1", Ge(0)]
    """copper loss at rated current over rated power"""
    no_load_loss: Annotated[float, "1", Ge(0)]
    """iron loss at rated voltage over rated power"""
    no_load_current: Annotated[float, "1", Ge(0), Lt(1)]
    """magnetising current over rated current"""

    def __post_init__(self) -> None:
        check_fields(self)
        for part, whole in (("short_circuit_loss", "short_circuit_voltage"), ("no_load_loss", "no_load_current")):
            if getattr(self, part) > getattr(self, whole):
                raise ValueError(
                    f"Transformer.{part} = {getattr(self, part)}: must be <= {whole} = {getattr(self, whole)}"
                )


@dataclass(frozen=True, kw_only=True)
class RackLoad:
    """A rack as the distribution sees it: a power it draws at any voltage."""

    power: Annotated[float, "W", Ge(0)]
    """active power of the whole rack, over all its feeds"""
    power_factor: Annotated[float, "1", Gt(0), Le(1)]
    """active over apparent power, lagging"""

    def __post_init__(self) -> None:
        check_fields(self)


class Feeder(NamedTuple):
    """A distribution as flat arrays; made by `feeder_of`."""

    nodes: Sequence[Hashable]
    """names"""
    voltage: Array
    """(n,) nominal [V]"""
    capacity: Array
    """(n,) most active power through the node, inf where there is no limit [W]"""
    depth: Indices
    """(n,) UPS between the utility and the node"""
    branches: Sequence[Hashable]
    """names"""
    tail: Indices
    """(m,) node on the supply side"""
    head: Indices
    """(m,) node on the load side"""
    parts: Sequence["Cable | Transformer | Ups"]
    """(m,) one part may stand at many places"""
    length: Array
    """(m,) of a cable, 1 elsewhere [m]"""
    utilities: Sequence[Utility]
    """(s,)"""
    utility_node: Indices
    """(s,)"""
    racks: Sequence[Hashable]
    """(r,) names"""
    rack_load: Sequence[RackLoad]
    """(r,)"""
    feed_node: Indices
    """(f,) a node that feeds a rack"""
    feed_rack: Indices
    """(f,) the rack it feeds"""


def feeder_of(graph: "nx.DiGraph", *, radial: bool = False) -> Feeder:
    """Compile a graph to arrays, and check that it can be solved.

    Parameters
    ----------
    graph : DiGraph or MultiDiGraph, edges from supply to load. A node has `voltage` [V]; it may have `utility`
        (`Utility`), `load` (`RackLoad`) with `rack`, the rack's name where several nodes feed it in equal parts
        (else the node's), and `capacity` [W]. An edge has `part` (`Cable`, `Transformer` or `Ups`), a cable also
        `length` [m], and it may have a `name`.
    radial : whether two ways to one node are refused

    Returns
    -------
    Feeder
        Nodes, branches and racks in the order of the graph.

    Raises
    ------
    ValueError
        where an attribute is missing or out of range, a node has no way to a utility, a cable joins two voltages, a
        UPS is bridged, or there is a cycle and `radial` is true.

    References
    ----------
    Derived: node by node, edge by edge.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph()
    >>> graph.add_node("grid", voltage=415.0, utility=Utility(
    ...     voltage_ratio=1.0, short_circuit_power=5e7, resistance_ratio=0.1))
    >>> graph.add_node("rack", voltage=415.0, load=RackLoad(power=132e3, power_factor=0.99))
    >>> bus = Cable(resistance=8.1e-6, reactance=5.5e-6, rated_current=1600.0)
    >>> graph.add_edge("grid", "rack", part=bus, length=10.0)
    >>> feeder_of(graph).branches
    ('grid-rack',)
    """
    if not graph.is_directed():
        raise ValueError("graph is undirected: must be a DiGraph or MultiDiGraph, its edges from supply to load")
    nodes = tuple(graph)
    index = {node: place for place, node in enumerate(nodes)}
    voltage = np.array([_positive(graph.nodes[node], "voltage", f"node {node!r}", "V") for node in nodes])
    limited = [node for node in nodes if "capacity" in graph.nodes[node]]
    capacity = np.full(len(nodes), math.inf)
    capacity[[index[node] for node in limited]] = [
        _positive(graph.nodes[node], "capacity", f"node {node!r}", "W") for node in limited
    ]
    edges = [(u, v, data, data.get("name", f"{u}-{v}")) for u, v, data in graph.edges(data=True)]
    length = np.array([_length(data, name) for _, _, data, name in edges])
    tail = np.array([index[u] for u, *_ in edges], dtype=np.intp)
    head = np.array([index[v] for _, v, *_ in edges], dtype=np.intp)
    parts, names = tuple(edge[2]["part"] for edge in edges), tuple(edge[3] for edge in edges)
    for place in np.flatnonzero(tail == head)[:1].tolist():
        raise ValueError(f"branch {names[place]!r} joins {edges[place][0]!r} to itself: must join two nodes; remove it")
    _one_voltage(parts, names, voltage[tail], voltage[head])
    supplied = [node for node in nodes if "utility" in graph.nodes[node]]
    utility_node = np.array([index[node] for node in supplied], dtype=np.intp)
    utilities = tuple(graph.nodes[node]["utility"] for node in supplied)
    for node, utility in zip(supplied, utilities, strict=True):
        if not isinstance(utility, Utility):
            raise ValueError(f"node {node!r}: utility = {utility!r}: must be a Utility")
    ups = np.array([isinstance(part, Ups) for part in parts], dtype=bool)
    depth = _depth(nodes, names, (tail, head, ups), utility_node)
    if radial:
        _no_cycle(nodes, names, tail, head, utility_node)
    racks, loads, feed_node, feed_rack = _racks(graph, index)
    wiring = (names, tail, head, parts, length, utilities, utility_node)
    return Feeder(nodes, voltage, capacity, depth, *wiring, racks, loads, feed_node, feed_rack)


def _positive(attributes: Any, name: str, owner: str, unit: str) -> float:
    value = attributes.get(name)
    if not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise ValueError(f"{owner}: {name} = {value}: must be finite and > 0 {unit}")
    return float(value)


def _length(data: Any, name: Hashable) -> float:
    part = data.get("part")
    if not isinstance(part, (Cable, Transformer, Ups)):
        raise ValueError(f"branch {name!r}: part = {part!r}: must be a Cable, a Transformer or a Ups")
    return _positive(data, "length", f"cable {name!r}", "m") if isinstance(part, Cable) else 1.0


def _one_voltage(parts: Sequence[Any], names: Sequence[Hashable], upper: Array, lower: Array) -> None:
    for place in np.flatnonzero(upper != lower).tolist():
        if isinstance(parts[place], Cable):
            raise ValueError(
                f"cable {names[place]!r} joins nodes of {upper[place]:g} V and {lower[place]:g} V:"
                " must be equal; put a Transformer between them"
            )


def _depth(
    nodes: Sequence[Hashable],
    names: Sequence[Hashable],
    edges: tuple[Indices, Indices, NDArray[np.bool_]],
    utility_node: Indices,
) -> Indices:
    """UPS above each node; each island below a UPS has one depth."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    tail, head, ups = edges
    if not utility_node.size:
        raise ValueError("no node has a utility: give the node of the grid connection utility=Utility(...)")
    solid = (np.ones(int((~ups).sum())), (tail[~ups], head[~ups]))
    count, island = connected_components(coo_array(solid, (len(nodes), len(nodes))), directed=False)
    depth = np.full(count, -1, dtype=np.intp)
    depth[island[utility_node]] = 0
    above, below = island[tail[ups]], island[head[ups]]
    for _ in range(count):
        known = (depth[above] >= 0) & (depth[below] < 0)
        depth[below[known]] = depth[above[known]] + 1
    floating = np.flatnonzero(depth[island] < 0)
    if floating.size:
        more = f" and {floating.size - 5} more" if floating.size > 5 else ""
        listed = ", ".join(repr(nodes[node]) for node in floating[:5])
        raise ValueError(f"floating nodes {listed}{more}: no way to a utility; connect or remove them")
    wrong = np.flatnonzero(depth[below] != depth[above] + 1)
    if wrong.size:
        name = names[int(np.flatnonzero(ups)[wrong[0]])]
        raise ValueError(f"UPS {name!r} is bridged: its output has another way to a utility; open one of them")
    return depth[island]


def _no_cycle(
    nodes: Sequence[Hashable], names: Sequence[Hashable], tail: Indices, head: Indices, utility_node: Indices
) -> None:
    """Union-find over the branches, all utilities being one node."""
    parent = list(range(len(nodes)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for utility in utility_node[1:]:
        parent[utility] = int(utility_node[0])
    for name, u, v in zip(names, tail, head, strict=True):
        if root(u) == root(v):
            raise ValueError(f"branch {name!r} closes a cycle: must be radial; open it or another branch of the ring")
        parent[root(v)] = root(u)


def _racks(graph: "nx.DiGraph", index: dict[Any, int]) -> tuple[Any, Any, Indices, Indices]:
    loads: dict[Hashable, RackLoad] = {}
    feeds: list[tuple[int, Hashable]] = []
    for node, data in graph.nodes(data=True):
        if "load" not in data:
            continue
        if not isinstance(data["load"], RackLoad):
            raise ValueError(f"node {node!r}: load = {data['load']!r}: must be a RackLoad")
        rack = data.get("rack", node)
        if loads.setdefault(rack, data["load"]) != data["load"]:
            raise ValueError(f"rack {rack!r}: node {node!r} says {data['load']}, another {loads[rack]}: must be equal")
        feeds.append((index[node], rack))
    place = {rack: position for position, rack in enumerate(loads)}
    feed_rack = np.array([place[rack] for _, rack in feeds], dtype=np.intp)
    return tuple(loads), tuple(loads.values()), np.array([node for node, _ in feeds], dtype=np.intp), feed_rack
