"""Distribution units in time: three mixed volumes, a valve with its controller, a pump with a lag.

Contract: heat is positive into the racks' coolant, removed heat positive out of it into the facility water. What
enters less what leaves is what the volumes store, to round-off. All arrays are (...), one entry per unit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.cdu import unit_conductance
from thermal.cdu_loop import UnitCourse, UnitFlux, UnitLoop, UnitOrders, UnitState
from thermal.cdu_steady import per_kelvin
from thermal.coolant import enthalpy, heat_capacity, temperature
from thermal.regulator import regulate
from thermal.valve import installed, opening

Array = NDArray[np.float64]

_SMALL = 1e-300
_GAP = 1e-7
"""least distance of the two eigenvalues, over the larger: nearer ones are told apart by it [1]"""
_NEAR = 1e-3
"""temperatures nearer than this [K] take the heat capacity in place of its mean"""


def unit_step(
    loop: UnitLoop, state: UnitState, heat: ArrayLike, orders: UnitOrders, step: float
) -> tuple[UnitState, UnitFlux]:
    r"""March units through one step.

    $$ M_s \dot h_s = m_1 (h_r - h_s) - q_x, \quad M_r \dot h_r = m_1 (h_s - h_r) + q, \quad
       M_f \dot h_f = m_2 (h_{f,0} - h_f) + q_x, \quad q_x = \varepsilon C_{min} (T_r - T_{f,0}) $$

    Parameters
    ----------
    loop : UnitLoop
    state : UnitState
    heat : (...) mean heat into the racks' coolant over the step, that of the pumps included [W]
    orders : UnitOrders
    step : its length [s]

    Returns
    -------
    UnitState, UnitFlux
        After the step, and means over it.

    Raises
    ------
    ValueError
        A temperature outside a coolant's table.

    Notes
    -----
    Second order in the step: flows, capacities and exchanger are those at its middle, and with them held the three
    balances are solved exactly, so they stay within their bounds at any step: where the facility water is the coldest
    there is, the supply never passes it. The controller needs steps below the response of its actuator; with longer
    ones it hunts. The exchanger itself is in its steady state.

    References
    ----------
    Derived: exact solution of the linear balances; controller and actuator as in `thermal.regulate`.
    """
    q, frame = np.asarray(heat, float), _frame(loop, orders)
    decay = np.exp(-step / 2 / np.asarray(orders.flow_response, float))
    away = state.flow - orders.flow
    flow = orders.flow + away * decay
    start = state.supply - frame.cold, state.back - frame.cold
    first = _capacities(loop, frame, state.back)
    guess = _rack_side(loop, (start, q, step), (flow, _through(loop, orders, state.position)), first)
    error = [(h + frame.cold - frame.wanted) / first[0] for h in (start[0], guess[0])]
    moved = regulate(loop.regulator, state.integral, state.position, (error[0], error[1]), step)
    through = _through(loop, orders, moved.middle)
    middle = _capacities(loop, frame, (start[1] + guess[1]) / 2 + frame.cold)
    supply, back = _rack_side(loop, (start, q, step), (flow, through), middle)
    ahead, behind, mass = loop.masses
    removed = q - (ahead * (supply - start[0]) + behind * (back - start[1])) / step
    turns = through * (step / mass)
    share = -np.expm1(-turns)
    stored = removed * (step / mass) * np.where(turns > 0, share / np.where(turns > 0, turns, 1.0), 1.0)
    stored += share * (frame.inlet - state.facility_return)
    after = UnitState(
        supply + frame.cold,
        back + frame.cold,
        state.facility_return + stored,
        orders.flow + away * decay * decay,
        moved.position,
        moved.integral,
    )
    return after, UnitFlux(removed, removed - mass * stored / step, through + 0 * removed)


def unit_steps(loop: UnitLoop, state: UnitState, heat: ArrayLike, orders: UnitOrders, step: float) -> UnitCourse:
    """March units through steps of equal length under the same orders.

    Parameters
    ----------
    loop : UnitLoop
    state : UnitState
    heat : (step, ...) mean heat into the racks' coolant over each step [W]
    orders : UnitOrders
    step : length of each [s]

    Returns
    -------
    UnitCourse

    Raises
    ------
    ValueError
        A temperature outside a coolant's table.

    References
    ----------
    Derived: `unit_step`, repeated.
    """
    q = np.asarray(heat, float)
    shape = np.broadcast_shapes(q.shape[1:], *(np.shape(part) for part in (*state, *orders)))
    nodes = np.empty((len(UnitState._fields), len(q) + 1, *shape))
    means = np.empty((len(UnitFlux._fields), len(q), *shape))
    for part, value in zip(nodes, state, strict=True):
        part[0] = value
    for k in range(len(q)):
        state, flux = unit_step(loop, state, q[k], orders, step)
        for part, value in zip(nodes, state, strict=True):
            part[k + 1] = value
        for part, value in zip(means, flux, strict=True):
            part[k] = value
    return UnitCourse(UnitState(*nodes), UnitFlux(*means))


class _Frame(NamedTuple):
    """Enthalpies and temperature that stay over a step."""

    inlet_temperature: Array
    """facility supply [K]"""
    cold: Array
    """enthalpy of the racks' coolant at the facility supply [J/kg]"""
    wanted: Array
    """the same at the set-point [J/kg]"""
    inlet: Array
    """enthalpy of the facility supply [J/kg]"""


def _frame(loop: UnitLoop, orders: UnitOrders) -> _Frame:
    rack, facility, T = loop.model.rack, loop.model.facility, np.asarray(orders.facility_supply, float)
    return _Frame(T, enthalpy(rack, T), enthalpy(rack, orders.set_point), enthalpy(facility, T))


def _capacities(loop: UnitLoop, frame: _Frame, back: Array) -> tuple[Array, Array]:
    """Return the mean heat capacities of both liquids between facility supply and return [J/(kg*K)]."""
    rack, facility, T = loop.model.rack, loop.model.facility, frame.inlet_temperature
    warm = temperature(rack, back)
    span = warm - T
    near = np.abs(span) < _NEAR
    safe = np.where(near, 1.0, span)
    hot, cold = (back - frame.cold) / safe, (enthalpy(facility, warm) - frame.inlet) / safe
    if near.any():
        hot, cold = np.where(near, heat_capacity(rack, T), hot), np.where(near, heat_capacity(facility, T), cold)
    return hot, cold


def _through(loop: UnitLoop, orders: UnitOrders, position: Array) -> Array:
    """Return the facility flow at a position of the valve."""
    unit = loop.model.unit
    share = installed(opening(position, unit.valve_rangeability, "equal_percentage"), unit.valve_authority)
    return np.asarray(orders.facility_flow, float) * share


def _rack_side(
    loop: UnitLoop,
    start: tuple[tuple[Array, Array], Array, float],
    flows: tuple[Array, Array],
    capacities: tuple[Array, Array],
) -> tuple[Array, Array]:
    """Return supply and return enthalpy above the coldest after a step at held flows: z' = exp(B) z + phi(B) p."""
    (x, y), q, step = start
    flow, through = flows
    ahead, behind, _ = loop.masses
    conductance = unit_conductance(loop.model, flow, through)
    carried = per_kelvin(flow * capacities[0], through * capacities[1], conductance)
    a, d = flow * (step / ahead), flow * (step / behind)
    b = a - carried / capacities[0] * (step / ahead)
    half = (a - d) / 2
    slow = (a + d) / 2 + np.sqrt(half * half + b * d)
    fast, slow = -slow, -d * (a - b) / np.maximum(slow, _SMALL)
    gap = np.maximum(slow - fast, np.maximum(-_GAP * fast, _SMALL))
    grown = np.exp(fast)
    beta = (np.exp(slow) - grown) / gap
    alpha = grown - beta * fast
    filled = _mean_exp(fast)
    gamma = (_mean_exp(slow) - filled) / gap
    source = q * (step / behind)
    supply = alpha * x + beta * (b * y - a * x) + gamma * b * source
    back = alpha * y + beta * d * (x - y) + (filled - gamma * (fast + d)) * source
    return supply, back


def _mean_exp(x: Array) -> Array:
    """Return (e^x - 1) / x, 1 at 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)
