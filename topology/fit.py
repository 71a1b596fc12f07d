"""Fits of times against bytes: a few lines, each for a range of sizes, by least relative deviation.

Contract: sizes ascend; times are above zero. The breaks between lines are found exactly (dynamic programming over
all splits); deviations count by size, not squared, so that single spikes do not bend a line.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from topology.fabric import Array, Indices
from topology.protocols import Protocol, protocol_time

NAMES = ("LL", "LL128", "Simple")
_ROUNDS = 6  # of reweighting; the deviations stand to a percent of themselves by then
_NOISE = 0.02  # relative deviation below which a point counts as met: that of repeated runs
_COARSE = 0.05  # the same for a law over groups, which is itself no closer than this


def fit_protocols(
    message_bytes: ArrayLike,
    times: ArrayLike,
    *,
    names: Sequence[str] = NAMES,
    least: int = 3,
    price: float = 0.05,
) -> tuple[Protocol, ...]:
    """Fit at most as many lines as there are names, each to a run of neighbouring sizes.

    Parameters
    ----------
    message_bytes : (n,), ascending [B]
    times : (n,), above 0 [s]
    names : of the lines in the order of sizes
    least : sizes a line needs at least
    price : sum of relative deviations a further line must save [1]

    Returns
    -------
    tuple of Protocol; between the last size of one line and the first of the next both may be used, the first line
    holds down to 0 B, the last one upwards without limit

    Raises
    ------
    ValueError
        if sizes do not ascend, times are not above 0, shapes differ or there are too few points

    Notes
    -----
    Startup and slope are held at or above 0. The names are given in order of size; which protocol the library really
    used is usually not recorded.

    References
    ----------
    Bellman, 1961, Communications of the ACM 4, 284 (segmented fit by dynamic programming); Schlossmacher, 1973,
    Journal of the American Statistical Association 68, 857-859 (least absolute deviation by reweighting).

    Examples
    --------
    >>> size = 2.0 ** np.arange(10, 26)
    >>> time = np.where(size < 1e6, 5e-6 + 8e-12 * size, 20e-6 + 2e-12 * size)
    >>> [(line.name, round(line.startup * 1e6, 3)) for line in fit_protocols(size, time)]
    [('LL', 5.0), ('LL128', 20.0)]
    """
    size, time = _checked(message_bytes, times, least)
    first, end, startup, slope, cost = _all_runs(size, time, least)
    runs = _cheapest_split(first, end, cost, len(names), price)
    above = [0.0, *(float(size[end[run] - 1]) for run in runs[:-1])]
    below = [*(float(size[first[run]]) for run in runs[1:]), np.inf]
    return tuple(
        Protocol(name, float(startup[run]), float(slope[run]), low, high)
        for name, run, low, high in zip(names, runs, above, below, strict=False)
    )


def leave_one_out(message_bytes: ArrayLike, times: ArrayLike, *, names: Sequence[str] = NAMES) -> Array:
    """Predict each size from a fit to all the others.

    Parameters
    ----------
    message_bytes : (n,), ascending [B]
    times : (n,), above 0 [s]
    names : of the lines, as in `fit_protocols`

    Returns
    -------
    (n,), predicted time at each size [s]

    Raises
    ------
    ValueError
        as `fit_protocols` does

    References
    ----------
    Stone, 1974, Journal of the Royal Statistical Society B 36, 111-147 (cross-validation).

    Examples
    --------
    >>> size = 2.0 ** np.arange(10, 26)
    >>> predicted = leave_one_out(size, 5e-6 + 8e-12 * size)
    >>> bool(np.allclose(predicted, 5e-6 + 8e-12 * size))
    True
    """
    size, time = np.asarray(message_bytes, np.float64), np.asarray(times, np.float64)
    others = ~np.eye(size.size, dtype=bool)
    return np.array(
        [
            float(protocol_time(fit_protocols(size[keep], time[keep], names=names), left))
            for keep, left in zip(others, size, strict=True)
        ]
    )


def fit_linear(columns: Array, times: ArrayLike) -> Array:
    """Coefficients of a linear law by least relative deviation, sum |columns @ c - t| / t.

    Parameters
    ----------
    columns : (n, coefficients), what each coefficient multiplies [1]
    times : (n,), above 0 [s]

    Returns
    -------
    (coefficients,), in seconds per unit of its column [s]

    Raises
    ------
    ValueError
        if there are fewer times than coefficients or a time is not above 0

    References
    ----------
    Schlossmacher, 1973, Journal of the American Statistical Association 68, 857-859.

    Examples
    --------
    >>> fit_linear(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), [3.0, 5.0, 7.0]).round(6).tolist()
    [3.0, 2.0]
    """
    time = np.asarray(times, np.float64)
    if len(time) < columns.shape[1] or not np.all(time > 0):
        raise ValueError(f"times: {len(time)} for {columns.shape[1]} coefficients; give as many, all > 0 s")
    relative = columns / time[:, None]
    scale = np.abs(relative).max(axis=0)
    weight = np.ones_like(time)
    for _ in range(50):
        found = np.linalg.lstsq(relative / scale * weight[:, None], weight, rcond=None)[0]
        weight = 1 / np.sqrt(np.maximum(np.abs(relative / scale @ found - 1), _COARSE))
    return np.asarray(found / scale)


def _checked(message_bytes: ArrayLike, times: ArrayLike, least: int) -> tuple[Array, Array]:
    size, time = np.asarray(message_bytes, np.float64), np.asarray(times, np.float64)
    if size.ndim != 1 or size.shape != time.shape or size.size < least:
        raise ValueError(f"message_bytes {size.shape}, times {time.shape}: must be (n,) both, n at least {least}")
    if not np.all(np.diff(size) > 0) or not size[0] >= 0:
        raise ValueError("message_bytes: must ascend from 0 B or more, each size once")
    if not np.all(time > 0):
        raise ValueError(f"times: {np.min(time)}, must be > 0 s")
    return size, time


def _cheapest_split(first: Indices, end: Indices, cost: Array, most: int, price: float) -> list[int]:
    """Runs that together hold every size once, at least cost, a price paid for each; at most so many."""
    points = int(end.max())
    best = np.full((most + 1, points + 1), np.inf)
    best[0, 0] = 0.0
    choice = np.zeros((most + 1, points + 1), np.int64)
    for count in range(1, most + 1):
        total = best[count - 1, first] + cost
        for stop in np.unique(end):
            ending = np.flatnonzero(end == stop)
            choice[count, stop] = ending[np.argmin(total[ending])]
            best[count, stop] = total[choice[count, stop]]
    count = 1 + int(np.argmin(best[1:, points] + price * np.arange(1, most + 1)))
    runs: list[int] = []
    stop = points
    for left in range(count, 0, -1):
        runs.insert(0, int(choice[left, stop]))
        stop = int(first[runs[0]])
    return runs


def _all_runs(size: Array, time: Array, least: int) -> tuple[Indices, Indices, Array, Array, Array]:
    """First, end, startup, slope and cost of every run of at least so many neighbours, by reweighted least squares."""
    points = size.size
    first, end = np.array([(i, j) for i in range(points) for j in range(i + least, points + 1)], np.int64).T
    place = np.arange(points)
    inside = (place >= first[:, None]) & (place < end[:, None])
    weight = inside / time**2
    for _ in range(_ROUNDS):
        w, wx, wxx, wy, wxy = (weight @ column for column in (size**0, size, size**2, time, size * time))
        spread = w * wxx - wx**2
        slope = np.divide(w * wxy - wx * wy, spread, out=np.zeros_like(spread), where=spread > 1e-9 * w * wxx)
        slope = np.clip(slope, 0.0, wxy / wxx)
        startup = np.maximum((wy - slope * wx) / w, 0.0)
        deviation = inside * np.abs(startup[:, None] + slope[:, None] * size - time) / time
        weight = inside / time**2 / np.maximum(deviation, _NOISE)
    return first, end, startup, slope, deviation.sum(axis=1)
