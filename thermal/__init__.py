"""Heat from chip to facility water: packages, cold plates, coolant, manifolds, distribution unit.

Contract: SI units inside (K, Pa, W, kg/s, m3/s); temperatures are absolute; heat is positive into the
coolant. Parameters are frozen dataclasses whose annotations hold unit and bounds; they raise ValueError
outside them. Solvers are pure functions of arrays with leading batch axes and return NamedTuples of arrays. A
solver that finds no answer raises DidNotConverge and says what to change. Nothing here knows racks, networks
or watts' origin: positions, weights and powers come as arrays. `thermal.volumes` is the finite-volume library below the
packages.

A hot spot is a true ratio: the flux inside it is `spot_flux_ratio` times the mean of its die, and the even
flux around it is (1 - ratio s)/(1 - s) of the mean, s the spot's share of the die, so that the die keeps its
heat. The solvers elementwise in their parameters take them stacked, as columns over racks.
"""

from thermal.branch import PressurePoint, apparent_exponent, fit_branch_law
from thermal.checks import DidNotConverge
from thermal.circuit import (
    Circuit,
    CircuitCourse,
    CircuitOrders,
    CircuitState,
    circuit_masses,
    circuit_steps,
    flow_course,
)
from thermal.coldplate import (
    ColdPlate,
    PlateCalibration,
    PlatePoints,
    calibrate_plate,
    film_coefficient,
    plate_resistance,
    reference_plate_points,
)
from thermal.compact import compact_from_series, compact_like, compact_package
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
from thermal.ducts import FinFilm, FinPlate, duct_friction, duct_nusselt, fin_film
from thermal.fields import FIELDS, PACKAGE_FIELDS
from thermal.hydraulics import (
    BranchLaw,
    Manifold,
    ManifoldFlow,
    friction_factor,
    solve_manifold,
)
from thermal.loop import Cdu, facility_supply_temperature, flow_for_return, pump_power, return_temperature
from thermal.package import Lid, Package, PackageResistance, package_resistance
from thermal.package_field import Chips, PackageFields, solve_packages
from thermal.package_matrix import resistance_matrix
from thermal.package_model import PackageModel, package_model, package_modes, package_steps
from thermal.package_slow import SlowPackage, slow_gains, slow_outputs, slow_package, slow_settled, slow_weights
from thermal.package_warm import Leakage, Silicon, WarmChip, warm_package
from thermal.pins import PinFins, pin_film
from thermal.slow_march import PowerLaw, Propagators, SlowCourse, slow_follow, slow_march, slow_propagators
from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance, uniform_resistance
from thermal.table import CompactPackage, junction_resistance, table_at

__all__ = [
    "FIELDS",
    "PACKAGE_FIELDS",
    "BranchLaw",
    "Cdu",
    "Channel",
    "Chips",
    "Circuit",
    "CircuitCourse",
    "CircuitOrders",
    "CircuitState",
    "ColdPlate",
    "CompactPackage",
    "Coolant",
    "DidNotConverge",
    "FinFilm",
    "FinPlate",
    "Leakage",
    "Lid",
    "Manifold",
    "ManifoldFlow",
    "Package",
    "PackageFields",
    "PackageModel",
    "PackageResistance",
    "PinFins",
    "PlateCalibration",
    "PlatePoints",
    "PowerLaw",
    "PressurePoint",
    "Propagators",
    "Rectangle",
    "Silicon",
    "SlowCourse",
    "SlowPackage",
    "WarmChip",
    "apparent_exponent",
    "calibrate_plate",
    "channel_resistance",
    "circuit_masses",
    "circuit_steps",
    "compact_from_series",
    "compact_like",
    "compact_package",
    "conductivity",
    "coolant",
    "density",
    "duct_friction",
    "duct_nusselt",
    "enthalpy",
    "facility_supply_temperature",
    "film_coefficient",
    "fin_film",
    "fit_branch_law",
    "flow_course",
    "flow_for_return",
    "friction_factor",
    "heat_capacity",
    "junction_resistance",
    "package_model",
    "package_modes",
    "package_resistance",
    "package_steps",
    "peak_resistance",
    "pin_film",
    "plate_resistance",
    "pump_power",
    "reference_plate_points",
    "resistance_matrix",
    "return_temperature",
    "slow_follow",
    "slow_gains",
    "slow_march",
    "slow_outputs",
    "slow_package",
    "slow_propagators",
    "slow_settled",
    "slow_weights",
    "solve_manifold",
    "solve_packages",
    "table_at",
    "temperature",
    "uniform_resistance",
    "viscosity",
    "warm_package",
]
