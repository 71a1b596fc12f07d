"""A sweep cut into blocks: hyper-rectangles of points, each solved by broadcasting, each a task of its own."""

import itertools
import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from twin.build.electric import kinds_of_chip
from twin.build.model import group_key
from twin.couple.solve import CHUNK, solve_table
from twin.result.schema import scalars
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.paths import Steps, field_at, set_steps
from twin.spec.quantity import in_trade_units
from twin.spec.types import Factory
from twin.sweeps.grid import Axis, Points

Region = dict[str, slice]

#: Batches in one block: of fields that change the parts of the rack each combination of values is a batch of its own.
BATCHES = 8
#: Values of a field that are looked at to see whether it is such a field.
_LOOKS = 5


def together(spec: Factory, axis: Axis) -> int:
    """Return how many values of an axis one block may hold.

    Parameters
    ----------
    spec : Factory
        Where the other fields come from.
    axis : Axis
        The axis.

    Returns
    -------
    int
        1 where they change the compact packages (each needs tables of its own), `BATCHES` where they change the parts
        of the rack, else `CHUNK` [1].

    References
    ----------
    Derived: group keys and packages of a few of its values.
    """
    step = max(1, len(axis.values) // _LOOKS)
    tried = [apply(spec, [axis.targets], (value,)) for value in axis.values[::step]]
    specs = [spec, *(made for made in tried if isinstance(made, Factory))]
    if len({_packages(made) for made in specs}) > 1:
        return 1
    return BATCHES if len({group_key(made) for made in specs}) > 1 else CHUNK


def _packages(spec: Factory) -> Hashable:
    return tuple((chip.package, chip.plate) for chip in kinds_of_chip(spec))


def lengths(points: Points, most: Sequence[int]) -> dict[str, int]:
    """Return how long a block is along each dimension: at most `CHUNK` points in all, as even as can be.

    Parameters
    ----------
    points : Points
        The points.
    most : sequence of int
        Values of each axis that one block may hold, see `together` [1].

    Returns
    -------
    dict of str to int
        Length by dimension; the number of workers has no part in it, so that a store may be resumed by any.

    References
    ----------
    Derived: the last dimensions whole, as far as they fit; at most `BATCHES` combinations of costly values.

    Examples
    --------
    >>> lengths(Points((), ("x", "y"), (40, 50), ""), [CHUNK, CHUNK])
    {'x': 2, 'y': 50}
    """
    along = [min(most)] if points.dims == ("sample",) else most
    left, batches, found = CHUNK, BATCHES, {}
    for dim, size, values in reversed(list(zip(points.dims, points.sizes, along, strict=True))):
        costly = values < CHUNK
        fits = min(values, left, batches if costly else left)
        found[dim] = math.ceil(size / math.ceil(size / fits))
        left //= found[dim]
        batches //= found[dim] if costly else 1
    return dict(reversed(found.items()))


def regions(points: Points, length: dict[str, int]) -> list[Region]:
    """Return the blocks of that length that cover all points, the last dimension fastest.

    Parameters
    ----------
    points : Points
        The points.
    length : dict of str to int
        Length by dimension.

    Returns
    -------
    list of dict of str to slice
        No two overlap.

    References
    ----------
    Derived: Cartesian product of the cuts.
    """
    cuts = [
        [slice(start, min(start + length[dim], size)) for start in range(0, size, length[dim])]
        for dim, size in zip(points.dims, points.sizes, strict=True)
    ]
    return [dict(zip(points.dims, cut, strict=True)) for cut in itertools.product(*cuts)]


def solve_block(spec: Factory, targets: list[list[Steps]], points: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Return the headline numbers of some points, with status and message; runs in any process.

    Parameters
    ----------
    spec : Factory
        Where the other fields come from.
    targets : list of list of steps
        The fields that are set.
    points : list of tuple
        Their values at each point [SI].

    Returns
    -------
    dict of str to (points,) array
        SI units; NaN or no text where status is refused (SpecError) or failed (ConvergenceError).

    References
    ----------
    Derived: `solve_together`.
    """
    made = [apply(spec, targets, point) for point in points]
    good = [i for i, one in enumerate(made) if isinstance(one, Factory)]
    table, failures = solve_together([made[i] for i in good])  # type: ignore[misc]
    columns = {name: _blank(field.unit == "", len(points)) for name, field in scalars().items()}
    for name, values in table.items():
        columns[name][good] = values
    message = np.array([one if isinstance(one, str) else "" for one in made], dtype=object)
    status = np.where(message == "", "ok", "refused").astype(object)
    for i, error in failures.items():
        at = good[i]
        message[at] = f"{_said(spec, targets, points[at])}: then {error}"
        status[at] = "failed" if isinstance(error, ConvergenceError) else "refused"
    return {**columns, "status": status, "message": message}


def apply(spec: Factory, targets: list[list[Steps]], point: tuple[Any, ...]) -> Factory | str:
    """Return the spec with the values of a point, or why they are refused.

    Parameters
    ----------
    spec : Factory
        Where the other fields come from.
    targets : list of list of steps
        The fields that are set.
    point : tuple
        Their values [SI].

    Returns
    -------
    Factory or str
        The copy, or the message.

    References
    ----------
    Derived: `twin.spec.paths.set_steps`.
    """
    for steps, value in zip(targets, point, strict=True):
        try:
            spec = set_steps(spec, steps, value)
        except SpecError as error:
            named = len(steps) == 1 or _path(steps) in str(error)
            return str(error) if named else f"{_said(spec, [steps], (value,))}: then {error}"
    return spec


def _path(targets: list[Steps]) -> str:
    """Return the path that sets all targets: ``*`` where they differ."""
    return ".".join(step if len({step, *others}) == 1 else "*" for step, *others in zip(*targets, strict=False))


def _said(spec: Factory, targets: list[list[Steps]], point: tuple[Any, ...]) -> str:
    """Return the swept fields with their values at a point, as a person would set them."""
    return ", ".join(
        f"{_path(steps)} = {_shown(value, field_at(spec, steps[0]).unit)}"
        for steps, value in zip(targets, point, strict=True)
    )


def _shown(value: Any, unit: str | None) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return str(value) if unit is None else in_trade_units(value, unit)


def solve_together(
    specs: list[Factory], reference: Factory | None = None
) -> tuple[dict[str, Any], dict[int, Exception]]:
    """Return the table of some specs, blank where one could not be solved, and the error of each such.

    Parameters
    ----------
    specs : list of Factory
        One per point.
    reference : Factory, optional
        See `twin.couple.solve.solve_table`.

    Returns
    -------
    tuple
        Table [SI], and errors by place: ConvergenceError where there is no steady state, else what the spec lacks.

    References
    ----------
    Derived: halved where one fails, until the failing ones stand alone.
    """
    table = {name: _blank(field.unit == "", len(specs)) for name, field in scalars().items()}
    failures: dict[int, Exception] = {}
    _solve_some(list(range(len(specs))), specs, reference, (table, failures))
    return table, failures


def _solve_some(
    chosen: list[int],
    specs: list[Factory],
    reference: Factory | None,
    into: tuple[dict[str, Any], dict[int, Exception]],
) -> None:
    if not chosen:
        return
    try:
        rows = solve_table([specs[i] for i in chosen], reference)
    except (SpecError, ConvergenceError, ValueError) as error:
        if len(chosen) == 1:
            into[1][chosen[0]] = error
            return
        middle = len(chosen) // 2
        for half in (chosen[:middle], chosen[middle:]):
            _solve_some(half, specs, reference, into)
        return
    for name, values in rows.items():
        into[0][name][chosen] = values


def _blank(text: bool, points: int) -> Any:
    return np.full(points, "", dtype=object) if text else np.full(points, np.nan)
