"""Electricity of a rack: chip power, conversion losses, shelves and the DC busbar.

Contract
1. Functions are pure and take arrays with any batch axes in front; parameters are frozen dataclasses, in SI.
2. Power flows from the grid to the chip; powers and losses are positive in that direction.
3. Busbar nodes run from the top of the rack to the bottom; a section current is positive downward.
4. Bad input raises ValueError; a load no voltage can carry raises DidNotConverge.
5. Nothing outside numpy and scipy is needed; no other part of the project is imported.
"""

from power.arrivals import Inference, inference_power, request_arrivals, service_starts
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
from power.converter import Converter, converter_loss
from power.dc import CircuitSolution, solve_circuit
from power.fields import FIELDS
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

__all__ = [
    "FIELDS",
    "Bar",
    "BarLoad",
    "BarState",
    "Busbar",
    "BusbarSolution",
    "ChipPower",
    "Circuit",
    "CircuitSolution",
    "CompactChip",
    "Converter",
    "Course",
    "DidNotConverge",
    "Elements",
    "EnergyStore",
    "Inference",
    "Line",
    "LiquidBar",
    "PowerSmoothing",
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
    "amplitude_spectrum",
    "bank_margin",
    "bar_circuit",
    "bar_eigenvalues",
    "bar_matrix",
    "block_time",
    "carried_time",
    "chip_power",
    "circuit_of",
    "clock_at",
    "compact_chip",
    "constant_power_stability",
    "converter_loss",
    "course_energy",
    "course_power",
    "dynamic_power",
    "elements",
    "flattened_frequency",
    "flattening_energy",
    "hold_up_time",
    "inference_power",
    "kirchhoff_bound",
    "leakage_power",
    "leakage_share",
    "liquid_bar_temperature",
    "loop_resistance",
    "march_bar",
    "march_store",
    "mean_power",
    "node_power",
    "operating_voltage",
    "parse_netlist",
    "peak_to_peak",
    "read_netlist",
    "read_voltages",
    "request_arrivals",
    "resample",
    "scaled_smoothing",
    "section_temperature",
    "service_starts",
    "share_load",
    "sheet_faces",
    "shelf_efficiency",
    "shelf_loss",
    "smooth_power",
    "smoothing_energy",
    "smoothing_start",
    "solve_busbar",
    "solve_circuit",
    "solve_sheet",
    "spare_supplies",
    "spectral_line",
    "square_swing_energy",
    "stability_warning",
    "steady_bar",
    "supply_loss",
    "total_spread",
    "training_course",
]
