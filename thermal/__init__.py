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

from thermal.adiabatic import AdiabaticPad
from thermal.branch import PressurePoint, apparent_exponent, fit_branch_law
from thermal.cdu import DistributionUnit, UnitModel, unit_conductance, unit_model
from thermal.cdu_loop import (
    UnitCourse,
    UnitFlux,
    UnitInertia,
    UnitLoop,
    UnitOrders,
    UnitState,
    flow_course,
    unit_held,
    unit_loop,
    unit_share,
    unit_state,
)
from thermal.cdu_march import unit_step, unit_steps
from thermal.cdu_steady import UnitDuty, UnitPoint, solve_units
from thermal.checks import DidNotConverge
from thermal.chiller import Chiller, chiller_power
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
    CoolantName,
    conductivity,
    coolant,
    density,
    enthalpy,
    heat_capacity,
    temperature,
    viscosity,
)
from thermal.coolant_table import coolant_names, make_coolant, read_coolant
from thermal.dry_cooler import DryCooler, cooler_speed, fan_power
from thermal.ducts import FinFilm, FinPlate, duct_friction, duct_nusselt, fin_film
from thermal.exchanger import Arrangement, effectiveness, transfer_units
from thermal.fields import FIELDS, PACKAGE_FIELDS
from thermal.fittings import BranchValve, flow_coefficient_law, gas_pocket_law, loss_law, valve_law
from thermal.friction import friction_factor
from thermal.heat_reuse import HeatReuse, reuse_heat
from thermal.hydraulics import BranchLaw, Headers, Manifold, ManifoldFlow, solve_manifold
from thermal.loop import flow_for_return, return_temperature
from thermal.moist_air import air_density, air_enthalpy, altitude_pressure, humidity_ratio, saturation_pressure
from thermal.network_flow import NetworkFlow, solve_network
from thermal.orbit import Orbit, earth_view_factor
from thermal.package import Lid, Package, PackageResistance, package_resistance
from thermal.package_field import Chips, PackageFields, solve_packages
from thermal.package_matrix import resistance_matrix
from thermal.package_model import PackageModel, package_model, package_modes, package_steps
from thermal.package_slow import SlowPackage, slow_gains, slow_outputs, slow_package, slow_settled, slow_weights
from thermal.package_warm import Leakage, Silicon, WarmChip, warm_package
from thermal.pins import PinFins, pin_film
from thermal.pipes import pipe_law, pipe_reynolds, pipe_speed
from thermal.plant import MODES, Duty, Plant, PlantHours, plant_point, solve_plant
from thermal.plant_year import (
    PlantYear,
    energy_reuse_effectiveness,
    power_usage_effectiveness,
    water_usage_effectiveness,
)
from thermal.pump import electric_power, operating_flow, speed_for
from thermal.pump_curve import HeadCurve, Pump, curve_through
from thermal.rack_flow import RackFlow, TrayKind, solve_rack
from thermal.rack_law import RackLaw, fit_rack_law, rack_drop
from thermal.radiator import Radiator, RadiatorState, radiator_area, radiator_temperature, sink_temperature
from thermal.rear_door import DoorHeat, RearDoor, rear_door
from thermal.regulator import Regulator
from thermal.slow_march import PowerLaw, Propagators, SlowCourse, slow_follow, slow_march, slow_propagators
from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance, uniform_resistance
from thermal.synthetic_year import Climate, latitude_climate, synthetic_year
from thermal.table import CompactPackage, junction_resistance, table_at
from thermal.tower import CoolingTower
from thermal.tray import Element, Parallel, Series, TrayFlow, compose, solve_tray
from thermal.valve import ControlValve
from thermal.weather import Weather, outdoor_hours
from thermal.weather_files import read_epw, read_tmy3
from thermal.wet_bulb import Outdoors, dew_point, outdoor_air

__all__ = [
    "FIELDS",
    "MODES",
    "PACKAGE_FIELDS",
    "AdiabaticPad",
    "Arrangement",
    "BranchLaw",
    "BranchValve",
    "Channel",
    "Chiller",
    "Chips",
    "Climate",
    "ColdPlate",
    "CompactPackage",
    "ControlValve",
    "Coolant",
    "CoolantName",
    "CoolingTower",
    "DidNotConverge",
    "DistributionUnit",
    "DoorHeat",
    "DryCooler",
    "Duty",
    "Element",
    "FinFilm",
    "FinPlate",
    "HeadCurve",
    "Headers",
    "HeatReuse",
    "Leakage",
    "Lid",
    "Manifold",
    "ManifoldFlow",
    "NetworkFlow",
    "Orbit",
    "Outdoors",
    "Package",
    "PackageFields",
    "PackageModel",
    "PackageResistance",
    "Parallel",
    "PinFins",
    "Plant",
    "PlantHours",
    "PlantYear",
    "PlateCalibration",
    "PlatePoints",
    "PowerLaw",
    "PressurePoint",
    "Propagators",
    "Pump",
    "RackFlow",
    "RackLaw",
    "Radiator",
    "RadiatorState",
    "RearDoor",
    "Rectangle",
    "Regulator",
    "Series",
    "Silicon",
    "SlowCourse",
    "SlowPackage",
    "TrayFlow",
    "TrayKind",
    "UnitCourse",
    "UnitDuty",
    "UnitFlux",
    "UnitInertia",
    "UnitLoop",
    "UnitModel",
    "UnitOrders",
    "UnitPoint",
    "UnitState",
    "WarmChip",
    "Weather",
    "air_density",
    "air_enthalpy",
    "altitude_pressure",
    "apparent_exponent",
    "calibrate_plate",
    "channel_resistance",
    "chiller_power",
    "compact_from_series",
    "compact_like",
    "compact_package",
    "compose",
    "conductivity",
    "coolant",
    "coolant_names",
    "cooler_speed",
    "curve_through",
    "density",
    "dew_point",
    "duct_friction",
    "duct_nusselt",
    "earth_view_factor",
    "effectiveness",
    "electric_power",
    "energy_reuse_effectiveness",
    "enthalpy",
    "fan_power",
    "film_coefficient",
    "fin_film",
    "fit_branch_law",
    "fit_rack_law",
    "flow_coefficient_law",
    "flow_course",
    "flow_for_return",
    "friction_factor",
    "gas_pocket_law",
    "heat_capacity",
    "humidity_ratio",
    "junction_resistance",
    "latitude_climate",
    "loss_law",
    "make_coolant",
    "operating_flow",
    "outdoor_air",
    "outdoor_hours",
    "package_model",
    "package_modes",
    "package_resistance",
    "package_steps",
    "peak_resistance",
    "pin_film",
    "pipe_law",
    "pipe_reynolds",
    "pipe_speed",
    "plant_point",
    "plate_resistance",
    "power_usage_effectiveness",
    "rack_drop",
    "radiator_area",
    "radiator_temperature",
    "read_coolant",
    "read_epw",
    "read_tmy3",
    "rear_door",
    "reference_plate_points",
    "resistance_matrix",
    "return_temperature",
    "reuse_heat",
    "saturation_pressure",
    "sink_temperature",
    "slow_follow",
    "slow_gains",
    "slow_march",
    "slow_outputs",
    "slow_package",
    "slow_propagators",
    "slow_settled",
    "slow_weights",
    "solve_manifold",
    "solve_network",
    "solve_packages",
    "solve_plant",
    "solve_rack",
    "solve_tray",
    "solve_units",
    "speed_for",
    "synthetic_year",
    "table_at",
    "temperature",
    "transfer_units",
    "uniform_resistance",
    "unit_conductance",
    "unit_held",
    "unit_loop",
    "unit_model",
    "unit_share",
    "unit_state",
    "unit_step",
    "unit_steps",
    "valve_law",
    "viscosity",
    "warm_package",
    "water_usage_effectiveness",
]
