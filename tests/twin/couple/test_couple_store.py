"""What a rack's energy store can do: the closed forms are what a march of the same store does."""

import dataclasses

import numpy as np
import pytest

import power
import twin
from twin.couple.store import covered_step, store_time

STORE = twin.load("gb300-nvl72").rack.store
STEP = 1e-5


def broken(store, low, high):
    """Whether a step from one power to another breaks the ramp of the grid."""
    course = power.march_store(store, np.repeat([low, high], [2, 30_000]), STEP).grid_power
    ramp = max(store.grid_ramp_up, store.grid_ramp_down)
    return bool(np.abs(np.diff(course)).max() > (1 + 1e-6) * ramp * STEP)


@pytest.mark.parametrize("target", [0.3, 0.5, 0.7])
def test_the_largest_step_is_covered_and_one_above_it_is_not(target):
    store = dataclasses.replace(STORE, target_charge=target)
    step = covered_step(store)
    assert not broken(store, 40e3, 40e3 + 0.99 * step)
    assert not broken(store, 40e3 + 0.99 * step, 40e3)
    above = [broken(store, *ends) for ends in ((20e3, 20e3 + 1.02 * step), (20e3 + 1.02 * step, 20e3))]
    assert above.count(True) == 1  # upward from a charge below the middle, downward above it


def test_a_rating_below_it_is_the_largest_step():
    assert covered_step(dataclasses.replace(STORE, discharge_power=20e3)) == 20e3
    half = dataclasses.replace(STORE, capacity=STORE.capacity / 2)
    assert covered_step(half) == pytest.approx(covered_step(STORE) / np.sqrt(2))


@pytest.mark.parametrize("drawn", [60e3, 200e3])
def test_it_lasts_as_long_as_a_march_without_a_grid(drawn):
    """The grid has the least ramp there is; what it gives does not count."""
    store = dataclasses.replace(STORE, standing_loss=5e3, grid_ramp_up=1e-3)
    start = power.StoreState(np.array(0.5 * store.capacity), np.array(0.0))
    held = power.march_store(store, np.full(20_000, drawn), STEP, start).energy
    lasted = STEP * np.count_nonzero(held > 0)
    assert store_time([store, None], np.full(2, drawn)) == pytest.approx([lasted, np.nan], abs=2 * STEP, nan_ok=True)


def test_a_swing_of_half_the_rack_is_not_flattened_above_the_lossless_bound():
    """Why the bound is called one: its control returns to the target, and its energy is short of the ramps."""
    bound = float(power.flattened_frequency(STORE.capacity, 67e3))
    for frequency in (1.5 * bound, 3 * bound):
        time = 1e-4 * np.arange(30_000)
        load = np.where(time * frequency % 1 < 0.5, 134e3, 67e3)
        assert np.ptp(power.march_store(STORE, load, 1e-4).grid_power[15_000:]) > 67e3
