"""Faults: a rack with links or nodes taken out.

Contract: each function returns a new graph and leaves the given one as it was; ids, indices and attributes of
what remains are kept.
"""

from collections.abc import Iterable

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
