r"""Figures of a year of a plant: PUE, WUE, ERE, hours of free cooling, of chillers, and of a supply not held.

Contract: the ratios are those of The Green Grid, of energies over the same period, with IT energy as measured at the
input of the IT equipment. All other energy on site is `overhead`: cooling, conversion and distribution losses, lights.
Reused energy is heat that crosses the border of the site, and is no part of PUE. Water is what the site takes in, 1 kg
counted as 1 L; water of the power station is left out (WUE, not WUE-source).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.plant import MODES, PlantHours

Array = NDArray[np.float64]

JOULES_PER_KWH = 3.6e6
"""For litres per kilowatt-hour [J]."""


class PlantYear(NamedTuple):
    """A plant over a period, its last axis summed up."""

    pue: Array
    """(...) power usage effectiveness [1]"""
    wue: Array
    """(...) water usage effectiveness, in litres per kilowatt-hour [kg/J] times 3.6e6"""
    ere: Array
    """(...) energy reuse effectiveness [1]"""
    cooling_energy: Array
    """(...) fans, pumps, chillers, heat pumps [J]"""
    water: Array
    """(...) supplied [kg]"""
    delivered_heat: Array
    """(...) into the district loop [J]"""
    free_cooling_hours: Array
    """(...) in which coolers alone would hold the supply [h]"""
    chiller_hours: Array
    """(...) in which a chiller runs [h]"""
    missed_hours: Array
    """(...) in which the supply is not held [h]"""


def power_usage_effectiveness(it_energy: ArrayLike, overhead_energy: ArrayLike) -> Array:
    r"""Return the PUE.

    $$ PUE = \frac{E_{IT} + E_{overhead}}{E_{IT}} \ge 1 $$

    Parameters
    ----------
    it_energy : (...) into the IT equipment, or power [J]
    overhead_energy : (...) all else on site, or power [J]

    Returns
    -------
    (...) [1]

    Raises
    ------
    ValueError
        IT energy that is not positive, or a negative overhead.

    References
    ----------
    The Green Grid (2012), White paper 49; ISO/IEC 30134-2.

    Examples
    --------
    >>> float(power_usage_effectiveness(100.0, 6.0))
    1.06
    """
    it, overhead = _checked(it_energy, overhead_energy, "overhead energy")
    return 1 + overhead / it


def energy_reuse_effectiveness(it_energy: ArrayLike, overhead_energy: ArrayLike, reused_energy: ArrayLike) -> Array:
    r"""Return the ERE.

    $$ ERE = \frac{E_{IT} + E_{overhead} - E_{reused}}{E_{IT}} \le PUE $$

    Parameters
    ----------
    it_energy : (...) into the IT equipment, or power [J]
    overhead_energy : (...) all else on site, heat pumps included, or power [J]
    reused_energy : (...) heat over the border of the site, or power [J]

    Returns
    -------
    (...) [1]

    Raises
    ------
    ValueError
        IT energy that is not positive, or another that is negative.

    References
    ----------
    The Green Grid (2010), White paper 29: ERE.

    Examples
    --------
    >>> float(energy_reuse_effectiveness(100.0, 6.0, 56.0))
    0.5
    """
    it, reused = _checked(it_energy, reused_energy, "reused energy")
    return power_usage_effectiveness(it, overhead_energy) - reused / it


def water_usage_effectiveness(water: ArrayLike, it_energy: ArrayLike) -> Array:
    r"""Return the WUE in litres per kilowatt-hour.

    $$ WUE = \frac{V_{site}}{E_{IT}} $$

    Parameters
    ----------
    water : (...) taken in by the site [kg]
    it_energy : (...) into the IT equipment [J]

    Returns
    -------
    (...) times 3.6e6, as 1 kg is 1 L [kg/J]

    Raises
    ------
    ValueError
        IT energy that is not positive, or negative water.

    References
    ----------
    The Green Grid (2011), White paper 35: WUE; ISO/IEC 30134-9.

    Examples
    --------
    >>> float(water_usage_effectiveness(1800.0, 3.6e9))
    1.8
    """
    it, taken = _checked(it_energy, water, "water")
    return taken / it * JOULES_PER_KWH


def plant_year(hours: PlantHours, it_power: ArrayLike, other_power: ArrayLike = 0.0, step: float = 3600.0) -> PlantYear:
    """Return the figures of a period.

    Parameters
    ----------
    hours : PlantHours
        Last axis: time.
    it_power : (..., hour) into the IT equipment [W]
    other_power : (..., hour) overhead besides the plant: conversion losses, pumps of the racks, lights [W]
    step : length of each element [s]

    Returns
    -------
    PlantYear
        The leading axes.

    Raises
    ------
    ValueError
        IT energy that is not positive, negative overhead, or hours without an axis of time.

    References
    ----------
    Derived: sums over the last axis into the ratios of this module.

    Examples
    --------
    >>> from thermal.dry_cooler import _EXAMPLE
    >>> from thermal.plant import Duty, Plant, solve_plant
    >>> from thermal.wet_bulb import outdoor_air
    >>> plant = Plant(heat_capacity=4180.0, rated_flow=126.0, rated_pump_power=3e4, units=1, dry_cooler=_EXAMPLE)
    >>> hours = solve_plant(plant, Duty(2.6e6, 126.0, 313.15), outdoor_air([278.15, 298.15], 0.4))
    >>> float(plant_year(hours, 2.6e6).pue.round(4))
    1.0124
    """
    if not np.ndim(hours.met):
        raise ValueError("hours of the plant: must have an axis of time; solve it over an array of hours")

    def total(power: ArrayLike) -> Array:
        return np.broadcast_to(np.asarray(power, float), hours.met.shape).sum(-1) * step

    it = total(it_power)
    cooling = total(hours.fan_power + hours.chiller_power + hours.pump_power + hours.heat_pump_power)
    overhead, water, delivered = cooling + total(other_power), total(hours.water), total(hours.delivered_heat)
    runs = np.isin(hours.mode, [MODES.index("trim"), MODES.index("chiller")])
    return PlantYear(
        pue=power_usage_effectiveness(it, overhead),
        wue=water_usage_effectiveness(water, it),
        ere=energy_reuse_effectiveness(it, overhead, delivered),
        cooling_energy=cooling,
        water=water,
        delivered_heat=delivered,
        free_cooling_hours=total(hours.free_cooling) / 3600,
        chiller_hours=total(runs) / 3600,
        missed_hours=total(~hours.met) / 3600,
    )


def _checked(it_energy: ArrayLike, other: ArrayLike, name: str) -> tuple[Array, Array]:
    it, value = np.asarray(it_energy, float), np.asarray(other, float)
    if not (it > 0).all():
        raise ValueError(f"IT energy = {np.min(it):.6g} J: must be > 0; the ratio means nothing without load")
    if not (value >= 0).all():
        raise ValueError(f"{name} = {np.min(value):.6g}: must be >= 0")
    return it, value
