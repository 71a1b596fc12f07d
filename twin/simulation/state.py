"""The state of a marched rack, and what a step of the loop records: all that is needed to go on, as plain arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.simulation.policy import SetPoints

Array = NDArray[np.float64]


class Energy(NamedTuple):
    """What has crossed the border of the rack and its loop since the start [J]."""

    supplied: float
    """AC input."""
    facility: float
    """Into the facility water."""
    air: float
    """Into the air."""


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
    section_current: Array
    """(n,) largest section current at any instant [A], NaN without a bar"""
    bus_voltage: Array
    """(n,) lowest voltage of the bar at any instant [V], NaN without a bar"""
    liquid_heat: Array
    """(n,) mean heat into the coolant of the rack [W]"""
    facility_heat: Array
    """(n,) mean heat into the facility water [W]"""
    air_heat: Array
    """(n,) mean heat into the air [W]"""
    stored: Array
    """(n + 1,) heat held by packages and loop [J]"""
    alive: NDArray[np.bool_]
    """(c,) chips that run"""
    bandwidth_per_gpu: float
    """least of the living, per direction [B/s]"""
    all_to_all_time: float
    """among the living [s]"""
    step: float
    """of the packages [s]"""


class Film(NamedTuple):
    """The coolant that films and propagators are of."""

    flow: float
    """of the rack [kg/s]"""
    supply: float
    """[K]"""
    back: float
    """[K]"""
    step: float
    """of the packages [s]"""


#: No coolant: propagators are to be made anew.
NOTHING = Film(np.nan, np.nan, np.nan, np.nan)


class State(NamedTuple):
    """A rack at an instant; `march` needs nothing else to go on."""

    time: float
    """Since the start [s]."""
    packages: tuple[Array, ...]
    """Numbers of state of the packages of each kind (chips, r) [1]."""
    running: NDArray[np.bool_]
    """Chips that have not switched themselves off (c,)."""
    junction: Array
    """Die means (c,) [K]."""
    clock: Array
    """Clocks (c,) [1]."""
    chip_power: Array
    """Module inputs (c,) [W]."""
    rack_power: float
    """AC input [W]."""
    section: Array
    """Temperature of the bar (sections,) [K]."""
    voltage: Array
    """Voltages of the bar (nodes,) [V]."""
    circuit: thermal.CircuitState
    """The coolant loop."""
    circuit_rate: tuple[float, float]
    """Change of its two enthalpies over the last step of the loop [J/(kg*s)]."""
    section_rate: Array
    """Change of the temperature of the bar over it (sections,) [K/s]."""
    heat: float
    """Mean heat into the coolant over it [W]."""
    points: SetPoints
    """What the policies have set."""
    rise: Array
    """Steady rise of the dies over the supply per watt, at the start (c,) [K/W]; policies scale their steps by it."""
    film: Film
    """Coolant of which the last propagators are."""
    scale: Array
    """Scale of the rises (4, c) [1], see `twin.simulation.films`."""
    scale_middle: Array
    """What it aimed at in the middle of the last step of the loop (4, c) [1]."""
    scale_time: float
    """That middle [s]; NaN where the next step starts anew."""
    rest: int
    """Steps of the loop since which nothing moves, up to a few [1]."""
    stored: float
    """Heat held by packages and loop [J]."""
    stored_first: float
    """The same at the start [J]."""
    energy: Energy
    """Since the start."""
    course: Course | None
    """The step of the loop that led here; none at the start."""


def energy_closure(state: State) -> float:
    """Return what is missing in the energy balance of the whole run, over the energy supplied.

    (supplied − to the facility − to the air − gain of what is stored) / supplied.

    Parameters
    ----------
    state : State
        Any state of a run.

    Returns
    -------
    float
        Relative closure [1]; 0 before anything was supplied.

    References
    ----------
    Derived: first law; the electric side by currents, the other by temperatures.
    """
    taken = state.energy.facility + state.energy.air + state.stored - state.stored_first
    return (state.energy.supplied - taken) / state.energy.supplied if state.energy.supplied else 0.0
