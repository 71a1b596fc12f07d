"""A distribution unit ready to march: its volumes, its controller, its state and what it is told.

Contract: enthalpies are those of `thermal.enthalpy` [J/kg], the rack side's of its coolant, the facility side's of its
own. All arrays are (...), one entry per unit. A share of a unit (`unit_share`) has a share of its flows, conductance
and masses, and the temperatures of the whole.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.cdu import UnitModel
from thermal.cdu_steady import UnitPoint
from thermal.checks import check_fields
from thermal.coolant import Coolant, density, enthalpy
from thermal.regulator import Regulator

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class UnitInertia:
    """What makes a unit and the loop of its racks slow."""

    rack_volume: Annotated[float, "m3", Gt(0)]
    """coolant between plates and exchanger: return hoses, headers, pipes, share of this unit"""
    unit_volume: Annotated[float, "m3", Gt(0)]
    """coolant between exchanger and plates"""
    facility_volume: Annotated[float, "m3", Gt(0)]
    """water on the other side of the exchanger"""
    pump_response: Annotated[float, "s", Gt(0)]
    """time constant of the flow on its way to a set-point"""

    def __post_init__(self) -> None:
        check_fields(self)


class UnitNumbers(NamedTuple):
    """What a march needs to know of units, all (...)."""

    conductance: Array
    """of the clean exchanger at the rated flows [W/K]"""
    rated_flow: Array
    """to the racks [kg/s]"""
    rated_facility_flow: Array
    """[kg/s]"""
    resistance_split: Array
    """[1]"""
    rack_exponent: Array
    """[1]"""
    facility_exponent: Array
    """[1]"""
    fouling: Array
    """[K/W]"""
    valve_authority: Array
    """[1]"""
    valve_rangeability: Array
    """[1]"""
    gain: Array
    """of the controller [1/K]"""
    integral_time: Array
    """of the controller [s]"""
    response: Array
    """of the actuator [s]"""
    ahead: Array
    """coolant behind the exchanger, on its way to the plates [kg]"""
    behind: Array
    """coolant behind the plates, on its way to the exchanger [kg]"""
    facility: Array
    """water on the other side [kg]"""


class UnitLoop(NamedTuple):
    """A unit, its controller and its volumes, ready to march."""

    rack: Coolant
    """of the racks' loop"""
    water: Coolant
    """of the facility loop"""
    numbers: UnitNumbers
    """of units, or of shares of them"""
    pump_response: Array | float
    """time constant of the flow [s]"""

    @property
    def masses(self) -> tuple[Array, Array, Array]:
        """Masses behind the exchanger, in front of it, and on the facility side [kg]."""
        return self.numbers.ahead, self.numbers.behind, self.numbers.facility


class UnitState(NamedTuple):
    """Units at an instant."""

    supply: Array
    """enthalpy of the coolant entering the plates [J/kg]"""
    back: Array
    """enthalpy of the coolant entering the exchanger [J/kg]"""
    facility_return: Array
    """enthalpy of the water leaving the unit [J/kg]"""
    flow: Array
    """mass flow to the racks [kg/s]"""
    position: Array
    """of the valve [1]"""
    integral: Array
    """of its controller [1]"""


class UnitOrders(NamedTuple):
    """What units are told, and what they are given."""

    set_point: Array | float
    """supply temperature to the racks [K]"""
    flow: Array | float
    """mass flow to go to [kg/s]"""
    flow_response: Array | float
    """time constant of that: the pump's, or of its coasting down [s]"""
    facility_supply: Array | float
    """temperature, mean over the step; over some steps (...) or (step, ...) [K]"""
    facility_flow: Array | float
    """of a unit with its valve wide open; over some steps (...) or (step, ...) [kg/s]"""


class UnitFlux(NamedTuple):
    """Means over a step."""

    removed: Array
    """heat into the facility water [W]"""
    carried: Array
    """heat the facility flow takes away [W]"""
    facility_flow: Array
    """through the valve [kg/s]"""


class UnitCourse(NamedTuple):
    """Units over some steps."""

    state: UnitState
    """nodes (step + 1, ...)"""
    flux: UnitFlux
    """means (step, ...)"""


def unit_loop(model: UnitModel, inertia: UnitInertia, regulator: Regulator) -> UnitLoop:
    """Return a unit ready to march.

    Parameters
    ----------
    model : UnitModel
    inertia : UnitInertia
    regulator : Regulator

    Returns
    -------
    UnitLoop

    References
    ----------
    Derived: densities at the rated supply.
    """
    unit, names = model.unit, UnitNumbers._fields[1:9]
    rho, water = (density(liquid, unit.rated_supply) for liquid in (model.rack, model.facility))
    masses = rho * inertia.unit_volume, rho * inertia.rack_volume, water * inertia.facility_volume
    control = regulator.gain, regulator.integral_time, regulator.response
    every = (model.conductance, *(getattr(unit, name) for name in names), *control, *masses)
    numbers = UnitNumbers(*np.array(np.broadcast_arrays(*every), float))
    return UnitLoop(model.rack, model.facility, numbers, inertia.pump_response)


def unit_share(loop: UnitLoop, shares: ArrayLike) -> UnitLoop:
    """Return one of equal shares of a unit: what falls to one of the racks on it.

    Parameters
    ----------
    loop : UnitLoop
    shares : (...) of a unit, such as racks [1]

    Returns
    -------
    UnitLoop
        Its flows, heats and masses are those of a share.

    References
    ----------
    Derived: all balances of a unit are homogeneous of degree one.
    """
    n, numbers = np.asarray(shares, float), loop.numbers
    parts = ("conductance", "rated_flow", "rated_facility_flow", "ahead", "behind", "facility")
    fewer = {name: getattr(numbers, name) / n for name in parts}
    shared = numbers._replace(**fewer, fouling=numbers.fouling * n)
    return loop._replace(numbers=UnitNumbers(*np.array(np.broadcast_arrays(*shared), float)))


def unit_held(loop: UnitLoop, state: "UnitState") -> Array:
    """Return the heat held by the volumes of units, as their enthalpies count it.

    Parameters
    ----------
    loop : UnitLoop
    state : UnitState

    Returns
    -------
    (...) [J]

    References
    ----------
    Derived: mass times enthalpy.
    """
    ahead, behind, facility = loop.masses
    return np.asarray(ahead * state.supply + behind * state.back + facility * state.facility_return)


def flow_course(flow: ArrayLike, orders: "UnitOrders", time: ArrayLike) -> Array:
    r"""Return the flow on its way to what is ordered.

    $$ \dot m(t) = \dot m_{set} + (\dot m_0 - \dot m_{set}) e^{-t / \tau_p} $$

    Parameters
    ----------
    flow : (...) now [kg/s]
    orders : UnitOrders
    time : (...) from now [s]

    Returns
    -------
    (...) mass flow [kg/s]

    References
    ----------
    Derived: a lag of first order.

    Examples
    --------
    >>> float(flow_course(2.9, UnitOrders(318.15, 0.0, 3.0, 313.15, 3.0), 3.0).round(3))
    1.067
    """
    away = np.asarray(flow, float) - orders.flow
    return orders.flow + away * np.exp(-np.asarray(time, float) / orders.flow_response)


def unit_state(loop: UnitLoop, point: UnitPoint) -> UnitState:
    """Return units at rest in a steady state.

    Parameters
    ----------
    loop : UnitLoop
    point : UnitPoint

    Returns
    -------
    UnitState

    References
    ----------
    Derived: enthalpies of the point; the controller holds the valve where it is.
    """
    rack, facility = loop.rack, loop.water
    return UnitState(
        enthalpy(rack, point.supply_temperature),
        enthalpy(rack, point.return_temperature),
        enthalpy(facility, point.facility_return),
        point.mass_flow,
        point.valve,
        point.valve,
    )
