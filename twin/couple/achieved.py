"""The supply that racks get: where units or plant do not hold the set-point, racks and plant are solved together.

Contract: rows are racks of a batch, each with its own units, plant and site; the outdoor air is that of the design. A
rack that is held is not touched. Elsewhere the supply floats, and the flow is at most what the pumps of the units give.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from twin.build.model import SHARED, Model
from twin.build.stack import take
from twin.couple.electric import rack_power
from twin.couple.fixed_point import TOLERANCE, FixedPoint
from twin.couple.heat import mean_coolant
from twin.couple.plant import Behind, RackDuty, behind, blank, design_outdoors
from twin.couple.rack import Outcome
from twin.couple.rows import put, taken
from twin.couple.steady import Steady, solve_steady
from twin.couple.units import flow_limit, pump_refusals
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]

#: Distance of the supply that comes from the one assumed at which racks and plant agree [K], and solves before giving
#: up; 3 to 6 are usual.
AGREED, PASSES = 1e-6, 12
#: Shortfall of the supply up to which racks are solved in full [K]; farther off they are solved to this change [1].
NEAR, ROUGH = 1e-3, 1e-6
#: Share of the pumps' greatest flow that a limited rack takes: its drop changes a little with its supply.
USED = 0.9999


class Supplied(NamedTuple):
    """Racks of a batch at the supply they get, and what is behind them."""

    rows: Rows
    """Their places in the batch."""
    solved: Steady
    behind: Behind
    limited: Flags
    """Whether the pumps limit the flow."""
    agreed: Flags
    """Whether racks and plant found a common state; where not, the last one is told."""


def supplied(solved: Steady, specs: Sequence[Factory]) -> list[Supplied]:
    """Return a solved batch at the supply its racks get: those that are held as they are, the others solved again.

    Parameters
    ----------
    solved : Steady
        A batch, solved at its set-points.
    specs : sequence of Factory
        Its specs.

    Returns
    -------
    list of Supplied
        One or more parts that together hold every rack once.

    Raises
    ------
    ValueError
        A spec whose unit or site fits no rack.

    References
    ----------
    Derived: `twin.couple.plant.behind` at `design_outdoors`.
    """
    found = behind_racks(solved, specs)
    limited = _beyond(solved, specs, found)
    loose = limited | (~found.held & np.isfinite(found.supply_temperature))
    every, yes = np.arange(len(specs)), np.ones(len(specs), dtype=bool)
    if not loose.any():
        return [Supplied(every, solved, found, ~yes, yes)]
    parts = _floating(solved, specs, every[loose], found.plant.supply_temperature)
    if not loose.all():
        held = every[~loose]
        parts.append(Supplied(held, _rows(solved, held), _some(found, held), ~yes[held], yes[held]))
    return parts


def behind_racks(solved: Steady, specs: Sequence[Factory], near: Array | None = None) -> Behind:
    """Return what is behind the racks of a batch at their design outdoors, racks of equal plants together.

    Parameters
    ----------
    solved : Steady
        A batch.
    specs : sequence of Factory
        Its specs.
    near : (r,) array, optional
        Facility supply of a state near by to start from, nan where there is none [K].

    Returns
    -------
    Behind
        In the order of the racks; without the state of rear doors where plants differ.

    Raises
    ------
    ValueError
        A spec whose unit or site fits no rack.

    References
    ----------
    Derived: `twin.couple.plant.behind`.
    """
    duty = rack_duty(solved.outcome, specs)
    groups: dict[Hashable, list[int]] = {}
    for i, spec in enumerate(specs):
        groups.setdefault(_key(spec), []).append(i)
    if len(groups) == 1:
        return behind(specs[0], duty, design_outdoors(specs[0]), near)
    whole = blank(len(specs))
    reasons = [""] * len(specs)
    for rows in (np.array(members) for members in groups.values()):
        spec = specs[int(rows[0])]
        start = None if near is None else near[rows]
        found = behind(spec, taken(duty, rows), design_outdoors(spec), start)
        put(whole, found._replace(door=None), rows)
        for i, reason in zip(rows, found.refused, strict=True):
            reasons[int(i)] = reason
    return whole._replace(refused=tuple(reasons))


def rack_duty(outcome: Outcome, specs: Sequence[Factory]) -> RackDuty:
    """Return what racks ask of their units.

    Parameters
    ----------
    outcome : Outcome
        A pass.
    specs : sequence of Factory
        Give the set-points.

    Returns
    -------
    RackDuty
        Heat, power [W], flow [kg/s], drop [Pa], set-point [K].

    References
    ----------
    Derived: reads the pass.
    """
    return RackDuty(
        heat=outcome.boards.liquid_heat[:, 0],
        air_heat=outcome.boards.air_heat[:, 0],
        flow=outcome.next.flow[:, 0],
        drop=outcome.plates.hydraulics.pressure_drop,
        ac_power=rack_power(outcome.boards.feed),
        set_point=np.array([spec.cooling.supply_temperature for spec in specs]),
    )


def _key(spec: Factory) -> Hashable:
    cooling = spec.cooling
    return cooling.cdu, cooling.racks_per_loop, cooling.coolant, spec.facility, spec.site


def _beyond(solved: Steady, specs: Sequence[Factory], found: Behind) -> Flags:
    """Return which racks ask for more flow than their units' pumps give; a flow that is fixed stays."""
    duty, beyond = rack_duty(solved.outcome, specs), np.zeros(len(specs), dtype=bool)
    refused = np.array([bool(reason) for reason in found.refused])
    for i in np.flatnonzero(refused & np.isnan(solved.model.fixed_volume_flow[:, 0])).tolist():
        row = taken(duty, np.array([i]))
        beyond[i] = bool(pump_refusals(specs[i], row)[0]) and bool(flow_limit(specs[i], row)[0] < row.flow[0])
    return beyond


def _floating(solved: Steady, specs: Sequence[Factory], rows: Rows, near: Array) -> list[Supplied]:
    """Return floating racks solved with their plants; one that has no state of its own stays at its set-point."""
    chosen, start = [specs[i] for i in rows], _rows(solved, rows)
    try:
        return [_agreed(start, chosen, rows, near[rows])]
    except (ConvergenceError, ValueError, ArithmeticError, power.DidNotConverge, thermal.DidNotConverge):
        if rows.size > 1:
            return [part for half in np.array_split(rows, 2) for part in _floating(solved, specs, half, near)]
        no = np.zeros(1, dtype=bool)
        return [Supplied(rows, start, behind_racks(start, chosen), no, no)]


def _agreed(solved: Steady, specs: Sequence[Factory], rows: Rows, near: Array) -> Supplied:
    """Return racks at supplies that their units give at the flows and heats of the racks, by the secant."""
    model, fixed = solved.model, solved.fixed_point
    set_point, limited = model.supply[:, 0], np.zeros(rows.size, dtype=bool)
    last: tuple[Array, Array] | None = None
    tolerance = TOLERANCE
    for _ in range(PASSES):
        found = behind_racks(solved, specs, near)
        near = found.plant.supply_temperature
        more = _beyond(solved, specs, found)
        supply = model.supply[:, 0]
        short = np.nan_to_num(found.supply_temperature - supply)
        moving = more | (np.abs(short) > AGREED)
        if not moving.any() and tolerance == TOLERANCE:
            break
        if more.any():
            model, limited = _within_pumps(model, solved.outcome, specs, more), limited | more
        following = np.where(moving, np.maximum(supply + _step(supply, short, last), set_point), supply)
        last, model = (supply, short), model._replace(supply=following[:, None])
        tolerance = ROUGH if (np.abs(short) > NEAR).any() else TOLERANCE
        solved, fixed = _again(model, solved, fixed, moving, tolerance)
    return Supplied(rows, solved._replace(fixed_point=fixed), found, limited, ~moving)


def _step(supply: Array, short: Array, last: tuple[Array, Array] | None) -> Array:
    """Return the secant's step; the plain one at first and where the secant turns back."""
    if last is None:
        return short
    moved, change = supply - last[0], short - last[1]
    falls = change * moved < 0
    step = np.where(falls, -short * moved / np.where(falls, change, 1.0), short)
    return np.clip(step, -10 * np.abs(short), 10 * np.abs(short))


def _within_pumps(model: Model, outcome: Outcome, specs: Sequence[Factory], more: Flags) -> Model:
    """Return the model with the greatest flow of some racks lowered to that of their pumps."""
    low, high = (np.array(bound) for bound in model.flow_bounds)
    rho = thermal.density(model.coolant, mean_coolant(model, outcome.next.coolant_return))
    duty = rack_duty(outcome, specs)
    for i in np.flatnonzero(more).tolist():
        most = USED * flow_limit(specs[i], taken(duty, np.array([i]))) / rho[i]
        high[i] = np.minimum(high[i], most)
    return model._replace(flow_bounds=(np.minimum(low, high), high))


def _again(
    model: Model, solved: Steady, fixed: FixedPoint, moving: Flags, tolerance: float
) -> tuple[Steady, FixedPoint]:
    """Return the racks solved again from where they were, and the passes of all solves one behind the other."""
    again = solve_steady(model, solved.outcome, tolerance=tolerance)
    passes = fixed.iterations + np.where(moving, again.fixed_point.iterations, 0)
    history = np.concatenate([fixed.history, again.fixed_point.history])
    return again, FixedPoint(again.fixed_point.x, passes, history)


def _rows(solved: Steady, rows: Rows) -> Steady:
    """Return some racks of a batch."""
    if rows.size == len(solved.model.supply):
        return solved
    fixed = solved.fixed_point
    some = FixedPoint(fixed.x[rows], fixed.iterations[rows], fixed.history[:, rows])
    return Steady(take(solved.model, rows, SHARED), take(solved.outcome, rows), some)


def _some(found: Behind, rows: Rows) -> Behind:
    some = take(found._replace(refused=()), rows)
    return some._replace(refused=tuple(found.refused[i] for i in rows))
