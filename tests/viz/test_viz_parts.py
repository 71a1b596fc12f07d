"""The small parts: reading, units, elevation, marks, style."""

import numpy as np
import panel_trees
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from viz import marks, read, style, units
from viz.elevation import asic_boxes, elevation, gpu_boxes

# --- units


@pytest.mark.parametrize(
    ("si", "value", "trade", "unit"),
    [("K", 318.15, 45.0, "°C"), ("W", 1234.0, 1.234, "kW"), ("1", 0.25, 25.0, "%"),
     ("A", 7.0, 7.0, "A"), ("V", 50.0, 50.0, "V")],
)  # fmt: skip
def test_si_becomes_the_trade_unit_and_the_label_says_so(si, value, trade, unit):
    variable = xr.DataArray([value], name="x", attrs={"units": si, "long_name": "some name"})
    values, label = units.trade(variable)
    assert values == pytest.approx([trade])
    assert label.replace("\u00a0", " ") == f"Some name / {unit}"
    assert units.bare(label) == "Some name"


def test_a_unit_the_panel_does_not_know_is_refused_by_name():
    with pytest.raises(ValueError, match="variable x has units 'degC'"):
        units.trade(xr.DataArray(1.0, name="x", attrs={"units": "degC", "long_name": "x"}))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1432.4, 0, "1\u202f432"), (-3.25, 1, "\u22123.2"), (0.0, 1, "0.0"), (float("nan"), 2, "\u2013"),
     (1e6, 0, "1\u202f000\u202f000")],
)  # fmt: skip
def test_numbers_have_thin_spaces_a_true_minus_and_a_dash_for_nan(value, digits, text):
    assert units.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(450e9, "450 GB/s"), (900e9, "900 GB/s"), (1.8e12, "1.8 TB/s"), (129.6e12, "129.6 TB/s")],
)
def test_bandwidth_uses_decimal_prefixes(value, text):
    assert units.bandwidth(value).replace("\u00a0", " ") == text


# --- reading


def test_scalars_that_are_absent_nan_or_empty_do_not_apply():
    tree = xr.DataTree.from_dict({"/summary": xr.Dataset({"a": np.nan, "b": ((), ""), "c": 2.5, "d": ((), "limit")})})
    assert [read.scalar(tree, name) for name in "abcde"] == [None, None, 2.5, "limit", None]


@given(st.lists(st.text("abc-/", min_size=1, max_size=5), min_size=1, max_size=12, unique=True), st.randoms())
def test_find_is_the_inverse_of_indexing(names, random):
    wanted = random.choices(names, k=20)
    where = read.find(np.array(names), np.array(wanted), "name")
    assert np.array(names)[where].tolist() == wanted


@pytest.mark.parametrize("stranger", ["", "aaa", "m", "zzz"])
def test_find_names_the_stranger_wherever_it_would_sort(stranger):
    with pytest.raises(ValueError, match=f"the tray '{stranger}' is not in /thermal"):
        read.find(np.array(["b", "n"]), np.array(["n", stranger]), "tray")


# --- elevation


def test_gpus_are_numbered_within_their_tray_apart_from_cpus_and_in_any_order():
    rack = elevation(panel_trees.gb300())
    assert rack.rank[rack.gpus].tolist() == [0, 1, 2, 3] * 18
    assert set(rack.peers[rack.gpus].tolist()) == {4}
    assert (rack.first, rack.last, rack.gpus_per_tray, rack.columns, rack.lines) == (1, 35, 4, 4, 1)


def test_positions_that_count_on_after_the_cpus_give_the_same_cells():
    tree = panel_trees.gb300()
    plain = gpu_boxes(elevation(tree))
    tree["thermal"]["chip_position"].values[:] += 2
    assert np.array_equal(gpu_boxes(elevation(tree)), plain)


@pytest.mark.parametrize("system", [panel_trees.gb300, panel_trees.rubin, panel_trees.hopper, panel_trees.three_boxes])
def test_cells_of_chips_never_overlap_and_fill_whole_slots(system):
    rack = elevation(system())
    cells = np.concatenate([gpu_boxes(rack), asic_boxes(rack)])
    low, high = cells.min(axis=1), cells.max(axis=1)
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    overlap = np.triu((shared > 1e-9).all(axis=-1), k=1)
    assert not overlap.any()
    slots = len(set(rack.slot[np.concatenate([rack.gpus, rack.asics])].tolist()))
    assert np.prod(high - low, axis=1).sum() == pytest.approx(slots * rack.columns)


def test_switch_chips_that_share_a_tray_with_gpus_are_not_drawn():
    tree = panel_trees.three_boxes()
    tree["thermal"]["chip_tray"].values[3] = "compute-01"
    assert len(elevation(tree).asics) == 0


def test_two_racks_on_one_page_are_refused():
    tree = panel_trees.three_boxes()
    tree["thermal"]["tray_slot"].values[:] = 2
    with pytest.raises(ValueError, match="slot 2 holds 2 trays: select one rack"):
        elevation(tree)


def test_a_result_without_gpus_is_refused():
    tree = panel_trees.three_boxes()
    tree["thermal"]["chip_kind"].values[:] = "cpu"
    with pytest.raises(ValueError, match="no chip of chip_kind 'gpu'"):
        elevation(tree)


# --- marks


def test_boxes_go_round_from_the_top_left():
    assert marks.boxes(1.0, 2.0, 3.0, [4.0]).tolist() == [[[1, 2], [4, 2], [4, 6], [1, 6]]]


@given(arrays(float, st.integers(1, 20), elements=st.floats(-1e4, 1e4)), st.floats(0.1, 100.0))
def test_limits_hold_the_values_and_at_least_the_span(values, span):
    low, high = marks.nice_limits(values, span)
    slack = 1e-9 * max(1.0, np.abs(values).max())  # round-off of the ticks
    assert low <= values.min() + slack and values.max() - slack <= high
    assert high - low >= span * (1 - 1e-9)


def test_limits_ignore_nan_and_survive_nothing_but_nan():
    assert marks.nice_limits(np.array([1.0, np.nan, 9.0]), 1.0) == marks.nice_limits(np.array([1.0, 9.0]), 1.0)
    low, high = marks.nice_limits(np.array([np.nan]), 2.0)
    assert low < high


def test_a_load_scale_starts_at_zero_and_is_never_shorter_than_its_least():
    assert marks.nice_top(np.array([62.0, 97.0]), 10.0) == 100.0
    assert marks.nice_top(np.zeros(3), 10.0) == 10.0
    assert marks.nice_top(np.empty(0), 10.0) == 10.0


# --- style


def test_contrast_is_that_of_wcag():
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert style.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known near miss
    assert style.contrast("#ffffff", "#777777") == style.contrast("#777777", "#ffffff")


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_ink_reads_on_every_colour(colour):
    assert style.contrast(style.ink_on(colour), colour) >= 4.5


def test_the_other_ink_would_not_read_on_every_colour():
    other = {"#000000": "#ffffff", "#ffffff": "#000000"}
    assert style.contrast(other[style.ink_on("#f5e663")], "#f5e663") < 4.5


@pytest.mark.parametrize("name", sorted(style.THEMES))
def test_text_and_marks_of_a_theme_stand_out(name):
    look = style.THEMES[name]
    for ground in (look.paper, look.band, look.neutral):
        assert style.contrast(look.ink, ground) >= 4.5
        assert style.contrast(look.muted, ground) >= 4.5
    for mark in (look.liquid, look.air, look.supply, look.back, look.copper, look.alert):
        assert style.contrast(mark, look.paper) >= 3.0  # WCAG 2.1, 1.4.11


# Machado, Oliveira, Fernandes (2009), table of severity 1.0, linear RGB.
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
}  # fmt: skip


def seen(colour, blindness):
    srgb = np.array(style.to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.array(BLINDNESS[blindness]) @ linear


@pytest.mark.parametrize("blindness", sorted(BLINDNESS))
@pytest.mark.parametrize("name", sorted(style.THEMES))
def test_colours_that_mean_opposites_differ_for_colour_blind_readers(name, blindness):
    look = style.THEMES[name]
    for one, other in ((look.liquid, look.air), (look.supply, look.back)):
        assert np.linalg.norm(seen(one, blindness) - seen(other, blindness)) > 0.3
    assert np.linalg.norm(seen("#c1121f", blindness) - seen("#5f6b1f", blindness)) < 0.3  # red and olive do not


@pytest.mark.parametrize("name", sorted(style.THEMES))
def test_the_temperature_map_rises_in_lightness_and_starts_clear_of_dark_paper(name):
    look = style.THEMES[name]
    light = [style.luminance(colour) for colour in style.colormap("temperature", look)(np.linspace(0, 1, 40))]
    assert (np.diff(light) > 0).all()
    if name == "dark":
        assert style.contrast(style.colormap("temperature", look)(0.0), look.paper) > 1.25


def test_colour_families_are_those_of_the_house():
    look = style.THEMES["light"]
    assert [style.colormap(f, look).name for f in ("load", "headroom")] == ["viridis", "RdYlBu"]
