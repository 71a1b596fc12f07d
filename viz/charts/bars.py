"""Horizontal bars, the longest name in full at the left; further variables are marks on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import headline, style
from viz.charts.line import colours
from viz.charts.quantity import Quantity, quantity_of
from viz.charts.request import along, only_dim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.request import Request
    from viz.style import Theme

_MARKS = ("D", "o", "s", "^")
_NAME_WIDTH = 2.6  # inches


def draw_bars(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw the first x as bars, the others as marks, the first row on top; returns both quantities, y empty."""
    (name,) = request.ys
    rows = only_dim(dataset, name)
    dataset = dataset.isel({rows: slice(request.get("most"))})
    words = [str(text) for text in along(dataset, name, rows).values]
    first, *others = request.names("x")
    x = quantity_of(along(dataset, first, rows), request.unit(first))
    places = np.arange(len(words))
    shade, *shades = colours(1 + len(others), look)
    axes.barh(places, x.values, height=0.62, color=shade, label=x.name, zorder=2)
    for other, colour, mark in zip(others, shades, _MARKS, strict=False):
        more = quantity_of(along(dataset, other, rows), request.unit(other) or x.unit)
        look_of = {"marker": mark, "color": colour, "edgecolor": look.paper, "linewidth": 0.8, "label": more.name}
        axes.scatter(more.values, places, s=46, zorder=3, **look_of)  # type: ignore[arg-type]
    axes.set_yticks(places, ["\n".join(headline.fit(word, _NAME_WIDTH, style.SMALL, 2)) for word in words])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(words) - (0.0 if request.get("limits") else 0.4), -0.6)  # room for the words of a limit
    axes.axvline(0.0, color=look.ink, linewidth=0.9, zorder=4)
    axes.grid(True, axis="x")
    if others:
        handles = sorted(axes.get_legend_handles_labels()[0], key=lambda one: one.get_label() != x.name)
        axes.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(handles), borderaxespad=0.4,
            borderpad=0, handlelength=1.2, columnspacing=1.4,
        )  # fmt: skip
        x = x._replace(name=request.get("axis", ""))
    return x, Quantity(np.zeros(0), "", "", 1.0, 0.0)
