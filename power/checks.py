"""Checks at the border of the leaf: the bounds of parameter fields, and the leaf's one exception.

Contract: a parameter dataclass with `Annotated` fields calls `check_fields(self)` in `__post_init__`.
"""

import math
from functools import cache
from numbers import Integral, Real
from operator import ge, gt, le, lt
from typing import Any, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

_RULES = {Gt: ("gt", ">", gt), Ge: ("ge", ">=", ge), Lt: ("lt", "<", lt), Le: ("le", "<=", le)}
_KINDS = {int: (Integral, "a whole number"), float: (Real, "a finite number")}


class DidNotConverge(RuntimeError):
    """No operating point was found; the message says what to change."""


class Overload(DidNotConverge):
    """A bar that cannot carry its load at any voltage, with the node that fails first."""

    def __init__(self, message: str, node: int, share: float, voltage: float) -> None:
        super().__init__(message)
        self.node = node
        """place along the bar of the load that fails first"""
        self.share = share
        """of all loads that it carries [1]"""
        self.voltage = voltage
        """behind the clip of that load then [V]"""

    def __reduce__(self) -> tuple[type["Overload"], tuple[str, int, float, float]]:
        return Overload, (str(self), self.node, self.share, self.voltage)


@cache
def _hints(owner: Any) -> dict[str, Any]:
    return get_type_hints(owner, include_extras=True)


def check_fields(parameters: Any) -> None:
    """Raise ValueError naming the first field outside its bounds, its value, the bound and the unit."""
    for name, hint in _hints(parameters.__class__).items():
        value = getattr(parameters, name)
        where = f"{type(parameters).__name__}.{name} = {value}: must be"
        kind, words = _KINDS[hint.__origin__]
        if not isinstance(value, kind) or not math.isfinite(value):
            raise ValueError(f"{where} {words}")
        unit = "".join(f" {tag}" for tag in hint.__metadata__ if isinstance(tag, str) and tag != "1")
        for bound in (tag for tag in hint.__metadata__ if type(tag) in _RULES):
            attribute, sign, holds = _RULES[type(bound)]
            limit = getattr(bound, attribute)
            if not holds(value, limit):
                raise ValueError(f"{where} {sign} {limit}{unit}")
