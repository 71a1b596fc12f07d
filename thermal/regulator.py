"""The controller of a valve and the actuator that moves it.

Contract: signal and position run from 0 (shut) to 1 (open); the error is positive where the valve has to open. The
integral is exact for an error that is linear over the step, the actuator for a signal that is.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]


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


class Regulated(NamedTuple):
    """Controller and actuator over a step."""

    integral: Array
    """(...) of the controller at its end, within 0 .. 1 [1]"""
    middle: Array
    """(...) position at its middle [1]"""
    position: Array
    """(...) position at its end [1]"""


def regulate(
    regulator: Regulator, integral: ArrayLike, position: ArrayLike, errors: tuple[ArrayLike, ArrayLike], step: float
) -> Regulated:
    r"""March controller and actuator through a step over which the error is linear.

    $$ y = \mathrm{clip}(K e + I, 0, 1), \quad \dot I = K e / T_i, \quad 0 \le I \le 1, \quad
       \tau \dot v = y - v $$

    Parameters
    ----------
    regulator : Regulator
        Its numbers may be arrays (...).
    integral : (...) before it [1]
    position : (...) of the valve before it [1]
    errors : two (...) at its start and end, positive to open [K]
    step : its length [s]

    Returns
    -------
    Regulated

    Notes
    -----
    The integral stops at the bounds of the signal, so that it leaves saturation at once when the error turns. The
    actuator follows the line between the signals at both ends.

    References
    ----------
    Astrom, Hagglund (2006), Advanced PID Control, 3.5: integrator clamping; the lag of first order of a ramp.

    Examples
    --------
    >>> found = regulate(Regulator(gain=0.1, integral_time=30.0, response=10.0), 0.5, 0.5, (1.0, 1.0), 3.0)
    >>> round(float(found.integral), 3), round(float(found.position), 4)
    (0.51, 0.5272)
    """
    held = np.asarray(integral, float)
    first, last = (regulator.gain * np.asarray(error, float) for error in errors)
    after = np.minimum(np.maximum(held + (step / 2 / regulator.integral_time) * (first + last), 0.0), 1.0)
    start = np.minimum(np.maximum(first + held, 0.0), 1.0)
    end = np.minimum(np.maximum(last + after, 0.0), 1.0)
    slope = (end - start) * (regulator.response / step)
    away = position - start + slope
    left = np.exp(-step / 2 / np.asarray(regulator.response, float))
    middle = (start + end) / 2 - slope + away * left
    final = end - slope + away * (left * left)
    return Regulated(after, *(np.minimum(np.maximum(at, 0.0), 1.0) for at in (middle, final)))
