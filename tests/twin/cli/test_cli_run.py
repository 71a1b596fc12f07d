"""`twin run`: the table says what summary.json holds, in the units of the trade, and the files are there."""

import json
import re

import numpy as np
import pytest
from cli_runs import in_terminal, said

import twin
from twin.result.io import read_tree
from twin.spec.errors import ConvergenceError


@pytest.fixture(scope="module")
def default_run(tmp_path_factory):
    """`twin run gb300-nvl72` with its picture, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("run") / "out"
    return said("run", "gb300-nvl72", "--out", str(folder)), folder


@pytest.fixture(scope="module")
def uncertain_run(tmp_path_factory):
    """`twin run gb300-nvl72 --uncertainty 24`, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("bands")
    return said("run", "gb300-nvl72", "--uncertainty", "24", "--no-picture", "--out", str(folder)), folder


#: Printed label → entry of summary.json, unit, and from SI to that unit.
PRINTED = {
    "bandwidth per GPU": ("bandwidth_per_gpu", "GB/s", 1e-9, 0),
    "aggregate": ("bandwidth_aggregate_bidirectional", "TB/s", 1e-12, 0),
    "bisection": ("bandwidth_bisection", "TB/s", 1e-12, 0),
    "latency GPU to GPU": ("latency_gpu_to_gpu", "µs", 1e6, 0),
    "all-to-all, 1 MB per pair": ("all_to_all_time", "µs", 1e6, 0),
    "links": ("link_count", "", 1, 0),
    "copper pairs": ("cable_pair_count", "", 1, 0),
    "coolant supply": ("coolant_supply_temperature", "°C", 1, -273.15),
    "coolant return": ("coolant_return_temperature", "°C", 1, -273.15),
    "coolant flow": ("coolant_volume_flow", "L/min", 6e4, 0),
    "pressure drop": ("coolant_pressure_drop", "kPa", 1e-3, 0),
    "die mean, hottest": ("junction_temperature_max", "°C", 1, -273.15),
    "hot spot, hottest": ("hotspot_temperature_max", "°C", 1, -273.15),
    "memory, hottest": ("memory_temperature_max", "°C", 1, -273.15),
    "heat to liquid": ("liquid_heat", "kW", 1e-3, 0),
    "heat to air": ("air_heat", "kW", 1e-3, 0),
    "fastest branch": ("branch_velocity_max", "m/s", 1, 0),
    "outdoors, design": ("outdoor_temperature", "°C", 1, -273.15),
    "facility water supply": ("facility_supply_temperature", "°C", 1, -273.15),
    "approach of the CDU": ("unit_approach", "K", 1, 0),
    "valve of the CDU": ("unit_valve", "%", 100, 0),
    "pumps of the CDU": ("unit_pump_power", "W", 1, 0),
    "pumps of the plant": ("facility_pump_power", "W", 1, 0),
    "fans of the plant": ("fan_power", "W", 1, 0),
    "cooling of the room": ("room_power", "kW", 1e-3, 0),
    "supply over dew point": ("dew_point_margin", "K", 1, 0),
    "PUE of cooling": ("pue", "", 1, 0),
    "lowest clock of a GPU": ("clock_min", "%", 100, 0),
    "rack power, AC": ("rack_power", "kW", 1e-3, 0),
    "rack power, DC": ("rack_power_dc", "kW", 1e-3, 0),
    "largest bar current": ("busbar_section_current_max", "A", 1, 0),
    "the same at peak (EDPp)": ("busbar_section_current_peak", "A", 1, 0),
    "lowest bus voltage": ("bus_voltage_min", "V", 1, 0),
    "to the nearest limit": ("headroom_temperature", "K", 1, 0),
    "supply, at most": ("supply_temperature_max", "°C", 1, -273.15),
    "coolant flow, at least": ("coolant_flow_min", "kg/s", 1, 0),
    "power to spare": ("headroom_power", "kW", 1e-3, 0),
}


def number(text: str) -> tuple[float, float, str]:
    """Value, half of its last digit, and unit of a printed cell."""
    digits, unit = re.fullmatch(r"(-?[\d .]*\d)(?: ([^\d]+.*))?", text).groups()
    digits = digits.replace(" ", "")
    return float(digits), 0.5 * 10.0 ** -len(digits.partition(".")[2]), unit or ""


def test_printed_numbers_are_read_with_their_last_digit():
    assert number("129.6 TB/s") == (129.6, 0.05, "TB/s")
    assert number("1 296") == (1296.0, 0.5, "")


def test_every_headline_printed_is_the_one_in_the_summary(default_run):
    told, folder = default_run
    summary, rows = json.loads((folder / "summary.json").read_text()), told.rows()
    assert told.code == 0
    assert told.error == ""
    for label, (name, unit, scale, offset) in PRINTED.items():
        value, half, printed = number(rows[label][0])
        assert printed == unit, label
        assert value == pytest.approx(summary[name] * scale + offset, abs=half * (1 + 1e-9)), label


def test_each_form_of_headroom_says_what_limits_it(default_run):
    told, folder = default_run
    summary, rows = json.loads((folder / "summary.json").read_text()), told.rows()
    for label in ("to the nearest limit", "coolant flow, at least", "power to spare"):
        assert rows[label][1] == summary[f"{PRINTED[label][0]}_limited_by"]
    assert summary["supply_temperature_max_limited_by"] == "supply range"
    assert rows["supply, at most"][1] == "end of the supply range"


def test_the_worst_parts_are_named_with_their_limits(default_run):
    told, folder = default_run
    rows, tree = told.rows(), read_tree(folder)
    worst = tree["thermal"].chip.values[int(np.argmax(tree["thermal"].junction_temperature.values))]
    assert rows["die mean, hottest"][1] == f"{worst}, limit 85 °C"
    shelf = tree["power"].shelf.values[int(np.argmax(tree["power"].shelf_load.values))]
    assert rows["busiest shelf"][1] == f"{shelf}, rated 33 kW"
    link = int(np.argmax(tree["topology"].link_utilization.values))
    assert rows["busiest link"][1].startswith(str(tree["topology"].link_gpu.values[link]))
    section = int(np.argmax(np.abs(tree["power"].bus_section_current.values))) + 1
    assert rows["largest bar current"][1] == f"slots {section}-{section + 1}, rated 1 400 A"


def test_warnings_and_the_share_of_assumed_numbers_are_printed(default_run):
    told, folder = default_run
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["warnings"]
    for warning in summary["warnings"]:
        assert f"!  {warning}" in told.out
    assert f"{100 * summary['assumed_share']:.0f} % of the numbers behind this are assumed" in told.out


def test_three_files_are_written_and_named(default_run):
    told, folder = default_run
    assert sorted(path.name for path in folder.iterdir()) == ["rack.png", "summary.json", "twin.nc"]
    assert (folder / "rack.png").read_bytes().startswith(b"\x89PNG")
    last = told.out.splitlines()[-1]
    assert last == f"wrote {folder}/twin.nc, {folder}/summary.json, {folder}/rack.png"


def test_piped_output_keeps_whole_lines_and_draws_no_boxes(default_run):
    told, _ = default_run
    assert not re.search(r"[\u2500-\u257f\x1b…]", re.sub(r"\d … \d", "", told.out))
    table = told.out.splitlines()[:-1]
    assert max(len(line) for line in table) <= 128
    labels = [line.strip().split("  ")[0] for line in table if line.startswith("  ")]
    assert set(PRINTED) <= set(labels)


def test_a_board_without_busbar_and_spine_prints_neither(tmp_path):
    told = said("run", "hgx-h100", "--no-picture", "--out", str(tmp_path))
    assert told.code == 0
    assert not {"copper pairs", "largest bar current", "lowest bus voltage"} & set(told.rows())
    assert told.rows()["links"][0] == "144"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["summary.json", "twin.nc"]


def test_settings_apply_in_order_and_reach_the_saved_spec(tmp_path):
    supplies = ("cooling.supply_temperature=40 degC", "cooling.supply_temperature=25 degC")
    wanted = (*supplies, "facility.plant=dry-chiller", "load.utilization=0.5")
    settings = [word for setting in wanted for word in ("--set", setting)]
    told = said("run", "gb200-nvl72", *settings, "--no-picture", "--out", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert told.code == 0
    assert summary["coolant_supply_temperature"] == pytest.approx(298.15)
    assert summary["utilization"] == 0.5
    assert "load 50 %" in told.out
    saved = twin.spec.load.loads(read_tree(tmp_path).attrs["spec"])
    assert saved.provenance["cooling.supply_temperature"].status == "user"


def test_a_file_of_ones_own_inherits_and_runs(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'inherit = "gb300-nvl72"\ntitle = "[mine] :cop: 1600 W"\n\n[[rack.trays]]\nname = "compute"\n'
        '[[rack.trays.chips]]\nname = "gpu"\npower.tdp = "1600 W"\n'
    )
    told = said("run", str(tmp_path / "mine.toml"), "--no-picture", "--out", str(tmp_path / "out"))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert told.code == 0
    assert told.out.startswith("mine  [mine] :cop: 1600 W")
    assert summary["rack_power"] > 140e3
    assert any("A on a 1 400 A bar" in warning for warning in summary["warnings"])


def test_a_plant_that_cannot_hold_the_supply_says_so_in_table_and_warnings(tmp_path):
    told = said(
        "run",
        "gb300-nvl72",
        "--set",
        "site=phoenix",
        "--set",
        "facility.plant=dry",
        "--no-picture",
        "--out",
        str(tmp_path),
    )
    summary, rows = json.loads((tmp_path / "summary.json").read_text()), told.rows()
    assert told.code == 0
    assert rows["coolant supply"][1] == "water, set-point 45 °C not held"
    assert rows["coolant supply"][0] == f"{summary['coolant_supply_temperature'] - 273.15:.1f} °C"
    assert rows["valve of the CDU"][0] == "100 %"
    assert rows["fans of the plant"][1] == "dry coolers"
    assert any("the plant cannot hold 45 °C at 43.4 °C outdoors" in warning for warning in summary["warnings"])


def test_a_rack_without_a_plant_prints_dashes_and_the_reason(tmp_path):
    told = said("run", "gb300-nvl72", "--set", "cooling.volume_flow=199 L/min", "--no-picture", "--out", str(tmp_path))
    assert told.code == 0
    assert told.rows()["facility water supply"][0] == "–"
    assert told.rows()["fans of the plant"] == ["–", "no answer, see the warnings"]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["pue"] is None
    assert any("beyond their curve" in warning for warning in summary["warnings"])


def test_a_rack_that_derates_says_so(tmp_path):
    settings = ["--set", "cooling.volume_flow=40 L/min", "--set", "limits.coolant_return=120 degC"]
    told = said("run", "gb300-nvl72", *settings, "--no-picture", "--out", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert told.code == 0
    assert summary["headroom_temperature"] < 0
    assert "derated to stay at the die limit" in told.rows()["lowest clock of a GPU"][1]
    assert any("derated" in warning for warning in summary["warnings"])


def test_a_rack_without_a_steady_state_ends_with_one_message_and_code_1(tmp_path, monkeypatch):
    def lost(spec, fields):
        raise ConvergenceError("rack 0 did not settle: lower load.utilization")

    monkeypatch.setattr("twin.couple.solve.solve", lost)
    told = said("run", "gb300-nvl72", "--out", str(tmp_path))
    assert told.code == 1
    assert told.error == "twin: rack 0 did not settle: lower load.utilization\n"
    assert list(tmp_path.iterdir()) == []


def test_a_bar_that_cannot_carry_the_load_is_bad_input_and_names_the_tray(tmp_path):
    told = said("run", "gb300-nvl72", "--set", "shelf.source_resistance=100 mohm", "--out", str(tmp_path))
    assert told.code == 2
    assert told.error.startswith("twin: gb300-nvl72: the bar cannot carry this load: compute-")
    assert "Traceback" not in told.error
    assert list(tmp_path.iterdir()) == []


def test_in_a_terminal_of_80_columns_no_line_and_no_word_is_cut(monkeypatch, tmp_path):
    told = in_terminal(monkeypatch, "run", "vr-nvl72", "--no-picture", "--out", str(tmp_path))
    *lines, _ = told.out.splitlines()  # the last one holds paths, which are never cut
    assert max(len(line) for line in lines) <= 80
    assert "…" not in re.sub(r"\d … \d", "", told.out)
    summary = json.loads((tmp_path / "summary.json").read_text())
    for name in ("supply_temperature_max", "coolant_flow_min"):
        assert any(line.rstrip().endswith(summary[f"{name}_limited_by"]) for line in lines)
    assert "  coolant flow" in told.out


# Fields inside chips


def test_the_field_of_the_worst_chip_is_told_of_and_saved(default_run):
    told, folder = default_run
    (line,) = (line for line in told.out.splitlines() if line.startswith("field of "))
    tree = read_tree(folder)
    kind = tree["package/gpu"]
    worst = tree["summary"].junction_temperature_max_part.item()
    cells = f"{kind.temperature.size:,}".replace(",", " ")
    assert line.startswith(f"field of {worst}, {cells} cells: hottest centre ")
    printed = re.search(
        r"hottest centre ([\d.]+) °C in the dies, x (-?[\d.]+) y ([\d.]+) mm; heat closes to \de-\d+$", line
    )
    assert float(printed[1]) == pytest.approx(float(kind.temperature.max()) - 273.15, abs=0.051)
    at = kind.temperature.isel(chip=0, z=0).sel(x=float(printed[2]) / 1e3, y=float(printed[3]) / 1e3, method="nearest")
    assert float(at) == pytest.approx(float(kind.temperature.max()), abs=0.05)


def test_without_fields_the_file_has_none_and_the_rest_is_the_same(default_run, tmp_path):
    told, folder = default_run
    without = said("run", "gb300-nvl72", "--fields", "none", "--no-picture", "--out", str(tmp_path))
    assert without.code == 0
    assert "package" not in read_tree(tmp_path).children
    assert without.out.splitlines()[:-1] == [line for line in told.out.splitlines()[:-1] if "field of" not in line]
    assert (tmp_path / "summary.json").read_text() == (folder / "summary.json").read_text()
    small, large = ((place / "twin.nc").stat().st_size for place in (tmp_path, folder))
    assert 0 < large - small < 500_000  # one chip of some 65 000 cells, four bytes each and packed


def test_fields_of_all_chips_are_counted_together(tmp_path):
    told = said("run", "hgx-h100", "--fields", "all", "--no-picture", "--out", str(tmp_path))
    kinds = read_tree(tmp_path)["package"].children
    chips = sum(kind.chip.size for kind in kinds.values())
    cells = f"{sum(kind.temperature.size for kind in kinds.values()):,}".replace(",", " ")
    assert f"fields of {chips} chips, {cells} cells: hottest " in told.out
    assert chips == read_tree(tmp_path)["thermal"].chip.size


# Bands


def test_bands_enclose_the_spread_and_stand_in_table_and_json(uncertain_run):
    told, folder = uncertain_run
    found = json.loads((folder / "summary.json").read_text())["uncertainty"]
    rows = told.rows()
    assert told.code == 0
    assert told.out.startswith("gb300-nvl72")  # no trace of the progress bar
    assert found["draws"] + found["refused"] == 24
    assert found["draws"] > 20
    for label, (name, _, scale, offset) in PRINTED.items():
        if name not in found["bands"]:
            continue
        low, high = (found["bands"][name][side] * scale + offset for side in ("low", "high"))
        assert low <= high
        printed = rows[label][1].split(" … ")
        value, half, _ = number(printed[0])
        assert value == pytest.approx(low, abs=half * (1 + 1e-9)), label
        assert number(printed[1])[0] == pytest.approx(high, abs=half * (1 + 1e-9)), label


def test_the_driver_of_the_all_to_all_is_its_calibration_and_it_is_settable_as_printed(uncertain_run, gb300):
    told, folder = uncertain_run
    bands = json.loads((folder / "summary.json").read_text())["uncertainty"]["bands"]
    assert bands["all_to_all_time"]["driver"] == "rack.collectives.time_factor"
    assert bands["all_to_all_time"]["rank_correlation"] > 0.8
    block = told.out[told.out.index("What moves them most") :].splitlines()
    printed = re.split(r" {2,}", next(line for line in block if "all-to-all" in line).strip())
    assert printed[1:] == [f"{bands['all_to_all_time']['rank_correlation']:+.2f}", "collectives.time_factor"]
    assert gb300.with_(printed[2], 1.1).rack.collectives.time_factor == 1.1


def test_few_draws_name_no_driver_instead_of_a_lucky_one(tmp_path):
    told = said("run", "gb300-nvl72", "--uncertainty", "12", "--no-picture", "--out", str(tmp_path))
    found = json.loads((tmp_path / "summary.json").read_text())["uncertainty"]
    assert told.code == 0
    assert "too few to tell which of them matters most" in told.out
    assert {band["driver"] for band in found["bands"].values()} == {None}
    assert {"rack_power", "junction_temperature_max", "all_to_all_time"} <= set(found["bands"])


def test_bands_fit_a_terminal_of_80_columns(monkeypatch, tmp_path):
    told = in_terminal(monkeypatch, "run", "hgx-h100", "--uncertainty", "12", "--no-picture", "--out", str(tmp_path))
    table = told.out[told.out.index("hgx-h100") :].splitlines()
    assert max(len(line) for line in table[:-1]) <= 80
    assert any(re.search(r"rack power, AC +[\d.]+ kW +[\d.]+ … [\d.]+", line) for line in table)


def test_too_few_draws_for_a_band_are_refused(tmp_path):
    told = said("run", "gb300-nvl72", "--uncertainty", "5", "--no-picture", "--out", str(tmp_path))
    assert told.code == 2
    assert "at least 10 draws" in told.error
    assert list(tmp_path.iterdir()) == []
