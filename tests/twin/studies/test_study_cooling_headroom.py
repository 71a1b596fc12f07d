"""Cooling headroom: the return against its heat balance, every point against the full solve, the regions in order."""

import json
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

import twin
from twin.studies import cooling_headroom

HEAT_CAPACITY = 4.15e6  # J/(m3 K) of water at 36 °C: 993.7 kg/m3 times 4 178 J/(kg K), within 0.1 %


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return cooling_headroom.study(gb300, (6, 5, 3))


def solved(spec, point) -> xr.Dataset:
    paths = dict(zip(cooling_headroom.PATHS, point, strict=True))
    for path, value in paths.items():
        spec = spec.with_(path, float(value))
    return twin.solve_batch([spec]).isel(case=0)


def test_the_return_keeps_the_distance_that_its_heat_balance_leaves(found, gb300):
    supply, flow, load = (found[name][i] for name, i in zip(cooling_headroom.DIMS, (1, 2, 1), strict=True))
    heat = float(solved(gb300, (supply, flow, load)).liquid_heat)
    by_hand = gb300.limits.coolant_return - float(supply) - heat / (HEAT_CAPACITY * float(flow))
    ours = float(found.headroom.sel(limit="coolant return")[1, 2, 1])
    assert ours == pytest.approx(by_hand, abs=0.002 * heat / (HEAT_CAPACITY * float(flow)))


@pytest.mark.parametrize("place", [(0, 0, 0), (2, 1, 2), (5, 4, 2)])
def test_a_point_of_the_batch_is_the_point_solved_alone(found, gb300, place):
    point = [found[name][i] for name, i in zip(cooling_headroom.DIMS, place, strict=True)]
    alone = solved(gb300, point)
    assert float(found.headroom_temperature[place]) == pytest.approx(float(alone.headroom_temperature), abs=1e-5)
    limit = str(alone.headroom_temperature_limited_by.item()).rpartition(": ")[2].removesuffix(" temperature")
    assert found.limited_by[place] == limit


def test_on_the_limit_surface_no_headroom_is_left(found, gb300):
    for i, k in ((0, 2), (1, 2), (0, 1)):
        supply = float(found.supply_temperature_max[i, k])
        there = solved(gb300, (supply, found.volume_flow[i], found.utilization[k]))
        assert float(there.headroom_temperature) == pytest.approx(0.0, abs=0.02)  # linear between rows of 5 K
        assert float(there.supply_temperature_max) == pytest.approx(supply, abs=0.02)


def test_the_surface_ends_at_the_supply_range_where_nothing_else_limits(found, gb300):
    assert float(found.supply_temperature_max[-1, -1]) == gb300.limits.supply_maximum


def test_warmer_water_less_flow_and_more_load_never_add_headroom(found):
    room = found.headroom_temperature.transpose(*cooling_headroom.DIMS).values
    assert (np.diff(room, axis=0) < 0).all()
    assert (np.diff(room, axis=1) > 0).all()
    assert (np.diff(room, axis=2) <= 1e-9).all()


def test_the_return_limits_at_low_flow_and_the_die_at_high_flow(found):
    here = found.limited_by.sel(utilization=1.0)[-2].values.tolist()
    assert here[0] == "coolant return"
    assert here[-1] == "die mean"
    assert sum(a != b for a, b in pairwise(here)) == 1


def test_headroom_is_the_least_of_the_limits(found):
    np.testing.assert_array_equal(found.headroom_temperature, found.headroom.min("limit"))


def test_a_point_without_a_steady_state_is_nan_with_its_reason(gb300):
    few = cooling_headroom.study(gb300.with_("cooling.flow_minimum", "6 L/min"), (2, 3, 2))
    lost = np.isnan(few.headroom_temperature.values)
    assert lost[:, 0, -1].all()  # 6 L/min of water would leave 280 K warmer
    assert not lost[:, -1].any()
    assert all(bool(text) == gone for text, gone in zip(few.message.values.ravel(), lost.ravel(), strict=True))
    assert "raise the flow" in few.message.values[0, 0, -1]
    assert (few.limited_by.values[lost] == "").all()


def test_the_answer_holds_the_numbers_of_the_operating_point(found, gb300):
    alone = twin.solve_batch([gb300]).isel(case=0)
    assert f"{float(alone.headroom_temperature):.1f} K are left" in found.answer
    assert f"{float(alone.coolant_volume_flow) * 6e4:.0f} L/min" in found.answer
    assert json.loads(found.chart)["marks"][0]["x"] == pytest.approx(float(alone.coolant_volume_flow))


def test_the_flow_at_which_the_limits_change_places_is_where_they_are_equal():
    """Two lines that meet between the nodes 2 and 3: 8 - x and 2 x - 1 are equal at 3, 7 - x and 2 x - 1 at 8 / 3."""
    flow = np.array([1.0, 2.0, 4.0, 5.0]) / 6e4
    for top, crossing in ((8.0, "3.0"), (7.0, "2.7")):
        room = np.array([top - flow * 6e4, 2 * flow * 6e4 - 1])
        words = cooling_headroom._along(room, flow)
        assert words == f"At this supply the nearest limit is the hot spot, the die mean from {crossing} L/min on."
    assert "the die mean at every flow" in cooling_headroom._along(np.array([flow, flow + 1]), flow)
    assert "no flow has a steady state" in cooling_headroom._along(np.full((2, 4), np.nan), flow)


def test_the_end_of_the_allowed_range_is_no_limit_of_the_rack(found):
    assert "supply may reach 50 °C, the warmest allowed, with" in found.answer
    assert "supply range" not in found.answer
    assert len(json.loads(found.chart)["marks"]) == 1
