"""How a step of the loop is cut into steps of the packages and instants of the electricity, and values on these."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Pace(NamedTuple):
    """How a step of the loop is cut."""

    first: int
    """Steps of the packages since the start of the run."""
    ticks: int
    """Steps of the packages in it."""
    instants: int
    """Instants of the electricity in each of these."""
    step: float
    """Step of the packages [s]."""
    coarse: bool = False
    """Whether the rack is at rest and steps of the packages are longer than usual."""


def lines(values: Array, pace: Pace) -> Array:
    """Return the straight line through the instants of each step of the packages, of the same mean and first moment.

    (instants, c) → (n, 2, c), at its start and its end.
    """
    parts = windows(values, pace)
    if pace.instants == 1:
        return parts
    return np.einsum("li,nic->nlc", _line_weights(pace.instants), parts)


@lru_cache(maxsize=16)
def _line_weights(parts: int) -> Array:
    """Return start and end of that line per value at each instant, the values linear in between (2, parts + 1)."""
    mean, moment = np.zeros((2, parts + 1))
    width = 1 / parts
    for i in range(parts):  # Simpson's rule, exact here
        t = np.array([i, i + 0.5, i + 1]) * width - 0.5
        mean[i : i + 2] += width / 2
        moment[i] += width / 6 * (t[0] + 2 * t[1])
        moment[i + 1] += width / 6 * (t[2] + 2 * t[1])
    return np.stack([mean - 6 * moment, mean + 6 * moment])


def windows(values: Array, pace: Pace) -> Array:
    """Return the instants of each step of the packages, ends included (n, m + 1, …)."""
    index = np.arange(pace.ticks)[:, None] * pace.instants + np.arange(pace.instants + 1)
    return values[index]


def means(values: Array, pace: Pace) -> Array:
    """Return the means over each step of the packages, by the trapezoid over its instants (instants, …) → (n, …)."""
    middle = (values[:-1] + values[1:]) / 2
    return middle.reshape(pace.ticks, pace.instants, *values.shape[1:]).mean(axis=1)


def between(nodes: Array, parts: int) -> Array:
    """Return values at the instants from those at the nodes (n + 1, c), linear in between."""
    if parts == 1:
        return nodes
    share = np.arange(parts)[:, None] / parts
    inner = nodes[:-1, None] * (1 - share) + nodes[1:, None] * share
    return np.concatenate([inner.reshape(-1, nodes.shape[1]), nodes[-1:]])
