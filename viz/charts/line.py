"""Lines, one per y or per value of a series, each named at its right end in its own colour."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viz import headline, style
from viz.charts.limits import BOUND
from viz.charts.quantity import Quantity, name_of, quantity_of
from viz.charts.request import along, only_dim
from viz.units import number, quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from xarray import DataArray, Dataset

    from viz.charts.request import Request
    from viz.style import Theme

# Okabe and Ito, those first that stand out from the paper; the dark set is lightened to the same contrast.
_SERIES = {
    "light": ("#0072b2", "#c04e00", "#00805c", "#a9437f", "#18212b", "#8a6a00", "#2f8fc4"),
    "dark": ("#56b4e9", "#f0883e", "#2fc79a", "#e39ac4", "#eef2f6", "#f0d060", "#9fc4ff"),
}
#: Dashes of lines that colour alone would not tell apart.
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 2, 2)))
_UNDER = 6.0  # points that a line is wide which the others may run over
_MOST = 7  # values of a series that get a line and a name of their own
_EARLY = 0.9  # of the width: a line that ends before is named at its end
_NEXT = 14.5  # points between the names of lines, per line of text
_KEY_WIDTH = 1.15  # inches of a name in a key
_LEVEL = 5.0  # points within which ends of lines count as one height
_NAME_WIDTH = 1.4  # inches, of which bold letters take up to 1.65


def colours(count: int, look: Theme) -> list[str]:
    """Colours of unordered series."""
    theme = "dark" if style.luminance(look.paper) < 0.2 else "light"
    return list(islice(cycle(_SERIES[theme]), count))


def draw_line(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw the lines; returns the quantities of both axes."""
    dim = only_dim(dataset, request.get("x"))
    x = quantity_of(along(dataset, request.get("x"), dim), request.unit(request.get("x")))
    names, y = _rows(dataset, request, dim)
    tints = shades(dataset, request, len(names), look)
    plain = request.get("series") and request.get("names") != "key"
    for axis in request.get("log", ()):
        (axes.set_xscale if axis == "x" else axes.set_yscale)("log")
    held = "steps-mid" if request.get("steps") else "default"
    dashes = cycle(["-"] if plain else DASHES)
    for row, name, shade in zip(y.values, names, tints, strict=True):
        stroke: dict[str, Any] = {"color": shade, "linewidth": 2.0, "zorder": 2.0}
        if name == request.get("under"):
            stroke |= {"linewidth": _UNDER, "zorder": 1.9, "alpha": 0.35, "solid_capstyle": "butt"}
        elif name == request.get("bound"):
            stroke |= {"color": look.alert, **BOUND}
        else:
            stroke["linestyle"] = next(dashes)
            stroke["zorder"] += 0.1 * (stroke["linestyle"] != "-")  # a dashed line shows what it lies over
        axes.plot(x.values, row, label=name, marker="o" if request.get("points") else "", drawstyle=held, **stroke)
    axes.grid(True)
    axes.margins(x=0.03 if request.get("points") else 0.0)
    if request.get("never"):
        _draw_never(axes, x.values[np.isnan(y.values).all(axis=0)], str(request.get("never")), look)
    _draw_marks(axes, [(x.shown(one["x"]), y.shown(one["y"]), one) for one in request.get("marks", ())], look)
    return x, y


def _draw_never(axes: Axes, places: NDArray[np.float64], word: str, look: Theme) -> None:
    """Hollow marks on the top edge over places without a value, and one word for all of them."""
    if not places.size:
        return
    on_top: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "color": look.muted, "clip_on": False}
    axes.margins(y=0.12)
    axes.plot(places, np.full(places.size, 0.97), "^", markerfacecolor="none", markersize=8, label="_never", **on_top)
    axes.text(places.max(), 0.93, word, ha="right", va="top", **on_top)


def _draw_marks(axes: Axes, marks: Sequence[tuple[float, float, Mapping[str, Any]]], look: Theme) -> None:
    """Marks on lines, with a key of their words above."""
    key = {}
    for x, y, mark in marks:
        shape: dict[str, Any] = {"markersize": 9, "markeredgewidth": 2.4, "color": look.ink, "zorder": 6}
        (key[mark["text"]],) = axes.plot([x], [y], mark.get("shape", "o"), linestyle="none", label="_mark", **shape)
    if key:
        place: dict[str, Any] = {"bbox_to_anchor": (0, 1), "borderaxespad": 0.4, "borderpad": 0}
        axes.legend(list(key.values()), list(key), loc="lower left", **place)


def _rows(dataset: Dataset, request: Request, dim: str) -> tuple[list[str], Quantity]:
    """Names of the lines, and the y axis with one row per line; all y share the unit of the first."""
    series = request.get("series")
    if series is None:
        found = [along(dataset, name, dim) for name in request.ys]
        first = quantity_of(found[0], request.unit(request.ys[0]))
        rows = [quantity_of(each, request.unit(request.ys[0]) or first.unit) for each in found]
        name = first.name if len(rows) == 1 else request.get("axis", "")
        return [row.name for row in rows], first._replace(values=np.stack([row.values for row in rows]), name=name)
    if len(request.ys) > 1:
        raise ValueError(f"chart y = {request.ys}: a line with a series takes one y")
    other = only_dim(dataset, series)
    if dataset.sizes[other] > _MOST:
        raise ValueError(
            f"chart series = {series!r} has {dataset.sizes[other]} values: at most {_MOST} lines are legible"
        )
    y = quantity_of(along(dataset, request.ys[0], other, dim), request.unit(request.ys[0]))
    return series_names(dataset[series], request.unit(series)), y


def series_names(series: DataArray, unit: str | None) -> list[str]:
    """Names of the values of a series: texts as they are, numbers with their unit."""
    if series.dtype.kind in "OUS":
        return [str(value) for value in series.values]
    shown = quantity_of(series, unit)
    digits = _digits(shown.values)
    return [quantity(value, shown.unit, digits) if shown.unit else number(value, digits) for value in shown.values]


def _digits(values: NDArray[np.float64]) -> int:
    """Fewest digits that tell the values apart and round none of them by more than 1 %."""
    return next((d for d in range(4) if np.allclose(values, values.round(d), rtol=1e-2 / 2, atol=0)), 4)


def shades(dataset: Dataset, request: Request, count: int, look: Theme) -> Sequence[Any]:
    """Colours of the values of a series: in order for numbers, apart for texts."""
    series = request.get("series")
    if series is None or dataset[series].dtype.kind in "OUS":
        return colours(count, look)
    ends = (0.25, 0.95) if style.luminance(look.paper) < 0.2 else (0.0, 0.8)
    return list(style.colormap("load", look)(np.linspace(*ends, count)))


def name_lines(axes: Axes, dataset: Dataset, request: Request) -> None:
    """Write the name of each line beside its right end, pushed apart where ends are close; one line needs no name."""
    figure = axes.get_figure(root=True)
    lines = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    if figure is None or len(lines) < 2:
        return
    if request.get("names") == "key":
        _draw_key(axes, lines)
        return
    figure.draw_without_rendering()
    _name_early(axes, [line for line in lines if _ends_early(axes, line)])
    lines = [line for line in lines if not _ends_early(axes, line)]
    if not lines:
        return
    pixels = figure.dpi / 72
    names = [headline.fit(str(line.get_label()), _NAME_WIDTH, style.BODY, 2) for line in lines]
    series = request.get("series")
    numbers = bool(series) and dataset[series].dtype.kind not in "OUS"
    ends = np.array([_end(axes, line)[1] for line in lines]) / pixels
    heights = apart(_in_order(ends) if numbers else ends, _NEXT * max(map(len, names)))
    words: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "center"}
    for line, name, height in zip(lines, names, heights, strict=True):
        axes.annotate(
            "\n".join(name),
            (1.0, _share(axes, height * pixels)),
            (8, 0),
            color=line.get_color(),
            weight="bold",
            **words,
        )
    if numbers:
        top = _share(axes, (heights.max() + 1.3 * _NEXT) * pixels)
        axes.annotate(name_of(dataset[series]), (1.0, top), (8, 0), **words)


def _draw_key(axes: Axes, lines: Sequence[Any]) -> None:
    """A key at the right of the axes, in the order of the lines."""
    words = ["\n".join(headline.fit(str(line.get_label()), _KEY_WIDTH, style.SMALL, 2)) for line in lines]
    axes.legend(lines, words, loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.5, handlelength=2.6)


def _ends_early(axes: Axes, line: Any) -> bool:
    return bool(axes.transAxes.inverted().transform(_end(axes, line))[0] < _EARLY)


def _name_early(axes: Axes, lines: Sequence[Any]) -> None:
    """Write the names of lines that end well before the right edge at the left of their ends."""
    if not lines:
        return
    ends = np.array([_end(axes, line) for line in lines])
    pixels = axes.figure.dpi / 72
    for line, (x, _), height in zip(lines, ends, apart(ends[:, 1] / pixels, _NEXT), strict=True):
        place = tuple(axes.transAxes.inverted().transform((x, height * pixels)))
        look: dict[str, Any] = {"color": line.get_color(), "weight": "bold", "ha": "right", "va": "bottom"}
        axes.annotate(str(line.get_label()), place, (-6, 2), "axes fraction", textcoords="offset points", **look)


def _in_order(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights of ends of a series, those of one height in the order of its values."""
    steps = np.round(ends / _LEVEL)
    rank = np.arange(len(ends)) if steps[-1] > steps[0] else -np.arange(len(ends))
    return np.asarray(_LEVEL * (steps + 0.01 * rank / len(ends)))


def _share(axes: Axes, pixel: float) -> float:
    return float(axes.transAxes.inverted().transform((0.0, pixel))[1])


def _end(axes: Axes, line: Any) -> NDArray[np.float64]:
    points = np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])
    known = points[np.isfinite(points).all(axis=1)]
    return np.asarray(axes.transData.transform(known[-1] if len(known) else [0.0, 0.0]))


def apart(wanted: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Places as near to the wanted ones as keeps them at least so far apart, in the same order."""
    order = np.argsort(wanted, kind="stable")
    steps = least * np.arange(len(wanted))
    shifted = wanted[order] - steps
    blocks: list[list[float]] = []
    for value in shifted:  # isotonic regression: merge neighbours that are out of order
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    placed = np.empty_like(wanted)
    placed[order] = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks]) + steps
    return placed
