"""Losses of a UPS, and the march of a site through an outage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.backup import Battery, Genset, bridge_energy, march_backup
from power.ups import Ups, loss_shares, ups_efficiency, ups_loss


def ups(**change):
    valid = {
        "rated_power": 1e6,
        "loss_constant": 0.006,
        "loss_linear": 0.008,
        "loss_quadratic": 0.012,
        "input_power_factor": 0.99,
        "voltage_ratio": 1.0,
    }
    return Ups(**{**valid, **change})


BATTERY = Battery(
    capacity=3e8, discharge_power=1.2e6, charge_power=1e5, discharge_efficiency=0.96, charge_efficiency=0.95
)
GENSET = Genset(rated_power=2e6, start_delay=2.0, start_time=10.0, ramp_rate=2e5, return_delay=60.0)
MAINS = 5e6


def test_efficiency_peaks_where_constant_and_ohmic_loss_are_equal():
    load = np.linspace(0.01, 1.2, 2000)
    best = load[ups_efficiency(ups(), 1e6 * load).argmax()]
    assert best == pytest.approx(np.sqrt(0.006 / 0.012), abs=1e-3)
    assert ups_efficiency(ups(), 1e6 * best) == pytest.approx(1 / (1.008 + 2 * np.sqrt(0.006 * 0.012)), rel=1e-6)


def test_a_ups_at_no_load_is_not_efficient_and_not_free():
    assert ups_efficiency(ups(), 0.0) == 0
    assert ups_loss(ups(), 0.0) == 6000
    assert ups_efficiency(ups(loss_constant=0.0), 0.0) == 0


@given(st.tuples(*[st.floats(0, 0.03)] * 3))
def test_three_points_of_a_curve_give_its_losses_back(shares):
    unit = ups(loss_constant=shares[0], loss_linear=shares[1], loss_quadratic=shares[2])
    load = [0.25, 0.5, 1.0]
    assert loss_shares(load, ups_efficiency(unit, 1e6 * np.array(load))) == pytest.approx(shares, abs=1e-12)


@pytest.mark.parametrize(
    ("load", "efficiency", "message"),
    [
        ([0.5, 1.0], [0.97, 0.97], "must be three different loads"),
        ([0.5, 0.5, 1.0], [0.97, 0.97, 0.97], "must be three different loads"),
        ([0.25, 0.5, 1.0], [0.97, 0.97, 1.2], "must be three different loads > 0, each in"),
        ([0.25, 0.5, 1.0], [0.97, 0.90, 0.97], "must be >= 0; check the three points"),
    ],
)
def test_points_of_no_converter_are_refused(load, efficiency, message):
    with pytest.raises(ValueError, match=message):
        loss_shares(load, efficiency)


# The outage


def outage(lost, back, steps):
    """Mains lost from one step to another."""
    mains = np.full(steps, MAINS)
    mains[lost:back] = 0
    return mains


def test_the_generator_is_there_after_its_delay_and_takes_over_along_its_ramp():
    found = march_backup(BATTERY, GENSET, np.full(100, 1e6), outage(10, 100, 100), 1.0)
    np.testing.assert_allclose(found.mains_power[:10], 1e6)
    np.testing.assert_allclose(found.battery_power[10:22], 1e6)
    np.testing.assert_allclose(found.genset_power[22:27], 2e5 * (np.arange(5) + 0.5))
    assert (found.unserved_power == 0).all()
    charging = found.genset_power[30:] - 1e6
    np.testing.assert_allclose(charging, -found.battery_power[30:])
    assert charging[0] == 1e5


@pytest.mark.parametrize("step", [0.1, 1.0, 3.0, 12.0])
@pytest.mark.parametrize("load", [0.93e6, 1e6, 2e6])
def test_the_battery_gives_the_bridge_energy_of_the_closed_form_at_any_step(step, load):
    """Steps that divide the delay of 12 s; the ramp may end within one."""
    large = Battery(**{**vars(BATTERY), "capacity": 1e9, "discharge_power": 1e9})
    found = march_backup(large, GENSET, np.full(int(60 / step), load), np.zeros(int(60 / step)), step)
    assert found.battery_power.clip(0).sum() * step == pytest.approx(float(bridge_energy(GENSET, load)), rel=1e-12)


def test_a_battery_a_little_too_small_for_the_bridge_drops_load():
    need = float(bridge_energy(GENSET, 1e6)) / BATTERY.discharge_efficiency
    for capacity, drops in ((0.99 * need, True), (1.001 * need, False)):
        small = Battery(**{**vars(BATTERY), "capacity": capacity})
        found = march_backup(small, GENSET, np.full(60, 1e6), np.zeros(60), 1.0)
        assert found.unserved_power.any() == drops


def test_a_load_returns_to_the_mains_when_that_can_carry_it():
    mains = np.concatenate([np.zeros(40), np.full(160, 5e5), np.full(200, MAINS)])
    found = march_backup(BATTERY, GENSET, np.full(400, 1e6), mains, 1.0)
    assert not found.unserved_power.any() and not found.mains_power[:260].any()
    assert found.genset_power[259] > 0 and not found.genset_power[260:].any()


def test_a_generator_weaker_than_the_mains_gives_the_load_back():
    small = Genset(**{**vars(GENSET), "rated_power": 4e5})
    found = march_backup(BATTERY, small, np.full(200, 1e6), np.repeat([0.0, 5e5], [40, 160]), 1.0)
    assert found.mains_power[99:].tolist() == [0.0] + [5e5] * 100


def test_the_load_stays_on_the_generator_until_the_mains_is_back_for_the_delay():
    found = march_backup(BATTERY, GENSET, np.full(200, 1e6), outage(0, 50, 200), 1.0)
    assert (found.mains_power[:110] == 0).all()
    assert (found.genset_power[110:] == 0).all()
    np.testing.assert_allclose(found.mains_power[110:] + found.battery_power[110:], 1e6)


def test_a_short_outage_is_the_batterys_alone():
    found = march_backup(BATTERY, GENSET, np.full(60, 1e6), outage(5, 12, 60), 1.0)
    assert (found.genset_power == 0).all()
    assert (found.unserved_power == 0).all()
    np.testing.assert_allclose(found.mains_power[12], 1.1e6)


def test_without_a_generator_the_load_falls_when_the_battery_is_empty():
    found = march_backup(BATTERY, None, np.full(600, 1e6), np.zeros(600), 1.0)
    served = (1e6 - found.unserved_power).sum()
    assert served == pytest.approx(BATTERY.capacity * BATTERY.discharge_efficiency, rel=1e-12)
    assert found.unserved_power[-1] == 1e6
    assert found.energy[-1] == 0


def test_a_weak_mains_is_filled_up_by_the_battery_and_starts_nothing():
    found = march_backup(BATTERY, GENSET, np.full(100, 1e6), np.full(100, 7e5), 1.0)
    np.testing.assert_allclose(found.battery_power, 3e5)
    assert (found.genset_power == 0).all()


def test_a_generator_too_small_drains_the_battery_and_then_the_load_falls():
    small = Genset(**{**vars(GENSET), "rated_power": 8e5})
    found = march_backup(BATTERY, small, np.full(3000, 1e6), np.zeros(3000), 1.0)
    np.testing.assert_allclose(found.unserved_power[-1], 2e5)
    assert found.energy[-1] == pytest.approx(0, abs=1e-6)


SERIES = st.lists(st.floats(0, 2e6), min_size=20, max_size=20)


@given(SERIES, st.lists(st.sampled_from([0.0, 5e5, 5e6]), min_size=20, max_size=20), st.floats(0, 1))
@settings(max_examples=60)
def test_energy_is_conserved_and_never_leaves_the_battery(load, mains, charge):
    tiny = Battery(**{**vars(BATTERY), "capacity": 5e6})
    found = march_backup(tiny, GENSET, load, mains, 1.0, charge)
    served = np.asarray(load) - found.unserved_power
    supply = found.mains_power + found.genset_power + found.battery_power
    np.testing.assert_allclose(supply, served, rtol=1e-12, atol=1e-6)
    given_, taken = found.battery_power.clip(0), (-found.battery_power).clip(0)
    change = taken * tiny.charge_efficiency - given_ / tiny.discharge_efficiency
    held = charge * tiny.capacity + np.cumsum(change)
    np.testing.assert_allclose(found.energy, held, rtol=1e-12, atol=1e-6 * tiny.capacity)
    assert (found.energy >= 0).all() and (found.energy <= tiny.capacity).all()
    assert (found.mains_power <= np.asarray(mains) + 1e-6).all()
    assert (found.genset_power <= GENSET.rated_power).all()
    assert (np.diff(found.genset_power) <= GENSET.ramp_rate + 1e-6).all() or (np.asarray(mains) > 0).any()
    assert (found.unserved_power >= 0).all()


def test_sites_are_the_leading_axis():
    load = np.random.default_rng(0).uniform(0, 1.5e6, (3, 80))
    mains = np.stack([outage(lost, lost + 30, 80) for lost in (0, 10, 45)])
    together = march_backup(BATTERY, GENSET, load, mains, 1.0)
    for site in range(3):
        alone = march_backup(BATTERY, GENSET, load[site], mains[site], 1.0)
        for mine, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(mine[site], other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"load": [-1.0]}, "load has -1.0: must be >= 0 W"),
        ({"mains": [-1.0]}, "mains has -1.0: must be >= 0 W"),
        ({"charge": 1.5}, "charge = 1.5: must be 0 to 1"),
        ({"step": 0.0}, "step"),
    ],
)
def test_bad_series_are_refused(change, message):
    valid = {"load": [1.0], "mains": [1.0], "step": 1.0}
    with pytest.raises(ValueError, match=message):
        march_backup(BATTERY, GENSET, **{**valid, **change})


def test_the_bridge_of_more_than_the_generator_carries_is_refused():
    with pytest.raises(ValueError, match=r"load = 3000000.0: must be 0 to Genset.rated_power"):
        bridge_energy(GENSET, 3e6)
