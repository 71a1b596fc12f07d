"""A solid and its coolant as one linear system in time: what reduced models are projected from.

Contract: C dy/dt = -A y + B u, outputs L y + D u; y holds the cells and, with coolant, the *mean* of each coolant step,
all as rises over one temperature. A = sum_i w_i A_i and B = sum_i w_i B_i with weights w of the caller: 1 for the
solid, then film and rate over those of the streams given, so that one system serves all flows.

A is dissipative, yᵀ A y >= 0 for all y and all weights >= 0. Conduction and sinks give sums of g (step)² and sink T².
A film gives film (T - mean)². A line gives rate (out² - in²) / 2 with in = 0: the mean (theta_j + theta_j+1) / 2 times
theta_j+1 - theta_j telescopes, which holds for means as unknowns only, and is why they are.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.conduction import Conduction, matrix
from thermal.volumes.steady import prepare, solve_system
from thermal.volumes.streams import Streams, coolant_mean, factor_lines, inlet_heat, solve_lines

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Array = NDArray[np.float64]
Solve = Callable[[float, Sequence[float], Array, bool], Array]

TOLERANCE = 1e-10
"""of the solves that fill a basis, relative"""


class LinearSystem(NamedTuple):
    """The full model: n unknowns, m inputs, p outputs."""

    capacity: Array
    """(n,) [J/K]"""
    parts: "tuple[csc_array, ...]"
    """(n, n) each: A = sum_i w_i A_i [W/K]"""
    inputs: tuple[Array, ...]
    """(n, m) each: B = sum_i w_i B_i [W per unit of input]"""
    outputs: Array
    """(p, n) L [K/K]"""
    feedthrough: Array
    """(p, m) D [K per unit of input]"""


def solid_system(solid: Conduction, capacity: Array, inputs: Array, outputs: Array) -> LinearSystem:
    """Return the system of a solid whose sinks lie at temperature zero: one part, of weight 1.

    Parameters
    ----------
    solid : Conduction
    capacity : (nz, ny, nx) heat capacities [J/K]
    inputs : (m, nz, ny, nx) heat in each cell per unit of each input [W]
    outputs : (p, nz, ny, nx) weights of each output over the cells [1]

    Returns
    -------
    LinearSystem

    References
    ----------
    Derived: `matrix` of the solid.

    Examples
    --------
    >>> one, none = np.ones((1, 1, 1)), np.zeros((1, 1, 0))
    >>> cell = Conduction(none, none.reshape(1, 0, 1), none.reshape(0, 1, 1), 2 * one)
    >>> solid_system(cell, one, one[None], one[None]).parts[0].toarray()
    array([[2.]])
    """
    m, p = len(inputs), len(outputs)
    loads, looks = np.reshape(inputs, (m, -1)).T, np.reshape(outputs, (p, -1))
    return LinearSystem(np.ravel(capacity), (matrix(solid).tocsc(),), (loads,), looks, np.zeros((p, m)))


def cooled_system(system: LinearSystem, streams: Streams) -> LinearSystem:
    """Return the system of a solid with coolant: parts solid, film, rate; its inlet and its outlet added.

    Parameters
    ----------
    system : LinearSystem
        Of the solid alone.
    streams : Streams
        With heat capacity; the inlets are not read.

    Returns
    -------
    LinearSystem
        One more input, the rise of all inlets [K], and one more output, the mixed outlet [K].

    Raises
    ------
    ValueError
        Coolant without heat capacity, or central differences.

    References
    ----------
    Derived: theta_j+1 = 2 mean_j - theta_j, unrolled.

    Examples
    --------
    >>> one, none = np.ones((1, 1, 1)), np.zeros((1, 1, 0))
    >>> cell = Conduction(none, none.reshape(1, 0, 1), none.reshape(0, 1, 1), 0 * one)
    >>> line = Streams(np.zeros((1, 1, 1), np.int64), 2 * one, np.ones(1), np.zeros(1), np.ones((1, 1)))
    >>> [part.toarray().tolist() for part in cooled_system(solid_system(cell, one, one[None], one[None]), line).parts]
    [[[0.0, 0.0], [0.0, 0.0]], [[2.0, -2.0], [-2.0, 2.0]], [[0.0, 0.0], [0.0, 2.0]]]
    """
    from scipy.sparse import block_diag, coo_array, csc_array, diags_array, kron

    if streams.central or not (streams.capacity > 0).all():
        raise ValueError("coolant of a reduced model: must have heat capacity > 0 J/K and the box scheme")
    cells, (lines, steps) = system.capacity.size, streams.capacity.shape
    sign = (-1.0) ** np.arange(steps)
    advance = np.tril(4 * np.outer(sign, sign), -1) + 2 * np.eye(steps)
    wet = streams.wall >= 0
    wall, film = streams.wall[wet], streams.film[wet]
    mean = cells + np.broadcast_to(np.arange(lines * steps).reshape(lines, steps), wet.shape)[wet]
    across = coo_array(
        (np.concatenate([film, film, -film, -film]), (np.r_[wall, mean, wall, mean], np.r_[wall, mean, mean, wall])),
        shape=(cells + lines * steps,) * 2,
    )
    still = csc_array((lines * steps,) * 2)
    carried = block_diag([csc_array((cells, cells)), kron(diags_array(streams.rate), advance)])
    inlet = np.concatenate([np.zeros(cells), np.outer(streams.rate, 2 * sign).ravel()])
    mixed = np.outer(streams.rate / streams.rate.sum(), 2 * sign * sign[-1]).ravel()
    (solid,), (loads,) = system.parts, system.inputs
    loads = np.pad(loads, ((0, lines * steps), (0, 1)))
    outputs = np.pad(system.outputs, ((0, 1), (0, lines * steps)))
    outputs[-1, cells:] = mixed
    feedthrough = np.pad(system.feedthrough, ((0, 1), (0, 1)))
    feedthrough[-1, -1] = -sign[-1]
    brought = np.zeros_like(loads)
    brought[:, -1] = inlet
    return LinearSystem(
        np.concatenate([system.capacity, streams.capacity.ravel()]),
        (csc_array(block_diag([solid, still])), csc_array(across), csc_array(carried)),
        (loads, np.zeros_like(loads), brought),
        outputs,
        feedthrough,
    )


def factored(system: LinearSystem) -> Solve:
    """Return the solver of (s C + A) X = rhs by sparse factorisation, for a few thousand cells.

    Parameters
    ----------
    system : LinearSystem

    Returns
    -------
    function of (shift [1/s], weights [1], right-hand sides (n, q), transposed)

    References
    ----------
    Li (2005), ACM Trans. Math. Softw. 31, 302: SuperLU.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    def solve(shift: float, weights: Sequence[float], rhs: Array, transposed: bool) -> Array:
        A = sum(w * part for w, part in zip(weights, system.parts, strict=True))
        found = splu((A + shift * diags_array(system.capacity)).tocsc())
        return np.asarray(found.solve(np.ascontiguousarray(rhs), "T" if transposed else "N"))

    return solve


def iterated(solid: Conduction, capacity: Array, streams: Streams | None = None, tolerance: float = TOLERANCE) -> Solve:
    """Return the solver of (s C + A) X = rhs by multigrid, for any number of cells.

    Parameters
    ----------
    solid : Conduction
    capacity : (nz, ny, nx) [J/K]
    streams : Streams, optional
    tolerance : residual relative to the right-hand side [1]

    Returns
    -------
    function of (shift [1/s], weights [1], right-hand sides (n, q), transposed)

    Notes
    -----
    The transposed system is the same coolant flowing backwards.

    References
    ----------
    Derived: the advection of means is a triangular Toeplitz matrix; both orders reversed, it is its transpose.
    """

    def solve(shift: float, weights: Sequence[float], rhs: Array, transposed: bool) -> Array:
        held = solid._replace(sink=solid.sink + shift * capacity)
        if streams is None:
            system = prepare(held)
            columns = [solve_system(system, heat.reshape(solid.shape), None, tolerance).solution for heat in rhs.T]
            return np.stack([column.ravel() for column in columns], 1)
        flow = slice(None, None, -1 if transposed else 1)
        lines = Streams(
            streams.wall[..., flow],
            weights[1] * streams.film[..., flow],
            weights[2] * streams.rate,
            np.zeros(streams.rate.size),
            streams.capacity[:, flow],
        )
        system, factor = prepare(held, lines, storage=shift), factor_lines(lines, shift)
        found = np.empty(rhs.shape)
        for n, column in enumerate(rhs.T):
            heat, extra = column[: capacity.size].reshape(solid.shape), column[capacity.size :]
            extra = extra.reshape(lines.capacity.shape)[:, flow]
            total = heat + inlet_heat(factor, solid.shape, extra)
            T = solve_system(system, total, None, tolerance).solution
            theta = solve_lines(factor, T, extra)
            found[:, n] = np.concatenate([T.ravel(), coolant_mean(lines, theta)[:, flow].ravel()])
        return found

    return solve
