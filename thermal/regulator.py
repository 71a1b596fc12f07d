r"""The controller of a valve and the actuator that moves it.

Contract: signal and position run from 0 (shut) to 1 (open); the error is positive where the valve has to open.

$$ y = \mathrm{clip}(K e + I, 0, 1), \quad \dot I = K e / T_i, \quad 0 \le I \le 1, \quad \tau \dot v = y - v $$

The integral stops at the bounds of the signal, so that it leaves saturation at once when the error turns (Astrom,
Hagglund 2006, Advanced PID Control, 3.5). `thermal.unit_step` marches it.
"""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt

from thermal.checks import check_fields


@dataclass(frozen=True, kw_only=True)
class Regulator:
    """A proportional-integral controller with its actuator; the numbers are frozen over a run."""

    gain: Annotated[float, "1/K", Gt(0)]
    """signal per kelvin of error"""
    integral_time: Annotated[float, "s", Gt(0)]
    """in which the integral repeats what the gain does"""
    response: Annotated[float, "s", Gt(0)]
    """time constant of the actuator"""

    def __post_init__(self) -> None:
        check_fields(self)
