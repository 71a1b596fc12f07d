"""Limits on a chart: dashed lines and shaded stretches of an axis, each with its words.

Contract: values are those shown on the paper; the words of a line stand beside it where no line of data runs through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from viz import style
from viz.charts.spots import halo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

#: A line that is not to be crossed.
BOUND: dict[str, Any] = {"linewidth": 1.3, "linestyle": (0, (5, 3)), "zorder": 4}
_GAP = 4  # points between a line and its words
#: Where words may stand, the best first: end of the line, offset across it; as shares and signs.
_SPOTS = ((0, 1), (1, 1), (0, -1), (1, -1))


def draw_limit(axes: Axes, axis: str, value: float, text: str, colour: str) -> Annotation:
    """A dashed line across the axes, which are widened to hold it; returns its words."""
    line: dict[str, Any] = {"color": colour, **BOUND}
    words: dict[str, Any] = {"color": colour, "size": style.SMALL, "textcoords": "offset points", "zorder": 5}
    words["path_effects"] = halo(mpl.rcParams["figure.facecolor"])
    if axis == "y":
        axes.axhline(value, **line)
        low, high = axes.get_ylim()
        pad = 0.0 if axes.get_yscale() == "log" else 0.06 * (high - low)
        axes.set_ylim(min(low, value - pad), max(high, value + pad))
        drawn = axes.annotate(text, (0, value), (0, 0), xycoords=axes.get_yaxis_transform(), **words)
    else:
        axes.axvline(value, **line)
        low, high = axes.get_xlim()
        pad = 0.02 * (high - low)
        axes.set_xlim(min(low, value - pad), max(high, value + pad))
        drawn = axes.annotate(text, (value, 1), (0, 0), xycoords=axes.get_xaxis_transform(), rotation=90, **words)
    _put(drawn, *_SPOTS[0])
    return drawn


def draw_stretch(axes: Axes, axis: str, low: float, high: float, words: tuple[str, str]) -> None:
    """A shaded stretch of an axis, its words in the middle of its lower or right edge."""
    text, colour = words
    look: dict[str, Any] = {"color": colour, "size": style.SMALL, "zorder": 5}
    look |= {"path_effects": halo(mpl.rcParams["figure.facecolor"])}
    (axes.axvspan if axis == "x" else axes.axhspan)(low, high, color=colour, alpha=0.16, linewidth=0, zorder=0)
    if axis == "x":
        axes.text((low + high) / 2, 0.015, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", **look)
    else:
        axes.text(0.985, (low + high) / 2, text, transform=axes.get_yaxis_transform(), ha="right", va="center", **look)


def clear(axes: Axes, drawn: Iterable[Annotation]) -> None:
    """Move words of limits to the first spot through which no line of data runs; where there is none, leave them."""
    paths = [line.get_path().transformed(line.get_transform()) for line in axes.get_lines()]
    paths = [path for path in paths if np.shape(path.vertices)[0] > 2]
    for words in drawn:
        for spot in (*_SPOTS, _SPOTS[0]):
            _put(words, *spot)
            box = words.get_window_extent()
            if not any(path.intersects_bbox(box, filled=False) for path in paths):
                break


def _put(words: Annotation, end: int, across: int) -> None:
    """Set words at an end of their line (0 is where they read best) and on a side of it."""
    inward = _GAP if end == 0 else -_GAP
    if words.get_rotation() == 90:
        words.xy = (words.xy[0], 1 - end)
        words.set(position=(-_GAP * across, -inward), ha="right" if across > 0 else "left", va=("top", "bottom")[end])
    else:
        words.xy = (end, words.xy[1])
        words.set(position=(inward, _GAP * across), ha=("left", "right")[end], va="bottom" if across > 0 else "top")
