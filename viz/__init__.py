"""Pictures of a solved system: every figure is a function of the result tree alone.

Input: the result dataset (`xarray.DataTree`) with groups /topology, /thermal, /power and /summary, SI units.
Output: a matplotlib `Figure` that belongs to the caller; no global state, no window, no pyplot.
Trade units (°C, kW, %, L/min) exist on the paper only; colour carries data, grey carries context.
Nothing of the result is written to, and a missing group or variable is an error that names it.
Importing this package is free: matplotlib is loaded by the first picture.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viz.files import save
    from viz.panel import flat_panel

__all__ = ["flat_panel", "save"]

_HOMES = {"flat_panel": "viz.panel", "save": "viz.files"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
