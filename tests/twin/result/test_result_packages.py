"""Fields inside chips in a result: complete or absent, packed on disk, read back equal."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from twin.result.io import read_tree, summary_dict, write_tree
from twin.result.schema import PACKAGE_COORDINATES, check_tree, package_fields, udunits
from twin.result.tree import make_package

SHAPE = (5, 8, 12)


def found(*chips: int, shape: tuple[int, int, int] = SHAPE) -> dict[str, Any]:
    """Fields of the chips with these indices, smooth as real ones, the corners of two layers empty."""
    edges = {f"{axis}_edge": np.linspace(0, 0.01 * n, n + 1) ** 1.1 for axis, n in zip("zyx", shape, strict=True)}
    z, y, x = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    temperature = np.array([330 + chip + 20 * np.exp(-z - x**2 - y**2) for chip in chips], np.float32)
    temperature[:, :2, :2, :2] = np.nan
    return {
        "chip": np.array(chips),
        **edges,
        "layer": np.repeat(["dies", "base"], [2, shape[0] - 2]),
        "patch": np.array(["dies/die", "base"]),
        "patch_low": np.zeros((2, 3)),
        "patch_high": np.full((2, 3), 0.02),
        "temperature": temperature,
        "coolant_temperature": np.full((len(chips), shape[1] + 1, shape[2]), 318.15, np.float32),
        "heat_closure": np.full(len(chips), 1e-12),
    }


def with_packages(tree: xr.DataTree, spec: Any, **packages: dict[str, Any]) -> xr.DataTree:
    kinds = {kind: xr.DataTree(dataset=make_package(spec.rack, values)) for kind, values in packages.items()}
    made = tree.copy()
    made["package"] = xr.DataTree(children=kinds)
    return made


@pytest.fixture(scope="module")
def tree(gb300_tree, gb300):
    return with_packages(gb300_tree, gb300, gpu=found(0, 3), cpu=found(4))


def changed(tree: xr.DataTree, path: str, change: Any) -> xr.DataTree:
    made = tree.copy()
    made[path] = xr.DataTree(dataset=change(tree[path].to_dataset() if path in tree.groups else xr.Dataset()))
    return made


def test_a_result_may_lack_the_fields_and_have_them_for_any_kinds(tree, gb300_tree):
    check_tree(gb300_tree)
    check_tree(tree)


MUTANTS = {
    "an extra variable": ("/package/gpu", lambda d: d.assign(wish=d.heat_closure), "/package/gpu/wish is not declared"),
    "a missing one": ("/package/cpu", lambda d: d.drop_vars("temperature"), "/package/cpu/temperature is missing"),
    "other dimensions": (
        "/package/gpu",
        lambda d: d.assign(temperature=d.temperature.transpose("chip", "x", "y", "z")),
        "/package/gpu/temperature has dimensions ('chip', 'x', 'y', 'z'), declared ('chip', 'z', 'y', 'x')",
    ),
    "other units": (
        "/package/gpu",
        lambda d: d.assign(temperature=d.temperature.assign_attrs(units="degC")),
        "/package/gpu/temperature has units 'degC', declared 'K'",
    ),
    "an empty kind": ("/package/asic", lambda _: xr.Dataset(), "/package/asic/temperature is missing"),
    "a field beside the kinds": (
        "/package/gpu/die",
        lambda d: d.assign(depth=xr.Variable((), 1.0)),
        "/package/gpu/die/depth is not declared",
    ),
    "another group": ("/packages", lambda d: d.assign(depth=xr.Variable((), 1.0)), "/packages/depth is not declared"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_fields_that_depart_from_the_registry_are_refused(tree, mutant):
    path, change, message = MUTANTS[mutant]
    with pytest.raises(ValueError, match="does not match the registry") as caught:
        check_tree(changed(tree, path, change))
    assert message in str(caught.value).splitlines()


def test_cells_have_centres_between_their_edges_in_metres(tree):
    kind = tree["package/gpu"]
    for axis in "xyz":
        edges, centres = kind[f"{axis}_edge"], kind[axis]
        assert centres.size == edges.size - 1
        np.testing.assert_allclose(centres, (edges.values[1:] + edges.values[:-1]) / 2)
        assert centres.attrs["units"] == edges.attrs["units"] == "m"


def test_a_field_is_found_by_the_name_of_its_chip_and_its_slot(tree):
    kind = tree["package/gpu"].to_dataset()
    assert kind.chip.values.tolist() == ["compute-01/gpu-0", "compute-01/gpu-3"]
    hottest = kind.sel(chip="compute-01/gpu-3").temperature.max()
    assert float(hottest) == pytest.approx(353, abs=2)
    assert kind.chip_position.values.tolist() == [0, 3]
    assert kind.chip_slot.values.tolist() == [5, 5]


def test_every_variable_and_coordinate_says_what_it_is(tree):
    for kind in tree["package"].children.values():
        assert {str(name) for name in kind.coords} >= set(PACKAGE_COORDINATES)
        for name, variable in kind.variables.items():
            assert variable.attrs["long_name"].strip(), name
        for name, field in package_fields().items():
            assert kind[name].attrs["units"] == udunits(field.unit)
            assert kind[name].dims == field.dims


def test_fields_written_and_read_are_equal_and_packed_chip_by_chip(tree, tmp_path):
    import netCDF4

    write_tree(tree, tmp_path / "twin.nc")
    back = read_tree(tmp_path)
    for kind in ("gpu", "cpu"):
        for name, variable in tree[f"package/{kind}"].variables.items():
            read = back[f"package/{kind}"].variables[name]
            assert (read.dims, read.attrs) == (variable.dims, variable.attrs), name
            np.testing.assert_array_equal(read.values, variable.values, err_msg=str(name))
    assert back["package/gpu"].temperature.dtype == np.float32
    assert "_FillValue" not in back["package/gpu"].temperature.attrs
    with netCDF4.Dataset(tmp_path / "twin.nc") as file:
        assert file["package/gpu"].variables["temperature"].dtype == np.float32


def test_a_large_field_has_one_packed_chunk_per_chip(gb300_tree, gb300, tmp_path):
    import netCDF4

    large = found(0, 1, 2, shape=(10, 30, 40))
    write_tree(with_packages(gb300_tree, gb300, gpu=large), tmp_path / "twin.nc")
    with netCDF4.Dataset(tmp_path / "twin.nc") as file:
        temperature = file["package/gpu"].variables["temperature"]
        assert temperature.chunking() == [1, 10, 30, 40]
        assert temperature.filters()["zlib"]


def test_fields_change_no_headline(tree, gb300_tree):
    assert summary_dict(tree) == summary_dict(gb300_tree)
