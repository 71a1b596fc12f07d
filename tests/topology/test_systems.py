"""Named systems: their published counts, and what is announced or assumed."""

import numpy as np
import pytest

from topology import bandwidth_bisection, bandwidth_per_gpu, compile_fabric
from topology.arrays import symmetric_bisection
from topology.cuts import max_flow
from topology.multitier import network_loads
from topology.network import compile_network, endpoints
from topology.superpods import superpod, superpod_layers
from topology.systems import hgx, kyber_nvl144, lpx_rack, nvl72, nvl576, nvlink_fusion, vera_rubin_nvl72

ONE_TIER = {
    "hgx": (hgx, 8, 144, 450e9, False),
    "nvl72": (nvl72, 72, 1296, 900e9, False),
    "vera rubin": (vera_rubin_nvl72, 72, 2592, 1800e9, True),
    "kyber": (kyber_nvl144, 144, 5184, 1800e9, True),
    "fusion": (nvlink_fusion, 72, 1296, 900e9, False),
}


@pytest.mark.parametrize("name", ONE_TIER)
def test_a_one_tier_system_has_its_published_counts(name):
    make, gpus, links, bandwidth, announced = ONE_TIER[name]
    graph = make()
    fabric = compile_fabric(graph)
    assert (len(fabric.gpus), fabric.bandwidth.size) == (gpus, links)
    assert np.all(bandwidth_per_gpu(fabric) == bandwidth)
    assert bandwidth_bisection(fabric) == gpus // 2 * bandwidth
    assert graph.graph["announced"] is announced
    assert "lengths" in graph.graph["assumed"]
    compile_network(graph)


def test_kyber_runs_over_a_midplane():
    assert {medium for _, _, medium in kyber_nvl144().edges(data="medium")} == {"midplane"}


def test_fusion_modules_are_eight_accelerators_and_a_memory_node():
    roles = [role for _, role in nvlink_fusion(3).nodes(data="role") if role]
    assert roles == (["accelerator"] * 8 + ["memory"]) * 3
    with pytest.raises(ValueError, match="radix exceeded, 81 GPUs need 81"):
        nvlink_fusion(9)
    with pytest.raises(ValueError, match="modules = 0"):
        nvlink_fusion(0)


def test_nvl576_is_copper_inside_its_eight_racks_and_optical_between_them():
    graph = nvl576()
    network = compile_network(graph)
    assert np.bincount(network.tier).tolist() == [576, 288, 144]
    for u, v, medium in graph.edges(data="medium"):
        same = graph.nodes[u]["rack"] == graph.nodes[v]["rack"]
        assert medium == ("copper" if same else "copackaged")
    degree = dict(graph.degree)
    assert {degree[node] for node, tier in graph.nodes(data="tier") if tier} == {144}
    assert graph.graph["announced"] is True


def test_planes_of_an_nvl576_never_meet():
    graph = nvl576()
    planes = {}
    for u, v, plane in graph.edges(data="plane"):
        for node in (u, v):
            planes.setdefault(node, set()).add(plane)
    assert {len(of) for node, of in planes.items() if node.startswith("asic")} == {1}


def test_lpx_has_256_lpus_of_96_ports_with_1_344_tb_per_second():
    graph = lpx_rack()
    network = compile_network(graph)
    assert endpoints(network).size == 256
    chip = [(u, v) for u, v in graph.edges() if u.startswith("lpu") and v.startswith("lpu")]
    degree = np.bincount([int(node[4:]) for pair in chip for node in pair])
    assert set(degree + 6) == {96}
    assert 96 * 14e9 == 1.344e12
    port = sum(data["bandwidth"] for _, _, data in graph.edges("lpu-5", data=True))
    assert port == 1.344e12
    assert "geometry" in graph.graph["assumed"]


def test_lpus_talk_over_chip_links_and_the_ethernet_stays_free():
    network = compile_network(lpx_rack())
    loads = network_loads(network, 1e6 * (1 - np.eye(256)))
    board = network.bandwidth == 14e9
    assert loads.up[~board].max() == loads.down[~board].max() == 0
    assert loads.up[board].sum() + loads.down[board].sum() == pytest.approx(1e6 * 256 * (7 + 31 + 2 * 217))


def test_a_superpod_sends_within_a_rack_by_nvlink_and_between_racks_by_rails():
    network = compile_network(superpod(1))
    gpus = np.arange(576)
    near, far = max_flow(network, gpus[:1], gpus[1:2]), max_flow(network, gpus[:1], gpus[100:101])
    assert (near, far) == (900e9 + 50e9, 50e9)
    traffic = np.zeros((576, 576))
    traffic[0, 1] = traffic[0, 72 + 4] = 1e9
    loads = network_loads(network, traffic)
    nvlink = network.bandwidth.size - 576 - 8 * 4 * 18
    assert loads.up[:nvlink].max() == pytest.approx(1e9 / 18)
    assert loads.up[nvlink:].max() == 1e9
    assert np.count_nonzero(loads.up[nvlink:]) == 1, "rail 0 of the next rack hangs on the same leaf"


@pytest.mark.parametrize("units", [1, 2, 3, 5, 7, 8, 11, 17, 18, 19, 37, 100, 875, 877])
@pytest.mark.parametrize(("system", "radix"), [("gb200", 144), ("gb300", 128), ("vera-rubin", 512)])
def test_any_number_of_units_makes_a_network_without_oversubscription(units, system, radix):
    layers = superpod_layers(units, system=system, radix=radix)
    clos = layers[1].clos
    assert clos.endpoints == 576 * units
    assert clos.oversubscription == 1.0
    assert clos.leaves * clos.endpoints_per_leaf >= clos.endpoints
    planes, bandwidth = {"gb200": (1, 50e9), "gb300": (1, 100e9), "vera-rubin": (2, 100e9)}[system]
    assert symmetric_bisection(layers) == 288 * units * planes * bandwidth


def test_two_tiers_reach_as_far_as_the_spines_have_ports():
    pods = {units: superpod_layers(units)[1].clos.pods for units in (1, 18, 19)}
    assert pods[1] == pods[18] == 1
    assert pods[19] > 1


def test_packaged_optics_stay_pluggable_in_the_endpoints():
    _, scale_out = superpod_layers(1, optics="copackaged")
    assert (scale_out.access.medium, scale_out.trunk.medium) == ("copackaged-pluggable", "copackaged")
    assert superpod(1, system="vera-rubin").graph["announced"] is True


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: superpod_layers(1, system="b300"), "system = 'b300': must be one of gb200"),
        (lambda: superpod_layers(0), "units = 0"),
        (lambda: superpod_layers(1, optics="laser"), "optics = 'laser'"),
        (lambda: superpod_layers(5000), "units = 5000: radix exceeded"),
        (lambda: superpod_layers(1, radix=1), "radix = 1"),
        (lambda: superpod(9), "5184 endpoints, a graph takes 5000"),
        (lambda: nvl576(optics="glass"), "optics = 'glass'"),
    ],
)
def test_systems_that_cannot_be_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
