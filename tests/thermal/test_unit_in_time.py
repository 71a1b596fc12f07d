"""Parts of a march behind the rack: pumps at any flow, a plant given its return, what leaves a pipe ahead of time."""

import numpy as np
import pytest
from cdu_units import PG25, UNIT, duty, model
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.cdu_pumps import unit_pumping
from thermal.cdu_steady import solve_units
from thermal.coolant import density
from thermal.dry_cooler import _EXAMPLE, cooler_conductance
from thermal.facility import pipe, pipe_ahead, pipe_step
from thermal.plant import Duty, Plant, solve_plant
from thermal.plant_return import cool_return
from thermal.wet_bulb import outdoor_air

PLANT = Plant(heat_capacity=4180.0, rated_flow=126.0, rated_pump_power=3e4, units=1, dry_cooler=_EXAMPLE)
AIR = outdoor_air(308.15, 0.4)


@pytest.mark.parametrize("flow", [10.0, 25.0, 35.8])
def test_pumps_are_those_of_the_steady_unit(flow):
    point = solve_units(model(), duty(1e6, mass_flow=flow, external_drop=1.2e5 * (flow / 35.8) ** 2))
    found = unit_pumping(UNIT, flow, 1.2e5 * (flow / 35.8) ** 2, density(PG25, 313.15), 1)
    assert float(found.speed) == pytest.approx(float(point.pump_speed), rel=1e-9)
    assert float(found.power) == pytest.approx(float(point.pump_power), rel=1e-9)


def test_pumps_beyond_their_speed_say_so_and_none_take_nothing():
    assert unit_pumping(UNIT, 44.0, 2.5e5, 1005.0, 1).speed > 1
    assert unit_pumping(UNIT, 20.0, 5e4, 1005.0, 0).power == 0
    assert unit_pumping(UNIT, 0.0, 0.0, 1005.0, 1).power == 0


def test_a_dry_cooler_at_its_end_cools_by_its_conductance():
    flow, back = 100.0, 320.0
    hours = cool_return(PLANT, flow, back, 300.0, AIR)
    heat = float(cooler_conductance(_EXAMPLE, flow * 4180.0, 1.0)) * (back - 308.15)
    assert not hours.met
    assert float(hours.supply_temperature) == pytest.approx(back - heat / (flow * 4180.0), abs=1e-6)
    assert float(hours.fan_power) == pytest.approx(_EXAMPLE.rated_fan_power, rel=1e-3)


@given(heat=st.floats(1e4, 4e6), flow=st.floats(20.0, 200.0), wanted=st.floats(305.0, 325.0))
@settings(max_examples=25, deadline=None)
def test_given_the_return_it_finds_what_the_plant_given_the_heat_has(heat, flow, wanted):
    hours = solve_plant(PLANT, Duty(heat, flow, wanted), AIR)
    found = cool_return(PLANT, flow, float(hours.return_temperature), wanted, AIR)
    assert float(found.supply_temperature) == pytest.approx(float(hours.supply_temperature), abs=1e-7)
    assert float(found.cooler_heat) == pytest.approx(heat, rel=1e-6)


def test_water_colder_than_wanted_passes():
    hours = cool_return(PLANT, 100.0, 310.0, 315.0, AIR)
    assert float(hours.supply_temperature) == 310.0 and float(hours.cooler_heat) == 0.0


@given(
    pushes=st.lists(st.tuples(st.floats(0.0, 60.0), st.floats(1e5, 2e5)), min_size=1, max_size=8),
    flows=st.lists(st.floats(0.0, 80.0), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_what_will_leave_is_what_then_leaves(pushes, flows):
    state = pipe(100.0, 1.2e5)
    for flow, h in pushes:
        state, _ = pipe_step(state, flow, h, 1.0)
    ahead = pipe_ahead(state, flows, 1.5e5, 1.0)
    for flow, expected in zip(flows, ahead, strict=True):
        state, out = pipe_step(state, flow, 1.5e5, 1.0)
        if flow > 1e-3:
            assert float(out.enthalpy) == pytest.approx(expected, rel=1e-9)


def test_equal_parcels_become_one():
    state = pipe(100.0, 1.2e5)
    for _ in range(50):
        state, _ = pipe_step(state, 1.0, 1.2e5, 1.0)
    assert state.mass.size == 2
    state, _ = pipe_step(state, 1.0, 1.3e5, 1.0)
    assert state.mass.size == 3
    np.testing.assert_allclose(state.heat[-1], 99 * 1.2e5 + 1.3e5, rtol=1e-13)
