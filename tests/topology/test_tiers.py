"""Graphs of fat trees, rail-optimised networks and dragonflies."""

import networkx as nx
import numpy as np
import pytest

from topology.clos import SCALE_OUT, Clos
from topology.network import compile_network, endpoints
from topology.tiers import dragonfly, fat_tree, rail_optimised


@pytest.mark.parametrize("k", [2, 4, 6, 8])
def test_a_fat_tree_has_the_counts_of_al_fares(k):
    graph = fat_tree(k)
    tiers = np.bincount(compile_network(graph).tier)
    assert tiers.tolist() == [k**3 // 4, k**2 // 2, k**2 // 2, k**2 // 4]
    assert graph.number_of_edges() == 3 * k**3 // 4
    assert {degree for node, degree in graph.degree if not node.startswith("gpu")} == {k}


def test_two_tiers_of_radix_k_have_half_k_squared_ports():
    graph = fat_tree(6, tiers=2)
    assert len(endpoints(compile_network(graph))) == 18
    assert {degree for node, degree in graph.degree if not node.startswith("gpu")} == {6}


@pytest.mark.parametrize("tiers", [2, 3])
def test_oversubscription_multiplies_the_endpoints_and_leaves_the_uplinks(tiers):
    plain, thick = fat_tree(4, tiers=tiers), fat_tree(4, tiers=tiers, oversubscription=3)
    more = thick.number_of_edges() - plain.number_of_edges()
    assert more == 2 * len(endpoints(compile_network(plain)))


def test_a_leaf_of_a_rail_holds_one_place_of_many_hosts():
    clos = Clos(endpoints=64, endpoints_per_leaf=4, leaves_per_pod=16, spines_per_pod=4, rails=8, radix=16)
    graph = rail_optimised(clos, SCALE_OUT, SCALE_OUT)
    for leaf in (node for node, tier in graph.nodes(data="tier") if tier == 1):
        gpus = [graph.nodes[node] for node in graph[leaf] if node.startswith("gpu")]
        assert len({data["index"] % 8 for data in gpus}) == 1
        assert len({data["rack"] for data in gpus}) == 4


def test_a_balanced_dragonfly_uses_every_port_and_joins_each_two_groups_once():
    graph = dragonfly(9, 4, endpoints=2, global_links=2, radix=7)
    assert {degree for node, degree in graph.degree if node.startswith("leaf")} == {7}
    rack = nx.get_node_attributes(graph, "rack")
    across = [frozenset((rack[u], rack[v])) for u, v in graph.edges() if rack[u] != rack[v]]
    assert len(across) == len(set(across)) == 36


@pytest.mark.parametrize(("groups", "routers", "h"), [(2, 2, 1), (5, 3, 2), (4, 4, 3), (13, 4, 3)])
def test_a_smaller_dragonfly_shares_its_global_ports_out_evenly(groups, routers, h):
    graph = dragonfly(groups, routers, endpoints=1, global_links=h, radix=32)
    rack = nx.get_node_attributes(graph, "rack")
    across = [tuple(sorted((rack[u], rack[v]))) for u, v in graph.edges() if rack[u] != rack[v]]
    counts = {pair: across.count(pair) for pair in across}
    assert len(counts) == groups * (groups - 1) // 2
    assert set(counts.values()) == {routers * h // (groups - 1)}
    ports = [sum(rack[other] != rack[node] for other in graph[node]) for node in graph if node.startswith("leaf")]
    assert max(ports) <= h


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fat_tree(3), "k = 3: must be even"),
        (lambda: fat_tree(0), "k = 0"),
        (lambda: fat_tree(4, tiers=4), "tiers = 4: must be 2 or 3"),
        (lambda: fat_tree(32), "8192 endpoints, a graph takes 5000"),
        (lambda: dragonfly(10, 4, endpoints=2, global_links=2, radix=7), "groups = 10: must be 2 to 9"),
        (lambda: dragonfly(9, 4, endpoints=2, global_links=2, radix=6), "radix exceeded, a router needs 7 ports"),
        (lambda: dragonfly(2, 0, endpoints=1, global_links=1, radix=7), "routers = 0: must be >= 1"),
        (
            lambda: rail_optimised(Clos(endpoints=2, endpoints_per_leaf=2, radix=2), SCALE_OUT, SCALE_OUT),
            "Clos.rails = 1",
        ),
    ],
)
def test_impossible_networks_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
