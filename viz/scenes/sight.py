"""Which cables the camera sees: where on the picture a bundle shows, so that a label can point at it.

Contract: points on a grid of small cells across the line of sight; in each the one nearest to the camera is seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_CELL = 0.008  # m, somewhat wider than the cables of a link
_REACH = 2  # cells around a point in which its own kind is counted


def sampled(point: Array, count: Index, step: float) -> tuple[Array, Index]:
    """Points along polylines, about `step` apart.

    Parameters
    ----------
    point : (nodes, 3) array, one polyline behind the other [m]
    count : (n,) array of int, nodes of each [1]
    step : float [m]

    Returns
    -------
    point : (samples, 3) array [m]
    tube : (samples,) array of int, polyline of each [1]

    References
    ----------
    Derived: linear interpolation, each segment evenly.
    """
    tube = np.repeat(np.arange(len(count)), count)
    start = np.flatnonzero(tube[1:] == tube[:-1])
    way = point[start + 1] - point[start]
    pieces = np.maximum(1, np.ceil(np.linalg.norm(way, axis=1) / step)).astype(np.intp)
    segment = np.repeat(np.arange(len(start)), pieces)
    rank = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (rank + 0.5) / pieces[segment]
    return point[start[segment]] + share[:, None] * way[segment], tube[start[segment]]


def shown(across: Array, depth: Array, owner: Index) -> Array:
    """How much of its owner's kind is seen around each point; 0 for a point behind another.

    Parameters
    ----------
    across : (n, 2) array, place of each point across the line of sight [m]
    depth : (n,) array, larger nearer to the camera [m]
    owner : (n,) array of int, what each point belongs to [1]

    Returns
    -------
    (n,) array
        Seen cells of the same owner nearby [1].

    References
    ----------
    Derived: the nearest point of each cell, then a count over a square of cells.
    """
    cell = np.floor((across - across.min(axis=0)) / _CELL).astype(np.intp) + _REACH
    shape = cell.max(axis=0) + _REACH + 1
    flat = np.ravel_multi_index((cell[:, 0], cell[:, 1]), (shape[0], shape[1]))
    order = np.lexsort((depth, flat))
    nearest = order[np.append(flat[order][1:] != flat[order][:-1], True)]
    seen = np.full(shape[0] * shape[1], -1, dtype=np.intp)
    seen[flat[nearest]] = owner[nearest]
    score = np.zeros(len(owner))
    offsets = np.arange(-_REACH, _REACH + 1)
    around = (offsets[:, None] * shape[1] + offsets).ravel()
    score[nearest] = (seen[flat[nearest, None] + around] == owner[nearest, None]).sum(axis=1)
    return score
