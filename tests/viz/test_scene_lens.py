"""The camera: fills its frame, keeps verticals upright, and finds the floor under a place of the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz import style
from viz.scenes import backdrop
from viz.scenes.lens import Eye, fit

CUBE = np.array([[x, y, z] for x in (0.0, 0.6) for y in (0.0, 1.0) for z in (0.0, 2.0)])
eyes = st.builds(Eye, st.floats(-180, 180), st.floats(1, 40), st.floats(1.0, 6.0), st.booleans())


@given(eyes, st.floats(0.3, 3.0))
def test_the_frame_holds_everything_and_touches_it_in_one_direction(eye, aspect):
    place = fit(CUBE, eye, aspect).project(CUBE)
    assert place.min() >= 0
    assert place.max() <= 1
    assert np.ptp(place, axis=0).max() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(place.min(axis=0) + place.max(axis=0), 1, atol=1e-9)


@given(eyes)
def test_a_frame_of_its_own_aspect_is_full_both_ways(eye):
    assert np.ptp(fit(CUBE, eye).project(CUBE), axis=0) == pytest.approx([1, 1], abs=0.01)


def test_an_upright_camera_keeps_posts_vertical_and_a_tilted_one_does_not():
    post = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    for upright in (True, False):
        across = fit(CUBE, Eye(-20, 15, 2.0, upright)).project(post)[:, 0]
        assert (abs(across[0] - across[1]) < 1e-12) == upright


def test_what_is_nearer_is_larger():
    lens = fit(CUBE, Eye(0, 10, 1.5))
    near, far = (np.ptp(lens.project(np.array([[0, y, 0], [0.6, y, 0]]))[:, 0]) for y in (1.0, 0.0))
    assert near > 1.05 * far


def test_seen_from_the_rear_small_x_is_at_the_right():
    across = fit(CUBE, Eye(0, 10)).project(np.array([[0.0, 1, 1], [0.6, 1, 1]]))[:, 0]
    assert across[0] > across[1]


@given(eyes, st.floats(-1, 2), st.floats(-1, 2))
def test_the_floor_at_the_place_of_a_floor_point_is_that_point(eye, x, y):
    lens = fit(CUBE, eye)
    np.testing.assert_allclose(lens.ground(lens.project(np.array([[x, y, 0.0]])), 0.0), [[x, y]], atol=1e-6)


def test_there_is_no_floor_above_the_horizon():
    assert np.isnan(fit(CUBE, Eye(0, 5)).ground(np.array([[0.5, 30.0]]), 0.0)).all()


def test_a_shadow_is_full_under_the_rack_and_fades_with_distance():
    lens = fit(CUBE, Eye(0, 20))
    at = lens.project(np.array([[0.3, 0.5, 0.0], [0.3, 1.16, 0.0], [0.3, 1.32, 0.0]]))
    dark = backdrop.shadow(lens, np.array([0.5]), at[:, 1], (np.zeros(3), np.array([0.6, 1.0, 0.0])))[:, 0]
    np.testing.assert_allclose(dark, np.exp([0.0, -1.0, -2.0]), rtol=1e-5)


def test_the_page_is_paper_at_the_top_and_text_reads_on_all_of_it():
    for look in style.THEMES.values():
        rows = backdrop.page_pixels((4, 100), look)[:, 0] / 255
        assert min(style.contrast(look.muted, tuple(row)) for row in rows) > 4.5
