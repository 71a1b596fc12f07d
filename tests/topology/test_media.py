"""Watts, cables, length and mass by medium."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import cable_schedule, schedule_summary
from topology.media import MEDIA, bundle_fill, end_power, media_bill
from topology.network import compile_network
from topology.systems import hgx, nvl72, nvl576
from topology.tiers import fat_tree


def of(name):
    return list(MEDIA).index(name)


def test_a_port_of_1_6_tb_per_second_takes_30_or_9_watts():
    assert end_power("pluggable", 200e9, 1.0) == pytest.approx(30)
    assert end_power("copackaged", 200e9, 1.0) == pytest.approx(9)
    assert end_power("copper", 200e9, 1.0) == 0
    assert MEDIA["pluggable"].energy_per_bit == pytest.approx(18.8e-12, rel=3e-3)
    assert MEDIA["copackaged"].energy_per_bit == pytest.approx(5.6e-12, rel=5e-3)


def test_the_mixed_medium_is_the_mean_of_its_two_ends():
    ends = [end_power(medium, 1e11, 0.3) for medium in ("pluggable", "copackaged")]
    assert end_power("copackaged-pluggable", 1e11, 0.3) == pytest.approx(np.mean(ends))


def test_an_idle_laser_burns_its_fixed_share():
    assert end_power("pluggable", 200e9, 0.0) == pytest.approx(0.8 * 30)


@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_more_load_never_takes_less_power(low, high):
    low, high = sorted((low, high))
    assert end_power("pluggable", 1e11, low) <= end_power("pluggable", 1e11, high)


def test_cables_and_length_of_a_rack_are_those_of_its_schedule():
    graph = nvl72()
    bill, summary = media_bill(compile_network(graph)), schedule_summary(cable_schedule(graph))
    assert bill.links[of("copper")] == summary.link_count
    assert bill.cables[of("copper")] == summary.cable_pair_count == 5184
    assert bill.cable_length[of("copper")] == pytest.approx(summary.cable_length_total)
    assert bill.mass[of("copper")] == pytest.approx(32)


def test_a_board_has_links_but_neither_cables_nor_mass():
    bill = media_bill(compile_network(hgx()))
    board = of("board")
    assert (bill.links[board], bill.cables[board], bill.mass[board], bill.power.sum()) == (144, 0, 0, 0)


def test_optics_of_an_nvl576_by_hand():
    network = compile_network(nvl576(optics="pluggable"))
    swapped = np.where(network.medium == of("pluggable"), of("copackaged"), network.medium)
    pluggable, packaged = media_bill(network), media_bill(network._replace(medium=swapped))
    links = 576 * 36
    assert pluggable.links[of("pluggable")] == pluggable.cables[of("pluggable")] == links
    assert pluggable.power[of("pluggable")] == pytest.approx(2 * links * 50e9 * 8 * 30 / 1.6e12)
    assert packaged.power[of("copackaged")] == pytest.approx(0.3 * pluggable.power[of("pluggable")])
    assert pluggable.mass[of("pluggable")] == pytest.approx(links * (2 * 0.15 / 4 + 10 * 0.010))


def test_optics_in_place_of_the_spine_of_an_nvl72_by_hand():
    network = compile_network(nvl72())
    bill = media_bill(network._replace(medium=np.full(1296, of("pluggable"), np.int8)))
    assert bill.power.sum() == pytest.approx(1296 * 2 * 30 / 4)  # 50 GB/s is a quarter of a 1.6 Tb/s port
    assert media_bill(network).power.sum() == 0


def test_load_by_link_sums_to_the_same_as_one_load_for_all():
    network = compile_network(fat_tree(4))
    one, each = media_bill(network, 0.4), media_bill(network, np.full((3, 48), 0.4))
    assert each.power.shape == (3, len(MEDIA))
    np.testing.assert_allclose(each.power[2], one.power, rtol=1e-12)
    np.testing.assert_allclose(each.energy_per_bit[1], one.energy_per_bit, rtol=1e-12)


def test_power_is_energy_per_bit_times_bits_at_both_ends():
    network = compile_network(fat_tree(4))
    load = np.random.default_rng(0).random(48)
    bill = media_bill(network, load)
    bits = 2 * 8 * (load * network.bandwidth).sum()
    assert bill.energy_per_bit[of("pluggable")] * bits == pytest.approx(bill.power.sum())
    ends = 2 * end_power("pluggable", network.bandwidth, load).sum()
    assert ends == pytest.approx(bill.power.sum())
    assert 2 * ends != pytest.approx(bill.power.sum()), "an end counted twice is noticed"


def test_idle_optics_have_power_but_no_energy_per_bit():
    bill = media_bill(compile_network(fat_tree(2)), 0.0)
    assert bill.power.sum() > 0
    assert bill.energy_per_bit.sum() == 0


def test_a_cartridge_filled_with_a_quarter_of_the_cables_by_hand():
    network = compile_network(nvl72())
    fill = bundle_fill(network, np.repeat(np.arange(72) % 4, 18), 0.01)
    assert fill == pytest.approx(np.full(4, 1296 * np.pi * 0.8e-3**2 / 0.01))
    none = bundle_fill(network, np.full(1296, -1), 0.01)
    assert none.size == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: end_power("glass", 1.0, 1.0), "medium = 'glass': must be one of copper"),
        (lambda: end_power("copper", 0.0, 1.0), "bandwidth = 0.0: must be > 0 B/s"),
        (lambda: end_power("copper", 1.0, 1.1), "load = 1.1 to 1.1: must be 0 to 1"),
        (lambda: media_bill(compile_network(fat_tree(2)), -0.1), "must be 0 to 1"),
        (lambda: bundle_fill(compile_network(fat_tree(2)), np.zeros(6, int), 0.0), "section = 0.0"),
        (lambda: bundle_fill(compile_network(fat_tree(2)), np.zeros(5, int), 1.0), r"shape \(5,\), must be \(6,\)"),
    ],
)
def test_impossible_loads_and_media_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
