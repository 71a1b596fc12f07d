"""The start of a run: the steady state at the first load, as a state of the march."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal.facility import pipe
from twin.couple.achieved import Supplied, supplied
from twin.couple.derate import module_budget
from twin.couple.electric import rack_power
from twin.couple.plant import Behind
from twin.couple.solve import named
from twin.couple.steady import solve_steady
from twin.simulation.agree import ORIGIN
from twin.simulation.events import condition_at
from twin.simulation.films import films
from twin.simulation.floors import first_floors
from twin.simulation.outdoor import air_at, sky_of
from twin.simulation.plant import Plant, instants, plant_of
from twin.simulation.policy import SetPoints
from twin.simulation.schedule import Schedule
from twin.simulation.state import NOTHING, Energy, Film, State, plain
from twin.simulation.stores import settled
from twin.simulation.water import Cooled, Water, coming_back, cool, door_share
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

Array = NDArray[np.float64]

#: Temperature at which the mass of the water in the pipe is taken [K].
REFERENCE = 313.15


def first_state(spec: Factory, schedule: Schedule) -> State:
    """Return the steady state at the first load, before any event.

    Parameters
    ----------
    spec : Factory
        The rack.
    schedule : Schedule
        Gives the load and whether chips derate.

    Returns
    -------
    State
        At time 0.

    Raises
    ------
    ConvergenceError
        There is no steady state.

    References
    ----------
    Derived: `twin.couple.steady.solve_steady`; the packages as `thermal.slow_settled` in its coolant.
    """
    plant = plant_of(condition_at(replace(schedule, events=()), spec, 0.0))
    share, air = schedule.load.at(0.0), air_at(sky_of(spec, schedule.outdoor), 0.0)
    site = replace(spec.site, design_dry_bulb=air[0], design_dew_point=air[1])
    with named([spec]):
        model = instants(plant, np.array([share]))._replace(derate=schedule.control.derate)
        steady = solve_steady(model)
        (found,) = supplied(steady, [replace(plant.condition.spec, site=site)])
        if found.behind.refused[0]:
            raise ConvergenceError(f"no steady start: {found.behind.refused[0]}")
        return _settled(plant, found, air, schedule.steps.electric)


def _settled(plant: Plant, found: Supplied, air: tuple[float, float, float], step: float) -> State:
    steady = found.solved
    model, out = steady.model, steady.outcome
    supply, place = float(model.supply[0, 0]), model.parts
    back, flow = float(out.next.coolant_return[0, 0]), float(out.next.flow[0, 0])
    at_rest = films(plant, Film(flow, supply, back, 1.0))
    packages, stored = [], 0.0
    for k, (slow, (chips, _)) in enumerate(zip(plant.slow, place.alike, strict=True)):
        into = (out.chips.power * model.chip_liquid[:, place.chip_tray])[0, chips]
        packages.append(thermal.slow_settled(slow, at_rest.weights[k][at_rest.group[k]], into, supply - ORIGIN))
        stored += float((packages[-1] @ slow.stored).sum())
    unit, water, cooled = _behind(plant, found.behind, (flow, float(out.boards.air_heat[0, 0])), air)
    stored += float(thermal.unit_held(plant.unit, unit))
    rise, drawn = out.plates.rise.die[0], float(rack_power(out.boards.feed)[0])
    store = settled(plant.condition.spec.rack.store_in_service, drawn)
    stored += 0.0 if store is None else float(store.energy)
    return State(
        time=0.0,
        packages=tuple(packages),
        running=np.ones(len(place.chip), dtype=bool),
        junction=supply + rise * out.chips.power[0],
        clock=out.chips.clock[0],
        chip_power=out.chips.power[0],
        rack_power=drawn,
        section=out.next.section[0],
        section_rate=np.zeros_like(out.next.section[0]),
        voltage=out.boards.feed.bus.node_voltage[0],
        unit=unit,
        unit_rate=(0.0, 0.0),
        lift=float(unit.back - thermal.enthalpy(plant.model.coolant, back)),
        reach=np.inf,
        drop=at_rest.drop,
        drop_flow=flow,
        facility_supply=float(thermal.temperature(plant.water, cooled.supply)),
        water=water,
        cooled=cooled,
        heat=float(out.boards.liquid_heat[0, 0]),
        points=SetPoints(module_budget(model, out.plates.rise.die)[0], flow, 1.0),
        rise=rise,
        film=NOTHING,
        scale=at_rest.scale,
        scale_middle=at_rest.scale,
        scale_time=np.nan,
        rest=0,
        stored=stored,
        stored_first=stored,
        energy=Energy(0.0, 0.0, 0.0, 0.0),
        course=None,
        smoothing=first_floors(plant, out.chips.power[0], step),
        store=store,
    )


def _behind(
    plant: Plant, found: Behind, rack: tuple[float, float], air: tuple[float, float, float]
) -> tuple[thermal.UnitState, Water, Cooled]:
    """Return the rack's share of its unit, the facility water and the plant, all at rest."""
    flow, air_heat = rack
    point = plain(found.unit, 0)
    unit: thermal.UnitState = plain(thermal.unit_state(plant.unit, point)._replace(flow=np.asarray(flow)))
    supply = float(thermal.enthalpy(plant.water, float(found.plant.supply_temperature[0])))
    facility = plant.condition.spec.facility
    mass = facility.pipe_volume * facility.loops / plant.racks * float(thermal.density(plant.water, REFERENCE))
    full = pipe(mass, supply)
    door = door_share(plant, air_heat, float(found.plant.supply_temperature[0]))
    through = point.facility_flow / plant.racks_on_unit
    back = coming_back(plant, (through, float(unit.facility_return)), door, supply)
    return unit, Water(full.mass, full.heat, 1.0), cool(plant, back, air)
