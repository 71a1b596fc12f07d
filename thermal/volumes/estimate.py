"""The error of a reduced model, told by a richer one.

Contract: an estimate, not a bound. It misses what neither model sees, so the richer one must be exact where the other
is not: at further frequencies and flows. `thermal.volumes.reduced.step_bound` is rigorous, and far larger.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.modal import Modes
from thermal.volumes.reduced import ReducedModel, modes

Array = NDArray[np.float64]

INSTANTS = 120
"""at which both models are compared, even in the logarithm of time"""
EARLIEST = 1e-5
"""the first of them [s]"""


def step_estimate(
    model: ReducedModel, richer: ReducedModel, weights: Sequence[float] = (1.0,), duration: float = 100.0
) -> Array:
    r"""Estimate the error of each output after a step of each input by the distance to a richer model.

    $$ \max_t |y(t) - y_+(t)| $$

    Parameters
    ----------
    model : ReducedModel
    richer : ReducedModel
        Of the same system, at best on a basis that contains the model's.
    weights : (w,) of the parts [1]
    duration : of the step [s]

    Returns
    -------
    (p, m) [K per unit of input]

    References
    ----------
    Derived; Bank & Smith (1993), SIAM J. Numer. Anal. 30, 921, for the hierarchical estimate of a steady state.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> slow, fast = (ReducedModel(rate * one[None], one[None], one, one, one, one) for rate in (2.0, 4.0))
    >>> step_estimate(slow, fast).round(6)
    array([[0.25]])
    """
    instants = np.geomspace(EARLIEST, duration, INSTANTS)
    one, other = (step_responses(modes(each, weights), instants) for each in (model, richer))
    return np.asarray(np.abs(one - other).max(0))


def step_responses(modes: Modes, instants: Array) -> Array:
    r"""Return each output at given instants after a step of each input.

    $$ L \Lambda^{-1} (1 - e^{-\Lambda t}) B + D $$

    Parameters
    ----------
    modes : Modes
    instants : (t,) after the step [s]

    Returns
    -------
    (t, p, m) [K per unit of input]

    References
    ----------
    Derived.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> step_responses(Modes(2 * one[0], one, one, 0 * one), np.array([1e9])).ravel()
    array([0.5])
    """
    filling = -np.expm1(-np.outer(instants, modes.decay)) / modes.decay
    return np.real((modes.outputs * filling[:, None]) @ modes.inputs) + modes.feedthrough
