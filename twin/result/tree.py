"""From the values of a solved rack to its DataTree: five groups, every variable registered."""

from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from twin.layout.cables import cable_lengths
from twin.layout.geometry import geometry
from twin.layout.parts import parts
from twin.result.schema import COORDINATES, Field, fields, udunits
from twin.spec.types import Factory, Rack

#: Names that NVIDIA's DSX Exchange schema gives to the same point.
DSX_POINTS = {
    "coolant_supply_temperature": "RackLiquidSupplyTemperature",
    "coolant_return_temperature": "RackLiquidReturnTemperature",
    "coolant_volume_flow": "RackLiquidFlow",
    "rack_power": "RackPower",
}
#: CF 1.11, section 3.1.2: whether kelvins are a temperature or a difference of two.
KINDS_OF_TEMPERATURE = {"K": "temperature: on_scale", "delta_K": "temperature: difference"}


def make_tree(spec: Factory, values: dict[str, Any], attributes: dict[str, Any]) -> xr.DataTree:
    """Return the result tree of one rack.

    Parameters
    ----------
    spec : Factory
        The spec that was solved.
    values : dict of str to array or scalar
        Every registered variable outside /geometry, SI.
    attributes : dict
        Root attributes.

    Returns
    -------
    DataTree
        One group per leaf, /summary and /geometry.

    References
    ----------
    Derived: `twin.result.schema.fields`.
    """
    groups: dict[str, dict[str, Any]] = {name: {} for name in ("topology", "thermal", "power", "summary")}
    for field in fields().values():
        if field.group in groups:
            groups[field.group][field.name] = _variable(field, values[field.name])
    history = len(values["residual_history"])
    coordinates = {
        **_coordinates(spec.rack),
        "iteration": _coordinate("iteration", "iteration", np.arange(1, history + 1)),
    }
    sets = {group: xr.Dataset(variables, _needed(variables, coordinates)) for group, variables in groups.items()}
    if spec.rack.busbar is not None:
        sets["power"].attrs["busbar_rated_current"] = spec.rack.busbar.rated_current
    tree = xr.DataTree(dataset=xr.Dataset(attrs=attributes))
    datasets = {"geometry": _geometry(spec.rack), **sets}
    tree.children = {name: xr.DataTree(dataset=data) for name, data in datasets.items()}  # set later: copied once less
    return tree


@lru_cache(maxsize=16)
def _geometry(rack: Rack) -> xr.Dataset:
    values = geometry(rack)._asdict()
    variables = {f.name: _variable(f, values[f.name]) for f in fields().values() if f.group == "geometry"}
    return xr.Dataset(variables, _needed(variables, _coordinates(rack)))


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


def _needed(variables: dict[str, xr.Variable], coordinates: dict[str, xr.Variable]) -> dict[str, xr.Variable]:
    dims = {dim for variable in variables.values() for dim in variable.dims}
    return {name: value for name, value in coordinates.items() if value.dims[0] in dims}


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
