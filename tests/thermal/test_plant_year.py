"""PUE, WUE, ERE and the counted hours of a year."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.plant import MODES, PlantHours
from thermal.plant_year import (
    energy_reuse_effectiveness,
    plant_year,
    power_usage_effectiveness,
    water_usage_effectiveness,
)


def hours(**given):
    """Four hours of nothing, except for what is given."""
    values = {name: np.zeros(4) for name in PlantHours._fields}
    values |= {"mode": np.ones(4, np.int8), "met": np.ones(4, bool), "free_cooling": np.ones(4, bool)}
    return PlantHours(**(values | {name: np.asarray(value) for name, value in given.items()}))


def test_a_year_by_hand():
    trim = MODES.index("trim")
    found = plant_year(
        hours(
            fan_power=[1e3, 2e3, 3e3, 4e3],
            chiller_power=[0.0, 0.0, 0.0, 10e3],
            pump_power=np.full(4, 1e3),
            heat_pump_power=[4e3, 0.0, 0.0, 0.0],
            delivered_heat=[40e3, 0.0, 0.0, 0.0],
            water=np.full(4, 0.01),
            mode=np.array([1, 1, 1, trim], np.int8),
            met=[True, True, True, False],
            free_cooling=[True, True, False, False],
        ),
        it_power=100e3,
        other_power=5e3,
    )
    assert found.pue == pytest.approx(1 + (10 + 10 + 4 + 4 + 20) / 400)
    assert found.ere == pytest.approx(found.pue - 0.1)
    assert found.wue == pytest.approx(4 * 36.0 / 400)  # 36 L an hour, 400 kWh
    assert (found.free_cooling_hours, found.chiller_hours, found.missed_hours) == (2, 1, 1)
    assert found.cooling_energy == pytest.approx(28e3 * 3600)


def test_shorter_steps_count_as_parts_of_hours():
    assert plant_year(hours(met=[False] * 4), 1.0, step=900.0).missed_hours == 1


@given(it=st.floats(1e-3, 1e12), overhead=st.floats(0, 1e12), reused=st.floats(0, 1e12))
def test_pue_is_at_least_one_and_ere_at_most_pue(it, overhead, reused):
    pue = power_usage_effectiveness(it, overhead)
    assert pue >= 1
    assert energy_reuse_effectiveness(it, overhead, reused) <= pue


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_usage_effectiveness(0.0, 1.0), "IT energy = 0 J: must be > 0"),
        (lambda: power_usage_effectiveness(1.0, -1.0), "overhead energy = -1"),
        (lambda: water_usage_effectiveness(-1.0, 1.0), "water = -1"),
        (lambda: energy_reuse_effectiveness(1.0, 1.0, -2.0), "reused energy = -2"),
        (lambda: plant_year(hours(met=np.array(True)), 1.0), "axis of time"),
    ],
)
def test_ratios_without_a_meaning_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
