"""Hours of a rack: each is the rack solved alone, floats to where rack and plant agree, and keeps its heat."""

import numpy as np
import pytest

import thermal
import twin
from twin.annual import hours as module
from twin.annual.hours import rack_hours, solve_hours
from twin.build.model import build_model
from twin.couple.plant import RackDuty, behind, design_outdoors
from twin.couple.units import flow_limit
from twin.spec.errors import ConvergenceError


def air(*celsius: float, humidity: float = 0.3) -> thermal.Outdoors:
    return thermal.outdoor_air(np.array(celsius) + 273.15, humidity)


@pytest.fixture(scope="module")
def phoenix(gb300):
    return gb300.with_("site", "phoenix").with_("facility.plant", "dry")


@pytest.fixture(scope="module")
def hot(phoenix):
    """Three hours: mild, and two in which the dry cooler does not hold 40 °C."""
    return solve_hours(phoenix, np.array([1.0, 1.0, 0.7]), air(20.0, 44.0, 46.0))


def test_a_held_hour_is_the_rack_solved_at_its_load(gb300):
    loads = np.array([0.3, 1.0, 0.65])
    found = solve_hours(gb300, loads, air(10.0, 15.0, 20.0))
    assert found.behind.held.all()
    alone = twin.solve_batch([gb300.with_("load.utilization", load) for load in loads])
    for ours, name in (
        ("power", "rack_power"),
        ("junction_temperature", "junction_temperature_max"),
        ("heat", "liquid_heat"),
    ):
        np.testing.assert_allclose(getattr(found.rack, ours), alone[name], rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(found.rack.headroom, alone.headroom_temperature, atol=1e-6)


def test_the_hour_of_the_design_point_is_what_solve_returns(gb300):
    found = solve_hours(gb300, np.ones(1), design_outdoors(gb300))
    summary = twin.solve_batch([gb300]).isel(case=0)
    assert found.behind.pue[0] == pytest.approx(float(summary.pue), rel=1e-9)
    assert found.behind.fan_power[0] == pytest.approx(float(summary.fan_power), rel=1e-6)


def test_rack_and_plant_agree_on_the_supply_of_an_hour_that_floats(phoenix, hot):
    assert hot.behind.held.tolist() == [True, False, False]
    assert hot.rack.supply_temperature[0] == phoenix.cooling.supply_temperature
    assert (hot.rack.supply_temperature[1:] > phoenix.cooling.supply_temperature + 1).all()
    np.testing.assert_allclose(hot.behind.supply_temperature, hot.rack.supply_temperature, atol=module.AGREED)


def test_one_pass_is_not_enough_where_the_supply_floats(phoenix, hot):
    """The supply that comes at the set-point's flow is no fixed point: the check above can fail."""
    set_point = np.full(3, phoenix.cooling.supply_temperature)
    rack = rack_hours(phoenix, build_model([phoenix]), np.array([1.0, 1.0, 0.7]), set_point)
    once = behind(
        phoenix, RackDuty(rack.heat, rack.air_heat, rack.flow, rack.drop, rack.power, set_point), air(20, 44, 46)
    )
    assert (np.abs(once.supply_temperature - hot.rack.supply_temperature)[1:] > 1000 * module.AGREED).all()


def test_heat_of_the_racks_and_their_pumps_ends_in_the_plant(phoenix, hot):
    racks = phoenix.cooling.racks_per_loop * phoenix.facility.loops
    plant = hot.behind.plant
    into = hot.rack.heat + phoenix.cooling.cdu.pump_heat_share * hot.behind.unit_pump_power
    out = (plant.cooler_heat + plant.chiller_heat + plant.reused_heat) / racks
    np.testing.assert_allclose(out, into, rtol=1e-9)


def test_the_flow_is_what_the_pumps_of_the_units_give(phoenix, hot):
    assert not any(hot.behind.refused)
    rack = hot.rack
    set_point = np.full(3, phoenix.cooling.supply_temperature)
    duty = RackDuty(rack.heat, rack.air_heat, rack.flow, rack.drop, rack.power, set_point)
    assert (rack.flow <= flow_limit(phoenix, duty) * (1 + 1e-6)).all()
    assert rack.flow[1] > 0.99 * flow_limit(phoenix, duty)[1]  # warm water asks for more than they have


def test_a_fixed_flow_beyond_the_pumps_is_refused_by_row(gb300):
    found = solve_hours(gb300.with_("cooling.volume_flow", "199 L/min"), np.ones(2), air(10.0, 20.0))
    assert all("beyond their curve" in reason for reason in found.behind.refused)
    assert np.isnan(found.behind.supply_temperature).all()


def test_hours_do_not_depend_on_their_neighbours_nor_order(phoenix, hot):
    order = np.array([2, 0, 1])
    turned = solve_hours(phoenix, np.array([1.0, 1.0, 0.7])[order], air(46.0, 20.0, 44.0))
    np.testing.assert_allclose(turned.rack.supply_temperature, hot.rack.supply_temperature[order], atol=2e-6)
    np.testing.assert_allclose(turned.behind.pue, hot.behind.pue[order], rtol=1e-7)


def test_equal_hours_are_solved_once(gb300, monkeypatch):
    sizes = []

    def counted(model, **more):
        sizes.append(len(model.supply))
        return solve_steady(model, **more)

    solve_steady = module.solve_steady
    monkeypatch.setattr(module, "solve_steady", counted)
    load = np.tile([0.5, 1.0], 400)
    found = rack_hours(gb300, build_model([gb300]), load, np.full(800, 318.15))
    assert sizes == [2]
    assert (found.power[::2] == found.power[0]).all()
    assert found.power[0] < found.power[1]


def test_hotter_outdoors_never_lowers_fans_supply_or_die(phoenix):
    found = solve_hours(phoenix, np.ones(12), air(*np.linspace(-10, 48, 12)))
    for values in (found.behind.fan_power, found.rack.supply_temperature, found.rack.junction_temperature):
        assert (np.diff(values) >= -1e-6).all()
    assert (found.behind.pue >= 1).all()


def test_an_hour_without_a_steady_state_names_the_spec_and_the_mend(gb300):
    with pytest.raises(ConvergenceError, match=r"gb300-nvl72: .*raise the flow"):
        solve_hours(gb300.with_("cooling.volume_flow", "6 L/min"), np.ones(1), air(20.0))
