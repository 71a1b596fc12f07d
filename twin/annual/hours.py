"""Hours of one rack as rows of one batch, and the plant behind them: what each hour settles to.

Contract: arrays (n,), one element per hour. The plant is asked for the set-point; an hour in which it is not held is
solved again at the supply that comes, until rack and plant agree. The flow never exceeds what the pumps of the
distribution units give at full speed. Hours of equal supply and load are solved once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.annual.floating import AGREED as AGREED
from twin.annual.floating import WORTH, agreed, tabled
from twin.build.electric import auxiliary_power
from twin.build.jobs import injections
from twin.build.model import Model, build_model
from twin.couple.achieved import USED
from twin.couple.electric import rack_power
from twin.couple.headroom import without_derating
from twin.couple.limits import thermal_limits, worst
from twin.couple.plant import Behind, RackDuty, behind, blank
from twin.couple.rows import empty, put, taken
from twin.couple.solve import CHUNK, named
from twin.couple.steady import Steady, solve_steady
from twin.couple.units import flow_limit
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Excess over the set-point at which an hour surely floats [K].
SURE = 0.1
#: Looks at the flow of the pumps at full speed, each at the rack's drop at the flow before.
LOOKS = 4


class RackHours(NamedTuple):
    """A rack in each hour."""

    supply_temperature: Array
    """Of the coolant to the rack [K]."""
    return_temperature: Array
    """Of the coolant from the rack [K]."""
    junction_temperature: Array
    """Hottest die mean [K]."""
    headroom: Array
    """Least distance to a temperature limit, without derating; nan: without it there is no steady state [K]."""
    clock: Array
    """Lowest of a GPU over full clock [1]."""
    work: Array
    """Load times the mean clock of the GPUs [1]."""
    power: Array
    """AC into the rack [W]."""
    leakage: Array
    """Of all chips, part of that [W]."""
    heat: Array
    """Into the coolant [W]."""
    air_heat: Array
    """Into the air [W]."""
    flow: Array
    """Of the coolant [kg/s]."""
    drop: Array
    """Of the rack [Pa]."""


class Hours(NamedTuple):
    """Rack and plant in each hour."""

    rack: RackHours
    behind: Behind


def solve_hours(spec: Factory, load: Array, outdoors: thermal.Outdoors) -> Hours:
    """Return the steady state of a rack and of the plant behind it in each hour.

    Parameters
    ----------
    spec : Factory
        The rack and its plant; its own load is not used.
    load : (n,) array
        Utilization in each hour [1].
    outdoors : Outdoors
        Air in each hour.

    Returns
    -------
    Hours
        Arrays (n,); rows that units or plant refuse are nan, their reasons in `behind.refused`.

    Raises
    ------
    SpecError
        A leaf refuses a number.
    ConvergenceError
        An hour has no steady state, or rack and plant do not agree on a supply temperature.

    References
    ----------
    Derived: rows of one batch; secant on supply got less supply assumed in hours that are not held.
    """
    with named([spec]):
        model = _within_pumps(spec, build_model([spec]), float(np.max(load)))
        set_point = np.full(load.shape, spec.cooling.supply_temperature)
        air = thermal.Outdoors(*(np.broadcast_to(value, load.shape) for value in outdoors))
        came = _foreseen(spec, model, load, air)
        rows = np.flatnonzero(np.isnan(came))
        rack, found = empty(RackHours, load.size), blank(0)
        if rows.size:
            put(rack, rack_hours(spec, model, load[rows], set_point[rows]), rows)
            found = behind(spec, _duty(taken(rack, rows), set_point[rows]), taken(air, rows))
            came[rows] = np.where(found.held, np.nan, found.supply_temperature)
        rows = np.flatnonzero(np.isfinite(came))
        if rows.size:
            put(rack, _floating(spec, model, load[rows], came[rows], taken(air, rows)), rows)
            found = behind(spec, _duty(rack, set_point), air)
    return Hours(rack, found)


def _foreseen(spec: Factory, model: Model, load: Array, air: thermal.Outdoors) -> Array:
    """Return about what comes to the rack in hours that surely float, by a table of it; nan in all others."""
    if np.unique(load).size < WORTH:
        return np.full(load.shape, np.nan)
    set_point = spec.cooling.supply_temperature
    flat = np.full(load.shape, set_point)
    table = tabled(lambda share, supply: rack_hours(spec, model, share, supply), load, (set_point, set_point))
    came = behind(spec, _duty(table(load, flat), flat), air).supply_temperature
    return np.where(came > set_point + SURE, came, np.nan)


def rack_hours(spec: Factory, model: Model, load: Array, supply: Array, *, headroom: bool = True) -> RackHours:
    """Return the steady state of one rack at each load and supply temperature.

    Parameters
    ----------
    spec : Factory
        The rack.
    model : Model
        Of that one rack.
    load : (n,) array
        Utilization [1].
    supply : (n,) array
        Coolant to the rack [K].
    headroom : bool
        False: leave it out, nan.

    Returns
    -------
    RackHours
        Arrays (n,).

    Raises
    ------
    ConvergenceError
        A row has no steady state.

    References
    ----------
    Derived: `twin.couple.steady.solve_steady`, rows as racks; equal rows once.
    """
    pairs, where = np.unique(np.stack([supply, load]), axis=1, return_inverse=True)
    some = [
        _solved(instants(spec, model, pairs[1, at], pairs[0, at]), pairs[1, at], headroom)
        for at in (slice(k, k + CHUNK) for k in range(0, pairs.shape[1], CHUNK))
    ]
    return RackHours(*(np.concatenate(column)[where.ravel()] for column in zip(*some, strict=True)))


def instants(spec: Factory, model: Model, load: Array, supply: Array) -> Model:
    """Return the model of one rack with rows of its own loads and supply temperatures.

    Parameters
    ----------
    spec : Factory
        The rack.
    model : Model
        Of that one rack.
    load : (n,) array
        Utilization [1].
    supply : (n,) array
        Coolant to the rack [K].

    Returns
    -------
    Model
        Supply, load, traffic and auxiliary power (n, …); the rest as it is, (1, …).

    References
    ----------
    Derived: as `twin.build.model.build_model` at each of them.
    """
    share = load[:, None]
    return model._replace(
        supply=supply[:, None],
        load=share * ~model.parts.is_switch,
        injection=share * injections(spec.traffic, model.parts.gpu.size),
        auxiliary=auxiliary_power([spec], model.parts, share),
    )


def _within_pumps(spec: Factory, model: Model, load: float) -> Model:
    """Return the model with the flow policy bounded by the pumps of the units, at the set-point and greatest load."""
    set_point, low, high = model.supply[0], *model.flow_bounds
    for _ in range(LOOKS):
        held = model._replace(fixed_volume_flow=high, flow_bounds=(low, high))
        rack = rack_hours(spec, held, np.array([load]), set_point, headroom=False)
        share = flow_limit(spec, _duty(rack, set_point)) / rack.flow
        high = np.minimum(model.flow_bounds[1], high * USED * share)
    return model._replace(flow_bounds=(low, np.maximum(low, high)))


def _solved(model: Model, load: Array, headroom: bool) -> RackHours:
    solved = solve_steady(model)
    out, gpu = solved.outcome, model.parts.gpu
    columns = RackHours(
        supply_temperature=model.supply[:, 0],
        return_temperature=out.next.coolant_return[:, 0],
        junction_temperature=(model.supply + out.plates.rise.die * out.chips.power).max(axis=1),
        headroom=_headroom(solved) if headroom else np.full(1, np.nan),
        clock=out.chips.clock[:, gpu].min(axis=1),
        work=load * out.chips.clock[:, gpu].mean(axis=1),
        power=rack_power(out.boards.feed),
        leakage=out.chips.leakage.sum(axis=1),
        heat=out.boards.liquid_heat[:, 0],
        air_heat=out.boards.air_heat[:, 0],
        flow=out.next.flow[:, 0],
        drop=out.plates.hydraulics.pressure_drop,
    )
    return RackHours(*(np.broadcast_to(column, load.shape) for column in columns))


def _headroom(solved: Steady) -> Array:
    try:
        free = without_derating(solved)
    except ConvergenceError:
        return np.full(1, np.nan)
    return -worst([item.value - item.bound for item in thermal_limits(free.model, free.outcome)])[:, 0]


def _floating(spec: Factory, model: Model, load: Array, came: Array, outdoors: thermal.Outdoors) -> RackHours:
    """Return the rack in hours that are not held, at the supply on which it and its plant agree."""
    set_point = spec.cooling.supply_temperature

    def comes(rack: RackHours, rows: Rows) -> Array:
        return behind(spec, _duty(rack, np.full(rows.shape, set_point)), taken(outdoors, rows)).supply_temperature

    return agreed(lambda share, supply: rack_hours(spec, model, share, supply), comes, load, set_point, came)


def _duty(rack: RackHours, set_point: Array) -> RackDuty:
    return RackDuty(rack.heat, rack.air_heat, rack.flow, rack.drop, rack.power, set_point)
