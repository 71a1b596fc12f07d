"""The kinds of numbers and words that fields of a spec hold, and where a number comes from."""

from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Gt, Le, Lt
from pydantic import StringConstraints

Fraction = Annotated[float, "1", Ge(0), Le(1)]
Temperature = Annotated[float, "K", Ge(253.15), Le(423.15)]
Length = Annotated[float, "m", Gt(0), Lt(100)]
Watts = Annotated[float, "W", Ge(0)]
Flow = Annotated[float, "m3/s", Gt(0)]
Count = Annotated[int, Ge(1), Le(100_000)]
Seed = Annotated[int, Ge(0), Lt(2**63)]
Pattern = Literal["expert_dispatch", "uniform"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


class Origin(NamedTuple):
    """Where a number comes from."""

    status: str
    """stated, measured, quoted, derived, assumed or user."""
    source: str
    """Key into sources.toml, or a few words."""
    spread: float
    """Half-width of the range that `--uncertainty` draws, relative, or in the field's unit for temperatures."""
