"""Where the views of a still stand: in as many rows as show them and their letters largest.

Contract: inches from the top left of the page; room for the title, the numbers and the foot is left free.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from viz.scenes import side, strip
from viz.scenes.layers import View

MARGIN, TITLE = 0.3, 0.46  # inches around the page, and of its title line

_FOOT = 0.3
_PANEL_TITLE, _GAP = 0.56, 0.2
_INCH = 144.0  # pixels of a still of 2000 x 1300
_WIDE, _TALL = 1000.0, 1200.0  # pixels of a panel, and of the page, in which an inch has that many
_ALONE = 1.6  # panels that a still of one view is as wide as
_ALIKE = 1.6  # widths up to which panels are equally high


class Panel(NamedTuple):
    """Where one view stands on the page, in inches from the top left."""

    view: View
    left: float
    top: float
    width: float
    height: float
    head: float
    """lower edge of its title"""
    foot: float
    """lower edge of the room it has"""
    start: float
    """left end of its title"""
    end: float
    """right end of what stands beside its title"""


def arranged(views: list[View], size: tuple[int, int]) -> tuple[float, list[Panel]]:
    """Pixels for an inch, and the panels, as many in a row as makes them and their letters largest."""
    aspects = [view.lens().aspect for view in views]
    found = [_in_rows(views, aspects, size, each) for each in range(len(views), 0, -1)]
    return max(found, key=lambda one: one[0] ** 3 * sum(panel.width * panel.height for panel in one[1]))


def _in_rows(views: list[View], aspects: list[float], size: tuple[int, int], each: int) -> tuple[float, list[Panel]]:
    """So many views in each row; letters small enough for the bars and labels of a row to go beside its panels."""
    rows = -(-len(views) // each)
    left, top = (MARGIN + strip.COLUMN, 0.0) if len(views) == 1 else (MARGIN, strip.ROW)
    top += MARGIN + TITLE
    least = top + _FOOT + rows * (_PANEL_TITLE + max(side.least_height(view) for view in views))
    across = _WIDE * max(each, min(len(views), 2), _ALONE)
    dots = min(_INCH * size[0] / across, _INCH * size[1] / _TALL, size[1] / least)
    wide, tall = size[0] / dots - MARGIN - left, (size[1] / dots - _FOOT - top) / rows
    panels: list[Panel] = []
    for k in range(rows):
        part = slice(k * each, (k + 1) * each)
        area = (left, top + k * tall, wide, tall)
        panels += _in_row(views[part], aspects[part], area, ends=rows == 1 < each)
    return dots, panels


def _in_row(
    views: list[View], aspects: list[float], area: tuple[float, float, float, float], ends: bool
) -> list[Panel]:
    """Side by side: the first at the left end and the last at the right, or each in the middle of a cell."""
    left, top, wide, high = area
    head, tall = top + _PANEL_TITLE, high - _PANEL_TITLE
    rooms = [side.room(view) for view in views]
    free = wide - sum(map(sum, rooms)) - _GAP * (len(views) - 1)
    widths = _widths(aspects, tall, free)
    blocks = [width + sum(beside) for width, beside in zip(widths, rooms, strict=True)]
    cells = blocks if ends else _cells(blocks, wide - _GAP * (len(views) - 1))
    between = (free - sum(widths)) / max(len(views) - 1, 1) if ends else 0.0
    panels = []
    for view, aspect, width, block, cell, (before, _) in zip(views, aspects, widths, blocks, cells, rooms, strict=True):
        height = width / aspect
        x, y = left + (cell - block) / 2 + before, head + (tall - height) / 2
        panels.append(Panel(view, x, y, width, height, head, head + tall, left, left + cell))
        left += cell + between + _GAP
    return panels


def _cells(blocks: list[float], wide: float) -> list[float]:
    """Equal shares of a width where every block fits into one; else each block and an equal share of what is left."""
    count = len(blocks)
    spare = (wide - sum(blocks)) / count
    return [wide / count] * count if max(blocks) <= wide / count else [block + spare for block in blocks]


def _widths(aspects: list[float], height: float, free: float) -> list[float]:
    """Width of each panel: equally high where alike; else none wider than it must be for all to fit."""
    wanted = height * np.array(aspects)
    small = np.sort(wanted)
    shares = (free - np.cumsum(small) + small) / np.arange(len(small), 0, -1)  # were the rest all equally wide
    over = np.flatnonzero(small > shares)
    if not len(over):
        return [float(w) for w in wanted]
    alike = small[-1] < _ALIKE * small[0]
    return [float(w) for w in (wanted * free / wanted.sum() if alike else np.minimum(wanted, shares[over[0]]))]
