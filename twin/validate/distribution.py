"""Row P2: 1 000 racks on 50 unit substations, against three published load flows."""

from pathlib import Path
from typing import Any

import numpy as np

from power import distribution, feeder_layouts
from power.feeders import Cable, RackLoad, Transformer, Utility, feeder_of
from twin.validate.row import Allowed, Row, row

LOSS = 1.0950594573e6
"""[W]"""
LOWEST = 0.98283868
"""Over nominal, to eight digits [1]."""


def p2(reference: Path | None) -> list[Row]:
    """Return loss and lowest voltage of the feeder, its balance, and its losses by element against their total."""
    feeder = feeder_of(racks(), radial=True)
    found = distribution.solve_feeder(feeder)
    source = "pandapower, power-grid-model, OpenDSS"
    total = float(found.utility_power.sum() - found.feed_power.sum())
    worst = float(np.abs(distribution.power_imbalance(feeder, found)).max()) / float(found.utility_power.sum())
    return [
        row(("P2", "1 000 racks, loss"), total / 1e6, LOSS / 1e6, "MW", Allowed(1e-7, relative=True), source),
        row(("P2", "1 000 racks, lowest voltage"), found.node_voltage.min(), LOWEST, "1", Allowed(1e-8), source),
        row(
            ("P2", "losses by element over the total"),
            float(found.branch_loss.sum()) / total,
            1.0,
            "1",
            Allowed(1e-7),
            "conservation of energy",
        ),
        row(("P2", "largest imbalance of a node"), worst, 0.0, "1", Allowed(1e-9), "conservation of energy"),
    ]


def racks() -> Any:
    """Return the feeder: 50 cables, 50 transformers, 20 racks along the busway of each."""
    layout = feeder_layouts.UnitSubstations(
        substations=50, racks=20, primary_voltage=34.5e3, secondary_voltage=415.0, cable_length=500.0, rack_pitch=1.2
    )
    return feeder_layouts.unit_substations(
        layout,
        Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1),
        Cable(resistance=0.08e-3, reactance=0.10e-3, rated_current=200.0),
        Transformer(
            rated_power=3.15e6,
            short_circuit_voltage=0.06,
            short_circuit_loss=0.008,
            no_load_loss=0.0,
            no_load_current=0.0,
        ),
        Cable(resistance=8.1e-6, reactance=5.5e-6, rated_current=5000.0),
        RackLoad(power=132e3, power_factor=0.99),
    )
