"""Named systems as graphs: HGX, NVL72, Vera Rubin, Kyber, NVL576, LPX, NVLink Fusion.

Contract: each function returns a `networkx.MultiGraph` with the attributes of `topology.network`; graph attributes
`name`, `announced` (True where it is not on sale yet) and `assumed` (what nobody published). Lengths and
electronics are assumed throughout.
"""

from typing import Any

import networkx as nx
import numpy as np

from topology.arrays import Layer, layered
from topology.clos import ELECTRONICS, NVLINK_COPPER, Clos, LinkType
from topology.media import MEDIA
from topology.network import network_graph
from topology.nvlink import Nvlink, nvlink_rack
from topology.superpods import Optics, checked_optics, noted


def hgx(*, length: float = 0.3) -> nx.MultiGraph:
    """HGX H100 or H200: 8 GPUs on 4 ASICs, 18 links of 25 GB/s split 5/4/4/5.

    Parameters
    ----------
    length : length of each link [m]

    Returns
    -------
    networkx.MultiGraph

    References
    ----------
    NVIDIA, H100 tensor core GPU architecture (2022); the split is assumed.

    Examples
    --------
    >>> hgx().number_of_edges()
    144
    """
    nvlink = _nvlink(8, 4, links_to_asic=(5, 4, 4, 5), link_bandwidth=25e9, asic_ports=64, medium="board", generation=4)
    return _rack("HGX-8", nvlink, length, assumed="links per ASIC 5/4/4/5")


def nvl72(*, length: float = 0.62) -> nx.MultiGraph:
    """GB200 or GB300 NVL72: K(72, 18), link k of every GPU on ASIC k.

    Parameters
    ----------
    length : length of each link; the default is the mean of two miles of cable [m]

    Returns
    -------
    networkx.MultiGraph

    References
    ----------
    NVIDIA, GB200 NVL72 tuning guide (2025).

    Examples
    --------
    >>> nvl72().number_of_edges()
    1296
    """
    return _rack("NVL72", _nvlink(72, 18), length)


def vera_rubin_nvl72(*, length: float = 0.62) -> nx.MultiGraph:
    """Vera Rubin NVL72: K(72, 36), four ASICs in each switch tray.

    Parameters
    ----------
    length : length of each link [m]

    Returns
    -------
    networkx.MultiGraph

    References
    ----------
    NVIDIA, keynote at CES (2026).

    Examples
    --------
    >>> vera_rubin_nvl72().number_of_edges()
    2592
    """
    nvlink = _nvlink(72, 36, generation=6)
    return _rack("Vera Rubin NVL72", nvlink, length, announced=True, assumed="pairs per link")


def kyber_nvl144(*, length: float = 0.6) -> nx.MultiGraph:
    """Kyber NVL144: 144 packages of Rubin Ultra on one tier behind a midplane.

    Parameters
    ----------
    length : length of each link [m]

    Returns
    -------
    networkx.MultiGraph

    References
    ----------
    NVIDIA, keynote at GTC (2026).

    Examples
    --------
    >>> kyber_nvl144().number_of_edges()
    5184
    """
    graph = _rack(
        "Kyber NVL144",
        _nvlink(144, 36, asic_ports=144, medium="board", generation=7),
        length,
        announced=True,
        assumed="36 links of 50 GB/s per package, ASICs of 144 ports",
    )
    nx.set_edge_attributes(graph, "midplane", "medium")
    nx.set_edge_attributes(graph, ELECTRONICS + MEDIA["midplane"].propagation * length, "latency")
    return graph


def nvl576(*, optics: Optics = "copackaged") -> nx.MultiGraph:
    """NVL576: eight racks of 72 on two tiers of NVSwitch, copper inside a rack, optics between the switches.

    Parameters
    ----------
    optics : "pluggable" or "copackaged", between the tiers

    Returns
    -------
    networkx.MultiGraph

    References
    ----------
    NVIDIA, keynote at GTC (2026).

    Examples
    --------
    >>> graph = nvl576()
    >>> graph.number_of_nodes(), graph.number_of_edges()
    (1008, 41472)
    """
    clos = Clos(
        endpoints=576,
        endpoints_per_leaf=72,
        leaves_per_pod=8,
        spines_per_pod=4,
        leaf_links=18,
        planes=36,
        radix=144,
        kind="nvswitch",
    )
    trunk = LinkType(bandwidth=50e9, medium=checked_optics(optics), length=10.0, electronics=ELECTRONICS, pairs=1)
    network = layered([Layer(clos, NVLINK_COPPER, trunk)], endpoints_per_rack=72)
    graph = network_graph(network, name="NVL576")
    for _, data in graph.nodes(data=True):
        if data["tier"] == 1:
            data["rack"] = data["index"] // clos.planes
    return noted(graph, announced=True, assumed="no oversubscription, 36 planes, ASICs of 144 ports")


def nvlink_fusion(modules: int = 8, *, accelerators: int = 8, length: float = 0.62) -> nx.MultiGraph:
    """NVLink Fusion: modules of custom accelerators and one memory node each, joined by the spine of an NVL72.

    Parameters
    ----------
    modules : modules of the domain
    accelerators : accelerators of a module, beside one memory node
    length : length of each link [m]

    Returns
    -------
    networkx.MultiGraph, nodes of kind "gpu" with a `role`, in the order of the modules

    Raises
    ------
    ValueError
        if more than 72 nodes would share an ASIC

    References
    ----------
    NVIDIA, keynote at Computex (2025).

    Examples
    --------
    >>> roles = [role for _, role in nvlink_fusion().nodes(data="role") if role]
    >>> roles.count("accelerator"), roles.count("memory")
    (64, 8)
    """
    if modules < 1 or accelerators < 1:
        raise ValueError(f"modules = {modules}, accelerators = {accelerators}: must be >= 1")
    size = accelerators + 1
    graph = _rack("NVLink Fusion", _nvlink(modules * size, 18), length, assumed="18 links on every node")
    for _, data in graph.nodes(data=True):
        if data["kind"] == "gpu":
            data["role"] = "memory" if data["index"] % size == accelerators else "accelerator"
    return graph


def lpx_rack() -> nx.MultiGraph:
    """LPX rack: 256 LPUs on chip-to-chip links that also forward, and Ethernet to the rest of the factory.

    Returns
    -------
    networkx.MultiGraph, LPU 8 t + p at position p of tray t

    Notes
    -----
    The geometry is assumed, only the 96 links of 112 Gb/s per LPU are quoted: 4 links to each of the 7 others in
    the tray, 2 to the same position of each of the 31 other trays, 6 left for Ethernet, by one 800 Gb/s card per
    tray on one switch.

    References
    ----------
    NVIDIA, keynote at GTC (2026).

    Examples
    --------
    >>> lpx_rack().degree("lpu-0")
    91
    """
    graph = nx.MultiGraph(name="LPX")
    graph.add_nodes_from((f"lpu-{i}", _node("lpu", i, 0, 96)) for i in range(256))
    graph.add_nodes_from((f"nic-{i}", _node("nic", i, 1, 9)) for i in range(32))
    graph.add_node("leaf-0", **(_node("switch", 0, 2, 144) | {"rack": -1}))
    tray, place = np.divmod(np.arange(256), 8)
    one, other = np.triu_indices(256, 1)
    many = 4 * (tray[one] == tray[other]) + 2 * (place[one] == place[other])
    chip = {"bandwidth": 14e9, "medium": "board", "length": 0.5, "pairs": 2}
    ends = [(f"lpu-{a}", f"lpu-{b}", chip, 1) for a, b in np.repeat([one, other], many, axis=1).T.tolist()]
    board = {"bandwidth": 84e9, "medium": "board", "length": 0.3, "pairs": 8}
    ends += [(f"lpu-{i}", f"nic-{i // 8}", board, 3) for i in range(256)]
    fibre = {"bandwidth": 100e9, "medium": "pluggable", "length": 20.0, "pairs": 4}
    ends += [(f"nic-{i}", "leaf-0", fibre, 3) for i in range(32)]
    for link, (u, v, made, cost) in enumerate(ends):
        latency = ELECTRONICS + MEDIA[str(made["medium"])].propagation * float(made["length"])  # type: ignore[arg-type]
        graph.add_edge(u, v, link, link=link, plane=0, cartridge=-1, latency=latency, cost=cost, **made)
    return noted(graph, announced=True, assumed="geometry of the chip-to-chip links, Ethernet coupling")


def _nvlink(gpus: int, asics: int, **changes: Any) -> Nvlink:
    nvlink5: dict[str, Any] = {
        "link_bandwidth": 50e9,
        "lanes_per_link": 2,
        "asic_ports": 72,
        "medium": "copper",
        "generation": 5,
    }
    return Nvlink(gpus=gpus, asics=asics, **(nvlink5 | changes))


def _rack(name: str, nvlink: Nvlink, length: float, *, announced: bool = False, assumed: str = "") -> nx.MultiGraph:
    graph = nvlink_rack(nvlink, lengths=np.full(nvlink.link_count, length))
    for _, data in graph.nodes(data=True):
        switch = data["kind"] == "nvswitch"
        data.update(tier=int(switch), rack=0, ports=nvlink.asic_ports if switch else 0)
    nx.set_edge_attributes(graph, ELECTRONICS + MEDIA[nvlink.medium].propagation * length, "latency")
    nx.set_edge_attributes(graph, 1, "cost")
    graph.graph["name"] = name
    return noted(graph, announced=announced, assumed=assumed)


def _node(kind: str, index: int, tier: int, ports: int) -> dict[str, Any]:
    return {"kind": kind, "index": index, "tier": tier, "rack": 0, "ports": ports}
