"""Many nodes on one job: what they share, and what each does on its own.

Contract: series `(..., time)` of equal steps, leading axes are jobs; random numbers come from the caller's generator.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import checked_series

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Synchrony:
    """How the power of nodes varies in time, and together."""

    nodes: Annotated[int, Ge(1)]
    """number of nodes"""
    spread: Annotated[float, "W", Ge(0)]
    """standard deviation of the power of a node in time"""
    correlation: Annotated[float, "1", Ge(0), Le(1)]
    """of the powers of two nodes"""
    memory: Annotated[float, "s", Ge(0)]
    """time in which a node forgets its own part, 0: each sample is new"""

    def __post_init__(self) -> None:
        check_fields(self)


def total_spread(synchrony: Synchrony) -> float:
    """Return the standard deviation of the sum of all nodes.

    s sqrt(n (1 + (n - 1) correlation)).

    Parameters
    ----------
    synchrony : Synchrony

    Returns
    -------
    float
        [W].

    References
    ----------
    Derived: variance of a sum of equally correlated terms.

    Examples
    --------
    >>> round(total_spread(Synchrony(nodes=64, spread=355.0, correlation=0.72, memory=0.0)))
    19337
    """
    n = synchrony.nodes
    return float(synchrony.spread * np.sqrt(n * (1 + (n - 1) * synchrony.correlation)))


def node_power(common: ArrayLike, synchrony: Synchrony, step: float, random: np.random.Generator) -> Array:
    """Return the power of each node: a common course, and noise of its own.

    P_i = mean + s sqrt(c) x + s sqrt(1 - c) z_i: x is the common course with mean 0 and variance 1 over its samples,
    z_i noise of variance 1 that remembers exp(-step / memory) of its last value.

    Parameters
    ----------
    common : (..., time), mean and shape of the power of a node; its variance is replaced by c s^2 [W]
    synchrony : Synchrony
    step : time between samples [s]
    random : numpy.random.Generator

    Returns
    -------
    (..., node, time) [W]

    Raises
    ------
    ValueError
        where the step is not positive, or the common course is too short, not finite, or constant though nodes
        are to share a variation.

    Notes
    -----
    Correlation and spread are those of long series. Noise is normal and may go below 0 where spread is large.

    References
    ----------
    Uhlenbeck and Ornstein (1930), Phys. Rev. 36, 823 (noise with memory, sampled exactly); one common factor derived.

    Examples
    --------
    >>> trend = 6850.0 + 300.0 * np.sin(np.arange(400.0))
    >>> nodes = node_power(trend, Synchrony(nodes=8, spread=355.0, correlation=0.72, memory=0.0), 2.0,
    ...                    np.random.default_rng(0))
    >>> nodes.shape, round(float(np.corrcoef(nodes)[0, 1]), 1)
    ((8, 400), 0.7)
    """
    course = checked_series("common", common, step, 2)
    mean, scale = course.mean(axis=-1, keepdims=True), course.std(axis=-1, keepdims=True)
    shared = synchrony.spread * np.sqrt(synchrony.correlation)
    flat = scale <= 1e-12 * np.abs(mean)
    if shared > 0 and flat.any():
        raise ValueError(
            f"common is constant: must vary for nodes to share a spread of {shared:.6g} W; lower correlation to 0"
        )
    own = random.standard_normal((*course.shape[:-1], synchrony.nodes, course.shape[-1]))
    if synchrony.memory > 0:
        own = remembered(own.reshape(-1, course.shape[-1]), step / synchrony.memory).reshape(own.shape)
    together = mean + shared * (course - mean) / np.where(flat, 1.0, scale)
    own *= synchrony.spread * np.sqrt(1 - synchrony.correlation)
    own += together[..., None, :]
    return own


def remembered(white: Array, share: float) -> Array:
    """Return noise of the same variance that remembers exp(-share) of its last value.

    Parameters
    ----------
    white : (rows, time) independent numbers of variance 1 [1]
    share : step over memory [1]

    Returns
    -------
    (rows, time) [1]

    References
    ----------
    Uhlenbeck and Ornstein (1930), Phys. Rev. 36, 823, sampled exactly.

    Examples
    --------
    >>> slow = remembered(np.random.default_rng(0).standard_normal((1, 20_000)), 0.1)
    >>> round(float(slow.std()), 1), round(float((slow[0, 1:] * slow[0, :-1]).mean()), 1)
    (1.0, 0.9)
    """
    from power.march_kernels import remember

    kept, series = np.exp(-share), np.array(white)
    remember(kept, np.sqrt(1 - kept**2), series)
    return series
