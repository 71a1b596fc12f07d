"""From the finite volumes of a package on its plate to its reduced model: basis, projection, estimate of the error.

Contract: as `thermal.package_model`, which keeps what is made here.
"""

import numpy as np

from thermal.coldplate import ColdPlate
from thermal.coolant import CoolantName
from thermal.package import Package
from thermal.package_model import PackageModel, weights_at
from thermal.package_system import OUTPUTS, package_basis, package_system, plate_state, split_face, with_spots

FURTHER = (0.3, 3.0, 40.0, 300.0, 1e4)
"""where the richer model, by which the error is told, is exact too, at the flow between [1/s]"""


def reduced_package(
    package: Package, plate: ColdPlate, liquid: CoolantName, cell: float | None, *, bounded: bool = True
) -> PackageModel:
    """Return the reduced model of a package.

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    liquid : name of the coolant
    cell : largest width of a cell, by default that of `thermal.assembly` [m]
    bounded : whether to work out `error` and what bounds need, more than half of the work; else they are empty

    Returns
    -------
    PackageModel

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate.

    References
    ----------
    See `thermal.package_model.package_model`.
    """
    from thermal.assembly import CELL, package_problem
    from thermal.package_field import package_rise
    from thermal.volumes.estimate import step_estimate
    from thermal.volumes.reduced import filled_basis, projected

    problem = package_problem(package, plate, CELL if cell is None else cell)
    probe, flows = problem.probes.spot, np.geomspace(plate.flow_min, plate.flow_max, 5)
    states = [plate_state(plate, liquid, flow) for flow in flows]
    base = float(problem.grid.dz[-1]) / (2 * plate.base_conductivity)
    split = np.array([package.die_heat_fraction, package.memory_heat_fraction, package.regulator_heat_fraction, 0.0])
    nothing = np.zeros(0)
    empty = PackageModel(*(nothing,) * 8, split, states[2][0] + base, base, states[2][1], nothing)
    weights = [weights_at(empty, *state) for state in states]
    fields = [package_rise(problem, *state).solid for state in states[::2]]
    low, between, high = (probe.cells[probe.read(T, problem.module / 2).argmax()] for T in fields)

    blind, solve = package_system(problem, liquid, *states[2])
    system = with_spots(blind, problem, between)
    V = package_basis(problem, (blind, solve), (low, between, high), weights[::2])
    found, error = projected(system, V, bounded=bounded), nothing
    shapes, face = split_face(V[probe.cells[:, 0]])
    if bounded:
        V = filled_basis(system, [(shift, weights[2]) for shift in FURTHER], solve=solve, start=V)
        richer = projected(system, V, bounded=False)
        error = np.max([step_estimate(found, richer, at) for at in weights], axis=0)
    model = empty._replace(**found._asdict(), face=face, shapes=shapes, error=error)
    if not package.memory_count:
        model.feedthrough[OUTPUTS.index("memory")] = np.nan
    for part in (*found, face, shapes, split, error):
        part.flags.writeable = False  # shared by every caller
    return model
