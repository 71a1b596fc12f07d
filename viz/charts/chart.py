"""One chart: the paper, its title and limits; the kinds draw into its axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from viz import style
from viz.charts.band import draw_band
from viz.charts.heat_map import draw_heat_map
from viz.charts.line import draw_line, name_lines
from viz.charts.pareto import draw_pareto
from viz.charts.request import request_of
from viz.marks import round_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.quantity import Quantity
    from viz.charts.request import Request
    from viz.style import Theme

_WIDTH, _HEIGHT, _DOTS_PER_INCH = 9.0, 5.6, 150
_PLACE = (0.095, 0.135, 0.70, 0.71)
_WIDE = (0.095, 0.135, 0.865, 0.71)
_DRAW = {"line": draw_line, "heat map": draw_heat_map, "band": draw_band, "Pareto": draw_pareto}


def chart(dataset: Dataset, theme: str = "light") -> Figure:
    """Draw a dataset the way its attribute `chart` asks.

    Parameters
    ----------
    dataset : Dataset, with units and long_name on every variable it names; attribute `chart` (see the package)
    theme : str, "light" for paper or "dark" for screens

    Returns
    -------
    Figure, 1 350 by 840 pixels; not yet saved

    Raises
    ------
    ValueError
        If the attribute is absent, its kind unknown, an entry missing or unknown, or a variable absent, without
        units, or of other dimensions than the kind needs; each named, with what there is.

    Notes
    -----
    Points that are nan (failed points of a sweep) leave a gap in lines and a grey cell in heat maps.

    References
    ----------
    Okabe and Ito, Color Universal Design, 2008 (colours of series); van der Walt and Smith, SciPy 2015 (viridis).

    Examples
    --------
    >>> import xarray as xr
    >>> load = xr.Variable("load", [0.5, 1.0], {"units": "1", "long_name": "load"})
    >>> power = xr.Variable("load", [80e3, 134e3], {"units": "W", "long_name": "rack power"})
    >>> asked = {"kind": "line", "x": "load", "y": "power"}
    >>> figure = chart(xr.Dataset({"power": power}, {"load": load}, {"chart": asked}))
    >>> figure.axes[0].get_ylabel().replace("\N{NO-BREAK SPACE}", " ")
    'Rack power / kW'
    """
    look, request = style.theme(theme), request_of(dataset)
    with style.context(look):
        figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DOTS_PER_INCH)
        axes = figure.add_axes(_PLACE if _has_right_side(request) else _WIDE, label="chart")
        x, y = _DRAW[request.kind](axes, dataset, request, look)
        _finish(axes, x, y)
        for limit in request.get("limits", ()):
            _draw_limit(axes, limit["axis"], {"x": x, "y": y}[limit["axis"]].shown(limit["value"]), limit["text"], look)
        if request.kind == "line":
            name_lines(axes, dataset, request)
        title = request.get("title") or dataset.attrs.get("title")
        if title:
            figure.text(_PLACE[0], 0.955, str(title), size=style.HEADING, weight="bold", va="top", wrap=True)
    return figure


def _has_right_side(request: Request) -> bool:
    """Whether a colour bar or the names of lines stand beside the axes."""
    return bool(request.get("colour") or request.get("series") or len(request.ys) > 1)


def _finish(axes: Axes, x: Quantity, y: Quantity) -> None:
    axes.set_xlabel(x.label, labelpad=7)
    axes.set_ylabel(y.label, labelpad=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(round_ticks(8))
    axes.yaxis.set_major_locator(round_ticks(7))
    axes.ticklabel_format(useOffset=False)


def _draw_limit(axes: Axes, axis: str, value: float, text: str, look: Theme) -> None:
    line: dict[str, Any] = {"color": look.alert, "linewidth": 1.3, "linestyle": (0, (5, 3)), "zorder": 4}
    words: dict[str, Any] = {"color": look.alert, "size": style.SMALL, "textcoords": "offset points", "zorder": 5}
    if axis == "y":
        axes.axhline(value, **line)
        low, high = axes.get_ylim()
        pad = 0.06 * (high - low)
        axes.set_ylim(min(low, value - pad), max(high, value + pad))
        axes.annotate(text, (0, value), (4, 4), xycoords=axes.get_yaxis_transform(), **words)
    else:
        axes.axvline(value, **line)
        axes.annotate(
            text, (value, 1), (-4, -4), xycoords=axes.get_xaxis_transform(), rotation=90, ha="right", va="top", **words
        )
