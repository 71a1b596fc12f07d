"""Benchmark cases of fabrics: half a million GPUs as arrays, failures of a rack, routing over two tiers."""

from typing import Any

from benchmarks.case import Case


def _layers() -> Any:
    from topology.superpods import superpod_layers

    return superpod_layers(875)


def _arrays(layers: Any) -> Any:
    from topology.arrays import layered

    return layered(layers, endpoints_per_rack=72)


def _symmetry(layers: Any) -> Any:
    from topology.arrays import symmetric_bisection, symmetric_loads

    return symmetric_loads(layers, 1e6), symmetric_bisection(layers)


def _network() -> Any:
    return _arrays(_layers())


def _bill(network: Any) -> Any:
    from topology.media import media_bill

    return media_bill(network, 0.5)


def _rack() -> Any:
    from topology.fabric import compile_fabric
    from topology.systems import nvl72

    return compile_fabric(nvl72())


def _failures(fabric: Any) -> Any:
    import numpy as np

    from topology.reliability import (
        Part,
        Shared,
        bandwidth_quantiles,
        degraded_bandwidth,
        failure_states,
        job_bandwidth,
    )

    part = Part(failure_rate=1e-9, repair_time=1e8)  # one part in eleven is down: more work than a real rack
    trays = [Shared(part, "gpu", np.arange(72) // 4), Shared(part, "link", fabric.gpu // 18)]
    states = failure_states(
        fabric, dict.fromkeys(("gpu", "asic", "link"), part), trays, samples=10_000, rng=np.random.default_rng(0)
    )
    return bandwidth_quantiles(job_bandwidth(degraded_bandwidth(fabric, states), 64), (0.5, 0.99))


def _two_tiers() -> Any:
    import numpy as np

    from topology.network import compile_network
    from topology.systems import nvl576

    return compile_network(nvl576()), 1e6 * (1 - np.eye(576))


def _damaged() -> Any:
    import numpy as np

    from topology.faults import without_links
    from topology.network import compile_network
    from topology.tiers import fat_tree

    rng = np.random.default_rng(0)
    tree = compile_network(without_links(fat_tree(8), rng.choice(np.arange(128, 384), 40, replace=False)))
    return tree, 1e9 * rng.random((128, 128)) ** 8 * (1 - np.eye(128))


def _even(case: Any) -> Any:
    from topology.multitier import network_loads

    return network_loads(*case)


def _spray(case: Any) -> Any:
    from topology.multitier import network_loads

    return network_loads(*case, routing="spray")


def _adaptive(case: Any) -> Any:
    from topology.adaptive import adaptive_routing

    return adaptive_routing(*case)


FABRICS = (
    Case(
        name="arrays of 1 GW",
        size="504 000 GPUs, 10 584 000 links, in 1 GB",
        phase="first",
        beat=3.0,
        setup=_layers,
        run=_arrays,
        repeats=3,
    ),
    Case(
        name="symmetry of 1 GW",
        size="all link loads and bisection of 504 000 GPUs",
        phase="solve",
        beat=1.0,
        setup=_layers,
        run=_symmetry,
        repeats=3,
    ),
    Case(
        name="media bill of 1 GW",
        size="10 584 000 links",
        phase="solve",
        beat=2.0,
        setup=_network,
        run=_bill,
        repeats=3,
    ),
    Case(
        name="failures of a rack",
        size="10 000 samples, GPUs, ASICs, links, trays, cartridges",
        phase="solve",
        beat=5.0,
        setup=_rack,
        run=_failures,
        repeats=3,
    ),
    Case(
        name="even split, NVL576",
        size="41 472 links, 331 200 pairs",
        phase="solve",
        beat=0.5,
        setup=_two_tiers,
        run=_even,
        repeats=3,
    ),
    Case(
        name="ideal spray, NVL576",
        size="41 472 links, 331 200 pairs",
        phase="solve",
        beat=1.0,
        setup=_two_tiers,
        run=_spray,
        repeats=3,
    ),
    Case(
        name="adaptive, fat tree",
        size="k = 8 without 40 links, 16 256 skewed pairs, gap 1 %",
        phase="solve",
        beat=1.0,
        setup=_damaged,
        run=_adaptive,
        repeats=3,
    ),
)
