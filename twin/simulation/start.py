"""The start of a run: the steady state at the first load, as a state of the march."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.couple.derate import module_budget
from twin.couple.solve import named
from twin.couple.steady import Steady, solve_steady
from twin.simulation.events import condition_at
from twin.simulation.films import films
from twin.simulation.plant import Plant, facility_water, instants, plant_of
from twin.simulation.policy import SetPoints
from twin.simulation.schedule import Schedule
from twin.simulation.state import NOTHING, Energy, Film, State
from twin.simulation.step import ORIGIN
from twin.spec.types import Factory

Array = NDArray[np.float64]


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
    plant = plant_of(condition_at(replace(schedule, events=()), spec, 0.0), facility_water(spec))
    share = schedule.load.at(0.0)
    with named([spec]):
        model = instants(plant, np.array([share]))._replace(derate=schedule.control.derate)
        return _settled(plant, solve_steady(model))


def _settled(plant: Plant, steady: Steady) -> State:
    model, out, liquid = steady.model, steady.outcome, plant.model.coolant
    supply, place = float(model.supply[0, 0]), model.parts
    back, flow = float(out.next.coolant_return[0, 0]), float(out.next.flow[0, 0])
    at_rest = films(plant, Film(flow, supply, back, 1.0))
    packages, stored = [], 0.0
    for k, (slow, (chips, _)) in enumerate(zip(plant.slow, place.alike, strict=True)):
        into = (out.chips.power * model.chip_liquid[:, place.chip_tray])[0, chips]
        packages.append(thermal.slow_settled(slow, at_rest.weights[k][at_rest.group[k]], into, supply - ORIGIN))
        stored += float((packages[-1] @ slow.stored).sum())
    enthalpy = [float(thermal.enthalpy(liquid, T)) for T in (supply, back)]
    circuit = thermal.CircuitState(enthalpy[0], enthalpy[1], flow)
    ahead, behind = thermal.circuit_masses(plant.condition.spec.cooling.circuit, liquid)
    stored += ahead * circuit.supply + behind * circuit.back
    rise = out.plates.rise.die[0]
    return State(
        time=0.0,
        packages=tuple(packages),
        running=np.ones(len(place.chip), dtype=bool),
        junction=supply + rise * out.chips.power[0],
        clock=out.chips.clock[0],
        chip_power=out.chips.power[0],
        rack_power=float((out.boards.feed.shelf_power + out.boards.feed.shelf_loss).sum()),
        section=out.next.section[0],
        section_rate=np.zeros_like(out.next.section[0]),
        voltage=out.boards.feed.bus.node_voltage[0],
        circuit=circuit,
        circuit_rate=(0.0, 0.0),
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
        energy=Energy(0.0, 0.0, 0.0),
        course=None,
    )
