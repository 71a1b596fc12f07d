"""Uncertainty: draw the assumed numbers together, solve every draw, and say which assumption matters most."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.couple.solve import CHUNK
from twin.spec.errors import SpecError
from twin.spec.paths import Steps, convert, field_at, find, get_value, set_steps
from twin.spec.types import Factory, Origin
from twin.sweeps.blocks import solve_together
from twin.sweeps.sample import Sample, unit_draws

Array = NDArray[np.float64]

#: Headline numbers that get a band.
HEADLINES = (
    "rack_power",
    "rack_power_dc",
    "liquid_heat",
    "air_heat",
    "clock_min",
    "busbar_section_current_peak",
    "coolant_flow_min",
    "all_to_all_time",
    "latency_gpu_to_gpu",
    "junction_temperature_max",
    "hotspot_temperature_max",
    "memory_temperature_max",
    "coolant_volume_flow",
    "coolant_pressure_drop",
    "busbar_section_current_max",
    "bus_voltage_min",
    "headroom_temperature",
    "headroom_power",
)
#: Fewest draws that give a band.
LEAST_DRAWS = 10
#: Quantiles of the printed band.
BAND = (0.05, 0.95)


class Uncertainty(NamedTuple):
    """Bands of the headline numbers and the assumption behind each."""

    draws: int
    """Draws that were solved."""
    refused: int
    """Draws whose numbers contradicted each other or did not converge."""
    inputs: tuple[str, ...]
    """Paths of the drawn numbers."""
    bands: dict[str, tuple[float, float]]
    """5 and 95 % quantile of each headline [SI unit of the headline]."""
    drivers: dict[str, tuple[str, float]]
    """The input with the largest rank correlation with each headline, and that correlation [1]."""


def uncertainty(spec: Factory, draws: int, seed: int = 0, progress: Callable[[int], None] | None = None) -> Uncertainty:
    """Return how far the headline numbers move when the assumed numbers move within their spread.

    The packages of a draw are those of the spec and a coarse step from them, see `twin.build.heat.plate_columns`.

    Parameters
    ----------
    spec : Factory
        The spec.
    draws : int
        Number of draws, at least 10 [1].
    seed : int
        Seed of the draws [1].
    progress : callable, optional
        Called with the number of draws solved since the last call [1].

    Returns
    -------
    Uncertainty
        Bands and drivers.

    Raises
    ------
    SpecError
        Fewer than 10 draws, nothing assumed, or no draw could be solved.

    References
    ----------
    McKay, Beckman, Conover (1979), Technometrics 21: Latin hypercube. Spearman (1904): rank correlation.
    """
    check_draws(draws)
    inputs = drawn_inputs(spec)
    if not inputs:
        raise SpecError(f"{spec.name}: no assumed number to draw")
    unit = unit_draws(Sample("latin", draws, seed), len(inputs))
    specs = [_drawn(spec, inputs, row) for row in unit]
    table, kept = _solve_draws(specs, spec, progress or (lambda _: None))
    if not kept:
        raise SpecError(f"{spec.name}: none of the {draws} draws could be solved; narrow the spreads")
    return _report(inputs, unit[kept], table, draws - len(kept))


def check_draws(draws: int) -> None:
    """Refuse a number of draws from which no band can be read (SpecError)."""
    if draws < LEAST_DRAWS:
        raise SpecError(f"--uncertainty {draws}: must be at least {LEAST_DRAWS} draws for a band, or 0 for none")


def drawn_inputs(spec: Factory) -> list[tuple[Steps, float, float]]:
    """Return the assumed numbers that have a spread: path, lowest and highest value.

    Parameters
    ----------
    spec : Factory
        The spec.

    Returns
    -------
    list of (steps, low, high)
        Range of each [unit of the field].

    References
    ----------
    Derived: provenance; relative spread, absolute for temperatures.
    """
    ranges = []
    for path, origin in spec.provenance.items():
        steps = tuple(path.split("."))
        if origin.status != "assumed" or origin.spread == 0:
            continue
        steps = find(spec, path)[0]
        kind, value = field_at(spec, steps), get_value(spec, steps)
        width = origin.spread if kind.unit == "K" else origin.spread * abs(value) if kind.unit else 0.0
        if width > 0:
            ranges.append((steps, value - width, value + width))
    return ranges


def _drawn(spec: Factory, inputs: list[tuple[Steps, float, float]], row: Array) -> Factory | None:
    try:
        for (steps, low, high), share in zip(inputs, row, strict=True):
            value = convert(steps, field_at(spec, steps), low + share * (high - low))
            spec = set_steps(spec, [steps], value, Origin("assumed", "drawn", 0.0))
    except SpecError:
        return None
    return spec


def _solve_draws(
    specs: list[Factory | None], reference: Factory, progress: Callable[[int], None]
) -> tuple[dict[str, Array], list[int]]:
    """Return the headlines of the draws that can be solved, and which these are."""
    kept: list[int] = []
    tables = []
    good = [(i, spec) for i, spec in enumerate(specs) if spec is not None]
    for start in range(0, len(good), CHUNK):
        chunk = good[start : start + CHUNK]
        table, failures = solve_together([spec for _, spec in chunk], reference)
        solved = [k for k in range(len(chunk)) if k not in failures]
        kept += [chunk[k][0] for k in solved]
        tables.append({name: table[name][solved] for name in HEADLINES})
        progress(len(chunk))
    return {name: np.concatenate([table[name] for table in tables]) for name in HEADLINES if tables}, kept


def _report(
    inputs: list[tuple[Steps, float, float]], unit: Array, table: dict[str, Array], refused: int
) -> Uncertainty:
    names = tuple(".".join(steps) for steps, _, _ in inputs)
    bands, drivers = {}, {}
    for name, values in table.items():
        if not np.isfinite(values).all():
            continue
        bands[name] = (float(np.quantile(values, BAND[0])), float(np.quantile(values, BAND[1])))
        if np.ptp(values) > 1e-9 * np.abs(values).max():
            strength = _rank_correlation(unit, values)
            best = int(np.argmax(np.abs(strength)))
            drivers[name] = (names[best], float(strength[best]))
    return Uncertainty(len(unit), refused, names, bands, drivers)


def _rank_correlation(inputs: Array, values: Array) -> Array:
    """Return Spearman's rank correlation of every input (draws, inputs) with the values (draws,)."""
    from scipy.stats import rankdata

    ranks, target = rankdata(inputs, axis=0), rankdata(values)
    ranks, target = ranks - ranks.mean(axis=0), target - target.mean()
    return np.asarray((ranks * target[:, None]).sum(axis=0) / np.sqrt((ranks**2).sum(axis=0) * (target**2).sum()))
