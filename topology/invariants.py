"""What a rack's graph can be counted and cut by: links, pairs, degrees, lengths, bandwidths and max-flow.

Contract: functions over the documented graph (see `topology.nvlink`). Bandwidth is per direction unless the
name says bidirectional. GPUs never forward traffic.
"""

import networkx as nx
import numpy as np

from topology.bandwidth import bandwidth_aggregate_bidirectional, bandwidth_bisection, bandwidth_per_gpu
from topology.fabric import compile_fabric


def invariants(graph: nx.MultiGraph) -> dict[str, int | float]:
    """Count a rack: what has to come out the same however it is drawn or named.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink`

    Returns
    -------
    mapping of
        link_count, pair_count (differential pairs, both directions) [1];
        gpu_degree_min, gpu_degree_max, asic_degree_min, asic_degree_max (links) [1];
        total_length (sum of pairs * length, nan if a length is unknown) [m];
        bandwidth_per_gpu_min [B/s], bandwidth_aggregate_bidirectional [B/s], bandwidth_bisection [B/s]

    Raises
    ------
    ValueError
        as `compile_fabric` and `bandwidth_bisection` do

    References
    ----------
    Derived: sums over the graph.

    Examples
    --------
    >>> from topology import Nvlink, nvlink_rack
    >>> rack = nvlink_rack(Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                           medium="copper", generation=5))
    >>> found = invariants(rack)
    >>> found["link_count"], found["pair_count"], found["gpu_degree_min"], found["asic_degree_max"]
    (1296, 5184, 18, 72)
    """
    fabric = compile_fabric(graph)
    pairs = [(data["pairs"], data["length"]) for _, _, data in graph.edges(data=True)]
    gpu_degree, asic_degree = np.bincount(fabric.gpu), np.bincount(fabric.asic)
    return {
        "link_count": fabric.gpu.size,
        "pair_count": sum(count for count, _ in pairs),
        "gpu_degree_min": int(gpu_degree.min()),
        "gpu_degree_max": int(gpu_degree.max()),
        "asic_degree_min": int(asic_degree.min()),
        "asic_degree_max": int(asic_degree.max()),
        "total_length": float(sum(count * length for count, length in pairs)),
        "bandwidth_per_gpu_min": float(bandwidth_per_gpu(fabric).min()),
        "bandwidth_aggregate_bidirectional": bandwidth_aggregate_bidirectional(fabric),
        "bandwidth_bisection": bandwidth_bisection(fabric),
    }


def pair_max_flow(graph: nx.MultiGraph, a: str, b: str) -> float:
    """Max-flow from one GPU to another, the other GPUs silent and not forwarding.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink`
    a : name of the sending GPU
    b : name of the receiving GPU

    Returns
    -------
    flow, per direction [B/s]

    Raises
    ------
    ValueError
        if `a` or `b` is no GPU of the graph, or both are the same

    Notes
    -----
    Solved on a simple digraph of `a`, `b` and the switches in which parallel links are merged. Equal to sum
    over planes of min(C_ak, C_bk) in a one-tier fabric.

    References
    ----------
    Ford and Fulkerson, 1956, Canadian Journal of Mathematics 8; solver: networkx `maximum_flow_value`
    (preflow-push).

    Examples
    --------
    >>> from topology import Nvlink, nvlink_rack
    >>> rack = nvlink_rack(Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                           medium="copper", generation=5))
    >>> pair_max_flow(rack, "gpu-0", "gpu-71")
    900000000000.0
    """
    for name in (a, b):
        if name not in graph or graph.nodes[name].get("kind") != "gpu":
            raise ValueError(f"node {name}: no GPU of this graph; GPUs are the nodes of kind 'gpu'")
    if a == b:
        raise ValueError(f"node {a}: sender and receiver are the same; name two GPUs")
    merged = nx.DiGraph()
    merged.add_nodes_from((a, b))
    for gpu, asic, bandwidth in graph.edges((a, b), data="bandwidth"):
        ends = (gpu, asic) if gpu == a else (asic, gpu)
        known = merged.get_edge_data(*ends, default={"capacity": 0.0})["capacity"]
        merged.add_edge(*ends, capacity=known + bandwidth)
    return float(nx.maximum_flow_value(merged, a, b))
