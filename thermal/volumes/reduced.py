"""Reduced model of a package: a few dozen numbers of state in place of a grid, with a bound on what that costs.

Contract: Galerkin projection of a `LinearSystem` on a basis V with Vᵀ C V = 1. As A is dissipative (see
`thermal.volumes.linear`), so is Vᵀ A V, for any V and any weights >= 0: no reduced mode grows. If A = Aᵀ and L = Bᵀ the
transfer function B_rᵀ (s + A_r)^-1 B_r is that of a network of positive resistors and capacitors: passive. The operator
is affine in the weights, so film and flow are set after the projection and nothing is interpolated.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.linear import LinearSystem, Solve, factored
from thermal.volumes.modal import Modes, diagonalised, symmetric

Array = NDArray[np.float64]

SHIFTS = (0.0, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""where the model is exact [1/s]: the steady state, and each decade from 10 s to 10 µs"""
NOVELTY = 1e-4
"""share of a vector that must be new for it to widen the basis"""
INSTANTS = 300
"""of the quadrature in the bound, even in the logarithm of time"""
ROWS = 2048
"""of a tall matrix that stay in the cache while it is factored"""


class ReducedModel(NamedTuple):
    """The projected model, r numbers of state."""

    parts: Array
    """(w, r, r) Vᵀ A_i V [1/s]"""
    inputs: Array
    """(w, r, m) Vᵀ B_i"""
    outputs: Array
    """(p, r) L V"""
    feedthrough: Array
    """(p, m) D"""
    residual: Array
    """triangular factor of C^-1/2 [B_0 .. B_w, A_0 V .. A_w V, C V]: measures what the equations leave over"""
    dual: Array
    """the same of C^-1/2 [Lᵀ, A_0ᵀ V .. A_wᵀ V, C V]"""


def reduce(
    system: LinearSystem,
    weights: Sequence[Sequence[float]] = ((1.0,),),
    shifts: Sequence[float] = SHIFTS,
    *,
    novelty: float = NOVELTY,
    solve: Solve | None = None,
) -> ReducedModel:
    r"""Return the projection on what inputs and outputs excite at a few real frequencies and flows.

    $$ V = \mathrm{span} \{ (s C + A)^{-1} B, (s C + A)^{-T} L^T \}, \quad V^T C V = 1 $$

    Parameters
    ----------
    system : LinearSystem
    weights : (flows, w) the flows at which the basis is filled [1]
    shifts : (s,) real frequencies >= 0, zero among them for exact steady states [1/s]
    novelty : share of a vector that must be new for it to widen the basis [1]
    solve : function of (shift, weights, right-hand sides (n, q), transposed), optional
        Solves (s C + A) X = rhs; `iterated` for many cells, by default `factored`.

    Returns
    -------
    ReducedModel

    Raises
    ------
    ValueError
        A negative shift, a capacity that is not positive.

    Notes
    -----
    At each shift and flow the transfer function and its slope are met, up to `novelty`; between flows the operator
    is projected exactly, onto a basis filled nearby.

    References
    ----------
    Grimme (1997), Krylov projection methods for model reduction; Baur et al. (2011), SIAM J. Sci. Comput. 33, 2489,
    for one basis over all parameters.

    Examples
    --------
    >>> from scipy.sparse import csc_array
    >>> from thermal.volumes.modal import steps
    >>> one = np.ones((1, 1))
    >>> cell = LinearSystem(np.array([4.0]), (csc_array(2 * one),), (one,), one, 0 * one)
    >>> steps(modes(reduce(cell)), [1e9], [[10.0]]).outputs.round(9).ravel()
    array([0., 5.])
    """
    if min(shifts) < 0 or not (system.capacity > 0).all():
        raise ValueError(f"shifts {min(shifts)}, capacity {system.capacity.min()} J/K: must be >= 0 and > 0")
    points = [(shift, at) for shift in sorted(shifts) for at in weights]
    return projected(system, filled_basis(system, points, novelty=novelty, solve=solve))


def _combined(weights: Sequence[float], parts: Sequence[Array] | Array) -> Array:
    if len(weights) != len(parts):
        raise ValueError(f"weights {tuple(weights)}: must be {len(parts)}, one for each part of the system")
    return np.asarray(sum(w * part for w, part in zip(weights, parts, strict=True)))


def filled_basis(
    system: LinearSystem,
    points: Sequence[tuple[float, Sequence[float]]],
    *,
    novelty: float = NOVELTY,
    solve: Solve | None = None,
    start: Array | None = None,
) -> Array:
    """Return a basis of what inputs and outputs excite at pairs of a real frequency and a flow, one after the other.

    Parameters
    ----------
    system : LinearSystem
    points : (shift >= 0 [1/s], weights (w,) [1]) each
    novelty : share of a vector that must be new for it to widen the basis [1]
    solve : function of (shift, weights, right-hand sides (n, q), transposed), optional
    start : (n, r) basis to widen, whose columns stay the first [1]

    Returns
    -------
    (n, r), columns of unit heat capacity

    References
    ----------
    See `reduce`.
    """
    solve, known = solve or factored(system), np.zeros((len(system.capacity), 0)) if start is None else start
    most = known.shape[1] + len(points) * sum(system.feedthrough.shape)
    V, count = np.empty((len(known), most), order="F"), known.shape[1]
    V[:, :count] = known
    for shift, at in points:
        direct = solve(shift, at, _combined(at, system.inputs), False)
        adjoint = solve(shift, at, system.outputs.T, True)
        fresh = _novel(V[:, :count], np.hstack((direct, adjoint)), system.capacity, novelty)
        V[:, count : count + fresh.shape[1]] = fresh
        count += fresh.shape[1]
    return V[:, :count]


def _novel(V: Array, X: Array, capacity: Array, novelty: float) -> Array:
    """Return what X adds to V, of unit heat capacity; twice is enough against round-off."""
    root = np.sqrt(capacity)[:, None]
    size = np.linalg.norm(root * X, axis=0)
    X = X[:, size > 0] / size[size > 0]
    for _ in range(2):
        X = X - V @ (V.T @ (capacity[:, None] * X))
    U, sigma, _ = np.linalg.svd(root * X, full_matrices=False)
    fresh = (U / root)[:, sigma > novelty]
    fresh -= V @ (V.T @ (capacity[:, None] * fresh))
    return np.asarray(fresh / np.linalg.norm(root * fresh, axis=0))


def projected(system: LinearSystem, V: Array, *, bounded: bool = True) -> ReducedModel:
    """Return the projection of a system on a basis.

    Parameters
    ----------
    system : LinearSystem
    V : (n, r) columns of unit heat capacity, orthogonal in it
    bounded : whether to work out the triangles of `step_bound`, most of the work; else they are empty

    Returns
    -------
    ReducedModel

    References
    ----------
    See `reduce`.
    """
    root = np.sqrt(system.capacity)[:, None]
    direct = [np.asarray(part @ V) for part in system.parts]
    adjoint = [np.asarray(part.T @ V) for part in system.parts if bounded]
    return ReducedModel(
        parts=np.stack([V.T @ AV for AV in direct]),
        inputs=np.stack([V.T @ B for B in system.inputs]),
        outputs=system.outputs @ V,
        feedthrough=system.feedthrough,
        residual=_triangle([*system.inputs, *direct, root**2 * V], root) if bounded else np.zeros((0, 0)),
        dual=_triangle([system.outputs.T, *adjoint, root**2 * V], root) if bounded else np.zeros((0, 0)),
    )


def _triangle(blocks: Sequence[Array], root: Array) -> Array:
    """Return the triangular factor of the blocks side by side over the root, a few rows at a time."""
    R = np.zeros((0, sum(block.shape[1] for block in blocks)))
    for first in range(0, len(root), ROWS):
        here = slice(first, first + ROWS)
        rows = np.hstack([block[here] for block in blocks]) / root[here]
        R = np.asarray(np.linalg.qr(np.vstack([R, rows]), mode="r"))
    return R


def modes(model: ReducedModel, weights: Sequence[float] = (1.0,)) -> Modes:
    r"""Return the reduced model at one flow, as modes that decay on their own, for `thermal.volumes.modal.steps`.

    $$ A_r = \sum_i w_i V^T A_i V $$

    Parameters
    ----------
    model : ReducedModel
    weights : (w,) of the parts, such as (1, film, rate) over their references [1]

    Returns
    -------
    Modes

    Raises
    ------
    ValueError
        A number of weights other than of parts.

    References
    ----------
    Baur et al. (2011).

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> modes(ReducedModel(one[None], one[None], one, one, one, one), [2.0]).decay
    array([2.])
    """
    A, B = _combined(weights, model.parts), _combined(weights, model.inputs)
    return diagonalised(A, B, model.outputs, model.feedthrough)


def step_bound(model: ReducedModel, weights: Sequence[float] = (1.0,), duration: float = 100.0) -> Array:
    r"""Bound the error of every output, at any time up to a duration, after a unit step of an input from rest.

    $$ |e(t)| \le \|\rho\|_2 \|\rho^*\|_2 \text{ if } A = A^T, \quad
       \min(\|\rho\|_1 \|\rho^*\|_{TV}, \|\rho\|_{TV} \|\rho^*\|_1) \text{ otherwise} $$

    Parameters
    ----------
    model : ReducedModel
    weights : (w,) of the parts [1]
    duration : the bound holds from 0 to here [s]

    Returns
    -------
    (p, m) of output i after a unit step of input j [K/W], or [1] for an inlet

    Notes
    -----
    rho(t) is what the reduced step response leaves over in the full equations, rho* the same for the adjoint with the
    output as its input; norms over time of norms in C^-1. The error is the convolution of rho with the impulse
    response of the adjoint; as Vᵀ rho = 0, only its error e* counts, the rate of that of its step response. For
    A = Aᵀ, its step equation tested with e* gives integral |e*|² <= integral |rho*|². Otherwise dissipation gives
    |e*(t)| <= |rho*(0)| + integral |d rho*/dt| = |rho*|_TV. By superposition the error under any input is at most the
    sum of bound times total variation. Holds in exact arithmetic, up to the quadrature over time (1 %).

    References
    ----------
    Derived, after Haasdonk & Ohlberger (2011), Math. Comput. Model. Dyn. Syst. 17, 145: residuals with a dual.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> step_bound(ReducedModel(one[None], one[None], one, 0 * one, np.zeros((3, 3)), np.zeros((3, 3)))).item()
    0.0
    """
    A, B = _combined(weights, model.parts), _combined(weights, model.inputs)
    primal = _leftovers(model.residual, weights, weights, (A, B), duration)
    dual = _leftovers(model.dual, weights, (1.0,), (A.T, model.outputs.T), duration)
    if symmetric(A):
        return np.outer(dual[1], primal[1])
    return np.minimum(np.outer(dual[2], primal[0]), np.outer(dual[0], primal[2]))


def _leftovers(
    factor: Array, weights: Sequence[float], loads: Sequence[float], system: tuple[Array, Array], duration: float
) -> Array:
    """Return the norms over time, (L1, L2, total variation), of what the response to a step of each input leaves."""
    A, B = system
    decay, X = np.linalg.eig(A)
    excited = np.linalg.solve(X, B + 0j)
    t = np.append(0.0, np.geomspace(0.01 / np.linalg.norm(A, 2), duration, INSTANTS))
    fading = np.exp(-np.outer(t, decay))
    filling = np.where(np.abs(np.outer(t, decay)) < 1e-8, t[:, None], -np.expm1(-np.outer(t, decay)) / decay)
    found = []
    for j, b in enumerate(excited.T):
        load = np.zeros((len(t), B.shape[1]))
        load[:, j] = 1
        x, dx, ddx = (np.real((part * b) @ X.T) for part in (filling, fading, -decay * fading))
        left = np.hstack([*(w * load for w in loads), *(-w * x for w in weights), -dx]) @ factor.T
        change = np.hstack([*(0 * load for _ in loads), *(-w * dx for w in weights), -ddx]) @ factor.T
        size, speed = np.linalg.norm(left, axis=1), np.linalg.norm(change, axis=1)
        found.append((_integral(size, t), _integral(size**2, t) ** 0.5, size[0] + _integral(speed, t)))
    return np.array(found).T


def _integral(values: Array, t: Array) -> float:
    return float(values[0] * t[1] + np.trapezoid(values[1:] * t[1:], np.log(t[1:])))
