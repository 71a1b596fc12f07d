"""Temperature of a busbar cooled by liquid along its length.

Contract: sections in the direction of the coolant; heat that leaves the copper warms the coolant, and warmer copper
makes more of it. `Busbar.heat_transfer` is that from copper to coolant; the ambient of the bar plays no part.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.busbar import REFERENCE_TEMPERATURE, Busbar, loop_resistance

Array = NDArray[np.float64]


class LiquidBar(NamedTuple):
    """Temperatures of a liquid-cooled bar."""

    conductor_temperature: Array
    """(..., m) hottest of each section, at its coolant outlet [K]"""
    coolant_temperature: Array
    """(..., m) at the outlet of each section [K]"""
    section_loss: Array
    """(..., m) heat of each section [W]"""


def liquid_bar_temperature(
    busbar: Busbar,
    current: ArrayLike,
    section_length: ArrayLike,
    capacity_rate: ArrayLike,
    inlet_temperature: ArrayLike,
) -> LiquidBar:
    """Conductor and coolant temperature along a liquid-cooled bar.

    Per metre, with g = I^2 R0 and u = 1 + a (Tf - 20 degC): the copper is at
    T = Tf + g u / (hA - g a), and C dTf/dx = g u hA / (hA - g a), an exponential in each section.

    Parameters
    ----------
    busbar : Busbar, `heat_transfer` from copper to coolant
    current : (..., m), section currents in the direction of the coolant, either sign [A]
    section_length : (..., m) or scalar [m]
    capacity_rate : (...), mass flow times specific heat of the coolant [W/K]
    inlet_temperature : (...), of the coolant [K]

    Returns
    -------
    LiquidBar

    Raises
    ------
    ValueError
        where a current has no steady temperature, or a length or a capacity rate is not > 0.

    Notes
    -----
    Conduction along the copper is left out. The coolant takes all the heat.

    References
    ----------
    Derived: hA (T - Tf) = g (1 + a (T - 20 degC)) = C dTf/dx.

    Examples
    --------
    5 kA through 2 m of 2500 mm2 per pole, 100 W/(m K), 5 L/min of water at 45 degC:

    >>> bar = Busbar(
    ...     cross_section=2500e-6, resistivity=1.7241e-8, temperature_coefficient=0.00393,
    ...     contact_resistance=1e-5, heat_transfer=100.0, ambient_temperature=318.15,
    ...     rated_current=5000.0, voltage_min=47.5, voltage_max=51.5,
    ... )
    >>> found = liquid_bar_temperature(bar, [5000.0, 5000.0], 1.0, 345.0, 318.15)
    >>> found.conductor_temperature.round(2), found.section_loss.round(1)
    (array([323.12, 324.25]), array([384.7, 386.2]))
    """
    amperes, length, rate, inlet = (
        np.asarray(value, dtype=float) for value in (current, section_length, capacity_rate, inlet_temperature)
    )
    for name, array, unit in (("section_length", length, "m"), ("capacity_rate", rate, "W/K")):
        if not np.all((array > 0) & np.isfinite(array)):
            raise ValueError(f"{name} = {np.min(array)}: must be finite and > 0 {unit}")
    a = busbar.temperature_coefficient
    heat = np.square(amperes) * loop_resistance(busbar, REFERENCE_TEMPERATURE)
    spare = busbar.heat_transfer - heat * a
    if not np.all(spare > 0):
        limit = np.min(np.sqrt(busbar.heat_transfer / (loop_resistance(busbar, REFERENCE_TEMPERATURE) * a)))
        raise ValueError(
            f"section current = {np.max(np.abs(amperes)):.6g} A: must be < {limit:.6g} A, else the bar has no steady"
            " temperature; enlarge Busbar.cross_section or heat_transfer"
        )
    rate, inlet = rate[..., None], inlet[..., None]
    growth = 1 + a * (inlet - REFERENCE_TEMPERATURE)
    rise = np.cumsum(heat * busbar.heat_transfer / spare * length / rate, axis=-1)
    coolant = inlet + growth * _exponential(a, rise)
    conductor = coolant + heat * (1 + a * (coolant - REFERENCE_TEMPERATURE)) / spare
    loss = rate * np.diff(coolant, axis=-1, prepend=np.broadcast_to(inlet, (*coolant.shape[:-1], 1)))
    return LiquidBar(conductor, coolant, loss)


def _exponential(a: ArrayLike, rise: Array) -> Array:
    """(exp(a x) - 1) / a, x where a is 0; `a` may be a column over racks."""
    slope = np.asarray(a, dtype=float)
    return np.where(slope > 0, np.expm1(slope * rise) / np.where(slope > 0, slope, 1.0), rise)
