"""Benchmark cases of the packages on their plates: one field, the fields of a whole rack, compact and reduced models.

The package is the GPU of the rack `gb300-nvl72`; half of it is solved, the other half is its mirror image.
"""

from typing import Any

from benchmarks.case import Case
from benchmarks.volumes import Problem, prepared, solved, with_system

STEP = 0.01
"""of the reduced model [s]"""


def gpu() -> Any:
    """The package and the plate."""
    import twin

    (chip,) = (chip for tray in twin.load("gb300-nvl72").rack.trays for chip in tray.chips if chip.name == "gpu")
    return chip.package, chip.plate


def gpu_field() -> Problem:
    """The GPU on half of its plate at 2 L/min."""
    from thermal.assembly import package_problem, package_solid, package_stream
    from thermal.package_system import plate_state

    package, plate = gpu()
    problem = package_problem(package, plate)
    streams = package_stream(problem, *plate_state(plate, "pg25", 2e-3 / 60), 318.15)
    return Problem(package_solid(problem), 1400.0 * problem.module / 2, streams)


def rack() -> Any:
    """The rack, loaded and solved once."""
    import twin

    loaded = twin.load("gb300-nvl72")
    twin.solve(loaded)
    return loaded


def all_fields(loaded: Any) -> Any:
    """The rack with the field of each of its chips."""
    import twin

    return twin.solve(loaded, fields="all")


def table(package_and_plate: Any) -> Any:
    """One compact package, made anew."""
    from thermal.compact import _compact as kept
    from thermal.compact import compact_package

    kept.cache_clear()
    return compact_package(*package_and_plate)


def reduction(package_and_plate: Any) -> Any:
    """One reduced model with its bound and estimate, made anew."""
    from thermal.package_model import _model as kept
    from thermal.package_model import package_model

    kept.cache_clear()
    return package_model(*package_and_plate)


def reduced() -> Any:
    """A reduced model, a film and a flow, and a thousand inputs."""
    import numpy as np

    from thermal.package_system import plate_state

    package, plate = gpu()
    heat = np.random.default_rng(1).uniform(0.0, 1400.0, (1000, 1)) * [0.72, 0.19, 0.09, 0.0]
    return reduction((package, plate)), plate_state(plate, "pg25", 2e-3 / 60), heat


def thousand_steps(prepared_model: Any) -> Any:
    """A thousand steps at one flow, the modes of that flow and the hottest cell of each instant included."""
    from thermal.package_model import package_steps

    model, state, heat = prepared_model
    return package_steps(model, state, [STEP] * len(heat), heat)


PACKAGES = (
    Case(name="package field", size="1 chip, 49 k cells", phase="set-up", beat=0.05, setup=gpu_field, run=prepared),
    Case(
        name="package field",
        size="1 chip, 49 k cells",
        phase="solve",
        beat=0.06,
        setup=lambda: with_system(gpu_field()),
        run=solved,
    ),
    Case(
        name="all fields",
        size="126 chips, 10 M cells",
        phase="next",
        beat=10.0,
        whose="our budget; 2 GB",
        setup=rack,
        run=all_fields,
        repeats=3,
    ),
    Case(name="compact table", size="1 package", phase="next", beat=2.0, setup=gpu, run=table, repeats=3),
    Case(
        name="reduced model", size="1 package, all flows", phase="set-up", beat=5.0, setup=gpu, run=reduction, repeats=3
    ),
    Case(name="reduced model", size="1 000 steps", phase="solve", beat=0.005, setup=reduced, run=thousand_steps),
)
