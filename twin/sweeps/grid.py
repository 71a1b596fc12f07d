"""The points of a sweep over all combinations of given values: one dimension per field."""

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from twin.result.schema import fields
from twin.spec.errors import SpecError
from twin.spec.models import models
from twin.spec.paths import Steps, convert, field_at, find
from twin.spec.quantity import parse_range
from twin.spec.types import Factory

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
#: Two ends of a range, without a step.
_ENDS = re.compile(rf"\s*({_NUMBER})[^:,]*:\s*({_NUMBER})\s*([^:,]*)")


class Axis(NamedTuple):
    """One field and the values it takes."""

    path: str
    """As given."""
    name: str
    """Of its coordinate: the shortest end of the path that clashes with no variable and no other axis."""
    targets: list[Steps]
    """The fields it sets: several where the path holds a ``*``."""
    values: list[Any]
    """In SI."""


class Points(NamedTuple):
    """Where a sweep solves: combinations of the values of the axes, or draws."""

    axes: tuple[Axis, ...]
    dims: tuple[str, ...]
    """One per axis; of draws the only one is `sample`, and each axis has one value per draw."""
    sizes: tuple[int, ...]
    """Points along each dimension."""
    text: str
    """What was asked for, one line per field."""

    def values(self, region: Mapping[str, slice]) -> list[tuple[Any, ...]]:
        """Return the values of all axes at each point of a region, the last dimension fastest."""
        if self.dims == ("sample",):
            return list(zip(*(axis.values[region["sample"]] for axis in self.axes), strict=True))
        chosen = (axis.values[region[dim]] for axis, dim in zip(self.axes, self.dims, strict=True))
        return list(itertools.product(*chosen))


def grid(spec: Factory, over: Mapping[str, Iterable[Any] | str]) -> Points:
    """Return the points of all combinations of the given values.

    Parameters
    ----------
    spec : Factory
        Gives the fields.
    over : mapping of str to iterable or str
        Path → values, see `axis_values`.

    Returns
    -------
    Points
        One dimension per path.

    Raises
    ------
    SpecError
        No field, unknown path, one field in two paths, empty or unfit values.

    References
    ----------
    Derived: Cartesian product.
    """
    axes = named_axes(spec, {path: axis_values(spec, path, values) for path, values in over.items()})
    text = "\n".join(f"{axis.path} = {', '.join(map(str, axis.values))}" for axis in axes)
    return Points(axes, tuple(axis.name for axis in axes), tuple(len(axis.values) for axis in axes), text)


def named_axes(spec: Factory, values: Mapping[str, list[Any]]) -> tuple[Axis, ...]:
    """Return the axes of converted values.

    Parameters
    ----------
    spec : Factory
        Gives the fields.
    values : mapping of str to list
        Path → values [SI].

    Returns
    -------
    tuple of Axis
        In the order given.

    Raises
    ------
    SpecError
        There is none, or two set the same field.

    References
    ----------
    Derived: shortest ends of the paths that differ.
    """
    if not values:
        raise SpecError("sweep: no field given; name at least one path with its values")
    targets = {path: find(spec, path) for path in values}
    _check_distinct(targets)
    names = _names(list(targets.values()))
    return tuple(Axis(path, name, targets[path], values[path]) for path, name in zip(values, names, strict=True))


def _check_distinct(targets: dict[str, list[Steps]]) -> None:
    seen: dict[Steps, str] = {}
    for path, steps in targets.items():
        for one in steps:
            if one in seen:
                raise SpecError(f"{path} and {seen[one]} both set {'.'.join(one)}: sweep a field once")
            seen[one] = path


def axis_values(spec: Factory, path: str, values: Iterable[Any] | str) -> list[Any]:
    """Return the values of one axis, checked and in SI.

    Parameters
    ----------
    spec : Factory
        Gives the field.
    path : str
        Path of the field.
    values : iterable, or str
        Numbers (SI) or text with units; or one text: a range ``25:50:1 degC``, or a list ``1200, 1400 W`` whose last
        unit serves the bare numbers before it. Of a table that has models: their names.

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
    named = models(kind.table) if kind.table else {}
    return [value if isinstance(value, str) and value in named else convert(target, kind, value) for value in listed]


def _from_text(text: str, unit: str | None) -> list[Any]:
    ranged = parse_range(text, unit) if unit else None
    if ranged is not None:
        return ranged
    if unit and (ends := _ENDS.fullmatch(text)):
        raise SpecError(
            f"the range {text!r} needs a step, such as {_with_step(*ends.groups())}, or a sample (--sample latin:200)"
        )
    parts = [part.strip() for part in text.split(",") if part.strip()]
    shared = parts[-1].lstrip("+-.0123456789eE").strip() if parts and unit not in (None, "1") else ""
    return [f"{part} {shared}" if shared and re.fullmatch(_NUMBER, part) else part for part in parts]


def _with_step(low: str, high: str, unit: str) -> str:
    """Return the range in ten steps."""
    return f"{low}:{high}:{(float(high) - float(low)) / 10 or 1:g} {unit}".strip()


def _names(axes: list[list[Steps]]) -> list[str]:
    """Return the shortest ends of the paths that tell the axes apart and clash with no variable."""
    taken = {*fields(), "status", "message", "done", "sample"}
    names: list[str] = []
    for targets in axes:
        others = [other[0] for other in axes if other is not targets]
        ends = (targets[0][-n:] for n in range(1, len(targets[0]) + 1))
        end = next(e for e in ends if e == targets[0] or ("_".join(e) not in taken and not _ends(others, e)))
        names.append("_".join(end).replace("-", "_"))
    return names


def _ends(others: list[Steps], end: Steps) -> bool:
    return any(other[-len(end) :] == end for other in others)
