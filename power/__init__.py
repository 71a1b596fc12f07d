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
from power.converter import Converter, converter_loss
from power.fields import FIELDS
from power.ladder import BusbarSolution, solve_busbar
from power.shelf import Shelf, shelf_efficiency, shelf_loss

__all__ = [
    "FIELDS",
    "Busbar",
    "BusbarSolution",
    "ChipPower",
    "CompactChip",
    "Converter",
    "DidNotConverge",
    "Shelf",
    "chip_power",
    "clock_at",
    "compact_chip",
    "converter_loss",
    "dynamic_power",
    "kirchhoff_bound",
    "leakage_power",
    "leakage_share",
    "loop_resistance",
    "section_temperature",
    "shelf_efficiency",
    "shelf_loss",
    "solve_busbar",
]
