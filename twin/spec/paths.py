"""Dotted paths into a spec: which field a name means, its unit, and a copy with another value.

A path is a run of field names; an element of a list is chosen by its name or by ``*``; any suffix that names one field
is enough: ``cooling.supply_temperature``, ``gpu.power.tdp``, ``compute.chips.*.power.tdp``.
"""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from twin.spec.errors import SpecError
from twin.spec.quantity import in_trade_units, to_si
from twin.spec.types import Factory, Origin

Steps = tuple[str, ...]


class FieldType(NamedTuple):
    """What a leaf field holds."""

    annotation: Any
    """Its type as annotated."""
    unit: str | None
    """Its SI unit; None for text, counts and switches."""
    optional: bool
    """None is allowed."""


@lru_cache(maxsize=256)
def field_types(owner: type) -> dict[str, FieldType]:
    """Return the fields of a parameter type with their units.

    Parameters
    ----------
    owner : type
        A dataclass of the spec.

    Returns
    -------
    dict of str to FieldType
        Every field but the provenance.

    References
    ----------
    Derived: the annotations of the dataclass.
    """
    hints = get_type_hints(owner, include_extras=True)
    return {f.name: _field_type(hints[f.name]) for f in dataclasses.fields(owner) if f.name != "provenance"}


def _field_type(annotation: Any) -> FieldType:
    if get_origin(annotation) in (Union, UnionType):
        inner = next(a for a in get_args(annotation) if a is not NoneType)
        return FieldType(annotation, _field_type(inner).unit, True)
    if get_origin(annotation) is Annotated:
        unit = next((m for m in get_args(annotation)[1:] if isinstance(m, str)), None)
        return FieldType(annotation, unit if get_args(annotation)[0] is float else None, False)
    return FieldType(annotation, None, False)


def leaves(spec: Any) -> Iterator[tuple[Steps, Any]]:
    """Yield (steps, value) for every scalar field of a spec, list elements by name.

    Parameters
    ----------
    spec : dataclass instance
        A Factory or a part of one.

    Yields
    ------
    tuple of (tuple of str, object)
        Steps of the path and the value in SI.

    References
    ----------
    Derived: depth-first order of the fields.
    """
    for name in field_types(type(spec)):
        value = getattr(spec, name)
        if dataclasses.is_dataclass(value):
            yield from (((name, *steps), leaf) for steps, leaf in leaves(value))
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for index, item in enumerate(value):
                yield from (((name, element_name(item, index), *steps), leaf) for steps, leaf in leaves(item))
        else:
            yield (name,), value


def element_name(item: Any, index: int) -> str:
    """Return the name by which a list element is chosen: its `name`, else its position."""
    return str(getattr(item, "name", index))


def find(spec: Factory, path: str) -> list[Steps]:
    """Return the steps of the field a path means; several only where it holds a ``*``.

    Parameters
    ----------
    spec : Factory
        The spec to look in.
    path : str
        Dotted path or a unique suffix of one.

    Returns
    -------
    list of tuple of str
        One entry, or one per element that ``*`` stands for.

    Raises
    ------
    SpecError
        Unknown (near names are listed) or ambiguous (candidates are listed).

    References
    ----------
    Derived: suffix matching, step by step.

    Examples
    --------
    >>> import twin
    >>> find(twin.load("gb300-nvl72"), "supply_temperature")
    [('cooling', 'supply_temperature')]
    """
    wanted = tuple(path.strip().split("."))
    every = _all_steps(spec)
    found = [steps for steps in every if _matches(steps, wanted)]
    if not found:
        raise SpecError(f"{path}: no such field{_near(path, every)}")
    if len({len(steps) for steps in found}) > 1 and any(steps == wanted for steps in found):
        found = [wanted]
    if len(found) > 1 and not _star_explains(found, wanted):
        listed = ", ".join(".".join(steps) for steps in found[:8])
        raise SpecError(
            f"{path}: ambiguous, it could be {listed}{' …' if len(found) > 8 else ''}; write more of it"
        )
    return found


def _all_steps(spec: Factory) -> list[Steps]:
    if "_steps" not in spec.__dict__:
        object.__setattr__(spec, "_steps", [steps for steps, _ in leaves(spec)])
    return list(spec.__dict__["_steps"])


def _matches(steps: Steps, wanted: Steps) -> bool:
    tail = steps[-len(wanted) :]
    return len(tail) == len(wanted) and all(w in ("*", s) for s, w in zip(tail, wanted, strict=True))


def _star_explains(found: list[Steps], wanted: Steps) -> bool:
    stars = [i - len(wanted) for i, w in enumerate(wanted) if w == "*"]
    masked = {tuple("*" if i - len(s) in stars else step for i, step in enumerate(s)) for s in found}
    return bool(stars) and len(masked) == 1


def _near(path: str, every: list[Steps]) -> str:
    names = {".".join(steps[-n:]) for steps in every for n in (1, 2, len(steps))}
    near = difflib.get_close_matches(path, names, n=3, cutoff=0.6)
    near = near or difflib.get_close_matches(path.split(".")[-1], names, n=3, cutoff=0.6)
    return f" (near names: {', '.join(near)})" if near else " (twin show lists them all)"


def get_value(spec: Any, steps: Steps) -> Any:
    """Return the value at the steps of a path.

    Parameters
    ----------
    spec : Factory
        The spec.
    steps : tuple of str
        As returned by `find`.

    Returns
    -------
    object
        The value in SI.

    References
    ----------
    Derived: attribute and name look-up.
    """
    for step in steps:
        spec = _child(spec, step)
    return spec


def _child(owner: Any, step: str) -> Any:
    if isinstance(owner, tuple):
        return next(item for i, item in enumerate(owner) if element_name(item, i) == step)
    return getattr(owner, step)


def field_at(spec: Factory, steps: Steps) -> FieldType:
    """Return type and unit of the field at the steps of a path.

    Parameters
    ----------
    spec : Factory
        The spec.
    steps : tuple of str
        As returned by `find`.

    Returns
    -------
    FieldType
        Annotation, unit and whether None is allowed.

    References
    ----------
    Derived: annotation of the owning dataclass.
    """
    return field_types(type(get_value(spec, steps[:-1])))[steps[-1]]


def convert(steps: Steps, kind: FieldType, value: Any) -> Any:
    """Return a value checked and in SI for one field.

    Parameters
    ----------
    steps : tuple of str
        Path of the field, for messages.
    kind : FieldType
        Its type and unit.
    value : object
        Number (SI), text with unit, or plain text for fields without one.

    Returns
    -------
    object
        The value the field takes.

    Raises
    ------
    SpecError
        Wrong type or unit, or outside the field's range.

    References
    ----------
    Derived: `to_si`, then the annotation's bounds.
    """
    path = ".".join(steps)
    if kind.optional and (value is None or value == "none"):
        return None
    try:
        plain = to_si(value, kind.unit) if kind.unit else _from_word(value)
        return _adapter(kind.annotation).validate_python(plain, strict=True)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from error
    except ValidationError as error:
        raise SpecError(f"{path} = {value}: {range_text(error.errors()[0], kind.unit)}") from error


def _from_word(value: Any) -> Any:
    """Return the TOML reading of a word from the command line: true, 12, [1, 2], else the text itself."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, str):
        return value
    import tomllib

    try:
        plain = tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        return value
    return tuple(plain) if isinstance(plain, list) else plain


@lru_cache(maxsize=512)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def range_text(error: Mapping[str, Any], unit: str | None) -> str:
    """Return the allowed range of a failed check, in SI and in the trade's unit.

    Parameters
    ----------
    error : mapping
        One entry of pydantic's `ValidationError.errors()`.
    unit : str or None
        Unit of the field.

    Returns
    -------
    str
        For example "must be ≤ 423.15 K (150 °C)".

    References
    ----------
    Derived: the bounds of the annotation.
    """
    signs = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}
    context = error.get("ctx", {})
    if error["type"] in signs:
        bound = next(iter(context.values()))
        shown = "" if unit in (None, "1") else f" {unit.replace('delta_K', 'K')}"
        trade = in_trade_units(float(bound), unit) if unit else f"{bound}"
        return f"must be {signs[error['type']]} {bound:g}{shown}" + (
            f" ({trade})" if trade != f"{bound:g}{shown}" else ""
        )
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should", "must")


def replace_at(spec: Any, steps: Steps, value: Any) -> Any:
    """Return a copy with the converted value at the steps of a path; every owner checks itself again.

    Parameters
    ----------
    spec : Factory
        The spec.
    steps : tuple of str
        As returned by `find`.
    value : object
        As returned by `convert`.

    Returns
    -------
    Factory
        The copy; provenance unchanged.

    Raises
    ------
    ValueError
        The new value contradicts another field.

    References
    ----------
    Derived: `dataclasses.replace` from the leaf up.
    """
    if not steps:
        return value
    child = replace_at(_child(spec, steps[0]), steps[1:], value)
    if isinstance(spec, tuple):
        return tuple(child if element_name(item, i) == steps[0] else item for i, item in enumerate(spec))
    return dataclasses.replace(spec, **{steps[0]: child})


def with_value(spec: Factory, path: str, value: Any) -> Factory:
    """Return a copy of a spec with the field(s) at `path` set, marked as the user's.

    Parameters
    ----------
    spec : Factory
        The spec.
    path : str
        Dotted path or a unique suffix of one; ``*`` sets every element.
    value : object
        Number (SI) or text with its unit.

    Returns
    -------
    Factory
        The copy.

    Raises
    ------
    SpecError
        Unknown or ambiguous path, unfit value, or a contradiction with another field.

    References
    ----------
    Derived: `find`, `convert`, `replace_at`.

    Examples
    --------
    >>> import twin
    >>> twin.load("gb300-nvl72").with_("cooling.supply_temperature", "40 degC").cooling.supply_temperature
    313.15
    """
    return set_steps(spec, find(spec, path), value)


def set_steps(spec: Factory, targets: list[Steps], value: Any, origin: Origin | None = None) -> Factory:
    """Return a copy with the same value at several known paths (see `with_value`).

    Parameters
    ----------
    spec : Factory
        The spec.
    targets : list of tuple of str
        Steps of the fields.
    value : object
        Number (SI) or text with its unit.
    origin : Origin, optional
        What the provenance says of it; the user's by default.

    Returns
    -------
    Factory
        The copy.

    Raises
    ------
    SpecError
        Unfit value, or a contradiction with another field.

    References
    ----------
    Derived: `convert`, `replace_at`.
    """
    changed = spec
    for steps in targets:
        plain = convert(steps, field_at(spec, steps), value)
        try:
            changed = replace_at(changed, steps, plain)
        except ValueError as error:
            raise SpecError(f"{'.'.join(steps)} = {value}: {error}") from error
    entry = origin or Origin("user", "set by the user", 0.0)
    marks = {".".join(steps): entry for steps in targets}
    marked = dataclasses.replace(changed, provenance=Overlay(marks, spec.provenance))
    if "_steps" in spec.__dict__ and not any(steps[-1] == "name" for steps in targets):
        object.__setattr__(marked, "_steps", spec.__dict__["_steps"])
    return marked


class Overlay(Mapping[str, Origin]):
    """A few changed entries over a shared mapping, so that ten thousand copies of a spec share one provenance."""

    def __init__(self, changes: Mapping[str, Origin], base: Mapping[str, Origin]) -> None:
        nested = isinstance(base, Overlay)
        self._changes = {**base._changes, **changes} if nested else dict(changes)
        self._base: Mapping[str, Origin] = base._base if nested else base

    def __getitem__(self, path: str) -> Origin:
        return self._changes[path] if path in self._changes else self._base[path]

    def __iter__(self) -> Iterator[str]:
        yield from self._base
        yield from (path for path in self._changes if path not in self._base)

    def __len__(self) -> int:
        return sum(1 for _ in self)
