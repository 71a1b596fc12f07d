"""How a step of the loop is cut into steps of the packages and instants of the electricity, and values on these."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Instants of a step of the packages that make a guess, at least.
FEWEST = 100


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


@lru_cache(maxsize=16)
def line_weights(parts: int) -> Array:
    """Return start and end of the straight line through the instants of a step of the packages, per value at each.

    (2, parts + 1); of the same mean and first moment, the values linear in between.
    """
    mean, moment = np.zeros((2, parts + 1))
    width = 1 / parts
    for i in range(parts):  # Simpson's rule, exact here
        t = np.array([i, i + 0.5, i + 1]) * width - 0.5
        mean[i : i + 2] += width / 2
        moment[i] += width / 6 * (t[0] + 2 * t[1])
        moment[i + 1] += width / 6 * (t[2] + 2 * t[1])
    return np.stack([mean - 6 * moment, mean + 6 * moment])


def thinning(pace: Pace) -> tuple[int, ...]:
    """Return the factor by which instants may be thinned out for a guess, alone; nothing where they are few."""
    fit = [factor for factor in range(2, pace.instants // FEWEST + 1) if pace.instants % factor == 0]
    return (fit[-1],) if fit else ()


def windows(values: Array, pace: Pace) -> Array:
    """Return the instants of each step of the packages, ends included (n, m + 1, …)."""
    index = np.arange(pace.ticks)[:, None] * pace.instants + np.arange(pace.instants + 1)
    return values[index]


def means(values: Array, pace: Pace) -> Array:
    """Return the means over each step of the packages, by the trapezoid over its instants (instants, …) → (n, …)."""
    parts = values[:-1].reshape(pace.ticks, pace.instants, *values.shape[1:])
    sums = parts.sum(axis=1) if values.ndim == 1 else np.ones(pace.instants) @ parts
    every = values[:: pace.instants]
    return (sums + (every[1:] - every[:-1]) / 2) / pace.instants
