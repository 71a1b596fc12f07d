"""A graph compiled to flat arrays: what every solver of the leaf takes.

Contract: GPUs and ASICs are ordered by their `index`, links by their `link` id, whatever the order inside the
graph; the graph is not changed. One tier: each link joins one GPU and one switch ASIC. Bandwidth is per
direction, lengths are from GPU to ASIC.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Fabric(NamedTuple):
    """A one-tier fabric as flat arrays."""

    gpus: tuple[str, ...]
    """Names of the GPUs."""
    asics: tuple[str, ...]
    """Names of the switch ASICs."""
    gpu: Indices
    """(links,) position in `gpus` of the GPU end."""
    asic: Indices
    """(links,) position in `asics` of the switch end."""
    bandwidth: Array
    """(links,) bandwidth per direction [B/s]."""
    length: Array
    """(links,) length from GPU to ASIC [m], nan if unknown."""


def compile_fabric(graph: nx.MultiGraph) -> Fabric:
    """Compile the graph of a rack to arrays, and check it.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink`

    Returns
    -------
    Fabric, arrays in the order of link ids

    Raises
    ------
    ValueError
        naming the node or link: unknown kind, missing attribute, link id twice, bandwidth not above zero, a
        link that does not join a GPU and an ASIC, no links at all, a node without links, or a graph in
        several pieces

    References
    ----------
    Derived: a change of representation.

    Examples
    --------
    >>> from topology import Nvlink, nvlink_rack
    >>> rack = nvlink_rack(Nvlink(gpus=2, asics=3, link_bandwidth=50e9, lanes_per_link=2, asic_ports=2,
    ...                           medium="copper", generation=5))
    >>> compile_fabric(rack).asic.tolist()
    [0, 1, 2, 0, 1, 2]
    """
    nodes = {kind: _ordered(graph, kind) for kind in ("gpu", "nvswitch")}
    place = {name: i for names in nodes.values() for i, name in enumerate(names)}
    for name, kind in graph.nodes(data="kind"):
        if kind not in nodes:
            raise ValueError(f"node {name}: kind = {kind!r}, must be 'gpu' or 'nvswitch'")
    rows = sorted(_row(graph, place, *edge) for edge in graph.edges(keys=True, data=True))
    check_pieces(graph)
    link, gpu, asic, bandwidth, length = zip(*rows, strict=True)
    if twice := {a for a, b in pairwise(link) if a == b}:
        raise ValueError(f"link {min(twice)}: id given to several edges; every link needs its own")
    return Fabric(
        gpus=nodes["gpu"],
        asics=nodes["nvswitch"],
        gpu=np.array(gpu, np.int64),
        asic=np.array(asic, np.int64),
        bandwidth=np.array(bandwidth, np.float64),
        length=np.array(length, np.float64),
    )


def capacity_matrix(fabric: Fabric) -> Array:
    """Capacity between each GPU and each ASIC, C_ik = sum of the bandwidths of their parallel links.

    Parameters
    ----------
    fabric : Fabric

    Returns
    -------
    (gpus, asics), per direction [B/s]

    References
    ----------
    Derived: parallel links between two nodes carry any split of a flow, so only their sum limits it.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=8, asics=4, links_to_asic=(5, 4, 4, 5), link_bandwidth=25e9, lanes_per_link=2,
    ...                 asic_ports=64, medium="board", generation=4)
    >>> hgx = compile_fabric(nvlink_rack(nvlink))
    >>> capacity_matrix(hgx)[0] / 1e9
    array([125., 100., 100., 125.])
    """
    shape = len(fabric.gpus), len(fabric.asics)
    cell = np.ravel_multi_index((fabric.gpu, fabric.asic), shape)
    merged = np.bincount(cell, fabric.bandwidth, shape[0] * shape[1])
    return merged.reshape(shape).astype(np.float64, copy=False)


def _ordered(graph: nx.MultiGraph, kind: str) -> tuple[str, ...]:
    members = {name: data.get("index") for name, data in graph.nodes(data=True) if data.get("kind") == kind}
    if missing := [name for name, index in members.items() if index is None]:
        raise ValueError(f"node {missing[0]}: no attribute 'index', its position among nodes of kind {kind!r}")
    return tuple(sorted(members, key=members.__getitem__))


def _row(
    graph: nx.MultiGraph, place: dict[str, int], u: str, v: str, key: int, data: dict[str, Any]
) -> tuple[int, int, int, float, float]:
    name = f"link {data.get('link', key)} ({u}, {v})"
    if missing := {"link", "bandwidth"} - data.keys():
        raise ValueError(f"{name}: no attribute {min(missing)!r}")
    ends = {graph.nodes[u]["kind"]: u, graph.nodes[v]["kind"]: v}
    if len(ends) < 2:
        raise ValueError(f"{name}: joins two nodes of kind {min(ends)!r}, must join a GPU and an ASIC")
    if not 0 < (bandwidth := data["bandwidth"]) < np.inf:
        raise ValueError(f"{name}: bandwidth = {bandwidth}, must be > 0 B/s; use without_links for a dead link")
    length = data.get("length", np.nan)
    return data["link"], place[ends["gpu"]], place[ends["nvswitch"]], bandwidth, length


def check_pieces(graph: nx.MultiGraph) -> None:
    """Raise ValueError where a graph has no links, a node without links, or falls into pieces."""
    if not graph.number_of_edges():
        raise ValueError("graph: no links; build one with nvlink_rack")
    if alone := sorted(nx.isolates(graph)):
        raise ValueError(f"node {alone[0]}: no links left; take it out with without_node")
    first, *others = nx.connected_components(graph)
    if others:
        raise ValueError(f"graph: not connected, no path from {min(first)} to {min(others[0])}; split it")
