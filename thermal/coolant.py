"""Liquid properties from the shipped tables: density, heat capacity, viscosity, conductivity, enthalpy.

Contract: elementwise over arrays of any shape; temperature is absolute. A value outside the table raises, it
is never extrapolated. Enthalpy counts from the coldest row and is the exact integral of the interpolated heat
capacity, so a heat balance written in enthalpy closes to round-off. Liquids only: what boils is out of scope.
"""

import math
import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
CoolantName = Literal["water", "pg25", "pg20", "pg30", "pg40", "pg50", "eg20", "eg25", "eg30", "eg40", "eg50"]
BOILING = re.compile(r"two.?phase|refrigerant|fluorinert|novec|opteon|fc.?\d|fk.?5|hfe|r.?\d{2,}", re.IGNORECASE)
"""names of dielectrics and refrigerants that cool by boiling"""


class Coolant(NamedTuple):
    """One property table, rows in order of temperature."""

    name: str
    """name of the table"""
    temperature: Array
    """(row,) absolute temperature [K]"""
    density: Array
    """(row,) [kg/m3]"""
    heat_capacity: Array
    """(row,) specific heat capacity [J/(kg*K)]"""
    log_viscosity: Array
    """(row,) natural logarithm of the dynamic viscosity in Pa*s [1]"""
    conductivity: Array
    """(row,) [W/(m*K)]"""
    enthalpy: Array
    """(row,) enthalpy above the first row [J/kg]"""
    freezing_point: float
    """first crystals appear here [K]"""


@lru_cache
def coolant(name: CoolantName) -> Coolant:
    """Return a shipped table: pure water at 3 bar, or water with propylene (pg) or ethylene glycol (eg).

    Parameters
    ----------
    name : one of `coolant_names`; "pg25" has 25 % of propylene glycol by mass

    Returns
    -------
    Coolant
        Read-only table arrays.

    Raises
    ------
    ValueError
        Unknown name.

    References
    ----------
    Water: IAPWS-IF97 and its transport formulations; glycols: Melinder (2010), both as evaluated by CoolProp
    (Bell et al. 2014). Dow's table for 25 % propylene glycol has 15 % more viscosity at 45 °C.

    Examples
    --------
    >>> float(coolant("water").temperature[-1])
    373.15
    """
    names = get_args(CoolantName)
    if name not in names:
        if BOILING.match(str(name)):
            raise ValueError(f"coolant {name!r} cools by boiling: two-phase is out of scope; take a liquid, as 'pg25'")
        others = ", ".join(repr(other) for other in names[2:])
        raise ValueError(f"coolant {name!r}: must be 'water' or 'pg25', or {others}; your own: read_coolant(file)")
    return parse_coolant(name, (files("thermal") / "data" / f"{name}.csv").read_text("utf-8"))


def parse_coolant(name: str, text: str) -> Coolant:
    """Return a coolant from the text of its table; `thermal.coolant_table` checks tables that are not shipped."""
    lines = text.splitlines()
    freezing = [float(line.split()[3]) for line in lines if line.startswith("# freezes at ")]
    rows = [line.split(",") for line in lines if line and line[0] != "#"][1:]
    T, rho, cp, mu, k = np.array(rows, float).T
    enthalpy = np.concatenate([[0.0], np.cumsum(np.diff(T) * (cp[1:] + cp[:-1]) / 2)])
    columns = T, rho, cp, np.log(mu), k, enthalpy
    for column in columns:
        column.flags.writeable = False
    return Coolant(name, *columns, freezing[0])


def density(liquid: Coolant, temperature: ArrayLike) -> Array:
    """Return the density of a coolant, linear between the rows.

    Parameters
    ----------
    liquid : Coolant
    temperature : (...) absolute temperature [K]

    Returns
    -------
    (...) [kg/m3]

    Raises
    ------
    ValueError
        A temperature outside the table.

    References
    ----------
    See `coolant`.

    Examples
    --------
    >>> float(density(coolant("water"), 318.15).round(2))
    990.31
    """
    return _interpolate(liquid, temperature, liquid.temperature, liquid.density)


def heat_capacity(liquid: Coolant, temperature: ArrayLike) -> Array:
    """Return the specific heat capacity of a coolant, linear between the rows.

    Parameters
    ----------
    liquid : Coolant
    temperature : (...) absolute temperature [K]

    Returns
    -------
    (...) [J/(kg*K)]

    Raises
    ------
    ValueError
        A temperature outside the table.

    References
    ----------
    See `coolant`.

    Examples
    --------
    >>> float(heat_capacity(coolant("pg25"), 318.15).round(0))
    3981.0
    """
    return _interpolate(liquid, temperature, liquid.temperature, liquid.heat_capacity)


def viscosity(liquid: Coolant, temperature: ArrayLike) -> Array:
    """Return the dynamic viscosity of a coolant; its logarithm is linear between the rows.

    Parameters
    ----------
    liquid : Coolant
    temperature : (...) absolute temperature [K]

    Returns
    -------
    (...) [Pa*s]

    Raises
    ------
    ValueError
        A temperature outside the table.

    References
    ----------
    See `coolant`.

    Examples
    --------
    >>> float(viscosity(coolant("water"), 318.15).round(6))
    0.000596
    """
    return np.exp(_interpolate(liquid, temperature, liquid.temperature, liquid.log_viscosity))


def conductivity(liquid: Coolant, temperature: ArrayLike) -> Array:
    """Return the thermal conductivity of a coolant, linear between the rows.

    Parameters
    ----------
    liquid : Coolant
    temperature : (...) absolute temperature [K]

    Returns
    -------
    (...) [W/(m*K)]

    Raises
    ------
    ValueError
        A temperature outside the table.

    References
    ----------
    See `coolant`.

    Examples
    --------
    >>> float(conductivity(coolant("pg25"), 313.15).round(3))
    0.486
    """
    return _interpolate(liquid, temperature, liquid.temperature, liquid.conductivity)


def enthalpy(liquid: Coolant, temperature: ArrayLike) -> Array:
    r"""Return the specific enthalpy above the coldest row, the exact integral of the heat capacity.

    $$ h(T) = h_i + \tfrac{1}{2} (T - T_i) \left( c_i + c(T) \right) $$

    Parameters
    ----------
    liquid : Coolant
    temperature : (...) absolute temperature [K]

    Returns
    -------
    (...) [J/kg]

    Raises
    ------
    ValueError
        A temperature outside the table.

    Notes
    -----
    Only differences have a meaning.

    References
    ----------
    Derived: integral of a piecewise linear function from row $i$, the last one below.

    Examples
    --------
    >>> water = coolant("water")
    >>> float((enthalpy(water, 328.15) - enthalpy(water, 318.15)).round(0))
    41792.0
    """
    T, rows = np.asarray(temperature, float), liquid.temperature
    twice_mean = _interpolate(liquid, T, rows, liquid.heat_capacity)
    cell = rows[1:-1].searchsorted(T, "right")
    twice_mean += liquid.heat_capacity[cell]
    return liquid.enthalpy[cell] + 0.5 * (T - rows[cell]) * twice_mean


def temperature(liquid: Coolant, enthalpy: ArrayLike) -> Array:
    r"""Return the temperature at an enthalpy: the exact inverse of `enthalpy`, in closed form per cell.

    $$ T = T_i + \frac{2 (h - h_i)}{c_i + c(h)}, \qquad c(h)^2 \text{ linear between the rows} $$

    Parameters
    ----------
    liquid : Coolant
    enthalpy : (...) specific enthalpy above the coldest row [J/kg]

    Returns
    -------
    (...) absolute temperature [K]

    Raises
    ------
    ValueError
        An enthalpy outside the table.

    References
    ----------
    Derived: the stable root of the quadratic in `enthalpy`; where $c$ is linear in T, $c^2$ is so in $h$.

    Examples
    --------
    >>> float(temperature(coolant("water"), 2e5).round(2))
    320.93
    """
    h, rows = np.asarray(enthalpy, float), liquid.enthalpy
    twice_mean = np.sqrt(_interpolate(liquid, h, rows, liquid.heat_capacity**2))
    cell = rows[1:-1].searchsorted(h, "right")
    twice_mean += liquid.heat_capacity[cell]
    return liquid.temperature[cell] + 2 * (h - rows[cell]) / twice_mean


def _interpolate(liquid: Coolant, at: ArrayLike, rows: Array, column: Array) -> Array:
    """Return a column between its rows; NaN marks what lies outside, and raises."""
    value = np.interp(np.asarray(at, float), rows, column, np.nan, np.nan)
    if value.size and math.isnan(value.min()):
        from thermal.coolant_table import other_coolant

        quantity, unit = ("enthalpy", "J/kg") if rows is liquid.enthalpy else ("temperature", "K")
        raise ValueError(
            f"{quantity} of coolant {liquid.name!r} = {np.asarray(at)[np.isnan(value)].flat[0]:.6g} {unit}:"
            f" must lie in {rows[0]:.6g} .. {rows[-1]:.6g} {unit};"
            " change the supply temperature, the flow or the heat"
            + ("" if rows is liquid.enthalpy else other_coolant(liquid, np.asarray(at, float)))
        )
    return value
