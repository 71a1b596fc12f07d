"""The feed of a rack and of its cooling: closed forms, conservation, limits, batches, peaks, and warnings."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import power
import twin
from twin.build.feeder import feed_model
from twin.couple.feed import Cooling, feed_state, feed_states
from twin.couple.feed_numbers import feed_numbers, feed_warnings
from twin.spec.feed import Breaker, CoolingBoard, Feed

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


def draws(*watts, peaks=None, pumps=0.0, plant=0.0):
    """What racks of some watts ask for: now, at peak, and for their cooling."""
    return watts, watts if peaks is None else tuple(peaks), (Cooling(pumps, plant),) * len(watts)


def column(state, field, name):
    names = [element.name for element in state.elements]
    return getattr(state, field)[:, names.index(name)]


def numbers(feed, watts, peaks=None, **plant):
    watts = np.atleast_1d(np.asarray(watts, float))
    groups = feed_states(
        [feed] * len(watts), watts, watts if peaks is None else np.atleast_1d(peaks), draws(*watts, **plant)[2]
    )
    found = feed_numbers(groups, len(watts))
    return found, feed_warnings(groups, {**found, "rack_power": watts})


def test_one_rack_behind_three_cables_by_hand():
    """V (V0 - V) = P R, I = P / (sqrt 3 V); the breaker carries 240 A all day and 300 A for a moment."""
    state = feed_state(one_rack(), *draws(100e3, peaks=(120e3,)))
    volts = {watts: (400 + np.sqrt(400**2 - 4 * watts * 0.015)) / 2 for watts in (100e3, 120e3)}
    amperes = {watts: watts / np.sqrt(3) / value for watts, value in volts.items()}
    assert column(state, "voltage", "rack-1")[0] == pytest.approx(volts[100e3] / 400, rel=1e-9)
    assert state.loss.sum() == pytest.approx(3 * 0.015 * amperes[100e3] ** 2, rel=1e-6)
    assert column(state, "loading", "breaker-rack-cable-1")[0] == pytest.approx(amperes[100e3] / 240, rel=1e-7)
    assert column(state, "peak_loading", "breaker-rack-cable-1")[0] == pytest.approx(amperes[120e3] / 300, rel=1e-7)
    assert column(state, "peak_loading", "rack-cable-1")[0] == pytest.approx(amperes[120e3] / 400, rel=1e-7)


def test_racks_that_do_not_peak_together_peak_less():
    half = dataclasses.replace(one_rack(), peak_coincidence=0.5)
    together = feed_state(one_rack(), *draws(100e3, peaks=(110e3,)))
    np.testing.assert_allclose(feed_state(half, *draws(100e3, peaks=(120e3,))).peak_loading, together.peak_loading)


@pytest.mark.parametrize("name", FEEDS)
def test_what_the_utility_gives_is_what_racks_take_and_branches_lose(name):
    feed = FEEDS[name]
    state = feed_state(feed, *draws(134e3, 20e3, pumps=1e3, plant=4e3))
    given_power = column(state, "power", "utility")
    taken = feed.racks * np.array([139e3, 25e3])
    np.testing.assert_allclose(given_power, taken + state.loss.sum(axis=1), rtol=1e-9)
    racks = [k for k, element in enumerate(state.elements) if element.kind == "rack"]
    np.testing.assert_allclose(state.power[:, racks], np.array([[134e3], [20e3]]) * np.ones(feed.racks), rtol=1e-9)


def test_the_balance_sees_a_loss_that_is_left_out():
    state = feed_state(FEEDS["dc-row-800v"], *draws(134e3))
    kinds = np.array([element.kind for element in state.elements])
    without = state.loss[:, kinds != "dc bus"].sum()
    assert column(state, "power", "utility")[0] != pytest.approx(16 * 134e3 + without, rel=1e-6)


def test_a_dc_bus_is_the_row_of_the_leaf_behind_its_rectifier():
    feed = FEEDS["dc-row-800v"]
    row = power.solve_dc_row(feed.dc_row, np.full(8, 134e3))
    output = row.feed_power.sum()
    state = feed_state(feed, *draws(134e3))
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
        (100e3, 240e3, r"peak \(EDPp\) all racks are 1\d\d% of what breaker-rack-cable-1 of the feed carries without"),
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


def test_the_most_overloaded_is_told_first():
    _, (said,) = numbers(dataclasses.replace(FEEDS["unit-substation"], cooling_board=None), 300e3)
    told = [int(line.split("% of")[0].rpartition(" ")[2]) for line in said.splitlines() if "% of its rating" in line]
    assert len(told) > 2
    assert told == sorted(told, reverse=True)


def test_an_open_breaker_loses_its_racks_and_not_the_others():
    feed = dataclasses.replace(FEEDS["nvidia-exemplar"], open_branch="row-cable-2")
    state = feed_state(feed, *draws(90e3))
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
    assert said[1].startswith("feed not solved: power of rack 'rack-1' = 400 kW is 321.6 kW beyond the transferable")
    assert said[1].endswith("nothing more flows (mend: fewer feed.racks, or larger cables)")
    alone, _ = numbers(feed, 30e3)
    assert found["feed_voltage_min"][2] == pytest.approx(alone["feed_voltage_min"][0], rel=1e-9)


@pytest.mark.parametrize("name", FEEDS)
def test_every_case_of_a_batch_is_the_load_flow_of_the_library(name):
    """Newton's method of power-grid-model is the oracle, racks and cooling varying apart from one another."""
    model = feed_model(FEEDS[name])
    rng = np.random.default_rng(5)
    asked = rng.uniform((25e3, 0, 0), (300e3, 3e3, 60e3), (30, 3))
    watts = tuple(asked[:, 0].tolist())
    state = feed_state(FEEDS[name], watts, watts, tuple(Cooling(*row) for row in asked[:, 1:].tolist()))
    drawn = np.stack([column(state, "power", str(rack)) for rack in model.feeder.racks], axis=1)
    if FEEDS[name].dc_row is not None:
        drawn[:, :2] = np.stack([column(state, "power", f"rectifier-{k}") for k in (1, 2)], axis=1)
    found = power.solve_feeder(model.feeder, power=drawn)
    nodes, branches = len(model.feeder.nodes), len(model.feeder.branches)
    np.testing.assert_allclose(state.voltage[:, :nodes], found.node_voltage, rtol=1e-9)
    np.testing.assert_allclose(state.loading[:, nodes : nodes + branches], found.branch_loading, rtol=1e-6)
    np.testing.assert_allclose(state.loss[:, nodes : nodes + branches], found.branch_loss, rtol=1e-7, atol=1e-5)


def test_the_cooling_of_all_racks_hangs_before_the_ups_and_its_pumps_behind_it():
    feed = FEEDS["unit-substation"]
    bare, cooled = (feed_state(feed, *draws(134e3, pumps=p, plant=c)) for p, c in ((0.0, 0.0), (1e3, 4e3)))
    assert column(cooled, "power", "cooling") == pytest.approx(16 * 4e3)
    assert column(cooled, "power", "cooling-ups") == pytest.approx(16 * 1e3)
    output = [column(state, "power", "switchboard")[0] for state in (bare, cooled)]
    cable = column(cooled, "loss", "cooling-ups-cable")[0]
    assert np.diff(output)[0] == pytest.approx(16 * 1e3 + cable, abs=1e-3)
    assert column(cooled, "loading", "transformer")[0] > column(bare, "loading", "transformer")[0] * 1.03


@pytest.mark.parametrize(("on_ups", "behind", "boards"), [("none", 0.0, 1), ("pumps", 1e3, 2), ("all", 5e3, 1)])
def test_what_the_ups_carries_of_the_cooling_is_chosen(on_ups, behind, boards):
    feed = SPEC.with_("feed.cooling_board.on_ups", on_ups).feed
    state = feed_state(feed, *draws(134e3, pumps=1e3, plant=4e3))
    kinds = [element.kind for element in state.elements]
    assert kinds.count("cooling") == boards
    assert state.power[0][[kind == "cooling" for kind in kinds]].sum() == pytest.approx(16 * 5e3)
    racks = column(feed_state(feed, *draws(134e3)), "power", "switchboard")[0]
    assert column(state, "power", "switchboard")[0] == pytest.approx(racks + 16 * behind, abs=40.0)  # its cable


@pytest.mark.parametrize("name", FEEDS)
def test_pue_from_the_utility_is_that_of_the_cooling_and_the_losses_before(name):
    spec = SPEC.with_("feed", name)
    spec = spec if spec.feed.dc_row is None else spec.with_("rack.supply", "row-800v")
    summary = twin.solve(spec)["summary"]
    whole = float(summary.pue) + float(summary.feed_loss) / float(summary.rack_power)
    assert float(summary.pue_utility) == pytest.approx(whole, rel=1e-10)
    cooling = (float(summary.pue) - 1) * float(summary.rack_power) * spec.feed.racks
    assert float(summary.feed_cooling_power) == pytest.approx(cooling, rel=1e-10)


def test_a_pue_that_leaves_out_the_losses_of_the_cooling_would_be_seen():
    """A mutant: the losses of a feed without its cooling."""
    summary = twin.solve(SPEC)["summary"]
    bare, _ = numbers(SPEC.feed, float(summary.rack_power))
    mutant = float(summary.pue) + bare["feed_loss"][0] / float(summary.rack_power)
    assert mutant != pytest.approx(float(summary.pue_utility), rel=1e-10)


def test_cooling_does_not_follow_a_peak_of_the_racks():
    feed = dataclasses.replace(FEEDS["unit-substation"], cooling_board=None)
    cooled = feed_state(FEEDS["unit-substation"], *draws(134e3, peaks=(155e3,), pumps=1e3, plant=4e3))
    peaks = [column(feed_state(feed, *draws(watts)), "loading", "transformer")[0] for watts in (155e3, 160e3)]
    assert peaks[0] < column(cooled, "peak_loading", "transformer")[0] == pytest.approx(peaks[1], rel=2e-3)


def test_all_that_a_peak_overloads_stands_in_one_line():
    feed = dataclasses.replace(FEEDS["unit-substation"], cooling_board=None, utility_capacity=2.4e6, racks=16)
    small = dataclasses.replace(feed, ups=dataclasses.replace(feed.ups, rated_power=2.3e6))
    (said,) = numbers(small, 134e3, 155e3)[1]
    assert re.search(
        r"\(EDPp\) all racks are 108% of what ups of the feed is rated for, 107% of utility \(mend", said
    ), said


@pytest.mark.parametrize("kind", ["utility", "transformer", "ups", "switchboard", "busway"])
def test_whatever_only_the_peak_overloads_is_warned_of(kind):
    """Capacities between what it carries all day, and at peak."""
    feed = dataclasses.replace(FEEDS["unit-substation"], cooling_board=None)
    own = {
        "utility": {"utility_capacity": 2.35e6},
        "switchboard": {"switchboard_capacity": 2.3e6},
        "transformer": {"transformer": dataclasses.replace(feed.transformer, rated_power=2.45e6)},
        "ups": {"ups": dataclasses.replace(feed.ups, rated_power=2.3e6)},
        "busway": {"row_capacity": 1.15e6},
    }[kind]
    _, (said,) = numbers(dataclasses.replace(feed, **own), 134e3, 155e3)
    part = "row-1" if kind == "busway" else kind
    assert re.fullmatch(rf"at this load's peak \(EDPp\) all racks are 1\d\d% of what {part} of the feed .*", said), said
    assert numbers(dataclasses.replace(feed, **own), 134e3)[1] == [""]


def test_a_peak_that_the_feed_cannot_carry_is_warned_of():
    """0.51 ohm carries up to 78 kW."""
    feed = dataclasses.replace(one_rack(rack_length=500.0), rack_breaker=None)
    found, (said,) = numbers(feed, 60e3, 90e3)
    assert found["feed_loading_max"][0] < 1
    assert np.isnan(found["feed_loading_peak"][0])
    assert found["feed_loading_peak_part"][0] == ""
    assert "at this load's peak (EDPp) the feed cannot carry its racks" in said
    assert "(EDPp)" not in numbers(feed, 60e3, 70e3)[1][0]


def test_rectifiers_are_warned_of_at_peak():
    feed = FEEDS["dc-row-800v"]
    small = dataclasses.replace(feed, rectifier=dataclasses.replace(feed.rectifier, rated_power=1.15e6))
    assert "of what rectifier-1 of the feed is rated for" in numbers(small, 134e3, 155e3)[1][0]


def test_a_feed_whose_plant_has_no_numbers_is_without_it_and_says_so():
    found, said = numbers(FEEDS["unit-substation"], [134e3, 134e3], pumps=np.nan)
    bare, quiet = numbers(FEEDS["unit-substation"], 134e3)
    assert "this feed is without the power of its cooling" in said[0]
    assert np.isnan(found["pue_utility"]).all()
    assert np.isnan(found["feed_cooling_power"]).all()
    assert found["feed_power"][1] == pytest.approx(bare["feed_power"][0])
    assert quiet == [""]


def test_racks_whose_cooling_is_switched_off_are_warned_of():
    feed = dataclasses.replace(FEEDS["unit-substation"], open_branch="cooling-cable")
    found, (said,) = numbers(feed, 134e3, pumps=1e3, plant=4e3)
    assert said == "feed.open_branch = cooling-cable: racks run without the cooling that hangs on it"
    assert np.isnan(found["pue_utility"][0])


def test_racks_that_are_lost_take_their_cooling_with_them():
    feed = dataclasses.replace(FEEDS["unit-substation"], open_branch="row-cable-2")
    state = feed_state(feed, *draws(134e3, pumps=1e3, plant=4e3))
    assert column(state, "power", "cooling") == pytest.approx(8 * 4e3)


def test_a_feed_without_cooling_has_no_pue():
    found, (said,) = numbers(
        dataclasses.replace(FEEDS["unit-substation"], cooling_board=None), 134e3, pumps=1e3, plant=4e3
    )
    assert np.isnan(found["pue_utility"][0])
    assert np.isnan(found["feed_cooling_power"][0])
    assert said == ""


def test_one_rack_with_its_cooling_beside_it_by_hand():
    """Behind the first cable both: V (V0 - V) = (P + C) R; then each through its own."""
    board = CoolingBoard(on_ups="pumps", power_factor=1.0, cable=WIRE, length=5.0)
    state = feed_state(one_rack(cooling_board=board), *draws(80e3, pumps=5e3, plant=15e3))
    wire = 1e-3 * 5.0
    amperes = {name: column(state, "loading", name)[0] * 400.0 for name in ("cable", "row-cable-1", "cooling-cable")}
    volts = column(state, "voltage", "switchboard")[0] * 400.0
    assert 400.0 - volts == pytest.approx(np.sqrt(3) * wire * amperes["cable"], rel=1e-9)
    assert amperes["cable"] == pytest.approx(amperes["row-cable-1"] + amperes["cooling-cable"], rel=1e-9)
    drop = np.sqrt(3) * wire * amperes["cooling-cable"]
    assert np.sqrt(3) * amperes["cooling-cable"] * (volts - drop) == pytest.approx(20e3, rel=1e-9)


def test_equal_racks_in_a_large_batch_are_equal():
    found, _ = numbers(FEEDS["nvidia-exemplar"], np.full(40, 90e3))
    alone, _ = numbers(FEEDS["nvidia-exemplar"], 90e3)
    np.testing.assert_allclose(found["feed_loss"], alone["feed_loss"][0], rtol=1e-9)
    assert set(found["feed_loading_max_part"]) == set(alone["feed_loading_max_part"])


@settings(max_examples=15, deadline=None)
@given(st.floats(10e3, 150e3), st.floats(1.01, 1.5))
def test_more_power_never_raises_a_voltage_and_never_lowers_a_loss(watts, more):
    state = feed_state(FEEDS["unit-substation"], *draws(watts, more * watts))
    assert (np.diff(state.voltage, axis=0) <= 1e-12).all()
    assert (np.diff(state.loss, axis=0) >= -1e-6).all()


def test_racks_without_a_feed_have_no_numbers_of_it():
    groups = feed_states([None, FEEDS["nvidia-exemplar"]], np.full(2, 90e3), np.full(2, 90e3))
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
