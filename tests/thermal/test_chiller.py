"""Chiller: its rated point, the second law, a published curve that it was not made from."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.chiller import Chiller, chiller_power, chillers_power, idle_power

CHILLER = Chiller(
    rated_heat=1e6,
    rated_cop=5.5,
    rated_chilled_temperature=279.82,
    rated_condenser_temperature=302.55,
    entropy_share=0.36,
    minimum_lift=10.0,
    condenser_approach=6.0,
)
# EnergyPlus data set "DOE-2 Centrifugal/5.50COP": biquadratic in chilled and condenser temperature, quadratic in load
CAPACITY = (0.257896, 0.0389016, -0.00021708, 0.0468684, -0.00094284, -0.00034344)
INPUT = (0.933884, -0.058212, 0.00450036, 0.00243, 0.000486, -0.001215)
PART_LOAD = (0.222903, 0.313387, 0.46371)
# Modelica Buildings, table of a York YCAL0033EE at full load: heat and power over chilled [K] and air [K], fans counted
CHILLED, OUTSIDE = np.array([277.59, 279.44, 281.3, 283.15]), np.array([297.04, 306.3, 315.56])
HEAT = np.array([[96729, 99359, 85353], [105557, 106249, 90305], [112780, 111523, 93630], [118321, 115125, 95294.0]])
POWER = np.array([[23556, 32525, 36333], [25170, 33484, 36697], [26202, 33666, 36135], [26650, 33118, 34745.0]])
AIR_COOLED = replace(
    CHILLER,
    rated_heat=104.88e3,
    rated_cop=3.04,
    rated_condenser_temperature=308.15,
    entropy_share=0.28,
    minimum_lift=0.0,
    condenser_approach=0.0,
)


def curve(c, x, y):
    return c[0] + c[1] * x + c[2] * x**2 + c[3] * y + c[4] * y**2 + c[5] * x * y


def published(heat, chilled, condenser):
    """Power and part load of the published curves, temperatures in Celsius."""
    capacity = CHILLER.rated_heat * curve(CAPACITY, chilled, condenser)
    load = heat / capacity
    factor = PART_LOAD[0] + PART_LOAD[1] * load + PART_LOAD[2] * load**2
    return capacity / CHILLER.rated_cop * curve(INPUT, chilled, condenser) * factor, load


def deviations(chiller):
    chilled, condenser, heat = (
        axis.ravel()
        for axis in np.meshgrid(np.linspace(5, 10, 6), np.linspace(24, 35, 8), 1e6 * np.linspace(0.2, 1, 9))
    )
    power, load = published(heat, chilled, condenser)
    ours = chiller_power(replace(chiller, minimum_lift=0.0), heat, chilled + 273.15, condenser + 273.15)
    return (ours / power - 1)[load <= 1]


def test_the_rated_point_is_returned():
    assert chiller_power(CHILLER, 1e6, 279.82, 302.55) == pytest.approx(1e6 / 5.5, rel=1e-12)


def test_one_share_of_the_losses_follows_a_published_curve_over_its_whole_range():
    off = deviations(CHILLER)
    assert np.abs(off).max() < 0.06
    assert np.sqrt((off**2).mean()) < 0.025


def test_another_share_does_not():
    assert np.abs(deviations(replace(CHILLER, entropy_share=0.1))).max() > 0.3


def off_the_table(chiller):
    """Power over that of the table, whose power is proportional to the load, at loads of 0.45 to 1."""
    heat = np.minimum(np.array([0.45, 0.8, 1.0])[:, None, None] * HEAT, chiller.rated_heat)
    return chiller_power(chiller, heat, CHILLED[:, None], OUTSIDE) / (heat / HEAT * POWER) - 1


def test_an_air_cooled_one_follows_a_table_that_counts_its_fans():
    off = off_the_table(AIR_COOLED)
    assert np.abs(off).max() < 0.25
    assert np.sqrt((off**2).mean()) < 0.125


def test_the_cop_of_a_water_cooled_one_does_not():
    assert off_the_table(replace(AIR_COOLED, rated_cop=5.5)).max() < -0.1


def test_modules_share_the_load_as_few_as_take_least():
    bank = replace(CHILLER, modules=10)
    ten = replace(CHILLER, rated_heat=1e5)
    heat = np.linspace(0, 1e6, 101)
    assert chiller_power(bank, heat, 288.15, 308.15) == pytest.approx(chillers_power(ten, 10, heat, 288.15, 308.15))
    assert chiller_power(bank, 1e6, 279.82, 302.55) == pytest.approx(1e6 / 5.5)
    assert idle_power(bank, 288.15, 308.15) == pytest.approx(idle_power(CHILLER, 288.15, 308.15) / 10)
    by_hand = min(k * float(chiller_power(ten, 3.3e5 / k, 288.15, 308.15)) for k in range(4, 11))
    assert chiller_power(bank, 3.3e5, 288.15, 308.15) == pytest.approx(by_hand, rel=1e-12)


@given(
    heat=st.floats(1e3, 1e6),
    chilled=st.floats(278.0, 318.0),
    condenser=st.floats(283.0, 328.0),
    warmer=st.floats(0.0, 10.0),
    share=st.floats(0.0, 1.0),
)
def test_power_obeys_the_second_law_and_rises_with_heat_and_condenser_and_falls_with_chilled(
    heat, chilled, condenser, warmer, share
):
    chiller = replace(CHILLER, entropy_share=share)
    power = chiller_power(chiller, heat, chilled, condenser)
    lift = max(condenser - chilled, chiller.minimum_lift)
    assert power > heat * lift / chilled * (1 - 1e-12)
    assert chiller_power(chiller, heat, chilled, condenser + warmer) >= power * (1 - 1e-12)
    assert chiller_power(chiller, min(heat * (1 + warmer), 1e6), chilled, condenser) >= power * (1 - 1e-12)
    if condenser - chilled - warmer > chiller.minimum_lift:
        assert chiller_power(chiller, heat, chilled + warmer, condenser) <= power * (1 + 1e-12)


def test_off_takes_nothing_and_a_trickle_takes_the_idle_power():
    assert chiller_power(CHILLER, 0.0, 288.15, 308.15) == 0
    idle = idle_power(CHILLER, 288.15, 308.15)
    assert chiller_power(CHILLER, 1e-3, 288.15, 308.15) == pytest.approx(idle, rel=1e-6)


def test_several_run_as_many_as_take_least():
    one = chiller_power(CHILLER, 2e5, 288.15, 308.15)
    assert chillers_power(CHILLER, 4, 2e5, 288.15, 308.15) == pytest.approx(one)
    heat = np.linspace(0, 4e6, 400)
    power = chillers_power(CHILLER, 4, heat, 288.15, 308.15)
    assert (np.diff(power) > 0).all()
    assert power[-1] == pytest.approx(4 * chiller_power(CHILLER, 1e6, 288.15, 308.15))


def test_bad_input_is_refused_with_the_fix():
    with pytest.raises(ValueError, match="must be < that of Carnot"):
        replace(CHILLER, rated_cop=20.0)
    with pytest.raises(ValueError, match="add chillers"):
        chiller_power(CHILLER, 1.1e6, 280.0, 300.0)
