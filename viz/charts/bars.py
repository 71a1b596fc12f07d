"""Horizontal bars, names at the left; further variables are marks on the same rows, values of a series more bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from viz import headline, style
from viz.charts.line import colours, series_names, shades
from viz.charts.quantity import Quantity, quantity_of
from viz.charts.request import along, only_dim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.request import Request
    from viz.style import Theme

_MARKS = ("D", "o", "s", "^")
_AREA = 46.0  # points squared, of the marks on top
_NAME_WIDTH = 2.6  # inches
_GROUP = 0.84  # of a row, that bars of a series take


def draw_bars(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw the first x as bars, the others as marks, the first row on top; returns both quantities, y empty."""
    (name,) = request.ys
    rows = only_dim(dataset, name)
    dataset = dataset.isel({rows: slice(request.get("most"))})
    words = [str(text) for text in along(dataset, name, rows).values]
    places = np.arange(len(words))
    if request.get("series"):
        x = _draw_groups(axes, dataset, request, rows, look)
        _finish(axes, request, words, look)
        return x, Quantity(np.zeros(0), "", "", 1.0, 0.0)
    first, *others = request.names("x")
    x = quantity_of(along(dataset, first, rows), request.unit(first))
    shade, *more_shades = colours(1 + len(others), look)
    axes.barh(places, x.values, height=0.62, color=shade, label=x.name, zorder=2)
    for rank, (other, colour, mark) in enumerate(zip(others, more_shades, _MARKS, strict=False)):
        more = quantity_of(along(dataset, other, rows), request.unit(other) or x.unit)
        look_of = {"marker": mark, "color": colour, "edgecolor": look.paper, "linewidth": 0.8, "label": more.name}
        area = _AREA * (1 + 0.8 * (len(others) - 1 - rank))  # those below look out from under those above
        axes.scatter(more.values, places, s=area, zorder=5, clip_on=False, **look_of)  # type: ignore[arg-type]
    _finish(axes, request, words, look)
    if others:
        _draw_key(axes, sorted(axes.get_legend_handles_labels()[0], key=lambda one: one.get_label() != x.name))
        x = x._replace(name=request.get("axis", ""))
    return x, Quantity(np.zeros(0), "", "", 1.0, 0.0)


def _draw_groups(axes: Axes, dataset: Dataset, request: Request, rows: str, look: Theme) -> Quantity:
    """A bar per value of the series in every row, the first on top, with a key of the values."""
    first, *others = request.names("x")
    if others:
        raise ValueError(f"chart x = {request.names('x')}: bars with a series take one x")
    series = request.names("series")[0]
    other = only_dim(dataset, series)
    x = quantity_of(along(dataset, first, other, rows), request.unit(first))
    names, height = series_names(dataset[series], request.unit(series)), _GROUP / len(x.values)
    tints = shades(dataset, request, len(names), look)
    for k, (row, name, shade) in enumerate(zip(x.values, names, tints, strict=True)):
        below = (k - (len(names) - 1) / 2) * height
        axes.barh(np.arange(row.size) + below, row, height=0.9 * height, color=shade, label=name, zorder=2)
    _draw_key(axes, axes.get_legend_handles_labels()[0])
    return x


def _finish(axes: Axes, request: Request, words: list[str], look: Theme) -> None:
    """Names at the left, the line of zero, room for the words of a limit."""
    axes.set_yticks(
        np.arange(len(words)), ["\n".join(headline.fit(word, _NAME_WIDTH, style.SMALL, 2)) for word in words]
    )
    axes.tick_params(axis="y", length=0, pad=7)  # room for half a mark at zero
    axes.set_ylim(len(words) - (0.0 if request.get("limits") else 0.4), -0.6)
    axes.axvline(0.0, color=look.ink, linewidth=0.9, zorder=4)
    axes.grid(True, axis="x")


def _draw_key(axes: Axes, handles: list[Any]) -> None:
    """A key above the axes, in one row."""
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(handles), borderaxespad=0.4,
        borderpad=0, handlelength=1.2, columnspacing=1.4,
    )  # fmt: skip
