"""Published numbers that the coupled rack must reproduce, and the ranges its defaults must stay in."""

import numpy as np
import pytest
from twin_racks import LITRE_PER_MINUTE, changed, grid, steady, without_shelves_above

import twin
from twin.spec.types import Factory

#: Lenovo LP2357: supply temperature [degC] and flow of a rack [L/min]; drop at the first and last [psi].
LENOVO = {25: 59, 30: 71, 35: 89, 40: 119, 45: 177}
PSI = 6894.757


def test_flow_follows_the_makers_table(gb300: Factory) -> None:
    """T9. The table is 121.5 kW, 90 % of 135 kW: whole litres and one figure for the heat leave 2 % and 1 %.

    The table's least flow is the least the maker allows; at 25 degC it binds, and the return stays 0.3 K below 55 degC.
    """
    rows = twin.solve_batch([changed(gb300, {"facility.plant": "dry-chiller"}, supply=t) for t in LENOVO])
    flow, back = rows.coolant_volume_flow.values, rows.coolant_return_temperature.values
    np.testing.assert_allclose(flow / LITRE_PER_MINUTE, list(LENOVO.values()), rtol=0.02)
    np.testing.assert_allclose(rows.liquid_heat.values, 121.5e3, rtol=0.01)
    np.testing.assert_allclose(back, 328.15, atol=0.4)
    free = flow > gb300.cooling.flow_minimum * (1 + 1e-9)
    assert free.tolist() == [False, True, True, True, True]
    np.testing.assert_allclose(back[free], gb300.cooling.return_temperature, atol=1e-6)


def test_a_flow_four_per_cent_off_would_not_pass_for_the_makers(gb300: Factory) -> None:
    """A return target 0.6 K off is 6 % of the flow at 45 degC."""
    fewer = {"cooling.return_temperature": 327.55, "cooling.racks_per_loop": 8}  # within the pumps of the unit
    row = twin.solve_batch([changed(gb300, fewer)]).isel(case=0)
    assert abs(float(row.coolant_volume_flow) / LITRE_PER_MINUTE / LENOVO[45] - 1) > 0.04


def test_pressure_drop_follows_the_makers_table(gb300: Factory) -> None:
    """At the published flow the branch law returns the published drop; it was fitted there, so this is exact."""
    chilled = changed(gb300, {"facility.plant": "dry-chiller"})
    ends = [changed(chilled, {"cooling.volume_flow": LENOVO[t] * LITRE_PER_MINUTE}, supply=t) for t in (25, 45)]
    drop = twin.solve_batch(ends).coolant_pressure_drop.values / PSI
    np.testing.assert_allclose(drop, [2.3, 18.4], rtol=0.005)
    exponent = np.log(drop[1] / drop[0]) / np.log(177 / 59)
    assert exponent == pytest.approx(1.89, abs=0.01)


def test_the_default_rack_stays_in_its_sanity_range(gb300_tree) -> None:  # type: ignore[no-untyped-def]
    row = gb300_tree["summary"]
    assert float(row.junction_temperature_max) - 273.15 == pytest.approx(75, abs=2)
    assert float(row.hotspot_temperature_max) - 273.15 == pytest.approx(86, abs=2)
    assert float(row.memory_temperature_max) - 273.15 == pytest.approx(69, abs=2)
    assert float(row.headroom_temperature) == pytest.approx(10, abs=2)
    assert float(row.rack_power) == pytest.approx(135e3, rel=0.01)
    assert float(row.liquid_heat / row.rack_power) == pytest.approx(0.90, abs=0.005)


def test_a_bar_fed_from_both_ends_carries_half_the_current(gb300_tree) -> None:  # type: ignore[no-untyped-def]
    """132 kW at 50 V are 2 640 A on a bar rated 1 400 A: the paradox is that it works."""
    row = gb300_tree["summary"]
    assert float(row.busbar_section_current_max) == pytest.approx(1320, abs=20)
    assert float(gb300_tree["power"].shelf_current.sum()) > 2600


def test_a_bar_fed_from_below_carries_all_of_it(gb300: Factory) -> None:
    row = twin.solve_batch([without_shelves_above(gb300)]).isel(case=0)
    assert float(row.busbar_section_current_max) == pytest.approx(2635, abs=25)


@pytest.mark.parametrize("bank", ["top-shelves", "bottom-shelves"])
def test_a_bar_that_lost_a_bank_carries_all_of_it(gb300: Factory, bank: str) -> None:
    row = twin.solve_batch([changed(gb300, {f"rack.stack.{bank}.in_service": False})]).isel(case=0)
    assert float(row.busbar_section_current_max) == pytest.approx(2635, abs=25)
    assert "on a 1 400 A bar" in str(row.warnings.values)


def test_idle_and_design_power_of_a_compute_tray_are_the_stated_ones() -> None:
    """NVIDIA DPS device specifications: a GB200 tray draws 1 000 W idle and 6 667 W at its limit."""
    rows = steady(*grid("gb200-nvl72", {"load.utilization": [0.0, 1.0]}))
    compute = [i for i, kind in enumerate(rows.model.parts.tray_kind) if kind == "compute"]
    idle, full = rows.outcome.boards.tray_power[:, compute].mean(axis=1)
    assert idle == pytest.approx(1000, rel=0.15)
    assert full == pytest.approx(6667, rel=0.15)


def test_rubin_at_full_power_would_not_live_on_the_blackwell_plate() -> None:
    """The largest resistance that allows 45 degC at 1.8 kW is 0.0222 K/W; the bare die has about 0.013."""
    tree = twin.solve(twin.load("vr-nvl72"))
    gpu = [i for i, name in enumerate(tree["power"].chip.values) if "gpu" in name]
    resistance = tree["thermal"].junction_resistance.values[gpu]
    assert np.median(resistance) == pytest.approx(0.013, abs=0.001)
    blackwell = twin.solve(twin.load("gb300-nvl72"))["thermal"].junction_resistance.values[:4]
    assert np.all((blackwell > 0.0174) & (blackwell < 0.0222))
