"""Pump trip: the lumped estimate by hand and against the simulation, and its limits."""

import numpy as np
import pytest
import xarray as xr

from twin.studies import pump_trip
from twin.studies.pump_trip import _first, heat_capacity, lumped


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return pump_trip.study(gb300, (0.0, 0.8), 12.0)


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
    assert lumped(gb300, np.array([0.0]))[0] > 2 * adiabatic


def test_more_flow_left_buys_time_until_no_limit_is_reached(gb300):
    times = lumped(gb300, np.array([0.0, 0.2, 0.4, 0.8]))
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
    assert "80% of the flow left keep every die below it" in found.answer
