"""The pictures of the studies: no text over another, none off the paper, in both themes."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure
from page_checks import words
from turned_words import crossings

import viz
from twin.studies import broken_cable, broken_links, busbar, cooling_headroom, copper_or_optics, find, names

SMALL = {
    "broken-cable": lambda: broken_cable.study(failed_most=8, draws=3),
    "busbar": busbar.study,
    "broken-links": lambda: broken_links.study(samples=500),
    "copper-or-optics": lambda: copper_or_optics.study(points=5),
    "cooling-headroom": lambda: cooling_headroom.study(points=(5, 6, 5)),
}


@pytest.fixture(scope="module", params=sorted(SMALL))
def found(request):
    return SMALL[request.param]()


@pytest.fixture(scope="module")
def light(found):
    """The picture in the light theme, drawn once for each study."""
    return viz.chart(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_of_a_study_stand_clear_of_one_another(found, light, theme):
    assert crossings(light if theme == "light" else viz.chart(found, theme)) == []


def test_the_picture_carries_the_title_of_the_study(found, light):
    drawn = [text.replace("\n", " ").replace("\u202f", " ") for text in words(light)]
    assert found.title.replace("\u202f", " ") in drawn


def test_the_title_ends_before_the_charts_do(found, light):
    light.draw_without_rendering()
    (title,) = [text for text in light.texts if text.get_text().replace("\n", " ") == found.title]
    assert title.get_window_extent().x1 <= max(axes.get_window_extent().x1 for axes in light.axes)


@pytest.mark.parametrize("found", ["cooling-headroom"], indirect=True)
def test_the_map_names_its_regions_and_limit_lines(light):
    said = {"nearest limit: coolant return", "nearest limit: die mean", "100 % load", "no headroom left"}
    assert said <= set(words(light))


def test_a_limit_that_rules_everywhere_is_named_and_so_is_a_line_too_short_for_its_name():
    figure = viz.chart(cooling_headroom.study("hgx-h100", (7, 8, 9)))
    assert {"nearest limit: die mean", "60 % load", "80 % load", "100 % load"} <= set(words(figure))
    assert "nearest limit changes" not in words(figure)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_the_words_of_every_study_in_full_stand_clear(name):
    assert crossings(viz.chart(find(name).study())) == []


def page(*placed):
    figure = Figure(figsize=(4, 3), dpi=100)
    for x, y, said, angle in placed:
        figure.text(x, y, said, rotation=angle, ha="center", va="center", rotation_mode="anchor")
    return figure


def test_turned_words_that_cross_are_seen_and_those_side_by_side_are_not():
    assert crossings(page((0.5, 0.5, "a long text", 45), (0.5, 0.5, "another text", -45))) == [
        ("a long text", "another text")
    ]
    assert crossings(page((0.5, 0.5, "a long text", 45), (0.5, 0.62, "another text", 45))) == []
    assert crossings(page((0.5, 0.5, "one", 0), (0.52, 0.5, "two", 0))) == [("one", "two")]
    assert crossings(page((0.99, 0.5, "off the page", 0))) == [("off the page",)]
