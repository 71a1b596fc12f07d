"""`twin simulate`: what it prints and writes, going on after a kill, bad input with nothing overwritten."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cli_runs import said

import twin
from twin.simulation.read import read_schedule
from twin.spec.errors import ConvergenceError

ROOT = Path(__file__).resolve().parents[3]
RUN = """
duration = "3 min"
[load]
utilization = [["0 s", 0.4], ["1 min", 0.4], ["1 min", 1.0]]
[[event]]
at = "90 s"
kind = "tray_loss"
part = "compute-05"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An own folder to stand in, with a schedule."""
    (tmp_path / "run.toml").write_text(RUN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def simulate(*rest: str, schedule: str = "run.toml", out: str = "out"):
    return said("simulate", "gb300-nvl72", "--schedule", schedule, "--out", out, *rest)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_what_simulate_returns_and_prints_its_extremes(folder, gb300):
    told = simulate()
    assert told.code == 0
    course = twin.simulate(gb300, read_schedule("run.toml"))
    with xr.open_zarr(folder / "out" / "simulation.zarr", consolidated=False) as stored:
        assert stored.attrs["energy_closure_relative"] == course.attrs["energy_closure_relative"]
        for name in course.data_vars:
            np.testing.assert_array_equal(stored[name], course[name], err_msg=name)
    rows = told.rows()
    hottest = float(course.junction_temperature_max.max()) - 273.15
    assert float(rows["die mean, hottest *"][2].removesuffix(" °C")) == pytest.approx(hottest, rel=1e-3)
    assert rows["chips running"][:3] == ["120", f"{float(course.chips_running.mean()):.4g}", "126"]
    assert "energy closes to" in told.out


def test_it_fits_a_terminal_of_80_columns(folder, monkeypatch):
    from cli_runs import in_terminal

    told = in_terminal(monkeypatch, "simulate", "gb300-nvl72", "--schedule", "run.toml", "--out", "out")
    assert told.code == 0
    assert max(len(line.rstrip()) for line in told.out.splitlines() if "wrote" not in line) <= 80


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bits(folder):
    """SIGKILL once the first chunk is written; then the same command."""
    (folder / "run.toml").write_text(RUN.replace("3 min", "4 h").replace("1.0]]", '1.0], ["4 h", 0.4]]'))
    simulate(out="whole")
    command = [sys.executable, "-c", "import sys; from twin.cli import main; sys.exit(main())"]
    command += ["simulate", "gb300-nvl72", "--schedule", "run.toml", "--out", "half"]
    child = subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 120
    while not (folder / "half" / "simulation.zarr" / "done" / "state.npz").exists() and time.monotonic() < until:
        assert child.poll() is None
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    kept = xr.open_zarr(folder / "half" / "simulation.zarr").done.values
    assert kept.any() and not kept.all()
    assert simulate(out="half").code == 0
    one, other = (xr.open_zarr(folder / name / "simulation.zarr").load() for name in ("whole", "half"))
    xr.testing.assert_identical(one, other)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"tray_loss"', '"tray_los"', ["event[0].kind", "near names: tray_loss"]),
        ('"compute-05"', '"compute-55"', ["event[0].part", "'compute-55'", "near names: compute-"]),
        ('["1 min", 1.0]', '["30 s", 1.0]', ["utilization[2] is at 30 s", "must be ≥ 60 s"]),
        ("0.4]", "1.4]", ["utilization[0] = 1.4", "≤ 1"]),
        ('duration = "3 min"', 'duration = "3 m"', ["duration", "3 m"]),
        ('duration = "3 min"', 'duraton = "3 min"', ["duraton", "near names: duration"]),
        ('at = "90 s"', 'at = "90 min"', ["event[0].at = 5400 s", "duration"]),
    ],
)
def test_a_wrong_schedule_ends_with_one_message_and_writes_nothing(folder, old, new, says):
    (folder / "run.toml").write_text(RUN.replace(old, new, 1))
    told = simulate()
    assert (told.code, told.out) == (2, "")
    assert all(text in told.error for text in says), told.error
    assert "Traceback" not in told.error
    assert not (folder / "out").exists()


LOST = """
duration = "30 s"
load.utilization = 1.0
[[event]]
at = "10 s"
kind = "shelf_bank_loss"
part = "top-shelves"
"""


def test_a_lost_bank_is_warned_of_with_ratings_and_when(folder):
    (folder / "run.toml").write_text(LOST)
    told = simulate("--no-picture")
    rows = told.rows()
    assert told.code == 0
    assert rows["largest bar current *"][-1] == "1400 A !" and rows["busiest shelf"][-1] == "33 kW !"
    assert rows["lowest bus voltage *"][-1] == "47.5 V" and rows["die mean, hottest *"][-1] == "85 °C"
    warned = [line for line in told.out.splitlines() if line.startswith("  !")]
    assert re.search(r"[\d ]+ A on a 1 400 A bar; first between 10 s and 20 s, within 20 s of 30 s", warned[0])
    assert "kW on a shelf rated 33 kW; first between 10 s and 20 s" in warned[1]
    assert "stayed inert" in told.out


def test_what_came_to_nothing_leaves_nothing(folder, monkeypatch):
    """Neither a folder nor a store that would refuse the corrected run; what was there stays."""
    fine = '[record]\nfast = ["0 s", "1 s"]\n[steps]\nthermal = "0.05 s"\nelectric = "0.1 ms"\n[[event]]'
    (folder / "run.toml").write_text(LOST.replace("[[event]]", fine))
    assert simulate().code == 2
    assert not (folder / "out").exists()
    (folder / "run.toml").write_text(LOST)

    def fails(*_, **__):
        raise ConvergenceError("no start")
        yield

    with monkeypatch.context() as broken:
        broken.setattr("twin.simulation.run.march", fails)
        assert simulate().code == 1
    assert not (folder / "out").exists()


def test_a_store_of_another_run_is_left_as_it_is(folder):
    assert simulate().code == 0
    before = contents(folder / "out")
    told = simulate("--set", "cooling.supply_temperature=40 degC")
    assert told.code == 2
    assert "another run" in told.error and "supply_temperature" in told.error
    assert contents(folder / "out") == before


def test_a_missing_schedule_and_an_unwritable_folder_are_named(folder):
    (folder / "taken").write_text("precious")
    assert simulate(schedule="lost.toml").error.startswith("twin: lost.toml: cannot be read")
    told = simulate(out="taken")
    assert told.code == 2 and "taken" in told.error
    assert (folder / "taken").read_text() == "precious"
