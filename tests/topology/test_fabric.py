"""Compiling a graph to arrays, and refusing graphs that are no fabric."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import capacity_matrix, compile_fabric, nvlink_rack


def same(a, b):
    return all(np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f") for x, y in zip(a, b, strict=True))


def shuffled(graph, seed):
    """The same rack with nodes and edges in another order, and every edge turned round."""
    rng = np.random.default_rng(seed)
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(keys=True, data=True))
    other = nx.MultiGraph()
    other.add_nodes_from(nodes[i] for i in rng.permutation(len(nodes)))
    other.add_edges_from((v, u, key, data) for u, v, key, data in (edges[i] for i in rng.permutation(len(edges))))
    return other


def test_arrays_of_a_rack_of_two_gpus_by_hand(wired):
    fabric = compile_fabric(nvlink_rack(wired(2, 2, links_to_asic=(1, 2)), lengths=[1, 2, 3, 4, 5, 6]))
    assert fabric.gpus == ("gpu-0", "gpu-1")
    assert fabric.asics == ("asic-0", "asic-1")
    assert fabric.gpu.tolist() == [0, 0, 0, 1, 1, 1]
    assert fabric.asic.tolist() == [0, 1, 1, 0, 1, 1]
    assert fabric.bandwidth.tolist() == [50e9] * 6
    assert fabric.length.tolist() == [1, 2, 3, 4, 5, 6]


@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_inside_the_graph_does_not_matter(hgx, seed):
    assert same(compile_fabric(shuffled(hgx, seed)), compile_fabric(hgx))


def test_compiling_leaves_the_graph_as_it_was(nvl72):
    before = nvl72.copy()
    compile_fabric(nvl72)
    assert nx.utils.graphs_equal(before, nvl72)


def test_parallel_links_add_up_in_the_capacity(hgx):
    assert np.array_equal(capacity_matrix(compile_fabric(hgx)), np.tile([125e9, 100e9, 100e9, 125e9], (8, 1)))


def test_a_missing_link_leaves_a_zero_in_the_capacity(nvl72):
    graph = nvl72.copy()
    graph.remove_edge("gpu-3", "asic-7")
    capacity = capacity_matrix(compile_fabric(graph))
    assert capacity.shape == (72, 18)
    assert np.argwhere(capacity == 0).tolist() == [[3, 7]]


def no_links(graph):
    graph.remove_edges_from(list(graph.edges(keys=True)))


def two_pieces(graph):
    for i in (0, 1):
        graph.add_node(f"far-gpu-{i}", kind="gpu", index=10 + i)
    graph.add_node("far-asic", kind="nvswitch", index=10)
    for i in (0, 1):
        graph.add_edge(f"far-gpu-{i}", "far-asic", key=100 + i, link=100 + i, bandwidth=50e9)


WRONG = {
    "unknown kind": (lambda g: g.add_node("cpu-0", kind="cpu", index=0), "node cpu-0: kind = 'cpu'"),
    "no kind": (lambda g: g.add_node("x"), "node x: kind = None"),
    "no index": (lambda g: g.nodes["gpu-1"].pop("index"), "node gpu-1: no attribute 'index'"),
    "GPU to GPU": (
        lambda g: g.add_edge("gpu-0", "gpu-1", key=99, link=99, bandwidth=50e9),
        r"link 99 \(gpu-0, gpu-1\): joins two nodes of kind 'gpu'",
    ),
    "ASIC to ASIC": (
        lambda g: g.add_edge("asic-0", "asic-1", key=99, link=99, bandwidth=50e9),
        r"link 99 \(asic-0, asic-1\): joins two nodes of kind 'nvswitch'",
    ),
    "zero bandwidth": (
        lambda g: g.edges["gpu-1", "asic-0", 2].update(bandwidth=0.0),
        r"link 2 \(gpu-1, asic-0\): bandwidth = 0.0, must be > 0 B/s",
    ),
    "negative bandwidth": (lambda g: g.edges["gpu-1", "asic-0", 2].update(bandwidth=-1.0), "link 2 .*= -1.0"),
    "undefined bandwidth": (
        lambda g: g.edges["gpu-1", "asic-0", 2].update(bandwidth=float("nan")),
        "link 2 .*= nan",
    ),
    "no bandwidth": (
        lambda g: g.edges["gpu-1", "asic-0", 2].pop("bandwidth"),
        "link 2 .* no attribute 'bandwidth'",
    ),
    "no link id": (lambda g: g.edges["gpu-1", "asic-0", 2].pop("link"), "link 2 .* no attribute 'link'"),
    "id twice": (lambda g: g.edges["gpu-1", "asic-0", 2].update(link=1), "link 1: id given to several edges"),
    "isolated GPU": (
        lambda g: g.remove_edges_from(list(g.edges("gpu-1", keys=True))),
        "node gpu-1: no links left",
    ),
    "dead ASIC": (
        lambda g: g.remove_edges_from(list(g.edges("asic-1", keys=True))),
        "node asic-1: .* without_node",
    ),
    "no links": (no_links, "graph: no links"),
    "two pieces": (two_pieces, "graph: not connected, no path from asic-0 to far-asic"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_graph_that_is_no_fabric_is_refused_by_name(wired, case):
    break_it, message = WRONG[case]
    graph = nvlink_rack(wired(2, 2))
    break_it(graph)
    with pytest.raises(ValueError, match=message):
        compile_fabric(graph)


def test_an_empty_graph_is_refused():
    with pytest.raises(ValueError, match="no links"):
        compile_fabric(nx.MultiGraph())


def test_a_length_nobody_gave_is_unknown_and_not_zero(wired):
    graph = nvlink_rack(wired(2, 1))
    del graph.edges["gpu-0", "asic-0", 0]["length"]
    assert np.isnan(compile_fabric(graph).length[0])
