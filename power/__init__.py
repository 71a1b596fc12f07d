"""Electricity of a rack: chip power, conversion losses, shelves and the DC busbar.

Contract
1. Functions are pure and take arrays with any batch axes in front; parameters are frozen dataclasses, in SI.
2. Power flows from the grid to the chip; powers and losses are positive in that direction.
3. Busbar nodes run from the top of the rack to the bottom; a section current is positive downward.
4. Bad input raises ValueError; a load no voltage can carry raises DidNotConverge.
5. Nothing outside numpy and scipy is needed; no other part of the project is imported.
"""

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
from power.netlist import parse_netlist, read_netlist, read_voltages
from power.sheet import SheetSolution, sheet_faces, solve_sheet
from power.shelf import Shelf, shelf_efficiency, shelf_loss
from power.stability import (
    Stability,
    bar_eigenvalues,
    bar_matrix,
    constant_power_stability,
    operating_voltage,
    stability_warning,
)
from power.stages import Bar, BarLoad, BarState
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
    "DidNotConverge",
    "Elements",
    "LiquidBar",
    "SheetSolution",
    "Shelf",
    "Stability",
    "bar_circuit",
    "bar_eigenvalues",
    "bar_matrix",
    "chip_power",
    "circuit_of",
    "clock_at",
    "compact_chip",
    "constant_power_stability",
    "converter_loss",
    "dynamic_power",
    "elements",
    "kirchhoff_bound",
    "leakage_power",
    "leakage_share",
    "liquid_bar_temperature",
    "loop_resistance",
    "march_bar",
    "operating_voltage",
    "parse_netlist",
    "read_netlist",
    "read_voltages",
    "section_temperature",
    "sheet_faces",
    "shelf_efficiency",
    "shelf_loss",
    "solve_busbar",
    "solve_circuit",
    "solve_sheet",
    "stability_warning",
    "steady_bar",
]
