"""A power shelf: AC in, DC out to the rack busbar, with its loss curve.

Contract: powers and losses in watts, positive from the grid to the bar. A lost shelf draws nothing and is
left out by the caller: `shelf_loss` at zero output is the standby loss of a shelf that is on.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A shelf of parallel power supplies."""

    rated_power: Annotated[float, "W", Gt(0)]
    """DC output of the whole shelf"""
    supplies: Annotated[int, Ge(1)]
    """power supplies in the shelf"""
    output_voltage: Annotated[float, "V", Gt(0)]
    """no-load output voltage"""
    source_resistance: Annotated[float, "ohm", Gt(0)]
    """slope of output voltage with current, whole shelf"""
    loss_constant: Annotated[float, "1", Ge(0)]
    """loss at no load over rated power; with the next 0 where nothing is converted"""
    loss_quadratic: Annotated[float, "1", Ge(0)]
    """load-dependent loss at rated power over rated power"""

    def __post_init__(self) -> None:
        check_fields(self)


def shelf_loss(shelf: Shelf, output_power: float | Array) -> Array:
    """Conversion loss of a shelf.

    loss = rated (c + q x^2), x = output_power / rated.

    Parameters
    ----------
    shelf : Shelf
    output_power : (..., shelf), DC power delivered [W]

    Returns
    -------
    (..., shelf), AC input minus DC output [W]

    Notes
    -----
    Constant and ohmic losses only. Efficiency peaks at x = sqrt(c / q) with 1 / (1 + 2 sqrt(c q)).

    References
    ----------
    Derived: loss curve through a quoted peak efficiency of 97.5 % at half load (c = 0.00641, q = 0.02564).

    Examples
    --------
    >>> shelf = Shelf(rated_power=33e3, supplies=6, output_voltage=50.0, source_resistance=5e-4,
    ...               loss_constant=0.00641, loss_quadratic=0.02564)
    >>> round(float(shelf_loss(shelf, 16.5e3)), 2)
    423.06
    """
    load = output_power / shelf.rated_power
    return np.asarray(shelf.rated_power * (shelf.loss_constant + shelf.loss_quadratic * load**2))


def shelf_efficiency(shelf: Shelf, output_power: float | Array) -> Array:
    """DC output over AC input of a shelf.

    efficiency = output / (output + loss).

    Parameters
    ----------
    shelf : Shelf
    output_power : (..., shelf), DC power delivered [W]

    Returns
    -------
    (..., shelf), efficiency, 0 at no load [1]

    References
    ----------
    Derived: `shelf_loss`.

    Examples
    --------
    >>> shelf = Shelf(rated_power=33e3, supplies=6, output_voltage=50.0, source_resistance=5e-4,
    ...               loss_constant=0.00641, loss_quadratic=0.02564)
    >>> round(float(shelf_efficiency(shelf, 16.5e3)), 4)
    0.975
    """
    given = np.asarray(output_power, dtype=float)
    taken = given + shelf_loss(shelf, given)
    return np.divide(given, taken, out=np.zeros_like(taken), where=taken > 0)
