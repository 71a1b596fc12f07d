"""Several jobs on one fabric: who sends to whom, who waits for whom, and how long each takes."""

from dataclasses import replace

import numpy as np
import pytest
from twin_racks import changed, steady

import twin
from twin.build.jobs import injections, members, shares, traffic_pattern
from twin.spec.errors import SpecError
from twin.spec.load import load
from twin.spec.types import Job

TRAIN = Job(name="train", gpus=32, pattern="uniform", injection=0.6)
SERVE = Job(name="serve", gpus=24, pattern="expert_dispatch", injection=0.9)


def with_jobs(spec, *jobs):
    return replace(spec, traffic=replace(spec.traffic, jobs=jobs))


@pytest.fixture(scope="module")
def shared(gb300):
    return with_jobs(gb300, TRAIN, SERVE)


@pytest.fixture(scope="module")
def tree(shared):
    return twin.solve(shared)


def closed(matrix, job):
    """Whether nothing is sent between jobs, and GPUs of none send and receive nothing."""
    return not matrix[job[:, None] != job].any() and not matrix[job < 0].any() and not matrix[:, job < 0].any()


def test_jobs_send_only_among_their_own_gpus(shared):
    who = members(shared.traffic, 72)
    matrix = shares(72, traffic_pattern(shared.traffic))
    assert closed(matrix, who.job)
    assert not closed(np.roll(matrix, 1, axis=1), who.job)
    assert matrix.sum(axis=1) == pytest.approx(np.where(who.job >= 0, 1.0, 0.0))
    assert np.bincount(who.job + 1).tolist() == [16, 32, 24]


def test_each_gpu_offers_what_its_job_does(shared):
    assert injections(shared.traffic, 72).tolist() == [0.6] * 32 + [0.9] * 24 + [0.0] * 16


def test_one_job_on_all_gpus_is_what_no_job_is(gb300):
    named = Job(name="all", gpus=72, pattern=gb300.traffic.pattern, injection=gb300.traffic.injection)
    plain, jobs = (steady(spec).outcome for spec in (gb300, with_jobs(gb300, named)))
    np.testing.assert_array_equal(plain.chips.power, jobs.chips.power)
    np.testing.assert_array_equal(plain.chips.delivered, jobs.chips.delivered)


def test_a_skewed_job_is_throttled_and_the_other_is_not(tree):
    delivered = dict(zip(tree["topology"].job.values, tree["topology"].job_delivered.values, strict=True))
    assert delivered["train"] == 1.0
    assert 0.3 < delivered["serve"] < 0.9
    warnings = str(tree["summary"].warnings.item())
    assert "traffic of job serve is throttled" in warnings
    assert "all traffic" not in warnings
    assert tree["topology"].link_utilization.max() == pytest.approx(1.0, rel=1e-9)


def test_links_of_gpus_without_a_job_are_empty_and_those_of_the_others_carry_their_own_job_alone(tree, gb300):
    links = tree["topology"]
    names = [f"compute-{1 + g // 4:02d}/gpu-{g % 4}" for g in range(72)]
    first = links.link_gpu.values[0].rsplit("/", 1)[0]
    assert first  # names come from the result itself below
    gpus = list(dict.fromkeys(links.link_gpu.values.tolist()))
    assert len(gpus) == len(names) == 72
    load_up = {g: float(links.link_load_up.values[links.link_gpu.values == g].sum()) for g in gpus}
    assert all(load_up[g] == 0 for g in gpus[56:])
    clock = dict(zip(links.chip.values.tolist(), twin.solve(gb300)["power"].chip_clock.values, strict=True))
    assert all(load_up[g] <= 0.6 * 900e9 for g in gpus[:32])
    assert all(load_up[g] > 0.5 * 900e9 * min(clock.values()) for g in gpus[:32])


def test_watts_of_the_links_follow_what_each_job_carries(tree, gb300):
    power, idle = tree["power"].link_power.values, twin.solve(changed(gb300, {"traffic.injection": 0.0}))
    gpu = np.flatnonzero(tree["power"].chip_kind.values == "gpu")
    assert not power[gpu[56:]].any()
    assert power[gpu[:56]].min() > 0
    assert not idle["power"].link_power.values.any()
    assert float(tree["summary"].link_power_total) == pytest.approx(power.sum())


def test_times_of_a_job_are_those_of_its_group(tree, gb300):
    links = tree["topology"]
    alone = twin.solve(with_jobs(gb300, replace(SERVE, name="alone")))["topology"]
    assert links.job_dispatch_time.values[1] == alone.job_dispatch_time.values[0]
    assert links.job_gpu_count.values.tolist() == [32, 24]
    assert links.job_dispatch_time.values[0] == links.job_dispatch_time_p99.values[0]  # uniform
    assert links.job_dispatch_time.values[1] < links.job_dispatch_time_p99.values[1]
    assert float(links.job_all_to_all_time[1]) < float(tree["summary"].all_to_all_time)


def test_the_jobs_of_a_file_are_read_named_and_written_again(tmp_path, shared):
    from twin.spec.write import to_toml

    path = tmp_path / "jobs.toml"
    path.write_text(to_toml(shared))
    again = load(str(path))
    assert again.traffic.jobs == (TRAIN, SERVE)
    assert again.with_("traffic.jobs.serve.injection", "10 %").traffic.jobs[1].injection == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ((TRAIN, replace(SERVE, gpus=41)), r"jobs take 73 GPUs \(train 32, serve 41\): must be ≤ 72"),
        ((TRAIN, TRAIN), "traffic.jobs.train: the name stands twice"),
    ],
)
def test_jobs_that_do_not_fit_are_refused(gb300, jobs, message):
    with pytest.raises(SpecError, match=message):
        with_jobs(gb300, *jobs)
