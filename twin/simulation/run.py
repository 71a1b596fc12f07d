"""Run a rack through a schedule and keep what it records: in memory, or in a store that a stopped run goes on with."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.couple.solve import installed_version
from twin.layout.parts import parts
from twin.result.store import Store, open_store
from twin.simulation.checkpoint import read_state, write_state
from twin.simulation.fast import Fast, fast_of
from twin.simulation.grid import grid_of
from twin.simulation.march import Policy, march
from twin.simulation.outdoor import sky_of
from twin.simulation.record import Rows, rows, template
from twin.simulation.schedule import Schedule
from twin.simulation.state import State, energy_closure
from twin.spec.errors import SpecError
from twin.spec.types import Factory
from twin.spec.write import catalogue_hash, sources_used, to_toml

if TYPE_CHECKING:
    import xarray as xr

#: Output intervals kept in memory before they are written: a tenth of the run, within these bounds. Few enough to be
#: simulated anew in a second or two, many enough that writing them costs little.
CHUNK = (256, 768)
#: File in the store that holds the state at the end of the last chunk; within an array, where zarr looks for no others.
STATE = "done/state.npz"


def simulate(
    spec: Factory,
    schedule: Schedule,
    *,
    store: Path | None = None,
    policies: Sequence[Policy] = (),
    progress: Callable[[float], None] | None = None,
) -> "xr.Dataset":
    """Return what a rack does over time, from its steady state at the first load.

    Parameters
    ----------
    spec : Factory
        The rack.
    schedule : Schedule
        Load, set-points, events, policies and steps, see `twin.read_schedule`.
    store : Path, optional
        A zarr folder that is written as the run goes; one of the same run is gone on with.
    policies : sequence of callable
        Further policies, (Measured, SetPoints) → SetPoints; only without a store, which could not tell them apart.
    progress : callable, optional
        Called with the simulated time so far [s].

    Returns
    -------
    Dataset
        Over `time` (ends of the output intervals), `chip` and `shelf`; from a store it is read where it is looked at.
        The attribute `energy_closure_relative` tells how well energy closes over the whole run.

    Raises
    ------
    SpecError
        The schedule does not fit the rack; a store of another run, left as it is.
    ConvergenceError
        No state to go on to, with the time; what was stored before is kept.

    References
    ----------
    Derived: docs, "A rack in time".

    Examples
    --------
    >>> import twin
    >>> plan = twin.schedule_from({"duration": "20 s", "load": {"utilization": 0.5}})
    >>> course = twin.simulate(twin.load("gb300-nvl72"), plan)
    >>> course.sizes["time"]
    2
    """
    if not isinstance(schedule, Schedule):
        raise SpecError(
            f"schedule = {schedule!r}: must be a Schedule; make it with twin.read_schedule(path) or "
            "twin.schedule_from(mapping)"
        )
    if store is not None and policies:
        raise SpecError("policies of your own: run without a store, which cannot tell two of them apart")
    place, grid = parts(spec.rack), grid_of(schedule)
    every = round(schedule.steps.output / grid.tick)
    ends = np.minimum(np.arange(1, -(-grid.last // every) + 1) * every, grid.last)
    fast = fast_of(schedule, grid)
    empty = template(place, ends * grid.tick, fast).assign_attrs(_attributes(spec))
    whole = lcm(every, grid.loop) // every  # intervals that end where a step of the loop does
    chunk = -(-min(max(ends.size // 10, CHUNK[0]), CHUNK[1]) // whole) * whole
    if store is None:
        steps = _watched(march(spec, schedule, policies=policies), progress)
        found = list(rows(place, steps, every, chunk, fast))
        filled = {name: np.concatenate([part.values[str(name)] for part in found]) for name in empty.data_vars}
        return _closed(empty.copy(data={n: v.astype(empty[n].dtype) for n, v in filled.items()}), found[-1].state)
    kept = open_store(store, empty, _identity(spec, schedule), {"time": chunk})
    try:
        return _stored(spec, schedule, kept, progress)
    finally:
        if not (store / STATE).exists():  # of a run that came to nothing
            shutil.rmtree(store, ignore_errors=True)


def _stored(spec: Factory, schedule: Schedule, store: Store, progress: Callable[[float], None] | None) -> "xr.Dataset":
    """Fill what is missing of a store, a chunk at a time, each followed by the state at its end."""
    import xarray as xr

    place, grid, path = parts(spec.rack), grid_of(schedule), store.path / STATE
    every, chunk = round(schedule.steps.output / grid.tick), int(store.group["done"].chunks[0])
    state = read_state(path)
    first = 0 if state is None else round(state.time / grid.tick) // every
    if state is None or round(state.time / grid.tick) < grid.last:
        steps = march(spec, schedule, start=state)
        fast = fast_of(schedule, grid)
        for part in rows(place, _watched(steps, progress), every, chunk, fast, state):
            count = part.values["rack_power"].shape[0]
            store.write({"time": slice(first, first + count)}, _dataset(part, fast))
            write_state(path, part.state)
            store.tell({"energy_closure_relative": energy_closure(part.state)})
            first, state = first + count, part.state
    assert state is not None
    return _closed(xr.open_zarr(store.path, chunks=None).drop_vars("done"), state)


def _dataset(part: Rows, fast: Fast | None) -> "xr.Dataset":
    import xarray as xr

    from twin.simulation.record import series

    kinds = series(window=fast is not None)
    return xr.Dataset({name: (("time", *kinds[name].dims), value) for name, value in part.values.items()})


def _watched(
    steps: Iterator[tuple[float, State]], progress: Callable[[float], None] | None
) -> Iterator[tuple[float, State]]:
    for time, state in steps:
        yield time, state
        if progress is not None:
            progress(time)


def _closed(dataset: "xr.Dataset", state: State) -> "xr.Dataset":
    return dataset.assign_attrs(energy_closure_relative=energy_closure(state))


def _attributes(spec: Factory) -> dict[str, Any]:
    return {
        "title": spec.name,
        "system_title": spec.title,
        "Conventions": "CF-1.11",
        "sources": sources_used(spec),
        "announced": int(spec.announced),
    }


def _identity(spec: Factory, schedule: Schedule) -> dict[str, str]:
    """Return what makes two runs the same; trace and weather stand in files of their own, of which hashes are kept."""
    year = sky_of(spec, schedule.outdoor).year
    return {
        "spec": to_toml(spec),
        "schedule": schedule.source or repr(schedule),
        "load_hash": hashlib.sha256(repr(schedule.load).encode()).hexdigest()[:12],
        "weather_hash": "" if year is None else hashlib.sha256(np.array(year).tobytes()).hexdigest()[:12],
        "catalogue_hash": catalogue_hash(),
        "version": installed_version(),
    }
