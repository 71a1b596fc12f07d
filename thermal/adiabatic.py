r"""Adiabatic pads before a dry cooler, and the make-up water of whatever evaporates.

Contract: elementwise over arrays; water is positive into the air.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.moist_air import AIR_HEAT_CAPACITY, FREEZING, VAPORISATION, VAPOUR_HEAT_CAPACITY

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AdiabaticPad:
    """Wetted pads before the coil."""

    effectiveness: Annotated[float, "1", Gt(0), Le(1)]
    """share of the way from dry to wet bulb, all wetted"""
    pressure_share: Annotated[float, "1", Ge(0)]
    """pressure drop of the pads over that of the coil, dry or wet"""
    concentration_cycles: Annotated[float, "1", Gt(1)]
    """salt in the bleed over salt in the make-up water"""

    def __post_init__(self) -> None:
        check_fields(self)


class PadAir(NamedTuple):
    """What leaves the pads."""

    temperature: Array
    """(...) of the air on the coil [K]"""
    evaporation: Array
    """(...) per kilogram of dry air [1]"""


def pad_air(
    pad: AdiabaticPad, dry_bulb: ArrayLike, wet_bulb: ArrayLike, humidity_ratio: ArrayLike, wetting: ArrayLike = 1.0
) -> PadAir:
    r"""Return the air behind wetted pads and the water it took up.

    $$ T_{on} = T - x \eta (T - T_w), \qquad
       \Delta w = \frac{(c_a + w c_v)(T - T_{on})}{L + c_v t_{on}} $$

    Parameters
    ----------
    pad : AdiabaticPad
    dry_bulb : (...) outdoors [K]
    wet_bulb : (...) outdoors [K]
    humidity_ratio : (...) outdoors, kg vapour per kg dry air [1]
    wetting : (...) share of the pads that is wet, 0 .. 1 [1]

    Returns
    -------
    PadAir

    Raises
    ------
    ValueError
        A share outside 0 .. 1, or a wet bulb above the dry bulb.

    References
    ----------
    Derived: moist air at constant enthalpy; wet-bulb effectiveness as in ASHRAE Handbook Systems (2016), chapter 41.

    Examples
    --------
    >>> some = AdiabaticPad(effectiveness=0.8, pressure_share=0.2, concentration_cycles=4.0)
    >>> float(pad_air(some, 313.15, 293.15, 0.0065).temperature)
    297.15
    """
    T, Tw, w, x = (np.asarray(value, float) for value in (dry_bulb, wet_bulb, humidity_ratio, wetting))
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"wetting of the pads = {x[~((x >= 0) & (x <= 1))].flat[0]:.6g}: must lie in 0 .. 1")
    if not (Tw <= T).all():
        raise ValueError(f"wet bulb {np.max(Tw - T):.6g} K above the dry bulb: must not be above it")
    on = T - x * pad.effectiveness * (T - Tw)
    heat = (AIR_HEAT_CAPACITY + w * VAPOUR_HEAT_CAPACITY) * (T - on)
    return PadAir(on, heat / (VAPORISATION + VAPOUR_HEAT_CAPACITY * (on - FREEZING)))


def make_up(evaporation: ArrayLike, concentration_cycles: ArrayLike, drift: ArrayLike = 0.0) -> Array:
    r"""Return the water to be supplied: evaporation, drift, and the blowdown that keeps the salt at its cycles.

    $$ \dot m = \dot m_e + \dot m_d + \max\left( \frac{\dot m_e}{n - 1} - \dot m_d,\, 0 \right) $$

    Parameters
    ----------
    evaporation : (...) [kg/s]
    concentration_cycles : (...) salt in the blowdown over salt in the make-up, above 1 [1]
    drift : (...) droplets carried off, which take salt with them [kg/s]

    Returns
    -------
    (...) [kg/s]

    Raises
    ------
    ValueError
        Cycles not above 1.

    References
    ----------
    Derived: steady balance of a salt that does not evaporate.

    Examples
    --------
    >>> float(make_up(1.0, 5.0))
    1.25
    """
    m, n, lost = (np.asarray(value, float) for value in (evaporation, concentration_cycles, drift))
    if not (n > 1).all():
        raise ValueError(f"cycles of concentration = {np.min(n):.6g}: must be > 1")
    return m + lost + np.maximum(m / (n - 1) - lost, 0.0)
