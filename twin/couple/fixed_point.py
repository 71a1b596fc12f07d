"""Batched fixed point x = g(x) by Anderson's method: every rack has its own small least-squares problem."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]
Index = NDArray[np.int64]
#: Maps (r, n) guesses to (r, n) results.
Step = Callable[[Array], Array]

#: Relative change of every component at which a rack counts as solved.
TOLERANCE = 1e-10
#: Passes before giving up; a rack takes 5 to 12.
PASSES = 60
#: Passes before giving up where steps are plain: they near the solution more slowly.
PLAIN_PASSES = 300
#: Largest relative move that Anderson may propose; beyond it the plain step is taken.
STRIDE = 0.5
#: Share of racks that still move below which the others leave the batch, where it is at least so large.
NARROW, BATCH = 0.5, 32
#: Earlier passes that Anderson combines.
DEPTH = 4


class FixedPoint(NamedTuple):
    """A solved batch."""

    x: Array
    """Last guess that was passed to g (r, n)."""
    iterations: NDArray[np.int64]
    """Passes until each rack was solved (r,); 0 where it was not."""
    history: Array
    """Largest relative change in each pass (passes, r) [1]."""


def solve_fixed_point(
    step: Step,
    start: Array,
    *,
    tolerance: float = TOLERANCE,
    partial: bool = False,
    plain: bool = False,
    narrowed: Callable[[Index], Step] | None = None,
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
    partial : bool
        True: return what has settled, with 0 iterations for the rest.
    plain : bool
        True: step after step without extrapolation, slower but steady where limits take turns.
    narrowed : callable, optional
        Maps the indices of some racks to a step of them alone; the settled ones leave once they are the most.

    Returns
    -------
    FixedPoint
        Solution, passes per rack, history.

    Raises
    ------
    ConvergenceError
        A rack did not settle, unless `partial`; the message says how far it was.

    References
    ----------
    Walker, Ni (2011), SIAM J. Numer. Anal. 49, Anderson acceleration, type II, equation 2.2.
    """
    x, found, history = start, np.array(start), []
    iterations, relative = np.zeros(len(start), dtype=np.int64), np.full(len(start), np.inf)
    memory, rows = _Memory(), np.arange(len(start))
    passes = PLAIN_PASSES if plain else PASSES
    for count in range(1, passes + 1):
        change = step(x) - x
        found[rows], relative[rows] = x, np.max(np.abs(change) / np.maximum(np.abs(x), 1e-12), axis=1)
        history.append(relative.copy())
        iterations[(iterations == 0) & (relative <= tolerance)] = count
        if np.all(relative <= tolerance) or (partial and count == passes):
            return FixedPoint(found, np.where(relative <= tolerance, iterations, 0), np.array(history))
        moving = relative[rows] > tolerance
        if narrowed is not None and rows.size >= BATCH and moving.mean() < NARROW:
            rows, x, change = rows[moving], x[moving], change[moving]
            memory.keep(moving)
            step = narrowed(rows)
        # the first step brings limits into play
        x = x + change if plain or count == 1 else memory.next_guess(x, change)
    worst = int(np.argmax(history[-1]))
    raise ConvergenceError(
        f"rack {worst} of the batch did not settle in {passes} passes (last relative change {history[-1][worst]:.2g}): "
        "fix cooling.volume_flow, or lower load.utilization"
    )


class _Memory:
    """The last passes as differences, and Anderson's next guess from them."""

    def __init__(self) -> None:
        self._last: tuple[Array, Array] | None = None
        self._turns: list[Array] = []
        self._moves: list[Array] = []

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Forget all racks but some."""
        self._last = None if self._last is None else (self._last[0][rows], self._last[1][rows])
        self._turns, self._moves = [turn[rows] for turn in self._turns], [move[rows] for move in self._moves]

    def next_guess(self, x: Array, change: Array) -> Array:
        """Return the combination of the last passes with the least change, one step on; a plain step at first."""
        plain = x + change
        if self._last is not None:
            turn = change - self._last[1]
            self._turns = [*self._turns[1 - DEPTH :], turn]
            self._moves = [*self._moves[1 - DEPTH :], x - self._last[0] + turn]
        self._last = x, change
        if not self._moves:
            return plain
        share = _least_squares(np.stack(self._turns, axis=1), change, 1.0 / np.maximum(np.abs(x), 1e-12))
        moved = plain - (share[:, None] @ np.stack(self._moves, axis=1))[:, 0]
        near = np.all(np.abs(moved - x) <= STRIDE * np.abs(x), axis=1, keepdims=True)
        return np.where(near, moved, plain)


def _least_squares(turns: Array, change: Array, scale: Array) -> Array:
    """Return the shares (r, m) that minimise |scale (change - sum of shares times turns)| of each rack."""
    scaled = turns * scale[:, None]
    gram = scaled @ np.swapaxes(scaled, 1, 2)
    right = scaled @ (change * scale)[..., None]
    size = np.trace(gram, axis1=1, axis2=2)[:, None, None]
    ridge = np.eye(turns.shape[1]) * (1e-12 * size + 1e-300)
    return np.asarray(np.linalg.solve(gram + ridge, right)[..., 0])
