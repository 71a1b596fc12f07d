"""The air of a site: drawn, or of a file; and climates by latitude."""

from math import radians

import numpy as np
import pytest

import thermal
from twin.build import weather
from twin.build.weather import at_latitude, site_weather
from twin.spec.errors import SpecError


def test_a_site_without_a_file_draws_the_year_of_its_climate(gb300):
    drawn = site_weather(gb300, seed=3)
    np.testing.assert_array_equal(drawn.dry_bulb, site_weather(gb300, seed=3).dry_bulb)
    assert (drawn.dry_bulb != site_weather(gb300, seed=4).dry_bulb).all()
    climate = gb300.site.climate
    assert drawn.dry_bulb.mean() == pytest.approx(climate.mean_temperature, abs=1.0)
    assert (drawn.latitude, drawn.altitude) == (climate.latitude, climate.altitude)


@pytest.mark.parametrize(("name", "kind"), [("site.epw", ".epw"), ("SITE.EPW", ".epw"), ("tmy.csv", ".csv")])
def test_a_file_is_read_by_its_ending(gb300, monkeypatch, name, kind):
    asked = []
    monkeypatch.setattr(
        weather, "READERS", {end: lambda path, end=end: asked.append((end, path)) for end in (".epw", ".csv")}
    )
    site_weather(gb300.with_("site.weather", name))
    assert asked == [(kind, name)]


def test_a_file_of_another_ending_or_none_is_refused(gb300):
    with pytest.raises(SpecError, match=r"site.weather = 'year.txt': must end in .epw \(EPW\) or .csv \(TMY3\)"):
        site_weather(gb300.with_("site.weather", "year.txt"))
    with pytest.raises(SpecError, match=r"site.weather: nowhere.epw: no such weather file"):
        site_weather(gb300.with_("site.weather", "nowhere.epw"))


def test_a_file_with_a_gap_is_refused_with_its_line(gb300, monkeypatch):
    def broken(path):
        raise ValueError(f"{path}, line 12: dry_bulb missing")

    monkeypatch.setattr(weather, "READERS", {".epw": broken})
    with pytest.raises(SpecError, match=r"site.weather: a.epw, line 12: dry_bulb missing"):
        site_weather(gb300.with_("site.weather", "a.epw"))


def test_a_latitude_replaces_climate_and_file_and_nothing_else(gb300):
    named = gb300.with_("site.weather", "a.epw")
    moved = at_latitude(named, radians(-30.0), 500.0)
    assert moved.site.climate == thermal.latitude_climate(radians(-30.0), 500.0)
    assert moved.site.weather is None
    assert moved.site.room_dew_point == gb300.site.room_dew_point
    assert (moved.rack, moved.cooling, moved.facility) == (gb300.rack, gb300.cooling, gb300.facility)


def test_a_latitude_beyond_the_pole_is_refused(gb300):
    with pytest.raises(SpecError, match=r"latitude = 91 deg: must lie in -90 .. 90 deg"):
        at_latitude(gb300, radians(91.0))
    with pytest.raises(SpecError, match="altitude"):
        at_latitude(gb300, 0.5, 9000.0)
