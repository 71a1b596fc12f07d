"""A double-conversion UPS: its losses and efficiency.

Contract: powers in watts, positive from the grid to the load. Charging of the battery is not in here: the time march
of `power.backup` adds it.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Ups:
    """A double-conversion UPS: rectifier, link and inverter, always in the path."""

    rated_power: Annotated[float, "W", Gt(0)]
    """active output"""
    loss_constant: Annotated[float, "1", Ge(0)]
    """loss at no load over rated power"""
    loss_linear: Annotated[float, "1", Ge(0)]
    """part of the loss in proportion to the load, at rated power, over rated power"""
    loss_quadratic: Annotated[float, "1", Ge(0)]
    """part of the loss in proportion to the square of the load, at rated power, over rated power"""
    input_power_factor: Annotated[float, "1", Gt(0), Le(1)]
    """of the rectifier, lagging"""
    voltage_ratio: Annotated[float, "1", Gt(0), Le(1.2)]
    """output voltage over the nominal voltage of its node"""

    def __post_init__(self) -> None:
        check_fields(self)


def ups_loss(ups: Ups, output_power: ArrayLike) -> Array:
    """Loss of a UPS that is on.

    loss = rated (c + l x + q x^2), x = output / rated.

    Parameters
    ----------
    ups : Ups
    output_power : (...), active power delivered, >= 0 [W]

    Returns
    -------
    (...), input minus output [W]

    Notes
    -----
    Fitted to three points of a data sheet by `loss_shares`. Above rated power the curve is an extrapolation.

    References
    ----------
    Derived: constant, linear and ohmic losses of two converters in series.

    Examples
    --------
    >>> ups = Ups(rated_power=1e6, loss_constant=0.006, loss_linear=0.008, loss_quadratic=0.012,
    ...           input_power_factor=0.99, voltage_ratio=1.0)
    >>> round(float(ups_loss(ups, 5e5)), 6)
    13000.0
    """
    load = np.asarray(output_power, dtype=float) / ups.rated_power
    return ups.rated_power * (ups.loss_constant + load * (ups.loss_linear + load * ups.loss_quadratic))


def ups_efficiency(ups: Ups, output_power: ArrayLike) -> Array:
    """Output over input of a UPS.

    efficiency = x / (x + c + l x + q x^2), largest at x = sqrt(c / q).

    Parameters
    ----------
    ups : Ups
    output_power : (...), active power delivered, >= 0 [W]

    Returns
    -------
    (...), efficiency, 0 at no load [1]

    References
    ----------
    Derived: `ups_loss`.

    Examples
    --------
    >>> ups = Ups(rated_power=1e6, loss_constant=0.006, loss_linear=0.008, loss_quadratic=0.012,
    ...           input_power_factor=0.99, voltage_ratio=1.0)
    >>> ups_efficiency(ups, [2.5e5, 5e5, 1e6]).round(4)
    array([0.9662, 0.9747, 0.9747])
    """
    output = np.asarray(output_power, dtype=float)
    drawn = output + ups_loss(ups, output)
    return np.divide(output, drawn, out=np.zeros_like(drawn), where=drawn > 0)


def loss_shares(load: ArrayLike, efficiency: ArrayLike) -> tuple[float, float, float]:
    """Constant, linear and quadratic loss of a UPS through three points of its efficiency curve.

    c + l x + q x^2 = x (1 / efficiency - 1) at each point.

    Parameters
    ----------
    load : (3,), output over rated power, different and > 0 [1]
    efficiency : (3,), at these loads, in (0, 1] [1]

    Returns
    -------
    (3,), loss_constant, loss_linear, loss_quadratic of a `Ups` [1]

    Raises
    ------
    ValueError
        where the points are not three, or a share comes out negative: no such converter.

    References
    ----------
    Derived: three linear equations.

    Examples
    --------
    >>> [round(share, 5) for share in loss_shares([0.25, 0.5, 1.0], [0.966, 0.974, 0.973])]
    [0.00602, 0.00758, 0.01415]
    """
    x, eta = np.asarray(load, dtype=float), np.asarray(efficiency, dtype=float)
    if x.shape != (3,) or eta.shape != (3,) or np.unique(x).size < 3 or not np.all((x > 0) & (eta > 0) & (eta <= 1)):
        raise ValueError(
            f"load = {x.tolist()}, efficiency = {eta.tolist()}: must be three different loads > 0, each in (0, 1]"
        )
    shares = np.linalg.solve(np.vander(x, increasing=True), x * (1 / eta - 1))
    if np.any(shares < -1e-12):
        raise ValueError(f"constant, linear, quadratic loss {shares.round(6)}: must be >= 0; check the three points")
    constant, linear, quadratic = np.maximum(shares, 0).tolist()
    return constant, linear, quadratic
