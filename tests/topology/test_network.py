"""Compiling graphs of any number of tiers, and turning arrays back into graphs."""

import networkx as nx
import numpy as np
import pytest

import topology.network
from topology import compile_fabric
from topology.network import compile_network, endpoints, network_graph, node_name
from topology.systems import hgx, lpx_rack, nvl72
from topology.tiers import dragonfly, fat_tree


def same_arrays(a, b):
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(a[1:], b[1:], strict=True))


def test_a_one_tier_rack_is_the_same_fabric_and_network():
    graph = hgx()
    fabric, network = compile_fabric(graph), compile_network(graph)
    assert network.names == fabric.gpus + fabric.asics
    assert np.array_equal(network.tail, fabric.gpu)
    assert np.array_equal(network.head, fabric.asic + 8)
    assert np.array_equal(network.bandwidth, fabric.bandwidth)


def test_a_rack_without_the_attributes_of_tiers_compiles_all_the_same(nvl72):
    network = compile_network(nvl72)
    assert network.tier.tolist() == [0] * 72 + [1] * 18
    assert set(network.cost) == {1}
    assert np.isnan(network.latency).all()


@pytest.mark.parametrize("make", [lambda: fat_tree(4), lambda: dragonfly(3, 2, endpoints=1, global_links=1, radix=4)])
def test_arrays_to_graph_and_back_change_nothing(make):
    network = compile_network(make())
    assert same_arrays(compile_network(network_graph(network)), network)


def test_links_are_drawn_from_the_lower_to_the_upper_tier_whatever_the_order_of_their_ends():
    graph = fat_tree(4)
    turned = nx.MultiGraph()
    turned.add_nodes_from(reversed(list(graph.nodes(data=True))))
    turned.add_edges_from((v, u, key, data) for u, v, key, data in graph.edges(keys=True, data=True))
    assert same_arrays(compile_network(turned), compile_network(graph))


def test_names_tell_the_tier_of_a_switch():
    network = compile_network(fat_tree(4))
    assert [node_name(network, i) for i in (0, 16, 24, 35)] == ["gpu-0", "leaf-0", "spine-8", "core-19"]


def test_every_attribute_of_every_builder_is_described():
    described = topology.nvlink.__doc__ + topology.network.__doc__
    for graph in (nvl72(), fat_tree(2), lpx_rack()):
        node, edge = next(iter(graph.nodes(data=True)))[1], next(iter(graph.edges(data=True)))[2]
        assert {name for name in (*node, *edge) if f"\n    {name} : " not in described} == set()


def test_lpus_and_gpus_are_endpoints_and_switches_are_not():
    assert endpoints(compile_network(lpx_rack())).tolist() == list(range(256))
    assert endpoints(compile_network(fat_tree(4))).tolist() == list(range(16))


def change(edge=None, node=None, **changes):
    def apply(graph):
        (graph.nodes[node] if node else graph.edges["gpu-0", "leaf-0", 0]).update(changes)

    return apply


def lose(graph):
    graph.remove_edges_from(list(graph.edges("gpu-3", keys=True)))


def split(graph):
    graph.add_nodes_from([("far", {"kind": "gpu", "index": 90}), ("far-leaf", {"kind": "switch", "index": 90})])
    graph.add_edge("far", "far-leaf", 900, link=900, bandwidth=1.0, medium="copper")


WRONG = {
    "kind": (change(node="leaf-0", kind="router"), "node leaf-0: kind = 'router', must be one of gpu, lpu"),
    "no index": (lambda g: g.nodes["gpu-1"].pop("index"), "node gpu-1: no attribute 'index'"),
    "index twice": (change(node="gpu-1", index=0), "node gpu-1: index = 0, taken by gpu-0"),
    "zero bandwidth": (change(bandwidth=0.0), r"link 0 \(gpu-0, leaf-0\): bandwidth = 0.0, must be > 0"),
    "negative bandwidth": (change(bandwidth=-1.0), "link 0 .* = -1.0"),
    "undefined bandwidth": (change(bandwidth=float("nan")), "link 0 .* = nan"),
    "medium": (change(medium="glass"), r"link 0 \(gpu-0, leaf-0\): medium = 'glass', must be one of copper"),
    "no medium": (lambda g: g.edges["gpu-0", "leaf-0", 0].pop("medium"), "link 0 .* no attribute 'medium'"),
    "cost": (change(cost=0), "link 0 .* cost = 0, must be a whole number >= 1"),
    "id twice": (change(link=1), "link 1: id given to several edges"),
    "radix": (change(node="leaf-0", ports=3), "node leaf-0: radix exceeded, 4 links on 3 ports"),
    "isolated": (lose, "node gpu-3: no links left"),
    "pieces": (split, "graph: not connected, no path from core-16 to far"),
    "no links": (lambda g: g.remove_edges_from(list(g.edges(keys=True))), "graph: no links"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_graph_that_is_no_network_is_refused_by_name(case):
    break_it, message = WRONG[case]
    graph = fat_tree(4)
    break_it(graph)
    with pytest.raises(ValueError, match=message):
        compile_network(graph)


def test_a_rack_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="rack 5: no node is in it; racks are 0 to 0"):
        network_graph(compile_network(nvl72()), rack=5)
