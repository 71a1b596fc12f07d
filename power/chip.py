"""Electric power of a chip module: leakage, dynamic power, and the clock that keeps it inside its budget.

Contract: elementwise on arrays `(..., chip)`; watts of module input (the regulator on the module is inside),
positive when consumed. At the reference temperature, load 1 and clock 1 a chip draws exactly its cap; a
hotter die and busy links are paid for with clock.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ChipPower:
    """What a chip module draws."""

    tdp: Annotated[float, "W", Gt(0)]
    """cap of the module input"""
    idle_power: Annotated[float, "W", Gt(0)]
    """module input at load 0, clock 1 and the reference temperature"""
    clock_min: Annotated[float, "1", Ge(0), Le(1)]
    """lowest clock, as a share of the full one"""
    leakage_ratio: Annotated[float, "1", Ge(1)]
    """power at the warm end of the span over power at the cold end, at full load and clock"""
    leakage_span: Annotated[float, "delta_K", Gt(0)]
    """temperature span of that ratio, centred on the reference temperature"""
    leakage_exponent: Annotated[float, "1/K", Gt(0)]
    """logarithmic growth of leakage with temperature"""
    leakage_temperature: Annotated[float, "K", Gt(0)]
    """reference junction temperature"""
    link_energy: Annotated[float, "J/B", Ge(0)]
    """energy at this end of the links per byte handled, in and out summed"""

    def __post_init__(self) -> None:
        check_fields(self)
        leakage = leakage_share(self) * self.tdp
        if not leakage <= self.idle_power <= self.tdp:
            raise ValueError(
                f"ChipPower.idle_power = {self.idle_power}: must be >= {leakage:.6g} W, the leakage that tdp,"
                f" leakage_ratio, leakage_span and leakage_exponent imply, and <= tdp = {self.tdp} W"
            )


class CompactChip(NamedTuple):
    """The numbers the chip functions read; each a float or an array that broadcasts to `(..., chip)`."""

    cap: float | Array
    """cap of the module input [W]"""
    dynamic_idle: float | Array
    """dynamic power at load 0, clock 1 [W]"""
    dynamic_full: float | Array
    """dynamic power at load 1, clock 1 [W]"""
    leakage: float | Array
    """leakage at the reference temperature [W]"""
    exponent: float | Array
    """logarithmic growth of leakage [1/K]"""
    temperature: float | Array
    """reference junction temperature [K]"""
    clock_min: float | Array
    """lowest clock [1]"""


def leakage_share(chip: ChipPower) -> float:
    """Share of the full-load power that is leakage at the reference temperature.

    With x = exponent * span / 2 the share s solves (1 + s (e^x - 1)) / (1 + s (e^-x - 1)) = ratio:
    s = (ratio - 1) / (e^x - 1 - ratio (e^-x - 1)).

    Parameters
    ----------
    chip : ChipPower, of which the four leakage fields are read

    Returns
    -------
    float, leakage over total power [1]

    Notes
    -----
    The ratio, measured between two coolant temperatures, is read as one between junctions equally far apart.

    References
    ----------
    Zimmermann et al. (2012), Aquasar, Energy 43: +7 % electric power from 30 to 60 degC water;
    closed form derived.

    Examples
    --------
    >>> chip = ChipPower(tdp=1400.0, idle_power=200.0, clock_min=0.3, leakage_ratio=1.07, leakage_span=30.0,
    ...                  leakage_exponent=0.02, leakage_temperature=333.15, link_energy=0.0)
    >>> round(leakage_share(chip), 4)
    0.1116
    """
    x = chip.leakage_exponent * chip.leakage_span / 2
    return (chip.leakage_ratio - 1) / (math.expm1(x) - chip.leakage_ratio * math.expm1(-x))


@lru_cache
def compact_chip(chip: ChipPower) -> CompactChip:
    """Split a chip's power at the reference temperature so that load 1 at clock 1 just reaches the cap.

    leakage = s tdp, dynamic_full = tdp - leakage, dynamic_idle = idle_power - leakage.

    Parameters
    ----------
    chip : ChipPower

    Returns
    -------
    CompactChip of floats

    References
    ----------
    Derived: s from `leakage_share`.

    Examples
    --------
    >>> chip = ChipPower(tdp=1400.0, idle_power=200.0, clock_min=0.3, leakage_ratio=1.07, leakage_span=30.0,
    ...                  leakage_exponent=0.02, leakage_temperature=333.15, link_energy=0.0)
    >>> round(compact_chip(chip).leakage, 1), round(compact_chip(chip).dynamic_idle, 1)
    (156.3, 43.7)
    """
    leakage = leakage_share(chip) * chip.tdp
    return CompactChip(
        cap=chip.tdp,
        dynamic_idle=chip.idle_power - leakage,
        dynamic_full=chip.tdp - leakage,
        leakage=leakage,
        exponent=chip.leakage_exponent,
        temperature=chip.leakage_temperature,
        clock_min=chip.clock_min,
    )


def leakage_power(compact: CompactChip, temperature: float | Array, factor: float | Array = 1.0) -> Array:
    """Leakage of a chip at its junction temperature.

    P = factor * leakage * exp(exponent (T - temperature)).

    Parameters
    ----------
    compact : CompactChip
    temperature : (..., chip), junction temperature [K]
    factor : (..., chip), this chip's leakage over the nominal one [1]

    Returns
    -------
    (..., chip), leakage power [W]

    Notes
    -----
    An exponential fit around the reference temperature, meant within about 40 K of it.

    References
    ----------
    Liu, Dick, Shang, Yang (2007), DATE: exponential and linear fits of leakage over a chip's range.

    Examples
    --------
    >>> compact = CompactChip(1400.0, 44.0, 1244.0, 156.0, 0.02, 333.15, 0.3)
    >>> round(float(leakage_power(compact, 348.15)), 1)
    210.6
    """
    return np.asarray(factor * compact.leakage * np.exp(compact.exponent * (temperature - compact.temperature)))


def dynamic_power(compact: CompactChip, load: float | Array) -> Array:
    """Dynamic power at clock 1.

    P = dynamic_idle + (dynamic_full - dynamic_idle) load.

    Parameters
    ----------
    compact : CompactChip
    load : (..., chip), utilisation, 0 to 1 [1]

    Returns
    -------
    (..., chip), dynamic power at clock 1 [W]

    References
    ----------
    Fan, Weber, Barroso (2007), ISCA: power linear in utilisation.

    Examples
    --------
    >>> float(dynamic_power(CompactChip(1400.0, 44.0, 1244.0, 156.0, 0.02, 333.15, 0.3), 0.5))
    644.0
    """
    return np.asarray(compact.dynamic_idle + (compact.dynamic_full - compact.dynamic_idle) * load)


def clock_at(
    compact: CompactChip,
    load: float | Array,
    budget: float | Array,
    temperature: float | Array,
    factor: float | Array = 1.0,
    link_power: float | Array = 0.0,
) -> Array:
    """Highest clock that keeps a chip inside its budget.

    f = (budget - link_power - leakage(T)) / dynamic(load), at least clock_min and at most 1;
    a chip without dynamic power has f = 1.

    Parameters
    ----------
    compact : CompactChip
    load : (..., chip), utilisation, 0 to 1 [1]
    budget : (..., chip), power the module may draw, usually `compact.cap` [W]
    temperature : (..., chip), junction temperature [K]
    factor : (..., chip), this chip's leakage over the nominal one [1]
    link_power : (..., chip), power of the link ends, link_energy times bytes per second in and out [W]

    Returns
    -------
    (..., chip), clock as a share of the full one [1]

    Notes
    -----
    At clock_min a chip may exceed its budget; `chip_power` then says by how much. Dynamic power is linear in
    clock: voltage is held.

    References
    ----------
    Derived: power balance of the module input.

    Examples
    --------
    >>> compact = CompactChip(1400.0, 44.0, 1244.0, 156.0, 0.02, 333.15, 0.3)
    >>> round(float(clock_at(compact, 1.0, 1400.0, 348.15)), 4)
    0.9561
    """
    dynamic = dynamic_power(compact, load)
    room = budget - link_power - leakage_power(compact, temperature, factor)
    dynamic, room = np.broadcast_arrays(dynamic, room)
    clock = np.divide(room, dynamic, out=np.ones(room.shape), where=dynamic > 0)
    return np.clip(clock, compact.clock_min, 1.0)


def chip_power(
    compact: CompactChip,
    load: float | Array,
    clock: float | Array,
    temperature: float | Array,
    factor: float | Array = 1.0,
    link_power: float | Array = 0.0,
) -> Array:
    """Module input of a chip.

    P = dynamic(load) f + leakage(T) + link_power.

    Parameters
    ----------
    compact : CompactChip
    load : (..., chip), utilisation, 0 to 1 [1]
    clock : (..., chip), clock as a share of the full one [1]
    temperature : (..., chip), junction temperature [K]
    factor : (..., chip), this chip's leakage over the nominal one [1]
    link_power : (..., chip), power of the link ends [W]

    Returns
    -------
    (..., chip), module input [W]

    References
    ----------
    Derived: power balance of the module input.

    Examples
    --------
    >>> compact = CompactChip(1400.0, 44.0, 1244.0, 156.0, 0.02, 333.15, 0.3)
    >>> round(float(chip_power(compact, 1.0, clock_at(compact, 1.0, 1400.0, 348.15), 348.15)), 9)
    1400.0
    """
    return dynamic_power(compact, load) * clock + leakage_power(compact, temperature, factor) + link_power
