"""What is declared is in the tree, nothing else is, and every variable says what it is."""

import re

import numpy as np
import pytest
import xarray as xr
from result_trees import solved

import topology
import twin
from twin.result.schema import COORDINATES, Field, check_tree, fields, udunits
from twin.result.tree import DSX_POINTS

SYSTEMS = ("gb200-nvl72", "gb300-nvl72", "hgx-h100", "vr-nvl72")


@pytest.fixture(scope="module")
def trees():
    return solved()


@pytest.fixture(scope="module")
def tree(trees):
    return trees["gb300-nvl72"]


def changed(tree: xr.DataTree, group: str, change) -> xr.DataTree:
    """A copy of a tree with one of its datasets put through a function."""
    sets = {name: node.to_dataset() for name, node in tree.children.items()}
    sets[group] = change(sets[group])
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs), **{f"/{k}": v for k, v in sets.items()}})


def test_the_systems_tested_are_those_of_the_catalogue():
    assert twin.systems() == SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_declared_variable_is_in_the_tree_and_nothing_else(trees, system):
    tree = trees[system]
    check_tree(tree)
    assert set(tree.children) == {"geometry", "topology", "thermal", "power", "summary"}
    found = {(group, name) for group, node in tree.children.items() for name in node.data_vars}
    assert found == {(field.group, name) for name, field in fields().items()}


MUTANTS = {
    "an extra variable": ("power", lambda d: d.assign(wish=d.chip_power), "/power/wish is not declared"),
    "a missing variable": ("power", lambda d: d.drop_vars("chip_power"), "/power/chip_power is missing"),
    "another name": (
        "thermal",
        lambda d: d.rename(case_temperature="lid_temperature"),
        "/thermal/lid_temperature is not declared",
    ),
    "other dimensions": (
        "power",
        lambda d: d.assign(chip_power=d.tray_power),
        "/power/chip_power has dimensions ('tray',), declared ('chip',)",
    ),
    "other units": (
        "power",
        lambda d: d.assign(chip_power=d.chip_power.assign_attrs(units="kW")),
        "/power/chip_power has units 'kW', declared 'W'",
    ),
    "no units": (
        "summary",
        lambda d: d.assign(rack_power=d.rack_power.drop_attrs()),
        "/summary/rack_power has units None, declared 'W'",
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_tree_that_departs_from_the_registry_is_refused(tree, mutant):
    group, change, message = MUTANTS[mutant]
    with pytest.raises(ValueError, match="does not match the registry") as caught:
        check_tree(changed(tree, group, change))
    assert message in str(caught.value).splitlines()


def test_a_variable_in_the_wrong_group_is_both_undeclared_and_missing(tree):
    current = tree["power"]["bus_section_current"]
    moved = changed(changed(tree, "power", lambda d: d.drop_vars("bus_section_current")), "thermal",
                    lambda d: d.assign(bus_section_current=current.variable))  # fmt: skip
    with pytest.raises(ValueError, match="registry") as caught:
        check_tree(moved)
    assert "/thermal/bus_section_current is not declared" in str(caught.value)
    assert "/power/bus_section_current is missing" in str(caught.value)


def test_all_departures_are_reported_at_once(tree):
    bare = changed(tree, "summary", lambda d: d.drop_vars(["rack_power", "iterations", "warnings"]))
    with pytest.raises(ValueError, match="registry") as caught:
        check_tree(bare)
    assert len(str(caught.value).splitlines()) == 1 + 3


def test_one_name_in_two_leaves_is_refused(monkeypatch):
    row = {"chip_power": (("chip",), "W", "out", "something else")}
    monkeypatch.setattr(topology, "FIELDS", {**topology.FIELDS, **row})
    with pytest.raises(ValueError, match="chip_power is declared by topology and by power"):
        fields.__wrapped__()


#: Symbols of SI that UDUNITS knows by these spellings; no unit of the trade, no bare B (the bel).
SYMBOL = r"(m|kg|s|K|A|V|W|Pa|J|ohm|Hz|byte)"
UDUNITS = re.compile(rf"1|{SYMBOL}-?\d?( {SYMBOL}-?\d?)*")


def test_units_follow_the_grammar_of_udunits():
    for field in fields().values():
        assert field.unit == "" or UDUNITS.fullmatch(udunits(field.unit)), field


@pytest.mark.parametrize("unit", ["B/s", "m/s", "degC", "kW", "W m^-2", "L min-1", "delta_K"])
def test_spellings_outside_the_grammar_are_seen(unit):
    assert not UDUNITS.fullmatch(unit)


@pytest.mark.parametrize(
    ("declared", "stored"),
    [("B/s", "byte s-1"), ("m3/s", "m3 s-1"), ("K/W", "K W-1"), ("delta_K", "K"), ("B", "byte"), ("A", "A"), ("", "")],
)
def test_declared_units_are_stored_in_udunits_spelling(declared, stored):
    assert udunits(declared) == stored


def test_only_text_has_no_unit(tree):
    for field in fields().values():
        is_text = tree[field.group][field.name].dtype.kind in "UOT"
        assert is_text == (field.unit == ""), field


def test_kelvins_say_whether_they_are_a_temperature_or_a_difference(tree):
    kinds = {
        name: tree[field.group][name].attrs.get("units_metadata")
        for name, field in fields().items()
        if udunits(field.unit) == "K"
    }
    for name in ("headroom_temperature", "unit_approach", "dew_point_margin"):
        assert kinds.pop(name) == "temperature: difference"
    assert set(kinds.values()) == {"temperature: on_scale"}
    for name in kinds:
        values = tree[fields()[name].group][name].values
        assert np.nanmin(values) > 250, name


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_variable_and_coordinate_says_what_it_is(trees, system):
    for node in trees[system].children.values():
        for name, variable in node.variables.items():
            assert variable.attrs["long_name"].strip(), name
    for field in fields().values():
        assert trees[system][field.group][field.name].attrs["long_name"] == field.meaning


def test_names_are_words_in_snake_case_and_directions_are_in_or_out():
    for name, field in fields().items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*(_p99)?", name)
        assert isinstance(field, Field)
        assert field.direction in ("in", "out")
        assert (field.group == "summary") == (field.dims in ((), ("iteration",)))


def test_points_that_nvidia_names_carry_that_name(tree):
    named = {
        name: variable.attrs["dsx_point"]
        for node in tree.children.values()
        for name, variable in node.data_vars.items()
        if "dsx_point" in variable.attrs
    }
    assert named == DSX_POINTS
    assert named["coolant_supply_temperature"] == "RackLiquidSupplyTemperature"


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_dimension_that_counts_parts_has_its_coordinates(trees, system):
    for group in ("topology", "thermal", "power", "summary"):
        node = trees[system][group]
        assert set(node.sizes) <= set(node.coords), group
        assert {str(name) for name in node.coords} <= set(COORDINATES)
        for dim in node.sizes:
            assert len(set(node[dim].values.tolist())) == node.sizes[dim], f"{group}: {dim} has doubles"


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_link_joins_a_gpu_and_a_switch_that_are_chips_of_the_rack(trees, system):
    tree, nvlink = trees[system], twin.load(system).rack.nvlink
    links, chips = tree["topology"], tree["power"]
    kind = dict(zip(chips.chip.values.tolist(), chips.chip_kind.values.tolist(), strict=True))
    assert {kind[name] for name in links.link_gpu.values} == {"gpu"}
    assert {kind[name] for name in links.link_asic.values} == {"switch"}
    _, per_gpu = np.unique(links.link_gpu.values, return_counts=True)
    assert per_gpu.tolist() == [nvlink.links_per_gpu] * nvlink.gpus
    assert len(np.unique(links.link_asic.values)) == nvlink.asics


def test_sections_of_the_bar_lie_between_neighbouring_slots(tree):
    power = tree["power"]
    np.testing.assert_array_equal(power.section_bottom_slot.values - power.section_top_slot.values, 1)
    assert power.attrs["busbar_rated_current"] == twin.load("gb300-nvl72").rack.busbar.rated_current


def test_a_rack_without_a_bar_has_no_section_and_no_rating(trees):
    power = trees["hgx-h100"]["power"]
    assert power.sizes["bus_section"] == 0
    assert "busbar_rated_current" not in power.attrs


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_parts_add_up_to_the_headline(trees, system):
    tree = trees[system]
    s, heat, power = tree["summary"], tree["thermal"], tree["power"]
    both = float(power.shelf_power.sum() + power.shelf_loss.sum())
    assert float(s.rack_power) == pytest.approx(both, rel=1e-12)
    assert float(s.junction_temperature_max) == pytest.approx(float(heat.junction_temperature.max()), rel=1e-9)
    assert float(s.coolant_flow) == pytest.approx(float(heat.tray_coolant_flow.sum()), rel=1e-9)
    assert float(s.liquid_heat + s.air_heat) == pytest.approx(float(s.rack_power), rel=1e-9)
    assert s.residual_history.sizes["iteration"] == int(s.iterations)
    assert float(s.residual_history[-1]) <= 1e-10 < float(s.residual_history[0])
    hottest = heat.chip.values[int(heat.junction_temperature.values.argmax())]
    assert str(s.junction_temperature_max_part.item()) == hottest
