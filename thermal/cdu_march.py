"""Distribution units in time: three mixed volumes, a valve with its controller, a pump with a lag.

Contract: heat is positive into the racks' coolant, removed heat positive out of it into the facility water. What
enters less what leaves is what the volumes store, to round-off. All arrays are (...), one entry per unit.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.cdu_loop import UnitCourse, UnitFlux, UnitLoop, UnitNumbers, UnitOrders, UnitState
from thermal.coolant import Coolant, enthalpy, temperature

Array = NDArray[np.float64]

SUBSTEP = 0.25
"""Of the response of the quickest actuator: longer steps are cut, or the controller would hunt [1]"""


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
    there is, the supply never passes it. Steps longer than a quarter of the actuator's response are cut, for a slow
    sampled controller hunts. The exchanger itself is in its steady state.

    References
    ----------
    Derived: exact solution of the linear balances; controller and actuator as in `thermal.regulator`.
    """
    q = np.asarray(heat, float)
    shape = np.broadcast_shapes(*(np.shape(part) for part in (q, *state, *loop.numbers, *orders)))
    wide = UnitState(*(np.broadcast_to(part, shape) for part in state))
    course = unit_steps(loop, wide, np.broadcast_to(q, shape)[None], orders, step)
    after = UnitState(*(part[1] for part in course.state))
    return after, UnitFlux(*(part[0] for part in course.flux))


def unit_steps(loop: UnitLoop, state: UnitState, heat: ArrayLike, orders: UnitOrders, step: float) -> UnitCourse:
    """March units through steps of equal length under the same orders.

    Parameters
    ----------
    loop : UnitLoop
    state : UnitState
    heat : (step, ...) mean heat into the racks' coolant over each step [W]
    orders : UnitOrders
        Facility supply and flow may be (step, ...).
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
    from thermal.cdu_kernels import march

    q, told = np.asarray(heat, float), (orders.set_point, orders.flow, orders.flow_response)
    shapes = {q.shape[1:], *(np.shape(part) for part in (*state, *loop.numbers, *told))}
    shape = np.broadcast_shapes(*shapes)
    steps, units = len(q), math.prod(shape)
    nodes, means = np.empty((len(state), steps + 1, units)), np.empty((len(UnitFlux._fields), steps, units))

    def flat(part: ArrayLike) -> Array:
        value = np.asarray(part, float)
        return value.reshape(units) if value.shape == shape else np.full(shape, value).reshape(units)

    def long(part: Array) -> Array:
        behind = part.reshape(steps, *(1,) * (len(shape) + 1 - part.ndim), *part.shape[1:])
        return np.full((steps, *shape), behind).reshape(steps, units)

    def given(part: ArrayLike) -> Array:
        value = np.asarray(part, float)
        return long(value) if value.ndim > len(shape) else np.full((steps, *shape), value).reshape(steps, units)

    for row, part in zip(nodes[:, 0], state, strict=True):
        row.reshape(shape)[...] = part
    wrong, value = march(
        (_table(loop.rack), _table(loop.water)),
        UnitNumbers(*(flat(part) for part in loop.numbers)),
        (tuple(flat(part) for part in told), long(q), given(orders.facility_supply), given(orders.facility_flow)),
        (float(step), max(1, math.ceil(step / (SUBSTEP * float(np.min(loop.numbers.response))) - 1e-9))),
        (nodes, means),
    )
    if wrong:
        _refuse(loop, value, wrong)
    return UnitCourse(UnitState(*nodes.reshape(-1, steps + 1, *shape)), UnitFlux(*means.reshape(-1, steps, *shape)))


def _table(liquid: Coolant) -> tuple[Array, Array, Array]:
    return liquid.temperature, liquid.heat_capacity, liquid.enthalpy


def _refuse(loop: UnitLoop, value: float, kind: int) -> None:
    """Raise what the tables say of a value they do not hold."""
    if kind == 1:
        temperature(loop.rack, value)
    for liquid in (loop.rack, loop.water):
        enthalpy(liquid, value)
