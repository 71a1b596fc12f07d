"""The drop of a whole rack as a power law of flow and viscosity, fitted to samples of it.

Contract: samples are what a solver or a test bench returns; flows are volume flows at the state the viscosity is of.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.fittings import demand

Array = NDArray[np.float64]


class RackLaw(NamedTuple):
    """Drop = coefficient (viscosity / reference_viscosity)^viscosity_exponent Q^exponent."""

    coefficient: float
    """k at the reference viscosity [Pa*(s/m3)^n]"""
    exponent: float
    """of the flow, n [1]"""
    viscosity_exponent: float
    """of the viscosity; 0 where all samples share one [1]"""
    reference_viscosity: float
    """geometric mean of the samples' [Pa*s]"""
    error: float
    """largest distance of a sample from the law, of the sample [1]"""


def fit_rack_law(volume_flow: ArrayLike, viscosity: ArrayLike, pressure_drop: ArrayLike) -> RackLaw:
    r"""Fit a power law of flow and viscosity to drops of a rack.

    $$ \Delta p = k(\mu)\, Q^n, \qquad k(\mu) = k_0 (\mu / \mu_0)^p $$

    Parameters
    ----------
    volume_flow : (...) through the rack, Q [m3/s]
    viscosity : (...) dynamic, broadcasts against the flow [Pa*s]
    pressure_drop : (...) across its ports [Pa]

    Returns
    -------
    RackLaw
        With its largest relative error over the samples.

    Raises
    ------
    ValueError
        A sample that is not positive, or fewer than two different flows.

    Notes
    -----
    Least squares in logarithms. The density is left out; 20 K of water change it by 1 %. For one viscosity n is the
    mean slope, which for two flows is `apparent_exponent`. A law holds between its samples only.

    References
    ----------
    Derived: linear regression. A rack with quadratic a and laminar b has p = 2 - n near any one flow.

    Examples
    --------
    >>> law = fit_rack_law([1e-3, 2e-3], 6e-4, [1e4, 3.6e4])
    >>> round(law.exponent, 3), law.error < 1e-12
    (1.848, True)
    """
    Q, mu, drop = np.broadcast_arrays(*(np.asarray(x, float) for x in (volume_flow, viscosity, pressure_drop)))
    for name, value, unit in (("volume flow", Q, "m3/s"), ("viscosity", mu, "Pa*s"), ("pressure drop", drop, "Pa")):
        demand(name, value, unit)
    x, y, z = (np.log(value).ravel() for value in (Q, mu, drop))
    if x.size < 2 or np.ptp(x) < 1e-9:
        raise ValueError("rack law: samples at one flow only: give at least two different flows")
    middle = y.mean()
    columns = [np.ones(x.size), x] + ([y - middle] if np.ptp(y) > 1e-9 else [])
    matrix = np.stack(columns, axis=1)
    if np.linalg.matrix_rank(matrix) < len(columns):
        raise ValueError("rack law: flow and viscosity change together: give flows at two viscosities")
    (intercept, n, *p), *_ = np.linalg.lstsq(matrix, z, rcond=None)
    error = np.abs(np.expm1(matrix @ np.array([intercept, n, *p]) - z)).max()
    return RackLaw(float(np.exp(intercept)), float(n), float(p[0]) if p else 0.0, float(np.exp(middle)), float(error))


def rack_drop(law: RackLaw, volume_flow: ArrayLike, viscosity: ArrayLike) -> Array:
    """Return the drop of a rack by its law.

    Parameters
    ----------
    law : RackLaw
    volume_flow : (...) through the rack [m3/s]
    viscosity : (...) dynamic [Pa*s]

    Returns
    -------
    (...) [Pa]

    Raises
    ------
    ValueError
        A negative flow, or a viscosity that is not positive.

    References
    ----------
    See `fit_rack_law`.

    Examples
    --------
    >>> float(rack_drop(RackLaw(1e10, 2.0, 0.1, 6e-4, 0.0), 2e-3, 6e-4))
    40000.0
    """
    Q, mu = np.asarray(volume_flow, float), np.asarray(viscosity, float)
    demand("volume flow", Q, "m3/s", zero=True)
    demand("viscosity", mu, "Pa*s")
    return np.asarray(law.coefficient * (mu / law.reference_viscosity) ** law.viscosity_exponent * Q**law.exponent)
