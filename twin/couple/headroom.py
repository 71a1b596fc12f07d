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
from twin.build.stack import repeat, take
from twin.couple.electric import rack_power
from twin.couple.fixed_point import FixedPoint, Step, solve_fixed_point
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
    search = _search(free)
    guess = _with_control(search.warm.next, np.clip(_next_control(search, search.warm, search.start), *search.range))
    last: list[Outcome] = []
    try:
        found = _solved(search, guess, last)
    except (ValueError, power.DidNotConverge, thermal.DidNotConverge):  # extrapolated to where nothing holds
        found = FixedPoint(guess, np.zeros(len(guess), dtype=np.int64), np.empty((0, len(guess))))
    late = np.flatnonzero(found.iterations == 0)
    if late.size:  # limits take turns as the nearest: steadily, then
        last.clear()
        steady = _solved(_narrowed(search, late), found.x[late], [], plain=True)
        found.x[late], found.iterations[late] = steady.x, steady.iterations
    controlled, state = _at(search, found.x)
    outcome = last[0] if last else advance(controlled, state, search.warm)
    return _report(free, controlled, outcome, _split(search, found.x)[2], found.iterations == 0)


class _Search(NamedTuple):
    """The three problems of every rack as rows of one batch; what a row asks for is its form: 0, 1 or 2."""

    model: Model
    form: NDArray[np.int64]
    """(n,) 0: supply temperature, 1: flow, 2: power"""
    range: tuple[Array, Array]
    """Least and greatest value of the control (n, 1)."""
    start: Array
    """Its present value (n, 1)."""
    warm: Outcome
    """A pass near the solution."""


def _search(free: Steady) -> _Search:
    racks = free.model.supply.shape[0]
    held = free.model._replace(fixed_flow=free.outcome.next.flow, derate=False)
    low, high, present = _control_range(held, free.outcome.next.flow)
    return _Search(
        repeat(held, 3, SHARED), np.repeat(np.arange(3), racks), (low, high), present, repeat(free.outcome, 3)
    )


def _narrowed(search: _Search, rows: NDArray[np.int64]) -> _Search:
    """Return the search for some of its rows."""
    low, high = search.range
    return _Search(
        take(search.model, rows, SHARED),
        search.form[rows],
        (low[rows], high[rows]),
        search.start[rows],
        take(search.warm, rows),
    )


def _solved(search: _Search, guess: Array, last: list[Outcome], *, plain: bool = False) -> FixedPoint:
    """Return the fixed point of all rows, those that do not settle with 0 iterations; settled rows leave a large batch.

    `last` holds the last pass afterwards, nothing where rows have left.
    """

    def narrowed(rows: NDArray[np.int64]) -> Step:
        last.clear()
        return _step(_narrowed(search, rows), guess[rows], [])

    return solve_fixed_point(
        _step(search, guess, last), guess, tolerance=TOLERANCE, partial=True, plain=plain, narrowed=narrowed
    )


def _step(search: _Search, guess: Array, last: list[Outcome]) -> Step:
    """Return the pass of a search; it keeps where the last one aimed, and in `last` warm flows and voltages."""
    aims = [_split(search, guess)[2]]
    stride, (low, high) = np.array(STRIDES)[search.form][:, None], search.range
    last[:] = [search.warm]

    def step(x: Array) -> Array:
        junction, clock, u, coolant_return, section = _split(search, x)
        # the guess is extrapolated: keep it where the rack can be solved
        u = np.clip(u, np.maximum(low, aims[0] / stride), np.minimum(high, aims[0] * stride))
        controlled = _controlled(search, u)
        state = State(junction, clock, controlled.fixed_flow, coolant_return, section)
        last[:] = [advance(controlled, state, last[0])]
        aims[:] = [np.clip(_next_control(search._replace(model=controlled), last[0], u), low, high)]
        return _with_control(last[0].next, aims[0])

    return step


def _split(search: _Search, x: Array) -> list[Array]:
    """Return die means, clocks, control, return and bar of packed states (n, …)."""
    widths = np.cumsum([part.shape[1] for part in search.warm.next._replace(flow=search.start)])[:-1]
    return np.split(x, widths, axis=1)


def _at(search: _Search, x: Array) -> tuple[Model, State]:
    junction, clock, u, coolant_return, section = _split(search, x)
    controlled = _controlled(search, u)
    return controlled, State(junction, clock, controlled.fixed_flow, coolant_return, section)


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


def _controlled(search: _Search, u: Array) -> Model:
    """Return the model of all rows at the value of their controls."""
    model, form = search.model, search.form[:, None]
    chip, scale = model.chip, np.where((form == 2) & ~model.parts.is_switch, u, 1.0)
    scaled = chip._replace(
        cap=scale * chip.cap, dynamic_idle=scale * chip.dynamic_idle, dynamic_full=scale * chip.dynamic_full
    )
    supply, flow = np.where(form == 0, u, model.supply), np.where(form == 1, u, model.fixed_flow)
    return model._replace(supply=supply, fixed_flow=flow, chip=scaled)


def _next_control(search: _Search, outcome: Outcome, u: Array) -> Array:
    """Return where each control should go for its tightest limit to be just met."""
    model = search.model
    limits = thermal_limits(model, outcome)
    room = -worst([item.value - item.bound for item in limits])
    warm = worst([item.load() for item in limits])
    starved = worst([plate_limits(model, outcome)[0].load()])
    loaded = worst([item.load() for item in electrical_limits(model, outcome)])
    cooler = _cooling_for(model, outcome, loaded)
    rise = worst([outcome.plates.rise.die * outcome.chips.power])
    caloric = outcome.next.coolant_return - model.supply
    needed = caloric / np.maximum(caloric + room, LEAST_SHARE * caloric)
    warmer = u + np.minimum(room, -cooler)
    flow = u * np.maximum(np.maximum(needed, starved), 1 + cooler / rise)
    stronger = u / np.maximum(np.maximum(warm, loaded), 1e-9)
    return np.choose(search.form[:, None], [warmer, flow, stronger])


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
