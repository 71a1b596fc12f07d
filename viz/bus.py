"""Columns of the busbar: current of each section against the rating, and voltage at each tray.

Sign: a positive section current flows downward (from the upper slot to the lower one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import read, style
from viz.marks import Array, boxes, fill, legend_above, nice_limits, scale_below
from viz.units import quantity, trade

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

_ROOM = 1.1  # of the largest of current and rating
_SPAN = 0.1  # V that the voltage scale covers at least


def has_busbar(tree: DataTree) -> bool:
    """Whether the system has a busbar with sections to draw."""
    return read.group(tree, "power").sizes.get("bus_section", 0) > 0


def rated_current(tree: DataTree) -> float | None:
    """Rating of the bar [A], or None where the result states none."""
    rated = read.group(tree, "power").attrs.get("busbar_rated_current")
    return None if rated is None or np.isnan(rated) else float(rated)


def draw_current(axes: Axes, tree: DataTree, look: Theme) -> str:
    """One bar per section, from slot to slot, red above the rating; returns the axis label."""
    current, label = trade(read.variable(tree, "power", "bus_section_current"))
    top, bottom = (read.whole(tree, "power", f"section_{end}_slot") for end in ("top", "bottom"))
    rated = rated_current(tree)
    over = np.abs(current) > (np.inf if rated is None else rated)
    fill(axes, boxes(0.0, top, current, bottom - top), facecolor=np.where(over, look.alert, look.copper))
    axes.axvline(0.0, color=look.muted, linewidth=1.0)
    far = _ROOM * max(float(np.abs(current).max()), rated or 0.0, 1.0)
    axes.set_xlim(-far, far)
    scale_below(axes, 4)
    if rated is not None:
        _draw_rating(axes, rated, look)
    _write_largest(axes, current, (top + bottom) / 2, look)
    axes.annotate(
        "+ down", (1, 1), (0, 5), xycoords="axes fraction", textcoords="offset points",
        ha="right", size=style.SMALL,
    )  # fmt: skip
    return label


def _draw_rating(axes: Axes, rated: float, look: Theme) -> None:
    for side in (-1, 1):
        line = axes.axvline(side * rated, color=look.ink, linewidth=1.3, linestyle=(0, (5, 3)))
    line.set_label(f"rated {quantity(rated, 'A')}")
    legend_above(axes)


def _write_largest(axes: Axes, current: Array, middle: Array, look: Theme) -> None:
    size = np.abs(current).round(1)  # of equal ones the uppermost, whatever the round-off of the solver
    worst = int(np.lexsort((middle, -size))[0])
    free = -1 if current[worst] > 0 else 1
    axes.annotate(
        quantity(abs(current[worst]), "A"), (0, middle[worst]), (5 * free, 0), textcoords="offset points",
        ha="right" if free < 0 else "left", va="center_baseline", weight="bold",
        bbox={"facecolor": look.paper, "linewidth": 0, "pad": 1.0},
    )  # fmt: skip


def draw_voltage(axes: Axes, tree: DataTree, look: Theme) -> str:
    """Bus voltage at each tray; returns the axis label."""
    voltage, label = trade(read.variable(tree, "power", "tray_voltage"))
    trays, powered = read.texts(tree, "thermal", "tray"), read.texts(tree, "power", "tray")
    slot = read.whole(tree, "thermal", "tray_slot")[read.find(trays, powered, "tray")]
    axes.plot(voltage, slot, "o", color=look.liquid, markersize=4.5)
    low, high = nice_limits(voltage, _SPAN)
    axes.set_xlim(low, high)
    scale_below(axes, 1)
    axes.set_xticks([low, high])
    left, right = axes.get_xticklabels()
    left.set_horizontalalignment("left")
    right.set_horizontalalignment("right")
    return label
