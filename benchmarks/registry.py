"""The benchmark cases: the twin as a whole here, its solvers in modules of their own."""

from typing import Any

from benchmarks.case import Case
from benchmarks.circuits import CIRCUITS
from benchmarks.distribution import DISTRIBUTION
from benchmarks.fabrics import FABRICS
from benchmarks.hydraulics import HYDRAULICS
from benchmarks.network import NETWORK
from benchmarks.packages import PACKAGES
from benchmarks.pictures import PICTURES
from benchmarks.plant import PLANT
from benchmarks.plant_loops import PLANT_LOOPS
from benchmarks.power_time import POWER_TIME
from benchmarks.time import TIME
from benchmarks.volumes import VOLUMES
from benchmarks.year import YEAR


def _import_twin(_: None) -> None:
    import twin  # noqa: F401


def _rack() -> Any:
    import twin

    return twin.load("gb300-nvl72")


def _solve(rack: Any) -> Any:
    import twin

    return twin.solve(rack)


def _racks() -> list[Any]:
    rack = _rack()
    _solve(rack)
    return [rack.with_("cooling.supply_temperature", 298.15 + 20 * i / 10_000) for i in range(10_000)]


def _solve_batch(racks: list[Any]) -> Any:
    import twin

    return twin.solve_batch(racks)


CASES = (
    Case(name="import twin", size="-", phase="first", beat=0.1, run=_import_twin),
    Case(name="twin --help", size="-", phase="next", beat=0.3, command=("--help",)),
    Case(
        name="twin run",
        size="1 rack, no picture",
        phase="next",
        beat=3.0,
        command=("run", "gb300-nvl72", "--no-picture", "--out", "out"),
    ),
    Case(name="first solve", size="1 rack, loaded", phase="first", beat=1.0, setup=_rack, run=_solve),
    Case(name="next solve", size="1 rack", phase="next", beat=0.020, setup=_rack, run=_solve),
    Case(
        name="batched solve",
        size="10 000 racks",
        phase="first",
        beat=20.0,
        setup=_racks,
        run=_solve_batch,
        repeats=3,
    ),
    *TIME,
    *YEAR,
    *NETWORK,
    *FABRICS,
    *HYDRAULICS,
    *PLANT_LOOPS,
    *PLANT,
    *CIRCUITS,
    *POWER_TIME,
    *DISTRIBUTION,
    *VOLUMES,
    *PACKAGES,
    *PICTURES,
)
