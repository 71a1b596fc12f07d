"""The busbar: Kirchhoff's sums, scaling with voltage and copper, the balance of power."""

import numpy as np
import pytest
import xarray as xr

from twin.spec.errors import SpecError
from twin.studies import busbar

HIGH, HIGH_THIN = "800 V, equal copper", "800 V, 1/16 copper"


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return busbar.study(gb300)


@pytest.fixture(scope="module")
def drawn(gb300_tree) -> float:
    return float(gb300_tree["power"].tray_power.sum())


def test_one_end_carries_all_current_and_both_ends_half_of_it(found, drawn):
    total = drawn / 49.85  # the trays draw near the lowest voltage; drops are below 0.3 V
    one, both = (float(found.current_max.sel(feeding=name)) for name in ("one end", "both ends"))
    assert one == pytest.approx(total, rel=3e-3)
    assert total / 2 * 0.999 <= both <= total / 2 * 1.02  # Kirchhoff's bound; trays are heavier above the middle


def test_the_published_currents_of_132_kw_come_out(found, drawn):
    scaled = found.current_max * 132e3 / drawn
    assert float(scaled.sel(feeding="both ends")) == pytest.approx(1332, abs=4)
    assert float(scaled.sel(feeding="one end")) == pytest.approx(2649, abs=6)


def test_current_jumps_at_a_tray_by_its_power_over_its_voltage(found, gb300_tree):
    """Slot 5 holds the first compute tray, fed from both ends: what comes down less what goes on is its own."""
    power = gb300_tree["power"]
    case = found.sel(feeding="both ends")
    step = case.section_current.sel(section=4.5) - case.section_current.sel(section=5.5)
    assert float(step) == pytest.approx(float(power.tray_power[0] / power.tray_voltage[0]), rel=1e-4)


def test_a_sixteenth_of_the_current_flows_at_sixteen_times_the_voltage(found):
    ratio = found.current_max.sel(feeding=[HIGH, HIGH_THIN]) / found.current_max.sel(feeding="both ends")
    np.testing.assert_allclose(ratio * 16, 1.0, atol=0.01)  # the 50 V bar loses 0.2 % more voltage, its loads draw more


def test_loss_falls_with_the_square_of_voltage_and_with_copper(found):
    base = float(found.loss.sel(feeding="both ends"))
    assert float(found.loss.sel(feeding=HIGH)) == pytest.approx(base / 256, rel=0.05)  # cooler copper: 3 % less
    assert float(found.loss.sel(feeding=HIGH_THIN)) == pytest.approx(base / 16, rel=0.05)


def test_mass_is_density_times_two_poles_times_length(found, gb300):
    by_hand = 8960 * 2 * 900e-6 * 34 * 0.048
    assert gb300.rack.busbar.cross_section == 900e-6
    assert float(found.copper_mass.sel(feeding="both ends")) == pytest.approx(by_hand, rel=1e-12)
    assert float(found.copper_mass.sel(feeding=HIGH_THIN)) == pytest.approx(by_hand / 16, rel=1e-12)


def test_a_lost_bank_leaves_the_bar_above_it_without_current_and_sags_most(found):
    lost = found.sel(feeding="one bank lost")
    np.testing.assert_allclose(lost.section_current.values[:4], 0.0, atol=1e-6)
    assert float(found.droop.max()) == float(lost.droop.max())


def test_loss_is_what_the_voltage_profile_says(found, gb300):
    """Sum of current times voltage difference along the bar, and of clips, by hand from the saved profiles."""
    case = found.sel(feeding="both ends")
    bar = float((case.section_current.values * np.abs(np.diff(case.node_voltage.values))).sum())
    clips = float(case.loss) - bar
    currents = np.abs(np.diff(np.sign(17 - np.arange(34)) * 0 + case.section_current.values))
    assert 0 < clips < gb300.rack.busbar.contact_resistance * 27 * currents.max() ** 2
    assert bar > 0.5 * float(case.loss)


def test_a_rack_without_a_bar_is_refused():
    with pytest.raises(SpecError, match="hgx-h100: has no busbar; choose a system that has one"):
        busbar.study("hgx-h100")


def test_the_answer_holds_its_numbers(found):
    for name, words in busbar.WHERE.items():
        current = f"{float(found.current_max.sel(feeding=name)):,.0f}".replace(",", "\u202f")
        assert f"{current} A {words}" in found.answer
    assert "rated 1\u202f400 A" in found.answer
