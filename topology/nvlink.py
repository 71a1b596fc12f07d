"""The NVLink fabric of one rack: its parameters, and the graph they describe.

Contract: the graph is a plain `networkx.MultiGraph` with one edge per link. All attributes of the leaf's
graphs stand here.

Node attributes
    kind : "gpu" or "nvswitch" (a switch node is one ASIC, not one tray)
    index : position among the nodes of its kind; arrays over GPUs are ordered by it
Edge attributes (edge GPU -> ASIC, key = link id)
    link : id of the link, GPU-major, then plane order; arrays over links are ordered by it
    plane : index of the ASIC in the intact rack
    pairs : differential pairs in the link, both directions together [1]
    bandwidth : bandwidth per direction [B/s]
    medium : key of `topology.media.MEDIA`: "copper" (cables of the spine), "board" (traces), "pluggable" (optics) …
    length : length from GPU to ASIC [m], nan if unknown
    cartridge : number of the cable cartridge, -1 if there is none

Sign convention: "up" is GPU to ASIC, "down" is ASIC to GPU; the two directions of a link are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import networkx as nx
import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from topology.checks import check_fields
from topology.media import MediumName


@dataclass(frozen=True, kw_only=True)
class Nvlink:
    """Parameters of a one-tier NVLink fabric: every GPU has links to every switch ASIC and to no other GPU.

    Examples
    --------
    >>> hgx = Nvlink(gpus=8, asics=4, links_to_asic=(5, 4, 4, 5), link_bandwidth=25e9, lanes_per_link=2,
    ...              asic_ports=64, medium="board", generation=4)
    >>> hgx.gpu_bandwidth, hgx.link_count, hgx.pairs_per_link
    (450000000000.0, 144, 4)
    """

    gpus: Annotated[int, Ge(2)]
    """GPU packages in the domain."""
    asics: Annotated[int, Ge(1)]
    """Switch ASICs (planes), not switch trays."""
    links_to_asic: tuple[Annotated[int, Ge(1)], ...] = (1,)
    """Links from each GPU to each ASIC; one value for all or one per ASIC."""
    link_bandwidth: Annotated[float, "B/s", Gt(0)]
    """Bandwidth of one link per direction."""
    lanes_per_link: Annotated[int, Ge(1)]
    """Lanes of one link per direction."""
    asic_ports: Annotated[int, Ge(1)]
    """Link ports of one ASIC."""
    medium: MediumName
    """What carries the links: cables of a copper spine, or board traces."""
    generation: Annotated[int, Ge(1)]
    """NVLink generation."""

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.links_to_asic) not in (1, self.asics):
            raise ValueError(f"Nvlink.links_to_asic = {self.links_to_asic}: must hold 1 or {self.asics} values")
        if (needed := self.gpus * max(self.links_to_asic)) > self.asic_ports:
            raise ValueError(
                f"Nvlink.asic_ports = {self.asic_ports}: radix exceeded, {self.gpus} GPUs need {needed}; "
                "take fewer GPUs or links, or an ASIC with more ports"
            )

    @property
    def links_by_asic(self) -> tuple[int, ...]:
        """Links from each GPU to each ASIC, one value per ASIC."""
        return self.links_to_asic * (self.asics // len(self.links_to_asic))

    @property
    def links_per_gpu(self) -> int:
        """Links of one GPU."""
        return sum(self.links_by_asic)

    @property
    def pairs_per_link(self) -> int:
        """Differential pairs of one link: one per lane and direction."""
        return 2 * self.lanes_per_link

    @property
    def gpu_bandwidth(self) -> float:
        """Bandwidth of one GPU per direction [B/s]."""
        return self.links_per_gpu * self.link_bandwidth

    @property
    def link_count(self) -> int:
        """Links of the fabric."""
        return self.gpus * self.links_per_gpu


def nvlink_rack(
    nvlink: Nvlink,
    *,
    gpu_names: Sequence[str] | None = None,
    asic_names: Sequence[str] | None = None,
    lengths: ArrayLike | None = None,
    cartridges: ArrayLike | None = None,
) -> nx.MultiGraph:
    """Build the graph of a rack: link p of GPU g has the id g * links_per_gpu + p, planes in order.

    Parameters
    ----------
    nvlink : Nvlink, parameters of the fabric
    gpu_names : (gpus,), node names; "gpu-0", "gpu-1", ... if absent
    asic_names : (asics,), node names; "asic-0", "asic-1", ... if absent
    lengths : (links,), length of each link from GPU to ASIC [m]; unknown (nan) if absent
    cartridges : (links,), cartridge number of each link [1]; none (-1) if absent

    Returns
    -------
    networkx.MultiGraph, with the attributes listed in the docstring of the module

    Raises
    ------
    ValueError
        if names are too few, too many or repeated, or an array has another shape than (links,)

    Notes
    -----
    Nodes are in the order GPUs, ASICs; links in the order of their ids.

    References
    ----------
    NVIDIA, GB200 NVL72 tuning guide (2025): 72 GPUs, 18 ASICs, link k of every GPU on ASIC k.

    Examples
    --------
    >>> nvl72 = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                medium="copper", generation=5)
    >>> graph = nvlink_rack(nvl72)
    >>> graph.number_of_edges(), graph["gpu-1"]["asic-2"][20]["pairs"]
    (1296, 4)
    """
    gpu_nodes = _names("gpu", gpu_names, nvlink.gpus)
    asic_nodes = _names("asic", asic_names, nvlink.asics)
    if repeated := len(gpu_nodes + asic_nodes) - len({*gpu_nodes, *asic_nodes}):
        raise ValueError(f"gpu_names, asic_names: {repeated} names are repeated; every node needs its own")
    count = nvlink.link_count
    length = _per_link("lengths", lengths, count, np.nan)
    if np.any(length < 0):
        raise ValueError(f"lengths[{np.argmax(length < 0)}] = {np.nanmin(length)}: must be >= 0 m or unknown, nan")
    cartridge = _per_link("cartridges", cartridges, count, -1).astype(np.int64)
    gpu = np.repeat(np.arange(nvlink.gpus), nvlink.links_per_gpu).tolist()
    plane = np.tile(np.repeat(np.arange(nvlink.asics), nvlink.links_by_asic), nvlink.gpus).tolist()
    bandwidth = float(nvlink.link_bandwidth)
    same = {"pairs": nvlink.pairs_per_link, "bandwidth": bandwidth, "medium": nvlink.medium}
    rows = enumerate(zip(gpu, plane, length.tolist(), cartridge.tolist(), strict=True))

    graph = nx.MultiGraph()
    graph.add_nodes_from((name, {"kind": "gpu", "index": i}) for i, name in enumerate(gpu_nodes))
    graph.add_nodes_from((name, {"kind": "nvswitch", "index": i}) for i, name in enumerate(asic_nodes))
    graph.add_edges_from(
        (gpu_nodes[g], asic_nodes[p], i, {"link": i, "plane": p, **same, "length": metres, "cartridge": c})
        for i, (g, p, metres, c) in rows
    )
    return graph


def _names(kind: str, names: Sequence[str] | None, count: int) -> list[str]:
    if names is None:
        return [f"{kind}-{i}" for i in range(count)]
    if len(names) != count:
        raise ValueError(f"{kind}_names: {len(names)} names, the fabric has {count}; give one for each")
    return list(names)


def _per_link(name: str, values: ArrayLike | None, count: int, default: float) -> NDArray[np.float64]:
    array = np.full(count, default) if values is None else np.asarray(values, np.float64)
    if array.shape != (count,):
        raise ValueError(f"{name}: shape {array.shape}, must be ({count},), one value per link id")
    return array
