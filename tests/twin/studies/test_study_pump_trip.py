"""Pump trip: the lumped estimate by hand and against the simulation, and its limits."""

import json

import numpy as np
import pytest
import xarray as xr

import twin
from twin.studies import pump_trip
from twin.studies._trip_chart import apart
from twin.studies.cooling_headroom import headroom_of
from twin.studies.pump_trip import _first, heat_capacity, least_share, lumped, steady_rise


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return pump_trip.study(gb300, (0.0, 0.8), 12.0, (2.0, 8.0))


def test_the_heat_capacity_of_a_package_is_that_of_its_metal_and_silicon(gb300):
    chip = gb300.rack.trays[0].chips[0]
    by_hand = 3.45e6 * (62e-3 * 56e-3 * 2e-3 + 70e-3 * 70e-3 * 3e-3) + 1.63e6 * 2 * 26e-3 * 31e-3 * 0.775e-3
    assert heat_capacity(chip) == pytest.approx(by_hand, rel=1e-12)


def test_the_first_crossing_is_linear_within_a_step():
    time = np.array([0.0, 1.0, 2.0])
    assert _first(time, np.array([80.0, 84.0, 88.0]), 85.0) == pytest.approx(1.25)
    assert np.isnan(_first(time, np.array([80.0, 81.0, 82.0]), 85.0))


def test_the_estimate_takes_longer_than_heating_without_any_cooling(gb300):
    chip = gb300.rack.trays[0].chips[0]
    adiabatic = heat_capacity(chip) * 9.8 / 1400  # headroom of the die at the operating point [K]
    assert lumped(gb300, np.array([0.0]), steady_rise(gb300))[0] > 2 * adiabatic


def test_more_flow_left_buys_time_until_no_limit_is_reached(gb300):
    times = lumped(gb300, np.array([0.0, 0.2, 0.4, 0.8]), steady_rise(gb300))
    assert (np.diff(times[:3]) > 0).all()
    assert np.isnan(times[3])


def test_the_simulation_agrees_with_the_estimate_and_comes_first(found):
    """The estimate warms the whole base with the die, so it is late, by less than a third."""
    ours, estimate = float(found.time_to_limit[0]), float(found.time_to_limit_lumped[0])
    assert estimate / 1.33 < ours < estimate


def test_the_flow_falls_with_the_time_constant_of_the_coast_down(found):
    flow = found.coolant_flow.sel(remaining=0.0)
    late, early = float(flow.sel(time=5.0, method="nearest")), float(flow.sel(time=2.0, method="nearest"))
    assert np.log(early / late) == pytest.approx(3.0 / pump_trip.COAST_DOWN, rel=0.01)


def test_four_fifths_of_the_flow_keep_every_die_below_its_limit(found, gb300):
    kept = found.sel(remaining=0.8)
    assert np.isnan(kept.time_to_limit)
    assert float(kept.junction_temperature_max.max()) < gb300.limits.junction


def test_the_least_flow_is_where_the_full_solve_puts_the_die_at_its_limit(found, gb300):
    """The share is interpolated between solved flows; the rack solved there meets the limit within 0.05 K."""
    full = gb300.with_("load.utilization", 1.0)
    flow = float(twin.solve_batch([full]).coolant_volume_flow[0]) * float(found.remaining_least)
    ((die, *_), _) = headroom_of([full.with_("cooling.volume_flow", flow)])[0]
    assert die == pytest.approx(0.0, abs=0.05)
    assert f"at least {100 * float(found.remaining_least):.0f}\u202f% of the flow must stay" in found.answer


@pytest.mark.parametrize("rise", [[50.0, 60.0], [10.0, 20.0]])
def test_a_least_flow_outside_the_solved_ones_is_none_or_the_least_of_them(gb300, rise):
    found = least_share(gb300, (np.array([1.0, 0.1]), np.array(rise)))
    assert np.isnan(found) if rise[0] > 40 else found == pytest.approx(0.1)


def test_a_course_ends_where_the_first_chip_switches_itself_off_and_says_so(found):
    course, off = found.junction_temperature_max.sel(remaining=0.0), float(found.time_to_off[0])
    assert course.sel(time=slice(None, off - 0.05)).notnull().all()
    assert course.sel(time=slice(off, None)).isnull().all()
    assert np.isnan(found.time_to_off[1])
    (mark,) = json.loads(found.chart)["panels"][0]["marks"]
    assert mark["text"] == "chips switch off"
    assert mark["x"] == pytest.approx(off - 0.1)


def test_courses_are_drawn_where_shares_lie_apart_and_times_of_all():
    assert [pump_trip.REMAINING[i] for i in apart(pump_trip.REMAINING)] == [0.0, 0.2, 0.3, 0.4, 0.6, 0.8]
    assert apart((0.5,)) == [0]


def test_a_spare_pump_in_time_keeps_the_dies_cool_and_one_too_late_is_a_trip(found):
    """Until it runs the course is that of a trip without flow, but for what pumps that coast still draw there."""
    assert np.isnan(found.standby_time_to_limit[0]) and float(found.standby_peak[0]) < 273.15 + 85
    assert float(found.standby_time_to_limit[1]) == pytest.approx(float(found.time_to_limit[0]), rel=1e-3)
    assert float(found.standby_time_to_off[1]) == pytest.approx(float(found.time_to_off[0]), rel=1e-6)
    assert "a spare one that runs after 2 s keeps every chip on" in found.answer
    assert "after 8 s no longer" in found.answer
