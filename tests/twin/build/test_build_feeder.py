"""A feed as a compiled distribution: its tiers, its racks, its breakers."""

from dataclasses import replace

import numpy as np
import pytest

import power
import twin
from twin.build.feeder import feed_model
from twin.spec.feed import branch_names

SPEC = twin.load("gb300-nvl72")
FEEDS = ("unit-substation", "nvidia-exemplar", "dc-row-800v")


def feed(name, **changes):
    spec = SPEC.with_("feed", name)
    for path, value in changes.items():
        spec = spec.with_(f"feed.{path}", value)
    return spec.feed


@pytest.mark.parametrize("name", FEEDS)
def test_branches_are_those_the_spec_names(name):
    made = feed_model(feed(name))
    assert set(made.feeder.branches) == set(branch_names(feed(name)))
    assert len({element.name for element in made.elements}) == len(made.elements)


def test_the_exemplar_is_the_hierarchy_of_the_leaf():
    """Which racks hang on which PDU, voltages and limits are those of `power.floor_hierarchy`."""
    given = feed("nvidia-exemplar")
    layout = power.FloorHierarchy(
        pdus=4, racks=8, nodes_per_rack=18, voltage=415.0,
        utility_power=750e3, switchboard_power=1.6e6, pdu_power=450e3,
        main_length=given.cable_length, pdu_length=given.row_length, rack_length=given.rack_length,
    )  # fmt: skip
    parts = power.FloorParts(
        utility=given.utility, main=given.cable, pdu_cable=given.row_cable, rack_cable=given.rack_cable, ups=None
    )
    oracle = power.feeder_of(power.floor_hierarchy(layout, parts, power.RackLoad(power=142e3, power_factor=0.99)))
    model = feed_model(replace(given, cooling_board=None)).feeder
    watts = np.full(8, 142e3)
    theirs, ours = power.solve_feeder(oracle, power=watts), power.solve_feeder(model, power=watts)
    assert set(model.nodes) == set(oracle.nodes)
    place = [model.nodes.index(node) for node in oracle.nodes]
    np.testing.assert_allclose(ours.node_voltage[place], theirs.node_voltage, rtol=1e-12)
    np.testing.assert_array_equal(model.capacity[place], oracle.capacity)


def test_racks_of_a_busway_stand_one_behind_the_other():
    elements = {element.name: element for element in feed_model(feed("unit-substation")).elements}
    assert (elements["busway-1"].tail, elements["busway-3"].tail) == ("row-1", "tap-1")
    assert (elements["rack-cable-3"].tail, elements["rack-cable-3"].head) == ("tap-3", "rack-3")
    assert elements["cable"].voltage == 34.5e3
    assert elements["transformer"].voltage == 415.0


def test_an_open_breaker_opens_its_branch_and_shows():
    made = feed_model(feed("nvidia-exemplar", open_branch="row-cable-2"))
    assert [name for name, on in zip(made.feeder.branches, made.fixed.closed, strict=True) if not on] == ["row-cable-2"]
    assert [e.name for e in made.elements if not e.closed] == ["row-cable-2", "breaker-row-cable-2"]


def test_a_feed_is_built_once():
    assert feed_model(feed("nvidia-exemplar")) is feed_model(feed("nvidia-exemplar"))


@pytest.mark.parametrize("name", FEEDS)
def test_racks_behind_an_element_are_those_that_its_failure_loses(name):
    """Against N-1 of the leaf, branch by branch."""
    made = feed_model(feed(name))
    each = 1 if made.feed.dc_row is None else made.feed.dc_row.racks
    drawn = np.where(np.isin(made.feeder.racks, made.boards), 1e3, 50e3)
    outages = power.single_outages(made.feeder, power=drawn)
    lost = outages.solution.rack_lost[:, : len(drawn) - len(made.boards)].sum(axis=1) * each
    behind = {element.name: element.racks for element in made.elements}
    assert [behind[branch] for branch in outages.elements] == lost.tolist()
    assert behind["utility"] == behind["switchboard"] == made.feed.racks
    assert all(behind[board] == 0 for board in made.boards)


def test_nothing_is_overloaded_by_an_outage_of_a_tree():
    made = feed_model(feed("unit-substation"))
    drawn = np.where(np.isin(made.feeder.racks, made.boards), 20e3, 134e3)
    whole = power.solve_feeder(made.feeder, power=drawn).branch_loading
    assert (power.single_outages(made.feeder, power=drawn).solution.branch_loading <= whole + 1e-9).all()
