"""Dotted paths into a spec: which field a name means, and a copy with another value.

A path is a run of field names; an element of a list is chosen by its name or by ``*``; any suffix that names one field
is enough: ``cooling.supply_temperature``, ``gpu.power.tdp``, ``compute.chips.*.power.tdp``.
"""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from twin.spec.errors import SpecError
from twin.spec.fields import FieldType, Steps, convert, field_types, named_by_path
from twin.spec.provenance import Overlay
from twin.spec.types import Factory, Origin

__all__ = [
    "Steps", "convert", "element_name", "field_at", "find", "get_value", "leaves", "replace_at", "set_steps",
    "with_value",
]  # fmt: skip


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
    >>> find(twin.load("gb300-nvl72"), "utilization")
    [('load', 'utilization')]
    """
    wanted = tuple(path.strip().split("."))
    every = _all_steps(spec)
    found = [steps for steps in every if _matches(steps, wanted)]
    if not found:
        raise SpecError(f"{path or repr(path)}: {_unknown(path, wanted, every)}")
    if len(found) > 1 and wanted in found:
        return [wanted]
    if len(found) > 1 and not _star_explains(found, wanted):
        listed = ", ".join(".".join(steps) for steps in found[:8])
        raise SpecError(f"{path}: ambiguous, it could be {listed}{' …' if len(found) > 8 else ''}; write more of it")
    return found


def _all_steps(spec: Factory) -> list[Steps]:
    """Return the steps of all fields that can be set: the leaves, and the tables that may be none."""
    if "_steps" not in spec.__dict__:
        steps = [*(steps for steps, _ in leaves(spec)), *_optional_tables(spec)]
        object.__setattr__(spec, "_steps", steps)
    return list(spec.__dict__["_steps"])


def _optional_tables(spec: Factory) -> list[Steps]:
    tables = dict.fromkeys(steps[:k] for steps, _ in leaves(spec) for k in range(1, len(steps)))
    owned = [steps for steps in tables if dataclasses.is_dataclass(get_value(spec, steps[:-1]))]
    return [steps for steps in owned if field_at(spec, steps).optional]


def _matches(steps: Steps, wanted: Steps) -> bool:
    tail = steps[-len(wanted) :]
    return len(tail) == len(wanted) and all(w in ("*", s) for s, w in zip(tail, wanted, strict=True))


def _star_explains(found: list[Steps], wanted: Steps) -> bool:
    stars = [i - len(wanted) for i, w in enumerate(wanted) if w == "*"]
    masked = {tuple("*" if i - len(s) in stars else step for i, step in enumerate(s)) for s in found}
    return bool(stars) and len(masked) == 1


def _unknown(path: str, wanted: Steps, every: list[Steps]) -> str:
    """Return why a path names nothing: it is a table, or misspelt."""
    inside = [steps for steps in every for k in range(1, len(steps)) if _matches(steps[:k], wanted)]
    if inside:
        listed = ", ".join(".".join(steps) for steps in inside[:3])
        return f"a table, not one field; write more of it, such as {listed}"
    names = {".".join(steps[-n:]) for steps in every for n in (1, 2, len(steps)) if not steps[-n:][0].isdigit()}
    near = difflib.get_close_matches(path, names, n=3, cutoff=0.6)
    near = near or difflib.get_close_matches(path.split(".")[-1], names, n=3, cutoff=0.6)
    return f"no such field ({'near names: ' + ', '.join(near) if near else 'twin show lists them all'})"


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
    SpecError
        The new value contradicts another field.

    References
    ----------
    Derived: `dataclasses.replace` from the leaf up.
    """
    return _replaced(spec, steps, value, ())


def _replaced(spec: Any, steps: Steps, value: Any, above: Steps) -> Any:
    if not steps:
        return value
    child = _replaced(_child(spec, steps[0]), steps[1:], value, (*above, steps[0]))
    if isinstance(spec, tuple):
        return tuple(child if element_name(item, i) == steps[0] else item for i, item in enumerate(spec))
    try:
        return dataclasses.replace(spec, **{steps[0]: child})
    except ValueError as error:
        raise SpecError(named_by_path(error, type(spec), above)) from error


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
        _refuse_new_name(spec, steps, plain)
        try:
            changed = replace_at(changed, steps, plain)
        except SpecError as error:
            raise SpecError([_because(".".join(steps), value, text) for text in error.problems]) from error
    entry = origin or Origin("user", "set by the user", 0.0)
    marks = {".".join(steps): entry for steps in targets}
    tables = [steps for steps in targets if field_at(spec, steps).table]
    marked = dataclasses.replace(changed, provenance=Overlay(marks, _without(spec.provenance, tables)))
    if "_steps" in spec.__dict__ and not tables:
        object.__setattr__(marked, "_steps", spec.__dict__["_steps"])
    return marked


def _refuse_new_name(spec: Factory, steps: Steps, value: Any) -> None:
    if steps[-1] == "name" and len(steps) > 1 and value != steps[-2]:
        raise SpecError(f"{'.'.join(steps)} = {value}: paths choose by this name; rename it in a file")


def _because(path: str, value: Any, problem: str) -> str:
    return problem if problem.startswith((f"{path} =", f"{path}:")) else f"{path} = {value}: then {problem}"


def _without(provenance: Mapping[str, Origin], tables: list[Steps]) -> Mapping[str, Origin]:
    if not tables:
        return provenance
    gone = tuple(".".join((*steps, "")) for steps in tables)
    return {path: origin for path, origin in provenance.items() if not path.startswith(gone)}
