"""The collective rows of the validation table: they pass, name their outliers, and reject mutants of ours."""

import json
from pathlib import Path

import numpy as np
import pytest

from topology import calibrate, measurements
from topology.algorithms import steps_and_share
from topology.fit import leave_one_out
from twin.validate import collectives
from twin.validate.row import Row


def failed(rows: list[Row]) -> list[str]:
    return [item.case for item in rows if item.passed is False]


@pytest.mark.parametrize("rows_of", [collectives.n5, collectives.n6])
def test_without_the_reference_a_row_is_skipped_and_says_what_it_needs(rows_of, tmp_path):
    for folder in (None, tmp_path):
        (only,) = rows_of(folder)
        assert only.passed is None
        assert "--reference" in only.source


@pytest.fixture(scope="module")
def n5(reference: Path) -> list[Row]:
    return collectives.n5(reference)


def test_every_collective_row_passes(n5, reference):
    rows = [*n5, *collectives.n6(reference), *collectives.n7(None)]
    assert failed(rows) == []
    assert sum(item.passed is True for item in rows) == 5 + 11 + 4


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, reference: Path) -> Path:
    """The reference, of which N5 reads one system only."""
    ours = [one for one in measurements.read_nccl(reference / "network") if one.system == "gb200"]
    monkeypatch.setattr(collectives, "read_nccl", lambda folder: ours)
    return reference


def test_the_small_reference_passes_too_so_that_its_mutants_mean_something(small):
    assert failed(collectives.n5(small)) == []


def test_every_point_farther_out_than_a_quarter_is_named_once(n5, reference):
    everything = measurements.read_nccl(reference / "network")
    series = [one for one in everything if one.operation == "all_to_all"]
    far = {
        f"out: {one.system} {one.operation} {one.dtype} n={one.gpus}, {size:.0f} B"
        for one in series
        for size, found, time in zip(one.sizes, leave_one_out(one.sizes, one.times), one.times, strict=True)
        if not 0.75 <= found / time <= 1.25
    }
    named = [item.case for item in n5 if item.case.endswith(" B")]
    assert len(named) == len(set(named))
    assert {case for case in named if "all_to_all" in case} == far
    assert len(named) / sum(one.sizes.size for one in everything) <= 0.03


def test_one_line_per_series_is_rejected(monkeypatch, small):
    one_line = lambda sizes, times: leave_one_out(sizes, times, names=("one",))  # noqa: E731
    monkeypatch.setattr(collectives, "leave_one_out", one_line)
    assert "points farther than 25 %" in failed(collectives.n5(small))


def test_a_size_counted_twice_is_rejected(monkeypatch, small):
    shifted = lambda sizes, times: np.append(leave_one_out(sizes, times)[1:], 2 * times[-1])  # noqa: E731
    monkeypatch.setattr(collectives, "leave_one_out", shifted)
    assert failed(collectives.n5(small))


def test_copies_beyond_the_experts_of_a_token_are_rejected(monkeypatch, reference):
    ours = measurements.expert_bytes
    monkeypatch.setattr(measurements, "expert_bytes", lambda *args, **kw: ours(*args, **kw, top_k=32))
    assert len(failed(collectives.n6(reference))) >= 8


def test_a_startup_that_grows_with_every_gpu_of_a_large_group_is_rejected(monkeypatch, reference):
    ours = calibrate.fit_expert

    def steeper(*args):
        law = ours(*args)
        return law._replace(startup_per_doubling=law.startup_per_doubling + 3e-6)

    monkeypatch.setattr(collectives, "fit_expert", steeper)
    assert any("TwoSided" in case for case in failed(collectives.n6(reference)))


def test_a_whole_buffer_over_the_rails_is_rejected(monkeypatch):
    monkeypatch.setattr("topology.collectives._SHARDED", ())
    assert failed(collectives.n7(None)) == ["all-reduce, 144 GPUs, 16 GiB"]


def test_a_ring_in_place_of_the_switches_is_rejected(monkeypatch):
    ring = lambda operation, gpus, algorithm: steps_and_share(operation, gpus, "ring")  # noqa: E731
    monkeypatch.setattr("topology.collectives.steps_and_share", ring)
    assert len(failed(collectives.n7(None))) == 4


# The coefficients that ship


def without_date(path: Path) -> dict:
    content = json.loads(path.read_text())
    assert content["provenance"].pop("fitted") >= "2025"
    assert content["provenance"].keys() == {"source", "error"}
    return content


def same(ours, theirs) -> bool:
    """Equal, floats to 1e-4: six digits are kept, and other processors round otherwise."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == pytest.approx(theirs, rel=1e-4) if isinstance(ours, float) else ours == theirs


@pytest.mark.slow
def test_the_shipped_coefficients_are_remade_from_the_reference(reference, tmp_path):
    calibrate.main([str(reference / "network"), "--out", str(tmp_path)])
    shipped = Path(calibrate.__file__).parent / "data"
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in shipped.iterdir()}
    for made in tmp_path.iterdir():
        assert same(without_date(made), without_date(shipped / made.name)), made.name


def test_other_coefficients_are_seen():
    assert not same({"startup": [1e-6]}, {"startup": [1.001e-6]})
    assert not same({"name": "LL"}, {"name": "LL128"})


def test_a_table_is_read_in_seconds_under_our_names(tmp_path):
    head = "op_name,nccl_dtype,num_gpus,message_bytes,latency_us,system\n"
    lines = "".join(f"alltoall,half,2,{size},{time},x\n" for size, time in ((1024, 9.5), (512, 9.0)))
    (tmp_path / "x_nccl.csv").write_text(head + lines)
    (found,) = measurements.read_nccl(tmp_path)
    assert found[:4] == ("x", "all_to_all", "half", 2)
    assert found.sizes.tolist() == [512, 1024]
    assert found.times == pytest.approx([9.0e-6, 9.5e-6])
