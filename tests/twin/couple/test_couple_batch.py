"""Racks of a batch are rows: none sees another, and order does not matter."""

from typing import Any

import numpy as np
import pytest
from twin_racks import changed, steady

import twin
from twin.couple import electric
from twin.couple.steady import Steady
from twin.spec.types import Factory

#: Each row stops at 1e-10, but takes part in the passes of the slowest.
SAME = 1e-9
#: Headroom controls are found to 1e-8.
CONTROLS = ("supply_temperature_max", "coolant_flow_min", "headroom_power")


def mixture(gb300: Factory) -> list[Factory]:
    """Rows that derate, throttle, sit at a bound of the flow, have no margin: as different as one batch allows."""
    return [
        gb300,
        changed(gb300, load=0.0, supply=25.0),
        changed(gb300, {"chips.gpu.package.tim_thickness": 2e-3}),
        changed(gb300, {"traffic.injection": 1.0}),
        changed(gb300, {"cooling.volume_flow": 1.2e-3}),
        changed(gb300, {"rack.busbar.rated_current": 900.0, "rack.shelf.rated_power": 12e3}),
        changed(gb300, {"variation.seed": 5, "chips.gpu.power.tdp": 1100.0}),
        changed(gb300, {"limits.memory": 350.15, "chips.gpu.package.lid.thickness": 3e-3}),
    ]


def assert_rows_agree(row: Any, alone: Any) -> None:
    for name in alone.data_vars:
        a, b = row[name].item(), alone[name].item()
        if isinstance(b, str):
            assert a == b, name
        elif name in CONTROLS:
            assert a == pytest.approx(b, rel=1e-6, abs=1.0 if name == "headroom_power" else 0, nan_ok=True), name
        elif name != "energy_closure_relative":
            assert a == pytest.approx(b, rel=SAME, abs=1e-9, nan_ok=True), name


def test_a_row_of_a_batch_is_what_it_is_alone(gb300: Factory) -> None:
    specs = mixture(gb300)
    together = twin.solve_batch(specs)
    for i, spec in enumerate(specs):
        assert_rows_agree(together.isel(case=i), twin.solve_batch([spec]).isel(case=0))


def test_the_order_of_the_rows_does_not_matter(gb300: Factory) -> None:
    specs = mixture(gb300)
    forward, backward = twin.solve_batch(specs), twin.solve_batch(specs[::-1])
    for i in range(len(specs)):
        assert_rows_agree(forward.isel(case=i), backward.isel(case=len(specs) - 1 - i))


def test_a_row_is_the_tree_of_its_own_solve(gb300: Factory) -> None:
    row, tree = twin.solve_batch([changed(gb300, load=0.7), gb300]).isel(case=1), twin.solve(gb300)
    for name, value in row.data_vars.items():
        if value.dtype != object and name not in CONTROLS and name != "energy_closure_relative":
            assert value.item() == pytest.approx(tree["summary"][name].item(), rel=SAME, nan_ok=True), name


def test_systems_of_different_parts_come_back_in_the_order_given() -> None:
    names = ["hgx-h100", "gb300-nvl72", "hgx-h100", "vr-nvl72", "gb300-nvl72"]
    links = twin.solve_batch([twin.load(name) for name in names]).link_count.values
    assert links.tolist() == [144, 1296, 144, 2592, 1296]


def test_chip_fields_of_a_row_are_those_of_its_own_solve(gb300: Factory) -> None:
    specs = mixture(gb300)
    together = steady(*specs)
    for i, spec in enumerate(specs):
        alone = steady(spec)
        np.testing.assert_allclose(together.outcome.chips.power[i], alone.outcome.chips.power[0], rtol=SAME)
        np.testing.assert_allclose(together.outcome.next.junction[i], alone.outcome.next.junction[0], rtol=SAME)
        np.testing.assert_allclose(
            together.outcome.boards.feed.bus.node_voltage[i], alone.outcome.boards.feed.bus.node_voltage[0], rtol=SAME
        )


def test_a_row_with_memory_keeps_it_beside_a_row_without(gb300: Factory) -> None:
    package = "chips.gpu.package.memory_"
    bare = changed(gb300, {package + "heat_fraction": 0.0, package + "count": 0})
    for specs, here in (([bare, gb300], 1), ([gb300, bare], 0)):
        hottest = twin.solve_batch(specs).memory_temperature_max.values
        assert np.isfinite(hottest[here])
        assert np.isnan(hottest[1 - here])


def test_one_more_rack_than_a_chunk_is_solved(gb300: Factory) -> None:
    from twin.couple.solve import CHUNK

    loads = np.linspace(0.2, 1.0, CHUNK + 1)
    rows = twin.solve_batch([changed(gb300, load=float(x)) for x in loads])
    assert np.all(np.diff(rows.rack_power) > 0)


def test_a_bar_that_cannot_carry_its_peak_leaves_its_neighbour_its_number(gb300: Factory) -> None:
    """The peaks are solved together at first; where one has no solution, each is solved for itself."""
    stiff = changed(gb300, {"rack.busbar.heat_transfer": 100.0})
    soft = changed(stiff, {"rack.shelf.source_resistance": 0.036})
    rows = twin.solve_batch([stiff, soft, stiff])
    peak, alone = rows.busbar_section_current_peak.values, twin.solve_batch([stiff]).busbar_section_current_peak.item()
    assert np.isnan(peak).tolist() == [False, True, False]
    np.testing.assert_allclose(peak[[0, 2]], alone, rtol=SAME)
    told = ["cannot carry the peak" in str(text) for text in rows.warnings.values]
    assert told == [False, True, False]
    assert np.isfinite(rows.busbar_section_current_max.values).all()


def test_a_peak_by_itself_is_the_peak_of_the_batch(gb300_steady: Steady) -> None:
    model, out = gb300_steady.model, gb300_steady.outcome
    ladder = electric._ladder(model, out.boards.tray_power * model.peak_factor, out.next.section)
    alone = electric._peak_alone(*(part[0] for part in ladder))
    np.testing.assert_allclose(alone, electric.peak_current(model, out), rtol=1e-9)
    resistance, load, *source = (part[0] for part in ladder)
    assert np.isnan(electric._peak_alone(resistance, 1e3 * load, *source)).tolist() == [True]
