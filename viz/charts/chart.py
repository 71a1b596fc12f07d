"""One chart: the paper, its title and limits; the kinds draw into its axes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from viz import style
from viz.charts.band import draw_band
from viz.charts.bars import draw_bars
from viz.charts.heat_map import draw_heat_map
from viz.charts.limits import clear, draw_limit, draw_stretch
from viz.charts.line import draw_line, name_lines
from viz.charts.map import draw_map
from viz.charts.pareto import draw_pareto
from viz.charts.request import requests_of, title_of
from viz.marks import round_ticks
from viz.units import NARROW_SPACE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.quantity import Quantity
    from viz.charts.request import Request
    from viz.style import Theme

_DOTS_PER_INCH = 150
# Inches: a page of one chart, a panel of several, and what stands around the axes.
_WIDTH, _PANEL, _HEIGHT, _PANEL_TITLE = 9.0, 6.9, 5.6, 0.2
_LEFT, _BOTTOM, _TALL = 0.855, 0.756, 3.976
_NARROW_RIGHT, _WIDE_RIGHT = 0.36, 1.845
_WORDS_LEFT = 2.9  # the names of bars
_JUST = 0.018  # of an axis: so far beyond its data it reaches for a round number
_DRAW = {
    "line": draw_line, "heat map": draw_heat_map, "map": draw_map, "bars": draw_bars, "band": draw_band,
    "Pareto": draw_pareto,
}  # fmt: skip


def chart(dataset: Dataset, theme: str = "light") -> Figure:
    """Draw a dataset the way its attribute `chart` asks.

    Parameters
    ----------
    dataset : Dataset, with units and long_name on every variable it names; attribute `chart` (see the package)
    theme : str, "light" for paper or "dark" for screens

    Returns
    -------
    Figure, 1 350 by 840 pixels, of panels 1 035 by 840 or 870 each; not yet saved

    Raises
    ------
    ValueError
        If the attribute is absent, its kind unknown, an entry missing or unknown, or a variable absent, without
        units, or of other dimensions than the kind needs; each named, with what there is.

    Notes
    -----
    Points that are nan (failed points of a sweep) leave a gap in lines and grey in heat maps and maps.

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
    look, requests = style.theme(theme), requests_of(dataset)
    panel = _WIDTH if len(requests) == 1 else _PANEL
    titled = len(requests) > 1 and any(request.get("title") for request in requests)
    wide, high = len(requests) * panel, _HEIGHT + titled * _PANEL_TITLE
    with style.context(look):
        figure = Figure(figsize=(wide, high), dpi=_DOTS_PER_INCH)
        for number, request in enumerate(requests):
            axes = figure.add_axes((0, 0, 1, 1), label=f"chart {number + 1}" if number else "chart")
            axes.set_position(_place(request, number * panel, (panel, wide, high)))
            _draw_panel(axes, request, look)
            if titled:
                over = (number * panel + _left(request)) / wide, 1 - 0.62 / high
                figure.text(*over, request.get("title", ""), size=style.BODY, color=look.muted, va="top")
        figure.text(
            _LEFT / wide, 1 - 0.252 / high, title_of(dataset), size=style.HEADING, weight="bold", va="top", wrap=True
        )
    return figure


def _left(request: Request) -> float:
    """Inches from the left of a panel to its axes."""
    return _WORDS_LEFT if request.kind == "bars" else _LEFT


def _place(request: Request, left: float, size: tuple[float, float, float]) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of a panel's axes as shares of the page; size: panel, page, height in inches."""
    panel, wide, high = size
    right = _WIDE_RIGHT if _has_right_side(request) else _NARROW_RIGHT
    across = panel - _left(request) - right
    return (left + _left(request)) / wide, _BOTTOM / high, across / wide, _TALL / high


def _draw_panel(axes: Axes, request: Request, look: Theme) -> None:
    dataset = request.dataset()
    x, y = _DRAW[request.kind](axes, dataset, request, look)
    _finish(axes, x, y)
    words = []
    for limit in request.get("limits", ()):
        on, colour = x if limit["axis"] == "x" else y, look.muted if limit.get("quiet") else look.alert
        if "to" in limit:
            draw_stretch(axes, limit["axis"], on.shown(limit["value"]), on.shown(limit["to"]), (limit["text"], colour))
        else:
            words.append(draw_limit(axes, limit["axis"], on.shown(limit["value"]), limit["text"], colour))
    clear(axes, words)
    if request.kind == "line" or request.get("lines"):
        name_lines(axes, dataset, request)


def _has_right_side(request: Request) -> bool:
    """Whether a colour bar or the names of lines stand beside the axes."""
    several = request.kind == "line" and len(request.ys) > 1
    series = request.get("series") and request.kind != "bars"
    return bool(request.get("colour") or series or request.get("lines") or several)


def _finish(axes: Axes, x: Quantity, y: Quantity) -> None:
    axes.set_xlabel(x.label, labelpad=7)
    axes.set_ylabel(y.label, labelpad=7)
    axes.spines[["top", "right"]].set_visible(False)
    for axis, quantity, ticks in ((axes.xaxis, x, 8), (axes.yaxis, y, 7)):
        if axis.get_scale() == "log":
            axis.set_major_locator(LogLocator())
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())
        elif quantity.values.size:  # bars have names there, not numbers
            axis.set_major_locator(round_ticks(ticks))
            if axis is axes.xaxis:
                _reach_ticks(axes)
            axis.set_major_formatter(_Grouped(useOffset=False))


def _reach_ticks(axes: Axes) -> None:
    """Let the x axis end at a round number that lies just beyond its data."""
    low, high = axes.get_xlim()
    ticks = np.asarray(axes.xaxis.get_major_locator().tick_values(low, high))
    below, above = (ticks[np.abs(ticks - end) <= _JUST * (high - low)] for end in (low, high))
    axes.set_xlim(min([low, *below]), max([high, *above]))


class _Grouped(ScalarFormatter):
    """Numbers in full, with a thin space between thousands."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.grouped(super().__call__(x, pos))

    @staticmethod
    def grouped(text: str) -> str:
        whole, dot, rest = text.partition(".")
        return re.sub(r"(?<=\d)(?=(\d{3})+$)", NARROW_SPACE, whole) + dot + rest
