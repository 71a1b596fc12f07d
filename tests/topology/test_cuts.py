"""Max-flow and bisection of several tiers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import bandwidth_bisection, compile_fabric, pair_max_flow, without_links
from topology.cuts import bisection, max_flow
from topology.network import compile_network
from topology.systems import hgx, nvl72
from topology.tiers import dragonfly, fat_tree


@pytest.mark.parametrize(("graph", "last"), [(hgx(), 7), (nvl72(), 71), (without_links(nvl72(), [0, 5, 1290]), 71)])
def test_max_flow_between_two_gpus_is_that_of_one_tier(graph, last):
    flow = max_flow(compile_network(graph), np.array([0]), np.array([last]))
    assert flow == pair_max_flow(graph, "gpu-0", f"gpu-{last}")


def test_bisection_of_one_tier_is_the_exact_one():
    graph = hgx()
    assert bisection(compile_network(graph)) == bandwidth_bisection(compile_fabric(graph)) == 4 * 450e9


@pytest.mark.parametrize(("over", "expected"), [(1, 8), (2, 8), (4, 8)])
def test_bisection_of_a_fat_tree_is_that_of_its_uplinks(over, expected):
    assert bisection(compile_network(fat_tree(4, oversubscription=over))) == expected * 100e9


@pytest.mark.parametrize("make", [lambda: fat_tree(4, tiers=2), lambda: fat_tree(2, oversubscription=4)])
def test_no_half_of_a_tree_has_less_flow_than_the_first(make):
    network = compile_network(make())
    everyone = np.arange(8)
    flows = [max_flow(network, np.array(half), np.setdiff1d(everyone, half)) for half in combinations(range(8), 4)]
    assert min(flows) == bisection(network)
    assert bisection(network, np.arange(4)) == min(flows)


@given(factor=st.floats(0.1, 10), lost=st.sets(st.integers(0, 47), max_size=3))
@settings(max_examples=15)
def test_adding_a_link_never_lowers_max_flow_and_flow_scales_with_bandwidth(factor, lost):
    network = compile_network(fat_tree(4))
    half = np.arange(8), np.arange(8, 16)
    whole = max_flow(network, *half)
    columns = {name: np.delete(getattr(network, name), list(lost)) for name in network._fields[6:]}
    network = network._replace(**columns)
    damaged = max_flow(network, *half)
    assert damaged <= whole
    scaled = network._replace(bandwidth=network.bandwidth * factor)
    assert max_flow(scaled, *half) == pytest.approx(factor * damaged, rel=1e-9)


@given(bandwidth=st.lists(st.floats(1e9, 9e9), min_size=48, max_size=48))
@settings(max_examples=10)
def test_flow_on_floats_is_bounded_by_cuts_and_symmetric(bandwidth):
    network = compile_network(fat_tree(4))._replace(bandwidth=np.array(bandwidth))
    flow = max_flow(network, np.arange(8), np.arange(8, 16))
    assert flow <= min(sum(bandwidth[:8]), sum(bandwidth[8:16])) * (1 + 1e-9)
    assert flow == pytest.approx(max_flow(network, np.arange(8, 16), np.arange(8)), rel=1e-9)


def test_relabelling_switches_changes_no_flow():
    network = compile_network(dragonfly(4, 3, endpoints=2, global_links=1, radix=8))
    count = network.kind.size
    switch = np.random.default_rng(3).permutation(np.arange(24, count))
    new = np.r_[np.arange(24), switch]
    moved = network._replace(tail=new[network.tail].astype(np.int32), head=new[network.head].astype(np.int32))
    assert bisection(moved) == bisection(network)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: max_flow(n, np.array([], int), np.array([1])), "senders: must name"),
        (lambda n: max_flow(n, np.array([0]), np.array([16])), "receivers: must name some of the endpoints 0 to 15"),
        (lambda n: max_flow(n, np.array([3, 0]), np.array([3])), "node gpu-3: sends and receives"),
        (lambda n: bisection(n, np.zeros(8, int)), "half: 8 places, must name 8 endpoints, once each"),
        (lambda n: bisection(n, np.arange(7)), "half: 7 places"),
    ],
)
def test_impossible_halves_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(compile_network(fat_tree(4)))
