"""Two results side by side: nothing differs where nothing does, and what differs is named once."""

import dataclasses

import pytest
from result_trees import solved

import twin
from twin.result.compare import compare


@pytest.fixture(scope="module")
def trees():
    return solved()


@pytest.fixture(scope="module")
def tree(trees):
    return trees["gb300-nvl72"]


def test_a_result_does_not_differ_from_itself(tree):
    summary, spec = compare(tree, tree)
    assert spec == []
    assert all(row.first == row.second for row in summary)
    assert {"rack_power", "headroom_power_limited_by"} <= {row.name for row in summary}


def test_one_changed_field_is_the_only_difference_of_the_specs_in_its_unit(tree, gb300):
    cooler = twin.solve(gb300.with_("cooling.supply_temperature", "40 degC"))
    summary, spec = compare(tree, cooler)
    assert [(row.name, row.unit, row.first, row.second) for row in spec] == [
        ("cooling.supply_temperature", "K", 318.15, 313.15)
    ]
    rows = {row.name: row for row in summary}
    assert rows["coolant_supply_temperature"].second == 313.15
    assert rows["junction_temperature_max"].second < rows["junction_temperature_max"].first
    assert rows["headroom_temperature"].unit == "delta_K"


def test_a_new_name_or_title_is_no_difference(tree, gb300):
    renamed = twin.solve(dataclasses.replace(gb300, name="mine", title="the same rack", provenance=gb300.provenance))
    assert compare(tree, renamed)[1] == []


def test_systems_of_different_shape_name_what_only_one_of_them_has(trees):
    summary, spec = compare(trees["gb300-nvl72"], trees["hgx-h100"])
    rows = {row.name: row for row in spec}
    assert rows["rack.busbar.rated_current"][1:] == ("A", 1400.0, None)
    assert rows["rack.trays.node.chips.gpu.count"][1:] == ("", None, 8)
    assert rows["rack.trays.compute.chips.gpu.power.tdp"][1:] == ("W", 1400.0, None)
    headline = {row.name: row for row in summary}
    assert headline["busbar_section_current_max"].second is None
    assert headline["link_count"][2:] == (1296, 144)


def test_swapping_the_results_swaps_the_columns(trees):
    here = compare(trees["gb200-nvl72"], trees["gb300-nvl72"])
    there = compare(trees["gb300-nvl72"], trees["gb200-nvl72"])
    for one, two in zip(here, there, strict=True):
        mirrored = {(row.name, row.unit): (row.second, row.first) for row in two}
        assert {(row.name, row.unit): (row.first, row.second) for row in one} == mirrored


@pytest.mark.parametrize("system", ["gb200-nvl72", "vr-nvl72"])
def test_every_difference_of_the_specs_is_real(trees, system):
    _, spec = compare(trees["gb300-nvl72"], trees[system])
    assert spec
    assert all(row.first != row.second for row in spec)
    assert len({row.name for row in spec}) == len(spec)
