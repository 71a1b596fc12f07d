"""The one-line diagram of a result: utility, transformer, UPS, switchboard, rows of racks, and the rack itself.

Contract: input is the result tree; output a Figure that belongs to the caller. Power runs downward and to the right.
Colour is loading: of branches by current or power over rating, of nodes over their capacity; grey where nothing is
rated. The rack is the one that was solved, all others on the feed are its like.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from viz import read, style
from viz.diagrams.parts import LABEL, LINE, SMALL, Item, box, feed_items, paint, share, volts, watts
from viz.diagrams.rack import draw_rack
from viz.diagrams.row import draw_row
from viz.panel import Page
from viz.scenes import strip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

_INCH = 144.0  # pixels
SIZE = (2000, 1300)
_TOP, _FOOT, _SIDE = 0.95, 0.95, 0.35  # inches
_ROWS = 4  # of racks that are drawn
_TRUNK = 0.16  # of the width: where the trunk stands, leaving room for its labels
_BELOW = 5.1  # inches of the feed from the switchboard down, with the utility above it
_LANDING = 0.2  # inches of conductor between the last label and the switchboard
_BOARDS = ("cooling", "cooling-ups")  # of the plant, before and behind the UPS


def oneline(tree: DataTree, theme: str = "light", size: tuple[int, int] = SIZE) -> Figure:
    """The one-line diagram of a solved rack and of what feeds it.

    Parameters
    ----------
    tree : DataTree, the result of a solve
    theme : str, "light" or "dark"
    size : tuple of int, width and height [pixel]

    Returns
    -------
    Figure
        At `size` pixels; write it with `viz.save`.

    Raises
    ------
    ValueError
        Unknown theme, a size out of range, or a result without a group that is drawn.

    References
    ----------
    Derived: the elements of /power along `feeder`, and shelves, bar and trays of the rack.

    Examples
    --------
    >>> oneline(None, theme="sepia")
    Traceback (most recent call last):
    ValueError: theme = 'sepia': must be one of light, dark
    """
    look = style.theme(theme)
    if not (800 <= size[0] <= 8000 and 500 <= size[1] <= 6000):
        raise ValueError(f"size = {size[0]}x{size[1]}: must be 800x500 to 8000x6000 pixels")
    dots = _INCH * min(size[0] / SIZE[0], size[1] / SIZE[1])
    wide, high = size[0] / dots, size[1] / dots
    with style.context(look):
        page = Page(Figure(figsize=(wide, high), dpi=dots), wide, high)
        strip.draw_title(page, tree, 0.3, 0.46)
        strip.draw_foot(page, tree, look, 0.3)
        items = feed_items(tree)
        tall, room = high - _TOP - _FOOT, wide - 2 * _SIDE
        left = 0.52 * room if items else 0.0
        if items:
            axes = _axes(page, "feed", (_SIDE, left, tall))
            if np.isnan(items[0].power):
                _draw_unsolved(axes, tree, look)
            else:
                _draw_feed(axes, items, int(read.group(tree, "power").attrs.get("dc_row_ends", 1)), look)
                _draw_peak(axes, tree, look)
        draw_rack(_axes(page, "rack", (_SIDE + left, room - left, tall)), tree, look)
        _draw_scale(page, look)
    return page.figure


def _axes(page: Page, name: str, place: tuple[float, float, float]) -> Axes:
    """Axes in inches, y downward; `place` is left, width and height."""
    left, wide, tall = place
    axes = page.place(name, left, _TOP, wide, tall)
    axes.set(xlim=(0, wide), ylim=(tall, 0))
    axes.set_axis_off()
    return axes


def _draw_scale(page: Page, look: Theme) -> None:
    """The scale of loadings, at the foot."""
    axes = page.place("scale", page.width - 4.6, page.height - 0.74, 3.0, 0.14)
    scale = ScalarMappable(Normalize(0, 100), style.colormap("load", look))
    Colorbar(axes, scale, orientation="horizontal", ticks=[0, 25, 50, 75, 100])
    axes.tick_params(length=0, labelsize=SMALL, pad=2)
    page.write(page.width - 4.7, page.height - 0.67, "loading, %", size=SMALL, ha="right", va="center")
    page.write(page.width - 1.18, page.height - 0.67, "above", size=SMALL, va="center")
    page.write(page.width - 6.35, page.height - 0.67, "no rating", size=SMALL, va="center")
    for inch, colour in ((1.45, look.alert), (6.62, look.neutral)):
        left, low = (page.width - inch) / page.width, 0.6 / page.height
        square = (0.2 / page.width, 0.14 / page.height)
        page.figure.add_artist(Rectangle((left, low), *square, facecolor=colour, linewidth=0))


def _draw_feed(axes: Axes, items: list[Item], ends: int, look: Theme) -> None:
    """The feed from the utility down; a DC bus is fed from one end or both."""
    wide, tall = axes.get_xlim()[1], axes.get_ylim()[0]
    rows = [item for item in items if item.name.startswith("row-cable-")]
    trunk = _trunk(items)
    x, step = _TRUNK * wide, min(1.25, (tall - _BELOW) / len(trunk))
    _draw_source(axes, items[0], (x, 0.3), look)
    y, reached = 0.55, {"utility": 0.55}
    for branch in trunk:
        _draw_branch(axes, branch, (x, y, y + step), look)
        y += step
        reached[branch.head] = y
    axes.plot([x, x], [y, y + _LANDING], color=paint(trunk[-1].loading, look), linewidth=LINE, zorder=1)
    y += _LANDING
    reached["switchboard"] = y
    board = next(item for item in items if item.kind == "switchboard")
    cables = [item for item in items if item.head in _BOARDS and item.kind == "cable"]
    on_bar = any(cable.tail == "switchboard" for cable in cables)
    _draw_bar(axes, board, (0.05, wide - 0.45, y), wide - (2.15 if on_bar else 0.45), look)
    for cable in cables:
        name = "pumps of CDUs" if len(cables) > 1 and cable.head == _BOARDS[1] else "cooling"
        _draw_board(axes, cable, name, (x, wide - 1.25, reached[cable.tail]), look)
    shown = rows[:_ROWS] if len(rows) > _ROWS else rows
    each = (wide - 0.5) / len(shown)
    for k, row in enumerate(shown):
        draw_row(axes, (items, ends), row, ((k + 0.5) * each + 0.05, each, y), look)
    if len(shown) < len(rows):
        axes.text(wide - 0.42, y + 0.5, f"… {len(rows)} rows", size=SMALL, ha="right", color=look.muted)


def _draw_peak(axes: Axes, tree: DataTree, look: Theme) -> None:
    """What the feed carries when all its racks are at their peak."""
    peak, part = read.scalar(tree, "feed_loading_peak"), read.scalar(tree, "feed_loading_peak_part")
    if peak is None:
        return
    told = f"at peak (EDPp)\n{100 * peak:.0f} % on {str(part).replace('breaker-', 'breaker of ')}"
    colour = look.alert if peak > 1 else look.muted
    axes.text(axes.get_xlim()[1] - 0.45, 0.1, told, size=SMALL, ha="right", va="top", color=colour, linespacing=1.25)


def _draw_unsolved(axes: Axes, tree: DataTree, look: Theme) -> None:
    """Why there are no numbers of the feed."""
    said = str(read.scalar(tree, "warnings") or "").splitlines()
    why = next((line for line in said if line.startswith("feed not solved")), "feed not solved")
    axes.text(0.1, 0.6, fill(why, 58), size=LABEL, va="top", color=look.alert, linespacing=1.4)


def _trunk(items: list[Item]) -> list[Item]:
    """The branches from the utility to the switchboard, in order."""
    below = {item.tail: item for item in items if item.tail and item.kind != "breaker" and item.head not in _BOARDS}
    place, found = "utility", []
    while place != "switchboard":
        found.append(below[place])
        place = below[place].head
    return found


def _draw_source(axes: Axes, item: Item, place: tuple[float, float], look: Theme) -> None:
    x, y = place
    axes.add_patch(Circle((x, y), 0.24, facecolor=paint(item.loading, look), edgecolor=look.ink))
    axes.text(x, y, "~", size=20, ha="center", va="center", color=style.ink_on(paint(item.loading, look)))
    _write(axes, (x + 0.4, y), f"utility, {volts(item)}", f"{watts(item.power)}{share(item)}", look, item.loading)


def _draw_branch(axes: Axes, item: Item, place: tuple[float, float, float], look: Theme) -> None:
    """A branch from y to y below it, its symbol in the middle and its numbers beside it."""
    x, top, bottom = place
    colour, middle = paint(item.loading, look), (top + bottom) / 2
    axes.plot([x, x], [top, bottom], color=colour, linewidth=LINE, zorder=1, linestyle="-" if item.closed else ":")
    if item.kind == "transformer":
        for shift in (-0.09, 0.09):
            axes.add_patch(Circle((x, middle + shift), 0.15, facecolor=look.paper, edgecolor=colour, linewidth=3))
    elif item.kind in ("ups", "rectifier"):
        box(axes, (x, middle, 0.62, 0.34), colour, "UPS" if item.kind == "ups" else "AC/DC")
    name = {"ups": "UPS,", "cable": "cable,"}.get(item.kind, f"{item.kind} to")
    # the rating of a UPS is that of its output
    taken = f"output {watts(item.power - item.loss)}" if item.kind == "ups" else watts(item.power)
    numbers = f"{taken}{share(item)}, loss {watts(item.loss)}" if item.closed else "open"
    _write(axes, (x + 0.4, middle), f"{name} {volts(item)}", numbers, look, item.loading if item.closed else 2.0)


def _draw_board(axes: Axes, cable: Item, name: str, place: tuple[float, float, float], look: Theme) -> None:
    """The board of the plant at the right: beside its node on the trunk, or above the switchboard."""
    trunk, x, y = place
    colour = paint(cable.loading, look)
    middle = y - 0.38 if cable.tail == "switchboard" else y
    ends = ([x, x], [y, middle]) if cable.tail == "switchboard" else ([trunk, x], [y, y])
    axes.plot(*ends, color=colour, linewidth=LINE, zorder=1, linestyle="-" if cable.closed else ":")
    box(axes, (x, middle, 1.6, 0.42), colour if cable.closed else look.neutral, f"{name}\n{_taken(cable)}")


def _taken(cable: Item) -> str:
    return f"{watts(cable.power)}{share(cable)}" if cable.closed and not np.isnan(cable.voltage) else "no supply"


def _draw_bar(axes: Axes, item: Item, place: tuple[float, float, float], text: float, look: Theme) -> None:
    """The switchboard; `text` is where its words end."""
    left, right, y = place
    colour = paint(item.loading, look) if not np.isnan(item.loading) else look.ink
    axes.plot([left, right], [y, y], color=colour, linewidth=7, solid_capstyle="butt", zorder=3)
    voltage = "dead" if np.isnan(item.voltage) else f"voltage {100 * item.voltage:.1f} %"
    load = "" if np.isnan(item.loading) else f", load{share(item).removeprefix(',')}"
    told = f"switchboard, {voltage}{load}"
    axes.text(text, y - 0.12, told, size=LABEL, ha="right", va="bottom", color=look.ink)


def _write(axes: Axes, at: tuple[float, float], title: str, numbers: str, look: Theme, loading: float) -> None:
    x, y = at
    axes.text(x, y - 0.02, title, size=LABEL, va="bottom", weight="bold")
    axes.text(x, y + 0.02, numbers, size=LABEL, va="top", color=look.alert if loading > 1 + 1e-9 else look.ink)
