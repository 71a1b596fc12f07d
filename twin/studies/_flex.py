"""Ways for a factory to draw less for hours: a cap on its GPUs, paused jobs, a released floor, a battery."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

import power
from power import DemandResponse, GridMachine
from twin.spec.types import Factory
from twin.studies._rack_states import RackStates, rack_states

Array = NDArray[np.float64]

STEP = 60.0
"""Of the event's series, and how often the factory is told [s]."""
CAPS = np.linspace(1.0, 0.4, 16)
"""Of the GPUs, over their design power [1]."""


@dataclass(frozen=True, kw_only=True)
class Flexibility:
    """What the factory has and what grid it hangs on; nobody published these numbers."""

    battery_energy: Annotated[float, "J", Gt(0)] = 72e6
    """Usable, per rack (20 kWh)."""
    battery_power: Annotated[float, "W", Gt(0)] = 40e3
    """Per rack."""
    battery_efficiency: Annotated[float, "1", Gt(0), Le(1)] = 0.95
    """Each way."""
    job_racks: Annotated[int, "1", Ge(1)] = 8
    """Racks of a job, paused together."""
    exponent: Annotated[float, "1", Gt(0), Le(2)] = 0.566
    """Performance against GPU power; measured on H200 (MLPerf Inference v4.1), assumed to hold here."""
    input_limit: Annotated[float, "1", Gt(0)] = 1.1
    """Input current of a rack's supplies in a dip, over rated."""
    input_least: Annotated[float, "1", Ge(0)] = 0.5
    """Voltage below which they take nothing, over nominal."""
    grid_power: Annotated[float, "W", Gt(0)] = 40e9
    """Machines on line in the grid."""
    inertia: Annotated[float, "s", Gt(0)] = 4.0
    """Of the grid."""
    damping: Annotated[float, "1", Ge(0)] = 1.0
    """Of its load."""
    droop: Annotated[float, "1", Gt(0)] = 0.05
    """Of its governors."""
    governed: Annotated[float, "1", Gt(0), Le(1)] = 0.95
    """Of its machines."""
    high_pressure: Annotated[float, "1", Ge(0), Le(1)] = 0.3
    """Share of turbine power that answers at once."""
    reheat_time: Annotated[float, "s", Gt(0)] = 8.0
    """Of its turbines."""
    frequency: Annotated[float, "Hz", Gt(0)] = 60.0
    """Nominal."""


class Lever(NamedTuple):
    """What a way of drawing less does; powers of the factory."""

    power: Array
    """(time,) at the grid [W]"""
    clock_lost: float
    """of the work of the event, where work goes with clock [1]"""
    measured_lost: float
    """of it, where work goes with a measured power of GPU power [1]"""
    junction: float
    """hottest die, at its coolest [K]"""
    base: float
    """power without the event [W]"""


class Site(NamedTuple):
    """A factory of equal racks at full load."""

    states: RackStates
    """At each cap of `CAPS`."""
    idle: RackStates
    """At no load."""
    racks: int
    """In it."""
    flex: Flexibility
    """What it has."""

    @property
    def base(self) -> float:
        """Power without an event [W]."""
        return self.racks * float(self.states.rack[0])


def site_of(spec: Factory, racks: int, flex: Flexibility) -> Site:
    """Return the factory, its rack solved at full load under each cap, and idle."""
    return Site(rack_states(spec, np.ones(CAPS.size), CAPS), rack_states(spec, 0.0), racks, flex)


def cap_at(site: Site, wanted: Array) -> Array:
    """Return the caps at which a rack draws wanted powers [W], the lowest where it cannot [1]."""
    return np.interp(wanted, site.states.rack[::-1], CAPS[::-1])


def levers(site: Site, event: DemandResponse) -> dict[str, Lever]:
    """Return ways through an event, in samples that hold the least power it allows in each."""
    end = event.start + event.ramp_down_time + event.hold_time + event.ramp_up_time
    edges = power.allowed_power(event, site.base, STEP * np.arange(round(end / STEP) + 1))
    allowed = np.minimum(edges[:-1], edges[1:])
    wanted = site.base - allowed
    energy = site.racks * site.flex.battery_energy * site.flex.battery_efficiency
    most = site.racks * site.flex.battery_power
    alone = np.minimum(wanted, most)
    alone = np.diff(np.minimum(np.cumsum(alone) * STEP, energy), prepend=0.0) / STEP
    spread = np.minimum(wanted * min(1.0, energy / (wanted.sum() * STEP)), most)
    full = np.ones(wanted.size)
    return {
        "power cap": _running(site, cap_at(site, allowed / site.racks)),
        "paused jobs": _paused(site, wanted),
        "battery": _running(site, full, alone),
        "battery and cap": _running(site, cap_at(site, (allowed + spread) / site.racks), spread),
    }


def _running(site: Site, caps: Array, given: Array | float = 0.0) -> Lever:
    """Return a factory at caps over time, less what a battery gives [W]."""
    states = site.states
    drawn, gpus, clock, die, _ = (np.interp(caps, CAPS[::-1], column[::-1]) for column in states)
    measured = (gpus / states.gpus[0]) ** site.flex.exponent
    lost = 1 - float((clock / states.clock[0]).mean())
    return Lever(site.racks * drawn - given, lost, 1 - float(measured.mean()), float(die.min()), site.base)


def _paused(site: Site, wanted: Array) -> Lever:
    """Return a factory that pauses whole jobs."""
    of_job = site.flex.job_racks * float(site.states.rack[0] - site.idle.rack[0])
    jobs = np.minimum(np.ceil(wanted / of_job * (1 - 1e-12)), site.racks // site.flex.job_racks)
    lost = float(jobs.mean()) * site.flex.job_racks / site.racks
    return Lever(site.base - jobs * of_job, lost, lost, float(site.idle.junction[0]), site.base)


def machine_of(flex: Flexibility) -> GridMachine:
    """Return the grid as one machine."""
    return GridMachine(
        nominal_frequency=flex.frequency, base_power=flex.grid_power, inertia=flex.inertia, damping=flex.damping,
        droop=flex.droop, gain=flex.governed, high_pressure=flex.high_pressure, reheat_time=flex.reheat_time,
    )  # fmt: skip
