"""Hours of one rack as rows of one batch, and the plant behind them: what each hour settles to.

Contract: arrays (n,), one element per hour. The plant is asked for the set-point; an hour in which it is not held is
solved again at the supply that comes, until rack and plant agree. The flow never exceeds what the pumps of the
distribution units give at full speed. Hours of equal supply and load are solved once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.build.electric import auxiliary_power
from twin.build.jobs import injections
from twin.build.model import Model, build_model
from twin.couple.achieved import USED
from twin.couple.electric import rack_power
from twin.couple.headroom import without_derating
from twin.couple.limits import thermal_limits, worst
from twin.couple.plant import Behind, RackDuty, behind
from twin.couple.solve import CHUNK, named
from twin.couple.steady import Steady, solve_steady
from twin.couple.units import flow_limit
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Distance of the supply that comes from the one assumed at which rack and plant agree [K].
AGREED = 1e-6
#: Solves of a floating hour before giving up; 4 to 6 are usual.
PASSES = 20
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
        rack = rack_hours(spec, model, load, set_point)
        found = behind(spec, _duty(rack, set_point), air)
        rows = np.flatnonzero(~found.held & np.isfinite(found.supply_temperature))
        if rows.size:
            supply = _agreed(spec, model, load[rows], found.supply_temperature[rows], _taken(air, rows))
            rack = _with_rows(rack, rack_hours(spec, model, load[rows], supply), rows)
            found = behind(spec, _duty(rack, set_point), air)
    return Hours(rack, found)


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


def _agreed(spec: Factory, model: Model, load: Array, came: Array, outdoors: thermal.Outdoors) -> Array:
    """Return the supply at which rack and plant agree, in hours that are not held; `came`: at the set-point."""
    set_point = np.full(load.shape, spec.cooling.supply_temperature)
    before, missed, supply = set_point, came - set_point, came.copy()
    rows = np.arange(load.size)
    for _ in range(PASSES):
        rack = rack_hours(spec, model, load[rows], supply[rows], headroom=False)
        miss = behind(spec, _duty(rack, set_point[rows]), _taken(outdoors, rows)).supply_temperature - supply[rows]
        step = np.where(np.isnan(miss), 0.0, _secant(supply[rows] - before, miss, missed))
        far = np.abs(miss) > AGREED
        before, missed = supply[rows][far], miss[far]
        rows, step = rows[far], step[far]
        supply[rows] = np.maximum(supply[rows] + step, set_point[rows])
        if not rows.size:
            return supply
    raise ConvergenceError(
        f"rack and plant do not agree on a supply temperature in {rows.size} hours after {PASSES} passes: enlarge "
        "facility.plant, fix cooling.volume_flow, or raise cooling.supply_temperature"
    )


def _secant(moved: Array, miss: Array, missed: Array) -> Array:
    """Return the step to no miss; a plain one where the miss does not fall."""
    slope = (miss - missed) / np.where(moved == 0, np.inf, moved)
    return -miss / np.where(slope < -0.05, slope, -1.0)


def _duty(rack: RackHours, set_point: Array) -> RackDuty:
    return RackDuty(rack.heat, rack.air_heat, rack.flow, rack.drop, rack.power, set_point)


def _taken(air: thermal.Outdoors, rows: Rows) -> thermal.Outdoors:
    return thermal.Outdoors(*(value[rows] for value in air))


def _with_rows(rack: RackHours, some: RackHours, rows: Rows) -> RackHours:
    """Return hours with some of them replaced."""
    made = [np.array(column) for column in rack]
    for column, new in zip(made, some, strict=True):
        column[rows] = new
    return RackHours(*made)
