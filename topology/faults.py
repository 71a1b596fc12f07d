"""Faults: a network of any number of tiers with links, nodes or whole parts taken out.

Contract: each function returns a new graph and leaves the given one as it was; ids, indices and attributes of
what remains are kept. A part has the name of

a node : as in the graph, such as "asic-3", "leaf-7" or "compute-1/gpu-2"
a tray : the node attribute `tray`; without it what stands before the last "/" of a node's name; all its nodes
a cartridge or rack : "cartridge-2", all links with this `cartridge`; "rack-5", all nodes with this `rack`
a link : "link 17"
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import chain
from typing import Any

import networkx as nx


def without_links(graph: nx.MultiGraph, links: Iterable[int]) -> nx.MultiGraph:
    """Take links out, both directions.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink`
    links : ids of the links to take out

    Returns
    -------
    networkx.MultiGraph, new

    Raises
    ------
    ValueError
        naming the ids that no link of the graph has

    References
    ----------
    Derived: a change of the graph.

    Examples
    --------
    >>> from topology import Nvlink, nvlink_rack
    >>> rack = nvlink_rack(Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                           medium="copper", generation=5))
    >>> without_links(rack, [0, 100]).number_of_edges()
    1294
    """
    gone = set(links)
    edges = {data["link"]: (u, v, key) for u, v, key, data in graph.edges(keys=True, data=True)}
    if absent := sorted(gone - edges.keys()):
        raise ValueError(f"links {absent}: not in the graph, whose ids lie in {min(edges)}..{max(edges)}")
    remaining = graph.copy()
    remaining.remove_edges_from(edges[link] for link in gone)
    return remaining


def without_node(graph: nx.MultiGraph, name: str) -> nx.MultiGraph:
    """Take a GPU or a switch ASIC out, with all its links.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink`
    name : name of the node

    Returns
    -------
    networkx.MultiGraph, new

    Raises
    ------
    ValueError
        if no node has this name

    References
    ----------
    Derived: a change of the graph.

    Examples
    --------
    >>> from topology import Nvlink, nvlink_rack
    >>> rack = nvlink_rack(Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                           medium="copper", generation=5))
    >>> without_node(rack, "asic-17").number_of_edges()
    1224
    """
    if name not in graph:
        raise ValueError(f"node {name}: not in the graph, which has {min(graph)} to {max(graph)}")
    remaining = graph.copy()
    remaining.remove_node(name)
    return remaining


def without_parts(
    graph: nx.MultiGraph, names: Iterable[str], *, parts: Mapping[str, Iterable[str]] | None = None
) -> nx.MultiGraph:
    """Take trays, cartridges, switches, GPUs, racks and links out by name, all at once.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink` and `topology.network`
    names : names of the parts, as the module lists them; a part may hold another
    parts : nodes of further parts by name, such as trays that the graph does not tell

    Returns
    -------
    networkx.MultiGraph, new; a node that lost all its links stays, and compiling names it

    Raises
    ------
    ValueError
        naming all parts that are not in the graph, each with near names, and nodes of `parts` that are not

    Notes
    -----
    Of equal names nodes come before given parts, these before trays.

    References
    ----------
    Derived: a change of the graph.

    Examples
    --------
    >>> from topology.systems import hgx
    >>> without_parts(hgx(), ["asic-0", "gpu-7", "link 17"]).number_of_edges()
    90
    """
    wanted = [names] if isinstance(names, str) else list(names)
    given = {name: tuple(nodes) for name, nodes in (parts or {}).items()}
    if lost := sorted({node for nodes in given.values() for node in nodes} - set(graph)):
        raise ValueError(f"parts: nodes {', '.join(map(repr, lost))}: not in the graph{_near(lost[0], graph)}")
    nodes: dict[str, tuple[str, ...]] = {**_shared_nodes(graph), **given, **{name: (name,) for name in graph}}
    links = _named_links(graph)
    if unknown := [name for name in dict.fromkeys(wanted) if name not in nodes and name not in links]:
        known = [*nodes, *links]
        told = ", ".join(f"{name!r}{_near(name, known)}" for name in unknown)
        raise ValueError(f"parts {told}: not in the graph; name nodes, trays, 'cartridge-2', 'rack-5' or 'link 17'")
    remaining = graph.copy()
    remaining.remove_edges_from(chain.from_iterable(links.get(name, ()) for name in wanted if name not in nodes))
    remaining.remove_nodes_from({node for name in wanted for node in nodes.get(name, ())})
    return remaining


def _shared_nodes(graph: nx.MultiGraph) -> dict[str, tuple[str, ...]]:
    """Nodes of each tray and rack."""
    found: dict[str, list[str]] = {}
    for name, data in graph.nodes(data=True):
        tray = data.get("tray") or name.rpartition("/")[0]
        rack = data.get("rack", -1)
        for part in (tray, f"rack-{rack}" if rack >= 0 else ""):
            if part:
                found.setdefault(part, []).append(name)
    return {part: tuple(nodes) for part, nodes in found.items()}


def _named_links(graph: nx.MultiGraph) -> dict[str, list[tuple[Any, ...]]]:
    """Edges of each cartridge and link."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for u, v, key, data in graph.edges(keys=True, data=True):
        found[f"link {data['link']}"] = [(u, v, key)]
        if (cartridge := data.get("cartridge", -1)) >= 0:
            found.setdefault(f"cartridge-{cartridge}", []).append((u, v, key))
    return found


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=2, cutoff=0.6)
    return f" (near: {', '.join(close)})" if close else ""
