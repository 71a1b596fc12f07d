"""Fabrics: closed forms of one tier, of two tiers, and of racks joined by one port per GPU."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
import xarray as xr

import topology
from twin.studies import fabric
from twin.studies.fabric import BUILDERS, served

GB = 1e9
ONE_TIER = {"HGX-8": (8, 450), "NVL72": (72, 900), "Vera": (72, 1800), "Kyber": (144, 1800), "NVL576": (576, 1800)}


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return fabric.study(gb300)


def row(found: xr.Dataset, start: str) -> xr.Dataset:
    (name,) = (name for name in found.fabric.values if name.startswith(start))
    return found.sel(fabric=name)


@pytest.mark.parametrize("start", sorted(ONE_TIER))
def test_where_nothing_is_narrower_than_a_gpu_all_rates_are_its_bandwidth(found, start):
    one, (gpus, rate) = row(found, start), ONE_TIER[start]
    assert int(one.gpus) == gpus
    for name in ("bandwidth_per_gpu", "bisection_per_gpu", "all_to_all_rate"):
        assert float(one[name]) / GB == pytest.approx(rate, rel=1e-8)  # rates are kept to nine digits
    assert float(one.all_to_all_time) == pytest.approx((gpus - 1) * 1e6 / (rate * GB), rel=1e-8)


def test_a_superpod_sends_what_leaves_the_rack_through_one_port(found):
    pod = row(found, "SuperPOD")
    assert float(pod.all_to_all_rate) / GB == pytest.approx(50 * 575 / 504, rel=1e-8)
    assert float(pod.all_to_all_time) == pytest.approx(504e6 / 50e9, rel=1e-8)
    assert float(pod.bisection_per_gpu) / GB == pytest.approx(50, rel=1e-8)
    assert float(pod.bandwidth_per_gpu) / GB == pytest.approx(950, rel=1e-8)


def test_the_superpod_is_that_of_the_closed_form_of_its_layers():
    layers = topology.superpod_layers(1)
    one = served(BUILDERS["SuperPOD of 8 racks"]())
    network = topology.layered(layers)
    per_pair = 1 / float((topology.symmetric_loads(layers, 1.0).up / network.bandwidth).max())
    assert one.pair == pytest.approx(per_pair, rel=1e-8)
    assert one.bisection == pytest.approx(topology.symmetric_bisection(layers), rel=1e-8)


def test_links_are_counted(found):
    expected = [8 * 18, 72 * 18, 72 * 36, 144 * 36, 2 * 576 * 36, 576 * (18 + 2)]
    assert found.links.values.tolist() == expected


def test_announced_systems_say_so(found):
    said = [name for name in found.fabric.values if name.endswith(", announced")]
    assert [name.split()[0].rstrip(",") for name in said] == ["Vera", "Kyber", "NVL576"]


def test_relabelling_gpus_changes_nothing():
    graph = topology.nvl72()
    order = np.random.default_rng(1).permutation(72)
    data = {
        name: {**of, "index": int(order[of["index"]])} for name, of in graph.nodes(data=True) if of["kind"] == "gpu"
    }
    again = graph.copy()
    nx.set_node_attributes(again, data)
    assert served(again) == served(graph)


def test_a_lost_link_shows():
    """A mutant: 17 of 18 links on one GPU."""
    one = served(topology.without_links(topology.nvl72(), [0]))
    assert one.bandwidth == 850 * GB
    assert one.pair == pytest.approx(850 * GB / 71, rel=1e-8)


def test_a_system_of_another_size_stands_first(gb300, monkeypatch):
    few = dict(list(BUILDERS.items())[:2])
    monkeypatch.setattr(fabric, "BUILDERS", few)
    assert fabric.study(gb300).fabric.values.tolist() == list(few)
    slow = replace(gb300, rack=replace(gb300.rack, nvlink=replace(gb300.rack.nvlink, link_bandwidth=25e9)))
    other = fabric.study(slow)
    assert other.fabric.values.tolist() == [gb300.name, *few]
    assert float(other.all_to_all_rate[0]) / GB == pytest.approx(450, rel=1e-8)


def test_the_answer_holds_its_numbers(found):
    told = ("HGX-8 450", "NVL576 1\u202f800", "bisection leaves it as much", "57.0 of the 950 GB/s", "10.08 ms")
    assert all(words in found.answer for words in told)
    assert "15.6, 78.9, 39.4, 79.4, 319.4 µs" in found.answer
    assert found.answer.endswith("Announced only: Vera Rubin NVL72, Kyber NVL144, NVL576.")
