"""Cables: as long as they are drawn, by hand and in the mean, four equal cartridges, and the published total."""

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from twin_racks import RACKS, changed

from twin.build.fabric import graph_of
from twin.layout.cables import cable_lengths, cable_routes, link_ends
from twin.layout.parts import parts
from twin.layout.rack import slot_height
from twin.spec.load import load
from twin.spec.types import Factory, Rack


def test_link_k_of_a_gpu_ends_at_asic_k(gb300: Factory) -> None:
    p = parts(gb300.rack)
    gpu, asic = link_ends(gb300.rack, p)
    assert gpu.size == 1296
    np.testing.assert_array_equal(gpu.reshape(72, 18), np.repeat(p.gpu[:, None], 18, axis=1))
    np.testing.assert_array_equal(asic.reshape(72, 18), np.tile(p.asic, (72, 1)))


def test_links_of_a_board_follow_their_split() -> None:
    rack = load("hgx-h100").rack
    p = parts(rack)
    _, asic = link_ends(rack, p)
    first = asic.reshape(8, 18)[0]
    assert [int((first == a).sum()) for a in p.asic] == [5, 4, 4, 5]


#: A chamfer of 10 mm by 20 mm at each end is shorter than its corner by so much, both together [m].
CORNERS = 2 * (0.01 + 0.02 - sqrt(0.01**2 + 0.02**2))


def straight(rack: Rack) -> np.ndarray:
    """Return two reaches plus the difference in height of every link [m]."""
    p = parts(rack)
    height = slot_height(rack, p.slots, p.tray_slot)[p.chip_tray]
    gpu, asic = link_ends(rack, p)
    assert rack.spine is not None
    return 2 * rack.spine.reach + np.abs(height[gpu] - height[asic])


def drawn(rack: Rack) -> tuple[np.ndarray, np.ndarray]:
    """Return the length of every polyline, one side after another, and its link."""
    route, link = cable_routes(rack)
    return sum(np.sqrt(((b - a) ** 2).sum(axis=1)) for a, b in pairwise(route.transpose(1, 0, 2))), link


@pytest.mark.parametrize("system", RACKS)
def test_length_is_two_reaches_and_the_difference_in_height(system: str) -> None:
    """A cable reaches 40 % less or more than the mean, as it lies at the near or far side of its bundle."""
    rack = load(system).rack
    off = cable_lengths(rack)[0] - (straight(rack) - CORNERS)
    assert np.all(np.abs(off) <= 0.8 * 0.5 * 2 * rack.spine.reach)
    assert off.min() < -0.9 * 0.8 * 0.5 * 2 * rack.spine.reach
    assert off.max() > 0.9 * 0.8 * 0.5 * 2 * rack.spine.reach


@pytest.mark.parametrize("system", RACKS)
def test_the_mean_cable_is_two_reaches_and_the_difference_in_height(system: str) -> None:
    """Its corners cut off, 0.5 %: the last row of a bundle, the deepest, may not be full. With its corners, 3 %."""
    rack = load(system).rack
    mean = drawn(rack)[0].mean()
    assert mean == pytest.approx((straight(rack) - CORNERS).mean(), rel=0.005)
    assert mean == pytest.approx(straight(rack).mean(), rel=0.03)


@pytest.mark.parametrize("system", RACKS)
def test_a_listed_length_is_the_mean_of_the_pairs_drawn(system: str) -> None:
    rack = load(system).rack
    each, link = drawn(rack)
    pairs = rack.nvlink.pairs_per_link
    by_link = each[np.argsort(link, kind="stable")].reshape(-1, pairs)
    np.testing.assert_allclose(cable_lengths(rack)[0], by_link.mean(axis=1), rtol=1e-12)


def test_a_list_of_straight_cables_would_not_pass_for_the_drawn(gb300: Factory) -> None:
    off = (straight(gb300.rack) - CORNERS) / cable_lengths(gb300.rack)[0] - 1
    assert np.abs(off).max() > 0.1


def test_by_hand_the_first_cable_goes_down_ten_slots(gb300: Factory) -> None:
    """GPU 0 in slot 5, ASIC 0 in slot 15; a cartridge holds 1 296 cables in 48 rows of 27, this one in the first."""
    out = 0.09 * (0.6 + 0.8 * 0.5 / 48)
    by_hand = 2 * (out - 0.01) + 2 * sqrt(0.01**2 + 0.02**2) + (10 * 0.048 - 2 * 0.02)
    each, link = drawn(gb300.rack)
    assert link[0] == 0
    assert each[0] == pytest.approx(by_hand, rel=1e-12)
    assert cable_lengths(gb300.rack)[0][0] == pytest.approx(by_hand, rel=1e-12)  # its pairs lie side by side


def test_a_switch_tray_further_down_is_one_pitch_more_cable(gb300: Factory) -> None:
    """Links 0, 2 and 4 of a GPU end in neighbouring trays, and their cables lie in one row."""
    length, _ = cable_lengths(gb300.rack)
    np.testing.assert_allclose(np.diff(length[[0, 2, 4]]), gb300.rack.slot_pitch, rtol=1e-12)


def test_all_pairs_together_are_about_two_miles(gb300: Factory) -> None:
    """Keynote: 5 000 cables, two miles."""
    length, _ = cable_lengths(gb300.rack)
    assert 4 * length.sum() == pytest.approx(3.2e3, rel=0.15)
    assert 4 * length.size == 5184


@pytest.mark.parametrize("system", RACKS)
def test_four_cartridges_carry_a_quarter_each(system: str) -> None:
    rack = load(system).rack
    _, cartridge = cable_lengths(rack)
    pairs = np.bincount(cartridge) * rack.nvlink.pairs_per_link
    assert pairs.tolist() == [rack.nvlink.link_count * rack.nvlink.pairs_per_link // 4] * 4


def test_a_board_has_no_cables() -> None:
    rack = load("hgx-h100").rack
    length, cartridge = cable_lengths(rack)
    assert np.all(np.isnan(length))
    assert set(cartridge.tolist()) == {-1}
    assert len(cable_routes(rack)[0]) == 0


def test_the_graph_carries_the_lengths_and_cartridges_of_the_layout(gb300: Factory) -> None:
    length, cartridge = cable_lengths(gb300.rack)
    edges = sorted(graph_of(gb300.rack).edges(data=True), key=lambda edge: edge[2]["link"])
    assert [edge[2]["cartridge"] for edge in edges] == cartridge.tolist()
    np.testing.assert_array_equal([edge[2]["length"] for edge in edges], length)
    p = parts(gb300.rack)
    assert edges[19][0] in (p.chip[p.gpu[1]], p.chip[p.asic[1]])


def test_a_longer_reach_lengthens_the_mean_cable_twice(gb300: Factory) -> None:
    """Each grows by its own share of the reach, 0.6 to 1.4 of it at each end; 1 %: rounding of rows."""
    before, _ = cable_lengths(gb300.rack)
    after, _ = cable_lengths(changed(gb300, {"rack.spine.reach": 0.10}).rack)
    assert (after - before).mean() == pytest.approx(0.02, rel=0.01)
    assert np.all((after - before > 0.6 * 0.02) & (after - before < 1.4 * 0.02))


@pytest.mark.parametrize("system", RACKS)
def test_routes_run_from_the_tray_of_the_gpu_to_the_tray_of_the_switch(system: str) -> None:
    rack = load(system).rack
    p = parts(rack)
    route, link = cable_routes(rack)
    gpu, asic = link_ends(rack, p)
    height = slot_height(rack, p.slots, p.tray_slot)[p.chip_tray]
    fan = route[:, 0, 2] - height[gpu][link]
    assert np.abs(fan).max() < 0.44 * rack.slot_pitch, "within the tray, which is 0.88 of its slot"
    np.testing.assert_allclose(route[:, -1, 2] - height[asic][link], fan, atol=1e-12)
    assert np.all(np.bincount(link) == rack.nvlink.pairs_per_link)
    assert np.all((route[:, :, 0] > 0) & (route[:, :, 0] < rack.width))
    assert np.all((route[:, :, 1] > 0) & (route[:, :, 1] <= rack.depth))


def test_no_two_cables_run_in_the_same_place(gb300: Factory) -> None:
    route, _ = cable_routes(gb300.rack)
    vertical = route[:, 2, :2].round(7)
    assert len(np.unique(vertical, axis=0)) == len(vertical)


def test_cartridges_do_not_reach_into_one_another(gb300: Factory) -> None:
    route, link = cable_routes(gb300.rack)
    _, cartridge = cable_lengths(gb300.rack)
    sides = [(route[cartridge[link] == c, :, 0].min(), route[cartridge[link] == c, :, 0].max()) for c in range(4)]
    assert all(left[1] < right[0] for left, right in pairwise(sides))


def nearest_to_the_rear(rack: Rack, slot: int) -> set[int]:
    """Return the trays whose cables lie outermost at the height of a slot, one for each cartridge."""
    p = parts(rack)
    route, link = cable_routes(rack)
    gpu, _ = link_ends(rack, p)
    z = float(slot_height(rack, p.slots, np.array([slot]))[0])
    passes = (route[:, 2:4, 2].min(axis=1) < z + 0.3 * rack.slot_pitch) & (route[:, 2:4, 2].max(axis=1) > z)
    cartridge = (p.chip_position[gpu] % rack.spine.cartridges)[link]
    outermost = [np.flatnonzero(passes & (cartridge == c)) for c in range(rack.spine.cartridges)]
    return {int(p.chip_tray[gpu[link[at[np.argmax(route[at, 2, 1])]]]]) for at in outermost}


@pytest.mark.parametrize("system", RACKS)
def test_each_compute_tray_shows_its_own_cables_outermost_at_its_height(system: str) -> None:
    """Below the switches as above them: nearer to the switches means nearer to the rear."""
    rack = load(system).rack
    p = parts(rack)
    for tray in sorted(set(p.chip_tray[p.gpu].tolist())):
        slot = int(p.tray_slot[tray])
        facing = 1 if slot < p.tray_slot[p.chip_tray[p.asic]].mean() else -1
        assert nearest_to_the_rear(rack, slot + facing) <= {tray, tray + facing}, tray


def test_the_busbar_runs_free_between_the_cartridges(gb300: Factory) -> None:
    route, _ = cable_routes(gb300.rack)
    middle = gb300.rack.width / 2
    assert np.abs(route[:, :, 0] - middle).min() > 0.025, "half the width of the bar"
