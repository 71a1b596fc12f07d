"""A distribution unit ready to march: its volumes, its controller, its state and what it is told.

Contract: enthalpies are those of `thermal.enthalpy` [J/kg], the rack side's of its coolant, the facility side's of its
own. All arrays are (...), one entry per unit.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from thermal.cdu import UnitModel
from thermal.cdu_steady import UnitPoint
from thermal.checks import check_fields
from thermal.coolant import density, enthalpy
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


class UnitLoop(NamedTuple):
    """A unit, its controller, and the masses in its volumes."""

    model: UnitModel
    """exchanger and liquids"""
    regulator: Regulator
    """of the valve on the facility side"""
    masses: tuple[Array, Array, Array]
    """behind the exchanger, in front of it, facility side [kg]"""
    pump_response: Array | float
    """time constant of the flow [s]"""


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
    """temperature, mean over the step [K]"""
    facility_flow: Array | float
    """of a unit with its valve wide open [kg/s]"""


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
    rho, water = (density(liquid, model.unit.rated_supply) for liquid in (model.rack, model.facility))
    masses = rho * inertia.unit_volume, rho * inertia.rack_volume, water * inertia.facility_volume
    return UnitLoop(model, regulator, masses, inertia.pump_response)


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
    rack, facility = loop.model.rack, loop.model.facility
    return UnitState(
        enthalpy(rack, point.supply_temperature),
        enthalpy(rack, point.return_temperature),
        enthalpy(facility, point.facility_return),
        point.mass_flow,
        point.valve,
        point.valve,
    )
