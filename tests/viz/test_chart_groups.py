"""Bars in groups: a bar per value of a series in every row, in order, with a key."""

import numpy as np
import pytest
import xarray as xr

from viz import chart

ASKED = {"kind": "bars", "x": "share", "y": "place", "series": "supply"}
NUMBERS = np.array([[0.1, 0.5, 0.9], [0.2, 0.4, 0.6]])


def table(**asked) -> xr.Dataset:
    share = xr.Variable(("place", "supply"), NUMBERS, {"units": "1", "long_name": "free hours"})
    supply = xr.Variable("supply", [298.15, 308.15, 318.15], {"units": "K", "long_name": "coolant supply"})
    coordinates = {"place": ("place", ["north", "south"], {"long_name": "place"}), "supply": supply}
    return xr.Dataset({"share": share, "other": share}, coordinates, {"chart": {**ASKED, **asked}})


def test_every_value_of_every_row_is_a_bar_at_its_place():
    axes = chart(table()).axes[0]
    middles = np.array([bar.get_y() + bar.get_height() / 2 for bar in axes.patches]).reshape(3, 2)
    widths = np.array([bar.get_width() for bar in axes.patches]).reshape(3, 2)
    np.testing.assert_allclose(widths, 100 * NUMBERS.T)
    assert (np.abs(middles - [0, 1]) < 0.42).all()  # each beside the name of its own row
    assert (np.diff(middles, axis=0) > axes.patches[0].get_height()).all()  # in order, none over another
    assert [label.get_text() for label in axes.get_yticklabels()] == ["north", "south"]


def test_the_key_names_the_values_in_their_unit_and_the_axis_the_variable():
    axes = chart(table()).axes[0]
    assert [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in axes.get_legend().get_texts()] == [
        "25 °C", "35 °C", "45 °C",
    ]  # fmt: skip
    assert axes.get_xlabel().startswith("Free hours")
    colours = {bar.get_facecolor() for bar in axes.patches}
    assert len(colours) == 3


def test_a_series_with_several_variables_is_refused():
    with pytest.raises(ValueError, match="bars with a series take one x"):
        chart(table(x=["share", "other"]))


def test_bars_leave_no_room_for_names_at_the_right():
    alone = table()
    assert chart(alone).axes[0].get_position().x1 > 0.93
