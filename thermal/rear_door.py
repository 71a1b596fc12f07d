"""Heat a rack leaves in its air: a rear-door heat exchanger takes its share, the room the rest.

Contract: air passes the rack, then the door; heat is positive into air or water, temperatures are absolute. A door
colder than the room may take more than the rack gives, and the heat to the room is then negative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]
Effectiveness = Callable[[Array, Array], Array]

AIR_HEAT_CAPACITY = 1006.0
"""of dry air between 0 and 60 °C, within 0.2 % [J/(kg*K)]"""


@dataclass(frozen=True, kw_only=True)
class RearDoor:
    """A finned coil in the rear door of a rack, with or without fans."""

    conductance: Annotated[float, "W/K", Gt(0)]
    """UA at the rated flows"""
    rated_air_flow: Annotated[float, "kg/s", Gt(0)]
    """through rack and door"""
    air_exponent: Annotated[float, "1", Ge(0), Le(1)]
    """of the conductance with the air flow"""
    fan_power: Annotated[float, "W", Ge(0)]
    """electric, of the door's fans at the rated air flow; 0 without"""
    bypass: Annotated[float, "1", Ge(0), Le(1)]
    """share of the rack's air heat that goes to the room past the door"""

    def __post_init__(self) -> None:
        check_fields(self)


class DoorHeat(NamedTuple):
    """Where the air heat of a rack goes."""

    water_heat: Array
    """(...) into the door's water [W]"""
    room_heat: Array
    """(...) into the room, with the fans' [W]"""
    fan_power: Array
    """(...) electric, of the door's fans [W]"""
    exhaust_temperature: Array
    """(...) of the air between rack and door [K]"""
    water_return_temperature: Array
    """(...) of the door's water [K]"""


def rear_door(  # noqa: PLR0913 - the door, its air and its water
    door: RearDoor,
    air_heat: ArrayLike,
    room_temperature: ArrayLike,
    water_supply_temperature: ArrayLike,
    water_capacity_rate: ArrayLike,
    air_flow: ArrayLike | None = None,
    effectiveness: Effectiveness | None = None,
) -> DoorHeat:
    r"""Split the air heat of racks between door and room.

    $$ q_w = \varepsilon\, C_{min} (T_x - T_w), \quad T_x = T_{room} + \frac{(1 - \beta)\, q_a + P_f}{C_a}, \quad
       P_f = P_{f,1} (\dot m / \dot m_1)^3 $$

    Parameters
    ----------
    door : RearDoor
    air_heat : (...) of the rack into its air, q_a [W]
    room_temperature : (...) of the air into the rack [K]
    water_supply_temperature : (...) into the door [K]
    water_capacity_rate : (...) of the door's water [W/K]
    air_flow : (...) through rack and door; the rated one if not given [kg/s]
    effectiveness : function, optional
        Of NTU and capacity ratio, arrays [1]; cross flow with both sides unmixed if not given.

    Returns
    -------
    DoorHeat
        Heats and fan power (...) [W], temperatures (...) [K].

    Raises
    ------
    ValueError
        A heat below 0, a flow, rate or temperature that is not positive.

    Notes
    -----
    Dry: a door whose water is below the dew point of the room collects water and more heat. Fans sit before the coil.
    The air flow of the rack itself is an input: server fans are part of its heat.

    References
    ----------
    Derived: heat balance; effectiveness as Kays and London (1984), Compact Heat Exchangers.

    Examples
    --------
    >>> door = RearDoor(conductance=1500.0, rated_air_flow=1.5, air_exponent=0.6, fan_power=0.0, bypass=0.1)
    >>> heat = rear_door(door, 15e3, 298.15, 291.15, 5000.0, effectiveness=lambda ntu, ratio: 1 - np.exp(-ntu))
    >>> float(heat.water_heat.round()), float(heat.room_heat.round())
    (15158.0, -158.0)
    """
    names = ("air heat [W]", "room temperature [K]", "water supply temperature [K]", "water capacity rate [W/K]")
    given = (air_heat, room_temperature, water_supply_temperature, water_capacity_rate)
    heat, room, supply, water = (np.asarray(value, float) for value in given)
    air = np.asarray(door.rated_air_flow if air_flow is None else air_flow, float)
    for name, value in zip((*names[1:], "air flow [kg/s]"), (room, supply, water, air), strict=True):
        if not (value > 0).all():
            raise ValueError(f"rear door: {name} = {np.min(value):.6g}: must be > 0")
    if not (heat >= 0).all():
        raise ValueError(f"rear door: {names[0]} = {np.min(heat):.6g}: must be >= 0")
    share = air / door.rated_air_flow
    fans, rate = door.fan_power * share**3, AIR_HEAT_CAPACITY * air
    exhaust = room + ((1 - door.bypass) * heat + fans) / rate
    least = np.minimum(rate, water)
    ntu, ratio = np.broadcast_arrays(
        door.conductance * share**door.air_exponent / least, least / np.maximum(rate, water)
    )
    taken = (effectiveness or _cross_flow)(ntu, ratio) * least * (exhaust - supply)
    return DoorHeat(taken, heat + fans - taken, fans, exhaust, supply + taken / water)


def _cross_flow(ntu: Array, ratio: Array) -> Array:
    from thermal.exchanger import effectiveness

    return effectiveness(ntu, ratio, "cross_unmixed")
