"""Free spots for the words on a chart: each text goes to the first place where it meets no other and stays inside."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

Array = NDArray[np.float64]

_CLEAR = 4.0  # pixels kept free around a text


def settle(text: Text, spots: Iterable[Any], taken: list[Bbox], angles: Iterable[float] | None = None) -> bool:
    """Move a text to the first spot (data units) that is free, turned by its angle; take it away where none is."""
    if text.axes is None:
        raise ValueError("text belongs to no axes: write it with Axes.text")
    room = text.axes.get_window_extent()
    for spot, angle in zip(spots, repeat(0.0) if angles is None else angles, strict=False):
        text.set_position(spot)
        boxes = _boxes(text, angle)
        held = [box.x0 >= room.x0 and box.x1 <= room.x1 and box.y0 >= room.y0 and box.y1 <= room.y1 for box in boxes]
        if all(held) and not _meet(boxes, taken):
            taken += boxes
            return True
    text.remove()
    return False


def _meet(boxes: list[Bbox], taken: list[Bbox]) -> bool:
    """Whether any of the boxes touches any of those taken."""
    if not taken:
        return False
    one, two = (np.array([box.extents for box in some]) for some in (boxes, taken))
    low, high = np.maximum(one[:, None, :2], two[:, :2]), np.minimum(one[:, None, 2:], two[:, 2:])
    return bool((low <= high).all(axis=2).any())


def _boxes(text: Text, angle: float) -> list[Bbox]:
    """Turn a text and return squares in a row that cover it: a turned text needs less room than its upright box."""
    text.set_rotation(0.0)
    plain = text.get_window_extent()
    text.set_rotation(angle)
    turned = text.get_window_extent()
    count = 1 if angle == 0 else int(np.ceil(plain.width / plain.height))
    half = (plain.width, plain.height) if count == 1 else 2 * (1.2 * plain.height,)
    reach = np.linspace(-0.5, 0.5, count) * (plain.width - plain.height) if count > 1 else np.zeros(1)
    middle = np.array([(turned.x0 + turned.x1) / 2, (turned.y0 + turned.y1) / 2])
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    corner = np.array(half) / 2 + _CLEAR
    return [Bbox([middle + step * along - corner, middle + step * along + corner]) for step in reach]


def halo(colour: str) -> list[Any]:
    """An outline that keeps words legible over a coloured field."""
    return [withStroke(linewidth=3.0, foreground=colour, alpha=0.85)]


def around(axes: Axes, x: float, y: float, points: float) -> list[Array]:
    """Spots of a centred text around a point, nearest first, `points` and then further away."""
    pixels = axes.transData.transform((x, y))
    scale = axes.figure.dpi / 72
    steps = [(0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0)]
    return [
        axes.transData.inverted().transform(pixels + scale * far * points * np.array(step) * (4.5, 1.0))
        for far in (1.0, 1.6, 2.4)
        for step in steps
    ]


def inside(axes: Axes, mask: NDArray[np.bool_], x: Array, y: Array) -> list[Array]:
    """Nodes of a region, those farthest from its edge first (distance on paper)."""
    pixels = axes.transData.transform(np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))]))
    own, other = (pixels[chosen.ravel()] for chosen in (mask, ~mask))
    room = axes.get_window_extent()
    sides = np.min([own[:, 0] - room.x0, room.x1 - own[:, 0], own[:, 1] - room.y0, room.y1 - own[:, 1]], axis=0)
    edge = np.array([np.sqrt(((other - node) ** 2).sum(axis=1)).min(initial=np.inf) for node in own])
    order = np.argsort(-np.minimum(sides, edge), kind="stable")
    return list(axes.transData.inverted().transform(own[order]))
