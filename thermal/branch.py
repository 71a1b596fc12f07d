"""The branch law of a rack from two published pressure drops, and its exponent at constant viscosity."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge, check_fields
from thermal.coolant import Coolant, density, viscosity
from thermal.hydraulics import BranchLaw, Manifold, solve_manifold

Array = NDArray[np.float64]

ITERATIONS_MAX = 50
"""substitutions before the fit gives up"""


@dataclass(frozen=True, kw_only=True)
class PressurePoint:
    """A published operating point of a rack."""

    volume_flow: Annotated[float, "m3/s", Gt(0)]
    """at the mean temperature"""
    supply_temperature: Annotated[float, "K", Gt(0)]
    """into the rack"""
    return_temperature: Annotated[float, "K", Gt(0)]
    """out of the rack"""
    pressure_drop: Annotated[float, "Pa", Gt(0)]
    """across the ports of the rack"""

    def __post_init__(self) -> None:
        check_fields(self)


def fit_branch_law(
    points: tuple[PressurePoint, PressurePoint],
    manifold: Manifold,
    weight: ArrayLike,
    spacing: ArrayLike,
    liquid: Coolant,
) -> BranchLaw:
    """Find the branch law with which a rack reproduces two published pressure drops.

    Parameters
    ----------
    points : two of PressurePoint
        Properties are taken at the mean of supply and return.
    manifold : Manifold
    weight : (branch,) hydraulic sizes [1]
    spacing : (branch,) length of header before each branch [m]
    liquid : Coolant

    Returns
    -------
    BranchLaw
        Coefficients [1/m4] and [1/m3].

    Raises
    ------
    ValueError
        A coefficient that would have to be negative, or equal points.
    DidNotConverge
        The header takes most of the drop.

    Notes
    -----
    With the division of flow held, both drops are linear in the two coefficients; repeated until it stays.

    References
    ----------
    Derived: successive substitution on `solve_manifold`.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> cold = PressurePoint(volume_flow=0.98e-3, supply_temperature=298.15, return_temperature=328.15,
    ...                      pressure_drop=15.9e3)
    >>> warm = PressurePoint(volume_flow=2.95e-3, supply_temperature=318.15, return_temperature=328.15,
    ...                      pressure_drop=126.9e3)
    >>> header = Manifold(header_diameter=0.038, roughness=1.5e-6)
    >>> law = fit_branch_law((cold, warm), header, [1.0] * 18, 0.05, coolant("water"))
    >>> f"{law.quadratic:.2e} {law.laminar:.2e}"
    '4.51e+09 7.07e+10'
    """
    target = np.array([point.pressure_drop for point in points])
    mass, rho, mu = _point_state(points, liquid)
    if np.isclose(mass[0], mass[1]):
        raise ValueError(f"pressure points: flows {mass[0]:.6g} and {mass[1]:.6g} kg/s must differ")
    w0 = np.asarray(weight, float)[..., 0]
    law, start = BranchLaw(float(target[1] * rho[1] * (np.sum(weight) / mass[1]) ** 2), 0.0), None
    for _ in range(ITERATIONS_MAX):
        flow = solve_manifold(manifold, mass, weight, spacing, law, rho, mu, start)
        start = flow.branch_mass_flow
        share = start[:, 0] / w0
        terms = np.stack([share**2 / rho, share * mu / rho], 1)
        header = flow.pressure_drop - terms @ np.array(law)
        quadratic, laminar = np.linalg.solve(terms, target - header)
        if not (quadratic >= 0 and laminar >= 0):
            raise ValueError(
                f"pressure points {target[0]:.6g} and {target[1]:.6g} Pa need branch coefficients"
                f" {quadratic:.4g} and {laminar:.4g}: both must be >= 0; check the flows, or widen"
                " Manifold.header_diameter"
            )
        law = BranchLaw(float(quadratic), float(laminar))
        if np.all(np.abs(flow.pressure_drop / target - 1) < 1e-10):
            return law
    raise DidNotConverge("branch law: no fit; widen Manifold.header_diameter, the header takes most of the drop")


def apparent_exponent(
    law: BranchLaw,
    manifold: Manifold,
    weight: ArrayLike,
    spacing: ArrayLike,
    liquid: Coolant,
    points: tuple[PressurePoint, PressurePoint],
) -> float:
    r"""Return the exponent of drop against flow between two points, at the liquid's state in the second.

    $$ n = \ln(\Delta p_2 / \Delta p_1) / \ln(Q_2 / Q_1) $$

    Parameters
    ----------
    law : BranchLaw
    manifold : Manifold
    weight : (branch,) hydraulic sizes [1]
    spacing : (branch,) length of header before each branch [m]
    liquid : Coolant
    points : two of PressurePoint
        Flows of both, temperatures of the second.

    Returns
    -------
    float
        Exponent at constant viscosity [1].

    Raises
    ------
    ValueError
        As `solve_manifold`.

    References
    ----------
    Derived: secant in logarithms.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> cold = PressurePoint(volume_flow=0.98e-3, supply_temperature=298.15, return_temperature=328.15,
    ...                      pressure_drop=15.9e3)
    >>> warm = PressurePoint(volume_flow=2.95e-3, supply_temperature=318.15, return_temperature=328.15,
    ...                      pressure_drop=126.9e3)
    >>> header = Manifold(header_diameter=0.038, roughness=1.5e-6)
    >>> law = BranchLaw(3e10, 1e11)
    >>> n = apparent_exponent(law, header, [1.0] * 18, 0.05, coolant("water"), (cold, warm))
    >>> round(n, 2)
    1.98
    """
    flow = np.array([point.volume_flow for point in points])
    _, rho, mu = _point_state(points, liquid)
    drop = solve_manifold(manifold, flow * rho[1], weight, spacing, law, rho[1], mu[1]).pressure_drop
    return float(np.log(drop[1] / drop[0]) / np.log(flow[1] / flow[0]))


def _point_state(points: tuple[PressurePoint, PressurePoint], liquid: Coolant) -> tuple[Array, Array, Array]:
    """Return mass flow, density and viscosity at the mean temperature of each point."""
    mean = np.array([(point.supply_temperature + point.return_temperature) / 2 for point in points])
    rho = density(liquid, mean)
    return rho * [point.volume_flow for point in points], rho, viscosity(liquid, mean)
