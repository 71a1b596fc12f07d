"""Pumps at work: operating point of pumps in parallel, speed for a flow, efficiency, electric power.

Contract: as in `thermal.pump_curve`; a pump and a system meet where the head of one is the drop of the other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.bracket import rising_root
from thermal.pump_curve import SLACK, HeadCurve, Pump, PumpNumbers, evaluate, parabola

Array = NDArray[np.float64]

_SMALL = 1e-300


class System(NamedTuple):
    """What pumps work against: resistance * Q^exponent + static, Q the flow of all of them together."""

    resistance: Array | float
    """(...) [Pa] at 1 m3/s"""
    exponent: Array | float = 2.0
    """(...) 2 for rough pipes, 1.75 for smooth ones [1]"""
    static: Array | float = 0.0
    """(...) head at no flow [Pa]"""


def operating_flow(curve: HeadCurve, system: System, pumps: Array | float = 1, speed: ArrayLike = 1.0) -> Array:
    r"""Return the flow at which equal pumps in parallel and their system agree.

    $$ n^2 H(Q / (N n)) = k Q^e + H_s $$

    Parameters
    ----------
    curve : HeadCurve
        Of one pump.
    system : System
    pumps : (...) that run, N [1]
    speed : (...) over the full one [1]

    Returns
    -------
    (...) flow of all pumps together [m3/s]

    Raises
    ------
    ValueError
        No pump, a speed that is not positive, a static head the pumps do not reach, a flow past the end of the curve.

    References
    ----------
    Derived: intersection of pump and system curve.

    Examples
    --------
    >>> from thermal.pump_curve import parabola
    >>> curve = parabola(Pump(shutoff_head=3e5, rated_head=2e5, rated_flow=0.02, end_flow=0.03, efficiency=0.6))
    >>> operating_flow(curve, System(5e8), pumps=[1, 2]).round(5)
    array([0.02   , 0.02309])
    """
    N, n, k = (np.asarray(value, float) for value in (pumps, speed, system.resistance))
    _running(N, n)
    if not (k > 0).all():
        raise ValueError(f"system resistance = {np.min(k):.6g} Pa at 1 m3/s: must be > 0")
    lift, static = n * n * curve.head[..., 0], np.asarray(system.static, float)
    if not (lift > static).all():
        raise ValueError(
            f"pump: head {np.min(lift - static):.6g} Pa above the static one at no flow: must be > 0;"
            " raise the speed or take a pump of more head"
        )
    end = N * n * curve.flow[..., -1]

    def excess(Q: Array) -> tuple[Array, Array]:
        own, slope = evaluate(curve, Q / (N * n))
        power = k * Q**system.exponent
        return power + static - n * n * own, system.exponent * power / np.maximum(Q, _SMALL) - n * slope / N

    reach = np.broadcast_to(end, np.broadcast_shapes(end.shape, k.shape, static.shape))
    short = excess(reach)[0] < 0
    if short.any():
        raise ValueError(
            f"pump: the system takes more than {reach[short][0]:.6g} m3/s, the end of its curve;"
            " raise the resistance, run more pumps or take a larger one"
        )
    return rising_root(excess, 0.0, reach, reach / 2, "operating point of the pumps")


def _running(pumps: Array, speed: Array) -> None:
    if not (pumps >= 1).all():
        raise ValueError(f"pumps that run = {np.min(pumps):.6g}: must be >= 1")
    if not (speed > 0).all():
        raise ValueError(f"pump speed = {np.min(speed):.6g}: must be > 0; a pump at rest has no operating point")


def speed_for(curve: HeadCurve, flow: ArrayLike, head: ArrayLike, speed_max: ArrayLike = 1.0) -> Array:
    r"""Return the speed at which a pump gives a flow against a head, $n^2 H(Q / n) = \Delta p$.

    Parameters
    ----------
    curve : HeadCurve
    flow : (...) of one pump [m3/s]
    head : (...) it works against [Pa]
    speed_max : (...) of its drive, over the full speed [1]

    Returns
    -------
    (...) over the full one; 0 at no flow against no head [1]

    Raises
    ------
    ValueError
        A negative flow or head, or a pair outside what the pump does: past the end of its curve or above its speed.

    References
    ----------
    Derived: affinity laws; the head at a flow rises with the speed.

    Examples
    --------
    >>> from thermal.pump_curve import parabola
    >>> curve = parabola(Pump(shutoff_head=3e5, rated_head=2e5, rated_flow=0.02, end_flow=0.03, efficiency=0.6))
    >>> float(speed_for(curve, 0.01, 5e4).round(6))
    0.5
    """
    Q, wanted, most = (np.asarray(value, float) for value in (flow, head, speed_max))
    for name, value, unit in (("flow", Q, "m3/s"), ("head", wanted, "Pa")):
        if not (value >= 0).all():
            raise ValueError(f"pump: {name} = {np.min(value):.6g} {unit}: must be >= 0")
    low = np.maximum(Q / curve.flow[..., -1], _SMALL)

    def excess(n: Array) -> tuple[Array, Array]:
        own, slope = evaluate(curve, Q / n)
        return n * n * own - wanted, 2 * n * own - Q * slope

    least = excess(low)[0]
    past = (least > SLACK * wanted) & (Q > 0)
    if past.any():
        Q_bad, head_bad, more = (np.broadcast_to(value, past.shape)[past][0] for value in (Q, wanted, least))
        raise ValueError(
            f"pump: {Q_bad:.6g} m3/s against {head_bad:.6g} Pa lies past the end of its curve, which takes"
            f" {head_bad + more:.6g} Pa or more at this flow; raise the resistance, run more pumps or take a larger one"
        )
    high = np.maximum(most, low)
    bad = (excess(high)[0] < -SLACK * wanted) | (low > most * (1 + SLACK))
    if bad.any():
        Q_bad, head_bad = (np.broadcast_to(value, bad.shape)[bad][0] for value in (Q, wanted))
        raise ValueError(
            f"pump: {Q_bad:.6g} m3/s against {head_bad:.6g} Pa: beyond its curve at {np.max(most):.6g} of full speed;"
            " lower the flow, run more pumps or take a larger one"
        )
    found = rising_root(excess, low, high, high, "speed of the pump")
    return np.where((Q == 0) & (wanted == 0), 0.0, found)


def parabola_speed(pump: Pump | PumpNumbers, flow: ArrayLike, head: ArrayLike) -> Array:
    r"""Return the speed at which a pump with a parabola for its head gives a flow against a head, in closed form.

    $$ n^2 H_0 = \Delta p + (H_0 - H_r) (Q / Q_r)^2 $$

    Parameters
    ----------
    pump : Pump or PumpNumbers
    flow : (...) of one pump [m3/s]
    head : (...) it works against [Pa]

    Returns
    -------
    (...) over the full one; 0 at no flow against no head [1]

    Raises
    ------
    ValueError
        As `speed_for`, at full speed.

    References
    ----------
    Derived: affinity laws on `parabola`.

    Examples
    --------
    >>> pump = Pump(shutoff_head=3e5, rated_head=2e5, rated_flow=0.02, end_flow=0.03, efficiency=0.6)
    >>> float(parabola_speed(pump, 0.01, 5e4))
    0.5
    """
    Q, wanted = np.asarray(flow, float), np.asarray(head, float)
    fall = (np.asarray(pump.shutoff_head, float) - pump.rated_head) * np.square(Q / pump.rated_flow)
    speed = np.sqrt((np.maximum(wanted, 0.0) + fall) / pump.shutoff_head)
    if (Q >= 0).all() and (wanted >= 0).all() and (speed <= 1).all() and (speed * pump.end_flow >= Q).all():
        return speed
    return speed_for(parabola(pump), Q, wanted)


def electric_power(pump: Pump | PumpNumbers, flow: ArrayLike, head: ArrayLike, speed: ArrayLike) -> Array:
    r"""Return the electric power of one pump, with a parabola for its efficiency.

    $$ P = \frac{Q \Delta p}{\eta}, \quad \eta = \eta_0\, x (2 - x), \quad x = \frac{Q}{n Q_r}
       \quad \Rightarrow \quad P = \frac{\Delta p\, n^2 Q_r^2}{\eta_0 (2 n Q_r - Q)} $$

    Parameters
    ----------
    pump : Pump or PumpNumbers
    flow : (...) [m3/s]
    head : (...) rise of pressure [Pa]
    speed : (...) over the full one [1]

    Returns
    -------
    (...) [W]

    Raises
    ------
    ValueError
        A flow at which the efficiency is not positive.

    Notes
    -----
    The efficiency of the drive at part load is left out. A pump at rest takes no power.

    References
    ----------
    Derived: the parabola through 0 and the rated flow; affinity laws.

    Examples
    --------
    >>> pump = Pump(shutoff_head=3e5, rated_head=2e5, rated_flow=0.02, end_flow=0.03, efficiency=0.6)
    >>> electric_power(pump, [0.02, 0.01], [2e5, 5e4], [1.0, 0.5]).round(1)
    array([6666.7,  833.3])
    """
    Q, n = np.asarray(flow, float), np.asarray(speed, float)
    full = n * np.asarray(pump.rated_flow, float)
    left = 2 * full - Q
    if not ((left > 0) | ((Q == 0) & (n == 0))).all():
        raise ValueError(
            f"pump: flow {np.max(Q):.6g} m3/s: must stay below twice the rated one at its speed; run more pumps"
        )
    return np.asarray(head, float) * full * full / (pump.efficiency * np.maximum(left, _SMALL))
