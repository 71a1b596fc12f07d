"""Sweep any fields of a spec over a grid, in this process: one Dataset with a dimension per field."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.couple.solve import CHUNK, solve_table
from twin.result.schema import fields, scalars, udunits
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.paths import Steps, convert, field_at, find, set_steps
from twin.spec.quantity import parse_range
from twin.spec.types import Factory

if TYPE_CHECKING:
    import xarray as xr


def sweep(
    spec: Factory, over: Mapping[str, Iterable[Any] | str], progress: Callable[[int], None] | None = None
) -> "xr.Dataset":
    """Return the headline numbers over the grid of all combinations of the given values.

    Parameters
    ----------
    spec : Factory
        Where the other fields come from.
    over : mapping of str to iterable or str
        Path → values (numbers are SI, text carries its unit), or one text: a range or list, see `axis_values`.
    progress : callable, optional
        Called with the number of points solved since the last call [1].

    Returns
    -------
    Dataset
        Scalars of /summary, one dimension per path, named by the shortest end of the path that clashes with no
        variable and no other dimension; with `status` (ok, refused, failed) and `message`; a point that
        could not be solved is NaN.

    Raises
    ------
    SpecError
        Unknown path, empty or unfit values: before anything is solved.

    References
    ----------
    Derived: racks of equal parts are solved as one batch; see `twin.couple.solve.solve_table`.

    Examples
    --------
    >>> import twin
    >>> grid = twin.sweep(twin.load("gb300-nvl72"), {"cooling.supply_temperature": [308.15, 318.15]})
    >>> dict(grid.sizes)
    {'supply_temperature': 2}
    """
    axes = {path: (find(spec, path), axis_values(spec, path, values)) for path, values in over.items()}
    if not axes:
        raise SpecError("sweep: no field given; name at least one path with its values")
    _check_distinct({path: targets for path, (targets, _) in axes.items()})
    points = list(itertools.product(*(values for _, values in axes.values())))
    specs, messages = [], [""] * len(points)
    for i, point in enumerate(points):
        made = _point(spec, [targets for targets, _ in axes.values()], point)
        messages[i] = made if isinstance(made, str) else ""
        specs.append(None if isinstance(made, str) else made)
    table, failures = _solve_all(specs, progress or (lambda _: None))
    return _dataset(spec, axes, table, messages, failures)


def _check_distinct(targets: dict[str, list[Steps]]) -> None:
    seen: dict[Steps, str] = {}
    for path, steps in targets.items():
        for one in steps:
            if one in seen:
                raise SpecError(f"{path} and {seen[one]} both set {'.'.join(one)}: sweep a field once")
            seen[one] = path


def axis_values(spec: Factory, path: str, values: Iterable[Any] | str) -> list[Any]:
    """Return the values of one dimension, checked and in SI.

    Parameters
    ----------
    spec : Factory
        Gives the field.
    path : str
        Path of the field.
    values : iterable, or str
        Numbers (SI) or text with units; or one text: a range ``25:50:1 degC``, or a list ``1200, 1400 W`` whose last
        unit serves the bare numbers before it.

    Returns
    -------
    list
        Values of the field [unit of the field].

    Raises
    ------
    SpecError
        Unknown path, nothing to sweep over, or an unfit value.

    References
    ----------
    Derived: `twin.spec.quantity.parse_range`, then `twin.spec.paths.convert`.

    Examples
    --------
    >>> import twin
    >>> axis_values(twin.load("gb300-nvl72"), "gpu.power.tdp", "1200, 1400 W")
    [1200.0, 1400.0]
    """
    target = find(spec, path)[0]
    kind = field_at(spec, target)
    try:
        listed = _from_text(values, kind.unit) if isinstance(values, str) else list(values)
    except TypeError:
        raise SpecError(f"{path} = {values!r}: must be a list of values, or a range such as 25:50:1 degC") from None
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from error
    if not listed:
        raise SpecError(f"{path}: no values to sweep over")
    return [convert(target, kind, value) for value in listed]


def _from_text(text: str, unit: str | None) -> list[Any]:
    ranged = parse_range(text, unit) if unit else None
    if ranged is not None:
        return ranged
    parts = [part.strip() for part in text.split(",") if part.strip()]
    shared = parts[-1].lstrip("+-.0123456789eE").strip() if parts and unit not in (None, "1") else ""
    bare = re.compile(r"[+-]?[\d.]+([eE][+-]?\d+)?")
    return [f"{part} {shared}" if shared and bare.fullmatch(part) else part for part in parts]


def _point(spec: Factory, targets: list[list[Steps]], point: tuple[Any, ...]) -> Factory | str:
    try:
        for steps, value in zip(targets, point, strict=True):
            spec = set_steps(spec, steps, value)
    except SpecError as error:
        return str(error)
    return spec


def _solve_all(specs: list[Factory | None], progress: Callable[[int], None]) -> tuple[dict[str, Any], dict[int, str]]:
    """Return the table of all points, blank where they could not be solved, and the message of each that failed."""
    good = [i for i, spec in enumerate(specs) if spec is not None]
    table = {name: _blank(field.unit == "", len(specs)) for name, field in scalars().items()}
    failures: dict[int, str] = {}
    progress(len(specs) - len(good))
    for start in range(0, len(good), CHUNK):
        _solve_some(specs, good[start : start + CHUNK], table, failures)
        progress(len(good[start : start + CHUNK]))
    return table, failures


def _solve_some(specs: list[Any], chosen: list[int], table: dict[str, Any], failures: dict[int, str]) -> None:
    """Solve the chosen points together; halve them where one fails, until the failing ones stand alone."""
    try:
        rows = solve_table([specs[i] for i in chosen])
    except (SpecError, ConvergenceError, ValueError) as error:
        if len(chosen) == 1:
            failures[chosen[0]] = str(error)
            return
        middle = len(chosen) // 2
        for half in (chosen[:middle], chosen[middle:]):
            _solve_some(specs, half, table, failures)
        return
    for name, values in rows.items():
        table[name][chosen] = values


def _blank(text: bool, points: int) -> Any:
    return np.full(points, "", dtype=object) if text else np.full(points, np.nan)


def _dataset(
    spec: Factory,
    axes: Mapping[str, tuple[list[Steps], list[Any]]],
    table: dict[str, Any],
    messages: list[str],
    failures: dict[int, str],
) -> "xr.Dataset":
    import xarray as xr

    dims = _dimension_names([targets for targets, _ in axes.values()])
    shape = tuple(len(values) for _, values in axes.values())
    declared = fields()
    messages = [failures.get(i, message) for i, message in enumerate(messages)]
    status = ["failed" if i in failures else "refused" if message else "ok" for i, message in enumerate(messages)]
    variables = {
        name: (
            dims,
            values.reshape(shape),
            {"units": udunits(declared[name].unit), "long_name": declared[name].meaning},
        )
        for name, values in table.items()
    }
    coordinates = {
        dim: (
            dim,
            values,
            {"units": udunits((field_at(spec, targets[0]).unit or "").replace("delta_K", "K")), "path": path},
        )
        for dim, (path, (targets, values)) in zip(dims, axes.items(), strict=True)
    }
    notes = {
        "status": (dims, np.array(status).reshape(shape)),
        "message": (dims, np.array(messages, dtype=object).reshape(shape)),
    }
    return xr.Dataset({**variables, **notes}, coordinates, {"title": spec.name})


def _dimension_names(axes: list[list[Steps]]) -> list[str]:
    """Return the shortest ends of the paths that tell the dimensions apart and clash with no variable."""
    taken = {*fields(), "status", "message"}
    names: list[str] = []
    for targets in axes:
        others = [other[0] for other in axes if other is not targets]
        ends = (targets[0][-n:] for n in range(1, len(targets[0]) + 1))
        end = next(e for e in ends if e == targets[0] or ("_".join(e) not in taken and not _ends(others, e)))
        names.append("_".join(end).replace("-", "_"))
    return names


def _ends(others: list[Steps], end: Steps) -> bool:
    return any(other[-len(end) :] == end for other in others)
