"""Heat between two liquids: the conductance of an exchanger off its rating, fouling, outlets of both streams.

Contract: heat is positive out of the hot stream into the cold one; it is taken and given as enthalpy, so both balances
are exact.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.coolant import Coolant, enthalpy, temperature
from thermal.exchanger import Arrangement, effectiveness

Array = NDArray[np.float64]

_SMALL = 1e-300
"""stands for nothing where a quotient must stay defined"""
_NEAR = 1e-3
"""temperatures nearer than this [K] take the mean heat capacity of a span of this width"""


class Exchange(NamedTuple):
    """Two streams that pass an exchanger."""

    heat: Array
    """(...) from hot to cold [W]"""
    hot_outlet: Array
    """(...) [K]"""
    cold_outlet: Array
    """(...) [K]"""
    effectiveness: Array
    """(...) [1]"""
    pinch: Array
    """(...) least difference at the ends of a counter-flow exchanger; at the outlet of any other [K]"""


class Stream(NamedTuple):
    """A liquid on its way into an exchanger."""

    liquid: Coolant
    """its table"""
    mass_flow: ArrayLike
    """(...) [kg/s]"""
    inlet: ArrayLike
    """(...) [K]"""


def conductance(
    rated: ArrayLike, flow_shares: tuple[ArrayLike, ArrayLike], split: ArrayLike, exponents: tuple[float, float]
) -> Array:
    r"""Return the conductance of an exchanger at flows that differ from the rated ones.

    $$ UA = UA_0 \frac{1 + r}{(Q_{1,0} / Q_1)^{n_1} + r (Q_{2,0} / Q_2)^{n_2}} $$

    Parameters
    ----------
    rated : (...) at the rated flows [W/K]
    flow_shares : two (...) flows over the rated ones, Q1 / Q1,0 and Q2 / Q2,0 [1]
    split : (...) r, resistance of side 2 over that of side 1 at the rated flows [1]
    exponents : n1 and n2 of the films [1]

    Returns
    -------
    (...) [W/K]

    Raises
    ------
    ValueError
        A negative share of flow.

    Notes
    -----
    The wall is left out, and so is the change of the films with temperature. Zero where a side stands still.

    References
    ----------
    Derived: two films in series, each going with a power of its flow.

    Examples
    --------
    >>> float(conductance(4e5, (1.0, 0.5), 1.0, (0.7, 0.7)).round(-2))
    304800.0
    """
    one, two = (np.asarray(share, float) for share in flow_shares)
    for side, share in (("1", one), ("2", two)):
        if not (share >= 0).all():
            raise ValueError(f"share of the rated flow on side {side} = {np.min(share):.6g}: must be >= 0")
    film, other, r = one ** exponents[0], two ** exponents[1], np.asarray(split, float)
    return np.asarray(rated, float) * (1 + r) * film * other / np.maximum(other + r * film, _SMALL)


def fouled(clean: ArrayLike, resistance: ArrayLike) -> Array:
    """Return the conductance behind a layer of dirt.

    Parameters
    ----------
    clean : (...) without it [W/K]
    resistance : (...) of the layer, of the whole exchanger [K/W]

    Returns
    -------
    (...) [W/K]

    Raises
    ------
    ValueError
        A negative resistance.

    References
    ----------
    Derived: resistances in series.

    Examples
    --------
    >>> float(fouled(4e5, 5e-7).round(-2))
    333300.0
    """
    dirt = np.asarray(resistance, float)
    if not (dirt >= 0).all():
        raise ValueError(f"fouling resistance = {np.min(dirt):.6g} K/W: must be >= 0")
    return clean / (1 + dirt * np.asarray(clean, float))


def mean_capacity(liquid: Coolant, one: ArrayLike, other: ArrayLike) -> Array:
    """Return the mean heat capacity of a liquid between two temperatures.

    Parameters
    ----------
    liquid : Coolant
    one, other : (...) temperatures, in any order [K]

    Returns
    -------
    (...) [J/(kg*K)]

    Raises
    ------
    ValueError
        A temperature outside the coolant's table.

    References
    ----------
    Derived: enthalpy over temperature.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> float(mean_capacity(coolant("water"), 318.15, 328.15).round(1))
    4179.2
    """
    T, U = np.asarray(one, float), np.asarray(other, float)
    T = np.where(np.abs(T - U) < _NEAR, U - _NEAR, T)
    return (enthalpy(liquid, T) - enthalpy(liquid, U)) / (T - U)


def exchange(hot: Stream, cold: Stream, conductance: ArrayLike, arrangement: Arrangement) -> Exchange:
    r"""Return the heat between two streams and where they leave.

    $$ q = \varepsilon\, C_{min} (T_{h,in} - T_{c,in}), \quad h_{out} = h_{in} \mp q / \dot m $$

    Parameters
    ----------
    hot : Stream
    cold : Stream
    conductance : (...) UA [W/K]
    arrangement : as in `effectiveness`

    Returns
    -------
    Exchange

    Raises
    ------
    ValueError
        A flow that is not positive, or a temperature outside a coolant's table.

    Notes
    -----
    The capacity rates are the means between the two inlets, so that an effectiveness of 1 brings one stream exactly
    to the other's inlet: no outlet passes the other inlet. A hot inlet colder than the cold one gives negative heat.

    References
    ----------
    Derived: definition of effectiveness; enthalpy balance of each stream.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> found = exchange(Stream(coolant("pg25"), 35.0, 332.15), Stream(coolant("water"), 35.0, 313.15), 4e5, "counter")
    >>> float(found.heat.round(-3)), float(found.hot_outlet.round(2))
    (2000000.0, 317.85)
    """
    T, U = np.asarray(hot.inlet, float), np.asarray(cold.inlet, float)
    flows = [np.asarray(side.mass_flow, float) for side in (hot, cold)]
    for side, flow in zip(("hot", "cold"), flows, strict=True):
        if not (flow > 0).all():
            raise ValueError(f"mass flow of the {side} stream = {np.min(flow):.6g} kg/s: must be > 0")
    rates = [m * mean_capacity(side.liquid, T, U) for m, side in zip(flows, (hot, cold), strict=True)]
    least, most = np.minimum(*rates), np.maximum(*rates)
    share = effectiveness(np.asarray(conductance, float) / least, least / most, arrangement)
    heat = share * least * (T - U)
    ends = [
        temperature(side.liquid, enthalpy(side.liquid, inlet) - sign * heat / m)
        for side, inlet, sign, m in zip((hot, cold), (T, U), (1, -1), flows, strict=True)
    ]
    pinch = np.minimum(ends[0] - U, T - ends[1]) if arrangement == "counter" else ends[0] - ends[1]
    return Exchange(heat, ends[0], ends[1], share, pinch)
