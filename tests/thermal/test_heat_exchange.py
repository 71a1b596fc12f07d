"""Heat between two streams: balances, approach, off-rating conductance, fouling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.coolant import coolant, enthalpy
from thermal.exchange import Stream, conductance, exchange, fouled, mean_capacity
from thermal.exchanger import effectiveness

WATER, PG25 = coolant("water"), coolant("pg25")
KINDS = ("counter", "parallel", "cross_unmixed")
flow = st.floats(0.5, 60.0)


def test_equal_streams_share_the_difference_by_hand():
    # NTU 1 in counter flow of equal rates: each end gives half of the difference
    C = 2.0 * float(mean_capacity(WATER, 330.0, 310.0))
    found = exchange(Stream(WATER, 2.0, 330.0), Stream(WATER, 2.0, 310.0), C, "counter")
    assert found.effectiveness == pytest.approx(0.5, rel=1e-12)
    assert found.heat == pytest.approx(C * 10.0, rel=1e-12)
    assert found.hot_outlet == pytest.approx(320.0, abs=5e-3)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(hot=flow, cold=flow, warm=st.floats(300.0, 350.0), cool=st.floats(285.0, 350.0), UA=st.floats(1.0, 3e6))
def test_heat_out_is_heat_in_and_no_stream_passes_the_other(kind, hot, cold, warm, cool, UA):
    found = exchange(Stream(PG25, hot, warm), Stream(WATER, cold, cool), UA, kind)
    given_up = hot * (enthalpy(PG25, warm) - enthalpy(PG25, found.hot_outlet))
    taken_up = cold * (enthalpy(WATER, found.cold_outlet) - enthalpy(WATER, cool))
    size = abs(float(found.heat)) + 1e-6 * (hot + cold)
    assert abs(given_up - found.heat) < 1e-10 * size + 1e-8 and abs(taken_up - found.heat) < 1e-10 * size + 1e-8
    sign = 1 if warm >= cool else -1
    assert sign * (found.hot_outlet - cool) >= -1e-9 and sign * (warm - found.cold_outlet) >= -1e-9


@settings(max_examples=25, deadline=None)
@given(hot=flow, cold=flow, more=st.floats(1.0, 3.0))
def test_more_facility_flow_never_takes_less_heat(hot, cold, more):
    few, many = (
        exchange(
            Stream(PG25, hot, 330.0),
            Stream(WATER, m, 310.0),
            conductance(4e5, (hot / 30, m / 30), 1.0, (0.7, 0.7)),
            "counter",
        )
        for m in (cold, more * cold)
    )
    assert many.heat >= few.heat * (1 - 1e-12)


def test_conductance_is_two_films_in_series():
    # r = 3: the rack side has a quarter of the resistance; halve the other film's flow at n = 1
    assert conductance(8.0, (1.0, 0.5), 3.0, (0.7, 1.0)) == pytest.approx(8.0 / (0.25 + 0.75 * 2))
    assert conductance(8.0, (1.0, 1.0), 3.0, (0.7, 1.0)) == pytest.approx(8.0)


def test_conductance_goes_with_the_film_that_is_left_when_the_other_is_free():
    assert conductance(8.0, (0.5, 1.0), 0.0, (0.7, 0.7)) == pytest.approx(8.0 * 0.5**0.7)


def test_a_side_at_rest_conducts_nothing():
    assert (conductance(8.0, ([0.0, 1.0, 0.0], [1.0, 0.0, 0.0]), 1.0, (0.7, 0.7)) == 0).all()
    with pytest.raises(ValueError, match="on side 2 = -1"):
        conductance(8.0, (1.0, -1.0), 1.0, (0.7, 0.7))


def test_dirt_adds_its_resistance():
    assert 1 / fouled(4e5, 5e-7) == pytest.approx(1 / 4e5 + 5e-7)
    with pytest.raises(ValueError, match="fouling resistance"):
        fouled(4e5, -1e-9)


def test_mean_capacity_has_no_gap_at_equal_temperatures():
    near = mean_capacity(WATER, 320.0 + np.array([-2e-3, -1e-4, 0.0, 1e-4, 2e-3]), 320.0)
    assert np.ptp(near) < 1e-3


def test_pinch_of_counter_flow_lies_at_the_end_of_the_larger_rate():
    found = exchange(Stream(WATER, 1.0, 340.0), Stream(WATER, 3.0, 300.0), 1e4, "counter")
    assert found.pinch == pytest.approx(float(found.hot_outlet) - 300.0)
    share = effectiveness(1e4 / float(mean_capacity(WATER, 340.0, 300.0)), 1 / 3, "counter")
    assert found.effectiveness == pytest.approx(float(share))


def test_a_stream_at_rest_is_refused():
    with pytest.raises(ValueError, match="mass flow of the cold stream = 0 kg/s: must be > 0"):
        exchange(Stream(WATER, 1.0, 340.0), Stream(WATER, 0.0, 300.0), 1e4, "counter")
