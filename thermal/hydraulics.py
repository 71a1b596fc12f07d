"""Rack manifold: how the flow divides over branches between two headers, and the pressure drop that takes.

Contract: supply and return header are identical with their ports at the same end; branch 0 is nearest to the
ports. Flows are positive away from the supply port, drops positive along the flow. Only the flow through
header segments is unknown, a branch is the difference of two of them, so mass is conserved by construction.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge, check_fields

Array = NDArray[np.float64]

TOLERANCE = 1e-12
"""largest pressure residual, as the flow it stands for, over the flow of the rack; branches hold to 1e-10"""
ITERATIONS_MAX = 50
"""Newton iterations before giving up; 3 to 6 are usual"""
_B_COEFFICIENT = (37530 / 8) ** 16
"""of Churchill's B on (8/Re)^16"""


@dataclass(frozen=True, kw_only=True)
class Manifold:
    """One header; the other is its twin."""

    header_diameter: Annotated[float, "m", Gt(0)]
    """inner diameter"""
    roughness: Annotated[float, "m", Ge(0)]
    """of the inner wall"""

    def __post_init__(self) -> None:
        check_fields(self)


class BranchLaw(NamedTuple):
    """Drop of a branch of weight w: quadratic (m/w)^2 / rho + laminar (mu/rho) (m/w)."""

    quadratic: float
    """[1/m4]"""
    laminar: float
    """[1/m3]"""


class ManifoldFlow(NamedTuple):
    """How a rack's flow divides."""

    branch_mass_flow: Array
    """(..., branch) [kg/s]"""
    pressure_drop: Array
    """(...) across the ports [Pa]"""
    iterations: int
    """Newton steps taken for the slowest rack"""


def friction_factor(Re: ArrayLike, relative_roughness: ArrayLike) -> Array:
    r"""Return the Darcy friction factor of a pipe, laminar to fully rough.

    $$ f = 8 \left[ (8/Re)^{12} + (A + B)^{-3/2} \right]^{1/12}, \quad
       A = \left( 2.457 \ln \frac{1}{(7/Re)^{0.9} + 0.27\,\epsilon} \right)^{16}, \quad B = (37530/Re)^{16} $$

    Parameters
    ----------
    Re : (...) Reynolds number, above 0 [1]
    relative_roughness : (...) roughness over diameter [1]

    Returns
    -------
    (...) Darcy friction factor [1]

    Raises
    ------
    ValueError
        A Reynolds number that is not positive.

    Notes
    -----
    Below Re = 1 it is 64/Re; drops are computed from f Re, which stays finite at rest.

    References
    ----------
    Churchill (1977), Friction-factor equation spans all fluid-flow regimes, Chemical Engineering 84(24).

    Examples
    --------
    >>> float(friction_factor(1e5, 1e-4).round(5))
    0.01846
    """
    Re = np.asarray(Re, float)
    if not np.all(Re > 0):
        raise ValueError(f"Reynolds number {np.min(Re):.6g}: must be > 0; at rest there is no friction factor")
    return _friction_number(Re, np.asarray(relative_roughness, float))[0] / Re


def solve_manifold(  # noqa: PLR0913 - the two headers, their branches and their liquid
    manifold: Manifold,
    total_mass_flow: ArrayLike,
    weight: ArrayLike,
    spacing: ArrayLike,
    law: BranchLaw,
    density: ArrayLike,
    viscosity: ArrayLike,
    start: ArrayLike | None = None,
) -> ManifoldFlow:
    r"""Divide the flow of each rack over its branches by Newton's method, all racks in one banded solve.

    $$ \Delta(F_{i-1} - F_i) - \Delta(F_i - F_{i+1}) - 2 f_i(F_i) = 0, \qquad i = 1 \ldots n-1 $$

    Parameters
    ----------
    manifold : Manifold
        Its numbers, like those of `law`, may be columns (rack, 1).
    total_mass_flow : (...) into each rack [kg/s]
    weight : (..., branch) hydraulic size: branches of one drop share the flow in this ratio [1]
    spacing : (..., branch) length of header before each branch, from the ports [m]
    law : BranchLaw
    density : (...) of the liquid [kg/m3]
    viscosity : (...) dynamic [Pa*s]
    start : (..., branch) branch flows of an earlier solve, scaled to the total by the solver [kg/s]

    Returns
    -------
    ManifoldFlow
        Branch flows (..., branch) [kg/s], drop (...) [Pa], iterations.

    Raises
    ------
    ValueError
        A flow, weight or property that is not positive, a negative spacing, a law without a drop.
    DidNotConverge
        The residual stays above `TOLERANCE`, or branches without a laminar term are started at rest.

    Notes
    -----
    $F_i$ is the flow in the segment before branch i, $\Delta$ the branch law, $f$ the friction of one segment
    (Churchill). Momentum at the tees is left out. The Jacobian is tridiagonal; racks are rows of one long
    system without coupling.

    References
    ----------
    Derived: Kirchhoff's laws of two headers with ports at one end; friction as in `friction_factor`.

    Examples
    --------
    >>> flow = solve_manifold(Manifold(header_diameter=0.038, roughness=1.5e-6), 3.0, [1.0, 1.0, 2.0], 0.05,
    ...                       BranchLaw(5e7, 0.0), 990.0, 6e-4)
    >>> flow.branch_mass_flow.round(3)
    array([0.751, 0.75 , 1.499])
    """
    total, w, L, rho, mu = _racks(total_mass_flow, weight, spacing, density, viscosity)
    terms = _terms(manifold, _checked(law), w, L, rho, mu)
    header = _header_flow(np.broadcast(total, w, L, rho, mu).shape, total, w if start is None else start)
    for iterations in range(ITERATIONS_MAX + 1):
        branch = header[..., :-1] - header[..., 1:]
        drop, slope = _branch_drop(terms, branch)
        loss, loss_slope = _header_drop(terms, header[..., :-1])
        residual = drop[..., :-1] - drop[..., 1:] - loss[..., 1:]
        diagonal = slope[..., :-1] + slope[..., 1:] + loss_slope[..., 1:]
        if (np.abs(residual) <= TOLERANCE * total * diagonal).all():
            return ManifoldFlow(branch, drop[..., 0] + loss[..., 0], iterations)
        header[..., 1:-1] += _newton_step(diagonal, slope[..., 1:-1], residual)
    raise DidNotConverge(
        f"manifold: pressure residual {np.max(np.abs(residual)):.3g} Pa after {ITERATIONS_MAX} iterations;"
        " widen Manifold.header_diameter, raise the resistance of the branches, or start from another solve"
    )


def _racks(total: ArrayLike, weight: ArrayLike, spacing: ArrayLike, *liquid: ArrayLike) -> tuple[Array, ...]:
    """Return per-rack values (..., 1) and branch values (..., branch), checked."""
    per_rack = [np.asarray(value, float)[..., None] for value in (total, *liquid)]
    w, L = np.asarray(weight, float), np.asarray(spacing, float)
    for name, value in zip(
        ("mass flow [kg/s]", "density [kg/m3]", "viscosity [Pa*s]", "branch weight"),
        (*per_rack, w),
        strict=True,
    ):
        if not (value > 0).all():
            raise ValueError(f"manifold: {name} = {np.min(value):.6g}: must be > 0 (leave out a closed branch)")
    if not (L >= 0).all():
        raise ValueError(f"manifold: spacing = {np.min(L):.6g} m: must be >= 0, counted from the ports")
    return per_rack[0], w, L, *per_rack[1:]


def _checked(law: BranchLaw) -> BranchLaw:
    a, b = law
    if not np.all((a >= 0) & (b >= 0) & (a + b > 0)):
        raise ValueError(f"{law}: coefficients must be >= 0, and one of them > 0")
    return law


class _Terms(NamedTuple):
    """What the drops of a branch and of both headers hold apart from the flow."""

    quadratic: Array
    """(..., branch) drop over branch flow squared [Pa*s2/kg2]"""
    laminar: Array
    """(..., branch) drop over branch flow [Pa*s/kg]"""
    reynolds: Array
    """(..., 1) Reynolds number over header flow [s/kg]"""
    header: Array
    """(..., branch) drop over f Re and header flow, both headers [Pa*s/kg]"""
    roughness: float
    """relative, of the header [1]"""


def _terms(manifold: Manifold, law: BranchLaw, w: Array, L: Array, rho: Array, mu: Array) -> _Terms:
    D, nu = manifold.header_diameter, mu / rho
    return _Terms(
        quadratic=law.quadratic / (rho * w * w),
        laminar=law.laminar * nu / w,
        reynolds=4 / (np.pi * D * mu),
        header=4 / (np.pi * D**4) * nu * L,
        roughness=manifold.roughness / D,
    )


def _header_flow(shape: tuple[int, ...], total: Array, share: ArrayLike) -> Array:
    """Return flow before each branch and, behind the last, zero: (..., branch + 1); branches as `share`."""
    part = np.asarray(share, float)[..., ::-1].cumsum(-1)[..., ::-1]
    header = np.zeros((*shape[:-1], shape[-1] + 1))
    header[..., :-1] = part * (total / part[..., :1])
    header[..., :1] = total
    return header


def _branch_drop(terms: _Terms, flow: Array) -> tuple[Array, Array]:
    """Return the drop of the branches [Pa] and its slope; odd in the flow."""
    size = np.abs(flow) * terms.quadratic
    return flow * (size + terms.laminar), size + size + terms.laminar


def _header_drop(terms: _Terms, flow: Array) -> tuple[Array, Array]:
    """Return the drop of both headers' segments [Pa] and its slope; odd in the flow, finite slope at rest."""
    number, exponent = _friction_number(np.abs(flow) * terms.reynolds, terms.roughness)
    chord = number * terms.header
    return chord * flow, chord * (1 + exponent)


def _friction_number(Re: Array, roughness: float | Array) -> tuple[Array, Array]:
    """Return f Re and d ln(f Re) / d ln Re; laminar (64, 0) below Re = 1."""
    x = np.maximum(Re, 1.0)
    y = 8 / x
    y4 = np.square(np.square(y))
    y8 = np.square(y4)
    laminar, B = y4 * y8, _B_COEFFICIENT * np.square(y8)
    smooth = (7 / 8 * y) ** 0.9
    rough = smooth + 0.27 * roughness
    theta = -2.457 * np.log(rough)
    theta3 = theta * theta * theta
    theta15 = theta3 * np.square(np.square(theta3))
    total = theta * theta15 + B
    turbulent = 1 / (total * np.sqrt(total))
    factor = laminar + turbulent
    growth = 2 * (2.457 * 0.9 * theta15 * smooth / rough - B) / total
    exponent = (Re > 1) * (1 - (laminar + turbulent * growth) / factor)
    return 8 * x * factor ** (1 / 12), exponent


def _newton_step(diagonal: Array, coupling: Array, residual: Array) -> Array:
    """Solve the symmetric tridiagonal systems of all racks as one; the couplings between racks are zero."""
    from scipy.linalg.lapack import dptsv

    beside = np.zeros(diagonal.shape)
    np.negative(coupling, out=beside[..., :-1])
    *_, step, info = dptsv(diagonal.ravel(), beside.ravel()[: max(diagonal.size - 1, 1)], residual.ravel())
    if info:
        raise DidNotConverge(
            "manifold: branches at rest have no slope; give BranchLaw.laminar > 0, or a start with flow"
        )
    return step.reshape(residual.shape)
