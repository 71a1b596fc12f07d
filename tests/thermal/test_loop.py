"""The loop around the rack: heat balance and the published flow table."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from thermal.coolant import coolant, density, enthalpy
from thermal.loop import flow_for_return, return_temperature

SUPPLY = 273.15 + np.array([25.0, 30.0, 35.0, 40.0, 45.0])
LITRES = np.array([59.0, 71.0, 89.0, 119.0, 177.0])  # Lenovo LP2357


def returns(name):
    """Return the outlets of the published table at 121.5 kW, flow metered at the mean [degC]."""
    liquid = coolant(name)
    mass = density(liquid, (SUPPLY + 328.15) / 2) * LITRES * 1e-3 / 60
    return return_temperature(liquid, mass, 121.5e3, SUPPLY) - 273.15


def test_the_published_flow_table_closes_with_pure_water():
    assert (returns("water") > 54.8 - 0.2).all()
    assert (returns("water") < 55.0 + 0.2).all()


def test_the_same_table_does_not_close_with_glycol():
    assert returns("pg25").max() > 55.2


def test_the_flow_for_a_return_at_55_degrees_is_the_published_one():
    water = coolant("water")
    mass = flow_for_return(water, 121.5e3, SUPPLY, 328.15)
    litres = mass / density(water, (SUPPLY + 328.15) / 2) * 6e4
    assert litres == pytest.approx(LITRES, rel=0.015)  # whole litres, and a return of 54.8-55.0


@given(
    name=st.sampled_from(["water", "pg25"]),
    heat=st.floats(1.0, 5e5),
    supply=st.floats(275.0, 340.0),
    span=st.floats(0.5, 30.0),
)
def test_flow_and_return_temperature_undo_each_other_and_close_the_balance(name, heat, supply, span):
    liquid = coolant(name)
    mass = flow_for_return(liquid, heat, supply, supply + span)
    back = return_temperature(liquid, mass, heat, supply)
    assert back == pytest.approx(supply + span, rel=1e-13)
    assert mass * (enthalpy(liquid, back) - enthalpy(liquid, supply)) == pytest.approx(heat, rel=1e-11)


@given(
    supply=st.floats(275.0, 330.0),
    hotter=st.floats(0.0, 10.0),
    mass=st.floats(0.5, 5.0),
    heat=st.floats(0, 1e5),
)
def test_a_hotter_inlet_never_lowers_the_return(supply, hotter, mass, heat):
    assume(heat / mass < 1e5)
    low, high = return_temperature(coolant("water"), mass, heat, [supply, supply + hotter])
    assert high >= low >= supply * (1 - 1e-15)


def test_two_streams_mix_to_the_enthalpy_of_their_sum():
    water = coolant("water")
    mass, heat = np.array([1.0, 2.0]), np.array([4e4, 2e4])
    apart = enthalpy(water, return_temperature(water, mass, heat, 318.15))
    together = enthalpy(water, return_temperature(water, mass.sum(), heat.sum(), 318.15))
    assert (mass * apart).sum() / 3.0 == pytest.approx(together, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w: flow_for_return(w, 1e3, 330.0, 328.15), "-1.85 K above the supply: must be > 0"),
        (lambda w: flow_for_return(w, -1.0, 318.15, 328.15), "heat into the liquid = -1 W: must be >= 0"),
        (lambda w: return_temperature(w, 0.0, 1e3, 318.15), "mass flow = 0 kg/s: must be > 0"),
        (lambda w: return_temperature(w, 0.01, 1e5, 318.15), "enthalpy of coolant 'water'"),
    ],
)
def test_impossible_loops_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(coolant("water"))
