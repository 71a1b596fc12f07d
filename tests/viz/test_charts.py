"""Charts: what is drawn is what the dataset holds, in trade units, with its words; errors name what is missing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.colors import to_hex
from page_checks import axes_of, collisions, words

from viz import style
from viz.charts import chart
from viz.charts.chart import _Grouped
from viz.charts.line import _in_order, apart, colours
from viz.charts.pareto import front
from viz.charts.quantity import quantity_of

DIFFERENCE = "temperature: difference"
SUPPLY = np.array([300.15, 310.15, 320.15, 330.15])
LOAD = np.array([0.5, 0.75, 1.0])


def variable(dims, values, units, long_name, **more):
    return xr.Variable(dims, values, {"units": units, "long_name": long_name, **more})


def study(**asked):
    """A sweep of supply temperature and load: headroom falls by a kelvin per kelvin."""
    headroom = 350.15 - SUPPLY[:, None] - 20 * LOAD
    limited = np.where(LOAD > 0.8, "die mean", "coolant return") + np.full((4, 1), "", dtype="<U1")
    fields = {
        "headroom": variable(("supply", "load"), headroom, "K", "least distance to a limit", units_metadata=DIFFERENCE),
        "limited": (("supply", "load"), limited),
        "power": variable(("supply", "load"), 1e3 * (60 + 80 * LOAD + 0 * headroom), "W", "AC power into the shelves"),
        "die": variable(("supply", "load"), SUPPLY[:, None] + 28 * LOAD, "K", "hottest die mean"),
        "low": variable("supply", SUPPLY + 25, "K", "5 %"),
        "middle": variable("supply", SUPPLY + 28, "K", "hottest die mean"),
        "high": variable("supply", SUPPLY + 33, "K", "95 %"),
    }
    coordinates = {
        "supply": xr.Variable("supply", SUPPLY, {"units": "K", "path": "cooling.supply_temperature"}),
        "load": variable("load", LOAD, "1", "load"),
    }
    return xr.Dataset(fields, coordinates, {"chart": json.dumps(asked)} if asked else {})


LINE = {"kind": "line", "x": "supply", "y": "die", "series": "load"}
HEAT = {"kind": "heat map", "x": "load", "y": "supply", "colour": "headroom"}
BAND = {"kind": "band", "x": "supply", "y": "middle", "low": "low", "high": "high", "band": "5 to 95 %"}
PARETO = {"kind": "Pareto", "x": "power", "y": "headroom", "better": {"x": "lower", "y": "higher"}}
ALL = [LINE, HEAT, BAND, PARETO]


def plain(text):
    return text.replace("\u00a0", " ")


def labels(figure):
    axes = axes_of(figure, "chart")
    return plain(axes.get_xlabel()), plain(axes.get_ylabel())


# Lines


def test_each_line_is_a_row_of_the_dataset_in_degrees_celsius():
    figure = chart(study(**LINE))
    lines = axes_of(figure, "chart").get_lines()
    assert [plain(line.get_label()) for line in lines] == ["50 %", "75 %", "100 %"]
    for line, load in zip(lines, LOAD, strict=True):
        assert line.get_xdata() == pytest.approx(SUPPLY - 273.15)
        assert line.get_ydata() == pytest.approx(SUPPLY + 28 * load - 273.15)
    assert labels(figure) == ("Supply temperature / °C", "Hottest die mean / °C")


def test_lines_are_named_at_their_ends_in_their_colours_and_the_series_once():
    figure = chart(study(**LINE))
    named = {plain(text.get_text()): text for text in axes_of(figure, "chart").texts}
    for line in axes_of(figure, "chart").get_lines():
        assert to_hex(named[plain(line.get_label())].get_color()) == to_hex(line.get_color())
    assert "Load" in named


def test_several_variables_share_an_axis_and_differ_in_dash():
    asked = {"kind": "line", "x": "supply", "y": ["low", "middle", "high"]}
    figure = chart(study(**asked))
    lines = axes_of(figure, "chart").get_lines()
    assert [line.get_label() for line in lines] == ["5 %", "Hottest die mean", "95 %"]
    assert len({(line.get_color(), str(line._dash_pattern)) for line in lines}) == 3
    assert labels(figure)[1] == "°C"


def test_a_failed_point_leaves_a_gap():
    data = study(**LINE)
    data["die"][1, 2] = np.nan
    assert np.isnan(axes_of(chart(data), "chart").get_lines()[2].get_ydata()[1])


def test_a_limit_is_a_dashed_line_at_its_value_with_its_text_inside_the_view():
    limit = {"axis": "y", "value": 368.15, "text": "die limit 95 °C"}
    figure = chart(study(**LINE, limits=[limit]))
    axes = axes_of(figure, "chart")
    (line,) = [each for each in axes.get_lines() if set(each.get_ydata()) == {95.0}]
    assert line.get_color() == style.theme("light").alert
    assert axes.get_ylim()[0] < 95.0 < axes.get_ylim()[1]
    assert "die limit 95 °C" in words(figure)


# Heat maps


def test_cells_are_the_values_of_the_dataset_with_the_right_axes():
    figure = chart(study(**HEAT))
    (mesh,) = [each for each in axes_of(figure, "chart").collections if each.get_array() is not None]
    assert mesh.get_array().data.reshape(4, 3) == pytest.approx(350.15 - SUPPLY[:, None] - 20 * LOAD)
    assert labels(figure) == ("Load / %", "Supply temperature / °C")
    assert plain(axes_of(figure, "scale").get_ylabel()) == "Least distance to a limit / K"


def test_headroom_is_coloured_around_zero_in_its_family():
    (mesh,) = axes_of(chart(study(**HEAT)), "chart").collections
    assert mesh.norm.vmin == -mesh.norm.vmax
    assert mesh.get_cmap().name == "RdYlBu"


@pytest.mark.parametrize(("colour", "family"), [("die", "temperature"), ("power", "viridis")])
def test_other_fields_wear_the_colours_of_their_family(colour, family):
    (mesh,) = axes_of(chart(study(**HEAT | {"colour": colour})), "chart").collections
    assert mesh.get_cmap().name == family


def test_a_failed_point_is_a_grey_cell():
    data = study(**HEAT)
    data["headroom"][0, 0] = np.nan
    (mesh,) = axes_of(chart(data), "chart").collections
    assert mesh.get_array().reshape(4, 3).mask.tolist()[0] == [True, False, False]
    assert to_hex(mesh.get_cmap().get_bad()) == style.theme("light").neutral


def test_a_limit_surface_runs_where_the_variable_meets_its_value():
    figure = chart(study(**HEAT, contours=[{"variable": "headroom", "value": 20.0, "text": "20 K"}]))
    line = axes_of(figure, "chart").collections[1].get_paths()[0].vertices
    supply, load = line[:, 1] + 273.15, line[:, 0] / 100
    assert 350.15 - supply - 20 * load == pytest.approx(
        20.0, abs=1e-9
    )  # the field is linear: no error of interpolation
    assert "20 K" in words(figure)


def test_a_limit_surface_says_what_limits_on_each_stretch():
    figure = chart(study(**HEAT, contours=[{"variable": "headroom", "value": 15.0, "by": "limited"}]))
    assert {"die mean", "coolant return"} <= set(words(figure))


# Bands


def test_a_band_lies_between_its_edges_around_its_line():
    figure = chart(study(**BAND))
    axes = axes_of(figure, "chart")
    outline = axes.collections[0].get_paths()[0].vertices
    for x, low, high in zip(SUPPLY - 273.15, SUPPLY + 25 - 273.15, SUPPLY + 33 - 273.15, strict=True):
        at = outline[np.isclose(outline[:, 0], x), 1]
        assert (at.min(), at.max()) == pytest.approx((low, high))
    assert axes.get_lines()[0].get_ydata() == pytest.approx(SUPPLY + 28 - 273.15)
    assert {"5 to 95 %", "Hottest die mean"} <= set(words(figure))


# Pareto


def test_the_front_holds_the_points_no_other_beats():
    x, y = np.array([1.0, 2.0, 3.0, 2.5, np.nan]), np.array([1.0, 3.0, 4.0, 2.0, 9.0])
    assert front(x, y, {"x": "lower", "y": "higher"}).tolist() == [0, 1, 2]
    assert front(x, y, {"x": "lower", "y": "lower"}).tolist() == [0]
    assert front(x, y, {"x": "higher", "y": "higher"}).tolist() == [2]


@given(arrays(float, (12, 2), elements=st.integers(0, 6).map(float)))
def test_the_front_is_what_pairwise_comparison_finds(points):
    on = front(points[:, 0], points[:, 1], {"x": "lower", "y": "lower"})
    beaten = [
        any((other <= point).all() and (other < point).any() for other in points) for point in points
    ]  # by hand: every pair
    assert {tuple(points[i]) for i in on} == {tuple(p) for p, out in zip(points, beaten, strict=True) if not out}


def test_a_pareto_chart_shows_every_point_and_says_where_better_lies():
    figure = chart(study(**PARETO, colour="supply"))
    axes = axes_of(figure, "chart")
    points = axes.collections[0].get_offsets()
    assert len(points) == 12
    assert sorted(set(points[:, 0].tolist())) == pytest.approx([100.0, 120.0, 140.0])
    assert np.asarray(axes.collections[0].get_array())[:3] == pytest.approx([27.0] * 3)
    assert "better ← ↑" in words(figure)
    (line,) = axes.get_lines()
    assert line.get_xdata().tolist() == pytest.approx([100.0])  # the coolest at half load beats all


# Units and words


@pytest.mark.parametrize(
    ("units", "value", "more", "shown", "unit"),
    [
        ("K", 358.15, {}, 85.0, "°C"),
        ("K", 10.0, {"units_metadata": DIFFERENCE}, 10.0, "K"),
        ("W", 134e3, {}, 134.0, "kW"),
        ("W", 1400.0, {}, 1.4, "kW"),
        ("W", 420.0, {}, 420.0, "W"),
        ("byte s-1", 9e11, {}, 900.0, "GB/s"),
        ("byte s-1", 1.8e12, {}, 1.8, "TB/s"),
        ("m3 s-1", 0.003, {}, 180.0, "L/min"),
        ("1", 0.5, {}, 50.0, "%"),
        ("s", 107e-6, {}, 107.0, "µs"),
        ("A", 1323.0, {}, 1323.0, "A"),
        ("USD h-1", 98.0, {}, 98.0, "USD h-1"),
    ],
)
def test_units_are_those_of_the_trade(units, value, more, shown, unit):
    found = quantity_of(xr.DataArray([value], attrs={"units": units, "long_name": "x", **more}))
    assert found.values == pytest.approx([shown])
    assert found.unit == unit
    assert found.shown(value) == pytest.approx(shown)


def test_a_unit_can_be_asked_for():
    figure = chart(study(**BAND | {"y": "middle"}, units={"supply": "K"}))
    assert labels(figure)[0] == "Supply temperature / K"
    with pytest.raises(ValueError, match=r"units\['power'\] = 'hp': must be one of 'GW', 'MW', 'kW', 'W'"):
        chart(study(**PARETO, units={"power": "hp"}))


def test_the_request_may_be_a_mapping_or_json():
    data = study()
    data.attrs["chart"] = BAND
    assert labels(chart(data)) == labels(chart(study(**BAND)))


# Looks


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("asked", ALL, ids=[asked["kind"] for asked in ALL])
def test_no_text_overlaps_another_or_leaves_the_paper(asked, theme):
    limits = [{"axis": "y", "value": 348.15, "text": "a limit"}] if asked in (LINE, BAND) else []
    figure = chart(study(**asked, title="A question in a few words", limits=limits), theme)
    assert collisions(figure) == []
    assert to_hex(figure.get_facecolor()) == style.theme(theme).paper


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_stand_out_from_the_paper(theme):
    look = style.theme(theme)
    assert min(style.contrast(colour, look.paper) for colour in colours(7, look)) > 3.0  # WCAG 2.1, 1.4.11


@given(arrays(float, st.integers(1, 9), elements=st.floats(0, 100)))
def test_names_are_pushed_apart_in_order_and_no_farther_than_needed(wanted):
    placed = apart(wanted, 10.0)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(placed[order]) >= 10.0 - 1e-9).all()
    if (np.diff(wanted[order]) >= 10.0).all():
        assert placed == pytest.approx(wanted)
    assert placed.mean() == pytest.approx(wanted.mean(), abs=1e-9)


def test_the_dataset_is_left_as_it_was():
    data = study(**HEAT)
    before = data.copy(deep=True)
    chart(data)
    xr.testing.assert_identical(data, before)


# Errors


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "no attribute chart"),
        ({"kind": "pie"}, "chart kind = 'pie': must be one of 'line', 'heat map', 'map', 'bars', 'band'"),
        ({"kind": "line", "x": "supply"}, "chart of kind 'line' has no 'y': it needs 'x', 'y'"),
        ({**LINE, "serie": "load"}, "does not know 'serie': there is series"),
        ({**LINE, "y": "dei"}, "chart y = 'dei': no such variable; there is die"),
        ({**HEAT, "colour": "head"}, "chart colour = 'head': no such variable; there is headroom"),
        ({"kind": "line", "x": "supply", "y": "die"}, "variable die also depends on load: select one value of it"),
        ({**BAND, "low": "load"}, "variable load also depends on load|variable load does not depend on supply"),
        ({**PARETO, "better": {"x": "less", "y": "more"}}, "each 'lower' or 'higher'"),
        ({**LINE, "limits": [{"value": 1}]}, "needs 'axis'"),
        ({**HEAT, "contours": [{"variable": "headroom", "value": 0}]}, "'text' or 'by'"),
        ({**HEAT, "x": "headroom"}, "variable headroom has dimensions .supply, load.: an axis needs one"),
    ],
)
def test_what_is_missing_or_unknown_is_named(asked, message):
    with pytest.raises(ValueError, match=message):
        chart(study(**asked))


def test_a_chart_that_is_no_mapping_is_refused():
    for wrong in ("not json", "[1, 2]", 7):
        data = study()
        data.attrs["chart"] = wrong
        with pytest.raises(ValueError, match="mapping"):
            chart(data)


@pytest.mark.parametrize("attribute", ["units", "long_name"])
def test_a_variable_without_words_or_unit_is_named(attribute):
    data = study(**BAND)
    del data["middle"].attrs[attribute]
    with pytest.raises(ValueError, match=f"variable middle has no attribute {attribute}"):
        chart(data)


def test_too_many_lines_are_refused():
    wide = study(**LINE).interp(load=np.linspace(0.5, 1, 9))
    wide["load"].attrs = {"units": "1", "long_name": "load"}
    wide.attrs["chart"] = LINE
    with pytest.raises(ValueError, match="has 9 values: at most 7 lines are legible"):
        chart(wide)


# Steps, points, keys, ends


def test_the_sign_of_headroom_shows_in_the_colours_beside_zero():
    (mesh,) = axes_of(chart(study(**HEAT)), "chart").collections
    below, above = (np.array(mesh.get_cmap()(mesh.norm(value))[:3]) for value in (-0.1, 0.1))
    smooth = [np.array(style.colormap("headroom", style.theme("light"))(0.5 + step)[:3]) for step in (-0.01, 0.01)]
    assert np.abs(below - above).max() > 0.3 > 5 * np.abs(smooth[0] - smooth[1]).max()


def test_values_that_hold_are_drawn_as_steps():
    line = axes_of(chart(study(**LINE, steps=True)), "chart").get_lines()[0]
    band = axes_of(chart(study(**BAND, steps=True)), "chart")
    assert {line.get_drawstyle(), band.get_lines()[0].get_drawstyle()} == {"steps-mid"}
    corners = band.collections[0].get_paths()[0].vertices  # the band turns half way between the nodes too
    assert np.isclose(corners[:, 0], 32.0).any()


def test_a_key_holds_the_names_in_their_order_and_dashes_tell_the_lines_apart():
    axes = axes_of(chart(study(**LINE, names="key")), "chart")
    assert [plain(text.get_text()) for text in axes.get_legend().get_texts()] == ["50 %", "75 %", "100 %"]
    assert len({str(line._dash_pattern) for line in axes.get_lines()}) == 3
    assert not axes.texts


def test_points_are_marked_and_those_that_never_come_stand_on_the_top_edge():
    data = study(kind="line", x="supply", y=["low", "high"], points=True, never="never")
    data["low"][2:], data["high"][2:] = np.nan, np.nan
    figure = chart(data)
    marked, other, never = axes_of(figure, "chart").get_lines()
    assert marked.get_marker() == other.get_marker() == "o"
    assert never.get_xdata() == pytest.approx(SUPPLY[2:] - 273.15)
    assert "never" in words(figure)
    assert "never" not in words(chart(study(kind="line", x="supply", y=["low", "high"], never="never")))


def test_a_line_that_ends_early_is_named_at_its_end_and_its_mark_in_the_key():
    mark = {"x": SUPPLY[1], "y": 355.0, "text": "switches off", "shape": "x"}
    data = study(**LINE, marks=[mark])
    data["die"][2:, 2] = np.nan
    axes = axes_of(chart(data), "chart")
    (name,) = [text for text in axes.texts if plain(text.get_text()) == "100 %"]
    assert name.get_horizontalalignment() == "right"
    assert name.xy[0] == pytest.approx(1 / 3)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["switches off"]


def test_lines_that_end_together_are_named_in_the_order_of_their_values():
    ends = np.array([50.1, 50.0, 50.2, 20.0])
    assert np.argsort(-_in_order(ends)).tolist() == [0, 1, 2, 3]
    assert np.abs(_in_order(ends) - ends).max() <= 2.6


def test_a_stretch_covers_its_values_and_thousands_stand_apart():
    stretch = {"axis": "y", "value": 340.15, "to": 350.15, "text": "chance", "quiet": True}
    figure = chart(study(**LINE, limits=[stretch]))
    (patch,) = axes_of(figure, "chart").patches
    assert (patch.get_y(), patch.get_height()) == pytest.approx((67.0, 10.0))
    assert "chance" in words(figure)
    assert _Grouped.grouped("\N{MINUS SIGN}12500.25") == "\N{MINUS SIGN}12\u202f500.25"
    assert _Grouped.grouped("850") == "850"
