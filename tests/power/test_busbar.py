"""The conductor: resistance, self-heating, Kirchhoff's bound."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from power import Busbar, kirchhoff_bound, loop_resistance, section_temperature

BAR = Busbar(
    cross_section=900e-6,
    resistivity=1.7241e-8,
    temperature_coefficient=0.00393,
    contact_resistance=1e-5,
    heat_transfer=10.0,
    ambient_temperature=308.15,
    rated_current=1400.0,
    voltage_min=47.5,
    voltage_max=51.5,
)


def heat_balance(bar, current, temperature):
    """Heat given off less heat made, per metre, over heat made: zero at the steady temperature."""
    made = current**2 * loop_resistance(bar, temperature)
    return bar.heat_transfer * (temperature - bar.ambient_temperature) / made - 1


def test_loop_resistance_by_hand_counts_both_poles():
    """1 mm2 of 1e-6 ohm m copper-like metal: 1 ohm/m per pole; 100 K warmer at 0.004 / K: 40 % more."""
    bar = replace(BAR, cross_section=1e-6, resistivity=1e-6, temperature_coefficient=0.004)
    assert loop_resistance(bar, np.array([293.15, 393.15])) == pytest.approx([2.0, 2.8])


def test_nine_hundred_square_millimetres_of_copper_have_38_micro_ohm_per_metre():
    """IEC 60028 annealed copper at 20 degC; the figure is quoted with three digits."""
    assert loop_resistance(BAR, 293.15) == pytest.approx(38.3e-6, abs=0.05e-6)


def test_the_electrothermal_closed_form():
    """Rise = I^2 R0 (1 + a (Ta - 20)) / (hA - I^2 R0 a), within 1e-9 K of the root of the heat balance."""
    for current in (1.0, 100.0, 1320.0, 1400.0, 2640.0):
        root = brentq(lambda t, i=current: heat_balance(BAR, i, t), 308.15 + 1e-9, 900.0, xtol=1e-12, rtol=1e-15)
        assert section_temperature(BAR, current) == pytest.approx(root, abs=1e-9)


def test_that_check_rejects_a_bar_of_one_pole_and_an_ambient_taken_as_the_reference():
    temperature = float(section_temperature(BAR, 1320.0))
    one_pole = replace(BAR, resistivity=BAR.resistivity / 2)
    shifted = replace(BAR, ambient_temperature=293.15)
    assert abs(heat_balance(BAR, 1320.0, temperature)) < 1e-12
    assert abs(heat_balance(one_pole, 1320.0, temperature)) > 0.1
    assert abs(heat_balance(shifted, 1320.0, temperature)) > 0.1


def test_without_current_a_bar_is_at_ambient_and_without_coefficient_the_rise_is_quadratic():
    assert section_temperature(BAR, 0.0) == BAR.ambient_temperature
    plain = replace(BAR, temperature_coefficient=0.0)
    rise = section_temperature(plain, np.array([500.0, 1000.0])) - plain.ambient_temperature
    assert rise[1] == pytest.approx(4 * rise[0], rel=1e-12)


@given(current=st.floats(-5000.0, 5000.0), more=st.floats(0.0, 1000.0))
def test_temperature_ignores_direction_and_grows_with_current(current, more):
    assert section_temperature(BAR, current) == section_temperature(BAR, -current)
    assert section_temperature(BAR, abs(current) + more) >= section_temperature(BAR, current)


def test_a_current_beyond_thermal_runaway_is_refused_with_both_currents():
    limit = np.sqrt(BAR.heat_transfer / (loop_resistance(BAR, 293.15) * BAR.temperature_coefficient))
    assert np.isfinite(section_temperature(BAR, 0.999 * limit))
    with pytest.raises(ValueError, match=rf"section current = 9000 A: must be < {limit:.6g} A"):
        section_temperature(BAR, np.array([100.0, -9000.0]))


def test_the_bound_is_half_the_total():
    assert np.array_equal(kirchhoff_bound(np.array([2640.0, 0.0])), [1320.0, 0.0])
