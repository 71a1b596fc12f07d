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
from twin.spec.paths import Steps, set_steps
from twin.spec.types import Factory
from twin.sweeps.grid import Axis, Points

Region = dict[str, slice]

#: Values of a field in one block where each value needs tables or a batch of its own.
COSTLY = 8
#: Values of a field that are looked at to see whether it is such a field.
_LOOKS = 5


def costly(spec: Factory, axis: Axis) -> bool:
    """Return whether the values of an axis change the compact packages or the parts of the rack.

    Parameters
    ----------
    spec : Factory
        Where the other fields come from.
    axis : Axis
        The axis.

    Returns
    -------
    bool
        True: points along it cannot share one batch and its tables.

    References
    ----------
    Derived: group keys and packages of a few of its values.
    """
    step = max(1, len(axis.values) // _LOOKS)
    specs = [spec, *(apply(spec, [axis.targets], (value,)) for value in axis.values[::step])]
    return len({_shared(made) for made in specs if isinstance(made, Factory)}) > 1


def _shared(spec: Factory) -> Hashable:
    return group_key(spec), tuple((chip.package, chip.plate) for chip in kinds_of_chip(spec))


def lengths(points: Points, slow: Sequence[bool]) -> dict[str, int]:
    """Return how long a block is along each dimension: at most `CHUNK` points in all, as even as can be.

    Parameters
    ----------
    points : Points
        The points.
    slow : sequence of bool
        Which axes are costly.

    Returns
    -------
    dict of str to int
        Length by dimension; the number of workers has no part in it, so that a store may be resumed by any.

    References
    ----------
    Derived: the last dimensions whole, as far as they fit.

    Examples
    --------
    >>> lengths(Points((), ("x", "y"), (40, 50), ""), [False, False])
    {'x': 2, 'y': 50}
    """
    along = [any(slow)] if points.dims == ("sample",) else slow
    left, found = CHUNK, {}
    for dim, size, heavy in reversed(list(zip(points.dims, points.sizes, along, strict=True))):
        most = min(left, COSTLY) if heavy else left
        found[dim] = math.ceil(size / math.ceil(size / most))
        left //= found[dim]
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
        SI units; NaN or no text where status is refused or failed.

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
    for i, text in failures.items():
        message[good[i]], status[good[i]] = text, "failed"
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
    try:
        for steps, value in zip(targets, point, strict=True):
            spec = set_steps(spec, steps, value)
    except SpecError as error:
        return str(error)
    return spec


def solve_together(specs: list[Factory], reference: Factory | None = None) -> tuple[dict[str, Any], dict[int, str]]:
    """Return the table of some specs, blank where one could not be solved, and the message of each that failed.

    Parameters
    ----------
    specs : list of Factory
        One per point.
    reference : Factory, optional
        See `twin.couple.solve.solve_table`.

    Returns
    -------
    tuple
        Table [SI], and failures by place.

    References
    ----------
    Derived: halved where one fails, until the failing ones stand alone.
    """
    table = {name: _blank(field.unit == "", len(specs)) for name, field in scalars().items()}
    failures: dict[int, str] = {}
    _solve_some(list(range(len(specs))), specs, reference, (table, failures))
    return table, failures


def _solve_some(
    chosen: list[int], specs: list[Factory], reference: Factory | None, into: tuple[dict[str, Any], dict[int, str]]
) -> None:
    if not chosen:
        return
    try:
        rows = solve_table([specs[i] for i in chosen], reference)
    except (SpecError, ConvergenceError, ValueError) as error:
        if len(chosen) == 1:
            into[1][chosen[0]] = str(error)
            return
        middle = len(chosen) // 2
        for half in (chosen[:middle], chosen[middle:]):
            _solve_some(half, specs, reference, into)
        return
    for name, values in rows.items():
        into[0][name][chosen] = values


def _blank(text: bool, points: int) -> Any:
    return np.full(points, "", dtype=object) if text else np.full(points, np.nan)
