"""The coupled digital twin of a liquid-cooled AI rack: load a spec, solve it, sweep it, read the dataset.

Names are imported on first use (PEP 562), so that ``import twin`` costs nothing and pulls in neither numpy nor xarray.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "ConvergenceError": "twin.spec.errors",
    "Factory": "twin.spec.types",
    "Sample": "twin.sweeps.sample",
    "SpecError": "twin.spec.errors",
    "compare": "twin.result.compare",
    "load": "twin.spec.load",
    "march": "twin.simulation.march",
    "read_schedule": "twin.simulation.read",
    "schedule_from": "twin.simulation.read",
    "simulate": "twin.simulation.run",
    "solve": "twin.couple.solve",
    "solve_batch": "twin.couple.solve",
    "sweep": "twin.sweeps.run",
    "systems": "twin.spec.load",
    "uncertainty": "twin.sweeps.uncertainty",
    "year": "twin.annual.year",
}
__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'twin' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
