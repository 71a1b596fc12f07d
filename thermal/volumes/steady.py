"""Steady temperatures of a solid with or without coolant: the one linear solve, set-up and solution apart.

Contract: A T + film (T_w - coolant) = heat. Without coolant A is symmetric and conjugate gradients solve it; with
coolant, eliminated line by line, BiCGStab does. Both are preconditioned by one multigrid cycle of the solid whose
coolant is held. Even layers under even cooling need no iteration: cosines across, elimination along z. A system may
serve several threads.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.checks import DidNotConverge
from thermal.volumes.conduction import Conduction, outflow
from thermal.volumes.cosine import laterally_uniform, solve_uniform
from thermal.volumes.krylov import TOLERANCE, Krylov, bicgstab, conjugate_gradient
from thermal.volumes.multigrid import Cycle, multigrid
from thermal.volumes.streams import (
    StreamFactor,
    Streams,
    factor_lines,
    film_sink,
    inlet_heat,
    solve_lines,
    stream_outflow,
)

Array = NDArray[np.float64]
PATIENCE = 40
"""iterations in single precision before the cycle is made in double"""


class System(NamedTuple):
    """A solid and its coolant, ready for any heat; made by `prepare`."""

    solid: Conduction
    lines: StreamFactor | None
    cycle: Cycle
    origin: tuple[Conduction, Streams | None]
    """what it was prepared for"""


class Steady(NamedTuple):
    """A steady state."""

    temperature: Array
    """(nz, ny, nx); 0 in cells that nothing joins [K]"""
    coolant: Array | None
    """(line, step + 1) edge temperatures, or None without coolant [K]"""
    iterations: int
    residual: float
    """norm of the residual relative to that of the heat and its references [1]"""


def prepare(solid: Conduction, streams: Streams | None = None, *, storage: float = 0.0) -> System:
    """Factor the coolant lines and the multigrid levels: the set-up that all right-hand sides share.

    Parameters
    ----------
    solid : Conduction
        In a transient its sink includes storage * capacity.
    streams : Streams, optional
    storage : coefficient of the coolant's stored heat, 0 in a steady state [1/s]

    Returns
    -------
    System

    Raises
    ------
    ValueError
        No sink, no coolant: nothing takes the heat; a coolant that stands still; a negative or missing conductance.

    References
    ----------
    Derived.

    Examples
    --------
    >>> from thermal.volumes.conduction import conduction
    >>> from thermal.volumes.grid import Grid
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> prepare(conduction(grid, np.ones(grid.shape)))
    Traceback (most recent call last):
        ...
    ValueError: no face and no coolant takes the heat: give the stack a cooled face, or streams
    """
    for name, part in solid._asdict().items():
        if not (np.isfinite(part).all() and (part >= 0).all()):
            at = tuple(int(i) for i in np.argwhere(~(np.isfinite(part) & (part >= 0)))[0])
            raise ValueError(f"conductance {name}{list(at)} = {part[at]}: must be finite and >= 0 W/K")
    origin = solid, streams
    solid = Conduction(*(np.ascontiguousarray(part, float) for part in solid))
    if streams is None:
        if not solid.sink.any():
            raise ValueError("no face and no coolant takes the heat: give the stack a cooled face, or streams")
        return System(solid, None, multigrid(solid), origin)
    lines = factor_lines(streams, storage)
    held = solid._replace(sink=solid.sink + film_sink(streams, solid.shape))
    return System(solid, lines, multigrid(held), origin)


def solve_system(system: System, rhs: Array, start: Array | None = None, tolerance: float = TOLERANCE) -> Krylov:
    """Solve A T + film (T_w - mean theta(T)) = rhs.

    Parameters
    ----------
    system : System
    rhs : (nz, ny, nx) heat, with what the references and inlets bring [W]
    start : (nz, ny, nx) first guess [K]
    tolerance : residual relative to the right-hand side [1]

    Returns
    -------
    Krylov

    Raises
    ------
    DidNotConverge
        Heated cells without a way to a sink.

    References
    ----------
    See `thermal.volumes.krylov`.

    Examples
    --------
    >>> from thermal.volumes.conduction import conduction
    >>> from thermal.volumes.grid import Grid
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> solid = conduction(grid, np.ones(grid.shape))._replace(sink=np.full(grid.shape, 4.0))
    >>> solve_system(prepare(solid), np.ones(grid.shape)).solution.item()
    0.25
    """
    from thermal.volumes import kernels

    solid, lines, cycle, _ = system
    for name, field in (("right-hand side", rhs), ("first guess", start)):
        if field is not None and np.shape(field) != solid.shape:
            raise ValueError(f"{name} of shape {np.shape(field)}: must be {solid.shape}, as the cells")

    def apply(T: Array, out: Array) -> float:
        energy = float(kernels.outflow(solid, T, out))
        if lines is not None:
            stream_outflow(lines, T, out)
        return energy

    solve = conjugate_gradient if lines is None else bicgstab
    try:
        return solve(apply, cycle, rhs, start, tolerance, PATIENCE)
    except DidNotConverge:
        return solve(apply, cycle.precise(), rhs, start, tolerance)


def solve_steady(
    solid: Conduction,
    heat: Array,
    streams: Streams | None = None,
    *,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    system: System | None = None,
) -> Steady:
    """Return the steady temperatures of a solid, and of its coolant.

    Parameters
    ----------
    solid : Conduction
    heat : (nz, ny, nx) with sink * reference temperature where the solid has sinks [W]
    streams : Streams, optional
    start : (nz, ny, nx) first guess [K]
    tolerance : residual relative to the right-hand side [1]
    system : System
        The same solid and streams, prepared before.

    Returns
    -------
    Steady

    Raises
    ------
    ValueError
        Heat of another shape, not finite, or where nothing conducts; a system of something else; see `prepare`.
    DidNotConverge
        Heated cells without a way to a sink.

    References
    ----------
    Sridhar et al. (2014), 3D-ICE, IEEE Transactions on Computers 63, 2576, for the coupled system.

    Examples
    --------
    >>> from thermal.volumes.conduction import boundary_sink, conduction
    >>> from thermal.volumes.grid import Grid
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0, 2.0))
    >>> k = np.ones(grid.shape)
    >>> solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", np.inf))
    >>> solve_steady(solid, np.array([[[1.0]], [[0.0]]])).temperature.ravel()
    array([1.5, 0.5])
    """
    if np.shape(heat) != solid.shape:
        raise ValueError(f"heat of shape {np.shape(heat)}: must be {solid.shape}, as the cells")
    if system is not None and not (system.origin[0] is solid and system.origin[1] is streams):
        raise ValueError("system: was prepared for another solid or other streams; prepare these")
    heat = np.ascontiguousarray(heat, float)
    _check_heat(solid, heat, streams)
    if system is None and streams is None and laterally_uniform(solid):
        T = solve_uniform(solid, heat)
        left = float(np.linalg.norm(heat - outflow(solid, T)) / (np.linalg.norm(heat) or 1.0))
        if left <= tolerance:
            return Steady(T, None, 0, left)
    system = prepare(solid, streams) if system is None else system
    lines = system.lines
    rhs = heat if lines is None else heat + inlet_heat(lines, solid.shape)
    found = solve_system(system, rhs, start, tolerance)
    coolant = None if lines is None else solve_lines(lines, found.solution)
    return Steady(found.solution, coolant, found.iterations, found.residual)


def _check_heat(solid: Conduction, heat: Array, streams: Streams | None) -> None:
    """Refuse heat that is not finite, or in cells of coolant or of nothing, where it would vanish."""
    if not np.isfinite(heat).all():
        raise ValueError(f"heat in {np.count_nonzero(~np.isfinite(heat))} cells is not finite: must be finite W")
    at = np.nonzero(heat)
    alone = np.full(at[0].size, True)
    for axis, g in enumerate((solid.z, solid.y, solid.x)):
        for before in (0, 1):
            face = [index - before if i == axis else index for i, index in enumerate(at)]
            inside = (face[axis] >= 0) & (face[axis] < g.shape[axis])
            joined = g[tuple(np.where(inside, index, 0) for index in face)] > 0 if g.size else False
            alone &= ~(inside & joined)
    if streams is None:
        alone &= solid.sink[at] == 0
    elif alone.any():
        walls = np.zeros(heat.size, bool)
        walls[streams.wall[streams.wall >= 0]] = True
        alone &= ~walls.reshape(heat.shape)[at]
    if alone.any():
        raise ValueError(
            f"heat of {heat[at][alone].sum():g} W in {alone.sum()} cells that touch no other, of coolant or of nothing:"
            " put it where there is material"
        )
