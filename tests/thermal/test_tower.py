"""Wet tower: the rated point, Merkel's equation integrated, the inverses, evaporation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from thermal.moist_air import saturation_slope
from thermal.tower import CoolingTower, rated_units, tower_evaporation, tower_heat
from thermal.tower_solve import tower_inlet, tower_outlet, tower_speed
from thermal.wet_bulb import Outdoors, outdoor_air

TOWER = CoolingTower(
    rated_heat=3e6,
    rated_wet_bulb=298.7,
    rated_inlet_temperature=308.15,
    rated_outlet_temperature=302.59,
    rated_fan_power=45e3,
    rated_air_flow=100.0,
    fill_exponent=-0.4,
    minimum_speed=0.2,
    drift_share=5e-5,
    concentration_cycles=5.0,
)
RATE = TOWER.rated_water_rate


def at_wet_bulb(wet, dry=313.15, humidity=0.01):
    return Outdoors(*(np.asarray(value, float) for value in (dry, wet, humidity, 101325.0)))


RATED = at_wet_bulb(298.7)


def test_the_rated_point_is_returned():
    assert tower_heat(TOWER, RATE, 1.0, (308.15, 302.59), RATED) == pytest.approx(3e6, rel=1e-12)
    assert tower_outlet(TOWER, RATE, 1.0, 308.15, RATED) == pytest.approx(302.59, abs=1e-9)
    assert tower_inlet(TOWER, RATE, 1.0, 3e6, RATED) == pytest.approx(308.15, abs=1e-9)


def merkel_units(tower, rate, outlet, inlet, wet, air):
    """Transfer units of the air by Merkel's integral along a counter-flow tower."""
    outside = float(saturation_slope(wet, 101325.0)[0])

    def inverse(T):
        return 1 / (float(saturation_slope(T, 101325.0)[0]) - outside - rate * (T - outlet) / air)

    return quad(inverse, outlet, inlet)[0] * rate / air


def test_the_transfer_units_are_those_of_merkels_integral():
    # Braun's chord for the saturation curve is good to a few per cent over a span of 6 K
    exact = merkel_units(TOWER, RATE, 302.59, 308.15, 298.7, 100.0)
    assert rated_units(TOWER) == pytest.approx(exact, rel=0.05)


def test_a_tower_ten_times_as_large_comes_to_the_wet_bulb():
    wide = Outdoors(*RATED)
    assert tower_outlet(replace(TOWER, rated_air_flow=4e3), RATE, 1.0, 308.15, wide) > 298.7
    near = tower_outlet(TOWER, RATE * 0.05, 1.0, 308.15, RATED)
    assert 298.7 <= near < 298.8


@given(
    wet=st.floats(265.0, 301.0),
    share=st.floats(0.3, 1.5),
    speed=st.floats(0.2, 1.0),
    into=st.floats(303.0, 318.0),
)
def test_the_outlet_lies_between_wet_bulb_and_inlet_and_falls_with_more_air(wet, share, speed, into):
    air = at_wet_bulb(wet)
    out = tower_outlet(TOWER, share * RATE, np.array([speed, min(1.0, speed * 1.2)]), into, air)
    assert wet <= out[1] <= out[0] + 1e-9 <= into + 1e-9
    heat = share * RATE * (into - out)
    assert tower_heat(TOWER, share * RATE, speed, (into, out[0]), air) == pytest.approx(heat[0], rel=1e-9)


@given(wet=st.floats(270.0, 297.0), span=st.floats(2.0, 8.0))
def test_speed_and_outlet_undo_each_other(wet, span):
    air = at_wet_bulb(wet)
    speed = tower_speed(TOWER, RATE, (302.0 + span, 302.0), air)
    if 0.2 < speed < 1:
        assert tower_outlet(TOWER, RATE, speed, 302.0 + span, air) == pytest.approx(302.0, abs=1e-8)


def test_what_full_speed_does_not_reach_is_infinite():
    warm = at_wet_bulb([290.0, 302.0, 310.0])
    speed = tower_speed(TOWER, RATE, (308.15, 302.59), warm)
    assert speed[0] < 1
    assert np.isinf(speed[1:]).all()


def test_water_colder_than_the_wet_bulb_is_left_as_it_is():
    assert tower_outlet(TOWER, RATE, 1.0, 290.0, RATED) == 290.0


def test_evaporation_carries_most_of_the_heat_and_more_than_all_of_it_in_hot_dry_air():
    latent = 2.43e6
    humid, dry = outdoor_air(299.0, 0.97), outdoor_air(318.15, 0.15)
    shares = [float(tower_evaporation(TOWER, RATE, 1.0, 3e6, air)) * latent / 3e6 for air in (humid, dry)]
    assert 0.75 < shares[0] < 1.0  # about 1 % of the flow per 7 K of range, the rule of the trade
    assert 1.0 < shares[1] < 1.4


def test_a_tower_of_the_wrong_potential_is_seen(monkeypatch):
    def swapped(temperature, pressure):
        value, slope = saturation_slope(temperature, pressure)
        return value * 1.01, slope

    rated_units(TOWER)  # kept from before the fault
    monkeypatch.setattr("thermal.tower.saturation_slope", swapped)
    assert tower_heat(TOWER, RATE, 1.0, (308.15, 302.59), RATED) != pytest.approx(3e6, rel=1e-6)


# York's fit of a tower's approach over wet bulb and range [K] and liquid over gas, powers 0 to 2 of each; EnergyPlus
# and the Modelica Buildings library print it
YORK = np.reshape(
    [
        *(-0.359741205, -0.055053608, 0.0023850432, 0.173926877, -0.0248473764, 0.00048430224),
        *(-0.005589849456, 0.0005770079712, -0.00001342427256, 2.84765801111111, -0.121765149, 0.0014599242),
        *(1.680428651, -0.0166920786, -0.0007190532, -0.025485194448, 0.0000487491696, 0.00002719234152),
        *(-0.0653766255555556, -0.002278167, 0.0002500254, -0.0910565458, 0.00318176316, 0.000038621772),
        *(-0.0034285382352, 0.00000856589904, -0.000001516821552),
    ],
    (3, 3, 3),
)


def test_the_approach_off_the_rated_point_is_that_of_a_published_fit_within_its_own_scatter():
    wet, span, ratio = (
        axis.ravel() for axis in np.meshgrid([5.0, 10.0, 15.0, 20.0, 25.55], [3.0, 5.56, 8.0], [1.0, 1.5, 2.0])
    )
    published = np.polynomial.polynomial.polyval3d(ratio, span, wet, YORK)
    tower = replace(
        TOWER,
        rated_outlet_temperature=298.7 + 3.89,
        rated_inlet_temperature=298.7 + 3.89 + 5.56,
        fill_exponent=-0.6,
    )
    rate = tower.rated_water_rate
    inlet = tower_inlet(tower, rate, 1 / ratio, rate * span, at_wet_bulb(273.15 + wet, dry=305.0))
    ours = inlet - span - 273.15 - wet
    assert np.sqrt(((ours - published) ** 2).mean()) < 0.8  # approaches are 2.4 to 23 K
    assert np.abs(ours - published).max() < 1.6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rated_outlet_temperature": 298.0}, "must fall in this order"),
        ({"rated_air_flow": 50.0}, "kg/s"),
        ({"concentration_cycles": 1.0}, "must be > 1"),
    ],
)
def test_a_tower_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TOWER, **change)


def test_a_heat_beyond_all_measure_is_refused_with_the_fix():
    with pytest.raises(ValueError, match="add towers or a chiller"):
        tower_inlet(TOWER, 0.2 * RATE, 1.0, 40e6, RATED)
    with pytest.raises(ValueError, match="capacity rate of the water = 0"):
        tower_heat(TOWER, 0.0, 1.0, (308.15, 302.59), RATED)
