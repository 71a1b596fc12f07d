"""The liquid loop around a rack: flow for a return temperature, heat balance, distribution unit, pump.

Contract: heat is positive into the liquid, temperatures are absolute, balances are written in enthalpy and
exact.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coolant import Coolant, enthalpy, temperature

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Cdu:
    """Coolant distribution unit: a liquid-to-liquid heat exchanger and its pumps."""

    rated_heat: Annotated[float, "W", Gt(0)]
    """heat at the rated approach"""
    rated_approach: Annotated[float, "delta_K", Gt(0)]
    """supply to the racks less supply from the facility, at rated heat"""
    pump_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """hydraulic over electric power of the pumps"""

    def __post_init__(self) -> None:
        check_fields(self)


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


def facility_supply_temperature(
    cdu: Cdu, heat: ArrayLike, supply_temperature: ArrayLike, racks_per_cdu: ArrayLike = 1
) -> Array:
    r"""Return the facility water temperature with which a unit holds the supply of its racks.

    $$ T_f = T_s - \Delta_{rated}\, n q / q_{rated} $$

    Parameters
    ----------
    cdu : Cdu
        Its numbers may be columns (rack, 1), which broadcast against the heat.
    heat : (...) of one rack into the liquid [W]
    supply_temperature : (...) to the racks [K]
    racks_per_cdu : (...) equal racks on the unit [1]

    Returns
    -------
    (...) absolute temperature [K]

    Raises
    ------
    ValueError
        Less than one rack.

    Notes
    -----
    An exchanger of constant effectiveness at constant flows: the approach goes with the heat. Flows that
    differ from the rated ones are not followed.

    References
    ----------
    Derived: q = eff * C_min * (T_hot,in - T_cold,in), with both flows held.

    Examples
    --------
    >>> unit = Cdu(rated_heat=1.368e6, rated_approach=4.0, pump_efficiency=0.5)
    >>> float(facility_supply_temperature(unit, 121.5e3, 318.15, 8).round(2))
    315.31
    """
    racks = np.asarray(racks_per_cdu, float)
    if not (racks >= 1).all():
        raise ValueError(f"racks per CDU = {np.min(racks):.6g}: must be >= 1")
    approach = cdu.rated_approach * racks * np.asarray(heat, float) / cdu.rated_heat
    return np.asarray(supply_temperature, float) - approach


def pump_power(volume_flow: ArrayLike, pressure_drop: ArrayLike, efficiency: ArrayLike) -> Array:
    r"""Return the electric power of a pump.

    $$ P = Q \Delta p / \eta $$

    Parameters
    ----------
    volume_flow : (...) [m3/s]
    pressure_drop : (...) [Pa]
    efficiency : (...) hydraulic over electric power [1]

    Returns
    -------
    (...) power [W]

    Raises
    ------
    ValueError
        A negative flow or drop, or an efficiency that is not positive.

    References
    ----------
    Derived: work of an incompressible flow.

    Examples
    --------
    >>> float(pump_power(2.95e-3, 126863.5, 0.5).round(1))
    748.5
    """
    Q, drop, eta = (np.asarray(value, float) for value in (volume_flow, pressure_drop, efficiency))
    _positive("volume flow", Q, "m3/s", zero=True)
    _positive("pressure drop", drop, "Pa", zero=True)
    _positive("pump efficiency", eta, "1")
    return Q * drop / eta


def _positive(name: str, value: Array, unit: str, *, zero: bool = False) -> None:
    if not (value >= 0 if zero else value > 0).all():
        raise ValueError(f"{name} = {np.min(value):.6g} {unit}: must be {'>=' if zero else '>'} 0")
