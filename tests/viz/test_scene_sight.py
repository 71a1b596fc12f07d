"""Where a bundle can be seen, and labels that do not cover one another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.scenes.labels import spread
from viz.scenes.lettering import fitting, shortened, width
from viz.scenes.sight import sampled, shown


def test_samples_lie_on_the_lines_and_know_them():
    point, tube = sampled(np.array([[0, 0, 0], [1, 0, 0], [0, 5, 0], [0, 5, 0.5]]), np.array([2, 2]), 0.1)
    np.testing.assert_array_equal(np.bincount(tube), [10, 5])
    np.testing.assert_allclose(point[tube == 0][:, 0], np.arange(0.05, 1, 0.1))
    assert (point[tube == 1][:, 1] == 5).all()


def test_a_point_behind_another_is_not_seen():
    across = np.array([[0.1, 0.1], [0.1, 0.1], [0.9, 0.9]])
    score = shown(across, np.array([1.0, 2.0, 0.0]), np.array([0, 1, 0]))
    assert score[0] == 0
    assert score[1] == 1
    assert score[2] == 1


def test_the_middle_of_a_patch_shows_more_than_its_corner():
    x, y = np.meshgrid(np.arange(5) * 0.008 + 0.004, np.arange(5) * 0.008 + 0.004)
    score = shown(np.column_stack([x.ravel(), y.ravel()]), np.zeros(25), np.zeros(25, dtype=int))
    assert np.argmax(score) == 12
    assert score[12] == 25
    assert score[0] == 9


labels = st.lists(st.tuples(st.floats(-5, 25), st.floats(0.1, 2.0)), min_size=1, max_size=10)


@given(labels)
def test_labels_never_overlap_nor_leave_their_column(rows):
    wanted, heights = np.array(rows).T
    middle = spread(wanted, heights, 0.0, 20.0)
    order = np.argsort(wanted, kind="stable")
    gaps = np.diff(middle[order]) - (heights[order][1:] + heights[order][:-1]) / 2
    assert (gaps >= -1e-9).all()
    assert (middle - heights / 2 >= -1e-9).all()
    assert (middle + heights / 2 <= 20 + 1e-9).all()


def test_labels_with_room_stand_where_they_are_wanted():
    np.testing.assert_allclose(spread(np.array([8.0, 2.0]), np.array([1.0, 1.0]), 0, 10), [8.0, 2.0])


def test_labels_wanted_at_one_place_share_the_way():
    np.testing.assert_allclose(spread(np.array([5.0, 5.0, 5.0]), np.full(3, 2.0), 0, 10), [3, 5, 7])


def test_more_labels_than_the_column_holds_are_refused():
    with pytest.raises(ValueError, match="name fewer parts"):
        spread(np.zeros(6), np.full(6, 2.0), 0.0, 10.0)


def test_bold_and_longer_texts_are_wider_and_shortened_ones_fit():
    assert width("mm", 10) > width("m", 10)
    assert width("m", 10, "bold") > width("m", 10)
    told = shortened("compute-01/gpu-0 of a rack", 1.0, 10)
    assert told.endswith("\u2026")
    assert width(told, 10) <= 1.0
    assert shortened("short", 1.0, 10) == "short"


def test_letters_shrink_to_the_room_but_not_below_the_least():
    assert fitting("abc", 9.0, 17, 12) == 17
    size = fitting("a long title of a system", 1.5, 17, 2)
    assert width("a long title of a system", size) == pytest.approx(1.5, rel=0.05)
    assert fitting("a long title of a system", 0.1, 17, 12) == 12
