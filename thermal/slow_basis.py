"""What a slow package is projected on: its reduced model after steps of heat, inlet and flow, from 0.1 s on.

Contract: dx/dt = -A x + B u with B for heat and inlet, stacked over flows. The basis is orthonormal, so that what
dissipates before the projection dissipates after it; its first direction is the package at one temperature throughout,
so that heat is kept.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.coldplate import ColdPlate
from thermal.coolant import CoolantName
from thermal.package_model import PackageModel, weights_at
from thermal.package_system import SPOT, plate_state
from thermal.slow_march import exponential

Array = NDArray[np.float64]

FIRST = 0.1
"""instant after a step from which it is followed; the others are each twice as late [s]"""
INSTANTS = 10
"""of them, to 51 s"""
FLOWS = 7
"""from the least to the most of the plate, at which the basis is filled; errors are told between them"""
TRICKLES = {"filled": (1 / 30, 1 / 8, 1 / 3), "told": (1 / 15, 1 / 2)}
"""further flows, over the least [1]"""
STOOD = (1.0, 2.0, 4.0)
"""how long a package without flow was heated that is cooled again [s]"""
INLET = 7e-3
"""rise of the inlet that counts as a watt does [K]"""
EMPHASIS = 3.0
"""on what is seen, over the state, in the choice of the basis"""
SPARE = 0.5
"""share of the tolerance that is left to the places of the spot"""
LEAST = 8
"""number of state that is tried first"""


class Trial(NamedTuple):
    """A package at several flows, the first two without any: without a film and with the film of the least flow."""

    A: Array
    """(flow, n, n) [1/s]"""
    B: Array
    """(flow, n, 2) for heat and inlet"""
    starts: Array
    """(n, s) from which the flow changes: steady per watt, then heated without flow"""
    states: Array
    """(flow, instant, n, 2 + s) after a step of heat, of the inlet, and from each start"""
    share: Array
    """(flow, instant, 1, 2 + s) by which a state counts less, as it is hotter than any at the least flow [1]"""


class Look(NamedTuple):
    """How a state is read."""

    means: Array
    """(3, n) die, memory, case [K]"""
    face: Array
    """(cell, n) where the spot may be [K]"""


class SlowBasis(NamedTuple):
    """What a slow package is made of."""

    Q: Array
    """(n, r) orthonormal, the first column at one temperature"""
    one: float
    """how much of that is 1 K"""
    places: NDArray[np.int64]
    """of the spot on its face"""
    error: Array
    """(4, 4) of die, spot, memory, case after a step of heat, a change of flow, flow that comes back, each per watt
    [K/W], and a jump of the inlet [1]"""


def slow_basis(model: PackageModel, plate: ColdPlate, liquid: CoolantName, tolerance: float) -> SlowBasis:
    """Return the narrowest basis that follows steps of heat, and of flow from a steady state, within a tolerance.

    Parameters
    ----------
    model : PackageModel
    plate : ColdPlate
    liquid : name of the coolant
    tolerance : over the steady rise of the spot at the middle flow [1]

    Returns
    -------
    SlowBasis

    References
    ----------
    Sirovich (1987), Q. Appl. Math. 45, 561: proper orthogonal decomposition of responses at some flows, here in a norm
    of state and outputs. The error is the largest found at other flows.
    """
    flows = np.geomspace(plate.flow_min, plate.flow_max, FLOWS)
    look = Look(np.delete(model.outputs[:-1], SPOT, axis=0), model.shapes @ model.face)
    known = trial(model, plate, liquid, (TRICKLES["filled"], flows), look)
    other = trial(model, plate, liquid, (TRICKLES["told"], np.sqrt(flows[1:] * flows[:-1])), look)
    allowed = tolerance * (look.face @ known.starts[:, FLOWS // 2]).max()
    states = np.concatenate([*np.concatenate(known.states * known.share), known.starts], -1)
    places = spots(look.face @ states, allowed * SPARE, int((look.face @ known.starts[:, FLOWS // 2]).argmax()))
    even = np.linalg.solve(known.A[-1], known.B[-1, :, 1]) / INLET  # the package at 1 K: what its inlet makes of it
    directions = ranked(states, np.vstack(look), even / np.linalg.norm(even))
    for r in range(LEAST, len(directions) + 1):
        found = errors(other, directions[:, :r], look, places)
        if found[:, :2].max() <= allowed:
            break
    return SlowBasis(directions[:, :r], float(even @ directions[:, 0]), places, found)


def responses(A: Array, B: Array, starts: Array, first: float = FIRST, instants: int = INSTANTS) -> Array:
    """Return states after a step of each input from rest, and on their own from each start.

    Parameters
    ----------
    A : (flow, n, n) [1/s]
    B : (flow, n, m) [1/s per unit of input]
    starts : (n, s) [1]
    first : the first instant; the others are twice as late each [s]
    instants : how many

    Returns
    -------
    (flow, instant, n, m + s) [1]

    References
    ----------
    Derived: the exponential of [[-A, B], [0, 0]].

    Examples
    --------
    >>> one = np.ones((1, 1, 1))
    >>> responses(one, one, one[0], 1.0, 2).round(3)[0, :, 0]
    array([[0.632, 0.368],
           [0.865, 0.135]])
    """
    n, m = B.shape[1:]
    M = np.zeros((len(A), n + m, n + m))
    M[:, :n, :n], M[:, :n, n:] = -A, B
    E, found = exponential(M * first), []
    for _ in range(instants):
        found.append(np.concatenate([E[:, :n, n:], E[:, :n, :n] @ starts], -1))
        E = E @ E
    return np.stack(found, 1)


def trial(
    model: PackageModel, plate: ColdPlate, liquid: CoolantName, flows: tuple[tuple[float, ...], Array], look: Look
) -> Trial:
    """Return a package without flow and at given flows, and its responses.

    Parameters
    ----------
    model : PackageModel
    plate : ColdPlate
    liquid : name of the coolant
    flows : trickles over the least flow of the plate [1], and flows [m3/s]
    look : Look

    Returns
    -------
    Trial

    References
    ----------
    See `slow_basis`.
    """
    wet = [plate.flow_min, *np.multiply(flows[0], plate.flow_min), *flows[1]]
    weights = np.array([weights_at(model, *plate_state(plate, liquid, flow)) for flow in wet])
    weights = np.concatenate([weights[[0, 0]] * [[1, 0, 0], [1, 1, 0]], weights])
    A, B = np.tensordot(weights, model.parts, 1), np.tensordot(weights, model.inputs, 1)
    B = np.stack([B @ model.split, INLET * B[..., -1]], -1)
    steady = np.linalg.solve(A[2:], B[2:, :, :1])[..., 0].T
    limit = (look.face @ steady[:, 0]).max()  # hotter than at the least flow no package runs
    stood = [responses(A[:2], B[:2, :, :1], steady[:, :0], t, 1)[:, 0, :, 0].T for t in STOOD]
    starts = np.hstack([steady[:, -len(flows[1]) :], *stood])
    starts *= _share(starts, look.face, limit)
    found = responses(A, B, starts)
    return Trial(A, B, starts, found, _share(found, look.face, limit))


def _share(states: Array, face: Array, limit: float) -> Array:
    return np.asarray(limit / np.maximum(np.abs(face @ states).max(-2, keepdims=True), limit))


def spots(faces: Array, allowed: float, first: int) -> NDArray[np.int64]:
    """Return places of a face, few, of which the hottest is nearly as hot as the hottest of the face, in all fields.

    Parameters
    ----------
    faces : (cell, field) [K]
    allowed : largest difference [K]
    first : a place that is among them

    Returns
    -------
    (place,) indices

    References
    ----------
    Chvatal (1979), Math. Oper. Res. 4, 233: greedy covering.
    """
    peak, places = faces.max(0), [first]
    while (miss := peak - faces[places].max(0)).max() > allowed:
        close = faces >= peak - allowed
        places.append(int(close[:, miss > allowed].sum(1).argmax()))
    return np.array(places)


def ranked(states: Array, seen: Array, even: Array) -> Array:
    """Return the directions in which states differ, the first ones most.

    Parameters
    ----------
    states : (n, q) [1]
    seen : (p, n) outputs [K]
    even : (n,) first of the directions, of unit length; what states hold of it does not count [1]

    Returns
    -------
    (n, n) orthonormal [1]

    References
    ----------
    See `slow_basis`.
    """
    X = states - np.outer(even, even @ states)
    weight = np.eye(len(X)) + EMPHASIS**2 * seen.T @ seen
    root = np.linalg.cholesky(weight).T
    U = np.linalg.svd(root @ X, full_matrices=False)[0]
    return np.linalg.qr(np.column_stack([even, np.linalg.solve(root, U)[:, : len(X) - 1]]))[0]


def errors(other: Trial, Q: Array, look: Look, places: NDArray[np.int64]) -> Array:
    """Return the largest errors of a basis.

    Parameters
    ----------
    other : Trial
    Q : (n, r) orthonormal [1]
    look : Look
    places : of the spot

    Returns
    -------
    (4, 4) of die, spot, memory, case after a step of heat, a change of flow, flow that comes back, each per watt [K/W],
    and a jump of the inlet [1]

    References
    ----------
    See `slow_basis`.
    """
    small = responses(Q.T @ other.A @ Q, Q.T @ other.B, Q.T @ other.starts)
    ours = [look.means @ Q @ small, (look.face[places] @ Q @ small).max(2, keepdims=True)]
    true = [look.means @ other.states, (look.face @ other.states).max(2, keepdims=True)]
    miss = (np.abs(np.concatenate(ours, 2) - np.concatenate(true, 2)) * other.share).max((0, 1))
    stood = 2 * len(STOOD)
    miss = np.insert(miss[:-1], SPOT, miss[-1], 0)
    return np.stack([miss[:, 0], miss[:, 2:-stood].max(1), miss[:, -stood:].max(1), miss[:, 1] / INLET], -1)
