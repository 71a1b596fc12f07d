"""Dotted paths: what they mean, what they refuse, and what a changed copy shares with its origin."""

import pickle
import re
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twin
from twin.spec.errors import SpecError
from twin.spec.load import loads
from twin.spec.paths import field_at, find, get_value, leaves, set_steps
from twin.spec.provenance import Overlay
from twin.spec.types import Origin
from twin.spec.write import to_toml

SYSTEMS = twin.systems()
RACK = twin.load("gb300-nvl72")
GPU_TDP = ("rack", "trays", "compute", "chips", "gpu", "power", "tdp")


def refusal(path, value="1"):
    with pytest.raises(SpecError) as caught:
        RACK.with_(path, value)
    return str(caught.value)


# What a path means


@pytest.mark.parametrize("path", ["rack.trays.compute.chips.gpu.power.tdp", "gpu.power.tdp", " gpu.power.tdp "])
def test_a_unique_suffix_is_enough(path):
    assert find(RACK, path) == [GPU_TDP]
    assert get_value(RACK, GPU_TDP) == 1400.0


def test_a_star_stands_for_every_element():
    assert [steps[4] for steps in find(RACK, "compute.chips.*.power.tdp")] == ["gpu", "cpu"]
    assert [steps[4] for steps in find(RACK, "trays.*.chips.*.power.tdp")] == ["gpu", "cpu", "asic"]
    changed = RACK.with_("trays.*.chips.*.power.tdp", "600 W")
    assert {chip.power.tdp for tray in changed.rack.trays for chip in tray.chips} == {600.0}


def test_list_elements_without_a_name_are_chosen_by_their_position():
    assert RACK.with_("pressure_points.1.pressure_drop", "150 kPa").rack.pressure_points[1].pressure_drop == 150e3


def test_a_full_path_is_never_ambiguous_even_where_it_is_the_suffix_of_another():
    assert find(RACK, "name") == [("name",)]
    assert find(RACK, "rack.stack.switches.name") == [("rack", "stack", "switches", "name")]


def test_an_ambiguous_path_lists_what_it_could_be():
    text = refusal("tdp", "1 kW")
    assert "ambiguous" in text
    for chip in ("compute.chips.gpu", "compute.chips.cpu", "switch.chips.asic"):
        assert f"rack.trays.{chip}.power.tdp" in text
    assert "write more of it" in text


def test_a_star_that_does_not_explain_the_many_is_ambiguous():
    assert "ambiguous" in refusal("*.tdp", "1 kW")
    assert "ambiguous" in refusal("*", "1")


def test_a_misspelt_path_lists_near_names():
    assert "cooling.supply_temperature" in refusal("cooling.suply_temperature", "40 degC")
    assert "twin show" in refusal("zzz")
    assert refusal("").startswith("''")


def test_a_path_to_a_table_says_so():
    text = refusal("cooling", "cold")
    assert "a table" in text
    assert "cooling.supply_temperature" in text
    assert "cooling.volume_flow" not in refusal("limits")


@given(st.text(max_size=25), st.text(max_size=25))
def test_any_path_and_value_are_taken_or_refused(path, value):
    try:
        RACK.with_(path, value)
    except SpecError as error:
        assert str(error)


# What a value may be


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("cooling.supply_temperature", "60 degC", "must lie within 15 degC to 50 degC"),
        ("cooling.supply_temperature", 45, "= 45 K: must be ≥ 253.15 K (-20 °C) and ≤ 423.15 K (150 °C)"),
        ("cooling.supply_temperature", "none", "is not a number"),
        ("cooling.volume_flow", "-5 L/min", "= -5 L/min: must be > 0 m3/s, or none"),
        ("cooling.return_temperature", "40 degC", "must lie above cooling.supply_temperature = 45 degC"),
        ("cooling.flow_minimum", "300 L/min", "must be ≤ cooling.flow_maximum = 200 L/min"),
        ("cooling.coolant", "oil", "must be one of 'water', 'pg25', 'pg20'"),
        ("load.utilization", "80", "= 80: must be ≥ 0 and ≤ 1 (100 %)"),
        ("load.utilization", True, "is not a number"),
        ("nvlink.gpus", "72.5", "must be a whole number ≥ 2"),
        ("nvlink.gpus", True, "must be a whole number ≥ 2"),
        ("nvlink.gpus", "36", "set nvlink.gpus = 72"),
        ("traffic.seed", "1\nx = 2", "= 1 x = 2: must be a whole number"),
        pytest.param("traffic.seed", 10**5000, "too long to print: must be a whole number", id="many digits"),
        pytest.param("traffic.seed", "[" * 100_000, "must be a whole number", id="many brackets"),
        ("traffic.top_k", 1000, "must be ≤ experts = 256"),
        ("links_to_asic", "1", "a list such as [1, 2]"),
        ("links_to_asic", "[1, 2]", "must hold 1 or 18 values"),
        ("announced", "yes", "true or false"),
        ("rack.busbar", "thick", "no such model 'thick' (known: liquid-5ka)"),
        ("stack.*.in_service", "false", "only shelves"),
        ("rack.trays.compute.name", "tray", "rename it in a file"),
        ("title", 5, "must be text"),
    ],
)
def test_an_unfit_value_is_refused_with_path_value_range_and_fix(path, value, says):
    text = refusal(path, value)
    assert says in text
    assert "\n" not in text
    assert len(text) < 400
    assert text.startswith((".".join(find(RACK, path)[0]), "rack.stack."))


def test_a_contradiction_with_another_field_names_both():
    text = refusal("gpu.power.tdp", "150 W")
    assert text.startswith(f"{'.'.join(GPU_TDP)} = 150 W: then ")
    assert "chips.gpu.power.idle_power = 200" in text


def test_numbers_beyond_what_a_part_can_compute_with_are_refused():
    assert "too large or too small" in refusal("gpu.power.leakage_exponent", "1e6 1/K")
    with pytest.raises(SpecError, match=r"chips\.gpu\.power: its numbers are too large or too small"):
        loads(re.sub(r"(leakage_exponent = \{value = )[^,]+", r"\g<1>1e6", to_toml(RACK)))


def test_words_of_the_command_line_become_what_their_field_takes():
    assert RACK.with_("nvlink.lanes_per_link", "4").rack.nvlink.lanes_per_link == 4
    assert RACK.with_("links_to_asic", "[1]").rack.nvlink.links_to_asic == (1,)
    assert RACK.with_("links_to_asic", [1]).rack.nvlink.links_to_asic == (1,)
    assert RACK.with_("announced", "true").announced is True
    assert RACK.with_("top-shelves.in_service", "false").rack.stack[0].in_service is False
    assert RACK.with_("title", "42").title == "42"
    assert RACK.with_("traffic.seed", np.int64(7)).traffic.seed == 7


def test_an_optional_number_takes_none():
    fixed = RACK.with_("cooling.volume_flow", "120 L/min")
    assert fixed.cooling.volume_flow == pytest.approx(2e-3)
    for none in ("none", None):
        assert fixed.with_("cooling.volume_flow", none) == RACK


def test_an_optional_table_can_be_taken_out_with_the_origins_of_its_numbers():
    bare = RACK.with_("rack.busbar", "none")
    assert bare.rack.busbar is None
    assert not [path for path in bare.provenance if path.startswith("rack.busbar.")]
    assert "rack.busbar.cross_section" in RACK.provenance
    with pytest.raises(SpecError, match="no such field"):
        bare.with_("busbar.cross_section", "1 mm2")


# What a copy is


def test_with_returns_an_equal_spec_but_for_that_field_and_leaves_the_first_alone():
    before = dict(leaves(RACK))
    changed = RACK.with_("gpu.power.tdp", "1.2 kW")
    assert dict(leaves(RACK)) == before
    different = {steps for steps, value in leaves(changed) if value != before[steps]}
    assert different == {GPU_TDP}
    assert changed != RACK
    assert changed.with_("gpu.power.tdp", 1400) == RACK
    assert hash(changed.with_("gpu.power.tdp", 1400)) == hash(RACK)


def test_the_changed_number_becomes_the_users_and_the_rest_is_shared():
    changed = RACK.with_("gpu.power.tdp", "1.2 kW").with_("load.utilization", 0.5)
    path = ".".join(GPU_TDP)
    assert changed.provenance[path].status == changed.provenance["load.utilization"].status == "user"
    assert RACK.provenance[path].status == "quoted"
    assert isinstance(changed.provenance, Overlay)
    assert changed.provenance._base is RACK.provenance
    assert changed.provenance.keys() == RACK.provenance.keys()
    assert len(changed.provenance) == len(list(changed.provenance)) == len(RACK.provenance)


def test_a_new_entry_of_an_overlay_counts_once():
    origin = Origin("user", "here", 0.0)
    overlay = Overlay({"b": origin}, Overlay({"b": origin, "a": origin}, {"a": origin}))
    assert list(overlay) == ["a", "b"]
    assert len(overlay) == 2


def test_a_changed_copy_survives_a_trip_to_another_process():
    changed = RACK.with_("load.utilization", 0.25)
    again = pickle.loads(pickle.dumps(changed))
    assert again == changed
    assert dict(again.provenance) == dict(changed.provenance)


def test_ten_thousand_copies_stay_cheap():
    RACK.with_("load.utilization", 0.5)
    tracemalloc.start()
    copies = [RACK.with_("load.utilization", i / 1e4) for i in range(250)]
    used = tracemalloc.get_traced_memory()[0] / len(copies)
    tracemalloc.stop()
    # a fresh provenance alone would cost its dictionary again
    assert used < 4096 < sys.getsizeof(dict(RACK.provenance))
    assert copies[1].rack is RACK.rack


@pytest.mark.parametrize("system", SYSTEMS)
def test_setting_any_field_to_its_own_value_changes_nothing(system):
    spec = twin.load(system)
    for steps, value in leaves(spec):
        assert find(spec, ".".join(steps)) == [steps]
        assert set_steps(spec, [steps], value) == spec, steps


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_number_of_every_system_can_be_set_with_its_unit(system):
    spec = twin.load(system)
    for steps, value in leaves(spec):
        unit = field_at(spec, steps).unit
        if unit not in (None, "1") and value is not None:
            same = set_steps(spec, [steps], f"{value!r} {unit.removeprefix('delta_')}")
            assert get_value(same, steps) == pytest.approx(value, rel=1e-14), steps
