"""Modes of a linear system, each decaying on its own, stepped exactly through any piecewise linear input.

Contract: dx/dt = -decay x + inputs u, y = Re(outputs x) + feedthrough u. A step is an exponential, so no step is too
long, and a thousand of them are a few array operations.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Number = NDArray[Any]


class Modes(NamedTuple):
    """A linear system; of a complex pair of modes one is kept and its output counted twice."""

    decay: Number
    """(mode,) real, or complex with coolant [1/s]"""
    inputs: Number
    """(mode, m)"""
    outputs: Number
    """(p, mode)"""
    feedthrough: Array
    """(p, m)"""


class Response(NamedTuple):
    """Outputs over time, and the state to go on from."""

    outputs: Array
    """(step + 1, p), at the start and after each step [K]"""
    state: Number
    """(mode,) after the last step"""


def diagonalised(A: Array, inputs: Array, outputs: Array, feedthrough: Array) -> Modes:
    r"""Return the modes of dx/dt = -A x + B u, y = L x + D u.

    $$ A = X \Lambda X^{-1} $$

    Parameters
    ----------
    A : (r, r) [1/s]
    inputs : (r, m) B, per watt or kelvin of input [1/W]
    outputs : (p, r) L [K]
    feedthrough : (p, m) D [K/W]

    Returns
    -------
    Modes

    References
    ----------
    Golub & Van Loan (2013), Matrix computations, section 7.1.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> diagonalised(2 * one, one, one, one).decay
    array([2.])
    """
    if symmetric(A):
        decay, X = np.linalg.eigh((A + A.T) / 2)
        return Modes(decay, X.T @ inputs, outputs @ X, feedthrough)
    pairs, Z = np.linalg.eig(A)
    keep, count = pairs.imag >= 0, np.where(pairs.imag > 0, 2.0, 1.0)
    return Modes(pairs[keep], np.linalg.solve(Z, inputs + 0j)[keep], (outputs @ Z * count)[:, keep], feedthrough)


def symmetric(A: Array) -> bool:
    """Return whether a matrix equals its transpose up to round-off.

    Parameters
    ----------
    A : (r, r) [1/s]

    Returns
    -------
    bool

    References
    ----------
    Derived: within 1e-9 of its largest entry.
    """
    return bool(np.abs(A - A.T).max() <= 1e-9 * np.abs(A).max())


def settled(modes: Modes, inputs: ArrayLike) -> Number:
    """Return the state under inputs that last.

    Parameters
    ----------
    modes : Modes
    inputs : (m,) heat, or rise of an inlet in K [W]

    Returns
    -------
    (mode,) to start `steps` from [1]

    References
    ----------
    Derived: decay x = inputs u.

    Examples
    --------
    >>> settled(Modes(np.array([2.0]), np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1))), [6.0])
    array([3.])
    """
    return np.asarray(modes.inputs @ np.asarray(inputs, float) / modes.decay)


def steps(modes: Modes, duration: ArrayLike, inputs: ArrayLike, start: Number | None = None) -> Response:
    r"""Step the modes exactly through inputs that are constant or linear over each step.

    $$ x(t + h) = e^{-\Lambda h} x + h (\varphi_1 - \varphi_2) b u(t) + h \varphi_2 b u(t + h) $$

    Parameters
    ----------
    modes : Modes
    duration : (step,) of each step; zero for a jump of a linear input [s]
    inputs : (step, m) held over each step, or (step + 1, m) linear between them; heat, or rise of an inlet in K [W]
    start : (mode,) state to go on from, by default all rises zero [1]

    Returns
    -------
    Response
        Outputs (step + 1, p) [K], with the feedthrough of the input at the end of each step.

    Raises
    ------
    ValueError
        Inputs of another length, a negative duration.

    References
    ----------
    Hochbruck & Ostermann (2010), Acta Numerica 19, 209, section 2.1: the functions phi.

    Examples
    --------
    >>> cell = Modes(np.array([1.0]), np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1)))
    >>> steps(cell, [1.0, 1.0], [[1.0], [0.0]]).outputs.ravel().round(4)
    array([0.    , 0.6321, 0.2325])
    """
    h, u = np.asarray(duration, float), np.asarray(inputs, float)
    if len(u) not in (len(h), len(h) + 1) or not (h >= 0).all():
        raise ValueError(f"{len(h)} steps, {len(u)} inputs, shortest step {h.min()} s: need as many or one more, >= 0")
    values, place = np.unique(h, return_inverse=True)
    grown, one, two = _phi(-np.outer(values, modes.decay))
    early, late = (values[:, None] * part for part in ((one, 0 * two) if len(u) == len(h) else (one - two, two)))
    if len(values) == 1:  # equal steps share one row, and one product does for all
        gain = _product(u[: len(h)], (early.T * modes.inputs).T)
        gain += _product(u[len(u) - len(h) :], (late.T * modes.inputs).T)
    else:
        heat = _product(u, modes.inputs.T)
        grown, gain = grown[place], early[place] * heat[: len(h)] + late[place] * heat[len(u) - len(h) :]
    states = _accumulated(grown, gain, np.zeros(len(modes.decay)) if start is None else start)
    fed = u if len(u) > len(h) else u[[0, *range(len(h))]]
    outputs = np.real(states @ modes.outputs.T) + fed @ modes.feedthrough.T
    return Response(outputs, states[-1].copy())


def _product(real: Array, weights: Number) -> Number:
    """Return real @ weights without making the real factor complex."""
    return (real @ np.ascontiguousarray(weights).view(float)).view(weights.dtype)


def _phi(z: Number) -> tuple[Number, Number, Number]:
    """Return e^z, (e^z - 1)/z and (e^z - 1 - z)/z², by series where z is small."""
    small = np.abs(z) < 0.02
    safe = np.where(small, 1.0, z)
    grown = np.expm1(safe)
    one = grown / safe
    two = (one - 1) / safe
    near = z[small]
    two[small] = 1 / 2 + near * (1 / 6 + near * (1 / 24 + near * (1 / 120 + near / 720)))
    one[small] = 1 + near * two[small]
    grown[small] = near * one[small]
    return grown + 1, one, two


def _accumulated(decay: Number, gain: Number, start: Number) -> Number:
    """Return x[0] = start, x[k + 1] = decay[k] x[k] + gain[k], all blocks of about the root of the steps abreast."""
    count, modes = gain.shape
    width = int(np.ceil(np.sqrt(count)))
    rows = -(-count // width)
    x = np.zeros((1 + rows * width, modes), np.result_type(gain, start))
    x[0], x[1 : count + 1] = start, gain
    a = np.ones((rows * width if len(decay) > 1 else width, modes), decay.dtype)
    a[: count if len(decay) > 1 else width] = decay
    block, power = x[1:].reshape(rows, width, modes), a.reshape(-1, width, modes)
    for j in range(1, width):
        block[:, j] += power[:, j] * block[:, j - 1]
        power[:, j] *= power[:, j - 1]
    carry = np.empty((rows, modes), x.dtype)
    carry[0] = start
    for i in range(1, rows):
        carry[i] = power[min(i, len(power)) - 1, -1] * carry[i - 1] + block[i - 1, -1]
    for j in range(width):
        block[:, j] += power[:, j] * carry
    return x[: count + 1]
