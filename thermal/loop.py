"""The liquid loop around a rack: flow for a return temperature, and heat balance.

Contract: heat is positive into the liquid, temperatures are absolute, balances are written in enthalpy and
exact.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.coolant import Coolant, enthalpy, temperature

Array = NDArray[np.float64]


def flow_for_return(
    liquid: Coolant, heat: ArrayLike, supply_temperature: ArrayLike, return_temperature: ArrayLike
) -> Array:
    r"""Return the mass flow that carries a heat between two temperatures.

    $$ \dot m = q / (h(T_r) - h(T_s)) $$

    Parameters
    ----------
    liquid : Coolant
    heat : (...) into the liquid [W]
    supply_temperature : (...) into the rack [K]
    return_temperature : (...) out of the rack [K]

    Returns
    -------
    (...) mass flow [kg/s]

    Raises
    ------
    ValueError
        A return that is not above the supply, a negative heat, or a temperature outside the coolant's table.

    References
    ----------
    Derived: steady heat balance.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> float(flow_for_return(coolant("water"), 121.5e3, 318.15, 328.15).round(3))
    2.907
    """
    heat, supply, back = (np.asarray(value, float) for value in (heat, supply_temperature, return_temperature))
    if not (back > supply).all():
        raise ValueError(
            f"return temperature: {np.min(back - supply):.6g} K above the supply: must be > 0; lower the supply"
        )
    _positive("heat into the liquid", heat, "W", zero=True)
    return heat / (enthalpy(liquid, back) - enthalpy(liquid, supply))


def return_temperature(liquid: Coolant, mass_flow: ArrayLike, heat: ArrayLike, supply_temperature: ArrayLike) -> Array:
    r"""Return the temperature of a liquid after it has taken up a heat.

    $$ T_r = h^{-1}(h(T_s) + q / \dot m) $$

    Parameters
    ----------
    liquid : Coolant
    mass_flow : (...) [kg/s]
    heat : (...) into the liquid [W]
    supply_temperature : (...) [K]

    Returns
    -------
    (...) absolute temperature [K]

    Raises
    ------
    ValueError
        A flow that is not positive, or a temperature outside the coolant's table.

    References
    ----------
    Derived: steady heat balance.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> float(return_temperature(coolant("water"), 2.907, 121.5e3, 318.15).round(2))
    328.15
    """
    flow = np.asarray(mass_flow, float)
    _positive("mass flow", flow, "kg/s")
    return temperature(liquid, enthalpy(liquid, supply_temperature) + np.asarray(heat, float) / flow)


def _positive(name: str, value: Array, unit: str, *, zero: bool = False) -> None:
    if not (value >= 0 if zero else value > 0).all():
        raise ValueError(f"{name} = {np.min(value):.6g} {unit}: must be {'>=' if zero else '>'} 0")
