"""What is written is read back, whole or not at all, by anybody, and the same every time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from result_trees import solved

import twin
from twin.result.io import make_folder, read_tree, summary_dict, write_summary, write_tree, write_whole
from twin.spec.errors import SpecError
from twin.spec.load import loads

ROOT = Path(__file__).resolve().parents[3]
#: What summary.json promises at least.
PROMISED = {
    "bandwidth_per_gpu",
    "bandwidth_aggregate_bidirectional",
    "bandwidth_bisection",
    "latency_gpu_to_gpu",
    "all_to_all_time",
    "all_to_all_message_bytes",
    "link_count",
    "cable_pair_count",
    "cable_length_total",
    "junction_temperature_max",
    "hotspot_temperature_max",
    "memory_temperature_max",
    "coolant_supply_temperature",
    "coolant_return_temperature",
    "coolant_flow",
    "coolant_volume_flow",
    "headroom_temperature",
    "supply_temperature_max",
    "coolant_flow_min",
    "headroom_power",
    "rack_power",
    "rack_power_dc",
    "liquid_heat",
    "air_heat",
    "busbar_section_current_max",
    "bus_voltage_min",
    "conversion_loss",
    "energy_closure_relative",
    "iterations",
    "assumed_share",
    "warnings",
}
HEADROOM = {"headroom_temperature", "supply_temperature_max", "coolant_flow_min", "headroom_power"}
#: What a board without busbar and cable spine does not have.
ABSENT = {
    "cable_pair_count",
    "cable_length_total",
    "busbar_section_current_max",
    "busbar_section_current_peak",
    "bus_voltage_min",
    "bus_voltage_margin",
}
#: What only feeds with a contract have, and only racks with an energy store.
CONTRACT = {"utility_loading"}
STORE = {"store_time", "store_flattened_frequency"}
STORELESS = ("gb200-nvl72", "hgx-h100")


@pytest.fixture(scope="module")
def trees():
    return solved()


@pytest.fixture(scope="module")
def tree(trees):
    return trees["gb300-nvl72"]


def assert_same_values(one: xr.DataTree, two: xr.DataTree) -> None:
    assert set(one.groups) == set(two.groups)
    for group, node in ((node.path, node) for node in one.subtree):
        assert list(node.variables) == list(two[group].variables), group
        for name, variable in node.variables.items():
            other = two[group].variables[name]
            assert variable.dims == other.dims, name
            np.testing.assert_array_equal(variable.values, other.values, err_msg=str(name))


@pytest.mark.parametrize("system", ["gb300-nvl72", "hgx-h100"])
def test_a_result_written_and_read_is_equal_in_values_dimensions_and_attributes(trees, system, tmp_path):
    tree = trees[system]
    write_tree(tree, tmp_path / "twin.nc")
    back = read_tree(tmp_path)
    assert back.attrs == tree.attrs
    for group, node in tree.children.items():
        assert back[group].attrs == node.attrs
        assert set(back[group].variables) == set(node.variables)
        for name, variable in node.variables.items():
            read = back[group].variables[name]
            assert read.dims == variable.dims
            assert read.attrs == variable.attrs
            np.testing.assert_array_equal(read.values, variable.values, err_msg=str(name))
            is_text = variable.dtype.kind in "UO"
            assert read.dtype.kind in "UOT" if is_text else read.dtype == variable.dtype, name


def test_a_result_opens_with_nothing_of_ours(tree, tmp_path):
    write_tree(tree, tmp_path / "twin.nc")
    code = (
        "import sys, xarray as xr; t = xr.open_datatree('twin.nc');"
        "print(t['thermal'].junction_temperature.max().item(), t['thermal'].junction_temperature.attrs['units']);"
        "print(*({'twin', 'topology', 'thermal', 'power', 'viz'} & set(sys.modules)))"
    )
    command = [sys.executable, "-I", "-c", code]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    value, unit = said[0].split()
    assert float(value) == float(tree["summary"].junction_temperature_max)
    assert unit == "K"
    assert said[1:] == [""]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("bug"), KeyboardInterrupt()])
def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    place = tmp_path / "summary.json"
    place.write_text("old")

    def fail(path: Path) -> None:
        path.write_text("half of the n")
        raise error

    with pytest.raises(SpecError if isinstance(error, OSError) else type(error)):
        write_whole(place, fail)
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_written_file_replaces_the_old_one_and_others_may_read_it(tmp_path):
    place = tmp_path / "summary.json"
    place.write_text("old")
    write_whole(place, lambda path: path.write_text("new") and None)
    assert place.read_text() == "new"
    assert place.stat().st_mode & 0o444 == 0o444
    assert list(tmp_path.iterdir()) == [place]


def test_a_folder_that_cannot_be_is_refused_with_a_fix(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match=r"--out .*file: cannot be written .*choose another folder"):
        make_folder(tmp_path / "file")
    with pytest.raises(SpecError, match="cannot be written"):
        write_whole(tmp_path / "file" / "twin.nc", lambda path: None)
    assert make_folder(tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("content", [None, b"no netCDF at all"])
def test_a_file_that_is_no_result_is_refused_by_name(tmp_path, content):
    place = tmp_path / "twin.nc"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(SpecError, match=r"twin\.nc: cannot be read as a result"):
        read_tree(place)


def test_a_netcdf_file_of_somebody_else_is_refused(tmp_path):
    xr.Dataset({"x": ("t", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(SpecError, match=r"other\.nc: is no result of `twin run`"):
        read_tree(tmp_path / "other.nc")


def test_a_result_with_other_variables_is_refused_and_names_them(tree, tmp_path):
    older = tree.copy()
    older["summary"] = xr.DataTree(tree["summary"].to_dataset().drop_vars("clock_min"))
    write_tree(older, tmp_path / "twin.nc")
    with pytest.raises(SpecError, match=r"another version \(/summary/clock_min is missing\)"):
        read_tree(tmp_path)


def no_constant(text: str) -> None:
    raise AssertionError(f"{text} is not JSON")


@pytest.mark.parametrize("system", ["gb200-nvl72", "gb300-nvl72", "hgx-h100", "vr-nvl72"])
def test_the_summary_holds_what_is_promised_in_si_and_null_where_nothing_applies(trees, system, tmp_path):
    tree = trees[system]
    write_summary(tree, tmp_path / "summary.json")
    summary = json.loads((tmp_path / "summary.json").read_text(), parse_constant=no_constant)
    assert PROMISED | {f"{name}_limited_by" for name in HEADROOM} <= set(summary)
    absent = CONTRACT | (ABSENT if system == "hgx-h100" else set()) | (STORE if system in STORELESS else set())
    assert {name for name, value in summary.items() if value is None} == absent
    assert summary["system"] == system
    assert isinstance(summary["warnings"], list)
    for name, value in summary.items():
        if isinstance(value, int | float):
            assert value == tree["summary"][name].item(), name
    assert 273.15 < summary["coolant_supply_temperature"] < summary["coolant_return_temperature"] < 373.15
    assert 1e3 < summary["rack_power"] < 1e6


def test_counts_are_whole_numbers_in_json(trees):
    summary = summary_dict(trees["gb300-nvl72"])
    assert all(isinstance(summary[name], int) for name in ("link_count", "cable_pair_count", "iterations"))


def test_extra_entries_stand_beside_the_summary_and_nan_among_them_is_refused(tree, tmp_path):
    write_summary(tree, tmp_path / "s.json", {"uncertainty": {"draws": 12}})
    assert json.loads((tmp_path / "s.json").read_text())["uncertainty"] == {"draws": 12}
    with pytest.raises(ValueError, match="JSON"):
        write_summary(tree, tmp_path / "s.json", {"x": float("nan")})
    assert json.loads((tmp_path / "s.json").read_text())["uncertainty"] == {"draws": 12}


def run_elsewhere(folder, seed, *more):
    """Run the command in a process with this seed of its hashes."""
    command = [sys.executable, "-m", "twin.cli", "run", "hgx-h100", "--out", str(folder / seed), *more]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=folder)
    return folder / seed


def test_the_same_input_gives_the_same_numbers_in_another_process(tmp_path, trees):
    """Order of sets and dicts follows the seed of the hashes; no number may."""
    read, here = read_tree(run_elsewhere(tmp_path, "1", "--no-picture")), twin.solve(twin.load("hgx-h100"), "worst")
    assert read.attrs == here.attrs == trees["hgx-h100"].attrs
    assert_same_values(read, here)


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_in_another_process(tmp_path):
    one, two = (run_elsewhere(tmp_path, seed) for seed in ("1", "2"))
    assert sorted(path.name for path in one.iterdir()) == ["rack.png", "summary.json", "twin.nc"]
    for name in ("summary.json", "rack.png"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    first, second = read_tree(one), read_tree(two)
    assert first.attrs == second.attrs
    assert_same_values(first, second)


def test_a_difference_in_one_value_is_seen(trees):
    other = trees["hgx-h100"].copy(deep=True)
    other["summary"]["rack_power"].values[...] += 1e-9
    with pytest.raises(AssertionError, match="rack_power"):
        assert_same_values(trees["hgx-h100"], other)


@pytest.mark.parametrize("system", ["gb200-nvl72", "gb300-nvl72", "hgx-h100", "vr-nvl72"])
def test_the_spec_inside_a_result_is_the_spec_that_was_solved(trees, system):
    spec = twin.load(system)
    back = loads(trees[system].attrs["spec"])
    assert back == spec
    assert dict(back.provenance) == dict(spec.provenance)


def test_the_attributes_say_where_a_result_comes_from(tree):
    assert {"title", "version", "spec", "catalogue_hash", "sources", "history", "energy_closure_relative"} <= set(
        tree.attrs
    )
    assert len(tree.attrs["catalogue_hash"]) == 64
    assert "lenovo-lp2357" in tree.attrs["sources"]
    assert abs(tree.attrs["energy_closure_relative"]) < 1e-9
