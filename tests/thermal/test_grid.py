"""The grid: cells between edges, and the share of each that an interval covers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.volumes.grid import Grid, centres, covered

ROUND_OFF = 1e-12
WIDTHS = st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=8)
POINT = st.floats(-1.0, 9.0)


def edges(widths, start=0.0):
    return tuple(np.cumsum([start, *widths]).tolist())


def test_widths_shape_and_volumes_by_hand():
    grid = Grid(x=(0.0, 1.0, 3.0), y=(0.0, 2.0), z=(0.0, 0.5, 1.0, 3.0))
    assert grid.shape == (3, 1, 2)
    assert grid.dx == pytest.approx([1.0, 2.0], rel=ROUND_OFF)
    assert grid.dy == pytest.approx([2.0], rel=ROUND_OFF)
    assert grid.dz == pytest.approx([0.5, 0.5, 2.0], rel=ROUND_OFF)
    assert grid.volume[:, 0] == pytest.approx(np.array([[1.0, 2.0], [1.0, 2.0], [4.0, 8.0]]), rel=ROUND_OFF)


@given(x=WIDTHS, y=WIDTHS, z=WIDTHS)
def test_the_cells_fill_the_box(x, y, z):
    grid = Grid(x=edges(x), y=edges(y), z=edges(z))
    assert grid.volume.shape == grid.shape
    assert grid.volume.sum() == pytest.approx(sum(x) * sum(y) * sum(z), rel=ROUND_OFF)


@pytest.mark.parametrize("axis", "xyz")
@pytest.mark.parametrize(
    "bad", [(0.0,), (0.0, 1.0, 1.0), (0.0, 2.0, 1.0), (0.0, float("nan"), 1.0), (0.0, float("inf"))]
)
def test_edges_that_do_not_ascend_are_refused_by_name(axis, bad):
    good = dict.fromkeys("xyz", (0.0, 1.0))
    with pytest.raises(ValueError, match=rf"Grid\.{axis} = .*: must be two or more finite, ascending edges"):
        Grid(**(good | {axis: bad}))


def test_a_message_about_a_long_axis_stays_short():
    with pytest.raises(ValueError, match="…") as caught:
        Grid(x=(*range(500), 3.0), y=(0.0, 1.0), z=(0.0, 1.0))
    assert len(str(caught.value)) < 100


def test_equal_grids_are_equal_and_can_be_keys():
    one, same = (Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0)) for _ in range(2))
    assert len({one: 1, same: 2}) == 1
    assert one.volume is one.volume  # computed once


@given(widths=WIDTHS, start=st.floats(-5, 5))
def test_centres_lie_half_a_width_from_both_edges(widths, start):
    at = edges(widths, start)
    middle = centres(at)
    assert middle - np.array(at[:-1]) == pytest.approx(np.array(at[1:]) - middle, abs=1e-14)


@given(widths=WIDTHS, low=POINT, high=POINT)
def test_covered_lengths_add_up_to_the_interval_inside_the_axis(widths, low, high):
    low, high = sorted((low, high))
    at = edges(widths)
    share = covered(at, low, high)
    assert ((share >= 0) & (share <= 1)).all()
    inside = max(0.0, min(high, at[-1]) - max(low, 0.0))
    assert share @ np.diff(at) == pytest.approx(inside, abs=1e-12)


@given(widths=WIDTHS, cuts=st.tuples(POINT, POINT, POINT))
def test_neighbouring_intervals_cover_what_their_union_covers(widths, cuts):
    low, middle, high = sorted(cuts)
    at = edges(widths)
    parts = covered(at, low, middle) + covered(at, middle, high)
    assert parts == pytest.approx(covered(at, low, high), abs=1e-9)  # shares of cells 1e-3 wide: 1e-12 over it


def test_counting_whole_cells_by_their_centres_is_not_covering():
    at = edges([0.13] * 200)
    by_centre = (centres(at) > 10.5) & (centres(at) < 15.5)
    assert covered(at, 10.5, 15.5).sum() * 0.13 == pytest.approx(5.0, rel=ROUND_OFF)
    assert abs(by_centre.sum() * 0.13 - 5.0) > 0.05
