"""Monte-Carlo of failures against binomial sums, and the worth of spare GPUs."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import bandwidth_per_gpu, compile_fabric, without_links, without_node
from topology.reliability import (
    Part,
    Shared,
    States,
    availability,
    bandwidth_quantiles,
    degraded_bandwidth,
    failure_states,
    job_bandwidth,
)
from topology.systems import nvl72

FABRIC = compile_fabric(nvl72())
MONTH = 2.6e6


def part(unavailability):
    return Part(failure_rate=unavailability / (1 - unavailability) / MONTH, repair_time=MONTH)


def states(parts, shared=(), samples=10_000, seed=0):
    return failure_states(FABRIC, parts, shared, samples=samples, rng=np.random.default_rng(seed))


def at_least(needed, of, up):
    return sum(comb(of, k) * up**k * (1 - up) ** (of - k) for k in range(needed, of + 1))


def agrees(found, expected, samples):
    return abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / samples)


def test_unavailability_is_repair_over_the_whole_cycle():
    assert Part(failure_rate=1 / 99.0, repair_time=1.0).unavailability == pytest.approx(0.01)
    assert part(0.03).unavailability == pytest.approx(0.03)


def test_every_kind_fails_as_often_as_its_part():
    found = states({"gpu": part(0.05), "asic": part(0.02), "link": part(0.01)}, samples=2000)
    for flags, down in zip(found, (0.05, 0.02, 0.01), strict=True):
        assert agrees(1 - flags.mean(), down, flags.size)


@pytest.mark.parametrize(("needed", "down"), [(72, 0.005), (64, 0.05), (64, 0.1), (60, 0.1)])
def test_availability_of_a_job_with_spares_is_the_binomial_sum(needed, down):
    bandwidth = degraded_bandwidth(FABRIC, states({"gpu": part(down)}))
    found = availability(job_bandwidth(bandwidth, needed), 900e9)
    assert agrees(found.availability, at_least(needed, 72, 1 - down), 10_000)
    assert not agrees(found.availability, at_least(needed + 1, 73, 1 - 1.5 * down), 10_000), "a wrong rate is noticed"


def test_eight_spares_turn_a_rack_that_is_mostly_down_into_one_that_is_up():
    bandwidth = degraded_bandwidth(FABRIC, states({"gpu": part(0.02)}))
    without, with_spares = (availability(job_bandwidth(bandwidth, n), 900e9).availability for n in (72, 64))
    assert without < 0.3 < 0.9999 < with_spares


def test_a_failed_tray_takes_its_four_gpus_and_no_other():
    tray = np.arange(72) // 4
    found = states({}, [Shared(part(0.03), "gpu", tray)])
    assert np.array_equal(found.gpu[:, ::4], found.gpu[:, 3::4])
    left = found.gpu.sum(axis=1)
    assert set(left % 4) == {0}
    assert agrees((left == 72).mean(), 0.97**18, 10_000)


def test_what_hangs_on_no_shared_part_never_fails_with_it():
    member = np.where(np.arange(18) < 4, 0, -1)
    found = states({}, [Shared(part(0.5), "asic", member)], samples=500)
    assert found.asic[:, 4:].all()
    assert not found.asic[:, 0].all()
    assert states({}, [Shared(part(0.5), "gpu", np.full(72, -1))], samples=5).gpu.all()


@given(
    links=st.sets(st.integers(0, 1295), max_size=30),
    asic=st.sets(st.integers(0, 17), max_size=3),
    gpu=st.integers(0, 71),
)
@settings(max_examples=10)
def test_degraded_bandwidth_is_that_of_the_damaged_graph(links, asic, gpu):
    one = States(np.ones((1, 72), bool), np.ones((1, 18), bool), np.ones((1, 1296), bool))
    one.link[0, list(links)] = one.asic[0, list(asic)] = one.gpu[0, gpu] = False
    graph = without_links(nvl72(), links)
    for k in asic:
        graph = without_node(graph, f"asic-{k}")
    expected = bandwidth_per_gpu(compile_fabric(graph))
    expected[gpu] = 0.0
    assert np.array_equal(degraded_bandwidth(FABRIC, one)[0], expected)


def test_mean_bandwidth_is_the_product_of_what_must_work():
    found = degraded_bandwidth(
        FABRIC, states({"gpu": part(0.01), "asic": part(0.02), "link": part(0.03)}, samples=4000)
    )
    assert found.mean() / 900e9 == pytest.approx(0.99 * 0.98 * 0.97, rel=2e-3)


@given(seed=st.integers(0, 2**32 - 1))
def test_relabelling_gpus_changes_no_job_and_fewer_gpus_are_never_slower(seed):
    bandwidth = degraded_bandwidth(FABRIC, states({"gpu": part(0.05), "link": part(0.02)}, samples=20, seed=seed))
    order = np.random.default_rng(seed).permutation(72)
    jobs = [job_bandwidth(bandwidth, n) for n in (60, 64, 72)]
    assert np.all(np.diff(jobs, axis=0) <= 0)
    assert np.array_equal(job_bandwidth(bandwidth[:, order], 64), jobs[1])


def test_the_same_generator_gives_the_same_states():
    one, again, other = (states({"link": part(0.01)}, samples=50, seed=seed).link for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_quantiles_by_hand():
    samples = np.arange(1.0, 11.0)
    assert bandwidth_quantiles(samples, [0.0, 0.1, 0.5, 0.95, 1.0]).tolist() == [10, 10, 6, 1, 1]
    assert np.mean(samples >= bandwidth_quantiles(samples, 0.7)) == pytest.approx(0.7)


def test_batches_of_racks_are_taken_at_once():
    bandwidth = np.random.default_rng(0).random((3, 5, 72))
    assert job_bandwidth(bandwidth, 64).shape == (3, 5)
    assert bandwidth_quantiles(job_bandwidth(bandwidth, 64), [0.5, 0.9]).shape == (2, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Part(failure_rate=-1.0, repair_time=1.0), "Part.failure_rate = -1.0: must be >= 0 1/s"),
        (lambda: states({"fan": part(0.1)}), "kind = 'fan': must be one of gpu, asic, link"),
        (lambda: states({}, samples=0), "samples = 0"),
        (lambda: states({}, [Shared(part(0.1), "gpu", np.zeros(71, int))]), r"member of gpu: shape \(71,\)"),
        (lambda: job_bandwidth(np.ones(72), 73), "gpus = 73: must be 1 to 72"),
        (lambda: availability(np.array([]), 1.0), "0 samples"),
        (lambda: availability(np.ones(3), 0.0), "least = 0.0"),
        (lambda: bandwidth_quantiles(np.ones(3), 1.5), "must be 0 to 1"),
        (
            lambda: degraded_bandwidth(FABRIC, States(*(np.ones((1, n), bool) for n in (8, 4, 144)))),
            r"states: of \(8, 4, 144\) GPUs, ASICs and links, the fabric has \(72, 18, 1296\)",
        ),
    ],
)
def test_impossible_questions_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
