"""How long after a pump trip until the first die reaches its limit, and how much flow must remain to prevent it?

The flow is not regulated: it falls from V0 to the share r of it, V(t) = V0 (r + (1 - r) exp(-t / tau)). Lumped
estimate: die, lid and plate base are one capacity C behind the steady resistance R(V) from supply to die mean, at the
power P of the chip's design,

    C dT/dt = P - (T - T_supply) / R(V(t)),   R(V) P = T_die(V) - T_supply of steady states.

No limit is reached where the steady die mean at r V0 stays below it; the least r is read off these steady states, not
off the shares studied. A chip switches itself off where its hot spot passes its own limit: the course of a rack ends
there. The estimate lets the die warm no sooner than the base of its plate: expect it late, by a third at most where
less than a fifth of the flow is left. Derating cools the GPUs while others still warm: the hottest die may then be
another, with a kink where they change places. The time passes while the flow falls; without any, C (T_limit - T) / P
would be half a second. The valve of the distribution unit is still as wide as before: the slower coolant leaves its
exchanger colder at first, which buys some of the time.

The same for one lost pump of each unit, until a spare one has started (N + 1).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.couple.solve import solve_batch
from twin.simulation.read import schedule_from
from twin.simulation.run import simulate
from twin.spec.types import Chip, Factory
from twin.studies._frame import dataset, percent, spec_of, variable
from twin.studies._trip_chart import trip_chart
from twin.studies.cooling_headroom import PATHS, headroom_of

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

REMAINING = (0.0, 0.2, 0.3, 0.35, 0.38, 0.4, 0.6, 0.8)
"""Shares of the flow that are left, closer where the time to the limit bends [1]."""
OWN = {PATHS[2]: "set to full load"}
COPPER, SILICON = 3.45e6, 1.63e6
"""Heat capacities [J/(m3 K)]."""
TRIP, COAST_DOWN = 5.0, 3.0
"""When the pump trips, and with which time constant its flow falls [s]."""
STARTS, SPARE_WATCHED = (1.0, 2.0, 3.0, 4.0, 5.0, 8.0), 15.0
"""Times after which the spare pump runs, and how long it is watched [s]."""
STRIDE, WATCHED = 0.01, 120.0
"""Step and length of the lumped estimate [s]."""
STEPS = {"electric": "0.1 s", "thermal": "0.1 s", "loop": "1 s", "output": "0.1 s", "control": "1 s"}


def study(
    system: str | Factory = "gb300-nvl72",
    remaining: tuple[float, ...] = REMAINING,
    seconds: float = 40.0,
    starts: tuple[float, ...] = STARTS,
) -> "xr.Dataset":
    """Return the hottest die over time and the time to its limit, simulated and estimated, for shares of flow left.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    remaining : tuple of float
        Shares of the flow that the remaining pumps keep up [1].
    seconds : float
        How long to watch after the trip [s].
    starts : tuple of float
        Times after which a spare pump runs in place of a lost one [s].

    Returns
    -------
    Dataset
        Over `remaining`, `start_up` and `time` after the trip; nan where the limit is not reached, or a chip is off.

    References
    ----------
    Derived: module docstring; copper 3.45 and silicon 1.63 MJ/(m3 K) at 300 K (Incropera, table A.1).
    """
    spec = spec_of(system).with_(PATHS[2], 1.0)
    courses = [_course(spec, {"kind": "pump_trip", "remaining": share}, seconds) for share in remaining]
    spares = [_course(spec, {"kind": "cdu_pump_loss", "start_up": start}, SPARE_WATCHED) for start in starts]
    time = courses[0].time.values - TRIP
    limit, supply = spec.limits.junction, spec.cooling.supply_temperature
    hottest, simulated, ends = _reached(courses, time, limit)
    warmest, standby, standby_ends = _reached(spares, spares[0].time.values - TRIP, limit)
    steady = steady_rise(spec)
    estimate = lumped(spec, np.array(remaining), steady)
    made = {
        "junction_temperature_max": variable(("remaining", "time"), hottest, "K", "hottest die"),
        "coolant_flow": variable(("remaining", "time"), [c.coolant_flow.values for c in courses], "kg s-1", "flow"),
        "time_to_limit": variable("remaining", simulated, "s", "simulated"),
        "time_to_limit_lumped": variable("remaining", estimate, "s", "lumped estimate"),
        "time_to_off": variable("remaining", ends, "s", "first chip switches itself off"),
        "standby_peak": variable("start_up", np.nanmax(warmest, axis=1), "K", "hottest die, one pump lost"),
        "standby_time_to_limit": variable("start_up", standby, "s", "one pump lost, to the limit"),
        "standby_time_to_off": variable("start_up", standby_ends, "s", "one pump lost, first chip off"),
        "remaining_least": variable((), least_share(spec, steady), "1", "least flow left at which no limit is reached"),
    }
    coordinates = {
        "remaining": variable("remaining", list(remaining), "1", "flow left"),
        "start_up": variable("start_up", list(starts), "s", "spare pump runs after"),
        "time": variable("time", time, "s", "time after the trip"),
    }
    title = f"Pump trip of {spec.name} at full load and {supply - 273.15:g} °C"
    chart = trip_chart(made, time, limit, remaining)
    found = dataset(__doc__, made, coordinates, title=title, answer="", chart=chart, table=_TABLE)
    return found.assign_attrs(answer=_answer(found, limit))


def steady_rise(spec: Factory) -> tuple[Array, Array]:
    """Return shares of the flow and the hottest die mean there over the supply, steady and without derating.

    Parameters
    ----------
    spec : Factory
        The rack, at its load.

    Returns
    -------
    shares, rise : (n,) arrays
        Falling shares that have a steady state [1] and temperature differences [K].

    References
    ----------
    Derived: `twin.studies.cooling_headroom.headroom_of`.
    """
    now = solve_batch([spec]).isel(case=0)
    shares = np.geomspace(1.0, 0.1, 25)
    flows = [float(now.coolant_volume_flow) * share for share in shares]
    left = np.array([row[0] for row, _ in headroom_of([spec.with_(PATHS[1], flow) for flow in flows])])
    known = np.isfinite(left)
    return shares[known], spec.limits.junction - spec.cooling.supply_temperature - left[known]


def least_share(spec: Factory, steady: tuple[Array, Array]) -> float:
    """Return the least share of the flow at which every steady die mean stays at its limit; nan where none does.

    Parameters
    ----------
    spec : Factory
        The rack.
    steady : tuple of (n,) arrays
        Shares and rises of `steady_rise`, [1] and [K].

    Returns
    -------
    float
        Share, linear in its inverse between the solved ones; the least of them where all are cool enough [1].

    References
    ----------
    Derived: module docstring.
    """
    shares, rise = steady
    room = spec.limits.junction - spec.cooling.supply_temperature
    return float(1 / np.interp(room, rise, 1 / shares)) if len(rise) and rise[0] <= room else float("nan")


def lumped(spec: Factory, remaining: Array, steady: tuple[Array, Array]) -> Array:
    """Return the lumped estimate of the time to the limit, nan where it is not reached (see the module).

    Parameters
    ----------
    spec : Factory
        The rack, at its load.
    remaining : (n,) array
        Shares of the flow that are left [1].
    steady : tuple of arrays
        Shares and rises of `steady_rise`, [1] and [K].

    Returns
    -------
    (n,) array
        Time after the trip [s].

    References
    ----------
    Derived: module docstring.
    """
    chip = next(chip for tray in spec.rack.trays for chip in tray.chips if chip.kind == "gpu")
    time = np.arange(0.0, WATCHED, STRIDE)[:, None]
    flow = remaining + (1 - remaining) * np.exp(-time / COAST_DOWN)
    shares, rise = steady
    aim = np.interp(1 / flow, 1 / shares, rise)
    rate = STRIDE * chip.power.tdp / heat_capacity(chip) / aim
    warm = np.empty_like(aim)
    warm[0] = aim[0]
    for i in range(1, len(time)):
        warm[i] = warm[i - 1] + rate[i] * (aim[i] - warm[i - 1])
    room = spec.limits.junction - spec.cooling.supply_temperature
    return np.array([_first(time[:, 0], course, room) for course in warm.T])


def heat_capacity(chip: Chip) -> float:
    """Return the heat capacity of dies, lid and plate base of one package [J/K].

    Parameters
    ----------
    chip : Chip
        The chip.

    Returns
    -------
    float
        Heat capacity [J/K].

    References
    ----------
    Derived: volumes times heat capacities.
    """
    package, lid, plate = chip.package, chip.package.lid, chip.plate
    dies = package.die_count * package.die_length * package.die_width * package.die_thickness
    metal = plate.base_length * plate.base_width * plate.base_thickness
    metal += 0.0 if lid is None else lid.length * lid.width * lid.thickness
    return SILICON * dies + COPPER * metal


def _reached(courses: "list[xr.Dataset]", time: Array, limit: float) -> tuple[Array, Array, Array]:
    """Return the hottest dies (n, time) while all chips run, when they meet the limit, and when a chip goes off."""
    chips = np.array([course.chips_running.values for course in courses])
    whole = chips == chips[:, :1]
    hottest = np.where(whole, [course.junction_temperature_max.values for course in courses], np.nan)
    meets = np.array([_first(time, row, limit) for row in hottest])
    return hottest, meets, np.array([np.nan if row.all() else time[int(np.argmin(row))] for row in whole])


def _course(spec: Factory, event: dict[str, Any], seconds: float) -> "xr.Dataset":
    trip = {"at": f"{TRIP} s", "coast_down": f"{COAST_DOWN} s", **event}
    plan = {"duration": f"{TRIP + seconds} s", "steps": STEPS, "load": {"utilization": 1.0}, "event": [trip]}
    return simulate(spec, schedule_from(plan | {"control": {"flow": "fixed"}}))


def _first(time: Array, temperature: Array, limit: float) -> float:
    """Return when a temperature first meets its limit, linear within a step; nan where it never does [s]."""
    i = int(np.argmax(temperature >= limit))
    if temperature[i] < limit:
        return float("nan")
    return float(np.interp(limit, temperature[i - 1 : i + 1], time[i - 1 : i + 1])) if i else float(time[0])


def _answer(found: "xr.Dataset", limit: float) -> str:
    first, least, die = found.isel(remaining=0), float(found.remaining_least), f"{limit - 273.15:g} °C"
    estimate, off = float(first.time_to_limit_lumped), float(first.time_to_off)
    share, seconds = percent(float(first.remaining)), float(first.time_to_limit)
    said = "" if np.isnan(estimate) else f" (lumped estimate {estimate:.1f} s)"
    when = "does not reach" if np.isnan(seconds) else "reaches"
    after = "" if np.isnan(seconds) else f" {seconds:.1f} s after the trip{said}"
    ends = "" if np.isnan(off) else f", and after {off:.1f} s chips switch themselves off"
    kept = f"at least {percent(least)} of the flow must stay" if least == least else "the full flow does not do"
    return (
        f"With {share} of the flow left the first die {when} {die}{after}{ends}. To keep every steady die mean below"
        f" that, {kept}. {_spare(found, die)}"
    )


def _spare(found: "xr.Dataset", die: str) -> str:
    """Return how soon a spare pump must run."""
    starts = found.start_up.values
    cool, alive = (starts[np.isnan(found[f"standby_time_to_{end}"].values)] for end in ("limit", "off"))
    if not alive.size:
        return f"When a pump of each unit fails, a spare one that runs after {starts[0]:g} s is too late for some chip."
    late = "" if alive.size == starts.size else f", after {starts[alive.size]:g} s no longer"
    held = f"; up to {cool[-1]:g} s no die reaches {die}" if cool.size else ""
    peak = float(found.standby_peak.sel(start_up=alive[-1]) - 273.15)
    return (
        f"When a pump of each unit fails, a spare one that runs after {alive[-1]:g} s keeps every chip on, the hottest"
        f" die at {peak:.0f} °C at most{late}{held}."
    )


_TABLE = {
    "rows": "remaining",
    "columns": ["time_to_limit", "time_to_limit_lumped", "time_to_off"],
    "dash": "does not come to it",
}
