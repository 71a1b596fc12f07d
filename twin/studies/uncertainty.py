"""Which unknown matters most for headroom, die temperature and power?

Every assumed number with a spread is drawn from its range, all at once (Latin hypercube: each range is cut into as many
equal parts as there are draws, and every part is drawn once), and every draw is solved. The rank correlation of input x
with result y over the draws,

    r = corr(rank x, rank y),

is 1 or -1 where y follows x alone and 0 where x does not matter. Among n draws and m inputs luck alone reaches
Phi^-1(1 - 0.05 / (2 m)) / sqrt(n - 1) in one study of twenty (Bonferroni), about 0.25 for 200 draws: bars below it say
nothing. Expected for headroom: the limit of the die and what lies between die and coolant; for the die the latter; for
power what chips and trays draw beside their rated power. Where the flow follows the return
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
from twin.studies._frame import DIFFERENCE, dataset, percent, spec_of, variable
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
#: Distance from the greatest headroom within which draws count as piled up [K].
PILE = 0.05
#: Paths in words: steps that say nothing to a reader, abbreviations in full, limits and variations by name.
HIDDEN = ("rack", "trays", "chips", "package", "power")
LONG = {"gpu": "GPU", "cpu": "CPU", "asic": "ASIC", "cdu": "CDU", "tim": "interface", "min": "minimum"}
LIMIT = {"limits": "{} limit", "variation": "variation of {} between chips"}
OF = {"junction": "die mean", "hotspot": "hot spot"}


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
        Correlations over `input`, the strongest on any result first; headroom over `draw` in rising order.

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
    order = np.argsort(-np.max([np.abs(one) for one in strength.values()], axis=0), kind="stable")
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
    band, cap = np.quantile(room, BAND), _cap(values)
    refused = draws - len(places)
    texts = {
        "title": f"{spec.name}: {len(inputs)} assumed numbers, {len(places)} draws of all of them",
        "answer": f"{_headroom(band, values['limit'], cap)} {_leaders(made, chance)}{_refused(refused, draws)}",
        "chart": _chart(band, chance, cap),
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
    if steps[0] in LIMIT:
        return LIMIT[steps[0]].format(OF.get(steps[1], steps[1]))
    own = steps[3:] if "chips" in steps else (f"{steps[2]} tray", *steps[3:]) if "trays" in steps else steps
    words = " ".join(step for step in own if step not in HIDDEN).replace("_", " ")
    return " ".join(LONG.get(word, word) for word in words.split())


def _cap(values: dict[str, NDArray[Any]]) -> float:
    """Return the headroom at which draws pile up because the coolant return is held; nan where they do not [K]."""
    room = values["headroom_temperature"][values["limit"] == "coolant return temperature"]
    most = float(room.max(initial=-np.inf))
    return most if np.sum(room > most - PILE) > 0.05 * len(values["limit"]) else float("nan")


def _headroom(band: Array, limits: NDArray[Any], cap: float) -> str:
    counts = Counter(limits.tolist()).most_common(3)
    shares = ", ".join(
        f"{limit.removesuffix(' temperature')} {percent(count / len(limits))}" for limit, count in counts
    )
    held = "" if cap != cap else f" The flow holds the coolant return, which caps headroom at {cap:.1f} K."
    return (
        f"Headroom lies between {band[0]:.1f} and {band[1]:.1f} K in {percent(BAND[1] - BAND[0])} of the draws (nearest"
        f" limit: {shares}).{held}"
    )


def _leaders(made: dict[str, Any], chance: float) -> str:
    """Name what moves each result most, as far as it stands out from chance."""
    names, told = made["name"][1], []
    for result, words in RESULTS.items():
        strength = made[f"correlation_{result}"][1]
        first = [i for i in np.argsort(-np.abs(strength), kind="stable") if abs(strength[i]) > chance]
        leaders = ", ".join(f"{names[i]} ({strength[i]:+.2f})".replace("-", "\u2212") for i in first[:3])
        more = f" and {len(first) - 3} more" if len(first) > 3 else ""
        told.append(f"{words} by {leaders or 'nothing stands out from chance'}{more}")
    return f"What moves each most (rank correlation, above chance at {chance:.2f}): {'; '.join(told)}."


def _refused(refused: int, draws: int) -> str:
    return f" Left out: {refused} of {draws} draws, contradictory or without a steady state." * (refused > 0)


def _chart(band: Array, chance: float, cap: float) -> dict[str, Any]:
    luck = {"axis": "x", "value": -chance, "to": chance, "text": "chance", "quiet": True}
    marks = (float(band[0]), "5 %"), (float(band[1]), "95 %")
    lines = [
        {"axis": "x", "value": value, "text": text, "quiet": True}
        for value, text in marks
        if abs(value - cap) > PILE or cap != cap
    ]
    if cap == cap:
        lines.append({"axis": "x", "value": cap, "text": "coolant return cap", "quiet": True})
    bars = [f"correlation_{name}" for name in RESULTS]
    return {
        "panels": [
            {
                "kind": "bars", "x": bars, "y": "name", "most": TOP, "axis": "Rank correlation", "limits": [luck],
                "units": dict.fromkeys(bars, ""), "title": f"The {TOP} that matter most for any of the three",
            },
            {"kind": "line", "x": "headroom", "y": "share", "limits": lines, "title": "Headroom of the draws"},
        ]
    }  # fmt: skip
