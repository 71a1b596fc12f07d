"""A sweep is a grid of single solves with the swept fields as dimensions."""

import re
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from twin_racks import changed

import twin
from twin.result.schema import scalars
from twin.spec.errors import SpecError
from twin.spec.load import loads
from twin.spec.types import Factory
from twin.sweeps.grid import axis_values
from twin.sweeps.run import sweep

SUPPLY, LOAD = "cooling.supply_temperature", "load.utilization"
TIGHT = {"rack.busbar.heat_transfer": 500.0}


@pytest.fixture(scope="module")
def square(gb300: Factory):  # type: ignore[no-untyped-def]
    return sweep(gb300, {SUPPLY: ["35 degC", 318.15, "47 degC"], LOAD: [1.0, 0.25]})


def test_dimensions_follow_the_order_of_the_paths(square) -> None:  # type: ignore[no-untyped-def]
    assert dict(square.sizes) == {"supply_temperature": 3, "load_utilization": 2}
    assert square.rack_power.dims == ("supply_temperature", "load_utilization")


def test_coordinates_are_si_with_unit_and_path_in_the_order_given(square) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(square.supply_temperature, [308.15, 318.15, 320.15])
    assert square.load_utilization.values.tolist() == [1.0, 0.25]
    assert square.supply_temperature.attrs == {"units": "K", "path": SUPPLY}
    assert square.load_utilization.attrs["path"] == LOAD


def test_every_point_is_its_own_single_solve(square, gb300: Factory) -> None:  # type: ignore[no-untyped-def]
    for i, supply in enumerate((35.0, 45.0, 47.0)):
        for j, load in enumerate((1.0, 0.25)):
            alone = twin.solve_batch([changed(gb300, supply=supply, load=load)]).isel(case=0)
            point = square.isel(supply_temperature=i, load_utilization=j)
            for name in ("rack_power", "junction_temperature_max", "coolant_flow", "bus_voltage_min"):
                assert point[name].item() == pytest.approx(alone[name].item(), rel=1e-9), name
            assert point.headroom_power_limited_by.item() == alone.headroom_power_limited_by.item()


def test_variables_carry_unit_and_name(square) -> None:  # type: ignore[no-untyped-def]
    assert square.rack_power.attrs["units"] == "W"
    assert square.rack_power.attrs["long_name"]
    assert np.all(square.status == "ok")
    assert np.all(square.message == "")


def test_a_point_outside_the_range_is_refused_and_the_others_are_solved(gb300: Factory) -> None:
    grid = sweep(gb300, {SUPPLY: [308.15, 333.15, 318.15]})
    assert grid.status.values.tolist() == ["ok", "refused", "ok"]
    assert "60 degC" in grid.message.values[1]
    assert np.isnan(grid.rack_power.values[1])
    assert grid.warnings.values[1] == ""
    assert np.all(np.isfinite(grid.rack_power.values[[0, 2]]))


def test_points_whose_bar_cannot_carry_them_are_refused_and_the_others_are_solved(gb300: Factory) -> None:
    soft = changed(gb300, TIGHT)
    grid = sweep(soft, {"rack.shelf.source_resistance": [1e-4, 0.2, 3e-4, 0.3]})
    assert grid.status.values.tolist() == ["ok", "refused", "ok", "refused"]
    assert "cannot carry" in grid.message.values[1]
    assert np.isnan(grid.rack_power.values[[1, 3]]).all()
    alone = twin.solve_batch([changed(soft, {"rack.shelf.source_resistance": 3e-4})])
    assert grid.rack_power.values[2] == pytest.approx(alone.rack_power.item(), rel=1e-9)


def test_a_peak_that_the_bar_cannot_carry_does_not_end_the_sweep(gb300: Factory) -> None:
    grid = sweep(changed(gb300, {"rack.busbar.heat_transfer": 100.0}), {"rack.shelf.source_resistance": [3e-4, 0.036]})
    assert grid.status.values.tolist() == ["ok", "ok"]
    assert np.isfinite(grid.rack_power.values).all()
    assert np.isfinite(grid.busbar_section_current_peak.values).tolist() == [True, False]


def test_a_bar_without_a_steady_temperature_does_not_end_the_sweep(gb300: Factory) -> None:
    grid = sweep(gb300, {"rack.busbar.heat_transfer": [0.2, 4.4]})
    assert grid.status.values.tolist() == ["refused", "ok"]
    assert "else the bar has no steady temperature" in grid.message.values[0]


def test_two_fields_of_one_name_get_dimensions_that_differ(gb300: Factory) -> None:
    grid = sweep(gb300, {"cooling.cdu.rated_heat": [1.9e6, 2e6, 2.1e6], SUPPLY: [308.15, 318.15]})
    assert dict(grid.sizes) == {"rated_heat": 3, "supply_temperature": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grid = sweep(gb300, {"chips.gpu.power.tdp": [1300.0, 1400.0], "chips.cpu.power.tdp": [300.0, 400.0, 420.0]})
    assert dict(grid.sizes) == {"gpu_power_tdp": 2, "cpu_power_tdp": 3}
    assert grid.rack_power.dims == ("gpu_power_tdp", "cpu_power_tdp")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("gb300-nvl72", {LOAD: [1.0]}), "'gb300-nvl72' is no spec: load one with twin.load"),
        ((None, {LOAD: [1.0]}), "None is no spec: load one"),
        (("gb300", f"{LOAD}=0:1:0.1"), "must be a mapping, such as {'load.utilization': '0.2:1:0.1'}"),
        (("gb300", {LOAD: "0:1"}, "latin:4"), "sample = 'latin:4': must be a twin.Sample, such as twin.Sample('latin'"),
    ],
)
def test_arguments_of_another_type_are_refused_with_what_to_give(gb300: Factory, arguments, says) -> None:  # type: ignore[no-untyped-def]
    spec, over, *sample = arguments
    with pytest.raises(SpecError) as refused:
        twin.sweep(gb300 if spec == "gb300" else spec, over, sample=sample[0] if sample else None)
    assert says in str(refused.value)


def test_one_field_swept_twice_is_refused(gb300: Factory) -> None:
    with pytest.raises(SpecError, match=r"utilization and load\.utilization both set load\.utilization"):
        sweep(gb300, {LOAD: [0.5, 1.0], "utilization": [0.2, 0.3]})


def test_one_field_swept_alone_and_among_others_is_refused(gb300: Factory) -> None:
    over = {"rack.trays.*.auxiliary_power": [250.0], "rack.trays.switch.auxiliary_power": [230.0, 240.0]}
    with pytest.raises(SpecError, match="sweep a field once"):
        sweep(gb300, over)


def test_all_chips_of_a_kind_can_be_swept_together(gb300: Factory) -> None:
    grid = sweep(gb300, {"rack.trays.*.intermediate_bus.efficiency": [0.95, 0.98]})
    assert grid.intermediate_bus_loss.values[0] > 2 * grid.intermediate_bus_loss.values[1]


def test_text_fields_are_swept_too(gb300: Factory) -> None:
    grid = sweep(gb300, {"traffic.pattern": ["uniform", "expert_dispatch"]})
    assert grid.pattern.values.tolist() == ["uniform", "expert_dispatch"]
    assert np.all(grid.status == "ok")


def test_parts_may_differ_from_point_to_point(gb300: Factory) -> None:
    grid = sweep(gb300, {"rack.stack.top-shelves.in_service": [True, False]})
    assert grid.busbar_section_current_max.values[1] > 1.9 * grid.busbar_section_current_max.values[0]


def test_values_may_come_from_any_iterable(gb300: Factory) -> None:
    def loads() -> Iterator[float]:
        yield from (0.2, 0.4)

    assert sweep(gb300, {LOAD: loads()}).rack_power.shape == (2,)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({}, "no field given"),
        ({LOAD: []}, "no values"),
        ({"load.utilisation": [1.0]}, "no such field"),
        ({SUPPLY: ["45 C"]}, "degC"),
        ({LOAD: ["full"]}, "load.utilization"),
    ],
)
def test_an_unfit_request_is_refused_before_anything_is_solved(
    gb300: Factory, over: dict[str, list[object]], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.sweeps.blocks.solve_table", lambda *_: pytest.fail("solved"))
    with pytest.raises(SpecError, match=words):
        sweep(gb300, over)


def test_progress_sums_to_the_points_a_block_at_a_time(gb300: Factory) -> None:
    done: list[int] = []
    sweep(gb300, {LOAD: np.linspace(0.1, 1, 150)}, progress=done.append)
    assert done == [75, 75]


def test_progress_counts_refused_points(gb300: Factory) -> None:
    done: list[int] = []
    sweep(gb300, {SUPPLY: [308.15, 333.15, 318.15]}, progress=done.append)
    assert done == [3]


def test_the_dataset_says_what_was_solved(square, gb300: Factory) -> None:  # type: ignore[no-untyped-def]
    assert loads(square.attrs["spec"]) == gb300
    assert square.attrs["axes"].splitlines() == [f"{SUPPLY} = 308.15, 318.15, 320.15", f"{LOAD} = 1.0, 0.25"]
    assert len(square.attrs["catalogue_hash"]) == 64


def test_no_value_among_quantities_is_nan_along_the_axis(gb300: Factory) -> None:
    grid = sweep(gb300, {"cooling.volume_flow": ["none", "100 L/min"]})
    np.testing.assert_array_equal(grid.volume_flow, [np.nan, 100e-3 / 60])
    assert grid.coolant_volume_flow.values[1] == pytest.approx(100e-3 / 60)


def test_the_public_sweep_can_be_called_twice(gb300: Factory) -> None:
    for _ in range(2):
        assert twin.sweep(gb300, {LOAD: [0.5]}).sizes["load_utilization"] == 1


def test_a_grid_of_refused_points_still_has_its_variables(gb300: Factory) -> None:
    grid = sweep(gb300, {SUPPLY: [333.15]})
    assert grid.status.values.tolist() == ["refused"]
    assert np.isnan(grid.rack_power.values).all()
    assert set(grid.data_vars) == {*scalars(), "status", "message"}


@pytest.mark.parametrize(
    ("path", "text", "values"),
    [
        ("gpu.power.tdp", "1200, 1400 W", [1200.0, 1400.0]),
        ("gpu.power.tdp", "1.2 kW,1400 W", [1200.0, 1400.0]),
        ("cooling.supply_temperature", "25:27:1 degC", [298.15, 299.15, 300.15]),
        ("load.utilization", "0.5,1", [0.5, 1.0]),
        ("traffic.pattern", "uniform,expert_dispatch", ["uniform", "expert_dispatch"]),
    ],
)
def test_one_text_gives_the_values_of_an_axis(path, text, values):
    assert axis_values(twin.load("gb300-nvl72"), path, text) == pytest.approx(values)


@pytest.mark.parametrize(
    ("path", "values", "says"),
    [
        ("load.utilization", 0.5, "must be a list of values, or a range"),
        ("cooling.supply_temperature", "25:50:5", "has no unit: write 25:50:5 degC or K"),
        ("cooling.supply_temperature", "25,30", "has no unit"),
        ("cooling.supply_temperature", "", "no values to sweep over"),
        ("cooling.supply_temperature", "25:45 degC", "needs a step, such as 25:45:2 degC, or a sample"),
        ("load.utilization", " 1 : 0.2", "needs a step, such as 1:0.2:-0.08, or a sample (--sample latin:200)"),
        ("busbar.cross_section", "1e-4:1e-4 m2", "needs a step, such as 1e-4:1e-4:1 m2"),
        ("load.utilization", "20 %:80 %", "needs a step, such as 20:80:6 %"),
    ],
)
def test_what_is_no_axis_is_refused_by_its_path(path, values, says):
    with pytest.raises(SpecError, match=f"^{re.escape(path)}.*{re.escape(says)}"):
        axis_values(twin.load("gb300-nvl72"), path, values)
