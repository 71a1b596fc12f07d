"""Parameters of a fabric and the graph they describe."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import nvlink_rack


def test_nvl72_has_1296_links_5184_pairs_and_900_gb_per_second_per_gpu(wired):
    nvlink = wired(72, 18, asic_ports=72)
    assert (nvlink.links_per_gpu, nvlink.link_count, nvlink.pairs_per_link) == (18, 1296, 4)
    assert nvlink.link_count * nvlink.pairs_per_link == 5184 == 72 * 72
    assert nvlink.gpu_bandwidth == 900e9


def test_vera_rubin_has_2592_links_and_twice_the_bandwidth(wired):
    nvlink = wired(72, 36, asic_ports=72, generation=6)
    assert (nvlink.link_count, nvlink.gpu_bandwidth) == (2592, 1800e9)


def test_hgx_split_5_4_4_5_sums_to_18_links_and_450_gb_per_second(wired):
    nvlink = wired(8, 4, links_to_asic=(5, 4, 4, 5), link_bandwidth=25e9)
    assert (nvlink.links_by_asic, nvlink.links_per_gpu, nvlink.gpu_bandwidth) == ((5, 4, 4, 5), 18, 450e9)


def test_one_value_of_links_to_asic_stands_for_all_asics(wired):
    assert wired(4, 3, links_to_asic=(2,)).links_by_asic == (2, 2, 2)
    assert wired(4, 1, links_to_asic=(2,)).links_by_asic == (2,)


def test_a_pair_is_one_lane_in_one_direction(wired):
    assert [wired(2, 1, lanes_per_link=lanes).pairs_per_link for lanes in (1, 2, 4)] == [2, 4, 8]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"links_to_asic": (1, 1)}, "must hold 1 or 18 values"),
        ({"links_to_asic": ()}, "must hold 1 or 18 values"),
        ({"links_to_asic": (0,)}, "must be >= 1"),
        ({"asic_ports": 71}, "radix exceeded, 72 GPUs need 72"),
        ({"asic_ports": 72, "links_to_asic": (1,) * 17 + (2,)}, "72 GPUs need 144"),
        ({"gpus": 1}, "Nvlink.gpus = 1: must be >= 2"),
        ({"link_bandwidth": -50e9}, "must be > 0 B/s"),
        ({"medium": "glass"}, "must be one of"),
    ],
)
def test_an_impossible_fabric_is_refused_by_name(wired, changes, message):
    with pytest.raises(ValueError, match=message):
        wired(**({"gpus": 72, "asics": 18} | changes))


def test_the_radix_is_not_exceeded_when_every_port_is_taken(wired):
    assert wired(72, 18, asic_ports=72).asic_ports == 72


def test_nodes_carry_kind_and_index_in_order(nvl72):
    nodes = list(nvl72.nodes(data=True))
    assert nodes[0] == ("gpu-0", {"kind": "gpu", "index": 0})
    assert nodes[71] == ("gpu-71", {"kind": "gpu", "index": 71})
    assert nodes[72] == ("asic-0", {"kind": "nvswitch", "index": 0})
    assert nodes[-1] == ("asic-17", {"kind": "nvswitch", "index": 17})


def test_an_edge_carries_every_documented_attribute_and_no_other(wired):
    graph = nvlink_rack(wired(2, 2), lengths=[0.5, 0.6, 0.7, 0.8], cartridges=[0, 1, 2, 3])
    assert graph.edges["gpu-1", "asic-0", 2] == {
        "link": 2,
        "plane": 0,
        "pairs": 4,
        "bandwidth": 50e9,
        "medium": "copper",
        "length": 0.7,
        "cartridge": 2,
    }


def test_every_attribute_is_described_in_the_docstring_of_the_module(nvl72):
    import topology.nvlink

    edge = next(iter(nvl72.edges(data=True)))[2]
    for attribute in (*nvl72.nodes["gpu-0"], *edge):
        assert f"\n    {attribute} : " in topology.nvlink.__doc__


def test_link_k_of_every_gpu_goes_to_asic_k(nvl72):
    for gpu, asic, link, data in nvl72.edges(keys=True, data=True):
        position = nvl72.nodes[gpu]["index"], nvl72.nodes[asic]["index"]
        assert divmod(link, 18) == position
        assert (data["link"], data["plane"]) == (link, position[1])


def test_hgx_link_ids_run_gpu_by_gpu_then_plane_by_plane(hgx):
    planes = {data["link"]: data["plane"] for _, _, data in hgx.edges(data=True)}
    of_one_gpu = [0] * 5 + [1] * 4 + [2] * 4 + [3] * 5
    assert [planes[link] for link in range(144)] == of_one_gpu * 8


def test_without_lengths_and_cartridges_the_graph_says_unknown(nvl72):
    data = next(iter(nvl72.edges(data=True)))[2]
    assert np.isnan(data["length"])
    assert data["cartridge"] == -1


def test_names_of_trays_and_switches_can_be_given(wired):
    graph = nvlink_rack(wired(2, 1), gpu_names=["tray-0/gpu-0", "tray-0/gpu-1"], asic_names=["switch-0/asic-0"])
    assert list(graph.edges(data="link")) == [
        ("tray-0/gpu-0", "switch-0/asic-0", 0),
        ("tray-0/gpu-1", "switch-0/asic-0", 1),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gpu_names": ["a"]}, "gpu_names: 1 names, the fabric has 2"),
        ({"asic_names": ["a", "b"]}, "asic_names: 2 names, the fabric has 1"),
        ({"gpu_names": ["a", "a"]}, "1 names are repeated"),
        ({"gpu_names": ["a", "b"], "asic_names": ["b"]}, "1 names are repeated"),
        ({"lengths": [0.5]}, r"lengths: shape \(1,\), must be \(2,\)"),
        ({"lengths": [[0.5, 0.5]]}, r"lengths: shape \(1, 2\), must be \(2,\)"),
        ({"lengths": [0.5, -0.1]}, r"lengths\[1\] = -0.1: must be >= 0 m"),
        ({"cartridges": [0, 1, 2]}, r"cartridges: shape \(3,\), must be \(2,\)"),
    ],
)
def test_names_and_arrays_that_do_not_fit_are_refused(wired, arguments, message):
    with pytest.raises(ValueError, match=message):
        nvlink_rack(wired(2, 1), **arguments)


@given(gpus=st.integers(2, 12), links=st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_degrees_follow_from_the_parameters(wired, gpus, links):
    nvlink = wired(gpus, len(links), links_to_asic=tuple(links))
    graph = nvlink_rack(nvlink)
    assert {graph.degree(f"gpu-{i}") for i in range(gpus)} == {sum(links)}
    assert [graph.degree(f"asic-{k}") for k in range(len(links))] == [gpus * count for count in links]
    assert nx.is_bipartite(graph)
    assert graph.number_of_edges() == nvlink.link_count
