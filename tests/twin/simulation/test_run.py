"""A run kept in memory and in a store: the same numbers, gone on with after a stop, refused where it is another's."""

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import twin
from twin.simulation import run as runs
from twin.simulation.march import march
from twin.simulation.read import schedule_from
from twin.spec.errors import ConvergenceError, SpecError

RUN = {
    "duration": "120 s",
    "steps": {"output": "5 s"},
    "load": {"utilization": [["0 s", 0.4], ["120 s", 0.9]]},
    "event": [{"at": "43 s", "kind": "pump_trip", "remaining": 0.6, "until": "81 s"}],
}


@pytest.fixture(scope="module")
def course(gb300):
    return twin.simulate(gb300, schedule_from(RUN))


@pytest.fixture
def short_chunks(monkeypatch):
    monkeypatch.setattr(runs, "CHUNK", (6, 6))


@pytest.fixture(scope="module")
def kept(gb300, tmp_path_factory):
    """The same run in a store of short chunks, and its folder; only read."""
    folder = tmp_path_factory.mktemp("kept") / "simulation.zarr"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "CHUNK", (6, 6))
        return twin.simulate(gb300, schedule_from(RUN), store=folder), folder


def stopped_after(monkeypatch, steps: int) -> None:
    """Let the march break off after some steps of the loop, as a kill would."""

    def broken(*arguments, **options):
        yield from itertools.islice(march(*arguments, **options), steps)
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "march", broken)


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def test_a_store_holds_what_memory_holds(course, kept):
    stored, _ = kept
    for name in course.data_vars:
        np.testing.assert_array_equal(stored[name].values, course[name].values, err_msg=name)
    assert course.attrs["energy_closure_relative"] == stored.attrs["energy_closure_relative"]
    assert abs(course.attrs["energy_closure_relative"]) < 1e-9


def test_plain_xarray_reads_a_store(course, kept):
    with xr.open_zarr(kept[1]) as plain:
        assert plain.junction_temperature.dims == ("time", "chip")
        assert float(plain.rack_power[-1]) == float(course.rack_power[-1])
        assert bool(plain.done.all())


@pytest.mark.parametrize("steps", [1, 7, 9, 12])
def test_a_stopped_run_goes_on_to_the_same_numbers(gb300, course, tmp_path, short_chunks, monkeypatch, steps):
    store = tmp_path / "simulation.zarr"
    with monkeypatch.context() as patch:
        stopped_after(patch, steps)
        with pytest.raises(KeyboardInterrupt):
            twin.simulate(gb300, schedule_from(RUN), store=store)
    assert not store.exists() or not xr.open_zarr(store).done.all()  # nothing is left of less than a chunk
    finished = twin.simulate(gb300, schedule_from(RUN), store=store)
    for name in course.data_vars:
        np.testing.assert_array_equal(finished[name].values, course[name].values, err_msg=name)


def test_a_finished_run_is_not_run_again(gb300, kept, short_chunks, monkeypatch):
    first, store = kept
    before = digest(store)
    stopped_after(monkeypatch, 0)
    again = twin.simulate(gb300, schedule_from(RUN), store=store)
    xr.testing.assert_identical(first, again)
    assert digest(store) == before


def test_a_store_of_another_run_is_refused_and_left_as_it_is(gb300, tmp_path):
    store = tmp_path / "simulation.zarr"
    twin.simulate(gb300, schedule_from({"duration": "20 s", "load": {"utilization": 0.5}}), store=store)
    before = digest(store)
    for spec, keys in (
        (gb300.with_("cooling.supply_temperature", "40 degC"), {"duration": "20 s", "load": {"utilization": 0.5}}),
        (gb300, {"duration": "20 s", "load": {"utilization": 0.6}}),
    ):
        with pytest.raises(SpecError, match="another run"):
            twin.simulate(spec, schedule_from(keys), store=store)
    assert digest(store) == before


def test_policies_of_ones_own_act_after_the_others(gb300):
    plain = schedule_from({"duration": "30 s", "load": {"utilization": 1.0}})
    halved = twin.simulate(gb300, plain, policies=[lambda _, points: points._replace(load_share=0.5)])
    np.testing.assert_allclose(halved.utilization[1:], 0.5)
    with pytest.raises(SpecError, match="store"):
        twin.simulate(gb300, plain, policies=[lambda _, points: points], store=Path("nowhere"))


def test_losses_of_cables_show_in_bandwidth_and_time(gb300):
    cut = {"at": "10 s", "kind": "cable_loss", "part": [0, 1]}
    found = twin.simulate(gb300, schedule_from({"duration": "30 s", "load": {"utilization": 0.5}, "event": [cut]}))
    before, after = found.isel(time=0), found.isel(time=-1)
    assert float(before.bandwidth_per_gpu) == 900e9
    assert float(after.bandwidth_per_gpu) == 800e9
    assert float(after.all_to_all_time) > float(before.all_to_all_time)


def test_what_is_whole_is_kept_where_a_run_breaks_off(gb300, tmp_path):
    """The bar fails at the second jump; the intervals before it are in the store, and the message has the time."""
    weak = gb300.with_("rack.shelf.source_resistance", "60 mohm")
    load = {"utilization": [[0, 0.1], [60, 0.1], [60, 1.0]]}
    with pytest.raises(ConvergenceError, match="at 60 s"):
        twin.simulate(weak, schedule_from({"duration": "2 min", "load": load}), store=tmp_path / "simulation.zarr")
    with xr.open_zarr(tmp_path / "simulation.zarr") as kept:
        assert kept.done.values.tolist() == [True] * 6 + [False] * 6
        assert bool(kept.rack_power[:6].notnull().all())


@pytest.mark.parametrize("bytes_left", [0, 100])
def test_a_damaged_state_is_refused_with_what_to_do(gb300, tmp_path, bytes_left):
    short = schedule_from({"duration": "20 s", "load": {"utilization": 0.5}})
    twin.simulate(gb300, short, store=tmp_path / "simulation.zarr")
    state = tmp_path / "simulation.zarr" / runs.STATE
    state.write_bytes(state.read_bytes()[:bytes_left])
    with pytest.raises(SpecError, match="remove its folder"):
        twin.simulate(gb300, short, store=tmp_path / "simulation.zarr")
