"""The pages on the spec and on the coupled rack say what the code does: names, lists and examples."""

import re
from pathlib import Path

import numpy as np
import pytest

import twin
from twin.couple import closure, derate, electric, fixed_point, headroom, heat, packages, rack, traffic
from twin.spec.load import loads
from twin.spec.provenance import STATUSES

DOCS = Path(__file__).resolve().parents[3] / "docs"
SPEC, COUPLED = ((DOCS / name).read_text() for name in ("spec.md", "coupled.md"))


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def first_cells(page: str, head: str) -> list[str]:
    """First cells of the table that starts with this heading, backticks taken off."""
    table = page[page.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [line.split("|")[1].strip(" `") for line in table]


def test_the_page_lists_the_systems_and_the_statuses():
    assert sorted(first_cells(SPEC, "system")) == list(twin.systems())
    assert tuple(first_cells(SPEC, "status")) == STATUSES


def test_the_paths_of_the_page_set_what_they_say():
    (code,) = blocks(SPEC, "python")
    lines = [line.split("#")[0].strip() for line in code.splitlines() if line.startswith("rack.with_")]
    assert len(lines) == 4
    names = {"rack": twin.load("gb300-nvl72")}
    hotter, all_liquid = eval(lines[1], names), eval(lines[2], names)
    assert hotter.rack.trays[0].chips[0].power.tdp == 1500
    assert {tray.chip_liquid_fraction for tray in all_liquid.rack.trays} == {1.0}
    assert not eval(lines[3], names).rack.stack[0].in_service


def test_the_file_of_the_page_is_complete_and_merges_by_name(gb300):
    mine, named, jobs = (loads(block) for block in blocks(SPEC, "toml") if "inherit" in block)
    assert (named.cooling.cdu.rated_heat, named.cooling.cdu.pump_efficiency) == (1.368e6, 0.55)
    assert named.facility.plant.pad is not None
    assert named.cooling.racks_per_loop == 8
    assert np.isfinite(float(twin.solve(named)["summary"].pue))
    assert [job.gpus for job in jobs.traffic.jobs] == [48, 24]
    assert mine.cooling.supply_temperature == pytest.approx(313.15)
    assert [tray.name for tray in mine.rack.trays] == [tray.name for tray in gb300.rack.trays]
    path = "rack.trays.compute.chips.gpu.power.tdp"
    assert mine.provenance[path][:2] == ("assumed", "what if")
    assert mine.provenance[path].spread == 0.1
    assert mine.provenance["load.utilization"].status == "user"
    assert mine.rack.busbar == gb300.rack.busbar


def test_the_state_of_the_page_is_the_state_of_the_code():
    table = COUPLED[COUPLED.index("| symbol |") :].split("\n\n")[0].splitlines()[2:]
    assert [line.split("|")[2].strip(" `") for line in table] == list(rack.State._fields)


def test_the_forms_of_headroom_are_those_of_the_result():
    forms = first_cells(COUPLED, "form")
    assert forms == ["headroom_temperature", "supply_temperature_max", "coolant_flow_min", "headroom_power"]


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (rack, "advance State"),
        (heat, "plates outlet policy_flow"),
        (traffic, "traffic"),
        (derate, "module_budget"),
        (electric, "feed bar_temperature"),
        (fixed_point, "solve_fixed_point DEPTH STRIDE"),
        (headroom, "without_derating controlled_headroom"),
        (packages, "package_fields"),
        (closure, "energy_closure"),
    ],
)
def test_names_of_the_page_are_names_of_the_code(module, names):
    for name in names.split():
        assert f"`{name}" in COUPLED
        assert hasattr(module, name), name


def test_the_page_states_the_tolerance_of_the_code():
    assert f"{fixed_point.TOLERANCE:.0e}" == "1e-10"
    assert "more than 1e-10 of" in COUPLED
