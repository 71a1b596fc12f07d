r"""Coolant in lines along y: the box scheme, eliminated line by line.

Contract: a line has edge temperatures theta_0 = inlet, theta_1, … theta_ny; its coolant loses no heat but to its walls:

$$ C (\theta_{j+1} - \theta_j) + s\,c_j \bar\theta_j = \sum_w h_{wj} (T_w - \bar\theta_j) + e_j, \qquad
   \bar\theta_j = (\theta_j + \theta_{j+1}) / 2 $$

with C the capacity rate and h the conductance from a wall's cell; the storage s c and the source e are transient terms.
Given the walls, one sweep down each line gives theta, so the solid sees only its own cells: A T + h (T_w - mean). It is
second order in the step, and what leaves the walls is C (outlet - inlet) to round-off. `central` marks the scheme of
published cases: theta_{j+1} is the coolant in step j itself, the advection takes differences over two steps.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_NONE = np.empty((0, 0))


class Streams(NamedTuple):
    """Coolant lines and the walls they wet."""

    wall: NDArray[np.int64]
    """(wall, line, step) flat index of a cell among (nz, ny, nx); -1 where there is no wall"""
    film: Array
    """(wall, line, step) conductance from the centre of that cell to the coolant, 0 without wall [W/K]"""
    rate: Array
    """(line,) capacity rate, mass flow times specific heat [W/K]"""
    inlet: Array
    """(line,) inlet temperature [K]"""
    capacity: Array
    """(line, step) heat capacity of the coolant [J/K]"""
    central: bool = False
    """central differences, which exist for published cases only"""


class StreamFactor(NamedTuple):
    """Lines with their recurrence worked out for one coefficient of the storage term; arrays run step by step."""

    streams: Streams
    wall: NDArray[np.int64]
    """(step, wall, line) flat index of a cell; 0, with no film, where there is no wall"""
    film: Array
    """(step, wall, line) [W/K]"""
    lower: Array
    """(step, line) weight of the edge before [1]"""
    pivot: Array
    """(step, line) rise of an edge per heat [K/W]"""
    upper: Array
    """(step, line) weight of the edge after; empty in the box scheme [1]"""
    cells: int
    """one more than the highest wall index"""


def check_streams(streams: Streams) -> None:
    """Raise ValueError naming the first line, step or wall outside its range."""
    wall, film, rate, inlet, capacity, _ = streams
    if not wall.shape == film.shape == (len(wall), *capacity.shape) or not rate.shape == inlet.shape == (
        len(capacity),
    ):
        raise ValueError(
            f"streams: {[part.shape for part in streams[:5]]}: must be (wall, line, step), line, (line, step)"
        )
    for name, value, holds, bound in (
        ("capacity rate of line", rate, rate > 0, "> 0 W/K; give the line a flow"),
        ("inlet temperature of line", inlet, inlet >= 0, ">= 0 K"),
        ("film of wall, line, step", film, (film >= 0) & ((wall >= 0) | (film == 0)), ">= 0 W/K, and 0 without a wall"),
        ("heat capacity of line, step", capacity, capacity >= 0, ">= 0 J/K"),
    ):
        if not (holds & np.isfinite(value)).all():
            at = tuple(np.argwhere(~(holds & np.isfinite(value)))[0].tolist())
            raise ValueError(f"{name} {', '.join(map(str, at))} = {value[at]:g}: must be finite and {bound}")


def factor_lines(streams: Streams, storage: float = 0.0) -> StreamFactor:
    """Work out the recurrences of all lines.

    Parameters
    ----------
    streams : Streams
    storage : coefficient s of the stored heat s * capacity * mean; 0 in a steady state [1/s]

    Returns
    -------
    StreamFactor
        For `solve_lines`, `stream_outflow` and `inlet_heat`.

    Raises
    ------
    ValueError
        A capacity rate that is not positive, a negative film, inlet or capacity, shapes that do not agree.

    Notes
    -----
    Where film / rate > 2 in a step of the box scheme, a warmer edge makes the next one colder: take finer steps.

    References
    ----------
    Keller (1971): the box scheme. Central differences: Sridhar et al. (2014), 3D-ICE. Thomas elimination.

    Examples
    --------
    >>> line = Streams(np.zeros((1, 1, 1), np.int64), np.full((1, 1, 1), 2.0), np.ones(1), np.zeros(1), np.ones((1, 1)))
    >>> factor_lines(line).pivot.item()
    0.5
    """
    check_streams(streams)
    wall = np.ascontiguousarray(streams.wall.clip(0).transpose(2, 0, 1), np.int64)
    film = np.ascontiguousarray(streams.film.transpose(2, 0, 1), float)
    conductance = film.sum(1) + storage * streams.capacity.T
    cells = int(wall.max(initial=-1)) + 1
    if streams.central:
        return StreamFactor(streams, wall, film, *_central(conductance, streams.rate / 2), cells)
    pivot = 1 / (streams.rate + conductance / 2)
    return StreamFactor(streams, wall, film, (conductance / 2 - streams.rate) * pivot, pivot, _NONE, cells)


def _central(conductance: Array, half: Array) -> tuple[Array, Array, Array]:
    """Return lower, pivot and upper of the tridiagonal lines; the first step meets the inlet, the last its own end."""
    below = np.tile(-half, (len(conductance), 1))
    below[0] *= 2
    diagonal = conductance.copy()
    diagonal[0] += half
    diagonal[-1] += half
    pivot, upper = np.empty_like(below), np.zeros_like(below)
    for j, d in enumerate(diagonal):
        pivot[j] = 1 / (d - below[j] * upper[j - 1] if j else d)
        if j < len(diagonal) - 1:
            upper[j] = half * pivot[j]
    return below * pivot, pivot, upper


def solve_lines(factor: StreamFactor, temperature: Array, extra: Array | None = None) -> Array:
    """Return the edge temperatures of all lines along walls of given temperature.

    Parameters
    ----------
    factor : StreamFactor
    temperature : (nz, ny, nx) of the solid [K]
    extra : (line, step) heat given to the coolant beside the walls', such as s * capacity * mean before [W]

    Returns
    -------
    (line, step + 1), the first of each line its inlet [K]

    Raises
    ------
    ValueError
        Fewer cells than the walls point to.

    References
    ----------
    Derived: one sweep down each line.

    Examples
    --------
    >>> line = Streams(np.zeros((1, 1, 1), np.int64), np.full((1, 1, 1), 2.0), np.ones(1), np.zeros(1), np.ones((1, 1)))
    >>> solve_lines(factor_lines(line), np.full((1, 1, 1), 10.0))
    array([[ 0., 10.]])
    """
    return _sweep(factor, factor.streams.inlet, temperature, extra).T


def stream_outflow(factor: StreamFactor, temperature: Array, heat: Array | None = None) -> Array:
    """Return the linear part of the heat from the walls: film (T_w - mean theta) with every inlet at zero.

    Parameters
    ----------
    factor : StreamFactor
    temperature : (nz, ny, nx) of the solid [K]
    heat : (nz, ny, nx) C-contiguous, to which it is added in place; a new one of zeros by default [W]

    Returns
    -------
    (nz, ny, nx), `heat` itself [W]

    References
    ----------
    Derived: the Schur complement of the coolant.

    Examples
    --------
    >>> line = Streams(np.zeros((1, 1, 1), np.int64), np.full((1, 1, 1), 2.0), np.ones(1), np.ones(1), np.ones((1, 1)))
    >>> stream_outflow(factor_lines(line), np.full((1, 1, 1), 10.0)).item()
    10.0
    """
    out = np.zeros(temperature.shape) if heat is None else heat
    return _add_outflow(factor, _sweep(factor, 0.0, temperature), temperature, out)


def inlet_heat(factor: StreamFactor, shape: tuple[int, ...], extra: Array | None = None) -> Array:
    """Return the right-hand side that the coolant alone makes: film * mean theta along walls at zero.

    Parameters
    ----------
    factor : StreamFactor
    shape : cells along z, y, x
    extra : (line, step) heat given to the coolant beside the walls' [W]

    Returns
    -------
    (nz, ny, nx): A T + stream_outflow(T) = heat + this [W]

    References
    ----------
    Derived: superposition of inlet and walls.
    """
    cold = np.zeros(shape)
    return -_add_outflow(factor, _sweep(factor, factor.streams.inlet, cold, extra), cold, np.zeros(shape))


def coolant_mean(streams: Streams, theta: Array) -> Array:
    """Return the coolant temperature each step's walls see.

    Parameters
    ----------
    streams : Streams
    theta : (line, step + 1) edge temperatures [K]

    Returns
    -------
    (line, step) [K]

    References
    ----------
    Derived: the mean of both edges; the coolant itself in the central scheme.
    """
    return theta[:, 1:] if streams.central else (theta[:, :-1] + theta[:, 1:]) / 2


def coolant_heat(streams: Streams, theta: Array) -> float:
    """Return the heat all lines carry off: sum of rate * (outlet - inlet).

    Parameters
    ----------
    streams : Streams
    theta : (line, step + 1) edge temperatures [K]

    Returns
    -------
    Positive where the coolant warms up [W]

    References
    ----------
    Derived: first law.
    """
    return float(streams.rate @ (theta[:, -1] - theta[:, 0]))


def film_sink(streams: Streams, shape: tuple[int, ...]) -> Array:
    """Return the conductance of every cell to its coolant: the sink of a solid whose coolant is frozen.

    Parameters
    ----------
    streams : Streams
    shape : cells along z, y, x

    Returns
    -------
    (nz, ny, nx) [W/K]

    References
    ----------
    Derived: sum over the walls.
    """
    wet = streams.wall >= 0
    found = np.bincount(streams.wall[wet], streams.film[wet], math.prod(shape))
    return np.asarray(found, float).reshape(shape)


def _sweep(factor: StreamFactor, start: Array | float, temperature: Array, extra: Array | None = None) -> Array:
    """Return theta (step + 1, line) from the start of each line."""
    from thermal.volumes.stream_kernels import sweep

    if temperature.size < factor.cells:
        raise ValueError(f"temperature of {temperature.size} cells: the walls need {factor.cells}")
    theta = np.empty((len(factor.pivot) + 1, factor.streams.rate.size))
    theta[0] = start
    given = _NONE if extra is None else np.ascontiguousarray(extra.T)
    sweep(factor[1:6], given, np.ravel(temperature), theta)
    return theta


def _add_outflow(factor: StreamFactor, theta: Array, temperature: Array, heat: Array) -> Array:
    """Add film (T_w - mean) to heat in place."""
    from thermal.volumes.stream_kernels import add_outflow

    share = 0.0 if factor.streams.central else 0.5
    add_outflow(factor.wall, factor.film, share, theta, temperature.ravel(), np.reshape(heat, -1, copy=False))
    return heat
