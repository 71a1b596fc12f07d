"""A rack of trays of several kinds between two headers, some of them perhaps closed.

Contract: as `thermal.hydraulics`; a branch is a tray of a kind, and the flows of its elements are returned with it. A
closed branch carries nothing and its segments of header are joined to the next ones.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.hydraulics import SAME_END, Headers, Manifold, divide_flow, header_terms
from thermal.tray import Part, solve_tray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class TrayKind(NamedTuple):
    """Trays of one build in a rack."""

    tray: Part
    """Its laws may hold arrays (..., k): a valve per tray, a closed one."""
    branches: Sequence[int]
    """Places of the k trays, from the supply port."""


class RackFlow(NamedTuple):
    """How a rack's flow divides, down to the elements of its trays."""

    branch_mass_flow: Array
    """(..., branch); 0 where closed [kg/s]"""
    pressure_drop: Array
    """(...) across the ports of the rack [Pa]"""
    element_mass_flow: tuple[dict[str, Array], ...]
    """Per kind: name of the element to (..., k) [kg/s]"""
    iterations: int
    """Newton steps taken for the slowest rack."""


def solve_rack(  # noqa: PLR0913 - the rack, what is in it, and its liquid
    manifold: Manifold,
    total_mass_flow: ArrayLike,
    spacing: ArrayLike,
    kinds: Sequence[TrayKind],
    density: ArrayLike,
    viscosity: ArrayLike,
    headers: Headers = SAME_END,
) -> RackFlow:
    r"""Divide the flow of racks over their trays and the elements of each tray.

    Parameters
    ----------
    manifold : Manifold
    total_mass_flow : (...) into each rack [kg/s]
    spacing : (branch,) length of header before each branch, from the supply port [m]
    kinds : sequence of TrayKind
        Together they name each branch once.
    density : (...) of the liquid [kg/m3]
    viscosity : (...) dynamic [Pa*s]
    headers : Headers
        Friction and place of the return port.

    Returns
    -------
    RackFlow
        Branch flows (..., branch) [kg/s], drop (...) [Pa], flows of elements per kind (..., k) [kg/s].

    Raises
    ------
    ValueError
        A flow or property that is not positive, a negative spacing, places left out or named twice, a rack all of
        whose branches are closed, and as `solve_tray`.
    DidNotConverge
        As `solve_manifold` and `solve_tray`.

    Notes
    -----
    Newton's method on the header flows as in `solve_manifold`, with the drop and slope of whole trays. Closed branches
    are put behind the open ones, rack by rack, for the solve.

    References
    ----------
    Derived: Kirchhoff's laws of two headers.

    Examples
    --------
    >>> from thermal.hydraulics import BranchLaw
    >>> from thermal.tray import Element
    >>> kinds = (TrayKind(Element("compute", BranchLaw(5e9, 0.0)), (0, 2)),
    ...          TrayKind(Element("switch", BranchLaw(2e10, 0.0)), (1,)))
    >>> rack = solve_rack(Manifold(header_diameter=0.038, roughness=1.5e-6), 1.0, [0.05] * 3, kinds, 990.0, 6e-4)
    >>> rack.branch_mass_flow.round(3)
    array([0.4, 0.2, 0.4])
    """
    total, rho, mu = (np.asarray(value, float)[..., None] for value in (total_mass_flow, density, viscosity))
    L, places = np.atleast_1d(np.asarray(spacing, float)), _places(kinds)
    _check(total, rho, mu, L, len(places))
    at_rest = [solve_tray(kind.tray, np.zeros(len(kind.branches)), rho, mu).slope for kind in kinds]
    shape = np.broadcast_shapes(total.shape[:-1], L.shape[:-1], *(slope.shape[:-1] for slope in at_rest))
    full = (*shape, len(places))
    shut = np.isinf(_gathered(at_rest, kinds, full))
    if shut.all(axis=-1).any():
        raise ValueError("rack: all branches are closed: open one, or leave the rack out")
    order = np.argsort(shut, axis=-1, kind="stable")
    segment, tail = _joined(np.broadcast_to(L, full), order, shut)

    def solve(branch: Array) -> list[Any]:
        return [solve_tray(kind.tray, branch[..., list(kind.branches)], rho, mu) for kind in kinds]

    def branch_drop(flow: Array) -> tuple[Array, Array]:
        trays = solve(_scattered(flow, order))
        drop = _gathered([tray.pressure_drop for tray in trays], kinds, full)
        slope = _gathered([tray.slope for tray in trays], kinds, full)
        slope = np.where(shut, 0.0, slope)
        return np.take_along_axis(drop, order, -1), np.take_along_axis(slope, order, -1)

    share = _first_share(solve(np.where(shut, 0.0, total / len(places))), kinds, full, shut)
    ordered = np.take_along_axis(share * total, order, -1)
    header = np.zeros((*shape, len(places) + 1))
    header[..., :-1] = ordered[..., ::-1].cumsum(-1)[..., ::-1]
    header[..., :1] = total
    behind = np.take_along_axis(shut, order, -1) if shut.any() else None
    terms = header_terms(manifold, segment, rho, mu, headers, tail)
    found = divide_flow(terms, total, header, branch_drop, behind)
    branch = _scattered(found.branch_mass_flow, order)
    elements = tuple(tray.element_mass_flow for tray in solve(branch))
    return RackFlow(branch, found.pressure_drop, elements, found.iterations)


def _places(kinds: Sequence[TrayKind]) -> list[int]:
    places = sorted(place for kind in kinds for place in kind.branches)
    if not places or places != list(range(len(places))):
        raise ValueError(f"rack: branches {places}: kinds must name each of 0 .. {max(len(places) - 1, 0)} once")
    return places


def _check(total: Array, rho: Array, mu: Array, spacing: Array, branches: int) -> None:
    for name, value in (("mass flow [kg/s]", total), ("density [kg/m3]", rho), ("viscosity [Pa*s]", mu)):
        if not (value > 0).all():
            raise ValueError(f"rack: {name} = {np.min(value):.6g}: must be > 0")
    if not (spacing >= 0).all():
        raise ValueError(f"rack: spacing = {np.min(spacing):.6g} m: must be >= 0, counted from the supply port")
    if spacing.shape[-1] not in (1, branches):
        raise ValueError(
            f"rack: {spacing.shape[-1]} spacings for {branches} branches: give one for all or one for each"
        )


def _gathered(values: Sequence[Array], kinds: Sequence[TrayKind], shape: tuple[int, ...]) -> Array:
    """Return values of kinds (..., k) at the places of their branches."""
    out = np.empty(shape)
    for value, kind in zip(values, kinds, strict=True):
        out[..., list(kind.branches)] = value
    return out


def _scattered(ordered: Array, order: NDArray[np.int64]) -> Array:
    out = np.empty(ordered.shape)
    np.put_along_axis(out, order, ordered, -1)
    return out


def _joined(spacing: Array, order: NDArray[np.int64], shut: Mask) -> tuple[Array, Array]:
    """Return the segments before the open branches, 0 behind the last, and the length behind it with the port's."""
    position = spacing.cumsum(-1)
    last = np.where(shut, 0.0, position).max(-1, keepdims=True)
    open_position = np.minimum(np.take_along_axis(np.where(shut, np.inf, position), order, -1), last)
    segment = np.diff(open_position, axis=-1, prepend=0.0)
    return segment, position[..., -1:] - last + spacing[..., :1]


def _first_share(trays: Sequence[Any], kinds: Sequence[TrayKind], shape: tuple[int, ...], shut: Mask) -> Array:
    """Return shares in which the flow would divide if all drops were quadratic and the headers wide."""
    drop = _gathered([tray.pressure_drop for tray in trays], kinds, shape)
    if not (shut | (drop > 0)).all():
        raise ValueError("rack: a tray without drop: must have a resistance; give its elements coefficients > 0")
    size = np.where(shut, 0.0, 1 / np.sqrt(np.where(shut, 1.0, drop)))
    return size / size.sum(-1, keepdims=True)
