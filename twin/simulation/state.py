"""The state of a marched rack: all that is needed to go on, as plain arrays and numbers."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from twin.simulation.course import Course
from twin.simulation.policy import SetPoints
from twin.simulation.stores import RackStore
from twin.simulation.water import Cooled, Water

Array = NDArray[np.float64]


class Energy(NamedTuple):
    """What has crossed the border of the rack and its loop since the start [J]."""

    supplied: float
    """From the grid."""
    pumps: float
    """Heat of the units' pumps, share of the rack."""
    facility: float
    """Into the facility water."""
    air: float
    """Into the air."""


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
    unit: thermal.UnitState
    """The coolant loop, the rack's share of its unit."""
    unit_rate: tuple[float, float]
    """Change of the enthalpies in front of the plates and behind them over the last step of the loop [J/(kg*s)]."""
    lift: float
    """Heat of the pumps over the flow: what the coolant gains between rack and exchanger [J/kg]."""
    reach: float
    """Flow that the units' pumps reach, infinite where they are asked for less [kg/s]."""
    drop: float
    """Across the ports of the rack at the next flow [Pa] ..."""
    drop_flow: float
    """... this one [kg/s]."""
    facility_supply: float
    """Facility water into the unit, as it last arrived [K]."""
    water: Water
    """The facility water."""
    cooled: Cooled
    """The plant."""
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
    """Heat held by packages and loop, and the energy in the store [J]."""
    stored_first: float
    """The same at the start [J]."""
    energy: Energy
    """Since the start."""
    smoothing: power.SmoothingState | None
    """Of the GPU modules; none without power smoothing."""
    store: RackStore | None
    """Of the rack; none without a store."""
    course: Course | None
    """The step of the loop that led here; none at the start."""


def energy_closure(state: State) -> float:
    """Return what is missing in the energy balance of the whole run, over the energy supplied.

    (supplied + heat of the pumps − to the facility − to the air − gain of what is stored) / supplied.

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
    energy = state.energy
    return (energy.supplied + energy.pumps - taken) / energy.supplied if energy.supplied else 0.0


def plain(part: Any, at: int | None = None) -> Any:
    """Return a tuple of numbers from one of arrays.

    Parameters
    ----------
    part : NamedTuple
        Arrays of one element, or with a leading axis.
    at : int, optional
        Index on that axis [1].

    Returns
    -------
    NamedTuple
        The same type.

    References
    ----------
    Derived: element by element.
    """
    return type(part)(*(float(value if at is None else value[at]) for value in part))
