"""Trade units for paper: SI values of the result become °C, kW, %, GB/s with a label that says so.

Contract: the unit is read from `attrs["units"]`, the name from `attrs["long_name"]`; both are required.
A temperature variable [K] is absolute; a temperature difference never passes through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import DataArray

_TRADE = {
    "K": ("°C", 1.0, -273.15),
    "W": ("kW", 1e-3, 0.0),
    "1": ("%", 100.0, 0.0),
    "A": ("A", 1.0, 0.0),
    "V": ("V", 1.0, 0.0),
}

FIXED_SPACE = "\u00a0"  # keeps a number or a label and its unit on one line
NARROW_SPACE = "\u202f"
MINUS = "\u2212"
NOTHING = "\u2013"


def trade(variable: DataArray) -> tuple[NDArray[np.float64], str]:
    """Values in the trade's unit and the axis label "Long name / unit"."""
    for attribute in ("units", "long_name"):
        if attribute not in variable.attrs:
            raise ValueError(f"variable {variable.name} has no attribute {attribute}: run `twin run` again")
    units, name = variable.attrs["units"], str(variable.attrs["long_name"])
    if units not in _TRADE:
        raise ValueError(f"variable {variable.name} has units {units!r}: the panel draws {', '.join(_TRADE)}")
    unit, scale, offset = _TRADE[units]
    values = np.asarray(variable.values, dtype=np.float64) * scale + offset
    return values, f"{name[:1].upper()}{name[1:]}{FIXED_SPACE}/{FIXED_SPACE}{unit}"


def number(value: float, digits: int = 0) -> str:
    """A number with thin thousands spaces and a true minus sign, an en dash where it is nan."""
    if value != value:
        return NOTHING
    return f"{value:,.{digits}f}".replace(",", NARROW_SPACE).replace("-", MINUS)


def bare(label: str) -> str:
    """The axis label without its unit."""
    return label.rpartition(f"{FIXED_SPACE}/")[0]


def quantity(value: float, unit: str, digits: int = 0) -> str:
    """A number and its unit, never parted by a line break."""
    return f"{number(value, digits)}{FIXED_SPACE}{unit}"


def bandwidth(value: float) -> str:
    """GB/s below 1e12 B/s, TB/s from there on (decimal prefixes)."""
    return quantity(value / 1e12, "TB/s", 1) if value >= 1e12 else quantity(value / 1e9, "GB/s")
