"""One step of the loop: coolant, packages, chips, bar and shelves, each at its own pace.

The loop's step holds n steps of the packages, each of these m instants of the electricity. Coolant and bar are taken at
the middle of the loop's step, extrapolated from the step before, so that the whole is second order; packages are exact
for power that is linear between the instants; power and temperature of the chips are made to agree by iteration; bar
and shelves are quasi-static at every instant. Every watt is counted once, by the trapezoid over the instants.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.build.model import Model
from twin.couple.electric import bar_temperature, rack_power
from twin.couple.rack import Boards, Chips, boards, chips
from twin.couple.steady import RUNAWAY
from twin.simulation.films import Films
from twin.simulation.pace import Pace, between, lines, means, windows
from twin.simulation.plant import Plant, instants
from twin.simulation.state import Course, Energy, State
from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]

#: Change of any die [K] and of any clock [1] at which power and temperature agree; what is left is a tenth of it.
AGREED = (1e-4, 1e-6)
#: Passes in which they must; one or two are usual.
PASSES = 20
#: Time constant with which the scale of the rises follows a film: about that of a package; assumed [s].
SETTLE = 2.0
#: Temperature from which rises and stored heat are counted [K].
ORIGIN = 273.15


class _Packages(NamedTuple):
    """The packages over a step of the loop."""

    state: tuple[Array, ...]
    temperature: Array
    """(n + 1, 4, c)"""
    scale: Array
    """(4, c) of the rises at the end"""
    stored: Array
    """(n + 1,) [J]"""
    heat: Array
    """(n,) into the coolant [W]"""


def orders_of(plant: Plant, state: State) -> thermal.CircuitOrders:
    """Return what pump and valve are told, given the set-points and what has failed.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Its state.

    Returns
    -------
    CircuitOrders
        A tripped pump coasts down to what is left of its flow.

    References
    ----------
    Derived: `thermal.circuit_steps`.
    """
    condition, cooling = plant.condition, plant.condition.spec.cooling
    failed = condition.pump < 1
    return thermal.CircuitOrders(
        supply_temperature=cooling.supply_temperature,
        flow=float(state.points.flow) * condition.pump,
        flow_response=condition.coast_down if failed else cooling.circuit.pump_response,
        facility_temperature=plant.facility_temperature,
        conductance=plant.conductance,
    )


def advance(plant: Plant, state: State, films: Films, utilization: Array, pace: Pace) -> State:
    """Return the state one step of the loop later.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Where it is.
    films : Films
        Coolant and packages in the middle of the step.
    utilization : (instants,) array
        Share of full load asked for, at ticks · instants + 1 instants [1].
    pace : Pace
        How the step is cut.

    Returns
    -------
    State
        With the step's `Course`.

    Raises
    ------
    ConvergenceError
        Power and temperature of a chip run away from each other, or the coolant would boil.
    power.DidNotConverge
        The bar cannot carry the load.

    References
    ----------
    Derived: docs, "Simulating a rack".
    """
    length, asked = pace.ticks * pace.step, utilization * float(state.points.load_share)
    model = instants(plant, asked)
    orders = orders_of(plant, state)
    guess = _circuit(plant, state, orders, np.full(pace.ticks, state.heat), pace)
    supply = thermal.temperature(model.coolant, guess.supply)
    drawn, packages = _agree(plant, model, state, films, supply, pace)
    section = state.section + np.linspace(0, length, len(utilization))[:, None] * state.section_rate
    start = np.broadcast_to(state.voltage, (len(utilization), state.voltage.size))
    board = boards(model, drawn, section, start)
    direct = board.liquid_heat[:, 0] - (drawn.power * model.chip_liquid[:, model.parts.chip_tray]).sum(axis=1)
    liquid = packages.heat + means(direct, pace)
    air, supplied = means(board.air_heat[:, 0], pace), rack_power(board.feed)
    loop = _circuit(plant, state, orders, liquid, pace)
    course = _course(plant, state, (drawn, board, packages, loop), (asked, supplied, liquid, air), pace)
    bar = bar_temperature(model, board.feed.bus.section_current[-1:])[0]
    mean = pace.step * np.array([course.rack_power.sum(), loop.removed.sum(), air.sum()])
    return state._replace(
        time=float(course.time[-1]),
        packages=packages.state,
        junction=course.junction[-1],
        clock=course.clock[-1],
        chip_power=drawn.power[-1],
        rack_power=float(supplied[-1]),
        section=bar,
        voltage=board.feed.bus.node_voltage[-1],
        circuit=thermal.CircuitState(float(loop.supply[-1]), float(loop.back[-1]), float(loop.flow[-1])),
        circuit_rate=(float(loop.supply[-1] - loop.supply[0]) / length, float(loop.back[-1] - loop.back[0]) / length),
        section_rate=(bar - state.section) / length,
        heat=float(liquid.mean()),
        stored=float(course.stored[-1]),
        film=films.film,
        scale=packages.scale,
        scale_middle=films.scale,
        scale_time=state.time + length / 2,
        energy=Energy(*(np.array(state.energy) + mean).tolist()),
        course=course,
    )


def _circuit(
    plant: Plant, state: State, orders: thermal.CircuitOrders, heat: Array, pace: Pace
) -> thermal.CircuitCourse:
    circuit, liquid = plant.condition.spec.cooling.circuit, plant.model.coolant
    try:
        return thermal.circuit_steps(circuit, liquid, state.circuit, orders, heat, pace.step)
    except ValueError as error:
        raise ConvergenceError(f"at {state.time:g} s: {error}") from error


def _held(plant: Plant, loop: thermal.CircuitCourse) -> Array:
    """Return the heat held by the two volumes of the loop (n + 1,) [J]."""
    ahead, behind = thermal.circuit_masses(plant.condition.spec.cooling.circuit, plant.model.coolant)
    return ahead * loop.supply + behind * loop.back


def _agree(
    plant: Plant, model: Model, state: State, films: Films, supply: Array, pace: Pace
) -> tuple[Chips, _Packages]:
    """Return what the chips draw at every instant and how warm they are, each following from the other."""
    rows, place = len(model.load), model.parts
    junction = np.broadcast_to(state.junction, (rows, state.junction.size))
    clock = np.broadcast_to(state.clock, junction.shape)
    warmer, resting = junction, state.rest > 0
    for _ in range(PASSES):
        drawn = chips(model, junction, clock[:, place.gpu], state.points.budget)
        if resting:
            packages = _march(plant, state, films, drawn.power, supply, pace)
            warmer = between(packages.temperature[:, 0], pace.instants)
            change = np.abs(warmer - junction).max(), np.abs(drawn.clock - clock).max()
            if change[0] <= AGREED[0] and change[1] <= AGREED[1]:
                return drawn, packages
        if not warmer.max() < RUNAWAY:
            break
        clock, resting = drawn.clock, True
        junction = between(_follow(plant, state, films, (drawn, junction, warmer[0]), supply, pace), pace.instants)
    hottest = plant.model.parts.chip[int(junction.max(axis=0).argmax())]
    raise ConvergenceError(
        f"at {state.time:g} s: {hottest} runs away, its leakage grows faster than its heat is carried off: shed load "
        "by control.shed_above, restore the flow sooner, or shorten steps.loop"
    )


def _follow(
    plant: Plant, state: State, films: Films, guess: tuple[Chips, Array, Array], supply: Array, pace: Pace
) -> Array:
    """Return the dies at the nodes (n + 1, c) when leakage follows them: Newton's step from a guess of the dies."""
    model, place, (drawn, junction, first) = plant.model, plant.model.parts, guess
    held = (drawn.clock < 1) & (drawn.clock > model.chip.clock_min)  # there the clock makes up for leakage
    slope = np.where(held, 0.0, model.chip.exponent * drawn.leakage)
    into = model.chip_liquid[:, place.chip_tray]
    law = [lines(part, pace) for part in (drawn.power * into, slope * into, junction)]
    scale = np.broadcast_to(_scales(state, films, pace)[:, 0], (pace.ticks + 1, junction.shape[1]))
    warm = np.empty((pace.ticks + 1, junction.shape[1]))
    for k, (own, _) in enumerate(place.alike):
        parts = thermal.PowerLaw(law[0][:, :, own], law[1][:, :, own], law[2][:, :, own], scale[:, own], ORIGIN)
        warm[:, own] = thermal.slow_follow(
            films.propagators[k], films.group[k], state.packages[k], parts, supply, first[own]
        )
    return warm


def _march(plant: Plant, state: State, films: Films, power: Array, supply: Array, pace: Pace) -> _Packages:
    """March the packages of every kind through the powers at the instants (instants, c)."""
    model, place = plant.model, plant.model.parts
    into = lines(power * model.chip_liquid[:, place.chip_tray], pace)
    warm = np.empty((pace.ticks + 1, 4, power.shape[1]))
    after, stored, heat = [], np.zeros(pace.ticks + 1), np.zeros(pace.ticks)
    for k, (slow, (own, _)) in enumerate(zip(plant.slow, place.alike, strict=True)):
        course = thermal.slow_march(
            slow, films.propagators[k], films.group[k], state.packages[k], into[:, :, own], supply - ORIGIN
        )
        warm[:, :, own] = course.outputs
        after.append(course.state)
        stored += course.stored.sum(axis=1)
        heat += course.heat.sum(axis=1)
    inlet = supply[:, None, None]
    scales = _scales(state, films, pace)
    return _Packages(tuple(after), inlet + scales * (warm - (inlet - ORIGIN)), scales[-1], stored, heat)


def _scales(state: State, films: Films, pace: Pace) -> Array:
    """Return the scales of the rises at the nodes (n + 1, 4, c): linear through this middle and the one before.

    What they differ at the start from those that were fades with `SETTLE`, so that no die jumps with its film.
    """
    nodes = np.arange(pace.ticks + 1) * pace.step
    middle = pace.ticks * pace.step / 2
    since = state.time + middle - state.scale_time
    slope = np.zeros_like(films.scale) if np.isnan(since) else (films.scale - state.scale_middle) / since
    aimed = films.scale + (nodes - middle)[:, None, None] * slope
    return aimed + np.exp(-nodes / SETTLE)[:, None, None] * (state.scale - aimed[0])


def _course(
    plant: Plant,
    state: State,
    parts: tuple[Chips, Boards, _Packages, thermal.CircuitCourse],
    totals: tuple[Array, Array, Array, Array],
    pace: Pace,
) -> Course:
    """Return what the step records."""
    drawn, board, packages, loop = parts
    asked, supplied, liquid, air = totals
    model, bus, every = plant.model, board.feed.bus, pace.instants
    barless = model.busbar is None
    nothing = np.full(pace.ticks, np.nan)
    return Course(
        time=np.asarray((pace.first + np.arange(pace.ticks + 1)) * pace.step, dtype=float),
        utilization=means(asked, pace),
        junction=packages.temperature[:, 0],
        hotspot=packages.temperature[:, 1],
        memory=packages.temperature[:, 2],
        clock=drawn.clock[::every],
        chip_power=means(drawn.power, pace),
        shelf_power=means(board.feed.shelf_power, pace),
        delivered=windows(drawn.delivered.min(axis=1), pace).min(axis=1),
        supply=thermal.temperature(model.coolant, loop.supply),
        back=thermal.temperature(model.coolant, loop.back),
        flow=loop.flow,
        rack_power=means(supplied, pace),
        rack_power_max=windows(supplied, pace).max(axis=1),
        section_current=nothing if barless else windows(np.abs(bus.section_current).max(axis=1), pace).max(axis=1),
        bus_voltage=nothing if barless else windows(bus.node_voltage.min(axis=1), pace).min(axis=1),
        liquid_heat=liquid,
        facility_heat=loop.removed,
        air_heat=air,
        stored=packages.stored + _held(plant, loop),
        alive=plant.alive,
        bandwidth_per_gpu=plant.fabric[0],
        all_to_all_time=plant.fabric[1],
        step=pace.step,
    )
