"""From the values of a solved rack to its DataTree: five groups and those of packages, every variable registered."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from twin.layout.cables import cable_lengths
from twin.layout.geometry import geometry
from twin.layout.parts import parts
from twin.result.schema import COORDINATES, PACKAGE_COORDINATES, Field, fields, package_fields, udunits
from twin.spec.types import Factory, Rack

#: Names that NVIDIA's DSX Exchange schema gives to the same point.
DSX_POINTS = {
    "coolant_supply_temperature": "RackLiquidSupplyTemperature",
    "coolant_return_temperature": "RackLiquidReturnTemperature",
    "coolant_volume_flow": "RackLiquidFlow",
    "rack_power": "RackPower",
}
Own = tuple[str, str, tuple[Any, ...]]
"""Name, dimension and values of a coordinate that does not follow from the rack alone."""
#: CF 1.11, section 3.1.2: whether kelvins are a temperature or a difference of two.
KINDS_OF_TEMPERATURE = {"K": "temperature: on_scale", "delta_K": "temperature: difference"}


def make_tree(
    spec: Factory,
    values: dict[str, Any],
    attributes: dict[str, Any],
    packages: Mapping[str, Mapping[str, Any]] | None = None,
) -> xr.DataTree:
    """Return the result tree of one rack.

    Parameters
    ----------
    spec : Factory
        The spec that was solved.
    values : dict of str to array or scalar
        Every registered variable outside /geometry, SI.
    attributes : dict
        Root attributes.
    packages : mapping of str to mapping, optional
        Kind of chip → every registered variable and coordinate of a group /package/<kind>, SI; there `chip` holds the
        indices of its chips [1].

    Returns
    -------
    DataTree
        One group per leaf, /summary and /geometry, and /package/<kind>.

    References
    ----------
    Derived: `twin.result.schema.fields`.
    """
    feeder = [name for name in COORDINATES if name.startswith("feeder")]
    own: dict[str, tuple[Own, ...]] = {
        "topology": (("job", "job", spec.traffic.job_names),),
        "thermal": (),
        "power": tuple((name, "feeder", tuple(values[name])) for name in feeder),
        "summary": (("iteration", "iteration", tuple(range(1, len(values["residual_history"]) + 1))),),
    }
    sets = {}
    for group, coordinates in own.items():
        data = {f.name: xr.Variable(f.dims, _stored(values[f.name]), fastpath=True) for f in _declared(group)}
        sets[group] = _empty(spec.rack, group, coordinates).copy(data=data)
    if spec.rack.busbar is not None:
        sets["power"].attrs["busbar_rated_current"] = spec.rack.busbar.rated_current
    if spec.feed is not None and spec.feed.dc_row is not None:
        sets["power"].attrs["dc_row_ends"] = spec.feed.dc_row.ends
    tree = xr.DataTree(dataset=xr.Dataset(attrs=attributes))
    datasets = {"geometry": _geometry(spec.rack), **sets}
    nodes = {name: xr.DataTree(dataset=data) for name, data in datasets.items()}
    if packages:
        kinds = {kind: xr.DataTree(dataset=make_package(spec.rack, found)) for kind, found in packages.items()}
        nodes["package"] = xr.DataTree(children=kinds)
    tree.children = nodes  # set later: copied once less
    return tree


def make_package(rack: Rack, found: Mapping[str, Any]) -> xr.Dataset:
    """Return the group of the chips of one kind.

    Parameters
    ----------
    rack : Rack
        Their rack.
    found : mapping of str to array
        Registered variables, edges, layers, patches and the indices of the chips, as in `make_tree`.

    Returns
    -------
    Dataset
        With the coordinates of its chips, and centres and edges of its cells [m].

    References
    ----------
    Derived: `twin.result.schema.package_fields`.
    """
    variables = {name: _variable(field, found[name]) for name, field in package_fields().items()}
    edges = {f"{axis}_edge": np.asarray(found[f"{axis}_edge"]) for axis in "xyz"}
    centres = {name[0]: (edge[1:] + edge[:-1]) / 2 for name, edge in edges.items()}
    values = {**centres, **edges, "layer": found["layer"], "patch": found["patch"], "axis": np.array(list("xyz"))}
    dims = {"layer": "z"}
    own = {name: _package_coordinate(name, dims.get(name, name), value) for name, value in values.items()}
    chips = {name: value[found["chip"]] for name, value in _coordinates(rack).items() if value.dims == ("chip",)}
    return xr.Dataset(variables, {**chips, **own})


def _package_coordinate(name: str, dim: str, data: Any) -> xr.Variable:
    attrs = {"long_name": PACKAGE_COORDINATES[name]}
    return xr.Variable(dim, data, attrs | ({"units": "m"} if name[0] in "xyz" else {}), fastpath=True)


@lru_cache(maxsize=16)
def _geometry(rack: Rack) -> xr.Dataset:
    values = geometry(rack)._asdict()
    variables = {f.name: _variable(f, values[f.name]) for f in fields().values() if f.group == "geometry"}
    return xr.Dataset(variables, _indexed(rack, "geometry"))


def _variable(field: Field, value: Any) -> xr.Variable:
    attrs = {"units": udunits(field.unit), "long_name": field.meaning}
    if field.unit in KINDS_OF_TEMPERATURE:
        attrs["units_metadata"] = KINDS_OF_TEMPERATURE[field.unit]
    if field.name in DSX_POINTS:
        attrs["dsx_point"] = DSX_POINTS[field.name]
    return xr.Variable(field.dims, _stored(value), attrs, fastpath=True)


def _coordinate(name: str, dim: str, data: Any) -> xr.Variable:
    return xr.Variable(dim, data, {"long_name": COORDINATES[name]}, fastpath=True)


def _stored(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(object) if array.dtype.kind == "U" and array.ndim == 0 else array


@lru_cache(maxsize=64)
def _indexed(rack: Rack, group: str, own: tuple[Own, ...] = ()) -> xr.Coordinates:
    """Return the coordinates of a group with their indexes: those that follow from the rack, and its own."""
    dims = {dim for field in fields().values() if field.group == group for dim in field.dims}
    needed = {name: value for name, value in _coordinates(rack).items() if value.dims[0] in dims}
    needed |= {name: _coordinate(name, dim, np.array(values)) for name, dim, values in own}
    return xr.Dataset(coords=needed).coords


@lru_cache(maxsize=64)
def _empty(rack: Rack, group: str, own: tuple[Own, ...]) -> xr.Dataset:
    """Return a group with its coordinates, all zeros: a copy with data is quicker than a group made anew."""
    known = _indexed(rack, group, own)
    zeros = {f.name: np.broadcast_to(0.0, tuple(known.sizes[dim] for dim in f.dims)) for f in _declared(group)}
    return xr.Dataset({f.name: _variable(f, zeros[f.name]) for f in _declared(group)}, known)


@lru_cache(maxsize=16)
def _declared(group: str) -> tuple[Field, ...]:
    return tuple(field for field in fields().values() if field.group == group)


@lru_cache(maxsize=16)
def _coordinates(rack: Rack) -> dict[str, xr.Variable]:
    """Return the coordinates that follow from the rack alone."""
    place = parts(rack)
    chip, tray = np.array(place.chip), np.array(place.tray)
    plane = np.repeat(np.arange(rack.nvlink.asics), rack.nvlink.links_by_asic)
    section = np.arange(1, 1 if rack.busbar is None else place.slots)
    table = {
        "chip": ("chip", chip),
        "chip_tray": ("chip", tray[place.chip_tray]),
        "chip_slot": ("chip", place.tray_slot[place.chip_tray]),
        "chip_kind": ("chip", np.array(place.chip_kind)),
        "chip_position": ("chip", place.chip_position),
        "tray": ("tray", tray),
        "tray_slot": ("tray", place.tray_slot),
        "tray_kind": ("tray", np.array(place.tray_kind)),
        "shelf": ("shelf", np.array(place.shelf)),
        "shelf_slot": ("shelf", place.shelf_slot),
        "shelf_in_service": ("shelf", place.shelf_in_service.astype(np.int64)),
        "bus_section": ("bus_section", section),
        "section_top_slot": ("bus_section", section),
        "section_bottom_slot": ("bus_section", section + 1),
        "link": ("link", np.arange(place.gpu.size * plane.size)),
        "link_gpu": ("link", np.repeat(chip[place.gpu], plane.size)),
        "link_asic": ("link", np.tile(chip[place.asic][plane], place.gpu.size)),
        "plane": ("link", np.tile(plane, place.gpu.size)),
        "cartridge": ("link", cable_lengths(rack)[1]),
        "axis": ("axis", np.array(["x", "y", "z"])),
    }
    return {name: _coordinate(name, dim, data) for name, (dim, data) in table.items()}
