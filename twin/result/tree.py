"""From the values of a solved rack to its DataTree: five groups, every variable registered."""

from typing import Any

import numpy as np
import xarray as xr

from twin.layout.geometry import geometry
from twin.layout.parts import Parts, parts
from twin.result.schema import COORDINATES, fields, udunits
from twin.spec.types import Factory

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
    place = parts(spec.rack)
    values = {**values, **geometry(spec.rack)._asdict()}
    coordinates = _coordinates(spec, place, values)
    groups: dict[str, dict[str, Any]] = {name: {} for name in ("geometry", "topology", "thermal", "power", "summary")}
    for field in fields().values():
        attrs = {"units": udunits(field.unit), "long_name": field.meaning}
        if field.unit in KINDS_OF_TEMPERATURE:
            attrs["units_metadata"] = KINDS_OF_TEMPERATURE[field.unit]
        if field.name in DSX_POINTS:
            attrs["dsx_point"] = DSX_POINTS[field.name]
        groups[field.group][field.name] = xr.Variable(field.dims, _stored(values[field.name]), attrs, fastpath=True)
    sets = {group: xr.Dataset(variables, _needed(variables, coordinates)) for group, variables in groups.items()}
    if spec.rack.busbar is not None:
        sets["power"].attrs["busbar_rated_current"] = spec.rack.busbar.rated_current
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), **{f"/{k}": v for k, v in sets.items()}})


def _stored(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(object) if array.dtype.kind == "U" and array.ndim == 0 else array


def _needed(variables: dict[str, Any], coordinates: dict[str, Any]) -> dict[str, Any]:
    dims = {dim for variable in variables.values() for dim in variable.dims}
    return {name: value for name, value in coordinates.items() if value.dims[0] in dims}


def _coordinates(spec: Factory, place: Parts, values: dict[str, Any]) -> dict[str, Any]:
    tray = np.array(place.tray)
    plane = np.repeat(np.arange(spec.rack.nvlink.asics), spec.rack.nvlink.links_by_asic)
    chip = np.array(place.chip)
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
        "bus_section": ("bus_section", np.arange(1, len(values["bus_section_current"]) + 1)),
        "section_top_slot": ("bus_section", np.arange(1, len(values["bus_section_current"]) + 1)),
        "section_bottom_slot": ("bus_section", np.arange(2, len(values["bus_section_current"]) + 2)),
        "link": ("link", np.arange(len(values["link_bandwidth"]))),
        "link_gpu": ("link", np.repeat(chip[place.gpu], plane.size)),
        "link_asic": ("link", np.tile(chip[place.asic][plane], place.gpu.size)),
        "plane": ("link", np.tile(plane, place.gpu.size)),
        "cartridge": ("link", values["cartridge"]),
        "iteration": ("iteration", np.arange(1, len(values["residual_history"]) + 1)),
        "axis": ("axis", np.array(["x", "y", "z"])),
    }
    return {
        name: xr.Variable(dim, data, {"long_name": COORDINATES[name]}, fastpath=True)
        for name, (dim, data) in table.items()
    }
