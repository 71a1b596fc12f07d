"""A sweep that was stopped, by whatever, goes on where it stopped and ends as if it had not been."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from twin_racks import changed

from twin.result.store import count_done
from twin.spec.errors import SpecError
from twin.spec.load import load
from twin.spec.types import Factory
from twin.sweeps.run import sweep
from twin.sweeps.sample import Sample

ROOT = Path(__file__).resolve().parents[3]
SUPPLY, LOAD = "cooling.supply_temperature", "load.utilization"
#: Three blocks, with points that are refused.
OVER = {SUPPLY: "25:55:10 degC", LOAD: [k / 75 for k in range(75)]}


@pytest.fixture(scope="module")
def hgx() -> Factory:
    return load("hgx-h100")


@pytest.fixture(scope="module")
def whole(hgx: Factory) -> xr.Dataset:
    return sweep(hgx, OVER)


def same(found: xr.Dataset, expected: xr.Dataset) -> None:
    """Names, order, attributes, types and every bit of every value."""
    xr.testing.assert_identical(found, expected)
    assert [*found.variables] == [*expected.variables]
    for name, value in expected.variables.items():
        assert found[name].dtype == value.dtype, name
        if value.dtype.kind == "f":
            assert found[name].values.tobytes() == value.values.tobytes(), name


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder with the time it was written and its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


class Stopped(Exception):
    """What ends a sweep in the middle."""


def stop(_: int) -> None:
    raise Stopped


@pytest.fixture(scope="module")
def first_block(hgx: Factory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the sweep was stopped behind its first block; tests copy it."""
    store = tmp_path_factory.mktemp("stopped") / "run.zarr"
    with pytest.raises(Stopped):
        sweep(hgx, OVER, store=store, progress=stop)
    return store


@pytest.fixture
def half_done(first_block: Path, tmp_path: Path) -> Path:
    """A copy of that store of one's own."""
    return Path(shutil.copytree(first_block, tmp_path / "run.zarr"))


def test_a_difference_in_the_last_bit_is_seen(whole: xr.Dataset) -> None:
    power = whole.rack_power.copy(deep=True)
    power.values[0, 1] = np.nextafter(power.values[0, 1], 0)
    with pytest.raises(AssertionError):
        same(whole.assign(rack_power=power), whole)


def test_a_stored_sweep_is_the_sweep_in_memory(hgx: Factory, whole: xr.Dataset, tmp_path: Path) -> None:
    same(sweep(hgx, OVER, store=tmp_path / "run.zarr"), whole)
    with xr.open_zarr(tmp_path / "run.zarr", chunks=None) as plain:
        assert plain.done.all()
        np.testing.assert_array_equal(plain.rack_power, whole.rack_power)
        assert plain.status.values.tolist() == whole.status.values.tolist()
        assert plain.load_utilization.attrs == whole.load_utilization.attrs


def test_a_stopped_sweep_goes_on_and_solves_only_the_rest(hgx: Factory, whole: xr.Dataset, half_done: Path) -> None:
    with xr.open_zarr(half_done, chunks=None) as half:
        assert half.done.values.any(axis=1).tolist() == [True, False, False, False]
        assert set(half.status.values[1:].ravel()) == {"pending"}
        assert np.isnan(half.rack_power.values[1:]).all()
        np.testing.assert_array_equal(half.rack_power[0], whole.rack_power[0])
    told: list[int] = []
    same(sweep(hgx, OVER, store=half_done, progress=told.append), whole)
    assert told == [75, 75, 75, 75]  # what the store held, then a block at a time


def test_a_block_smaller_than_its_chunk_is_kept_too(hgx, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """As blocks of packages are: four points in one file."""
    over, path = {LOAD: [0.2, 0.4, 0.6, 0.8]}, tmp_path / "run.zarr"
    monkeypatch.setattr("twin.sweeps.run.together", lambda *_: 1)
    expected = sweep(hgx, over)
    assert count_done(path) == 0
    with pytest.raises(Stopped):
        sweep(hgx, over, store=path, progress=stop)
    with xr.open_zarr(path, chunks=None) as half:
        assert half.done.values.tolist() == [True, False, False, False]
        assert np.isnan(half.rack_power.values[1:]).all()
    assert count_done(path) == 1
    told: list[int] = []
    found = sweep(hgx, over, store=path, progress=told.append, executor=1)
    assert told == [1, 1, 1, 1]
    same(found, expected)
    assert count_done(path) == 4
    assert len(list((path / "rack_power").glob("[0-9]*"))) == 1


def test_what_is_no_store_holds_no_points(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    assert count_done(tmp_path) == count_done(tmp_path / "precious") == 0


def test_a_finished_sweep_is_read_and_not_written(hgx, whole, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    sweep(hgx, OVER, store=str(tmp_path / "run.zarr"))
    before = state(tmp_path)
    monkeypatch.setattr("twin.sweeps.blocks.solve_table", lambda *_: pytest.fail("solved"))
    same(sweep(hgx, OVER, store=tmp_path / "run.zarr"), whole)
    assert state(tmp_path) == before


def test_a_sample_is_stored_and_resumed(hgx: Factory, tmp_path: Path) -> None:
    over, sample = {SUPPLY: "25:55 degC", LOAD: (0.0, 1.0)}, Sample("sobol", 256, 3)
    with pytest.raises(Stopped):
        sweep(hgx, over, sample=sample, store=tmp_path / "run.zarr", progress=stop)
    found = sweep(hgx, over, sample=sample, store=tmp_path / "run.zarr")
    same(found, sweep(hgx, over, sample=sample))
    assert {"ok", "refused"} == set(found.status.values)


def test_axes_of_every_kind_are_stored(gb300: Factory, tmp_path: Path) -> None:
    over = {
        "traffic.pattern": ["uniform", "expert_dispatch"],
        "rack.stack.top-shelves.in_service": [True, False],
        "cooling.volume_flow": ["none", "100 L/min"],
        "traffic.top_k": [4, 8],
    }
    same(sweep(gb300, over, store=tmp_path / "run.zarr"), sweep(gb300, over))
    assert open_again(gb300, over, tmp_path / "run.zarr")


def open_again(spec: Factory, over: dict[str, object], store: Path) -> bool:
    return (sweep(spec, over, store=store).status == "ok").all().item()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "over", "sample", "says"),
    [
        ({"limits.junction": 357.15}, OVER, None, "spec ([limits] junction = "),
        ({}, OVER | {SUPPLY: "25:45:10 degC"}, None, f"axes ({SUPPLY} = 298.15, 308.15, 318.15, 328.15 there"),
        ({}, {LOAD: "0:1:0.1"}, None, "axes ("),
        ({}, {SUPPLY: "25:50 degC"}, Sample("latin", 75), "sample = latin:75, seed 0 here"),
    ],
)
def test_a_store_of_another_sweep_is_refused_and_left_alone(hgx, half_done, changes, over, sample, says) -> None:  # type: ignore[no-untyped-def]
    before = state(half_done)
    with pytest.raises(SpecError) as refused:
        sweep(changed(hgx, changes), over, sample=sample, store=half_done)
    assert says in str(refused.value)
    assert state(half_done.parent) == before


@pytest.mark.parametrize(("name", "says"), [("installed_version", "version"), ("catalogue_hash", "catalogue_hash")])
def test_a_store_of_other_numbers_is_refused(hgx, half_done, monkeypatch, name, says) -> None:  # type: ignore[no-untyped-def]
    before = state(half_done)
    monkeypatch.setattr(f"twin.sweeps.run.{name}", lambda: "another")
    with pytest.raises(SpecError, match=rf"differs in {says} \(.* there, another here\)"):
        sweep(hgx, OVER, store=half_done)
    assert state(half_done.parent) == before


def test_other_draws_of_the_same_words_are_refused(hgx, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Another version of scipy may draw other numbers from the same seed."""
    sweep(hgx, {LOAD: (0, 1)}, sample=Sample("latin", 4), store=tmp_path / "run.zarr")
    monkeypatch.setattr("twin.sweeps.sample.unit_draws", lambda *_: np.full((4, 1), 0.5))
    with pytest.raises(SpecError, match="differs in layout or coordinates"):
        sweep(hgx, {LOAD: (0, 1)}, sample=Sample("latin", 4), store=tmp_path / "run.zarr")


# SIGKILL, for real

SWEEP = """
import sys, twin
twin.sweep(twin.load("hgx-h100"), {"load.utilization": "0:1:0.0005"}, executor=int(sys.argv[2]), store=sys.argv[1])
"""


def children(process: int) -> list[int]:
    """Processes that a process has started, by Linux."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in listed.read_text().split()] if listed.exists() else []


def is_running(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(true, seconds: float) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_killed_by_sigkill_goes_on_and_ends_identical(workers: int, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    command = [sys.executable, "-c", SWEEP, str(store), str(workers)]
    running = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    wait_until(lambda: list(store.glob("done/[0-9]*")), 60)
    started = children(running.pid)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    wait_until(lambda: not any(map(is_running, started)), 10)  # workers end with their parent
    over = {LOAD: "0:1:0.0005"}
    held: list[int] = []
    found = sweep(load("hgx-h100"), over, executor=1, store=store, progress=held.append)
    assert 0 < held[0] < 2001
    assert sum(held) == 2001
    same(found, sweep(load("hgx-h100"), over, executor=1))
