"""The coolant loop in time: by hand, closed forms, order, conservation, limits, properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thermal
from thermal import Circuit, CircuitOrders, CircuitState, circuit_masses, circuit_steps, flow_course

WATER = thermal.coolant("water")
LOOP = Circuit(rack_volume=0.015, unit_volume=0.015, pump_response=3.0, supply_response=20.0)
ORDERS = CircuitOrders(318.15, 2.9, 3.0, 313.15, 3e4)


def h(kelvin: float) -> float:
    return float(thermal.enthalpy(WATER, kelvin))


def rest(heat: float = 121.2e3, flow: float = 2.9, supply: float = 318.15) -> CircuitState:
    """A loop at rest with a heat."""
    return CircuitState(h(supply), h(supply) + heat / flow, flow)


def stored(course: thermal.CircuitCourse) -> np.ndarray:
    ahead, behind = circuit_masses(LOOP, WATER)
    return ahead * course.supply + behind * course.back


def test_a_loop_at_rest_stays_at_rest():
    course = circuit_steps(LOOP, WATER, rest(), ORDERS, np.full(50, 121.2e3), 1.0)
    np.testing.assert_allclose(course.supply, h(318.15), rtol=1e-13)
    np.testing.assert_allclose(course.back, rest().back, rtol=1e-12)
    np.testing.assert_allclose(course.removed, 121.2e3, rtol=1e-10)


def test_the_supply_follows_its_set_point_with_the_time_constant_of_the_valve():
    warmer = ORDERS._replace(supply_temperature=320.15)
    course = circuit_steps(LOOP, WATER, rest(), warmer, np.full(20, 121.2e3), 1.0)
    expected = h(320.15) + (h(318.15) - h(320.15)) * np.exp(-np.arange(21) / 20.0)
    np.testing.assert_allclose(course.supply, expected, rtol=1e-13)


def test_the_return_follows_a_jump_of_heat_as_one_mixed_volume_does():
    """With the supply held, M dh/dt = m (h_s - h) + q: an exponential with the time constant M / m."""
    _, behind = circuit_masses(LOOP, WATER)
    course = circuit_steps(LOOP, WATER, rest(60e3), ORDERS, np.full(4000, 120e3), 0.005)
    time = np.arange(4001) * 0.005
    expected = h(318.15) + (120e3 - 60e3 * np.exp(-time * 2.9 / behind)) / 2.9
    np.testing.assert_allclose(course.back, expected, rtol=1e-8)


def test_the_flow_goes_to_its_set_point_exponentially():
    time = np.array([0.0, 3.0, 300.0])
    np.testing.assert_allclose(
        flow_course(2.9, ORDERS._replace(flow=0.9), time), [2.9, 0.9 + 2.0 / math.e, 0.9], rtol=1e-12
    )


def test_the_trapezoid_is_of_second_order():
    """Slopes within 0.1 of 2 on the two finest grids, against a grid eight times finer still."""

    def end(step: float) -> np.ndarray:
        orders = ORDERS._replace(flow=1.0, facility_temperature=316.0, conductance=2.5e4)
        time = np.arange(step / 2, 40, step)
        course = circuit_steps(LOOP, WATER, rest(), orders, 90e3 + 40e3 * np.sin(time / 7), step)
        return np.array([course.supply[-1], course.back[-1]])

    truth = end(1 / 64)
    errors = [np.abs(end(step) - truth).max() for step in (1.0, 0.5, 0.25)]
    orders_seen = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all(np.abs(orders_seen - 2) < 0.1), orders_seen


@given(
    heat=st.lists(st.floats(0, 2e5), min_size=1, max_size=30),
    step=st.floats(0.05, 30),
    facility=st.floats(290, 330),
    flow=st.floats(0, 5),
    start=st.floats(290, 330),
)
@settings(max_examples=60, deadline=None)
def test_what_enters_less_what_leaves_is_what_the_volumes_store(heat, step, facility, flow, start):
    orders = ORDERS._replace(facility_temperature=facility, flow=flow)
    try:
        course = circuit_steps(LOOP, WATER, rest(supply=start), orders, heat, step)
    except ValueError:
        return
    kept = stored(course)
    balance = kept[-1] - kept[0] - step * (np.sum(heat) - course.removed.sum())
    assert abs(balance) <= 1e-12 * np.abs(kept).max() * (len(heat) + 1)
    assert course.removed.min() >= -1e-6


def test_one_percent_of_leak_would_break_that_balance():
    course = circuit_steps(LOOP, WATER, rest(), ORDERS._replace(flow=1.0), np.full(10, 121.2e3), 1.0)
    kept = stored(course)
    leaky = kept[-1] - kept[0] - (10 * 121.2e3 - 1.01 * course.removed.sum())
    assert abs(leaky) > 1e-9 * np.abs(kept).max()


def test_an_exchanger_too_small_lets_the_supply_rise_to_where_it_can_carry_the_heat():
    """T_s = T_f + q / G, and the valve stands wide open."""
    small = ORDERS._replace(conductance=1.2e4)
    course = circuit_steps(LOOP, WATER, rest(), small, np.full(4000, 121.2e3), 0.5)
    assert thermal.temperature(WATER, course.supply[-1]) == pytest.approx(313.15 + 121.2e3 / 1.2e4, abs=0.1)
    assert course.removed[-1] == pytest.approx(121.2e3, rel=1e-6)


def test_facility_water_warmer_than_the_loop_never_heats_it():
    warm = ORDERS._replace(facility_temperature=330.0)
    course = circuit_steps(LOOP, WATER, rest(), warm, np.zeros(20), 1.0)
    np.testing.assert_allclose(course.removed, 0.0, atol=1e-6)


def test_a_loop_without_flow_warms_where_the_heat_is():
    still = ORDERS._replace(flow=0.0)
    _, behind = circuit_masses(LOOP, WATER)
    course = circuit_steps(LOOP, WATER, rest()._replace(flow=0.0), still, np.full(10, 1e4), 1.0)
    np.testing.assert_allclose(course.back - course.back[0], 1e4 * np.arange(11) / behind, rtol=1e-9)
