"""Temperatures over time: backward Euler, Crank-Nicolson and TR-BDF2, each a generator of (t, state) without end.

Contract: C dT/dt = heat - A T - film (T_w - mean), and the same with the capacity of the coolant on the mean of each of
its steps. A stage is written in the increment d from a base state, (s C + A) d = heat - A base, with one coefficient s
per scheme: what is solved is the heat the base state leaves unbalanced. Every stage starts from its best combination
of the last increments. The step is fixed for the life of a generator; the caller stores what it wants.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.conduction import Conduction
from thermal.volumes.steady import prepare, solve_system
from thermal.volumes.streams import Streams, coolant_mean, inlet_heat, solve_lines, stream_outflow

Array = NDArray[np.float64]
Heat = Array | Callable[[float], Array]

TOLERANCE = 1e-6
"""heat a stage may leave unbalanced, relative to the most any base state left (2-norms)"""
RECALL = 4
"""increments kept for the first guess"""
GAMMA = 2 - 2**0.5
"""share of the trapezoidal stage in a step of TR-BDF2; both stages then have one operator"""


class Body(NamedTuple):
    """What stores and moves heat."""

    solid: Conduction
    capacity: Array
    """(nz, ny, nx) [J/K]"""
    streams: Streams | None = None


class State(NamedTuple):
    """Temperatures at an instant."""

    temperature: Array
    """(nz, ny, nx); 0 in cells that neither store heat nor touch another [K]"""
    coolant: Array | None = None
    """(line, step + 1) at the edges of the steps [K]"""


def backward_euler(
    body: Body, heat: Heat, start: State, step: float, *, tolerance: float = TOLERANCE
) -> Iterator[tuple[float, State]]:
    r"""Yield the state after each step of backward Euler: first order, monotone, no step too long.

    $$ (C / h + A) (T_{n+1} - T_n) = q_{n+1} - A T_n $$

    Parameters
    ----------
    body : Body
    heat : (nz, ny, nx) or function of time [s], with sink * reference temperature where the solid has sinks [W]
    start : State
        At time 0; its coolant may be left out, and then lies at the inlet temperature.
    step : h [s]
    tolerance : of each stage, relative to the largest imbalance met so far [1]

    Returns
    -------
    generator of (t, State)
        From t = h on, without end [s], [K].

    Raises
    ------
    ValueError
        A step that is not positive, a shape other than the body's.
    DidNotConverge
        From the linear solver.

    References
    ----------
    Hairer & Wanner (1996), Solving ordinary differential equations II, section IV.3.

    Examples
    --------
    >>> one, none = np.ones((1, 1, 1)), np.zeros((1, 1, 0))
    >>> cell = Body(Conduction(none, none.reshape(1, 0, 1), none.reshape(0, 1, 1), one), one)
    >>> t, state = next(backward_euler(cell, 0 * one, State(one), 1.0))
    >>> t, state.temperature.item()
    (1.0, 0.5)
    """
    stage, q = _stage(body, 1 / _positive(step), tolerance), _over_time(heat, body.solid.shape)
    state = _checked(body, start)
    for n in count(1):
        state = _plus(state, 1.0, stage(state, q(n * step)))
        yield n * step, state


def crank_nicolson(
    body: Body, heat: Heat, start: State, step: float, *, tolerance: float = TOLERANCE
) -> Iterator[tuple[float, State]]:
    r"""Yield the state after each step of Crank-Nicolson: second order, but fast modes ring after a jump.

    $$ (2 C / h + A) (T_{n+1} - T_n) / 2 = (q_n + q_{n+1}) / 2 - A T_n $$

    Parameters
    ----------
    body : Body
    heat : (nz, ny, nx) or function of time [s], with sink * reference temperature where the solid has sinks [W]
    start : State
        At time 0; its coolant may be left out, and then lies at the inlet temperature.
    step : h [s]
    tolerance : of each stage, relative to the largest imbalance met so far [1]

    Returns
    -------
    generator of (t, State)
        From t = h on, without end [s], [K].

    Raises
    ------
    ValueError
        A step that is not positive, a shape other than the body's.
    DidNotConverge
        From the linear solver.

    References
    ----------
    Crank & Nicolson (1947), Proc. Camb. Phil. Soc. 43, 50.

    Examples
    --------
    >>> one, none = np.ones((1, 1, 1)), np.zeros((1, 1, 0))
    >>> cell = Body(Conduction(none, none.reshape(1, 0, 1), none.reshape(0, 1, 1), one), one)
    >>> next(crank_nicolson(cell, 0 * one, State(one), 1.0))[1].temperature.round(12).item()
    0.333333333333
    """
    stage, q = _stage(body, 2 / _positive(step), tolerance), _over_time(heat, body.solid.shape)
    state, before = _checked(body, start), q(0.0)
    for n in count(1):
        after = q(n * step)
        state, before = _plus(state, 2.0, stage(state, (before + after) / 2)), after
        yield n * step, state


def tr_bdf2(
    body: Body, heat: Heat, start: State, step: float, *, tolerance: float = TOLERANCE
) -> Iterator[tuple[float, State]]:
    r"""Yield the state after each step of TR-BDF2: second order and no ringing, for two solves a step.

    $$ s = (2 + \sqrt 2) / h: \quad
       (s C + A) (T_\gamma - T_n) / 2 = (q_n + q_\gamma) / 2 - A T_n, \quad
       (s C + A) (T_{n+1} - T_*) = q_{n+1} - A T_*, \quad
       T_* = \frac{T_\gamma - (1 - \gamma)^2 T_n}{\gamma (2 - \gamma)} $$

    Parameters
    ----------
    body : Body
    heat : (nz, ny, nx) or function of time [s], with sink * reference temperature where the solid has sinks [W]
    start : State
        At time 0; its coolant may be left out, and then lies at the inlet temperature.
    step : h [s]
    tolerance : of each stage, relative to the largest imbalance met so far [1]

    Returns
    -------
    generator of (t, State)
        From t = h on, without end [s], [K].

    Raises
    ------
    ValueError
        A step that is not positive, a shape other than the body's.
    DidNotConverge
        From the linear solver.

    References
    ----------
    Bank et al. (1985), IEEE Trans. CAD 4, 436; Hosea & Shampine (1996), Appl. Numer. Math. 20, 21: L-stable.

    Examples
    --------
    >>> one, none = np.ones((1, 1, 1)), np.zeros((1, 1, 0))
    >>> cell = Body(Conduction(none, none.reshape(1, 0, 1), none.reshape(0, 1, 1), one), one)
    >>> next(tr_bdf2(cell, 0 * one, State(one), 0.1))[1].temperature.round(6).item()
    0.9048
    """
    stage, q = _stage(body, (2 + 2**0.5) / _positive(step), tolerance), _over_time(heat, body.solid.shape)
    state, before = _checked(body, start), q(0.0)
    back = (1 - GAMMA) ** 2 / (GAMMA * (2 - GAMMA))
    for n in count(1):
        middle, after = q((n - 1 + GAMMA) * step), q(n * step)
        base = _plus(state, 2 * (1 + back), stage(state, (before + middle) / 2))
        state, before = _plus(base, 1.0, stage(base, after)), after
        yield n * step, state


def _stage(body: Body, s: float, tolerance: float) -> Callable[[State, Array], State]:
    """Return the solver of (s C + A) d = heat - A base; it remembers its last increments."""
    from thermal.volumes import kernels

    solid, streams = Conduction(*(np.ascontiguousarray(g, float) for g in body.solid)), body.streams
    system = prepare(solid._replace(sink=solid.sink + s * body.capacity), streams, storage=s)
    guess, largest = _Guess(solid.sink.size), 0.0

    def stage(base: State, heat: Array) -> State:
        nonlocal largest
        T, lines, extra = base.temperature, system.lines, None
        imbalance = np.empty_like(T)
        kernels.outflow(solid, T, imbalance)
        np.subtract(heat, imbalance, out=imbalance)
        if lines is not None and streams is not None and base.coolant is not None:
            extra = s * streams.capacity * coolant_mean(streams, base.coolant)
            imbalance += inlet_heat(lines, solid.shape, extra)
            imbalance -= stream_outflow(lines, T)
        size = float(np.linalg.norm(imbalance))
        largest = max(largest, size)
        share = tolerance * largest / size if size else 1.0
        found = solve_system(system, imbalance, guess.best(imbalance), share)
        if found.iterations:
            guess.keep(found.solution, imbalance)
        if lines is None or base.coolant is None:
            return State(found.solution)
        return State(found.solution, solve_lines(lines, T + found.solution, extra) - base.coolant)

    return stage


class _Guess:
    """The combination of the last increments whose image comes nearest a right-hand side.

    Fischer (1998), Comput. Methods Appl. Mech. Eng. 163, 193. It contains extrapolation of any order in time, and
    needs no order: after a jump of the heat it finds the answer to an earlier one.
    """

    def __init__(self, size: int) -> None:
        self.increments, self.images = np.zeros((RECALL, size)), np.zeros((RECALL, size))
        self.gram, self.kept = np.zeros((RECALL, RECALL)), 0

    def best(self, rhs: Array) -> Array | None:
        if not self.kept:
            return None
        share = np.linalg.lstsq(self.gram, self.images @ rhs.ravel(), rcond=1e-13)[0]
        return (share @ self.increments).reshape(rhs.shape)

    def keep(self, increment: Array, image: Array) -> None:
        at, size = self.kept % RECALL, np.linalg.norm(image)
        np.divide(increment.ravel(), size, out=self.increments[at])
        np.divide(image.ravel(), size, out=self.images[at])
        self.gram[at] = self.gram[:, at] = self.images @ self.images[at]
        self.kept += 1


def _apart(body: Body) -> NDArray[np.bool_]:
    """Return which cells neither store heat nor touch another: coolant in the grid, whose rows are sink alone."""
    alone = body.capacity == 0
    for axis, g in enumerate((body.solid.z, body.solid.y, body.solid.x)):
        for side in ((1, 0), (0, 1)):
            width = [side if k == axis else (0, 0) for k in range(3)]
            alone = alone & (np.pad(g, width) == 0)
    return alone


def _plus(base: State, weight: float, change: State) -> State:
    coolant = None if base.coolant is None or change.coolant is None else base.coolant + weight * change.coolant
    return State(base.temperature + weight * change.temperature, coolant)


def _over_time(heat: Heat, shape: tuple[int, ...]) -> Callable[[float], Array]:
    """Return heat as a function of time that refuses another shape than the cells', which would be broadcast."""

    def checked(t: float) -> Array:
        now = heat(t) if callable(heat) else heat
        if np.shape(now) != shape:
            raise ValueError(f"heat of shape {np.shape(now)} at {t:g} s: must be {shape}, as the cells")
        return now

    return checked


def _positive(step: float) -> float:
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step = {step}: must be > 0 s")
    return step


def _checked(body: Body, start: State) -> State:
    """Return the start with its coolant filled in."""
    shape, streams = body.solid.shape, body.streams
    for name, field in (("temperature", start.temperature), ("capacity", body.capacity)):
        if np.shape(field) != shape:
            raise ValueError(f"{name} of shape {np.shape(field)}: must be {shape}, as the cells")
    T = np.array(start.temperature, float, order="C")
    T[_apart(body)] = 0
    if streams is None:
        return State(T)
    edges = streams.capacity.shape[0], streams.capacity.shape[1] + 1
    if start.coolant is None:
        return State(T, np.broadcast_to(streams.inlet[:, None], edges))
    if start.coolant.shape != edges:
        raise ValueError(f"coolant of shape {start.coolant.shape}: must be {edges}, lines and edges of their steps")
    return State(T, start.coolant)
