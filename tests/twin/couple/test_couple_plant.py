"""What stands behind equal racks: units, plant and site by hand, balances, order, refusals, rows on their own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_racks import ZERO, changed

import thermal
from thermal.cdu_pumps import unit_pumping
from twin.couple.plant import APPROACHES, Behind, RackDuty, behind, blank, design_outdoors
from twin.couple.units import flow_limit, pump_refusals, throttled, unit_of
from twin.spec.types import Factory

#: A gb300 rack at full load and 45 °C, rounded.
HEAT, AIR, FLOW, DROP, POWER = 121e3, 13.3e3, 2.9, 127e3, 134.3e3
DOOR = {
    "conductance": 1500.0,
    "rated_air_flow": 1.5,
    "air_exponent": 0.6,
    "fan_power": 200.0,
    "bypass": 0.1,
}


@pytest.fixture(scope="module")
def gb300() -> Factory:
    """The rack on dry coolers alone, which do not hold every supply."""
    return changed("gb300-nvl72", {"facility.plant": "dry"})


def duty(*set_points: float, heat: float = HEAT, flow: float = FLOW) -> RackDuty:
    """Return racks of one heat, at set-points [degC]."""
    wanted = np.array(set_points) + ZERO
    one = np.ones(len(wanted))
    return RackDuty(heat * one, AIR * one, flow * one, DROP * (flow / FLOW) ** 1.9 * one, POWER * one, wanted)


def air(*dry_bulbs: float, humidity: float = 0.4) -> thermal.Outdoors:
    return thermal.outdoor_air(np.array(dry_bulbs) + ZERO, humidity)


def row(found: Any, i: int) -> list[float]:
    """Return every number of a row, nested ones too."""
    numbers: list[float] = []
    for part in found:
        if isinstance(part, np.ndarray):
            numbers.append(float(part[i]))
        elif hasattr(part, "_fields"):
            numbers += row(part, i)
    return numbers


def heat_into_plant(found: Behind) -> Any:
    return found.plant.reused_heat + found.plant.cooler_heat + found.plant.chiller_heat


def test_a_plant_that_holds_by_hand(gb300: Factory) -> None:
    """At 20 °C the cooler holds 40 °C of water: shares, pumps, room and PUE follow from the spec."""
    found = behind(gb300, duty(45), air(20))
    unit, plant, racks = gb300.cooling.cdu, gb300.facility.plant, gb300.cooling.racks_per_loop
    assert found.held.all()
    assert found.supply_temperature == pytest.approx(45 + ZERO)
    assert found.plant.supply_temperature == pytest.approx(40 + ZERO)
    assert found.unit.approach == pytest.approx(gb300.facility.approach)
    volume = racks * FLOW / thermal.density(unit_of(gb300).rack, 45 + ZERO)
    lift = DROP + unit.rack_drop * (racks * FLOW / unit.rated_flow) ** unit.drop_exponent
    pump = thermal.Pump(
        shutoff_head=unit.pump_shutoff_head,
        rated_head=unit.pump_rated_head,
        rated_flow=unit.pump_rated_flow,
        end_flow=unit.pump_end_flow,
        efficiency=unit.pump_efficiency,
    )
    pumping = thermal.electric_power(pump, volume, lift, found.unit.pump_speed)
    assert found.unit_pump_power == pytest.approx(pumping / racks, rel=1e-12)
    water = plant.rated_pump_power * (found.unit.facility_flow / plant.rated_flow) ** 3
    assert found.facility_pump_power == pytest.approx(water / racks, rel=1e-12)
    left = AIR + (1 - unit.pump_heat_share) * found.unit_pump_power
    assert found.room_power == pytest.approx(gb300.facility.room_cooling * left, rel=1e-12)
    spent = found.unit_pump_power + found.facility_pump_power + found.fan_power + found.room_power
    assert found.pue == pytest.approx(1 + spent / POWER, rel=1e-12)
    assert found.ere == found.pue
    assert found.wue == 0
    assert found.refused == ("",)


def test_a_plant_that_cannot_opens_the_valves_and_the_supply_floats(gb300: Factory) -> None:
    """Fans at full speed, and the water as hot as the dry cooler alone makes it at this heat and flow."""
    found = behind(gb300, duty(45), air(43.4))
    assert not found.held.any()
    assert not found.plant.met.any()
    assert found.unit.valve == 1
    assert found.plant.fan_speed == 1
    assert 45 + ZERO < found.supply_temperature < 50 + ZERO
    given = thermal.Duty(heat_into_plant(found), found.unit.facility_flow, 40 + ZERO)
    alone = thermal.solve_plant(gb300.facility.plant, given, air(43.4))
    assert found.plant.supply_temperature == pytest.approx(alone.supply_temperature, abs=1e-8)
    wide = gb300.cooling.cdu.rated_facility_flow
    asked = thermal.UnitDuty(12 * HEAT, 12 * FLOW, 45 + ZERO, found.plant.supply_temperature, wide, DROP)
    unit = thermal.solve_units(unit_of(gb300), asked, must_hold=False)
    assert found.supply_temperature == pytest.approx(unit.supply_temperature, abs=1e-8)


def test_between_the_two_the_units_draw_more_of_warmer_water_and_still_hold(gb300: Factory) -> None:
    dry = np.linspace(30, 42, 49)
    found = behind(gb300, duty(*[45.0] * dry.size), air(*dry))
    between = found.held & ~found.plant.met
    assert between.any()
    assert (found.plant.supply_temperature[between] > 40 + ZERO).all()
    assert (found.unit.valve[between] > found.unit.valve[0]).all()


@pytest.mark.parametrize("plant", ["dry", "adiabatic-chiller", "tower-chiller"])
@pytest.mark.parametrize("units", [1, 2])
def test_heat_into_the_plant_is_that_of_the_racks_and_of_the_pumps(gb300: Factory, plant: str, units: int) -> None:
    loops = {"facility.loops": 3, "cooling.cdu.units": units, "facility.plant": plant, "facility.plant.units": 3}
    spec = changed(gb300, loops)
    found = behind(spec, duty(45, 45, 30), air(10, 43, 25))
    racks = spec.facility.loops * spec.cooling.racks_per_loop
    into = HEAT + spec.cooling.cdu.pump_heat_share * found.unit_pump_power
    assert heat_into_plant(found) / racks == pytest.approx(into, rel=1e-9)


def test_many_loops_on_as_many_machines_cost_each_rack_the_same(gb300: Factory) -> None:
    five = {"facility.loops": 5, "facility.plant.units": 5}
    five |= {f"facility.plant.{name}": 5 * getattr(gb300.facility.plant, name) for name in ("rated_flow",)}
    five["facility.plant.rated_pump_power"] = 5 * gb300.facility.plant.rated_pump_power
    one, many = (behind(spec, duty(45, 45), air(20, 43)) for spec in (gb300, changed(gb300, five)))
    assert many.pue == pytest.approx(one.pue, rel=1e-12)
    assert many.supply_temperature == pytest.approx(one.supply_temperature, rel=1e-12)
    assert many.fan_power == pytest.approx(one.fan_power, rel=1e-9)


@pytest.mark.parametrize("plant", ["dry", "adiabatic", "dry-chiller", "tower", "tower-chiller"])
def test_hotter_outdoors_never_lower_fans_and_pue(gb300: Factory, plant: str) -> None:
    dry = np.linspace(-10, 46, 57)
    found = behind(changed(gb300, {"facility.plant": plant}), duty(*[45.0] * dry.size), air(*dry))
    assert not any(found.refused)
    assert (found.pue >= 1).all()
    cooling = found.fan_power + found.chiller_power
    assert (np.diff(cooling) >= -1e-6 * POWER).all()
    assert (np.diff(found.pue) >= -1e-9).all()
    assert (np.diff(found.supply_temperature) >= -1e-9).all()
    assert (found.unit.approach >= 0).all()


def test_a_row_does_not_know_its_neighbours(gb300: Factory) -> None:
    points = [(45.0, 20.0), (45.0, 43.4), (10.0, 43.4), (30.0, 28.0)]
    together = behind(gb300, duty(*[p[0] for p in points]), air(*[p[1] for p in points]))
    for i, (set_point, dry) in enumerate(points):
        assert row(together, i) == pytest.approx(row(behind(gb300, duty(set_point), air(dry)), 0), rel=1e-12)


def test_a_guess_near_by_changes_nothing(gb300: Factory) -> None:
    cold = behind(gb300, duty(45, 45), air(20, 43.4))
    near = cold.plant.supply_temperature + np.array([np.nan, -0.1])
    warm = behind(gb300, duty(45, 45), air(20, 43.4), near)
    assert warm.supply_temperature == pytest.approx(cold.supply_temperature, abs=1e-8)


def test_refused_rows_say_why_and_leave_the_others_alone(gb300: Factory) -> None:
    """The second row asks for half as much flow again, the third for twelve times the heat."""
    one = duty(45, 45, 45)
    asked = one._replace(flow=one.flow * [1, 1.5, 1], heat=one.heat * [1, 1, 12])
    found = behind(gb300, asked, air(20, 20, 20))
    assert found.refused[0] == ""
    assert "beyond their curve" in found.refused[1] and "cooling.racks_per_loop" in found.refused[1]
    assert found.refused[2]
    assert row(found, 0) == pytest.approx(row(behind(gb300, duty(45), air(20)), 0), rel=1e-12)
    for i in (1, 2):
        assert np.isnan(found.pue[i]) and np.isnan(found.supply_temperature[i]) and np.isnan(found.unit.heat[i])
        assert found.plant.mode[i] == -1
        assert not found.held[i]
    alone = behind(gb300, RackDuty(*(part[1:2] for part in asked)), air(20))
    assert alone.refused == (found.refused[1],)


def test_the_limit_of_the_pumps_is_where_they_refuse(gb300: Factory) -> None:
    asked = duty(45, flow=3.4)
    most = float(flow_limit(gb300, asked)[0])
    for share, refused in ((0.999999, False), (1.000001, True)):
        flow = share * most
        drop = asked.drop * (flow / asked.flow) ** gb300.cooling.cdu.drop_exponent
        at = asked._replace(flow=np.array([flow]), drop=drop)
        assert bool(pump_refusals(gb300, at)[0]) is refused
        assert bool(behind(gb300, at, air(20)).refused[0]) is refused
    speed = behind(gb300, asked._replace(flow=np.array([most]) * 0.999999, drop=drop * 0.999997), air(20))
    assert speed.unit.pump_speed == pytest.approx(1.0, abs=1e-5)


def test_a_loop_of_too_little_drop_is_throttled_to_the_end_of_the_curve(gb300: Factory) -> None:
    """By hand: speed is flow over the flow at the end of the curve, and the valve takes what the loop does not."""
    spec = changed(gb300, {"cooling.cdu.rack_drop": 1e3})
    flat, unit = duty(45)._replace(drop=np.zeros(1)), spec.cooling.cdu
    found = behind(spec, flat, air(20))
    assert found.refused == ("",)
    share = 12 * FLOW / thermal.density(unit_of(spec).rack, 45 + ZERO) / unit.pump_end_flow
    fall = (unit.pump_shutoff_head - unit.pump_rated_head) * (unit.pump_end_flow / unit.pump_rated_flow) ** 2
    assert found.unit.pump_speed == pytest.approx(share, rel=1e-12)
    assert found.unit.pump_head == pytest.approx(share**2 * (unit.pump_shutoff_head - fall), rel=1e-12)
    assert throttled(gb300, duty(45)).drop == pytest.approx(DROP, rel=1e-15)
    rho = thermal.density(unit_of(spec).rack, 45 + ZERO)
    assert found.unit.pump_power == pytest.approx(unit_pumping(unit, 12 * FLOW, 0.0, rho, 1).power, rel=1e-12)


def test_a_flow_past_the_end_of_the_curve_is_refused_with_the_fix(gb300: Factory) -> None:
    fast = duty(45, flow=9.0)._replace(drop=np.zeros(1))
    assert pump_refusals(gb300, fast)[0].endswith("(mend: fewer cooling.racks_per_loop, or a larger cooling.cdu)")
    alone = changed(gb300, {"cooling.racks_per_loop": 1})
    assert "for 1 rack on the loop (mend: a larger cooling.cdu)" in pump_refusals(alone, duty(45, flow=90.0))[0]
    assert behind(gb300, fast, air(20)).refused[0] == pump_refusals(gb300, fast)[0]


def test_a_rear_door_takes_air_heat_to_the_water_and_closes_the_balance(gb300: Factory) -> None:
    cold = changed(gb300, {"facility.plant": "dry-chiller"})
    door = thermal.RearDoor(**DOOR)
    spec = replace(cold, facility=replace(cold.facility, door=door))
    without, found = (behind(one, duty(20), air(5)) for one in (cold, spec))
    assert without.door is None and found.door is not None
    assert found.door.water_heat > 0.5 * AIR
    assert found.door_fan_power == DOOR["fan_power"]
    into = HEAT + spec.cooling.cdu.pump_heat_share * found.unit_pump_power + found.door.water_heat
    assert heat_into_plant(found) / 12 == pytest.approx(into, rel=1e-9)
    assert found.room_power < 0.5 * without.room_power


def test_the_design_air_is_that_of_the_site(gb300: Factory) -> None:
    spec = changed(gb300, {"site": "phoenix", "facility.plant": "dry"})
    outdoors = design_outdoors(spec)
    assert float(outdoors.dry_bulb) == pytest.approx(43.4 + ZERO)
    assert float(outdoors.pressure) == pytest.approx(float(thermal.altitude_pressure(337.0)))
    vapour = thermal.saturation_pressure(12 + ZERO)
    assert float(outdoors.humidity_ratio) == pytest.approx(float(0.621945 * vapour / (outdoors.pressure - vapour)))
    assert design_outdoors(spec) is outdoors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: design_outdoors(changed(s, {"site.design_dew_point": 310.0})), "must be <= design_dry_bulb"),
        (lambda s: behind(s, duty(45)._replace(ac_power=np.zeros(1)), air(20)), "AC power of the rack = 0 W"),
    ],
)
def test_what_fits_no_row_is_refused(gb300: Factory, call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(gb300)


def test_blank_rows_hold_nothing() -> None:
    none = blank(2)
    assert np.isnan(none.pue).all() and not none.held.any() and (none.plant.mode == -1).all()


@pytest.mark.parametrize(
    ("plant", "supply", "dry"), [("tower-chiller", 25, 38), ("dry-chiller", 45, 43), ("dry", 45, 20)]
)
def test_least_power_is_the_best_of_the_approaches_that_hold(
    gb300: Factory, plant: str, supply: float, dry: float
) -> None:
    fixed = changed(gb300, {"facility.plant": plant})
    asked = duty(supply, supply, heat=0.6 * HEAT)
    best = behind(changed(fixed, {"facility.set_point": "least_power"}), asked, air(dry, dry - 5, humidity=0.2))
    each = [
        behind(changed(fixed, {"facility.approach": a}), asked, air(dry, dry - 5, humidity=0.2)) for a in APPROACHES
    ]
    pue = np.array([np.where(found.held, found.pue, np.inf) for found in each])
    assert best.held.all()
    np.testing.assert_allclose(best.pue, pue.min(axis=0), rtol=1e-12)
    assert (pue.min(axis=0) < pue[APPROACHES.index(5.0)]).all()
    alone = behind(
        changed(fixed, {"facility.set_point": "least_power"}), duty(supply, heat=0.6 * HEAT), air(dry, humidity=0.2)
    )
    assert row(best, 0) == pytest.approx(row(alone, 0), rel=1e-12)


def test_where_no_approach_holds_least_power_gives_the_coldest_supply_and_refusals_stay(gb300: Factory) -> None:
    least = changed(gb300, {"facility.set_point": "least_power"})
    hot, cool = behind(least, duty(45), air(43.4)), behind(gb300, duty(45), air(43.4))
    assert not hot.held.any()
    assert hot.supply_temperature == pytest.approx(cool.supply_temperature, abs=1e-6)
    one = duty(45, 45)
    found = behind(least, one._replace(flow=one.flow * [1, 1.5]), air(20, 20))
    assert found.refused[0] == "" and "beyond their curve" in found.refused[1]
    assert np.isfinite(found.pue[0]) and np.isnan(found.pue[1])
