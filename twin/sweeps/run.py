"""Sweep any fields of a spec over a grid or a sample: one Dataset, in memory or filled into a store block by block."""

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.couple.solve import CHUNK, installed_version
from twin.result.schema import fields, scalars, udunits
from twin.result.store import Store, open_store
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.paths import field_at
from twin.spec.types import Factory
from twin.spec.write import catalogue_hash, to_toml
from twin.sweeps.blocks import BATCHES, Region, lengths, regions, together
from twin.sweeps.engine import Solved, Task, solve_by, solve_here, solve_in_processes
from twin.sweeps.grid import Axis, Points, grid
from twin.sweeps.sample import Sample, draws

if TYPE_CHECKING:
    import xarray as xr

#: Blocks from which worker processes pay for their start: each with a package, or with batches, of its own; others.
_MANY = {1: 8, BATCHES: 3, CHUNK: 16}


def sweep(
    spec: Factory,
    over: Mapping[str, Iterable[Any] | str],
    *,
    sample: Sample | None = None,
    store: Path | str | None = None,
    executor: Executor | int | None = None,
    progress: Callable[[int], None] | None = None,
) -> "xr.Dataset":
    """Return the headline numbers over a grid of the given values, or over a sample of the given ranges.

    Parameters
    ----------
    spec : Factory
        Where the other fields come from.
    over : mapping of str to iterable or str
        Path → values (numbers are SI, text carries its unit), or one text: a range ``25:50:1 degC`` or a list
        ``1200, 1400 W``. With `sample` the two ends of a range: ``25:50 degC``, or two numbers.
    sample : Sample, optional
        Draw points from the ranges instead of combining values.
    store : path, optional
        Zarr folder that is filled as blocks are solved; where it is there already, only what it lacks is solved.
    executor : Executor or int, optional
        Who solves: any `concurrent.futures.Executor`, or a number of processes [1]; 1 is this process. By default
        this process for few blocks, else one process for each processor.
    progress : callable, optional
        Called with the number of points solved since the last call [1], first with those the store held.

    Returns
    -------
    Dataset
        Scalars of /summary in SI over one dimension per path, or over `sample`; the swept fields as coordinates;
        `status` (ok, refused, failed) and `message`. A point that could not be solved is NaN.

    Raises
    ------
    SpecError
        Unknown path, empty or unfit values, or a store of something else: before anything is solved.
    ConvergenceError
        The workers ended before the points were solved; what is stored is kept.

    References
    ----------
    Derived: racks of equal parts are solved as one batch; see docs, "Sweeps".

    Examples
    --------
    >>> import twin
    >>> grid = twin.sweep(twin.load("gb300-nvl72"), {"cooling.supply_temperature": [308.15, 318.15]})
    >>> dict(grid.sizes)
    {'supply_temperature': 2}
    """
    points = points_of(spec, over, sample)
    _check_workers(executor)
    most = [together(spec, axis) for axis in points.axes]
    blocks = regions(points, lengths(points, most))
    kept = _Memory.empty(_template(spec, points)) if store is None else _open(Path(store), spec, points)
    done = kept.done
    left = [i for i, region in enumerate(blocks) if not done[tuple(region.values())].all()]
    tell = progress or (lambda _: None)
    if done.any():
        tell(int(done.sum()))
    targets = [axis.targets for axis in points.axes]
    solved = _solved(executor, min(most), left, lambda i: (spec, targets, points.values(blocks[i])))
    try:
        with closing(solved):
            for i, columns in solved:
                kept.write(blocks[i], _part(blocks[i], columns))
                tell(len(columns["status"]))
    except (BrokenExecutor, CancelledError) as error:
        raise ConvergenceError(f"the workers ended before the sweep did ({error}); {_what_is_kept(store)}") from error
    return kept.dataset()


def points_of(spec: Factory, over: Mapping[str, Iterable[Any] | str], sample: Sample | None = None) -> Points:
    """Return the points of a sweep, all checked.

    Parameters
    ----------
    spec : Factory
        Gives the fields.
    over : mapping of str to iterable or str
        As in `sweep`.
    sample : Sample, optional
        As in `sweep`.

    Returns
    -------
    Points
        Of the grid or the sample.

    Raises
    ------
    SpecError
        As `sweep`.

    References
    ----------
    Derived: `grid`, `draws`.
    """
    if not isinstance(spec, Factory):
        raise SpecError(f"{spec!r} is no spec: load one with twin.load, for example twin.load('gb300-nvl72')")
    if not isinstance(over, Mapping):
        raise SpecError(f"over = {over!r}: must be a mapping, such as {{'load.utilization': '0.2:1:0.1'}}")
    if sample is not None and not isinstance(sample, Sample):
        raise SpecError(f"sample = {sample!r}: must be a twin.Sample, such as twin.Sample('latin', 200)")
    return grid(spec, over) if sample is None else draws(spec, over, sample)


def _check_workers(executor: object) -> None:
    """Refuse what can solve nothing (SpecError)."""
    if executor is None or isinstance(executor, Executor):
        return
    if isinstance(executor, bool) or not isinstance(executor, int):
        raise SpecError(f"executor = {executor!r}: must be a concurrent.futures.Executor or a number of processes")
    if executor < 1:
        raise SpecError(f"workers = {executor}: must be ≥ 1; 1 solves in this process")


def _solved(executor: Executor | int | None, most: int, left: list[int], task: Task) -> Generator[Solved, None, None]:
    if isinstance(executor, Executor):
        yield from solve_by(executor, left, task)
        return
    workers = executor or (os.cpu_count() or 1 if len(left) >= _MANY[most] else 1)
    yield from solve_here(left, task) if workers == 1 else solve_in_processes(workers, left, task)


def _part(region: Region, columns: Mapping[str, Any]) -> "xr.Dataset":
    import xarray as xr

    shape = tuple(cut.stop - cut.start for cut in region.values())
    return xr.Dataset({name: (tuple(region), values.reshape(shape)) for name, values in columns.items()})


def _what_is_kept(store: Path | str | None) -> str:
    if store is None:
        return "nothing is kept; name a store to keep what is solved"
    return f"what was solved is kept in {store}; the same sweep goes on from there"


def _open(path: Path, spec: Factory, points: Points) -> Store:
    """Open a store whose chunks are blocks of points none of which is costly: few files, also for small blocks."""
    chunks = lengths(points, [CHUNK] * len(points.axes))
    return open_store(path, _template(spec, points), _identity(spec, points), chunks)


def _identity(spec: Factory, points: Points) -> dict[str, str]:
    return {
        "spec": to_toml(spec),
        "axes": points.text,
        "catalogue_hash": catalogue_hash(),
        "version": installed_version(),
    }


def _template(spec: Factory, points: Points) -> "xr.Dataset":
    """Return the dataset before anything is solved; its arrays take no memory and cannot be written."""
    import xarray as xr

    declared = fields()
    variables: dict[str, Any] = {
        name: (
            points.dims,
            _blank("" if field.unit == "" else np.nan, points.sizes),
            {"units": udunits(declared[name].unit), "long_name": declared[name].meaning},
        )
        for name, field in scalars().items()
    }
    notes = {name: (points.dims, _blank(text, points.sizes)) for name, text in (("status", "pending"), ("message", ""))}
    coordinates = {axis.name: _coordinate(spec, points, axis) for axis in points.axes}
    return xr.Dataset(variables | notes, coordinates, {"title": spec.name, **_identity(spec, points)})


def _blank(value: Any, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(np.array(value, dtype=object if isinstance(value, str) else float), shape)


def _coordinate(spec: Factory, points: Points, axis: Axis) -> Any:
    """Return dimension, values and attributes of an input; `none` is NaN where the others are quantities."""
    unit = field_at(spec, axis.targets[0]).unit
    values: Any = axis.values
    if unit is not None:
        values = np.array([np.nan if value is None else value for value in values])
    elif not all(isinstance(value, (int, str)) for value in values):
        values = ["none" if value is None else str(value) for value in values]
    dim = "sample" if points.dims == ("sample",) else axis.name
    return dim, values, {"units": udunits((unit or "").replace("delta_K", "K")), "path": axis.path}


class _Memory(NamedTuple):
    """What a `Store` is, in memory."""

    filled: "xr.Dataset"

    @classmethod
    def empty(cls, template: "xr.Dataset") -> "_Memory":
        return cls(template.copy(deep=True))

    @property
    def done(self) -> NDArray[np.bool_]:
        return np.zeros(self.filled.status.shape, dtype=bool)

    def write(self, region: Region, part: "xr.Dataset") -> None:
        for name, variable in part.data_vars.items():
            self.filled[name].values[tuple(region.values())] = variable.values

    def dataset(self) -> "xr.Dataset":
        return self.filled
