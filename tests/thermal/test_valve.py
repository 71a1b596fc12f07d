"""Control valve and its controller: characteristics, authority, exact steps, no wind-up."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal import cdu_kernels
from thermal.cdu_loop import UnitNumbers
from thermal.regulator import Regulator
from thermal.valve import ControlValve, authority, installed, opening, opening_for, position_for, valve_drop

KINDS = ("equal_percentage", "linear")
NUMBERS = UnitNumbers(*np.full((15, 1), np.nan))._replace(
    gain=np.array([0.1]), integral_time=np.array([30.0]), response=np.array([10.0])
)
share = st.floats(0.0, 1.0)


class Regulated(NamedTuple):
    """Controller and actuator over a step."""

    integral: float
    middle: float
    position: float


def regulate(integral, position, errors, step):
    """A step of the controller, as the march of units takes it."""
    return Regulated(*cdu_kernels.regulate((NUMBERS, 0), float(integral), float(position), errors, step))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(y=share, R=st.floats(2.0, 100.0))
def test_position_and_opening_are_inverse_and_meet_at_both_ends(kind, y, R):
    assert position_for(opening(y, R, kind), R, kind) == pytest.approx(y, abs=1e-12)
    assert opening([0.0, 1.0], R, kind) == pytest.approx([0.0, 1.0], abs=1e-15)


def test_equal_steps_of_position_raise_the_flow_over_the_leak_by_equal_percentages():
    phi = opening(np.linspace(0, 1, 6), 50.0, "equal_percentage") + 1 / 49
    assert phi[1:] / phi[:-1] == pytest.approx(50**0.2, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(phi=share, N=st.floats(0.05, 1.0))
def test_installed_flow_and_opening_are_inverse(phi, N):
    assert opening_for(installed(phi, N), N) == pytest.approx(phi, abs=1e-12)


def test_installed_flow_is_that_of_two_drops_in_series():
    # full authority: the valve's own characteristic; N = 1/5, half open: 1/(1/phi² + 4) of 1/(1 + 4)
    assert installed(0.3, 1.0) == pytest.approx(0.3)
    assert installed(0.5, 0.2) == pytest.approx(np.sqrt(5 / 8))


def test_valve_takes_one_bar_at_its_kv_and_goes_with_the_square():
    valve = ControlValve(kvs=58 / 3600, rangeability=50.0, characteristic="linear")
    assert valve_drop(valve, 1.0, 58 / 3600, 1000.0) == pytest.approx(1e5)
    assert valve_drop(valve, 0.5, 58 / 3600, 1000.0) == pytest.approx(4e5)
    assert authority(valve_drop(valve, 1.0, 0.01, 990.0), 0.0) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: opening(1.1, 50.0, "linear"), r"valve position = 1.1: must lie in 0 .. 1"),
        (lambda: opening(0.5, 50.0, "quick"), "'quick': must be 'equal_percentage' or 'linear'"),
        (lambda: position_for(-0.1, 50.0, "linear"), "valve opening = -0.1"),
        (lambda: ControlValve(kvs=1.0, rangeability=50.0, characteristic="quick"), "must be 'equal_percentage'"),
        (lambda: ControlValve(kvs=1.0, rangeability=1.0, characteristic="linear"), "rangeability = 1.0: must be > 1"),
        (
            lambda: valve_drop(ControlValve(kvs=1.0, rangeability=50.0, characteristic="linear"), 0.0, 1.0, 1e3),
            "open it",
        ),
        (lambda: authority(0.0, 1.0), "drop of the open valve"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_step_under_a_linear_error_is_that_of_many_small_ones():
    one = regulate(0.4, 0.3, (1.0, -0.6), 6.0)
    integral, position, n = 0.4, 0.3, 600
    ends = np.linspace(1.0, -0.6, n + 1)
    for k in range(n):
        if k == n // 2:
            middle = float(position)
        small = regulate(integral, position, (ends[k], ends[k + 1]), 6.0 / n)
        integral, position = small.integral, small.position
    assert one.integral == pytest.approx(float(integral), abs=1e-12)
    # within the step the integral part bends away from its line by up to K e' T² / 8 T_i
    bend = 0.1 * 1.6 * 6.0 / 8 / 30
    assert one.position == pytest.approx(float(position), abs=bend)
    assert one.middle == pytest.approx(middle, abs=bend)


def test_actuator_follows_a_held_signal_with_its_lag():
    found = regulate(0.5, 0.1, (0.0, 0.0), 4.0)
    assert found.position == pytest.approx(0.5 - 0.4 * np.exp(-0.4), rel=1e-13)
    assert found.middle == pytest.approx(0.5 - 0.4 * np.exp(-0.2), rel=1e-13)


@settings(max_examples=25, deadline=None)
@given(error=st.floats(-50.0, 50.0), turned=st.floats(0.01, 5.0), steps=st.integers(1, 40))
def test_a_saturated_controller_leaves_its_bound_as_soon_as_the_error_turns(error, turned, steps):
    integral, position = np.array(0.5), np.array(0.5)
    for _ in range(steps):
        integral, _, position = regulate(integral, position, (error, error), 10.0)
    assert 0 <= integral <= 1 and 0 <= position <= 1
    after = regulate(integral, position, (-float(np.sign(error)) * turned,) * 2, 1.0)
    assert np.sign(error) * (after.position - position) <= 1e-12 or abs(position - 0.5) < 0.5 - 1e-3


def test_a_controller_that_winds_up_would_be_noticed():
    def after_a_minute_below(integral, bound):
        position, free = np.array(1.0), integral
        for _ in range(60):
            free = min(free - 0.1 / 30, bound)
            # `regulate` bounds what it is given: a signal still beyond 1 is an error that has not turned
            errors = (-1.0, -1.0) if free <= 1 else (0.0, 0.0)
            position = regulate(min(free, 1.0), position, errors, 1.0).position
        return float(position)

    assert after_a_minute_below(1.0, bound=1.0) < 0.75
    assert after_a_minute_below(0.5 + 400 * 50 * 0.1 / 30, bound=np.inf) == 1.0


def test_regulator_numbers_are_checked():
    with pytest.raises(ValueError, match=r"Regulator.integral_time = 0.0: must be > 0 s"):
        Regulator(gain=1.0, integral_time=0.0, response=1.0)
