"""Inference: arrivals, queues by hand and against an event loop, energy kept."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power.arrivals import Inference, inference_power, request_arrivals, service_starts

CHAT = Inference(request_rate=20.0, batch=1, service_time=2.5, slots=64, idle_power=30e3, full_power=120e3)
TIMES = st.lists(st.floats(0.0, 20.0), max_size=40).map(sorted)


def test_three_requests_on_two_slots_by_hand():
    assert service_starts([0.0, 1.0, 1.5, 1.6], 2, 4.0).tolist() == [0, 1, 4, 5]


@given(TIMES, st.integers(1, 5), st.floats(0.1, 5.0))
def test_an_event_loop_agrees(arrivals, slots, service_time):
    free, wanted = [0.0] * slots, []
    for arrival in arrivals:
        place = free.index(min(free))
        wanted.append(max(arrival, free[place]))
        free[place] = wanted[-1] + service_time
    assert service_starts(arrivals, slots, service_time) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@given(TIMES, st.integers(1, 5))
def test_energy_above_idle_is_that_of_the_requests_and_power_stays_between(arrivals, slots):
    """120 s are enough for all: 40 requests of 2.5 s in one slot."""
    served = replace(CHAT, slots=slots)
    power = inference_power(served, arrivals, 0.3, 400)
    energy = (power - served.idle_power).sum() * 0.3
    assert energy == pytest.approx(len(arrivals) * 2.5 * 90e3 / slots, rel=1e-9, abs=1e-3)
    assert power.min() >= 30e3 * (1 - 1e-9) and power.max() <= 120e3 * (1 + 1e-9)


def test_the_mean_load_is_rate_times_service_time():
    """Little's law; 8 000 s of 20 per second: 160 000 requests, known to 0.25 %; 3 of these are allowed."""
    arrivals = request_arrivals(CHAT, 8000.0, np.random.default_rng(0))
    power = inference_power(CHAT, arrivals, 1.0, 8000)[100:-100]
    assert (power.mean() - 30e3) / 90e3 * 64 == pytest.approx(50.0, rel=0.01)


def test_batches_swing_more_than_single_requests_of_the_same_rate():
    """Busy slots without a queue have a variance of load times batch."""
    wide = replace(CHAT, slots=1000)
    spread = []
    for batch in (1, 16):
        each = replace(wide, batch=batch)
        arrivals = request_arrivals(each, 4000.0, np.random.default_rng(1))
        spread.append(inference_power(each, arrivals, 0.05, 80_000)[100:].var() / 90.0**2)
    assert spread[0] == pytest.approx(50.0, rel=0.1)
    assert spread[1] == pytest.approx(16 * 50.0, rel=0.2)


def test_arrivals_are_sorted_within_the_duration_and_repeatable():
    first, second = (request_arrivals(replace(CHAT, batch=4), 50.0, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    assert (np.diff(first) >= 0).all() and first[0] >= 0 and first[-1] <= 50
    assert first.size % 4 == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: replace(CHAT, full_power=1.0), "Inference.full_power = 1.0: must be >= idle_power = 30000.0 W"),
        (lambda: replace(CHAT, request_rate=0.0), "request_rate = 0.0: must be > 0 1/s"),
        (lambda: request_arrivals(CHAT, 0.0, np.random.default_rng(0)), "duration = 0.0: must be finite and > 0 s"),
        (lambda: service_starts([1.0, 0.0], 1, 1.0), "arrivals: must be finite and sorted"),
        (lambda: service_starts([np.nan], 1, 1.0), "arrivals: must be finite and sorted"),
        (lambda: service_starts([1.0], 0, 1.0), "slots = 0: must be >= 1"),
        (lambda: service_starts([1.0], 1, np.nan), "service_time = nan: must be finite and >= 0 s"),
        (lambda: inference_power(CHAT, [0.0], 0.0, 1), "step = 0.0: must be finite and > 0 s"),
        (lambda: inference_power(CHAT, [0.0], 1.0, 0), "samples = 0: must be >= 1"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
