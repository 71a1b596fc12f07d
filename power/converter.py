"""Conversion stages of constant efficiency: the intermediate bus of a tray, the regulator of a module.

Contract: losses in watts, positive. The intermediate bus lies outside the module input; the regulator lies
inside it, so its loss is reported as a share of the module input and never added to it.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Converter:
    """A DC-DC stage."""

    efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """output power over input power"""

    def __post_init__(self) -> None:
        check_fields(self)


def converter_loss(efficiency: float | Array, output_power: float | Array) -> Array:
    """Loss of a stage that delivers a given power.

    loss = output_power (1 / efficiency - 1).

    Parameters
    ----------
    efficiency : (...), output power over input power, in (0, 1] [1]
    output_power : (...), power delivered [W]

    Returns
    -------
    (...), power turned into heat, input minus output [W]

    Notes
    -----
    Constant efficiency: good near the load it was quoted at; at light load fixed losses make it worse.
    Where the input is known, as for the regulator inside a module, output_power is efficiency times input.

    References
    ----------
    Derived: definition of efficiency.

    Examples
    --------
    >>> round(float(converter_loss(0.979, 6000.0)), 1)
    128.7
    """
    return np.asarray(output_power * (1 / efficiency - 1))
