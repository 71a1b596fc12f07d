"""A package on its plate as one linear system in time: what its reduced model is projected from.

Contract: inputs are the heat of dies (with their spots), memory and regulators of the whole module [W] and the rise of
the inlet [K]; outputs are rises [K]. The coolant that a plate holds is assumed, makers do not say.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermal.coldplate import REFERENCE_TEMPERATURE, ColdPlate, film_coefficient
from thermal.coolant import CoolantName, coolant, density, heat_capacity

if TYPE_CHECKING:
    from thermal.assembly import PackageProblem
    from thermal.volumes.linear import LinearSystem, Solve

Array = NDArray[np.float64]
Weights = tuple[float, float, float]

INPUTS = ("die", "memory", "regulator", "inlet")
"""heat of the whole module [W], and the rise of the inlet [K]"""
OUTPUTS = ("die", "spot", "memory", "case", "outlet")
"""rises [K]"""
SPOT = OUTPUTS.index("spot")
DEPTH = 2e-3
"""coolant under each unit of base area: assumed [m]"""
TOLERANCE = 1e-6
"""of the solves that fill a basis, relative"""
LEAST = (0.0, 0.6, 6.0)
"""where the model is exact at the least flow, whose coolant is slow [1/s]"""
MOST = (0.0, 6.0)
"""where it is exact at the most flow [1/s]"""
BETWEEN = (0.0, 20.0, 100.0, 1e3)
"""where it is exact at the flow between; fast, the coolant matters little [1/s]"""
NOVELTY = 2e-3
"""share of a vector that must be new for it to widen the basis; the richer one takes less"""
FACE_TOLERANCE = 1e-5
"""of the field on the face of the spot, relative singular value"""


def plate_state(plate: ColdPlate, liquid: CoolantName, volume_flow: float) -> tuple[float, float]:
    """Return inverse film and capacity rate of a plate whose coolant has the temperature of the published plate.

    Parameters
    ----------
    plate : ColdPlate
    liquid : name of the coolant
    volume_flow : through the plate [m3/s]

    Returns
    -------
    inverse film [m2*K/W], capacity rate [W/K]

    Raises
    ------
    ValueError
        A flow that is not positive.

    References
    ----------
    See `thermal.film_coefficient`.
    """
    table, T = coolant(liquid), REFERENCE_TEMPERATURE
    rate = density(table, T) * heat_capacity(table, T) * volume_flow
    return float(1 / film_coefficient(plate, volume_flow, table, T)), float(rate)


def package_system(
    problem: "PackageProblem", liquid: CoolantName, inverse_film: float, capacity_rate: float
) -> "tuple[LinearSystem, Solve]":
    """Return the full model that sees no spot, and how to solve it; cells of nothing store heat that never comes.

    Parameters
    ----------
    problem : PackageProblem
    liquid : name of the coolant that fills the plate
    inverse_film : inverse of the plate's film per base area where all weights are 1 [m2*K/W]
    capacity_rate : of the plate's coolant there [W/K]

    Returns
    -------
    LinearSystem, and a function of (shift [1/s], weights [1], right-hand sides (n, q), transposed)

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is not positive.

    References
    ----------
    Derived: `thermal.volumes.linear`.
    """
    from thermal.assembly import package_solid, package_stream
    from thermal.volumes.linear import cooled_system, iterated, solid_system
    from thermal.volumes.stack import heat_capacity as stack_capacity

    grid, table, probes = problem.grid, coolant(liquid), problem.probes
    solid, streams = package_solid(problem), package_stream(problem, inverse_film, capacity_rate, 0.0)
    held = DEPTH * density(table, REFERENCE_TEMPERATURE) * heat_capacity(table, REFERENCE_TEMPERATURE)
    streams = streams._replace(capacity=held * np.outer(grid.dx, grid.dy))
    capacity = np.where(problem.conductivity[2] > 0, stack_capacity(problem.stack, grid), 1.0)
    inputs = np.stack([problem.die, problem.heat.memory, problem.heat.regulator]) / 2
    looks, drops = np.zeros((2, 3, capacity.size))
    for i, probe in enumerate((probes.die, probes.memory, probes.case)):
        looks[i, probe.cells], drops[i, probe.cells] = probe.weight, probe.drop
    bare = solid_system(solid, capacity, inputs, looks)
    bare = bare._replace(feedthrough=drops @ inputs.reshape(len(inputs), -1).T)
    return cooled_system(bare, streams), iterated(solid, capacity, streams, TOLERANCE)


def with_spots(system: "LinearSystem", problem: "PackageProblem", cells: NDArray[np.int64]) -> "LinearSystem":
    """Return the system with outputs for the faces of cells of the spots; the drop to the face is the same in all.

    Parameters
    ----------
    system : LinearSystem
        Of `package_system`.
    problem : PackageProblem
    cells : (spot,) flat indices

    Returns
    -------
    LinearSystem

    References
    ----------
    Derived: the flux of a spot is even.
    """
    probe, rows = problem.probes.spot, np.zeros((cells.size, system.capacity.size))
    rows[np.arange(cells.size), cells] = 1
    drop = np.append((probe.drop[0] * problem.die.ravel()[probe.cells[0]]) / 2, np.zeros(len(INPUTS) - 1))
    return system._replace(
        outputs=np.insert(system.outputs, SPOT, rows, axis=0),
        feedthrough=np.insert(system.feedthrough, SPOT, np.tile(drop, (cells.size, 1)), axis=0),
    )


def package_basis(
    problem: "PackageProblem",
    full: "tuple[LinearSystem, Solve]",
    spots: "Sequence[NDArray[np.int64]]",
    weights: Sequence[Weights],
) -> Array:
    """Return a basis for all flows of a plate.

    Parameters
    ----------
    problem : PackageProblem
    full : of `package_system`
    spots : three of (1,), the cell hottest in steady state at the least flow, one between and the most
    weights : three, of solid, film and flow there [1]

    Returns
    -------
    (cell, r)

    References
    ----------
    See `thermal.volumes.reduced.filled_basis`.
    """
    from thermal.volumes.reduced import filled_basis

    (blind, solve), (low, between, high) = full, spots
    fill = partial(filled_basis, novelty=NOVELTY, solve=solve)
    V = fill(with_spots(blind, problem, low), [(shift, weights[0]) for shift in LEAST])
    V = fill(with_spots(blind, problem, high), [(shift, weights[2]) for shift in MOST], start=V)
    all_three = with_spots(blind, problem, np.unique([low, between, high]))
    return fill(all_three, [(shift, weights[1]) for shift in BETWEEN], start=V)


def split_face(rows: Array) -> tuple[Array, Array]:
    """Return rows of outputs as a product of two narrow factors, exact up to `FACE_TOLERANCE`.

    Parameters
    ----------
    rows : (cell, r)

    Returns
    -------
    (cell, k), (k, r)

    References
    ----------
    Eckart & Young (1936), Psychometrika 1, 211.
    """
    U, size, Vt = np.linalg.svd(rows, full_matrices=False)
    keep = size > FACE_TOLERANCE * size[0]
    return U[:, keep] * size[keep], Vt[keep]
