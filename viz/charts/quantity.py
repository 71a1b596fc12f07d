"""Values of a variable in the trade's unit, with the words for its axis; other units stay as they are stated.

Contract: `units` is required; the name is `long_name`, else the last part of `path` (a swept field). Kelvin is absolute
(°C) unless `units_metadata` says "temperature: difference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz.units import FIXED_SPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xarray import DataArray

Array = NDArray[np.float64]

_DIFFERENCE = "temperature: difference"
#: (trade unit, scale, offset), largest unit first: the first that keeps the largest value at or above one is taken.
_TRADE: Mapping[str, tuple[tuple[str, float, float], ...]] = {
    "K": (("°C", 1.0, -273.15),),
    "W": (("GW", 1e-9, 0.0), ("MW", 1e-6, 0.0), ("kW", 1e-3, 0.0), ("W", 1.0, 0.0)),
    "1": (("%", 100.0, 0.0),),
    "byte s-1": (("TB/s", 1e-12, 0.0), ("GB/s", 1e-9, 0.0), ("MB/s", 1e-6, 0.0)),
    "byte": (("TB", 1e-12, 0.0), ("GB", 1e-9, 0.0), ("MB", 1e-6, 0.0), ("B", 1.0, 0.0)),
    "m3 s-1": (("L/min", 6e4, 0.0),),
    "kg s-1": (("kg/s", 1.0, 0.0),),
    "Pa": (("MPa", 1e-6, 0.0), ("kPa", 1e-3, 0.0), ("Pa", 1.0, 0.0)),
    "s": (
        ("s", 1.0, 0.0),
        ("min", 1 / 60, 0.0),
        ("h", 1 / 3600, 0.0),
        ("ms", 1e3, 0.0),
        ("µs", 1e6, 0.0),
        ("ns", 1e9, 0.0),
    ),
    "m": (("km", 1e-3, 0.0), ("m", 1.0, 0.0), ("mm", 1e3, 0.0)),
    "m2 kW-1": (("m²/kW", 1.0, 0.0),),
    "K W-1": (("K/W", 1.0, 0.0), ("K/kW", 1e3, 0.0)),
}


class Quantity(NamedTuple):
    """A variable ready for paper."""

    values: Array
    name: str
    """empty where several variables share the axis"""
    unit: str
    """empty for a plain number"""
    scale: float
    offset: float

    @property
    def label(self) -> str:
        """Axis label: name / unit."""
        return f"{FIXED_SPACE}/{FIXED_SPACE}".join(part for part in (self.name, self.unit) if part)

    def shown(self, value: float) -> float:
        """An SI value on this scale."""
        return value * self.scale + self.offset


def quantity_of(variable: DataArray, wanted: str | None = None) -> Quantity:
    """A variable in the wanted unit, or in the one that suits its size."""
    if "units" not in variable.attrs:
        raise ValueError(f"variable {variable.name} has no attribute units: a chart needs it")
    stated = str(variable.attrs["units"])
    values = np.asarray(variable.values, dtype=np.float64)
    unit, scale, offset = _choose(str(variable.name), values, _rows(variable, stated), wanted)
    return Quantity(values * scale + offset, name_of(variable), unit, scale, offset)


def _rows(variable: DataArray, stated: str) -> tuple[tuple[str, float, float], ...]:
    if stated == "K" and variable.attrs.get("units_metadata") == _DIFFERENCE:
        return (("K", 1.0, 0.0),)
    plain = ("" if stated == "1" else stated, 1.0, 0.0)
    rows = _TRADE.get(stated, (plain,))
    return rows if plain[0] in [row[0] for row in rows] else (*rows, plain)


def _choose(
    name: str, values: Array, rows: tuple[tuple[str, float, float], ...], wanted: str | None
) -> tuple[str, float, float]:
    if wanted is not None:
        found = [row for row in rows if row[0] == wanted]
        if not found:
            raise ValueError(f"units[{name!r}] = {wanted!r}: must be one of {', '.join(repr(row[0]) for row in rows)}")
        return found[0]
    largest = np.nanmax(np.abs(values), initial=0.0) if np.isfinite(values).any() else 0.0
    fitting = (row for row in rows if row[2] or row[0] == "%" or largest * row[1] >= 1)
    return next(fitting, rows[-1 if largest else 0])


def name_of(variable: DataArray) -> str:
    """What the variable is called on paper."""
    path = str(variable.attrs.get("path", "")).rpartition(".")[2].replace("_", " ")
    name = str(variable.attrs.get("long_name", path))
    if not name:
        raise ValueError(f"variable {variable.name} has no attribute long_name: a chart needs it")
    return name[:1].upper() + name[1:]
