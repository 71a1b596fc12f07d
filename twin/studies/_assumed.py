"""Numbers that nobody published: parameters of a study, and the sentence that says so."""

from dataclasses import fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints


def assumed_text(numbers: Any) -> str:
    """Return "Assumed: " and every number of a dataclass with its name and the unit of its annotation."""
    hints = get_type_hints(type(numbers), include_extras=True)
    said = [
        f"{one.name.replace('_', ' ')} {_value(getattr(numbers, one.name))} {_unit(hints[one.name])}".rstrip()
        for one in fields(numbers)
    ]
    return f"Assumed: {', '.join(said)}."


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))})"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _unit(hint: Any) -> str:
    """Return the unit of an annotation; plain numbers have none."""
    named = [part for part in get_args(hint)[1:] if isinstance(part, str)] if get_origin(hint) is Annotated else []
    return "" if not named or named[0] == "1" else named[0]
