"""What a run records: variables over time, each reduced over the ticks of an output interval in its own way.

Contract: means are by time, extremes over every instant, the others are values at the end of the interval; the
attribute `cell_methods` of each variable says which (CF conventions 1.11, section 7.3).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.layout.parts import Parts
from twin.result.schema import COORDINATES, fields, udunits
from twin.result.tree import KINDS_OF_TEMPERATURE
from twin.simulation.fast import FAST, Fast, fast_values
from twin.simulation.state import State
from twin.simulation.values import values
from twin.spec.errors import ConvergenceError

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


class Series(NamedTuple):
    """One recorded variable."""

    dims: tuple[str, ...]
    """Behind time."""
    unit: str
    method: str
    """mean, maximum, minimum or point"""
    meaning: str


#: Variables of a run that a steady result does not have; the others take unit and meaning from there.
_OWN = {
    "rack_power_max": ("W", "highest AC power of any instant"),
    "rack_grid_power": ("W", "AC power from the grid, behind the energy store"),
    "rack_grid_power_max": ("W", "highest AC power from the grid of any instant"),
    "rack_ramp_max": ("W/s", "fastest rise or fall of the rack's AC power from one instant to the next"),
    "rack_grid_ramp_max": ("W/s", "fastest rise or fall of the power from the grid from one instant to the next"),
    "store_energy": ("J", "energy held by the store"),
    "store_energy_min": ("J", "least energy held by the store at any instant"),
    "store_energy_max": ("J", "most energy held by the store at any instant"),
    "smoothing_power": ("W", "power that the floors of power smoothing burn in the GPU modules"),
    "smoothing_share": ("1", "share of the GPU modules that such a floor holds up"),
    "facility_heat": ("W", "heat that the facility water carries off"),
    "facility_return_temperature": ("K", "facility water leaving the units"),
    "outdoor_temperature": ("K", "dry bulb outdoors"),
    "outdoor_wet_bulb": ("K", "wet bulb outdoors"),
    "traffic_delivered": ("1", "share of the offered traffic that gets through"),
    "chips_running": ("1", "chips that are neither lost nor switched off"),
    "energy_supplied": ("J", "energy from the grid since the start"),
    "energy_of_pumps": ("J", "heat of the units' pumps since the start, share of this rack"),
    "energy_to_facility": ("J", "heat that the facility water has carried off since the start"),
    "energy_to_air": ("J", "heat into the air since the start"),
    "heat_stored": ("J", "heat held by packages and coolant and energy in the store, over that at the start"),
}
_METHODS = {
    "mean": (
        *("utilization", "rack_power", "liquid_heat", "facility_heat", "air_heat", "chip_power", "shelf_power"),
        *("unit_pump_power", "facility_pump_power", "fan_power", "chiller_power", "heat_pump_power", "room_power"),
        *("pue", "rack_grid_power", "smoothing_power", "smoothing_share"),
    ),
    "maximum": (
        *("rack_power_max", "junction_temperature_max", "hotspot_temperature_max", "memory_temperature_max"),
        *("busbar_section_current_max", "rack_grid_power_max", "rack_ramp_max", "rack_grid_ramp_max"),
        "store_energy_max",
    ),
    "minimum": ("clock_min", "bus_voltage_min", "traffic_delivered", "store_energy_min"),
    "point": (
        *("coolant_supply_temperature", "coolant_return_temperature", "coolant_flow", "junction_temperature"),
        *("facility_supply_temperature", "facility_return_temperature", "facility_flow", "unit_valve"),
        *("outdoor_temperature", "outdoor_wet_bulb"),
        *("chip_clock", "bandwidth_per_gpu", "all_to_all_time", "chips_running"),
        *("energy_supplied", "energy_of_pumps", "energy_to_facility", "energy_to_air", "heat_stored"),
        "store_energy",
    ),
}


def series(*, window: bool = False) -> dict[str, Series]:
    """Return every variable of a run, by name.

    Parameters
    ----------
    window : bool
        With those of a window that is recorded instant by instant.

    Returns
    -------
    dict of str to Series
        Dimensions behind time, unit, how an interval is reduced, meaning.

    References
    ----------
    Derived: the registry `twin.result.schema.fields`, and what only a run has.

    Examples
    --------
    >>> series()["rack_power"].method, series()["junction_temperature"].dims
    ('mean', ('chip',))
    """
    declared, found = fields(), {}
    for method, names in _METHODS.items():
        for name in names:
            own = _OWN.get(name)
            dims, unit, meaning = ((), *own) if own else (*declared[name][2:4], declared[name].meaning)
            found[name] = Series(dims, unit, method, meaning)
    if window:
        found |= {name: Series(("instant",), "W", "each", meaning) for name, (_, meaning) in FAST.items()}
    return found


def template(place: Parts, times: Array, fast: Fast | None = None) -> "xr.Dataset":
    """Return the dataset of a run, empty: coordinates in full, variables without numbers.

    Parameters
    ----------
    place : Parts
        Names of chips and shelves.
    times : (time,) array
        Ends of the output intervals [s].
    fast : Fast, optional
        A window that is recorded instant by instant.

    Returns
    -------
    Dataset
        Scalars in double, values of parts in single precision.

    References
    ----------
    Derived: `series`.
    """
    import xarray as xr

    names = {"chip": list(place.chip), "shelf": list(place.shelf)}
    coordinates: dict[str, Any] = {
        dim: (dim, np.array(each), {"long_name": COORDINATES[dim]}) for dim, each in names.items()
    }
    coordinates["time"] = ("time", times, {"units": "s", "long_name": "end of the interval, from the start"})
    sizes = {dim: len(each) for dim, each in names.items()}
    if fast is not None:
        sizes["instant"] = fast.every * fast.instants
        meaning = {"units": "s", "long_name": "from the start of the interval"}
        coordinates["instant"] = ("instant", np.arange(sizes["instant"]) * fast.step, meaning)
    variables = {}
    for name, row in series(window=fast is not None).items():
        shape = (times.size, *(sizes[dim] for dim in row.dims))
        empty = np.broadcast_to(np.float32(np.nan) if row.dims else np.float64(np.nan), shape)
        attributes = {"units": udunits(row.unit), "long_name": row.meaning, "cell_methods": f"time: {row.method}"}
        if row.method == "each":
            attributes["cell_methods"] = "instant: mean"
        if row.unit in KINDS_OF_TEMPERATURE:
            attributes["units_metadata"] = KINDS_OF_TEMPERATURE[row.unit]
        variables[name] = (("time", *row.dims), empty, attributes)
    return xr.Dataset(variables, coordinates)


#: How ticks, and parts of an interval, become one value; means are summed first. A point is the last.
_JOIN: Mapping[str, np.ufunc] = {"mean": np.add, "maximum": np.fmax, "minimum": np.fmin, "each": np.fmax}


class Rows(NamedTuple):
    """Some output intervals, and the state at the end of the last."""

    values: dict[str, Array]
    """(rows, …) of every variable."""
    state: State


def rows(
    place: Parts,
    steps: Iterable[tuple[float, State]],
    every: int,
    chunk: int,
    fast: Fast | None = None,
    before: State | None = None,
) -> Iterator[Rows]:
    """Reduce the steps of a run to output intervals, and yield them a chunk at a time.

    Parameters
    ----------
    place : Parts
        Tells which chips are GPUs.
    steps : iterable of (time, State)
        Steps of the loop, one behind the other, from the start of an interval.
    every : int
        Ticks in an interval [1].
    chunk : int
        Intervals in a chunk [1]; a chunk ends where a step of the loop does.
    fast : Fast, optional
        A window that is recorded instant by instant.
    before : State, optional
        Where the steps go on from, if they do not begin with it.

    Yields
    ------
    Rows
        A chunk; the last one, and the last interval, may be shorter.

    References
    ----------
    Derived: sums and extremes, interval by interval; memory is that of one chunk. A run that ends in a ConvergenceError
    yields what is whole before it.
    """
    methods = {name: row.method for name, row in series(window=fast is not None).items()}
    ready: list[dict[str, Array]] = []
    rest: dict[str, Array] = {}
    count = 0
    whole: tuple[int, State | None] = (0, None)
    try:
        for _, state in steps:
            if state.course is None:
                before = state
                continue
            told = values(place, state, before) | ({} if fast is None else fast_values(fast, state))
            before = state._replace(course=None)
            parts, full, count = _cut(methods, told, rest, (every, count))
            rest = {name: value[full:] for name, value in parts.items()} if count else {}
            if full:
                ready.append(_finished(methods, {name: value[:full] for name, value in parts.items()}, every))
            if count == 0:
                whole = len(ready), state
            if count == 0 and sum(part["rack_power"].size for part in ready) >= chunk:
                yield Rows(_together(ready), state)
                ready, whole = [], (0, None)
    except ConvergenceError:
        if whole[1] is not None:
            yield Rows(_together(ready[: whole[0]]), whole[1])
        raise
    if rest:
        ready.append(_finished(methods, rest, count))
    if ready:
        yield Rows(_together(ready), state)


def _cut(
    methods: Mapping[str, str], found: dict[str, Array], rest: dict[str, Array], ticks: tuple[int, int]
) -> tuple[dict[str, Array], int, int]:
    """Return the ticks of a step as intervals, joined to the open one before; how many are full, ticks of the rest."""
    every, count = ticks
    many = found["rack_power"].size
    starts = np.append(0, np.arange(every - count, many, every))
    parts = {name: _reduced(methods[name], value, starts) for name, value in found.items()}
    for name, before in rest.items():
        parts[name][0] = _joined(methods[name], before[0], parts[name][0])
    return parts, *divmod(count + many, every)


def _reduced(method: str, value: Array, starts: NDArray[np.int64]) -> Array:
    """Return one value for each run of ticks; the ends of the runs are the starts of the next."""
    if method == "point":
        return value[np.append(starts[1:], len(value)) - 1].copy()
    return np.asarray(_JOIN[method].reduceat(value, starts, axis=0))


def _joined(method: str, before: Array, after: Array) -> Array:
    return after if method == "point" else np.asarray(_JOIN[method](before, after))


def _finished(methods: Mapping[str, str], parts: dict[str, Array], ticks: int) -> dict[str, Array]:
    return {name: value / ticks if methods[name] == "mean" else value for name, value in parts.items()}


def _together(parts: list[dict[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
