"""Networks from one board to half a million GPUs: bandwidth, latency, routing, collectives, flows and faults.

Contract
1. A network is a plain `networkx.MultiGraph`; `compile_fabric` makes a rack of one tier arrays, `compile_network` any.
2. Solvers are pure functions of these and of arrays.
3. SI units, decimal bytes; bandwidth is per direction unless a name says bidirectional.
4. "up" is GPU to ASIC, "down" ASIC to GPU; GPUs never forward, every path is GPU -> ASIC -> GPU.
5. Bad input raises ValueError naming object and fix; no answer from a solver raises `DidNotConverge`.
"""

from topology.adaptive import Adaptive, adaptive_routing
from topology.algorithms import Algorithm, Operation, steps_and_share
from topology.arrays import Layer, layered, symmetric_bisection, symmetric_loads
from topology.bandwidth import (
    bandwidth_aggregate_bidirectional,
    bandwidth_bisection,
    bandwidth_bisection_lower_bound,
    bandwidth_per_gpu,
)
from topology.cables import ScheduleSummary, cable_schedule, schedule_summary, write_schedule
from topology.calibrated import Calibrated, calibrated_collective
from topology.checks import DidNotConverge
from topology.clos import NVLINK_COPPER, SCALE_OUT, Clos, LinkType, clos_links
from topology.collectives import (
    CollectiveTime,
    Tier,
    all_to_all_time,
    collective_time,
    hierarchical_time,
    transfer_time,
)
from topology.cuts import bisection, max_flow
from topology.exchange import read_graphml, read_node_link, read_nvidia_smi, write_graphml, write_node_link
from topology.expert import ExpertLaw, expert_bytes, expert_time, expert_token_bytes
from topology.fabric import Fabric, capacity_matrix, compile_fabric
from topology.faults import without_links, without_node, without_parts
from topology.fields import FIELDS
from topology.fit import fit_protocols, leave_one_out
from topology.flows import Flows, flow_set, rack_flows, with_dependencies
from topology.invariants import invariants, pair_max_flow
from topology.latency import Latency, LatencyParts, one_way
from topology.maxmin import FlowTimes, flow_dataset, link_utilization, max_min_rates, simulate_flows
from topology.measured import (
    Measured,
    measured_bandwidth,
    measured_collective,
    measured_expert,
    measured_groups,
    measured_in_network,
    measured_systems,
    measured_tier,
)
from topology.media import MEDIA, MediaBill, Medium, MediumName, bundle_fill, end_power, media_bill
from topology.multitier import network_loads, network_saturation, network_utilization, route_loads, routes
from topology.network import Network, compile_network, endpoints, network_graph, node_name
from topology.nvlink import Nvlink, nvlink_rack
from topology.protocols import (
    Protocol,
    algorithm_bandwidth,
    bus_bandwidth,
    bus_factor,
    nccl_protocols,
    protocol_in_use,
    protocol_time,
)
from topology.reliability import (
    Availability,
    Part,
    Shared,
    States,
    availability,
    bandwidth_quantiles,
    degraded_bandwidth,
    failure_states,
    job_bandwidth,
)
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
from topology.superpods import superpod, superpod_layers
from topology.systems import hgx, kyber_nvl144, lpx_rack, nvl72, nvl576, nvlink_fusion, vera_rubin_nvl72
from topology.tiers import dragonfly, fat_tree, rail_optimised
from topology.traffic import expert_dispatch, expert_imbalance, uniform

__all__ = [
    "FIELDS",
    "MEDIA",
    "NVLINK_COPPER",
    "SCALE_OUT",
    "Adaptive",
    "Algorithm",
    "Availability",
    "Calibrated",
    "Clos",
    "CollectiveTime",
    "DidNotConverge",
    "ExpertLaw",
    "Fabric",
    "FlowTimes",
    "Flows",
    "Latency",
    "LatencyParts",
    "Layer",
    "LinkLoads",
    "LinkType",
    "Measured",
    "MediaBill",
    "Medium",
    "MediumName",
    "Network",
    "Nvlink",
    "Operation",
    "Part",
    "Protocol",
    "ScheduleSummary",
    "Shared",
    "SourceOperator",
    "States",
    "Tier",
    "adaptive_routing",
    "algorithm_bandwidth",
    "all_to_all_time",
    "asic_operator",
    "availability",
    "bandwidth_aggregate_bidirectional",
    "bandwidth_bisection",
    "bandwidth_bisection_lower_bound",
    "bandwidth_per_gpu",
    "bandwidth_quantiles",
    "bisection",
    "bundle_fill",
    "bus_bandwidth",
    "bus_factor",
    "cable_schedule",
    "calibrated_collective",
    "capacity_matrix",
    "clos_links",
    "collective_time",
    "compile_fabric",
    "compile_network",
    "concurrent_rate",
    "concurrent_rate_even",
    "concurrent_rate_lp",
    "degraded_bandwidth",
    "dragonfly",
    "end_power",
    "endpoints",
    "even_split_loads",
    "expert_bytes",
    "expert_dispatch",
    "expert_imbalance",
    "expert_time",
    "expert_token_bytes",
    "failure_states",
    "fat_tree",
    "fit_protocols",
    "flow_dataset",
    "flow_set",
    "hgx",
    "hierarchical_time",
    "invariants",
    "job_bandwidth",
    "kyber_nvl144",
    "layered",
    "leave_one_out",
    "link_utilization",
    "lpx_rack",
    "max_flow",
    "max_min_rates",
    "measured_bandwidth",
    "measured_collective",
    "measured_expert",
    "measured_groups",
    "measured_in_network",
    "measured_systems",
    "measured_tier",
    "media_bill",
    "nccl_protocols",
    "network_graph",
    "network_loads",
    "network_saturation",
    "network_utilization",
    "node_name",
    "nvl72",
    "nvl576",
    "nvlink_fusion",
    "nvlink_rack",
    "one_way",
    "pair_max_flow",
    "plane_weights",
    "protocol_in_use",
    "protocol_time",
    "rack_flows",
    "rail_optimised",
    "read_graphml",
    "read_node_link",
    "read_nvidia_smi",
    "route_loads",
    "routes",
    "schedule_summary",
    "simulate_flows",
    "source_operator",
    "steps_and_share",
    "superpod",
    "superpod_layers",
    "symmetric_bisection",
    "symmetric_loads",
    "transfer_time",
    "uniform",
    "utilization",
    "vera_rubin_nvl72",
    "with_dependencies",
    "without_links",
    "without_node",
    "without_parts",
    "write_graphml",
    "write_node_link",
    "write_schedule",
]
