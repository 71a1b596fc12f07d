"""Parts by name and what is lost with them, counted by hand; shelves taken out one by one."""

import dataclasses

import numpy as np
import pytest
from twin_racks import SYSTEMS

import twin
from twin.build.fabric import fabric_of
from twin.build.losses import fabric_constants
from twin.build.radius import Part, link_part, loss_of, named_parts, without_shelves
from twin.layout.parts import parts
from twin.simulation.events import lost_chips
from twin.spec.errors import SpecError
from twin.spec.types import Factory


def lost(spec: Factory, name: str):
    return loss_of(fabric_of(spec.rack), named_parts(spec.rack)[name])


@pytest.mark.parametrize(
    ("name", "links", "planes", "gpus"),
    [
        ("cartridge-2", 1296 // 4, 18, 18),
        ("switch-3", 2 * 72, 2, 0),
        ("switch-1/asic-0", 72, 1, 0),
        ("compute-05", 4 * 18, 18, 4),
        ("compute-05/gpu-2", 18, 18, 1),
        ("compute-05/cpu-0", 0, 0, 0),
        ("switches", 1296, 18, 72),
        ("lower-compute", 8 * 4 * 18, 18, 32),
        ("shelf-3", 0, 0, 0),
        ("manifold", 1296, 18, 72),
        ("busbar", 1296, 18, 72),
    ],
)
def test_what_is_lost_with_a_part_is_what_the_wiring_says(gb300, name, links, planes, gpus):
    found = lost(gb300, name)
    assert (found.links.size, found.planes.size, len(found.gpus)) == (links, planes, gpus)


def test_a_cartridge_takes_one_gpu_of_every_compute_tray(gb300):
    assert lost(gb300, "cartridge-2").gpus == tuple(f"compute-{tray:02d}/gpu-2" for tray in range(1, 19))


@pytest.mark.parametrize("system", SYSTEMS)
def test_cartridges_share_the_links_of_a_rack_evenly_and_leave_none_out(system):
    rack = twin.load(system).rack
    found = [part.links for name, part in named_parts(rack).items() if name.startswith("cartridge-")]
    if rack.spine is None:
        assert found == []
        return
    assert {len(links) for links in found} == {rack.nvlink.link_count // rack.spine.cartridges}
    assert sorted(link for links in found for link in links) == list(range(rack.nvlink.link_count))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_tray_chip_shelf_and_run_has_its_name(system):
    rack = twin.load(system).rack
    place, found = parts(rack), named_parts(rack)
    assert {*place.tray, *place.chip, *place.shelf, *(item.name for item in rack.stack)} <= set(found)
    assert all(name == part.name for name, part in found.items())
    assert ("busbar" in found) == (rack.busbar is not None)


def test_a_tray_takes_the_chips_that_a_run_in_time_takes(gb300):
    for name in ("compute-05", "switch-9"):
        assert named_parts(gb300.rack)[name].chips == lost_chips(gb300.rack, frozenset({name}))


def test_a_run_of_the_stack_is_the_sum_of_its_slots(gb300):
    found = named_parts(gb300.rack)
    trays = [found[f"switch-{k}"] for k in range(1, 10)]
    assert found["switches"].chips == frozenset().union(*(tray.chips for tray in trays))
    assert found["switches"].place == "slots 15 … 23 of 35 from the top"
    assert trays[2].place == "slot 17 of 35 from the top"
    assert found["top-shelves"].shelves == {"shelf-1", "shelf-2", "shelf-3", "shelf-4"}
    assert found["upper-compute"].trays == {f"compute-{k:02d}" for k in range(1, 11)}


@pytest.mark.parametrize(("name", "share"), [("switch-1/asic-0", 17 / 18), ("switch-3", 16 / 18), ("cartridge-2", 1.0)])
def test_bandwidth_of_the_gpu_with_the_least_falls_by_the_planes_it_loses(gb300, name, share):
    fabric, part = fabric_of(gb300.rack), named_parts(gb300.rack)[name]
    left = fabric_constants(fabric, part.links, part.chips)
    assert left["bandwidth_per_gpu"] == pytest.approx(share * 900e9, rel=1e-12)
    assert left["link_count"] == 1296 - loss_of(fabric, part).links.size
    assert left["gpu_count"] == 72 - len(loss_of(fabric, part).gpus)


def test_links_counted_with_a_part_are_those_the_fabric_loses_for_every_part(gb300):
    fabric = fabric_of(gb300.rack)
    for part in named_parts(gb300.rack).values():
        found = loss_of(fabric, part)
        if 0 < found.links.size < 1296:
            assert fabric_constants(fabric, part.links, part.chips)["link_count"] == 1296 - found.links.size, part.name


def test_a_cartridge_that_forgets_a_link_is_seen(gb300):
    fabric, whole = fabric_of(gb300.rack), named_parts(gb300.rack)["cartridge-2"]
    leaky = whole._replace(links=whole.links - {min(whole.links)})
    assert loss_of(fabric, leaky).links.size == 323
    assert len(loss_of(fabric, leaky).gpus) == 17


def test_a_cable_lies_where_its_gpu_does(gb300):
    part = link_part(gb300.rack, "link 17", (17,))
    assert part.kind == "link of 4 pairs"
    assert part.place.startswith("cartridge-0, ")
    assert loss_of(fabric_of(gb300.rack), part).gpus == ()
    bundle = link_part(twin.load("hgx-h100").rack, "five", (0, 1, 2, 3, 4))
    assert (bundle.kind, bundle.place) == ("5 links of 4 pairs", "on the board")


def test_a_gpu_without_its_last_link_is_lost(gb300):
    own = frozenset(range(18))
    fabric = fabric_of(gb300.rack)
    assert loss_of(fabric, Part("all", "", "", links=own)).gpus == ("compute-01/gpu-0",)
    assert loss_of(fabric, Part("but one", "", "", links=own - {4})).gpus == ()


def test_one_shelf_leaves_the_others_and_every_name_in_place(gb300):
    left = without_shelves(gb300, frozenset({"shelf-3"}))
    before, after = parts(gb300.rack), parts(left.rack)
    assert after.shelf_in_service.tolist() == [True, True, False, True, True, True, True, True]
    assert (after.tray, after.chip, after.shelf) == (before.tray, before.chip, before.shelf)
    assert np.array_equal(after.shelf_slot, before.shelf_slot)
    assert all(gb300.rack.stack[i].in_service for i in range(5))


def test_a_whole_bank_shelf_by_shelf_is_the_bank_switched_off(gb300):
    by_shelf = without_shelves(gb300, named_parts(gb300.rack)["top-shelves"].shelves)
    by_bank = gb300.with_("rack.stack.top-shelves.in_service", False)
    table = twin.solve_batch([by_shelf, by_bank, gb300])
    for name in ("busbar_section_current_max", "bus_voltage_min", "rack_power"):
        one, other, intact = table[name].values
        assert one == pytest.approx(other, rel=1e-12), name
        assert abs(one / intact - 1) > 1e-3, name


def test_a_shelf_of_a_bank_that_is_off_stays_off(gb300):
    off = gb300.with_("rack.stack.top-shelves.in_service", False)
    assert (
        parts(without_shelves(off, frozenset({"shelf-2"})).rack).shelf_in_service.tolist() == [False] * 4 + [True] * 4
    )


def test_without_lost_shelves_the_spec_is_the_same(gb300):
    assert without_shelves(gb300, frozenset()) == gb300


def test_the_last_shelf_cannot_go(gb300):
    with pytest.raises(SpecError, match="no shelf is in service"):
        without_shelves(gb300, frozenset(parts(gb300.rack).shelf))


def test_names_of_trays_go_before_those_of_runs(gb300):
    stack = tuple(
        dataclasses.replace(item, name="compute-05") if item.name == "upper-compute" else item
        for item in gb300.rack.stack
    )
    assert len(named_parts(dataclasses.replace(gb300.rack, stack=stack))["compute-05"].trays) == 1
