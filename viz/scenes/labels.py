"""Labels beside a picture: where each stands so that none covers another.

Contract: one column of labels, heights along it in any unit, upward; pure arithmetic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def spread(wanted: Array, heights: Array, low: float, high: float) -> Array:
    """Middles of labels as near as possible to where they are wanted, without overlap, within low … high.

    min Σ (m - w)² subject to m_(i+1) - m_i ≥ (h_i + h_(i+1)) / 2 in the order of w, and the ends of the column.

    Parameters
    ----------
    wanted : (n,) array, where the middle of each label should be [any]
    heights : (n,) array, of the labels, gaps included [same]
    low : float, lower end of the column [same]
    high : float, upper end of the column [same]

    Returns
    -------
    (n,) array
        Middles, in the order of `wanted`.

    Raises
    ------
    ValueError
        The labels together are higher than the column.

    Notes
    -----
    Exact but for the ends of the column, to which the whole is clipped.

    References
    ----------
    Barlow et al. (1972), isotonic regression by pooling adjacent violators, on wanted minus the stacked heights.

    Examples
    --------
    >>> spread(np.array([5.0, 5.0]), np.array([2.0, 2.0]), 0.0, 10.0)
    array([4., 6.])
    """
    if heights.sum() > (high - low) * (1 + 1e-9):
        raise ValueError(f"labels {heights.sum():.3g} high in a column of {high - low:.3g}: name fewer parts")
    order = np.argsort(wanted, kind="stable")
    stacked = np.cumsum(heights[order]) - heights[order] / 2
    place = _pooled(wanted[order] - stacked).clip(low, high - heights.sum()) + stacked
    middles = np.empty_like(place)
    middles[order] = place
    return middles


def _pooled(values: Array) -> Array:
    """The rising sequence nearest to the values."""
    pools: list[tuple[float, int]] = []
    for value in values.tolist():
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    return np.repeat([mean for mean, _ in pools], [count for _, count in pools]).astype(np.float64)
