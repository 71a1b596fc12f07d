"""The rear door: balances, limits, and the exchanger it stands on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.rear_door import AIR_HEAT_CAPACITY, RearDoor, rear_door

DOOR = RearDoor(conductance=1500.0, rated_air_flow=1.5, air_exponent=0.6, fan_power=300.0, bypass=0.1)
ROOM, WATER, RATE = 298.15, 293.15, 5000.0


def one_stream(ntu, ratio):
    """Effectiveness where the other stream does not warm."""
    return 1 - np.exp(-ntu)


def test_a_door_by_hand():
    found = rear_door(DOOR, 15e3, ROOM, WATER, 1e12, effectiveness=one_stream)
    air = 1.5 * AIR_HEAT_CAPACITY
    exhaust = ROOM + (0.9 * 15e3 + 300.0) / air
    water = (1 - np.exp(-1500.0 / air)) * air * (exhaust - WATER)
    assert found.exhaust_temperature == pytest.approx(exhaust, rel=1e-14)
    assert found.water_heat == pytest.approx(water, rel=1e-12)
    assert found.room_heat == pytest.approx(15e3 + 300 - water, rel=1e-12)


@given(st.floats(0, 5e4), st.floats(283.15, 298.15), st.floats(0.2, 3.0), st.floats(50.0, 1e5))
def test_heat_in_is_heat_out_and_nothing_passes_the_pinch(heat, water, air, rate):
    found = rear_door(DOOR, heat, ROOM, water, rate, air)
    assert found.water_heat + found.room_heat == pytest.approx(heat + found.fan_power, rel=1e-10, abs=1e-9)
    assert found.water_heat == pytest.approx(rate * (found.water_return_temperature - water), rel=1e-7, abs=1e-6)
    behind = found.exhaust_temperature - found.water_heat / (AIR_HEAT_CAPACITY * air)
    assert water - 1e-9 <= behind
    assert found.water_return_temperature <= found.exhaust_temperature + 1e-9


@given(st.floats(0, 3e4), st.floats(1.0, 1.2))
def test_more_air_heat_or_colder_water_is_more_heat_in_the_water(heat, factor):
    here = rear_door(DOOR, heat, ROOM, WATER, RATE)
    assert rear_door(DOOR, factor * heat, ROOM, WATER, RATE).water_heat >= here.water_heat
    assert rear_door(DOOR, heat, ROOM, WATER - 1, RATE).water_heat > here.water_heat


def test_fans_go_with_the_cube_of_the_air_flow_and_end_up_as_heat():
    half = rear_door(DOOR, 1e4, ROOM, WATER, RATE, 0.75)
    assert half.fan_power == pytest.approx(300 / 8)
    assert half.water_heat + half.room_heat == pytest.approx(1e4 + 300 / 8)


def test_what_bypasses_the_door_stays_in_the_room_and_a_large_cold_door_cools_the_room():
    none = rear_door(replace(DOOR, bypass=1.0, fan_power=0.0), 1e4, ROOM, ROOM, RATE)
    assert none.room_heat == pytest.approx(1e4)
    assert rear_door(replace(DOOR, conductance=1e4), 5e3, ROOM, 283.15, RATE).room_heat < 0


def test_the_door_is_a_cross_flow_exchanger_unless_said_and_takes_arrays():
    ntu_by_hand = 1500.0 / (1.5 * AIR_HEAT_CAPACITY)
    seen = []

    def spy(ntu, ratio):
        seen.append((ntu, ratio))
        return one_stream(ntu, ratio)

    given = rear_door(DOOR, 1e4, ROOM, [WATER, WATER - 5], RATE, effectiveness=spy)
    assert given.water_heat.shape == (2,)
    assert seen[0][0] == pytest.approx(ntu_by_hand)
    assert seen[0][1] == pytest.approx(1.5 * AIR_HEAT_CAPACITY / RATE)
    cross = rear_door(DOOR, 1e4, ROOM, WATER, RATE).water_heat
    assert 0.8 * given.water_heat[0] < cross < given.water_heat[0]  # warming water takes less


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"air_heat": -1.0}, r"air heat \[W\] = -1: must be >= 0"),
        ({"air_flow": 0.0}, r"air flow \[kg/s\] = 0: must be > 0"),
        ({"water_capacity_rate": 0.0}, r"water capacity rate \[W/K\] = 0"),
        ({"room_temperature": np.nan}, "room temperature"),
    ],
)
def test_impossible_doors_are_refused_by_name(change, message):
    arguments = {
        "air_heat": 1e4,
        "room_temperature": ROOM,
        "water_supply_temperature": WATER,
        "water_capacity_rate": RATE,
    }
    with pytest.raises(ValueError, match=message):
        rear_door(DOOR, **(arguments | change))
    with pytest.raises(ValueError, match=r"RearDoor\.bypass = 1\.5: must be <= 1"):
        replace(DOOR, bypass=1.5)
