"""Checks at the border of the leaf: bounds of parameter fields, and the leaf's one exception.

Contract: a parameter dataclass calls `check_fields(self)` in `__post_init__`; what holds is read from its
annotations.
"""

import math
from functools import cache
from numbers import Integral, Real
from operator import ge, gt, le, lt
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

_RULES = {Gt: ("gt", ">", gt), Ge: ("ge", ">=", ge), Lt: ("lt", "<", lt), Le: ("le", "<=", le)}


class DidNotConverge(RuntimeError):
    """A solver stopped without an answer; the message says what to change."""


@cache
def _hints(owner: type) -> dict[str, tuple[Any, ...]]:
    hints = get_type_hints(owner, include_extras=True).items()
    return {name: get_args(hint) for name, hint in hints if get_origin(hint) is Annotated}


def check_fields(parameters: Any) -> None:
    """Raise ValueError naming field, value, bound and unit of the first field outside its bounds."""
    for name, (kind, *marks) in _hints(parameters.__class__).items():
        value = getattr(parameters, name)
        where = f"{type(parameters).__name__}.{name} = {value!r}: must be"
        unit = "".join(f" {mark}" for mark in marks if isinstance(mark, str) and mark != "1")
        if not isinstance(value, Integral if kind is int else Real) or not math.isfinite(value):
            raise ValueError(f"{where} a finite {'whole number' if kind is int else 'number'}{unit}")
        for mark in marks:
            if type(mark) in _RULES:
                key, sign, holds = _RULES[type(mark)]
                if not holds(value, getattr(mark, key)):
                    raise ValueError(f"{where} {sign} {getattr(mark, key)}{unit}")
