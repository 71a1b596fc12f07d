"""`twin sweep`: a table of the points, a dataset on disk, failed points with their reason."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cli_runs import in_terminal, said

ROOT = Path(__file__).resolve().parents[3]
SUPPLY, LOAD = "cooling.supply_temperature", "load.utilization"


def state(folder):
    """Every file below a folder with the time it was written and its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_a_grid_is_solved_tabled_and_saved(tmp_path):
    axes = ["--over", "cooling.supply_temperature=40:45:5 degC", "--over", "load.utilization=0.5,1"]
    told = said("sweep", "gb300-nvl72", *axes, "--out", str(tmp_path))
    assert told.code == 0
    assert told.out.rstrip().endswith(f"4 of 4 points solved; wrote {tmp_path}/sweep.zarr and {tmp_path}/sweep.nc")
    grid = xr.load_dataset(tmp_path / "sweep.nc")
    assert dict(grid.sizes) == {"supply_temperature": 2, "load_utilization": 2}
    np.testing.assert_allclose(grid.supply_temperature, [313.15, 318.15])
    assert (grid.status == "ok").all()
    lines = [line.split("  ") for line in told.out.splitlines()]
    table = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert table[0] == ["supply_temperature", "load_utilization", "rack power", "flow", "die mean", "to spare",
                        "limited by", "power to spare"]  # fmt: skip
    assert max(map(len, told.out.splitlines()[:5])) <= 120
    hot = table[4]
    assert f": {hot[6]} temperature" in str(grid.headroom_temperature_limited_by.values[1, 1])
    assert hot[:2] == ["45 °C", "1"]
    assert float(hot[4].removesuffix(" °C")) + 273.15 == pytest.approx(
        float(grid.junction_temperature_max[1, 1]), abs=0.05
    )


def test_a_point_that_is_refused_stays_as_nan_with_its_reason(tmp_path):
    told = said("sweep", "hgx-h100", "--over", "cooling.supply_temperature=50:55:5 degC", "--out", str(tmp_path))
    grid = xr.load_dataset(tmp_path / "sweep.nc")
    assert told.code == 0
    assert "1 of 2 points solved, 1 refused; wrote" in told.out
    assert grid.status.values.tolist() == ["ok", "refused"]
    assert np.isnan(grid.rack_power.values).tolist() == [False, True]
    assert "cooling.supply_temperature = 55 degC" in grid.message.values[1]
    assert f"refused, 1 point: {grid.message.values[1]}\n" in told.out


def test_where_no_point_is_solved_the_exit_code_says_so_and_each_reason_stands_once_in_full(tmp_path):
    over = ("--over", f"{SUPPLY}=0:60:1 degC", "--over", "gpu.package.die_length=66 mm")
    told = said("sweep", "gb300-nvl72", *over, "--out", str(tmp_path))
    assert told.code == 1
    found = xr.load_dataset(tmp_path / "sweep.nc")
    assert set(found.status.values.ravel()) == {"refused"}
    assert "0 of 61 points solved, 61 refused; wrote" in told.out
    reasons = [line for line in told.out.splitlines() if line.startswith("refused, ")]
    assert reasons[0] == f"refused, 25 points, the first: {found.message.values[0, 0]}"
    assert reasons[1] == f"refused, 36 points, the first: {found.message.values[15, 0]}"
    assert len(reasons) == 2
    assert sum(line.startswith("  ") for line in told.out.splitlines()) == 40  # each point in one line
    assert all(len(line) <= 128 for line in told.out.splitlines()[:41])


def test_the_second_limit_and_the_reason_are_shown_where_there_is_room(tmp_path):
    over = ("--over", "shelf.source_resistance=200, 0.1 mohm", "--set", "busbar.heat_transfer=500 W/(m*K)")
    told = said("sweep", "gb300-nvl72", *over, "--out", str(tmp_path))
    assert told.code == 0
    head, refused, good, reason, _ = told.out.splitlines()
    assert head.count("limited by") == 2
    assert "refused" in refused
    assert "busbar section current" in good
    assert reason.startswith("refused, 1 point: rack.shelf.source_resistance = 0.2 ohm: then gb300-nvl72: ")


def test_the_store_holds_what_the_file_holds_and_a_second_call_solves_nothing(tmp_path, monkeypatch):
    command = ("sweep", "hgx-h100", "--over", f"{LOAD}=0:1:0.25", "--out", str(tmp_path))
    first = said(*command)
    assert "5 of 5 points solved; wrote" in first.out
    with xr.open_zarr(tmp_path / "sweep.zarr", chunks=None) as kept:
        np.testing.assert_array_equal(kept.rack_power, xr.load_dataset(tmp_path / "sweep.nc").rack_power)
    before = state(tmp_path / "sweep.zarr")
    monkeypatch.setattr("twin.sweeps.blocks.solve_table", lambda *_: pytest.fail("solved"))
    again = said(*command)
    assert "5 of 5 points solved; was complete, nothing solved anew; wrote" in again.out
    assert again._replace(out=again.out.replace("was complete, nothing solved anew; ", "")) == first
    assert state(tmp_path / "sweep.zarr") == before


def test_a_sample_is_drawn_tabled_and_saved(tmp_path):
    ranges = ["--over", f"{SUPPLY}=40:48 degC", "--over", f"{LOAD}=50:100 %", "--set", "limits.junction=84 degC"]
    told = said("sweep", "hgx-h100", *ranges, "--sample", "sobol:8", "--seed", "3", "--out", str(tmp_path))
    assert told.code == 0
    assert "8 of 8 points solved" in told.out
    head, *rows = (line.split() for line in told.out.splitlines()[:9])
    assert head[:2] == ["supply_temperature", "load_utilization"]
    assert all(len(row[0].replace(".", "").lstrip("0")) <= 4 for row in rows)
    found = xr.load_dataset(tmp_path / "sweep.nc")
    assert dict(found.sizes) == {"sample": 8}
    assert (np.histogram(found.load_utilization, 8, (0.5, 1.0))[0] == 1).all()
    again = said("sweep", "hgx-h100", *ranges, "--sample", "sobol:8", "--seed", "4", "--out", str(tmp_path))
    assert again.code == 2
    assert "sobol:8, seed 3 there, sample = sobol:8, seed 4 here" in again.error


def test_a_running_sweep_shows_its_bar_and_numbers_of_workers_do_not_change_it(tmp_path):
    for workers in ("1", "2"):
        told = said(
            "sweep", "hgx-h100", "--over", f"{LOAD}=0,1", "--workers", workers, "--out", str(tmp_path / workers)
        )
        assert told.code == 0
    one, two = (xr.load_dataset(tmp_path / workers / "sweep.nc") for workers in ("1", "2"))
    xr.testing.assert_identical(one, two)


def test_a_narrow_terminal_gets_fewer_columns_and_every_point_in_one_line(tmp_path, monkeypatch):
    over = ("--over", f"{SUPPLY}=40,45 degC", "--over", f"{LOAD}=0.5,1")
    told = in_terminal(monkeypatch, "sweep", "hgx-h100", *over, "--out", str(tmp_path))
    lines = [line.rstrip() for line in told.out.splitlines() if "°C" in line]
    assert len(lines) == 4
    assert all(len(line) <= 80 for line in lines)
    assert "die mean" in told.out
    assert "limited by" not in told.out


def test_many_points_are_saved_and_the_first_printed(tmp_path):
    told = said("sweep", "hgx-h100", "--over", "load.utilization=0:1:0.02", "--out", str(tmp_path))
    assert "51 of 51 points solved" in told.out
    assert "… and 11 more" in told.out
    power = xr.load_dataset(tmp_path / "sweep.nc").rack_power.values
    assert (np.diff(power) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--over", SUPPLY], 'write path=range, list or words, such as "cooling.supply_temperature=25:50:1 degC"'),
        (["--over", f"{SUPPLY}="], '"gpu.power.tdp=1200, 1400 W" or "traffic.pattern=uniform, expert_dispatch"'),
        (["--over", f"{SUPPLY}=25:45 degC"], "needs a step, such as 25:45:2 degC, or a sample (--sample latin:200)"),
        (["--over", "cooling.suply_temperature=25:50:1 degC"], "no such field (near names: cooling.supply_temperature"),
        (["--over", "cooling.supply=1:2:1 degC"], "no such field"),
        (["--over", f"{SUPPLY}=25:20:1 degC"], "the range '25:20:1 degC' is empty"),
        (["--over", f"{SUPPLY}=25:20:1"], "the range '25:20:1' is empty"),
        (["--over", f"{LOAD}=0.5,1", "--over", f"{LOAD}=0.7"], f"--over {LOAD}: stands twice; list its values once"),
        (["--over", f"{LOAD}=0.5,1", "--over", "utilization=0.7"], "sweep a field once"),
        (["--over", f"{LOAD}=0,1", "--workers", "0"], "--workers 0: must be ≥ 1"),
        (["--over", f"{LOAD}=0,1", "--workers", "2", "--cluster", "here"], "leave out --workers"),
        (["--over", f"{LOAD}=0,1", "--seed", "3"], "--seed 3: only a sample is drawn; add --sample"),
        (["--over", f"{LOAD}=0:1", "--sample", "latin"], "--sample 'latin': write latin:POINTS or sobol:POINTS"),
        (["--over", f"{LOAD}=0:1", "--sample", "latin:-5"], "--sample 'latin:-5': write latin:POINTS"),
        (["--over", f"{LOAD}=0:1", "--sample", "halton:8"], "'halton': must be latin or sobol"),
        (["--over", f"{LOAD}=0:1", "--sample", "sobol:10"], "must be a power of two, such as 8 or 16"),
        (["--over", f"{LOAD}=0:1:0.1", "--sample", "latin:8"], "needs the two ends of a range"),
        (["--over", f"{LOAD}=0,1"], "holds another run, it differs in axes (load.utilization = 0.5, 1.0 there"),
        (["--over", f"{LOAD}=0.5,1", "--set", "limits.junction=84 degC"], "it differs in spec ([limits] junction = "),
    ],
)
def test_bad_input_is_one_message_and_what_was_solved_is_left_alone(arguments, says, tmp_path, solved):
    before = state(solved)
    told = said("sweep", "hgx-h100", *arguments, "--out", str(solved))
    assert told.code == 2
    assert says in told.error
    assert told.error.startswith("twin: ")
    assert len(told.error.splitlines()) == 1
    assert state(solved) == before
    if "holds another" not in told.error:
        assert said("sweep", "hgx-h100", *arguments, "--out", str(tmp_path / "new")).code == 2
        assert not (tmp_path / "new").exists()


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A folder with a finished sweep over two loads."""
    folder = tmp_path_factory.mktemp("solved")
    assert said("sweep", "hgx-h100", "--over", f"{LOAD}=0.5,1", "--out", str(folder)).code == 0
    return folder


def test_a_folder_in_the_way_of_the_store_is_left_alone(tmp_path):
    (tmp_path / "sweep.zarr").mkdir()
    (tmp_path / "sweep.zarr" / "precious").write_text("precious")
    told = said("sweep", "hgx-h100", "--over", f"{LOAD}=0.5,1", "--out", str(tmp_path))
    assert told.code == 2
    assert "sweep.zarr: is in the way and no store" in told.error
    assert [path.name for path in tmp_path.rglob("*")] == ["sweep.zarr", "precious"]


def test_a_cluster_that_does_not_answer_is_one_message(tmp_path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed: the extra `cluster`")
    arguments = ("--over", f"{LOAD}=0,1", "--cluster", "tcp://127.0.0.1:1", "--out", str(tmp_path / "new"))
    told = said("sweep", "hgx-h100", *arguments)
    assert told.code == 2
    assert told.error == (
        "twin: --cluster tcp://127.0.0.1:1: no scheduler answers there; start one with `dask scheduler`\n"
    )
    assert not (tmp_path / "new").exists()


def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(tmp_path, monkeypatch):
    from twin.sweeps import run

    command = ("sweep", "hgx-h100", "--over", f"{LOAD}=0:1:0.005", "--workers", "1", "--out", str(tmp_path))
    here = run.solve_here

    def interrupted(blocks, task):
        yield from here(blocks[:1], task)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "solve_here", interrupted)
    told = said(*command)
    assert told.code == 130
    store = tmp_path / "sweep.zarr"
    assert told.error == f"twin: stopped; 101 of 201 points are kept in {store}; the same command goes on from there\n"
    assert not (tmp_path / "sweep.nc").exists()
    monkeypatch.setattr(run, "solve_here", here)
    assert "201 of 201 points solved; went on from 101 points; wrote" in said(*command).out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("over", "points"), [(f"{LOAD}=0:1:0.0005", 2001), ("gpu.package.tim_thickness=0.1:0.2:0.001 mm", 101)]
)
def test_the_process_itself_ends_so_on_ctrl_c(over, points, tmp_path):
    command = [sys.executable, "-m", "twin.cli", "sweep", "hgx-h100", "--over", over]
    running = subprocess.Popen(
        [*command, "--workers", "2", "--out", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not list(tmp_path.glob("sweep.zarr/done/[0-9]*")) and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    _, error = running.communicate(timeout=60)
    assert running.returncode == 130
    assert error.startswith("twin: stopped; ")
    assert f"of {points} points are kept" in error
    assert " 0 of" not in error
    assert len(error.splitlines()) == 1
