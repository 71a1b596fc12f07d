"""What do GPUs get from each fabric, from one board to eight racks: bandwidth, bisection, all-to-all?

In a fabric of one tier every GPU sends over all its links at once: bisection and all-to-all, per GPU, are the bandwidth
B of a GPU, and m bytes per pair of n GPUs take (n - 1) m / B. The second tier of an NVL576 keeps that. In a SuperPOD
the n - d GPUs of other racks share the one port C of a GPU, the d of its own are reached over NVLink meanwhile:

    rate per pair = C / (n - d),   all-to-all per GPU = C (n - 1) / (n - d),   time = m (n - d) / C.

Expected per GPU: 450 GB/s (8 GPUs), 900 (72), 1 800 (72, 144, 576), and 50 x 575 / 504 = 57.0 GB/s in the SuperPOD;
1 MB per pair: 15.6, 78.9, 39.4, 79.4, 319.4 µs and 10.08 ms. All at line rate: protocol, latency and startup come on
top (`topology.measured`). Announced systems are computed as announced, with what nobody published assumed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx
import numpy as np

import topology
from twin.build.fabric import graph_of
from twin.spec.types import Factory
from twin.studies._frame import dataset, spec_of, variable, whole

if TYPE_CHECKING:
    import xarray as xr

BUILDERS: dict[str, Callable[[], nx.MultiGraph]] = {
    "HGX-8": topology.hgx,
    "NVL72 (Blackwell)": topology.nvl72,
    "Vera Rubin NVL72": topology.vera_rubin_nvl72,
    "Kyber NVL144": topology.kyber_nvl144,
    "NVL576": topology.nvl576,
    "SuperPOD of 8 racks": lambda: topology.superpod(1),
}
ANNOUNCED = ", announced"


class Served(NamedTuple):
    """What one fabric delivers; rates per direction."""

    gpus: int
    links: int
    bandwidth: float
    """Of the least wired GPU [B/s]."""
    bisection: float
    """Of the whole fabric [B/s]."""
    pair: float
    """Rate of each ordered pair when all send to all, under the even split [B/s]."""


def study(system: str | Factory = "gb300-nvl72") -> "xr.Dataset":
    """Return what each fabric delivers; that of the system stands first where it is none of them.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec; gives the bytes per pair.

    Returns
    -------
    Dataset
        Over `fabric`: GPUs, links, bandwidth, bisection, all-to-all rate per GPU, and time of an all-to-all.

    References
    ----------
    Derived: `topology.bisection` (max-flow), `topology.network_loads` (even split over paths of least cost).
    """
    spec = spec_of(system)
    found = {}
    for name, build in BUILDERS.items():
        graph = build()
        found[name + ANNOUNCED * graph.graph["announced"]] = served(graph)
    own = served(graph_of(spec.rack))
    if own not in found.values():
        found = {spec.name: own, **found}
    gpus, links, bandwidth, bisection, pair = np.array(list(found.values())).T
    time = spec.traffic.message_bytes / pair
    made = {
        "gpus": variable("fabric", gpus.astype(int), "1", "GPUs"),
        "links": variable("fabric", links.astype(int), "1", "links"),
        "bandwidth_per_gpu": variable("fabric", bandwidth, "byte s-1", "all links of a GPU"),
        "bisection_per_gpu": variable("fabric", bisection / (gpus // 2), "byte s-1", "bisection per GPU"),
        "all_to_all_rate": variable("fabric", pair * (gpus - 1), "byte s-1", "all-to-all per GPU"),
        "bisection": variable("fabric", bisection, "byte s-1", "bisection"),
        "all_to_all_time": variable("fabric", time, "s", "all-to-all time at line rate"),
    }
    axis = {"fabric": ("fabric", list(found), {"long_name": "fabric"})}
    title = "Fabrics from one board to eight racks, per direction at line rate"
    answer = _answer(made, list(found), spec.traffic.message_bytes)
    return dataset(__doc__, made, axis, title=title, answer=answer, chart=_CHART, table=_TABLE)


def served(graph: nx.MultiGraph) -> Served:
    """Return what a fabric delivers, from its graph."""
    network = topology.compile_network(graph)
    ends = topology.endpoints(network)
    up = np.bincount(network.tail, network.bandwidth, network.kind.size)[ends]
    loads = topology.network_loads(network, 1.0 - np.eye(ends.size))
    busiest = float((np.maximum(loads.up, loads.down) / network.bandwidth).max())
    # Rounded to nine digits: sums in another order are the same fabric.
    rates = (float(f"{rate:.9g}") for rate in (up.min(), topology.bisection(network), 1 / busiest))
    return Served(ends.size, network.tail.size, *rates)


def _answer(made: dict[str, Any], names: list[str], message: float) -> str:
    rate, time = made["all_to_all_rate"][1] / 1e9, made["all_to_all_time"][1]
    port, links = made["bisection_per_gpu"][1] / 1e9, made["bandwidth_per_gpu"][1] / 1e9
    plain = [name.removesuffix(ANNOUNCED) for name in names]
    told = ", ".join(f"{name} {whole(one)}" for name, one in zip(plain[:-1], rate, strict=False))
    even = " bisection leaves it as much" if np.allclose(port[:-1], rate[:-1], rtol=1e-6) else ""
    times = ", ".join(f"{one * 1e6:.1f}" for one in time[:-1])
    said = ", ".join(name for name, short in zip(names, plain, strict=True) if name != short).replace(ANNOUNCED, "")
    return (
        f"When all send to all, a GPU sends, in GB/s: {told};{even or ' bisection may leave it less'}. In a"
        f" {plain[-1]} it sends {rate[-1]:.1f} of the {whole(links[-1])} GB/s its links add up to, because the"
        f" {whole(port[-1])} GB/s out of the rack carry most of it. {message / 1e6:g} MB per pair takes {times} µs and"
        f" {time[-1] * 1e3:.2f} ms at line rate, in this order. Announced only: {said}."
    )


_LEFT = {
    "kind": "bars", "x": ["all_to_all_rate", "bandwidth_per_gpu", "bisection_per_gpu"], "y": "fabric",
    "axis": "Rate per GPU and direction", "units": {"all_to_all_rate": "GB/s"}, "title": "What one GPU gets",
}  # fmt: skip
_RIGHT = {"kind": "bars", "x": "bisection", "y": "fabric", "title": "What crosses from half to half"}
_CHART = {"panels": [_LEFT, _RIGHT]}
_TABLE = {
    "rows": "fabric",
    "columns": ["gpus", "links", "bandwidth_per_gpu", "bisection_per_gpu", "all_to_all_rate", "all_to_all_time"],
    "first": True,
}
