"""Row of the manifold: 27 branches between two headers, against pandapipes."""

from pathlib import Path

import numpy as np

import thermal.hydraulics
from thermal.hydraulics import Headers, Manifold, ManifoldFlow
from thermal.pipes import Pipe, pipe_law
from twin.validate.row import Allowed, Row, row

BRANCHES = 27
DENSITY, VISCOSITY = 990.1449, 5.9453e-4
"""Of pandapipes' water at 318.15 K [kg/m3], [Pa*s]; its tables have rows at 318 and 323 K."""
TOTAL = 2.0144
"""Into the manifold [kg/s]."""
ORACLE = (0.07453221259212263, 0.07481003381049235, 70.68270774953165)
"""Least and largest branch flow [kg/s] and drop [kPa] of pandapipes 0.16.0, solved to 1e-12."""


def manifold_flow() -> ManifoldFlow:
    """Solve the manifold of the row: headers of 38 mm in 27 segments of 1.8 m in all, branches of 1.5 m of 8 mm."""
    branch = Pipe(length=1.5, diameter=8e-3, roughness=1.5e-6, loss_coefficient=60.0, friction="nikuradse")
    return thermal.hydraulics.solve_manifold(
        Manifold(header_diameter=0.038, roughness=1.5e-6),
        TOTAL,
        np.ones(BRANCHES),
        np.full(BRANCHES, 1.8 / BRANCHES),
        pipe_law(branch),
        DENSITY,
        VISCOSITY,
        headers=Headers(friction="nikuradse"),
    )


def t8(reference: Path | None) -> list[Row]:
    """Return the flows of the nearest and the farthest branch, and the drop across the ports."""
    found = manifold_flow()
    flow = found.branch_mass_flow
    cases = ("least branch flow", "largest branch flow", "drop across the ports")
    ours = (flow.min(), flow.max(), found.pressure_drop / 1e3)
    source = "pandapipes 0.16.0, pipeflow, Nikuradse friction; published 0.07453-0.07481 kg/s, 70.683 kPa"
    return [
        row(("T8", f"manifold of {BRANCHES}: {case}"), value, oracle, unit, Allowed(1e-9, relative=True), source)
        for case, value, oracle, unit in zip(cases, ours, ORACLE, ("kg/s", "kg/s", "kPa"), strict=True)
    ]
