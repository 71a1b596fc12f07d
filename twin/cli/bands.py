"""The bands of `twin run --uncertainty N`: as text beside the headlines, as a table of drivers, as JSON.

A driver is named only where its rank correlation stands out from chance: among many inputs and few draws some input
always correlates by luck. Without any effect the correlation of n draws has the standard deviation 1/√(n - 1) (Kendall,
1948); the threshold is its two-sided 5 % point divided by the number of inputs (Bonferroni).
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from rich.table import Table

    from twin.spec.types import Factory
    from twin.sweeps.uncertainty import Uncertainty


def chance(bands: "Uncertainty") -> float:
    """Return the rank correlation that luck alone reaches in one of twenty studies of this size [1]."""
    return NormalDist().inv_cdf(1 - 0.05 / (2 * len(bands.inputs))) / max(bands.draws - 1, 1) ** 0.5


def drivers(bands: "Uncertainty") -> dict[str, tuple[str, float]]:
    """Return the headlines' drivers that stand out from chance: name → path, rank correlation."""
    least = chance(bands)
    return {name: found for name, found in bands.drivers.items() if abs(found[1]) > least}


def driver_table(bands: "Uncertainty", labels: Mapping[str, str], spec: "Factory") -> "Table":
    """Return the assumption that moves each headline most, under the headline's printed label."""
    from twin.cli.inputs import plain_table

    table = plain_table("What moves them most", "rank correlation", "assumed number", right=("rank correlation",))
    table.columns[2].no_wrap = False
    named = drivers(bands)
    for name, label in labels.items():
        if name in bands.drivers:
            path, strength = named.get(name, ("", 0.0))
            table.add_row(
                f"  {label}", *((f"{strength:+.2f}", _short(spec, path)) if path else ("", "none stands out"))
            )
    return table


def _short(spec: "Factory", path: str) -> str:
    """Return a short end of a path, one that --set takes and that still says what it is about."""
    from twin.spec.paths import find

    steps = path.split(".")
    for count in range(2, len(steps)):
        if steps[-count].isdigit():
            continue
        try:
            find(spec, ".".join(steps[-count:]))
        except SpecError:
            continue
        return ".".join(steps[-count:])
    return path


def as_json(bands: "Uncertainty") -> dict[str, Any]:
    """Return the bands as plain numbers [SI], each with its driver or null."""
    named = drivers(bands)
    rows = {}
    for name, (low, high) in bands.bands.items():
        path, strength = named.get(name, (None, None))
        rows[name] = {"low": low, "high": high, "driver": path, "rank_correlation": strength}
    return {"uncertainty": {"draws": bands.draws, "refused": bands.refused, "bands": rows}}
