"""Flexibility: the event's energy, each way by hand, the verdict and its mutant, ramps, dips and the frequency."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import power
from twin.studies import grid_flex
from twin.studies._flex import STEP, Flexibility, Site, cap_at, levers, site_of

RACKS = 750
HOURS = 3 + 0.25


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return grid_flex.study(gb300)


@pytest.fixture(scope="module")
def site(gb300) -> Site:
    return site_of(gb300, RACKS, Flexibility())


def of(found: xr.Dataset, name: str, lever: str) -> float:
    return float(found[name].sel(lever=lever))


def verdicts(found: xr.Dataset) -> dict[str, str]:
    return dict(zip(map(str, found.lever.values), map(str, found.kept.values), strict=True))


def test_cap_and_pause_keep_to_the_event_and_a_small_battery_does_not(found):
    kept = {"power cap": "yes", "paused jobs": "yes", "battery": "no", "battery and cap": "yes", "released floor": "no"}
    assert verdicts(found) == kept


def test_a_battery_delivers_its_energy_and_lacks_the_rest(found, site):
    asked = 0.25 * site.base * HOURS * 3600
    given = RACKS * 72e6 * 0.95
    assert of(found, "delivered", "battery") == pytest.approx(given / asked, rel=1e-9)
    assert of(found, "missing_energy", "battery") == pytest.approx((asked - given) / 3.6e9, rel=6e-3)  # whole minutes


def test_a_battery_for_all_of_it_keeps_to_the_event_and_one_of_too_few_watts_does_not(gb300):
    """Mutants of the verdict: energy of the event, with half the watts."""
    enough = Flexibility(battery_energy=0.3 * 135e3 * HOURS * 3600)
    assert verdicts(grid_flex.study(gb300, flex=enough))["battery"] == "yes"
    weak = replace(enough, battery_power=16e3)
    assert verdicts(grid_flex.study(gb300, flex=weak))["battery"] == "no"


def test_whole_jobs_are_paused_as_many_as_it_takes(site):
    lever = levers(site, grid_flex.EVENT)["paused jobs"]
    of_job = 8 * (site.states.rack[0] - site.idle.rack[0])
    jobs = (site.base - lever.power) / of_job
    np.testing.assert_allclose(jobs, jobs.round(), atol=1e-9)
    assert jobs.max() == pytest.approx(np.ceil(0.25 * site.base / of_job), abs=1e-9)


def test_the_cap_of_the_hold_is_where_the_rack_draws_three_quarters(site):
    cap = float(cap_at(site, np.array([0.75 * site.states.rack[0]]))[0])
    clock = np.interp(cap, grid_flex.CAPS[::-1], site.states.clock[::-1])
    lever = levers(site, grid_flex.EVENT)["power cap"]
    assert lever.power[100] == pytest.approx(0.75 * site.base, rel=1e-6)
    held = (1 - clock / site.states.clock[0]) * HOURS / 3.5  # ramps count half
    assert lever.clock_lost == pytest.approx(held, rel=0.01)
    measured = (1 - (cap * 1400 * 72 / site.states.gpus[0]) ** 0.566) * HOURS / 3.5
    assert lever.measured_lost == pytest.approx(measured, rel=0.02)


def test_power_goes_with_clock_and_dies_cool(found):
    assert (np.diff(found.clock.sortby("cap")) > 0).all()
    assert (np.diff(found.junction_temperature_max.sortby("cap")) > 0).all()
    assert of(found, "cooler", "power cap") > 5


def test_work_lost_is_less_with_a_battery_beside_the_cap(found):
    assert of(found, "clock_lost", "battery and cap") < of(found, "clock_lost", "power cap")
    assert of(found, "measured_lost", "power cap") < of(found, "clock_lost", "power cap")


def test_the_shed_energy_is_the_integral_of_the_series(found, site):
    lever = levers(site, grid_flex.EVENT)["power cap"]
    shed = (site.base - lever.power).sum() * STEP
    assert of(found, "delivered", "power cap") == pytest.approx(shed / (0.25 * site.base * HOURS * 3600), rel=1e-9)


def test_a_staged_start_keeps_to_ten_megawatts_a_minute_and_one_rack_more_does_not(site, found):
    each = site.states.rack[0] - site.idle.rack[0]
    per_minute = int(10e6 / each)
    assert f"{10e6 / each:.0f} racks a minute" in found.answer
    for racks, allowed in ((per_minute, True), (per_minute + 1, False)):
        series = site.idle.rack[0] * RACKS + each * racks * np.arange(6)
        up, _ = power.fastest_ramps(series, 60.0, 60.0)
        assert bool(up <= grid_flex.RAMP) is allowed


def test_the_store_carries_a_rack_for_35_ms_and_a_dip_for_longer(found, site):
    full = float(site.states.rack[0])
    assert float(found.carried_time.sel(dip=0.0)) == pytest.approx(72 * 65 / full, rel=1e-9)
    lacking = full * (1 - 1.1 * 0.7)
    assert float(found.carried_time.sel(dip=0.7, method="nearest")) == pytest.approx(72 * 65 / lacking, rel=1e-9)


def test_the_lost_factory_lifts_the_frequency_by_the_swing_equation(found, site):
    rate = 60 * site.base / (2 * 4.0 * 40e9)
    assert f"at first by {1e3 * rate:.1f} mHz/s" in found.answer
    early = float(found.frequency[1] - found.frequency[0]) / 0.1
    slowed = (1.0 + 0.3 * 0.95 / 0.05) / (2 * 4.0)  # load and quick turbines, per second
    assert early == pytest.approx(rate * (1 - slowed * 0.1 / 2), rel=5e-3)
    assert float(found.frequency.max()) > 60


def test_the_released_floor_gives_what_it_burns(found):
    assert 0.5 < of(found, "delivered", "released floor") < 1
    assert of(found, "clock_lost", "released floor") == 0


def test_assumed_numbers_are_told(found):
    assert "battery energy 7.2e+07 J" in found.assumed
    assert "are assumed" in found.answer


def test_the_picture_shows_every_way_and_which_go_beyond_the_allowed(found):
    assert set(found.shown.values) == set(found.lever.values)
    beyond = dict(
        zip(found.shown.values.tolist(), (found.above_allowed.max("time") > 1e-6).values.tolist(), strict=True)
    )
    assert {name: ("no" if more else "yes") for name, more in beyond.items()} == verdicts(found)
