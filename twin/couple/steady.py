"""The steady state of a batch of racks: the fixed point of `twin.couple.rack.advance`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from twin.build.model import Model
from twin.couple.fixed_point import TOLERANCE, FixedPoint, solve_fixed_point
from twin.couple.rack import Outcome, State, advance
from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]


class Steady(NamedTuple):
    """A solved batch."""

    model: Model
    outcome: Outcome
    fixed_point: FixedPoint


def solve_steady(model: Model, start: Outcome | None = None, *, tolerance: float = TOLERANCE) -> Steady:
    """Return the steady state of every rack of a batch.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    start : Outcome, optional
        State of a similar batch to start from; a cold start without.
    tolerance : float
        Relative change at which a rack is solved [1].

    Returns
    -------
    Steady
        The last pass and the history of the iteration.

    Raises
    ------
    ConvergenceError
        No steady state, an overloaded bar, or coolant that would boil.

    References
    ----------
    Derived: `solve_fixed_point` on the packed state.
    """
    guess = cold_start(model) if start is None else start.next
    widths = np.cumsum([part.shape[1] for part in guess])[:-1]
    passes = [] if start is None else [start]

    def step(x: Array) -> Array:
        passes[:] = [advance(model, State(*np.split(x, widths, axis=1)), passes[0] if passes else None)]
        return pack(passes[0].next)

    try:
        solved = solve_fixed_point(step, pack(guess), tolerance=tolerance)
    except (power.DidNotConverge, thermal.DidNotConverge) as error:
        raise ConvergenceError(f"rack: {error}") from error
    _check_coolant(model, passes[0])
    return Steady(model, passes[0], solved)


def pack(state: State) -> Array:
    """Return a state as one (r, n) array.

    Parameters
    ----------
    state : State
        Its parts.

    Returns
    -------
    (r, n) array
        Junction and bar temperatures [K], clocks [1], flow [kg/s], return [K].

    References
    ----------
    Derived: concatenation.
    """
    return np.concatenate(state, axis=1)


def cold_start(model: Model) -> State:
    """Return the first guess: chips 20 K above the supply, full clock, flow for their cap, bar at ambient.

    Parameters
    ----------
    model : Model
        Arrays of the batch.

    Returns
    -------
    State
        The guess.

    References
    ----------
    Derived: nominal values.
    """
    racks, chips = model.leakage_factor.shape
    sections = 0 if model.busbar is None else model.parts.slots - 1
    ambient = 0.0 if model.busbar is None else model.busbar.ambient_temperature
    rho = thermal.density(model.coolant, model.supply)
    volume = np.where(np.isnan(model.fixed_volume_flow), model.flow_bounds[1], model.fixed_volume_flow)
    flow = np.where(np.isnan(model.fixed_flow), volume * rho, model.fixed_flow)
    return State(
        np.broadcast_to(model.supply + 20.0, (racks, chips)),
        np.ones((racks, model.parts.gpu.size)),
        flow,
        model.supply + 10.0,
        np.broadcast_to(ambient, (racks, sections)) + 0.0,
    )


def _check_coolant(model: Model, outcome: Outcome) -> None:
    top = float(model.coolant.temperature[-1])
    if np.any(outcome.next.coolant_return >= top):
        rack = int(np.argmax(outcome.next.coolant_return))
        raise ConvergenceError(
            f"rack {rack} of the batch: the coolant would leave above {top - 273.15:g} degC, the end of its table: "
            "raise cooling.volume_flow or cooling.flow_maximum, or lower load.utilization"
        )
