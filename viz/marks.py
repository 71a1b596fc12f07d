"""Marks that the columns of a panel share: boxes, text in cells, outlines, legends, scales, round limits.

Contract: a mark draws into the axes it is given; coordinates are data units, y downward; sizes are inches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from viz import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

Array = NDArray[np.float64]


class Scale(NamedTuple):
    """What a colour bar needs."""

    mappable: ScalarMappable
    label: str


def inches(axes: Axes) -> Array:
    """Width and height of axes on paper."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("axes belong to no figure: create them with Figure.add_axes")
    place = axes.get_position()
    return np.array([place.width, place.height]) * figure.get_size_inches()


def row_height(axes: Axes) -> float:
    """Height on paper of one unit of the vertical coordinate (one rack slot)."""
    bottom, top = axes.get_ylim()
    return float(inches(axes)[1] / abs(bottom - top))


def boxes(left: Any, top: Any, width: Any, height: Any) -> Array:
    """Corners (n, 4, 2) of upright rectangles, starting at the top left."""
    x, y, w, h = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (left, top, width, height)))
    return np.stack([np.stack([x, x + w, x + w, x], -1), np.stack([y, y, y + h, y + h], -1)], -1)


def fill(axes: Axes, corners: Array, **look: Any) -> PolyCollection:
    """All boxes as one artist."""
    drawn = PolyCollection(list(corners), **look)
    axes.add_collection(drawn)
    return drawn


def write(axes: Axes, corners: Array, texts: Sequence[str], colours: Sequence[str], bold: Sequence[int] = ()) -> None:
    """One text in the middle of each box; two-line texts are set larger."""
    size = style.HEADING if any("\n" in text for text in texts) else style.SMALL
    for i, (x, y) in enumerate(corners.mean(axis=1)):
        weight = "bold" if i in bold else "normal"
        axes.text(
            x, y, texts[i], color=colours[i], size=size, weight=weight,
            ha="center", va="center_baseline", zorder=4,
        )  # fmt: skip


def outline(axes: Axes, corners: Array, colours: Sequence[str]) -> None:
    """A frame just inside each box."""
    span = np.abs([np.subtract(*axes.get_xlim()), np.subtract(*axes.get_ylim())])
    inset = 0.025 * span / inches(axes)
    for corner, colour in zip(corners, colours, strict=True):
        width, height = corner[2] - corner[0] - 2 * inset
        frame = Rectangle(corner[0] + inset, width, height, fill=False, edgecolor=colour, linewidth=1.8)
        axes.add_patch(frame).set_zorder(3)


def legend_above(axes: Axes) -> None:
    """The key of the labelled artists in one line above the axes, at the left."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0, borderaxespad=0.35, handlelength=1.6,
        columnspacing=1.2,
    )  # fmt: skip


def scale_below(axes: Axes, ticks: int) -> None:
    """A plain scale below the axes: round steps, no offset, light grid lines."""
    axes.xaxis.set_major_locator(round_ticks(ticks))
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.grid(axis="x")


def round_ticks(count: int) -> MaxNLocator:
    """At most `count` steps of 1, 2 or 5 times a power of ten."""
    return MaxNLocator(count, steps=(1, 2, 5, 10))


def nice_limits(values: Array, span: float) -> tuple[float, float]:
    """Round limits around the finite values, at least `span` apart."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    pad = max(0.0, (span - (high - low)) / 2)
    ticks = round_ticks(5).tick_values(low - pad, high + pad)
    return float(ticks[0]), float(ticks[-1])


def nice_top(values: Array, least: float) -> float:
    """Round upper limit of a scale that starts at zero."""
    return float(round_ticks(5).tick_values(0.0, max(least, float(values.max(initial=0.0))))[-1])
