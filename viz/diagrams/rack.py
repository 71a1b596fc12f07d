"""The rack of a one-line diagram: shelves, the bar between them, and trays, each at its slot.

Contract: slot 1 is at the top; equal neighbours share one label.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from viz import read
from viz.diagrams.parts import LABEL, paint
from viz.units import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

Array = NDArray[np.float64]

_SHELF, _BAR, _TRAY, _WORDS = (
    (0.25, 1.05),
    2.25,
    (2.95, 1.1),
    4.2,
)  # inches: left and width, centre, left and width, left
_HEAD, _END = 0.85, 0.2  # inches


class Part(NamedTuple):
    """Shelves or trays that stand together."""

    slots: NDArray[np.intp]
    power: Array
    lines: tuple[str, ...]


def draw_rack(axes: Axes, tree: DataTree, look: Theme) -> None:
    """Shelves at the left of the bar, trays at its right."""
    shelf = read.whole(tree, "power", "shelf_slot")
    tray = read.whole(tree, "power", "tray_slot")
    slots, tall = int(max(shelf.max(), tray.max())), axes.get_ylim()[0] - _HEAD - _END
    step = min(tall / slots, 1.3)
    _draw_head(axes, tree, look)

    def y(slot: float) -> float:
        return float(_HEAD + (slot - 0.5) * step)

    _draw_bar(axes, tree, (y, slots), look)
    load = read.variable(tree, "power", "shelf_load").values
    serving = read.whole(tree, "power", "shelf_in_service") > 0
    for k, slot in enumerate(shelf):
        colour = paint(float(load[k]), look) if serving[k] else look.paper
        _slab(axes, (_SHELF[0], _SHELF[1], y(slot), step), colour, look.ink if serving[k] else look.alert)
        style = "-" if serving[k] else ":"
        axes.plot(
            [sum(_SHELF), _BAR], [y(slot)] * 2, color=colour if serving[k] else look.alert, lw=2, ls=style, zorder=1
        )
    for slot in tray:
        _slab(axes, (*_TRAY, y(slot), step), look.neutral, look.muted)
        axes.plot([_BAR, _TRAY[0]], [y(slot)] * 2, color=look.muted, lw=1.2, zorder=1)
    for part in (*_shelves(tree), *_trays(tree)):
        middle = (y(part.slots.min()) + y(part.slots.max())) / 2
        axes.text(_WORDS, middle, "\n".join(part.lines), size=LABEL, va="center", linespacing=1.25)


def _draw_head(axes: Axes, tree: DataTree, look: Theme) -> None:
    drawn, direct = read.scalar(tree, "rack_power"), read.scalar(tree, "rack_power_dc")
    loss = read.scalar(tree, "conversion_loss")
    taken = "from a DC row" if "row-tap" in read.texts(tree, "power", "shelf") else f"AC, {direct / 1e3:.1f} kW DC"
    axes.text(_SHELF[0], 0.12, f"this rack: {drawn / 1e3:.1f} kW {taken}", size=13, weight="bold")
    lost = f"conversion loss {loss / 1e3:.1f} kW"
    held = read.scalar(tree, "hold_up_time")
    kept = f", hold-up {1e3 * held:.0f} ms" if held else ""
    most, power = read.scalar(tree, "busbar_section_current_max"), read.group(tree, "power")
    amperes = f", bar {number(most)} of {number(power.attrs['busbar_rated_current'])} A" if most else ""
    axes.text(_SHELF[0], 0.4, lost + kept + amperes, size=LABEL, color=look.muted)


def _draw_bar(axes: Axes, tree: DataTree, where: tuple[Callable[[float], float], int], look: Theme) -> None:
    """The bar section by section, as loaded as its current is of its rating; one node where there is no bar."""
    y, slots = where
    power = read.group(tree, "power")
    current = np.abs(power.bus_section_current.values) if "bus_section" in power.dims else np.empty(0)
    if not current.size:
        axes.plot([_BAR, _BAR], [y(1), y(slots)], color=look.ink, lw=7, zorder=2)
        return
    rated = float(power.attrs["busbar_rated_current"])
    for k, amperes in enumerate(current, 1):
        colour = paint(float(amperes) / rated, look)
        axes.plot([_BAR, _BAR], [y(k), y(k + 1)], color=colour, lw=9, solid_capstyle="butt", zorder=2)


def _slab(axes: Axes, place: tuple[float, float, float, float], colour: str, edge: str) -> None:
    left, wide, y, step = place
    tall = min(0.82 * step, 0.34)
    axes.add_patch(Rectangle((left, y - tall / 2), wide, tall, facecolor=colour, edgecolor=edge, lw=0.7, zorder=3))


def _shelves(tree: DataTree) -> list[Part]:
    slot, power = read.whole(tree, "power", "shelf_slot"), read.variable(tree, "power", "shelf_power").values
    loss, load = (read.variable(tree, "power", name).values for name in ("shelf_loss", "shelf_load"))
    serving, name = read.whole(tree, "power", "shelf_in_service") > 0, read.texts(tree, "power", "shelf")
    found = []
    for run in _runs(slot, serving.astype(str)):
        count = _counted(run.size, "shelf", "shelves") if name[run[0]].startswith("shelf") else name[run[0]]
        lines: tuple[str, ...]
        if serving[run[0]]:
            low, high = round(100 * load[run].min()), round(100 * load[run].max())
            share = f"{low} %" if low == high else f"{low} to {high} %"
            most = f"{power[run].sum() / 1e3:.1f} kW, {share}"
            lines = (count, most, f"loss {loss[run].sum() / 1e3:.2f} kW")
        else:
            lines = (f"{count}: breaker open",)
        found.append(Part(slot[run], power[run], lines))
    return found


def _trays(tree: DataTree) -> list[Part]:
    slot, power = read.whole(tree, "power", "tray_slot"), read.variable(tree, "power", "tray_power").values
    kind, volts = read.texts(tree, "power", "tray_kind"), read.variable(tree, "power", "tray_voltage").values
    found = []
    for run in _runs(slot, kind):
        each = f"{power[run].mean() / 1e3:.2f} kW each, " if run.size > 1 else ""
        lines = (
            f"{run.size} × {kind[run[0]]}" if run.size > 1 else str(kind[run[0]]),
            f"{each}{power[run].sum() / 1e3:.1f} kW",
            f"at least {volts[run].min():.2f} V",
        )
        found.append(Part(slot[run], power[run], lines))
    return found


def _runs(slot: NDArray[np.intp], kind: NDArray[np.str_]) -> list[NDArray[np.intp]]:
    """Parts in neighbouring slots that are of one kind."""
    order = np.argsort(slot)
    new = (np.diff(slot[order]) > 1) | (kind[order][1:] != kind[order][:-1])
    return np.split(order, np.flatnonzero(new) + 1)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
