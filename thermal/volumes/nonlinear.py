"""Steady temperatures when conductivity and heat depend on temperature: Newton's method, exact to the last derivative.

Contract: sum over faces of g(T) (T_a - T_b), plus sinks(T) (T - reference), plus films (T_w - coolant) = heat(T). A law
is a function of the temperatures (nz, ny, nx) that returns its values and their derivatives, cell by cell. g is the
series of both half cells, each at the temperature of its cell; films of a coolant are held. Each linear system is
solved only as far as the imbalance before it deserves, which keeps convergence quadratic.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge
from thermal.volumes.conduction import Conduction, boundary_sink, conduction, half_resistances, outflow
from thermal.volumes.grid import Grid
from thermal.volumes.krylov import bicgstab
from thermal.volumes.steady import System, prepare
from thermal.volumes.streams import Streams, inlet_heat, solve_lines, stream_outflow

Array = NDArray[np.float64]
Law = Callable[[Array], tuple[ArrayLike, ArrayLike]]

ITERATIONS = 30
"""Newton steps at most; a state that exists takes four to eight"""
LOOSEST = 1e-2
"""residual of the first linear systems; later ones follow the imbalance [1]"""
NOISE = 1e-2
"""share of the largest response to heat below zero that is round-off of its solution [1]"""


class Face(NamedTuple):
    """A cooled face."""

    name: str
    """one of "x-" … "z+" """
    film: ArrayLike
    """scalar or the shape of the face, infinite for a fixed temperature [W/(m2*K)]"""
    reference: float
    """temperature outside [K]"""


class WarmBody(NamedTuple):
    """What depends on temperature, and where the heat goes."""

    grid: Grid
    conductivity: Law
    """k and dk/dT, of each cell or along x, y, z, (3, nz, ny, nx) [W/(m*K), W/(m*K2)]"""
    heat: Law
    """heat in each cell with its leakage, and its derivative [W, W/K]"""
    faces: tuple[Face, ...] = ()
    streams: Streams | None = None
    """their films do not follow the conductivity of the walls"""


class WarmState(NamedTuple):
    """A steady state."""

    temperature: Array
    """(nz, ny, nx) [K]"""
    coolant: Array | None
    """(line, step + 1) [K]"""
    imbalances: tuple[float, ...]
    """of heat before each Newton step and at the end, relative to the first [1]"""


def power_law(conductivity: ArrayLike, exponent: ArrayLike, reference: float = 300.0) -> Law:
    r"""Return the law of a conductivity that follows a power of the absolute temperature.

    $$ k = k_0 (T / T_0)^n $$

    Parameters
    ----------
    conductivity : scalar, (nz, ny, nx) or (3, nz, ny, nx) at the reference temperature [W/(m*K)]
    exponent : scalar or (nz, ny, nx), about -1.3 for silicon, 0 where constant [1]
    reference : T_0 [K]

    Returns
    -------
    function of temperatures [K] to k and dk/dT

    References
    ----------
    Glassbrenner & Slack (1964), Phys. Rev. 134, A1058, for silicon: 156 at 300 K, 105 W/(m*K) at 400 K.

    Examples
    --------
    >>> [float(value) for value in power_law(148.0, -1.3)(np.array(330.0))]
    [130.75, -0.5151]
    """
    k0, n = np.asarray(conductivity, float), np.asarray(exponent, float)

    def law(T: Array) -> tuple[Array, Array]:
        k = k0 * (T / reference) ** n
        return k, n * k / T

    return law


def solve_nonlinear(body: WarmBody, start: Array, *, tolerance: float = 1e-9) -> WarmState:
    r"""Return the steady state that Newton's method reaches from a start, and that small disturbances do not leave.

    $$ J d = q(T) - A(T) T, \quad J = A + \frac{\partial A}{\partial T} T - \frac{\partial q}{\partial T} $$

    Parameters
    ----------
    body : WarmBody
    start : (nz, ny, nx); from the temperature of the surroundings Newton rises to the lowest steady state [K]
    tolerance : imbalance of heat relative to that of the start [1]

    Returns
    -------
    WarmState

    Raises
    ------
    ValueError
        A start of another shape; see `prepare`.
    DidNotConverge
        Thermal runaway: no steady state, or only one that the least disturbance leaves.

    Notes
    -----
    The state found is stable if heat anywhere warms every cell, J^-1 > 0: checked with heat in all cells at once.

    References
    ----------
    Dembo, Eisenstat & Steihaug (1982), SIAM J. Numer. Anal. 19, 400: inexact Newton.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> body = WarmBody(grid, power_law(1e9, 0.0), lambda T: (10 + T - 300, 1 + 0 * T), (Face("z+", 3.0, 300.0),))
    >>> solve_nonlinear(body, np.full(grid.shape, 300.0)).temperature.round(6).item()
    305.0
    """
    T = np.array(start, float, order="C")
    if T.shape != body.grid.shape:
        raise ValueError(f"start of shape {T.shape}: must be {body.grid.shape}, as the cells")
    system = prepare(_assembled(body, T)[0], body.streams)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            imbalances = _iterate(body, system, T, tolerance)
    except DidNotConverge as stopped:
        raise DidNotConverge(_runaway(T)) from stopped
    coolant = None if system.lines is None else solve_lines(system.lines, T)
    return WarmState(T, coolant, imbalances)


def _iterate(body: WarmBody, system: System, T: Array, tolerance: float) -> tuple[float, ...]:
    """Drive T to balance in place; return the imbalances, the first 1."""
    sizes: list[float] = []
    for _ in range(ITERATIONS):
        imbalance, jacobian = _linearised(body, system, T)
        sizes.append(float(np.linalg.norm(imbalance)))
        share = sizes[-1] / sizes[0] if sizes[0] else 0.0
        if share <= tolerance:
            response = bicgstab(jacobian, system.cycle, _conducting(body, T), tolerance=1e-3).solution
            if response.min() < -NOISE * response.max():
                break
            return tuple(size / (sizes[0] or 1.0) for size in sizes)
        step = bicgstab(jacobian, system.cycle, imbalance, tolerance=min(LOOSEST, max(share, 1e-8))).solution
        if not (T + step > 0).all():
            break
        T += step
    raise DidNotConverge(f"no stable balance of heat in {len(sizes)} Newton steps")


def _conducting(body: WarmBody, T: Array) -> Array:
    """Return one watt in every cell that conducts."""
    k = np.broadcast_to(np.asarray(body.conductivity(T)[0], float), (3, *T.shape))
    return (k > 0).any(0).astype(float)


def _linearised(body: WarmBody, system: System, T: Array) -> tuple[Array, Callable[[Array, Array], float]]:
    """Return the imbalance of heat at T, and the exact product with its negative derivative."""
    solid, brought, slopes, sink_slope = _assembled(body, T)
    q, dq = (np.broadcast_to(np.asarray(value, float), T.shape) for value in body.heat(T))
    lines = system.lines
    imbalance = q + brought - outflow(solid, T)
    if lines is not None:
        imbalance += inlet_heat(lines, T.shape) - stream_outflow(lines, T)
    held = solid._replace(sink=solid.sink + sink_slope - dq)

    def jacobian(v: Array, out: Array) -> float:
        out[:] = outflow(held, v)
        for axis, (low, high) in enumerate(slopes):
            below, above = _sides(axis)
            flux = low * v[below] + high * v[above]
            out[below] += flux
            out[above] -= flux
        if lines is not None:
            stream_outflow(lines, v, out)
        return float(np.vdot(v, out))

    return imbalance, jacobian


def _assembled(body: WarmBody, T: Array) -> tuple[Conduction, Array, list[tuple[Array, Array]], Array]:
    """Return the conductances at T, what references bring, and how flux and loss follow k of either cell."""
    k, dk = (np.broadcast_to(np.asarray(value, float), (3, *T.shape)) for value in body.conductivity(T))
    solid, brought, sink_slope = conduction(body.grid, k), np.zeros(T.shape), np.zeros(T.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        weakening = np.where(k > 0, half_resistances(body.grid, k) * dk / k, 0.0)
    for face, film, reference in body.faces:
        g = boundary_sink(body.grid, k, face, film)
        solid.sink[:] += g
        brought += g * reference
        sink_slope += g**2 * weakening["xyz".index(face[0])] * (T - reference)
    slopes = []
    for axis, g in enumerate((solid.z, solid.y, solid.x)):
        below, above = _sides(axis)
        drive, change = g**2 * (T[below] - T[above]), weakening[2 - axis]
        slopes.append((drive * change[below], drive * change[above]))
    return solid, brought, slopes, sink_slope


def _sides(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the cells below and above the inner faces across an axis."""
    below, above = [slice(None)] * 3, [slice(None)] * 3
    below[axis], above[axis] = slice(None, -1), slice(1, None)
    return tuple(below), tuple(above)


def _runaway(T: Array) -> str:
    hottest = T[np.isfinite(T)].max(initial=0.0)
    return (
        f"thermal runaway: heat grows faster with temperature than cooling takes it (hottest cell {hottest:.4g} K when"
        " stopped); lower the leakage or the power, cool more, or start from the coolant's temperature"
    )
