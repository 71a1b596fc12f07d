"""Ideal spray and batches: against every path listed, the planes of one rack, reversal, conservation, relabelling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from path_oracle import NETWORKS, all_paths, spray_by_paths, switches

from topology import compile_fabric, even_split_loads, without_links
from topology.multitier import network_loads, network_saturation, network_utilization
from topology.network import compile_network, endpoints
from topology.systems import hgx
from topology.tiers import dragonfly, fat_tree

ROUTINGS = ("even", "spray", "adaptive", "detours", "hashed", "single")


def random_traffic(network, seed):
    count = endpoints(network).size
    return 1e9 * np.random.default_rng(seed).random((count, count)) * (1 - np.eye(count))


def same(loads, up, down):
    scale = max(np.max(up), np.max(down))
    return np.allclose(loads.up, up, rtol=0, atol=1e-11 * scale) and np.allclose(
        loads.down, down, rtol=0, atol=1e-11 * scale
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_spray_is_every_path_in_proportion_to_its_narrowest_bundle(name):
    graph = NETWORKS[name]()
    network = compile_network(graph)
    traffic = random_traffic(network, 3)
    up, down = spray_by_paths(graph, traffic)
    assert same(network_loads(network, traffic, routing="spray"), up, down)
    assert not same(network_loads(network, traffic, routing="spray"), up, 1.001 * down), "0.1 per cent is noticed"


def test_even_split_is_another_routing_where_links_are_lost():
    network = compile_network(NETWORKS["fat tree"]())
    traffic = random_traffic(network, 3)
    even = network_loads(network, traffic)
    assert not same(network_loads(network, traffic, routing="spray"), even.up, even.down)


@given(seed=st.integers(0, 2**32 - 1), lost=st.integers(0, 30))
@settings(max_examples=20)
def test_on_one_tier_spray_is_the_split_over_the_planes_both_ends_still_have(seed, lost):
    graph = without_links(hgx(), np.random.default_rng(seed).choice(144, lost, replace=False))
    network = compile_network(graph)
    traffic = random_traffic(network, seed)
    known = even_split_loads(compile_fabric(graph), traffic)
    assert same(network_loads(network, traffic, routing="spray"), known.up, known.down)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_traffic_the_other_way_sprays_over_the_same_paths_the_other_way(seed):
    network = compile_network(switches(seed % 50))
    traffic = random_traffic(network, seed)
    there, back = (network_loads(network, t, routing="spray") for t in (traffic, traffic.T))
    assert same(there, back.down, back.up)


@pytest.mark.parametrize("routing", ["even", "spray"])
@pytest.mark.parametrize("name", NETWORKS)
def test_sum_over_links_is_sum_over_flows_times_hops(name, routing):
    graph = NETWORKS[name]()
    network = compile_network(graph)
    traffic = random_traffic(network, 2)
    loads = network_loads(network, traffic, routing=routing)
    wanted = sum(amount * (len(ways[0]) - 1) for amount, ways in all_paths(graph, traffic))
    assert loads.up.sum() + loads.down.sum() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("tiers", [2, 3])
def test_in_a_whole_fat_tree_spray_is_the_even_split(tiers):
    tree = compile_network(fat_tree(4, tiers=tiers))
    traffic = random_traffic(tree, 0)
    even = network_loads(tree, traffic)
    assert same(network_loads(tree, traffic, routing="spray"), even.up, even.down)


def test_neither_spray_nor_even_split_is_always_the_better():
    better = set()
    for seed in range(6):
        network = compile_network(switches(seed))
        traffic = random_traffic(network, seed) ** 8
        even, spray = (float(network_saturation(network, traffic, routing=how)) for how in ("even", "spray"))
        better.add("even" if even > 1.01 * spray else "spray" if spray > 1.01 * even else "equal")
    assert {"even", "spray"} <= better


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_relabelling_endpoints_changes_no_load(seed):
    graph = switches(4)
    network = compile_network(graph)
    traffic, count = random_traffic(network, 5), 12
    new = np.random.default_rng(seed).permutation(count)
    for name, data in graph.nodes(data=True):
        if name.startswith("gpu"):
            data["index"] = int(new[data["index"]])
    moved = np.empty_like(traffic)
    moved[np.ix_(new, new)] = traffic
    before = network_loads(network, traffic, routing="spray")
    assert same(network_loads(compile_network(graph), moved, routing="spray"), before.up, before.down)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_a_batch_is_its_members(routing):
    network = compile_network(dragonfly(3, 2, endpoints=1, global_links=1, radix=4))
    batch = np.stack([random_traffic(network, seed) for seed in range(4)]).reshape(2, 2, 6, 6)
    loads = network_loads(network, batch, routing=routing, seed=7)
    assert loads.up.shape == (2, 2, network.tail.size)
    for at in np.ndindex(2, 2):
        one = network_loads(network, batch[at], routing=routing, seed=7)
        assert same(one, loads.up[at], loads.down[at])
    rate = network_saturation(network, batch, routing=routing, seed=7)
    assert rate == pytest.approx(1 / network_utilization(network, loads).max(axis=-1), rel=1e-12)


def test_blocks_of_destinations_are_one(monkeypatch):
    network = compile_network(NETWORKS["switches"]())
    batch = np.stack([random_traffic(network, seed) for seed in range(3)])
    whole = network_loads(network, batch, routing="spray")
    for module in ("multitier", "spray"):
        monkeypatch.setattr(f"topology.{module}.BLOCK", 200)
    assert same(network_loads(network, batch, routing="spray"), whole.up, whole.down)


def test_the_rate_of_an_all_to_all_is_that_of_one_byte_per_second_and_pair():
    tree = compile_network(fat_tree(4))
    assert network_saturation(tree) == pytest.approx(100e9 / 15, rel=1e-12)
    assert network_saturation(tree, 2.0 - 2 * np.eye(16)) == pytest.approx(50e9 / 15, rel=1e-12)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_no_traffic_is_no_load(routing):
    tree = compile_network(fat_tree(4))
    loads = network_loads(tree, np.zeros((2, 16, 16)), routing=routing)
    assert loads.up.shape == loads.down.shape == (2, 48)
    assert not loads.up.any()
    assert not loads.down.any()


def test_an_unknown_routing_and_no_traffic_are_refused():
    tree = compile_network(fat_tree(4))
    with pytest.raises(ValueError, match="routing = 'magic': must be one of even, spray, adaptive"):
        network_loads(tree, np.zeros((16, 16)), routing="magic")
    with pytest.raises(ValueError, match="traffic: zero everywhere"):
        network_saturation(tree, np.zeros((16, 16)))


def test_bundles_with_no_path_behind_them_are_named():
    graph = fat_tree(4)
    graph.nodes["leaf-0"]["kind"] = "gpu"
    graph.nodes["leaf-0"]["index"] = 16
    network = compile_network(graph)
    for routing in ("even", "spray", "adaptive"):
        with pytest.raises(ValueError, match="traffic from gpu-0 to gpu-2: no path joins the two"):
            traffic = np.zeros((17, 17))
            traffic[0, 2] = 1.0
            network_loads(network, traffic, routing=routing)
