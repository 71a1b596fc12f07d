"""Points of two goals: those that no other beats in both stand on the front, in ink and with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from viz import style
from viz.charts.heat_map import draw_bar, scale_of
from viz.charts.line import colours
from viz.charts.quantity import Quantity, quantity_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from xarray import Dataset

    from viz.charts.request import Request
    from viz.style import Theme

_MOST_NAMES = 8


def front(x: NDArray[np.float64], y: NDArray[np.float64], better: Mapping[str, str]) -> NDArray[np.intp]:
    """Numbers of the points that no other beats, in the order of x; nan never stands on the front."""
    cost = [axis * (1 if better[name] == "lower" else -1) for name, axis in (("x", x), ("y", y))]
    known = np.flatnonzero(np.isfinite(cost[0]) & np.isfinite(cost[1]))
    order = known[np.lexsort((cost[1][known], cost[0][known]))]
    best = np.minimum.accumulate(cost[1][order])
    stands = np.append(True, best[1:] < best[:-1])[: len(order)]
    chosen = order[stands]
    return chosen[np.argsort(x[chosen], kind="stable")]


def draw_pareto(axes: Axes, dataset: Dataset, request: Request, look: Theme) -> tuple[Quantity, Quantity]:
    """Draw all points and the front; returns the quantities of both axes."""
    wanted = [request.get("x"), *request.ys, request.get("colour"), request.get("label")]
    table = _table(dataset, [name for name in wanted if name])
    x, y = (_flat(table[name], request) for name in (wanted[0], wanted[1]))
    on = front(x.values, y.values, request.get("better"))
    (shade,) = colours(1, look)
    look_of: dict[str, Any] = {"color": shade}
    if request.get("colour"):
        found = table[request.get("colour")]
        colour = _flat(found, request)
        norm, family = scale_of(found, colour, look)
        look_of = {"c": colour.values, "norm": norm, "cmap": family}
    points = axes.scatter(x.values, y.values, s=26, linewidths=0, alpha=None if "c" in look_of else 0.45, **look_of)
    axes.plot(x.values[on], y.values[on], color=look.ink, linewidth=1.4, label="front", zorder=1)
    axes.scatter(x.values[on], y.values[on], s=52, facecolors="none", edgecolors=look.ink, linewidths=1.4)
    axes.grid(True)
    if request.get("colour"):
        draw_bar(axes, points, colour.label)
    if request.get("label"):
        _name_points(axes, (x, y), on, np.ravel(table[request.get("label")].values), look)
    _point_to_better(axes, request.get("better"), look)
    return x, y


def _table(dataset: Dataset, names: list[str]) -> dict[str, xr.DataArray]:
    """The variables on all dimensions that any of them has."""
    sizes = {dim: dataset.sizes[dim] for name in names for dim in dataset[name].dims}
    blank = xr.DataArray(np.zeros(list(sizes.values())), dims=list(sizes))
    rows = {name: xr.DataArray(dataset[name].variable, name=name) for name in names}
    return {name: row.broadcast_like(blank).transpose(*sizes) for name, row in rows.items()}


def _flat(variable: xr.DataArray, request: Request) -> Quantity:
    made = quantity_of(variable, request.unit(str(variable.name)))
    return made._replace(values=made.values.ravel())


def _name_points(
    axes: Axes, places: tuple[Quantity, Quantity], on: NDArray[np.intp], names: NDArray[Any], look: Theme
) -> None:
    x, y = places
    step = -(-len(on) // _MOST_NAMES)
    middle = np.mean(axes.get_xlim())
    for i in on[::step]:
        left = x.values[i] > middle
        axes.annotate(
            str(names[i]), (x.values[i], y.values[i]), (-9 if left else 7, 7), textcoords="offset points",
            ha="right" if left else "left", size=style.SMALL,
            bbox={"facecolor": look.paper, "edgecolor": "none", "alpha": 0.85, "boxstyle": "round,pad=0.2"},
        )  # fmt: skip


def _point_to_better(axes: Axes, better: Mapping[str, str], look: Theme) -> None:
    across = "←" if better["x"] == "lower" else "→"
    upward = "↓" if better["y"] == "lower" else "↑"
    axes.annotate(
        f"better {across} {upward}", (1, 1), (0, 5), xycoords="axes fraction", textcoords="offset points",
        ha="right", color=look.muted, size=style.SMALL,
    )  # fmt: skip
