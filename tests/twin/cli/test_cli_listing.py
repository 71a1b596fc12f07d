"""`twin list`, `show`, `fields` and `schema`: what there is, where each number comes from, and the keynotes' sums."""

import json
import math
import re

import pytest
from cli_runs import in_terminal, said

import twin
from twin.cli.show import sums
from twin.result.schema import fields, udunits
from twin.simulation.record import series
from twin.spec.json_schema import json_schema
from twin.spec.load import sources
from twin.spec.paths import field_at, leaves
from twin.spec.provenance import STATUSES

SYSTEMS = ("gb200-nvl72", "gb300-nvl72", "hgx-h100", "vr-nvl72")


def test_list_names_every_system_and_marks_the_announced_one():
    told = said("list")
    assert told.code == 0
    rows = told.rows()
    assert set(SYSTEMS) <= set(rows)
    assert {name for name in SYSTEMS if rows[name][-1] == "announced"} == {"vr-nvl72"}
    assert rows["gb300-nvl72"][0].startswith("NVIDIA GB300 NVL72: 72 Blackwell Ultra GPUs")


def test_show_prints_the_sums_of_the_keynote():
    told = said("show", "gb300-nvl72")
    text = re.sub(r"\s+", " ", told.out)
    assert told.code == 0
    assert "72 GPUs x 18 = 1 296, 900 GB/s per GPU per direction" in text
    assert "72 GPUs x 2 x 0.9 TB/s = 129.6 TB/s, both directions" in text
    assert "1 296 links x 4 pairs = 5 184 differential pairs in 4 cartridges" in text
    assert "about two miles" in text
    miles = float(re.search(r"or ([\d.]+) miles", text)[1])
    assert miles == pytest.approx(2.0, abs=0.1)
    assert "9 trays x 7.2 TB/s = 64.8 TB/s does not close" in text
    assert "7.2 TB/s is per ASIC, and 18 ASICs x 7.2 = 9 trays x 14.4 = 129.6 TB/s does" in text


def sides(line: str) -> list[list[float]]:
    """Values of the sides of each equation in a line; behind the last sign only its first number counts."""
    parts = re.split(r"[,:;]", re.sub(r"(?<=\d) (?=\d{3}\b)", "", line))
    sums_found = (part.split("=") for part in parts if "=" in part)
    chains = [[[float(text) for text in re.findall(r"[\d.]+", side)] for side in sides] for sides in sums_found]
    return [[*(math.prod(side) for side in chain[:-1]), chain[-1][0]] for chain in chains]


def test_a_sum_that_does_not_add_up_is_seen():
    assert sides("9 trays x 7.2 TB/s = 64.8 TB/s, 18 x 1 296 = 2 x 3 = 7 m in 4 rows") == [[64.8, 64.8], [23328, 6, 7]]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_sum_that_is_printed_adds_up(system):
    for label, line in sums(twin.load(system)):
        assert sides(line), label
        for first, *others in sides(line):
            assert others == pytest.approx([first] * len(others), rel=1e-9), line


def test_a_system_without_a_spine_shows_no_copper_and_no_keynote():
    told = said("show", "hgx-h100")
    assert "8 GPUs x 18 = 144" in told.out
    assert "differential" not in told.out
    assert "keynote:" not in told.out


def test_the_keynote_of_one_generation_is_not_quoted_for_another():
    assert "keynote" in dict(sums(twin.load("gb200-nvl72")))["copper"]
    assert "keynote" not in dict(sums(twin.load("vr-nvl72")))["copper"]


def numbers(out: str) -> dict[str, list[str]]:
    """Cells behind each number of `twin show`, by its full path."""
    owner, found = "", {}
    for line in out.splitlines():
        if re.fullmatch(r"[a-z][\w.-]*", line):
            owner = line
        elif owner and line.startswith("  "):
            name, *cells = re.split(r" {2,}", line.strip())
            found[f"{owner}.{name}"] = cells
    return found


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_number_is_shown_with_its_status_and_a_known_source(system):
    spec, shown = twin.load(system), numbers(said("show", system).out)
    for steps, value in leaves(spec):
        if isinstance(value, bool) or not isinstance(value, int | float) or len(steps) == 1:
            continue
        path = ".".join(steps)
        if path not in spec.provenance:
            assert field_at(spec, steps).unit is None, f"{path} is a quantity without an origin"
            continue
        _, status, *_, source = shown[path]
        assert status in STATUSES, path
        assert (status, source) == spec.provenance[path][:2], path
        assert source in sources(), path


def test_values_are_shown_in_trade_units_with_the_spread_of_the_assumed():
    shown = numbers(said("show", "gb300-nvl72").out)
    assert shown["rack.trays.compute.chips.gpu.power.tdp"] == ["1400 W", "quoted", "aiconfigurator"]
    assert shown["cooling.supply_temperature"][0] == "45 °C"
    assert shown["rack.busbar.cross_section"] == ["900 mm²", "assumed", "±20 %", "none"]
    assert shown["limits.junction"] == ["85 °C", "assumed", "±2 K", "none"]


def test_show_takes_settings_and_marks_them_as_the_users():
    told = said("show", "gb300-nvl72", "--set", "limits.junction=80 degC")
    assert numbers(told.out)["limits.junction"] == ["80 °C", "user", "set by the user"]


def test_show_fits_a_terminal_of_80_columns(monkeypatch):
    told = in_terminal(monkeypatch, "show", "hgx-h100")
    assert max(len(line) for line in told.out.splitlines()) <= 80
    assert "…" not in told.out
    assert "aiconfigurator" in told.out


def test_fields_lists_every_variable_with_dimensions_unit_and_meaning():
    told = said("fields")
    rows, text = told.rows(), re.sub(r"\s+", " ", told.out)
    assert told.code == 0
    assert set(fields()) | set(series(window=True)) <= set(rows)
    rows = told._replace(out=re.sub(r"(?ms)^/simulation.*?(?=^/)", "", told.out)).rows()
    for name, field in fields().items():
        wanted = [text for text in (", ".join(field.dims), udunits(field.unit)) if text]
        assert rows[name][: len(wanted)] == wanted, name
        assert field.meaning.split()[-1] in text
    assert [line for line in told.out.splitlines() if line.startswith("/")] == sorted(
        f"/{group}".ljust(len(line)) for group, line in
        ((line.strip("/ "), line) for line in told.out.splitlines() if line.startswith("/"))
    )  # fmt: skip


def test_schema_prints_the_json_schema_of_a_spec():
    told = said("schema")
    assert told.code == 0
    assert json.loads(told.out) == json_schema()
    assert "inherit" in json.loads(told.out)["properties"]


def test_the_version_is_that_of_the_distribution_and_needs_no_command():
    from twin.couple.solve import installed_version

    told = said("--version")
    assert told.code == 0
    assert told.out.strip() == f"twin {installed_version()}"
