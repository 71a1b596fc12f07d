"""What a solved rack tells of its feed: headline numbers, warnings, and the variables over the dimension `feeder`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.couple.feed import FeedState, feed_states
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
_FEED = ("feed_power", "feed_loss", "feed_voltage_min", "feed_loading_max", "feed_loading_peak")
#: What a peak of milliseconds to seconds may trip or overheat.
_PEAK = ("breaker", "busway", "dc bus", "cable")


def states_of(summary: Summary, specs: Sequence[Factory]) -> list[Group]:
    """Return the feeds of racks at their solved power, racks with equal feeds together.

    Parameters
    ----------
    summary : dict
        Headline numbers; `rack_power` is read.
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
    return feed_states([spec.feed for spec in specs], summary["rack_power"], summary["rack_power"] * factor)


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
    return {
        "feed_power": state.power[:, kinds == "utility"].sum(axis=1),
        "feed_loss": state.loss.sum(axis=1) / np.where(live > 0, live, np.nan),
        "feed_voltage_min": np.fmin.reduce(state.voltage[:, kinds == "rack"], axis=1),
        "feed_loading_max": np.fmax.reduce(held, axis=1),
        "feed_loading_peak": np.fmax.reduce(peak, axis=1),
        **{
            name: np.fmax.reduce(held[:, np.isin(kinds, chosen)], axis=1, initial=np.nan)
            for name, chosen in _LOADINGS.items()
        },
        "feed_loading_max_part": np.where(none, "", names[_largest(held)]),
        "feed_loading_peak_part": np.where(none, "", names[_largest(peak)]),
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
        above = np.fmax(summary["feed_loading_max"][rows], summary["feed_loading_peak"][rows]) > 1 + MARGIN
        for case in np.flatnonzero(low | high | above | (state.racks_lost != 0)).tolist():
            i = int(rows[case])
            texts[i] = "\n".join(_of_feed(state.at(case), float(summary["rack_power"][i]), feed))
    return texts


def _of_feed(state: FeedState, drawn: float, feed: Feed) -> list[str]:
    """Return the warnings of one case."""
    if state.refused[0]:
        return [f"feed: {state.refused[0]}; its numbers are left out (mend: fewer feed.racks)"]
    kinds = kinds_of(state)
    found = [_overloaded(state, kinds == kind, drawn, feed) for kind in dict.fromkeys(kinds.tolist())]
    found += [_at_peak(state, kinds == kind) for kind in _PEAK]
    if state.racks_lost[0]:
        found.append(f"feed.open_branch = {feed.open_branch}: {state.racks_lost[0]:.0f} of {feed.racks} racks are lost")
    return [*filter(None, found), *_voltages(state, kinds == "rack", feed)]


def _overloaded(state: FeedState, of_kind: NDArray[np.bool_], drawn: float, feed: Feed) -> str:
    """Return the worst element of a kind, where it is above its rating, and what would mend it."""
    load = np.where(of_kind, state.loading[0], np.nan)
    worst = int(_largest(load))
    if not load[worst] > 1 + MARGIN:
        return ""
    name, kind, *_ = state.elements[worst]
    above = f"{load[worst]:.0%} of its rating"
    if kind in ("utility", "switchboard", "pdu", "busway") and not state.elements[worst].tail:
        limit = state.power[0, worst] / load[worst]
        above = f"{state.power[0, worst] / 1e3:.0f} kW, limit {limit / 1e3:g} kW"
    elif kind == "breaker":
        above = f"{load[worst]:.0%} of what it may carry all day"
    one = "" if kind == "rack" else f" of {feed.racks} racks at {drawn / 1e3:.0f} kW"
    mend = f"fewer feed.racks or {drawn / load[worst] / 1e3:.0f} kW per rack"
    if name.partition("rack-")[1]:
        mend = f"at most {drawn / load[worst] / 1e3:.0f} kW per rack, or a larger one"
    return f"feed{one}: {name} at {above} (mend: {mend})"


def _at_peak(state: FeedState, of_kind: NDArray[np.bool_]) -> str:
    """Return the worst breaker, busway or cable at peak, where only the peak is too much for it."""
    load = np.where(of_kind, state.peak_loading[0], np.nan)
    worst = int(_largest(load))
    if not load[worst] > 1 + MARGIN or state.loading[0, worst] > 1 + MARGIN:
        return ""
    what = "carries without tripping" if state.elements[worst].kind == "breaker" else "is rated for"
    return (
        f"feed: all racks at peak (EDPp) are {load[worst]:.0%} of what {state.elements[worst].name} {what} "
        f"(mend: fewer feed.racks, power smoothing, or a larger one)"
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
    for name in ("power", "loss", "loading", "peak_loading", "voltage"):
        found[f"feeder_{name}"] = np.empty(0) if state is None else np.array(getattr(state, name)[0])
    return found
