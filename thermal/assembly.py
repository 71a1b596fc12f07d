"""A package on its cold plate as a stack of layers, with its sources of heat and what is read from its field.

Contract: z runs from the active faces of the dies to the coolant. The dies stand side by side along x, memory in a
strip along either long edge of the row; coolant flows along +y, across the row: assumed, makers do not say. All of it
is mirror-symmetric about the centre plane x = 0, so the problem is one half, x from 0 to half the base, with half the
heat and half the coolant. A memory block conducts across only, so that its height is `memory_resistance`; regulator
heat enters evenly where no die or memory stands.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.coldplate import ColdPlate
from thermal.footprints import Footprint, dies, lid_face, memory, spots
from thermal.package import Package, channel_under
from thermal.probes import Probes, face_mean, face_points, mean_below
from thermal.volumes.channels import Flow, fin_layer
from thermal.volumes.conduction import Conduction, conduction, half_resistances
from thermal.volumes.grid import Grid
from thermal.volumes.layers import Conductivity
from thermal.volumes.stack import Layer, Patch, Stack, conductivity, power_map, stack_grid
from thermal.volumes.streams import Streams

Array = NDArray[np.float64]
Part = tuple[str, Footprint, Conductivity]

CELL = 0.85e-3
"""largest width of a cell [m]; see the table of convergence in docs/thermal.md"""
CELLS = {"dies": 3, "interface": 1, "lid": 3, "lid interface": 1, "base": 4}
"""cells across each layer"""
SILICON, COPPER, METAL = 1.63e6, 3.44e6, 1.7e6
"""heat capacities of dies and memory, of lid and base, of the interfaces; handbook, rounded [J/(m3*K)]"""
CONDUCTIVITY_MAX = 1e6
"""stands for a block without resistance [W/(m*K)]"""


class Heat(NamedTuple):
    """Patterns of heat, each of sum 1 on the half [1]; (nz, ny, nx)."""

    die: Array
    """even over the active faces"""
    spot: Array
    """even over the spots"""
    memory: Array
    """at the hottest layer of the memory; zeros without memory"""
    regulator: Array
    """on the face of lid or base that nothing covers; zeros without regulators"""


class PackageProblem(NamedTuple):
    """Half of a package on its plate, x from the centre plane."""

    package: Package
    plate: ColdPlate
    stack: Stack
    grid: Grid
    conductivity: Array
    """(3, nz, ny, nx) along x, y, z, interface of nominal thickness [W/(m*K)]"""
    interface: NDArray[np.bool_]
    """(nz, 1, 1) layers whose thickness the interface factor scales"""
    heat: Heat
    probes: Probes
    die: Array
    """(nz, ny, nx) of sum 1: heat of the dies with their spots [1]"""
    module: Array
    """(nz, ny, nx) of sum 1: heat of the module [1]"""


def package_stack(package: Package, plate: ColdPlate) -> Stack:
    """Return the layers of half a package on its plate, from the active faces to the coolant.

    Parameters
    ----------
    package : Package
    plate : ColdPlate

    Returns
    -------
    Stack
        Length: half the base, from the centre plane. What of a lid overhangs the base is left out.

    Raises
    ------
    ValueError
        A lid, die or memory that does not fit on the base, naming the patch.

    References
    ----------
    Derived: the assumed layout of `thermal.package`.

    Examples
    --------
    See `package_problem`.
    """
    channel_under(package, plate, np.ones(1))  # checks that all of it fits
    lid = package.lid
    half, silicon = plate.base_length / 2, package.die_conductivity
    tim = package.tim_conductivity
    row, strips = dies(package, plate), memory(package, plate)
    block = (0.0, 0.0, _memory_conductivity(package))
    layers = [
        _layer("dies", package.die_thickness, (("die", row, silicon), ("memory", strips, block)), SILICON),
        _layer("interface", package.tim_thickness, (("under die", row, tim), ("under memory", strips, tim)), METAL),
    ]
    if lid:
        area = (lid_face(package, plate),)
        layers += [
            _layer("lid", lid.thickness, (("lid", area, lid.conductivity),), COPPER),
            _layer("lid interface", lid.tim_thickness, (("under lid", area, lid.tim_conductivity),), METAL),
        ]
    base = Layer(
        name="base",
        thickness=plate.base_thickness,
        cells=CELLS["base"],
        conductivity=plate.base_conductivity,
        heat_capacity=COPPER,
    )
    return Stack(length=half, width=plate.base_width, layers=(*layers, base))


@lru_cache(maxsize=8)
def package_problem(package: Package, plate: ColdPlate, cell: float = CELL) -> PackageProblem:
    """Return the finite volumes of half a package on its plate: materials, sources and probes.

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    cell : largest width of a cell [m]

    Returns
    -------
    PackageProblem
        Shared by every caller of the same arguments: its arrays are read-only.

    Raises
    ------
    ValueError
        What does not fit on the base; regulators where dies and memory cover lid or base.

    References
    ----------
    Derived: layers of `package_stack`; a face of a cell with heat q is hotter than its centre by q times half the
    cell's resistance.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> package_problem(chip, plate).grid.shape
    (8, 60, 30)
    """
    stack = package_stack(package, plate)
    hot = spots(package, plate)
    grid = stack_grid(stack, cell, hot)
    k = conductivity(stack, grid)
    heat = _heat(package, plate, stack, grid, hot)
    share = package.spot_share
    excess = (package.spot_flux_ratio - 1) * share / (1 - share)
    die = (1 - excess) * heat.die + excess * heat.spot
    module = (
        package.die_heat_fraction * die
        + package.memory_heat_fraction * heat.memory
        + package.regulator_heat_fraction * heat.regulator
    )
    interface = np.zeros((grid.shape[0], 1, 1), bool)
    interface[list(stack.cells_of("interface"))] = True
    half = half_resistances(grid, k)[2]
    last = stack.cells_of("lid" if package.lid else "dies")[-1]
    probes = Probes(
        die=face_mean(heat.die, half),
        spot=face_points(power_map(stack, grid, "dies", hot[:1]), half),
        memory=face_mean(heat.memory, half),
        regulator=face_mean(heat.regulator, half),
        case=mean_below(grid, half, last, np.isfinite(half[last]) if package.lid else heat.die[0] > 0),
    )
    for array in (k, interface, *heat, *(part for probe in probes for part in probe), die, module):
        array.flags.writeable = False
    return PackageProblem(package, plate, stack, grid, k, interface, heat, probes, die, module)


def package_solid(problem: PackageProblem, tim_factor: float = 1.0) -> Conduction:
    """Return the conductances of the solid for an interface thicker or thinner than nominal.

    Parameters
    ----------
    problem : PackageProblem
    tim_factor : thickness of the interface on dies and memory over the nominal one [1]

    Returns
    -------
    Conduction

    Raises
    ------
    ValueError
        A factor that is not positive.

    References
    ----------
    Derived: through a layer of unchanged cells the conductivity is divided by the factor, along it multiplied.

    Examples
    --------
    See `package_problem`.
    """
    if not tim_factor > 0:
        raise ValueError(f"interface factor {tim_factor}: must be > 0")
    scale = np.array([tim_factor, tim_factor, 1 / tim_factor]).reshape(3, 1, 1, 1)
    return conduction(problem.grid, problem.conductivity * np.where(problem.interface, scale, 1.0))


def package_stream(problem: PackageProblem, inverse_film: float, capacity_rate: float, inlet: float) -> Streams:
    """Return the coolant under the half base: one line per column of cells, the film in series with the half cell.

    Parameters
    ----------
    problem : PackageProblem
    inverse_film : inverse of the plate's film per base area [m2*K/W]
    capacity_rate : of the whole plate's coolant [W/K]
    inlet : temperature [K]

    Returns
    -------
    Streams
        Flow shared by width.

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is not positive.

    References
    ----------
    `thermal.volumes.channels.fin_layer`.

    Examples
    --------
    See `package_problem`.
    """
    if not (inverse_film >= 0 and capacity_rate > 0):
        raise ValueError(
            f"plate: inverse film {inverse_film:.4g} m2*K/W must be >= 0, capacity rate {capacity_rate:.4g} W/K > 0;"
            " open the branch"
        )
    film = 1 / inverse_film if inverse_film else np.inf
    half = capacity_rate * problem.stack.length / problem.plate.base_length
    return fin_layer(problem.grid, problem.conductivity, film, Flow(half, inlet))


def _layer(name: str, thickness: float, parts: Sequence[Part], capacity: float) -> Layer:
    """Return a layer of patches with nothing between them."""
    patches = tuple(
        Patch(name=part, area=area, conductivity=k, heat_capacity=capacity)
        for part, areas, k in parts
        for area in areas
    )
    return Layer(name=name, thickness=thickness, cells=CELLS[name], conductivity=0.0, patches=patches)


def _memory_conductivity(package: Package) -> float:
    block = package.memory_resistance * package.memory_length * package.memory_width
    return package.die_thickness / max(block, package.die_thickness / CONDUCTIVITY_MAX)


def _heat(package: Package, plate: ColdPlate, stack: Stack, grid: Grid, hot: Footprint) -> Heat:
    nothing = np.zeros(grid.shape)
    row, strips = dies(package, plate), memory(package, plate)
    regulator = nothing
    if package.regulator_heat_fraction:
        top = "lid" if package.lid else "base"
        face = lid_face(package, plate)
        regulator = power_map(stack, grid, top, [face])
        first = stack.cells_of(top)[0]
        for covered in (power_map(stack, grid, "dies", [area])[0] > 0 for area in (*row, *strips)):
            regulator[first][covered] = 0
        if not regulator.sum() > 1e-6:
            raise ValueError(f"regulator heat: dies and memory cover all of the {top}: leave it a free face")
        regulator /= regulator.sum()
    return Heat(
        die=power_map(stack, grid, "dies", row),
        spot=power_map(stack, grid, "dies", hot),
        memory=power_map(stack, grid, "dies", strips) if strips else nothing,
        regulator=regulator,
    )
