"""Pumps: curves, affinity, operating points by hand, speed for a flow, power, what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.bracket import rising_root
from thermal.checks import DidNotConverge
from thermal.pump import System, electric_power, operating_flow, speed_for
from thermal.pump_curve import Pump, curve_through, head, parabola

PUMP = Pump(shutoff_head=3e5, rated_head=2e5, rated_flow=0.02, end_flow=0.03, efficiency=0.6)
CURVE = parabola(PUMP)
POINTS = curve_through([0.0, 0.005, 0.01, 0.015, 0.02], [5e5, 4.9e5, 4.5e5, 3.6e5, 2.0e5])


def test_parabola_passes_through_its_two_heads_and_is_exact_between():
    Q = np.linspace(0.0, 0.03, 7)
    assert head(CURVE, Q) == pytest.approx(3e5 - 1e5 * (Q / 0.02) ** 2, rel=1e-13)


def test_points_are_met_and_the_curve_falls_between_them():
    assert head(POINTS, POINTS.flow) == pytest.approx(POINTS.head, rel=1e-13)
    assert (np.diff(head(POINTS, np.linspace(0.0, 0.02, 400))) < 0).all()


def test_points_of_a_parabola_give_it_back_within_their_spacing():
    Q = np.linspace(0.0, 0.03, 31)
    fitted = curve_through(Q, 3e5 - 1e5 * (Q / 0.02) ** 2)
    at = np.linspace(0.0, 0.03, 200)
    assert head(fitted, at) == pytest.approx(head(CURVE, at), rel=2e-3)


@settings(max_examples=25, deadline=None)
@given(Q=st.floats(0.0, 0.015), n=st.floats(0.75, 1.0))
def test_affinity_laws_scale_head_with_the_square_of_speed(Q, n):
    assert head(POINTS, Q * n, n) == pytest.approx(n * n * float(head(POINTS, Q)), rel=1e-12)


def test_operating_point_by_hand():
    # 3e5 - 2.5e8 Q² = 5e8 Q²: Q² = 4e-4; two pumps: 3e5 - 6.25e7 Q² = 5e8 Q²
    assert operating_flow(CURVE, System(5e8)) == pytest.approx(0.02, rel=1e-13)
    assert operating_flow(CURVE, System(5e8), pumps=2) == pytest.approx(np.sqrt(3e5 / 5.625e8), rel=1e-13)
    assert operating_flow(CURVE, System(5e8, static=1e5)) == pytest.approx(np.sqrt(2e5 / 7.5e8), rel=1e-13)


@settings(max_examples=25, deadline=None)
@given(k=st.floats(6e8, 1e11), exponent=st.floats(1.5, 2.0), pumps=st.integers(1, 3), n=st.floats(0.3, 1.0))
def test_operating_point_lies_on_both_curves(k, exponent, pumps, n):
    Q = float(operating_flow(CURVE, System(9 * k, exponent), pumps, n))
    assert head(CURVE, Q / pumps, n) == pytest.approx(9 * k * Q**exponent, rel=1e-9)


def test_more_pumps_give_more_flow_but_not_in_proportion():
    Q = operating_flow(CURVE, System(5e8), pumps=[1, 2, 3])
    assert (np.diff(Q) > 0).all() and (Q[1:] < Q[0] * np.array([2, 3])).all()


def test_many_systems_are_solved_at_once_as_each_alone():
    k = np.geomspace(4e8, 1e11, 50)
    assert operating_flow(POINTS, System(1e3 + 9 * k)) == pytest.approx(
        [float(operating_flow(POINTS, System(1e3 + 9 * value))) for value in k], rel=1e-13
    )


@pytest.mark.parametrize("curve", [CURVE, POINTS])
@settings(max_examples=25, deadline=None)
@given(Q=st.floats(0.0, 0.019), n=st.floats(0.0, 1.0))
def test_speed_for_a_flow_is_the_inverse_of_the_head(curve, Q, n):
    speed = max(n, Q / 0.019, 0.01)
    assert speed_for(curve, Q, head(curve, Q, speed)) == pytest.approx(speed, rel=1e-9)


def test_a_pump_that_gives_nothing_stands_still_and_takes_nothing():
    assert speed_for(CURVE, 0.0, 0.0) == 0
    assert electric_power(PUMP, 0.0, 0.0, 0.0) == 0


def test_power_at_the_rated_point_is_work_over_efficiency():
    assert electric_power(PUMP, 0.02, 2e5, 1.0) == pytest.approx(0.02 * 2e5 / 0.6)


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.2, 1.0), n=st.floats(0.1, 1.0))
def test_power_goes_with_the_cube_of_speed(share, n):
    Q = 0.02 * share
    full = electric_power(PUMP, Q, head(CURVE, Q), 1.0)
    assert electric_power(PUMP, n * Q, head(CURVE, n * Q, n), n) == pytest.approx(float(full) * n**3, rel=1e-12)


def test_the_end_of_the_curve_is_refused_with_the_fix():
    with pytest.raises(ValueError, match=r"must lie in 0 .. 0.03 m3/s, the end of its curve; raise the resistance"):
        head(CURVE, 0.031)
    with pytest.raises(ValueError, match=r"takes more than 0.03 m3/s, the end of its curve"):
        operating_flow(CURVE, System(np.array([5e8, 1e7])))
    with pytest.raises(ValueError, match="beyond its curve at 1 of full speed; lower the flow"):
        speed_for(CURVE, 0.02, 2.1e5)
    with pytest.raises(ValueError, match=r"past the end of its curve, which takes 70083.3 Pa or more at this flow"):
        speed_for(CURVE, 0.029, 1e4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: operating_flow(CURVE, System(5e8, static=3e5)), "raise the speed"),
        (lambda: operating_flow(CURVE, System(5e8), pumps=0), "pumps that run = 0"),
        (lambda: operating_flow(CURVE, System(5e8), speed=0.0), "speed = 0: must be > 0"),
        (lambda: operating_flow(CURVE, System(0.0)), "system resistance = 0"),
        (lambda: speed_for(CURVE, -1.0, 1.0), "flow = -1 m3/s: must be >= 0"),
        (lambda: head(CURVE, 0.01, 0.0), "must be > 0; a pump at rest"),
        (lambda: electric_power(PUMP, 0.04, 1e5, 1.0), "below twice the rated one"),
        (lambda: curve_through([0.0, 0.1], [1e5, 2e5]), "must fall with the flow"),
        (lambda: curve_through([0.1, 0.2], [2e5, 1e5]), "rising from 0"),
        (lambda: replace(PUMP, rated_head=3e5), "must be < shutoff_head"),
        (lambda: replace(PUMP, end_flow=0.036), r"must lie in rated_flow = 0.02 .. 0.0346"),
    ],
)
def test_bad_input_is_refused_with_one_clear_message(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_root_is_found_where_newton_alone_runs_away():
    x = rising_root(lambda x: (np.arctan(x - 1), 1 / (1 + (x - 1) ** 2)), -50.0, 40.0, 30.0, "x")
    assert x == pytest.approx(1.0, abs=1e-12)


def test_a_root_that_does_not_settle_says_so():
    with pytest.raises(DidNotConverge, match="no root after"):
        rising_root(lambda x: (np.full(x.shape, np.nan), x), 0.0, 1.0, 0.5, "x")
