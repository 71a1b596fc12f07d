"""Bringing a fabric and taking it away: GraphML and JSON node-link files, and the text of `nvidia-smi topo -m`.

Contract: files carry the attributes of `topology.network`; what is read is checked before it is returned. An
unknown length or latency is nan in the graph, NaN in GraphML and null in JSON. A foreign graph needs `kind` on its
nodes and `bandwidth` [B/s per direction] and `medium` on its edges; index and link are numbered in file order where
none has them.
"""

import json
import re
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from topology.clos import ELECTRONICS
from topology.network import compile_network

_MOST_LINKS = 18  # NVLinks of one GPU, up to generation 5
_MAY_BE_UNKNOWN = ("length", "latency")


def write_graphml(graph: nx.MultiGraph, path: str | Path) -> None:
    """Write a graph as GraphML.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes of `topology.network`
    path : file to write; an older one is replaced

    References
    ----------
    Brandes, Eiglsperger, Herman, Himsolt and Marshall, 2002, Graph Drawing (GraphML); written by networkx.

    Examples
    --------
    >>> import os
    >>> from topology.tiers import fat_tree
    >>> write_graphml(fat_tree(2), os.devnull)
    """
    nx.write_graphml_xml(graph, str(path))


def read_graphml(path: str | Path) -> nx.MultiGraph:
    """Read a graph from GraphML, and check it.

    Parameters
    ----------
    path : file to read

    Returns
    -------
    networkx.MultiGraph, with the attributes of `topology.network`

    Raises
    ------
    ValueError
        naming the file if it is no GraphML, and as `topology.network.compile_network` does

    References
    ----------
    Brandes, Eiglsperger, Herman, Himsolt and Marshall, 2002, Graph Drawing (GraphML); read by networkx.

    Examples
    --------
    >>> read_graphml("missing.graphml")
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    from xml.etree.ElementTree import ParseError

    try:
        graph = nx.read_graphml(str(path), force_multigraph=True)
    except (ParseError, nx.NetworkXError, KeyError) as error:
        raise ValueError(f"{path}: not GraphML ({error}); write it with write_graphml or networkx") from error
    return _checked(graph, path)


def write_node_link(graph: nx.MultiGraph, path: str | Path) -> None:
    """Write a graph as JSON in the node-link form of networkx, edges under "edges".

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes of `topology.network`
    path : file to write; an older one is replaced

    References
    ----------
    networkx, `node_link_data`; RFC 8259 (2017), which knows no nan: null stands for it.

    Examples
    --------
    >>> import os
    >>> from topology.tiers import fat_tree
    >>> write_node_link(fat_tree(2), os.devnull)
    """
    data = nx.node_link_data(graph, edges="edges")
    for edge in data["edges"]:
        edge.update({name: None for name in _MAY_BE_UNKNOWN if np.isnan(edge.get(name, 0.0))})
    Path(path).write_text(json.dumps(data, allow_nan=False, indent=1) + "\n", encoding="utf-8")


def read_node_link(path: str | Path) -> nx.MultiGraph:
    """Read a graph from node-link JSON, and check it.

    Parameters
    ----------
    path : file to read; edges under "edges" or "links"

    Returns
    -------
    networkx.MultiGraph, with the attributes of `topology.network`

    Raises
    ------
    ValueError
        naming the file if it is no node-link JSON, and as `topology.network.compile_network` does

    References
    ----------
    networkx, `node_link_graph`.

    Examples
    --------
    >>> read_node_link("missing.json")
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        data = json.loads(text)
        links = "edges" if "edges" in data else "links"
        graph = nx.node_link_graph(data | {"directed": False, "multigraph": True}, edges=links)
    except (json.JSONDecodeError, KeyError, TypeError, nx.NetworkXError) as error:
        raise ValueError(
            f"{path}: not node-link JSON ({error!r}); write it with write_node_link or networkx"
        ) from error
    for _, _, edge in graph.edges(data=True):
        edge.update({name: float("nan") for name in _MAY_BE_UNKNOWN if edge.get(name, 0.0) is None})
    return _checked(graph, path)


def read_nvidia_smi(
    text: str, *, link_bandwidth: float, switched: bool | None = None, lanes_per_link: int = 2
) -> nx.MultiGraph:
    """Build the NVLink graph that the matrix of `nvidia-smi topo -m` shows; PCIe and network cards are left out.

    Parameters
    ----------
    text : output of the command
    link_bandwidth : of one NVLink per direction [B/s]
    switched : whether GPUs meet in switches; if absent, they do where every pair shows the same NV count and a GPU
        would need more than 18 links to have as many to each other one
    lanes_per_link : lanes of one link per direction

    Returns
    -------
    networkx.MultiGraph, with the attributes of `topology.network`; one switch per link of a GPU where switched

    Raises
    ------
    ValueError
        if there is no matrix, a row does not fit the header, the two halves of the matrix differ, no pair has
        NVLinks, or the graph falls in pieces

    Notes
    -----
    The text does not tell how many switches there are. One per link carries the same: the links of a GPU are
    alike, and a plane of several links is several planes of one.

    References
    ----------
    NVIDIA, nvidia-smi manual: "NV# = Connection traversing a bonded set of # NVLinks".

    Examples
    --------
    >>> import os
    >>> rows = ["     GPU0 GPU1", "GPU0  X   NV12", "GPU1 NV12  X"]
    >>> read_nvidia_smi(os.linesep.join(rows), link_bandwidth=25e9).number_of_edges()
    12
    """
    if not link_bandwidth > 0:
        raise ValueError(f"link_bandwidth = {link_bandwidth}: must be > 0 B/s")
    names, count = _matrix(text)
    gpus = len(names)
    off = count[~np.eye(gpus, dtype=bool)]
    if not off.any():
        raise ValueError("text: no pair of GPUs has NVLinks (NV#); nothing to build")
    alike = bool(np.all(off == off[0]))
    if switched is None:
        switched = alike and off[0] * (gpus - 1) > _MOST_LINKS
    if switched and not alike:
        raise ValueError(f"switched: pairs show {sorted(set(off.tolist()))} NVLinks; behind switches all show the same")
    graph = nx.MultiGraph(name="nvidia-smi topo -m", announced=False, assumed="medium, planes, electronics")
    nodes = {"tier": 0, "rack": 0, "ports": 0}
    graph.add_nodes_from((name, {"kind": "gpu", "index": i} | nodes) for i, name in enumerate(names))
    if switched:
        planes = int(off[0])
        nodes = {"tier": 1, "rack": 0, "ports": 0}
        graph.add_nodes_from((f"asic-{p}", {"kind": "nvswitch", "index": p} | nodes) for p in range(planes))
        ends = [(name, f"asic-{p}", p) for name in names for p in range(planes)]
    else:
        pairs = np.argwhere(np.triu(count)).tolist()
        ends = [(names[i], names[j], p) for i, j in pairs for p in range(count[i, j])]
    made = {"pairs": 2 * lanes_per_link, "bandwidth": float(link_bandwidth), "medium": "board", "cartridge": -1}
    made |= {"length": float("nan"), "latency": ELECTRONICS, "cost": 1}
    graph.add_edges_from((u, v, link, {"link": link, "plane": p} | made) for link, (u, v, p) in enumerate(ends))
    compile_network(graph)
    return graph


def _matrix(text: str) -> tuple[list[str], np.ndarray]:
    """Names of the GPUs, and the NVLinks of each pair."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).split() for line in text.splitlines()]
    header = next((line for line in lines if line and line[0] == "GPU0" and "X" not in line), None)
    if header is None:
        raise ValueError("text: no header line with GPU0; give the output of nvidia-smi topo -m")
    names = [word for word in header if re.fullmatch(r"GPU\d+", word)]
    rows = {line[0]: line[1:] for line in lines if line and line[0] in names and "X" in line}
    count = np.zeros((len(names), len(names)), np.int64)
    for i, name in enumerate(names):
        if len(row := rows.get(name, [])) < len(names) or row[i] != "X":
            raise ValueError(f"text: row {name} does not fit the header, which has {len(names)} GPUs")
        found = (re.fullmatch(r"NV(\d+)", word) for word in row[: len(names)])
        count[i] = [int(match[1]) if match else 0 for match in found]
    if (wrong := np.argwhere(count != count.T)).size:
        one, other = (names[k] for k in wrong[0])
        raise ValueError(f"text: {one} to {other} shows other NVLinks than {other} to {one}")
    return names, count


def _checked(graph: nx.MultiGraph, path: str | Path) -> nx.MultiGraph:
    kinds: dict[Any, int] = {}
    number_nodes = all("index" not in data for _, data in graph.nodes(data=True))
    for _, data in graph.nodes(data=True) if number_nodes else ():
        data["index"] = kinds.setdefault(data.get("kind"), 0)
        kinds[data.get("kind")] += 1
    number_links = all("link" not in data for _, _, data in graph.edges(data=True))
    for link, (_, _, data) in enumerate(graph.edges(data=True)) if number_links else ():
        data["link"] = link
    rekeyed = nx.MultiGraph(**graph.graph)
    rekeyed.add_nodes_from(graph.nodes(data=True))
    rekeyed.add_edges_from((u, v, data.get("link", key), data) for u, v, key, data in graph.edges(keys=True, data=True))
    try:
        compile_network(rekeyed)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return rekeyed
