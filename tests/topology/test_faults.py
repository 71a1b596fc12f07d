"""Taking links, nodes and whole parts out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import bandwidth_per_gpu, compile_fabric, nvlink_rack, without_links, without_node
from topology.faults import without_parts
from topology.network import compile_network
from topology.tiers import fat_tree


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


@pytest.fixture(scope="module")
def cabled(wired):
    """Four trays of two GPUs, two of two ASICs, and cartridges that hold one GPU's links each."""
    return nvlink_rack(
        wired(8, 4),
        gpu_names=[f"compute-{i // 2}/gpu-{i % 2}" for i in range(8)],
        asic_names=[f"switch-{i // 2}/asic-{i % 2}" for i in range(4)],
        cartridges=np.arange(32) // 4,
    )


def test_a_tray_takes_its_chips_and_a_chip_its_links(cabled):
    left = without_parts(cabled, ["compute-1", "switch-0/asic-1"])
    assert set(cabled) - set(left) == {"compute-1/gpu-0", "compute-1/gpu-1", "switch-0/asic-1"}
    assert left.number_of_edges() == 6 * 3


def test_a_cartridge_takes_its_links_and_nothing_else(cabled):
    left = without_parts(cabled, ["cartridge-2"])
    assert set(left) == set(cabled)
    assert {data["link"] for *_, data in cabled.edges(data=True)} - {
        data["link"] for *_, data in left.edges(data=True)
    } == {8, 9, 10, 11}
    with pytest.raises(ValueError, match="node compute-1/gpu-0: no links left"):
        compile_fabric(left)


@given(
    names=st.lists(
        st.sampled_from(["compute-0", "compute-0/gpu-1", "cartridge-0", "cartridge-5", "link 3", "switch-1"])
    )
)
def test_parts_at_once_are_parts_one_after_the_other(cabled, names):
    left = cabled
    for name in dict.fromkeys(names):
        try:
            left = without_parts(left, [name])
        except ValueError:  # gone with a part that held it
            assert {"compute-0", "compute-0/gpu-1", "cartridge-0", "switch-1"} & set(names)
    at_once = without_parts(cabled, names)
    assert set(at_once) == set(left)
    assert set(at_once.edges(keys=True)) == set(left.edges(keys=True))
    assert cabled.number_of_edges() == 32


def test_trays_are_known_by_an_attribute_or_a_mapping(nvl72):
    graph = nvl72.copy()
    for i in range(4):
        graph.nodes[f"gpu-{i}"]["tray"] = "tray-a"
    trays = {f"switch-{i}": (f"asic-{2 * i}", f"asic-{2 * i + 1}") for i in range(9)}
    left = without_parts(graph, ["tray-a", "switch-3"], parts=trays)
    assert left.number_of_edges() == 68 * 16
    assert np.all(bandwidth_per_gpu(compile_fabric(left)) == 800e9)


def test_switches_racks_and_links_of_many_tiers():
    tree = fat_tree(4)
    left = without_parts(tree, ["core-16", "spine-8", "link 0", "gpu-0"])
    assert left.number_of_edges() == 48 - 4 - 3 - 1
    for node, data in tree.nodes(data=True):
        data["rack"] = int(data["index"] // 4) if node.startswith("gpu") else -1
    without = compile_network(without_parts(tree, "rack-3").subgraph(set(tree) - {"leaf-6", "leaf-7"}))
    assert without.rack.max() == 2


def test_all_unknown_parts_are_named_at_once_each_with_near_names(cabled):
    with pytest.raises(ValueError) as caught:
        without_parts(cabled, ["compute-1", "compute-7", "cartridge-20", "asic", "link 99", "compute-7"])
    said = str(caught.value)
    assert said.count("compute-7") == 1
    assert "'compute-7' (near: compute-" in said
    assert "'cartridge-20' (near: cartridge-2" in said
    assert "'asic', 'link 99'" in said
    assert "'compute-1'" not in said


def test_nodes_of_given_parts_have_to_be_there(nvl72):
    with pytest.raises(ValueError, match=r"parts: nodes 'gpu-72': not in the graph \(near: gpu-7"):
        without_parts(nvl72, [], parts={"tray": ["gpu-72"]})
