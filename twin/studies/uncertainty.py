"""Which unknown matters most for headroom, die temperature and power?

Every assumed number with a spread is drawn from its range, all at once (Latin hypercube: each range is cut into as many
equal parts as there are draws, and every part is drawn once), and every draw is solved. The rank correlation of input x
with result y over the draws,

    r = corr(rank x, rank y),

is 1 or -1 where y follows x alone and 0 where x does not matter. Among n draws and m inputs luck alone reaches
Phi^-1(1 - 0.05 / (2 m)) / sqrt(n - 1) in one study of twenty (Bonferroni), about 0.25 for 200 draws: bars below it say
nothing. Expected: the limit of the die and what lies between die and coolant. Where the flow follows the return
temperature, headroom never exceeds the distance of that return to its limit, 10 K: draws pile up there.
"""

from collections import Counter
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.couple.solve import CHUNK
from twin.spec.errors import SpecError
from twin.spec.paths import Steps, set_steps
from twin.spec.types import Factory
from twin.studies._frame import DIFFERENCE, dataset, spec_of, variable
from twin.sweeps.blocks import solve_together
from twin.sweeps.sample import Sample, unit_draws
from twin.sweeps.uncertainty import BAND, check_draws, drawn_inputs

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

RESULTS = {
    "headroom_temperature": "headroom",
    "junction_temperature_max": "hottest die",
    "rack_power": "rack power",
}
TOP = 12


def study(system: str | Factory = "gb300-nvl72", draws: int = 200, seed: int = 0) -> "xr.Dataset":
    """Return the rank correlation of every assumed number with the results, and headroom of every draw.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    draws : int
        Draws, at least 10 [1].
    seed : int
        Seed of the draws [1].

    Returns
    -------
    Dataset
        Correlations over `input`, the strongest on headroom first; headroom over `draw` in rising order.

    Raises
    ------
    SpecError
        Too few draws, nothing assumed, or no draw could be solved.

    References
    ----------
    McKay, Beckman, Conover (1979), Technometrics 21: Latin hypercube. Spearman (1904): rank correlation.
    """
    check_draws(draws)
    spec = spec_of(system)
    inputs = drawn_inputs(spec)
    if not inputs:
        raise SpecError(f"{spec.name}: no assumed number to draw")
    unit = unit_draws(Sample("latin", draws, seed), len(inputs))
    drawn = [_drawn(spec, inputs, row) for row in unit]
    places = np.array([i for i, one in enumerate(drawn) if one is not None], dtype=int)
    values, solved = _solve([one for one in drawn if one is not None], spec)
    places = places[solved]
    if len(places) < 3:
        raise SpecError(f"{spec.name}: {len(places)} of {draws} draws could be solved; narrow the spreads")
    strength = {name: _rank_correlation(unit[places], values[name]) for name in RESULTS}
    order = np.argsort(-np.abs(strength["headroom_temperature"]), kind="stable")
    names = [".".join(steps) for steps, _, _ in inputs]
    room = np.sort(values["headroom_temperature"])
    made: dict[str, Any] = {
        f"correlation_{name}": variable("input", strength[name][order], "1", words) for name, words in RESULTS.items()
    }
    made["name"] = ("input", [_words(inputs[i][0]) for i in order], {"long_name": "assumed number"})
    made["share"] = variable("draw", (np.arange(len(room)) + 0.5) / len(room), "1", "share of the draws below")
    coordinates = {
        "input": ("input", [names[i] for i in order], {"long_name": "path"}),
        "headroom": variable("draw", room, "K", "headroom", **DIFFERENCE),
    }
    chance = NormalDist().inv_cdf(1 - 0.05 / (2 * len(inputs))) / (len(places) - 1) ** 0.5
    band = np.quantile(room, BAND)
    texts = {
        "title": f"{spec.name}: {len(inputs)} assumed numbers, {len(places)} draws of all of them",
        "answer": _answer(made, band, chance, values["limit"]),
        "chart": _chart(band, chance),
        "table": {"rows": "name", "columns": [f"correlation_{name}" for name in RESULTS], "first": True},
    }
    return dataset(__doc__, made, coordinates, **texts)


def _drawn(spec: Factory, inputs: list[tuple[Steps, float, float]], row: Array) -> Factory | None:
    """Return the spec with every input at its share of its range, none where the numbers contradict one another."""
    try:
        for (steps, low, high), share in zip(inputs, row, strict=True):
            spec = set_steps(spec, [steps], float(low + share * (high - low)))
    except SpecError:
        return None
    return spec


def _solve(specs: list[Factory], reference: Factory) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
    """Return the results of the draws that could be solved, with what limits, and which these are."""
    parts, limits = [], []
    for start in range(0, len(specs), CHUNK):
        table, _ = solve_together(specs[start : start + CHUNK], reference)
        parts.append(np.array([table[name] for name in RESULTS], dtype=float))
        limits += [str(limit).rpartition(": ")[2] for limit in table["headroom_temperature_limited_by"]]
    rows = np.concatenate(parts, axis=1)
    solved = np.isfinite(rows).all(axis=0)
    found = dict(zip(RESULTS, rows[:, solved], strict=True))
    return {**found, "limit": np.array(limits)[solved]}, solved


def _rank_correlation(inputs: Array, values: Array) -> Array:
    """Return Spearman's rank correlation of every input (draws, inputs) with the values (draws,) [1]."""
    from scipy.stats import rankdata

    ranks = rankdata(np.column_stack([inputs, values]), axis=0)
    ranks -= ranks.mean(axis=0)
    ranks /= np.linalg.norm(ranks, axis=0)
    return np.asarray(ranks[:, :-1].T @ ranks[:, -1])


def _words(steps: Steps) -> str:
    """Return a path in words: what is common to all of its kind left out."""
    own = steps[3:] if "chips" in steps else steps
    return " ".join(step.replace("_", " ") for step in own if step not in ("rack", "trays", "chips"))


def _answer(made: dict[str, Any], band: Array, chance: float, limits: NDArray[Any]) -> str:
    names, strength = made["name"][1], made["correlation_headroom_temperature"][1]
    first = ", ".join(f"{name} ({value:+.2f})" for name, value in zip(names[:3], strength[:3], strict=True))
    shares = ", ".join(f"{limit} {count / len(limits):.0%}" for limit, count in Counter(limits.tolist()).most_common(3))
    return (
        f"Headroom lies between {band[0]:.1f} and {band[1]:.1f} K in 90 % of the draws (nearest limit: {shares}). What"
        f" moves it most (rank correlation): {first}; {int((np.abs(strength) > chance).sum())} of {len(names)} assumed"
        f" numbers stand out from chance ({chance:.2f})."
    )


def _chart(band: Array, chance: float) -> dict[str, Any]:
    marks = (-chance, "chance"), (chance, ""), (float(band[0]), "5 %"), (float(band[1]), "95 %")
    lines = [{"axis": "x", "value": value, "text": text, "quiet": True} for value, text in marks]
    bars = [f"correlation_{name}" for name in RESULTS]
    return {
        "panels": [
            {
                "kind": "bars", "x": bars, "y": "name", "most": TOP, "axis": "Rank correlation", "limits": lines[:2],
                "units": dict.fromkeys(bars, ""), "title": f"The {TOP} that matter most for headroom",
            },
            {"kind": "line", "x": "headroom", "y": "share", "limits": lines[2:], "title": "Headroom of the draws"},
        ]
    }  # fmt: skip
