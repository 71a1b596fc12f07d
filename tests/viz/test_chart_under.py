"""A line below the others and a line that is a limit: how they are drawn, and names that are refused."""

import numpy as np
import pytest
import xarray as xr

from viz import chart, style

X = np.linspace(0.0, 1.0, 5)


def asked(**more):
    """Two lines that coincide and one above them."""
    units = {"units": "W", "long_name": "power"}
    values = np.array([X, X, X + 1])
    return xr.Dataset(
        {"power": (("way", "x"), values, units)},
        {"way": ["plain", "same", "most"], "x": ("x", X, {"units": "m", "long_name": "place"})},
        {"chart": {"kind": "line", "x": "x", "y": "power", "series": "way", "names": "key", **more}},
    )


def lines(**more):
    (axes,) = chart(asked(**more)).axes
    return {line.get_label(): line for line in axes.get_lines()}


def test_a_line_below_is_wider_paler_and_behind_the_one_that_covers_it():
    drawn = lines(under="plain")
    assert drawn["plain"].get_linewidth() > 2 * drawn["same"].get_linewidth()
    assert drawn["plain"].get_zorder() < drawn["same"].get_zorder()
    assert drawn["plain"].get_alpha() < 1
    assert (drawn["plain"].get_linestyle(), drawn["same"].get_linestyle()) == ("-", "-")


def test_without_it_a_covered_line_would_be_hidden():
    """The mutant: equal widths, the second over the first."""
    drawn = lines()
    assert drawn["plain"].get_linewidth() == drawn["same"].get_linewidth()
    assert drawn["plain"].get_alpha() is None


def test_a_bound_looks_like_a_limit_and_takes_no_dash_from_the_others():
    drawn = lines(bound="most")
    assert drawn["most"].get_color() == style.THEMES["light"].alert
    assert drawn["most"].get_linewidth() < drawn["same"].get_linewidth()
    assert drawn["most"].get_zorder() > drawn["same"].get_zorder()


@pytest.mark.parametrize("entry", ["under", "bound"])
def test_a_line_that_is_none_of_the_series_is_refused(entry):
    with pytest.raises(ValueError, match=f"chart {entry} = 'plane': must be one of the values of the series"):
        chart(asked(**{entry: "plane"}))
