"""SuperPODs of any number of scalable units: racks of NVLink under a rail-optimised scale-out, up to a gigawatt.

Contract: `superpod_layers` is structure, for `topology.arrays`; `superpod` is a graph with the attributes of
`topology.network` and the graph attributes `name`, `announced` and `assumed`. Spectrum-X is the radix of its switches
(128 or 512) with pluggable or co-packaged optics.
"""

from typing import Any, Literal

import networkx as nx

from topology.arrays import Layer, layered
from topology.clos import ELECTRONICS, NVLINK_COPPER, Clos, LinkType
from topology.network import network_graph

Optics = Literal["pluggable", "copackaged"]

_GPUS_PER_RACK, _RACKS_PER_UNIT, _RAILS = 72, 8, 4
_UNIT = _GPUS_PER_RACK * _RACKS_PER_UNIT


def superpod(units: int, *, system: str = "gb200", radix: int = 144, optics: Optics = "pluggable") -> nx.MultiGraph:
    """SuperPOD of scalable units of 8 racks, with the NVLink of every rack, as a graph.

    Parameters
    ----------
    units : scalable units, 1 to 8
    system : "gb200", "gb300" or "vera-rubin"
    radix : ports of a switch: 144 as Quantum-X800, 128 or 512 as Spectrum-6 (Spectrum-X)
    optics : "pluggable", or "copackaged" in the switches and pluggable in the endpoints

    Returns
    -------
    networkx.MultiGraph

    Raises
    ------
    ValueError
        as `superpod_layers` does, and above 5 000 GPUs

    References
    ----------
    NVIDIA, DGX SuperPOD reference architecture, DGX GB200 (2025).

    Examples
    --------
    >>> superpod(1).number_of_edges()
    11520
    """
    network = layered(superpod_layers(units, system=system, radix=radix, optics=optics), endpoints_per_rack=72)
    graph = network_graph(network, name=f"SuperPOD {system}, {units} scalable units")
    return noted(graph, announced=system == "vera-rubin", assumed="ports per leaf, numbers of spines and cores")


def superpod_layers(
    units: int, *, system: str = "gb200", radix: int = 144, optics: Optics = "pluggable"
) -> tuple[Layer, Layer]:
    """NVLink and scale-out of any number of scalable units: four rails, no oversubscription, two or three tiers.

    Parameters
    ----------
    units : scalable units of 8 racks of 72 GPUs; 875 are 504 000 GPUs, about 1 GW
    system : "gb200" (400 Gb/s per GPU), "gb300" (800 Gb/s) or "vera-rubin" (two planes of 800 Gb/s)
    radix : ports of a switch
    optics : "pluggable", or "copackaged" in the switches and pluggable in the endpoints

    Returns
    -------
    Layer of NVLink and Layer of the scale-out, for `topology.arrays`

    Raises
    ------
    ValueError
        if system or optics are unknown, units below 1, or too many for three tiers of this radix

    Notes
    -----
    Two tiers while a spine reaches all leaves. On three the last pod is built whole, with free ports; where pods of
    whole units are too many, leaves are filled to the last port and a unit may end in the next pod.

    References
    ----------
    NVIDIA, DGX SuperPOD reference architecture, DGX GB200 (2025); ports per leaf are assumed.

    Examples
    --------
    >>> superpod_layers(875)[1].clos.pods
    125
    """
    systems = {"gb200": (18, 1, 50e9), "gb300": (18, 1, 100e9), "vera-rubin": (36, 2, 100e9)}
    if system not in systems:
        raise ValueError(f"system = {system!r}: must be one of {', '.join(systems)}")
    if units < 1:
        raise ValueError(f"units = {units}: must be >= 1")
    asics, planes, bandwidth = systems[system]
    gpus = units * _UNIT
    domains = Clos(endpoints=gpus, endpoints_per_leaf=72, pods=gpus // 72, planes=asics, radix=72, kind="nvswitch")
    switch = checked_optics(optics)
    access: Any = "copackaged-pluggable" if switch == "copackaged" else switch
    common: dict[str, Any] = {"bandwidth": bandwidth, "electronics": ELECTRONICS, "pairs": 4, "cost": 2}
    scale_out = Layer(
        _scale_out(units, radix, planes),
        LinkType(medium=access, length=20.0, **common),
        LinkType(medium=switch, length=50.0, **common),
    )
    return Layer(domains, NVLINK_COPPER, NVLINK_COPPER), scale_out


def _scale_out(units: int, radix: int, planes: int) -> Clos:
    per_rail = _UNIT // _RAILS
    per_leaf = max((n for n in range(1, radix // 2 + 1) if per_rail % n == 0), default=0)
    if not per_leaf:
        raise ValueError(f"radix = {radix}: must be >= 2")
    same: dict[str, Any] = {
        "endpoints": units * _UNIT,
        "endpoints_per_leaf": per_leaf,
        "planes": planes,
        "rails": _RAILS,
    }
    leaves, ways = _UNIT // per_leaf, [n for n in range(1, per_leaf + 1) if per_leaf % n == 0]
    for spines in ways:
        if leaves * units * (links := per_leaf // spines) <= radix:
            return Clos(radix=radix, leaves_per_pod=leaves * units, spines_per_pod=spines, leaf_links=links, **same)
    pods_of = {m: -(-units // m) for m in range(1, units + 1) if leaves * m <= radix // 2 and -(-units // m) <= radix}
    if not pods_of:
        return _packed(units, radix, planes)
    m = min(pods_of, key=lambda m: (pods_of[m] * m, m))
    spines = next(n for n in ways if leaves * m * (per_leaf // n) <= radix // 2)
    up = leaves * m * (per_leaf // spines)
    core_links = max(n for n in range(1, up + 1) if up % n == 0 and pods_of[m] * n <= radix)
    shape: dict[str, Any] = {"leaves_per_pod": leaves * m, "spines_per_pod": spines, "leaf_links": per_leaf // spines}
    cores: dict[str, Any] = {"pods": pods_of[m], "cores_per_spine": up // core_links, "core_links": core_links}
    return Clos(radix=radix, **same, **shape, **cores)


def _packed(units: int, radix: int, planes: int) -> Clos:
    """Three tiers with every port of a leaf in use, where leaves that fit the units leave too few pods."""
    half = radix // 2
    leaves = half // _RAILS * _RAILS
    pods = -(-units * _UNIT // (leaves * half)) if leaves else radix + 1
    if pods > radix:
        raise ValueError(f"units = {units}: radix exceeded, three tiers of {radix} ports hold fewer; take a larger one")
    return Clos(
        endpoints=units * _UNIT,
        endpoints_per_leaf=half,
        leaves_per_pod=leaves,
        spines_per_pod=half,
        pods=pods,
        cores_per_spine=leaves,
        planes=planes,
        rails=_RAILS,
        radix=radix,
    )


def noted(graph: nx.MultiGraph, *, announced: bool, assumed: str) -> nx.MultiGraph:
    """Note on a graph whether it is announced only, and what is assumed; the graph itself is changed and returned."""
    graph.graph.update(announced=announced, assumed="; ".join(filter(None, [assumed, "lengths, electronics"])))
    return graph


def checked_optics(optics: str) -> Any:
    """Return the optics as given, or raise ValueError."""
    if optics not in ("pluggable", "copackaged"):
        raise ValueError(f"optics = {optics!r}: must be 'pluggable' or 'copackaged'")
    return optics
