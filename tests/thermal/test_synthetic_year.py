"""The synthetic year: its statistics are those asked for, and its hottest hours those of published design data."""

from dataclasses import replace
from math import radians

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.synthetic_year import Climate, _lasting_noise, latitude_climate, synthetic_year
from thermal.weather import HOURS

DAY = 86400.0
CALM = Climate(
    latitude=radians(50), altitude=100.0, mean_temperature=283.0, seasonal_amplitude=9.0, diurnal_amplitude=4.0,
    deviation=0.0, seasonal_deviation=0.0, correlation_time=2 * DAY, dew_point_depression=6.0,
    seasonal_depression=2.0, diurnal_depression=3.0, depression_variation=0.0,
    dryness_of_heat=0.0,
)  # fmt: skip
NOISY = replace(CALM, deviation=4.0, seasonal_deviation=1.0, depression_variation=0.5)
# mean of the months, first harmonic and daily range of the Phoenix Sky Harbor TMY3 statistics; the rest assumed
PHOENIX = Climate(
    latitude=radians(33.45), altitude=337.0, mean_temperature=296.95, seasonal_amplitude=11.6, diurnal_amplitude=6.1,
    deviation=3.0, seasonal_deviation=0.6, correlation_time=2.5 * DAY, dew_point_depression=19.1,
    seasonal_depression=5.5, diurnal_depression=7.0, depression_variation=0.3,
    dryness_of_heat=0.4,
)  # fmt: skip


def years(climate, count=30):
    return [synthetic_year(climate, np.random.default_rng(seed)) for seed in range(count)]


def harmonic(values, period):
    """Amplitude and time of the highest of a harmonic [hours]."""
    wave = np.exp(2j * np.pi * (np.arange(values.size) + 0.5) / period)
    factor = 2 * np.mean(values * wave.conj())
    return abs(factor), (-np.angle(factor) / (2 * np.pi) * period) % period


def lasting(values, hours):
    """Correlation with itself some hours later."""
    return np.mean(values[:-hours] * values[hours:]) / np.mean(values**2)


def test_without_noise_the_year_is_its_harmonics():
    year = synthetic_year(CALM, np.random.default_rng(0))
    assert year.dry_bulb.mean() == pytest.approx(283.0, abs=1e-9)
    season, clock = harmonic(year.dry_bulb, HOURS), harmonic(year.dry_bulb, 24)
    assert season[0] == pytest.approx(9.0, rel=1e-9) and clock[0] == pytest.approx(4.0, rel=1e-9)
    assert (season[1] / 24, clock[1]) == (pytest.approx(200.5), pytest.approx(15.0))
    assert np.mean(year.dry_bulb - year.dew_point) == pytest.approx(6.0, abs=1e-9)


def test_the_warmest_hour_is_a_july_afternoon_and_in_the_south_a_january_one():
    north = synthetic_year(CALM, np.random.default_rng(0)).dry_bulb
    south = synthetic_year(replace(CALM, latitude=-CALM.latitude), np.random.default_rng(0)).dry_bulb
    assert (np.argmax(north) // 24, np.argmax(north) % 24) == (200, 14)
    assert np.argmax(south) // 24 in (17, 18)


def test_mean_and_deviation_are_those_asked_for_within_the_sampling_error():
    calm = synthetic_year(CALM, np.random.default_rng(0)).dry_bulb
    noise = np.array([year.dry_bulb - calm for year in years(NOISY)])
    share = 2 * NOISY.correlation_time / (HOURS * 3600) / 30  # of independent samples in all years
    assert abs(noise.mean()) < 4 * NOISY.deviation * share**0.5
    assert noise.var() == pytest.approx(4.0**2 + 1.0**2 / 2, rel=4 * (2 * share) ** 0.5)


def test_the_weather_is_rougher_in_winter_by_what_was_asked():
    calm = synthetic_year(CALM, np.random.default_rng(0)).dry_bulb
    noise = np.array([year.dry_bulb - calm for year in years(NOISY, 60)])
    winter, summer = noise[:, : 24 * 30].std(), noise[:, 24 * 186 : 24 * 216].std()
    assert (winter, summer) == (pytest.approx(5.0, rel=0.12), pytest.approx(3.0, rel=0.12))


def test_the_deviation_is_forgotten_in_the_correlation_time():
    even = replace(NOISY, seasonal_deviation=0.0)
    calm = synthetic_year(CALM, np.random.default_rng(0)).dry_bulb
    noise = [year.dry_bulb - calm for year in years(even)]
    for hours in (1, 12, 48):
        assert np.mean([lasting(one, hours) for one in noise]) == pytest.approx(np.exp(-hours / 48), abs=0.04)


def test_the_noise_is_the_recursion_written_out():
    white = np.random.default_rng(0).standard_normal((2, 50))
    kept, by_hand = np.exp(-0.5), white.copy()
    for i in range(1, 50):
        by_hand[:, i] = kept * by_hand[:, i - 1] + np.sqrt(1 - kept**2) * white[:, i]
    assert _lasting_noise(white, 7200.0) == pytest.approx(by_hand, abs=1e-14)


def test_white_noise_would_not_pass_for_weather():
    white = np.random.default_rng(0).standard_normal(HOURS)
    assert abs(lasting(white, 12) - np.exp(-12 / 48)) > 0.5


def test_the_mean_depression_is_that_asked_for_within_the_sampling_error():
    depression = np.array([year.dry_bulb - year.dew_point for year in years(NOISY)])
    share = 2 * NOISY.correlation_time / (HOURS * 3600) / 30
    assert depression.mean() == pytest.approx(6.0, abs=4 * 0.5 * 6.5 * share**0.5)


@settings(max_examples=20)
@given(
    latitude=st.floats(-1.5, 1.5),
    altitude=st.floats(0, 3000),
    variation=st.floats(0, 2),
    seed=st.integers(0, 2**32),
)
def test_dew_point_is_never_above_dry_bulb_and_all_values_are_finite(latitude, altitude, variation, seed):
    climate = replace(latitude_climate(latitude, altitude), depression_variation=variation)
    year = synthetic_year(climate, np.random.default_rng(seed))
    assert (year.dew_point <= year.dry_bulb).all()
    assert np.isfinite(year.dew_point).all() and np.isfinite(year.dry_bulb).all()
    assert year.dry_bulb.shape == year.dew_point.shape == year.pressure.shape == (HOURS,)


def test_where_heat_is_dry_the_dew_point_is_steadier_and_its_mean_the_same():
    even, follows = (years(replace(NOISY, dryness_of_heat=share), 10) for share in (0.9, 0.0))
    assert np.mean([year.dew_point.std() for year in even]) < 0.95 * np.mean([y.dew_point.std() for y in follows])
    depression = np.mean([year.dry_bulb - year.dew_point for year in even])
    assert depression == pytest.approx(6.0, abs=0.5)


def test_the_same_seed_gives_the_same_year_and_another_another():
    one, again, other = (synthetic_year(NOISY, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.dry_bulb, again.dry_bulb) and np.array_equal(one.dew_point, again.dew_point)
    assert not np.array_equal(one.dry_bulb, other.dry_bulb)


def test_the_hottest_hours_of_phoenix_are_those_of_the_design_data():
    # 0.4 % cooling dry bulb 43.4 degC: ASHRAE Fundamentals 2009 as printed in the TMY3 statistics of Sky Harbor
    hottest = np.mean([np.quantile(year.dry_bulb, 1 - 0.004) for year in years(PHOENIX)]) - 273.15
    assert hottest == pytest.approx(43.4, abs=2.0)
    dampest = np.mean([np.quantile(year.dew_point, 1 - 0.004) for year in years(PHOENIX)]) - 273.15
    assert dampest == pytest.approx(21.8, abs=2.0)  # 0.4 % dew point, same table
    mean_dew_point = np.mean([year.dew_point.mean() for year in years(PHOENIX)]) - 273.15
    assert mean_dew_point == pytest.approx(4.7, abs=0.5)  # mean of the file's months


def test_classes_of_latitude_are_warm_and_even_at_the_equator_and_cold_and_seasonal_towards_the_pole():
    row = [latitude_climate(radians(degrees)) for degrees in (0, 20, 40, 60)]
    assert all(np.diff([climate.mean_temperature for climate in row]) < 0)
    assert all(np.diff([climate.seasonal_amplitude for climate in row]) > 0)
    assert latitude_climate(0.5, 1000.0).mean_temperature == pytest.approx(latitude_climate(0.5).mean_temperature - 6.5)


def test_pressure_is_that_of_the_standard_atmosphere_in_all_hours():
    year = synthetic_year(replace(CALM, altitude=1000.0), np.random.default_rng(0))
    assert year.pressure == pytest.approx(np.full(HOURS, 89874.6), rel=2e-5)  # ISO 2533, table of pressures


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mean_temperature": 15.0}, r"Climate\.mean_temperature = 15\.0: must be >= 220 K"),
        ({"correlation_time": 0.0}, r"Climate\.correlation_time = 0\.0: must be > 0 s"),
        ({"seasonal_deviation": 5.0}, r"seasonal_deviation = 5 delta_K: must not exceed deviation, 4"),
        ({"seasonal_depression": -4.0}, r"dew_point_depression = 6 delta_K: must be at least .*7 delta_K"),
    ],
)
def test_a_climate_that_cannot_be_is_refused(change, why):
    with pytest.raises(ValueError, match=why):
        replace(NOISY, **change)
