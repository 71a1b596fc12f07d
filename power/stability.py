"""Whether a bus that feeds constant-power loads holds still: Middlebrook's margin in closed form, and eigenvalues.

Contract: one source E behind R and L feeds C and a load of constant power P, at the upper operating point. A converter
that keeps its output draws more current when its input sags: a conductance of -P / V^2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.checks import DidNotConverge
from power.stages import Bar, BarLoad, BarState
from power.transient import steady_bar

Array = NDArray[np.float64]


class Stability(NamedTuple):
    """Margins of a bus; every array has the shape of the broadcast inputs."""

    voltage: Array
    """at the load, operating point [V]"""
    damping_margin: Array
    """(R / L) / (P / (C V^2)), stable above 1 [1]"""
    transfer_margin: Array
    """(V^2 / P) / R, stable above 1 [1]"""
    stable: NDArray[np.bool_]
    """both margins above 1"""
    capacitance_min: Array
    """above which the damping margin exceeds 1, P L / (R V^2) [F]"""


def operating_voltage(source_voltage: ArrayLike, resistance: ArrayLike, power: ArrayLike) -> Array:
    """Voltage at a constant-power load behind a resistance.

    V = (E + sqrt(E^2 - 4 R P)) / 2.

    Parameters
    ----------
    source_voltage : (...), E [V]
    resistance : (...), R [ohm]
    power : (...), P [W]

    Returns
    -------
    (...), the upper of the two voltages [V]

    Raises
    ------
    DidNotConverge
        where P exceeds E^2 / (4 R); says by how much.

    References
    ----------
    Derived: V (E - V) / R = P.

    Examples
    --------
    >>> float(operating_voltage(10.0, 1.0, 16.0))
    8.0
    """
    source, series, watts = (np.asarray(value, dtype=float) for value in (source_voltage, resistance, power))
    square = source**2 - 4 * series * watts
    if np.any(square < 0):
        beyond = np.broadcast_to(watts - source**2 / (4 * np.where(series > 0, series, 1.0)), square.shape)
        place = np.unravel_index(int(np.argmin(square)), square.shape)
        where = f" at {[int(axis) for axis in place]}" if square.ndim else ""
        raise DidNotConverge(
            f"power{where} = {np.broadcast_to(watts, square.shape)[place]:.6g} W is {beyond[place]:.4g} W beyond the"
            " transferable E^2 / (4 R); lower the load or the resistance, or raise the voltage"
        )
    return np.asarray((source + np.sqrt(square)) / 2)


def constant_power_stability(
    source_voltage: ArrayLike,
    resistance: ArrayLike,
    inductance: ArrayLike,
    capacitance: ArrayLike,
    power: ArrayLike,
    *,
    voltage: ArrayLike | None = None,
) -> Stability:
    """Margins of a constant-power load on a capacitor behind a resistance and an inductance.

    Stable if and only if R / L > P / (C V^2) and R < V^2 / P, with V at the operating point.

    Parameters
    ----------
    source_voltage : (...), E [V]
    resistance : (...), R of source and bar [ohm]
    inductance : (...), L of source and bar [H]
    capacitance : (...), C at the load [F]
    power : (...), P [W]
    voltage : (...), V at the load, `operating_voltage` by default [V]

    Returns
    -------
    Stability

    Raises
    ------
    ValueError
        where a value is not finite or not > 0.
    DidNotConverge
        where P exceeds E^2 / (4 R).

    Notes
    -----
    The characteristic polynomial is s^2 + (R / L - g / C) s + (1 - R g) / (L C), g = P / V^2. A bar with several
    sources and loads: `bar_eigenvalues`.

    References
    ----------
    Middlebrook (1976), IEEE IAS Annual Meeting, 366; Emadi et al. (2006), IEEE Trans. Veh. Technol. 55, 1112.

    Examples
    --------
    132 kW at 50 V behind 60 microohm and 25 nH: 22 mF are needed, 50 mF hold it.

    >>> found = constant_power_stability(50.0, 60e-6, 25e-9, 50e-3, 132e3)
    >>> bool(found.stable), round(1e3 * float(found.capacitance_min), 1)
    (True, 22.1)
    """
    names = ("source_voltage", "resistance", "inductance", "capacitance", "power", "voltage")
    given = (source_voltage, resistance, inductance, capacitance, power, 1.0 if voltage is None else voltage)
    arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in given))
    for name, array in zip(names, arrays, strict=True):
        if not np.all(np.isfinite(array) & (array > 0)):
            raise ValueError(f"{name} = {array[~(np.isfinite(array) & (array > 0))][0]}: must be finite and > 0")
    source, series, choke, store, watts, held = arrays
    held = operating_voltage(source, series, watts) if voltage is None else held
    load = held**2 / watts
    least = choke / (series * load)
    damping, transfer = store / least, load / series
    return Stability(held, damping, transfer, (damping > 1) & (transfer > 1), least)


def stability_warning(found: Stability, capacitance: ArrayLike, margin: float = 1.0) -> str:
    """Say which bus lacks damping, by how much, and what would mend it.

    Parameters
    ----------
    found : Stability
    capacitance : (...), C at the load [F]
    margin : float, damping and transfer margins asked for [1]

    Returns
    -------
    str
        Empty where all buses keep the margins.

    References
    ----------
    Derived: `constant_power_stability`.

    Examples
    --------
    >>> found = constant_power_stability(50.0, 60e-6, 25e-9, 10e-3, 132e3)
    >>> stability_warning(found, 10e-3)
    'constant-power load oscillates: 0.01 F at the bus, damping margin 0.452 < 1; it takes more than 0.0221 F'
    """
    worst = np.minimum(found.damping_margin, found.transfer_margin)
    if np.all(worst > margin):
        return ""
    place = np.unravel_index(int(np.argmin(worst)), worst.shape)
    where = f" (bus {[int(axis) for axis in place]})" if worst.ndim else ""
    if found.transfer_margin[place] <= margin:
        return (
            f"constant-power load{where} at {found.voltage[place]:.4g} V is close to the transferable power:"
            f" transfer margin {found.transfer_margin[place]:.3g} < {margin:g}; lower the resistance"
        )
    return (
        f"constant-power load{where} {'oscillates' if found.damping_margin[place] <= 1 else 'is poorly damped'}:"
        f" {np.broadcast_to(capacitance, worst.shape)[place]:.3g} F at the bus, damping margin"
        f" {found.damping_margin[place]:.3g} < {margin:g};"
        f" it takes more than {margin * found.capacitance_min[place]:.3g} F"
    )


def bar_matrix(bar: Bar, load: BarLoad, state: BarState | None = None) -> Array:
    """State matrix of a bar, linearised at its operating point.

    C dv/dt = currents in + (P / V^2) v, L di/dt = voltage across - R i, in units of sqrt(C) V and sqrt(L) A.

    Parameters
    ----------
    bar : Bar, every inductance > 0
    load : BarLoad of (n,)
    state : BarState of (n,), `steady_bar` by default

    Returns
    -------
    (m, m), m = n + (n - 1) + sources [1/s]

    Raises
    ------
    ValueError
        where a section or a source has no inductance.

    References
    ----------
    Derived: the equations of `march_bar`, linearised.

    Examples
    --------
    >>> from power.transient import bar_circuit
    >>> bar_matrix(bar_circuit([], [], 1.0, 10.0, [1.0], 1.0), BarLoad(0.0, 16.0)).round(6)
    array([[ 0.25,  1.  ],
           [-1.  , -1.  ]])
    """
    fed = np.flatnonzero(np.isfinite(bar.source_resistance))
    choke = np.concatenate([bar.section_inductance, bar.source_inductance[fed]])
    if not np.all(choke > 0):
        raise ValueError("section_inductance or source_inductance = 0: must be > 0 H for a state matrix")
    nodes, sections = bar.capacitance.size, bar.section_inductance.size
    voltage = (steady_bar(bar, load) if state is None else state).node_voltage
    into = np.zeros((nodes, choke.size))
    here = np.arange(sections)
    into[here, here], into[here + 1, here] = -1.0, 1.0
    into[fed, sections + np.arange(fed.size)] = 1.0
    scaled = into / np.sqrt(bar.capacitance[:, None] * choke)
    resistance = np.concatenate([bar.section_resistance, bar.source_resistance[fed]])
    rising = load.power / voltage**2 / bar.capacitance
    return np.block([[np.diag(rising + np.zeros(nodes)), scaled], [-scaled.T, np.diag(-resistance / choke)]])


def bar_eigenvalues(bar: Bar, load: BarLoad, state: BarState | None = None) -> NDArray[np.complex128]:
    """Eigenvalues of a bar at its operating point, the fastest growing first; stable where all real parts are < 0.

    Parameters
    ----------
    bar : Bar, every inductance > 0
    load : BarLoad of (n,)
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
    Dense: a rack of 35 slots takes milliseconds, 1 000 nodes a minute.

    References
    ----------
    Derived: `bar_matrix`.

    Examples
    --------
    >>> from power.transient import bar_circuit
    >>> bar_eigenvalues(bar_circuit([], [], 0.2, 10.0, [1.0], 1.0), BarLoad(0.0, 16.0)).real.round(3)
    array([0.125, 0.125])
    """
    values = np.linalg.eigvals(bar_matrix(bar, load, state)).astype(np.complex128)
    return np.asarray(values[np.argsort(-values.real)])
