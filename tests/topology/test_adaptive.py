"""Adaptive routing: by hand, against a linear program over all paths, bounds that hold, and hard cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from path_oracle import NETWORKS, all_paths, best_by_paths, switches

import topology.adaptive
from topology import DidNotConverge, compile_fabric, concurrent_rate_lp, without_links
from topology.adaptive import adaptive_routing
from topology.multitier import network_loads, network_utilization
from topology.network import compile_network, endpoints
from topology.systems import hgx, nvl72
from topology.tiers import dragonfly, fat_tree


def random_traffic(network, seed, power=1.0):
    count = endpoints(network).size
    return 1e9 * np.random.default_rng(seed).random((count, count)) ** power * (1 - np.eye(count))


def certified(found, best):
    """Whether utilization and bound hold the best between them, to the round-off of the linear program."""
    return found.bound <= best * (1 + 1e-6) and best * (1 - 1e-6) <= found.utilization


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("power", [1.0, 8.0])
def test_bounds_hold_the_linear_program_over_all_paths(name, power):
    graph = NETWORKS[name]()
    network = compile_network(graph)
    traffic = random_traffic(network, 3, power)
    best = best_by_paths(graph, traffic)
    found = adaptive_routing(network, traffic, gap=0.005)
    assert certified(found, best)
    assert found.utilization <= 1.005 * found.bound
    assert not certified(found, 1.006 * found.utilization), "an answer too good is noticed"
    assert not certified(found, 0.994 * found.bound), "a bound too high is noticed"


@pytest.mark.parametrize("name", ["dragonfly", "switches", "grid"])
def test_with_detours_too(name):
    graph = NETWORKS[name]()
    network = compile_network(graph)
    traffic = random_traffic(network, 4, 8.0)
    traffic[traffic < np.quantile(traffic, 0.8)] = 0
    found = adaptive_routing(network, traffic, detours=True)
    assert certified(found, best_by_paths(graph, traffic, detours=True))
    assert found.utilization <= adaptive_routing(network, traffic).utilization * 1.01


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_no_other_split_over_paths_of_least_cost_is_less_busy_than_the_bound(seed):
    network = compile_network(switches(seed % 50))
    traffic = random_traffic(network, seed, 3.0)
    found = adaptive_routing(network, traffic)
    for routing in ("even", "spray", "hashed", "single"):
        busiest = network_utilization(network, network_loads(network, traffic, routing=routing, seed=seed)).max()
        assert busiest >= found.bound * (1 - 1e-9), routing
    spray = network_utilization(network, network_loads(network, traffic, routing="spray")).max()
    assert found.utilization <= spray * (1 + 1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_loads_are_as_busy_as_said_and_sum_to_flows_times_hops(name):
    graph = NETWORKS[name]()
    network = compile_network(graph)
    traffic = random_traffic(network, 6)
    found = adaptive_routing(network, traffic)
    assert network_utilization(network, found.loads).max() == pytest.approx(found.utilization, rel=1e-12)
    wanted = sum(amount * (len(ways[0]) - 1) for amount, ways in all_paths(graph, traffic))
    assert found.loads.up.sum() + found.loads.down.sum() == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("detours", [False, True])
def test_every_node_passes_on_what_it_gets(detours):
    network = compile_network(dragonfly(4, 3, endpoints=1, global_links=1, radix=8))
    traffic = random_traffic(network, 1, 9.0)
    up, down = adaptive_routing(network, traffic, detours=detours).loads
    count, ends = network.kind.size, endpoints(network)
    out = np.bincount(network.tail, up - down, count) - np.bincount(network.head, up - down, count)
    surplus = np.zeros(count)
    surplus[ends] = traffic.sum(axis=1) - traffic.sum(axis=0)
    np.testing.assert_allclose(out, surplus, rtol=0, atol=1e-9 * traffic.sum())


def test_one_tier_is_the_linear_program_of_the_rack():
    graph = without_links(hgx(), [0, 20, 33, 70, 71])
    traffic = random_traffic(compile_network(graph), 2)
    found = adaptive_routing(compile_network(graph), traffic, gap=0.003)
    assert certified(found, 1 / concurrent_rate_lp(compile_fabric(graph), traffic))


def test_traffic_that_crosses_one_narrow_link_cannot_avoid_it():
    graph = dragonfly(4, 3, endpoints=1, global_links=1, radix=8)
    network = compile_network(graph)
    to_next = 100e9 * np.roll(np.kron(np.eye(4), np.eye(3)), 3, axis=1)
    assert adaptive_routing(network, to_next).utilization == pytest.approx(3.0, rel=1e-9)
    found = adaptive_routing(network, to_next, detours=True)
    # by hand: x of each group's 3 go direct, the rest over two of the 12 global links: x = 4 (x + 2 (3 - x)) / 12 = 1.5
    assert found.bound <= 1.5 * (1 + 1e-9)
    assert found.utilization >= 1.5 * (1 - 1e-9)


def test_what_a_single_endpoint_sends_needs_no_rounds():
    tree = compile_network(fat_tree(8))
    found = adaptive_routing(tree, random_traffic(tree, 0))
    assert found.rounds == 0
    assert found.utilization == pytest.approx(found.bound, rel=1e-12)


def test_relabelling_endpoints_changes_nothing():
    graph = switches(4)
    network = compile_network(graph)
    traffic, new = random_traffic(network, 5), np.random.default_rng(0).permutation(12)
    for name, data in graph.nodes(data=True):
        if name.startswith("gpu"):
            data["index"] = int(new[data["index"]])
    moved = np.empty_like(traffic)
    moved[np.ix_(new, new)] = traffic
    one, other = adaptive_routing(network, traffic), adaptive_routing(compile_network(graph), moved)
    assert other.utilization == pytest.approx(one.utilization, rel=1e-6)


@given(scale=st.floats(1e-6, 1e6))
@settings(max_examples=5)
def test_twice_the_traffic_is_twice_as_busy(scale):
    network = compile_network(NETWORKS["board"]())
    traffic = random_traffic(network, 7)
    one, other = adaptive_routing(network, traffic), adaptive_routing(network, scale * traffic)
    assert other.utilization == pytest.approx(scale * one.utilization, rel=0.01)


def test_no_traffic_is_no_load():
    network = compile_network(fat_tree(4))
    found = adaptive_routing(network, np.zeros((16, 16)))
    assert (found.utilization, found.bound, found.loads.up.sum()) == (0.0, 0.0, 0.0)


HARD = {
    "fat tree": lambda rng: without_links(fat_tree(8), rng.choice(np.arange(128, 384), 40, replace=False)),
    "oversubscribed": lambda rng: without_links(
        fat_tree(6, oversubscription=3), rng.choice(np.arange(162, 270), 12, replace=False)
    ),
    "rack": lambda rng: without_links(nvl72(), rng.choice(1296, 60, replace=False)),
}


@pytest.mark.parametrize("name", HARD)
def test_damaged_fabrics_of_full_size_are_certified_to_one_per_cent(name):
    network = compile_network(HARD[name](np.random.default_rng(0)))
    traffic = random_traffic(network, 1, 8.0)
    found = adaptive_routing(network, traffic)
    assert found.utilization <= 1.01 * found.bound
    even = network_utilization(network, network_loads(network, traffic)).max()
    assert found.utilization < 0.99 * even


@pytest.mark.slow
@pytest.mark.parametrize("detours", [False, True])
def test_a_dragonfly_under_its_worst_traffic_is_certified(detours):
    network = compile_network(dragonfly(9, 4, endpoints=2, global_links=2, radix=7))
    to_next = 100e9 / 8 * np.roll(np.kron(np.eye(9), np.ones((8, 8))), 8, axis=1)
    found = adaptive_routing(network, to_next, detours=detours, gap=0.005)
    assert found.utilization == pytest.approx(1.773 if detours else 8.0, rel=0.005)


def test_too_few_rounds_are_no_answer():
    network = compile_network(NETWORKS["board"]())
    with pytest.raises(DidNotConverge, match=r"adaptive_routing: .* after 2 rounds; raise rounds or gap = 1e-06"):
        adaptive_routing(network, random_traffic(network, 3), gap=1e-6, rounds=2)


@pytest.mark.parametrize("detours", [False, True])
def test_weights_that_fade_are_started_again_and_not_lost(monkeypatch, detours):
    graph = NETWORKS["switches"]()
    network = compile_network(graph)
    traffic = random_traffic(network, 3)
    monkeypatch.setattr(topology.adaptive, "_PATH", 300.0)
    found = adaptive_routing(network, traffic, detours=detours, gap=0.2)
    assert certified(found, best_by_paths(graph, traffic, detours))


@pytest.mark.parametrize(
    ("shape", "changes", "message"),
    [
        ((2, 16, 16), {}, "traffic: 3 axes, must be 2"),
        ((3, 3), {}, r"traffic: shape \(3, 3\)"),
        ((16, 16), {"gap": 0.0}, "gap = 0.0"),
        ((16, 16), {"rounds": 0}, "rounds = 0"),
    ],
)
def test_impossible_requests_are_refused(shape, changes, message):
    with pytest.raises(ValueError, match=message):
        adaptive_routing(compile_network(fat_tree(4)), np.zeros(shape), **changes)
