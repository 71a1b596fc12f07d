"""Dry cooler and pads: the rated point, the limits of the exchanger, the fan laws, water."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.adiabatic import AdiabaticPad, make_up, pad_air
from thermal.dry_cooler import DryCooler, cooler_conductance, cooler_speed, fan_power, rated_conductance
from thermal.moist_air import AIR_HEAT_CAPACITY, air_enthalpy
from thermal.wet_bulb import outdoor_air

COOLER = DryCooler(
    rated_heat=2.931e6,
    rated_air_temperature=308.15,
    rated_inlet_temperature=319.26,
    rated_outlet_temperature=313.7,
    rated_fan_power=117.68e3,
    rated_air_flow=524.0,
    air_exponent=0.6,
    water_exponent=0.8,
    water_resistance_share=0.2,
    minimum_speed=0.2,
)
PAD = AdiabaticPad(effectiveness=0.8, pressure_share=0.15, concentration_cycles=4.0)
RATE = COOLER.rated_water_rate


def test_the_rated_point_is_returned():
    assert cooler_conductance(COOLER, RATE, 1.0) * (319.26 - 308.15) == pytest.approx(2.931e6, rel=1e-12)
    assert fan_power(COOLER.rated_fan_power, 1.0) == 117.68e3


def test_the_conductance_is_that_of_the_closed_form_where_nothing_limits():
    # a coil without end moves what the lesser stream can carry; one that is tiny moves UA times the difference
    big = replace(COOLER, rated_air_flow=1.0001 * 2.931e6 / (AIR_HEAT_CAPACITY * 11.11))
    assert cooler_conductance(big, 4 * big.rated_water_rate, 0.2) == pytest.approx(
        0.2 * big.rated_air_flow * AIR_HEAT_CAPACITY, rel=0.01
    )
    rich = replace(COOLER, rated_air_flow=1e5, water_resistance_share=0.0, air_exponent=0.0)
    strong = cooler_conductance(rich, 4 * RATE, 1.0)
    assert strong == pytest.approx(rated_conductance(rich), rel=0.1)


def test_the_speed_for_a_conductance_is_its_inverse_for_few_and_for_many():
    g = np.linspace(30e3, 263e3, 500)
    speed = cooler_speed(COOLER, g, RATE, 95e3)
    inside = (speed > COOLER.minimum_speed) & np.isfinite(speed)
    assert inside.sum() > 300
    exact = [float(cooler_conductance(COOLER, RATE, s, 95e3)) for s in speed[inside][::25]]
    assert exact == pytest.approx(g[inside][::25], rel=1e-9)
    assert cooler_conductance(COOLER, RATE, speed[inside], 95e3) == pytest.approx(g[inside], rel=1e-9)


def test_more_than_full_speed_is_infinite_and_less_than_the_least_is_the_least():
    top, low = (float(cooler_conductance(COOLER, RATE, s)) for s in (1.0, 0.2))
    assert cooler_speed(COOLER, [top * 1.001, top, low * 0.5, 0.0], RATE).tolist() == [np.inf, 1.0, 0.2, 0.2]


@given(
    share=st.floats(0.05, 3.0),
    more=st.floats(1.0, 1.3),
    speed=st.floats(0.2, 1.0),
    p=st.floats(60e3, 105e3),
    exponents=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
)
def test_more_water_or_air_never_moves_less_heat_and_no_stream_passes_the_other(share, more, speed, p, exponents):
    names = ("air_exponent", "water_exponent", "water_resistance_share")
    cooler = replace(COOLER, **dict(zip(names, exponents, strict=True)))
    rate = share * RATE
    g = cooler_conductance(cooler, rate, speed, p)
    assert 0 < g <= min(rate, speed * p / 101325 * 524.0 * AIR_HEAT_CAPACITY) * (1 + 1e-12)
    assert cooler_conductance(cooler, rate * more, speed, p) >= g * (1 - 1e-12)
    assert cooler_conductance(cooler, rate, speed * more, p) >= g * (1 - 1e-12)


def test_fan_power_goes_with_the_cube_and_with_the_density():
    assert fan_power(8e3, [0.5, 1.0], 101325 / 2).tolist() == [500.0, 4000.0]


def test_a_pad_takes_the_air_a_share_of_the_way_to_its_wet_bulb_at_constant_enthalpy():
    T, Tw, w, _ = outdoor_air(313.15, 0.14)
    left = pad_air(PAD, T, Tw, w)
    assert left.temperature == pytest.approx(T - 0.8 * (T - Tw))
    # what comes in as liquid at 0 °C has no enthalpy
    assert air_enthalpy(left.temperature, w + left.evaporation) == pytest.approx(float(air_enthalpy(T, w)), rel=1e-12)
    assert pad_air(PAD, T, Tw, w, 0.0).evaporation == 0
    assert 0 < pad_air(PAD, T, Tw, w, 0.5).evaporation < left.evaporation


def test_make_up_keeps_the_salt_and_never_goes_below_evaporation_and_drift():
    supplied = make_up(1.0, 4.0, 0.1)
    assert supplied == pytest.approx(4 / 3)
    assert supplied * 1.0 == pytest.approx((supplied - 1.0) * 4.0)  # salt in, salt out with blowdown and drift
    assert make_up(1.0, 100.0, 0.1) == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rated_outlet_temperature": 300.0}, "must fall in this order"),
        ({"rated_air_flow": 200.0}, "the air leaves hotter than the water enters"),
        ({"rated_air_flow": 0.0}, "must be > 0 kg/s"),
        ({"minimum_speed": 0.0}, "must be >= 0.05"),
    ],
)
def test_a_cooler_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(COOLER, **change)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cooler_conductance(COOLER, 0.0, 1.0), "change the flow or the number of units"),
        (lambda: cooler_conductance(COOLER, RATE, 0.0), "speed of the fans = 0"),
        (lambda: cooler_speed(COOLER, 1e5, RATE, 1e4), "50 .. 120 kPa"),
        (lambda: fan_power(1.0, 1.1), "speed of the fans = 1.1"),
        (lambda: pad_air(PAD, 300.0, 301.0, 0.01), "above the dry bulb"),
        (lambda: pad_air(PAD, 300.0, 290.0, 0.01, 1.2), "wetting of the pads = 1.2"),
        (lambda: make_up(1.0, 1.0), "cycles of concentration = 1"),
    ],
)
def test_bad_input_is_refused_with_the_fix(call, message):
    with pytest.raises(ValueError, match=message):
        call()
