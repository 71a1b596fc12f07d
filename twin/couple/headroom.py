"""How much is left before the first limit: in temperature, supply temperature, coolant flow and power.

All four are without derating. The first is read off the solved rack. The other three solve the same fixed point with
one more unknown (the control): the supply temperature, the flow, or the factor on the power of GPUs and CPUs at which
the tightest limit is just met. The control's update is closed form, because rises are nearly linear in power.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from twin.build.model import SHARED, Model
from twin.build.stack import repeat
from twin.couple.electric import rack_power
from twin.couple.fixed_point import solve_fixed_point
from twin.couple.limits import electrical_limits, nearest, plate_limits, thermal_limits, worst
from twin.couple.rack import Outcome, State, advance
from twin.couple.steady import Steady, pack, solve_steady

Array = NDArray[np.float64]

#: Relative change at which a control counts as found.
TOLERANCE = 1e-7
#: Least share of the caloric rise that one pass may aim at: the flow grows at most fivefold a pass.
LEAST_SHARE = 0.2
#: Factors within which supply, flow and power may depart from where the last pass sent them.
STRIDES = (2.0, 10.0, 1.5)
#: Range of the factor on the chips' power.
SCALE = (0.01, 20.0)


class Headroom(NamedTuple):
    """One form of headroom of every rack; nan and a reason where it does not exist."""

    value: Array
    """(r,) in the form's unit."""
    limited_by: list[str]
    """Part and limit, or why there is no value."""


def without_derating(solved: Steady) -> Steady:
    """Return the same batch without derating: the same object where no chip was derated.

    Parameters
    ----------
    solved : Steady
        A batch solved with derating.

    Returns
    -------
    Steady
        Solved without.

    References
    ----------
    Derived: a second fixed point, warm started.
    """
    capped = (solved.model.limits.junction - solved.model.supply) / solved.outcome.plates.rise.die
    if np.all(capped >= solved.model.chip.cap):
        return solved
    return solve_steady(solved.model._replace(derate=False), solved.outcome)


def headroom_temperature(free: Steady) -> Headroom:
    """Return the least distance to a temperature limit.

    min over limits of (limit − value).

    Parameters
    ----------
    free : Steady
        A batch without derating.

    Returns
    -------
    Headroom
        Negative where a limit is broken [K].

    References
    ----------
    Derived: definition.
    """
    limits = thermal_limits(free.model, free.outcome)
    excess = [item.value - item.bound for item in limits]
    return Headroom(-worst(excess)[:, 0], nearest(limits, excess))


def controlled_headroom(free: Steady) -> tuple[Headroom, Headroom, Headroom]:
    """Return supply_temperature_max, coolant_flow_min and headroom_power, all racks in one fixed point.

    Parameters
    ----------
    free : Steady
        A batch without derating.

    Returns
    -------
    supply, flow, power : Headroom
        [K], [kg/s], [W]; nan where no value in the valid range keeps every limit.

    References
    ----------
    Derived: module docstring. The flow is held at its solved value for supply and power, supply for flow and power.
    """
    racks = free.model.supply.shape[0]
    held = free.model._replace(fixed_flow=free.outcome.next.flow, derate=False)
    model, passes = repeat(held, 3, SHARED), [repeat(free.outcome, 3)]
    low, high, present = _control_range(held, free.outcome.next.flow)
    control = np.clip(_next_control(model, passes[0], racks, present), low, high)
    stride = np.repeat(STRIDES, racks)[:, None]
    guess, aims = _with_control(passes[0].next, control), [control]
    widths = np.cumsum([part.shape[1] for part in passes[0].next._replace(flow=control)])[:-1]

    def step(x: Array) -> Array:
        junction, clock, u, coolant_return, section = np.split(x, widths, axis=1)
        aim = aims[0]  # the guess is extrapolated: keep it where the rack can be solved
        u = np.clip(u, np.maximum(low, aim / stride), np.minimum(high, aim * stride))
        controlled = _controlled(model, racks, u)
        state = State(junction, clock, controlled.fixed_flow, coolant_return, section)
        passes[:] = [advance(controlled, state, passes[0])]
        aims[:] = [np.clip(_next_control(controlled, passes[0], racks, u), low, high)]
        return _with_control(passes[0].next, aims[0])

    try:
        found = solve_fixed_point(step, guess, tolerance=TOLERANCE, partial=True)
        start = None if found.iterations.all() else found.x
    except (ValueError, power.DidNotConverge, thermal.DidNotConverge):  # extrapolated to where nothing holds
        start, aims[:], passes[:] = guess, [control], [repeat(free.outcome, 3)]
    if start is not None:  # limits take turns as the nearest: steadily, then
        found = solve_fixed_point(step, start, tolerance=TOLERANCE, partial=True, plain=True)
    u = found.x[:, widths[1] : widths[2]]
    return _report(free, _controlled(model, racks, u), passes[0], u, found.iterations == 0)


def _with_control(state: State, control: Array) -> Array:
    """Return a packed state in which the control stands in the place of the flow, which follows from it."""
    return pack(state._replace(flow=control))


def _control_range(model: Model, flow: Array) -> tuple[Array, Array, Array]:
    """Return least, greatest and present value of the three controls, one behind the other (3 r, 1)."""
    one = np.ones_like(flow)
    most = np.maximum(model.flow_bounds[1] * thermal.density(model.coolant, model.supply), flow)
    low = (model.limits.supply_minimum * one, 1e-3 * flow, SCALE[0] * one)
    high = (model.limits.supply_maximum * one, most, SCALE[1] * one)
    return np.concatenate(low), np.concatenate(high), np.concatenate([model.supply, flow, one])


def _controlled(model: Model, racks: int, u: Array) -> Model:
    """Return the model of all three problems at the value of their controls."""
    supply, flow, scale = model.supply.copy(), model.fixed_flow.copy(), np.ones_like(u)
    first, second, third = slice(racks), slice(racks, 2 * racks), slice(2 * racks, None)
    supply[first], flow[second], scale[third] = u[first], u[second], u[third]
    chip, scale = model.chip, np.where(model.parts.is_switch, 1.0, scale)
    scaled = chip._replace(
        cap=scale * chip.cap, dynamic_idle=scale * chip.dynamic_idle, dynamic_full=scale * chip.dynamic_full
    )
    return model._replace(supply=supply, fixed_flow=flow, chip=scaled)


def _next_control(model: Model, outcome: Outcome, racks: int, u: Array) -> Array:
    """Return where each control should go for its tightest limit to be just met."""
    limits = thermal_limits(model, outcome)
    room = -worst([item.value - item.bound for item in limits])
    warm = worst([item.load() for item in limits])
    starved = worst([plate_limits(model, outcome)[0].load()])
    loaded = worst([item.load() for item in electrical_limits(model, outcome)])
    cooler = _cooling_for(model, outcome, loaded)
    rise = worst([outcome.plates.rise.die * outcome.chips.power])
    caloric = outcome.next.coolant_return - model.supply
    needed = caloric / np.maximum(caloric + room, LEAST_SHARE * caloric)
    wanted = u + np.minimum(room, -cooler)
    flow = u * np.maximum(np.maximum(needed, starved), 1 + cooler / rise)
    wanted[racks : 2 * racks] = flow[racks : 2 * racks]
    wanted[2 * racks :] = (u / np.maximum(np.maximum(warm, loaded), 1e-9))[2 * racks :]
    return wanted


def _cooling_for(model: Model, outcome: Outcome, loaded: Array) -> Array:
    """Return how much cooler the chips must be for leakage to bring the electrical load to its limit (r, 1) [K].

    Load goes with power, and power with temperature only through leakage: dP/dT is the leakage times its exponent.
    """
    per_kelvin = (model.chip.exponent * outcome.chips.leakage).sum(axis=1, keepdims=True)
    total = outcome.boards.tray_power.sum(axis=1, keepdims=True)
    return (1 - 1 / np.maximum(loaded, 1e-3)) * total / per_kelvin


def _report(
    free: Steady, model: Model, outcome: Outcome, u: Array, lost: NDArray[np.bool_]
) -> tuple[Headroom, Headroom, Headroom]:
    """Return the three forms; a control at the end of its range counts only if every limit holds there."""
    racks = free.model.supply.shape[0]
    limits = [*thermal_limits(model, outcome), *plate_limits(model, outcome), *electrical_limits(model, outcome)]
    loads = [item.load() for item in limits]
    broken = (worst(loads) > 1 + 10 * TOLERANCE)[:, 0]
    high = _control_range(free.model, free.outcome.next.flow)[1]
    ends = ["supply range"] * racks + ["greatest flow"] * racks + ["range of the search"] * racks
    near = nearest(limits, loads)
    names = [end if at_end else name for name, end, at_end in zip(near, ends, (u >= high)[:, 0], strict=True)]
    for i in np.flatnonzero(broken | lost):
        names[i] = "none: the search did not settle" if lost[i] else f"none: {near[i]} is broken over the whole range"
    value = u[:, 0].copy()
    value[2 * racks :] = rack_power(outcome.boards.feed)[2 * racks :] - rack_power(free.outcome.boards.feed)
    value[broken | lost] = np.nan
    supply, flow, power = (Headroom(value[i : i + racks], names[i : i + racks]) for i in (0, racks, 2 * racks))
    return supply, flow, power
