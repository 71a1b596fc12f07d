"""How much is left before the first limit: in temperature, supply temperature, coolant flow and power.

All four are without derating. The first is read off the solved rack. The other three solve the same fixed point with
one more unknown (the control): the supply temperature, the flow, or the factor on the power of GPUs and CPUs at which
the tightest limit is just met. The control's update is closed form, because rises are nearly linear in power.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.build.model import SHARED, Model
from twin.build.stack import repeat
from twin.couple.electric import rack_power
from twin.couple.fixed_point import solve_fixed_point
from twin.couple.rack import Outcome, State, advance
from twin.couple.steady import Steady, pack, solve_steady

Array = NDArray[np.float64]

#: Relative change at which a control counts as found.
TOLERANCE = 1e-8
#: Range of the factor on the chips' power.
SCALE = (0.0, 20.0)


class Limit(NamedTuple):
    """One kind of limit over its parts: value and bound (r, parts) in the same unit, and what to call them."""

    name: str
    value: Array
    bound: Array
    base: Array
    """Value without load; the rise above it is nearly linear in power."""
    parts: tuple[str, ...]

    def margin(self) -> Array:
        """Return the share of the allowed rise that is left, negative where the limit is broken (r, parts) [1]."""
        return 1.0 - (self.value - self.base) / (self.bound - self.base)


class Headroom(NamedTuple):
    """One form of headroom of every rack; nan and a reason where it does not exist."""

    value: Array
    """(r,) in the form's unit."""
    limited_by: list[str]
    """Part and limit, or why there is no value."""


def thermal_limits(model: Model, outcome: Outcome) -> list[Limit]:
    """Return the temperature limits of a solved batch.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        A pass without derating.

    Returns
    -------
    list of Limit
        Die mean, hot spot, memory, coolant return [K].

    References
    ----------
    Derived: rise per watt times watts.
    """
    rise, watts, supply = outcome.plates.rise, outcome.chip_power, model.supply
    gpus = ~np.isnan(rise.memory[0])
    chips = model.parts.chip
    held = tuple(name for name, has in zip(chips, gpus, strict=True) if has)
    limits = model.limits
    return [
        _limit("die mean temperature", supply + rise.die * watts, limits.junction, supply, chips),
        _limit("hot spot temperature", supply + rise.spot * watts, limits.hotspot, supply, chips),
        _limit("memory temperature", (supply + rise.memory * watts)[:, gpus], limits.memory, supply, held),
        _limit(
            "coolant return temperature",
            outcome.next.coolant_return,
            limits.coolant_return,
            supply,
            ("rack",),
        ),
    ]


def electrical_limits(model: Model, outcome: Outcome) -> list[Limit]:
    """Return the electrical limits of a solved batch at its continuous load.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        A pass.

    Returns
    -------
    list of Limit
        Busbar section [A], bus voltage (as a drop below the sources) [V], shelf output [W].

    References
    ----------
    Derived: ratings of bar and shelves; voltage window at the trays.
    """
    place, bus, zero = model.parts, outcome.feed.bus, np.zeros((1, 1))
    limits = [_limit("shelf output", outcome.feed.shelf_power, model.shelf.rated_power, zero, place.shelf)]
    if model.busbar is None:
        return limits
    sections = tuple(f"slots {i}-{i + 1}" for i in range(1, place.slots))
    drop = model.source_voltage[:, :1] - bus.load_voltage[:, place.tray_slot - 1]
    window = model.source_voltage[:, :1] - model.busbar.voltage_min
    return [
        _limit("busbar section current", np.abs(bus.section_current), model.busbar.rated_current, zero, sections),
        _limit("bus voltage window", drop, window, zero, place.tray),
        *limits,
    ]


def _limit(name: str, value: Array, bound: object, base: Array, parts: tuple[str, ...]) -> Limit:
    return Limit(name, value, np.broadcast_to(np.asarray(bound, float), value.shape), base, parts)


def plate_limits(model: Model, outcome: Outcome) -> list[Limit]:
    """Return the least flow for which each plate's resistance is known.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        A pass.

    Returns
    -------
    list of Limit
        Plate flow below its validity range, as a ratio [1].

    References
    ----------
    Derived: range of the plate's data.
    """
    ratio = model.flow_range[0] / outcome.plates.chip_flow
    return [_limit("plate validity (least flow)", ratio, 1.0, np.zeros((1, 1)), model.parts.chip)]


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
    left = [np.where(np.isnan(item.value), np.inf, item.bound - item.value) for item in limits]
    value = np.min(np.concatenate(left, axis=1), axis=1)
    return Headroom(value, _names(limits, left))


def _names(limits: list[Limit], left: list[Array]) -> list[str]:
    """Return part and limit with the least room, per rack."""
    flat = [f"{part}: {item.name}" for item in limits for part in item.parts]
    return [flat[i] for i in np.argmin(np.concatenate(left, axis=1), axis=1)]


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

    Raises
    ------
    ConvergenceError
        A control did not settle.

    References
    ----------
    Derived: module docstring. The flow is held at its solved value for supply and power, supply for flow and power.
    """
    racks = free.model.supply.shape[0]
    held = free.model._replace(fixed_flow=free.outcome.next.flow, derate=False)
    model, start = repeat(held, 3, SHARED), repeat(free.outcome.next, 3)
    low, high, control = _control_range(held, free.outcome.next.flow)
    widths = np.cumsum([part.shape[1] for part in (*start, control)])[:-1]
    passes: list[Outcome] = []

    def step(x: Array) -> Array:
        *state, u = np.split(x, widths, axis=1)
        controlled = _controlled(model, racks, u)
        guess = State(*state)._replace(flow=controlled.fixed_flow)
        passes[:] = [advance(controlled, guess, passes[0] if passes else None)]
        wanted = np.clip(_next_control(controlled, passes[0], racks, u), low, high)
        return np.concatenate([pack(passes[0].next), wanted], axis=1)

    x = solve_fixed_point(step, np.concatenate([pack(start), control], axis=1), tolerance=TOLERANCE).x
    return _report(free, _controlled(model, racks, x[:, -1:]), passes[0], x[:, -1:])


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
    supply[:racks], flow[racks : 2 * racks], scale[2 * racks :] = (
        u[:racks],
        u[racks : 2 * racks],
        u[2 * racks :],
    )
    scale = np.where(np.array(model.parts.chip_kind) == "switch", 1.0, scale)
    chip = model.chip._replace(
        cap=scale * model.chip.cap,
        dynamic_idle=scale * model.chip.dynamic_idle,
        dynamic_full=scale * model.chip.dynamic_full,
    )
    return model._replace(supply=supply, fixed_flow=flow, chip=chip)


def _next_control(model: Model, outcome: Outcome, racks: int, u: Array) -> Array:
    """Return where each control should go for its tightest limit to be just met."""
    limits, first = thermal_limits(model, outcome), np.arange(3 * racks) < racks
    room = np.nanmin([np.nanmin(item.bound - item.value, axis=1) for item in limits], axis=0)[:, None]
    warm = np.nanmax([np.nanmax(1 - item.margin(), axis=1) for item in limits], axis=0)[:, None]
    plate = _worst_load(plate_limits(model, outcome))
    bus = _worst_load(electrical_limits(model, outcome))
    supply = u + room
    flow = u * np.maximum(warm, plate)
    scale = u / np.maximum(np.maximum(warm, bus), 1e-9)
    second = (np.arange(3 * racks) < 2 * racks)[:, None]
    return np.where(first[:, None], supply, np.where(second, flow, scale))


def _worst_load(limits: list[Limit]) -> Array:
    return np.max([np.max(1 - item.margin(), axis=1) for item in limits], axis=0)[:, None]


def _report(free: Steady, model: Model, outcome: Outcome, u: Array) -> tuple[Headroom, Headroom, Headroom]:
    """Return the three forms; a control at the end of its range counts only if every limit holds there."""
    racks = free.model.supply.shape[0]
    limits = [
        *thermal_limits(model, outcome),
        *plate_limits(model, outcome),
        *electrical_limits(model, outcome),
    ]
    margins = [np.where(np.isnan(item.value), np.inf, item.margin()) for item in limits]
    broken = np.min(np.concatenate(margins, axis=1), axis=1) < -10 * TOLERANCE
    names = _names(limits, margins)
    high = _control_range(free.model, free.outcome.next.flow)[1]
    top = ["supply range"] * racks + ["greatest flow"] * racks + ["range of the search"] * racks
    names = [
        f"none: {name} is broken over the whole range" if bad else end if at_top else name
        for name, end, bad, at_top in zip(names, top, broken, (u >= high)[:, 0], strict=True)
    ]
    gained = (rack_power(outcome.feed) - np.tile(rack_power(free.outcome.feed), 3))[:, None]
    value = np.where(np.arange(3 * racks)[:, None] < 2 * racks, u, gained)[:, 0]
    value = np.where(broken, np.nan, value)
    return tuple(Headroom(value[i : i + racks], names[i : i + racks]) for i in range(0, 3 * racks, racks))  # type: ignore[return-value]
