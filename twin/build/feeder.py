"""The feed of a spec as a compiled distribution, and the list of its elements: nodes, branches, breakers, DC buses.

Contract: built once per feed. Racks are counted from 1 and dealt to the rows in turn, as in
`power.floor_hierarchy`.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from power.fixed_feeder import FixedFeeder, factored_feeder
from twin.spec.feed import Breaker, Feed, cooling_boards

Indices = NDArray[np.intp]
_Wire = tuple[str, str]


class Element(NamedTuple):
    """One line of a feed."""

    name: str
    kind: str
    """utility, node, switchboard, pdu, busway, rack, cooling; cable, transformer, ups, breaker, rectifier, dc bus."""
    tail: str
    """Node on the supply side; '' for a node."""
    head: str
    """Node on the load side; '' for a node."""
    voltage: float
    """Nominal, of the node or of the load side [V]."""
    closed: bool = True
    """False: its breaker is open."""
    racks: int = 0
    """Behind it: lost where it fails [1]."""


class FeedModel(NamedTuple):
    """A feed, ready to be solved."""

    feed: Feed
    feeder: power.Feeder
    """Its part on alternating current; with DC buses their rectifiers' inputs are its racks."""
    elements: tuple[Element, ...]
    """Nodes of the feeder, its branches, its breakers, and then DC buses with rectifiers and racks."""
    fixed: FixedFeeder
    """The feeder with its breakers as they are."""
    boards: tuple[str, ...]
    """Of the plant: the last of the feeder's racks."""
    arriving: NDArray[np.float64]
    """(nodes, branches) 1 where a branch leads to a node."""
    guarded: Indices
    """(breakers,) branch of each breaker."""
    breakers: tuple[Breaker, ...]
    """(breakers,)"""
    rack_row: Indices
    """(racks,) row of each rack, from 0."""


def row_name(feed: Feed, row: int) -> str:
    """Return the name of the head of a row, counted from 1.

    Parameters
    ----------
    feed : Feed
        A feed.
    row : int
        Which row [1].

    Returns
    -------
    str
        Such as pdu-1.

    References
    ----------
    Derived: from its layout.
    """
    return f"{'rectifier-input' if feed.dc_row else 'row' if feed.busway else 'pdu'}-{row}"


@lru_cache(maxsize=256)
def feed_model(feed: Feed) -> FeedModel:
    """Return a feed, compiled.

    Parameters
    ----------
    feed : Feed
        A feed.

    Returns
    -------
    FeedModel
        Arrays and elements.

    Raises
    ------
    ValueError
        A number that the distribution refuses.

    References
    ----------
    Derived: `power.feeder_of`.
    """
    graph, kinds = feed_graph(feed)
    feeder = power.feeder_of(graph, radial=True)
    rack_row = np.arange(feed.racks) % feed.rows
    closed = np.array([name != feed.open_branch for name in feeder.branches])
    arriving = np.zeros((len(feeder.nodes), len(feeder.branches)))
    arriving[feeder.head, np.arange(len(feeder.branches))] = 1.0
    behind = _racks_behind(feed, feeder)
    nodes = [
        Element(str(n), kinds[n], "", "", volts, racks=behind[k])
        for k, (n, volts) in enumerate(zip(feeder.nodes, feeder.voltage.tolist(), strict=True))
    ]
    branches = [
        Element(str(name), kinds[name], nodes[u].name, nodes[v].name, nodes[v].voltage, bool(on), behind[v])
        for name, u, v, on in zip(feeder.branches, feeder.tail, feeder.head, closed, strict=True)
    ]
    guarded, breakers = _breakers(feed, feeder)
    switches = [branches[place]._replace(name=f"breaker-{branches[place].name}", kind="breaker") for place in guarded]
    elements = (*nodes, *branches, *switches, *_dc_elements(feed, rack_row))
    fixed, boards = factored_feeder(feeder, closed), cooling_boards(feed)
    return FeedModel(feed, feeder, elements, fixed, boards, arriving, guarded, breakers, rack_row)


def _racks_behind(feed: Feed, feeder: power.Feeder) -> list[int]:
    """Return the racks at and below each node of the feeder, which is a tree, its nodes from the utility down."""
    found = np.zeros(len(feeder.nodes), dtype=int)
    boards = cooling_boards(feed)
    each = 1 if feed.dc_row is None else feed.dc_row.racks
    for name, place in zip(feeder.racks, feeder.feed_node, strict=True):
        found[place] += 0 if name in boards else each
    above = dict(zip(feeder.head.tolist(), feeder.tail.tolist(), strict=True))
    for place in reversed(range(len(found))):
        if place in above:
            found[above[place]] += found[place]
    return [int(count) for count in found]


def feed_graph(feed: Feed) -> tuple[Any, dict[Any, str]]:
    """Return the part of a feed on alternating current as a graph, and the kind of each node and branch.

    Parameters
    ----------
    feed : Feed
        A feed.

    Returns
    -------
    DiGraph, dict
        For `power.feeder_of`; name → kind.

    References
    ----------
    Derived: tier by tier.
    """
    import networkx as nx

    graph = nx.DiGraph()
    kinds: dict[Any, str] = {}

    def node(name: str, kind: str, voltage: float, capacity: float | None = None, **more: Any) -> str:
        kinds[name] = kind
        graph.add_node(name, voltage=voltage, **more, **({} if capacity is None else {"capacity": capacity}))
        return name

    def branch(wire: _Wire, name: str, part: Any, length: float | None = None, kind: str = "cable") -> None:
        kinds[name] = kind
        graph.add_edge(*wire, name=name, part=part, **({} if length is None else {"length": length}))

    volts = feed.hall_voltage
    before = at = node("utility", "utility", feed.utility_voltage, feed.utility_capacity, utility=feed.utility)
    chain: list[tuple[str, str, Any, float | None, str]] = [("inlet", "cable", feed.cable, feed.cable_length, "cable")]
    if feed.transformer is not None:
        chain.append(("secondary", "transformer", feed.transformer, None, "transformer"))
    if feed.ups is not None:
        chain.append(("ups-output", "ups", feed.ups, None, "ups"))
    for k, (end, name, part, length, kind) in enumerate(chain):
        last = k == len(chain) - 1
        on_high = feed.transformer is not None and name == "cable"
        below = node(
            "switchboard" if last else end,
            "switchboard" if last else "node",
            feed.utility_voltage if on_high else volts,
            feed.switchboard_capacity if last else None,
        )
        branch((at, below), name, part, length, kind)
        at, before = below, (at if name == "ups" else below)
    for row in range(1, feed.rows + 1):
        load = _dc_load(feed)
        more = {} if load is None else {"load": load}
        kind = "pdu" if feed.busway is None else "busway"
        head = node(row_name(feed, row), "node" if load else kind, volts, feed.row_capacity, **more)
        branch((at, head), f"row-cable-{row}", feed.row_cable, feed.row_length)
    if feed.dc_row is None:
        _racks(feed, node, branch)
    if feed.cooling_board is not None:
        load = power.RackLoad(power=0.0, power_factor=feed.cooling_board.power_factor)
        for board in cooling_boards(feed):
            wire = (before if board == "cooling" else at, node(board, "cooling", volts, load=load))
            branch(wire, f"{board}-cable", feed.cooling_board.cable, feed.cooling_board.length)
    return graph, kinds


def _racks(feed: Feed, node: Any, branch: Any) -> None:
    """Hang the racks on PDUs or busways; their power is given when the feed is solved."""
    at = {row: row_name(feed, row) for row in range(1, feed.rows + 1)}
    load = power.RackLoad(power=0.0, power_factor=feed.power_factor)
    for rack in range(1, feed.racks + 1):
        row = (rack - 1) % feed.rows + 1
        if feed.busway is not None:
            tap = node(f"tap-{rack}", "node", feed.hall_voltage)
            branch((at[row], tap), f"busway-{rack}", feed.busway, feed.rack_pitch, "busway")
            at[row] = tap
        end = node(f"rack-{rack}", "rack", feed.hall_voltage, load=load)
        branch((at[row], end), f"rack-cable-{rack}", feed.rack_cable, feed.rack_length)


def _dc_load(feed: Feed) -> power.RackLoad | None:
    """Return a DC bus as the distribution sees it: the input of its rectifier."""
    if feed.rectifier is None:
        return None
    return power.RackLoad(power=0.0, power_factor=feed.rectifier.input_power_factor)


def _breakers(feed: Feed, feeder: power.Feeder) -> tuple[Indices, tuple[Breaker, ...]]:
    """Return the branches with breakers, and these."""
    by_prefix = {"row-cable-": feed.row_breaker, "rack-cable-": feed.rack_breaker}
    found = [
        (place, breaker)
        for place, name in enumerate(feeder.branches)
        for prefix, breaker in by_prefix.items()
        if breaker is not None and str(name).startswith(prefix)
    ]
    return np.array([place for place, _ in found], dtype=np.intp), tuple(breaker for _, breaker in found)


def _dc_elements(feed: Feed, rack_row: Indices) -> list[Element]:
    """Return rectifiers, buses and racks on direct current, in this order."""
    if feed.dc_row is None:
        return []
    volts, rows, each = feed.dc_row.source_voltage, range(1, feed.rows + 1), feed.dc_row.racks
    rectifiers = [Element(f"rectifier-{k}", "rectifier", row_name(feed, k), f"dc-{k}", volts, racks=each) for k in rows]
    buses = [Element(f"dc-bus-{k}", "dc bus", f"dc-{k}", f"dc-bus-{k}", volts, racks=each) for k in rows]
    racks = [
        Element(f"rack-{k + 1}", "rack", f"dc-bus-{row + 1}", "", volts, racks=1) for k, row in enumerate(rack_row)
    ]
    return [*rectifiers, *buses, *racks]
