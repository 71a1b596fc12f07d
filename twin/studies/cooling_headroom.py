"""How warm may the coolant be at each flow and load, and what limits it?

Each limit is a line T_supply,max = T_limit - rise(flow, load). The coolant return has a closed form,

    T_supply,max = T_return,max - Q / (rho c V),

with the heat Q into the liquid and the volume flow V. A die rises by R(V) P, with the resistance R of its package and
plate, which hardly falls with V where 1 / V still does: the return limits at low flow, the die at high flow. Half the
heat needs half the flow. Headroom is the least distance to a limit, without derating, at a fixed flow.
"""

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.build.model import build_model
from twin.couple.headroom import without_derating
from twin.couple.limits import thermal_limits, worst
from twin.couple.solve import CHUNK, solve_batch
from twin.couple.steady import solve_steady
from twin.spec.types import Factory
from twin.studies._frame import DIFFERENCE, dataset, spec_of, variable

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PATHS = ("cooling.supply_temperature", "cooling.volume_flow", "load.utilization")
LIMITS = ("die mean", "hot spot", "memory", "coolant return")
#: What limits the supply where no temperature does: the end of the range that the system allows.
RANGE = "supply range"
DIMS = ("supply_temperature", "volume_flow", "utilization")
COOLEST, LEAST_LOAD = 298.15, 0.2
OWN = {PATHS[2]: "swept from 20 % to full load"}


def study(system: str | Factory = "gb300-nvl72", points: tuple[int, int, int] = (26, 21, 9)) -> "xr.Dataset":
    """Return headroom over supply temperature x flow x load, every limit apart, and the limit surface.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    points : tuple of int
        Points along supply temperature, flow and load [1].

    Returns
    -------
    Dataset
        headroom of each limit, headroom_temperature and what limits it, supply_temperature_max, message.

    References
    ----------
    Derived: one batch of steady states without derating (`twin.couple.headroom`); module docstring.
    """
    spec = spec_of(system)
    supply = np.linspace(COOLEST, spec.limits.supply_maximum, points[0])
    flow = np.geomspace(spec.cooling.flow_minimum, spec.cooling.flow_maximum, points[1])
    load = np.linspace(LEAST_LOAD, 1.0, points[2])
    specs = [_at(spec, point) for point in itertools.product(supply, flow, load)]
    rows, messages = zip(
        *(row for k in range(0, len(specs), CHUNK) for row in headroom_of(specs[k : k + CHUNK])), strict=True
    )
    room = np.moveaxis(np.array(rows).reshape(*points, len(LIMITS)), -1, 0)
    least, warmest = room.min(axis=0), _warmest(room.min(axis=0), supply)
    by = np.array([*LIMITS, ""])[np.where(np.isnan(least), -1, np.argmin(room, axis=0))]
    now = solve_batch([spec.with_(PATHS[2], 1.0)]).isel(case=0)
    made = {
        "headroom": variable(("limit", *DIMS), room, "K", "distance to each limit", **DIFFERENCE),
        "headroom_temperature": variable(DIMS, least, "K", "headroom", **DIFFERENCE),
        "limited_by": (DIMS, by, {"long_name": "nearest limit, empty where there is no steady state"}),
        "supply_temperature_max": variable(DIMS[1:], warmest, "K", "highest supply temperature"),
        "message": (DIMS, np.array(messages, dtype=object).reshape(points), {"long_name": "why a point is unsolved"}),
    }
    coordinates = {
        "limit": ("limit", list(LIMITS), {"long_name": "limit"}),
        "supply_temperature": variable(DIMS[0], supply, "K", "coolant supply temperature"),
        "volume_flow": variable(DIMS[1], flow, "m3 s-1", "coolant flow of the rack"),
        "utilization": variable(DIMS[2], load, "1", "load"),
    }
    title = f"Cooling headroom of {spec.name} at full load"
    chart = _chart(spec.cooling.supply_temperature, now, load)
    here = np.array([_between(supply, spec.cooling.supply_temperature, one) for one in room[..., -1]])
    warmest_left = float(np.interp(float(now.coolant_volume_flow), flow, least[-1, :, -1]))
    answer = f"{_answer(spec, now, warmest_left)} {_along(here, flow)}"
    table = {
        "rows": "volume_flow",
        "columns": ["supply_temperature_max"],
        "dash": "no supply temperature of the range leaves headroom",
    }
    return dataset(__doc__, made, coordinates, title=title, answer=answer, chart=chart, table=table)


def _at(spec: Factory, point: tuple[float, ...]) -> Factory:
    for path, value in zip(PATHS, point, strict=True):
        spec = spec.with_(path, float(value))
    return spec


def headroom_of(specs: list[Factory]) -> list[tuple[list[float], str]]:
    """Return the distance of each rack to each limit [K] and why there is none; where a batch fails, of its halves."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            free = without_derating(solve_steady(build_model(specs)))
    except (RuntimeError, ValueError, ArithmeticError) as error:
        if len(specs) == 1:
            return [([np.nan] * len(LIMITS), str(error))]
        middle = len(specs) // 2
        return headroom_of(specs[:middle]) + headroom_of(specs[middle:])
    room = [-worst([item.value - item.bound])[:, 0] for item in thermal_limits(free.model, free.outcome)]
    return [(row, "") for row in np.transpose(room).tolist()]


def _warmest(least: Array, supply: Array) -> Array:
    """Return the supply temperature at which headroom (supply, flow, load) is zero, its range's end, or nan [K]."""
    column = least.reshape(len(supply), -1).T
    found = [np.interp(0.0, -room, supply, left=np.nan) for room in np.where(np.isnan(column), -np.inf, column)]
    return np.reshape(found, least.shape[1:])


def _between(supply: Array, at: float, room: Array) -> Array:
    """Return headroom (supply, flow) at a supply temperature: (flow,) [K]."""
    return np.array([np.interp(at, supply, column) for column in room.T])


def _answer(spec: Factory, now: "xr.Dataset", warmest_left: float) -> str:
    """Say what is left at the operating point and how far supply and flow may go."""
    most, by = _celsius(now.supply_temperature_max), _limit(now.supply_temperature_max_limited_by)
    supply = f"{most}, the warmest allowed, with {warmest_left:.1f} K left" if by == RANGE else f"{most} ({by})"
    least = now.coolant_flow_min * now.coolant_volume_flow / now.coolant_flow
    return (
        f"At full load, {_celsius(spec.cooling.supply_temperature)} and {_flow(now.coolant_volume_flow)},"
        f" {float(now.headroom_temperature):.1f} K are left to the {_limit(now.headroom_temperature_limited_by)} limit;"
        f" supply may reach {supply}, or the flow fall to {_flow(least)} ({_limit(now.coolant_flow_min_limited_by)})."
    )


def _along(room: Array, flow: Array) -> str:
    """Say which limit is nearest from which flow on, at headroom (limit, flow)."""
    known = ~np.isnan(room).any(axis=0)
    if not known.any():
        return "At this supply no flow has a steady state."
    room, flow = room[:, known], flow[known]
    by = np.argmin(room, axis=0)
    if (by == by[0]).all():
        return f"At this supply the nearest limit is the {LIMITS[by[0]]} at every flow."
    turns = [int(i) for i in np.flatnonzero(np.diff(by))]
    changes = [
        f"the {LIMITS[by[i + 1]]} from {_flow(_crossing(flow[i : i + 2], room[by[i]] - room[by[i + 1]], i))} on"
        for i in turns
    ]
    return f"At this supply the nearest limit is the {LIMITS[by[0]]}, {', '.join(changes)}."


def _crossing(flow: Array, gap: Array, i: int) -> float:
    """Return the flow between nodes i and i + 1 at which the gap between two limits closes, linear there."""
    return float(flow[0] + (flow[1] - flow[0]) * gap[i] / (gap[i] - gap[i + 1]))


def _celsius(value: Any) -> str:
    return f"{round(float(value) - 273.15, 1):g} °C"


def _flow(value: Any) -> str:
    litres = float(value) * 6e4
    return f"{litres:.{0 if litres >= 20 else 1}f} L/min"


def _limit(name: "xr.DataArray") -> str:
    """Return the limit in "part: limit"."""
    return str(name.item()).rpartition(": ")[2]


def _chart(supply: float, now: "xr.Dataset", load: Array) -> dict[str, Any]:
    flow, most = float(now.coolant_volume_flow), float(now.supply_temperature_max)
    marks = [{"x": flow, "y": supply, "text": f"operating point\n{float(now.headroom_temperature):.1f} K left"}]
    by = _limit(now.supply_temperature_max_limited_by)
    if most == most and by != RANGE:
        marks.append({"x": flow, "y": most, "shape": "^", "text": f"up to {_celsius(most)}"})
    zero = {
        "variable": "headroom_temperature",
        "value": 0.0,
        "series": "utilization",
        "text": "{} load",
        "key": "no headroom left",
        "others": "the same at other loads",
    }
    return {
        "kind": "map", "x": "volume_flow", "y": "supply_temperature", "colour": "headroom_temperature", "step": 5.0,
        "at": {"utilization": 1.0}, "marks": marks,
        "regions": {"variable": "headroom", "text": "nearest limit: {}", "key": "nearest limit changes"},
        "contours": [{**zero, "values": [float(one) for one in load[::-2][:3]]}],
    }  # fmt: skip
