"""Checkers of a drawn page: which texts it shows, which of them collide, and what stands under a pixel."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

_TOUCH = 0.5  # pixels by which boxes may touch: rounding of glyph boxes to whole pixels


def axes_of(figure, label):
    (axes,) = [axes for axes in figure.axes if axes.get_label() == label]
    return axes


def scale_of(figure, label):
    """The colour bar below a column."""
    column = axes_of(figure, label).get_position()
    (bar,) = [a for a in figure.axes if a.get_label() == "scale" and abs(a.get_position().x0 - column.x0) < 1e-9]
    return bar


def draw(figure):
    """RGBA pixels (row, column, 4) in 0..1, first row at the top."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()) / 255.0


def pixel(figure, image, axes, x, y):
    """The colour at data coordinates."""
    column, row = axes.transData.transform((x, y))
    return image[round(figure.bbox.height - row), round(column)]


def texts(figure):
    """Every text that is drawn: page, axes, legends, axis labels, tick labels within the view."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [*axes.texts, axes.title]
        if axes.axison:
            found += [label for axis in (axes.xaxis, axes.yaxis) for label in (axis.label, *_ticks(axis))]
        if axes.get_legend():
            found += axes.get_legend().get_texts()
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _ticks(axis):
    low, high = sorted(axis.get_view_interval())
    inside = [tick for tick in axis.get_major_ticks() if low - 1e-9 <= tick.get_loc() <= high + 1e-9]
    return [label for tick in inside for label in (tick.label1, tick.label2)]


def words(figure):
    return [text.get_text().replace("\u00a0", " ").replace("\u202f", " ") for text in texts(figure)]


def collisions(figure):
    """Pairs of texts whose boxes overlap, and texts that leave the page."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    width, height = figure.bbox.size
    out = [(a,) for a, box in boxes if min(box.x0, box.y0) < 0 or box.x1 > width or box.y1 > height]
    return out + [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if _overlap(one, two)]


def _overlap(one, two):
    wide = min(one.x1, two.x1) - max(one.x0, two.x0)
    high = min(one.y1, two.y1) - max(one.y0, two.y0)
    return wide > _TOUCH and high > _TOUCH
