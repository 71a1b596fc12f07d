"""The conductor of a rack busbar: parameters, copper resistance, self-heating, Kirchhoff's bound.

Contract: both poles are folded into one loop; currents of either sign, temperatures in kelvin.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

from power.checks import check_fields

Array = NDArray[np.float64]

REFERENCE_TEMPERATURE = 293.15
"""temperature at which resistivity is stated [K]"""


@dataclass(frozen=True, kw_only=True)
class Busbar:
    """A two-pole DC bar along a rack."""

    cross_section: Annotated[float, "m2", Gt(0)]
    """area of one pole"""
    resistivity: Annotated[float, "ohm*m", Gt(0)]
    """of the conductor at 20 degC"""
    temperature_coefficient: Annotated[float, "1/K", Ge(0)]
    """relative growth of resistivity from 20 degC"""
    contact_resistance: Annotated[float, "ohm", Ge(0)]
    """of one clip, both poles"""
    heat_transfer: Annotated[float, "W/(m*K)", Gt(0)]
    """to the surroundings, per metre of bar, both poles"""
    ambient_temperature: Annotated[float, "K", Gt(0)]
    """of the surroundings of the bar"""
    rated_current: Annotated[float, "A", Gt(0)]
    """largest continuous current of a section"""
    voltage_min: Annotated[float, "V", Gt(0)]
    """lower end of the voltage window"""
    voltage_max: Annotated[float, "V", Gt(0)]
    """upper end of the voltage window"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.voltage_min >= self.voltage_max:
            raise ValueError(f"Busbar.voltage_min = {self.voltage_min} V: must be < voltage_max = {self.voltage_max} V")


def loop_resistance(busbar: Busbar, temperature: float | Array) -> Array:
    """Resistance of both poles per metre of bar.

    R' = 2 rho / A (1 + a (T - 293.15 K)).

    Parameters
    ----------
    busbar : Busbar
    temperature : (...), conductor temperature [K]

    Returns
    -------
    (...), loop resistance [ohm/m]

    Notes
    -----
    Linear law of a metal, -40 to 200 degC for copper.

    References
    ----------
    IEC 60028 (copper: 1.7241e-8 ohm m and 0.00393 / K at 20 degC).

    Examples
    --------
    >>> bar = Busbar(
    ...     cross_section=900e-6, resistivity=1.7241e-8, temperature_coefficient=0.00393,
    ...     contact_resistance=1e-5, heat_transfer=10.0, ambient_temperature=308.15,
    ...     rated_current=1400.0, voltage_min=47.5, voltage_max=51.5,
    ... )
    >>> round(1e6 * float(loop_resistance(bar, 293.15)), 2)
    38.31
    """
    growth = 1 + busbar.temperature_coefficient * (temperature - REFERENCE_TEMPERATURE)
    return np.asarray(2 * busbar.resistivity / busbar.cross_section * growth)


def section_temperature(busbar: Busbar, current: float | Array) -> Array:
    """Conductor temperature of a section that heats itself and its own resistance.

    T = Ta + I^2 R0 (1 + a (Ta - 20 degC)) / (hA - I^2 R0 a), all per metre of bar.

    Parameters
    ----------
    busbar : Busbar
    current : (...), section current, either sign [A]

    Returns
    -------
    (...), conductor temperature [K]

    Raises
    ------
    ValueError
        where a current has no steady temperature (thermal runaway).

    Notes
    -----
    Conduction along the bar is left out: a long, uniformly loaded section.

    References
    ----------
    Derived: hA (T - Ta) = I^2 R0 (1 + a (T - 20 degC)).

    Examples
    --------
    >>> bar = Busbar(
    ...     cross_section=900e-6, resistivity=1.7241e-8, temperature_coefficient=0.00393,
    ...     contact_resistance=1e-5, heat_transfer=10.0, ambient_temperature=308.15,
    ...     rated_current=1400.0, voltage_min=47.5, voltage_max=51.5,
    ... )
    >>> round(float(section_temperature(bar, 1320.0)), 3)
    315.41
    """
    cold = loop_resistance(busbar, REFERENCE_TEMPERATURE)
    spare = busbar.heat_transfer - np.square(current) * cold * busbar.temperature_coefficient
    if np.any(spare <= 0):
        limit = np.min(np.sqrt(busbar.heat_transfer / (cold * busbar.temperature_coefficient)))
        raise ValueError(
            f"section current = {np.max(np.abs(current)):.6g} A: must be < {limit:.6g} A, else the bar"
            " has no steady temperature; enlarge Busbar.cross_section or heat_transfer"
        )
    ambient = busbar.ambient_temperature
    return np.asarray(ambient + np.square(current) * loop_resistance(busbar, ambient) / spare)


def kirchhoff_bound(total_current: float | Array) -> Array:
    """Least possible largest section current of a bar fed from its ends only.

    max abs(I) >= total / 2, whatever the resistances: the two end sections share the total.

    Parameters
    ----------
    total_current : (...), sum of the load currents [A]

    Returns
    -------
    (...), lower bound of the largest section current [A]

    References
    ----------
    Derived: Kirchhoff's current law over all loads between the two banks.

    Examples
    --------
    >>> float(kirchhoff_bound(2640.0))
    1320.0
    """
    return np.asarray(total_current) / 2
