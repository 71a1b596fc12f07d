"""What stands beside one 3-D panel: title, callouts with leaders at the left, groups and colour bars at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patheffects import withStroke

from viz import style
from viz.scenes.labels import spread
from viz.scenes.layers import Callout, Group, View
from viz.scenes.lettering import shortened, width
from viz.scenes.paint import Paint, ticks
from viz.units import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar

    from viz.panel import Page
    from viz.scenes.arrange import Panel
    from viz.scenes.lens import Lens
    from viz.style import Theme

_CALLOUTS, _GROUPS, _BARS = 1.62, 1.3, 0.86  # inches of the columns
_LINE = 0.19  # inches from line to line of a label
_BAR = 0.15  # inches across a colour bar
_BAR_SHARE = 0.62  # of the panel's height that the bars take
_BAR_TITLE, _BAR_GAP = 0.75, 0.1  # inches above and below a bar
_KEY = 0.38  # inches of a spot of colour
_BAR_LEAST = 1.2  # inches of the shortest bar
_BAR_ROOM = _BAR_LEAST + _BAR_TITLE + _BAR_GAP
_FAR = 0.7  # inches from a group to its bracket from which lines lead there
_MOST_APART = 0.24  # inches from which an ordinary tick gives way to a limit


def room(view: View) -> tuple[float, float]:
    """Inches at the left and right of the panel."""
    return (_CALLOUTS if view.callouts else 0.0), (_GROUPS if view.groups else 0.15) + (_BARS if view.paints else 0.0)


def least_height(view: View) -> float:
    """Inches that the bars of a view, or the names of its groups, need one above the other."""
    return max(len(view.paints) * _BAR_ROOM, sum(map(_group_height, view.groups)))


def draw(page: Page, axes: Axes, panel: Panel, lens: Lens, look: Theme) -> None:
    """All of it; `axes` covers the page in inches, y downward."""
    _draw_title(page, axes, panel, look)
    _draw_callouts(axes, panel, lens, look)
    _draw_groups(axes, panel, lens, look)
    for k, paint in enumerate(panel.view.paints):
        _draw_bar(page, panel, paint, k, look)


def _draw_title(page: Page, axes: Axes, panel: Panel, look: Theme) -> None:
    """Title and note; spots of colour at the right of the title or, where it leaves no room, of a shorter note."""
    left, top = panel.start, panel.head
    sizes = [width(words, style.BODY) + _KEY for _, words in panel.view.keys]
    free = panel.end - panel.start
    beside = width(panel.view.title, style.HEADING, "bold") + sum(sizes) <= free
    note = shortened(panel.view.note, free if beside else free - sum(sizes), style.BODY)
    page.write(left, top - 0.36, panel.view.title, size=style.HEADING, weight="bold", va="center")
    page.write(left, top - 0.13, note, size=style.BODY, color=look.muted, va="center")
    _draw_keys(page, axes, panel, sizes, top - (0.36 if beside else 0.13))


def _draw_keys(page: Page, axes: Axes, panel: Panel, sizes: list[float], y: float) -> None:
    """Spots of colour with their meaning, of these widths, at the right of a line."""
    x = panel.end - sum(sizes)
    for (colour, words), wide in zip(panel.view.keys, sizes, strict=True):
        axes.plot(x + 0.23, y, "o", color=colour, markersize=8.5, markeredgewidth=0)
        page.write(x + 0.33, y, words, size=style.BODY, va="center")
        x += wide


def _places(panel: Panel, lens: Lens, points: list[tuple[float, float, float]]) -> np.ndarray:
    """Inches on the page, y downward, of points of the scene."""
    at = lens.project(np.array(points, dtype=np.float64).reshape(-1, 3))
    return np.column_stack([panel.left + at[:, 0] * panel.width, panel.top + (1 - at[:, 1]) * panel.height])


def _draw_callouts(axes: Axes, panel: Panel, lens: Lens, look: Theme) -> None:
    callouts: tuple[Callout, ...] = panel.view.callouts
    if not callouts:
        return
    at = _places(panel, lens, [callout.anchor for callout in callouts])
    heights = np.array([2.6 + 2 * callout.title.count("\n") for callout in callouts]) * _LINE
    middles = spread(at[:, 1], heights, panel.top, panel.top + panel.height)
    edge = panel.left - 0.12
    for callout, spot, middle in zip(callouts, at, middles, strict=True):
        _draw_leader(axes, spot, (edge, middle), look)
        axes.text(edge - 0.06, middle - 0.02, callout.value, size=style.HEADING, weight="bold", ha="right", va="bottom")
        title = "\n".join(shortened(line, _CALLOUTS - 0.18, style.BODY) for line in callout.title.split("\n"))
        axes.text(edge - 0.06, middle + 0.02, title, size=style.BODY, color=look.muted, ha="right", va="top")


def _draw_leader(axes: Axes, spot: np.ndarray, start: tuple[float, float], look: Theme) -> None:
    """A thin line from words beside the picture to a dot on a part."""
    (x, y), (edge, middle) = spot, start
    halo = [withStroke(linewidth=2.6, foreground=look.paper)]
    bend = edge + np.copysign(0.1, x - edge)
    axes.plot([edge, bend, x], [middle, middle, y], color=look.ink, linewidth=0.9, path_effects=halo, zorder=3)
    axes.plot(x, y, "o", color=look.ink, markersize=4.0, markeredgecolor=look.paper, markeredgewidth=1.0, zorder=4)


def _draw_groups(axes: Axes, panel: Panel, lens: Lens, look: Theme) -> None:
    groups: tuple[Group, ...] = panel.view.groups
    x = panel.left + panel.width + 0.06
    extents = np.array([_extent(panel, lens, group) for group in groups]).reshape(-1, 3)
    edges, ends = extents[:, 0], extents[:, 1:]
    lines = [_wrapped(group.text) for group in groups]
    heights = np.array([_group_height(group) for group in groups])
    middles = spread(ends.mean(axis=1), heights, panel.top, panel.top + panel.height) if groups else np.zeros(0)
    for group, edge, (high, low), text, middle in zip(groups, edges, ends, lines, middles, strict=True):
        axes.text(x + 0.12, middle, text, size=style.BODY, va="center", linespacing=1.15)
        if group.low == group.high:
            _draw_leader(axes, _places(panel, lens, [group.low])[0], (x + 0.08, middle), look)
            continue
        if x - edge > _FAR:
            _extend(axes, (edge, x), (high + 0.02, low - 0.02), look)
        axes.plot(
            [x, x + 0.05, x + 0.05, x],
            [high + 0.02, high + 0.02, low - 0.02, low - 0.02],
            color=look.muted,
            linewidth=1.0,
        )


def _extend(axes: Axes, across: tuple[float, float], heights: tuple[float, float], look: Theme) -> None:
    """Thin lines from the ends of a group to its bracket, over what stands between."""
    for height in heights:
        axes.plot(across, [height, height], color=look.ink, linewidth=0.5)


def _group_height(group: Group) -> float:
    return (_wrapped(group.text).count("\n") + 1.3) * _LINE


def _wrapped(text: str) -> str:
    """10 compute trays in two lines: 10 compute, trays; two words stay on one."""
    words = text.rsplit(" ", 1)
    return "\n".join(words) if " " in words[0] else text


def _extent(panel: Panel, lens: Lens, group: Group) -> tuple[float, float, float]:
    """Edge of a group's boxes that is furthest to the right, and its upper and lower end."""
    (x0, y0, z0), (x1, y1, z1) = group.low, group.high
    corners = [(x, y, z) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)]
    at = _places(panel, lens, corners)
    edge = at[at[:, 0] > at[:, 0].max() - 1e-6, 1]
    return float(at[:, 0].max()), float(edge.min()), float(edge.max())


def _bar_place(panel: Panel, k: int) -> tuple[float, float, float]:
    """Left and top of the k-th bar, and how tall it is, in inches."""
    count = len(panel.view.paints)
    each = min(max(panel.height / count, _BAR_ROOM), (panel.foot - panel.head) / count)
    first = float(np.clip(panel.top + (panel.height - count * each) / 2, panel.head, panel.foot - count * each))
    tall = min(max(_BAR_SHARE * panel.height, _BAR_LEAST), each - _BAR_TITLE - _BAR_GAP)
    left = panel.left + panel.width + room(panel.view)[1] - _BARS + 0.05
    return left, first + k * each + (each - tall - _BAR_TITLE - _BAR_GAP) / 2 + _BAR_TITLE, tall


def _draw_bar(page: Page, panel: Panel, paint: Paint, k: int, look: Theme) -> None:
    left, top, tall = _bar_place(panel, k)
    bar = page.place("scale", left, top, _BAR, tall)
    key = page.figure.colorbar(ScalarMappable(Normalize(*paint.scale), paint.colours), cax=bar, orientation="vertical")
    key.outline.set_visible(False)
    _draw_ticks(key, bar, paint, tall, look)
    bar.annotate(
        _bar_title(paint), (0, 1), (0, 14), xycoords="axes fraction", textcoords="offset points",
        size=style.BODY, va="bottom", linespacing=1.15,
    )  # fmt: skip


def _draw_ticks(key: Colorbar, bar: Axes, paint: Paint, tall: float, look: Theme) -> None:
    """Round values, and the limits on the scale in the colour of alarm; the former give way to the latter."""
    low, high = paint.scale
    digits, near = (0 if high - low >= 4 else 1), _MOST_APART / tall * (high - low)
    marks = [(at, words) for at, words in paint.marks if low <= at <= high]
    plain = [t for t in ticks(paint, int(np.clip(3.2 * tall, 2, 5))) if all(abs(t - at) > near for at, _ in marks)]
    told = [*(number(t, digits) for t in plain), *(_mark(number(at, digits), words) for at, words in marks)]
    key.set_ticks([*plain, *(at for at, _ in marks)])
    key.set_ticklabels(told)
    bar.tick_params(length=0, pad=3, labelsize=style.BODY)
    for label in bar.get_yticklabels()[len(plain) :]:
        label.set(color=look.alert, fontweight="bold")
    for at, _ in marks:
        bar.axhline(at, color=look.paper, linewidth=3.2)
        bar.axhline(at, color=look.alert, linewidth=1.8)


def _mark(value: str, words: str) -> str:
    return f"{value}\n{words}" if len(value) > 2 else f"{value} {words}"


def _bar_title(paint: Paint) -> str:
    words = f"{paint.label[:1].upper()}{paint.label[1:]}".split(" ")
    lines = [""]
    for word in words:
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < 12 else [*lines, word]
    return "\n".join([*(line for line in lines if line), f"/ {paint.unit}"])
