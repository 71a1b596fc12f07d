"""Column of heat: what each tray gives to the coolant and to the air, stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz import read, style
from viz.marks import legend_above, row_height, scale_below
from viz.units import bare, number, trade

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

_THICKEST = 0.45  # inches
_ROOM = 1.18  # of the longest bar, for the number at its end


def draw_heat(axes: Axes, tree: DataTree, look: Theme) -> str:
    """One bar per tray with its sum at the end; returns the axis label."""
    slot = read.whole(tree, "thermal", "tray_slot")
    liquid, liquid_label = trade(read.variable(tree, "thermal", "tray_liquid_heat"))
    air, air_label = trade(read.variable(tree, "thermal", "tray_air_heat"))
    thick = min(0.72, _THICKEST / row_height(axes))
    axes.barh(slot, liquid, height=thick, color=look.liquid, label="liquid")
    axes.barh(slot, air, height=thick, left=liquid, color=look.air, label="air")
    for y, value in zip(slot, liquid + air, strict=True):
        axes.annotate(
            number(value, 1), (value, y), (4, 0), textcoords="offset points",
            va="center_baseline", size=style.SMALL,
        )  # fmt: skip
    axes.set_xlim(0, _ROOM * max(float((liquid + air).max()), 1e-3))
    scale_below(axes, 5)
    legend_above(axes)
    return f"{bare(liquid_label)} and {air_label[:1].lower()}{air_label[1:]}"
