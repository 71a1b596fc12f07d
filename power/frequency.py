"""Frequency of a grid after its load changes: one equivalent machine with its governors.

Contract: per unit of the machine base; a positive step is load added, and the frequency falls. Deviations are small:
the equations are linear, without dead band and without a limit of the turbines.
"""

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GridMachine:
    """All machines of a grid as one, after reheat steam turbines."""

    nominal_frequency: Annotated[float, "Hz", Gt(0)]
    """50 or 60"""
    base_power: Annotated[float, "W", Gt(0)]
    """rating of the machines on line"""
    inertia: Annotated[float, "s", Gt(0)]
    """H: energy of rotation at nominal frequency over base power"""
    damping: Annotated[float, "1", Ge(0)]
    """D: change of load over change of frequency, both per unit"""
    droop: Annotated[float, "1", Gt(0)]
    """R: change of frequency over change of governed power, both per unit"""
    gain: Annotated[float, "1", Gt(0), Le(1)]
    """K: share of the base that is governed, with the power factor"""
    high_pressure: Annotated[float, "1", Ge(0), Le(1)]
    """F: share of turbine power ahead of the reheater, which answers at once"""
    reheat_time: Annotated[float, "s", Gt(0)]
    """T: time constant of the reheater"""

    def __post_init__(self) -> None:
        check_fields(self)


class FrequencyCourse(NamedTuple):
    """Frequency after changes of load."""

    frequency: Array
    """(..., time) [Hz]"""
    governed_power: Array
    """(..., time) what the turbines add [W]"""
    rate: Array
    """(..., time) of change, right after the sample [Hz/s]"""


class StepAnswer(NamedTuple):
    """Figures of the answer to one step of load."""

    nadir: Array
    """(...) frequency farthest from nominal [Hz]"""
    nadir_time: Array
    """(...) after the step, inf where the frequency creeps to its end without turning [s]"""
    settled: Array
    """(...) frequency at the end, before secondary control [Hz]"""
    initial_rate: Array
    """(...) of change right after the step: the largest [Hz/s]"""


def frequency_course(machine: GridMachine, load_change: ArrayLike, step: float) -> FrequencyCourse:
    """Frequency for a series of load changes, which are straight lines between the samples.

    2 H dw/dt = p - D w - d(t),   T dx/dt = -w (1 - F) K / R - x,   p = x - w F K / R,

    with w the deviation over nominal, d the added load and p the governed power, per unit; exact at the samples.

    Parameters
    ----------
    machine : GridMachine
    load_change : (..., time), load minus the load in balance; 0 before the first sample, which may be a step [W]
    step : time between samples [s]

    Returns
    -------
    FrequencyCourse

    Raises
    ------
    ValueError
        where the series is not finite or has fewer than two samples, or the step is not positive.

    References
    ----------
    Anderson and Mirheydar (1990), A low-order system frequency response model, IEEE Trans. Power Syst. 5, 720, eq. 4.

    Examples
    --------
    1 GW lost as load on a 40 GW grid:

    >>> machine = GridMachine(nominal_frequency=60.0, base_power=40e9, inertia=4.0, damping=1.0, droop=0.05,
    ...                       gain=0.95, high_pressure=0.3, reheat_time=8.0)
    >>> found = frequency_course(machine, np.full(3001, -1e9), 0.01)
    >>> found.frequency.max().round(3), found.rate[0].round(4)
    (np.float64(60.162), np.float64(0.1875))
    """
    from power.spectrum import checked_series

    added = checked_series("load_change", load_change, step, 2) / machine.base_power
    matrix, drive, governed = _equations(machine)
    move, here, there = _exact(matrix, drive, step)
    state = np.zeros((*added.shape, 2))
    forced = added[..., :-1, None] * here + added[..., 1:, None] * there
    for now in range(added.shape[-1] - 1):
        state[..., now + 1, :] = state[..., now, :] @ move.T + forced[..., now, :]
    rate = state @ matrix[0] + drive[0] * added
    nominal = machine.nominal_frequency
    return FrequencyCourse(nominal * (1 + state[..., 0]), machine.base_power * (state @ governed), nominal * rate)


def _equations(machine: GridMachine) -> tuple[Array, Array, Array]:
    """State matrix and drive of (w, x), and the row that gives the governed power."""
    stiff, twice = machine.gain / machine.droop, 2 * machine.inertia
    quick = machine.high_pressure * stiff
    matrix = np.array(
        [
            [-(machine.damping + quick) / twice, 1 / twice],
            [-(stiff - quick) / machine.reheat_time, -1 / machine.reheat_time],
        ]
    )
    return matrix, np.array([-1 / twice, 0.0]), np.array([-quick, 1.0])


def _exact(matrix: Array, drive: Array, step: float) -> tuple[Array, Array, Array]:
    """Propagator of a step, and the weights of the input at its two ends (first-order hold)."""
    from scipy.linalg import expm

    wide = np.zeros((4, 4))
    wide[:2, :2], wide[:2, 2], wide[2, 3] = matrix * step, drive * step, 1.0
    whole = expm(wide)
    return whole[:2, :2], whole[:2, 2] - whole[:2, 3], whole[:2, 3]


def step_answer(machine: GridMachine, load_change: ArrayLike) -> StepAnswer:
    """Nadir, its time, end and first slope of the frequency after one step of load.

    w(t) = -d R / (D R + K) (1 + a exp(-z wn t) sin(wr t + phi)), with wn^2 = (D R + K) / (2 H R T).

    Parameters
    ----------
    machine : GridMachine
    load_change : (...), load added at once, negative where it is lost [W]

    Returns
    -------
    StepAnswer

    References
    ----------
    Anderson and Mirheydar (1990), IEEE Trans. Power Syst. 5, 720, eq. 12 to 18; here from the eigenvalues, which holds
    for overdamped grids too.

    Examples
    --------
    >>> machine = GridMachine(nominal_frequency=60.0, base_power=40e9, inertia=4.0, damping=1.0, droop=0.05,
    ...                       gain=0.95, high_pressure=0.3, reheat_time=8.0)
    >>> found = step_answer(machine, 1e9)
    >>> [float(value.round(4)) for value in found]
    [59.8375, 2.3688, 59.925, -0.1875]
    """
    matrix, drive, _ = _equations(machine)
    roots = np.roots([1.0, -np.trace(matrix), np.linalg.det(matrix)]).astype(complex)
    if abs(roots[0] - roots[1]) < 1e-7 * abs(roots[0]):
        roots = roots * np.array([1 + 1e-6, 1 - 1e-6])  # a double root, parted where its formula has no value
    end = -np.linalg.solve(matrix, drive)[0]
    # w = end + c1 exp(r1 t) + c2 exp(r2 t), w(0) = 0, w'(0) = drive
    first = (drive[0] + roots[1] * end) / (roots[0] - roots[1])
    weights = np.array([first, -end - first])
    time = _turning(weights, roots)
    lowest = end if math.isinf(time) else end + float((weights * np.exp(roots * time)).sum().real)
    added = np.asarray(load_change, dtype=float) / machine.base_power
    nominal = machine.nominal_frequency
    at = np.where(added == 0, 0.0, time)
    return StepAnswer(
        nominal * (1 + lowest * added), at, nominal * (1 + end * added), np.asarray(nominal * drive[0] * added)
    )


def _turning(weights: NDArray[np.complex128], roots: NDArray[np.complex128]) -> float:
    """First time > 0 at which c1 r1 exp(r1 t) + c2 r2 exp(r2 t) is 0, inf where there is none."""
    if abs(weights).min() <= 1e-12 * abs(weights).max():
        return math.inf
    ratio = -(weights[1] * roots[1]) / (weights[0] * roots[0])
    gap = roots[0] - roots[1]
    if gap.imag != 0:
        return float(np.angle(ratio if gap.imag > 0 else 1 / ratio) % (2 * np.pi) / abs(gap.imag))
    time = np.log(ratio.real) / gap.real if ratio.real > 0 else -1.0
    return float(time) if time > 0 else math.inf
