"""Checker for pages with turned texts: their upright boxes may overlap where the words do not."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.path import Path
from page_checks import texts

_TOUCH = 0.5  # pixels by which boxes may touch: rounding of glyph boxes to whole pixels


def corners(text):
    """Corners (4, 2) of the box of a text, turned as the text is, in pixels."""
    angle = text.get_rotation()
    turned = text.get_window_extent()
    middle = np.array([turned.x0 + turned.x1, turned.y0 + turned.y1]) / 2  # turning keeps the middle of a box
    text.set_rotation(0.0)
    plain = text.get_window_extent()
    text.set_rotation(angle)
    half = np.array([plain.width, plain.height]) / 2 - _TOUCH
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return middle + (half * [[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ np.array([[cos, sin], [-sin, cos]])


def crossings(figure):
    """Pairs of texts that lie over one another, and texts that leave the page."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), corners(text)) for text in texts(figure)]
    out = [(words,) for words, box in boxes if box.min() < -1 or (box.max(axis=0) > np.add(figure.bbox.size, 1)).any()]
    shapes = [(words, Path([*box, box[0]], closed=True)) for words, box in boxes]
    return out + [(a, b) for (a, one), (b, two) in combinations(shapes, 2) if one.intersects_path(two, filled=True)]
