"""The plant hour by hour: balances re-made from its machines, choices, flags, and what must not go down."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.adiabatic import AdiabaticPad, pad_air
from thermal.chiller import Chiller, chillers_power
from thermal.dry_cooler import DryCooler, cooler_conductance, fan_power
from thermal.heat_reuse import HeatReuse
from thermal.plant import MODES, Duty, Plant, plant_point, solve_plant
from thermal.plant_side import speeds
from thermal.tower import CoolingTower
from thermal.tower_solve import tower_outlet
from thermal.wet_bulb import Outdoors, outdoor_air

COOLER = DryCooler(
    rated_heat=2.931e6,
    rated_air_temperature=308.15,
    rated_inlet_temperature=319.26,
    rated_outlet_temperature=313.7,
    rated_fan_power=117.68e3,
    rated_air_flow=524.0,
    air_exponent=0.6,
    water_exponent=0.8,
    water_resistance_share=0.2,
    minimum_speed=0.2,
)
TOWER = CoolingTower(
    rated_heat=3e6,
    rated_wet_bulb=298.7,
    rated_inlet_temperature=308.15,
    rated_outlet_temperature=302.59,
    rated_fan_power=45e3,
    rated_air_flow=100.0,
    fill_exponent=-0.4,
    minimum_speed=0.2,
    drift_share=5e-5,
    concentration_cycles=5.0,
)
PAD = AdiabaticPad(effectiveness=0.8, pressure_share=0.15, concentration_cycles=4.0)
CHILLER = Chiller(
    rated_heat=2.5e6,
    rated_cop=5.5,
    rated_chilled_temperature=279.82,
    rated_condenser_temperature=302.55,
    entropy_share=0.36,
    minimum_lift=10.0,
    condenser_approach=6.0,
)
LOOP = HeatReuse(
    demand=3e6,
    district_supply_temperature=338.15,
    district_return_temperature=313.15,
    approach=3.0,
    carnot_share=0.5,
)
DRY = Plant(heat_capacity=4180.0, rated_flow=500.0, rated_pump_power=1.2e5, units=4, dry_cooler=COOLER)
PADDED = replace(DRY, pad=PAD)
WET = replace(DRY, dry_cooler=None, tower=TOWER)
COLD = {"chiller": CHILLER, "chillers": 4}
PLANTS = {
    "dry": DRY,
    "padded": PADDED,
    "wet": WET,
    "dry and chiller": replace(DRY, **COLD),
    "padded and chiller": replace(PADDED, **COLD),
    "wet and chiller": replace(WET, **COLD),
    "reuse": replace(DRY, reuse=LOOP),
}
kinds = pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)


def season(hours=60, humidity=0.45):
    return outdoor_air(np.linspace(255.0, 318.0, hours), humidity, 98e3)


def run(plant, supply=303.15, heat=9e6, flow=450.0, air=None):
    return solve_plant(plant, Duty(heat, flow, supply), season() if air is None else air)


def of_mode(found, name):
    return found.mode == MODES.index(name)


@kinds
def test_heat_closes_and_the_return_is_the_supply_plus_the_span(plant):
    found = run(plant)
    total = found.reused_heat + found.cooler_heat + found.chiller_heat
    assert total == pytest.approx(9e6, rel=1e-12)
    assert found.return_temperature - found.supply_temperature == pytest.approx(9e6 / (450 * 4180), rel=1e-10)
    assert found.delivered_heat == pytest.approx(found.reused_heat + found.heat_pump_power, rel=1e-12)


@pytest.mark.parametrize("name", ["dry", "padded", "dry and chiller", "padded and chiller"])
def test_the_heat_of_a_dry_cooler_is_what_its_coil_gives_at_that_speed_and_wetting(name):
    plant, air = PLANTS[name], season()
    found = run(plant, air=air)
    rate = 450 * 4180 / 4
    on = air.dry_bulb if plant.pad is None else pad_air(plant.pad, *air[:3], found.wetting).temperature
    driven = found.fan_speed > COOLER.minimum_speed * (1 + 1e-9)  # below, a bypass holds back
    assert driven.sum() > 20
    entering = found.supply_temperature + (found.cooler_heat + found.chiller_heat) / (4 * rate)
    g = cooler_conductance(COOLER, rate, np.where(driven, found.fan_speed, 1.0), air.pressure)
    expected = np.minimum(4 * g * (entering - on), 9e6)
    assert found.cooler_heat[driven] == pytest.approx(expected[driven], rel=1e-10)


@pytest.mark.parametrize("name", ["wet", "wet and chiller"])
def test_the_heat_of_a_tower_is_what_its_water_gives_at_that_speed(name):
    air = season()
    found = run(PLANTS[name], air=air)
    rate = 450 * 4180 / 4
    driven = found.fan_speed > TOWER.minimum_speed * (1 + 1e-9)
    entering = found.supply_temperature + 9e6 / (4 * rate)
    out = tower_outlet(TOWER, rate, np.where(driven, found.fan_speed, 1.0), entering, air)
    expected = np.minimum(4 * rate * (entering - out), 9e6)
    assert found.cooler_heat[driven] == pytest.approx(expected[driven], rel=1e-8)
    assert driven.sum() > 10


def test_a_cooler_at_another_speed_does_not_pass_that_check():
    air = season()
    found = run(DRY, air=air)
    g = cooler_conductance(COOLER, 450 * 4180 / 4, np.minimum(found.fan_speed * 0.99, 1.0), air.pressure)
    entering = found.supply_temperature + 9e6 / (450 * 4180)
    driven = found.fan_speed > 0.21
    assert found.cooler_heat[driven] != pytest.approx(4 * (g * (entering - air.dry_bulb))[driven], rel=1e-4)


@kinds
@pytest.mark.parametrize("supply", [291.15, 303.15, 313.15])
@pytest.mark.parametrize("heat", [1e6, 9e6])
def test_hotter_air_never_takes_less_power_of_fans_and_chillers(plant, supply, heat):
    found = run(plant, supply=supply, heat=heat, air=season(400))
    power = found.fan_power + found.chiller_power
    assert (np.diff(power) >= -1e-9 * power.max()).all()


@kinds
def test_the_approach_to_the_air_is_never_negative_without_a_chiller_running(plant):
    air = season(200)
    found = run(plant, air=air)
    free = found.chiller_heat == 0
    coldest = air.dry_bulb if plant.pad is None and plant.tower is None else air.wet_bulb
    assert (found.supply_temperature[free] >= coldest[free] - 1e-9).all()
    assert (found.return_temperature > coldest)[free].all()


@settings(max_examples=15)
@given(supply=st.floats(288.0, 318.0), more=st.floats(0.0, 8.0), name=st.sampled_from(sorted(PLANTS)))
def test_a_higher_set_point_never_has_fewer_hours_of_free_cooling_or_more_power(supply, more, name):
    low, high = (run(PLANTS[name], supply=value) for value in (supply, supply + more))
    assert (high.free_cooling >= low.free_cooling).all()
    assert (high.met >= low.met).all()
    power = [found.fan_power + found.chiller_power for found in (low, high)]
    assert (power[1] <= power[0] + 1e-6 * power[0].max()).all()


def test_a_supply_that_cannot_be_held_is_flagged_and_the_water_settles_above_it():
    found = run(DRY)
    short = ~found.met
    assert short.any()
    assert (found.supply_temperature[short] > 303.15).all()
    assert (found.fan_speed[short] == 1).all()
    assert (found.supply_temperature[~short] == 303.15).all()
    assert (short == ~found.free_cooling).all()


def test_a_chiller_too_small_is_flagged_too_and_runs_at_its_limit():
    found = run(replace(DRY, chiller=CHILLER, chillers=1), supply=293.15)
    short = ~found.met
    assert short.any()
    assert found.chiller_heat[short] == pytest.approx(2.5e6)
    assert (found.supply_temperature[short] > 293.15).all()
    assert (found.supply_temperature[short] < run(DRY, supply=293.15).supply_temperature[short]).all()


def test_pads_are_wet_at_the_speeds_tried_and_only_as_far_as_needed():
    found = run(PADDED, air=season(400, humidity=0.2))
    wet = of_mode(found, "adiabatic")
    assert wet.sum() > 20
    assert set(found.fan_speed[wet]) == set(speeds(COOLER.minimum_speed))
    for speed in speeds(COOLER.minimum_speed):
        held = wet & found.met & (found.fan_speed == speed)
        assert (np.diff(found.wetting[held]) > 0).all()
    assert (found.water[~wet] == 0).all()
    assert (found.water[wet] > 0).all()


def test_wet_pads_are_worth_slower_fans_and_no_slower_ones_would_do():
    air = season(400, humidity=0.2)
    found, dry = run(PADDED, air=air), run(DRY, air=air)
    rate, entering = 450 * 4180 / 4, 303.15 + 9e6 / (450 * 4180)
    coldest = air.dry_bulb - PAD.effectiveness * (air.dry_bulb - air.wet_bulb)
    wet = of_mode(found, "adiabatic") & found.met
    assert (found.fan_speed[wet & dry.met] < dry.fan_speed[wet & dry.met]).all()
    assert (found.wetting[dry.met & (found.fan_speed == dry.fan_speed)] == 0).all()
    for speed in speeds(COOLER.minimum_speed):
        most = 4 * cooler_conductance(COOLER, rate, speed, air.pressure) * (entering - coldest)
        assert (most[found.met & (found.fan_speed > speed)] < 9e6).all()


def test_beside_a_chiller_pads_are_wet_below_full_speed_too():
    air = season(400, humidity=0.2)
    found = run(PLANTS["padded and chiller"], supply=291.15, air=air)
    trim = of_mode(found, "trim")
    assert len(set(found.fan_speed[trim])) > 2
    assert (found.wetting[trim] == 1).all()
    rate, entering = 450 * 4180 / 4, 291.15 + 9e6 / (450 * 4180)
    for speed, wetting in ((0.25, 1.0), (0.55, 1.0), (0.55, 0.5), (1.0, 1.0), (1.0, 0.0)):
        on = air.dry_bulb - wetting * PAD.effectiveness * (air.dry_bulb - air.wet_bulb)
        given = 4 * cooler_conductance(COOLER, rate, speed, air.pressure) * (entering - on)
        chilled = chillers_power(CHILLER, 4, 9e6 - np.clip(given, 0, 9e6), 291.15, air.dry_bulb + 6.0)
        fans = fan_power(4 * COOLER.rated_fan_power * (1 + PAD.pressure_share), speed, air.pressure)
        assert (found.fan_power + found.chiller_power <= (fans + chilled) * (1 + 1e-9)).all()


def test_the_way_taken_costs_no_more_than_any_other_speed_of_the_fans():
    air = outdoor_air(np.linspace(292.0, 312.0, 40), 0.3)
    plant = replace(DRY, **COLD)
    found = run(plant, supply=299.15, air=air)
    rate = 450 * 4180 / 4
    for speed in (0.25, 0.55, 0.85, 1.0):
        given = 4 * cooler_conductance(COOLER, rate, speed) * (299.15 + 9e6 / (4 * rate) - air.dry_bulb)
        rest = 9e6 - np.clip(given, 0, 9e6)
        chilled = chillers_power(CHILLER, 4, rest, 299.15, air.dry_bulb + 6.0)
        other = 4 * COOLER.rated_fan_power * speed**3 + chilled
        assert (found.fan_power + found.chiller_power <= other * (1 + 1e-9)).all()
    assert {"dry", "trim", "chiller"} == {MODES[mode] for mode in found.mode}


def test_water_of_a_tower_is_a_few_litres_per_kilowatt_hour():
    found = run(WET, supply=305.15, air=outdoor_air([285.15, 300.15], 0.5))
    per_kwh = found.water / 9e6 * 3.6e6
    assert ((per_kwh > 1.0) & (per_kwh < 2.5)).all()  # 1.48 L/kWh is the latent heat alone, a quarter more blowdown


def test_sites_set_points_and_hours_broadcast():
    air = outdoor_air(np.linspace(280, 310, 24), np.array([[0.3], [0.6]]))
    duty = Duty(9e6, 450.0, np.array([298.15, 308.15, 318.15])[:, None, None])
    found = solve_plant(PLANTS["padded and chiller"], duty, air)
    assert {value.shape for value in found} == {(3, 2, 24)}
    alone = solve_plant(PLANTS["padded and chiller"], Duty(9e6, 450.0, 308.15), Outdoors(*(value[1] for value in air)))
    assert np.stack([value[1, 1] for value in found[3:]]) == pytest.approx(np.stack(alone[3:]), rel=1e-9)


def test_without_heat_nothing_runs_but_the_pumps():
    found = run(PLANTS["wet and chiller"], heat=np.where(np.arange(60) % 2, 0.0, 9e6))
    idle = of_mode(found, "idle")
    assert (np.flatnonzero(idle) == np.arange(1, 60, 2)).all()
    assert found.met[idle].all()
    assert (found.fan_power + found.chiller_power + found.water)[idle].sum() == 0
    assert found.pump_power[idle] == pytest.approx(1.2e5 * 0.9**3)


def test_a_district_that_takes_all_heat_leaves_nothing_to_the_coolers():
    warm = replace(LOOP, demand=2e7, district_supply_temperature=318.15)
    found = run(replace(DRY, reuse=warm), supply=318.15)
    assert found.reused_heat == pytest.approx(9e6)
    assert of_mode(found, "idle").all()


def test_a_design_point_within_reach_is_answered_and_one_beyond_is_refused_with_the_fix():
    hot = outdoor_air(311.15, 0.3)
    assert plant_point(DRY, Duty(9e6, 450.0, 318.15), hot).met
    with pytest.raises(
        ValueError, match=r"settles at 31\d.*raise the supply temperature, or add units, pads or a chill"
    ):
        plant_point(DRY, Duty(9e6, 450.0, 303.15), hot)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: replace(DRY, dry_cooler=None), "either a dry_cooler or a tower"),
        (lambda: replace(DRY, tower=TOWER), "either a dry_cooler or a tower"),
        (lambda: replace(WET, pad=PAD), "stands before a dry cooler"),
        (lambda: replace(DRY, chiller=CHILLER), "chillers = 0"),
        (lambda: run(DRY, heat=-1.0), "facility heat = -1 W"),
        (lambda: run(DRY, flow=0.0), "start the pumps"),
        (lambda: run(DRY, flow=1.0), "change the flow or the number of units"),
        (lambda: run(DRY, supply=-3.0), "in kelvin"),
        (lambda: run(WET, flow=30.0), "raise the facility flow"),
    ],
)
def test_bad_input_is_refused_with_the_fix(call, message):
    with pytest.raises(ValueError, match=message):
        call()
