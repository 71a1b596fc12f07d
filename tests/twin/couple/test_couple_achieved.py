"""Racks and plant solved together: the supply that comes is the one the racks were solved at, each on its own."""

import re
from typing import Any

import numpy as np
import pytest
from twin_racks import ZERO, changed, steady

import twin
from twin.couple import achieved
from twin.couple.achieved import behind_racks, rack_duty, supplied
from twin.couple.plant import behind, design_outdoors
from twin.couple.plant_numbers import _apart
from twin.spec.types import Factory

PLANT = ("facility_supply_temperature", "unit_valve", "unit_pump_power", "fan_power", "pue", "ere", "dew_point_margin")


@pytest.fixture(scope="module")
def gb300() -> Factory:
    """The rack on dry coolers alone, which do not hold every supply."""
    return changed("gb300-nvl72", {"facility.plant": "dry"})


@pytest.fixture(scope="module")
def gb300_tree(gb300: Factory) -> Any:
    return twin.solve(gb300)


@pytest.fixture(scope="module")
def hot(gb300: Factory) -> Factory:
    return changed(gb300, {"site": "phoenix", "facility.plant": "dry"})


@pytest.fixture(scope="module")
def hot_tree(hot: Factory) -> Any:
    return twin.solve(hot)


def warned(summary: Any) -> str:
    return str(summary.warnings.values)


def test_a_rack_that_is_held_is_not_touched(gb300: Factory) -> None:
    solved = steady(gb300)
    (part,) = supplied(solved, [gb300])
    assert part.solved is solved
    assert part.agreed.all() and not part.limited.any()


def test_racks_stand_at_the_supply_their_plant_gives_them(hot: Factory) -> None:
    (part,) = supplied(steady(hot), [hot])
    duty = rack_duty(part.solved.outcome, [hot])
    found = behind(hot, duty, design_outdoors(hot))
    assert part.agreed.all()
    assert found.supply_temperature == pytest.approx(part.solved.model.supply[:, 0], abs=1e-6)
    assert 47 + ZERO < part.solved.model.supply[0, 0] < 50 + ZERO
    assert duty.set_point == hot.cooling.supply_temperature
    assert part.limited.all()
    assert 0.99 < found.unit.pump_speed < 1


def test_the_result_tells_the_supply_and_a_warning_who_could_not_hold_it(hot_tree: Any) -> None:
    summary = hot_tree["summary"]
    supply = float(summary.coolant_supply_temperature)
    text = f"the plant cannot hold 45 °C at 43.4 °C outdoors: the racks get {supply - ZERO:.1f} °C (mend:"
    assert text in warned(summary)
    assert "the pumps of the distribution unit give each of 12 racks at most" in warned(summary)
    assert abs(float(summary.energy_closure_relative)) < 1e-9
    assert int(summary.iterations) == hot_tree["summary"].residual_history.size


def test_the_supply_that_the_warning_advises_is_held(hot: Factory, hot_tree: Any) -> None:
    advised = float(warned(hot_tree["summary"]).split("cooling.supply_temperature of ")[1].split(" °C")[0])
    assert "cannot hold" not in warned(twin.solve(changed(hot, supply=advised))["summary"])


def test_with_a_fixed_flow_only_the_supply_floats(hot: Factory) -> None:
    spec = changed(hot, {"cooling.volume_flow": 170 / 6e4})
    (part,) = supplied(steady(spec), [spec])
    assert part.agreed.all() and not part.limited.any()
    found = behind_racks(part.solved, [spec])
    assert found.supply_temperature == pytest.approx(part.solved.model.supply[:, 0], abs=1e-6)


def test_a_fixed_flow_beyond_the_pumps_has_no_plant_and_says_so(gb300: Factory) -> None:
    summary = twin.solve(changed(gb300, {"cooling.volume_flow": 199 / 6e4}))["summary"]
    assert "beyond their curve" in warned(summary) and "no plant behind these racks" in warned(summary)
    assert float(summary.coolant_supply_temperature) == gb300.cooling.supply_temperature
    assert np.isnan([float(summary[name]) for name in PLANT]).all()
    assert str(summary.plant_mode.values) == "none"


def test_racks_held_floating_and_refused_share_a_batch_and_are_what_they_are_alone(gb300: Factory) -> None:
    specs = [
        changed(gb300, {"site": "phoenix", "facility.plant": "dry"}),
        gb300,
        changed(gb300, {"cooling.volume_flow": 199 / 6e4}),
        changed(gb300, {"site": "phoenix", "facility.plant": "adiabatic"}),
        changed(gb300, {"site": "singapore"}, supply=30),
    ]
    together = twin.solve_batch(specs)
    for i, spec in enumerate(specs):
        alone = twin.solve_batch([spec]).isel(case=0)
        for name in ("coolant_supply_temperature", "junction_temperature_max", "rack_power", "coolant_flow", *PLANT):
            assert float(together[name][i]) == pytest.approx(float(alone[name]), rel=1e-8, nan_ok=True), name
        assert str(together.plant_mode[i].values) == str(alone.plant_mode.values)
        assert together.warnings[i].item().splitlines() == alone.warnings.item().splitlines()
    assert list(together.plant_mode.values) == ["dry", "dry", "none", "adiabatic", "dry"]


def test_hotter_outdoors_never_lower_supply_die_fans_and_the_power_of_the_site(gb300: Factory) -> None:
    """PUE itself may fall by a hair where the fans are at full speed: leakage counts as IT."""
    dry = 273.15 + np.array([20.0, 30, 36, 38, 40, 42, 44])
    rows = twin.solve_batch([changed(gb300, {"site.design_dry_bulb": float(t)}) for t in dry])
    columns = [rows[name] for name in ("coolant_supply_temperature", "junction_temperature_max", "fan_power")]
    for column in (*columns, rows.pue * rows.rack_power):
        assert (np.diff(column.values) >= -1e-6 * column.values[:-1]).all(), column
    assert (rows.pue.values >= 1).all()
    assert rows.coolant_supply_temperature.values[-1] > rows.coolant_supply_temperature.values[0] + 1


def test_the_numbers_of_the_summary_add_up_to_pue(gb300_tree: Any) -> None:
    row = gb300_tree["summary"]
    names = ("unit_pump", "facility_pump", "fan", "chiller", "heat_pump", "room", "door_fan")
    spent = sum(float(row[f"{name}_power"]) for name in names)
    assert float(row.pue) == pytest.approx(1 + spent / float(row.rack_power), rel=1e-12)
    span = float(row.facility_return_temperature - row.facility_supply_temperature)
    carried = float(row.facility_flow) * 4180 * span
    assert carried == pytest.approx(float(row.liquid_heat) + 0.85 * float(row.unit_pump_power), rel=1e-9)


def test_racks_and_plant_without_a_common_state_are_warned_of_and_shown(hot: Factory, monkeypatch: Any) -> None:
    monkeypatch.setattr(achieved, "PASSES", 1)
    summary = twin.solve(hot)["summary"]
    assert "racks and plant find no common state at 43.4 °C outdoors" in warned(summary)


def test_a_rack_that_cannot_be_solved_again_stays_at_its_set_point(hot: Factory, monkeypatch: Any) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise achieved.ConvergenceError("no steady state")

    monkeypatch.setattr(achieved, "solve_steady", lost)
    summary = twin.solve(hot)["summary"]
    assert "find no common state" in warned(summary)
    assert float(summary.coolant_supply_temperature) == hot.cooling.supply_temperature


def test_a_unit_too_small_for_its_racks_is_named_and_not_the_plant(gb300: Factory) -> None:
    small = {"cooling.cdu.rated_heat": 0.9e6, "facility.approach": 3.0, "site": "lulea"}
    text = warned(twin.solve(changed(gb300, small))["summary"])
    assert "the distribution unit cannot hold 45 °C with facility water of 42 °C" in text
    assert "MW on a distribution unit rated 0.9 MW" in text


def test_more_racks_than_the_pumps_serve_get_what_these_give_and_a_plant(gb300: Factory) -> None:
    summary = twin.solve(changed(gb300, {"cooling.cdu": "vertiv-xdu1350"}))["summary"]
    assert np.isfinite([float(summary[name]) for name in PLANT]).all()
    assert 0.99 < float(summary.unit_pump_speed) <= 1
    text = warned(summary)
    assert "give each of 12 racks at most 125.3 L/min" in text and "no plant" not in text
    assert re.search(r"1\.4\d+ MW on a distribution unit rated 1\.368 MW", text)


def test_numbers_that_differ_read_differently(gb300: Factory) -> None:
    assert _apart(0.12102, 0.121, 2) == ("0.12102", "0.121")
    assert _apart(45.0, 40.0, 1) == ("45", "40")
    heat = float(twin.solve(gb300)["summary"].liquid_heat) * gb300.cooling.racks_per_loop
    text = warned(twin.solve(changed(gb300, {"cooling.cdu.rated_heat": heat / 1.0021}))["summary"])
    load, rated = re.search(r"([0-9.]+) MW on a distribution unit rated ([0-9.]+) MW", text).groups()  # type: ignore[union-attr]
    assert float(load) > float(rated)


def test_a_supply_a_hair_above_the_set_point_is_not_worth_a_word(hot: Factory) -> None:
    got = float(twin.solve(hot)["summary"].coolant_supply_temperature) - ZERO
    for below, told in ((0.01, False), (0.4, True)):
        summary = twin.solve(changed(hot, supply=got - below))["summary"]
        assert ("cannot hold" in warned(summary)) is told


def test_sweating_lines_and_fast_hoses_are_warned_of(gb300: Factory) -> None:
    cold = {"site.room_dew_point": 293.15, "facility.plant": "dry-chiller"}
    water = warned(twin.solve(changed(gb300, cold, supply=21))["summary"])
    assert "facility water at 16 °C is below the dew point of the room, 20 °C" in water
    assert "coolant at" not in water
    text = warned(twin.solve(changed(gb300, cold, supply=18))["summary"])
    assert "coolant at 18 °C is below the dew point of the room, 20 °C" in text
    assert "m/s in the hoses" not in text
    spec = changed("vr-nvl72", {"cooling.volume_flow": 400 / 6e4})
    row = twin.solve(spec)["summary"]
    assert float(row.branch_velocity_max) > 2.5
    assert f"{float(row.branch_velocity_max):.1f} m/s in the hoses of a tray, above 2.5 m/s (bore of 12 mm" in warned(
        row
    )


# Ageing


def test_age_heats_the_dies_and_their_fields_by_what_it_adds(gb300: Factory) -> None:
    ages = [{}, {"ageing.interface": 0.2}, {"ageing.plate_fouling": 3e-6}]
    trees = [twin.solve(changed(gb300, age), fields="worst") for age in ages]
    new, thick, fouled = (float(tree["summary"].junction_temperature_max) for tree in trees)
    assert thick > new + 0.2
    assert fouled > new + 0.2
    spots = np.array([float(tree["summary"].hotspot_temperature_max) for tree in trees])
    fields = np.array([float(tree["package/gpu"].temperature.max()) for tree in trees])
    assert fields - fields[0] == pytest.approx(spots - spots[0], abs=0.05)
    chips = trees[2]["thermal"]
    plate = next(c.plate for tray in gb300.rack.trays for c in tray.chips if c.name == "gpu")
    area = plate.base_length * plate.base_width
    gpus = chips.chip_kind.values == "gpu"
    grown = (chips.junction_resistance - trees[0]["thermal"].junction_resistance).values[gpus]
    assert (grown * area / 3e-6 > 1).all()  # heat is denser below the dies
    assert (grown * area / 3e-6 < 2).all()
