"""How long after a pump trip until the first die reaches its limit, and how much flow must remain to prevent it?

The flow falls from V0 to the share r of it, V(t) = V0 (r + (1 - r) exp(-t / tau)). Lumped estimate: die, lid and plate
base are one capacity C behind the steady resistance R(V) from supply to die mean, at the power P of the chip's design,

    C dT/dt = P - (T - T_supply) / R(V(t)),   R(V) P = T_die(V) - T_supply of steady states.

No limit is reached where the steady die mean at r V0 stays below it. The estimate holds the supply temperature, which
rises in the simulation while the loop settles, and lets the die warm no sooner than the base of its plate: expect it
late, by a third at most where less than a fifth of the flow is left. The time passes while the flow falls; without any,
C (T_limit - T) / P would be half a second.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.couple.solve import solve_batch
from twin.simulation.read import schedule_from
from twin.simulation.run import simulate
from twin.spec.types import Chip, Factory
from twin.studies._frame import dataset, spec_of, variable
from twin.studies.cooling_headroom import PATHS, headroom_of

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

REMAINING = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Shares of the flow that are left [1]."""
COPPER, SILICON = 3.45e6, 1.63e6
"""Heat capacities [J/(m3 K)]."""
TRIP, COAST_DOWN = 2.0, 3.0
"""When the pump trips, and with which time constant its flow falls [s]."""
STRIDE, WATCHED = 0.01, 120.0
"""Step and length of the lumped estimate [s]."""
STEPS = {"electric": "0.1 s", "thermal": "0.1 s", "loop": "0.5 s", "output": "0.1 s", "control": "0.5 s"}


def study(
    system: str | Factory = "gb300-nvl72",
    remaining: tuple[float, ...] = REMAINING,
    seconds: float = 20.0,
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

    Returns
    -------
    Dataset
        Over `remaining` and `time` after the trip; nan where the limit is not reached.

    References
    ----------
    Derived: module docstring; copper 3.45 and silicon 1.63 MJ/(m3 K) at 300 K (Incropera, table A.1).
    """
    spec = spec_of(system).with_(PATHS[2], 1.0)
    courses = [_course(spec, share, seconds) for share in remaining]
    time = courses[0].time.values - TRIP
    hottest = np.array([course.junction_temperature_max.values for course in courses])
    limit, supply = spec.limits.junction, spec.cooling.supply_temperature
    simulated = np.array([_first(time, row, limit) for row in hottest])
    estimate = lumped(spec, np.array(remaining))
    made = {
        "junction_temperature_max": variable(("remaining", "time"), hottest, "K", "hottest die"),
        "coolant_flow": variable(("remaining", "time"), [c.coolant_flow.values for c in courses], "kg s-1", "flow"),
        "time_to_limit": variable("remaining", simulated, "s", "simulated"),
        "time_to_limit_lumped": variable("remaining", estimate, "s", "lumped estimate"),
    }
    coordinates = {
        "remaining": variable("remaining", list(remaining), "1", "flow left"),
        "time": variable("time", time, "s", "time after the trip"),
    }
    texts = {"title": f"Pump trip of {spec.name} at full load and {supply - 273.15:g} °C", "chart": _chart(limit)}
    answer = _answer(remaining, simulated, estimate, limit)
    return dataset(__doc__, made, coordinates, **texts, answer=answer, table=_TABLE)


def lumped(spec: Factory, remaining: Array) -> Array:
    """Return the lumped estimate of the time to the limit, nan where it is not reached (see the module).

    Parameters
    ----------
    spec : Factory
        The rack, at its load.
    remaining : (n,) array
        Shares of the flow that are left [1].

    Returns
    -------
    (n,) array
        Time after the trip [s].

    References
    ----------
    Derived: module docstring.
    """
    now = solve_batch([spec]).isel(case=0)
    shares = np.geomspace(1.0, 0.1, 25)
    flows = [float(now.coolant_volume_flow) * share for share in shares]
    rise = (
        spec.limits.junction
        - spec.cooling.supply_temperature
        - np.array([row[0] for row, _ in headroom_of([spec.with_(PATHS[1], flow) for flow in flows])])
    )
    known = np.isfinite(rise)
    chip = next(chip for tray in spec.rack.trays for chip in tray.chips if chip.kind == "gpu")
    time = np.arange(0.0, WATCHED, STRIDE)[:, None]
    flow = remaining + (1 - remaining) * np.exp(-time / COAST_DOWN)
    steady = np.interp(1 / flow, 1 / shares[known], rise[known])
    rate = STRIDE * chip.power.tdp / heat_capacity(chip) / steady
    warm = np.empty_like(steady)
    warm[0] = steady[0]
    for i in range(1, len(time)):
        warm[i] = warm[i - 1] + rate[i] * (steady[i] - warm[i - 1])
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


def _course(spec: Factory, share: float, seconds: float) -> "xr.Dataset":
    trip = {"kind": "pump_trip", "at": f"{TRIP} s", "remaining": share, "coast_down": f"{COAST_DOWN} s"}
    plan = {"duration": f"{TRIP + seconds} s", "steps": STEPS, "load": {"utilization": 1.0}, "event": [trip]}
    return simulate(spec, schedule_from(plan))


def _first(time: Array, temperature: Array, limit: float) -> float:
    """Return when a temperature first meets its limit, linear within a step; nan where it never does [s]."""
    i = int(np.argmax(temperature >= limit))
    if temperature[i] < limit:
        return float("nan")
    return float(np.interp(limit, temperature[i - 1 : i + 1], time[i - 1 : i + 1])) if i else float(time[0])


def _answer(remaining: tuple[float, ...], simulated: Array, estimate: Array, limit: float) -> str:
    holds = [share for share, time in zip(remaining, simulated, strict=True) if np.isnan(time)]
    kept = f"{min(holds):.0%} of the flow left keep every die below it" if holds else "no share studied prevents it"
    said = "" if np.isnan(estimate[0]) else f" (lumped estimate {estimate[0]:.1f} s)"
    return (
        f"With {remaining[0]:.0%} of the flow left the first die reaches {limit - 273.15:g} °C"
        f" {simulated[0]:.1f} s after the trip{said}; {kept}."
    )


def _chart(limit: float) -> dict[str, Any]:
    die = {"axis": "y", "value": limit, "text": f"die limit {limit - 273.15:g} °C"}
    line = {"kind": "line", "x": "time", "y": "junction_temperature_max", "series": "remaining", "limits": [die]}
    times = ["time_to_limit", "time_to_limit_lumped"]
    wait = {"kind": "line", "x": "remaining", "y": times, "axis": "Time to the limit"}
    return {"panels": [{**line, "title": "Hottest die"}, {**wait, "title": "Time until the first die is at its limit"}]}


_TABLE = {"rows": "remaining", "columns": ["time_to_limit", "time_to_limit_lumped"]}
