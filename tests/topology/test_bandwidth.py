"""Bandwidth per GPU, aggregate and bisection."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import (
    Fabric,
    bandwidth_aggregate_bidirectional,
    bandwidth_bisection,
    bandwidth_bisection_lower_bound,
    bandwidth_per_gpu,
    capacity_matrix,
    compile_fabric,
    nvlink_rack,
    without_links,
    without_node,
)

CAPACITIES = st.integers(2, 7).flatmap(
    lambda gpus: st.integers(1, 4).flatmap(
        lambda asics: st.lists(
            st.lists(st.integers(0, 5), min_size=asics, max_size=asics), min_size=gpus, max_size=gpus
        )
    )
)


def fabric_of(capacity):
    """A fabric with one link of the given bandwidth per non-zero cell of a (gpus, asics) matrix."""
    capacity = np.asarray(capacity, float)
    gpu, asic = np.nonzero(capacity)
    names = [tuple(f"{kind}-{i}" for i in range(n)) for kind, n in zip(("gpu", "asic"), capacity.shape, strict=True)]
    return Fabric(*names, gpu, asic, capacity[gpu, asic], np.full(gpu.size, np.nan))


def by_enumeration(capacity):
    """Bisection by trying every half: what has to come out, as long as it is small."""
    gpus, total = len(capacity), capacity.sum(axis=0)
    halves = (capacity[list(half)].sum(axis=0) for half in combinations(range(gpus), gpus // 2))
    return min(np.minimum(part, total - part).sum() for part in halves)


def by_max_flow(capacity):
    """Bisection by networkx: max-flow from a source behind one half to a sink behind the other."""
    gpus = range(len(capacity))
    flows = []
    for half in combinations(gpus, len(capacity) // 2):
        net = nx.DiGraph()
        net.add_nodes_from(("from", "to"))
        for g in gpus:
            for k, width in enumerate(capacity[g]):
                net.add_edge(*((g, ("asic", k)) if g in half else (("asic", k), g)), capacity=width)
            net.add_edge(*(("from", g) if g in half else (g, "to")))
        flows.append(nx.maximum_flow_value(net, "from", "to"))
    return min(flows)


def one_sign(fabric):
    """A mutant: the weakest half for the first ASIC is taken for the weakest of all."""
    capacity = capacity_matrix(fabric)
    half = capacity[np.argsort(capacity[:, 0])[: len(capacity) // 2]].sum(axis=0)
    return float(np.minimum(half, capacity.sum(axis=0) - half).sum())


def agrees(bisection, capacity):
    return bisection(fabric_of(capacity)) == pytest.approx(by_enumeration(np.asarray(capacity, float)), abs=1e-9)


def test_sums_over_links_of_an_nvl72(fabric72):
    assert np.all(bandwidth_per_gpu(fabric72) == 900e9)
    assert bandwidth_aggregate_bidirectional(fabric72) == 129.6e12


def test_hgx_gives_450_gb_per_second_per_gpu(hgx):
    fabric = compile_fabric(hgx)
    assert np.all(bandwidth_per_gpu(fabric) == 450e9)
    assert bandwidth_aggregate_bidirectional(fabric) == 7.2e12


def test_the_aggregate_is_twice_the_sum_over_gpus(nvl72):
    fabric = compile_fabric(without_links(nvl72, [1, 2, 500]))
    assert bandwidth_aggregate_bidirectional(fabric) == 2 * bandwidth_per_gpu(fabric).sum()


@pytest.mark.parametrize(("gpus", "asics"), [(2, 1), (3, 2), (8, 18), (9, 4), (72, 18), (72, 36), (144, 18)])
def test_an_intact_fabric_bisects_at_half_its_gpus_times_their_bandwidth(complete, gpus, asics):
    fabric = complete(gpus, asics)
    assert bandwidth_bisection(fabric) == gpus // 2 * asics * 50e9
    assert bandwidth_bisection_lower_bound(fabric) == bandwidth_bisection(fabric)


def test_three_gpus_on_two_asics_by_hand():
    # halves {0}, {1}, {2}: min(3,3)+min(1,2) = 4, min(2,4)+min(0,3) = 2, min(1,5)+min(2,1) = 2
    capacity = [[3, 1], [2, 0], [1, 2]]
    assert bandwidth_bisection(fabric_of(capacity)) == 2.0
    assert bandwidth_bisection_lower_bound(fabric_of(capacity)) == 1.0


@given(capacity=CAPACITIES)
def test_bisection_of_any_small_fabric_is_what_enumeration_finds(capacity):
    assert agrees(bandwidth_bisection, capacity)


def test_the_comparison_with_enumeration_rejects_a_bisection_that_looks_at_one_asic_only():
    assert not agrees(one_sign, [[0, 9], [1, 0], [2, 9], [3, 0]])
    assert agrees(bandwidth_bisection, [[0, 9], [1, 0], [2, 9], [3, 0]])


@settings(max_examples=20)
@given(capacity=CAPACITIES)
def test_enumeration_itself_is_what_max_flow_says(capacity):
    capacity = np.asarray(capacity, float)
    assert by_enumeration(capacity) == pytest.approx(by_max_flow(capacity), abs=1e-9)


@given(capacity=CAPACITIES)
def test_the_lower_bound_never_exceeds_the_bisection(capacity):
    fabric = fabric_of(capacity)
    assert bandwidth_bisection_lower_bound(fabric) <= bandwidth_bisection(fabric) + 1e-9


@given(capacity=CAPACITIES, seed=st.integers(0, 2**32 - 1))
def test_bisection_does_not_change_when_gpus_or_asics_change_places(capacity, seed):
    rng, capacity = np.random.default_rng(seed), np.asarray(capacity, float)
    moved = rng.permutation(rng.permutation(capacity, axis=0), axis=1)
    assert bandwidth_bisection(fabric_of(moved)) == pytest.approx(bandwidth_bisection(fabric_of(capacity)), abs=1e-9)


@given(capacity=CAPACITIES, seed=st.integers(0, 2**32 - 1))
def test_more_bandwidth_never_lowers_the_bisection(capacity, seed):
    capacity = np.asarray(capacity, float)
    more = capacity + np.random.default_rng(seed).integers(0, 3, capacity.shape)
    assert bandwidth_bisection(fabric_of(more)) >= bandwidth_bisection(fabric_of(capacity)) - 1e-9


def test_a_few_lost_links_cost_their_own_bandwidth_where_one_half_holds_them(nvl72):
    lost = [g * 18 + g for g in range(5)]
    assert bandwidth_bisection(compile_fabric(without_links(nvl72, lost))) == 36 * 900e9 - 5 * 50e9


def test_a_lost_plane_costs_one_eighteenth(nvl72):
    assert bandwidth_bisection(compile_fabric(without_node(nvl72, "asic-0"))) == 36 * 850e9


def test_all_18_asics_of_an_nvl72_may_differ_and_the_answer_stays_exact(nvl72):
    lost = [g * 18 + g for g in range(18)]  # one link of each plane, each on a GPU of its own
    fabric = compile_fabric(without_links(nvl72, lost))
    assert bandwidth_bisection(fabric) == 36 * 900e9 - 18 * 50e9


def test_beyond_18_different_asics_the_bound_is_named_instead_of_guessing(wired):
    rack = nvlink_rack(wired(72, 36, asic_ports=72))
    fabric = compile_fabric(without_links(rack, [g * 36 + g for g in range(18)]))
    with pytest.raises(ValueError, match=r"19 ASICs wired in different ways.*bandwidth_bisection_lower_bound"):
        bandwidth_bisection(fabric)
    assert bandwidth_bisection_lower_bound(fabric) == 36 * 1800e9 - 18 * 50e9
