"""What feeds racks that are all alike: the distribution from the utility down, solved at their AC power and their peak.

Contract: after the fixed point, which it does not touch; rows are racks of a batch, each with a feed full of its like
and with the plant that cools them. Every case is a load flow, all cases of a feed in one go.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from power.dc_row import DcRowSolution
from power.feeder_cases import solve_cases
from twin.build.feeder import Element, FeedModel, feed_model
from twin.spec.feed import Feed

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


class Cooling(NamedTuple):
    """What the plant draws for one rack."""

    pumps: float
    """Of the distribution units; nan where the plant has no numbers [W]."""
    plant: float
    """All else [W]."""


class FeedState(NamedTuple):
    """Elements of a feed at several loads; every array (cases, elements), nan where it means nothing."""

    elements: tuple[Element, ...]
    power: Array
    """Through a node, into a branch [W]."""
    loss: Array
    """Of a branch; 0 of a node [W]."""
    loading: Array
    """Over rating or capacity; of a breaker over what it may carry all day [1]."""
    peak_loading: Array
    """At peak; of a breaker over what it carries without tripping [1]."""
    voltage: Array
    """Of a node, or of the load side of a branch, over nominal [1]."""
    racks_lost: Array
    """(cases,) racks without supply [1]"""
    refused: tuple[str, ...]
    """(cases,) why there is no answer; empty where there is one."""
    uncooled: tuple[bool, ...]
    """(cases,) whether a plant belongs on it that has no numbers."""

    def at(self, case: int) -> "FeedState":
        """Return one case, as a batch of one."""
        here = slice(case, case + 1)
        power, loss, loading, peak, voltage, lost = (array[here] for array in self[1:7])
        told = self.refused[here], self.uncooled[here]
        return FeedState(self.elements, power, loss, loading, peak, voltage, lost, *told)


class _Flow(NamedTuple):
    """One load flow."""

    power: Array
    loss: Array
    loading: Array
    voltage: Array
    current: Array
    """(cases, breakers) [A]"""
    lost: Array


def feed_states(
    feeds: Sequence[Feed | None], powers: Array, peaks: Array, cooling: Sequence[Cooling] = ()
) -> list[tuple[Rows, Feed, FeedState]]:
    """Return the feeds of the racks of a batch, racks with equal feeds together.

    Parameters
    ----------
    feeds : sequence of Feed or None
        One for each rack; None: not modelled, and in no group.
    powers : (r,) array
        AC power of the rack, and of all others on its feed [W].
    peaks : (r,) array
        The same at peak (EDPp) [W].
    cooling : sequence of Cooling
        For the rack, and for each of the others; none draws anything where it is left out.

    Returns
    -------
    list of tuple
        Rows of the racks, their feed, its state with a case for each of them.

    References
    ----------
    Derived: racks with equal feeds are cases of one load flow.
    """
    groups: dict[Feed, list[int]] = {}
    by_id: dict[int, list[int]] = {}  # hashing a feed costs more than solving it
    for i, feed in enumerate(feeds):
        if feed is None:
            continue
        if id(feed) not in by_id:
            by_id[id(feed)] = groups.setdefault(feed, [])
        by_id[id(feed)].append(i)
    found = []
    for feed, rows in groups.items():
        drawn = tuple(powers[rows].tolist()), tuple(peaks[rows].tolist())
        found.append((np.array(rows), feed, feed_state(feed, *drawn, tuple(cooling[i] for i in rows if cooling))))
    return found


@lru_cache(maxsize=8)
def feed_state(
    feed: Feed, powers: tuple[float, ...], peaks: tuple[float, ...], cooling: tuple[Cooling, ...] = ()
) -> FeedState:
    """Return a feed at several loads of its racks.

    At peak the racks draw more and the plant draws the same: it follows heat, over minutes.

    Parameters
    ----------
    feed : Feed
        A feed.
    powers : tuple of float
        AC power of every rack, by case [W].
    peaks : tuple of float
        The same at peak [W].
    cooling : tuple of Cooling
        For every rack, by case; none where it is left out.

    Returns
    -------
    FeedState
        Arrays that may not be written to: a result is kept for its next reader.

    References
    ----------
    Derived: `power.solve_cases`, `power.solve_dc_row`, `power.ups_loss`.
    """
    model, count = feed_model(feed), len(powers)
    watts, plant = np.asarray(powers), np.array(cooling or [Cooling(0.0, 0.0)] * count).reshape(count, 2)
    peak = watts + feed.peak_coincidence * (np.asarray(peaks) - watts)
    missing = np.isnan(plant).any(axis=1)
    plant = np.where(missing[:, None], 0.0, plant)
    cases = np.concatenate([np.column_stack([watts, plant]), np.column_stack([peak, plant])])
    flow, refused = _solved(model, cases)
    breaker = np.array([[b.rated_current, b.rated_current * b.continuous_share] for b in model.breakers]).reshape(-1, 2)
    first = len(model.feeder.nodes) + len(model.feeder.branches)
    held, momentary = flow.loading[:count].copy(), flow.loading[count:].copy()
    for loading, current, rating in ((held, flow.current[:count], 1), (momentary, flow.current[count:], 0)):
        loading[:, first : first + len(breaker)] = current / breaker[:, rating]
    arrays = (flow.power[:count], flow.loss[:count], held, momentary, flow.voltage[:count], flow.lost[:count])
    for array in arrays:
        array.setflags(write=False)
    uncooled = tuple((missing & bool(model.boards)).tolist())
    return FeedState(model.elements, *arrays, refused[:count], uncooled)


def _solved(model: FeedModel, cases: Array) -> tuple[_Flow, tuple[str, ...]]:
    """Return all cases; one that the feed cannot carry is nan and says why."""
    try:
        return _flow(model, cases), ("",) * len(cases)
    except power.DidNotConverge as error:
        if len(cases) == 1:
            nothing = np.full((1, len(model.elements)), np.nan)
            none = (nothing, nothing, nothing, nothing, np.full((1, len(model.breakers)), np.nan), nothing[:, 0])
            return _Flow(*none), (str(error),)
    halves = [_solved(model, part) for part in np.array_split(cases, 2)]
    flows, reasons = zip(*halves, strict=True)
    return _Flow._make(map(np.concatenate, zip(*flows, strict=True))), sum(reasons, ())


def _cooling(model: FeedModel, cases: Array) -> Array:
    """Return what each board of the plant draws for the racks that are live [W]."""
    feed, dead = model.feed, model.fixed.lost[: len(model.fixed.lost) - len(model.boards)]
    live = float((~dead).sum()) * (1.0 if feed.dc_row is None else feed.dc_row.racks)
    pumps, plant = live * cases[:, 1], live * cases[:, 2]
    parts = {1: [pumps + plant], 2: [plant, pumps]}.get(len(model.boards), [])
    return np.array(parts).reshape(len(model.boards), len(cases)).T


def _flow(model: FeedModel, cases: Array) -> _Flow:
    feeder, feed = model.feeder, model.feed
    load, row = cases[:, :1], None
    if feed.dc_row is not None and feed.rectifier is not None:
        row = power.solve_dc_row(feed.dc_row, np.repeat(load, feed.dc_row.racks, axis=1))
        output = row.feed_power.sum(axis=1, keepdims=True)
        load = output + power.ups_loss(feed.rectifier, output)
    heads = len(feeder.racks) - len(model.boards)
    drawn = np.concatenate([np.repeat(load, heads, axis=1), _cooling(model, cases)], axis=1)
    found = solve_cases(model.fixed, drawn)
    dead = found.rack_lost[:, :heads]
    through = (found.branch_power - found.branch_loss) @ model.arriving.T
    through[:, feeder.utility_node] += found.utility_power
    volts = np.where(found.node_voltage > 0, found.node_voltage, np.nan)
    limited = np.where(np.isfinite(feeder.capacity), through / feeder.capacity, np.nan)
    no_loss = np.zeros_like(through)
    nodes = (through, no_loss, limited, volts)
    branches = (found.branch_power, found.branch_loss, found.branch_loading, volts[:, feeder.head])
    breakers = tuple(array[:, model.guarded] for array in branches)
    parts = [nodes, branches, (breakers[0], 0 * breakers[1], *breakers[2:])]
    if row is not None:
        parts.append(_dc(model, cases[:, :1], row, dead))
    lost = dead.sum(axis=1) * (1.0 if feed.dc_row is None else feed.dc_row.racks)
    rated = np.array([getattr(part, "rated_current", np.nan) for part in feeder.parts])
    current = (found.branch_loading * rated)[:, model.guarded]
    whole = [np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True)]
    return _Flow._make((*whole, current, lost))


def _dc(model: FeedModel, cases: Array, row: DcRowSolution, dead: NDArray[np.bool_]) -> tuple[Array, ...]:
    """Return power, loss, loading and voltage of rectifiers, buses and racks on direct current."""
    feed = model.feed
    if feed.dc_row is None or feed.rectifier is None:
        raise ValueError("feed.dc_row = none: this part has no direct current")
    live, rack_live = np.where(dead, np.nan, 1.0), np.where(dead, np.nan, 1.0)[:, model.rack_row]
    output = row.feed_power.sum(axis=1, keepdims=True)
    loss = power.ups_loss(feed.rectifier, output)
    volts = row.rack_voltage / feed.dc_row.source_voltage
    per_rack = volts[:, np.arange(feed.racks) // feed.rows] * rack_live
    lowest = volts.min(axis=1, keepdims=True)
    none = np.nan_to_num(live)
    rectifiers = ((output + loss) * none, loss * none, output / feed.rectifier.rated_power * none, live)
    buses = (output * none, row.section_loss.sum(axis=1, keepdims=True) * none, row.loading[:, None] * none)
    racks = np.nan_to_num(rack_live)
    last = (cases * racks, 0 * racks, np.nan * racks, per_rack)
    columns = zip(rectifiers, (*buses, lowest * live), last, strict=True)
    return tuple(
        np.concatenate([np.broadcast_to(part, (len(cases), part.shape[1])) for part in c], axis=1) for c in columns
    )
