"""Pictures of a solved system: every figure is a function of the result tree alone.

Input: the result dataset (`xarray.DataTree`) with groups /geometry, /topology, /thermal, /power and /summary, SI units.
Output: a matplotlib `Figure` or a pyvista `Plotter` that belongs to the caller; no global state, no pyplot.
Trade units (°C, kW, %, L/min) exist on the paper only; colour carries data, grey carries context.
Nothing of the result is written to, and a missing group or variable is an error that names it.
Importing this package is free: matplotlib and pyvista are loaded by the first picture that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viz.charts.chart import chart
    from viz.diagrams.oneline import oneline
    from viz.files import save
    from viz.pages import page
    from viz.panel import flat_panel
    from viz.scenes.compose import picture, still
    from viz.scenes.flat import flat
    from viz.scenes.hall import hall
    from viz.scenes.stage import scene

__all__ = ["chart", "flat", "flat_panel", "hall", "oneline", "page", "picture", "save", "scene", "still"]

_HOMES = {
    "chart": "viz.charts", "flat": "viz.scenes.flat", "flat_panel": "viz.panel", "hall": "viz.scenes.hall",
    "oneline": "viz.diagrams.oneline",
    "page": "viz.pages", "picture": "viz.scenes.compose", "save": "viz.files", "scene": "viz.scenes.stage",
    "still": "viz.scenes.compose",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
