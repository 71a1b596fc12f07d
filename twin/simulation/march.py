"""A rack marched through its schedule: a generator of (time, state).

Contract: the grid in time is that of the steps of the packages, counted in whole ticks, so that no time drifts. A step
of the loop ends at the next multiple of `steps.loop`, sooner at an event, where a chip switches itself off, and, while
chips are near their limit, after one tick: control is then as fast as the chips. A run from a saved state is the run.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from twin.couple.solve import named
from twin.simulation.check import check_schedule
from twin.simulation.control import act, measured
from twin.simulation.course import finer
from twin.simulation.events import condition_at
from twin.simulation.films import Films, films, same
from twin.simulation.grid import Grid, edges_of, grid_of
from twin.simulation.loads import followed
from twin.simulation.nodes import node_loads
from twin.simulation.outdoor import Sky, air_at, sky_of
from twin.simulation.pace import Pace
from twin.simulation.plant import Plant, plant_of
from twin.simulation.policy import Measured, SetPoints
from twin.simulation.schedule import Schedule
from twin.simulation.start import first_state
from twin.simulation.state import NOTHING, Film, State
from twin.simulation.step import Air, advance
from twin.simulation.stores import at_rest
from twin.simulation.unit import orders_of, reach
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.types import Factory

Array = NDArray[np.float64]
Policy = Callable[[Measured, SetPoints], SetPoints]

#: Change of a temperature over a step of the loop below which it is at rest [K]; of the flow, relative: a millionth.
STILL = 1e-5
#: Steps at rest after which the step of the loop has doubled for the last time: to 32 times its length.
RESTS = 6
#: Instants of the electricity in one step of the loop, so that memory stays small.
INSTANTS = 20_000
#: Share of the rack's power that floors burn within which none counts as holding; rounding of demands is below it.
FLOOR = 1e-6
#: Share of itself by which the flow may change in a step of the loop that is longer than a tick.
MOVING = 0.015
#: Change of the outdoor air over a step within which a rack at rest takes its long steps [K].
AIR = 0.1
#: Distance of a die to its limit below which the loop takes its shortest steps [K].
NEAR = 2.0


def march(
    spec: Factory, schedule: Schedule, *, start: State | None = None, policies: Sequence[Policy] = ()
) -> Iterator[tuple[float, State]]:
    """Yield time and state of a rack after every step of the loop, from its steady state at the first load.

    Parameters
    ----------
    spec : Factory
        The rack.
    schedule : Schedule
        What happens.
    start : State, optional
        A state of the same run to go on from.
    policies : sequence of callable
        Further policies, (Measured, SetPoints) → SetPoints, applied after those of the schedule.

    Returns
    -------
    iterator of (float, State)
        Time [s] and state; its `course` holds everything since the state before; the first, without one, is the start.

    Raises
    ------
    SpecError
        The schedule does not fit the rack; before anything is yielded.
    ConvergenceError
        No steady start; a chip that runs away, a bar that cannot carry its load; with the time.

    References
    ----------
    Derived: docs, "A rack in time".
    """
    schedule = followed(schedule, spec)
    check_schedule(schedule, spec)
    grid = grid_of(schedule)
    state = first_state(spec, schedule) if start is None else start
    if start is None:
        yield state.time, state
    tick, sky = round(state.time / grid.tick), sky_of(spec, schedule.outdoor)
    edges = edges_of(schedule, grid)
    edge = next(edge for edge in edges if edge >= tick)
    plant = plant_of(condition_at(schedule, spec, tick * grid.tick), state.running)
    film = None if np.isnan(state.film.flow) else films(plant, state.film)
    while tick < grid.last:
        near = _near(plant, state, schedule)
        if near or tick in (edge, 0) or tick % grid.control == 0:
            state = _controlled(plant, state, schedule, policies, grid.tick if near else grid.control * grid.tick)
        if edge == tick:
            edge = next(edge for edge in edges if edge > tick)
        with named([spec]):
            count = min(_ticks(plant, state, (schedule, sky), grid, near), edge - tick)
            pace, parts = _pace(plant, state, (schedule, sky), grid, count)
            state, film = _stepped(plant, state, (schedule, sky), film, (pace, grid.loop * grid.tick))
            state = state._replace(course=finer(state.course, parts))
        tick = round(state.time / grid.tick)
        running = survivors(plant, state)
        if edge == tick or not np.array_equal(running, state.running):
            state, film = _anew(state, running), None
            plant = plant_of(condition_at(schedule, spec, tick * grid.tick), running)
        yield state.time, state


def _ticks(plant: Plant, state: State, asked: tuple[Schedule, Sky], grid: Grid, near: bool) -> int:
    """Return the ticks of the next step of the loop: few while the flow moves, one near a limit, more at rest."""
    tick, usual = round(state.time / grid.tick), grid.loop
    most = max(1, INSTANTS // grid.instants)
    for span in (usual << max(state.rest - 1, 0), usual):
        count = min(span - tick % span, most)
        if state.rest and (span == usual or _even(plant, asked, Pace(tick, count, grid.instants, grid.tick))):
            return count
    orders = orders_of(plant, state)
    away = abs(state.unit.flow - orders.flow) / max(state.unit.flow, orders.flow, 1e-12)
    if away > MOVING:
        most = min(most, max(1, int(-orders.flow_response * np.log1p(-MOVING / away) / grid.tick)))
    return 1 if near else min(usual - tick % usual, most)


def _pace(plant: Plant, state: State, asked: tuple[Schedule, Sky], grid: Grid, count: int) -> tuple[Pace, int]:
    """Return how a step is cut, and the ticks in each part: at rest parts are as long as the usual step of the loop."""
    tick, usual = round(state.time / grid.tick), grid.loop
    fine = Pace(tick, count, grid.instants, grid.tick)
    if state.rest and tick % usual == count % usual == 0 and _even(plant, asked, fine):
        return Pace(tick // usual, count // usual, 1, grid.tick * usual, coarse=True), usual
    return fine, 1


def _even(plant: Plant, asked: tuple[Schedule, Sky], pace: Pace) -> bool:
    """Return whether load and outdoor air stay as they are over a step, at each of its instants."""
    schedule, sky = asked
    if np.ptp(_utilization(plant, schedule, pace), axis=0).max() > 0:
        return False
    ends = [air_at(sky, (pace.first + ticks) * pace.step) for ticks in (0, pace.ticks)]
    return sky.outdoor is None or max(abs(a - b) for a, b in zip(*(end[:2] for end in ends), strict=True)) <= AIR


def survivors(plant: Plant, state: State) -> NDArray[np.bool_]:
    """Return which chips run on: one whose hot spot passes its limit switches itself off for good.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Its state.

    Returns
    -------
    (c,) array of bool
        True where the chip runs.

    References
    ----------
    Derived: protection in hardware, below any policy.
    """
    if state.course is None:
        return state.running
    return state.running & ~(plant.alive & (state.course.hotspot[-1] > plant.condition.spec.limits.hotspot))


def _stepped(
    plant: Plant, state: State, asked: tuple[Schedule, Sky], film: Films | None, paces: tuple[Pace, float]
) -> tuple[State, Films]:
    """Take a step of the loop, shorter where a chip comes near a limit, switches itself off or runs away in it."""
    (pace, usual), limit = paces, plant.condition.spec.limits.hotspot
    schedule, sky = asked
    load = _utilization(plant, schedule, pace)
    level = _nearest(plant, state.junction, schedule)
    ahead = [mark for mark in (-NEAR, 0.0) if level <= mark and not state.rest]
    while True:
        wanted = _middle(plant, state, pace)
        try:
            if film is None or not same(film.film, wanted):
                film = films(plant, wanted)
            outside = load[: pace.ticks * pace.instants + 1], _air(sky, pace)
            after = advance(plant, state, film, outside, pace)
        except (ConvergenceError, ValueError, power.DidNotConverge) as error:
            if pace.ticks == 1:
                text = str(error).removeprefix(f"at {state.time:g} s: ")
                raise ConvergenceError(f"at {state.time:g} s: {text}") from error
            pace = pace._replace(ticks=pace.ticks // 2)
            continue
        course = after.course
        assert course is not None
        over = np.asarray((course.hotspot[1:, plant.alive] > limit).any(axis=1))
        if ahead:
            over = over | (_above(plant, course.junction[1:], schedule) > ahead[0])
        if not over[:-1].any():
            still = _still(state, after, pace.ticks * pace.step / usual)
            return after._replace(rest=min(state.rest + 1, RESTS) if still else 0), film
        pace = pace._replace(ticks=int(over.argmax()) + 1)


def _air(sky: Sky, pace: Pace) -> Air:
    """Return the air outside in the middle of a step."""
    return air_at(sky, (pace.first + pace.ticks / 2) * pace.step)


def _middle(plant: Plant, state: State, pace: Pace) -> Film:
    """Return the coolant in the middle of a step, temperatures extrapolated from the step before."""
    half, rates = pace.ticks * pace.step / 2, state.unit_rate
    flow = float(thermal.flow_course(state.unit.flow, orders_of(plant, state), half))
    enthalpy = np.array([state.unit.supply + rates[0] * half, state.unit.back - state.lift + rates[1] * half])
    liquid = plant.model.coolant
    supply, back = thermal.temperature(liquid, np.clip(enthalpy, *liquid.enthalpy[[0, -1]])).tolist()
    return Film(flow, supply, back, pace.step)


def _anew(state: State, running: NDArray[np.bool_]) -> State:
    """Return the state where something jumps: what is extrapolated from the step before starts anew."""
    return state._replace(
        running=running,
        film=NOTHING,
        scale_time=np.nan,
        section_rate=np.zeros_like(state.section),
        rest=0,
        cooled=state.cooled._replace(flow=np.nan),
    )


def _still(before: State, after: State, share: float) -> bool:
    """Return whether a step of the loop, a share of its usual length or longer, has changed nothing to speak of."""
    course, flow = after.course, before.unit.flow
    assert course is not None
    moved = [np.ptp(course.supply), np.ptp(course.back), np.abs(after.junction - before.junction).max()]
    moved.append(np.abs(after.section - before.section).max(initial=0.0))
    few = min(share, 1.0)
    held = course.floor_power.max() > FLOOR * course.rack_power.max()
    if held or not at_rest(course.store_energy, course.grid_power):
        return False
    return bool(max(moved) <= STILL * few and np.ptp(course.flow) <= 0.1 * STILL * flow * few)


def _utilization(plant: Plant, schedule: Schedule, pace: Pace) -> Array:
    """Return the load asked for at the instants of a step (instants, nodes); a jump at its end is not yet seen."""
    last, fixed = pace.ticks * pace.instants, plant.condition.utilization
    times = (pace.first + np.arange(last + 1) / pace.instants) * pace.step
    if schedule.nodes is not None:
        common = schedule.load if fixed is None else fixed
        times[[0, -1]] += [8, -8] * np.spacing(times[[0, -1]])  # inside, past rounding
        return node_loads(schedule.nodes, common, plant.node_tray.size, times, schedule.duration)
    if fixed is not None:
        return np.full((last + 1, 1), fixed)
    asked = schedule.load.between(times)
    asked[0], asked[-1] = schedule.load.at(float(times[0])), schedule.load.at(float(times[-1]), "left")
    return asked[:, None]


def _near(plant: Plant, state: State, schedule: Schedule) -> bool:
    """Return whether policies hold dies down, or will have to within a step of the loop."""
    if _nearest(plant, state.junction, schedule) <= -NEAR:
        return False
    held_down = (state.points.budget < np.asarray(plant.model.chip.cap)[0]) & (
        state.chip_power >= state.points.budget * (1 - 1e-3)
    )
    if state.course is None or held_down[plant.alive].any() or state.points.load_share < 1:
        return True
    slope = (state.course.junction[-1] - state.course.junction[-2]) / state.course.step
    return _nearest(plant, state.junction + slope * schedule.steps.loop, schedule) > 0


def _nearest(plant: Plant, junction: Array, schedule: Schedule) -> float:
    """Return how far the hottest die is above what a policy holds dies to, negative below [K]."""
    return float(_above(plant, junction[None], schedule)[0])


def _above(plant: Plant, junction: Array, schedule: Schedule) -> Array:
    """Return the same for dies at several nodes (n, c) → (n,) [K]."""
    control, limits = schedule.control, plant.condition.spec.limits
    held = min([limits.junction] * control.derate + [control.shed_above or np.inf])
    return np.asarray(junction[:, plant.alive].max(axis=1, initial=0.0) - held)


def _controlled(plant: Plant, state: State, schedule: Schedule, further: Iterable[Policy], period: float) -> State:
    points = act(schedule.control, plant, state, period)
    seen = measured(state, plant.model.coolant, period)
    for policy in further:
        points = policy(seen, points)
        if not isinstance(points, SetPoints):
            raise SpecError(f"policy {policy!r} returned {points!r}: it must return SetPoints, see points._replace")
    turned = np.abs(points.budget - state.points.budget).max() > 1e-3 or points.load_share != state.points.load_share
    state = state._replace(points=points, rest=0 if turned else state.rest)
    return state._replace(reach=reach(plant, state))
