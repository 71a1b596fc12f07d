"""The one-line diagram: every element of the feed is on it with its numbers, and nothing overlaps."""

from functools import cache

import numpy as np
import page_checks
import pytest
from matplotlib.colors import to_hex

import twin
from viz import oneline, style
from viz.diagrams.parts import feed_items, paint, watts

LIGHT = style.theme("light")
CASES = {
    "gb300": ("gb300-nvl72",),
    "board": ("hgx-h100",),
    "rubin": ("vr-nvl72", ("feed", "nvidia-exemplar")),
    "outage": (
        "gb300-nvl72",
        ("feed.open_branch", "row-cable-2"),
        ("rack.stack.top-shelves.in_service", False),
    ),
    "direct": (
        "gb300-nvl72",
        ("rack.supply", "row-800v"),
        ("feed", "dc-row-800v"),
        ("feed.open_branch", "row-cable-2"),
    ),
    "behind": ("gb300-nvl72", ("feed.cooling_board.on_ups", "all")),
    "off": ("gb300-nvl72", ("feed.open_branch", "cooling-cable")),
    "alone": ("gb300-nvl72", ("feed", "none")),
    "unsolved": ("gb300-nvl72", ("feed.racks", 200)),
    "row": ("gb300-nvl72", ("rack.supply", "row-800v"), ("feed", "dc-row-800v")),
    "dead": ("gb300-nvl72", ("feed", "nvidia-exemplar"), ("feed.open_branch", "cable")),
}


@cache
def solved(case):
    system, *changes = CASES[case]
    spec = twin.load(system)
    for path, value in changes:
        spec = spec.with_(path, value)
    return twin.solve(spec)


@cache
def drawn(case):
    return oneline(solved(case))


def words(case):
    return " ".join(text.get_text() for text in page_checks.texts(drawn(case)))


def faces(case, label):
    return [to_hex(patch.get_facecolor()) for patch in page_checks.axes_of(drawn(case), label).patches]


@pytest.mark.parametrize("case", CASES)
def test_no_text_overlaps_another_or_leaves_the_page(case):
    assert page_checks.collisions(drawn(case)) == []


def test_every_tier_is_named_with_its_power():
    said, data = words("gb300"), solved("gb300")["power"]
    at = dict(zip(data.feeder.values.tolist(), data.feeder_power.values.tolist(), strict=True))
    for name, part in (
        ("utility, 34.5 kV", "utility"),
        ("cable, 34.5 kV", "cable"),
        ("transformer to 415 V", "transformer"),
    ):
        assert name in said
        assert watts(at[part]) in said
    assert f"UPS, 415 V output {watts(at['switchboard'])}" in said.replace("\n", " ")
    assert "8 racks" in said
    assert "10 × compute" in said


def test_the_cooling_stands_at_its_boards():
    said, data = words("gb300"), solved("gb300")["power"]
    at = dict(zip(data.feeder.values.tolist(), data.feeder_power.values.tolist(), strict=True))
    assert f"cooling {watts(at['cooling-cable'])}" in said.replace("\n", " ")
    assert f"pumps of CDUs {watts(at['cooling-ups-cable'])}" in said.replace("\n", " ")
    assert "pumps of CDUs" not in words("rubin")
    assert "cooling no supply" in words("dead").replace("\n", " ")
    assert "cooling" not in words("alone")


def test_a_square_stands_for_each_rack():
    axes = page_checks.axes_of(drawn("board"), "feed")
    assert {str(k) for k in range(1, 65)} <= {text.get_text() for text in axes.texts}


def test_what_is_above_its_limit_is_in_the_colour_of_alerts():
    assert faces("rubin", "feed")[0] == LIGHT.alert
    assert LIGHT.alert not in faces("gb300", "feed")


def test_open_breakers_are_hollow_and_said():
    said = words("outage")
    assert "open" in said
    assert "0 of 8 racks no supply" in said.replace("\n", " ")
    assert "4 shelves: breaker open" in said
    assert faces("outage", "rack").count(LIGHT.paper) == 4
    assert "open" not in words("gb300")


def test_a_rack_on_a_row_of_direct_current_hangs_on_its_tap():
    said = words("direct").replace("\n", " ")
    assert "kW from a DC row" in said
    assert "row-tap" in said
    assert "shelf" not in said
    assert "0 of 8 racks no supply" in said


def test_a_feed_without_an_answer_is_not_drawn_but_said():
    axes = page_checks.axes_of(drawn("unsolved"), "feed")
    (told,) = axes.texts
    assert told.get_text().replace("\n", " ").startswith("feed not solved: power of the input of UPS 'ups' = 31.7 MW")
    assert not axes.patches
    assert "nan" not in words("unsolved")


def test_a_row_says_that_both_ends_feed_it_and_its_racks_are_in_the_legend():
    assert "fed from both ends" in words("row")
    assert "fed from" not in words("gb300")
    assert "no rating" in words("row")


def test_without_a_feed_the_rack_stands_alone():
    assert feed_items(solved("alone")) == []
    assert "utility" not in words("alone")
    assert "this rack: 134.4 kW AC" in words("alone")


def test_a_loading_has_the_colour_of_its_share_and_none_is_grey():
    assert paint(np.nan, LIGHT) == paint(0.0, LIGHT) == LIGHT.neutral
    assert paint(1.0, LIGHT) == to_hex(style.colormap("load", LIGHT)(1.0))
    assert paint(1.01, LIGHT) == LIGHT.alert
    assert paint(0.2, LIGHT) != paint(0.8, LIGHT)


def test_powers_have_the_unit_that_fits():
    assert [watts(value) for value in (171.6, 9794.0, 2.218e6)] == ["172 W", "9.8 kW", "2.22 MW"]


def test_the_picture_has_the_size_asked_for_and_leaves_the_result_alone():
    tree = solved("board")
    before = tree.copy(deep=True)
    figure = oneline(tree, "dark", (1000, 650))
    assert (figure.get_size_inches() * figure.dpi).round().tolist() == [1000, 650]
    assert tree.identical(before)


def test_a_result_without_a_feed_dimension_and_a_size_out_of_range_are_refused():
    tree = solved("board").copy()
    tree["power"] = tree["power"].to_dataset().drop_dims("feeder")
    with pytest.raises(ValueError, match="no dimension feeder in /power: run `twin run` again"):
        oneline(tree)
    with pytest.raises(ValueError, match="size = 100x100: must be 800x500 to"):
        oneline(solved("board"), size=(100, 100))
