"""How does a factory shed 25 % for three hours, what does each way cost in work, and how hard is it on its grid?

The event is a trapezoid: down in 15 min, three hours, up in 15 min; it takes E = 0.25 P (3 h + 15 min), 81 MWh of
100 MW. A cap on GPU power takes clock: the model's dynamic power is linear in clock at one voltage, so work falls
faster than power, while measured chips lower their voltage too and lose (cap / P)^0.566. A paused job still draws
what its racks idle at. A floor's release gives what it burns and costs no work, but the swings come back; its
factory trains on floors and draws their burn without the event. Expected: cap and pause keep to the event, for a loss
of 30 % of the work with clock; a battery of 20 kWh per rack gives 14 MWh of them, a sixth.

Ramps: N racks that start at once rise by N dP; a limit r takes t = N dP / r, or a battery of (N dP)^2 / 2 r. A dip to
the share v leaves the supplies v i of their rated power, the store carries E / (P - v i P). A factory lost as load
lifts the frequency at f0 P / (2 H S).
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from power import DemandResponse, DipSupply
from twin.spec.types import Factory
from twin.studies import _swings
from twin.studies._assumed import assumed_text
from twin.studies._flex import CAPS, STEP, Flexibility, Lever, Site, levers, machine_of, site_of
from twin.studies._frame import DIFFERENCE, dataset, percent, spec_of, variable
from twin.studies._swings import Swings

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

EVENT = DemandResponse(start=0.0, reduction=0.25, ramp_down_time=900.0, hold_time=10800.0, ramp_up_time=900.0)
RAMP = 10e6 / 60
"""What the grid allows the factory [W/s]: 10 MW/min."""
STORE = 65.0
"""In the supplies, for each GPU [J]."""
DIPS = np.linspace(0.0, 0.9, 10)
"""Voltages left in a dip, over nominal [1]."""
WATCHED = 30.0
"""How long the frequency is watched [s]."""
MWH = 3.6e9
"""In joules."""


class Strain(NamedTuple):
    """A factory that starts, dips and is lost."""

    rise: float
    """of all racks that start at once [W]"""
    ramp_time: float
    """that the grid's ramp takes for it [s]"""
    ramp_energy: float
    """of a battery that starts them at once [J]"""
    racks_per_minute: float
    """that may start one after the other [1]"""
    carried: Array
    """(dip,) how long the supplies' store carries a rack, inf where they need none [s]"""
    rate: float
    """of the frequency when the factory is lost [Hz/s]"""
    peak: float
    """highest frequency then [Hz]"""
    settled: float
    """where it ends [Hz]"""


def study(
    system: str | Factory = "gb300-nvl72",
    racks: int = 750,
    event: DemandResponse = EVENT,
    ramp: float = RAMP,
    flex: Flexibility | None = None,
) -> "xr.Dataset":
    """Return what each way of shedding load delivers and costs, and how the factory strains its grid.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    racks : int
        Racks of the factory [1].
    event : DemandResponse
        What the grid asks for.
    ramp : float
        What the grid allows the factory [W/s].
    flex : Flexibility, optional
        Battery, jobs, supplies in a dip, grid; assumed where left out.

    Returns
    -------
    Dataset
        Over `lever`, `time`, `cap`, `dip` and `after` the loss of the factory.

    References
    ----------
    Ramps, event and figures of a grid: Choukse et al. (2025), arXiv:2508.14318; arXiv:2507.00909 (25 % for three
    hours). Exponent of measured power caps: derived from MLPerf Inference v4.1, H200. Else derived:
    `power.check_response`, `power.ride_through`, `power.step_answer`.
    """
    spec, flex = spec_of(system), flex or Flexibility()
    site = site_of(spec, racks, flex)
    found = levers(site, event) | {"released floor": _released(spec, site, event, ramp)}
    strain = _strain(site, spec.rack.nvlink.gpus, ramp)
    time = STEP * (np.arange(next(iter(found.values())).power.size) + 0.5)
    curves = [power.allowed_power(event, 1.0, time), *(found[name].power / found[name].base for name in SHOWN)]
    after = np.arange(0.0, WATCHED, 0.1)
    course = power.frequency_course(machine_of(flex), np.full(after.size, -site.base), 0.1)
    made = _figures(site, found, event) | {
        "power_share": variable(("curve", "time"), np.array(curves), "1", "power over that without the event"),
        "above_allowed": variable(("shown", "time"), np.array(curves[1:]) - curves[0], "1", "power above the allowed"),
        "frequency": variable("after", course.frequency, "Hz", "frequency"),
        "carried_time": variable("dip", strain.carried, "s", "time the supplies' store carries a rack"),
        "clock": variable("cap", site.states.clock, "1", "clock of the GPUs, mean"),
        "rack_power": variable("cap", site.states.rack, "W", "power of a rack"),
        "junction_temperature_max": variable("cap", site.states.junction, "K", "hottest die"),
    }
    coordinates = {
        "lever": ("lever", list(found), {"long_name": "way"}),
        "curve": ("curve", ["allowed", *SHOWN], {"long_name": "way"}),
        "shown": ("shown", list(SHOWN), {"long_name": "way"}),
        "time": variable("time", time, "s", "time"),
        "after": variable("after", after, "s", "time after the loss"),
        "dip": variable("dip", DIPS, "1", "voltage left"),
        "cap": variable("cap", CAPS, "1", "cap over design power of a GPU"),
    }
    title = f"A factory of {racks} racks {spec.name} sheds {percent(event.reduction)} of {site.base / 1e6:.0f} MW"
    answer = _answer(site, found, made, (event, strain))
    made_set = dataset(__doc__, made, coordinates, title=title, answer=answer, chart=_CHART, table=_TABLE)
    return made_set.assign_attrs(assumed=f"{assumed_text(flex)} Of the floor's job: {assumed_text(Swings())}")


def _released(spec: Factory, site: Site, event: DemandResponse, ramp: float) -> Lever:
    """Return a factory of jobs on a floor that is released for the event, down and up along its ramps."""
    job = _swings.site_of(spec, Swings(), STORE, ramp / site.racks)
    rack, gpus = _swings.job_power(job)
    burnt = _swings.drawn_with(job, "floor and ramps", rack, gpus, _swings.STEP).burnt
    base = site.racks * (float(rack[rack.size // 2 :].mean()) + burnt)
    end = event.start + event.ramp_down_time + event.hold_time + event.ramp_up_time
    shed = 1 - power.allowed_power(event, 1.0, STEP * (np.arange(round(end / STEP)) + 0.5))
    drawn = base - site.racks * burnt * shed / event.reduction
    return Lever(drawn, 0.0, 0.0, float(site.states.junction[0]), base)


def _figures(site: Site, found: dict[str, Lever], event: DemandResponse) -> dict[str, Any]:
    reports = [
        power.check_response(event, one.power, np.asarray(one.base), STEP, 1e-6 * one.base) for one in found.values()
    ]
    shed = np.array([float(report.shed_energy) for report in reports])
    asked = np.array([float(power.response_energy(event, one.base)) for one in found.values()])
    hottest = float(site.states.junction[0])
    return {
        "kept": ("lever", ["yes" if report.kept else "no" for report in reports], {"long_name": "keeps to the event"}),
        "delivered": variable("lever", shed / asked, "1", "energy shed over energy asked"),
        "excess_power": variable("lever", [float(report.excess_power) for report in reports], "W", "most above"),
        "missing_energy": variable(
            "lever", [float(report.excess_energy) / MWH for report in reports], "MWh", "energy missing"
        ),
        "clock_lost": variable("lever", [one.clock_lost for one in found.values()], "1", "lost with clock"),
        "measured_lost": variable("lever", [one.measured_lost for one in found.values()], "1", "lost as measured"),
        "cooler": variable(
            "lever", [hottest - one.junction for one in found.values()], "K", "hottest die falls by", **DIFFERENCE
        ),
    }


def _strain(site: Site, gpus: int, ramp: float) -> Strain:
    full, flex = float(site.states.rack[0]), site.flex
    rise = site.racks * (full - float(site.idle.rack[0]))
    answer = power.step_answer(machine_of(flex), -site.base)
    supply = DipSupply(
        rated_power=full, current_limit=flex.input_limit, voltage_min=flex.input_least, store_energy=gpus * STORE
    )
    lacking = power.ride_through(supply, [], np.repeat(DIPS[:, None], 10, axis=1), full, 0.1).energy  # in one second
    carried = np.full(DIPS.size, np.inf)
    short = lacking > 0
    carried[short] = power.carried_time(supply.store_energy, lacking[short])
    return Strain(
        rise, rise / ramp, rise**2 / (2 * ramp), 60 * ramp * site.racks / rise, carried,
        float(answer.initial_rate), float(answer.nadir), float(answer.settled),
    )  # fmt: skip


def _answer(site: Site, found: dict[str, Lever], made: dict[str, Any], asked: tuple[DemandResponse, Strain]) -> str:
    told, (event, strain) = [], asked
    for i, (name, one) in enumerate(found.items()):
        kept, shed = made["kept"][1][i] == "yes", made["delivered"][1][i]
        verb = "keeps to it" if kept else f"delivers {percent(shed)} of it"
        cost = f"{percent(one.clock_lost, 1)} of the work with clock"
        cost += f" ({percent(one.measured_lost, 1)} as measured)" if one.measured_lost != one.clock_lost else ""
        told.append(f"{name} {verb} at {cost if one.clock_lost else 'no loss of work'}")
    flex, cap = site.flex, 1 - float(np.interp(event.reduction - 1, -site.states.rack / site.states.rack[0], CAPS))
    zero, high = strain.carried[0], strain.carried[int(np.argmin(np.abs(DIPS - 0.7)))]
    return (
        f"Of the {percent(event.reduction)} asked: {'; '.join(told)}. A cap {percent(cap)} lower cools the hottest die"
        f" by {made['cooler'][1][0]:.1f} K. Started at once the racks rise by {strain.rise / 1e6:.0f} MW: the ramp"
        f" takes {strain.ramp_time / 60:.1f} min, {strain.racks_per_minute:.0f} racks a minute, or a battery of"
        f" {strain.ramp_energy / MWH:.1f} MWh. Full and without loss the supplies' store carries a rack for"
        f" {1e3 * zero:.0f} ms without mains and {1e3 * high:.0f} ms at 70\u202f% voltage. Losing the factory"
        f" lifts a grid of {flex.grid_power / 1e9:g} GW by {strain.peak - flex.frequency:.3f} Hz at most, at first by"
        f" {1e3 * strain.rate:.1f} mHz/s, in the end by {1e3 * (strain.settled - flex.frequency):.0f} mHz."
        " Battery, floor's job and grid are assumed."
    )


SHOWN = ("power cap", "battery and cap", "battery", "released floor", "paused jobs")
"""Ways of the picture: those that lie on one another first, solid and dashed."""
_CHART = {
    "panels": [
        {"kind": "line", "x": "time", "y": "above_allowed", "series": "shown", "names": "key", "units": {"time": "h"},
         "title": "Power at the grid above what the event allows"},
        {"kind": "bars", "y": "lever", "x": ["clock_lost", "measured_lost"], "axis": "Work lost",
         "title": "Work lost during the event"},
    ]
}  # fmt: skip
_TABLE = {
    "rows": "lever",
    "columns": ["kept", "delivered", "missing_energy", "clock_lost", "measured_lost", "cooler"],
}
