"""Distribution unit, steady: the rating given back, balances, approach, monotone flow, spares, refusals."""

from dataclasses import fields, replace

import numpy as np
import pytest
from cdu_units import PG25, UNIT, WATER, duty, model
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal import cdu_steady
from thermal.cdu import unit_conductance, unit_model
from thermal.cdu_steady import solve_units
from thermal.coolant import enthalpy
from thermal.exchange import Stream, exchange

few = settings(max_examples=25, deadline=None)
heats = st.floats(1e3, 2.4e6)
rack_flows = st.floats(16.0, 35.8)
MODEL = model()


def test_the_rating_is_given_back_with_the_valve_wide_open():
    point = solve_units(MODEL, duty(2e6, facility_supply=308.15))
    assert point.approach == pytest.approx(5.0, abs=1e-9)
    assert point.valve == pytest.approx(1.0, abs=1e-9)


def test_exchanger_and_unit_agree_on_the_heat():
    point = solve_units(MODEL, duty(1.3e6))
    UA = unit_conductance(MODEL, 35.8, point.facility_flow)
    found = exchange(
        Stream(PG25, 35.8, point.return_temperature), Stream(WATER, point.facility_flow, 306.15), UA, "counter"
    )
    assert found.heat == pytest.approx(1.3e6, rel=1e-10)
    assert found.hot_outlet == pytest.approx(313.15, abs=1e-8)
    assert found.cold_outlet == pytest.approx(float(point.facility_return), abs=1e-8)


@few
@given(q=heats, m=rack_flows, cool=st.floats(300.0, 312.0), share=st.floats(0.5, 1.0))
def test_heat_in_is_heat_out_and_the_approach_is_never_negative(q, m, cool, share):
    point = solve_units(MODEL, duty(q, mass_flow=m, facility_supply=cool, facility_flow=35.8 * share))
    rack = m * (enthalpy(PG25, point.return_temperature) - enthalpy(PG25, point.supply_temperature))
    water = point.facility_flow * (enthalpy(WATER, point.facility_return) - enthalpy(WATER, cool))
    assert rack == pytest.approx(q, rel=1e-10) and water == pytest.approx(q, rel=1e-10)
    assert point.approach >= 0
    assert point.supply_temperature >= 313.15 - 1e-9
    assert point.facility_return <= point.return_temperature + 1e-9


@few
@given(q=heats, m=rack_flows, cool=st.floats(300.0, 312.0))
def test_a_valve_that_is_not_wide_open_holds_the_set_point(q, m, cool):
    point = solve_units(MODEL, duty(q, mass_flow=m, facility_supply=cool))
    assert point.supply_temperature == pytest.approx(313.15, abs=1e-9) or point.valve == pytest.approx(1.0, abs=1e-9)


@few
@given(q=heats, more=st.floats(1.0, 2.0))
def test_more_heat_needs_more_facility_flow_or_a_warmer_supply(q, more):
    point = solve_units(MODEL, duty(np.array([q, q * more]) / 2, facility_supply=308.0))
    assert point.facility_flow[1] >= point.facility_flow[0] * (1 - 1e-12)
    assert point.supply_temperature[1] >= point.supply_temperature[0] - 1e-9


@few
@given(share=st.floats(0.3, 0.9), more=st.floats(1.0, 1.5))
def test_more_facility_flow_never_warms_the_supply(share, more):
    flow = 35.8 * share * np.array([1.0, more])
    point = solve_units(MODEL, duty(2.2e6, facility_supply=309.0, facility_flow=flow))
    assert point.supply_temperature[1] <= point.supply_temperature[0] + 1e-9


@few
@given(q=st.floats(1e5, 1e6), m=rack_flows, more=st.floats(1.0, 2.0))
def test_warmer_facility_water_never_needs_less_of_it(q, m, more):
    point = solve_units(MODEL, duty(q, mass_flow=m, facility_supply=np.array([304.0, 304.0 + more])))
    assert point.facility_flow[1] >= point.facility_flow[0]


def test_dirt_opens_the_valve_and_then_lifts_the_supply():
    clean, dirty = (
        solve_units(model(fouling=f), duty(np.array([1e6, 2e6]), facility_supply=308.15)) for f in (0.0, 5e-7)
    )
    assert dirty.valve[0] > clean.valve[0] and dirty.supply_temperature[0] == pytest.approx(313.15, abs=1e-9)
    assert dirty.supply_temperature[1] > clean.supply_temperature[1] + 0.3


def test_no_heat_shuts_the_valve():
    point = solve_units(MODEL, duty(0.0))
    assert point.valve == 0 and point.facility_flow == 0 and point.return_temperature == 313.15


def test_a_unit_at_rest_takes_no_power():
    point = solve_units(MODEL, duty(0.0, mass_flow=0.0))
    assert point.pump_power == 0 and point.pump_speed == 0 and np.isfinite(point.supply_temperature)


def test_pumps_warm_the_coolant_by_their_share():
    point = solve_units(model(pump_heat_share=0.8), duty(1e6))
    assert point.heat == pytest.approx(1e6 + 0.8 * float(point.pump_power), rel=1e-13)
    assert 1e4 < point.pump_power < 1.3e4


def test_a_failed_pump_is_replaced_by_the_spare_one_and_the_next_failure_is_too_much():
    usual, spare = (solve_units(MODEL, duty(), failed_pumps=n) for n in (0, 1))
    assert spare.pump_power == usual.pump_power
    pair = model(spare_pumps=0)
    both, alone = (solve_units(pair, duty(mass_flow=20.0, external_drop=4e4), failed_pumps=n) for n in (0, 1))
    assert alone.pump_flow == pytest.approx(2 * both.pump_flow) and alone.pump_speed > both.pump_speed
    with pytest.raises(ValueError, match="failed pumps = 2: one of 2 must run"):
        solve_units(MODEL, duty(), failed_pumps=2)


def test_units_left_share_the_load_of_a_failed_one():
    group = model(units=3)
    point = solve_units(group, duty(3e6, mass_flow=70.0, facility_flow=100.0), failed_units=np.array([0, 1]))
    assert point.running.tolist() == [3, 2] and point.heat * point.running == pytest.approx(3e6)
    assert point.mass_flow * point.running == pytest.approx(70.0)
    with pytest.raises(ValueError, match="failed units = 3: one of 3 must run"):
        solve_units(group, duty(), failed_units=3)


def test_a_batch_is_its_members_one_by_one():
    q, cool = np.linspace(1e5, 2.4e6, 9), np.linspace(301.0, 311.0, 9)
    together = solve_units(MODEL, duty(q, facility_supply=cool))
    for i in range(9):
        alone = solve_units(MODEL, duty(q[i], facility_supply=cool[i]))
        assert [float(part) for part in alone] == pytest.approx([float(part[i]) for part in together], rel=1e-9)


def test_units_of_several_kinds_stand_in_columns():
    kinds = UNIT, replace(UNIT, rated_approach=4.0, pump_efficiency=0.5, pumps=3, spare_pumps=1, units=2)
    columns = object.__new__(type(UNIT))
    for field in fields(UNIT):
        object.__setattr__(columns, field.name, np.array([[getattr(kind, field.name)] for kind in kinds]))
    q = np.array([0.5e6, 1.4e6])
    together = solve_units(unit_model(columns, PG25, WATER), duty(q, external_drop=3e4))
    for i, kind in enumerate(kinds):
        alone = solve_units(unit_model(kind, PG25, WATER), duty(q, external_drop=3e4))
        for many, one in zip(together, alone, strict=True):
            assert many[i] == pytest.approx(one, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: solve_units(MODEL, duty(1e6, mass_flow=0.0)),
            "flow to the racks of 0 kg/s: must be > 0; start the pumps",
        ),
        (lambda: solve_units(MODEL, duty(1e6, facility_flow=0.0)), "facility flow of 0 kg/s: must be > 0; open the"),
        (
            lambda: solve_units(MODEL, duty(set_point=307.0)),
            r"set-point = 307 K: must be >= .* 306.15 \+ 1 K; raise it",
        ),
        (lambda: solve_units(MODEL, duty(-1.0)), "heat = -1 W: must be >= 0"),
        (lambda: solve_units(MODEL, duty(np.nan)), "heat = nan W"),
        (lambda: solve_units(MODEL, duty(external_drop=3e5)), "pump: .* beyond its curve"),
        (lambda: unit_model(replace(UNIT, rated_facility_flow=20.0), PG25, WATER), "raise rated_facility_flow"),
        (lambda: replace(UNIT, spare_pumps=2), "spare_pumps = 2: must be < pumps = 2"),
        (lambda: replace(UNIT, pump_rated_head=4e5), "must be < shutoff_head"),
        (lambda: replace(UNIT, units=0), "DistributionUnit.units = 0: must be >= 1"),
    ],
)
def test_bad_input_is_refused_with_one_clear_message(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_facility_water_warmer_than_the_set_point_lifts_the_supply_where_that_is_asked_for():
    point = solve_units(MODEL, duty(1e6, facility_supply=315.0), must_hold=False)
    assert point.valve == pytest.approx(1.0) and point.supply_temperature > 315.0


def test_a_swapped_sign_of_the_facility_balance_would_be_noticed(monkeypatch):
    after = cdu_steady._after
    monkeypatch.setattr(cdu_steady, "_after", lambda liquid, start, heat, flow: after(liquid, start, -heat, flow))
    point = solve_units(MODEL, duty(1e5), must_hold=False)
    assert not point.facility_return > 306.15
