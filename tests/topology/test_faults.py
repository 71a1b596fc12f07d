"""Taking links and nodes out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import bandwidth_per_gpu, compile_fabric, without_links, without_node


def test_a_lost_link_takes_50_gb_per_second_from_one_gpu_only(nvl72):
    bandwidth = bandwidth_per_gpu(compile_fabric(without_links(nvl72, [3 * 18 + 7])))
    assert bandwidth[3] == 850e9
    assert np.all(np.delete(bandwidth, 3) == 900e9)


def test_a_lost_asic_takes_one_link_from_every_gpu(nvl72):
    fabric = compile_fabric(without_node(nvl72, "asic-4"))
    assert len(fabric.asics) == 17
    assert np.all(bandwidth_per_gpu(fabric) == 850e9)


def test_a_lost_gpu_leaves_the_others_whole(nvl72):
    fabric = compile_fabric(without_node(nvl72, "gpu-0"))
    assert fabric.gpus[0] == "gpu-1"
    assert np.all(bandwidth_per_gpu(fabric) == 900e9)


def test_the_given_graph_stays_whole_and_the_new_one_shares_no_attributes(nvl72):
    weaker = without_links(nvl72, [0])
    weaker.edges["gpu-0", "asic-1", 1]["bandwidth"] = 1.0
    without_node(nvl72, "gpu-5")
    assert nvl72.number_of_edges() == 1296
    assert nvl72.edges["gpu-0", "asic-1", 1]["bandwidth"] == 50e9


def test_ids_indices_and_planes_of_what_remains_are_kept(hgx):
    remaining = without_links(hgx, [0, 143])
    assert sorted(data["link"] for _, _, data in remaining.edges(data=True)) == list(range(1, 143))
    assert without_node(hgx, "gpu-0").nodes["gpu-7"]["index"] == 7


def test_taking_nothing_out_changes_nothing(nvl72):
    assert without_links(nvl72, []).edges.keys() == nvl72.edges.keys()


@pytest.mark.parametrize(("links", "named"), [([1296], r"\[1296\]"), ([5, -1, 9999], r"\[-1, 9999\]")])
def test_absent_links_are_named(nvl72, links, named):
    with pytest.raises(ValueError, match=f"links {named}: not in the graph, whose ids lie in 0..1295"):
        without_links(nvl72, links)


def test_a_link_cannot_fail_twice(nvl72):
    with pytest.raises(ValueError, match=r"links \[7\]"):
        without_links(without_links(nvl72, [7]), [7])


def test_an_absent_node_is_named(nvl72):
    with pytest.raises(ValueError, match="node gpu-72: not in the graph"):
        without_node(nvl72, "gpu-72")


@given(links=st.sets(st.integers(0, 143), max_size=40), later=st.sets(st.integers(0, 143), max_size=40))
def test_faults_in_two_steps_are_faults_in_one(hgx, links, later):
    in_steps = without_links(without_links(hgx, links), later - links)
    assert in_steps.edges.keys() == without_links(hgx, links | later).edges.keys()
