"""The fields of the spec's types: unit, allowed range, and the reading of a value at the border.

A message names the path, the value as it was given, the allowed range in SI and in the trade's unit, and the fix.
"""

import dataclasses
import json
from functools import cache, lru_cache
from numbers import Integral
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import TypeAdapter, ValidationError

from twin.spec.errors import SpecError
from twin.spec.quantity import in_trade_units, to_si

Steps = tuple[str, ...]
#: Fields of a table that a message names at most.
_LISTED = 12
_SIGNS = {Gt: (">", "gt"), Ge: ("≥", "ge"), Lt: ("<", "lt"), Le: ("≤", "le")}


class FieldType(NamedTuple):
    """What a field holds."""

    annotation: Any
    """Its type as annotated."""
    unit: str | None
    """Its SI unit; None for text, counts and switches."""
    optional: bool
    """None is allowed."""
    required: bool = True
    """A file must give it; it has no default."""

    @property
    def kind(self) -> Any:
        """Its type without None and without bounds."""
        inner = _without_none(self.annotation)
        return get_args(inner)[0] if get_origin(inner) is Annotated else inner

    @property
    def table(self) -> type | None:
        """The dataclass it holds, if it holds one."""
        return self.kind if isinstance(self.kind, type) and dataclasses.is_dataclass(self.kind) else None

    @property
    def element(self) -> type | None:
        """The dataclass of its elements, if it holds a list of them."""
        first = get_args(self.kind)[0] if get_origin(self.kind) is tuple else None
        return first if isinstance(first, type) and dataclasses.is_dataclass(first) else None


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        return next(a for a in get_args(annotation) if a is not NoneType)
    return annotation


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
    return _field_types(owner)  # type: ignore[arg-type, unused-ignore]


@cache
def _field_types(owner: type) -> dict[str, FieldType]:
    hints = get_type_hints(owner, include_extras=True)
    given = [field for field in dataclasses.fields(owner) if field.name != "provenance"]
    return {field.name: _field_type(hints[field.name], field) for field in given}


def _field_type(annotation: Any, field: "dataclasses.Field[Any]") -> FieldType:
    inner = _without_none(annotation)
    unit = None
    if get_origin(inner) is Annotated and get_args(inner)[0] is float:
        unit = next((mark for mark in get_args(inner)[1:] if isinstance(mark, str)), None)
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    return FieldType(annotation, unit, inner is not annotation, required)


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

    Examples
    --------
    >>> from twin.spec.types import Load
    >>> convert(("load", "utilization"), field_types(Load)["utilization"], "80 %")
    0.8
    """
    if kind.optional and (value is None or value == "none"):
        return None
    if kind.table is not None:
        return _whole_table(steps, kind.table, kind.optional, value)
    where = f"{'.'.join(steps)} = {_shown(value, kind.unit)}"
    try:
        plain = to_si(value, kind.unit) if kind.unit else _plain(value, kind.kind)
        return _adapter(kind.annotation).validate_python(plain, strict=True)
    except ValidationError as error:
        raise SpecError(f"{where}: must be {allowed(kind)}") from error
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from error


def _whole_table(steps: Steps, table: type, optional: bool, value: Any) -> Any:
    if isinstance(value, table):
        return value
    from twin.spec.models import models

    path, names, known = ".".join(steps), list(field_types(table)), ", ".join(models(table))
    listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    ways = ["none"] * optional + [f"the name of a model ({known})"] * bool(known)
    must = f"must be {' or '.join(ways)}" if ways else "is a table, which is not set as a whole"
    raise SpecError(f"{path} = {_shown(value, None)}: {must}; to change it name one of its fields ({listed})")


def _plain(value: Any, kind: Any) -> Any:
    """Return a value without a unit as its field takes it; a word stands for a number, a switch or a list."""
    if isinstance(value, str) and kind is not str and get_origin(kind) is not Literal:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=512)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _shown(value: Any, unit: str | None) -> str:
    """Return a value as it was given, on one line and not too long; a bare number is SI."""
    try:
        text = " ".join(str(value).split())
    except ValueError:  # an integer of more than 4300 digits
        return "a number too long to print"
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and unit not in (None, "1")
    short = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{short} {str(unit).removeprefix('delta_')}" if number else short or "''"


def allowed(kind: FieldType) -> str:
    """Return what a field takes, in words.

    Parameters
    ----------
    kind : FieldType
        The field.

    Returns
    -------
    str
        For example "≥ 253.15 K (-20 °C) and ≤ 423.15 K (150 °C)".

    References
    ----------
    Derived: the annotation.

    Examples
    --------
    >>> from twin.spec.types import Load
    >>> allowed(field_types(Load)["utilization"])
    '≥ 0 and ≤ 1 (100 %)'
    """
    text = _words(_without_none(kind.annotation), kind.unit)
    return f"{text}, or none" if kind.optional else text


def _words(annotation: Any, unit: str | None) -> str:
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    kind = get_args(annotation)[0] if marks else annotation
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(word) for word in get_args(kind))
    if get_origin(kind) is tuple:
        return f"a list such as [1, 2], each entry {_words(get_args(kind)[0], None)}"
    bounds = " and ".join(_bound(mark, kind, unit) for mark in marks if type(mark) in _SIGNS)
    if kind is int:
        return f"a whole number {bounds}".strip()
    if kind is float:
        return bounds or "a number"
    if kind is bool:
        return "true or false"
    return "letters, digits, - and _, a letter first" if marks else "text"


def _bound(mark: Any, kind: type, unit: str | None) -> str:
    sign, name = _SIGNS[type(mark)]
    bound = getattr(mark, name)
    if kind is int or unit is None:
        return f"{sign} {bound}"
    if unit == "1":
        return f"{sign} {bound:g}" + (" (100 %)" if bound == 1 and sign in "<≤" else "")
    plain = f"{bound:g} {unit.removeprefix('delta_')}"
    trade = in_trade_units(float(bound), unit)
    return f"{sign} {plain}" + (f" ({trade})" if trade != plain and (bound or unit == "K") else "")


def named_by_path(error: Exception, owner: type, steps: Steps) -> list[str]:
    """Return the problems a parameter type found in itself, its fields named by their path in the spec.

    Parameters
    ----------
    error : ValueError or ArithmeticError
        As its ``__post_init__`` raised it; fields stand relative to it or behind its class name.
    owner : type
        The parameter type.
    steps : tuple of str
        Its path.

    Returns
    -------
    list of str
        One message per problem.

    References
    ----------
    Derived: text substitution.
    """
    if isinstance(error, ArithmeticError):
        return [f"{'.'.join(steps)}: its numbers are too large or too small to compute with ({error})"]
    problems = error.problems if isinstance(error, SpecError) else (str(error),)
    return [".".join((*steps, text.removeprefix(f"{owner.__name__}."))) for text in problems]
