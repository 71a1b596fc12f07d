"""Copper: the quoted currents, mass and loss at equal density by hand, what breaks, and mutants of it."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import power
import twin
from twin.spec.errors import SpecError
from twin.studies import busbar, copper
from twin.studies._conductors import Conductors, bus_of, end_source, sized_bar, sized_row, solve_bar

DENSITY = 1400 / 900e-6
LENGTH = 34 * 0.048


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return copper.study(gb300)


def of(found: xr.Dataset, name: str, case: str) -> float:
    return float(found[name].sel(case=case))


def test_the_quoted_currents_of_600_kw_come_out(found):
    assert of(found, "current", "600 kW, 54 V shelves") == pytest.approx(11_111, abs=0.5)
    assert of(found, "current", "600 kW, 800 V row") == pytest.approx(750, rel=1e-12)
    assert "11\u202f111 A" in found.answer
    assert "750 A" in found.answer


@pytest.mark.parametrize("supply", list(copper.SUPPLIES))
def test_a_bar_weighs_its_largest_current_over_the_density(found, supply):
    case = f"230 kW, {supply}"
    by_hand = 2 * 8960 * of(found, "section", case) / DENSITY * LENGTH
    assert of(found, "bar", case) == pytest.approx(by_hand, rel=1e-9)


def test_shelves_at_both_ends_carry_half_and_a_bar_fed_at_its_top_all(found):
    both, top = (of(found, "section", f"135 kW, {name}") for name in ("50 V shelves", "800 V row"))
    assert 0.5 <= both / 2700 < 0.52
    volts = of(found, "voltage", "135 kW, 800 V row")
    assert top == pytest.approx(135e3 / volts, rel=2e-3)


def test_copper_and_loss_of_one_supply_go_with_power(found):
    """Equal density at every power: the loss per watt is one number."""
    for supply in copper.SUPPLIES:
        copper_ratio = of(found, "copper", f"600 kW, {supply}") / of(found, "copper", f"135 kW, {supply}")
        assert copper_ratio == pytest.approx(600 / 135, rel=2e-3)
        shares = [of(found, "loss_share", f"{watts:g} kW, {supply}") for watts in (135, 230, 600)]
        np.testing.assert_allclose(shares, shares[0], rtol=2e-3)


def test_the_row_at_800_v_has_the_copper_of_its_ratio_to_three_phases(found):
    ours = of(found, "row", "600 kW, 800 V row") / of(found, "row", "600 kW, 54 V shelves")
    three = 2 / 3 * (1 / 800) / (1 / (np.sqrt(3) * 415 * 0.99))
    assert ours == pytest.approx(three, rel=1e-12)
    assert 1 - ours == pytest.approx(0.41, abs=0.005)
    assert "41\u202f% less copper" in found.answer
    assert "45\u202f% less is quoted" in found.answer


def test_a_row_of_one_rack_at_one_end_is_a_wire(gb300):
    """Mass, loss and drop of two metres of two poles, by hand."""
    bar, room = gb300.rack.busbar, Conductors()
    found = sized_row(bus_of(room, 600e3, 800.0, sidecar=True), bar, 600e3)
    rho = 17.241e-9 * (1 + 0.00393 * 15)
    area = found.current / DENSITY
    assert found.mass == pytest.approx(2 * 8960 * area * 2.0, rel=1e-9)
    assert found.loss == pytest.approx(found.current**2 * 2 * rho / area * 2.0, rel=1e-9)
    drop = 800.0 - found.voltage
    assert drop == pytest.approx(found.current * (0.01 * 800**2 / 600e3) + found.loss / found.current, rel=1e-9)


def test_power_is_kept_from_source_to_trays(gb300):
    bar, drawn = gb300.rack.busbar, np.full(27, 5e3)
    bus = solve_bar(gb300.rack, bar, drawn, (800.0, end_source(gb300.rack, 1e-3)))
    given = float((bus.node_voltage * bus.source_current).sum())
    assert given == pytest.approx(drawn.sum() + bus.section_loss.sum() + bus.contact_loss.sum(), rel=1e-12)


def test_the_systems_own_bar_breaks_where_its_rating_ends(found):
    breaks = {str(case): str(words) for case, words in zip(found.case.values, found.breaks.values, strict=True)}
    assert breaks["135 kW, 50 V shelves"] == copper.NONE
    usage = of(found, "section", "230 kW, 50 V shelves") / 1400
    assert breaks["230 kW, 50 V shelves"] == f"{usage:.2g} times its rating"
    assert breaks["600 kW, 54 V shelves"] == "no steady temperature"
    top = of(found, "section", "600 kW, 800 V sidecar") / 400
    assert breaks["600 kW, 800 V sidecar"] == f"{top:.2g} times its rating" == "1.9 times its rating"
    assert all(words == copper.NONE for case, words in breaks.items() if "800 V" in case and "600" not in case)


def test_a_sidecar_droops_as_that_of_the_catalogue(gb300, found):
    """Behind 10 mohm and two metres of copper at 169 A, the voltage of a solved rack with that sidecar."""
    solved = twin.solve(gb300.with_("rack.supply", "sidecar-800v"))["summary"]
    assert of(found, "voltage", "135 kW, 800 V sidecar") == pytest.approx(float(solved.bus_voltage_min), abs=0.2)


def test_a_bar_of_half_the_rating_breaks_at_135_kw_and_a_narrow_window_too(gb300):
    """Mutants of the verdict."""
    weak = replace(gb300, rack=replace(gb300.rack, busbar=replace(gb300.rack.busbar, rated_current=700.0)))
    assert "1.9 times its rating" in str(copper.study(weak, (135e3,)).breaks.values[0])
    narrow = replace(gb300, rack=replace(gb300.rack, busbar=replace(gb300.rack.busbar, voltage_min=49.95)))
    assert "below its window" in str(copper.study(narrow, (135e3,)).breaks.values[0])


def test_a_thin_bar_on_liquid_is_as_warm_as_it_may_be(gb300, found):
    bar, room = gb300.rack.busbar, Conductors()
    drawn = np.full(27, 600e3 / 27)
    one, current = sized_bar(gb300.rack, bar, drawn, (54.0, np.where(np.arange(35) % 34 == 0, 1e-4, np.inf)))
    mass, _ = copper.liquid_bar(gb300.rack, bar, room, np.abs(current))
    thin = replace(bar, cross_section=mass / (2 * 8960 * LENGTH), heat_transfer=room.liquid_transfer)
    warm = power.liquid_bar_temperature(thin, np.abs(current), 0.048, room.liquid_rate, room.liquid_inlet)
    assert float(warm.conductor_temperature.max()) == pytest.approx(room.liquid_limit, abs=1e-3)
    assert mass < one.mass
    assert (found.liquid < found.bar).all()


def test_the_words_of_what_breaks_fit_a_column_of_the_table(found):
    """Twelve rows of one line: the table is at most 100 letters wide."""
    assert max(len(str(words)) for words in found.breaks.values) <= 24


@pytest.mark.parametrize("study", [busbar.study, copper.study])
@pytest.mark.parametrize("supply", ["sidecar-800v", "row-800v"])
def test_a_rack_without_shelves_is_sent_back_to_one_that_has_them(gb300, study, supply):
    """The cases compare other supplies with shelves: a sidecar's rack has none to move or lose."""
    place = supply.partition("-")[0]
    rack = replace(gb300.rack, supply=replace(gb300.rack.supply, place=place))
    with pytest.raises(SpecError, match=f"supply.place = {place}: the study starts from shelves in the slots"):
        study(replace(gb300, rack=rack, feed=None))


def test_a_rack_without_a_bar_is_refused():
    with pytest.raises(SpecError, match="hgx-h100: has no busbar"):
        copper.study("hgx-h100")
