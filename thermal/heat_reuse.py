r"""Heat given to a district loop: an exchanger as far as the temperatures allow, a heat pump for the rest.

Contract: elementwise over arrays; heat is positive out of the facility water. The exchanger stands in the warm return
of the facility water, the heat pump takes its heat from the same water, at the temperature of the return, and stands
inside the site: its power counts as the site's, and all heat delivered counts as reused.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HeatReuse:
    """A district loop that takes heat."""

    demand: Annotated[float, "W", Ge(0)]
    """heat the loop takes where it can have it"""
    district_supply_temperature: Annotated[float, "K", Gt(0)]
    """what the loop wants"""
    district_return_temperature: Annotated[float, "K", Gt(0)]
    """what comes back"""
    approach: Annotated[float, "delta_K", Gt(0)]
    """least difference between the facility water and the loop, or the evaporator of the heat pump"""
    carnot_share: Annotated[float, "1", Ge(0), Le(1)]
    """performance of the heat pump over that of Carnot; 0: there is none"""

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.district_supply_temperature > self.district_return_temperature:
            raise ValueError(
                f"HeatReuse.district_supply_temperature = {self.district_supply_temperature:.6g} K: must be > the"
                f" district's return, {self.district_return_temperature:.6g} K"
            )


class Reused(NamedTuple):
    """What goes to the district."""

    taken: Array
    """(...) heat out of the facility water [W]"""
    delivered: Array
    """(...) heat into the district loop [W]"""
    heat_pump_power: Array
    """(...) electric power [W]"""
    outlet_temperature: Array
    """(...) of the facility water behind [K]"""


def reuse_heat(reuse: HeatReuse, heat: ArrayLike, return_temperature: ArrayLike, capacity_rate: ArrayLike) -> Reused:
    r"""Return how much of a facility's heat goes to a district loop.

    $$ T_x = \min(T_r - \Delta, T_{ds}), \quad
       d_1 : d_2 = (T_x - T_{dr}) : (T_{ds} - T_x), \quad
       COP = \eta \frac{T_{ds}}{T_{ds} - (T_r - \Delta)}, \quad
       q = d_1 + d_2 (1 - 1 / COP) $$

    The exchanger warms the loop from its return to T_x and gives d_1, the heat pump warms it further and gives d_2.

    Parameters
    ----------
    reuse : HeatReuse
    heat : (...) of the facility, the most that is taken [W]
    return_temperature : (...) of the facility water [K]
    capacity_rate : (...) of the facility water [W/K]

    Returns
    -------
    Reused

    Raises
    ------
    ValueError
        A negative heat, or water that does not flow although there is heat.

    Notes
    -----
    The loop's flow is lowered where it asks for more than the facility has, or where its exchanger would bring the
    water nearer than the approach to the district's return. Without a heat pump, water that is not warm enough gives
    nothing.

    References
    ----------
    Derived: heat balance, least differences at both ends of a counter flow, share of Carnot's performance.

    Examples
    --------
    >>> loop = HeatReuse(
    ...     demand=1e6, district_supply_temperature=343.15, district_return_temperature=313.15, approach=3.0,
    ...     carnot_share=0.5,
    ... )
    >>> found = reuse_heat(loop, 3e6, 328.15, 3e5)
    >>> [float(value.round(-3)) for value in found[:3]]
    [937000.0, 1000000.0, 63000.0]
    """
    q, back, rate = np.broadcast_arrays(*(np.asarray(v, float) for v in (heat, return_temperature, capacity_rate)))
    if not (q >= 0).all() or not (rate[q > 0] > 0).all():
        raise ValueError(f"facility heat = {np.min(q):.6g} W: must be >= 0, and its water must flow")
    want, cold, warm = reuse.demand, reuse.district_return_temperature, reuse.district_supply_temperature
    source = back - reuse.approach
    reached = np.clip(source, cold, warm)
    needed = reached < warm
    direct = np.where(needed, want * (reached - cold) / (warm - cold), want)
    lifted = want - direct
    lift = np.where(needed, warm - np.minimum(source, warm), 1.0)
    performance = np.maximum(reuse.carnot_share * warm / np.maximum(lift, 1e-9), 1e-9)
    able = ~needed | (performance > 1)
    taken = direct + lifted * (1 - 1 / np.where(able, performance, 1.0))
    room = rate * np.maximum(source - cold, 0.0)
    share = np.minimum(_part(room, direct), _part(q, taken)) * able
    power = share * np.where(needed & able, lifted / performance, 0.0)
    out = back - share * taken / np.where(rate > 0, rate, 1.0)
    return Reused(share * taken, share * want, power, out)


def _part(there: Array, asked: Array) -> Array:
    """Return the share of what is asked that is there, at most 1."""
    short = asked > there
    return np.where(short, there / np.where(short, asked, 1.0), 1.0)
