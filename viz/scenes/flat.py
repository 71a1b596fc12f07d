"""The flat twin of each 3-D view: the same numbers as a map on paper, where no 3-D picture can be drawn.

Contract: input is the result tree; output a Figure that belongs to the caller. Slot 1 is at the top.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from viz import bus, style
from viz.chips import draw_chips, draw_names
from viz.elevation import elevation
from viz.links import draw_links
from viz.marks import Scale
from viz.panel import Page
from viz.scenes import strip
from viz.scenes.field import worst_field
from viz.scenes.stage import check_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

_INCH = 144.0  # pixels
_SIZE = (2000 / 144, 1300 / 144)  # inches
_TOP, _BOTTOM, _LEFT, _RIGHT = 2.3, 1.15, 1.3, 0.4
_GAP = 0.5

Drawer = Callable[["Axes", "DataTree", "Theme"], Scale | str]


def flat(tree: DataTree, view: str = "section", theme: str = "light") -> Figure:
    """The flat twin of a 3-D view.

    Parameters
    ----------
    tree : DataTree, the result of a solve
    view : str, "rear" (links by plane), "section" (GPUs by tray), "tray" (hottest layer and coolant) or "electrical"
    theme : str, "light" or "dark"

    Returns
    -------
    Figure
        2000 x 1300 pixels.

    Raises
    ------
    ValueError
        Unknown view or theme, or a result without what the view shows.

    References
    ----------
    Derived: the columns of the flat panel; the field of one chip, layer by layer.
    """
    check_view(view)
    look = style.theme(theme)
    with style.context(look):
        page = Page(Figure(figsize=_SIZE, dpi=_INCH), *_SIZE)
        strip.draw_title(page, tree, 0.3, 0.46)
        strip.draw_numbers(page, tree, look, False, (0.3, 0.76))
        strip.draw_foot(page, tree, look, 0.3)
        columns = _COLUMNS[view]
        if view == "electrical" and not bus.has_busbar(tree):
            columns = {"no busbar": _empty}
        for k, (title, draw) in enumerate(columns.items()):
            _column(page, (k, len(columns)), title, lambda axes, draw=draw: draw(axes, tree, look))  # type: ignore[misc]
    return page.figure


def _column(page: Page, which: tuple[int, int], title: str, draw: Callable[[Axes], Scale | str]) -> None:
    k, count = which
    wide = (page.width - _LEFT - _RIGHT - _GAP * (count - 1)) / count
    axes = page.place(title, _LEFT + k * (wide + _GAP), _TOP, wide, page.height - _TOP - _BOTTOM)
    axes.tick_params(left=False, bottom=False, labelleft=False)
    axes.spines[:].set_visible(False)
    found = draw(axes)
    axes.annotate(
        title, (0, 1), (0, 26), xycoords="axes fraction", textcoords="offset points", size=style.HEADING, weight="bold",
    )  # fmt: skip
    if isinstance(found, str):
        axes.set_xlabel(found)
        return
    bar = page.place("scale", _LEFT + k * (wide + _GAP), page.height - _BOTTOM + 0.16, wide, 0.13)
    key = page.figure.colorbar(found.mappable, cax=bar, orientation="horizontal")
    key.outline.set_visible(False)
    bar.set_xlabel(found.label)


def _chips(axes: Axes, tree: DataTree, look: Theme) -> Scale:
    rack = elevation(tree)
    axes.set_ylim(rack.last + 0.5, rack.first - 0.5)
    draw_names(axes, tree, look)
    return draw_chips(axes, tree, rack, look)


def _links(axes: Axes, tree: DataTree, look: Theme) -> Scale:
    rack = elevation(tree)
    axes.set_ylim(rack.last + 0.5, rack.first - 0.5)
    draw_names(axes, tree, look)
    return draw_links(axes, tree, rack, look)


def _current(axes: Axes, tree: DataTree, look: Theme) -> str:
    rack = elevation(tree)
    axes.set_ylim(rack.last + 0.5, rack.first - 0.5)
    draw_names(axes, tree, look)
    return bus.draw_current(axes, tree, look)


def _voltage(axes: Axes, tree: DataTree, look: Theme) -> str:
    rack = elevation(tree)
    axes.set_ylim(rack.last + 0.5, rack.first - 0.5)
    return bus.draw_voltage(axes, tree, look)


def _empty(axes: Axes, tree: DataTree, look: Theme) -> str:
    axes.set_xticks([])
    axes.set_yticks([])
    return ""


def _hottest_layer(axes: Axes, tree: DataTree, look: Theme) -> Scale:
    """The layer of cells that holds the hottest one, seen from the coolant."""
    field = worst_field(tree)
    layer = int(np.unravel_index(np.nanargmax(field.celsius), field.celsius.shape)[0])
    colours = style.colormap("temperature", look)
    drawn = axes.pcolormesh(1e3 * field.x, 1e3 * field.y, np.ma.masked_invalid(field.celsius[layer]), cmap=colours)
    _millimetres(axes)
    return Scale(drawn, f"{field.chip}, {field.layer[layer]} / °C")


def _outflow(axes: Axes, tree: DataTree, look: Theme) -> Scale:
    from viz.scenes.paint import coolant_colours

    field = worst_field(tree)
    middle = (field.coolant[1:] + field.coolant[:-1]) / 2
    drawn = axes.pcolormesh(1e3 * field.x, 1e3 * field.y, middle, cmap=coolant_colours(look))
    _millimetres(axes)
    return Scale(drawn, "Coolant over the base, flowing up / °C")


def _millimetres(axes: Axes) -> None:
    axes.set_aspect("equal")
    axes.tick_params(left=True, bottom=True, labelleft=True)
    axes.set_ylabel("mm")


_COLUMNS: dict[str, dict[str, Drawer]] = {
    "rear": {"NVLink load by plane": _links},
    "section": {"GPU temperature": _chips},
    "tray": {"Hottest layer": _hottest_layer, "Coolant": _outflow},
    "electrical": {"Busbar current": _current, "Tray voltage": _voltage},
}
