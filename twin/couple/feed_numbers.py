"""What a solved rack tells of its feed: headline numbers, warnings, and the variables over the dimension `feeder`."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.couple.feed import Cooling, FeedState, feed_states
from twin.spec.feed import Feed
from twin.spec.types import Factory

Array = NDArray[np.float64]
Summary = dict[str, Any]
#: Rows of racks, their feed, and its state.
Group = tuple[NDArray[np.int64], Feed, FeedState]

#: Excess over a rating that is no more than rounding [1].
MARGIN = 1e-9
#: Difference of two loadings that is none [1].
ROUNDING = 1e-6
#: Headline of a loading → kinds of elements.
_LOADINGS = {
    "utility_loading": ("utility",),
    "transformer_loading": ("transformer",),
    "ups_loading": ("ups", "rectifier"),
    "pdu_loading": ("switchboard", "pdu", "busway"),
    "busway_loading": ("busway", "dc bus", "cable"),
    "breaker_loading": ("breaker",),
}
_FEED = (
    "feed_power", "feed_cooling_power", "pue_utility", "feed_loss", "feed_voltage_min", "feed_loading_max",
    "feed_loading_peak",
)  # fmt: skip
#: What the plant draws beside the pumps of its distribution units, shares of one rack.
_PLANT = ("facility_pump_power", "fan_power", "chiller_power", "heat_pump_power", "room_power", "door_fan_power")
#: Kinds whose limit is a power, not a rating.
_CAPPED = ("utility", "switchboard", "pdu", "busway")
#: How the warning of a feed without an answer begins.
NOT_SOLVED = "feed not solved: "
_WATTS = re.compile(r"([0-9][0-9.]*(?:e[+-]?[0-9]+)?) W\b")


def states_of(summary: Summary, specs: Sequence[Factory]) -> list[Group]:
    """Return the feeds of racks at their solved power, racks with equal feeds together.

    Parameters
    ----------
    summary : dict
        Headline numbers; power of the racks and of their plant is read.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    list of tuple
        Rows, feed and state; racks without a feed are in none.

    References
    ----------
    Derived: `twin.couple.feed.feed_states`.
    """
    factor = np.array([spec.rack.peak_power / spec.rack.design_power for spec in specs])
    drawn, plant = summary["rack_power"], sum(np.asarray(summary[name]) for name in _PLANT)
    cooling = [Cooling(*row) for row in np.column_stack([summary["unit_pump_power"], plant]).tolist()]
    return feed_states([spec.feed for spec in specs], drawn, drawn * factor, cooling)


def feed_numbers(groups: Sequence[Group], racks: int) -> Summary:
    """Return the headline numbers of the feeds, as arrays or lists over the racks.

    Parameters
    ----------
    groups : sequence of tuple
        As `states_of` gives them.
    racks : int
        Of the batch [1].

    Returns
    -------
    dict of str to (r,) array or list of str
        Names and units of `power.FIELDS`; nan and '' without a feed.

    References
    ----------
    Derived: extremes over the elements; the loss is the share of one rack.
    """
    found: Summary = {name: np.full(racks, np.nan) for name in (*_FEED, *_LOADINGS)}
    parts = {name: np.full(racks, "", dtype=object) for name in ("feed_loading_max_part", "feed_loading_peak_part")}
    for rows, feed, state in groups:
        numbers = _numbers(state, feed)
        for name, column in {**found, **parts}.items():
            column[rows] = numbers[name]
    return {**found, **{name: column.tolist() for name, column in parts.items()}}


def _numbers(state: FeedState, feed: Feed) -> Summary:
    kinds, names = kinds_of(state), np.array([element.name for element in state.elements], dtype=object)
    held, peak = state.loading, state.peak_loading
    live = feed.racks - state.racks_lost
    none = np.array([bool(reason) for reason in state.refused])
    given, racks = (state.power[:, kinds == kind].sum(axis=1) for kind in ("utility", "rack"))
    cooled = (kinds == "cooling").any() & ~np.array(state.uncooled) & ~none
    whole = cooled & (state.racks_lost < feed.racks) & np.isfinite(state.voltage[:, kinds == "cooling"]).all(axis=1)
    return {
        "feed_power": given,
        "feed_cooling_power": np.where(cooled, state.power[:, kinds == "cooling"].sum(axis=1), np.nan),
        "pue_utility": np.divide(given, racks, out=np.full(len(none), np.nan), where=whole),
        "feed_loss": state.loss.sum(axis=1) / np.where(live > 0, live, np.nan),
        "feed_voltage_min": np.fmin.reduce(state.voltage[:, kinds == "rack"], axis=1),
        "feed_loading_max": np.fmax.reduce(held, axis=1),
        "feed_loading_peak": np.fmax.reduce(peak, axis=1),
        **{
            name: np.fmax.reduce(held[:, np.isin(kinds, chosen)], axis=1, initial=np.nan)
            for name, chosen in _LOADINGS.items()
        },
        "feed_loading_max_part": np.where(none, "", names[_largest(held)]),
        "feed_loading_peak_part": np.where(np.isnan(peak).all(axis=1), "", names[_largest(peak)]),
    }


def kinds_of(state: FeedState) -> NDArray[np.str_]:
    """Return the kind of each element.

    Parameters
    ----------
    state : FeedState
        A feed.

    Returns
    -------
    (elements,) array of str
        As in `twin.build.feeder.Element`.

    References
    ----------
    Derived: reads the elements.
    """
    return np.array([element.kind for element in state.elements])


def _largest(values: Array) -> NDArray[np.intp]:
    """Return the place of the largest along the last axis, nan left out; of equals the one nearest to the utility."""
    known = np.where(np.isnan(values), -np.inf, values)
    return np.argmax(known >= (1 - ROUNDING) * known.max(axis=-1, keepdims=True), axis=-1)


def feed_warnings(groups: Sequence[Group], summary: Summary) -> list[str]:
    """Return what a reviewer must know of the feeds, lines of one text for each rack.

    Parameters
    ----------
    groups : sequence of tuple
        As `states_of` gives them.
    summary : dict
        Their headline numbers.

    Returns
    -------
    list of str
        Empty where there is nothing to say.

    References
    ----------
    Derived: ratings, capacities and voltage window; the worst element of each kind, with what would mend it.
    """
    texts = [""] * len(summary["rack_power"])
    for rows, feed, state in groups:
        low = ~(summary["feed_voltage_min"][rows] >= feed.voltage_min)
        high = (state.voltage > feed.voltage_max).any(axis=1)
        above = ~(np.maximum(summary["feed_loading_max"][rows], summary["feed_loading_peak"][rows]) <= 1 + MARGIN)
        less = (state.racks_lost != 0) | np.array(state.uncooled) | (feed.open_branch is not None)
        for case in np.flatnonzero(low | high | above | less).tolist():
            i = int(rows[case])
            texts[i] = "\n".join(_of_feed(state.at(case), float(summary["rack_power"][i]), feed))
    return texts


def _of_feed(state: FeedState, drawn: float, feed: Feed) -> list[str]:
    """Return the warnings of one case."""
    if state.refused[0]:
        why = _WATTS.sub(_legible, state.refused[0].partition("; lower the load")[0])
        return [f"{NOT_SOLVED}{why} (mend: fewer feed.racks, or larger cables)"]
    kinds = kinds_of(state)
    each = list(dict.fromkeys(kinds.tolist()))
    heaviest = sorted(each, key=lambda kind: -np.nan_to_num(state.loading[0][kinds == kind]).max())
    found = [_overloaded(state, kinds == kind, drawn, feed) for kind in heaviest]
    found.append(_at_peak(state, [kinds == kind for kind in each]))
    if state.racks_lost[0]:
        found.append(f"feed.open_branch = {feed.open_branch}: {state.racks_lost[0]:.0f} of {feed.racks} racks are lost")
    elif np.isnan(state.voltage[0][kinds == "cooling"]).any():
        found.append(f"feed.open_branch = {feed.open_branch}: racks run without the cooling that hangs on it")
    if state.uncooled[0]:
        found.append("feed: the plant has no numbers, so this feed is without the power of its cooling")
    return [*filter(None, found), *_voltages(state, kinds == "rack", feed)]


def _legible(found: "re.Match[str]") -> str:
    """Return watts of a message in MW or kW."""
    watts = float(found[1])
    scale, unit = (1e6, "MW") if watts >= 1e6 else (1e3, "kW") if watts >= 1e3 else (1.0, "W")
    return f"{watts / scale:.4g} {unit}"


def _overloaded(state: FeedState, of_kind: NDArray[np.bool_], drawn: float, feed: Feed) -> str:
    """Return the worst element of a kind, where it is above its rating, and what would mend it."""
    load = np.where(of_kind, state.loading[0], np.nan)
    worst = int(_largest(load))
    if not load[worst] > 1 + MARGIN:
        return ""
    name, kind, *_ = state.elements[worst]
    above = f"{load[worst]:.0%} of its rating"
    if _capped(state, worst):
        above = f"{state.power[0, worst] / 1e3:.0f} kW, limit {state.power[0, worst] / load[worst] / 1e3:g} kW"
    elif kind == "breaker":
        above = f"{load[worst]:.0%} of what it may carry all day"
    one = "" if kind == "rack" else f" of {feed.racks} racks at {drawn / 1e3:.0f} kW"
    mend = f"fewer feed.racks or {drawn / load[worst] / 1e3:.0f} kW per rack"
    if name.partition("rack-")[1]:
        mend = f"at most {drawn / load[worst] / 1e3:.0f} kW per rack, or a larger one"
    return f"feed{one}: {name} at {above} (mend: {mend})"


def _capped(state: FeedState, place: int) -> bool:
    """Return whether an element is a node with a limit of power."""
    return state.elements[place].kind in _CAPPED and not state.elements[place].tail


def _at_peak(state: FeedState, kinds: Sequence[NDArray[np.bool_]]) -> str:
    """Return the worst element of each kind at peak, where only the peak is too much for it; the worst first."""
    peak, held = state.peak_loading[0], state.loading[0]
    if np.isnan(peak).all():
        return "at this load's peak (EDPp) the feed cannot carry its racks (mend: fewer feed.racks, or larger cables)"
    places = {int(_largest(np.where(of_kind, peak, np.nan))) for of_kind in kinds}
    over = sorted((-peak[k], k) for k in places if peak[k] > 1 + MARGIN and not held[k] > 1 + MARGIN)
    if not over:
        return ""
    worst, *others = (k for _, k in over)
    what = "carries without tripping" if state.elements[worst].kind == "breaker" else "is rated for"
    what = "may carry" if _capped(state, worst) else what
    more = "".join(f", {peak[k]:.0%} of {state.elements[k].name}" for k in others)
    return (
        f"at this load's peak (EDPp) all racks are {peak[worst]:.0%} of what {state.elements[worst].name} of the feed "
        f"{what}{more} (mend: fewer feed.racks, power smoothing, or a larger one)"
    )


def _voltages(state: FeedState, at_rack: NDArray[np.bool_], feed: Feed) -> list[str]:
    volts = state.voltage[0][at_rack]
    low, high = np.fmin.reduce(volts), np.fmax.reduce(volts)
    if low < feed.voltage_min:
        return [
            f"feed: {low:.3f} of nominal voltage at a rack, least {feed.voltage_min:g} (mend: shorter or "
            "larger cables, a busway of less resistance, or fewer feed.racks)"
        ]
    if high > feed.voltage_max:
        return [f"feed: {high:.3f} of nominal voltage at a rack, most {feed.voltage_max:g} (mend: a lower tap)"]
    return []


def feeder_fields(state: FeedState | None) -> Summary:
    """Return the registered variables and coordinates over the dimension `feeder`, of one rack.

    Parameters
    ----------
    state : FeedState or None
        One case; None: no feed, nothing along the dimension.

    Returns
    -------
    dict of str to array
        SI units; names and meanings in `power.FIELDS` and `twin.result.schema`.

    References
    ----------
    Derived: reads the state.
    """
    elements = () if state is None else state.elements
    texts = {"feeder": "name", "feeder_kind": "kind", "feeder_from": "tail", "feeder_to": "head"}
    found: Summary = {
        name: np.array([getattr(element, source) for element in elements], dtype=np.str_)
        for name, source in texts.items()
    }
    found["feeder_nominal_voltage"] = np.array([element.voltage for element in elements], dtype=float)
    found["feeder_closed"] = np.array([element.closed for element in elements], dtype=np.int64)
    found["feeder_lost_racks"] = np.array([element.racks for element in elements], dtype=np.int64)
    for name in ("power", "loss", "loading", "peak_loading", "voltage"):
        found[f"feeder_{name}"] = np.empty(0) if state is None else np.array(getattr(state, name)[0])
    return found
