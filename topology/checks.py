"""Checks at the border: `check_fields(self)` in `__post_init__` reads bounds and choices from annotations."""

import math
from functools import cache
from numbers import Integral, Real
from operator import ge, gt, le, lt
from typing import Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

_RULES = {Gt: ("gt", ">", gt), Ge: ("ge", ">=", ge), Lt: ("lt", "<", lt), Le: ("le", "<=", le)}


class DidNotConverge(RuntimeError):
    """A solver stopped without an answer; the message says what to change."""


_hints = cache(get_type_hints)


def _broken(value: Any, hint: Any) -> str | None:
    kind, *marks = get_args(hint)
    if get_origin(hint) is Literal:
        return None if value in (kind, *marks) else f"one of {(kind, *marks)}"
    unit = "".join(f" {mark}" for mark in marks if isinstance(mark, str) and mark != "1")
    if not isinstance(value, Integral if kind is int else Real) or not math.isfinite(value):
        return f"a finite {'whole number' if kind is int else 'number'}{unit}"
    for key, sign, holds, mark in ((*_RULES[type(mark)], mark) for mark in marks if type(mark) in _RULES):
        if not holds(value, limit := getattr(mark, key)):
            return f"{sign} {limit}{unit}"
    return None


def check_fields(parameters: Any) -> None:
    """Raise ValueError naming field, value, bound and unit of the first field outside its bounds."""
    for name, hint in _hints(parameters.__class__, include_extras=True).items():
        value, of = getattr(parameters, name), get_args(hint)[0] if get_origin(hint) is tuple else hint
        for item in value if isinstance(value, tuple) else (value,):
            if rule := _broken(item, of):
                raise ValueError(f"{type(parameters).__name__}.{name} = {value!r}: must be {rule}")
