"""A smooth field over two quantities: steps of colour, regions by name, limit lines per series, marked points.

A region is where one of several surfaces is the lowest (a variable with one more dimension, named by its coordinate),
or where a text variable says the same. Words stand where there is room; a text that finds none is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from viz import style
from viz.charts.heat_map import dense, draw_bar, scale_of
from viz.charts.line import series_names
from viz.charts.quantity import Quantity, quantity_of
from viz.charts.request import along, at, only_dim
from viz.charts.spots import around, halo, inside, settle
from viz.units import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.request import Request
    from viz.style import Theme

Array = NDArray[np.float64]

_INK, _PAPER = style.THEMES["light"].ink, style.THEMES["light"].paper  # the colours of the field suit no others
_STEPS = 12  # of colour, about, where the request names no step
_FEW = 6  # nodes of a region too small for a name
_KEY: dict[str, Any] = {"borderaxespad": 0.4, "borderpad": 0, "handlelength": 2.6, "columnspacing": 1.4}


class _Field(NamedTuple):
    """What all parts of a map share."""

    axes: Axes
    dims: tuple[str, str]
    x: Quantity
    y: Quantity
    taken: list[Bbox]


def draw_map(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw the field and what lies over it; returns the quantities of both axes."""
    names = request.get("x"), request.ys[0]
    x_dim, y_dim = (only_dim(dataset, name) for name in names)
    x, y = (quantity_of(along(dataset, n, d), request.unit(n)) for n, d in zip(names, (x_dim, y_dim), strict=True))
    field = _Field(axes, (y_dim, x_dim), x, y, [])
    axes.set_xlim(x.values.min(), x.values.max())
    axes.set_ylim(y.values.min(), y.values.max())
    axes.set_facecolor(look.neutral)
    levels, shown = _draw_field(field, dataset, request, look)
    regions = _draw_edges(field, dataset, request.get("regions"), look) if request.get("regions") else []
    edges = list(field.taken)
    pixels = [axes.transData.transform((x.shown(mark["x"]), y.shown(mark["y"]))) for mark in request.get("marks", ())]
    field.taken.extend(Bbox([pixel - 10, pixel + 10]) for pixel in pixels)
    for i, mark in enumerate(request.get("marks", ())):
        _draw_mark(field, mark, [pixel for k, pixel in enumerate(pixels) if k != i], edges)
    for contour in request.get("contours", ()):
        _draw_contour(field, dataset, request, contour, look)
    for name, mask in regions:
        spots = inside(axes, mask, x.values, y.values)
        _write_clear(field, name, spots, edges, size=style.BODY, style="italic")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, **_KEY)
    said = [one["value"] for one in request.get("contours", ()) if one["variable"] == request.get("colour")]
    for level, segments in zip(levels.levels, levels.allsegs, strict=True):
        if not any(np.isclose(level, shown(value)) for value in said):
            _name_level(field, levels, level, segments)
    return x, y


def _draw_field(field: _Field, dataset: Dataset, request: Request, look: Theme) -> tuple[Any, Any]:
    """Steps of colour with thin lines between them, and their bar; returns the lines and the scale of their values."""
    name = request.get("colour")
    found = along(dataset, name, *field.dims)
    colour = quantity_of(found, request.unit(name))
    norm, colours = scale_of(found, colour, look)
    span = float(np.nanmax(colour.values) - np.nanmin(colour.values))
    step = request.get("step", 0) * colour.scale or 10 ** np.floor(np.log10(max(span, 1e-300) / _STEPS)) * 5
    low, high = np.floor(np.nanmin(colour.values) / step), np.ceil(np.nanmax(colour.values) / step)
    levels = step * np.arange(low, max(high, low + 1) + 1)
    cells = np.ma.masked_invalid(colour.values)
    values = field.x.values, field.y.values, cells
    filled = field.axes.contourf(*values, levels=levels, norm=norm, cmap=colours)
    draw_bar(field.axes, filled, colour.label)
    thin: dict[str, Any] = {"colors": _INK, "linewidths": 0.5, "linestyles": "solid", "alpha": 0.45}
    return field.axes.contour(*values, levels=levels[1:-1], **thin), colour.shown


def _draw_mark(field: _Field, mark: Mapping[str, Any], others: list[Array], edges: list[Bbox]) -> None:
    """A mark, its words near it, far from the other marks and clear of the edges of regions where there is room."""
    x, y = field.x.shown(mark["x"]), field.y.shown(mark["y"])
    field.axes.plot(
        [x], [y], mark.get("shape", "o"), markersize=9, color=_PAPER, markeredgecolor=_INK, markeredgewidth=1.8,
        clip_on=False, zorder=6,
    )  # fmt: skip
    rows = 1 + str(mark["text"]).count("\n")
    spots = around(field.axes, x, y, 10.0 + 7.0 * rows)
    placed = field.axes.transData.transform(spots)
    far = [min((float(np.hypot(*(spot - other))) for other in others), default=0.0) for spot in placed]
    spots = [spots[i] for i in sorted(range(len(spots)), key=lambda i: (i // 8, -far[i]))]
    _write_clear(field, mark["text"], spots, edges, weight="bold")


def _write_clear(field: _Field, text: str, spots: Any, edges: list[Bbox], **look: Any) -> None:
    """Write a text clear of the edges of regions, or over them where there is no other room."""
    if not _write(field, text, spots, **look):
        free = field._replace(taken=[box for box in field.taken if not any(box is edge for edge in edges)])
        if _write(free, text, spots, **look):
            field.taken.append(free.taken[-1])


def _draw_contour(
    field: _Field, dataset: Dataset, request: Request, contour: Mapping[str, Any], look_of: Theme
) -> None:
    """One line where the variable meets the value, or one per value of a series, that of the map itself thick."""
    widths = {"key": {"linewidth": 2.8}, "others": {"linewidth": 1.6, "linestyle": (0, (6, 2))}}
    for entry, stroke in widths.items():
        if contour.get(entry):
            field.axes.plot([], [], color=look_of.ink, label=contour[entry], **stroke)  # type: ignore[arg-type]
    for surface, text, own in _lines_of(field, dataset, request, contour):
        values = field.x.values, field.y.values, np.ma.masked_invalid(np.asarray(surface, dtype=np.float64))
        look: dict[str, Any] = {"linewidths": 2.8} if own else {"linewidths": 1.6, "linestyles": [(0, (6, 2))]}
        drawn = field.axes.contour(*values, levels=[contour["value"]], colors=_INK, zorder=4, **look)
        weight = "bold" if own else "normal"
        if not _write_along(field, text, drawn.allsegs[0], va="bottom", weight=weight):
            _write_aside(field, text, drawn.allsegs[0], weight=weight)


def _lines_of(
    field: _Field, dataset: Dataset, request: Request, contour: Mapping[str, Any]
) -> Iterator[tuple[Any, str, bool]]:
    """Surface and name of each line of a contour, and whether it belongs to the map's own value of the series."""
    name, series = contour["variable"], contour.get("series")
    if series is None:
        yield along(dataset, name, *field.dims).values, str(contour["text"]), True
        return
    whole, dim = request.whole, only_dim(request.whole, series)
    if "values" in contour:
        chosen = [at(whole, series, value) for value in contour["values"]]
        whole = whole.sel({dim: whole[series].isin(chosen)})
    own = dataset[series].values if series not in dataset.dims and series in dataset.variables else None
    names = series_names(whole[series], request.unit(series))
    surfaces = along(whole, name, dim, *field.dims).values
    for surface, text, value in zip(surfaces, names, whole[series].values, strict=True):
        yield surface, contour.get("text", "{}").format(text), bool(own is not None and own == value)


def _draw_edges(
    field: _Field, dataset: Dataset, regions: Mapping[str, Any], look: Theme
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Draw dotted edges between the regions; return the name and the nodes of each that is wide enough for a name."""
    names, surfaces = _surfaces(dataset, regions["variable"], field.dims)
    lowest = np.argmin(np.where(np.isnan(surfaces), np.inf, surfaces), axis=0)
    known = ~np.isnan(surfaces).all(axis=0)
    found = []
    for i, text in enumerate(names):
        mask = (lowest == i) & known
        if mask.sum() >= _FEW:
            found.append((regions.get("text", "{}").format(text), mask))
        if not mask.any() or mask[known].all():
            continue
        rest = np.fmin.reduce(np.delete(surfaces, i, axis=0))
        values = field.x.values, field.y.values, np.ma.masked_invalid(surfaces[i] - rest)
        drawn = field.axes.contour(*values, levels=[0.0], colors=_INK, linewidths=1.5, linestyles="dotted", zorder=3)
        for line in drawn.allsegs[0]:
            field.taken.extend(Bbox([pixel - 2, pixel + 2]) for pixel in field.axes.transData.transform(dense(line)))
    if regions.get("key") and field.taken:
        field.axes.plot([], [], color=look.ink, linewidth=1.5, linestyle="dotted", label=regions["key"])
    return found


def _surfaces(dataset: Dataset, name: str, dims: tuple[str, str]) -> tuple[list[str], Array]:
    """Names of the regions and the surfaces of which the lowest rules (region, y, x)."""
    variable = dataset[name]
    if variable.dtype.kind in "OUS":
        said = along(dataset, name, *dims).values.astype(str)
        names = sorted(set(said.ravel().tolist()) - {""})
        ruled = np.stack([np.where(said == one, 0.0, 1.0) for one in names])
        return names, np.where(said == "", np.nan, ruled)
    others = [str(dim) for dim in variable.dims if dim not in dims]
    if len(others) != 1:
        raise ValueError(f"chart regions = {name!r}: is no text, so it needs one dimension more than the map")
    found = along(dataset, name, others[0], *dims)
    return [str(one) for one in dataset[others[0]].values], np.asarray(found.values, dtype=np.float64)


def _name_level(field: _Field, lines: Any, level: float, segments: Any) -> None:
    digits = next((d for d in range(6) if np.allclose(lines.levels, np.round(lines.levels, d), rtol=1e-9)), 6)
    _write_along(field, number(level, digits), segments, size=style.SMALL - 1.5, alpha=0.8)


def _write_aside(field: _Field, text: str, segments: Any, **look: Any) -> None:
    """Write the name of a line too short for it beside its middle."""
    for line in sorted(segments, key=len, reverse=True)[:1]:
        many, points = dense(line), field.axes.figure.dpi / 72
        middle = field.axes.transData.transform(many[len(many) // 2])
        far = 0.3 * style.SMALL * len(text) + 8
        steps = [(side * far, up) for side in (1, -1) for up in (0, -8, 8, -16, 16)]
        spots = [field.axes.transData.inverted().transform(middle + points * np.array(step)) for step in steps]
        _write(field, text, spots, **look)


def _write_along(field: _Field, text: str, segments: Any, **look: Any) -> bool:
    """Write a text on the longest piece of a line and along it, as near to its middle as there is room."""
    for line in sorted(segments, key=len, reverse=True)[:1]:
        many = dense(line)
        pixels = field.axes.transData.transform(many)
        run, rise = np.gradient(pixels, axis=0).T
        angles = (np.degrees(np.arctan2(rise, run)) + 90) % 180 - 90  # never upside down
        if look.get("va") == "bottom":  # beside the line, clear of its width
            clear = 3.0 * np.column_stack([-np.sin(np.radians(angles)), np.cos(np.radians(angles))])
            many = field.axes.transData.inverted().transform(pixels + clear)
        order = np.argsort(np.abs(np.arange(len(many)) - len(many) / 2), kind="stable")[::4]
        return _write(field, text, many[order], angles[order], **look)
    return False


def _write(field: _Field, text: str, spots: Any, angles: Any = None, **look: Any) -> bool:
    look = {"color": _INK, "size": style.SMALL, "ha": "center", "va": "center", "zorder": 7, **look}
    words = field.axes.text(0, 0, text, rotation_mode="anchor", path_effects=halo(_PAPER), **look)
    return settle(words, spots, field.taken, angles)
