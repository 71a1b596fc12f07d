"""Names and slots of the parts, from the top down, against the published order of the racks."""

import numpy as np
import pytest
from twin_racks import RACKS, SYSTEMS, changed

from twin.layout.parts import Parts, parts, structure
from twin.layout.rack import FRAME_HEIGHT, chip_centres, header_spacing, slot_height
from twin.spec.load import load
from twin.spec.types import Factory


@pytest.fixture(scope="module")
def place(gb300: Factory) -> Parts:
    return parts(gb300.rack)


def test_the_order_from_the_top_is_shelves_ten_compute_nine_switch_eight_compute_shelves(place: Parts) -> None:
    assert place.slots == 4 + 10 + 9 + 8 + 4
    assert place.shelf_slot.tolist() == [1, 2, 3, 4, 32, 33, 34, 35]
    assert place.tray_slot.tolist() == list(range(5, 32))
    assert place.tray_kind == ("compute",) * 10 + ("switch",) * 9 + ("compute",) * 8


def test_names_count_from_the_top_with_as_many_digits_as_needed(place: Parts) -> None:
    assert place.tray[0] == "compute-01"
    assert place.tray[10] == "switch-1"
    assert place.tray[-1] == "compute-18"
    assert place.shelf[0] == "shelf-1"
    assert place.chip[:6] == tuple(
        f"compute-01/{name}" for name in ("gpu-0", "gpu-1", "gpu-2", "gpu-3", "cpu-0", "cpu-1")
    )
    assert place.chip[-1] == "compute-18/cpu-1"


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_name_is_unique(system: str) -> None:
    p = parts(load(system).rack)
    names = [*p.tray, *p.shelf, *p.chip]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_slot_holds_one_part(system: str) -> None:
    p = parts(load(system).rack)
    assert sorted([*p.tray_slot.tolist(), *p.shelf_slot.tolist()]) == list(range(1, p.slots + 1))


@pytest.mark.parametrize("system", SYSTEMS)
def test_chips_stand_tray_by_tray_with_the_counts_of_their_tray(system: str) -> None:
    rack = load(system).rack
    p = parts(rack)
    assert np.all(np.diff(p.chip_tray) >= 0)
    for tray, kind in enumerate(p.tray_type):
        here = np.flatnonzero(p.chip_tray == tray)
        wanted = [chip.kind for chip in rack.trays[kind].chips for _ in range(chip.count)]
        assert [p.chip_kind[i] for i in here] == wanted
    assert p.gpu.size == rack.nvlink.gpus
    assert p.asic.size == rack.nvlink.asics


def test_a_lost_bank_is_out_of_service_and_keeps_its_slots(gb300: Factory, place: Parts) -> None:
    lost = parts(changed(gb300, {"rack.stack.bottom-shelves.in_service": False}).rack)
    assert lost.shelf_in_service.tolist() == [True] * 4 + [False] * 4
    np.testing.assert_array_equal(lost.shelf_slot, place.shelf_slot)
    assert structure(gb300.rack) != structure(changed(gb300, {"rack.stack.bottom-shelves.in_service": False}).rack)


def test_numbers_do_not_change_the_structure(gb300: Factory) -> None:
    assert structure(gb300.rack) == structure(changed(gb300, {"rack.slot_pitch": 0.05}).rack)


def test_slots_are_one_pitch_apart_and_the_lowest_stands_on_the_frame(gb300: Factory) -> None:
    height = slot_height(gb300.rack, 35, np.arange(1, 36))
    np.testing.assert_allclose(np.diff(height), -0.048, rtol=1e-12)
    assert height[-1] == pytest.approx(FRAME_HEIGHT + 0.024)


@pytest.mark.parametrize("system", RACKS)
def test_the_manifold_meets_the_lowest_tray_first(system: str) -> None:
    rack = load(system).rack
    p = parts(rack)
    order, spacing = header_spacing(rack, p)
    assert np.all(np.diff(p.tray_slot[order]) < 0)
    assert sorted(order.tolist()) == list(range(len(p.tray)))
    below = p.slots - int(p.tray_slot.max())
    assert spacing[0] == pytest.approx((below + 0.5) * rack.slot_pitch)
    assert spacing.sum() == pytest.approx((p.slots - p.tray_slot.min() + 0.5) * rack.slot_pitch)
    assert np.all(spacing > 0)


@pytest.mark.parametrize("system", SYSTEMS)
def test_chips_have_centres_of_their_own_inside_the_rack(system: str) -> None:
    rack = load(system).rack
    centre = chip_centres(rack, parts(rack))
    assert len(np.unique(centre.round(6), axis=0)) == len(centre)
    assert np.all((centre[:, 0] > 0) & (centre[:, 0] < rack.width) & (centre[:, 1] > 0) & (centre[:, 1] < rack.depth))
