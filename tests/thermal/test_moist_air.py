"""Moist air against the tables of ASHRAE, a second code, and its own limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal import moist_air as air
from thermal.wet_bulb import dew_point, outdoor_air, vapour_pressure, wet_bulb

SEA = 101325.0


@pytest.mark.parametrize(
    ("celsius", "pascal"),
    [(-40, 12.85), (-20, 103.24), (0.01, 611.66), (20, 2338.8), (25, 3169.2), (50, 12351.3), (100, 101418.0)],
)
def test_saturation_pressure_is_that_of_the_published_table(celsius, pascal):
    # ASHRAE Fundamentals (2017), chapter 1, table 3: four to six digits are printed
    assert air.saturation_pressure(273.15 + celsius) == pytest.approx(pascal, rel=4e-4)


def test_the_published_example_at_40_degrees_and_a_wet_bulb_of_20_is_reproduced():
    # ASHRAE Fundamentals (2017), chapter 1, example 1: W 6.5 g/kg, h 56.7 kJ/kg, dew point 7 °C, 14 %, 0.896 m3/kg
    T = 313.15
    ratios = np.linspace(0.006, 0.007, 1001)
    w = float(np.interp(293.15, wet_bulb(T, ratios, SEA), ratios))
    assert w == pytest.approx(0.0065, abs=1.5e-4)  # the example reads a chart
    assert air.air_enthalpy(T, w) == pytest.approx(56.7e3, abs=150)
    pv = vapour_pressure(w, SEA)
    assert dew_point(pv) - 273.15 == pytest.approx(7.0, abs=0.6)
    assert pv / air.saturation_pressure(T) == pytest.approx(0.14, abs=0.002)
    assert (1 + w) / air.air_density(T, w, SEA) == pytest.approx(0.896, abs=5e-4)


def test_the_standard_atmosphere_has_the_published_pressures():
    # ASHRAE Fundamentals (2017), chapter 1, table 1
    assert air.altitude_pressure([0.0, 1000.0, 3000.0]) == pytest.approx([101325, 89875, 70108], rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("T", "humidity", "p"),
    [(313.15, 0.14, SEA), (298.15, 0.5, SEA), (274.15, 0.3, SEA), (263.15, 0.5, 9e4), (308.15, 0.9, 8.4e4)],
)
def test_a_real_gas_code_says_the_same(T, humidity, p):
    oracle = pytest.importorskip("CoolProp.HumidAirProp").HAPropsSI
    state = ("T", T, "R", humidity, "P", p)
    w = air.humidity_ratio(T, humidity, p)
    # an ideal mixture has 0.4 to 0.6 % less vapour: no enhancement factor
    assert w == pytest.approx(oracle("W", *state), rel=6e-3)
    assert wet_bulb(T, w, p) == pytest.approx(oracle("B", *state), abs=0.05)
    assert dew_point(vapour_pressure(w, p)) == pytest.approx(oracle("D", *state), abs=0.02)
    assert air.air_enthalpy(T, w) == pytest.approx(oracle("H", *state), rel=5e-3, abs=50)
    assert air.air_density(T, w, p) == pytest.approx((1 + w) / oracle("V", *state), rel=2e-3)


def test_saturated_air_has_one_temperature():
    T = np.linspace(274.0, 325.0, 60)
    w = air.saturated_ratio(T, SEA)
    assert wet_bulb(T, w, SEA) == pytest.approx(T, abs=1e-9)
    assert dew_point(vapour_pressure(w, SEA)) == pytest.approx(T, abs=1e-9)


def test_a_dew_point_in_the_step_between_ice_and_water_is_found():
    assert dew_point([611.1, 611.16, 611.2, 611.3]) == pytest.approx(273.15, abs=3e-3)


@given(
    T=st.floats(235.0, 325.0),
    humidity=st.floats(0.01, 1.0),
    drier=st.floats(0.0, 1.0),
    p=st.floats(60e3, 108e3),
)
def test_dew_point_wet_bulb_and_dry_bulb_come_in_this_order_and_rise_with_humidity(T, humidity, drier, p):
    w = air.humidity_ratio(T, [humidity, humidity * drier], p)
    wet = wet_bulb(T, w, p)
    assert wet[1] <= wet[0] + 1e-9
    assert wet[0] <= T
    assert dew_point(max(vapour_pressure(w[0], p), 1e-2)) <= wet[0] + 0.05  # over ice both jump by a little


@given(T=st.floats(240.0, 330.0), p=st.floats(60e3, 108e3))
def test_the_slope_of_saturated_enthalpy_is_its_derivative(T, p):
    step = 1e-3
    if abs(T - 273.15) > 2 * step:
        ends = [air.air_enthalpy(T + d, air.saturated_ratio(T + d, p)) for d in (-step, step)]
        value, slope = air.saturation_slope(T, p)
        assert slope == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-5)
        assert ends[0] < value < ends[1]


def test_psychrometrics_keep_the_shape_of_their_input():
    state = outdoor_air(np.full((2, 3), 300.0), 0.5, 1e5)
    assert {value.shape for value in state} == {(2, 3)}
    assert outdoor_air(300.0, 0.5).wet_bulb.shape == ()


def test_a_wet_bulb_of_a_swapped_latent_heat_is_off_by_more_than_the_tolerance(monkeypatch):
    w = air.humidity_ratio(313.15, 0.14, SEA)
    right = wet_bulb(313.15, w, SEA)
    monkeypatch.setattr("thermal.wet_bulb.VAPORISATION", 2.3e6)
    assert abs(wet_bulb(313.15, w, SEA) - right) > 0.05


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: air.saturation_pressure(25.0), "is it given in kelvin"),
        (lambda: air.humidity_ratio(300.0, 50.0, SEA), "divide percent by 100"),
        (lambda: air.humidity_ratio(370.0, 1.0, 5e4), "pressure of the air = 50000 Pa"),
        (lambda: wet_bulb(300.0, 0.05, SEA), "lower the humidity or the dew point"),
        (lambda: dew_point(0.0), "vapour pressure = 0 Pa"),
        (lambda: air.altitude_pressure(2e4), "altitude = 20000 m"),
    ],
)
def test_what_is_no_air_is_refused_with_the_fix(call, message):
    with pytest.raises(ValueError, match=message):
        call()
