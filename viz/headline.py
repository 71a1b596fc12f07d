"""The top of the page: title line and the row of headline numbers, read from /summary.

Contract: a number that does not apply to the system is an en dash, never a zero.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from viz import read, style
from viz.bus import has_busbar, rated_current
from viz.units import FIXED_SPACE, NOTHING, bandwidth, quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

_HEADROOM_SCALE = 8.0  # K of headroom at either end of the colour family
_CELSIUS = f"{FIXED_SPACE}°C"
_FULL_FLOW = 20.0  # L/min from which a flow is told without decimals


class Tile(NamedTuple):
    """One headline: caption, value, up to two lines of small print, colours of the bar, share of the row."""

    caption: str
    value: str
    notes: tuple[str, ...]
    bar: tuple[Any, ...]
    share: float = 1.0


def say(value: float | None, unit: str, digits: int = 0, scale: float = 1.0, offset: float = 0.0) -> str:
    """A number with its trade unit, or an en dash."""
    return NOTHING if value is None else quantity(value * scale + offset, unit, digits)


def celsius(value: float | None, digits: int = 1) -> str:
    """An absolute temperature in °C, or an en dash."""
    return say(value, "°C", digits, offset=-273.15)


def conditions(tree: DataTree) -> str:
    """Supply temperature and load, as far as the result states them."""
    supply, load = read.scalar(tree, "coolant_supply_temperature"), read.scalar(tree, "utilization")
    parts = [
        "" if supply is None else f"{celsius(supply, 0 if round(supply - 273.15, 1) % 1 == 0 else 1)} supply",
        "" if load is None else f"load {say(load, '%', scale=100)}",
    ]
    return "   \u00b7   ".join(part for part in parts if part)


def tiles(tree: DataTree, look: Theme) -> list[Tile]:
    """The headline numbers in reading order."""
    return [tile(tree, look) for tile in (_power, _fabric, _die, _coolant, _bus, _headroom)]


def _power(tree: DataTree, look: Theme) -> Tile:
    direct = read.scalar(tree, "rack_power_dc")
    feeds = read.group(tree, "power").get("shelf", np.empty(0, dtype=np.str_))
    feed = "sidecar" if "sidecar" in feeds else "shelves"
    notes = ("AC into the rack", "" if direct is None else f"{say(direct, 'kW', 1, 1e-3)} DC from the {feed}")
    if "row-tap" in feeds:
        notes = ("DC from the row", "")
    return Tile("Rack power", say(read.scalar(tree, "rack_power"), "kW", 1, 1e-3), notes, (look.muted,))


def _fabric(tree: DataTree, look: Theme) -> Tile:
    each = read.scalar(tree, "bandwidth_per_gpu")
    both = read.scalar(tree, "bandwidth_aggregate_bidirectional")
    value = NOTHING if each is None else bandwidth(each)
    notes = ("per direction", "" if both is None else f"total {bandwidth(both)} both ways")
    return Tile("NVLink per GPU", value, notes, (style.colormap("load", look)(0.75),))


def _die(tree: DataTree, look: Theme) -> Tile:
    junction, spot, memory = (
        read.scalar(tree, f"{part}_temperature_max") for part in ("junction", "hotspot", "memory")
    )
    where = "" if junction is None else f"die mean, {_chip_at(tree, junction)}"
    hot = celsius(spot)
    notes = (where, f"spot {hot}" if memory is None else f"spot {hot.removesuffix(_CELSIUS)}, HBM {celsius(memory)}")
    return Tile("Hottest die", celsius(junction), notes, (style.colormap("temperature", look)(0.8),), 1.15)


def _chip_at(tree: DataTree, junction: float) -> str:
    """The chip that has this junction temperature, of whatever kind."""
    distance = np.abs(read.variable(tree, "thermal", "junction_temperature").values - junction)
    return str(read.texts(tree, "thermal", "chip")[np.nanargmin(distance)])


def _coolant(tree: DataTree, look: Theme) -> Tile:
    supply, back = (read.scalar(tree, f"coolant_{side}_temperature") for side in ("supply", "return"))
    value = f"{celsius(supply).removesuffix(_CELSIUS)} \u2192 {celsius(back)}"
    flow = read.scalar(tree, "coolant_volume_flow")
    digits = 0 if flow is None or 6e4 * flow >= _FULL_FLOW else 1
    notes = ("supply to return", say(flow, "L/min", digits, 6e4))
    return Tile("Coolant", value, notes, (look.supply, look.back), 1.15)


def _bus(tree: DataTree, look: Theme) -> Tile:
    if not has_busbar(tree):
        return Tile("Busbar", "none", (), (look.neutral,))
    rated = rated_current(tree)
    current = read.scalar(tree, "busbar_section_current_max")
    over = current is not None and rated is not None and current > rated
    notes = (
        f"fullest section, rated {say(rated, 'A')}",
        f"lowest voltage {say(read.scalar(tree, 'bus_voltage_min'), 'V', 2)}",
    )
    return Tile("Busbar", say(current, "A"), notes, (look.alert if over else look.copper,), 1.15)


def _headroom(tree: DataTree, look: Theme) -> Tile:
    kelvin = read.scalar(tree, "headroom_temperature")
    limit = read.scalar(tree, "headroom_temperature_limited_by")
    spare = read.scalar(tree, "headroom_power")
    if spare is not None and spare < 0 and (kelvin is None or kelvin > 0):
        by = read.scalar(tree, "headroom_power_limited_by")
        return Tile("Headroom", say(spare, "kW", 1, 1e-3), (f"limited by {by or NOTHING}",), (look.alert,), 1.15)
    if kelvin is None:
        return Tile("Headroom", NOTHING, ("no limit met in the valid range",), (look.neutral,))
    colour = style.colormap("headroom", look)(0.5 + 0.35 * np.clip(kelvin / _HEADROOM_SCALE, -1, 1))
    value = f"{'+' if kelvin > 0 else ''}{say(kelvin, 'K', 1)}"
    return Tile("Headroom", value, (f"limited by {limit or NOTHING}",), (colour,), 1.15)


def draw_tiles(axes: Axes, row: list[Tile], look: Theme) -> None:
    """Tiles side by side in axes whose data coordinates are inches."""
    (_, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    pitches = np.array([tile.share for tile in row]) * right / sum(tile.share for tile in row)
    for x, pitch, tile in zip(np.cumsum(pitches) - pitches, pitches, row, strict=True):
        step = (top - bottom) / len(tile.bar)
        for k, colour in enumerate(tile.bar):
            axes.add_patch(Rectangle((x, top - (k + 1) * step), 0.06, step, facecolor=colour, linewidth=0))
        axes.text(x + 0.17, top, tile.caption, va="top", size=style.BODY, color=look.muted)
        axes.text(x + 0.17, top - 0.22, tile.value, va="top", size=style.VALUE, weight="bold")
        notes = [note for note in tile.notes if note]
        notes = [line for note in notes for line in fit(note, pitch - 0.25, style.SMALL, 2 // len(notes))]
        axes.text(
            x + 0.17, top - 0.64, "\n".join(notes), size=style.SMALL, color=look.muted,
            va="top", linespacing=1.35,
        )  # fmt: skip


def fit(text: str, inches: float, points: float, lines: int, keep: str = "") -> list[str]:
    """Text broken to a width on paper; where it needs more lines, an ellipsis and its end `keep` stand."""
    found, least, most = [f"\u2026{keep}"], len(keep) + 2, len(text) + 2
    while least <= most:  # the most letters to a row that still fit
        letters = (least + most + 1) // 2
        rows = wrap(text, letters, max_lines=lines, placeholder=f"\u2026{keep}", break_on_hyphens=False)
        if all(_width(row, points) <= inches for row in rows):
            found, least = rows, letters + 1
        else:
            most = letters - 1
    return found


def _width(text: str, points: float) -> float:
    return text_to_path.get_text_width_height_descent(text, FontProperties(size=points), ismath=False)[0] / 72
