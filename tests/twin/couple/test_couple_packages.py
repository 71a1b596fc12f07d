"""Fields inside chips: those of the solved rack, read the way a viewer would read them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from twin_racks import changed, steady, tiny_rack

import thermal
import twin
from twin.build.electric import kinds_of_chip
from twin.couple import packages
from twin.couple.packages import kind_names, package_fields
from twin.couple.steady import Steady
from twin.result.schema import check_tree
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.types import Factory

#: Accuracy of the compact table that the rack is solved with, relative to the rise of the die [1].
TABLE = 1e-3


@pytest.fixture(scope="module")
def worst(gb300: Factory) -> xr.DataTree:
    return twin.solve(gb300, fields="worst")


@pytest.fixture(scope="module")
def tiny() -> Factory:
    """Two GPUs and a switch, the coolant taking nine tenths of their heat: that share must be seen."""
    return changed(tiny_rack(), {"rack.trays.*.chip_liquid_fraction": 0.9})


@pytest.fixture(scope="module")
def every(tiny: Factory) -> xr.DataTree:
    return twin.solve(tiny, fields="all")


def active_face(kind: xr.Dataset, spec: Factory, name: str, heat: float) -> float:
    """Return the mean of the active face of a kind's first chip: first cells, and half a cell of silicon below them."""
    package = kinds_of_chip(spec)[kind_names(spec).index(name)].package
    low, high = (kind[f"patch_{end}"].sel(patch="dies/die").values for end in ("low", "high"))
    die = kind.temperature.isel(chip=0, z=0).sel(x=slice(low[0], high[0]), y=slice(low[1], high[1]))
    inside = [np.flatnonzero((kind[a] > low[i]) & (kind[a] < high[i])) for i, a in enumerate("xy")]
    width, depth = (np.diff(kind[f"{a}_edge"])[cells] for a, cells in zip("xy", inside, strict=True))
    area = package.die_count * package.die_length * package.die_width
    assert (high - low)[0] * (high - low)[1] == pytest.approx(area)
    half = float(kind.z_edge[1] - kind.z_edge[0]) / 2 / package.die_conductivity
    mean = float((die * np.outer(depth, width)).sum() / area)
    return mean + package.die_heat_fraction * heat * half / area


def departures(tree: xr.DataTree, spec: Factory) -> dict[str, float]:
    """Return, chip by chip, how far the active face of a field is from the die mean of the rack, over its rise [1]."""
    found, heat, inlet = {}, tree["thermal"].to_dataset(), spec.cooling.supply_temperature
    for name, node in tree["package"].children.items():
        for place, chip in enumerate(node.chip.values):
            row, kind = heat.sel(chip=chip), node.to_dataset().isel(chip=[place])
            face = active_face(kind, spec, name, float(row.chip_liquid_heat))
            found[str(chip)] = abs((face - inlet) / (float(row.junction_temperature) - inlet) - 1)
    return found


def capacity_rate(spec: Factory, tree: xr.DataTree, flow: float) -> float:
    """Return density times heat capacity times volume flow at the rack's mean coolant [W/K]."""
    liquid = thermal.coolant(spec.cooling.coolant)
    mean = float(tree["summary"].coolant_supply_temperature + tree["summary"].coolant_return_temperature) / 2
    return float(thermal.density(liquid, mean) * thermal.heat_capacity(liquid, mean)) * flow


def test_without_being_asked_there_is_no_field(gb300_tree: xr.DataTree) -> None:
    assert "package" not in gb300_tree.children


def test_the_worst_chip_is_the_one_the_summary_names(worst: xr.DataTree) -> None:
    check_tree(worst)
    assert list(worst["package"].children) == ["gpu"]
    assert worst["package/gpu"].chip.values.tolist() == [worst["summary"].junction_temperature_max_part.item()]


def test_all_chips_have_a_field_each_once(every: xr.DataTree) -> None:
    check_tree(every)
    assert set(every["package"].children) == {"gpu", "asic"}
    chips = [name for kind in every["package"].children.values() for name in kind.chip.values]
    assert sorted(chips) == sorted(every["thermal"].chip.values)


def test_active_faces_have_the_die_means_of_the_rack(every: xr.DataTree, tiny: Factory) -> None:
    found = departures(every, tiny)
    assert len(found) == 3
    assert max(found.values()) < TABLE


def test_the_worst_chip_of_the_default_rack_has_its_die_mean(worst: xr.DataTree, gb300: Factory) -> None:
    assert max(departures(worst, gb300).values()) < TABLE


@pytest.mark.parametrize(
    ("state", "factor"), [("power", 1 / 0.9), ("volume_flow", 0.95), ("inlet_temperature", 1.001), ("tim_factor", 1.05)]
)
def test_the_field_of_another_state_would_be_seen(
    state: str, factor: float, tiny: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = packages.solve_packages

    def other(*arguments: Any) -> Any:
        *kind, chips = arguments
        return exact(*kind, chips._replace(**{state: getattr(chips, state) * factor}))

    monkeypatch.setattr(packages, "solve_packages", other)
    assert min(departures(twin.solve(tiny, fields="worst"), tiny).values()) > 2 * TABLE


def test_no_cell_is_hotter_than_the_hot_spot_or_the_memory_nor_colder_than_the_supply(worst: xr.DataTree) -> None:
    """Cells are means: the hottest lies below the hottest point, by little."""
    field, s = worst["package/gpu"].temperature, worst["summary"]
    hottest = max(float(s.hotspot_temperature_max), float(s.memory_temperature_max))
    assert hottest - 2 < float(field.max()) < hottest + 0.05
    assert float(field.min()) > float(s.coolant_supply_temperature)


def test_the_coolant_takes_up_the_heat_of_the_chip(every: xr.DataTree, tiny: Factory) -> None:
    for kind in every["package"].children.values():
        edge = kind.coolant_temperature.values.astype(float)
        rise = (edge[:, -1] - edge[:, 0]) @ (np.diff(kind.x_edge) / np.ptp(kind.x_edge.values))
        rows = every["thermal"].to_dataset().sel(chip=kind.chip.values)
        for place in range(kind.chip.size):
            rate = capacity_rate(tiny, every, float(rows.chip_coolant_flow[place]))
            assert rise[place] * rate == pytest.approx(float(rows.chip_liquid_heat[place]), rel=1e-4)
        assert float(abs(kind.heat_closure).max()) < 1e-6
        assert edge.min() > tiny.cooling.supply_temperature - 1e-3
        np.testing.assert_allclose(edge[:, 0], tiny.cooling.supply_temperature)


def test_only_what_is_no_material_has_no_temperature(worst: xr.DataTree) -> None:
    kind = worst["package/gpu"].to_dataset()
    filled = np.zeros((kind.z.size, kind.y.size, kind.x.size), dtype=bool)
    for patch in range(kind.patch.size):
        low, high = kind.patch_low[patch].values, kind.patch_high[patch].values
        inside = [(kind[a].values > low[i]) & (kind[a].values < high[i]) for i, a in enumerate("xyz")]
        filled |= inside[2][:, None, None] & inside[1][:, None] & inside[0]
    np.testing.assert_array_equal(np.isfinite(kind.temperature.isel(chip=0)), filled)
    assert not filled.all()


def test_layers_follow_one_another_from_the_dies_to_the_base(worst: xr.DataTree) -> None:
    layers = worst["package/gpu"].layer.values.tolist()
    assert list(dict.fromkeys(layers)) == ["dies", "interface", "lid", "lid interface", "base"]
    assert sorted(layers, key=list(dict.fromkeys(layers)).index) == layers
    z = worst["package/gpu"].z_edge
    assert float(z[0]) == 0
    assert float(z[-1]) == pytest.approx(float(worst["package/gpu"].patch_high.sel(axis="z").max()))


def test_the_field_is_its_own_mirror_image(worst: xr.DataTree) -> None:
    kind = worst["package/gpu"]
    np.testing.assert_allclose(kind.x, kind.x_edge[-1].item() - kind.x[::-1], atol=1e-12)
    np.testing.assert_allclose(kind.temperature, kind.temperature[..., ::-1], rtol=1e-6)


def test_each_chip_has_its_own_interface_flow_and_power(tiny: Factory) -> None:
    """Of two GPUs that differ in their interface alone the one with more of it is hotter."""
    solved = steady(changed(tiny, {"variation.leakage": 0.0}))
    fields = package_fields(solved, 0, tiny, "all")["gpu"]
    thicker = solved.model.interface_factor[0, fields["chip"]]
    hottest = np.nanmax(fields["temperature"], axis=(1, 2, 3))
    assert thicker[0] != thicker[1]
    assert hottest.argmax() == thicker.argmax()


def test_the_rack_of_a_batch_is_the_one_that_is_asked_for(tiny: Factory) -> None:
    cold = changed(tiny, supply=30.0)
    both: Steady = steady(tiny, cold)
    means = [np.nanmean(package_fields(both, i, tiny, "worst")["gpu"]["temperature"]) for i in range(2)]
    alone = np.nanmean(package_fields(steady(cold), 0, cold, "worst")["gpu"]["temperature"])
    assert means[1] == pytest.approx(alone, abs=1e-3)
    assert abs(means[0] - means[1]) > 1


def test_kinds_of_one_name_are_told_apart_by_their_tray(gb300: Factory) -> None:
    compute, switch = gb300.rack.trays
    second = replace(compute, name="storage")
    twice = replace(gb300, rack=replace(gb300.rack, trays=(compute, switch, second)))
    assert kind_names(gb300) == ["gpu", "cpu", "asic"]
    assert kind_names(twice) == ["compute.gpu", "compute.cpu", "asic", "storage.gpu", "storage.cpu"]


def test_another_word_than_the_three_is_refused_before_anything_is_solved(monkeypatch, gb300: Factory) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("twin.couple.solve.solve_steady", None)
    with pytest.raises(SpecError, match="'hottest': must be none, worst or all"):
        twin.solve(gb300, fields="hottest")


def test_a_field_that_is_not_found_names_the_spec(monkeypatch, gb300: Factory) -> None:  # type: ignore[no-untyped-def]
    def lost(*_: object) -> None:
        raise thermal.DidNotConverge("no field in 200 iterations")

    monkeypatch.setattr(packages, "solve_packages", lost)
    with pytest.raises(ConvergenceError, match="gb300-nvl72: no field in 200 iterations"):
        twin.solve(gb300, fields="worst")


@pytest.mark.slow
def test_all_chips_of_the_default_rack_have_their_die_means(gb300: Factory) -> None:
    found = departures(twin.solve(gb300, fields="all"), gb300)
    assert len(found) == 126
    assert max(found.values()) < TABLE
