"""Staggered pin fins in cross flow between two plates: the film per base area that they make.

Contract: pins stand on the base in rows across the flow, every second row shifted by half a pitch; their tips touch an
adiabatic cover. The film is referred to the base area and to the mean coolant temperature.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coolant import Coolant, conductivity, density, heat_capacity, viscosity

Array = NDArray[np.float64]

REYNOLDS_RANGE = (1.0, 500.0)
"""in which the laminar law of banks holds, on the pin diameter and the velocity in the narrowest gap [1]"""


@dataclass(frozen=True, kw_only=True)
class PinFins:
    """Round pins in staggered rows."""

    diameter: Annotated[float, "m", Gt(0)]
    """of a pin"""
    height: Annotated[float, "m", Gt(0)]
    """from base to cover"""
    transverse_pitch: Annotated[float, "m", Gt(0)]
    """between the axes of a row, across the flow"""
    longitudinal_pitch: Annotated[float, "m", Gt(0)]
    """between rows, along the flow"""
    conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of the pins"""

    def __post_init__(self) -> None:
        check_fields(self)
        closest = min(self.transverse_pitch, self.diagonal_pitch)
        if self.diameter >= closest:
            raise ValueError(f"PinFins.diameter = {self.diameter}: must be < {closest:g} m, the pitch of nearest pins")

    @property
    def diagonal_pitch(self) -> float:
        """Between the axes of neighbours in two rows [m]."""
        return float(np.hypot(self.longitudinal_pitch, self.transverse_pitch / 2))

    @property
    def narrowest(self) -> float:
        """Free width over the whole, where it is least: across a row, or along both diagonals behind it [1]."""
        pitch, gap = self.transverse_pitch, self.transverse_pitch - self.diameter
        return min(gap, 2 * (self.diagonal_pitch - self.diameter)) / pitch


def pin_film(pins: PinFins, velocity: ArrayLike, liquid: Coolant, temperature: ArrayLike) -> Array:
    r"""Return the film per base area of a plate with pin fins.

    $$ Nu = 1.04\,Re^{0.4} Pr^{0.36}, \qquad
       h_{base} = h \left(1 - \phi + \eta \frac{\pi D H}{S_T S_L}\right), \qquad
       \eta = \frac{\tanh m H}{m H}, \quad m = \sqrt{4 h / k D} $$

    Parameters
    ----------
    pins : PinFins
    velocity : (...) of approach: volume flow over the empty cross section [m/s]
    liquid : Coolant
    temperature : (...) of the coolant [K]

    Returns
    -------
    (...) [W/(m2*K)]

    Raises
    ------
    ValueError
        A Reynolds number outside 1 … 500.

    Notes
    -----
    phi is the share of the base under pins; Re counts on the diameter and the velocity in the narrowest gap; the bare
    base takes the film of the pins. For 16 rows and more of long tubes in liquids, Pr 0.7 … 500. Expect 25 %: so much
    the law steps up to its next branch at Re = 500, and below Re = 50 measured micro pins, slowed by their end walls,
    fall short of it.

    References
    ----------
    Zukauskas (1972), Heat transfer from tubes in crossflow, Advances in Heat Transfer 8, 93. Short pins: Kosar and
    Peles (2006), J. Heat Transfer 128, 121. Efficiency: Incropera et al. (2007), section 3.6.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> pins = PinFins(diameter=2e-4, height=1e-3, transverse_pitch=4e-4, longitudinal_pitch=4e-4, conductivity=390.0)
    >>> float(pin_film(pins, 0.2, coolant("water"), 313.15).round(-2))
    124700.0
    """
    rho, mu = density(liquid, temperature), viscosity(liquid, temperature)
    k = conductivity(liquid, temperature)
    Re = rho * np.asarray(velocity, float) / pins.narrowest * pins.diameter / mu
    low, high = REYNOLDS_RANGE
    if not ((low <= Re) & (high >= Re)).all():
        worst = Re.flat[np.argmax(np.maximum(low - Re, Re - high))]
        raise ValueError(f"Reynolds number of pin fins = {worst:.4g}: must lie in {low:g} .. {high:g}; change the flow")
    Pr = mu * heat_capacity(liquid, temperature) / k
    film = 1.04 * Re**0.4 * Pr**0.36 * k / pins.diameter
    mH = np.sqrt(4 * film / (pins.conductivity * pins.diameter)) * pins.height
    cell = pins.transverse_pitch * pins.longitudinal_pitch
    bare = 1 - np.pi * pins.diameter**2 / (4 * cell)
    return film * (bare + np.tanh(mH) / mH * np.pi * pins.diameter * pins.height / cell)
