"""Benchmark cases of flows over the links of an NVL72; SimGrid 3.32 on the same exchanges is what they are held to."""

from typing import Any

from benchmarks.case import Case


def _rack() -> Any:
    from topology import Nvlink, compile_fabric, nvlink_rack

    nvlink = Nvlink(
        gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72, medium="copper", generation=5
    )
    return compile_fabric(nvlink_rack(nvlink))


def _uniform() -> tuple[Any, Any]:
    import numpy as np

    return _rack(), 1e6 * (1 - np.eye(72))


def _uniform_flows(exchange: tuple[Any, Any]) -> Any:
    from topology.flows import rack_flows
    from topology.maxmin import simulate_flows

    return simulate_flows(rack_flows(*exchange, latency=500e-9))


def _uneven() -> Any:
    import numpy as np

    from topology.flows import rack_flows

    fabric, sizes = _uniform()
    spread = np.random.default_rng(0).uniform(0.8, 1.2, (72, 72))
    return rack_flows(fabric, sizes * spread, latency=500e-9, planes=False)


def _exact(flows: Any) -> Any:
    from topology.maxmin import simulate_flows

    return simulate_flows(flows)


def _merged(flows: Any) -> Any:
    from topology.maxmin import simulate_flows

    return simulate_flows(flows, quantum=100e-9)


NETWORK = (
    Case(
        name="uniform flows",
        size="92 016 flows, set up and simulated",
        phase="solve",
        beat=0.05,
        whose="our budget; SimGrid 15.2 s",
        setup=_uniform,
        run=_uniform_flows,
    ),
    Case(
        name="uneven flows",
        size="5 112 flows, ±20 %, every event",
        phase="solve",
        beat=1.0,
        whose="our budget; SimGrid 2.05 s",
        setup=_uneven,
        run=_exact,
        repeats=3,
    ),
    Case(
        name="uneven flows, 100 ns",
        size="5 112 flows, ±20 %, events merged",
        phase="solve",
        beat=0.1,
        whose="our budget; SimGrid 2.05 s",
        setup=_uneven,
        run=_merged,
    ),
)
