"""The steady state of a batch of racks: the fixed point of `twin.couple.rack.advance`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from twin.build.model import Model
from twin.couple.derate import clock_temperature
from twin.couple.fixed_point import TOLERANCE, FixedPoint, solve_fixed_point
from twin.couple.heat import outlet, plates, policy_flow
from twin.couple.rack import Outcome, State, advance, per_tray
from twin.couple.traffic import traffic
from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]

#: Die temperature beyond which there is no steady state worth the name [K].
RUNAWAY = 473.15


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
        state = State(*np.split(x, widths, axis=1))
        _check_runaway(model, state.junction)
        passes[:] = [advance(model, state, passes[0] if passes else None)]
        return pack(passes[0].next)

    solved = solve_fixed_point(step, pack(guess), tolerance=tolerance)
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
    """Return the first guess: chips at the reference temperature, and the flow, rises and clocks that go with it.

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
    Derived: one uncoupled sweep with leakage at its reference temperature, bar at ambient.
    """
    racks, gpus = len(model.supply), model.parts.gpu.size
    watts = np.minimum(model.chip.cap, power.dynamic_power(model.chip, model.load) + model.chip.leakage)
    chips = per_tray(model, watts)
    board = power.converter_loss(model.bus_efficiency, chips) + model.auxiliary
    heat = (model.chip_liquid * chips + model.board_liquid * board).sum(axis=1, keepdims=True)
    flow = policy_flow(model, heat, model.return_target)
    back = outlet(model, flow, heat)
    rise = plates(model, flow, back, None).rise.die
    sections = 0 if model.busbar is None else model.parts.slots - 1
    ambient = 0.0 if model.busbar is None else model.busbar.ambient_temperature
    bar = np.broadcast_to(ambient, (racks, sections))
    junction = clock_temperature(model, model.supply + rise * watts)
    link = traffic(model, np.ones((racks, gpus)))[1]
    clock = power.clock_at(model.chip, model.load, model.chip.cap, junction, model.leakage_factor, link)
    return State(junction, clock[:, model.parts.gpu], flow, back, np.array(bar, dtype=float))


def _check_runaway(model: Model, junction: Array) -> None:
    if np.max(junction) > RUNAWAY:
        chip = model.parts.chip[int(np.argmax(junction.max(axis=0)))]
        raise ConvergenceError(
            f"{chip}: thermal runaway, its leakage grows faster than its plate carries heat away: lower "
            "cooling.supply_temperature, raise the flow, or improve its plate or thermal interface"
        )


def _check_coolant(model: Model, outcome: Outcome) -> None:
    top = float(model.coolant.temperature[-1])
    if np.any(outcome.next.coolant_return >= top):
        rack = int(np.argmax(outcome.next.coolant_return))
        raise ConvergenceError(
            f"rack {rack} of the batch: the coolant would leave above {top - 273.15:g} degC, the end of its table: "
            "raise cooling.volume_flow or cooling.flow_maximum, or lower load.utilization"
        )
