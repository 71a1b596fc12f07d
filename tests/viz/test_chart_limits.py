"""Limits on charts: their words stand clear of the lines of data; ends of axes, marks at zero, a choice of lines."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from page_checks import axes_of

from viz.charts import chart

X = np.linspace(0.3, 39.7, 200)


def variable(dims, values, units, long_name):
    return xr.Variable(dims, values, {"units": units, "long_name": long_name})


def drawn(*courses, x=X, **asked):
    """A chart of lines over time in seconds, powers in watts."""
    fields = {f"y{i}": variable("time", values, "W", f"course {i}") for i, values in enumerate(courses)}
    asked = {"kind": "line", "x": "time", "y": list(fields), "axis": "Power", **asked}
    return axes_of(chart(xr.Dataset(fields, {"time": variable("time", x, "s", "time")}, {"chart": asked})), "chart")


def limit(axis, value):
    return [{"axis": axis, "value": value, "text": "the limit"}]


def words_of(axes):
    (text,) = [one for one in axes.texts if one.get_text() == "the limit"]
    return text


def crossed(axes):
    """Whether a line of data runs through the words of the limit."""
    box = words_of(axes).get_window_extent()
    paths = [line.get_path().transformed(line.get_transform()) for line in axes.get_lines()]
    return any(path.intersects_bbox(box, filled=False) for path in paths if len(path.vertices) > 2)


RISE = 100 * np.minimum(X / 2, 1.5)  # passes 100 W early


def test_words_stand_at_the_left_above_their_line_where_nothing_is_in_the_way():
    axes = drawn(0.5 * X, limits=limit("y", 100))
    assert not crossed(axes)
    assert words_of(axes).xy[0] == 0
    assert words_of(axes).get_va() == "bottom"


def test_words_move_to_the_right_where_a_line_rises_through_their_place():
    axes = drawn(RISE, limits=limit("y", 100))
    assert words_of(axes).xy[0] == 1
    assert not crossed(axes)


def test_words_move_below_where_lines_run_above_both_ends():
    axes = drawn(np.full(X.size, 103.0), 20 + 0.1 * X, limits=limit("y", 100))
    assert words_of(axes).get_va() == "top"
    assert not crossed(axes)


def test_words_of_an_upright_line_move_down_where_a_line_passes_at_the_top():
    axes = drawn(np.interp(X, [0, 16, 20, 40], [0, 0, 100, 100]), limits=limit("x", 20))
    assert not crossed(axes)
    assert words_of(axes).get_rotation() == 90


def test_words_without_a_free_place_keep_the_best_one():
    crowd = [100 + k + 4 * np.sin(X) for k in np.linspace(-60, 60, 25)]
    axes = drawn(*crowd, limits=limit("y", 100))
    assert crossed(axes)
    assert (words_of(axes).xy[0], words_of(axes).get_va()) == (0, "bottom")


def test_an_axis_reaches_for_round_numbers_just_beyond_its_data_and_for_no_others():
    assert drawn(RISE).get_xlim() == (0, 40)
    left, right = drawn(RISE, x=np.linspace(1.5, 38.0, 200)).get_xlim()
    assert (left, right) == pytest.approx((1.5, 38.0))


def test_a_mark_at_zero_is_drawn_whole():
    fields = {
        "one": variable("part", [3.0, 2.0], "1", "with"),
        "two": variable("part", [0.0, 1.0], "1", "without"),
        "name": ("part", ["GPU", "link"], {"long_name": "part"}),
    }
    asked = {"kind": "bars", "x": ["one", "two"], "y": "name", "axis": "Lost"}
    axes = axes_of(chart(xr.Dataset(fields, {}, {"chart": asked})), "chart")
    (marks,) = [one for one in axes.collections if len(one.get_offsets())]
    (zero,) = [line for line in axes.get_lines() if set(line.get_xdata()) == {0.0}]
    assert not marks.get_clip_on()
    assert marks.get_zorder() > zero.get_zorder()


def test_a_series_may_be_drawn_at_some_of_its_values_only():
    flow = variable("flow", [0.0, 0.2, 0.25, 0.4], "1", "flow")
    power = variable(("flow", "time"), np.outer(flow.values, X), "W", "power")
    data = xr.Dataset({"power": power}, {"time": variable("time", X, "s", "time"), "flow": flow})
    asked = {"kind": "line", "x": "time", "y": "power", "series": "flow"}
    data.attrs["chart"] = asked | {"at": {"flow": [0.0, 0.2, 0.4]}}
    lines = axes_of(chart(data), "chart").get_lines()
    assert [line.get_ydata()[-1] for line in lines] == pytest.approx([0.0, 0.2 * X[-1], 0.4 * X[-1]])
    data.attrs["chart"] = asked | {"at": {"flow": [0.0, 0.3]}}
    with pytest.raises(ValueError, match=r"chart at flow = 0\.3: there is 0\.0, 0\.2"):
        chart(data)
