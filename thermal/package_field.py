"""Steady temperature field of a package on its plate by finite volumes, per watt and for all chips of one kind.

Contract: rises are per watt of module input and over the coolant's inlet; resistances, as everywhere in this leaf, over
its mean. All heat goes into the coolant of the plate.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from thermal.assembly import PackageProblem, package_problem, package_solid, package_stream
from thermal.coldplate import ColdPlate, film_coefficient
from thermal.coolant import Coolant, density
from thermal.coolant import heat_capacity as specific_heat
from thermal.package import Package, PackageResistance
from thermal.probes import hottest
from thermal.volumes.grid import Grid
from thermal.volumes.steady import solve_steady
from thermal.volumes.streams import coolant_heat

Array = NDArray[np.float64]
Single = NDArray[np.float32]
TOLERANCE = 1e-10
"""of the residual, relative to the heat: leaves heat in and out equal within 1e-9"""
RUN = 12
"""chips solved one after the other"""
THREADS = 2
"""runs solved at a time"""
POWER_MAX, FLOW_LEAST, FLOW_MAX = 1e6, 1e-9, 1.0
"""of one chip [W], of its plate [m3/s]"""
FACTOR_LEAST, FACTOR_MAX = 1e-3, 1e3
"""of an interface [1]"""


class PackageRise(NamedTuple):
    """Field per watt of module input; half the package."""

    solid: Array
    """(nz, ny, nx) over the inlet [K/W]"""
    coolant: Array
    """(nx, ny + 1) edges of the coolant lines, over the inlet [K/W]"""
    resistance: PackageResistance
    """over the mean coolant [K/W]"""
    closure: float
    """heat into the coolant over heat in, less one [1]"""


class Chips(NamedTuple):
    """States of chips of one kind."""

    power: Array
    """(n,) module input that reaches the plate [W]"""
    volume_flow: Array
    """(n,) through the plate [m3/s]"""
    inlet_temperature: Array
    """(n,) of the coolant [K]"""
    coolant_temperature: Array
    """(n,) mean, at which its properties are read [K]"""
    tim_factor: Array
    """(n,) thickness of the interface on the dies over the nominal one [1]"""


class PackageFields(NamedTuple):
    """Temperatures of whole packages."""

    grid: Grid
    """of the whole package, x from one edge of the base, z from the active faces"""
    temperature: Single
    """(n, nz, ny, nx) of the cells; NaN where there is nothing [K]"""
    coolant: Single
    """(n, ny + 1, nx) at the edges of the cells along y [K]"""
    die: Array
    """(n,) mean of the active faces [K]"""
    spot: Array
    """(n,) hottest point of the spots [K]"""
    memory: Array
    """(n,) hottest layer, mean of the stacks; NaN without memory [K]"""
    case: Array
    """(n,) mean of the outer face of the lid, or of the back of bare dies [K]"""
    closure: Array
    """(n,) heat into the coolant over heat in, less one [1]"""


def package_rise(
    problem: PackageProblem,
    inverse_film: float,
    capacity_rate: float,
    tim_factor: float = 1.0,
    *,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
) -> PackageRise:
    """Solve one package for a watt of module input: the parent of `thermal.compact_package`.

    Parameters
    ----------
    problem : PackageProblem
    inverse_film : inverse of the plate's film per base area [m2*K/W]
    capacity_rate : of the plate's coolant [W/K]
    tim_factor : thickness of the interface on the dies over the nominal one [1]
    start : (nz, ny, nx) first guess [K/W]
    tolerance : residual relative to the heat [1]

    Returns
    -------
    PackageRise

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate or an interface factor that is not positive.

    References
    ----------
    `thermal.volumes.steady`, `thermal.assembly`.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> float(package_rise(package_problem(chip, plate), 1.6e-5, 140.0).resistance.die.round(5))
    0.03829
    """
    streams = package_stream(problem, inverse_film, capacity_rate, 0.0)
    heat = problem.module / 2
    solid = package_solid(problem, tim_factor)
    found = solve_steady(solid, heat, streams, start=start, tolerance=tolerance)
    coolant, mean = cast("Array", found.coolant), 1 / (2 * capacity_rate)
    probes = problem.probes
    face, memory, case = (
        float(probe.read(found.temperature, heat)[0]) if probe.cells.size else np.nan
        for probe in (probes.die, probes.memory, probes.case)
    )
    resistance = np.array([face, hottest(probes.spot, problem.grid, found.temperature, heat), memory, case]) - mean
    closure = 2 * coolant_heat(streams, coolant) - 1
    return PackageRise(found.temperature, coolant, PackageResistance(*resistance), closure)


def solve_packages(package: Package, plate: ColdPlate, liquid: Coolant, chips: Chips) -> PackageFields:
    """Return the temperature fields of chips of one kind, each with its own power, flow, inlet and interface.

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    liquid : Coolant
    chips : Chips

    Returns
    -------
    PackageFields

    Raises
    ------
    ValueError
        A power, flow, temperature or interface factor outside its range, naming the chip; states of different length.

    Notes
    -----
    Fields are solved in runs of `RUN` chips, each field from that before, and the runs on `THREADS` threads: compiled
    code holds no lock. What is found does not depend on the number of threads.

    References
    ----------
    `package_rise`; film: `thermal.film_coefficient`.

    Examples
    --------
    >>> from thermal.coolant import coolant
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> two = Chips(*np.array([[500.0, 400.0], [2e-5, 2e-5], [318.0, 318.0], [321.0, 321.0], [1.0, 1.1]]))
    >>> solve_packages(chip, plate, coolant("water"), two).die.round(1)
    array([340.2, 335.8])
    """
    power, flow, inlet, mean, factor = chips = _checked(chips, liquid)
    film = film_coefficient(plate, flow, liquid, mean)
    rate = density(liquid, mean) * specific_heat(liquid, mean) * flow
    problem = package_problem(package, plate)
    nothing = ~(problem.conductivity[2] > 0)
    (nz, ny, nx), n = problem.grid.shape, power.size
    field, liquids = np.empty((n, nz, ny, 2 * nx), np.float32), np.empty((n, ny + 1, 2 * nx), np.float32)
    probes = np.empty((n, 5))

    def solve(run: range) -> None:
        start = None
        for i in run:
            rise = package_rise(problem, 1 / film[i], rate[i], factor[i], start=start)
            start = rise.solid
            field[i] = _mirrored(np.where(nothing, np.nan, inlet[i] + power[i] * rise.solid))
            liquids[i] = _mirrored(inlet[i] + power[i] * rise.coolant.T)
            probes[i, :4] = inlet[i] + power[i] * (np.array(rise.resistance) + 1 / (2 * rate[i]))
            probes[i, 4] = rise.closure

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(solve, (range(i, min(i + RUN, n)) for i in range(0, n, RUN))))
    return PackageFields(whole_grid(problem.grid), field, liquids, *probes.T)


def _checked(chips: Chips, liquid: Coolant) -> Chips:
    """Return the states as arrays (n,), all in their ranges."""
    columns = Chips(*(np.atleast_1d(np.asarray(value, float)) for value in chips))
    if len({value.shape for value in columns}) > 1 or columns.power.ndim > 1:
        raise ValueError(f"chips: shapes {', '.join(str(np.shape(value)) for value in chips)}: must be equal, (n,)")
    warmth = float(liquid.temperature[0]), float(liquid.temperature[-1]), " K"
    ranges = (
        (0.0, POWER_MAX, " W"),
        (FLOW_LEAST, FLOW_MAX, " m3/s; open the branch"),
        warmth,
        warmth,
        (FACTOR_LEAST, FACTOR_MAX, " times the nominal thickness"),
    )
    for name, values, (low, high, unit) in zip(Chips._fields, columns, ranges, strict=True):
        right = (low <= values) & (values <= high)  # NaN is not
        if not right.all():
            i = int(right.argmin())
            raise ValueError(
                f"plate of chip {i}: {name.replace('_', ' ')} = {values[i]:g}: must be {low:g} to {high:g}{unit}"
            )
    return columns


def whole_grid(half: Grid) -> Grid:
    """Return the grid of a whole package from that of its half, x from one edge of the base.

    Parameters
    ----------
    half : Grid
        x from the centre plane.

    Returns
    -------
    Grid

    References
    ----------
    Derived: mirrored in x.

    Examples
    --------
    >>> whole_grid(Grid(x=(0.0, 1.0, 3.0), y=(0.0, 1.0), z=(0.0, 1.0))).x
    (0.0, 2.0, 3.0, 4.0, 6.0)
    """
    end = half.x[-1]
    return Grid(x=(*(end - x for x in half.x[:0:-1]), *(end + x for x in half.x)), y=half.y, z=half.z)


def _mirrored(half: Array) -> Single:
    return np.concatenate([half[..., ::-1], half], axis=-1, dtype=np.float32)
