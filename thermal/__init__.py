"""Heat from chip to facility water: packages, cold plates, coolant, manifolds, distribution unit.

Contract: SI units inside (K, Pa, W, kg/s, m3/s); temperatures are absolute; heat is positive into the
coolant. Parameters are frozen dataclasses whose annotations hold unit and bounds; they raise ValueError
outside them. Solvers are pure functions of arrays with leading batch axes and return NamedTuples of arrays. A
solver that finds no answer raises DidNotConverge and says what to change. Nothing here knows racks, networks
or watts' origin: positions, weights and powers come as arrays.

A hot spot is a true ratio: the flux inside it is `spot_flux_ratio` times the mean of its die, and the even
flux around it is (1 - ratio s)/(1 - s) of the mean, s the spot's share of the die, so that the die keeps its
heat. The solvers elementwise in their parameters take them stacked, as columns over racks.
"""

from thermal.branch import PressurePoint, apparent_exponent, fit_branch_law
from thermal.checks import DidNotConverge
from thermal.coldplate import (
    ColdPlate,
    PlateCalibration,
    PlatePoints,
    calibrate_plate,
    film_coefficient,
    plate_resistance,
    reference_plate_points,
)
from thermal.compact import CompactPackage, compact_package, junction_resistance
from thermal.coolant import (
    Coolant,
    conductivity,
    coolant,
    density,
    enthalpy,
    heat_capacity,
    temperature,
    viscosity,
)
from thermal.fields import FIELDS
from thermal.hydraulics import (
    BranchLaw,
    Manifold,
    ManifoldFlow,
    friction_factor,
    solve_manifold,
)
from thermal.loop import Cdu, facility_supply_temperature, flow_for_return, pump_power, return_temperature
from thermal.package import Lid, Package, PackageResistance, package_resistance
from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance, uniform_resistance

__all__ = [
    "FIELDS",
    "BranchLaw",
    "Cdu",
    "Channel",
    "ColdPlate",
    "CompactPackage",
    "Coolant",
    "DidNotConverge",
    "Lid",
    "Manifold",
    "ManifoldFlow",
    "Package",
    "PackageResistance",
    "PlateCalibration",
    "PlatePoints",
    "PressurePoint",
    "Rectangle",
    "apparent_exponent",
    "calibrate_plate",
    "channel_resistance",
    "compact_package",
    "conductivity",
    "coolant",
    "density",
    "enthalpy",
    "facility_supply_temperature",
    "film_coefficient",
    "fit_branch_law",
    "flow_for_return",
    "friction_factor",
    "heat_capacity",
    "junction_resistance",
    "package_resistance",
    "peak_resistance",
    "plate_resistance",
    "pump_power",
    "reference_plate_points",
    "return_temperature",
    "solve_manifold",
    "temperature",
    "uniform_resistance",
    "viscosity",
]
