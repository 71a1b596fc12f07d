"""From specs to arrays: shapes, groups, draws and the numbers in their places."""

import numpy as np
import pytest
from twin_racks import SYSTEMS, changed

import thermal
from twin.build import heat
from twin.build.cache import cache_folder
from twin.build.fabric import fabric_of, forwarding, traffic_pattern
from twin.build.heat import tray_weights
from twin.build.model import Model, build_model, group_key
from twin.couple.heat import plates
from twin.spec.load import load
from twin.spec.types import Factory


@pytest.fixture(scope="module")
def two(gb300: Factory) -> Model:
    return build_model([gb300, changed(gb300, {"chips.gpu.power.tdp": 1200.0, "variation.seed": 3}, load=0.5)])


@pytest.mark.parametrize("system", SYSTEMS)
def test_arrays_have_the_racks_first_and_the_chips_last(system: str) -> None:
    spec = load(system)
    model = build_model([spec, spec, spec])
    chips, trays = len(model.parts.chip), len(model.parts.tray)
    assert model.leakage_factor.shape == model.interface_factor.shape == (3, chips)
    assert np.broadcast_shapes(np.shape(model.chip.cap), (3, chips)) == (3, chips)
    assert model.branch_weight.shape == (3, trays)
    assert model.supply.shape == (3, 1)


def test_caps_stand_at_their_chips(two: Model) -> None:
    kinds = np.array(two.parts.chip_kind)
    assert set(two.chip.cap[0][kinds == "gpu"]) == {1400.0}
    assert set(two.chip.cap[1][kinds == "gpu"]) == {1200.0}
    assert set(two.chip.cap[0][kinds == "cpu"]) == {420.0}
    assert set(two.chip.cap[0][kinds == "switch"]) == {500.0}


def test_switches_follow_traffic_and_not_the_load(two: Model) -> None:
    switch = np.array(two.parts.chip_kind) == "switch"
    assert np.all(two.load[:, switch] == 0)
    assert np.all(two.load[1, ~switch] == 0.5)


def test_draws_stay_within_their_half_widths_and_follow_the_seed(two: Model, gb300: Factory) -> None:
    assert np.abs(two.leakage_factor - 1).max() <= 0.05
    assert np.abs(two.interface_factor - 1).max() <= 0.10
    assert np.abs(two.interface_factor - 1).max() > 0.09
    again = build_model([gb300])
    np.testing.assert_array_equal(again.leakage_factor[0], two.leakage_factor[0])
    assert not np.allclose(two.leakage_factor[0], two.leakage_factor[1])


def test_leakage_and_interface_are_drawn_independently(two: Model) -> None:
    correlation = np.corrcoef(two.leakage_factor[0], two.interface_factor[0])[0, 1]
    assert abs(correlation) < 0.3


def test_sources_stand_at_the_slots_of_shelves_in_service(gb300: Factory) -> None:
    whole, lost = (build_model([s]) for s in (gb300, changed(gb300, {"rack.stack.top-shelves.in_service": False})))
    assert (np.flatnonzero(np.isfinite(whole.source_resistance[0])) + 1).tolist() == [1, 2, 3, 4, 32, 33, 34, 35]
    assert (np.flatnonzero(np.isfinite(lost.source_resistance[0])) + 1).tolist() == [32, 33, 34, 35]


def test_weights_of_a_tray_are_the_sum_over_its_plates(gb300: Factory) -> None:
    compute, switch = gb300.rack.trays
    by_hand = [4 * compute.chips[0].plate.flow_weight + 2 * compute.chips[1].plate.flow_weight,
               2 * switch.chips[0].plate.flow_weight]  # fmt: skip
    np.testing.assert_allclose(tray_weights(gb300), by_hand)


def test_specs_of_equal_parts_share_a_group_whatever_their_numbers(gb300: Factory) -> None:
    same = [
        changed(gb300, load=0.3, supply=30.0),
        changed(gb300, {"traffic.injection": 0.9, "traffic.message_bytes": 5e6}),
        changed(gb300, {"variation.seed": 5}),
        changed(gb300, {"chips.gpu.power.tdp": 1000.0}),
        changed(gb300, {"rack.spine.reach": 0.1}),
    ]
    assert {group_key(spec) for spec in same} == {group_key(gb300)}


@pytest.mark.parametrize(
    "changes",
    [
        {"rack.stack.top-shelves.in_service": False},
        {"traffic.pattern": "uniform"},
        {"traffic.seed": 2},
        {"traffic.zipf_exponent": 0.7},
        {"cooling.coolant": "pg25"},
        {"rack.slot_pitch": 0.05},
        {"rack.nvlink.link_bandwidth": 40e9},
    ],
)
def test_what_changes_fabric_parts_or_coolant_changes_the_group(gb300: Factory, changes: dict[str, object]) -> None:
    assert group_key(changed(gb300, changes)) != group_key(gb300)


def test_the_fabric_is_kept_for_racks_of_equal_wiring(gb300: Factory) -> None:
    assert fabric_of(gb300.rack) is fabric_of(changed(gb300, {"chips.gpu.power.tdp": 1000.0}).rack)
    assert fabric_of(gb300.rack) is fabric_of(changed(gb300, {"rack.spine.reach": 0.2}).rack)
    assert fabric_of(gb300.rack) is not fabric_of(changed(gb300, {"rack.nvlink.link_bandwidth": 40e9}).rack)


@pytest.mark.parametrize("pattern", ["uniform", "expert_dispatch"])
def test_what_is_sent_is_received_and_switched(gb300: Factory, pattern: str) -> None:
    spec = changed(gb300, {"traffic.pattern": pattern})
    work = forwarding(fabric_of(spec.rack), spec.rack, spec.traffic)
    np.testing.assert_allclose(work.sent, 900e9, rtol=1e-12)
    clock = np.linspace(0.5, 1.0, 72)
    sent = float(clock @ work.sent)
    assert float((work.received @ clock).sum()) == pytest.approx(sent, rel=1e-12)
    assert float((work.switched @ clock).sum()) == pytest.approx(sent, rel=1e-12)
    assert float((work.up @ clock).sum()) == pytest.approx(sent, rel=1e-12)
    assert float((work.down @ clock).sum()) == pytest.approx(sent, rel=1e-12)
    assert np.all(np.diag(work.received) == 0)


def test_the_pattern_of_a_traffic_leaves_out_how_much_is_sent(gb300: Factory) -> None:
    more = changed(gb300, {"traffic.injection": 0.9, "traffic.message_bytes": 2e6})
    assert traffic_pattern(more.traffic) == traffic_pattern(gb300.traffic)


def test_ageing_thickens_every_interface_and_fouls_every_plate(gb300: Factory) -> None:
    old = changed(gb300, {"ageing.interface": 0.3, "ageing.plate_fouling": 2e-6})
    new, aged = build_model([gb300]), build_model([gb300, old])
    np.testing.assert_array_equal(aged.interface_factor[0], new.interface_factor[0])
    np.testing.assert_allclose(aged.interface_factor[1], 1.3 * new.interface_factor[0], rtol=1e-15)
    assert aged.fouling.tolist() == [[0.0], [2e-6]]


def test_with_a_reference_only_its_own_packages_are_solved(gb300: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that are the reference's own take its table as it is, the others a table near it."""
    thicker = changed(gb300, {"chips.gpu.package.tim_thickness": 0.22e-3})
    solved, near = [], []
    table = heat.compact_package(*_gpu(gb300), folder=cache_folder())
    monkeypatch.setattr(heat, "compact_package", lambda *pair, **_: solved.append(pair) or table)
    monkeypatch.setattr(heat, "compact_like", lambda *pair, reference, **_: near.append((pair, reference)) or table)
    build_model([gb300, thicker], reference=gb300)
    cpu, asic = (chip for tray in gb300.rack.trays for chip in tray.chips if chip.name != "gpu")
    assert set(solved) == {_gpu(gb300), (cpu.package, cpu.plate), (asic.package, asic.plate)}
    assert near == [(_gpu(thicker), _gpu(gb300))]


def test_a_table_near_the_reference_is_near_the_exact_one(gb300: Factory) -> None:
    """The die's change with its interface is the same by series and by finite volumes within a twentieth."""
    thicker = changed(gb300, {"chips.gpu.package.tim_thickness": 0.22e-3})
    chips = build_model([gb300]).parts.alike[0][0]
    nominal, exact, near = (
        np.asarray(plates(model, np.array([[1.5]]), np.array([[328.0]]), None).rise.die)[0, chips]
        for model in (build_model([gb300]), build_model([thicker]), build_model([thicker], reference=gb300))
    )
    np.testing.assert_allclose(near - nominal, exact - nominal, rtol=0.05)
    assert np.all(exact > nominal)


def _gpu(spec: Factory) -> tuple[thermal.Package, thermal.ColdPlate]:
    gpu = spec.rack.trays[0].chips[0]
    return gpu.package, gpu.plate
