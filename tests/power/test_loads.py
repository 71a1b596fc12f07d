"""Loads in time: corners by hand, energy kept, phases, ramps, shifts, and records on other samples."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from power.loads import Course, Training, block_time, course_energy, course_power, mean_power, resample, training_course
from power.spectrum import spectral_line

JOB = Training(
    step_time=10.0,
    communicate_time=3.0,
    steps_per_block=2,
    evaluate_time=5.0,
    checkpoint_time=4.0,
    blocks_per_checkpoint=2,
    edge_time=1.0,
    idle_power=100.0,
    compute_power=1000.0,
    communicate_power=700.0,
    evaluate_power=800.0,
    checkpoint_power=500.0,
)
STEPS = arrays(float, st.integers(1, 20), elements=st.floats(0.01, 5.0))


def test_a_block_by_hand():
    course = training_course(replace(JOB, edge_time=0.0), 1)
    at = course_power(course, [3.0, 8.0, 12.0, 18.0, 22.0, 25.1])
    assert at.tolist() == [1000, 700, 1000, 700, 800, 100]
    assert block_time(JOB) == 25.0


def test_an_edge_is_linear_and_starts_with_its_phase():
    course = training_course(JOB, 1)
    assert course_power(course, [6.9, 7.0, 7.5, 8.0, 9.9]).tolist() == [1000, 1000, 850, 700, 700]


def test_a_checkpoint_follows_every_second_block():
    course = training_course(JOB, 4)
    assert course.time[-1] == 4 * 25 + 2 * 4
    assert course_power(course, [24.0, 48.0, 53.0, 78.0, 107.0]).tolist() == [800, 800, 500, 800, 500]


def test_start_and_stop_ramps_run_between_idle_and_the_job():
    course = training_course(JOB, 1, start_ramp=20.0, stop_ramp=10.0)
    assert course_power(course, [0.0, 10.0, 20.0, 45.0, 50.0, 55.0]).tolist() == [100, 550, 1000, 800, 450, 100]
    assert (np.diff(course.time) >= 0).all()


def test_the_energy_of_a_block_is_that_of_its_phases():
    """Edges of equal length up and down keep it, but for the first, which compute precedes."""
    energy = float(course_energy(training_course(JOB, 1), 25.0))
    plain = 14 * 1000 + 6 * 700 + 5 * 800
    assert energy == pytest.approx(plain + (300 - 300 + 300 - 100) / 2)


@given(step=st.floats(0.01, 30.0), samples=st.integers(1, 50), start=st.floats(0.0, 60.0))
def test_samples_keep_the_energy_whatever_their_length(step, samples, start):
    course = training_course(JOB, 3, start_ramp=3.0)
    wanted = np.diff(course_energy(course, [start, start + step * samples]))[0]
    total = mean_power(course, step, samples, start).sum() * step
    assert total == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_a_fine_sum_agrees_with_the_exact_energy():
    course = training_course(JOB, 2, start_ramp=5.0, stop_ramp=5.0)
    t = (np.arange(64_000) + 0.5) * 1e-3
    assert float(course_energy(course, 64.0)) == pytest.approx(course_power(course, t).sum() * 1e-3, rel=1e-6)


def test_means_taken_at_the_middle_would_miss_energy():
    """A mutant: points in place of means; at 3 s per sample it is off by 3 in 1 000."""
    course = training_course(JOB, 2)
    exact = float(course_energy(course, 54.0))
    assert mean_power(course, 3.0, 18).sum() * 3.0 == pytest.approx(exact, rel=1e-12)
    assert course_power(course, 1.5 + 3.0 * np.arange(18)).sum() * 3.0 != pytest.approx(exact, rel=2e-3)


def test_nodes_shifted_over_a_step_flatten_its_line():
    job = replace(JOB, evaluate_time=0.0, checkpoint_time=0.0, steps_per_block=1)
    course = training_course(job, 120)
    together = mean_power(course, 0.5, 2000, np.full(20, 50.0))
    apart = mean_power(course, 0.5, 2000, 50.0 + np.linspace(0.0, 10.0, 20, endpoint=False))
    heights = [float(spectral_line(nodes.sum(axis=0), 0.5, (0.08, 0.12)).amplitude) for nodes in (together, apart)]
    assert heights[0] == pytest.approx(20 * 2 * 300 / np.pi * np.sin(0.3 * np.pi), rel=0.03)  # edges round it off
    assert heights[1] < 1e-6 * heights[0]


def test_a_course_holds_its_ends():
    course = Course(np.array([1.0, 2.0]), np.array([4.0, 8.0]))
    assert course_power(course, [0.0, 3.0]).tolist() == [4, 8]
    assert course_energy(course, [0.0, 1.0, 2.0, 3.0]).tolist() == [-4, 0, 6, 14]


@given(STEPS, STEPS, st.integers(0, 2**32 - 1))
def test_a_record_on_other_samples_keeps_its_energy(old, new, seed):
    edges = np.concatenate(([0.0], np.cumsum(old)))
    wanted = np.concatenate(([0.0], np.cumsum(new)))
    wanted = wanted * edges[-1] / wanted[-1]
    wanted[-1] = edges[-1]
    power = np.random.default_rng(seed).uniform(0, 1e5, (2, old.size))
    found = resample(edges, power, wanted)
    kept = (found * np.diff(wanted)).sum(axis=-1)
    assert kept == pytest.approx((power * old).sum(axis=-1), rel=1e-12)
    assert found.min() >= power.min() - 1e-6 and found.max() <= power.max() + 1e-6


def test_finer_and_back_is_the_record():
    edges, power = 2.0 * np.arange(11), np.random.default_rng(0).uniform(0, 1, 10)
    fine = 0.001 * np.arange(20_001)
    assert resample(fine, resample(edges, power, fine), edges) == pytest.approx(power, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: replace(JOB, communicate_time=10.0), "communicate_time = 10.0: must be < step_time = 10.0 s"),
        (lambda: replace(JOB, edge_time=3.5), "edge_time = 3.5: must be <= the shortest phase, 3 s"),
        (lambda: replace(JOB, compute_power=-1.0), "Training.compute_power = -1.0: must be >= 0 W"),
        (lambda: training_course(JOB, 0), "blocks = 0: must be >= 1"),
        (lambda: training_course(JOB, 1, start_ramp=-1.0), "start_ramp, stop_ramp = -1.0, 0.0: must be >= 0 s"),
        (lambda: mean_power(training_course(JOB, 1), 0.0, 1), "step = 0.0: must be finite and > 0 s"),
        (lambda: mean_power(training_course(JOB, 1), 1.0, 0), "samples = 0: must be >= 1"),
        (lambda: resample([0, 1, 1], [1.0, 1.0], [0, 1]), "edges: must be two or more finite, rising times"),
        (lambda: resample([0, 1, 2], [1.0], [0, 1]), r"power has shape \(1,\): must have 2 samples"),
        (lambda: resample([0, 1], [1.0], [0, 2]), "new_edges reach from 0.0 to 2.0 s: must be within 0.0 to 1.0 s"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
