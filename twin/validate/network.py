"""Network rows: invariants of the NVL72, the all-to-all of flow simulators, and maximum concurrent flow."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import topology
from topology import Nvlink
from twin.build.fabric import graph_of
from twin.spec.load import load
from twin.validate.row import EXACT, Allowed, Row, row


def n1(reference: Path | None) -> list[Row]:
    """Return the invariants of the NVL72 against NVIDIA's figures."""
    graph = graph_of(load("gb300-nvl72").rack)
    found = topology.invariants(graph)
    gpus = [name for name, kind in graph.nodes(data="kind") if kind == "gpu"]
    exact = {
        "links": (found["link_count"], 1296, "1"),
        "differential copper pairs": (found["pair_count"], 5184, "1"),
        "links per GPU": (found["gpu_degree_min"], 18, "1"),
        "links per ASIC": (found["asic_degree_max"], 72, "1"),
        "max-flow between two GPUs": (topology.pair_max_flow(graph, gpus[0], gpus[-1]) / 1e9, 900, "GB/s"),
        "bisection": (found["bandwidth_bisection"] / 1e9, 36 * 900, "GB/s"),
        "aggregate, both directions": (found["bandwidth_aggregate_bidirectional"] / 1e9, 129_600, "GB/s"),
    }
    source = "NVIDIA GB200 NVL72 tuning guide, keynotes"
    rows = [row(("N1", case), *values, EXACT, source) for case, values in exact.items()]
    length, source = found["total_length"] / 1e3, "keynote: two miles; geometry is ours"
    return [*rows, row(("N1", "total cable length"), length, 3.2, "km", Allowed(0.15, relative=True), source)]


def _flat(gpus: int, planes: int = 18) -> topology.Fabric:
    nvlink = Nvlink(
        gpus=gpus,
        asics=planes,
        link_bandwidth=50e9,
        lanes_per_link=2,
        asic_ports=gpus,
        medium="copper",
        generation=5,
    )
    return topology.compile_fabric(topology.nvlink_rack(nvlink))


def n2(reference: Path | None) -> list[Row]:
    """Return the all-to-all of 1 MB per ordered pair against SimGrid."""
    source = "SimGrid 3.32, model CM02, crosstraffic 0; closed form"
    cases = {72: 79.388889, 288: 319.388889}
    return [
        row(
            ("N2", f"all-to-all, {gpus} GPUs, 1 MB per pair"),
            _all_to_all(gpus),
            expected,
            "µs",
            Allowed(1e-6),
            source,
        )
        for gpus, expected in cases.items()
    ]


def _all_to_all(gpus: int) -> float:
    return 1e6 * float(topology.all_to_all_time(_flat(gpus), 1e6, startup=2 * 250e-9))


def n4(reference: Path | None) -> list[Row]:
    """Return the maximum concurrent flow: LP at 8 and 16 GPUs, closed form at 72, intact and with failed links."""
    rates = {
        f"max concurrent flow, LP, {gpus} GPUs": (
            topology.concurrent_rate_lp(_flat(gpus), _uniform(gpus)),
            expected,
        )
        for gpus, expected in {8: 900 / 7, 16: 60.0}.items()
    }
    lost = {
        "intact": ((), 900 / 71),
        "5 failed links on 5 GPUs": (tuple(18 * g + g for g in range(5)), 850 / 71),
        "5 failed, 2 on one GPU": ((0, 1, 19, 38, 57), 800 / 71),
        "5 failed on one GPU": (tuple(range(5)), 650 / 71),
    }
    for case, (links, expected) in lost.items():
        rate = float(topology.concurrent_rate(_damaged(links), _uniform(72)))
        rates[f"72 GPUs, closed form, {case}"] = rate, expected
    return [
        row(("N4", case), rate / 1e9, expected, "GB/s", Allowed(1e-6), "path LP, HiGHS")
        for case, (rate, expected) in rates.items()
    ]


def _damaged(links: tuple[int, ...]) -> topology.Fabric:
    nvlink = load("gb300-nvl72").rack.nvlink
    return topology.compile_fabric(topology.without_links(topology.nvlink_rack(nvlink), links))


def _uniform(gpus: int) -> NDArray[np.float64]:
    return np.ones((gpus, gpus)) - np.eye(gpus)


def latency(reference: Path | None) -> list[Row]:
    """Return the one-way latency of the catalogue's parts against the measured total."""
    from twin.couple.solve import solve_table

    ours = float(solve_table([load("gb200-nvl72")])["latency_gpu_to_gpu"][0]) * 1e6
    source = "arXiv 2607.16100, remote store through NVSwitch; the split into parts is assumed"
    return [row(("latency", "GB200, one way, hardware"), ours, 0.792, "µs", Allowed(0.01, relative=True), source)]
