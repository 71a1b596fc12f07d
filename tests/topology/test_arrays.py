"""Closed forms by symmetry against the general solvers, and the size of a factory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import bandwidth_bisection, compile_fabric, even_split_loads
from topology.arrays import Layer, layered, symmetric_bisection, symmetric_loads
from topology.clos import NVLINK_COPPER, SCALE_OUT, Clos
from topology.cuts import bisection
from topology.multitier import network_loads
from topology.network import compile_network, endpoints, network_graph
from topology.superpods import superpod_layers


def racks(gpus, per_rack, planes=2):
    pods = -(-gpus // per_rack)
    clos = Clos(endpoints=gpus, endpoints_per_leaf=per_rack, pods=pods, planes=planes, radix=per_rack, kind="nvswitch")
    return Layer(clos, NVLINK_COPPER, NVLINK_COPPER)


def tree(gpus, **shape):
    return Layer(Clos(endpoints=gpus, radix=64, **shape), SCALE_OUT, SCALE_OUT)


THREE = {"endpoints_per_leaf": 3, "leaves_per_pod": 2, "spines_per_pod": 2, "pods": 4, "cores_per_spine": 3}
CASES = {
    "one tier": [racks(6, 6)],
    "two tiers": [tree(12, endpoints_per_leaf=3, leaves_per_pod=4, spines_per_pod=2, leaf_links=2)],
    "three tiers": [tree(24, **THREE)],
    "free ports": [tree(20, **THREE)],
    "rails and planes": [tree(24, **(THREE | {"rails": 2, "planes": 2}))],
    "racks that tile the leaves": [racks(24, 6), tree(24, **THREE)],
    "racks that do not": [racks(24, 4), tree(24, **(THREE | {"rails": 2}))],
    "a rack that is not full": [racks(23, 5), tree(23, **THREE)],
}


def uniform(network):
    return 1.0 - np.eye(endpoints(network).size)


@pytest.mark.parametrize("case", CASES)
def test_loads_by_symmetry_are_those_of_routing_every_pair(case):
    layers = CASES[case]
    network = layered(layers)
    ours, routed = symmetric_loads(layers, 1.0), network_loads(network, uniform(network))
    np.testing.assert_allclose(ours.up, routed.up, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.down, routed.down, rtol=1e-12, atol=1e-12)


def test_a_wrong_count_of_pairs_would_be_noticed():
    layers = CASES["racks that do not"]
    network = layered(layers)
    routed = network_loads(network, uniform(network))
    naive = symmetric_loads(layers[1:], 1.0)  # as if racks had no NVLink
    assert not np.allclose(naive.up, routed.up[-naive.up.size :])


@given(
    leaf=st.integers(1, 4),
    leaves=st.integers(1, 4),
    spines=st.integers(1, 3),
    pods=st.integers(1, 3),
    cores=st.integers(1, 3),
    rack=st.integers(1, 6),
    missing=st.integers(0, 2),
)
@settings(max_examples=25)
def test_symmetry_holds_for_any_shape(leaf, leaves, spines, pods, cores, rack, missing):
    gpus = max(2, leaf * leaves * pods - missing)
    shape = {"endpoints_per_leaf": max(leaf, 2), "leaves_per_pod": leaves, "spines_per_pod": spines}
    layers = [racks(gpus, rack), tree(gpus, **shape, pods=pods, cores_per_spine=cores)]
    network = layered(layers)
    ours, routed = symmetric_loads(layers, 2.0), network_loads(network, 2.0 * uniform(network))
    np.testing.assert_allclose(ours.up, routed.up, rtol=1e-11, atol=1e-11)


BISECTIONS = ["one tier", "two tiers", "three tiers", "racks that tile the leaves"]


@pytest.mark.parametrize("case", BISECTIONS)
def test_bisection_by_symmetry_is_the_max_flow(case):
    network = layered(CASES[case], endpoints_per_rack=6)
    assert symmetric_bisection(CASES[case]) == pytest.approx(bisection(network), rel=1e-12)


@pytest.mark.parametrize(("over", "cores"), [(1, 3), (2, 3), (4, 1)])
def test_bisection_of_oversubscribed_pods_is_that_of_the_narrowest_tier(over, cores):
    layers = [tree(12 * over * 2, **(THREE | {"endpoints_per_leaf": 3 * over, "cores_per_spine": cores}))]
    assert symmetric_bisection(layers) == pytest.approx(bisection(layered(layers)), rel=1e-12)


def test_one_tier_of_arrays_is_the_fabric_of_a_rack(nvl72):
    layers = [racks(72, 72, planes=18)]
    graph = network_graph(layered(layers, endpoints_per_rack=72), rack=0)
    ours, known = compile_fabric(graph), compile_fabric(nvl72)
    assert ours.gpus == known.gpus
    assert ours.asics == known.asics
    assert np.array_equal(ours.asic, known.asic)
    assert np.array_equal(ours.gpu, known.gpu)
    assert symmetric_bisection(layers) == bandwidth_bisection(known)
    loads = even_split_loads(known, 1e6 * (1 - np.eye(72)))
    np.testing.assert_allclose(symmetric_loads(layers, 1e6).up, loads.up, rtol=1e-12)


def test_any_rack_of_a_factory_can_be_looked_at_as_a_graph():
    network = layered(superpod_layers(20), endpoints_per_rack=72)
    graph = network_graph(network, rack=159)
    assert sorted(graph)[:1] == ["asic-2862"]
    fabric = compile_fabric(graph)
    assert (len(fabric.gpus), len(fabric.asics), fabric.bandwidth.size) == (72, 18, 1296)
    with pytest.raises(ValueError, match="11520 endpoints, a graph takes 5000; name a rack"):
        network_graph(network)


def test_arrays_compile_to_the_same_as_their_graph():
    network = layered(CASES["racks that tile the leaves"], endpoints_per_rack=6)
    again = compile_network(network_graph(network))
    assert sorted(again.bandwidth) == sorted(network.bandwidth)
    assert bisection(again) == bisection(network)
    loads = [network_loads(n, uniform(n)) for n in (again, network)]
    np.testing.assert_allclose(*(np.sort(load.up) for load in loads), rtol=1e-12)


@pytest.mark.slow
def test_half_a_million_gpus_are_ten_million_links():
    layers = superpod_layers(875)
    network = layered(layers, endpoints_per_rack=72)
    assert endpoints(network).size == 504_000
    assert network.bandwidth.size == 10_584_000
    loads = symmetric_loads(layers, 1.0)
    assert loads.up.size == network.bandwidth.size
    assert loads.up[: 18 * 504_000].max() == pytest.approx(71 / 18)
    assert loads.up[18 * 504_000 :].max() == 504_000 - 72
    assert symmetric_bisection(layers) == 252_000 * 50e9
    assert network_graph(network, rack=6999).number_of_edges() == 1296


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layered([]), "layers: none given"),
        (lambda: layered([racks(12, 6)]), "not connected, 2 leaves of the last layer stand alone"),
        (lambda: layered([racks(6, 6), tree(24, **THREE)]), r"differ in their endpoints, \[6, 24\]"),
        (lambda: layered([tree(24, **THREE), tree(24, **THREE)]), "only the last may have spines"),
        (lambda: symmetric_loads([racks(6, 6)], -1.0), "rate = -1.0"),
        (lambda: symmetric_loads([racks(24, 6), racks(24, 12), tree(24, **THREE)], 1.0), "takes at most 2"),
        (lambda: symmetric_bisection([racks(24, 5), tree(24, **THREE)]), "keeps domains of 5 whole"),
        (lambda: symmetric_bisection([tree(20, **(THREE | {"spines_per_pod": 1}))]), "do not halve evenly"),
    ],
)
def test_layers_that_make_no_network_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
