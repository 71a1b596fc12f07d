"""Nodes out of step: what makes the load of one compute tray differ from that of the next.

Contract: the load of node i at time t is u(t - lag_i) + spread (sqrt(c) x(t) + sqrt(1 - c) z_i(t)), within 0 and 1:
x is noise that all nodes share, z_i noise of its own, both of variance 1 at any time. Lags and noise follow from the
seed alone, so that a run goes on from anywhere to the same bits.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from power.synchrony import remembered
from twin.simulation.profile import Profile
from twin.spec.errors import SpecError
from twin.spec.kinds import Fraction

Array = NDArray[np.float64]

#: Samples of the noise of all nodes together, at most.
SAMPLES = 50_000_000


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """How the loads of compute trays differ."""

    spread: Fraction = 0.0
    """Standard deviation of the load of a node about the common one, in time, as a share of full load [1]."""
    correlation: Fraction = 0.0
    """Of these deviations of two nodes [1]."""
    memory: Annotated[float, "s", Ge(0), Le(1e6)] = 0.0
    """Time in which a deviation is forgotten [s]; 0: every sample is new."""
    sample: Annotated[float, "s", Gt(0), Le(3600)] = 0.1
    """Between samples of the deviation [s]; in between it is interpolated."""
    skew: Annotated[float, "s", Ge(0), Le(3600)] = 0.0
    """Longest lag of a node behind the load [s]; lags are drawn evenly from 0 on."""
    seed: Annotated[int, Ge(0)] = 0
    """Of lags and deviations."""

    def __post_init__(self) -> None:
        if self.spread == 0 and self.skew == 0:
            raise SpecError("spread = 0: nodes in step need no table; give spread > 0 or skew > 0, or drop it")


def check_nodes(nodes: Nodes | None, count: int, duration: float) -> str:
    """Return what is wrong with noise of so many nodes over a run, or nothing.

    Parameters
    ----------
    nodes : Nodes or None
        How they differ.
    count : int
        Nodes [1].
    duration : float
        Of the run [s].

    Returns
    -------
    str
        A problem, or "".

    References
    ----------
    Derived: samples are kept for the whole run.
    """
    if nodes is None or nodes.spread == 0 or _samples(nodes, duration) * (count + 1) <= SAMPLES:
        return ""
    return (
        f"load.nodes.sample = {nodes.sample:g} s: gives {_samples(nodes, duration) * (count + 1)} samples of {count} "
        f"nodes, must be ≤ {SAMPLES}; lengthen it, or run shorter"
    )


def _samples(nodes: Nodes, duration: float) -> int:
    return int(np.ceil(duration / nodes.sample)) + 2


def node_loads(nodes: Nodes, load: Profile | float, count: int, times: Array, duration: float) -> Array:
    """Return the load of every node at some times.

    Parameters
    ----------
    nodes : Nodes
        How they differ.
    load : Profile or float
        What they have in common, or a load that lasts [1].
    count : int
        Nodes [1].
    times : (n,) array
        [s].
    duration : float
        Of the run [s].

    Returns
    -------
    (n, count) array
        Share of full load [1].

    References
    ----------
    Derived: `power.total_spread` gives the deviation of their sum.

    Examples
    --------
    >>> late = Nodes(skew=0.5, seed=1)
    >>> ramp = Profile(time=(0.0, 1.0), value=(0.0, 1.0))
    >>> node_loads(late, ramp, 3, np.array([0.6]), 1.0).round(3)
    array([[0.344, 0.125, 0.528]])
    """
    lag, noise = drawn(nodes, count, duration)
    if isinstance(load, Profile):
        late = np.maximum(times[:, None] - lag, 0.0)
        common = load.between(late.ravel()).reshape(late.shape)
    else:
        common = np.full((times.size, count), load)
    if not noise.size:
        return common
    place = np.minimum(times / nodes.sample, len(noise) - 1.001)
    first = place.astype(np.int64)
    share = (place - first)[:, None]
    kept = np.exp(-nodes.sample / nodes.memory) if nodes.memory > 0 else 0.0
    own = (1 - share) * noise[first] + share * noise[first + 1]
    own /= np.sqrt((1 - share) ** 2 + share**2 + 2 * share * (1 - share) * kept)
    return np.clip(common + nodes.spread * own, 0.0, 1.0)


@lru_cache(maxsize=2)
def drawn(nodes: Nodes, count: int, duration: float) -> tuple[Array, Array]:
    """Return lags of nodes, and the samples of their deviation.

    Parameters
    ----------
    nodes : Nodes
        How they differ.
    count : int
        Nodes [1].
    duration : float
        Of the run [s].

    Returns
    -------
    (count,) array, (samples, count) array
        Lags [s]; deviations of variance 1, none without a spread [1]. Not to be written into.

    References
    ----------
    Derived: one common factor; Uhlenbeck and Ornstein (1930), noise with memory, sampled exactly.
    """
    random = np.random.default_rng(nodes.seed)
    lag = random.uniform(0.0, nodes.skew, count)
    if nodes.spread == 0:
        return lag, np.empty((0, count))
    white = random.standard_normal((count + 1, _samples(nodes, duration)))
    if nodes.memory > 0:
        white = remembered(white, nodes.sample / nodes.memory)
    own = np.sqrt(1 - nodes.correlation) * white[1:] + np.sqrt(nodes.correlation) * white[0]
    return lag, np.ascontiguousarray(own.T)
