"""`twin sweep`: a table of the points, a dataset on disk, failed points with their reason."""

import numpy as np
import pytest
import xarray as xr
from cli_runs import said


def test_a_grid_is_solved_tabled_and_saved(tmp_path):
    axes = ["--over", "cooling.supply_temperature=40:45:5 degC", "--over", "load.utilization=0.5,1"]
    told = said("sweep", "gb300-nvl72", *axes, "--out", str(tmp_path))
    assert told.code == 0
    assert told.out.rstrip().endswith(f"4 of 4 points solved; wrote {tmp_path}/sweep.nc")
    grid = xr.load_dataset(tmp_path / "sweep.nc")
    assert dict(grid.sizes) == {"supply_temperature": 2, "load_utilization": 2}
    np.testing.assert_allclose(grid.supply_temperature, [313.15, 318.15])
    assert (grid.status == "ok").all()
    lines = [line.split("  ") for line in told.out.splitlines()]
    table = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert table[0] == ["supply_temperature", "load_utilization", "rack power", "flow", "die mean", "to spare",
                        "power to spare"]  # fmt: skip
    hot = table[4]
    assert hot[:2] == ["45 °C", "1"]
    assert float(hot[4].removesuffix(" °C")) + 273.15 == pytest.approx(
        float(grid.junction_temperature_max[1, 1]), abs=0.05
    )


def test_a_point_that_is_refused_stays_as_nan_with_its_reason(tmp_path):
    told = said("sweep", "hgx-h100", "--over", "cooling.supply_temperature=50:55:5 degC", "--out", str(tmp_path))
    grid = xr.load_dataset(tmp_path / "sweep.nc")
    assert told.code == 0
    assert "1 of 2 points solved" in told.out
    assert grid.status.values.tolist() == ["ok", "refused"]
    assert np.isnan(grid.rack_power.values).tolist() == [False, True]
    assert "cooling.supply_temperature = 55 degC" in grid.message.values[1]
    assert "cooling.supply_temperature = 55" in told.out


def test_many_points_are_saved_and_the_first_printed(tmp_path):
    told = said("sweep", "hgx-h100", "--over", "load.utilization=0:1:0.02", "--out", str(tmp_path))
    assert "51 of 51 points solved" in told.out
    assert "… and 11 more" in told.out
    power = xr.load_dataset(tmp_path / "sweep.nc").rack_power.values
    assert (np.diff(power) > 0).all()


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ("cooling.supply_temperature", "write path=start:stop:step unit"),
        ("cooling.supply_temperature=", "write path=start:stop:step unit"),
        ("cooling.supply=1:2:1 degC", "no such field"),
        ("cooling.supply_temperature=50:25:1 degC", "the range '50:25:1 degC' is empty"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused_before_anything_is_written(tmp_path, over, message):
    told = said("sweep", "hgx-h100", "--over", over, "--out", str(tmp_path / "out"))
    assert told.code == 2
    assert message in told.error
    assert not (tmp_path / "out").exists()


def test_a_field_given_twice_is_refused_and_says_how_to_list_its_values(tmp_path):
    twice = ["--over", "load.utilization=0.5,1", "--over", "load.utilization=0.7"]
    told = said("sweep", "hgx-h100", *twice, "--out", str(tmp_path / "out"))
    assert told.code == 2
    assert "--over load.utilization: stands twice; list its values once" in told.error
    assert not (tmp_path / "out").exists()
