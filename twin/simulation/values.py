"""What the step of the loop that led to a state gives each variable of a run, tick by tick."""

import numpy as np
from numpy.typing import NDArray

from twin.layout.parts import Parts
from twin.simulation.course import Course
from twin.simulation.state import State

Array = NDArray[np.float64]


def values(place: Parts, state: State, before: State | None = None) -> dict[str, Array]:
    """Return what the step of the loop that led to a state gives each variable, tick by tick.

    Parameters
    ----------
    place : Parts
        Tells which chips are GPUs.
    state : State
        Its end.
    before : State, optional
        Its start; without it a jump there is left out of the ramps.

    Returns
    -------
    dict of str to (n, …) array
        SI units.

    References
    ----------
    Derived: extremes over both ends of each tick.
    """
    course = state.course
    assert course is not None
    ticks, alive = course.rack_power.size, course.alive
    gpu = place.gpu[alive[place.gpu]]
    return {
        "utilization": course.utilization,
        "rack_power": course.rack_power,
        "rack_power_max": course.rack_power_max,
        "rack_grid_power": course.grid_power,
        "rack_grid_power_max": course.grid_power_max,
        "store_energy": course.store_energy[1:],
        "store_energy_min": course.store_least,
        "store_energy_max": course.store_most,
        "rack_ramp_max": _ramps(course.rack_instants, course.step, None if before is None else before.rack_power),
        "rack_grid_ramp_max": _ramps(course.grid_instants, course.step, None if before is None else _from_grid(before)),
        "smoothing_power": course.floor_power,
        "smoothing_share": course.floor_share,
        "liquid_heat": course.liquid_heat,
        "facility_heat": course.facility_heat,
        "air_heat": course.air_heat,
        "chip_power": course.chip_power,
        "shelf_power": course.shelf_power,
        "junction_temperature_max": _extreme(np.fmax, course.junction),
        "hotspot_temperature_max": _extreme(np.fmax, course.hotspot),
        "memory_temperature_max": _extreme(np.fmax, course.memory),
        "busbar_section_current_max": course.section_current,
        "clock_min": _extreme(np.fmin, course.clock[:, gpu]) if gpu.size else np.full(ticks, np.nan),
        "bus_voltage_min": course.bus_voltage,
        "traffic_delivered": course.delivered,
        "coolant_supply_temperature": course.supply[1:],
        "coolant_return_temperature": course.back[1:],
        "coolant_flow": course.flow[1:],
        "junction_temperature": course.junction[1:],
        "chip_clock": np.where(alive, course.clock[1:], 0.0),
        "bandwidth_per_gpu": np.full(ticks, course.bandwidth_per_gpu),
        "all_to_all_time": np.full(ticks, course.all_to_all_time),
        "chips_running": np.full(ticks, float(alive.sum())),
        **_behind(course),
        "energy_supplied": _running(state.energy.supplied, course.grid_power, course.step),
        "energy_of_pumps": _running(state.energy.pumps, np.full(ticks, course.pump_heat), course.step),
        "energy_to_facility": _running(state.energy.facility, course.facility_heat, course.step),
        "energy_to_air": _running(state.energy.air, course.air_heat, course.step),
        "heat_stored": course.stored[1:] - state.stored_first,
    }


def _behind(course: Course) -> dict[str, Array]:
    """Return what units, plant and outdoor air give each variable, tick by tick; powers are the share of the rack."""
    plant, ticks = course.plant, course.rack_power.size
    watts = {
        "unit_pump_power": course.unit_pump_power,
        "facility_pump_power": plant.facility_pump_power,
        "fan_power": plant.fan_power,
        "chiller_power": plant.chiller_power,
        "heat_pump_power": plant.heat_pump_power,
        "room_power": course.room_power,
    }
    whole = watts | {"outdoor_temperature": plant.dry_bulb, "outdoor_wet_bulb": plant.wet_bulb}
    overhead = sum(watts.values()) + course.door_fan_power
    idle = course.rack_power <= 0
    return {
        **{name: np.full(ticks, value) for name, value in whole.items()},
        "pue": np.where(idle, np.nan, 1 + overhead / np.where(idle, 1.0, course.rack_power)),
        "facility_supply_temperature": course.facility_supply,
        "facility_return_temperature": course.facility_return[1:],
        "facility_flow": course.facility_flow,
        "unit_valve": course.valve[1:],
    }


def _from_grid(state: State) -> float:
    """Return what the grid gave last [W]."""
    return state.rack_power if state.store is None else float(state.store.grid_power)


def _ramps(power: Array, step: float, before: float | None) -> Array:
    """Return the fastest change from one instant to the next (n,) [W/s] of powers (n, m) in each tick."""
    first = power[0, 0] if before is None else before
    change = np.abs(np.diff(power.ravel(), prepend=first)).reshape(power.shape)
    return np.asarray(change.max(axis=1) * power.shape[1] / step)


def _extreme(take: np.ufunc, nodes: Array) -> Array:
    """Return the extreme over chips and both ends of each tick (n + 1, c) → (n,)."""
    each = take.reduce(nodes, axis=1)
    return np.asarray(take(each[:-1], each[1:]))


def _running(end: float, mean: Array, step: float) -> Array:
    """Return an energy at the end of each tick [J] from that at the end of all and the mean powers."""
    spent = step * mean
    return np.asarray(end - (spent.sum() - np.cumsum(spent)))
