"""The border check: reads bounds from annotations, names field, value, bound and unit."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le, Lt

from topology.checks import DidNotConverge, check_fields


@dataclass(frozen=True, kw_only=True)
class Part:
    """One field of each sort of bound."""

    above: Annotated[float, "m2", Gt(0)] = 1.0
    least: Annotated[float, "1", Ge(0)] = 0.0
    below: Annotated[float, "K", Lt(400)] = 300.0
    most: Annotated[float, "V", Gt(0), Le(60)] = 50.0
    count: Annotated[int, Ge(1)] = 1
    counts: tuple[Annotated[int, Ge(1)], ...] = (1, 2)
    medium: Literal["copper", "board"] = "copper"

    def __post_init__(self) -> None:
        check_fields(self)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("above", -1.0, "Part.above = -1.0: must be > 0 m2"),
        ("above", 0.0, "Part.above = 0.0: must be > 0 m2"),
        ("above", float("nan"), "Part.above = nan: must be a finite number m2"),
        ("above", float("inf"), "Part.above = inf: must be a finite number m2"),
        ("above", "3 m2", "Part.above = '3 m2': must be a finite number m2"),
        ("least", -1e-9, "Part.least = -1e-09: must be >= 0"),
        ("below", 400.0, "Part.below = 400.0: must be < 400 K"),
        ("most", 61.0, "Part.most = 61.0: must be <= 60 V"),
        ("most", -1.0, "Part.most = -1.0: must be > 0 V"),
        ("count", 1.5, "Part.count = 1.5: must be a finite whole number"),
        ("count", 0, "Part.count = 0: must be >= 1"),
        ("counts", (2, 0), "Part.counts = (2, 0): must be >= 1"),
        ("counts", (2, None), "Part.counts = (2, None): must be a finite whole number"),
        ("medium", "glass", "Part.medium = 'glass': must be one of ('copper', 'board')"),
    ],
)
def test_a_field_outside_its_bound_is_named_with_value_bound_and_unit(field, value, message):
    with pytest.raises(ValueError) as caught:
        Part(**{field: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "fields",
    [{}, {"least": 0}, {"most": 60.0}, {"above": np.float64(2.0)}, {"count": np.int64(7)}, {"counts": (1,)}],
)
def test_values_on_or_inside_the_bound_pass_whatever_their_number_type(fields):
    part = Part(**fields)
    assert all(getattr(part, name) == value for name, value in fields.items())


def test_no_answer_from_a_solver_is_a_runtime_error_and_no_value_error():
    assert issubclass(DidNotConverge, RuntimeError)
    assert not issubclass(DidNotConverge, ValueError)
