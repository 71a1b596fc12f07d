"""Benchmark cases of circuits: the steady busbar, a power grid of 30 000 nodes, the busbar in time."""

from typing import Any

from benchmarks.case import Case

SIDE = 124
"""Of a square grid with as many nodes and sources as the published power grid has."""


def _racks() -> Any:
    import numpy as np

    power = np.random.default_rng(0).uniform(0.5, 1.1, (10_000, 1)) * np.repeat(
        [0.0, 6e3, 1.2e3, 6e3, 0.0], [4, 10, 9, 8, 4]
    )
    shelf = np.where(power[0] == 0, 5e-4, np.inf)
    return np.full(34, 1.84e-6), power, np.full(35, 50.0), shelf, np.full(35, 2e-5)


def _steady(racks: Any) -> Any:
    from power import solve_busbar

    return solve_busbar(*racks)


def _netlist() -> str:
    """Two layers of wires with vias between, a pad in every tenth row, a load in every third node of the lower one."""
    lines = ["* grid"]
    for i in range(SIDE):
        for j in range(SIDE):
            lines.append(f"V{i}v{j} n1_{i}_{j} n0_{i}_{j} 0.0" if j % 2 else f"Rv{i}_{j} n1_{i}_{j} n0_{i}_{j} 0.5")
            if j + 1 < SIDE:
                lines.append(f"R0_{i}_{j} n0_{i}_{j} n0_{i}_{j + 1} 0.25")
            if i + 1 < SIDE:
                lines.append(f"R1_{i}_{j} n1_{i}_{j} n1_{i + 1}_{j} 0.02")
            if (i + j) % 3 == 0:
                lines.append(f"I{i}_{j} n0_{i}_{j} 0 {1e-4 * (1 + (7 * i + j) % 13):.6e}")
    lines += [f"Vp{i} n1_{i}_{i} 0 1.8" for i in range(0, SIDE, 10)]
    return "\n".join([*lines, ".end"])


def _grid(text: str) -> Any:
    from power.dc import solve_circuit
    from power.netlist import parse_netlist

    return solve_circuit(parse_netlist(text))


def _busbar() -> Any:
    import numpy as np

    from power.transient import bar_circuit

    pitch, shelf = 2.0 / 999, np.full(1000, np.inf)
    shelf[[20, 60, 100, 140, 859, 899, 939, 979]] = 0.5e-3
    return bar_circuit(1e-4 * pitch, 5e-7 * pitch, 50e-6, 50.0, shelf, 2e-7)


def _march(bar: Any, scheme: Any) -> float:
    import numpy as np

    from power.stages import BarLoad
    from power.transient import march_bar

    full = np.full(1000, 2.64)

    def load(t: float) -> BarLoad:
        return BarLoad(full * np.interp(t, (1e-3, 1.1e-3, 5e-3, 5.1e-3), (0.6, 1.0, 1.0, 0.6)))

    return min(float(state.node_voltage[500]) for _, state in march_bar(bar, load, 2e-6, 5000, scheme=scheme))


CIRCUITS = (
    Case(
        name="busbar, steady",
        size="10 000 racks x 35 slots; 10 µs per rack",
        phase="next",
        beat=0.1,
        setup=_racks,
        run=_steady,
    ),
    Case(
        name="power grid",
        size="30 752 nodes, netlist parsed and solved",
        phase="next",
        beat=1.0,
        whose="our budget; ngspice 5.9 s on ibmpg1",
        setup=_netlist,
        run=_grid,
    ),
    Case(
        name="busbar, trapezoid",
        size="1 000 nodes, 10 ms at 2 µs",
        phase="next",
        beat=0.25,
        whose="our budget; ngspice 1.94 s",
        setup=_busbar,
        run=lambda bar: _march(bar, "trapezoid"),
    ),
    Case(
        name="busbar, TR-BDF2",
        size="1 000 nodes, 10 ms at 2 µs",
        phase="next",
        beat=0.5,
        whose="our budget; ngspice 1.94 s",
        setup=_busbar,
        run=lambda bar: _march(bar, "tr-bdf2"),
    ),
)
