"""Rows of max-min fair flows: the uniform and the uneven all-to-all of an NVL72, and four GPUs by hand."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import topology
from topology import maxmin
from topology.flows import flow_set, rack_flows
from twin.spec.load import load
from twin.validate.row import Allowed, Row, row

LATENCY = 2 * 250e-9
"""Two link halves [s]."""
QUANTUM = 100e-9
"""Of the merged run [s]."""
ROUNDING = 1e-12
"""A makespan may lie below its bound by this much, relative [1]."""


class Spread(NamedTuple):
    """What the seeds came to, relative to the bound or to the exact run."""

    below: float
    """Largest shortfall below the bound [1]."""
    above: float
    """Largest excess over the bound [1]."""
    merged: float
    """Largest distance of the merged run from the exact one [1]."""


def n2(reference: Path | None) -> list[Row]:
    """Return the all-to-all of 1 MB per ordered pair as 92 016 flows over 2 592 directed links."""
    times = maxmin.simulate_flows(rack_flows(_fabric(), 1e6 * (1 - np.eye(72)), latency=LATENCY))
    source = "SimGrid 3.32, model CM02, crosstraffic 0; closed form"
    case = "all-to-all as flows, 72 GPUs x 18 planes, 1 MB per pair"
    return [row(("N2", case), 1e6 * times.end.max(), 79.388889, "µs", Allowed(1e-6), source)]


def n3(reference: Path | None, seeds: int = 4) -> list[Row]:
    """Return the uneven all-to-all against its bound, a merged run against the exact one, and four GPUs by hand."""
    found = uneven(range(seeds))
    bound = "bound: busiest GPU's bytes / bandwidth + latency"
    case = f"72 GPUs, sizes ±20 %, {seeds} seeds"
    return [
        row(("N3", f"{case}: below the bound"), found.below, 0.0, "1", Allowed(ROUNDING), bound),
        row(("N3", f"{case}: excess over the bound"), found.above, 0.0, "1", Allowed(2e-4), bound),
        row(("N3", f"{case}: 100 ns quantum"), found.merged, 0.0, "1", Allowed(3e-3), "the run of every event"),
        *_by_hand(),
    ]


def uneven(seeds: range) -> Spread:
    """Run the all-to-all of 72 GPUs with sizes drawn ±20 %, for each seed with and without the quantum."""
    spread = Spread(0.0, 0.0, 0.0)
    fabric = _fabric()
    for seed in seeds:
        sizes = 1e6 * (1 - np.eye(72)) * np.random.default_rng(seed).uniform(0.8, 1.2, (72, 72))
        flows = rack_flows(fabric, sizes, latency=LATENCY, planes=False)
        makespan, merged = (float(maxmin.simulate_flows(flows, quantum=q).end.max()) for q in (0.0, QUANTUM))
        excess = makespan / _bound(sizes) - 1
        spread = Spread(
            max(spread.below, -excess), max(spread.above, excess), max(spread.merged, abs(merged / makespan - 1))
        )
    return spread


def _bound(sizes: NDArray[np.float64]) -> float:
    return float(max(sizes.sum(axis=0).max(), sizes.sum(axis=1).max())) / 900e9 + LATENCY


def _by_hand() -> list[Row]:
    """Four GPUs of 1 B/s: 1 B from 0 to 1, and 0.75, 2 and 1 B from 0, 3 and 1 to 2.

    The last three share GPU 2 by thirds, the first takes the other two thirds of GPU 0. 0 -> 1 is done at 3/2;
    0 -> 2 at 9/4; 1 -> 2 has 1/4 left and half of GPU 2: 11/4; 3 -> 2 has 1 left and all of it: 15/4.
    """
    pairs = ((0, 1), (0, 2), (3, 2), (1, 2))
    flows = flow_set([1.0] * 8, [[i, 4 + j] for i, j in pairs], [1.0, 0.75, 2.0, 1.0])
    ends = maxmin.simulate_flows(flows).end
    return [
        row(("N3", f"4 GPUs, end of {i} -> {j}"), end, by_hand, "s", Allowed(1e-9), "water-filling by hand")
        for (i, j), end, by_hand in zip(pairs, ends, (1.5, 2.25, 3.75, 2.75), strict=True)
    ]


def _fabric() -> topology.Fabric:
    return topology.compile_fabric(topology.nvlink_rack(load("gb300-nvl72").rack.nvlink))
