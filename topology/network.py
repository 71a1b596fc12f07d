"""A network of any number of tiers: the attributes of its graph, and the graph as flat arrays.

Contract: beside the attributes of `topology.nvlink` (kind, index; link, plane, pairs, bandwidth, medium, length,
cartridge) a graph of several tiers carries those below, so that a rack of one tier is a network too.

Node attributes
    kind : "gpu" (any endpoint of NVLink or scale-out), "lpu" (endpoint that forwards), "nvswitch", "switch" or "nic"
    index : position among the nodes of its kind
    tier : 0 for endpoints, 1 for what they are plugged into, and so on up; by kind if absent
    rack : number of the rack, -1 if none
    ports : link ports of the node, 0 if unknown [1]
    role : optional, what an endpoint is: "gpu", "accelerator", "cpu" or "memory"
Edge attributes (key = link id)
    medium : a key of `topology.media.MEDIA`
    latency : of one traversal, electronics and propagation [s], nan if unknown
    cost : routing metric, whole and positive; paths of least cost are taken; 1 if absent [1]
Graph attributes
    name, announced (True: not yet on sale), assumed (text: what nobody published)

Sign convention: links are drawn from the lower to the upper tier; "up" runs that way, "down" against it. Only
nodes of kinds lpu, nvswitch, switch and nic forward traffic of others.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from topology.fabric import Array, Indices, check_pieces
from topology.media import MEDIA

KINDS = ("gpu", "lpu", "nvswitch", "switch", "nic")
ENDPOINTS = ("gpu", "lpu")
FORWARDING = ("lpu", "nvswitch", "switch", "nic")

_MOST_GPUS = 5_000
_MEDIA = tuple(MEDIA)
_WORDS = {"nvswitch": ("asic",) * 3, "switch": ("leaf", "spine", "core")}
_NODE = {"tier": None, "rack": -1, "ports": 0}
_EDGE = {"length": np.nan, "latency": np.nan, "pairs": 0, "plane": 0, "cost": 1}


class Network(NamedTuple):
    """A network as flat arrays; integers are as narrow as they may be, for half a million GPUs."""

    names: tuple[str, ...]
    """Names of the nodes; empty in networks built as arrays, see `node_name`."""
    kind: NDArray[np.int8]
    """(nodes,) position in `KINDS`."""
    position: NDArray[np.int32]
    """(nodes,) position among the nodes of its kind."""
    tier: NDArray[np.int8]
    """(nodes,) tier, 0 for endpoints."""
    rack: NDArray[np.int32]
    """(nodes,) rack, -1 if none."""
    ports: NDArray[np.int32]
    """(nodes,) link ports, 0 if unknown."""
    tail: NDArray[np.int32]
    """(links,) node at the lower end."""
    head: NDArray[np.int32]
    """(links,) node at the upper end."""
    bandwidth: Array
    """(links,) bandwidth per direction [B/s]."""
    length: Array
    """(links,) length [m], nan if unknown."""
    latency: Array
    """(links,) latency of one traversal [s], nan if unknown."""
    medium: NDArray[np.int8]
    """(links,) position in the keys of `topology.media.MEDIA`."""
    pairs: NDArray[np.int16]
    """(links,) differential or fibre pairs, both directions."""
    plane: NDArray[np.int32]
    """(links,) plane, as the graph says."""
    cost: NDArray[np.int8]
    """(links,) routing metric."""


def endpoints(network: Network) -> Indices:
    """Return the nodes that send and receive; arrays over endpoints are in this order.

    Parameters
    ----------
    network : Network

    Returns
    -------
    (endpoints,), node numbers

    References
    ----------
    Derived: selection by kind.

    Examples
    --------
    >>> from topology.tiers import fat_tree
    >>> endpoints(compile_network(fat_tree(4))).size
    16
    """
    return np.flatnonzero(np.isin(network.kind, [KINDS.index(kind) for kind in ENDPOINTS]))


def node_name(network: Network, node: int) -> str:
    """Return the name of a node, as in its graph or by kind and index.

    Parameters
    ----------
    network : Network
    node : number of the node

    Returns
    -------
    name

    References
    ----------
    Derived: naming.

    Examples
    --------
    >>> from topology.tiers import fat_tree
    >>> node_name(compile_network(fat_tree(4)), 16)
    'leaf-0'
    """
    if network.names:
        return network.names[node]
    kind = KINDS[network.kind[node]]
    word = _WORDS[kind][min(network.tier[node], 3) - 1] if kind in _WORDS else kind
    return f"{word}-{network.position[node]}"


def compile_network(graph: nx.MultiGraph) -> Network:
    """Compile a graph of any number of tiers to arrays, and check it.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes of this module and of `topology.nvlink`

    Returns
    -------
    Network, nodes by kind and index, links by their ids

    Raises
    ------
    ValueError
        naming the node or link: unknown kind or medium, missing attribute, index or link id twice, bandwidth
        not above zero, cost below 1, more links than ports, a node without links, or a graph in several pieces

    References
    ----------
    Derived: a change of representation.

    Examples
    --------
    >>> from topology.tiers import fat_tree
    >>> compile_network(fat_tree(8)).bandwidth.size
    384
    """
    nodes = sorted(_node(name, data) for name, data in graph.nodes(data=True))
    place = {row[-1]: i for i, row in enumerate(nodes)}
    for before, after in pairwise(nodes):
        if before[:2] == after[:2]:
            raise ValueError(f"node {after[-1]}: index = {after[1]}, taken by {before[-1]} of the same kind")
    edges = sorted((_edge(*edge) for edge in graph.edges(keys=True, data=True)), key=lambda edge: edge[0])
    for one, next_one in pairwise(edges):
        if one[0] == next_one[0]:
            raise ValueError(f"link {one[0]}: id given to several edges; every link needs its own")
    check_pieces(graph)
    _check_ports(graph)
    kind, index, tier, rack, ports, names = zip(*nodes, strict=True)
    columns = list(zip(*edges, strict=True))
    ends = np.array([[place[u], place[v]] for u, v in zip(columns[1], columns[2], strict=True)], np.int32)
    tiers = np.array(tier, np.int8)
    ends = np.where((tiers[ends[:, 0]] > tiers[ends[:, 1]])[:, None], ends[:, ::-1], ends)
    types = (np.float64, np.int8, np.float64, np.float64, np.int16, np.int32, np.int8)
    bandwidth, medium, length, latency, pairs, plane, cost = (
        np.array(column, of) for column, of in zip(columns[3:], types, strict=True)
    )
    return Network(
        names,
        np.array(kind, np.int8),
        np.array(index, np.int32),
        tiers,
        np.array(rack, np.int32),
        np.array(ports, np.int32),
        np.ascontiguousarray(ends[:, 0]),
        np.ascontiguousarray(ends[:, 1]),
        *(bandwidth, length, latency, medium, pairs, plane, cost),
    )


def network_graph(network: Network, *, rack: int | None = None, name: str = "") -> nx.MultiGraph:
    """Return a network, or one rack of it, as a graph with the documented attributes.

    Parameters
    ----------
    network : Network
    rack : rack to cut out, with the links that stay inside it; the whole network if absent
    name : name of the graph

    Returns
    -------
    networkx.MultiGraph

    Raises
    ------
    ValueError
        if no node is in the rack, or there are more than 5 000 endpoints

    References
    ----------
    Derived: a change of representation.

    Examples
    --------
    >>> from topology.tiers import fat_tree
    >>> network_graph(compile_network(fat_tree(4))).number_of_edges()
    48
    """
    kept = np.flatnonzero(network.rack == rack) if rack is not None else np.arange(network.kind.size)
    if not kept.size:
        raise ValueError(f"rack {rack}: no node is in it; racks are 0 to {network.rack.max()}")
    inside = np.zeros(network.kind.size, bool)
    inside[kept] = True
    if (count := int(inside[endpoints(network)].sum())) > _MOST_GPUS:
        raise ValueError(f"network: {count} endpoints, a graph takes {_MOST_GPUS}; name a rack, or keep the arrays")
    links = np.flatnonzero(inside[network.tail] & inside[network.head])
    called = {i: node_name(network, i) for i in kept.tolist()}
    graph = nx.MultiGraph(name=name)
    rows = zip(*(column[kept].tolist() for column in network[1:6]), strict=True)
    for node, (kind, index, tier, of_rack, ports) in zip(called.values(), rows, strict=True):
        graph.add_node(node, kind=KINDS[kind], index=index, tier=tier, rack=of_rack, ports=ports)
    columns = (column[links].tolist() for column in network[6:])
    graph.add_edges_from(_attributes(called, *row) for row in zip(links.tolist(), *columns, strict=True))
    return graph


def _attributes(called: dict[int, str], link: int, tail: int, head: int, *values: Any) -> tuple[Any, ...]:
    bandwidth, length, latency, medium, pairs, plane, cost = values
    data = {"link": link, "plane": plane, "pairs": pairs, "bandwidth": bandwidth, "medium": _MEDIA[medium]}
    return (
        called[tail],
        called[head],
        link,
        data
        | {
            "length": length,
            "cartridge": -1,
            "latency": latency,
            "cost": cost,
        },
    )


def _node(name: str, data: dict[str, Any]) -> tuple[Any, ...]:
    if (kind := data.get("kind")) not in KINDS:
        raise ValueError(f"node {name}: kind = {kind!r}, must be one of {', '.join(KINDS)}")
    if data.get("index") is None:
        raise ValueError(f"node {name}: no attribute 'index', its position among nodes of kind {kind!r}")
    values = _NODE | {key: data[key] for key in _NODE.keys() & data.keys()}
    tier = int(kind not in ENDPOINTS) if values["tier"] is None else values["tier"]
    return KINDS.index(kind), data["index"], tier, values["rack"], values["ports"], name


def _edge(u: str, v: str, key: int, data: dict[str, Any]) -> tuple[Any, ...]:
    name = f"link {data.get('link', key)} ({u}, {v})"
    if missing := {"link", "bandwidth", "medium"} - data.keys():
        raise ValueError(f"{name}: no attribute {min(missing)!r}")
    if not 0 < (bandwidth := data["bandwidth"]) < np.inf:
        raise ValueError(f"{name}: bandwidth = {bandwidth}, must be > 0 B/s; use without_links for a dead link")
    if data["medium"] not in MEDIA:
        raise ValueError(f"{name}: medium = {data['medium']!r}, must be one of {', '.join(MEDIA)}")
    values = _EDGE | {key: data[key] for key in _EDGE.keys() & data.keys()}
    if values["cost"] < 1 or values["cost"] != int(values["cost"]):
        raise ValueError(f"{name}: cost = {values['cost']}, must be a whole number >= 1")
    return data["link"], u, v, bandwidth, _MEDIA.index(data["medium"]), *values.values()


def _check_ports(graph: nx.MultiGraph) -> None:
    ports: Iterable[tuple[str, int]] = graph.nodes(data="ports", default=0)
    for name, count in ports:
        if 0 < count < graph.degree(name):
            raise ValueError(f"node {name}: radix exceeded, {graph.degree(name)} links on {count} ports")
