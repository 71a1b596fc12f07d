"""Converters of finite bandwidth on a bar: input admittance, eigenvalues, minor-loop gain of each slot.

Contract: as `power.stability`, but a load holds its power only up to the bandwidth w of its control. Of the voltage V
at its input it sees W, W' = w (V - W), and draws P / W; above the bandwidth it is a conductance of `open_conductance`
times P / V^2: 1 with a fixed duty cycle into a resistor, 0 into a load of constant current.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.stability import bar_matrix
from power.stages import Bar, BarLoad, BarState
from power.transient import steady_bar

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True, kw_only=True)
class ConverterControl:
    """How a converter that keeps its output looks from its input."""

    bandwidth: Annotated[float, "Hz", Gt(0)]
    """up to which it keeps its output"""
    open_conductance: Annotated[float, "1", Ge(0)]
    """its conductance far above that, over P / V^2"""

    def __post_init__(self) -> None:
        check_fields(self)


def load_admittance(control: ConverterControl, conductance: ArrayLike, frequency: ArrayLike) -> Complex:
    """Input admittance of a converter.

    Y = g (b s - w) / (s + w), s = 2 pi i f, from -g far below the bandwidth to b g far above.

    Parameters
    ----------
    control : ConverterControl
    conductance : (...), g = P / V^2 [S]
    frequency : (...), f; complex where it decays or grows [Hz]

    Returns
    -------
    (...), Y [S]

    References
    ----------
    Middlebrook (1976), IEEE IAS Annual Meeting, 366, of a loop gain w / s.

    Examples
    --------
    At its bandwidth a converter into constant current is half a negative conductance, half a capacitance.

    >>> load_admittance(ConverterControl(bandwidth=1e4, open_conductance=0.0), 2.0, 1e4).round(9).tolist()
    (-1+1j)
    """
    ratio = 1j * np.asarray(frequency) / control.bandwidth
    return np.asarray(np.asarray(conductance) * (control.open_conductance * ratio - 1) / (ratio + 1), dtype=complex)


def controlled_eigenvalues(
    bar: Bar, load: BarLoad, control: ConverterControl, state: BarState | None = None
) -> Complex:
    """Eigenvalues of a bar with converters of finite bandwidth, the fastest growing first.

    Parameters
    ----------
    bar : Bar, every inductance > 0
    load : BarLoad of (n,)
    control : ConverterControl
    state : BarState of (n,), `steady_bar` by default

    Returns
    -------
    (m,), growth rate and angular frequency [1/s]

    Raises
    ------
    ValueError
        where a section or a source has no inductance.

    Notes
    -----
    Dense, as `bar_eigenvalues`; that is the limit of infinite bandwidth.

    References
    ----------
    Derived: `bar_matrix` with W of each load as one more state.

    Examples
    --------
    One bus that grows under ideal constant power holds under a converter slower than its swing of 0.36 Hz.

    >>> from power.transient import bar_circuit
    >>> bar, load = bar_circuit([], [], 0.2, 10.0, [1.0], 1.0), BarLoad(0.0, 16.0)
    >>> for hertz in (1e3, 0.1):
    ...     control = ConverterControl(bandwidth=hertz, open_conductance=0.0)
    ...     print(controlled_eigenvalues(bar, load, control).real.max() < 0)
    False
    True
    """
    held = steady_bar(bar, load) if state is None else state
    slope = _slope(load, held)
    whole = bar_matrix(bar, load, held)
    nodes, store = slope.size, np.sqrt(bar.capacitance)
    rate, share = 2 * math.pi * control.bandwidth, control.open_conductance
    here = np.arange(nodes)
    whole[here, here] -= (1 + share) * slope / bar.capacitance
    loaded = np.flatnonzero(slope)
    size = len(whole)
    wide = np.zeros((size + loaded.size, size + loaded.size))
    wide[:size, :size] = whole
    last = size + np.arange(loaded.size)
    wide[loaded, last] = (1 + share) * slope[loaded] / store[loaded]
    wide[last, loaded], wide[last, last] = rate / store[loaded], -rate
    values = np.linalg.eigvals(wide).astype(np.complex128)
    return np.asarray(values[np.argsort(-values.real)])


def _slope(load: BarLoad, held: BarState) -> Array:
    """Conductance P / V^2 of each load [S]."""
    return np.asarray(load.power / held.node_voltage**2 + np.zeros(held.node_voltage.shape))


def minor_loop_gain(
    bar: Bar, load: BarLoad, control: ConverterControl, frequency: ArrayLike, state: BarState | None = None
) -> Complex:
    """Minor-loop gain of each slot: impedance that its load sees, times the load's input admittance.

    With Z of the whole ladder, all loads in it, Y of one load: gain = z Y / (1 - z Y), z = Z_nn.

    Parameters
    ----------
    bar : Bar
    load : BarLoad of (n,)
    control : ConverterControl
    frequency : (f,), > 0 [Hz]
    state : BarState of (n,), `steady_bar` by default

    Returns
    -------
    (f, n), 0 where a slot has no load [1]

    Notes
    -----
    The capacitor of a slot counts to the bar. Where the bar with all other loads is stable, the load of the slot
    destabilises it if and only if the gain encircles -1; `modulus_margin` is how close it comes.

    References
    ----------
    Middlebrook (1976), IEEE IAS Annual Meeting, 366; Emadi et al. (2006), IEEE Trans. Veh. Technol. 55, 1112.

    Examples
    --------
    8 ohm of slope behind 1 ohm, at a frequency where capacitor and inductance do nothing:

    >>> from power.transient import bar_circuit
    >>> bar, load = bar_circuit([], [], 1e-9, 10.0, [1.0], 1e-9), BarLoad(0.0, 16.0)
    >>> control = ConverterControl(bandwidth=1e6, open_conductance=0.0)
    >>> minor_loop_gain(bar, load, control, [1e-3]).real.round(6)
    array([[-0.25]])
    """
    hertz = np.atleast_1d(np.asarray(frequency, dtype=float))
    if not np.all(hertz > 0):
        raise ValueError(f"frequency = {hertz[~(hertz > 0)][0]}: must be > 0 Hz")
    held = steady_bar(bar, load) if state is None else state
    s = 2j * math.pi * hertz[:, None]
    series = 1 / (bar.section_resistance + s * bar.section_inductance)
    fed = np.isfinite(bar.source_resistance)
    source = np.where(fed, 1 / (np.where(fed, bar.source_resistance, 1.0) + s * bar.source_inductance), 0.0)
    drawn = load_admittance(control, _slope(load, held), hertz[:, None])
    diagonal = s * bar.capacitance + source + drawn
    diagonal[:, :-1] += series
    diagonal[:, 1:] += series
    nodes = bar.capacitance.size
    whole = np.zeros((hertz.size, nodes, nodes), dtype=complex)
    here = np.arange(nodes)
    whole[:, here, here] = diagonal
    whole[:, here[:-1], here[1:]] = whole[:, here[1:], here[:-1]] = -series
    seen = np.linalg.inv(whole)[:, here, here] * drawn
    return np.asarray(seen / (1 - seen))


def modulus_margin(gain: Complex) -> Array:
    """Least distance of a loop gain from -1, over its frequencies.

    Parameters
    ----------
    gain : (f, n), as `minor_loop_gain` [1]

    Returns
    -------
    (n,) 1 is a load that the bar does not feel [1]

    References
    ----------
    Derived: inverse of the largest sensitivity, the maximum of 1 over the absolute value of 1 + gain.

    Examples
    --------
    >>> modulus_margin(np.array([[-0.25 + 0j], [0.5j]])).round(3)
    array([0.75])
    """
    return np.asarray(np.abs(1 + gain).min(axis=0))
