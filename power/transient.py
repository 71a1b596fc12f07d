"""A busbar in time: sections and sources with resistance and inductance, capacitance and loads at the nodes.

Contract: arrays `(..., n)` from the top of the bar to the bottom; a section current is positive downward, a source
current into the bar, a load current out of it. A march is a generator of (t, state); storage is the caller's.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.ladder import solve_busbar
from power.stages import GAMMA, Bar, BarLoad, BarState, bdf2, solved, stage_of, trapezoid

Array = NDArray[np.float64]
Scheme = Literal["trapezoid", "tr-bdf2"]


def bar_circuit(
    section_resistance: ArrayLike,
    section_inductance: ArrayLike,
    capacitance: ArrayLike,
    source_voltage: ArrayLike,
    source_resistance: ArrayLike,
    source_inductance: ArrayLike,
) -> Bar:
    """Return a bar of n nodes from its elements.

    Parameters
    ----------
    section_resistance : (n-1,) or scalar, loop resistance between neighbours [ohm]
    section_inductance : (n-1,) or scalar, loop inductance between neighbours [H]
    capacitance : (n,) or scalar, at the nodes [F]
    source_voltage : (n,) or scalar, no-load voltage, ignored where there is no source [V]
    source_resistance : (n,), source to bar, inf where there is no source [ohm]
    source_inductance : (n,) or scalar, source to bar [H]

    Returns
    -------
    Bar

    Raises
    ------
    ValueError
        where a value is not finite or has the wrong sign, a length does not fit, or no node has a source.

    References
    ----------
    Derived: the arrays as given, broadcast.

    Examples
    --------
    >>> bar_circuit(1e-4, 1e-7, 1e-3, 50.0, [5e-4, np.inf], 0.0).capacitance
    array([0.001, 0.001])
    """
    resistance = np.atleast_1d(np.asarray(source_resistance, dtype=float))
    fed, (nodes,) = resistance != np.inf, resistance.shape
    for name, values in (("source_voltage", source_voltage), ("source_inductance", source_inductance)):
        _fitting(name, values, nodes)
    if not fed.any():
        raise ValueError("source_resistance is inf at every node: must be finite at one or more")
    return Bar(
        _positive("section_resistance", section_resistance, nodes - 1, "ohm"),
        _positive("section_inductance", section_inductance, nodes - 1, "H", zero=True),
        _positive("capacitance", capacitance, nodes, "F"),
        np.where(fed, _positive("source_voltage", np.where(fed, source_voltage, 1.0), nodes, "V"), 0.0),
        np.where(fed, _positive("source_resistance", np.where(fed, resistance, 1.0), nodes, "ohm"), np.inf),
        np.where(fed, _positive("source_inductance", np.where(fed, source_inductance, 0.0), nodes, "H", zero=True), 0),
    )


def _positive(name: str, values: ArrayLike, count: int, unit: str, zero: bool = False) -> Array:
    array = _fitting(name, values, count)
    wrong = ~(np.isfinite(array) & (array >= 0 if zero else array > 0))
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(f"{name}[{place}] = {array[place]}: must be finite and {'>=' if zero else '>'} 0 {unit}")
    return array


def _fitting(name: str, values: ArrayLike, count: int) -> Array:
    array = np.asarray(values, dtype=float)
    if array.shape not in ((), (1,), (count,)):
        raise ValueError(f"{name} has shape {array.shape}: must be one number or ({count},)")
    return np.broadcast_to(array, (count,))


def steady_bar(bar: Bar, load: BarLoad) -> BarState:
    """Return the state in which nothing changes.

    Parameters
    ----------
    bar : Bar
    load : BarLoad

    Returns
    -------
    BarState

    Raises
    ------
    DidNotConverge
        where the bar cannot carry the load.

    References
    ----------
    Derived: `solve_busbar` without clips.

    Examples
    --------
    >>> bar = bar_circuit(1e-4, 1e-7, 1e-3, 50.0, [5e-4, np.inf], 0.0)
    >>> steady_bar(bar, BarLoad(np.array([0.0, 1000.0]))).node_voltage.round(6)
    array([49.5, 49.4])
    """
    power, current = (value + np.zeros(bar.capacitance.size) for value in (load.power, load.current))
    found = solve_busbar(
        bar.section_resistance, power, bar.source_voltage, bar.source_resistance, 0.0, load_current=current
    )
    return BarState(found.node_voltage, found.section_current, found.source_current)


def march_bar(
    bar: Bar,
    load: Callable[[float], BarLoad],
    step: float,
    steps: int,
    *,
    scheme: Scheme = "tr-bdf2",
    start: BarState | None = None,
) -> Iterator[tuple[float, BarState]]:
    """Yield the state of a bar at 0, h, 2 h, ...

    C dv/dt = currents in - load(t, v), L di/dt = voltage across - R i. Leading axes of the load or the start are racks.

    Parameters
    ----------
    bar : Bar
    load : function of the time [s]
    step : h > 0 [s]
    steps : number of steps
    scheme : "tr-bdf2" (damps what the step does not resolve) or "trapezoid" (keeps the energy of every oscillation)
    start : BarState, `steady_bar` of load(0) by default

    Returns
    -------
    iterator of (float, BarState)
        Time [s] and state.

    Raises
    ------
    ValueError
        where the step is not positive, a load is not finite, or no such scheme.
    DidNotConverge
        where constant-power loads pull the bar down; names the moment and the node.

    Notes
    -----
    Second order in h; corners of the load should fall on steps. Branch currents are eliminated, so a stage is one
    symmetric tridiagonal solve for the node voltages: factored once, with all racks as right-hand sides, or, with
    power loads, one Newton system for all racks.

    References
    ----------
    Bank et al. (1985), IEEE Trans. Electron Devices 32, 1992 (TR-BDF2); Hosea and Shampine (1996), Appl. Numer. Math.
    20, 21 (gamma = 2 - sqrt 2).

    Examples
    --------
    One node, 1 F behind 1 ohm, 1 A from the start: v = 10 - (1 - exp(-t)).

    >>> one = bar_circuit([], [], 1.0, 10.0, [1.0], 0.0)
    >>> unloaded = BarState(np.array([10.0]), np.zeros(0), np.zeros(1))
    >>> *_, (t, state) = march_bar(one, lambda t: BarLoad(1.0), 0.01, 100, start=unloaded)
    >>> round(float(state.node_voltage[0]), 4), round(9 + math.exp(-1), 4)
    (9.3679, 9.3679)
    """
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"step = {step}: must be finite and > 0 s")
    if scheme not in ("trapezoid", "tr-bdf2"):
        raise ValueError(f"scheme = {scheme!r}: must be 'trapezoid' or 'tr-bdf2'")
    drawn = load(0.0)
    state = steady_bar(bar, drawn) if start is None else start
    shape = np.broadcast_shapes(state.node_voltage.shape, *(np.shape(part) for part in drawn))
    state = BarState(*(np.broadcast_to(part, (*shape[:-1], part.shape[-1])) for part in state))
    stage = stage_of(bar, step * (GAMMA if scheme == "tr-bdf2" else 1.0) / 2)
    guess = state.node_voltage
    yield 0.0, state
    for count in range(steps):
        before, t = state, (count + 1) * step
        middle = (count + (GAMMA if scheme == "tr-bdf2" else 1.0)) * step
        memory = trapezoid(stage, bar, before, drawn)
        drawn = load(middle)
        state = solved(stage, bar, memory, drawn, (guess, middle))
        if scheme == "tr-bdf2":
            memory, drawn = bdf2(stage, before, state), load(t)
            state = solved(stage, bar, memory, drawn, (state.node_voltage, t))
        if not math.isfinite(state.node_voltage.sum()):
            raise ValueError(f"load between t = {t - step:.6g} and {t:.6g} s: must be finite")
        guess = 2 * state.node_voltage - before.node_voltage
        yield t, state
