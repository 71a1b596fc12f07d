"""A demand response kept and broken, a voltage dip carried and not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power.backup import Battery, march_backup
from power.dips import DipSupply, EnvelopeStep, ride_through
from power.grid_events import DemandResponse, allowed_mean, allowed_power, check_response, response_energy

EVENT = DemandResponse(start=600.0, reduction=0.25, ramp_down_time=900.0, hold_time=10800.0, ramp_up_time=900.0)
CURVE = [
    EnvelopeStep(voltage=0.4, duration=0.02),
    EnvelopeStep(voltage=0.7, duration=0.5),
    EnvelopeStep(voltage=0.8, duration=10.0),
]


def means(event, baseline, step, count):
    """Mean allowed power of each step, by fine sampling."""
    fine = (np.arange(count * 100) + 0.5) * step / 100
    return allowed_power(event, baseline, fine).reshape(count, 100).mean(axis=1)


def test_the_power_allowed_keeps_the_event_exactly():
    power = means(EVENT, 1e8, 60.0, 240)
    found = check_response(EVENT, power, 1e8, 60.0, 1.0)
    assert found.kept
    assert found.excess_power == pytest.approx(0, abs=1e-3)
    assert found.shed_energy == pytest.approx(float(response_energy(EVENT, 1e8)), rel=1e-12)


def test_one_sample_too_high_breaks_it_by_its_excess():
    power = means(EVENT, 1e8, 60.0, 240)
    power[100] += 2e6
    found = check_response(EVENT, power, 1e8, 60.0, 1.0)
    assert not found.kept
    assert found.excess_power == pytest.approx(2e6)
    assert found.excess_energy == pytest.approx(2e6 * 60)
    assert check_response(EVENT, power, 1e8, 60.0, 3e6).kept


def test_a_load_that_does_nothing_lacks_the_whole_energy():
    found = check_response(EVENT, np.full(240, 1e8), 1e8, 60.0, 0.0)
    assert found.shed_energy == 0
    assert found.excess_energy == pytest.approx(float(response_energy(EVENT, 1e8)), rel=1e-12)
    assert found.excess_power == pytest.approx(25e6)


def test_what_happens_before_and_after_the_event_is_free():
    power = means(EVENT, 1e8, 60.0, 240)
    power[:10] = power[220:] = 1.3e8
    assert check_response(EVENT, power, 1e8, 60.0, 1.0).kept


@given(st.floats(0.01, 1), st.floats(0, 2000), st.floats(1, 20000), st.floats(0, 2000), st.floats(1.0, 400.0))
def test_the_energy_is_that_of_the_trapezoid_for_any_event_and_step(reduction, down, hold, up, step):
    event = DemandResponse(start=50.0, reduction=reduction, ramp_down_time=down, hold_time=hold, ramp_up_time=up)
    count = int((50 + down + hold + up) / step) + 2
    found = check_response(event, np.full(count, 1e6), 1e6, step, 0.0)
    assert found.excess_energy == pytest.approx(float(response_energy(event, 1e6)), rel=1e-6)


def test_energy_shed_is_counted_within_the_event_only():
    """Seven samples of 10 s touch an event of a minute."""
    event = DemandResponse(start=7.0, reduction=0.25, ramp_down_time=0.0, hold_time=60.0, ramp_up_time=0.0)
    assert check_response(event, np.full(8, 80.0), 100.0, 10.0, 0.0).shed_energy == pytest.approx(60 * 20)


@given(st.floats(0.0, 900.0), st.floats(0.0, 900.0), st.sampled_from([7.0, 60.0, 450.0]))
def test_the_mean_allowed_is_that_of_fine_samples_and_is_kept_by_who_draws_it(down, up, step):
    event = DemandResponse(start=100.0, reduction=0.3, ramp_down_time=down, hold_time=800.0, ramp_up_time=up)
    count = int(np.ceil((900 + down + up) / step)) + 1
    allowed = allowed_mean(event, [1.0, 100.0], step, count)
    assert allowed[1] == pytest.approx(means(event, 100.0, step, count), rel=0.01)
    report = check_response(event, allowed, [1.0, 100.0], step, 0.0)
    assert report.kept.all() and not report.excess_energy.any()


def test_a_battery_behind_a_limit_keeps_the_event_and_gives_its_energy():
    event = EVENT
    store = Battery(
        capacity=400e9, discharge_power=30e6, charge_power=0.0, discharge_efficiency=0.95, charge_efficiency=0.95
    )
    found = march_backup(store, None, np.full(240, 1e8), allowed_mean(event, 1e8, 60.0, 240), 60.0)
    report = check_response(event, found.mains_power, 1e8, 60.0, 1.0)
    assert report.kept and not found.unserved_power.any()
    assert report.shed_energy == pytest.approx(float(response_energy(event, 1e8)), rel=1e-12)
    assert store.capacity - found.energy[-1] == pytest.approx(report.shed_energy / 0.95, rel=1e-9)


@pytest.mark.parametrize(("step", "samples", "message"), [(0.0, 5, "step = 0.0"), (1.0, 0, "samples = 0")])
def test_means_need_steps_and_samples(step, samples, message):
    with pytest.raises(ValueError, match=message):
        allowed_mean(EVENT, 1.0, step, samples)


def test_sites_are_the_leading_axis_of_power_and_baseline():
    power = np.array([[8e7], [9e7]]) * np.ones(240)
    found = check_response(EVENT, power, np.array([1e8, 9e7]), 60.0, 0.0)
    assert found.excess_power.tolist() == pytest.approx([5e6, 22.5e6])
    assert allowed_power(EVENT, np.array([1e8, 9e7]), np.zeros(3)).shape == (2, 3)


def test_a_series_that_ends_before_the_event_is_refused():
    with pytest.raises(ValueError, match=r"power lasts 6000 s: must reach the end of the event, 13200 s"):
        check_response(EVENT, np.ones(100), 1.0, 60.0, 0.0)


# Dips


def supply(**change):
    valid = {"rated_power": 100e3, "current_limit": 1.0, "voltage_min": 0.5, "store_energy": 10e3}
    return DipSupply(**{**valid, **change})


def dip(depth, steps, step=0.01):
    return np.repeat([1.0, depth, 1.0], [10, steps, 10]), step


@pytest.mark.parametrize(("depth", "lacks"), [(0.9, 0.1), (0.6, 0.4), (0.5, 0.5), (0.49, 1.0), (0.0, 1.0)])
def test_the_store_gives_what_the_current_limit_keeps_back(depth, lacks):
    volts, step = dip(depth, 20)
    found = ride_through(supply(), CURVE, volts, 100e3, step)
    assert found.energy == pytest.approx(lacks * 100e3 * 0.2)
    assert found.carried == (found.energy <= 10e3)
    assert found.margin == pytest.approx(10e3 - found.energy)
    assert found.grid_power.max() <= 100e3


def test_half_a_load_rides_a_dip_to_half_voltage_without_its_store():
    found = ride_through(supply(store_energy=0.0), CURVE, *reversed_args(0.5, 40, 50e3))
    assert found.carried and found.energy == 0


def reversed_args(depth, steps, load):
    volts, step = dip(depth, steps)
    return volts, load, step


@pytest.mark.parametrize(
    ("depth", "steps", "inside"),
    [
        (0.0, 2, True),
        (0.0, 3, False),
        (0.6, 50, True),
        (0.6, 51, False),
        (0.75, 1000, True),
        (0.75, 1001, False),
        (0.85, 5000, True),
    ],
)
def test_the_curve_says_how_long_a_dip_must_be_borne(depth, steps, inside):
    assert ride_through(supply(), CURVE, *reversed_args(depth, steps, 0.0)).must_ride == inside


def test_two_short_dips_are_not_one_long_one():
    volts = np.concatenate([dip(0.6, 40)[0], dip(0.6, 40)[0]])
    assert ride_through(supply(), CURVE, volts, 0.0, 0.01).must_ride


def test_dips_are_the_leading_axis():
    volts = np.stack([dip(depth, 20)[0] for depth in (0.9, 0.6, 0.0)])
    found = ride_through(supply(), CURVE, volts, np.array([100e3, 50e3, 100e3]), 0.01)
    assert found.energy.tolist() == pytest.approx([2e3, 0.0, 20e3])
    assert found.must_ride.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"voltage": [-0.1]}, "voltage has -0.1: must be >= 0"),
        ({"load": -1.0}, "load = -1.0: must be finite and >= 0 W"),
        ({"load": 1e6}, r"load = 1e\+06 W: must be <= DipSupply.current_limit times rated_power = .* W, what"),
        ({"envelope": CURVE[::-1]}, "voltages and durations must rise"),
    ],
)
def test_bad_dips_are_refused(change, message):
    valid = {"envelope": CURVE, "voltage": [1.0], "load": 1.0, "step": 0.01}
    with pytest.raises(ValueError, match=message):
        ride_through(supply(), **{**valid, **change})
