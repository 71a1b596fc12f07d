"""Headline numbers: trade units, dashes for what does not apply, text that fits."""

import page_checks
import panel_trees
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz import flat_panel, headline, style

LIGHT = style.THEMES["light"]


def tile(tree, caption):
    (found,) = [t for t in headline.tiles(tree, LIGHT) if t.caption == caption]
    return found


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")


@pytest.mark.parametrize(
    ("caption", "value", "notes"),
    [
        ("Rack power", "4.6 kW", ("AC into the rack", "4.5 kW DC from the shelves")),
        ("NVLink per GPU", "125 GB/s", ("per direction", "total 500 GB/s both ways")),
        ("Hottest die", "75.0 °C", ("die mean, compute-01/gpu-1", "spot 86.0 °C")),
        ("Coolant", "45.0 \u2192 55.0 °C", ("supply to return", "6.0 L/min")),
        ("Busbar", "90 A", ("fullest section, rated 80 A", "lowest voltage 49.95 V")),
        ("Headroom", "-2.5 K", ("limited by hot spot of compute-01/gpu-1",)),
    ],
)
def test_each_headline_equals_the_number_by_hand(caption, value, notes):
    found = tile(panel_trees.three_boxes(), caption)
    assert plain(found.value) == value
    assert tuple(plain(note) for note in found.notes) == notes


def test_headlines_are_on_the_page():
    words = "\n".join(plain(word) for word in page_checks.words(flat_panel(panel_trees.three_boxes())))
    for text in ("4.6 kW", "125 GB/s", "75.0 °C", "90 A", "-2.5 K", "limited by hot spot"):
        assert text in words


def test_without_any_summary_number_every_value_is_a_dash_and_never_a_zero():
    tree = panel_trees.three_boxes()
    tree["summary"] = type(tree)(tree["summary"].to_dataset().drop_vars(list(tree["summary"].data_vars)))
    values = [t.value for t in headline.tiles(tree, LIGHT)]
    assert all("\u2013" in value for value in values)
    assert not any(character.isdigit() for value in values for character in value)
    assert headline.conditions(tree) == ""
    assert page_checks.collisions(flat_panel(tree)) == []


def test_a_current_above_the_rating_is_red_and_one_below_is_copper():
    tree = panel_trees.three_boxes()
    assert tile(tree, "Busbar").bar == (LIGHT.alert,)
    tree["power"].attrs["busbar_rated_current"] = 100.0
    assert tile(tree, "Busbar").bar == (LIGHT.copper,)


def test_headroom_runs_from_red_to_blue():
    tree = panel_trees.three_boxes()
    reds = []
    for kelvin in (-30.0, -5.0, 5.0, 30.0):
        tree["summary"]["headroom_temperature"] = kelvin
        reds.append(tile(tree, "Headroom").bar[0][0] - tile(tree, "Headroom").bar[0][2])
    assert reds == sorted(reds, reverse=True)
    assert reds[0] > 0 > reds[-1]


def test_the_hottest_die_is_named_even_when_it_is_no_gpu():
    tree = panel_trees.three_boxes()
    tree["thermal"]["junction_temperature"].values[2] = 351.15
    tree["summary"]["junction_temperature_max"] = 351.15
    assert tile(tree, "Hottest die").notes[0] == "die mean, compute-01/cpu-0"


@pytest.mark.parametrize(("kelvin", "text"), [(318.15, "45 °C"), (298.65, "25.5 °C"), (263.15, "-10 °C")])
def test_supply_temperature_has_a_decimal_only_where_it_needs_one(kelvin, text):
    tree = panel_trees.three_boxes()
    tree["summary"]["coolant_supply_temperature"] = kelvin
    assert plain(headline.conditions(tree)).startswith(f"{text} supply")


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "Zs")), max_size=120), st.floats(1.0, 4.0))
def test_fitted_text_is_never_wider_than_its_place_nor_longer_than_its_lines(text, inches):
    rows = headline.fit(text, inches, 10.0, 2)
    assert len(rows) <= 2
    assert all(headline._width(row, 10.0) <= inches for row in rows)


def test_text_that_fits_is_not_changed_and_text_that_does_not_ends_in_its_unit():
    assert headline.fit("rack power", 3.0, 10.0, 1) == ["rack power"]
    cut = headline.fit("a very long name of a temperature of some chip", 1.0, 10.0, 1, keep=" / °C")
    assert cut[0].endswith("\u2026 / °C")
    assert headline.fit("", 1.0, 10.0, 3) == []


def with_summary(tree, **values):
    summary = tree["summary"].to_dataset().assign({name: ((), value) for name, value in values.items()})
    return type(tree).from_dict({**{f"/{k}": v.to_dataset() for k, v in tree.children.items()}, "/summary": summary})


def test_a_rack_that_is_short_of_power_says_so_in_place_of_its_kelvins():
    tree = with_summary(
        panel_trees.three_boxes(),
        headroom_temperature=10.0,
        headroom_power=-63.7e3,
        headroom_power_limited_by="slots 4-5: busbar section current",
    )
    found = tile(tree, "Headroom")
    assert plain(found.value) == "-63.7 kW"
    assert found.bar == (LIGHT.alert,)
    assert "busbar section current" in found.notes[0]


def test_power_to_spare_leaves_the_kelvins_in_place():
    tree = with_summary(panel_trees.three_boxes(), headroom_temperature=10.0, headroom_power=7e3)
    assert plain(tile(tree, "Headroom").value) == "+10.0 K"
