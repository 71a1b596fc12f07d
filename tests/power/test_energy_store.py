"""The energy store: by hand, its balance, its bounds, and what 65 J per module can do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from power.store import (
    EnergyStore,
    StoreState,
    carried_time,
    flattened_frequency,
    flattening_energy,
    march_store,
    square_swing_energy,
)

IDEAL = EnergyStore(
    capacity=1000.0,
    charge_power=1e6,
    discharge_power=1e6,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    standing_loss=0.0,
    target_charge=0.5,
    recharge_time=1e12,
    grid_ramp_up=100.0,
    grid_ramp_down=100.0,
)
STORES = st.builds(
    EnergyStore,
    capacity=st.floats(1.0, 1e4),
    charge_power=st.floats(1.0, 2e3),
    discharge_power=st.floats(1.0, 2e3),
    charge_efficiency=st.floats(0.5, 1.0),
    discharge_efficiency=st.floats(0.5, 1.0),
    standing_loss=st.floats(0.0, 100.0),
    target_charge=st.floats(0.0, 1.0),
    recharge_time=st.floats(0.1, 100.0),
    grid_ramp_up=st.floats(1.0, 1e5),
    grid_ramp_down=st.floats(1.0, 1e5),
)
LOADS = arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 60)), elements=st.floats(0.0, 2e3))


def leak(store, load, found, step):
    """Energy from the grid less energy to the load, less loss, less change of what is held."""
    start = store.target_charge * store.capacity
    grid = found.grid_power.sum(axis=-1) * step
    return grid - load.sum(axis=-1) * step - found.loss.sum(axis=-1) - (found.energy[..., -1] - start)


def test_the_store_carries_what_a_ramped_grid_does_not():
    found = march_store(IDEAL, [0.0, 250.0, 250.0, 250.0, 0.0], 1.0)
    assert found.grid_power == pytest.approx([0, 100, 200, 250, 150])
    assert found.energy == pytest.approx([500, 350, 300, 300, 450])


def test_losses_by_hand_both_ways_and_standing():
    lossy = replace(IDEAL, charge_efficiency=0.9, discharge_efficiency=0.8, standing_loss=5.0)
    found = march_store(lossy, [100.0, 240.0, 0.0], 1.0)
    assert found.grid_power == pytest.approx([100, 200, 100])
    assert found.loss == pytest.approx([5, 40 / 0.8 - 40 + 5, 10 + 5])
    assert found.energy == pytest.approx([495, 440, 525])


def test_an_empty_store_lets_the_grid_break_its_ramp():
    found = march_store(replace(IDEAL, target_charge=0.0), [0.0, 300.0, 300.0], 1.0)
    assert found.grid_power.tolist() == [0, 300, 300]
    assert found.energy.tolist() == [0, 0, 0]


def test_a_full_store_lets_it_fall_at_once():
    found = march_store(replace(IDEAL, target_charge=1.0), [300.0, 0.0], 1.0)
    assert found.grid_power.tolist() == [300, 0]


def test_ratings_bound_what_goes_in_and_out():
    weak = replace(IDEAL, charge_power=20.0, discharge_power=30.0)
    assert march_store(weak, [0.0, 200.0], 1.0).grid_power.tolist() == [0, 170]
    assert march_store(weak, [200.0, 0.0], 1.0).grid_power.tolist() == [200, 20]


def test_the_state_of_charge_returns_to_its_target_exponentially():
    """Explicit Euler: (1 - h / tau)^n of the distance is left."""
    back = replace(IDEAL, recharge_time=10.0, grid_ramp_up=1e9, grid_ramp_down=1e9)
    found = march_store(back, np.full(50, 400.0), 0.1, StoreState(np.array(100.0), np.array(400.0)))
    assert found.energy == pytest.approx(500 - 400 * 0.99 ** np.arange(1, 51), rel=1e-12)


@given(STORES, LOADS, st.sampled_from([0.001, 0.05]))
def test_energy_is_kept_and_never_leaves_its_bounds(store, load, step):
    """1e-12 of all that flowed or was held."""
    found = march_store(store, load, step)
    assert (found.energy >= 0).all() and (found.energy <= store.capacity).all()
    assert (found.loss >= 0).all()
    scale = (load.sum(axis=-1) + found.grid_power.sum(axis=-1)) * step + store.capacity
    assert (np.abs(leak(store, load, found, step)) <= 1e-12 * scale).all()


def test_that_balance_rejects_a_leak_of_a_millionth():
    load = np.random.default_rng(0).uniform(0, 500, (1, 1000))
    found = march_store(IDEAL, load, 0.1)
    leaky = found._replace(energy=found.energy * (1 - 1e-6))
    assert abs(leak(IDEAL, load, found, 0.1)) < 1e-9 < abs(leak(IDEAL, load, leaky, 0.1))


@given(STORES, LOADS)
def test_ratings_hold_and_the_ramp_is_broken_only_at_a_bound(store, load):
    step = 0.05
    found = march_store(store, load, step)
    flow = found.grid_power - load
    assert flow.max() <= store.charge_power * (1 + 1e-12) + 1e-9
    assert flow.min() >= -store.discharge_power * (1 + 1e-12) - 1e-9
    change = np.diff(found.grid_power, axis=-1)
    taken, given_ = flow[:, 1:], -flow[:, 1:]
    drained = found.energy[:, 1:] <= 1e-9 * store.capacity
    filled = found.energy[:, 1:] + store.standing_loss * step >= store.capacity * (1 - 1e-9)
    above, below = (change > store.grid_ramp_up * step + 1e-6), (change < -store.grid_ramp_down * step - 1e-6)
    assert (~above | drained | (given_ >= store.discharge_power * (1 - 1e-9))).all()
    assert (~below | filled | (taken >= store.charge_power * (1 - 1e-9))).all()


@given(STORES, LOADS, st.integers(1, 59))
def test_a_march_in_two_parts_is_one_march(store, load, cut):
    cut = min(cut, load.shape[1])
    first = march_store(store, load[:, :cut], 0.05)
    if cut == load.shape[1]:
        return
    second = march_store(store, load[:, cut:], 0.05, first.state)
    whole = march_store(store, load, 0.05)
    assert np.array_equal(np.concatenate((first.energy, second.energy), axis=-1), whole.energy)
    assert np.array_equal(second.state.grid_power, whole.grid_power[:, -1])


@given(STORES, LOADS)
def test_racks_do_not_know_of_one_another(store, load):
    together = march_store(store, load, 0.05).grid_power
    assert np.array_equal(together, [march_store(store, row, 0.05).grid_power for row in load])


def test_72_modules_of_65_joule_carry_132_kilowatt_for_35_milliseconds():
    energy = 72 * 65.0
    assert energy == 4680.0
    assert float(carried_time(energy, 132e3)) == pytest.approx(0.035, abs=0.5e-3)


def test_65_joule_flatten_no_swing_between_a_fifth_of_a_hertz_and_three():
    """Half of 132 kW: 3.5 Hz and more can be flat, 3 Hz and less cannot; 1 Hz needs 229 J per module."""
    energy, swing = 72 * 65.0, 66e3
    assert float(flattened_frequency(energy, swing)) == pytest.approx(3.526, abs=5e-4)
    assert (square_swing_energy(swing, np.array([0.2, 1.0, 3.0])) > energy).all()
    assert float(square_swing_energy(swing, 1.0)) / 72 == pytest.approx(229.2, abs=0.05)


@given(swing=st.floats(1.0, 1e6), periods=st.integers(1, 5), high=st.integers(1, 19))
def test_the_energy_of_a_square_swing_is_that_of_its_samples(swing, periods, high):
    series = swing * np.tile(np.arange(20) < high, periods)
    wanted = square_swing_energy(swing, 1 / (20 * 0.1), high / 20)
    assert float(flattening_energy(series, 0.1)) == pytest.approx(float(wanted), rel=1e-9)


def test_a_store_of_that_energy_makes_the_swing_flat_and_one_a_tenth_smaller_does_not():
    """2 Hz, slow grid at the mean; the state of charge starts in the middle and so does the period."""
    step = 1e-3
    load = 66e3 + 66e3 * (np.arange(4000) // 250 % 2)
    load = np.concatenate((load[125:375], load))[125:]
    needed = float(square_swing_energy(66e3, 2.0))
    slow = replace(IDEAL, capacity=1.001 * needed, grid_ramp_up=1e-3, grid_ramp_down=1e-3)
    start = StoreState(np.array(needed / 2), np.array(99e3))
    assert np.ptp(march_store(slow, load, step, start).grid_power) < 1.0
    small = replace(slow, capacity=0.9 * needed)
    start = StoreState(np.array(0.45 * needed), np.array(99e3))
    assert np.ptp(march_store(small, load, step, start).grid_power) > 30e3


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: replace(IDEAL, charge_efficiency=1.1), "EnergyStore.charge_efficiency = 1.1: must be <= 1"),
        (lambda: replace(IDEAL, capacity=0.0), "capacity = 0.0: must be > 0 J"),
        (lambda: march_store(IDEAL, [1.0, -2.0], 1.0), "load has -2.0: must be >= 0 W"),
        (lambda: march_store(replace(IDEAL, recharge_time=0.1), [1.0], 1.0), "step = 1.0: must be <= EnergyStore"),
        (
            lambda: march_store(IDEAL, [1.0], 1.0, StoreState(np.array(2e3), np.array(0.0))),
            "start.energy = 2000.0: must be 0 to EnergyStore.capacity = 1000.0 J",
        ),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (StoreState(np.nan, 5.0), "start.energy = nan: must be 0 to"),
        (StoreState(5.0, np.nan), "start.grid_power = nan: must be finite"),
    ],
)
def test_a_start_must_be_a_number(start, message):
    with pytest.raises(ValueError, match=message):
        march_store(IDEAL, np.full(3, 5.0), 0.1, start)
