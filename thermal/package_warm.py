"""Steady field of a package whose silicon conducts less and leaks more where it is warmer.

Contract: temperatures are absolute. Module input is split as the package says, and holds the leakage at its reference
temperature; what the dies leak beyond that where they are warmer, or below it where they are cooler, is added on the
spot. Leakage is even over the dies at equal temperature: assumed. Everything but the silicon conducts the same at any
temperature. Half the package, x from the centre plane.
"""

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from thermal.assembly import PackageProblem, package_stream
from thermal.probes import hottest
from thermal.volumes.conduction import half_resistances
from thermal.volumes.nonlinear import Law, WarmBody, power_law, solve_nonlinear
from thermal.volumes.streams import coolant_heat

Array = NDArray[np.float64]


class WarmChip(NamedTuple):
    """State of a chip."""

    power: float
    """module input with the leakage at its reference temperature [W]"""
    inlet_temperature: float
    """of the coolant [K]"""
    inverse_film: float
    """inverse of the plate's film per base area [m2*K/W]"""
    capacity_rate: float
    """of the plate's coolant [W/K]"""


class Leakage(NamedTuple):
    """What dies draw without doing anything: power * exp(exponent * (T - temperature))."""

    power: float
    """of all dies of the module at the reference temperature [W]"""
    exponent: float
    """logarithmic growth [1/K]"""
    temperature: float
    """reference [K]"""


class Silicon(NamedTuple):
    """How the conductivity of the dies follows temperature: k (T / temperature)^exponent."""

    exponent: float = -1.3
    """from 156, 105 and 80 W/(m*K) at 300, 400 and 500 K (Glassbrenner & Slack 1964) [1]"""
    temperature: float = 353.15
    """at which the package's conductivity holds: assumed [K]"""


class WarmPackage(NamedTuple):
    """Temperatures of half a package."""

    temperature: Array
    """(nz, ny, nx) of the cells; the inlet's where there is nothing [K]"""
    coolant: Array
    """(nx, ny + 1) edges of the coolant lines [K]"""
    die: float
    """mean of the active faces [K]"""
    spot: float
    """hottest point of the spots [K]"""
    memory: float
    """hottest layer, mean of the stacks; NaN without memory [K]"""
    case: float
    """mean of the outer face of the lid, or of the back of bare dies [K]"""
    power: float
    """module input with the leakage as it is [W]"""
    closure: float
    """heat into the coolant over heat in, less one [1]"""


def warm_package(
    problem: PackageProblem, chip: WarmChip, leakage: Leakage | None = None, silicon: Silicon | None = None
) -> WarmPackage:
    r"""Solve one package whose conductivity and leakage follow the local temperature.

    $$ k = k_0 (T / T_0)^n, \qquad q = q_0 + q_l (e^{\beta (T - T_l)} - 1) $$

    Parameters
    ----------
    problem : PackageProblem
    chip : WarmChip
    leakage : Leakage, optional
        None: the module input is what it is.
    silicon : Silicon, optional
        By default as published; exponent 0 for a constant conductivity.

    Returns
    -------
    WarmPackage

    Raises
    ------
    ValueError
        A negative power or leakage, an inlet or reference temperature that is not positive; see `package_stream`.
    DidNotConverge
        Thermal runaway: leakage grows faster with temperature than cooling takes it.

    Notes
    -----
    The lowest steady state. A GB300 GPU of 1.4 kW, 45 °C and 2.04 L/min, die mean 77 °C and spot 89 °C at constant
    properties: silicon that follows temperature moves them by -0.1 and +0.1 K; 156 W of leakage at 60 °C that grows by
    2 % a kelvin becomes 230 W, and both together move them by 2.1 and 3.4 K.

    References
    ----------
    Glassbrenner & Slack (1964), Phys. Rev. 134, A1058, for silicon; exponential leakage as in
    Liao et al. (2005), IEEE Trans. CAD 24, 1042. Newton's method: `thermal.volumes.nonlinear`.

    Examples
    --------
    >>> from thermal.assembly import package_problem
    >>> from thermal.coldplate import ColdPlate
    >>> from thermal.package import Package
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> package = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> chip = WarmChip(power=500.0, inlet_temperature=318.15, inverse_film=1.6e-5, capacity_rate=140.0)
    >>> warm = warm_package(package_problem(package, plate, 3e-3), chip, Leakage(50.0, 0.015, 333.15))
    >>> round(warm.die, 1), round(warm.power, 1)
    (339.2, 504.8)
    """
    silicon, leakage = silicon or Silicon(), leakage or Leakage(0.0, 0.0, 300.0)
    _check(chip, leakage, silicon)
    die = problem.heat.die
    inside = np.zeros(die.shape, bool)
    inside[list(problem.stack.cells_of("dies"))] = die[0] > 0
    exponent = np.where(inside, silicon.exponent, 0.0)
    heat = _heat(problem, chip.power, leakage)
    streams = package_stream(problem, chip.inverse_film, chip.capacity_rate, chip.inlet_temperature)
    law = power_law(problem.conductivity, exponent, silicon.temperature)
    body = WarmBody(problem.grid, law, heat, streams=streams)
    found = solve_nonlinear(body, np.full(die.shape, chip.inlet_temperature))
    T, coolant = found.temperature, cast("Array", found.coolant)
    q = np.asarray(heat(T)[0])
    probes, across = problem.probes, q * (T / silicon.temperature) ** -exponent  # half cells of warm silicon drop more
    face, memory, case = (
        float(probe.read(T, across)[0]) if probe.cells.size else np.nan
        for probe in (probes.die, probes.memory, probes.case)
    )
    power = 2 * float(q.sum())
    closure = 2 * coolant_heat(streams, coolant) / (power or 1.0) - 1
    return WarmPackage(T, coolant, face, hottest(probes.spot, problem.grid, T, across), memory, case, power, closure)


def _heat(problem: PackageProblem, power: float, leakage: Leakage) -> Law:
    """Return heat and its derivative; the face that leaks is hotter than the cell by the drop of the even module."""
    die, module = problem.heat.die, power * problem.module / 2
    half = half_resistances(problem.grid, problem.conductivity)[2]
    drop = np.where(die > 0, half, 0.0) * module
    even = leakage.power * die / 2

    def law(T: Array) -> tuple[Array, Array]:
        grown = even * np.exp(leakage.exponent * (T + drop - leakage.temperature))
        return module + grown - even, leakage.exponent * grown

    return law


def _check(chip: WarmChip, leakage: Leakage, silicon: Silicon) -> None:
    for name, value, least in (
        ("chip: power [W]", chip.power, 0.0),
        ("leakage: power [W]", leakage.power, 0.0),
        ("leakage: exponent [1/K]", leakage.exponent, 0.0),
    ):
        if not least <= value < np.inf:
            raise ValueError(f"{name} = {value}: must be finite and >= {least:g}")
    for name, kelvin in (
        ("chip: inlet temperature", chip.inlet_temperature),
        ("leakage: reference temperature", leakage.temperature),
        ("silicon: reference temperature", silicon.temperature),
    ):
        if not 0 < kelvin < np.inf:
            raise ValueError(f"{name} = {kelvin}: must be > 0 K")
