"""`twin year`: what it prints and writes, where it may stand, bad input with nothing written."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
import xarray as xr
from cli_runs import said

import twin.cli
from twin.annual.load import daily_load
from twin.annual.words import model_name
from twin.annual.year import year as run
from twin.build.weather import READERS
from twin.cli.year import placed, read_share, read_weather, year
from twin.spec.errors import SpecError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    out = tmp_path_factory.mktemp("year")
    return said(
        "year", "gb300-nvl72", "--site", "phoenix", "--set", "facility.plant=dry", "--load", "0.3:1", "--out", str(out)
    ), out


def test_it_writes_what_year_returns_and_prints_its_figures(told, gb300):
    answer, out = told
    assert answer.code == 0
    found = run(gb300.with_("site", "phoenix").with_("facility.plant", "dry"), daily_load(0.3, 1.0))
    with xr.open_dataset(out / "year.nc", decode_times=False) as kept:
        for name in found.data_vars:
            np.testing.assert_array_equal(kept[name], found[name], err_msg=name)
    rows = answer.rows()
    assert float(rows["free cooling"][0].removesuffix(" h")) == pytest.approx(float(found.free_cooling_hours), abs=0.5)
    hottest = float(found.outdoor_temperature.max()) - 273.15
    assert float(rows["outdoor air"][2].removesuffix(" °C")) == pytest.approx(hottest, abs=0.01)
    assert f"PUE{'':>10}" in answer.out
    assert f"{float(found.annual_pue):.4f}" in answer.out
    assert "the plant cannot hold 45.0 °C" in answer.out
    assert answer.out.startswith("A year of gb300-nvl72: synthetic year, phoenix, 33.5° N, plant dry\n")


def test_the_summary_holds_every_figure_in_si_units(told):
    _, out = told
    summary = json.loads((out / "summary.json").read_text())
    with xr.open_dataset(out / "year.nc", decode_times=False) as kept:
        scalars = {name for name, value in kept.data_vars.items() if not value.dims}
        assert scalars <= summary.keys()
        assert summary["it_energy"] == float(kept.it_energy)
    assert summary["missed_hours"] > 0
    assert (out / "year.png").read_bytes()[:4] == b"\x89PNG"


def test_a_site_a_file_or_a_latitude_is_taken(gb300):
    assert placed(gb300, None, None, None) is gb300
    assert placed(gb300, "phoenix", None, None).site == gb300.with_("site", "phoenix").site
    assert placed(gb300, "phoenix", Path("a.epw"), None).site.weather == "a.epw"
    assert placed(gb300, None, None, -45.0).site.climate.latitude == pytest.approx(-np.pi / 4)
    with pytest.raises(SpecError, match="--site and --latitude: a climate by latitude stands alone; leave out --site"):
        placed(gb300, "phoenix", None, 45.0)


def test_gaps_of_the_file_are_filled_up_to_the_length_asked_for(gb300, monkeypatch):
    asked = []
    monkeypatch.setitem(READERS, ".epw", lambda path, fill=0: asked.append((path, fill)))
    spec = gb300.with_("site.weather", "a.epw")
    read_weather(spec, 10)
    assert asked == [("a.epw", 10)]
    assert read_weather(spec, 0) is None
    assert read_weather(gb300.with_("site.weather", "a.txt"), 3) is None


def test_a_site_and_a_plant_that_were_changed_have_no_name(gb300):
    assert model_name(gb300, "facility.plant") == "dry-chiller"
    assert model_name(gb300.with_("site.room_dew_point", "12 degC"), "site") is None


def test_a_load_is_a_swing_a_number_or_a_file(folder):
    assert read_share(None) is None
    assert read_share("0.7") == 0.7
    np.testing.assert_array_equal(read_share("0.2:0.9"), daily_load(0.2, 0.9))
    (folder / "day.csv").write_text("0.5\n" * 24)
    assert (read_share("day.csv") == 0.5).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--load", "0.3:2"), "--load 0.3:2: must be shares from 0 to 1"),
        (("--load", "nowhere.csv"), "nowhere.csv: no such file; give low:high"),
        (("--site", "atlantis"), "no such model 'atlantis'"),
        (("--weather", "nowhere.epw"), "nowhere.epw: no such weather file"),
        (("--fill", "3"), "--fill 3: a synthetic year has no gaps; leave it out, or name a file with --weather"),
        (("--weather", "nowhere.epw", "--fill", "3"), "nowhere.epw: no such weather file"),
        (("--latitude", "95"), "latitude = 95 deg: must lie in -90 .. 90 deg"),
    ],
)
def test_bad_input_ends_with_one_message_and_writes_nothing(folder, more, message):
    answer = said("year", "gb300-nvl72", *more)
    assert answer.code == 2
    assert message in answer.error
    assert len(answer.error.splitlines()) == 1
    assert not list(folder.rglob("*.nc"))


def test_the_command_is_there_with_its_options():
    command = typer.main.get_command(twin.cli.app).commands["year"]
    assert command.callback is not None
    assert {"site", "weather", "latitude", "load", "fill", "seed", "settings", "out"} <= {
        one.name for one in command.params
    }
    assert year.__doc__.splitlines()[0].endswith("year.png.")
