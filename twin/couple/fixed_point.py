"""Batched fixed point x = g(x) by Anderson's method: every rack has its own small least-squares problem."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]

#: Relative change of every component at which a rack counts as solved.
TOLERANCE = 1e-10
#: Passes before giving up; a rack takes 5 to 12.
PASSES = 60
#: Largest relative move that Anderson may propose; beyond it the plain step is taken.
STRIDE = 0.5
#: Plain steps at the start: they bring limits and bounds into play, which Anderson must not look back beyond.
PLAIN = 2
#: Earlier passes that Anderson combines.
DEPTH = 3


class FixedPoint(NamedTuple):
    """A solved batch."""

    x: Array
    """Last guess that was passed to g (r, n)."""
    iterations: NDArray[np.int64]
    """Passes until each rack was solved (r,)."""
    history: Array
    """Largest relative change in each pass (passes, r) [1]."""


def solve_fixed_point(
    step: Callable[[Array], Array], start: Array, *, tolerance: float = TOLERANCE, passes: int = PASSES
) -> FixedPoint:
    """Return x with x = step(x), all racks at once.

    Parameters
    ----------
    step : callable
        Maps (r, n) guesses to (r, n) results [any units].
    start : (r, n) array
        First guess [any units].
    tolerance : float
        Largest relative change of any component [1].
    passes : int
        Passes before giving up [1].

    Returns
    -------
    FixedPoint
        Solution, passes per rack, history.

    Raises
    ------
    ConvergenceError
        A rack did not settle; the message says how far it was.

    References
    ----------
    Walker, Ni (2011), SIAM J. Numer. Anal. 49, Anderson acceleration, type II, equation 2.2.
    """
    x, history = start, []
    iterations = np.zeros(len(start), dtype=np.int64)
    guesses: list[Array] = []
    changes: list[Array] = []
    for count in range(1, passes + 1):
        change = step(x) - x
        relative = np.max(np.abs(change) / np.maximum(np.abs(x), 1e-12), axis=-1)
        history.append(relative)
        iterations[(iterations == 0) & (relative <= tolerance)] = count
        if np.all(relative <= tolerance):
            return FixedPoint(x, iterations, np.array(history))
        if count > PLAIN:
            guesses, changes = [*guesses[-DEPTH:], x], [*changes[-DEPTH:], change]
        x = _combine(guesses, changes) if len(guesses) > 1 else x + change
    worst = int(np.argmax(history[-1]))
    raise ConvergenceError(
        f"rack {worst} of the batch did not settle in {passes} passes (last relative change {history[-1][worst]:.2g}): "
        "fix cooling.volume_flow, or lower load.utilization"
    )


def _combine(guesses: list[Array], changes: list[Array]) -> Array:
    """Return the next guess: the combination of the last passes with the least change, one step on."""
    x, change = guesses[-1], changes[-1]
    dx, df = np.diff(guesses, axis=0), np.diff(changes, axis=0)
    scale = 1.0 / np.maximum(np.abs(x), 1e-12)
    weighted = np.moveaxis(df * scale, 0, -1)
    gram = np.swapaxes(weighted, -1, -2) @ weighted
    size = np.trace(gram, axis1=-2, axis2=-1)[:, None, None]
    ridge = np.eye(len(df)) * (1e-12 * size + 1e-300)
    right = np.swapaxes(weighted, -1, -2) @ (change * scale)[..., None]
    share = np.moveaxis(np.linalg.solve(gram + ridge, right)[..., 0], -1, 0)[..., None]
    moved = x + change - np.sum(share * (dx + df), axis=0)
    near = np.all(np.abs(moved - x) <= STRIDE * np.abs(x), axis=-1, keepdims=True)
    return np.where(near, moved, x + change)
