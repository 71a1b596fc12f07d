r"""Electric chiller: power from heat and two temperatures, by the entropy balance of Gordon and Ng.

Contract: one unit; elementwise over arrays. Chilled temperature is that of the liquid leaving the evaporator, condenser
temperature that of what enters the condenser. Two losses are kept, entropy made inside and the resistance of the two
exchangers; a heat leak is left out. Both follow from the rated point and the share of the first. What a rating counts
is what comes out: of an air-cooled chiller the fans too, of a water-cooled one the compressor alone
(`thermal.chiller_condenser` adds the rest).
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Chiller:
    """An electric chiller by its rated point."""

    rated_heat: Annotated[float, "W", Gt(0)]
    """heat into the evaporator at the rated point, and the most it takes"""
    rated_cop: Annotated[float, "1", Gt(0)]
    """that heat over electric power there"""
    rated_chilled_temperature: Annotated[float, "K", Gt(0)]
    """leaving the evaporator there"""
    rated_condenser_temperature: Annotated[float, "K", Gt(0)]
    """entering the condenser there"""
    entropy_share: Annotated[float, "1", Ge(0), Le(1)]
    """of the rated losses, what is made inside at any load; the rest grows with the load"""
    minimum_lift: Annotated[float, "delta_K", Ge(0)]
    """condenser over chilled temperature that the compressor needs; kept by throttling the condenser"""
    condenser_approach: Annotated[float, "delta_K", Ge(0)]
    """condenser temperature over that of the outdoor air, or of the water that a tower gives"""
    condenser_pump: Annotated[float, "1", Ge(0)] | None = None
    """of a condenser on water of a tower: electric power of its pumps over the heat; none: on outdoor air"""
    modules: Annotated[int, Ge(1)] = 1
    """equal machines that make it up"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.condenser_pump is not None and not 0 <= self.condenser_pump < np.inf:
            raise ValueError(f"Chiller.condenser_pump = {self.condenser_pump:.6g}: must be none (on air) or >= 0")
        if not _loss(self) > 0:
            raise ValueError(
                f"Chiller.rated_cop = {self.rated_cop:.6g}: must be < that of Carnot between"
                f" {self.rated_chilled_temperature:.6g} and {self.rated_condenser_temperature:.6g} K"
            )


def chiller_power(
    chiller: Chiller, heat: ArrayLike, chilled_temperature: ArrayLike, condenser_temperature: ArrayLike
) -> Array:
    r"""Return the electric power of a chiller; none where there is no heat.

    $$ P = \frac{(q + S T_e)\, T_c}{T_e - R q} - q, \qquad
       S = \frac{s X q_0}{T_{e0}}, \quad R = \frac{(1 - s) X T_{c0}}{(1 + 1/COP_0)\, q_0}, \quad
       X = \frac{T_{e0}}{T_{c0}} \left( 1 + \frac{1}{COP_0} \right) - 1 $$

    Parameters
    ----------
    chiller : Chiller
    heat : (...) into the evaporator [W]
    chilled_temperature : (...) leaving the evaporator [K]
    condenser_temperature : (...) entering the condenser; raised to the minimum lift where it is lower [K]

    Returns
    -------
    (...) power, for a load near nothing S T_c [W]

    Raises
    ------
    ValueError
        A negative heat, or one above the rated heat.

    Notes
    -----
    With a share of 0.36 it follows the DOE-2 curves of a centrifugal chiller of COP 5.5 within 6 %, 2 % in the mean, at
    loads of 0.2 to 1, 5 to 10 °C chilled and 24 to 35 °C into the condenser; with 0.28 the table of an air-cooled one
    of COP 3.04 (York YCAL) within 25 %, 12 % in the mean, at loads of 0.45 to 1, 4 to 10 °C chilled and air of 24 to
    42 °C. Warmer chilled water is extrapolated, along the second law. Of several modules as many run, at equal load, as
    takes least.

    References
    ----------
    Gordon and Ng (2001), Cool Thermodynamics, chapter 5, without the leak.

    Examples
    --------
    >>> float(chiller_power(_EXAMPLE, 1e6, 279.82, 302.55).round(1))
    181818.2
    """
    return chillers_power(chiller, 1, heat, chilled_temperature, condenser_temperature)


def chillers_power(
    chiller: Chiller, units: int, heat: ArrayLike, chilled_temperature: ArrayLike, condenser_temperature: ArrayLike
) -> Array:
    """Return the electric power of several chillers, as many machines of them, at equal load, as takes least.

    Parameters
    ----------
    chiller : Chiller
    units : how many there are
    heat : (...) into all evaporators [W]
    chilled_temperature : (...) leaving the evaporators [K]
    condenser_temperature : (...) entering the condensers [K]

    Returns
    -------
    (...) power [W]

    Raises
    ------
    ValueError
        A negative heat, or one above the rated heat of all.

    References
    ----------
    Derived: least over the number of machines that runs.

    Examples
    --------
    >>> float(chillers_power(_EXAMPLE, 2, 2e6, 279.82, 302.55).round(1))
    363636.4
    """
    q, chilled, condenser = (np.asarray(value, float) for value in (heat, chilled_temperature, condenser_temperature))
    most = units * chiller.rated_heat
    within = (q >= 0) & (q <= most * (1 + 1e-9))
    if not within.all():
        raise ValueError(
            f"heat into {'a chiller' if units == 1 else f'{units} chillers'} = {q[~within].flat[0]:.6g} W: must lie in"
            f" 0 .. {most:.6g} W; add chillers"
        )
    T = np.maximum(condenser, chilled + chiller.minimum_lift)
    entropy, resistance = _losses(chiller)
    count = units * chiller.modules
    running = np.arange(1, count + 1).reshape(-1, *(1,) * np.broadcast(q, T).ndim)
    able = q / running <= chiller.rated_heat / chiller.modules * (1 + 1e-9)
    share = np.where(able, q / running, 0.0)
    power = running * ((share + entropy * chilled) * T / (chilled - resistance * share) - share)
    return np.where(q > 0, np.where(able, power, np.inf).min(axis=0), 0.0)


def idle_power(chiller: Chiller, chilled_temperature: ArrayLike, condenser_temperature: ArrayLike) -> Array:
    """Return the power of a module that runs at a load near nothing, below which it never goes.

    Parameters
    ----------
    chiller : Chiller
    chilled_temperature : (...) leaving the evaporator [K]
    condenser_temperature : (...) entering the condenser [K]

    Returns
    -------
    (...) power [W]

    References
    ----------
    Derived: limit of `chiller_power`.

    Examples
    --------
    >>> float(idle_power(_EXAMPLE, 279.82, 302.55).round(-1))
    36210.0
    """
    chilled, condenser = np.asarray(chilled_temperature, float), np.asarray(condenser_temperature, float)
    return _losses(chiller)[0] * np.maximum(condenser, chilled + chiller.minimum_lift)


def _loss(chiller: Chiller) -> float:
    ratio = chiller.rated_chilled_temperature / chiller.rated_condenser_temperature
    return ratio * (1 + 1 / chiller.rated_cop) - 1


def _losses(chiller: Chiller) -> tuple[float, float]:
    """Return entropy made inside a module [W/K] and its resistance [K/W]."""
    loss, share, heat = _loss(chiller), chiller.entropy_share, chiller.rated_heat / chiller.modules
    entropy = share * loss * heat / chiller.rated_chilled_temperature
    work = (1 + 1 / chiller.rated_cop) * heat
    return entropy, (1 - share) * loss * chiller.rated_condenser_temperature / work


# Serves the examples in docstrings only.
_EXAMPLE = Chiller(
    rated_heat=1e6,
    rated_cop=5.5,
    rated_chilled_temperature=279.82,
    rated_condenser_temperature=302.55,
    entropy_share=0.36,
    minimum_lift=10.0,
    condenser_approach=6.0,
)
