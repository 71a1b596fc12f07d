"""The registry of every variable of a result, and the check that a tree holds exactly what is declared.

The leaves declare their variables as plain rows; this is the only place that turns a row into a `Field` and merges
them. Scalars belong to the group /summary, the others to the group of their leaf. The fields inside chips stand beside
them, in one group /package/<kind> for each kind of chip that has any: their chips are not all chips of the rack, which
the children of /thermal would have to share.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import power
import thermal
import topology
from thermal.fields import PACKAGE_FIELDS

if TYPE_CHECKING:
    from xarray import DataTree


class Field(NamedTuple):
    """One variable of the result."""

    name: str
    group: str
    dims: tuple[str, ...]
    unit: str
    direction: str
    """in: given by the spec; out: solved."""
    meaning: str


_HEADROOM = {
    "headroom_temperature": ("delta_K", "least distance to a temperature limit, without derating"),
    "supply_temperature_max": (
        "K",
        "highest supply temperature that keeps every limit, flow held, without derating",
    ),
    "coolant_flow_min": ("kg/s", "least coolant flow that keeps every limit, without derating"),
    "headroom_power": ("W", "rack power to spare before the first limit, flow held, without derating"),
}
_SUMMARY = {
    "utilization": ((), "1", "in", "share of full load asked of the chips"),
    "clock_min": ((), "1", "out", "lowest clock among the GPUs over full clock"),
    "junction_temperature_max": ((), "K", "out", "hottest die mean"),
    "junction_temperature_max_part": ((), "", "out", "chip with the hottest die mean"),
    "hotspot_temperature_max": ((), "K", "out", "hottest point of a die"),
    "memory_temperature_max": ((), "K", "out", "hottest memory"),
    "energy_closure_relative": ((), "1", "out", "AC input less coolant and air heat, over AC input"),
    "iterations": ((), "1", "out", "passes of the coupled fixed point"),
    "assumed_share": ((), "1", "in", "share of assumed numbers among all numbers of the spec"),
    "warnings": ((), "", "out", "what a reviewer must know, one per line"),
    **{name: ((), unit, "out", meaning) for name, (unit, meaning) in _HEADROOM.items()},
    **{f"{name}_limited_by": ((), "", "out", f"part and limit that bound {name}") for name in _HEADROOM},
    "residual_history": (("iteration",), "1", "out", "largest relative change in each pass"),
}
_GEOMETRY = {
    "box_name": (("box",), "", "in", "part drawn as a box"),
    "box_kind": (("box",), "", "in", "kind of the part"),
    "box_centre": (("box", "axis"), "m", "in", "centre, x right, y rear, z up"),
    "box_size": (("box", "axis"), "m", "in", "edge lengths"),
    "tube_name": (("tube",), "", "in", "part drawn as a tube"),
    "tube_kind": (("tube",), "", "in", "kind of the tube"),
    "tube_link": (("tube",), "1", "in", "link a cable belongs to, -1 for other tubes"),
    "tube_radius": (("tube",), "m", "in", "radius"),
    "tube_node_count": (("tube",), "1", "in", "points of each tube (contiguous ragged array)"),
    "tube_point": (("node", "axis"), "m", "in", "points of all tubes, one tube behind the other"),
}
#: Coordinates of the flat dimensions.
COORDINATES = {
    "chip": "name of the chip",
    "chip_tray": "tray of the chip",
    "chip_slot": "slot of the chip's tray, 1 = top",
    "chip_kind": "gpu, cpu or switch",
    "chip_position": "place in the tray among chips of its kind",
    "tray": "name of the tray",
    "tray_slot": "slot of the tray, 1 = top",
    "tray_kind": "kind of the tray",
    "shelf": "name of the shelf",
    "shelf_slot": "slot of the shelf, 1 = top",
    "shelf_in_service": "1, or 0 where its bank has failed or is off",
    "bus_section": "section of the bar, 1 = top",
    "section_top_slot": "slot at the upper end of the section",
    "section_bottom_slot": "slot at the lower end of the section",
    "link": "id of the link",
    "link_gpu": "GPU of the link",
    "link_asic": "switch ASIC of the link",
    "job": "name of the job; all where the traffic names none",
    "plane": "index of the ASIC",
    "cartridge": "cable cartridge, -1 without a spine",
    "feeder": "element of the feed: a node, a branch or a breaker",
    "feeder_kind": "utility, node, switchboard, pdu, busway, rack, cooling, cable, transformer, ups, breaker, "
    "rectifier or dc bus",
    "feeder_from": "node on the supply side of a branch",
    "feeder_to": "node on the load side of a branch",
    "feeder_nominal_voltage": "of the node or of the load side [V]",
    "feeder_closed": "1, or 0 where its breaker is open",
    "iteration": "pass of the fixed point",
    "axis": "x, y, z",
}
#: Coordinates of a group /package/<kind> beside those of its chips. Lengths are in metres.
PACKAGE_COORDINATES = {
    "x": "centre of the cell along the row of dies, from an edge of the base",
    "y": "centre of the cell along the coolant, from its inlet",
    "z": "centre of the cell from the active face to the coolant",
    "x_edge": "edge of the cells along x",
    "y_edge": "edge of the cells along y",
    "z_edge": "edge of the cells along z",
    "layer": "layer of the cells",
    "patch": "part of the package, in its layer",
    "axis": COORDINATES["axis"],
}


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """Return every declared variable of a result.

    Returns
    -------
    dict of str to Field
        By name; no name has two meanings.

    Raises
    ------
    ValueError
        Two leaves declare the same name.

    References
    ----------
    Derived: the leaves' `fields.py` and the tables of this module.

    Examples
    --------
    >>> fields()["junction_temperature"].unit
    'K'
    """
    merged: dict[str, Field] = {}
    rows = {"topology": topology.FIELDS, "thermal": thermal.FIELDS, "power": power.FIELDS}
    for group, table in {**rows, "summary": _SUMMARY, "geometry": _GEOMETRY}.items():
        for name, (dims, unit, direction, meaning) in table.items():
            if name in merged:
                raise ValueError(f"{name} is declared by {merged[name].group} and by {group}: rename one")
            merged[name] = Field(name, group if dims else "summary", dims, unit, direction, meaning)
    return merged


def scalars() -> dict[str, Field]:
    """Return the declared scalars of /summary: what a table over many racks holds.

    Returns
    -------
    dict of str to Field
        By name.

    References
    ----------
    Derived: fields without dimensions.
    """
    return {name: field for name, field in fields().items() if not field.dims}


def package_fields() -> dict[str, Field]:
    """Return the declared variables of a group /package/<kind>.

    Returns
    -------
    dict of str to Field
        By name; their group is /package.

    References
    ----------
    Derived: `thermal.fields.PACKAGE_FIELDS`.

    Examples
    --------
    >>> package_fields()["temperature"].dims
    ('chip', 'z', 'y', 'x')
    """
    return {name: Field(name, "package", *row) for name, row in PACKAGE_FIELDS.items()}


def check_tree(tree: "DataTree") -> None:
    """Check that a tree holds exactly the declared variables, with their dimensions and units.

    The groups /package/<kind> may be absent; one that is there is complete.

    Parameters
    ----------
    tree : DataTree
        A result.

    Raises
    ------
    ValueError
        Lists everything that is undeclared, missing, in another group, of other dimensions or units.

    References
    ----------
    Derived: comparison with `fields`.
    """
    found = {node.path: dict(node.data_vars) for node in tree.subtree}
    declared: dict[str, dict[str, Field]] = {path: package_fields() for path in found if path.startswith("/package/")}
    for field in fields().values():
        declared.setdefault(f"/{field.group}", {})[field.name] = field
    problems = [
        problem
        for path in found.keys() | declared.keys()
        for problem in _departures(path.rstrip("/"), found.get(path, {}), declared.get(path, {}))
    ]
    if problems:
        raise ValueError("the result does not match the registry:\n" + "\n".join(sorted(problems)))


def _departures(path: str, found: Mapping[Any, Any], declared: Mapping[str, Field]) -> Iterator[str]:
    yield from (f"{path}/{name} is not declared" for name in found.keys() - declared.keys())
    yield from (f"{path}/{name} is missing" for name in declared.keys() - found.keys())
    for name in found.keys() & declared.keys():
        value, field = found[name], declared[name]
        if tuple(value.dims) != field.dims:
            yield f"{path}/{name} has dimensions {tuple(value.dims)}, declared {field.dims}"
        if value.attrs.get("units", "") != udunits(field.unit):
            yield f"{path}/{name} has units {value.attrs.get('units')!r}, declared {udunits(field.unit)!r}"


def udunits(unit: str) -> str:
    """Return a unit in UDUNITS spelling.

    Parameters
    ----------
    unit : str
        Unit as declared, such as "B/s" or, for a temperature difference, "delta_K".

    Returns
    -------
    str
        Such as "byte s-1" (B alone would be the bel).

    References
    ----------
    UDUNITS-2 grammar; CF conventions 1.11, section 3.1.

    Examples
    --------
    >>> udunits("kg/s"), udunits("m3/s"), udunits("1")
    ('kg s-1', 'm3 s-1', '1')
    """
    top, _, bottom = unit.removeprefix("delta_").partition("/")
    top = "byte" if top == "B" else top
    return f"{top} {bottom}-1" if bottom else top
