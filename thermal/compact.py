"""The compact model of a package on its plate: a table over film and flow per kind, read for every chip of a rack.

Contract: the table and its reading are those of `thermal.table`; here it is made. Its parent is the finite-volume field
of `thermal.package_field`; the series of `thermal.package` makes one too, without the axial coolant, to compare.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermal.coldplate import ColdPlate
from thermal.package import (
    Package,
    PackageResistance,
    channel_under,
    interface_rises,
    package_resistance,
    spot_excess,
)
from thermal.store import stored
from thermal.table import (
    CompactPackage,
    bounded,
    coefficients,
    film_scale,
    films,
    junction_resistance,
    rate_scale,
    rates,
    slope_of,
)

if TYPE_CHECKING:
    from thermal.assembly import PackageProblem

__all__ = ["CompactPackage", "compact_from_series", "compact_like", "compact_package", "junction_resistance"]

Array = NDArray[np.float64]

NODES = (8, 6)
"""Chebyshev nodes over film and flow"""
FEW = (3, 2)
"""nodes of what changes little: the step from the coarse to the full grid, the slope with the interface"""
COARSE = 1.25e-3
"""largest width of a cell of the grid on which all nodes are solved [m]"""
LIKE_NODES, LIKE_CELLS, LIKE_TOLERANCE = (3, 3), 18, 1e-3
"""nodes, cells along the base and tolerance of the coarse tables that tell one package from another near by"""
TIM_STEP = 0.1
"""half width of the difference that gives the slope with the interface thickness"""
TOLERANCE = 1e-5
"""of the fields behind the table, relative residual; costs 2e-5 of a resistance"""


def compact_package(package: Package, plate: ColdPlate, *, folder: Path | None = None) -> CompactPackage:
    r"""Tabulate the resistances of a package over the film and the flow of its plate, by finite volumes.

    $$ R(w, e) = \frac{w}{A} + \frac{e u}{2} + \sum_{ij} c_{ij}\, T_i(v)\, T_j(u), \qquad
       v = \frac{w}{w + w_0}, \quad u = \frac{e}{e + e_0} $$

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    folder : where tables are kept from one run to the next; None keeps them in memory only

    Returns
    -------
    CompactPackage
        For `junction_resistance`.

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate.

    Notes
    -----
    All nodes are solved on a coarse grid, and a few on the full one: their difference is smooth. Inside the table,
    w >= w_0 / 19 and e <= e_0, it holds the rise over the inlet on the full grid within 3e-4 (die, case), 5e-4
    (memory) and 2e-3 (spot). Outside, the sum is read at the nearest edge: at e = 2 e_0 and w <= w_0 the error is up
    to 3 % (die, spot), 5 % (case) and 6 % (memory), with a poor film and little flow (19 w_0, 3 e_0) 16 %; at
    w < w_0 / 19 it is 0.3 % at e_0, 6 % at e_0 / 20 and 14 % where film and flow have no limit.

    References
    ----------
    Derived: the parent is `thermal.package_field.package_rise`. Bounded coordinates: each mode of a layered plate
    is a Moebius function of w; with ever less coolant the rise over the inlet tends to e plus a constant.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.04, base_width=0.04, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> float(junction_resistance(compact_package(chip, plate), 1.6e-5, 0.007, 1.0).die.round(5))
    0.04
    """
    return _compact(package, plate, folder)


@lru_cache(maxsize=512)
def _compact(package: Package, plate: ColdPlate, folder: Path | None) -> CompactPackage:
    def solve() -> CompactPackage:
        from thermal.assembly import package_problem

        full, coarse = package_problem(package, plate), package_problem(package, plate, COARSE)
        nominal = _solved(coarse, NODES)
        step = _solved(full, FEW) - _solved(coarse, FEW)
        thick, thin = (_solved(coarse, FEW, factor) for factor in (1 + TIM_STEP, 1 - TIM_STEP))
        return _table(package, plate, nominal + _padded(step), _padded(thick - thin) / (2 * TIM_STEP))

    return stored(folder, (package, plate), CompactPackage, solve)


@lru_cache(maxsize=512)
def compact_from_series(package: Package, plate: ColdPlate) -> CompactPackage:
    """Tabulate the resistances by the series: no axial coolant, base no larger than the lid, regulators even.

    Parameters
    ----------
    package : Package
    plate : ColdPlate

    Returns
    -------
    CompactPackage
        The same whatever the flow; exact to 1e-6 for films up to 19 / w_0.

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate.

    References
    ----------
    `thermal.package_resistance`.

    Examples
    --------
    See `compact_package`; a table of the series takes milliseconds.
    """
    inverse_film = films(package, plate, 2 * NODES[0])
    nominal = np.stack(package_resistance(package, plate, inverse_film), -1) - slope_of(plate) * inverse_film[:, None]
    tim = np.stack(_interface_share(package, plate, inverse_film), -1)
    table = _table(package, plate, *(coefficients(values[:, None]) for values in (nominal, tim)))
    return table._replace(inverse_rate_scale=np.inf)


@lru_cache(maxsize=4096)
def compact_like(
    package: Package, plate: ColdPlate, reference: tuple[Package, ColdPlate], folder: Path | None = None
) -> CompactPackage:
    """Tabulate a package near a reference: the table of the reference and the step between their coarse tables.

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    reference : (package, plate) near by, with a lid if the package has one
    folder : where tables are kept, see `compact_package`

    Returns
    -------
    CompactPackage

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate.

    Notes
    -----
    For draws of parameters, by the hundred: a twentieth of the work. Over the spreads of the catalogue (5 % of lengths,
    20 % of interfaces) the table is within 0.8 % of one of its own, 0.4 % as a rule.

    References
    ----------
    Derived: the error of a coarse grid is much the same for both (a control variate).

    Examples
    --------
    See `compact_package`.
    """
    known, cell = compact_package(*reference, folder=folder), reference[1].base_length / LIKE_CELLS
    step = _coarse(package, plate, cell) - _coarse(*reference, cell)
    tim = known.tim.copy()
    tim[0, 0] += _interface(package) - _interface(reference[0])
    return _table(package, plate, known.nominal + _padded(step), tim)


@lru_cache(maxsize=64)
def _coarse(package: Package, plate: ColdPlate, cell: float) -> Array:
    from thermal.assembly import package_problem

    return _solved(package_problem.__wrapped__(package, plate, cell), LIKE_NODES, tolerance=LIKE_TOLERANCE)


def _interface(package: Package) -> Array:
    """Return what the interface adds to die, spot, memory and case when crossed straight [K/W]."""
    die, memory = interface_rises(package)
    return np.array([die, die, memory, 0.0 if package.lid else die])


def _solved(
    problem: "PackageProblem", nodes: tuple[int, int], tim_factor: float = 1.0, tolerance: float = TOLERANCE
) -> Array:
    """Return the coefficients of a table by finite volumes, (v, u, 4)."""
    from thermal.package_field import package_rise

    package, plate = problem.package, problem.plate
    inverse_film, inverse_rate = films(package, plate, nodes[0]), rates(package, plate, nodes[1])
    found, start = np.empty((*nodes, 4)), None
    for i, w in enumerate(inverse_film):
        for j in range(nodes[1])[:: 1 if i % 2 else -1]:  # a path without jumps: each solution starts the next
            rise = package_rise(problem, w, 1 / inverse_rate[j], tim_factor, start=start, tolerance=tolerance)
            found[i, j], start = rise.resistance, rise.solid
    u = bounded(inverse_rate, rate_scale(package, plate))
    even = slope_of(plate) * inverse_film[:, None] + inverse_rate * u / 2
    return coefficients(found - even[..., None])


def _padded(few: Array) -> Array:
    return np.pad(few, [(0, NODES[0] - few.shape[0]), (0, NODES[1] - few.shape[1]), (0, 0)])


def _table(package: Package, plate: ColdPlate, nominal: Array, tim: Array) -> CompactPackage:
    nominal.flags.writeable = tim.flags.writeable = False  # shared by every caller
    return CompactPackage(film_scale(package, plate), rate_scale(package, plate), slope_of(plate), nominal, tim)


def _interface_share(package: Package, plate: ColdPlate, inverse_film: Array) -> PackageResistance:
    """Return the change of each resistance of the series per unit of the interface factor, at factor 1 [K/W]."""
    channel = channel_under(package, plate, inverse_film)
    thick, thin = (
        spot_excess(replace(package, tim_thickness=package.tim_thickness * factor), channel)
        for factor in (1 + TIM_STEP, 1 - TIM_STEP)
    )
    die, memory = (np.full_like(inverse_film, rise) for rise in interface_rises(package))
    return PackageResistance(
        die=die,
        spot=die + (thick - thin) / (2 * TIM_STEP),
        memory=memory,
        case=np.zeros_like(die) if package.lid else die,
    )
