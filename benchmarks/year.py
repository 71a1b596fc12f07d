"""Benchmark cases of a year: one rack and its plant through 8 760 hours of weather."""

from typing import Any

from benchmarks.case import Case


def _rack() -> Any:
    import twin

    rack = twin.load("gb300-nvl72").with_("site", "phoenix")
    twin.solve_batch([rack])
    return rack


def _varied(rack: Any) -> Any:
    """Every hour another load: every hour is a rack of its own, with all plates and chips."""
    import numpy as np

    from twin.annual.load import daily_load
    from twin.annual.year import year

    noise = np.random.default_rng(0).uniform(-0.02, 0.0, 8760)
    return year(rack, np.clip(daily_load(0.3, 1.0) + noise, 0.0, 1.0))


def _constant(rack: Any) -> Any:
    from twin.annual.year import year

    return year(rack)


YEAR = (
    Case(
        name="year of a rack",
        size="8 760 h, each of its own load, plant and weather",
        phase="solve",
        beat=10.0,
        setup=_rack,
        run=_varied,
        repeats=3,
    ),
    Case(
        name="year at one load",
        size="8 760 h, plant and weather",
        phase="solve",
        beat=1.0,
        setup=_rack,
        run=_constant,
        repeats=3,
    ),
)
