"""What a card says about a part: rows of a caption and a number in the trade's unit, by kind of part.

Contract: a row whose variable the result lacks, or has no number for in that kind, is left out; a number that does not
apply to one part alone is nan. Units of the result are checked, never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from viz import read
from viz.bus import rated_current
from viz.pages.fields import Array, chip_headroom, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xarray import DataTree

    from viz.pages.parts import Index, Parts

#: trade unit: (unit of the result, scale, offset)
TRADE = {
    "°C": ("K", 1.0, -273.15),
    "K": ("K", 1.0, 0.0),
    "W": ("W", 1.0, 0.0),
    "kW": ("W", 1e-3, 0.0),
    "%": ("1", 100.0, 0.0),
    "GB/s": ("byte s-1", 1e-9, 0.0),
    "L/min": ("m3 s-1", 6e4, 0.0),
    "kg/s": ("kg s-1", 1.0, 0.0),
    "A": ("A", 1.0, 0.0),
    "V": ("V", 1.0, 0.0),
    "m": ("m", 1.0, 0.0),
}


class Row(NamedTuple):
    """One line of the cards of a kind."""

    caption: str
    unit: str
    digits: int
    values: Array
    """one number per part of the kind"""


class Source(NamedTuple):
    """Where a row comes from."""

    caption: str
    name: str
    unit: str
    digits: int


_Sources = dict[str, tuple[Source, ...]]

_CHIP: _Sources = {
    "thermal": (
        Source("Die mean", "junction_temperature", "°C", 1),
        Source("Hot spot", "hotspot_temperature", "°C", 1),
        Source("Memory", "memory_temperature", "°C", 1),
        Source("Case", "case_temperature", "°C", 1),
        Source("Coolant", "chip_coolant_flow", "L/min", 2),
    ),
    "power": (
        Source("Power", "chip_power", "W", 0),
        Source("of it leakage", "leakage_power", "W", 0),
        Source("Clock", "chip_clock", "%", 1),
    ),
}
_TRAY: _Sources = {
    "thermal": (
        Source("Heat into coolant", "tray_liquid_heat", "W", 0),
        Source("Heat into air", "tray_air_heat", "W", 0),
        Source("Coolant return", "tray_coolant_return_temperature", "°C", 1),
        Source("Coolant flow", "tray_coolant_flow", "kg/s", 3),
    ),
    "power": (
        Source("Power", "tray_power", "W", 0),
        Source("Bus voltage", "tray_voltage", "V", 2),
        Source("Current", "tray_current", "A", 1),
    ),
}
_SHELF: _Sources = {
    "power": (
        Source("Load", "shelf_load", "%", 1),
        Source("Output", "shelf_power", "kW", 2),
        Source("Current", "shelf_current", "A", 0),
        Source("Loss", "shelf_loss", "W", 0),
        Source("Voltage", "shelf_voltage", "V", 2),
    )
}
_SECTION: _Sources = {
    "power": (
        Source("Current, + down", "bus_section_current", "A", 0),
        Source("Temperature", "bus_section_temperature", "°C", 1),
        Source("Loss", "bus_section_loss", "W", 2),
    )
}
_LINK: _Sources = {
    "topology": (
        Source("Load, busier direction", "link_utilization", "%", 1),
        Source("GPU to switch", "link_load_up", "GB/s", 1),
        Source("Switch to GPU", "link_load_down", "GB/s", 1),
        Source("Bandwidth, each way", "link_bandwidth", "GB/s", 0),
        Source("Length", "link_length", "m", 2),
    )
}
_KINDS: dict[str, tuple[str, _Sources]] = {
    "gpu": ("chip", _CHIP),
    "cpu": ("chip", _CHIP),
    "switch": ("chip", _CHIP),
    "compute tray": ("tray", _TRAY),
    "switch tray": ("tray", _TRAY),
    **dict.fromkeys(("shelf", "sidecar", "row tap"), ("shelf", _SHELF)),
    "busbar": ("bus_section", _SECTION),
    "link": ("link", _LINK),
}


def cards(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> dict[str, list[Row]]:
    """Rows of every kind that has any."""
    made: dict[str, list[Row]] = {}
    for kind, (dim, sources) in _KINDS.items():
        number = parts.of(kind)
        if dim in place and len(number):
            rows = [*_stored(tree, sources), *_derived(tree, dim)]
            made[kind] = [row for row in (_of_kind(row, number, place[dim]) for row in rows) if _told(row)]
    return made | _coolant(tree, parts)


def _told(row: Row) -> bool:
    return bool(np.isfinite(row.values).any())


def _of_kind(row: Row, number: Index, place: Index) -> Row:
    """The values in the order of the parts of a kind."""
    on = np.full(max(number.max(), place.max()) + 1, np.nan)
    on[place] = row.values
    return row._replace(values=on[number])


def _stored(tree: DataTree, sources: Mapping[str, tuple[Source, ...]]) -> Iterator[Row]:
    for group, rows in sources.items():
        found = read.group(tree, group).variables
        for caption, name, unit, digits in rows:
            if name not in found:
                continue
            stated, scale, offset = TRADE[unit]
            if found[name].attrs.get("units") != stated:
                raise ValueError(f"/{group}/{name} has units {found[name].attrs.get('units')!r}: must be {stated!r}")
            yield Row(caption, unit, digits, np.asarray(found[name].values, dtype=np.float64) * scale + offset)


def _derived(tree: DataTree, dim: str) -> Iterator[Row]:
    if dim == "chip" and (headroom := chip_headroom(tree)) is not None:
        yield Row("Headroom to its limits", "K", 1, headroom[0])
    rated, current = rated_current(tree), values(tree, "power", "bus_section_current")
    if dim == "bus_section" and rated and current is not None:
        yield Row("of its rating", "%", 1, 100 * np.abs(current) / rated)


def _coolant(tree: DataTree, parts: Parts) -> dict[str, list[Row]]:
    """Cards of the two headers."""
    made = {}
    flow = read.scalar(tree, "coolant_volume_flow")
    for side in ("supply", "return"):
        kelvin = read.scalar(tree, f"coolant_{side}_temperature")
        if kelvin is not None and len(parts.of(side)):
            rows = [Row("Coolant", "°C", 1, np.array([kelvin - 273.15]))]
            made[side] = rows + ([] if flow is None else [Row("Flow", "L/min", 1, np.array([flow * 6e4]))])
    return made
