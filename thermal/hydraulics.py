"""Rack manifold: how the flow divides over branches between two headers, and the pressure drop that takes.

Contract: supply and return header are identical; branch 0 is nearest to the supply port, the return port is at the
same end or, in reverse return, at the opposite one. Flows are positive away from the supply port, drops positive along
the flow. Only the flow through header segments is unknown, a branch is the difference of two of them, so mass is
conserved by construction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge, check_fields
from thermal.friction import check_friction, friction_number
from thermal.friction import friction_factor as friction_factor

Array = NDArray[np.float64]

TOLERANCE = 1e-12
"""largest pressure residual, as the flow it stands for, over the flow of the rack; branches hold to 1e-10"""
ITERATIONS_MAX = 50
"""Newton iterations before giving up; 3 to 6 are usual"""


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

    quadratic: float | Array
    """[1/m4]"""
    laminar: float | Array
    """[1/m3]"""


class Headers(NamedTuple):
    """How the two headers of a manifold are joined and rub."""

    friction: str = "churchill"
    """Or "nikuradse", see `friction_factor`."""
    return_port: str = "same"
    """End of the return port seen from the supply port: "same", or "opposite" (reverse return)."""


SAME_END = Headers()
"""Both ports at one end, Churchill's friction."""


class ManifoldFlow(NamedTuple):
    """How a rack's flow divides."""

    branch_mass_flow: Array
    """(..., branch) [kg/s]"""
    pressure_drop: Array
    """(...) across the ports [Pa]"""
    iterations: int
    """Newton steps taken for the slowest rack"""


class HeaderTerms(NamedTuple):
    """What the drop of header segments holds apart from the flow."""

    reynolds: Array
    """(..., 1) Reynolds number over header flow [s/kg]"""
    segment: Array
    """(..., branch) drop of both headers' segments over f Re and header flow [Pa*s/kg]"""
    tail: Array
    """(...) the same of the return behind the last branch, where its port is at the opposite end [Pa*s/kg]"""
    roughness: float
    """relative [1]"""
    headers: Headers


def solve_manifold(  # noqa: PLR0913 - the two headers, their branches and their liquid
    manifold: Manifold,
    total_mass_flow: ArrayLike,
    weight: ArrayLike,
    spacing: ArrayLike,
    law: BranchLaw,
    density: ArrayLike,
    viscosity: ArrayLike,
    start: ArrayLike | None = None,
    headers: Headers = SAME_END,
) -> ManifoldFlow:
    r"""Divide the flow of each rack over its branches by Newton's method, all racks in one banded solve.

    $$ \Delta(F_{i-1} - F_i) - \Delta(F_i - F_{i+1}) - f_i(F_i) - r_i = 0, \qquad i = 1 \ldots n-1 $$

    with $r_i = f_i(F_i)$ for ports at one end and $r_i = -f_i(F_0 - F_i)$ for reverse return.

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
    headers : Headers
        Ports at one end and Churchill's friction unless said.

    Returns
    -------
    ManifoldFlow
        Branch flows (..., branch) [kg/s], drop (...) [Pa], iterations.

    Raises
    ------
    ValueError
        A flow, weight or property that is not positive, a negative spacing, a law without a drop, an unknown
        friction law or return port.
    DidNotConverge
        The residual stays above `TOLERANCE`, or branches without a laminar term are started at rest.

    Notes
    -----
    $F_i$ is the flow in the segment before branch i, $\Delta$ the branch law, $f$ the friction of one segment of one
    header. Momentum at the tees is left out. In reverse return the return port lies as far behind the last branch as
    the supply port before the first. The Jacobian is tridiagonal; racks are rows of one long system without coupling.

    References
    ----------
    Derived: Kirchhoff's laws of two headers; friction as in `friction_factor`.

    Examples
    --------
    >>> flow = solve_manifold(Manifold(header_diameter=0.038, roughness=1.5e-6), 3.0, [1.0, 1.0, 2.0], 0.05,
    ...                       BranchLaw(5e7, 0.0), 990.0, 6e-4)
    >>> flow.branch_mass_flow.round(3)
    array([0.751, 0.75 , 1.499])
    """
    total, w, L, rho, mu = _racks(total_mass_flow, weight, spacing, density, viscosity)
    law = _checked(law)
    terms = header_terms(manifold, L, rho, mu, headers)
    quadratic, laminar = law.quadratic / (rho * w * w), law.laminar * (mu / rho) / w

    def branch_drop(flow: Array) -> tuple[Array, Array]:
        size = np.abs(flow) * quadratic
        return flow * (size + laminar), size + size + laminar

    header = _header_flow(np.broadcast(total, w, L, rho, mu, quadratic).shape, total, w if start is None else start)
    return divide_flow(terms, total, header, branch_drop)


def divide_flow(
    terms: HeaderTerms,
    total: Array,
    header: Array,
    branch_drop: Callable[[Array], tuple[Array, Array]],
    shut: Array | None = None,
) -> ManifoldFlow:
    """Divide the flow over branches of any law by Newton's method, from a guess of the header flows, which it moves.

    `branch_drop` returns drop [Pa] and slope [Pa*s/kg] at branch flows; branches that are `shut` come last and stay at
    rest.
    """
    for iterations in range(ITERATIONS_MAX + 1):
        branch = header[..., :-1] - header[..., 1:]
        drop, slope = branch_drop(branch)
        loss, loss_slope = _header_drop(terms, header[..., :-1], total)
        residual = drop[..., :-1] - drop[..., 1:] - loss[..., 1:]
        diagonal = slope[..., :-1] + slope[..., 1:] + loss_slope[..., 1:]
        coupling = slope[..., 1:-1]
        if shut is not None:
            at_rest = shut[..., 1:]
            residual, diagonal = np.where(at_rest, 0.0, residual), np.where(at_rest, 1.0, diagonal)
            coupling = np.where(at_rest[..., 1:], 0.0, coupling)
        if (np.abs(residual) <= TOLERANCE * total * diagonal).all():
            return ManifoldFlow(branch, drop[..., 0] + _port_drop(terms, header[..., :-1], total, loss), iterations)
        header[..., 1:-1] += _newton_step(diagonal, coupling, residual)
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
            raise ValueError(
                f"manifold: {name} = {np.min(value):.6g}: must be > 0 (leave out a closed branch, or use solve_rack)"
            )
    if not (L >= 0).all():
        raise ValueError(f"manifold: spacing = {np.min(L):.6g} m: must be >= 0, counted from the ports")
    return per_rack[0], w, L, *per_rack[1:]


def _checked(law: BranchLaw) -> BranchLaw:
    a, b = law
    if not np.all((a >= 0) & (b >= 0) & (a + b > 0)):
        raise ValueError(f"{law}: coefficients must be >= 0, and one of them > 0")
    return law


def header_terms(
    manifold: Manifold, spacing: Array, rho: Array, mu: Array, headers: Headers, tail: Array | None = None
) -> HeaderTerms:
    """Return the terms of headers with these segments; the tail [m] is as long as the first unless given."""
    if headers.return_port not in ("same", "opposite"):
        raise ValueError(f"Headers.return_port = {headers.return_port!r}: must be 'same' or 'opposite'")
    check_friction(headers.friction, manifold.roughness)
    D = manifold.header_diameter
    per_length = 4 / (np.pi * D**4) * (mu / rho)
    end = np.atleast_1d(spacing)[..., :1] if tail is None else tail
    return HeaderTerms(
        reynolds=4 / (np.pi * D * mu),
        segment=per_length * spacing,
        tail=(per_length * end)[..., 0],
        roughness=manifold.roughness / D,
        headers=headers,
    )


def _header_flow(shape: tuple[int, ...], total: Array, share: ArrayLike) -> Array:
    """Return flow before each branch and, behind the last, zero: (..., branch + 1); branches as `share`."""
    part = np.asarray(share, float)[..., ::-1].cumsum(-1)[..., ::-1]
    header = np.zeros((*shape[:-1], shape[-1] + 1))
    header[..., :-1] = part * (total / part[..., :1])
    header[..., :1] = total
    return header


def _header_drop(terms: HeaderTerms, flow: Array, total: Array) -> tuple[Array, Array]:
    """Return what the headers add to the drop of a path from one branch to the next [Pa], and its slope."""
    out, slope = _friction_drop(terms, flow, terms.segment)
    if terms.headers.return_port == "same":
        return out, slope
    back, back_slope = _friction_drop(terms, total - flow, terms.segment)
    return (out - back) / 2, (slope + back_slope) / 2


def _port_drop(terms: HeaderTerms, flow: Array, total: Array, loss: Array) -> Array:
    """Return the headers' share of the drop from port to port, by way of the first branch [Pa]."""
    if terms.headers.return_port == "same":
        return loss[..., 0]
    back, _ = _friction_drop(terms, total - flow, terms.segment)
    tail, _ = _friction_drop(terms, total, terms.tail[..., None])
    return loss[..., 0] + (back.sum(axis=-1) + tail[..., 0]) / 2


def _friction_drop(terms: HeaderTerms, flow: Array, segment: Array) -> tuple[Array, Array]:
    """Return the drop of both headers' segments [Pa] and its slope; odd in the flow, finite slope at rest."""
    number, exponent = friction_number(np.abs(flow) * terms.reynolds, terms.roughness, terms.headers.friction)
    chord = number * segment
    return chord * flow, chord * (1 + exponent)


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
