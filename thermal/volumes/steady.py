"""Steady temperatures of a solid with or without coolant: the one linear solve, set-up and solution apart.

Contract: A T + film (T_w - coolant) = heat. Without coolant A is symmetric and conjugate gradients solve it; with
coolant, eliminated line by line, BiCGStab does. Both are preconditioned by one multigrid cycle of the solid whose
coolant is held. Even layers under even cooling need no iteration: cosines across, elimination along z.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.conduction import Conduction
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


class System(NamedTuple):
    """A solid and its coolant, ready for any heat; made by `prepare`."""

    solid: Conduction
    lines: StreamFactor | None
    cycle: Cycle


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
    solid = Conduction(*(np.ascontiguousarray(part, float) for part in solid))
    if streams is None:
        if not solid.sink.any():
            raise ValueError("no face and no coolant takes the heat: give the stack a cooled face, or streams")
        return System(solid, None, multigrid(solid))
    lines = factor_lines(streams, storage)
    held = solid._replace(sink=solid.sink + film_sink(streams, solid.shape))
    return System(solid, lines, multigrid(held))


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

    solid, lines, cycle = system
    if lines is None:
        return conjugate_gradient(lambda T, out: kernels.outflow(solid, T, out), cycle, rhs, start, tolerance)

    def apply(T: Array, out: Array) -> float:
        energy = float(kernels.outflow(solid, T, out))
        stream_outflow(lines, T, out)
        return energy

    return bicgstab(apply, cycle, rhs, start, tolerance)


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
        Heat of another shape; see `prepare`.
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
    if heat.shape != solid.shape:
        raise ValueError(f"heat of shape {heat.shape}: must be {solid.shape}, as the cells")
    if system is None and streams is None and laterally_uniform(solid):
        return Steady(solve_uniform(solid, heat), None, 0, 0.0)
    system = prepare(solid, streams) if system is None else system
    lines = system.lines
    rhs = np.asarray(heat, float) if lines is None else heat + inlet_heat(lines, solid.shape)
    found = solve_system(system, np.ascontiguousarray(rhs), start, tolerance)
    coolant = None if lines is None else solve_lines(lines, found.solution)
    return Steady(found.solution, coolant, found.iterations, found.residual)
