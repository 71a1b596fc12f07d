"""Frequency of a grid: closed forms, limits, an integrator of another kind."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from power.frequency import GridMachine, frequency_course, step_answer


def grid(**change):
    valid = {
        "nominal_frequency": 60.0,
        "base_power": 40e9,
        "inertia": 4.0,
        "damping": 1.0,
        "droop": 0.05,
        "gain": 0.95,
        "high_pressure": 0.3,
        "reheat_time": 8.0,
    }
    return GridMachine(**{**valid, **change})


def test_the_first_slope_is_that_of_the_swing_equation():
    assert step_answer(grid(), 1e9).initial_rate == pytest.approx(-60 * (1 / 40) / (2 * 4))


def test_the_frequency_settles_where_droop_and_damping_balance():
    assert step_answer(grid(), 1e9).settled == pytest.approx(60 - 60 * (1 / 40) / (1 + 0.95 / 0.05))
    course = frequency_course(grid(), np.full(2001, 1e9), 0.1)
    assert course.frequency[-1] == pytest.approx(step_answer(grid(), 1e9).settled, abs=1e-9)
    assert course.governed_power[-1] == pytest.approx(1e9 * 19 / 20, rel=1e-9)


def test_the_nadir_is_that_of_the_published_formula():
    """Anderson and Mirheydar (1990), equations 9 to 17."""
    H, D, R, K, F, T = 4.0, 1.0, 0.05, 0.95, 0.3, 8.0
    natural = math.sqrt((D * R + K) / (2 * H * R * T))
    ratio = natural * (2 * H * R + (D * R + K * F) * T) / (2 * (D * R + K))
    ringing = natural * math.sqrt(1 - ratio**2)
    time = math.atan2(ringing * T, ratio * natural * T - 1) / ringing
    amplitude = math.sqrt((1 - 2 * T * ratio * natural + (T * natural) ** 2) / (1 - ratio**2))
    phase = math.atan2(ringing * T, 1 - ratio * natural * T) - math.atan2(math.sqrt(1 - ratio**2), -ratio)
    lowest = -R / (D * R + K) * (1 + amplitude * math.exp(-ratio * natural * time) * math.sin(ringing * time + phase))
    found = step_answer(grid(), 1e9)
    assert found.nadir_time == pytest.approx(time, rel=1e-9)
    assert found.nadir == pytest.approx(60 * (1 + lowest / 40), rel=1e-9)


PARTS = {
    "inertia": st.floats(1, 10),
    "damping": st.floats(0, 3),
    "droop": st.floats(0.02, 1.0),
    "high_pressure": st.floats(0, 1),
    "reheat_time": st.floats(0.2, 15),
}


@given(st.fixed_dictionaries(PARTS))
@settings(max_examples=40)
def test_the_closed_form_is_the_extreme_of_the_course(parts):
    machine = grid(**parts)
    found = step_answer(machine, 2e9)
    course = frequency_course(machine, np.full(6001, 2e9), 0.01)
    lowest = course.frequency.min()
    assert found.nadir <= lowest + 1e-6
    if found.nadir_time < 60:
        at = round(float(found.nadir_time) / 0.01)
        assert course.frequency[at] == pytest.approx(found.nadir, abs=1e-4)
        assert lowest == pytest.approx(found.nadir, abs=1e-4)


def test_turbines_that_answer_at_once_make_one_exponential():
    machine = grid(high_pressure=1.0)
    stiff = 1.0 + 0.95 / 0.05
    time = 0.05 * np.arange(200)
    expected = 60 * (1 - 1 / 40 / stiff * (1 - np.exp(-stiff * time / 8)))
    np.testing.assert_allclose(frequency_course(machine, np.full(200, 1e9), 0.05).frequency, expected, rtol=1e-12)
    assert step_answer(machine, 1e9).nadir_time == math.inf
    assert step_answer(machine, 1e9).nadir == step_answer(machine, 1e9).settled


def test_a_double_root_is_no_special_case():
    """z = 1: the droop at which both eigenvalues meet, found from the discriminant."""

    def gap(droop):
        K, H, T, F, D = 0.95, 4.0, 8.0, 0.3, 1.0
        trace = (D + F * K / droop) / (2 * H) + 1 / T
        return trace**2 - 4 * (D + K / droop) / (2 * H * T)

    from scipy.optimize import brentq

    droop = brentq(gap, 0.1, 5.0) if gap(0.1) * gap(5.0) < 0 else brentq(gap, 1e-3, 0.05)
    around = [float(step_answer(grid(droop=droop * factor), 1e9).nadir) for factor in (1 - 1e-4, 1.0, 1 + 1e-4)]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, abs=1e-6)


def test_a_general_load_is_the_answer_of_an_integrator():
    time = 0.1 * np.arange(301)
    load = np.interp(time, [0, 2, 10, 12], [0, 2e9, 2e9, -1e9])
    machine = grid()
    found = frequency_course(machine, load, 0.1)

    def slope(t, state):
        w, x = state
        added = np.interp(t, time, load) / 40e9
        governed = x - w * 0.3 * 0.95 / 0.05
        return [(governed - w - added) / 8, (-w * 0.7 * 0.95 / 0.05 - x) / 8]

    oracle = solve_ivp(slope, (0, 30), [0, 0], t_eval=time, rtol=1e-9, atol=1e-12, max_step=0.1)
    np.testing.assert_allclose(found.frequency, 60 * (1 + oracle.y[0]), rtol=0, atol=1e-7)
    np.testing.assert_allclose(np.gradient(found.frequency, 0.1)[21:99], found.rate[21:99], atol=2e-3)


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_answers_add_up_and_have_the_sign_of_the_cause(first, second):
    rng = np.random.default_rng(0)
    one, other = 1e9 * rng.normal(size=(2, 50))
    alone = [frequency_course(grid(), load, 0.1).frequency - 60 for load in (one, other)]
    both = frequency_course(grid(), first * one + second * other, 0.1).frequency - 60
    np.testing.assert_allclose(both, first * alone[0] + second * alone[1], atol=1e-9)


def test_more_inertia_never_deepens_the_nadir_and_never_steepens_the_slope():
    answers = [step_answer(grid(inertia=inertia), 1e9) for inertia in (2.0, 4.0, 8.0)]
    nadirs = [float(answer.nadir) for answer in answers]
    assert nadirs == sorted(nadirs)
    assert [float(answer.initial_rate) for answer in answers] == pytest.approx([-0.375, -0.1875, -0.09375])


def test_no_change_is_no_answer_and_lost_load_raises_the_frequency():
    found = step_answer(grid(), np.array([0.0, 1e9, -1e9]))
    assert found.nadir[0] == found.settled[0] == 60 and found.nadir_time[0] == 0
    assert found.nadir[2] - 60 == pytest.approx(60 - found.nadir[1])


def test_sites_are_the_leading_axis():
    load = 1e9 * np.random.default_rng(0).normal(size=(3, 40))
    together = frequency_course(grid(), load, 0.2)
    for place in range(3):
        np.testing.assert_allclose(together.frequency[place], frequency_course(grid(), load[place], 0.2).frequency)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inertia": 0.0}, r"GridMachine.inertia = 0.0: must be > 0 s"),
        ({"droop": -0.05}, r"GridMachine.droop = -0.05: must be > 0"),
        ({"high_pressure": 1.2}, r"GridMachine.high_pressure = 1.2: must be <= 1"),
    ],
)
def test_bad_machines_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        grid(**change)
