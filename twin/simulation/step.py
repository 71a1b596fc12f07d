"""One step of the loop: coolant, packages, chips, bar and shelves, each at its own pace.

The loop's step holds n steps of the packages, each of these m instants of the electricity. Coolant and bar are taken at
the middle of the loop's step, extrapolated from the step before, so that the whole is second order; packages are exact
for power that is linear between the instants; power and temperature of the chips are made to agree by iteration; bar
and shelves are quasi-static at every instant. Every watt is counted once, by the trapezoid over the instants.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from power.bar_march import BarCourse, follow_bar
from power.module_march import ModuleCourse
from twin.couple.electric import bar_temperature, feed
from twin.simulation.agree import Packages, agree
from twin.simulation.course import Course
from twin.simulation.films import Films
from twin.simulation.modules import bar_resistance
from twin.simulation.pace import Pace, means, windows
from twin.simulation.plant import Plant, tray_load
from twin.simulation.state import Energy, State, plain
from twin.simulation.stores import StoreCourse, stored
from twin.simulation.unit import Pumping, march_unit, pumping
from twin.simulation.water import (
    NOWHERE,
    Cooled,
    DoorShare,
    Water,
    coming_back,
    cool,
    door_share,
    pushed,
)

Array = NDArray[np.float64]

#: Dry bulb, dew point [K] and pressure [Pa] of the air outside.
Air = tuple[float, float, float]


#: Instants that are summed up at once.
ROWS = 512


class _Totals(NamedTuple):
    """Powers of the rack over a step of the loop."""

    asked: Array
    """(instants,) mean share of full load [1]"""
    liquid: Array
    """(n,) mean heat into the coolant [W]"""
    air: Array
    """(n,) mean heat into the air [W]"""
    pumps: Pumping
    """Of the units."""
    store: StoreCourse
    """Between grid and rack."""


#: Modules, bar, packages and loop over a step.
_Found = tuple[ModuleCourse, BarCourse, Packages, thermal.UnitCourse]


def advance(plant: Plant, state: State, films: Films, outside: tuple[Array, Air], pace: Pace) -> State:
    """Return the state one step of the loop later.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Where it is.
    films : Films
        Coolant and packages in the middle of the step.
    outside : (instants, nodes) array, and three floats
        Share of full load asked for, at ticks · instants + 1 instants [1]; dry bulb, dew point [K] and pressure [Pa]
        of the air.
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
    utilization, air = outside
    load = utilization * float(state.points.load_share)
    pumps = pumping(plant, films.film.flow, films.drop)
    guess, _ = march_unit(plant, state, np.full(pace.ticks, state.heat + pumps.heat), None, pace)
    supply = thermal.temperature(plant.model.coolant, guess.state.supply)
    drawn, packages = agree(plant, state, films, load, supply, pace)
    bar = _bar(plant, state, (_behind(plant, drawn, load), drawn.strides), pace)
    direct, through = _heat(plant, (drawn, load, bar), pace)
    liquid = packages.heat + direct
    loop, arrived = march_unit(plant, state, liquid + pumps.heat, guess.flux.facility_flow, pace)
    store = stored(plant.condition.spec.rack, state.store, bar.taken, pace)
    totals = _Totals(load.mean(axis=1), liquid, through + store.loss, pumps, store)
    found = (drawn, bar, packages, loop), totals, air, arrived
    return _after(plant, state._replace(drop=films.drop, drop_flow=films.film.flow), films, found, pace)


def _behind(plant: Plant, drawn: ModuleCourse, load: Array) -> Array:
    """Return what each tray draws behind its clip (instants, t) [W]; some rows at a time, which stay in the cache."""
    (idle, full), share = plant.auxiliary, tray_load(plant, load)
    span, kept, behind = full - idle, 1 + plant.electric.conversion, np.empty_like(drawn.tray)
    for first in range(0, len(behind), ROWS):
        rows = slice(first, first + ROWS)
        some = np.multiply(share[rows], span, out=behind[rows])
        some += idle
        some += drawn.tray[rows] * kept
        if drawn.beside is not None:
            some += drawn.beside[rows]
    return behind


def _bar(plant: Plant, state: State, loads: tuple[Array, NDArray[np.int64]], pace: Pace) -> BarCourse:
    """March bar and shelves; where the bar cannot carry its load, the message is that of `power.solve_busbar`."""
    (behind, strides), model, length = loads, plant.model, pace.ticks * pace.step
    section = np.stack([state.section, state.section + length * state.section_rate])
    alone = behind.sum(axis=1, keepdims=True) if model.busbar is None else behind
    found = follow_bar(plant.electric.bar, alone, bar_resistance(model, section), state.voltage, strides)
    if found.failed >= 0:
        there = section[:1] + (section[1:] - section[:1]) * (found.failed / max(len(behind) - 1, 1))
        feed(model, behind[found.failed][None], there, None)
        raise power.DidNotConverge("rack [0]: the bar is at the most it can carry; lower the load, or add copper")
    return found


def _heat(plant: Plant, parts: tuple[ModuleCourse, Array, BarCourse], pace: Pace) -> tuple[Array, Array]:
    """Return the mean heat of boards, bar and shelves into the coolant, and of all into the air (n,) [W]."""
    (drawn, load, bar), (idle, full), model = parts, plant.auxiliary, plant.model
    modules, lost = means(drawn.tray, pace), means(bar.lost, pace)
    converted = means(bar.taken - bar.shelf_power.sum(axis=1), pace)
    carried = model.shelf_liquid[0, 0] * converted + model.bar_liquid[0, 0] * (lost - converted)
    board = modules * plant.electric.conversion + idle + (full - idle) * tray_load(plant, means(load, pace))
    if drawn.beside is not None:
        board += means(drawn.beside, pace)
    wet = board * model.board_liquid
    dry = modules - modules * model.chip_liquid + board - wet
    return wet.sum(axis=1) + carried, dry.sum(axis=1) + lost - carried


def _after(plant: Plant, state: State, films: Films, parts: tuple[_Found, _Totals, Air, Array], pace: Pace) -> State:
    """Return the state after a step, with its course."""
    found, totals, air, arrived = parts
    drawn, board, packages, loop = found
    length = pace.ticks * pace.step
    water, cooled, door = _facility(plant, state, (loop, arrived), (float(totals.air.mean()), air), length)
    course = _course(plant, found, totals, pace)._replace(
        facility_supply=thermal.temperature(plant.water, arrived),
        room_power=_room(plant, door.room_heat, totals.pumps),
        door_fan_power=door.fan_power,
        plant=cooled,
    )
    bar = bar_temperature(plant.model, board.last_current[None])[0]
    spent = course.grid_power.sum(), pace.ticks * totals.pumps.heat, loop.flux.carried.sum(), totals.air.sum()
    supply, back = loop.state.supply, loop.state.back
    return state._replace(
        time=float(course.time[-1]),
        packages=packages.state,
        junction=course.junction[-1],
        clock=course.clock[-1],
        chip_power=drawn.power,
        rack_power=float(board.taken[-1]),
        section=bar,
        voltage=board.last_voltage,
        unit=plain(loop.state, -1),
        unit_rate=(float(supply[-1] - supply[0]) / length, float(back[-1] - back[0]) / length),
        lift=totals.pumps.lift,
        facility_supply=float(course.facility_supply[-1]),
        water=water,
        cooled=cooled,
        section_rate=(bar - state.section) / length,
        heat=float(totals.liquid.mean()),
        stored=float(course.stored[-1]),
        film=films.film,
        scale=packages.scale,
        scale_middle=films.scale,
        scale_time=state.time + length / 2,
        energy=Energy(*(np.array(state.energy) + pace.step * np.array(spent)).tolist()),
        course=course,
        smoothing=drawn.state,
        store=totals.store.state,
    )


def _facility(
    plant: Plant, state: State, units: tuple[thermal.UnitCourse, Array], outside: tuple[float, Air], length: float
) -> tuple[Water, Cooled, DoorShare]:
    """Return the facility water and the plant after a step, and the rear door."""
    (loop, arrived), (air_heat, air) = units, outside
    flows, carried = loop.flux.facility_flow, loop.flux.carried
    flow = float(flows.mean())
    mean = float((flows * arrived).mean()) / flow if flow > 0 else float(arrived.mean())
    door = door_share(plant, air_heat, float(thermal.temperature(plant.water, mean)))
    leaving = mean + float(carried.mean()) / flow if flow > 0 else mean
    back = coming_back(plant, (flow, leaving), door, mean)
    cooled = cool(plant, back, air, state.cooled, state.rest > 0)
    return pushed(plant, state.water, back[0], cooled.supply, length), cooled, door


def _room(plant: Plant, heat: float, pumps: Pumping) -> float:
    """Return the power that removes the heat left in the room, as `twin.couple.plant` counts it."""
    return plant.condition.spec.facility.room_cooling * max(heat + pumps.power - pumps.heat, 0.0)


def _course(plant: Plant, parts: _Found, totals: _Totals, pace: Pace) -> Course:
    """Return what the step records of rack and unit; of what is behind, nothing yet."""
    drawn, bar, packages, loop = parts
    asked, liquid, air, pumps, store = totals
    model, every, supplied = plant.model, pace.instants, bar.taken
    barless, rack = model.busbar is None, ((supplied[:-1] + supplied[1:]) / 2).reshape(pace.ticks, -1)
    nothing = np.full(pace.ticks, np.nan)
    return Course(
        time=np.asarray((pace.first + np.arange(pace.ticks + 1)) * pace.step, dtype=float),
        utilization=means(asked, pace),
        junction=packages.temperature[:, 0],
        hotspot=packages.temperature[:, 1],
        memory=packages.temperature[:, 2],
        clock=drawn.clock,
        chip_power=drawn.lines.mean(axis=1),
        shelf_power=means(bar.shelf_power, pace),
        delivered=drawn.delivered,
        supply=thermal.temperature(model.coolant, loop.state.supply),
        back=thermal.temperature(model.coolant, loop.state.back - pumps.lift),
        flow=loop.state.flow,
        rack_power=rack.mean(axis=1),
        rack_power_max=windows(supplied, pace).max(axis=1),
        grid_power=store.grid.mean(axis=1),
        grid_power_max=store.grid.max(axis=1),
        rack_instants=rack,
        grid_instants=store.grid.reshape(pace.ticks, every, -1).mean(axis=2),
        store_energy=store.energy,
        store_least=store.least,
        store_most=store.most,
        floor_power=means(drawn.burnt, pace),
        floor_share=means(drawn.held, pace),
        section_current=nothing if barless else windows(bar.section_current, pace).max(axis=1),
        bus_voltage=nothing if barless else windows(bar.voltage, pace).min(axis=1),
        liquid_heat=liquid,
        facility_heat=loop.flux.carried,
        air_heat=air,
        stored=packages.stored + thermal.unit_held(plant.unit, loop.state) + store.held,
        valve=loop.state.position,
        facility_supply=nothing,
        facility_return=thermal.temperature(plant.water, loop.state.facility_return),
        facility_flow=loop.flux.facility_flow,
        unit_pump_power=pumps.power,
        pump_heat=pumps.heat,
        room_power=np.nan,
        door_fan_power=np.nan,
        plant=NOWHERE,
        alive=plant.alive,
        bandwidth_per_gpu=plant.fabric[0],
        all_to_all_time=plant.fabric[1],
        step=pace.step,
    )
