"""A copy of a spec with another value at a dotted path; what a path means stands in `twin.spec.find`."""

import dataclasses
import tomllib
from collections.abc import Mapping
from typing import Any

from twin.spec.errors import SpecError
from twin.spec.fields import Steps, convert, named_by_path
from twin.spec.find import child, element_name, field_at, find, get_value, leaves
from twin.spec.merge import Leaf, mark
from twin.spec.models import FILES, OF_RACK, laid_over
from twin.spec.provenance import Overlay
from twin.spec.read import Reader
from twin.spec.types import Factory, Origin, Rack
from twin.spec.write import to_toml

__all__ = [
    "Steps", "convert", "element_name", "field_at", "find", "get_value", "leaves", "replace_at", "set_steps",
    "with_value",
]  # fmt: skip


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
    part = _replaced(child(spec, steps[0]), steps[1:], value, (*above, steps[0]))
    if isinstance(spec, tuple):
        return tuple(part if element_name(item, i) == steps[0] else item for i, item in enumerate(spec))
    try:
        return dataclasses.replace(spec, **{steps[0]: part})
    except (ValueError, ArithmeticError) as error:
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
    found: dict[str, Origin] = {}
    for steps in targets:
        kind = field_at(spec, steps)
        if kind.table in OF_RACK.values() and isinstance(value, str) and value != "none":
            steps, plain = steps[:1], _rack(changed, steps[-1], value, found)
        elif kind.table in FILES and isinstance(value, str) and value != "none":
            plain = _model(steps, kind.table, value, found)
        else:
            plain = convert(steps, kind, value)
        _refuse_new_name(spec, steps, plain)
        try:
            changed = replace_at(changed, steps, plain)
        except SpecError as error:
            raise SpecError([_because(".".join(steps), value, text) for text in error.problems]) from error
    entry = origin or Origin("user", "set by the user", 0.0)
    tables = [
        steps[:1] if found and steps[-1] in OF_RACK else steps for steps in targets if field_at(spec, steps).table
    ]
    marks = found or {".".join(steps): entry for steps in targets}
    marked = dataclasses.replace(changed, provenance=Overlay(marks, _without(spec.provenance, tables)))
    if "_steps" in spec.__dict__ and not tables:
        object.__setattr__(marked, "_steps", spec.__dict__["_steps"])
    return marked


def _model(steps: Steps, kind: type, name: str, found: dict[str, Origin]) -> Any:
    """Return a part of the catalogue by its name; notes the origins of its numbers."""
    reader = Reader()
    part = reader.part({"model": Leaf(name, {}, "")}, kind, steps)
    if reader.problems:
        raise SpecError(reader.problems)
    found.update(reader.origins)
    return part


def _rack(spec: Factory, field: str, name: str, found: dict[str, Origin]) -> Any:
    """Return the rack with a model of the catalogue over it; notes the origins of its numbers."""
    under = mark({"rack": tomllib.loads(to_toml(spec))["rack"]}, spec.name)
    reader = Reader()
    part = reader.part(laid_over(under, {"rack": {field: Leaf(name, {}, "")}})["rack"], Rack, ("rack",))
    if reader.problems:
        raise SpecError(reader.problems)
    found.update(reader.origins)
    return part


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
