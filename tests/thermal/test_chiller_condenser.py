"""Condensers: on air nothing is added; on a tower's water its rated point, fans, pumps and evaporation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.chiller import Chiller, chillers_power
from thermal.chiller_condenser import chilling_power, condenser_make_up, condenser_of
from thermal.plant import Duty, Plant, solve_plant
from thermal.tower import CoolingTower, tower_evaporation
from thermal.wet_bulb import outdoor_air

AIR = Chiller(
    rated_heat=2.5e6,
    rated_cop=3.04,
    rated_chilled_temperature=279.82,
    rated_condenser_temperature=308.15,
    entropy_share=0.28,
    minimum_lift=10.0,
    condenser_approach=1.0,
    modules=10,
)
WATER = replace(
    AIR, rated_cop=5.5, rated_condenser_temperature=302.55, minimum_lift=4.0, condenser_pump=0.013, modules=1
)
TOWER = CoolingTower(
    rated_heat=3e6,
    rated_wet_bulb=298.7,
    rated_inlet_temperature=308.15,
    rated_outlet_temperature=302.59,
    rated_fan_power=38e3,
    rated_air_flow=100.0,
    fill_exponent=-0.6,
    minimum_speed=0.2,
    drift_share=5e-5,
    concentration_cycles=5.0,
)
RATED = outdoor_air(np.array([308.15]), 0.47236)  # wet bulb 298.70 K
PLANT = Plant(
    heat_capacity=4180.0, rated_flow=40.0, rated_pump_power=9e3, units=1, tower=TOWER, chillers=1, chiller=WATER
)


def test_on_air_the_condenser_finds_the_dry_bulb_and_the_rating_holds_the_fans():
    found = condenser_of(AIR, TOWER, RATED)
    assert found.temperature == pytest.approx(309.15)
    assert found.share == 0
    assert condenser_make_up(AIR, TOWER, np.array([1e6]), RATED) == 0
    heat, chilled = np.array([1e6]), np.array([288.15])
    assert chilling_power(AIR, 1, heat, chilled, found) == chillers_power(AIR, 1, heat, chilled, 309.15)


def test_on_water_a_cell_at_its_rated_wet_bulb_gives_its_rated_outlet():
    found = condenser_of(WATER, TOWER, RATED)
    assert found.temperature == pytest.approx(302.59 + 1.0, abs=1e-3)
    assert found.share == pytest.approx(38e3 / 3e6 + 0.013, rel=1e-9)


def test_fans_and_pumps_go_with_the_heat_rejected():
    found = condenser_of(WATER, TOWER, RATED)
    compressor = chillers_power(WATER, 1, 1e6, 288.15, found.temperature)
    share = 38e3 / 3e6 + 0.013
    total = chilling_power(WATER, 1, np.array([1e6]), np.array([288.15]), found)
    assert total == pytest.approx(compressor + share * (1e6 + compressor), rel=1e-12)


def test_water_is_that_of_the_cell_at_its_rated_heat_over_that_heat():
    evaporated = tower_evaporation(TOWER, TOWER.rated_water_rate, 1.0, 3e6, RATED)
    needed = condenser_make_up(WATER, TOWER, np.array([1.2e6]), RATED)
    assert needed == pytest.approx(0.4 * evaporated * 5 / 4, rel=1e-12)
    assert 0.6 < 1.2e6 / 2.43e6 / (0.4 * evaporated) < 1.1  # about all of the heat goes as vapour


@given(dry=st.floats(268.0, 318.0), wetter=st.floats(0.0, 0.5))
def test_wetter_air_never_gives_colder_water_and_never_below_the_wet_bulb(dry, wetter):
    humidity = np.array([0.3, 0.3 + wetter])
    air = outdoor_air(np.full(2, dry), humidity)
    water = condenser_of(WATER, TOWER, air).temperature
    assert water[1] >= water[0] - 1e-6
    assert (water > air.wet_bulb).all()


def test_a_plant_counts_fans_pumps_and_water_of_its_condensers_and_rejects_the_heat():
    duty, air = Duty(1.5e6, 36.0, 283.15), outdoor_air(np.array([303.15]), 0.5)
    with_all, bare = (
        solve_plant(replace(PLANT, chiller=one), duty, air) for one in (WATER, replace(WATER, condenser_pump=0))
    )
    assert with_all.met and with_all.chiller_heat > 0
    rejected = with_all.chiller_heat + with_all.chiller_power
    share = float(condenser_of(WATER, TOWER, air).share[0])
    compressor = (with_all.chiller_power - share * with_all.chiller_heat) / (1 + share)
    rear = condenser_of(WATER, TOWER, air).temperature
    assert compressor == pytest.approx(chillers_power(WATER, 1, with_all.chiller_heat, 283.15, rear), rel=1e-12)
    assert bare.chiller_power < with_all.chiller_power
    assert with_all.water >= condenser_make_up(WATER, TOWER, rejected, air)


def test_behind_a_tower_water_beats_air_where_the_air_is_dry_and_hot():
    duty, air = Duty(1.5e6, 36.0, 283.15), outdoor_air(np.array([316.55]), 0.15)
    wet, dry = (solve_plant(replace(PLANT, chiller=one), duty, air) for one in (WATER, AIR))
    assert wet.chiller_power < 0.6 * dry.chiller_power


def test_a_chiller_on_water_without_a_tower_is_refused():
    with pytest.raises(ValueError, match="on water, which needs a tower"):
        replace(PLANT, tower=None, dry_cooler=_cooler())
    with pytest.raises(ValueError, match=r"condenser_pump = -0.1: must be none \(on air\) or >= 0"):
        replace(WATER, condenser_pump=-0.1)


def _cooler():
    from thermal.dry_cooler import _EXAMPLE

    return _EXAMPLE
