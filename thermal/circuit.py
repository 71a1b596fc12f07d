"""The coolant loop of a rack in time: two mixed volumes, a pump with a lag, a valve on the facility side.

Contract: enthalpies are those of `thermal.enthalpy` [J/kg]; heat is positive into the coolant of the rack, removed heat
positive out of it into the facility water. What enters less what leaves is what the two volumes store, to round-off.
"""

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coldplate import REFERENCE_TEMPERATURE
from thermal.coolant import Coolant, density, enthalpy, heat_capacity, temperature

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """What makes the loop of a rack slow."""

    rack_volume: Annotated[float, "m3", Gt(0)]
    """coolant between the plates and the unit: return hoses, headers, pipes"""
    unit_volume: Annotated[float, "m3", Gt(0)]
    """coolant between the unit's exchanger and the plates, share of this rack"""
    pump_response: Annotated[float, "s", Gt(0)]
    """time constant of the flow on its way to a set-point"""
    supply_response: Annotated[float, "s", Gt(0)]
    """time constant of the supply temperature on its way to a set-point"""

    def __post_init__(self) -> None:
        check_fields(self)


class CircuitState(NamedTuple):
    """The loop at an instant."""

    supply: float
    """enthalpy of the coolant entering the plates [J/kg]"""
    back: float
    """enthalpy of the mixed coolant leaving the rack [J/kg]"""
    flow: float
    """mass flow [kg/s]"""


class CircuitOrders(NamedTuple):
    """What pump and valve are told, and what they have."""

    supply_temperature: float
    """set-point [K]"""
    flow: float
    """mass flow to go to [kg/s]"""
    flow_response: float
    """time constant of that: the pump's, or of its coasting down [s]"""
    facility_temperature: float
    """water on the other side of the exchanger [K]"""
    conductance: float
    """of the exchanger with its valve wide open, per kelvin of supply over facility [W/K]"""


class CircuitCourse(NamedTuple):
    """The loop over some steps."""

    supply: Array
    """(step + 1,) enthalpy into the plates [J/kg]"""
    back: Array
    """(step + 1,) enthalpy out of the rack [J/kg]"""
    flow: Array
    """(step + 1,) mass flow [kg/s]"""
    removed: Array
    """(step,) mean heat into the facility water [W]"""


def circuit_masses(circuit: Circuit, liquid: Coolant) -> tuple[float, float]:
    """Return the coolant in front of the plates and behind them; it does not change with temperature.

    Parameters
    ----------
    circuit : Circuit
    liquid : Coolant

    Returns
    -------
    two numbers [kg]

    References
    ----------
    Derived: density at the temperature of the published plate.
    """
    rho = float(density(liquid, REFERENCE_TEMPERATURE))
    return rho * circuit.unit_volume, rho * circuit.rack_volume


def circuit_steps(
    circuit: Circuit, liquid: Coolant, state: CircuitState, orders: CircuitOrders, heat: ArrayLike, step: float
) -> CircuitCourse:
    r"""March the loop through steps of equal length.

    $$ M_s \dot h_s = \dot m (h_r - h_s) - q_x, \quad M_r \dot h_r = \dot m (h_s - h_r) + q, \quad
       \tau_p \frac{d \dot m}{dt} = \dot m_{set} - \dot m $$

    The valve lets pass what brings the supply to its set-point, $\dot h_s = (h_{set} - h_s) / \tau_s$, as far as the
    exchanger can, $0 \le q_x \le G (T_s - T_f)$.

    Parameters
    ----------
    circuit : Circuit
    liquid : Coolant
    state : CircuitState
    orders : CircuitOrders
    heat : (step,) mean heat into the coolant over each step [W]
    step : length of each [s]

    Returns
    -------
    CircuitCourse
        Nodes (step + 1,) and means (step,).

    Raises
    ------
    ValueError
        A temperature outside the coolant's table.

    Notes
    -----
    Second order in the step (trapezoid; flow and regulated supply exactly), stable at any. The valve is ideal: it
    knows the heat it has to carry. Within one call the heat capacity that turns enthalpy into temperature is that of
    the start.

    References
    ----------
    Derived: enthalpy balance of mixed volumes.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> water = coolant("water")
    >>> loop = Circuit(rack_volume=0.02, unit_volume=0.02, pump_response=3.0, supply_response=20.0)
    >>> cold, warm = (float(enthalpy(water, T)) for T in (318.15, 328.15))
    >>> orders = CircuitOrders(318.15, 2.9, 3.0, 313.15, 3e4)
    >>> course = circuit_steps(loop, water, CircuitState(cold, warm, 2.9), orders, [121.2e3] * 5, 1.0)
    >>> course.removed.round(-2)
    array([121200., 121200., 121200., 121200., 121200.])
    """
    q = np.asarray(heat, float).tolist()
    ahead, behind = circuit_masses(circuit, liquid)
    flow = flow_course(state.flow, orders, np.arange(2 * len(q) + 1) * (step / 2))
    wanted = float(enthalpy(liquid, orders.supply_temperature))
    now = float(temperature(liquid, state.supply))
    valve = _Valve(
        share=math.exp(-step / circuit.supply_response),
        wanted=wanted,
        slope=orders.conductance / float(heat_capacity(liquid, now)),
        level=orders.conductance * (now - orders.facility_temperature),
        origin=state.supply,
    )
    supply, back, removed = [state.supply], [state.back], []
    for k, m in enumerate(flow[1::2].tolist()):
        volumes = ahead / step, behind / step
        after = _step(volumes, m, q[k], (supply[-1], back[-1]), valve)
        supply.append(after[0])
        back.append(after[1])
        removed.append(q[k] - volumes[0] * (after[0] - supply[-2]) - volumes[1] * (after[1] - back[-2]))
    return CircuitCourse(np.array(supply), np.array(back), flow[::2], np.array(removed))


def flow_course(flow: float, orders: CircuitOrders, time: ArrayLike) -> Array:
    r"""Return the flow on its way to what is ordered.

    $$ \dot m(t) = \dot m_{set} + (\dot m_0 - \dot m_{set}) e^{-t / \tau_p} $$

    Parameters
    ----------
    flow : now [kg/s]
    orders : CircuitOrders
    time : (...) from now [s]

    Returns
    -------
    (...) mass flow [kg/s]

    References
    ----------
    Derived: a lag of first order.

    Examples
    --------
    >>> float(flow_course(2.9, CircuitOrders(318.15, 0.0, 3.0, 313.15, 3e4), 3.0).round(3))
    1.067
    """
    return orders.flow + (flow - orders.flow) * np.exp(-np.asarray(time, float) / orders.flow_response)


class _Valve(NamedTuple):
    """How the supply follows its set-point over a step, and what the open valve carries, level + slope (h - origin)."""

    share: float
    wanted: float
    slope: float
    level: float
    origin: float


def _step(
    volumes: tuple[float, float], m: float, q: float, start: tuple[float, float], valve: _Valve
) -> tuple[float, float]:
    """Return supply and return enthalpy after a step; volumes are masses over the step [kg/s]."""
    ahead, behind = volumes
    supply, back = start
    after = valve.wanted + (supply - valve.wanted) * valve.share
    mean = (supply + after) / 2
    behind_after = ((behind - m / 2) * back + m * mean + q) / (behind + m / 2)
    carried = m * ((back + behind_after) / 2 - mean) - ahead * (after - supply)
    open_wide = max(valve.level + valve.slope * (mean - valve.origin), 0.0)
    if 0 <= carried <= open_wide:
        return after, behind_after
    slope, constant = (0.0, 0.0) if carried < 0 else (valve.slope, valve.level - valve.slope * valve.origin)
    if slope * mean + constant < 0:  # facility water warmer than the supply: the valve stays shut
        slope = constant = 0.0
    # trapezoid of both balances: means x = (start + after) / 2 solve a 2 x 2 system
    a, b = 2 * ahead + m + slope, 2 * behind + m
    right = 2 * ahead * supply - constant, 2 * behind * back + q
    determinant = a * b - m * m
    x, y = (right[0] * b + m * right[1]) / determinant, (a * right[1] + m * right[0]) / determinant
    return 2 * x - supply, 2 * y - back
