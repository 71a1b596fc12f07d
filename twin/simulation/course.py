"""What a step of the loop records: rack, unit, facility water and plant, step by step of the packages."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.simulation.water import Cooled

Array = NDArray[np.float64]


class Course(NamedTuple):
    """One step of the loop: n steps of the packages; nodes are n + 1, with the start."""

    time: Array
    """(n + 1,) [s]"""
    utilization: Array
    """(n,) mean share of full load asked of the chips [1]"""
    junction: Array
    """(n + 1, c) die means [K]"""
    hotspot: Array
    """(n + 1, c) [K]"""
    memory: Array
    """(n + 1, c) [K], NaN without memory"""
    clock: Array
    """(n + 1, c) [1]"""
    chip_power: Array
    """(n, c) mean module input [W]"""
    shelf_power: Array
    """(n, s) mean output [W]"""
    delivered: Array
    """(n,) least share of the offered traffic that gets through [1]"""
    supply: Array
    """(n + 1,) coolant entering the plates [K]"""
    back: Array
    """(n + 1,) mixed coolant leaving the rack [K]"""
    flow: Array
    """(n + 1,) mass flow [kg/s]"""
    rack_power: Array
    """(n,) mean AC input [W]"""
    rack_power_max: Array
    """(n,) its highest instant [W]"""
    grid_power: Array
    """(n,) mean from the grid, behind the store [W]"""
    grid_power_max: Array
    """(n,) its highest instant [W]"""
    rack_instants: Array
    """(n, m) mean AC power between the instants of each step of the packages [W]"""
    grid_instants: Array
    """(n, m) the same from the grid [W]"""
    store_energy: Array
    """(n + 1,) held by the store [J]"""
    store_least: Array
    """(n,) least at any instant [J]"""
    store_most: Array
    """(n,) and most [J]"""
    floor_power: Array
    """(n,) mean that power smoothing burns [W]"""
    floor_share: Array
    """(n,) mean share of the GPU modules that a floor holds up [1]"""
    section_current: Array
    """(n,) largest section current at any instant [A], NaN without a bar"""
    bus_voltage: Array
    """(n,) lowest voltage of the bar at any instant [V], NaN without a bar"""
    liquid_heat: Array
    """(n,) mean heat into the coolant of the rack [W]"""
    facility_heat: Array
    """(n,) mean heat that the facility water carries off [W]"""
    air_heat: Array
    """(n,) mean heat into the air [W]"""
    stored: Array
    """(n + 1,) heat held by packages and loop, and energy in the store [J]"""
    valve: Array
    """(n + 1,) position of the valve on the facility side [1]"""
    facility_supply: Array
    """(n,) facility water into the unit [K]"""
    facility_return: Array
    """(n + 1,) facility water out of the unit [K]"""
    facility_flow: Array
    """(n,) through the unit, share of the rack [kg/s]"""
    unit_pump_power: float
    """Electric, of the units' pumps, share of the rack [W]"""
    pump_heat: float
    """Of that, into the coolant [W]"""
    room_power: float
    """That removes the heat left in the room, share of the rack [W]"""
    door_fan_power: float
    """Of a rear door [W]"""
    plant: Cooled
    """The plant at the end"""
    alive: NDArray[np.bool_]
    """(c,) chips that run"""
    bandwidth_per_gpu: float
    """least of the living, per direction [B/s]"""
    all_to_all_time: float
    """among the living [s]"""
    step: float
    """of the packages [s]"""


#: Fields of a course that are nodes (n + 1, …), linear in between; the other arrays hold for whole steps.
NODES = frozenset(
    (
        "time",
        "junction",
        "hotspot",
        "memory",
        "clock",
        "supply",
        "back",
        "flow",
        "stored",
        "store_energy",
        "valve",
        "facility_return",
    )
)


def finer(course: Course | None, parts: int) -> Course | None:
    """Return a course with each of its steps cut into parts.

    Parameters
    ----------
    course : Course or None
        Of a rack at rest.
    parts : int
        Of each step [1].

    Returns
    -------
    Course or None

    References
    ----------
    Derived: nodes are linear in between, means and extremes those of the whole step.
    """
    if course is None or parts == 1:
        return course
    cut: dict[str, Any] = {"step": course.step / parts}
    for name, value in course._asdict().items():
        if isinstance(value, np.ndarray) and name != "alive":
            cut[name] = _between(value, parts) if name in NODES else np.repeat(value, parts, axis=0)
    return course._replace(**cut)


def _between(nodes: Array, parts: int) -> Array:
    share = (np.arange(parts) / parts).reshape(1, parts, *(1,) * (nodes.ndim - 1))
    inner = nodes[:-1, None] + (nodes[1:] - nodes[:-1])[:, None] * share
    return np.concatenate([inner.reshape(-1, *nodes.shape[1:]), nodes[-1:]])
