"""Krylov solvers of the finite-volume systems: conjugate gradients, and BiCGStab for solids with coolant.

Contract: `apply(T, out)` sets out = A T and returns T . A T; `precondition(r, out)` sets out = M r. Arrays are float64
(nz, ny, nx). Iteration ends when the 2-norm of the residual is below tolerance times that of the right-hand side.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.checks import DidNotConverge

Array = NDArray[np.float64]
Apply = Callable[[Array, Array], float]
Precondition = Callable[[Array, Array], Array]
TOLERANCE = 1e-8
"""of the residual, relative to the right-hand side"""
ITERATIONS = 200
"""at most; a well-posed layered problem takes ten"""
SLACK = 2.0
"""times the tolerance that the residual, computed afresh at the end, may be; else iteration goes on from there"""
RENEWALS = 2
"""at most: where round-off is above the tolerance the true residual is returned as it is"""
BREAKDOWN = 1e-16
"""cosine between residual and shadow residual below which BiCGStab begins anew"""


class Krylov(NamedTuple):
    """What a Krylov solver found."""

    solution: Array
    """(nz, ny, nx) [K]"""
    iterations: int
    residual: float
    """norm of rhs - A T over that of the right-hand side [1]"""


def conjugate_gradient(
    apply: Apply,
    precondition: Precondition,
    rhs: Array,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    limit: int = ITERATIONS,
) -> Krylov:
    """Solve A T = rhs for a symmetric positive definite A.

    Parameters
    ----------
    apply, precondition : see the contract of this module
    rhs : (nz, ny, nx) [W]
    start : (nz, ny, nx) first guess [K]
    tolerance : relative residual [1]
    limit : iterations at most [1]

    Returns
    -------
    Krylov

    Raises
    ------
    DidNotConverge
        The residual stagnates: some cells with heat have no way to a sink.

    References
    ----------
    Saad (2003), Iterative methods for sparse linear systems, algorithm 9.1.

    Examples
    --------
    >>> def double(T, out):
    ...     out[:] = 2 * T
    ...     return float((T * out).sum())
    >>> def same(r, out):
    ...     out[:] = r
    ...     return out
    >>> conjugate_gradient(double, same, np.ones((1, 1, 2))).solution
    array([[[0.5, 0.5]]])
    """
    from thermal.volumes import kernels

    scale, x, r, q, size = _begin(apply, rhs, start)
    z, p, before, renewals = np.empty_like(r), np.zeros_like(r), np.inf, 0
    for iterations in range(limit):
        if size <= tolerance * scale:
            size = _renewed(apply, rhs, x, r)
            if size <= SLACK * tolerance * scale or renewals == RENEWALS:
                return Krylov(x, iterations, size / (scale or 1.0))
            before, renewals = np.inf, renewals + 1
        precondition(r, z)
        along = kernels.dot(r.ravel(), z.ravel())
        kernels.turn(z.ravel(), along / before, p.ravel())
        curvature = apply(p, q)
        if not curvature > 0:
            break
        size = kernels.advance(along / curvature, p.ravel(), q.ravel(), x.ravel(), r.ravel()) ** 0.5
        before = along
    raise DidNotConverge(_stalled(size / scale, limit))


def bicgstab(
    apply: Apply,
    precondition: Precondition,
    rhs: Array,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    limit: int = ITERATIONS,
) -> Krylov:
    """Solve A T = rhs for an A that is not symmetric.

    Parameters
    ----------
    apply, precondition : see the contract of this module
    rhs : (nz, ny, nx) [W]
    start : (nz, ny, nx) first guess [K]
    tolerance : relative residual [1]
    limit : iterations at most [1]

    Returns
    -------
    Krylov

    Raises
    ------
    DidNotConverge
        The residual stagnates.

    References
    ----------
    Van der Vorst (1992), SIAM Journal on Scientific and Statistical Computing 13, 631; Saad (2003), algorithm 9.5's
    right-preconditioned form.

    Examples
    --------
    >>> def twist(T, out):
    ...     out[0, 0] = T[0, 0, 0] + T[0, 0, 1], T[0, 0, 1]
    ...     return float((T * out).sum())
    >>> def same(r, out):
    ...     out[:] = r
    ...     return out
    >>> bicgstab(twist, same, np.array([[[3.0, 1.0]]])).solution
    array([[[2., 1.]]])
    """
    from thermal.volumes import kernels

    scale, x, r, v, size = _begin(apply, rhs, start)
    shadow, p, ahead, s, t = (np.zeros_like(r) for _ in range(5))
    step = weight = along = 0.0
    renewals = 0
    for iterations in range(limit):
        if size <= tolerance * scale:
            size = _renewed(apply, rhs, x, r)
            if size <= SLACK * tolerance * scale or renewals == RENEWALS:
                return Krylov(x, iterations, size / (scale or 1.0))
            weight, renewals = 0.0, renewals + 1
        before, along = along, kernels.dot(shadow.ravel(), r.ravel())
        if abs(along) <= BREAKDOWN * size * scale or weight == 0:  # the first pass, or a breakdown: begin anew from x
            shadow[:], p[:], v[:] = r, 0, 0
            step, weight, before, along = 1.0, 1.0, 1.0, size * size
        kernels.bend(r.ravel(), along / before * step / weight, weight, v.ravel(), p.ravel())
        apply(precondition(p, ahead), v)
        against = kernels.dot(shadow.ravel(), v.ravel())
        if against == 0 or not np.isfinite(against):
            break
        step = along / against
        size = kernels.advance(step, ahead.ravel(), v.ravel(), x.ravel(), r.ravel()) ** 0.5
        if size <= tolerance * scale:
            continue
        apply(precondition(r, s), t)
        weight = kernels.dot(t.ravel(), r.ravel()) / (kernels.dot(t.ravel(), t.ravel()) or 1.0)
        size = kernels.advance(weight, s.ravel(), t.ravel(), x.ravel(), r.ravel()) ** 0.5
    raise DidNotConverge(_stalled(size / scale, limit))


def _begin(apply: Apply, rhs: Array, start: Array | None) -> tuple[float, Array, Array, Array, float]:
    """Return the norm of the right-hand side, the first guess, its residual, a work array, the residual's norm."""
    scale = float(np.linalg.norm(rhs))
    if not np.isfinite(scale):
        raise ValueError(f"heat in {np.count_nonzero(~np.isfinite(rhs))} cells is not finite: must be finite W")
    if start is None:
        return scale, np.zeros_like(rhs), np.array(rhs, float, order="C"), np.empty_like(rhs), scale
    x, q = np.array(start, float, order="C"), np.empty_like(rhs)
    apply(x, q)
    r = rhs - q
    return scale, x, r, q, float(np.linalg.norm(r))


def _renewed(apply: Apply, rhs: Array, x: Array, r: Array) -> float:
    """Set r to the residual of x, not that of the recursion, and return its norm."""
    apply(x, r)
    np.subtract(rhs, r, out=r)
    return float(np.linalg.norm(r))


def _stalled(residual: float, limit: int) -> str:
    return (
        f"finite volumes: relative residual {residual:.2g} after {limit} iterations; some heated cells have no way"
        " to a cooled face or a coolant, or conductivities jump by more than six decades from cell to cell"
    )
