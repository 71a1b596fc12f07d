"""Networks of a rack: the NVLink graph, its bandwidth, latency, routing, collectives and faults.

Contract
1. A rack is a plain `networkx.MultiGraph` (attributes: `topology.nvlink`); `compile_fabric` makes it arrays.
2. Solvers are pure functions of a `Fabric` and of arrays with any leading batch axes.
3. SI units, decimal bytes; bandwidth is per direction unless a name says bidirectional.
4. "up" is GPU to ASIC, "down" ASIC to GPU; GPUs never forward, every path is GPU -> ASIC -> GPU.
5. Bad input raises ValueError naming object and fix; no answer from a solver raises `DidNotConverge`.
"""

from topology.bandwidth import (
    bandwidth_aggregate_bidirectional,
    bandwidth_bisection,
    bandwidth_bisection_lower_bound,
    bandwidth_per_gpu,
)
from topology.cables import ScheduleSummary, cable_schedule, schedule_summary, write_schedule
from topology.checks import DidNotConverge
from topology.collectives import all_to_all_time, transfer_time
from topology.fabric import Fabric, capacity_matrix, compile_fabric
from topology.faults import without_links, without_node
from topology.fields import FIELDS
from topology.invariants import invariants, pair_max_flow
from topology.latency import Latency, LatencyParts, one_way
from topology.nvlink import Nvlink, nvlink_rack
from topology.routing import (
    LinkLoads,
    SourceOperator,
    asic_operator,
    even_split_loads,
    plane_weights,
    source_operator,
    utilization,
)
from topology.saturation import concurrent_rate, concurrent_rate_even, concurrent_rate_lp
from topology.traffic import expert_dispatch, uniform

__all__ = [
    "FIELDS",
    "DidNotConverge",
    "Fabric",
    "Latency",
    "LatencyParts",
    "LinkLoads",
    "Nvlink",
    "ScheduleSummary",
    "SourceOperator",
    "all_to_all_time",
    "asic_operator",
    "bandwidth_aggregate_bidirectional",
    "bandwidth_bisection",
    "bandwidth_bisection_lower_bound",
    "bandwidth_per_gpu",
    "cable_schedule",
    "capacity_matrix",
    "compile_fabric",
    "concurrent_rate",
    "concurrent_rate_even",
    "concurrent_rate_lp",
    "even_split_loads",
    "expert_dispatch",
    "invariants",
    "nvlink_rack",
    "one_way",
    "pair_max_flow",
    "plane_weights",
    "schedule_summary",
    "source_operator",
    "transfer_time",
    "uniform",
    "utilization",
    "without_links",
    "without_node",
    "write_schedule",
]
