"""The feed of a rack: closed forms, conservation, limits, what a batch reads off its polynomial, and warnings."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import power
import twin
from twin.build.feeder import feed_model
from twin.couple import feed as feed_module
from twin.couple.feed import NODES, feed_state, feed_states
from twin.couple.feed_numbers import feed_numbers, feed_warnings
from twin.spec.feed import Breaker, Feed

SPEC = twin.load("gb300-nvl72")
FEEDS = {name: SPEC.with_("feed", name).feed for name in ("unit-substation", "nvidia-exemplar", "dc-row-800v")}
IDEAL = power.Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
WIRE = power.Cable(resistance=1e-3, reactance=0.0, rated_current=400.0)


def one_rack(**changes):
    """A utility of 400 V, three cables of 5 m in a row, one rack."""
    own = {
        "racks": 1, "rows": 1, "power_factor": 1.0, "voltage_min": 0.9, "voltage_max": 1.1, "utility": IDEAL,
        "utility_voltage": 400.0, "hall_voltage": 400.0, "cable": WIRE, "cable_length": 5.0, "row_cable": WIRE,
        "row_length": 5.0, "rack_cable": WIRE, "rack_length": 5.0, "peak_coincidence": 1.0,
        "rack_breaker": Breaker(rated_current=300.0, continuous_share=0.8),
    }  # fmt: skip
    return Feed(**{**own, **changes})


def column(state, field, name):
    names = [element.name for element in state.elements]
    return getattr(state, field)[:, names.index(name)]


def numbers(feed, watts, peaks=None):
    watts = np.atleast_1d(np.asarray(watts, float))
    groups = feed_states([feed] * len(watts), watts, watts if peaks is None else np.atleast_1d(peaks))
    found = feed_numbers(groups, len(watts))
    return found, feed_warnings(groups, {**found, "rack_power": watts})


def test_one_rack_behind_three_cables_by_hand():
    """V (V0 - V) = P R, I = P / (sqrt 3 V); the breaker carries 240 A all day and 300 A for a moment."""
    state = feed_state(one_rack(), (100e3,), (120e3,))
    volts = {watts: (400 + np.sqrt(400**2 - 4 * watts * 0.015)) / 2 for watts in (100e3, 120e3)}
    amperes = {watts: watts / np.sqrt(3) / value for watts, value in volts.items()}
    assert column(state, "voltage", "rack-1")[0] == pytest.approx(volts[100e3] / 400, rel=1e-9)
    assert state.loss.sum() == pytest.approx(3 * 0.015 * amperes[100e3] ** 2, rel=1e-6)
    assert column(state, "loading", "breaker-rack-cable-1")[0] == pytest.approx(amperes[100e3] / 240, rel=1e-7)
    assert column(state, "peak_loading", "breaker-rack-cable-1")[0] == pytest.approx(amperes[120e3] / 300, rel=1e-7)
    assert column(state, "peak_loading", "rack-cable-1")[0] == pytest.approx(amperes[120e3] / 400, rel=1e-7)


def test_racks_that_do_not_peak_together_peak_less():
    half = dataclasses.replace(one_rack(), peak_coincidence=0.5)
    together = feed_state(one_rack(), (100e3,), (110e3,))
    np.testing.assert_allclose(feed_state(half, (100e3,), (120e3,)).peak_loading, together.peak_loading)


@pytest.mark.parametrize("name", FEEDS)
def test_what_the_utility_gives_is_what_racks_take_and_branches_lose(name):
    feed = FEEDS[name]
    state = feed_state(feed, (134e3, 20e3), (155e3, 30e3))
    given_power = column(state, "power", "utility")
    taken = feed.racks * np.array([134e3, 20e3])
    np.testing.assert_allclose(given_power, taken + state.loss.sum(axis=1), rtol=1e-9)
    racks = [k for k, element in enumerate(state.elements) if element.kind == "rack"]
    np.testing.assert_allclose(state.power[:, racks], np.array([[134e3], [20e3]]) * np.ones(feed.racks), rtol=1e-9)


def test_the_balance_sees_a_loss_that_is_left_out():
    state = feed_state(FEEDS["dc-row-800v"], (134e3,), (155e3,))
    kinds = np.array([element.kind for element in state.elements])
    without = state.loss[:, kinds != "dc bus"].sum()
    assert column(state, "power", "utility")[0] != pytest.approx(16 * 134e3 + without, rel=1e-6)


def test_a_dc_bus_is_the_row_of_the_leaf_behind_its_rectifier():
    feed = FEEDS["dc-row-800v"]
    row = power.solve_dc_row(feed.dc_row, np.full(8, 134e3))
    output = row.feed_power.sum()
    state = feed_state(feed, (134e3,), (134e3,))
    assert column(state, "power", "rectifier-1")[0] == pytest.approx(output + power.ups_loss(feed.rectifier, output))
    assert column(state, "loading", "dc-bus-2")[0] == pytest.approx(row.loading)
    assert column(state, "voltage", "dc-bus-2")[0] == pytest.approx(row.rack_voltage.min() / 800)


def test_the_exemplar_breaks_only_the_contract_of_its_utility():
    found, (said,) = numbers(FEEDS["nvidia-exemplar"], 142e3)
    assert said.count("\n") == 0
    assert said.startswith("feed of 8 racks at 142 kW: utility at 1139 kW, limit 750 kW (mend: fewer feed.racks or 9")
    assert found["utility_loading"][0] == pytest.approx(8 * 142 / 750, rel=0.005)
    assert found["feed_loading_max_part"] == ["utility"]
    assert numbers(FEEDS["nvidia-exemplar"], 93e3)[1] == [""]


def test_what_the_mend_says_mends():
    _, (said,) = numbers(FEEDS["nvidia-exemplar"], 142e3)
    kilowatts = int(said.split("or ")[1].split(" kW")[0])
    assert numbers(FEEDS["nvidia-exemplar"], 1e3 * kilowatts)[1] == [""]


@pytest.mark.parametrize(
    ("watts", "peak", "said"),
    [
        (180e3, 180e3, "breaker-rack-cable-1 at 110% of what it may carry all day"),
        (100e3, 240e3, r"at peak \(EDPp\) are 1\d\d% of what breaker-rack-cable-1 carries without tripping"),
    ],
)
def test_breakers_are_held_to_what_they_carry_all_day_and_at_peak(watts, peak, said):
    found = numbers(one_rack(), watts, peak)[1][0]
    assert re.search(said, found), found


def test_a_low_voltage_at_a_rack_is_warned_of():
    assert "of nominal voltage at a rack, least 0.9" in numbers(one_rack(rack_length=200.0), 100e3)[1][0]
    assert (
        "a lower tap"
        in numbers(one_rack(voltage_max=1.0, utility=dataclasses.replace(IDEAL, voltage_ratio=1.05)), 1e3)[1][0]
    )


def test_an_open_breaker_loses_its_racks_and_not_the_others():
    feed = dataclasses.replace(FEEDS["nvidia-exemplar"], open_branch="row-cable-2")
    state = feed_state(feed, (90e3,), (95e3,))
    assert state.racks_lost == [2]
    assert np.isnan(column(state, "voltage", "rack-6")[0])
    assert column(state, "power", "pdu-2")[0] == 0
    found, (said,) = numbers(feed, 90e3)
    assert "feed.open_branch = row-cable-2: 2 of 8 racks are lost" in said
    assert found["feed_power"][0] == pytest.approx(6 * 90e3, rel=0.01)
    dead = dataclasses.replace(feed, open_branch="cable")
    found, (said,) = numbers(dead, 90e3)
    assert np.isnan(found["feed_loss"][0])
    assert "8 of 8 racks are lost" in said


def test_a_feed_that_cannot_carry_a_rack_says_so_and_does_not_touch_the_others():
    feed = one_rack(rack_length=500.0)
    found, said = numbers(feed, [20e3, 400e3, 30e3])
    assert np.isnan(found["feed_loss"]).tolist() == [False, True, False]
    assert found["feed_loading_max_part"][1] == ""
    assert "its numbers are left out" in said[1]
    alone, _ = numbers(feed, 30e3)
    assert found["feed_voltage_min"][2] == pytest.approx(alone["feed_voltage_min"][0], rel=1e-9)


@pytest.mark.parametrize("name", FEEDS)
def test_many_cases_are_read_off_a_polynomial_as_good_as_the_load_flow(name):
    watts = np.linspace(25e3, 300e3, 2 * NODES + 1)
    model = feed_model(FEEDS[name])
    many, each = feed_module._interpolated(model, watts), feed_module._flow(model, watts)
    for name, tolerance in (("power", 1e-9), ("loss", 1e-9), ("voltage", 1e-10), ("loading", 1e-6)):
        np.testing.assert_allclose(getattr(many, name), getattr(each, name), rtol=tolerance, atol=1e-3 * tolerance)


def test_a_polynomial_of_too_few_load_flows_would_be_seen(monkeypatch):
    watts = np.linspace(25e3, 300e3, 2 * NODES + 1)
    model = feed_model(FEEDS["nvidia-exemplar"])
    monkeypatch.setattr(feed_module, "NODES", 4)
    many, each = feed_module._interpolated(model, watts), feed_module._flow(model, watts)
    assert np.nanmax(np.abs(many.loss - each.loss)) > 1e-3


def test_equal_racks_in_a_large_batch_are_equal():
    found, _ = numbers(FEEDS["nvidia-exemplar"], np.full(40, 90e3))
    alone, _ = numbers(FEEDS["nvidia-exemplar"], 90e3)
    np.testing.assert_allclose(found["feed_loss"], alone["feed_loss"][0], rtol=1e-9)
    assert set(found["feed_loading_max_part"]) == set(alone["feed_loading_max_part"])


@settings(max_examples=15, deadline=None)
@given(st.floats(10e3, 150e3), st.floats(1.01, 1.5))
def test_more_power_never_raises_a_voltage_and_never_lowers_a_loss(watts, more):
    state = feed_state(FEEDS["unit-substation"], (watts, more * watts), (watts, more * watts))
    assert (np.diff(state.voltage, axis=0) <= 1e-12).all()
    assert (np.diff(state.loss, axis=0) >= -1e-6).all()


def test_racks_without_a_feed_have_no_numbers_of_it():
    groups = feed_states([None, FEEDS["nvidia-exemplar"]], np.array([90e3, 90e3]), np.array([95e3, 95e3]))
    found = feed_numbers(groups, 2)
    assert np.isnan(found["feed_power"]).tolist() == [True, False]
    assert found["feed_loading_max_part"] == ["", "utility"]
    assert feed_warnings(groups, {**found, "rack_power": np.array([90e3, 90e3])}) == ["", ""]


def test_a_result_has_the_feed_of_its_rack():
    tree = twin.solve(SPEC)
    data, summary = tree["power"].to_dataset(), tree["summary"]
    at = dict(zip(data.feeder.values.tolist(), range(data.sizes["feeder"]), strict=True))
    assert data.feeder_power.values[at["rack-5"]] == pytest.approx(float(summary.rack_power), rel=1e-9)
    assert data.feeder_kind.values[at["busway-5"]] == "busway"
    assert float(summary.feed_power) == data.feeder_power.values[at["utility"]]
    assert float(summary.feed_loss) * 16 == pytest.approx(float(data.feeder_loss.sum()))
    assert float(summary.feed_voltage_min) == pytest.approx(
        float(data.feeder_voltage.values[data.feeder_kind.values == "rack"].min())
    )


def test_the_rack_does_not_depend_on_its_feed():
    with_feed, without = twin.solve(SPEC), twin.solve(SPEC.with_("feed", "none"))
    assert without["power"].sizes["feeder"] == 0
    assert float(with_feed["summary"].rack_power) == float(without["summary"].rack_power)
    assert np.isnan(float(without["summary"].feed_power))
