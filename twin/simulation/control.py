"""The policies a schedule asks for, bound to a rack: what they measure, in which order they act."""

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.couple.heat import mean_coolant
from twin.simulation.plant import Plant
from twin.simulation.policy import Measured, SetPoints, flow_control, junction_derating, power_cap, shed
from twin.simulation.schedule import Control
from twin.simulation.state import State

Array = NDArray[np.float64]

#: Position from which the valve of a unit counts as wide open [1].
OPEN = 1 - 1e-6


def measured(state: State, coolant: thermal.Coolant, step: float, set_point: float | None = None) -> Measured:
    """Return what policies see of a state.

    Parameters
    ----------
    state : State
        The rack.
    coolant : Coolant
        Turns enthalpy into temperature.
    step : float
        Control period [s].
    set_point : float, optional
        Of the supply, which holds unless the valve is wide open [K].

    Returns
    -------
    Measured
        Temperatures [K], powers [W], flow [kg/s].

    References
    ----------
    Derived: reads the state.
    """
    supply, back = thermal.temperature(coolant, np.array([state.unit.supply, state.unit.back - state.lift])).tolist()
    return Measured(
        junction=state.junction,
        chip_power=state.chip_power,
        rise=state.rise,
        supply=supply,
        coolant_return=back,
        flow=state.unit.flow,
        rack_power=state.rack_power,
        step=step,
        held=set_point if state.unit.position < OPEN else None,
    )


def act(control: Control, plant: Plant, state: State, period: float) -> SetPoints:
    """Return the set-points that the policies of a schedule make of a state.

    Parameters
    ----------
    control : Control
        Which policies are in force.
    plant : Plant
        The rack; gives limits, caps and bounds.
    state : State
        Its state.
    period : float
        Time since they acted last [s].

    Returns
    -------
    SetPoints
        Derating first, then the power cap, then flow and load.

    References
    ----------
    Derived: `twin.simulation.policy`.
    """
    model, spec = plant.model, plant.condition.spec
    seen, points = measured(state, model.coolant, period, spec.cooling.supply_temperature), state.points
    cap = np.asarray(model.chip.cap)[0]
    points = (
        junction_derating(seen, points, spec.limits.junction, cap) if control.derate else points._replace(budget=cap)
    )
    if control.power_cap is not None:
        points = power_cap(seen, points, control.power_cap)
    if control.flow == "return" or not np.isnan(model.fixed_volume_flow).any():
        points = _flow(plant, seen, points)
    if control.shed_above is not None:
        below = control.shed_above if control.restore_below is None else control.restore_below
        points = shed(seen, points, control.shed_above, control.shed_to, below)
    return points._replace(flow=float(np.ravel(points.flow)[0]), load_share=float(np.ravel(points.load_share)[0]))


def _flow(plant: Plant, seen: Measured, points: SetPoints) -> SetPoints:
    """Hold the return at its target, unless the volume flow is fixed."""
    model = plant.model
    mean = mean_coolant(model._replace(supply=np.full((1, 1), seen.supply)), np.full((1, 1), seen.coolant_return))
    rho = float(thermal.density(model.coolant, mean)[0, 0])
    fixed = float(model.fixed_volume_flow[0, 0])
    if not np.isnan(fixed):
        return points._replace(flow=fixed * rho)
    least, greatest = (float(bound[0, 0]) * rho for bound in model.flow_bounds)
    target = float(model.return_target[0, 0])
    return flow_control(seen, points, lambda T: thermal.enthalpy(model.coolant, T), target, (least, greatest))
