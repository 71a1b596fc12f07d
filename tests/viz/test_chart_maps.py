"""Maps, bars, panels: fields with regions and limit lines, rows of bars, charts side by side; free spots for words."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from page_checks import axes_of, collisions, draw, pixel, words
from turned_words import crossings

from viz import style
from viz.charts import chart
from viz.charts.spots import around, inside, settle

DIFFERENCE = {"units_metadata": "temperature: difference"}
SUPPLY, FLOW, LOAD = np.linspace(300.15, 330.15, 16), np.linspace(1e-3, 3e-3, 11), np.array([0.5, 1.0])


def variable(dims, values, units, long_name, **more):
    return xr.Variable(dims, values, {"units": units, "long_name": long_name, **more})


def field(**asked):
    """Two limits: one that falls with supply and load, and one that rises with flow; headroom is the lower."""
    supply, flow, load = SUPPLY[:, None, None], FLOW[:, None] * 1e3, LOAD
    die = 340.15 - supply - 15 * load + 0 * flow
    back = 340.15 - supply - 30 * load / flow
    both = np.stack([die, back])
    fields = {
        "room": variable(("limit", "supply", "flow", "load"), both, "K", "distance", **DIFFERENCE),
        "headroom": variable(("supply", "flow", "load"), both.min(axis=0), "K", "headroom", **DIFFERENCE),
        "said": (("supply", "flow", "load"), np.where(die < back, "die mean", "coolant return")),
    }
    axes = {
        "limit": ("limit", ["die mean", "coolant return"]),
        "supply": variable("supply", SUPPLY, "K", "supply temperature"),
        "flow": variable("flow", FLOW, "m3 s-1", "flow"),
        "load": variable("load", LOAD, "1", "load"),
    }
    return xr.Dataset(fields, axes, {"chart": json.dumps(MAP | asked), "title": "A map"})


ZERO = {"variable": "headroom", "value": 0.0, "series": "load", "text": "{} load", "key": "no headroom left"}
MAP = {
    "kind": "map", "x": "flow", "y": "supply", "colour": "headroom", "step": 5.0, "at": {"load": 1.0},
    "regions": {"variable": "room", "text": "limited by {}"}, "contours": [ZERO],
    "marks": [{"x": 2.5e-3, "y": 310.15, "text": "operating point"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn():
    """The map as it is asked for in `MAP`."""
    return chart(field())


def lines(figure):
    """Vertices of every line drawn as a contour of one level, in K and L/min."""
    sets = axes_of(figure, "chart").collections
    return [s.get_paths()[0].vertices for s in sets if len(s.get_paths()) == 1 and len(s.get_paths()[0].vertices) > 1]


# Maps


def test_steps_of_colour_stand_where_the_dataset_has_their_values(drawn):
    axes, image = axes_of(drawn, "chart"), draw(drawn)
    filled = axes.collections[0]
    assert filled.levels[0] % 5 == 0
    assert set(np.diff(filled.levels)) == {5.0}
    inner = (filled.levels[:-1] + filled.levels[1:]) / 2
    value = float(field().headroom.sel(supply=304.15, flow=2.8e-3, load=1.0, method="nearest"))
    level = inner[np.searchsorted(filled.levels, value) - 1]
    wanted = filled.get_cmap()(filled.norm(level))
    assert pixel(drawn, image, axes, 168.0, 31.0)[:3] == pytest.approx(wanted[:3], abs=0.05)


@pytest.mark.parametrize("load", [0.5, 1.0])
def test_each_limit_line_runs_where_headroom_is_zero_at_its_load(load):
    figure = chart(field(contours=[{**ZERO, "values": [load]}], regions={"variable": "said"}, marks=[]))
    nodes = FLOW * 6e4  # there the field is linear along the line's grid line, so the crossing is exact
    for flow in nodes[1:-1]:
        wanted = min(67.0 - 15 * load, 67.0 - 30 * load / (flow / 60))
        if 27.0 < wanted < 57.0:
            found = [y for line in lines(figure) for x, y in line if abs(x - flow) < 1e-6]
            assert min(abs(y - wanted) for y in found) < 1e-6


def test_the_line_of_the_maps_own_load_is_the_thick_one_and_all_are_named(drawn):
    widths = [s.get_linewidth()[0] for s in axes_of(drawn, "chart").collections if len(s.get_linewidth()) == 1]
    assert 2.8 in widths
    assert {"100 % load", "no headroom left"} <= set(words(drawn))
    weights = {t.get_text().replace("\u00a0", " "): t.get_weight() for t in axes_of(drawn, "chart").texts}
    assert weights["100 % load"] == "bold"


def test_only_the_chosen_values_of_a_series_get_a_line():
    every = chart(field(contours=[{**ZERO, "value": 10.0}]))
    one = chart(field(contours=[{**ZERO, "value": 10.0, "values": [0.5]}]))
    assert {"50 % load", "100 % load"} <= set(words(every))
    assert "50 % load" in words(one)
    assert "100 % load" not in words(one)


@pytest.mark.parametrize("regions", ["room", "said"])
def test_regions_are_named_where_they_rule(drawn, regions):
    asked = {"variable": regions, "text": "limited by {}"}
    figure = drawn if asked == MAP["regions"] else chart(field(regions=asked))
    spots = {t.get_text(): t.get_position() for t in axes_of(figure, "chart").texts}
    data = field().said.sel(load=1.0)
    for name in ("die mean", "coolant return"):
        flow, supply = spots[f"limited by {name}"]
        assert data.sel(flow=flow / 6e4, supply=supply + 273.15, method="nearest") == name


def test_the_edge_between_two_surfaces_is_where_they_are_equal():
    figure = chart(field(contours=[]))
    edge = [line for line in lines(figure) if np.ptp(line[:, 0]) < 1.0 and np.ptp(line[:, 1]) > 20]
    assert edge
    assert edge[0][:, 0] == pytest.approx(2e-3 * 6e4, abs=0.2)  # 30 / flow = 15 at 2 L/s; linear between nodes there


def test_a_mark_stands_at_its_values_with_its_words_beside_it(drawn):
    axes = axes_of(drawn, "chart")
    (mark,) = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((150.0, 37.0))
    assert "operating point" in words(drawn)


def test_unsolved_points_are_grey():
    data = field(marks=[], contours=[], regions={"variable": "said"})
    data["headroom"][:4, :4] = np.nan
    figure = chart(data)
    grey = pixel(figure, draw(figure), axes_of(figure, "chart"), 65.0, 28.0)
    assert to_hex(grey) == style.theme("light").neutral


def test_a_region_over_too_many_dimensions_is_refused():
    data = field()
    data.attrs["chart"] = json.dumps({k: v for k, v in MAP.items() if k != "at"} | {"colour": "flat"})
    data["flat"] = data.headroom.isel(load=0, drop=True).assign_attrs(data.headroom.attrs)
    with pytest.raises(ValueError, match="needs one dimension more than the map"):
        chart(data)


# Bars


def rows(**asked):
    strength = [0.8, -0.5, 0.3, -0.1]
    names = ["thermal interface conductivity of the package", "limit", "die thickness", "pump"]
    fields = {
        "one": variable("input", strength, "1", "headroom"),
        "two": variable("input", [-0.2, 0.4, 0.1, 0.0], "1", "power"),
        "name": ("input", names, {"long_name": "input"}),
    }
    return xr.Dataset(fields, {}, {"chart": BARS | asked})


BARS = {"kind": "bars", "x": ["one", "two"], "y": "name", "axis": "Rank correlation", "units": {"one": "", "two": ""}}


def test_bars_are_the_values_from_the_top_with_their_names():
    axes = axes_of(chart(rows()), "chart")
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0.8, -0.5, 0.3, -0.1])
    heights = [bar.get_y() for bar in axes.patches]
    assert heights == sorted(heights)
    assert axes.yaxis_inverted()
    assert [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()] == list(rows().name.values)
    assert axes.get_xlabel() == "Rank correlation"


def test_further_variables_are_marks_on_the_rows_of_the_bars():
    axes = axes_of(chart(rows()), "chart")
    (marks,) = [c for c in axes.collections if len(c.get_offsets())]
    assert marks.get_offsets()[:, 0].tolist() == pytest.approx([-0.2, 0.4, 0.1, 0.0])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Headroom", "Power"]


def test_only_the_first_rows_are_drawn_where_so_many_are_asked_for():
    assert len(axes_of(chart(rows(most=2)), "chart").patches) == 2


# Lines beside a band, marks that are no alarms


def test_a_band_may_have_lines_beside_it_each_named_at_its_end():
    x = variable("n", np.arange(5.0), "1", "failed")
    names = {"middle": 3, "low": 2, "high": 4, "best": 5, "worst": 1}
    fields = {name: variable("n", value - 0.1 * x.values, "W", name) for name, value in names.items()}
    asked = {"kind": "band", "x": "n", "y": "middle", "low": "low", "high": "high", "band": "5 to 95 %"}
    figure = chart(xr.Dataset(fields, {"n": x}, {"chart": {**asked, "lines": ["best", "worst"], "axis": "Power"}}))
    axes = axes_of(figure, "chart")
    assert {"Middle", "Best", "Worst", "5 to 95 %"} <= set(words(figure))
    assert axes.get_ylabel().startswith("Power")
    assert [line.get_ydata()[0] for line in axes.get_lines()] == pytest.approx([3, 5, 1])
    assert collisions(figure) == []


def test_a_quiet_limit_is_muted():
    figure = chart(rows(limits=[{"axis": "x", "value": 0.25, "text": "chance", "quiet": True}]))
    (line,) = [each for each in axes_of(figure, "chart").get_lines() if each.get_xdata()[0] == 0.25]
    assert line.get_color() == style.theme("light").muted


# Panels


def panels(*parts, **more):
    data = field()
    data.attrs["chart"] = json.dumps({"panels": list(parts), **more})
    return data


def test_panels_stand_side_by_side_each_at_its_own_value():
    figure = chart(panels(MAP | {"at": {"load": 0.5}, "title": "half"}, MAP | {"title": "full"}, title="Two loads"))
    left, right = axes_of(figure, "chart"), axes_of(figure, "chart 2")
    assert left.get_position().x1 < right.get_position().x0
    assert left.get_position().bounds[1:] == pytest.approx(
        (right.get_position().y0, right.get_position().width, right.get_position().height)
    )
    assert {"half", "full", "Two loads"} <= set(words(figure))
    tops = [axes.collections[0].get_array().max() for axes in (left, right)]
    assert tops[0] > tops[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["map", "bars", "panels"])
def test_no_text_of_a_map_bars_or_panels_overlaps_another(kind, theme):
    quiet = [{"axis": "x", "value": 0.25, "text": "chance", "quiet": True}]
    data = {"map": field, "bars": lambda: rows(limits=quiet, title="Bars"), "panels": lambda: panels(MAP, MAP)}[kind]()
    figure = chart(data, theme)
    assert crossings(figure) == []


# Free spots


def empty():
    figure = Figure(figsize=(4, 3), dpi=100)
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(-80, 80)), min_size=2, max_size=8))
def test_settled_words_never_overlap_and_stay_inside(spots):
    axes, taken = empty(), []
    kept = [settle(axes.text(0, 0, "a word", ha="center"), [(x, y)], taken, [angle]) for x, y, angle in spots]
    assert len(axes.texts) == sum(kept)
    extents = [text.get_window_extent() for text in axes.texts]
    assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in extents)
    flat = [text for text in axes.texts if text.get_rotation() == 0]
    boxes = [text.get_window_extent() for text in flat]
    assert not any(Bbox.intersection(a, b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_word_takes_the_first_free_spot_and_goes_where_there_is_none():
    axes, taken = empty(), []
    assert settle(axes.text(0, 0, "one", ha="center"), [(0.5, 0.5)], taken)
    two = axes.text(0, 0, "two", ha="center")
    assert settle(two, [(0.5, 0.5), (0.5, 0.9), (0.2, 0.2)], taken)
    assert two.get_position() == (0.5, 0.9)
    assert not settle(axes.text(0, 0, "three", ha="center"), [(0.5, 0.5), (1.5, 0.5)], taken)
    assert [text.get_text() for text in axes.texts] == ["one", "two"]


def test_turned_words_leave_the_corners_of_their_upright_box_free():
    axes, taken = empty(), []
    assert settle(axes.text(0, 0, "a long word here", ha="center", va="center"), [(0.5, 0.5)], taken, [45.0])
    assert settle(axes.text(0, 0, "x", ha="center"), [(0.4, 0.65)], taken)


def test_the_middle_of_a_region_comes_first():
    axes, grid = empty(), np.linspace(0, 1, 11)
    mask = np.zeros((11, 11), dtype=bool)
    mask[2:9, 1:8] = True
    x, y = inside(axes, mask, grid, grid)[0]  # wider than high on paper: several x are as far from the edge
    assert y == pytest.approx(0.5)
    assert 0.25 < x < 0.65


def test_spots_around_a_point_start_right_above_it():
    first, second, *_ = around(empty(), 0.5, 0.5, 10.0)
    assert first == pytest.approx([0.5, 0.5 + 10 * (100 / 72) / 300])
    assert second[1] < 0.5


# Errors


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"at": {"load": 0.7}}, r"chart at load = 0.7: there is 0.5, 1.0"),
        ({"at": {"laod": 1.0}}, r"chart at = 'laod': no such variable; there is load"),
        ({"step": 0.0}, "chart step = 0.0: must be > 0"),
        ({"regions": {"variable": "rom"}}, "no such variable; there is room"),
        ({"marks": [{"x": 1.0}]}, "mark .*: needs 'x', 'y' and 'text'"),
        ({"contours": [{"variable": "headroom", "value": 0}]}, "'text' or 'series'"),
        ({"contours": [{**ZERO, "values": [0.6]}]}, "chart at load = 0.6: there is 0.5, 1.0"),
        ({"panels": [MAP]}, "chart of panels does not know"),
    ],
)
def test_what_a_map_lacks_is_named(asked, message):
    with pytest.raises(ValueError, match=message):
        chart(field(**asked))


@pytest.mark.parametrize("many", [0, 4])
def test_too_many_panels_are_refused(many):
    with pytest.raises(ValueError, match="a list of 1 to 3 charts"):
        chart(panels(*[MAP] * many))
