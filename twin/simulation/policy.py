"""Policies: from what is measured and the set-points in force to the next set-points.

Contract: pure functions without state; each reads the set-points in force and returns new ones, so that policies are
applied one after the other: derating, then the power cap, then flow and load. All act once per control period.
c chips; leading axes are a batch.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Measured(NamedTuple):
    """What the policies see at the end of a control period."""

    junction: Array
    """Die means (..., c) [K]."""
    chip_power: Array
    """Module input (..., c) [W]."""
    rise: Array
    """Steady rise of the dies over the supply per watt at the present flow (..., c) [K/W]."""
    supply: ArrayLike
    """Coolant supply (..., 1) or a number [K]."""
    coolant_return: ArrayLike
    """Coolant return (..., 1) or a number [K]."""
    flow: ArrayLike
    """Coolant of the rack, as it flows (..., 1) or a number [kg/s]."""
    rack_power: ArrayLike
    """AC power of the rack (..., 1) or a number [W]."""
    step: float
    """Control period [s]."""
    held: ArrayLike | None = None
    """Supply that the valve of the unit holds (..., 1) or a number [K]; none: what is measured."""


class SetPoints(NamedTuple):
    """What the policies set."""

    budget: Array
    """Power each module may draw (..., c) [W]."""
    flow: float | Array
    """Coolant the pump is asked for (..., 1) or a number [kg/s]."""
    load_share: float | Array
    """Share of the asked utilization that is let in (..., 1) or a number [1]."""


def junction_derating(
    measured: Measured, points: SetPoints, limit: ArrayLike, cap: ArrayLike, response: float = 2.0
) -> SetPoints:
    """Return set-points whose budgets bring dies to their limit, and never ask for more than the cap.

    B' = (1 − a) B + a (P + (T_limit − T) / R), clipped to 0 … cap, with a = 1 − exp(−step / response).

    Parameters
    ----------
    measured : Measured
        Temperatures T, module powers P, rises R.
    points : SetPoints
        In force; budgets B.
    limit : (..., c) array or number
        Junction limit [K].
    cap : (..., c) array or number
        Greatest module power [W].
    response : float
        Time constant of the law [s].

    Returns
    -------
    SetPoints
        With new budgets [W].

    Notes
    -----
    A chip that draws its budget (P = B) meets the integral law B' = B + a (T_limit − T) / R. One that draws less, for
    want of load, or more, at its lowest clock, has T_limit − T for a reason that is not the budget; with P in place of
    B there is no wind-up either way. At rest T = T_supply + R P, and the law is B' = (1 − a) B + a B*, where
    B* = (T_limit − T_supply) / R is the budget of the steady solver: monotone, no overshoot. A die that lags by any
    time constant keeps it stable for any step, but overshoots while it warms.

    References
    ----------
    Åström and Hägglund, 2006, Advanced PID Control, section 3.5 (tracking against wind-up).

    Examples
    --------
    >>> import numpy as np
    >>> hot = Measured(np.array([360.0]), np.array([1400.0]), np.array([0.03]), 318.15, 330.0, 1.0, 1e5, 10.0)
    >>> float(junction_derating(hot, SetPoints(np.array([1400.0]), 1.0, 1.0), 358.15, 1400.0).budget[0])
    1338.74...
    """
    gain = -np.expm1(-measured.step / response)
    room = measured.chip_power + (np.asarray(limit) - measured.junction) / measured.rise
    budget = points.budget + gain * (room - points.budget)
    return points._replace(budget=np.clip(budget, 0.0, cap))


def power_cap(measured: Measured, points: SetPoints, cap_power: float) -> SetPoints:
    """Return set-points whose budgets bring the rack's AC power A to a cap C and hold it there.

    B' = min(B, P C / A) above the cap, min(B, P + (C / A − 1) ΣP B / ΣB) below it.

    Parameters
    ----------
    measured : Measured
        Module powers P and rack power A.
    points : SetPoints
        Budgets B of the policies before.
    cap_power : float
        C [W].

    Returns
    -------
    SetPoints
        With new budgets [W].

    Notes
    -----
    Above the cap all modules give the same share of what they draw; below it the room is dealt out in proportion to
    the budgets. With A = A0 + k ΣP the next power is at most C below the cap, and above it the excess shrinks by the
    factor A0 / A: no overshoot. Parts that follow no budget (A0, chips at their lowest clock) stay as they are, and the
    rest gives more in the next periods.

    References
    ----------
    Derived: fixed-point iteration on A = C.

    Examples
    --------
    >>> import numpy as np
    >>> now = Measured(np.array([350.0]), np.array([1400.0]), np.array([0.03]), 318.15, 330.0, 1.0, 2000.0, 10.0)
    >>> float(power_cap(now, SetPoints(np.array([1400.0]), 1.0, 1.0), 1500.0).budget[0])
    1050.0
    """
    ratio = cap_power / np.asarray(measured.rack_power)
    drawn, budget = measured.chip_power, points.budget
    total = np.maximum(budget.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    room = np.maximum(ratio - 1.0, 0.0) * drawn.sum(axis=-1, keepdims=True)
    allowed = drawn * np.minimum(ratio, 1.0) + room * budget / total
    return points._replace(budget=np.minimum(budget, allowed))


def flow_control(
    measured: Measured,
    points: SetPoints,
    enthalpy: Callable[[ArrayLike], Array],
    target: ArrayLike,
    bounds: tuple[ArrayLike, ArrayLike],
) -> SetPoints:
    """Return set-points whose flow brings the return to its target at the heat it carries now, within bounds.

    m' = m (h(T_return) − h(T_supply)) / (h(T_target) − h(T_held)).

    Parameters
    ----------
    measured : Measured
        Supply, return and flow as it is.
    points : SetPoints
        In force.
    enthalpy : callable
        Specific enthalpy of the coolant [J/kg] at a temperature [K].
    target : (..., 1) array or number
        Return temperature to hold [K].
    bounds : tuple of two (..., 1) arrays or numbers
        Least and greatest flow [kg/s].

    Returns
    -------
    SetPoints
        With a new flow [kg/s]; the greatest where the supply is not below the target, the least where nothing flows.

    Notes
    -----
    The heat is as measured, but the lift is that over the supply that is held: with the measured one, a warmer supply
    would ask for more flow, and more flow makes the supply warmer until the valve has followed; the two loops would
    ring together.

    References
    ----------
    Derived: energy balance of the coolant, as in the steady solver's flow policy.

    Examples
    --------
    >>> now = Measured(np.zeros(1), np.zeros(1), np.ones(1), 318.15, 333.15, 2.0, 1e5, 10.0)
    >>> float(flow_control(now, SetPoints(np.zeros(1), 2.0, 1.0), lambda T: 4180.0 * T, 328.15, (1.0, 3.5)).flow)
    3.0
    """
    least, greatest = bounds
    inlet = enthalpy(measured.supply)
    carried = np.asarray(measured.flow) * np.maximum(enthalpy(measured.coolant_return) - inlet, 0.0)
    lift = enthalpy(target) - (inlet if measured.held is None else enthalpy(measured.held))
    carried, lift = np.broadcast_arrays(carried, lift)
    wanted = np.divide(carried, lift, out=np.full(lift.shape, np.inf), where=lift > 0)
    return points._replace(flow=np.clip(wanted, least, greatest))


def shed(measured: Measured, points: SetPoints, above: float, to: float, below: float) -> SetPoints:
    """Return set-points that let in a share of the load once a die is too hot, and all of it once all have cooled.

    Parameters
    ----------
    measured : Measured
        Die means.
    points : SetPoints
        In force.
    above : float
        A die mean above it sheds load [K].
    to : float
        Share of the load that is left then [1].
    below : float
        All die means below it restore the load [K].

    Returns
    -------
    SetPoints
        With a new share of the load [1]; between the two temperatures the share in force.

    References
    ----------
    Derived: a switch with hysteresis.

    Examples
    --------
    >>> now = Measured(np.array([364.0]), np.zeros(1), np.ones(1), 318.15, 333.15, 2.0, 1e5, 10.0)
    >>> float(shed(now, SetPoints(np.zeros(1), 2.0, 1.0), 363.15, 0.3, 358.15).load_share[0])
    0.3
    """
    hottest = np.max(measured.junction, axis=-1, keepdims=True)
    kept = np.where(hottest < below, 1.0, points.load_share)
    return points._replace(load_share=np.where(hottest > above, to, kept))
