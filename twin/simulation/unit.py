"""The loop of a run: a rack's share of a distribution unit, its pumps, and the valve that holds the supply.

Contract: all racks of the loop are like this one, so that the share of one stands for all. Heat is positive into the
coolant; that of the pumps enters before the exchanger.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal.cdu_pumps import UnitPumping, unit_pumping
from thermal.valve import installed, opening
from twin.couple.achieved import USED
from twin.couple.units import RackDuty, flow_limit
from twin.simulation.pace import Pace
from twin.simulation.plant import Plant
from twin.simulation.state import State
from twin.simulation.water import arriving, facility_share
from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]


class Pumping(NamedTuple):
    """The pumps of the units, share of the rack."""

    power: float
    """Electric [W]."""
    heat: float
    """Of that, into the coolant [W]."""
    lift: float
    """That heat over the flow [J/kg]."""


def orders_of(plant: Plant, state: State) -> thermal.UnitOrders:
    """Return what the pumps and the valve are told, given the set-points and what has failed.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Its state.

    Returns
    -------
    UnitOrders
        A tripped pump coasts down to what is left of its flow; the facility side is that of this instant.

    References
    ----------
    Derived: `thermal.unit_steps`.
    """
    condition, cooling = plant.condition, plant.condition.spec.cooling
    asked = float(state.points.flow) * condition.pump
    flow = min(asked, state.reach) if condition.pumps else 0.0
    slows = flow < asked or condition.pump < 1
    return thermal.UnitOrders(
        set_point=cooling.supply_temperature,
        flow=flow,
        flow_response=condition.coast_down if slows else cooling.inertia.pump_response,
        facility_supply=state.facility_supply,
        facility_flow=plant.wide * state.water.share,
    )


def reach(plant: Plant, state: State) -> float:
    """Return the flow that the pumps of the units reach at full speed, infinite where they are asked for less.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Its set-points, and the drop of the rack at the flow of its last step.

    Returns
    -------
    float
        Share of the rack [kg/s].

    References
    ----------
    Derived: `twin.couple.units.flow_limit`.
    """
    condition, cooling = plant.condition, plant.condition.spec.cooling
    asked = float(state.points.flow) * condition.pump
    if not condition.pumps or not state.drop > 0 or asked <= 0:
        return np.inf
    drop = state.drop * (asked / state.drop_flow) ** cooling.cdu.drop_exponent
    if float(_pumping(plant, asked, drop).speed) <= 1:
        return np.inf
    left = replace(cooling.cdu, pumps=condition.pumps, spare_pumps=0)
    spec = replace(condition.spec, cooling=replace(cooling, cdu=left))
    one = (np.array([value]) for value in (0.0, 0.0, asked, drop, 1.0, cooling.supply_temperature))
    return USED * float(flow_limit(spec, RackDuty(*one))[0])


def pumping(plant: Plant, flow: float, drop: float) -> Pumping:
    """Return what the pumps of the units draw at a flow of the rack.

    Parameters
    ----------
    plant : Plant
        The rack.
    flow : float
        Of the rack [kg/s].
    drop : float
        Across its ports [Pa].

    Returns
    -------
    Pumping
        Share of the rack.

    References
    ----------
    Derived: `thermal.cdu_pumps.unit_pumping`.
    """
    power = float(_pumping(plant, flow, drop).power) / plant.racks_on_unit
    heat = plant.condition.spec.cooling.cdu.pump_heat_share * power
    return Pumping(power, heat, heat / flow if heat > 0 else 0.0)


def _pumping(plant: Plant, flow: float, drop: float) -> UnitPumping:
    cooling = plant.condition.spec.cooling
    rho = thermal.density(plant.model.coolant, cooling.supply_temperature)
    return unit_pumping(cooling.cdu, flow * plant.racks_on_unit, drop, rho, plant.condition.pumps)


def march_unit(
    plant: Plant, state: State, heat: Array, flow: Array | None, pace: Pace
) -> tuple[thermal.UnitCourse, Array]:
    """March the loop through the steps of the packages of one step of the loop.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Its state.
    heat : (n,) array
        Mean heat into the coolant, that of the pumps included [W].
    flow : (n,) array or None
        Facility flow through the valve, for what arrives out of the pipe; none: that of this instant [kg/s].
    pace : Pace
        How the step is cut.

    Returns
    -------
    UnitCourse, (n,) array
        And the enthalpy of the facility water that arrived [J/kg].

    Raises
    ------
    ConvergenceError
        Coolant that leaves its table.

    References
    ----------
    Derived: `thermal.unit_steps`.
    """
    orders = orders_of(plant, state)
    aim, tau = facility_share(plant)
    middle = (np.arange(pace.ticks) + 0.5) * pace.step
    wide = plant.wide * (aim + (state.water.share - aim) * np.exp(-middle / tau))
    through = valve_share(plant, state.unit.position) * wide if flow is None else flow
    came = arriving(plant, state.water, state.cooled, through, pace.step)
    told = orders._replace(facility_supply=thermal.temperature(plant.water, came), facility_flow=wide)
    try:
        return thermal.unit_steps(plant.unit, state.unit, heat, told, pace.step), came
    except ValueError as error:
        raise ConvergenceError(f"at {state.time:g} s: {error}") from error


def valve_share(plant: Plant, position: float | Array) -> float | Array:
    """Return the share of the flow of the open valve at a position [1]."""
    unit = plant.condition.spec.cooling.cdu
    return installed(opening(position, unit.valve_rangeability, "equal_percentage"), unit.valve_authority)
