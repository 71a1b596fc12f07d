"""Heat reuse: temperatures decide what an exchanger gives and what a heat pump has to add."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.heat_reuse import HeatReuse, reuse_heat

LOOP = HeatReuse(
    demand=1e6,
    district_supply_temperature=323.15,
    district_return_temperature=303.15,
    approach=3.0,
    carnot_share=0.5,
)


def test_water_warm_enough_gives_all_by_the_exchanger():
    found = reuse_heat(LOOP, 3e6, 328.15, 3e5)
    assert found[:3] == (1e6, 1e6, 0.0)
    assert found.outlet_temperature == pytest.approx(328.15 - 1e6 / 3e5)


def test_water_in_between_gives_a_part_and_the_heat_pump_adds_the_rest_by_hand():
    # 316.15 - 3 = 313.15 K: half of 303.15 .. 323.15; COP 0.5 * 323.15 / 10
    found = reuse_heat(LOOP, 3e6, 316.15, 3e5)
    power = 0.5e6 / (0.5 * 323.15 / 10)
    assert found.heat_pump_power == pytest.approx(power)
    assert found.taken == pytest.approx(1e6 - power)


def test_without_a_heat_pump_water_too_cold_gives_nothing():
    assert reuse_heat(replace(LOOP, carnot_share=0.0), 3e6, 316.15, 3e5)[:3] == (0.0, 0.0, 0.0)


def test_the_exchanger_never_brings_the_water_nearer_than_the_approach():
    found = reuse_heat(LOOP, 3e6, 327.15, 2e4)
    assert found.outlet_temperature == pytest.approx(306.15)
    assert found.delivered == pytest.approx(2e4 * 21)


@given(
    heat=st.floats(0.0, 5e6),
    back=st.floats(290.0, 340.0),
    rate=st.floats(1e3, 1e6),
    demand=st.floats(0.0, 5e6),
    share=st.floats(0.0, 0.7),
)
def test_heat_closes_and_no_more_is_taken_than_there_is(heat, back, rate, demand, share):
    found = reuse_heat(replace(LOOP, demand=demand, carnot_share=share), heat, back, rate)
    assert found.delivered == pytest.approx(found.taken + found.heat_pump_power, rel=1e-10, abs=1e-6)
    assert 0 <= found.taken <= heat * (1 + 1e-12) + 1e-9
    assert found.heat_pump_power >= 0
    assert found.delivered <= demand * (1 + 1e-12)
    assert back - found.outlet_temperature == pytest.approx(found.taken / rate, abs=1e-9)


def test_bad_input_is_refused_with_the_fix():
    with pytest.raises(ValueError, match="district's return"):
        replace(LOOP, district_supply_temperature=300.0)
    with pytest.raises(ValueError, match="water must flow"):
        reuse_heat(LOOP, 1e6, 320.0, 0.0)
