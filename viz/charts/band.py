"""A line inside the band of its uncertainty, and further lines without one."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from matplotlib.patheffects import withStroke

from viz.charts.line import DASHES, colours
from viz.charts.quantity import Quantity, quantity_of
from viz.charts.request import along, only_dim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.request import Request
    from viz.style import Theme


def draw_band(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw line and band; returns the quantities of both axes."""
    dim = only_dim(dataset, request.get("x"))
    x = quantity_of(along(dataset, request.get("x"), dim), request.unit(request.get("x")))
    (name,) = request.ys
    y = quantity_of(along(dataset, name, dim), request.unit(name))
    low, high = (quantity_of(along(dataset, request.get(edge), dim), y.unit) for edge in ("low", "high"))
    (shade,) = colours(1, look)
    held: Any = {"step": "mid"} if request.get("steps") else {}
    drawn: Any = {"drawstyle": "steps-mid"} if request.get("steps") else {}
    edges = x.values, low.values, high.values
    area = axes.fill_between(*edges, color=shade, alpha=0.22, linewidth=0, label=request.get("band"), **held)
    casing = [withStroke(linewidth=5.0, foreground=look.paper)]  # parts the line from an edge it runs along
    axes.plot(x.values, y.values, color=shade, linewidth=2.2, label=y.name, path_effects=casing, zorder=2.2, **drawn)
    others = request.names("lines")
    for other, colour, dash in zip(others, colours(1 + len(others), look)[1:], cycle(DASHES[1:])):
        line = quantity_of(along(dataset, other, dim), y.unit)
        axes.plot(
            x.values, line.values, color=colour, linewidth=2.0, linestyle=dash, label=line.name, zorder=2.3, **drawn
        )
    axes.grid(True)
    axes.margins(x=0.0)
    if request.get("band"):
        handles = (
            [area] if others else axes.get_legend_handles_labels()[0]
        )  # several lines have their names at their ends
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.4, borderpad=0)
    return x, y._replace(name=request.get("axis", y.name))
