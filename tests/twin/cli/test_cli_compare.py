"""`twin compare`: names, both values, the difference; results and systems alike."""

import re

import pytest
from cli_runs import said

from twin.cli.compare import difference
from twin.result.compare import Difference


@pytest.mark.parametrize(
    ("unit", "first", "second", "text"),
    [
        ("K", 318.15, 313.15, "-5 K"),
        ("delta_K", 10.0, 8.0, "-2 K"),
        ("W", 134e3, 188.8e3, "+54.8 kW (+40.9%)"),
        ("1", 0.0, 3.0, "+3"),
        ("A", 1319.0, None, ""),
        ("", "a", "b", ""),
        ("V", 50.0, 50.0, "same"),
        ("kg/s", 2.0, 2.0 + 1e-10, "same"),
    ],
)
def test_differences_carry_their_unit_and_share(unit, first, second, text):
    assert difference(Difference("x", unit, first, second)) == text


def test_two_systems_side_by_side():
    told = said("compare", "gb300-nvl72", "vr-nvl72")
    rows = told.rows()
    assert told.code == 0
    assert told.out.splitlines()[0].split() == ["gb300-nvl72", "vr-nvl72", "difference"]
    assert rows["link_count"] == ["1296", "2592", "+1296 (+100.0%)"]
    assert rows["bandwidth_aggregate_bidirectional"] == ["129.6 TB/s", "259.2 TB/s", "+129.6 TB/s (+100.0%)"]
    assert rows["coolant_supply_temperature"] == ["45 °C", "45 °C", "same"]
    assert re.fullmatch(r"[\d.]+ K", rows["headroom_temperature"][0])
    assert rows["rack.busbar.rated_current"] == ["1400 A", "5000 A"]
    assert rows["cooling.coolant"] == ["water", "pg25"]
    count = int(re.search(r"(\d+) fields of the specs differ:", told.out)[1])
    assert len(told.out.split("differ:\n")[1].splitlines()) == 1 + count


def test_a_system_beside_itself_differs_in_nothing():
    told = said("compare", "hgx-h100", "hgx-h100")
    differences = [cells[2] for name, cells in told.rows().items() if len(cells) == 3 and "_limited_by" not in name]
    assert set(differences) == {"same"}
    assert told.out.rstrip().endswith("0 fields of the specs differ")


def test_a_saved_result_is_compared_with_a_system_by_the_names_typed(tmp_path):
    said("run", "gb300-nvl72", "--no-picture", "--out", str(tmp_path))
    told = said("compare", str(tmp_path), "gb300-nvl72")
    assert told.code == 0
    assert "0 fields of the specs differ" in told.out
    other = said("compare", str(tmp_path / "twin.nc"), "hgx-h100")
    assert other.rows()["busbar_section_current_max"][1] == "–"
    assert other.rows()["rack.busbar.rated_current"] == ["1400 A", "–"]


def test_a_folder_without_a_result_is_refused(tmp_path):
    told = said("compare", str(tmp_path), "gb300-nvl72")
    assert told.code == 2
    assert re.fullmatch(r"twin: .*: holds no twin\.nc; twin run SYSTEM --out .* writes one\n", told.error)


def test_a_summary_is_no_result_to_compare(tmp_path):
    (tmp_path / "summary.json").write_text("{}")
    told = said("compare", str(tmp_path / "summary.json"), "hgx-h100")
    assert told.code == 2
    assert "a summary is not a result; give its folder" in told.error
