"""Benchmark cases of studies, sweeps and time."""

from typing import Any

from benchmarks.case import Case

#: Hours of load in a day of the benchmark, a jump at each.
_HOURS = (0.35, 0.3, 0.25, 0.25, 0.3, 0.4, 0.55, 0.7, 0.85, 0.95, 1.0, 0.9)


def _rack() -> Any:
    import twin

    rack = twin.load("gb300-nvl72")
    twin.simulate(rack, twin.schedule_from({"duration": "20 s", "load": {"utilization": 0.5}}))
    return rack


def _simulated(hours: int, points: list[list[float]]) -> Any:
    def run(rack: Any) -> Any:
        import tempfile
        from pathlib import Path

        import twin

        plan = twin.schedule_from({"duration": f"{hours} h", "load": {"utilization": points, "repeat": "12 h"}})
        with tempfile.TemporaryDirectory() as folder:
            return twin.simulate(rack, plan, store=Path(folder) / "simulation.zarr").attrs

    return run


def _jumps() -> list[list[float]]:
    return [[3600.0 * (hour + end), share] for hour, share in enumerate(_HOURS) for end in (0, 1)]


def _ramps() -> list[list[float]]:
    return [[3600.0 * hour, share] for hour, share in enumerate((*_HOURS, _HOURS[0]))]


def _sweep(rack: Any) -> Any:
    import numpy as np

    import twin

    over = {
        "cooling.supply_temperature": 293.15 + np.linspace(0, 30, 100),
        "load.utilization": np.linspace(0.01, 1, 100),
    }
    return twin.sweep(rack, over, executor=1)


TIME = (
    Case(
        name="simulated hour",
        size="1 rack at 1 s, to zarr",
        phase="solve",
        beat=1.0,
        setup=_rack,
        run=_simulated(1, _jumps()),
        repeats=3,
    ),
    Case(
        name="simulated day",
        size="1 rack at 1 s, 24 jumps, to zarr",
        phase="solve",
        beat=10.0,
        setup=_rack,
        run=_simulated(24, _jumps()),
        repeats=3,
    ),
    Case(
        name="simulated ramps",
        size="2 h of 1 rack at 1 s, never at rest",
        phase="solve",
        beat=4.0,
        setup=_rack,
        run=_simulated(2, _ramps()),
        repeats=3,
    ),
    Case(
        name="swept racks",
        size="10 000 racks, one process",
        phase="first",
        beat=60.0,
        setup=_rack,
        run=_sweep,
        repeats=3,
    ),
    Case(
        name="study",
        size="cooling-headroom, 4 914 racks, picture",
        phase="next",
        beat=30.0,
        command=("study", "cooling-headroom", "--out", "out"),
        repeats=3,
    ),
)
