"""The README's shop window: its Python runs, its numbers are those of the product, its links exist."""

import io
import re
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

import twin
from twin.cli import headline
from twin.simulation.check import check_schedule
from twin.spec.load import loads
from twin.studies import pump_trip

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_of_the_readme_runs_as_it_stands(capsys):
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    told = capsys.readouterr().out
    assert "kW to spare" in told
    assert "headroom_temperature" in told


def test_the_file_of_the_readme_is_a_spec_that_changes_what_it_says():
    text = blocks("toml")[0]
    assert tomllib.loads(text)["inherit"] == "gb300-nvl72"
    spec = loads(text)
    assert spec.cooling.supply_temperature == pytest.approx(313.15)
    (gpu,) = [chip for tray in spec.rack.trays for chip in tray.chips if chip.kind == "gpu"]
    assert gpu.power.tdp == 1500.0
    summary = twin.solve(spec)["summary"]
    assert summary.junction_temperature_max > 320
    assert not str(summary.supply_temperature_max_limited_by.item()).endswith("did not settle")


def test_the_schedule_of_the_readme_fits_the_rack():
    plan = twin.schedule_from(tomllib.loads(blocks("toml")[1]))
    check_schedule(plan, twin.load("gb300-nvl72"))
    assert (plan.duration, plan.load.at(600.0), plan.events[0].remaining) == (7200.0, 1.0, 0.5)


@pytest.mark.slow
def test_the_figures_of_the_studies_in_the_readme_are_those_of_the_studies():
    trip = pump_trip.study(remaining=(0.0,), seconds=6.0)
    said = re.search(r"without flow the first die is at 85 °C after ([\d.]+) s", README)
    assert float(said[1]) == pytest.approx(float(trip.time_to_limit[0]), abs=0.05)


def test_the_table_of_the_readme_holds_the_figures_of_a_run():
    spec = twin.load("gb300-nvl72")
    console = Console(record=True, width=128, file=io.StringIO())
    headline.print_headline(console, twin.solve(spec), spec, None)
    now = [line.split() for line in console.export_text().splitlines() if "energy closes" not in line]
    (shown,) = [block for block in blocks("text") if "Headroom" in block]
    then = [line.split() for line in shown.splitlines() if "energy closes" not in line]
    assert then == now


def test_every_link_and_picture_of_the_readme_exists():
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if not target.startswith("http")]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
