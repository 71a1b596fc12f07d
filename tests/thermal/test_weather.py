"""Weather files: what is read is what was written, and every defect of a file is refused with its line."""

import sys

import numpy as np
import pytest

from thermal.synthetic_year import latitude_climate, synthetic_year
from thermal.weather import HOURS, outdoor_hours
from thermal.weather_files import DAYS, read_epw, read_tmy3
from thermal.wet_bulb import dew_point, vapour_pressure

EPW_SITE = "LOCATION,Somewhere,-,XYZ,made here,999999,50.05,8.60,1.0,112.0"
EPW_HEADER = [
    EPW_SITE, "DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,made by a test", "COMMENTS 2,",
    "DATA PERIODS,1,1,Data,Sunday,1/1,12/31",
]  # fmt: skip
TMY3_HEADER = [
    '999999,"SOMEWHERE",AZ,-7.0,33.450,-111.980,337',
    "Date (MM/DD/YYYY),Time (HH:MM),Dry-bulb (C),Dew-point (C),Pressure (mbar)",
]
MONTH = np.repeat(np.arange(12), DAYS * 24) + 1
DAY = np.concatenate([np.repeat(np.arange(days), 24) for days in DAYS]) + 1
HOUR = np.tile(np.arange(24), 365) + 1


def made_year():
    """Dry bulb, dew point in tenths of a degree Celsius and pressure in hPa that no two hours of a day share."""
    hour = np.arange(HOURS)
    dry = np.round(10 + 9 * np.cos((hour / 24 - 200) / 365 * 2 * np.pi) + 4 * np.cos((hour - 15) / 12 * np.pi), 1)
    return dry, np.round(dry - 5 - hour % 7 / 10, 1), 1000.0 + hour % 13


def epw_lines(dry, dew, pressure):
    filler = ",".join(["0"] * 25)
    return [
        f"1999,{m},{d},{h},60,?9,{t:.1f},{w:.1f},60,{p * 100:.0f},{filler}"
        for m, d, h, t, w, p in zip(MONTH, DAY, HOUR, dry, dew, pressure, strict=True)
    ]


def tmy3_lines(dry, dew, pressure):
    return [
        f"{m:02d}/{d:02d}/1999,{h:02d}:00,{t:.1f},{w:.1f},{p:.0f}"
        for m, d, h, t, w, p in zip(MONTH, DAY, HOUR, dry, dew, pressure, strict=True)
    ]


@pytest.fixture(scope="module")
def epw():
    pytest.importorskip("pvlib")
    return EPW_HEADER + epw_lines(*made_year())


def written(folder, lines, name="year.epw"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def with_field(lines, line, field, value):
    """Return the lines with one field replaced; lines count from 1."""
    fields = lines[line - 1].split(",")
    fields[field] = value
    return [*lines[: line - 1], ",".join(fields), *lines[line:]]


def test_an_epw_file_is_read_in_si_units_with_its_site(tmp_path, epw):
    year, (dry, dew, pressure) = read_epw(written(tmp_path, epw)), made_year()
    assert year.dry_bulb == pytest.approx(dry + 273.15, abs=1e-9)
    assert year.dew_point == pytest.approx(dew + 273.15, abs=1e-9)
    assert year.pressure == pytest.approx(pressure * 100)
    assert (year.site, year.altitude, year.utc_offset) == ("Somewhere, XYZ", 112.0, 3600.0)
    assert np.degrees(year.latitude) == pytest.approx(50.05)
    assert year.source == "EPW year.epw"


def test_a_tmy3_file_is_read_in_si_units_with_its_site(tmp_path):
    pytest.importorskip("pvlib")
    path = written(tmp_path, TMY3_HEADER + tmy3_lines(*made_year()), "year.csv")
    year, (dry, dew, pressure) = read_tmy3(path), made_year()
    assert year.dry_bulb == pytest.approx(dry + 273.15, abs=1e-9)
    assert year.dew_point == pytest.approx(dew + 273.15, abs=1e-9)
    assert year.pressure == pytest.approx(pressure * 100)
    assert (year.altitude, year.utc_offset) == (337.0, -7 * 3600.0)
    assert "SOMEWHERE" in year.site


def test_the_first_value_is_that_of_the_hour_ending_at_one(tmp_path, epw):
    lines = with_field(epw, 9, 6, "33.3")  # line 9: 1 January, hour 1
    assert read_epw(written(tmp_path, lines)).dry_bulb[0] == pytest.approx(306.45)


@pytest.mark.parametrize(
    ("field", "code", "name"), [(6, "99.9", "dry_bulb"), (7, "99.9", "dew_point"), (9, "999999", "pressure")]
)
def test_a_missing_code_is_refused_with_its_line_and_filled_on_demand(tmp_path, epw, field, code, name):
    path = written(tmp_path, with_field(epw, 9 + 24 + 6, field, code))
    with pytest.raises(ValueError, match=rf"line 39 \(month 1, day 2, hour 7\): {name} missing .* fill=1"):
        read_epw(path)
    filled = getattr(read_epw(path, fill=1), name)
    assert filled[30] == pytest.approx((filled[29] + filled[31]) / 2)


def test_missing_lines_are_a_gap_and_a_longer_one_than_allowed_is_refused(tmp_path, epw):
    path = written(tmp_path, epw[:100] + epw[104:])
    with pytest.raises(ValueError, match=r"line 101 \(month 1, day 4, hour 21\): dry_bulb missing .* for 4 h"):
        read_epw(path, fill=3)
    year = read_epw(path, fill=4)
    hole = year.dry_bulb[91:97]
    assert np.diff(hole) == pytest.approx(np.full(5, (hole[-1] - hole[0]) / 5))


def test_a_gap_over_the_turn_of_the_year_is_one_gap(tmp_path, epw):
    path = written(tmp_path, [*epw[:8], *epw[9:-1]])
    with pytest.raises(ValueError, match="for 2 h, 2 h in all"):
        read_epw(path, fill=1)
    year = read_epw(path, fill=2).dry_bulb
    assert year[-1] == pytest.approx(year[-2] + (year[1] - year[-2]) / 3)


def test_half_a_year_is_refused_without_the_advice_to_fill_it(tmp_path, epw):
    with pytest.raises(ValueError, match=r"for 4380 h.*or take another year"):
        read_epw(written(tmp_path, epw[: 8 + 4380]), fill=24)


def test_an_hour_that_comes_twice_is_refused_with_its_line(tmp_path, epw):
    with pytest.raises(ValueError, match=r"line 51: month 1, day 2, hour 18 comes twice; keep one line per hour"):
        read_epw(written(tmp_path, [*epw[:50], *epw[49:]]), fill=24)


def test_an_hour_out_of_order_is_refused_with_its_line(tmp_path, epw):
    with pytest.raises(ValueError, match=r"line 51: month 1, day 2, hour 18 is out of order"):
        read_epw(written(tmp_path, [*epw[:49], epw[50], epw[49], *epw[51:]]))


def test_a_leap_day_is_refused(tmp_path, epw):
    leap = [line.replace("1999,", "2000,", 1) for line in epw]
    end_of_february = 8 + 59 * 24
    extra = [line.replace(",2,28,", ",2,29,", 1) for line in leap[end_of_february - 24 : end_of_february]]
    with pytest.raises(ValueError, match=f"line {end_of_february + 1}: no hour of a year of 365 days; take out 29 Feb"):
        read_epw(written(tmp_path, leap[:end_of_february] + extra + leap[end_of_february:]))


def test_a_dew_point_above_the_dry_bulb_is_refused_but_for_rounding(tmp_path, epw):
    dry = float(epw[58].split(",")[6])
    with pytest.raises(ValueError, match=r"line 59 .*: dew_point 1\.00 K above dry_bulb"):
        read_epw(written(tmp_path, with_field(epw, 59, 7, f"{dry + 1:.1f}")))
    year = read_epw(written(tmp_path, with_field(epw, 59, 7, f"{dry + 0.1:.1f}")))
    assert year.dew_point[50] == year.dry_bulb[50]


@pytest.mark.parametrize("lines", [["nonsense"], [], ["a,b", "c"]])
def test_what_is_no_weather_file_is_refused(tmp_path, lines):
    pytest.importorskip("pvlib")
    for read in (read_epw, read_tmy3):
        with pytest.raises(ValueError, match=r"no (EPW|TMY3) file that pvlib reads|the file is empty") as refused:
            read(written(tmp_path, lines))
        assert "\n" not in str(refused.value)
        assert ("the file is empty" in str(refused.value)) is (not lines)


def test_a_place_may_be_spelt_in_latin_1_or_after_a_mark_of_utf_8(tmp_path, epw):
    text = "\n".join([epw[0].replace("Somewhere", "Luleå"), *epw[1:]])
    for encoding in ("latin-1", "utf-8-sig"):
        path = tmp_path / f"{encoding}.epw"
        path.write_bytes(text.encode(encoding))
        assert read_epw(path).site == "Luleå, XYZ"


def test_a_negative_gap_is_refused(tmp_path):
    with pytest.raises(ValueError, match="fill = -1: must be >= 0 hours"):
        read_epw(tmp_path, fill=-1)


def test_the_air_of_a_year_has_its_dew_point_and_a_wet_bulb_between():
    year = synthetic_year(latitude_climate(0.7, 500.0), np.random.default_rng(3))
    air = outdoor_hours(year)
    assert (air.wet_bulb <= air.dry_bulb + 1e-9).all() and (air.wet_bulb >= year.dew_point - 1e-9).all()
    assert dew_point(vapour_pressure(air.humidity_ratio, air.pressure)) == pytest.approx(year.dew_point, abs=1e-6)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.epw: no such weather file"):
        read_epw("nowhere.epw")


def test_without_pvlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pvlib", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'ai-factory-twin\[weather\]', or take a synthetic"):
        read_epw(written(tmp_path, EPW_HEADER))
