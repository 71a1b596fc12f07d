"""Bad input at the command line: exit code 2, one clear message, no traceback, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from twin.cli import main
from twin.cli.inputs import read_spec
from twin.spec.load import load

ROOT = Path(__file__).resolve().parents[3]
SET = ("run", "gb300-nvl72", "--set")


def twin_says(monkeypatch, capsys, *arguments):
    """Exit code and what the command wrote to stderr."""
    monkeypatch.setattr(sys, "argv", ["twin", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code, capsys.readouterr().err


def listing(folder):
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An own empty folder to stand in, with files that are in the way."""
    (tmp_path / "taken").write_text("precious")
    (tmp_path / "half.toml").write_text('inherit = "gb300-nvl72"\n[cooling\nsupply_temperature = "45 de')
    (tmp_path / "two.toml").write_text('inherit = "gb300-nvl72"\n[load]\nutilization = 3\nwarmth = 1')
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "gb300-nvl27"), ["unknown system 'gb300-nvl27'", "near names: gb300-nvl72"]),
        (("show", "nothing-like-it"), ["known: gb200-nvl72, gb300-nvl72"]),
        (("compare", "gb300-nvl72", "gb3000"), ["unknown system 'gb3000'"]),
        (("run", "lost.toml"), ["lost.toml: cannot be read (No such file or directory)"]),
        (("run", "results"), ["results: no system but a folder or file of results", "twin list"]),
        (("show", "lost.nc"), ["lost.nc: no system but a folder or file of results"]),
        (("run", "folder.toml"), ["folder.toml: cannot be read (Is a directory)"]),
        (("run", "bytes.toml"), ["bytes.toml", "not UTF-8"]),
        (("run", "half.toml"), ["half.toml: not valid TOML", "line 2"]),
        (("run", "two.toml"), ["load.utilization = 3: must be ≥ 0 and ≤ 1", "load.warmth: no such field"]),
        ((*SET, "cooling.supply_temperature=45 C"), ["cooling.supply_temperature = 45 C", "write degC"]),
        ((*SET, "cooling.supply_temperature=45"), ["has no unit", "45 degC"]),
        ((*SET, "cooling.supply_temperature=5 delta_degC"), ["temperature difference"]),
        ((*SET, "cooling.supply_temperature=45,5 degC"), ["decimal point"]),
        ((*SET, "cooling.supply_temperature=45 W"), ["'W' does not fit", "degC or K"]),
        ((*SET, "cooling.supply_temperature="), ["is not a number with a unit"]),
        ((*SET, "cooling.supply_temperature=51 degC"), ["= 51 degC: must lie within 15 degC to 50 degC"]),
        ((*SET, "nvlink.link_bandwidth=400 Gb/s"), ["400 Gb/s", "write Gbit/s (bits) or GB/s (bytes)"]),
        ((*SET, "nvlink.link_bandwidth=50 GHz"), ["50 GHz", "GB/s"]),
        ((*SET, "gpu.power.tdp=1 KW"), ["1 KW", "write kW"]),
        ((*SET, "gpu.power.tdp=nan W"), ["is not a number"]),
        ((*SET, "cooling.volume_flow=-5 L/min"), ["cooling.volume_flow = -5 L/min: must be > 0 m3/s"]),
        ((*SET, "supply_temperature=40 degC"), ["ambiguous", "cooling.supply_temperature", "write more of it"]),
        ((*SET, "cooling.suply_temperature=40 degC"), ["no such field", "cooling.supply_temperature"]),
        ((*SET, "loss_constant=0.01"), ["could be rack.shelf.loss_constant, feed.ups.loss_constant; write more"]),
        ((*SET, "facility.cdu=none"), ["near names: cooling.cdu"]),
        ((*SET, "cooling=cold"), ["a table, not one field"]),
        ((*SET, "cooling.supply_temperature"), ["write path=value"]),
        ((*SET, "=40 degC"), ["write path=value"]),
        (("run", "gb300-nvl72", "--fields", "what"), ["'what': must be none, worst or all"]),
        (("run", "gb300-nvl72", "--out", "taken"), ["--out taken: cannot be written", "choose another folder"]),
        (("run", "gb300-nvl72", "--out", "taken/out"), ["--out taken/out: cannot be written"]),
        (("sweep", "gb300-nvl72", "--over", "load.utilization=0.5", "--out", "taken"), ["--out taken"]),
        (("sweep", "gb300-nvl72", "--over", "cooling.supply_temperature=50:25:1 degC"), ["empty"]),
        (("sweep", "gb300-nvl72", "--over", "cooling.supply_temperature=25:50:1"), ["no unit"]),
        (("sweep", "gb300-nvl72", "--over", "load.utilization"), ["write path=range, list or words"]),
        (("sweep", "gb300-nvl72", "--over", "tdp=1:2:1 kW"), ["ambiguous"]),
        (("validate", "--only", "T9,Q7"), ["--only Q7: no such row", "T9"]),
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_message_and_code_two(arguments, says, folder, monkeypatch, capsys):
    before = listing(folder)
    code, message = twin_says(monkeypatch, capsys, *arguments)
    assert code == 2
    for words in says:
        assert words in message
    assert message.startswith("twin: ")
    assert message.count("twin: ") == 1
    assert "Traceback" not in message
    assert len(message.splitlines()) == (2 if "two.toml" in arguments else 1)
    assert listing(folder) == before
    assert (folder / "taken").read_text() == "precious"


def test_too_few_draws_are_refused(folder, monkeypatch, capsys):
    code, message = twin_says(monkeypatch, capsys, "run", "hgx-h100", "--uncertainty", "3", "--no-picture")
    assert code == 2
    assert "--uncertainty 3: must be at least 10 draws" in message
    assert not [path for path in folder.rglob("*") if path.suffix in (".nc", ".json", ".png")]


@pytest.mark.skipif(os.geteuid() == 0, reason="the super-user writes anywhere")
def test_a_folder_that_may_not_be_written_is_refused(folder, monkeypatch, capsys):
    (folder / "locked").mkdir(mode=0o500)
    code, message = twin_says(monkeypatch, capsys, "run", "gb300-nvl72", "--out", "locked")
    assert code == 2
    assert "--out locked: cannot be written" in message
    assert listing(folder / "locked") == []


def test_settings_apply_in_order_and_the_last_one_counts():
    spec = read_spec("hgx-h100", ["load.utilization=0.5", " load.utilization = 25 %", 'title=a "b" = c'])
    assert spec.load.utilization == 0.25
    assert spec.title == 'a "b" = c'
    assert spec.provenance["load.utilization"].status == "user"
    assert read_spec("hgx-h100", None) == load("hgx-h100")


def in_a_process(folder, *arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "twin.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "gb300-nvl27"), "near names: gb300-nvl72"),
        pytest.param(("run", "half.toml"), "half.toml: not valid TOML", marks=pytest.mark.slow),
        pytest.param((*SET, "cooling.supply_temperature=45 C"), "write degC", marks=pytest.mark.slow),
    ],
)
def test_the_process_itself_ends_so(arguments, says, folder):
    before = listing(folder)
    ended = in_a_process(folder, *arguments)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""
    assert listing(folder) == before


@pytest.mark.parametrize("arguments", [("run",), ("fly",), ("run", "gb300-nvl72", "--uncertainty", "many")])
def test_a_command_that_does_not_parse_is_explained(arguments, folder, monkeypatch, capsys):
    code, message = twin_says(monkeypatch, capsys, *arguments)
    assert code == 2
    assert "Usage: " in message
    assert "Traceback" not in message
