"""Laws of fittings: loss coefficients, quick disconnects, valves at an opening, trapped gas.

Contract: losses go with the square of the speed, so each is exactly a `BranchLaw` without a laminar part. An infinite
coefficient is a closed path.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.hydraulics import BranchLaw

Array = NDArray[np.float64]

_KV_DROP = 1e5 / 1000.0
"""drop over density at which a flow coefficient is counted: 1 bar, water of 1000 kg/m3 [m2/s2]"""


@dataclass(frozen=True, kw_only=True)
class BranchValve:
    """A valve of a branch, set by hand or left as built."""

    flow_coefficient: Annotated[float, "m3/s", Gt(0)]
    """volume flow of water of 1000 kg/m3 at 1 bar, fully open: Kv / 3600"""
    rangeability: Annotated[float, "1", Gt(1)]
    """open over least controlled flow coefficient; of equal percentage only"""
    characteristic: str = "equal_percentage"
    """or "linear" """

    def __post_init__(self) -> None:
        check_fields(self)
        if self.characteristic not in ("linear", "equal_percentage"):
            raise ValueError(
                f"BranchValve.characteristic = {self.characteristic!r}: must be 'linear' or 'equal_percentage'"
            )


def loss_law(loss_coefficient: ArrayLike, diameter: ArrayLike) -> BranchLaw:
    r"""Return the law of a loss coefficient.

    $$ \Delta p = K \rho v^2 / 2 $$

    Parameters
    ----------
    loss_coefficient : (...) of the dynamic pressure, K [1]
    diameter : (...) of the section whose speed counts [m]

    Returns
    -------
    BranchLaw
        Without a laminar part.

    Raises
    ------
    ValueError
        A coefficient below 0 or a diameter that is not positive.

    References
    ----------
    Derived: definition of K.

    Examples
    --------
    >>> round(float(loss_law(60.0, 8e-3).quadratic) / 1e10, 4)
    1.1873
    """
    K, D = np.asarray(loss_coefficient, float), np.asarray(diameter, float)
    demand("loss coefficient", K, "1", zero=True)
    demand("diameter", D, "m")
    return BranchLaw((K * 8 / (np.pi * D * D) ** 2)[()], 0.0)


def flow_coefficient_law(flow_coefficient: ArrayLike) -> BranchLaw:
    r"""Return the law of a quick disconnect or another fitting whose Kv is known.

    $$ \Delta p = 1\,\mathrm{bar} \; \frac{\rho}{1000\,\mathrm{kg/m^3}} \left( \frac{Q}{K_v} \right)^2 $$

    Parameters
    ----------
    flow_coefficient : (...) volume flow of water at 1 bar, Kv / 3600; 0 is closed [m3/s]

    Returns
    -------
    BranchLaw
        Without a laminar part; infinite where closed.

    Raises
    ------
    ValueError
        A coefficient below 0.

    Notes
    -----
    Kv is in m3/h at 1 bar; Cv = 1.156 Kv.

    References
    ----------
    IEC 60534-2-1 (2011), incompressible, turbulent flow without fittings.

    Examples
    --------
    >>> round(float(flow_coefficient_law(1.0 / 3600).quadratic))
    1296000000
    """
    Kv = np.asarray(flow_coefficient, float)
    demand("flow coefficient", Kv, "m3/s", zero=True)
    with np.errstate(divide="ignore"):
        return BranchLaw((_KV_DROP / np.square(Kv))[()], 0.0)


def valve_law(valve: BranchValve, opening: ArrayLike) -> BranchLaw:
    r"""Return the law of a valve at an opening; 0 is shut tight, so that nothing passes.

    $$ K_v(x) = K_{v,1}\, x \quad\text{or}\quad K_{v,1}\, R^{\,x-1} $$

    Parameters
    ----------
    valve : BranchValve
    opening : (...) share of the stroke, x, from 0 to 1 [1]

    Returns
    -------
    BranchLaw
        Infinite where shut.

    Raises
    ------
    ValueError
        An opening outside 0 .. 1.

    References
    ----------
    IEC 60534-1 (2005), inherent characteristics; shut-off below the controlled range is ours.

    Examples
    --------
    >>> valve = BranchValve(flow_coefficient=1e-3, rangeability=50.0)
    >>> float(valve_law(valve, 0.5).quadratic / valve_law(valve, 1.0).quadratic)
    50.0
    """
    x = np.asarray(opening, float)
    if not ((x >= 0) & (x <= 1)).all():
        worst = x.flat[np.argmax(~((x >= 0) & (x <= 1)))]
        raise ValueError(f"opening of a valve = {worst:.6g}: must be from 0 (shut) to 1 (fully open)")
    share = x if valve.characteristic == "linear" else (x > 0) * valve.rangeability ** (x - 1)
    return flow_coefficient_law(valve.flow_coefficient * share)


def gas_pocket_law(diameter: ArrayLike, void_fraction: ArrayLike) -> BranchLaw:
    r"""Return the added loss where trapped gas takes a share of the section and the liquid passes below it.

    $$ K = \frac{\alpha^2 + \alpha/2}{(1 - \alpha)^2} $$

    Parameters
    ----------
    diameter : (...) of the pipe [m]
    void_fraction : (...) share of the section taken by gas, from 0 to 1; 1 is closed [1]

    Returns
    -------
    BranchLaw
        Infinite where all of the section is gas.

    Raises
    ------
    ValueError
        A share outside 0 .. 1.

    Notes
    -----
    The pocket stands still, its level is even, and the section behind and before it is full. The static head of gas
    in a riser is left out: a branch whose head exceeds the drop of the rack is gas-locked, and that is a closed one.

    References
    ----------
    Derived: contraction 0.5 (1 - A2/A1) on the speed below the pocket and Borda-Carnot's (1 - A2/A1)^2 behind it;
    Idelchik, Handbook of Hydraulic Resistance, section 4.

    Examples
    --------
    >>> float(gas_pocket_law(8e-3, 0.5).quadratic / loss_law(1.0, 8e-3).quadratic)
    2.0
    """
    alpha = np.asarray(void_fraction, float)
    if not ((alpha >= 0) & (alpha <= 1)).all():
        raise ValueError(
            f"void fraction {np.min(alpha):.6g} .. {np.max(alpha):.6g}: must be from 0 to 1 (all gas, closed)"
        )
    with np.errstate(divide="ignore"):
        K = alpha * (alpha + 0.5) / np.square(1 - alpha)
    shut = np.isinf(K)
    law = loss_law(np.where(shut, 0.0, K), diameter)
    return BranchLaw(np.where(shut, np.inf, law.quadratic)[()], 0.0)


def demand(name: str, value: Array, unit: str, zero: bool = False) -> None:
    """Raise ValueError for values that are not positive, or negative where zero will do."""
    if not ((value >= 0) if zero else (value > 0)).all():
        raise ValueError(f"{name} = {np.min(value):.6g} {unit}: must be {'>=' if zero else '>'} 0")
