"""What a rack can be counted and cut by."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import capacity_matrix, compile_fabric, invariants, nvlink_rack, pair_max_flow, without_links


def test_nvl72_invariants_are_the_published_ones(nvl72):
    found = invariants(nvl72)
    assert np.isnan(found.pop("total_length"))  # unknown lengths have no sum
    assert found == {
        "link_count": 1296,
        "pair_count": 5184,
        "gpu_degree_min": 18,
        "gpu_degree_max": 18,
        "asic_degree_min": 72,
        "asic_degree_max": 72,
        "bandwidth_per_gpu_min": 900e9,
        "bandwidth_aggregate_bidirectional": 129.6e12,
        "bandwidth_bisection": 36 * 900e9,
    }


def test_nine_switch_trays_of_two_asics_close_the_sum_only_per_asic(nvl72):
    per_asic = 2 * capacity_matrix(compile_fabric(nvl72)).sum(axis=0)
    assert np.all(per_asic == 7.2e12)
    assert invariants(nvl72)["bandwidth_aggregate_bidirectional"] == 9 * 2 * 7.2e12


def test_vera_rubin_invariants(wired):
    found = invariants(nvlink_rack(wired(72, 36, asic_ports=72, generation=6)))
    assert (found["link_count"], found["gpu_degree_max"], found["asic_degree_max"]) == (2592, 36, 72)
    assert found["bandwidth_aggregate_bidirectional"] == 259.2e12


def test_hgx_invariants(hgx):
    found = invariants(hgx)
    assert (found["link_count"], found["asic_degree_min"], found["asic_degree_max"]) == (144, 32, 40)
    assert (found["bandwidth_per_gpu_min"], found["bandwidth_bisection"]) == (450e9, 4 * 450e9)


def test_total_length_counts_every_pair(wired):
    graph = nvlink_rack(wired(2, 2), lengths=[0.5, 0.6, 0.7, 0.8])
    assert invariants(graph)["total_length"] == pytest.approx(4 * 2.6, rel=1e-15)


def test_mean_of_two_miles_over_5184_pairs_is_62_centimetres(wired):
    two_miles = 2 * 1609.344
    graph = nvlink_rack(wired(72, 18, asic_ports=72), lengths=np.full(1296, 0.62))
    assert invariants(graph)["total_length"] == pytest.approx(two_miles, rel=0.01)


def test_counts_are_plain_numbers_that_json_can_write(nvl72):
    import json

    assert json.loads(json.dumps(invariants(nvl72)))["link_count"] == 1296


def test_a_lost_link_shows_in_every_count_it_touches(nvl72):
    found = invariants(without_links(nvl72, [0]))
    assert (found["link_count"], found["pair_count"]) == (1295, 5180)
    assert (found["gpu_degree_min"], found["gpu_degree_max"]) == (17, 18)
    assert (found["asic_degree_min"], found["asic_degree_max"]) == (71, 72)
    assert found["bandwidth_per_gpu_min"] == 850e9


@given(seed=st.integers(0, 2**32 - 1))
def test_relabelling_changes_no_invariant(wired, seed):
    rng = np.random.default_rng(seed)
    nvlink = wired(6, 3, links_to_asic=(2, 1, 1))
    graph = without_links(nvlink_rack(nvlink, lengths=rng.random(24)), rng.choice(24, 3, replace=False))
    renamed = nx.relabel_nodes(graph, {f"gpu-{i}": f"part-{j}" for i, j in enumerate(rng.permutation(6))})
    for _, data in renamed.nodes(data=True):
        data["index"] = 100 - data["index"]
    assert invariants(renamed) == pytest.approx(invariants(graph), rel=1e-12)


def test_max_flow_between_gpus_of_an_nvl72_is_900_gb_per_second_whichever_the_pair(nvl72):
    assert {pair_max_flow(nvl72, a, b) for a, b in (("gpu-0", "gpu-1"), ("gpu-71", "gpu-3"))} == {900e9}


def test_hgx_max_flow_uses_all_parallel_links(hgx):
    assert pair_max_flow(hgx, "gpu-2", "gpu-5") == 450e9


def test_a_plane_that_one_end_lost_carries_nothing_of_the_pair(nvl72):
    graph = without_links(nvl72, [0 * 18 + 3, 1 * 18 + 5])
    assert pair_max_flow(graph, "gpu-0", "gpu-1") == 16 * 50e9
    assert pair_max_flow(graph, "gpu-0", "gpu-2") == 17 * 50e9


def test_gpus_do_not_forward_for_others(wired):
    graph = without_links(nvlink_rack(wired(3, 2)), [1, 2])
    assert pair_max_flow(graph, "gpu-0", "gpu-1") == 0.0
    assert pair_max_flow(graph, "gpu-0", "gpu-2") == 50e9


@given(seed=st.integers(0, 2**32 - 1), lost=st.integers(0, 60))
def test_max_flow_is_the_sum_over_planes_of_the_weaker_end_and_the_same_both_ways(hgx, seed, lost):
    rng = np.random.default_rng(seed)
    graph = without_links(hgx, rng.choice(144, lost, replace=False))
    capacity = np.zeros((8, 4))
    for gpu, asic, data in graph.edges(data=True):
        capacity[graph.nodes[gpu]["index"], graph.nodes[asic]["index"]] += data["bandwidth"]
    assert pair_max_flow(graph, "gpu-0", "gpu-1") == np.minimum(capacity[0], capacity[1]).sum()
    assert pair_max_flow(graph, "gpu-1", "gpu-0") == np.minimum(capacity[0], capacity[1]).sum()


@given(seed=st.integers(0, 2**32 - 1), lost=st.integers(1, 60))
def test_adding_a_link_never_lowers_max_flow(hgx, seed, lost):
    gone = np.random.default_rng(seed).choice(144, lost, replace=False)
    fewer, more = without_links(hgx, gone), without_links(hgx, gone[1:])
    for pair in (("gpu-0", "gpu-1"), ("gpu-3", "gpu-6")):
        assert pair_max_flow(more, *pair) >= pair_max_flow(fewer, *pair)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("gpu-0", "gpu-72", "node gpu-72: no GPU of this graph"),
        ("asic-0", "gpu-1", "node asic-0: no GPU of this graph"),
        ("gpu-4", "gpu-4", "node gpu-4: sender and receiver are the same"),
    ],
)
def test_ends_that_are_no_two_gpus_are_refused(nvl72, a, b, message):
    with pytest.raises(ValueError, match=message):
        pair_max_flow(nvl72, a, b)
