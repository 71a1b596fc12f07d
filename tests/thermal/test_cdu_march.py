"""Distribution units in time: energy, the steady state reached, order of the step, approach, wind-up, a pump trip."""

import numpy as np
import pytest
from cdu_units import PG25, REGULATOR, WATER, duty, loop, model, orders
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.cdu import unit_conductance
from thermal.cdu_loop import UnitState, unit_held, unit_share, unit_state
from thermal.cdu_march import unit_step, unit_steps
from thermal.cdu_steady import solve_units
from thermal.coolant import enthalpy, temperature
from thermal.exchange import Stream, exchange, mean_capacity
from thermal.facility import mixed, pipe, pipe_step
from thermal.valve import installed, opening

MODEL, LOOP = model(), loop()
STILL = unit_state(LOOP, solve_units(MODEL, duty(1e6)))


def stored(state):
    return sum(mass * h for mass, h in zip(LOOP.masses, state[:3], strict=True))


def test_a_steady_state_stays():
    course = unit_steps(LOOP, STILL, np.full(20, 1e6), orders(), 5.0)
    for part, start in zip(course.state, STILL, strict=True):
        assert part == pytest.approx(np.full(21, float(start)), rel=1e-12)
    assert course.flux.removed == pytest.approx(np.full(20, 1e6), rel=1e-10)


@pytest.mark.parametrize(("q", "cool"), [(1.8e6, 306.15), (2.4e6, 309.15)])
def test_it_settles_to_the_steady_solve_held_or_wide_open(q, cool):
    course = unit_steps(LOOP, STILL, np.full(500, q), orders(facility_supply=cool), 4.0)
    point = solve_units(MODEL, duty(q, facility_supply=cool))
    end = unit_state(LOOP, point)
    assert [float(part[-1]) for part in course.state[:4]] == pytest.approx([float(part) for part in end[:4]], rel=1e-6)
    # the last steps towards a valve fully open move neither flow nor heat
    assert course.state.position[-1] == pytest.approx(float(point.valve), abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), step=st.sampled_from([0.1, 1.0, 7.0]))
def test_what_enters_less_what_leaves_is_stored(seed, step):
    rng = np.random.default_rng(seed)
    state, entered, left = STILL, 0.0, 0.0
    for _ in range(15):
        q = rng.uniform(0, 2e6)
        told = orders(flow=rng.uniform(0, 40), facility_flow=rng.uniform(0, 40), facility_supply=rng.uniform(300, 310))
        state, flux = unit_step(LOOP, state, q, told, step)
        entered, left = entered + q * step, left + float(flux.carried) * step
    balance = stored(state) - stored(STILL)
    assert abs(entered - left - balance) <= 1e-12 * stored(STILL)


def test_heat_carried_is_what_the_facility_flow_takes_up():
    # fine steps of constant flows: flow times mean rise of the mixed volume over the inlet
    course = unit_steps(LOOP, STILL, np.full(40, 1.5e6), orders(), 0.05)
    rise = (course.state.facility_return[1:] + course.state.facility_return[:-1]) / 2 - enthalpy(WATER, 306.15)
    assert course.flux.carried == pytest.approx(course.flux.facility_flow * rise, rel=1e-5)


def test_order_of_the_step_is_two():
    def end(steps):
        time = 8.0
        at = (np.arange(steps) + 0.5) * time / steps
        course = unit_steps(
            LOOP, STILL, 1e6 + 5e5 * np.sin(at / 3), orders(flow=30.0, facility_supply=307.0), time / steps
        )
        return np.array([float(course.state.supply[-1]), float(course.state.facility_return[-1])])

    coarse, middle, fine, finest = (end(n) for n in (80, 160, 320, 640))
    order = np.log2(np.linalg.norm(middle - fine) / np.linalg.norm(fine - finest))
    assert abs(order - 2) < 0.1
    assert np.linalg.norm(coarse - middle) > 3 * np.linalg.norm(middle - fine)


@settings(max_examples=20, deadline=None)
@given(q=st.floats(0.0, 2e6), cool=st.floats(300.0, 312.0), step=st.floats(0.05, 8.0), flow=st.floats(20.0, 40.0))
def test_the_supply_never_passes_the_facility_water_at_any_step(q, cool, step, flow):
    told = orders(facility_supply=cool, flow=flow)
    state = STILL
    for _ in range(12):
        state, _ = unit_step(LOOP, state, q, told, step)
        assert temperature(PG25, state.supply) >= min(cool, 313.15) - 1e-9
        assert 0 <= state.position <= 1 and 0 <= state.integral <= 1


def test_facility_warmer_than_the_racks_heats_them_and_the_balance_holds():
    state, flux = unit_step(LOOP, STILL, 0.0, orders(facility_supply=335.0), 1.0)
    assert flux.removed < 0
    assert stored(state) - stored(STILL) == pytest.approx(-float(flux.carried), rel=1e-8)


def test_the_valve_leaves_its_stop_at_once_when_the_supply_has_come_down():
    # an hour beyond the unit's reach, then half of the heat: the valve must move within some lags of its actuator
    hot = unit_steps(LOOP, STILL, np.full(360, 2.3e6), orders(facility_supply=309.0), 10.0)
    state = UnitState(*(part[-1] for part in hot.state))
    assert state.position == pytest.approx(1.0, abs=1e-9)
    after = unit_steps(LOOP, state, np.full(240, 5e5), orders(facility_supply=309.0), 1.0)
    below = np.argmax(temperature(PG25, after.state.supply) < 313.15)
    assert after.state.position[below + 20] < 0.97
    assert temperature(PG25, after.state.supply).min() > 311.0


def test_flow_coasts_down_after_a_trip_and_the_racks_warm_up():
    course = unit_steps(LOOP, STILL, np.full(60, 1e6), orders(flow=0.0, flow_response=4.0), 1.0)
    assert course.state.flow == pytest.approx(35.8 * np.exp(-np.arange(61) / 4.0), rel=1e-12)
    back = temperature(PG25, course.state.back)
    assert (np.diff(back) > 0).all()
    # with no flow left the rack side takes all the heat
    slope = 1e6 / (float(LOOP.masses[1]) * 3990)
    assert back[-1] - back[-2] == pytest.approx(slope, rel=0.03)


def test_nothing_moves_and_all_heat_stays_where_both_sides_stand_still():
    dead = STILL._replace(flow=np.array(0.0), position=np.array(0.0), integral=np.array(0.0))
    state, flux = unit_step(LOOP, dead, 1e6, orders(flow=0.0, facility_flow=0.0), 2.0)
    assert state.supply == dead.supply and state.facility_return == dead.facility_return
    assert LOOP.masses[1] * (state.back - dead.back) == pytest.approx(2e6, rel=1e-8)
    assert abs(flux.removed) < 1e-3 and abs(flux.carried) < 1e-3


def test_many_units_march_as_each_alone():
    q = np.random.default_rng(3).uniform(2e5, 2e6, (12, 5))
    together = unit_steps(LOOP, STILL, q, orders(), 1.0)
    for i in range(5):
        alone = unit_steps(LOOP, STILL, q[:, i], orders(), 1.0)
        assert together.state.supply[:, i] == pytest.approx(alone.state.supply, rel=1e-13)
        assert together.flux.removed[:, i] == pytest.approx(alone.flux.removed, rel=1e-9)


def test_units_behind_one_delayed_header_keep_all_energy():
    n, step, plant = 4, 1.0, enthalpy(WATER, 304.15)
    state = UnitState(*(np.full(n, float(part)) for part in STILL))
    header, back = pipe(1500.0, enthalpy(WATER, 306.15)), pipe(1500.0, float(STILL.facility_return))
    start, balance = n * stored(STILL) + header.heat[-1] + back.heat[-1], 0.0
    supply = float(header.heat[-1] / header.mass[-1])
    for _ in range(60):
        state, flux = unit_step(LOOP, state, 1.2e6, orders(facility_supply=temperature(WATER, supply)), step)
        flow, warm = mixed(flux.facility_flow, supply_to_return(supply, flux))
        header, out = pipe_step(header, flow, plant, step)
        back, gone = pipe_step(back, flow, warm, step)
        # what left the header in this step enters the units in the next: the tick between them is in the ledger
        balance += step * (n * 1.2e6 + flow * plant) - gone.heat + step * flow * supply - out.heat
        supply = float(out.enthalpy)
    held = sum(mass * h.sum() for mass, h in zip(LOOP.masses, state[:3], strict=True)) + header.heat[-1] + back.heat[-1]
    assert held - start == pytest.approx(float(balance), abs=1e-12 * start)
    assert supply == pytest.approx(float(plant), rel=1e-12)


def supply_to_return(supply, flux):
    return supply + flux.carried / flux.facility_flow


def test_a_temperature_outside_the_table_says_so():
    with pytest.raises(ValueError, match="enthalpy of coolant 'pg25'"):
        unit_steps(LOOP, STILL, np.full(400, 2e6), orders(flow=0.0, facility_flow=0.0), 10.0)


def test_an_exchanger_that_leaks_a_percent_would_be_noticed():
    leaky = LOOP._replace(numbers=LOOP.numbers._replace(conductance=0.99 * LOOP.numbers.conductance))
    course = unit_steps(leaky, STILL, np.full(20, 1e6), orders(), 5.0)
    assert np.ptp(course.state.supply) > 1e-6 * float(STILL.supply)


def test_a_share_of_a_unit_is_the_unit():
    """A twelfth with a twelfth of heat and flows, dirt included: the same temperatures, a twelfth of the heat."""
    dirty = loop(fouling=2e-6)
    start = unit_state(dirty, solve_units(model(fouling=2e-6), duty(1e6)))
    whole = unit_steps(dirty, start, np.linspace(1e6, 2e6, 40), orders(flow=30.0), 1.0)
    told = orders(flow=30.0 / 12, facility_flow=35.8 / 12)
    small = start._replace(flow=start.flow / 12)
    part = unit_steps(unit_share(dirty, 12), small, np.linspace(1e6, 2e6, 40) / 12, told, 1.0)
    assert part.state.supply == pytest.approx(whole.state.supply, rel=1e-12)
    assert 12 * part.flux.carried == pytest.approx(whole.flux.carried, rel=1e-9)
    assert 12 * unit_held(unit_share(dirty, 12), small) == pytest.approx(float(unit_held(dirty, start)), rel=1e-12)


def test_long_steps_are_cut_so_that_the_controller_does_not_hunt():
    """A step of a minute against steps of a second: at the end the same, to what second order leaves."""
    coarse = unit_steps(LOOP, STILL, np.full(3, 1.6e6), orders(), 60.0)
    fine = unit_steps(LOOP, STILL, np.full(1800, 1.6e6), orders(), 0.1)
    apart = temperature(PG25, coarse.state.supply[1:]) - temperature(PG25, fine.state.supply[600::600])
    assert np.abs(apart).max() < 0.05


def test_facility_supply_and_flow_of_each_step_are_taken_in_their_step():
    told, at = orders(), np.linspace(306.0, 308.0, 10)
    together = unit_steps(LOOP, STILL, np.full(10, 1e6), told._replace(facility_supply=at), 1.0)
    state = STILL
    for k in range(10):
        state, _ = unit_step(LOOP, state, 1e6, told._replace(facility_supply=at[k]), 1.0)
    assert float(together.state.supply[-1]) == float(state.supply)
    many = UnitState(*(np.full(3, float(part)) for part in STILL))
    wide = told._replace(facility_supply=np.repeat(at[:, None], 3, 1), facility_flow=np.array([35.8, 30.0, 20.0]))
    assert unit_steps(LOOP, many, np.full((10, 3), 1e6), wide, 1.0).state.supply[-1, 0] == float(state.supply)


def test_the_balances_are_those_of_an_independent_integration():
    from scipy.integrate import solve_ivp

    q, told, gain, lag = 1.6e6, orders(flow=30.0, facility_supply=307.0), REGULATOR.gain, REGULATOR.response
    wanted, cold = float(enthalpy(PG25, 313.15)), float(enthalpy(WATER, 307.0))

    def slope(_, y):
        supply, back, warm, flow, position, integral = y
        through = 35.8 * float(installed(opening(position, 50.0, "equal_percentage"), 0.5))
        streams = Stream(PG25, flow, temperature(PG25, back)), Stream(WATER, through, 307.0)
        heat = float(exchange(*streams, unit_conductance(MODEL, flow, through), "counter").heat)
        error = gain * (supply - wanted) / float(mean_capacity(PG25, temperature(PG25, back), 307.0))
        ahead, behind, mass = (float(part) for part in LOOP.masses)
        return [
            (flow * (back - supply) - heat) / ahead,
            (flow * (supply - back) + q) / behind,
            (through * (cold - warm) + heat) / mass,
            (30.0 - flow) / 3.0,
            (error + integral - position) / lag,
            error / REGULATOR.integral_time,
        ]

    start = [float(part) for part in STILL]
    ours = unit_steps(LOOP, STILL, np.full(400, q), told, 0.05)
    theirs = solve_ivp(slope, (0, 20), start, rtol=1e-8, atol=1e-8 * np.abs(start), method="LSODA").y[:, -1]
    found = [float(part[-1]) for part in ours.state]
    assert np.allclose(found, theirs, rtol=1e-6, atol=0)
    assert 0.78 < theirs[4] < 0.99
