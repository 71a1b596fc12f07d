"""The five quantities that may colour a rack: one number per part in the trade's unit, nan where a part has none.

Contract: colours follow the house's families (viridis load, inferno temperature, RdYlBu headroom, copper current,
blue to red coolant); a scale starts and ends on round numbers and knows the limit it is read against.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex
from numpy.typing import NDArray

from viz import read, style
from viz.bus import rated_current
from viz.marks import nice_limits, nice_top
from viz.units import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xarray import DataTree

    from viz.pages.parts import Index, Parts
    from viz.style import Theme

Array = NDArray[np.float64]

_ZERO = -273.15  # °C at 0 K
_SPAN = 4.0  # K that a temperature scale covers at least, so that equal chips look equal
_SHADES = 64  # colours of a ramp; a browser interpolates between them


class Limit(NamedTuple):
    """A value on a scale that must not be passed."""

    value: float
    text: str


class Field(NamedTuple):
    """What a colour means."""

    title: str
    unit: str
    digits: int
    low: float
    high: float
    limit: Limit | None
    most_is_worst: bool
    values: Array


def limits(tree: DataTree) -> Mapping[str, float]:
    """The temperature limits of the spec that the result carries [K]; empty where it carries none."""
    table = tomllib.loads(str(tree.attrs.get("spec", ""))).get("limits", {})
    return {name: float(entry["value"] if isinstance(entry, dict) else entry) for name, entry in table.items()}


def fields(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> dict[str, Field]:
    """Every field the result has numbers for, in the order of the buttons."""
    makers: dict[str, Callable[..., Field | None]] = {
        "load": _load,
        "temperature": _temperature,
        "headroom": _headroom,
        "current": _current,
        "coolant": _coolant,
    }
    made = {name: maker(tree, parts, place) for name, maker in makers.items()}
    return {name: field for name, field in made.items() if field is not None and np.isfinite(field.values).any()}


def values(tree: DataTree, group: str, name: str) -> Array | None:
    """A variable as stored, or None where the result has none."""
    found = read.group(tree, group).variables
    return np.asarray(found[name].values, dtype=np.float64) if name in found else None


def _blank(parts: Parts) -> Array:
    return np.full(len(parts.name), np.nan)


def _load(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> Field | None:
    use = values(tree, "topology", "link_utilization")
    if use is None:
        return None
    on = _blank(parts)
    on[place["link"]] = 100 * use
    ends = ["link_gpu", "link_asic"]
    for end in [end for end in ends if end in read.group(tree, "topology").variables]:
        np.fmax.at(on, parts.numbers(read.texts(tree, "topology", end)), 100 * use)
    top = nice_top(100 * use, 10.0)
    return Field("NVLink load, busier direction", "%", 0, 0.0, top, None, True, on)


def _temperature(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> Field | None:
    junction = values(tree, "thermal", "junction_temperature")
    if junction is None:
        return None
    on = _blank(parts)
    on[place["chip"]] = junction + _ZERO
    limit = limits(tree).get("junction")
    low, high = nice_limits(on, _SPAN)
    if limit is not None:
        high = max(high, limit + _ZERO)
    told = None if limit is None else Limit(limit + _ZERO, f"limit {quantity(limit + _ZERO, '°C')}")
    return Field("Junction temperature, mean of the die", "°C", 1, low, high, told, True, on)


def chip_headroom(tree: DataTree) -> tuple[Array, NDArray[np.str_]] | None:
    """Least distance of each chip to its own limits [K], and which limit that is."""
    names = {"junction": "die mean", "hotspot": "hot spot", "memory": "memory"}
    bounds, rows = limits(tree), {}
    for name, said in names.items():
        found = values(tree, "thermal", f"{name}_temperature")
        if name in bounds and found is not None:
            rows[said] = np.where(np.isnan(found), np.inf, bounds[name] - found)
    if not rows:
        return None
    table = np.stack(list(rows.values()))
    nearest = table.min(axis=0)
    return np.where(np.isinf(nearest), np.nan, nearest), np.array(list(rows))[table.argmin(axis=0)]


def _headroom(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> Field | None:
    found = chip_headroom(tree)
    if found is None:
        return None
    on = _blank(parts)
    on[place["chip"]] = found[0]
    low, high = nice_limits(np.append(found[0], 0.0), _SPAN)
    return Field(
        "Headroom to the nearest chip limit, as solved", "K", 1, low, high, Limit(0.0, "at the limit"), False, on
    )


def _current(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> Field | None:
    on = _blank(parts)
    for dim, name in (("bus_section", "bus_section_current"), ("shelf", "shelf_current")):
        found = values(tree, "power", name)
        if dim in place and found is not None:
            on[place[dim]] = np.abs(found)
    rated = rated_current(tree) if "bus_section" in place else None
    top = nice_top(np.append(on[np.isfinite(on)], rated or 0.0), 1.0)
    told = None if rated is None else Limit(rated, f"busbar rated {quantity(rated, 'A')}")
    return Field("Current of busbar sections and shelves", "A", 0, 0.0, top, told, True, on)


def _coolant(tree: DataTree, parts: Parts, place: Mapping[str, Index]) -> Field | None:
    supply, back = (read.scalar(tree, f"coolant_{side}_temperature") for side in ("supply", "return"))
    trays = values(tree, "thermal", "tray_coolant_return_temperature")
    if supply is None:
        return None
    on = _blank(parts)
    on[parts.of("supply", "supply hose")] = supply + _ZERO
    on[parts.of("return")] = np.nan if back is None else back + _ZERO
    if trays is not None:
        number = place["tray"]
        of_tray = dict(zip(number.tolist(), trays + _ZERO, strict=True))
        on[number] = trays + _ZERO
        hoses = parts.of("return hose")
        on[hoses] = [of_tray.get(tray, np.nan) for tray in parts.tray[hoses].tolist()]
    limit = limits(tree).get("coolant_return")
    low, high = nice_limits(on, _SPAN)
    told = None if limit is None or limit + _ZERO > high else Limit(limit + _ZERO, "return limit")
    return Field("Coolant temperature, trays at their return", "°C", 1, low, high, told, True, on)


def ramp(name: str, look: Theme) -> list[str]:
    """The colours of a field from low to high, as hex strings."""
    return [to_hex(colour) for colour in _family(name, look)(np.linspace(0, 1, _SHADES))]


def _family(name: str, look: Theme) -> Colormap:
    if name in ("load", "temperature", "headroom"):
        return style.colormap(name, look)
    dark = style.luminance(look.paper) < 0.2
    stops: dict[str, list[Any]] = {
        "current": ["#4b352a", look.copper, "#ffe3c2"] if dark else ["#f0ddc9", look.copper, "#5a2a10"],
        "coolant": [look.supply, "#b9b4c4", look.back],
    }
    return LinearSegmentedColormap.from_list(name, stops[name])
