"""Electricity of a rack: chip power, conversion losses, shelves and the DC busbar.

Contract
1. Functions are pure and take arrays with any batch axes in front; parameters are frozen dataclasses, in SI.
2. Power flows from the grid to the chip; powers and losses are positive in that direction.
3. Busbar nodes run from the top of the rack to the bottom; a section current is positive downward.
4. Bad input raises ValueError; a load no voltage can carry raises DidNotConverge.
5. Nothing outside numpy and scipy is needed; no other part of the project is imported.
"""

from power.arrivals import Inference, inference_power, request_arrivals, service_starts
from power.backup import BackupCourse, Battery, Genset, bridge_energy, march_backup
from power.bar_modes import BarModes, Losses, least_damping, lossless_modes
from power.busbar import (
    Busbar,
    kirchhoff_bound,
    loop_resistance,
    section_temperature,
)
from power.checks import DidNotConverge
from power.chip import (
    ChipPower,
    CompactChip,
    chip_power,
    clock_at,
    compact_chip,
    dynamic_power,
    leakage_power,
    leakage_share,
)
from power.circuit import Circuit, Elements, circuit_of, elements
from power.contingency import Outages, single_outages
from power.converter import Converter, converter_loss
from power.converter_bandwidth import (
    ConverterControl,
    controlled_eigenvalues,
    load_admittance,
    minor_loop_gain,
    modulus_margin,
)
from power.dc import CircuitSolution, solve_circuit
from power.dc_row import DcRow, conversion_chain, copper_ratio, line_current, solve_dc_row
from power.dips import DipSupply, EnvelopeStep, ride_through
from power.distribution import FeederSolution, Violation, broken_limits, power_imbalance, solve_feeder
from power.feeder_cases import solve_cases
from power.feeder_layouts import FloorHierarchy, FloorParts, UnitSubstations, floor_hierarchy, unit_substations
from power.feeders import Cable, Feeder, RackLoad, Transformer, Utility, feeder_of
from power.fields import FIELDS
from power.fixed_feeder import FixedFeeder, factored_feeder
from power.frequency import GridMachine, frequency_course, step_answer
from power.grid_events import DemandResponse, allowed_mean, allowed_power, check_response, response_energy
from power.grid_rules import GridReport, MaskBand, RampRule, check_rules, fastest_ramps
from power.ladder import BusbarSolution, solve_busbar
from power.liquid_bar import LiquidBar, liquid_bar_temperature
from power.loads import Course, Training, block_time, course_energy, course_power, mean_power, resample, training_course
from power.netlist import parse_netlist, read_netlist, read_voltages
from power.redundancy import bank_margin, hold_up_time, spare_supplies
from power.sheet import SheetSolution, sheet_faces, solve_sheet
from power.shelf import Shelf, shelf_efficiency, shelf_loss
from power.smoothing import (
    PowerSmoothing,
    Smoothed,
    SmoothingState,
    scaled_smoothing,
    smooth_power,
    smoothing_energy,
    smoothing_start,
)
from power.spectrum import Line, Spectrum, amplitude_spectrum, peak_to_peak, spectral_line
from power.stability import (
    Stability,
    bar_eigenvalues,
    bar_matrix,
    constant_power_stability,
    operating_voltage,
    stability_warning,
)
from power.stages import Bar, BarLoad, BarState
from power.store import (
    EnergyStore,
    Stored,
    StoreState,
    carried_time,
    flattened_frequency,
    flattening_energy,
    march_store,
    square_swing_energy,
)
from power.supplies import Shared, Supply, share_load, supply_loss
from power.synchrony import Synchrony, node_power, total_spread
from power.transient import bar_circuit, march_bar, steady_bar
from power.ups import Ups, loss_shares, ups_efficiency, ups_loss

__all__ = [
    "FIELDS",
    "BackupCourse",
    "Bar",
    "BarLoad",
    "BarModes",
    "BarState",
    "Battery",
    "Busbar",
    "BusbarSolution",
    "Cable",
    "ChipPower",
    "Circuit",
    "CircuitSolution",
    "CompactChip",
    "Converter",
    "ConverterControl",
    "Course",
    "DcRow",
    "DemandResponse",
    "DidNotConverge",
    "DipSupply",
    "Elements",
    "EnergyStore",
    "EnvelopeStep",
    "Feeder",
    "FeederSolution",
    "FixedFeeder",
    "FloorHierarchy",
    "FloorParts",
    "Genset",
    "GridMachine",
    "GridReport",
    "Inference",
    "Line",
    "LiquidBar",
    "Losses",
    "MaskBand",
    "Outages",
    "PowerSmoothing",
    "RackLoad",
    "RampRule",
    "Shared",
    "SheetSolution",
    "Shelf",
    "Smoothed",
    "SmoothingState",
    "Spectrum",
    "Stability",
    "StoreState",
    "Stored",
    "Supply",
    "Synchrony",
    "Training",
    "Transformer",
    "UnitSubstations",
    "Ups",
    "Utility",
    "Violation",
    "allowed_mean",
    "allowed_power",
    "amplitude_spectrum",
    "bank_margin",
    "bar_circuit",
    "bar_eigenvalues",
    "bar_matrix",
    "block_time",
    "bridge_energy",
    "broken_limits",
    "carried_time",
    "check_response",
    "check_rules",
    "chip_power",
    "circuit_of",
    "clock_at",
    "compact_chip",
    "constant_power_stability",
    "controlled_eigenvalues",
    "conversion_chain",
    "converter_loss",
    "copper_ratio",
    "course_energy",
    "course_power",
    "dynamic_power",
    "elements",
    "factored_feeder",
    "fastest_ramps",
    "feeder_of",
    "flattened_frequency",
    "flattening_energy",
    "floor_hierarchy",
    "frequency_course",
    "hold_up_time",
    "inference_power",
    "kirchhoff_bound",
    "leakage_power",
    "leakage_share",
    "least_damping",
    "line_current",
    "liquid_bar_temperature",
    "load_admittance",
    "loop_resistance",
    "loss_shares",
    "lossless_modes",
    "march_backup",
    "march_bar",
    "march_store",
    "mean_power",
    "minor_loop_gain",
    "modulus_margin",
    "node_power",
    "operating_voltage",
    "parse_netlist",
    "peak_to_peak",
    "power_imbalance",
    "read_netlist",
    "read_voltages",
    "request_arrivals",
    "resample",
    "response_energy",
    "ride_through",
    "scaled_smoothing",
    "section_temperature",
    "service_starts",
    "share_load",
    "sheet_faces",
    "shelf_efficiency",
    "shelf_loss",
    "single_outages",
    "smooth_power",
    "smoothing_energy",
    "smoothing_start",
    "solve_busbar",
    "solve_cases",
    "solve_circuit",
    "solve_dc_row",
    "solve_feeder",
    "solve_sheet",
    "spare_supplies",
    "spectral_line",
    "square_swing_energy",
    "stability_warning",
    "steady_bar",
    "step_answer",
    "supply_loss",
    "total_spread",
    "training_course",
    "unit_substations",
    "ups_efficiency",
    "ups_loss",
]
