"""One implicit stage of a busbar in time: branch currents eliminated, a tridiagonal solve for the node voltages.

Contract: M y' = f(y) with M the capacitances and inductances; a stage solves M y = m + d f(y) for its memory m.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from power.checks import DidNotConverge

Array = NDArray[np.float64]

GAMMA = 2 - math.sqrt(2)
"""share of the step in the trapezoidal stage of TR-BDF2: both stages then have one matrix [1]"""
ITERATIONS = 20
"""Newton needs 2 or 3"""
TOLERANCE = 1e-11
"""last Newton step over the largest source voltage [1]"""


class Bar(NamedTuple):
    """A busbar with its stores; checked and broadcast by `bar_circuit`."""

    section_resistance: Array
    """(n-1,) loop [ohm]"""
    section_inductance: Array
    """(n-1,) loop [H]"""
    capacitance: Array
    """(n,) at the node [F]"""
    source_voltage: Array
    """(n,) no-load voltage, 0 where there is no source [V]"""
    source_resistance: Array
    """(n,) source to bar, inf where there is no source [ohm]"""
    source_inductance: Array
    """(n,) source to bar [H]"""


class BarState(NamedTuple):
    """What a bar holds."""

    node_voltage: Array
    """(..., n) [V]"""
    section_current: Array
    """(..., n-1) [A]"""
    source_current: Array
    """(..., n) 0 where there is no source [A]"""


class BarLoad(NamedTuple):
    """What a bar feeds at one moment."""

    current: Array | float
    """(..., n) drawn at any voltage [A]"""
    power: Array | float = 0.0
    """(..., n) drawn as power [W]"""


class Stage(NamedTuple):
    """One implicit stage M y = m + d f(y): branch currents are i = j + gain (voltage across), and drop out."""

    weight: float  # d [s]
    section: Array  # gain d / (L + d R)
    source: Array  # the same, 0 where there is no source
    section_keep: Array  # gain (L / d - R)
    source_keep: Array
    section_store: Array  # gain L / d
    source_store: Array
    store: Array  # C / d
    diagonal: Array  # of the node matrix over d
    factored: tuple[Array, Array]


class Memory(NamedTuple):
    """What a stage starts from, over d."""

    section: Array  # j
    source: Array  # j
    node: Array  # current into the node before the branches' part


def stage_of(bar: Bar, weight: float) -> Stage:
    """Return the matrix of a stage, factored, and what its memory needs."""
    from scipy.linalg.lapack import dpttrf

    fed = np.isfinite(bar.source_resistance)
    resistance = np.where(fed, bar.source_resistance, 0.0)
    section = weight / (bar.section_inductance + weight * bar.section_resistance)
    source = np.where(fed, weight / (bar.source_inductance + weight * bar.source_resistance), 0.0)
    diagonal = bar.capacitance / weight + source
    diagonal[:-1] += section
    diagonal[1:] += section
    return Stage(
        weight,
        section,
        source,
        section * (bar.section_inductance / weight - bar.section_resistance),
        source * (bar.source_inductance / weight - resistance),
        section * bar.section_inductance / weight,
        source * bar.source_inductance / weight,
        bar.capacitance / weight,
        diagonal,
        dpttrf(diagonal, _below(section))[:2],
    )


def _below(section: Array) -> Array:
    return -section if section.size else np.zeros(1)


def trapezoid(stage: Stage, bar: Bar, state: BarState, drawn: BarLoad) -> Memory:
    """M y + d f(y)."""
    voltage, section, source = state
    j = stage.section_keep * section + stage.section * (voltage[..., :-1] - voltage[..., 1:])
    fed = stage.source_keep * source + stage.source * (bar.source_voltage - voltage)
    node = stage.store * voltage + source - _total(drawn, voltage)
    node[..., :-1] -= section
    node[..., 1:] += section
    return Memory(j, fed, node)


def bdf2(stage: Stage, before: BarState, middle: BarState) -> Memory:
    """M (c y_gamma + (1 - c) y_0)."""
    c = 1 / (GAMMA * (2 - GAMMA))
    voltage, section, source = (last + (c - 1) * (last - first) for first, last in zip(before, middle, strict=True))
    return Memory(stage.section_store * section, stage.source_store * source, stage.store * voltage)


def _total(drawn: BarLoad, voltage: Array) -> Array | float:
    return drawn.current + drawn.power / voltage if _powered(drawn) else drawn.current


def _powered(drawn: BarLoad) -> bool:
    return drawn.power != 0 if isinstance(drawn.power, float) else bool(np.any(drawn.power))


def solved(stage: Stage, bar: Bar, memory: Memory, drawn: BarLoad, start: tuple[Array, float]) -> BarState:
    """Return the state at the end of a stage; `start` is a guess of the voltage, and the time for messages."""
    from scipy.linalg.lapack import dpttrs

    j, fed, node = memory
    right = node + (fed + stage.source * bar.source_voltage - drawn.current)
    right[..., :-1] -= j
    right[..., 1:] += j
    if _powered(drawn):
        voltage = _newton(stage, bar, right, drawn.power, start)
    else:
        flat = right.reshape(-1, right.shape[-1])
        voltage = dpttrs(*stage.factored, flat.T, overwrite_b=True)[0].T.reshape(right.shape)
    return BarState(
        voltage,
        j + stage.section * (voltage[..., :-1] - voltage[..., 1:]),
        fed + stage.source * (bar.source_voltage - voltage),
    )


def _newton(stage: Stage, bar: Bar, right: Array, power: Array | float, start: tuple[Array, float]) -> Array:
    """Node voltages with T v + P / v = right; all racks form one tridiagonal matrix with zeros between them."""
    from scipy.linalg.lapack import dptsv

    voltage, t = start
    voltage = np.broadcast_to(voltage, right.shape).copy()
    below = np.zeros(right.shape)
    below[..., :-1] = -stage.section
    flat = below.ravel()[: max(right.size - 1, 1)]
    limit = TOLERANCE * float(bar.source_voltage.max())
    bad = ~(voltage > 0)
    for _ in range(ITERATIONS):
        if bad.any():
            break
        drawn = power / voltage
        residual = right - stage.diagonal * voltage - drawn
        residual[..., 1:] += stage.section * voltage[..., :-1]
        residual[..., :-1] += stage.section * voltage[..., 1:]
        _, _, step, failed = dptsv((stage.diagonal - drawn / voltage).ravel(), flat, residual.ravel())
        if failed:
            bad.flat[failed - 1] = True
            break
        step = step.reshape(right.shape)
        voltage = voltage + step
        bad = ~(voltage > 0)
        if not (np.abs(step) > limit).any() and not bad.any():
            return voltage
    if not (np.isfinite(right).all() and np.isfinite(power).all()):
        raise ValueError(f"load at t = {t:.6g} s: must be finite")
    node = np.unravel_index(int(bad.argmax()) if bad.any() else int(np.abs(step).argmax()), right.shape)
    raise DidNotConverge(
        f"rack {[int(axis) for axis in node[:-1]]}, node {node[-1]}: constant-power loads pull the bar down at"
        f" t = {t:.6g} s; lower the load, or add capacitance, copper or sources"
    )
