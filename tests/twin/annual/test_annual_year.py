"""A year: sums by hand, ratios of energies, hours counted, and a dataset that says what it holds."""

import json

import numpy as np
import pytest
import xarray as xr

import thermal
from twin.annual.picture import WARMTH, pictured
from twin.annual.year import HOUR, OVERHEAD, year
from twin.spec.errors import SpecError
from viz import chart

HOURS = 8760


def even_weather(*celsius: float) -> thermal.Weather:
    """Weather of a few temperatures, each for an equal share of the year, with dry air."""
    dry = np.repeat(np.array(celsius), HOURS // len(celsius)) + 273.15
    return thermal.Weather(dry, dry - 15.0, np.full(HOURS, 101325.0), "test", 0.6, 0.0, 0.0, "made")


@pytest.fixture(scope="module")
def mixed(gb300):
    """Half of the year cool, half at 40 °C, with a chiller and 35 °C supply; load in two steps."""
    spec = gb300.with_("facility.plant", "dry-chiller").with_("cooling.supply_temperature", "35 degC")
    return year(spec, np.tile(np.repeat([0.4, 1.0], 12), 365), even_weather(10.0, 40.0))


def test_a_year_of_equal_hours_is_one_hour_times_8760(gb300):
    found = year(gb300, weather=even_weather(20.0))
    assert np.ptp(found.pue.values) == 0
    assert float(found.annual_pue) == pytest.approx(float(found.pue[0]), rel=1e-12)
    assert float(found.it_energy) == pytest.approx(float(found.rack_power[0]) * 31_536_000, rel=1e-12)
    assert float(found.free_cooling_hours) == HOURS
    assert float(found.chiller_hours) == float(found.missed_hours) == 0
    assert found.annual_pue.dims == ()


def test_hours_of_chillers_and_free_cooling_are_the_hot_and_the_cool_half(mixed):
    assert float(mixed.chiller_hours) == float(mixed.free_cooling_hours) == HOURS / 2
    modes = mixed.plant_mode.attrs["flag_meanings"].split()
    assert {modes[i] for i in mixed.plant_mode.values[: HOURS // 2]} == {"dry"}
    assert {modes[i] for i in mixed.plant_mode.values[HOURS // 2 :]} <= {"trim", "chiller"}


def test_annual_pue_is_the_ratio_of_energies_not_the_mean_of_ratios(mixed):
    overhead = sum(mixed[name].values.sum() for name in OVERHEAD) * HOUR
    it = mixed.rack_power.values.sum() * HOUR
    assert float(mixed.overhead_energy) == pytest.approx(overhead, rel=1e-12)
    assert float(mixed.annual_pue) == pytest.approx(1 + overhead / it, rel=1e-12)
    assert abs(float(mixed.annual_pue) - mixed.pue.values.mean()) > 1e-4  # the wrong way would show
    assert float(mixed.annual_ere) == float(mixed.annual_pue)  # nothing is reused
    assert mixed.attrs["annual_pue"] == float(mixed.annual_pue)


def test_hourly_pue_is_the_sum_of_its_watts(mixed):
    watts = sum(mixed[name] for name in OVERHEAD)
    np.testing.assert_allclose(mixed.pue, 1 + watts / mixed.rack_power, rtol=1e-12)
    assert (mixed.pue >= 1).all()


def test_work_is_load_times_clock(mixed):
    share = mixed.utilization.values
    assert 0.9 * share.mean() < float(mixed.work_mean) <= share.mean()
    assert (mixed.clock_min <= 1).all()


def test_water_of_a_tower_is_its_evaporation_and_more(gb300):
    """0.62 of the heat of vaporisation at least goes into evaporation at 25 °C; drift and blowdown add a quarter."""
    found = year(gb300.with_("facility.plant", "tower"), weather=even_weather(25.0))
    per_heat = float(found.water_mass) / (float(found.liquid_heat[0]) * HOURS * HOUR)
    assert 0.6 / 2.45e6 < per_heat < 1.35 / 2.45e6
    assert float(found.annual_wue) * 3.6e6 == pytest.approx(3.6e6 * float(found.water_mass) / float(found.it_energy))
    assert 1.0 < float(found.annual_wue) * 3.6e6 < 2.5  # L/kWh


def test_a_warmer_site_takes_more_fans_and_the_same_seed_the_same_year(gb300):
    cold, again, warm = (year(gb300.with_("site", site)) for site in ("lulea", "lulea", "singapore"))
    xr.testing.assert_identical(cold, again)
    assert float(warm.fan_power.sum()) > float(cold.fan_power.sum())


def test_every_variable_says_unit_and_meaning_and_the_file_keeps_them(mixed, tmp_path):
    for name, value in mixed.variables.items():
        assert value.attrs.get("long_name"), name
        assert name == "plant_mode" or value.attrs.get("units"), name
    assert mixed.hour.values[[0, -1]].tolist() == [3600.0, 31_536_000.0]
    mixed.to_netcdf(tmp_path / "year.nc")
    with xr.open_dataset(tmp_path / "year.nc", decode_times=False) as kept:
        np.testing.assert_array_equal(kept.pue, mixed.pue)
        assert kept.attrs["Conventions"] == "CF-1.11"


def test_hours_that_pumps_refuse_stop_the_year_with_the_first_and_the_mend(gb300):
    with pytest.raises(
        SpecError, match=r"8760 hours of the year have no answer, hour 1 first: .*fewer cooling.racks_per_loop"
    ):
        year(gb300.with_("cooling.volume_flow", "199 L/min"), weather=even_weather(20.0))


def test_a_load_that_is_none_is_refused(gb300):
    with pytest.raises(SpecError, match=r"load = 1.2: must lie in 0 .. 1"):
        year(gb300, 1.2)


def test_the_picture_holds_the_hours_at_their_places(mixed, gb300):
    asked = pictured(mixed, gb300)
    assert asked.air.values[5, 300] == mixed.outdoor_temperature.values[300 * 24 + 5]
    assert asked.overhead.values[14, 0] == pytest.approx(float(mixed.pue[14]) - 1)
    for name in WARMTH:
        assert (np.diff(asked[name]) <= 0).all()
    figure = chart(asked)
    assert len(json.loads(asked.attrs["chart"])["panels"]) == 3
    assert any(f"PUE {float(mixed.annual_pue):.3f}" in text.get_text() for text in figure.texts)
