"""A field over two swept quantities, with the surfaces on which a limit is met as lines that say what limits there."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from numpy.typing import NDArray

from viz import style
from viz.charts.quantity import Quantity, quantity_of
from viz.charts.request import along, only_dim
from viz.marks import nice_limits, round_ticks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from xarray import DataArray, Dataset

    from viz.charts.request import Request
    from viz.style import Theme

_POINTS = 400  # of a contour, where its words are chosen
_LONG_ENOUGH = 0.12  # of the diagonal of the chart: shorter stretches of a contour carry no words
_DIFFERENCE = "temperature: difference"


def draw_heat_map(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw cells, contours and colour bar; returns the quantities of both axes."""
    (x_name, y_name), field = (request.get("x"), request.ys[0]), request.get("colour")
    x_dim, y_dim = only_dim(dataset, x_name), only_dim(dataset, y_name)
    x, y = (
        quantity_of(along(dataset, name, dim), request.unit(name)) for name, dim in ((x_name, x_dim), (y_name, y_dim))
    )
    found = along(dataset, field, y_dim, x_dim)
    colour = quantity_of(found, request.unit(field))
    norm, colours = scale_of(found, colour, look)
    cells = np.ma.masked_invalid(colour.values)
    mesh = axes.pcolormesh(
        x.values, y.values, cells, shading="nearest", norm=norm, cmap=colours.with_extremes(bad=look.neutral)
    )
    for contour in request.get("contours", ()):
        _draw_contour(axes, dataset, contour, (x_dim, y_dim), (x, y), look)
    draw_bar(axes, mesh, colour.label)
    return x, y


def scale_of(found: DataArray, colour: Quantity, look: Theme) -> tuple[Normalize, Colormap]:
    """Scale and colours of a field by its family: headroom around zero, temperature, or load."""
    if found.attrs.get("units_metadata") == _DIFFERENCE or str(found.name).startswith("headroom"):
        reach = max(map(abs, nice_limits(colour.values, 1.0)))
        return Normalize(-reach, reach), _broken(style.colormap("headroom", look))
    family = "temperature" if found.attrs.get("units") == "K" else "load"
    return Normalize(*nice_limits(colour.values, 1e-9)), style.colormap(family, look)


def _broken(colours: Colormap) -> Colormap:
    """A diverging map without its pale middle: the sign shows at once."""
    halves = np.concatenate([np.linspace(0.0, 0.38, 128), np.linspace(0.62, 1.0, 128)])
    return ListedColormap(colours(halves), name=colours.name)


def draw_bar(axes: Axes, mesh: Any, label: str) -> None:
    """A colour bar with its label at the right of the axes."""
    figure, place = axes.get_figure(root=True), axes.get_position()
    if figure is None:
        raise ValueError("axes belong to no figure: create them with Figure.add_axes")
    inch = 1 / figure.get_size_inches()[0]
    bar = figure.add_axes((place.x1 + 0.27 * inch, place.y0, 0.2 * inch, place.height), label="scale")
    key = figure.colorbar(mesh, cax=bar, ticks=round_ticks(6))
    key.outline.set_visible(False)
    key.set_label(label, labelpad=9)


def _draw_contour(
    axes: Axes, dataset: Dataset, contour: Mapping[str, Any], dims: tuple[str, str], on: tuple[Quantity, Quantity],
    look: Theme,
) -> None:  # fmt: skip
    x_dim, y_dim = dims
    x, y = on
    surface = np.asarray(along(dataset, contour["variable"], y_dim, x_dim).values, dtype=np.float64)
    drawn = axes.contour(
        x.values, y.values, np.ma.masked_invalid(surface), levels=[contour["value"]], colors=look.ink, linewidths=2
    )
    said = along(dataset, contour["by"], y_dim, x_dim).values if "by" in contour else None
    told: set[str] = set()
    for line in map(dense, sorted(drawn.allsegs[0], key=len, reverse=True)):
        texts = [str(contour["text"])] * len(line) if said is None else _said_at(line, x.values, y.values, said)
        for text, run in _runs(texts, line):
            if text and text not in told and _share(axes, run) > _LONG_ENOUGH:
                told.add(text)
                _write_along(axes, run, text, look)


def dense(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same line with many points, so that stretches end where the nearest cell changes."""
    at = np.linspace(0, len(line) - 1, _POINTS)
    return np.column_stack([np.interp(at, np.arange(len(line)), line[:, i]) for i in (0, 1)])


def _said_at(line: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], said: Any) -> list[str]:
    """What the nearest cell says at each point of a line."""
    column, row = (np.abs(line[:, i, None] - axis).argmin(axis=1) for i, axis in ((0, x), (1, y)))
    return [str(text) for text in said[row, column]]


def _runs(texts: list[str], line: NDArray[np.float64]) -> list[tuple[str, NDArray[np.float64]]]:
    """Stretches of a line that say the same, longest first."""
    groups = [list(group) for _, group in groupby(range(len(texts)), key=lambda i: texts[i])]
    return sorted(((texts[group[0]], line[group]) for group in groups), key=lambda run: -len(run[1]))


def _share(axes: Axes, run: NDArray[np.float64]) -> float:
    """Length of a stretch over the diagonal of the chart."""
    steps = np.diff(axes.transAxes.inverted().transform(axes.transData.transform(run)), axis=0)
    return float(np.hypot(*steps.T).sum() / np.sqrt(2))


def _write_along(axes: Axes, run: NDArray[np.float64], text: str, look: Theme) -> None:
    middle = run[len(run) // 2]
    inside = axes.transAxes.inverted().transform(axes.transData.transform(middle))
    side = "right" if inside[0] > 0.5 else "left"
    axes.annotate(
        text, middle, (-9 if side == "right" else 9, 9), textcoords="offset points", ha=side, va="bottom",
        size=style.SMALL, color=look.ink, zorder=5,
        bbox={"facecolor": look.paper, "edgecolor": "none", "alpha": 0.88, "boxstyle": "round,pad=0.35"},
    )  # fmt: skip
