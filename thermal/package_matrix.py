"""Resistance matrix of a package on its plate: rises of its parts against each source of heat and the inlet.

Contract: rises over the coolant's inlet, by finite volumes on half the package; superposition is exact.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.assembly import PackageProblem, package_problem, package_solid, package_stream
from thermal.coldplate import ColdPlate
from thermal.package import Package
from thermal.package_field import TOLERANCE
from thermal.store import stored
from thermal.volumes.steady import prepare, solve_steady

Array = NDArray[np.float64]


class _Kept(NamedTuple):
    """A matrix as it is stored."""

    matrix: Array


def resistance_matrix(
    package: Package,
    plate: ColdPlate,
    inverse_film: float,
    capacity_rate: float,
    *,
    folder: Path | None = None,
) -> Array:
    r"""Return the rises of die, spot, memory and regulators against each source of heat, and the inlet.

    $$ T_i = \sum_j R_{ij} q_j + T_{inlet} $$

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    inverse_film : inverse of the plate's film per base area [m2*K/W]
    capacity_rate : of the plate's coolant [W/K]
    folder : where matrices are kept from one run to the next, if at all

    Returns
    -------
    (4, 4): rows die mean, hot spot, memory, face under the regulators; columns heat of dies (with their spots),
    memory, regulators [K/W], and the inlet temperature [1]; NaN where there is no memory or no regulator

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is not positive.

    Notes
    -----
    The hot spot is the cell that is hottest under the module's own split of heat.

    References
    ----------
    Derived: superposition.

    Examples
    --------
    See `package_rise`.
    """
    at = float(inverse_film), float(capacity_rate)
    question = ("resistance matrix", package, plate, *at)
    return stored(folder, question, _Kept, lambda: _Kept(_matrix(package_problem(package, plate), *at))).matrix


def _matrix(problem: PackageProblem, inverse_film: float, capacity_rate: float) -> Array:
    probes, heat = problem.probes, problem.heat
    solid, streams = package_solid(problem), package_stream(problem, inverse_film, capacity_rate, 0.0)
    system = prepare(solid, streams)

    def field(q: Array) -> Array:
        return solve_steady(solid, q, streams, tolerance=TOLERANCE, system=system).temperature

    spot = int(probes.spot.read(field(problem.module / 2), problem.module / 2).argmax())
    found = np.full((4, 4), np.nan)
    found[:, 3] = 1.0
    for j, pattern in enumerate((problem.die, heat.memory, heat.regulator)):
        if pattern.any():
            q = pattern / 2
            T = field(q)
            found[:2, j] = probes.die.read(T, q)[0], probes.spot.read(T, q)[spot]
            for i, probe in ((2, probes.memory), (3, probes.regulator)):
                found[i, j] = probe.read(T, q)[0] if probe.cells.size else np.nan
    return found
