"""Max-min fair sharing of links: steady rates, flows from event to event, and how full each link is over time.

Contract: rates are fair when none can rise but at the cost of one that is not greater: each flow crosses a link that
is full and where no flow is faster (its bottleneck). Flows and links that cannot be told apart are computed once.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from topology.fabric import Array, Indices
from topology.flow_classes import Classes, flow_classes
from topology.flow_state import Net, Task
from topology.flows import Flows


class FlowTimes(NamedTuple):
    """When the flows moved."""

    start: Array
    """(flows,) first byte sent [s]."""
    end: Array
    """(flows,) last byte arrived [s]."""
    events: int
    """How often rates were shared anew."""


def max_min_rates(flows: Flows) -> Array:
    """Fair rates of all flows at the same time, whatever they carry and wait for (water-filling).

    The common rate of all flows rises until a link is full; the flows across it keep that rate, the others go on.

    Parameters
    ----------
    flows : Flows

    Returns
    -------
    (flows,), rate of each flow [B/s]

    References
    ----------
    Bertsekas and Gallager, Data Networks, 2nd edition 1992, section 6.5.2.

    Examples
    --------
    >>> from topology.flows import flow_set
    >>> max_min_rates(flow_set([10e9, 4e9], [[0], [0, 1], [1], [1]], 0.0)) / 4e9
    array([2.16666667, 0.33333333, 0.33333333, 0.33333333])
    """
    from topology import flow_kernels

    alone = flows._replace(before=flows.before[:0], after=flows.after[:0], delay=flows.delay[:0])
    classes = flow_classes(alone, ())
    rates: Array = flow_kernels.steady(_net(alone, classes))[classes.flow]
    return rates


def simulate_flows(flows: Flows, *, quantum: float = 0.0) -> FlowTimes:
    """Start and end of every flow, rates being shared anew whenever one starts or is done.

    Parameters
    ----------
    flows : Flows
    quantum : events that follow the first by less than this are one; 0 is exact [s]

    Returns
    -------
    FlowTimes, start and end (flows,) [s]

    Raises
    ------
    ValueError
        if the quantum is negative or undefined

    Notes
    -----
    With a quantum each flow of a group still ends when its own bytes have been sent; what it leaves free is given to
    others at the end of the group. No link carries more than it can, and no byte is lost.

    References
    ----------
    Bertsekas and Gallager, Data Networks, 2nd edition 1992, section 6.5.2 (rates). Grohe, Kersting, Mladenov and
    Selman, 2014, Dimension reduction via colour refinement (classes).

    Examples
    --------
    >>> from topology.flows import flow_set, with_dependencies
    >>> three = flow_set([1e9], [[0], [0], [0]], [1e6, 3e6, 1e6])
    >>> 1e3 * simulate_flows(with_dependencies(three, [0], [2], 5e-3)).end
    array([2., 4., 8.])
    """
    begun, sent, _, events, classes = _marched(flows, quantum, np.zeros(0))
    return FlowTimes(begun[classes.flow], sent[classes.flow] + flows.latency, events)


def link_utilization(flows: Flows, edges: ArrayLike, *, quantum: float = 0.0) -> Array:
    """How full each link is over time: bytes carried between two instants / (bandwidth * time between them).

    Parameters
    ----------
    flows : Flows
    edges : (bins + 1,), instants between which the mean is taken, rising [s]
    quantum : as in `simulate_flows` [s]

    Returns
    -------
    (links, bins), between 0 and 1 [1]

    Raises
    ------
    ValueError
        if there are less than two edges, they do not rise, or the quantum is negative

    Notes
    -----
    Exact means, no samples: sum over bins of utilization * bandwidth * time is what the link carried.

    References
    ----------
    Derived: integral of the piecewise constant rates.

    Examples
    --------
    >>> from topology.flows import flow_set
    >>> link_utilization(flow_set([1e9, 4e9], [[0, 1]], 3e6), [0, 2e-3, 4e-3])
    array([[1.   , 0.5  ],
           [0.25 , 0.125]])
    """
    instants = np.asarray(edges, np.float64)
    if instants.ndim != 1 or instants.size < 2 or not np.all(np.diff(instants) > 0):
        raise ValueError(f"edges: {instants.size} instants, must be at least 2, each later than the one before")
    _, _, carried, _, classes = _marched(flows, quantum, instants)
    return (carried / np.diff(instants))[classes.link] / flows.bandwidth[:, None]


def flow_dataset(flows: Flows, *, bins: int = 100, quantum: float = 0.0) -> dict[str, dict[str, Any]]:
    """Simulate, and return what `xarray.Dataset(**...)` takes: plain arrays, dimensions and attributes.

    Parameters
    ----------
    flows : Flows
    bins : number of equal steps in time from 0 to the last end, at least 1
    quantum : as in `simulate_flows` [s]

    Returns
    -------
    mapping with `data_vars` (flow_start, flow_end, flow_size, directed_link_utilization, directed_link_bandwidth),
    `coords` (time, the middle of each step) and `attrs` (makespan, events, quantum)

    Raises
    ------
    ValueError
        if bins are less than 1, nothing takes any time, or the quantum is negative

    References
    ----------
    Derived: `simulate_flows` and `link_utilization`.

    Examples
    --------
    >>> from topology.flows import flow_set
    >>> plain = flow_dataset(flow_set([1e9], [[0]], 3e6), bins=2)
    >>> plain["coords"]["time"][1], plain["data_vars"]["flow_end"][2]["units"]
    (array([0.00075, 0.00225]), 's')
    """
    if bins < 1:
        raise ValueError(f"bins = {bins}: must be at least 1")
    times = simulate_flows(flows, quantum=quantum)
    if not (makespan := float(times.end.max(initial=0.0))) > 0:
        raise ValueError("flows: all are over at time 0; give one some bytes")
    edges = np.linspace(0.0, makespan, bins + 1)
    full = link_utilization(flows, edges, quantum=quantum)
    rows = {
        "flow_start": ("flow", times.start, "s", "first byte sent"),
        "flow_end": ("flow", times.end, "s", "last byte arrived"),
        "flow_size": ("flow", flows.size, "B", "bytes of the flow"),
        "directed_link_utilization": (("directed_link", "time"), full, "1", "mean share of the bandwidth in use"),
        "directed_link_bandwidth": ("directed_link", flows.bandwidth, "B/s", "bandwidth of the directed link"),
    }
    middle = ("time", (edges[:-1] + edges[1:]) / 2, {"units": "s", "long_name": "middle of the step"})
    return {
        "data_vars": {
            name: (dims, values, {"units": unit, "long_name": meaning})
            for name, (dims, values, unit, meaning) in rows.items()
        },
        "coords": {"time": middle},
        "attrs": {"makespan": makespan, "events": times.events, "quantum": quantum},
    }


def _net(flows: Flows, classes: Classes) -> Net:
    """Net of one flow of each class over one link of each class.

    A link of class L is crossed by n_C l / n_L flows of class C, where a flow of C crosses l links of L.
    """
    some = np.unique(classes.flow, return_index=True)[1]
    of_flow, of_link = np.bincount(classes.flow), np.bincount(classes.link)
    lengths = np.diff(flows.start)[some]
    owner = np.repeat(np.arange(some.size), lengths)
    place = np.arange(owner.size) + np.repeat(flows.start[some] - (np.cumsum(lengths) - lengths), lengths)
    cells, crossed = np.unique(owner * of_link.size + classes.link[flows.link[place]], return_counts=True)
    flow, link = np.divmod(cells, of_link.size)
    bandwidth = np.zeros(of_link.size)
    bandwidth[classes.link] = flows.bandwidth
    return Net(
        capacity=bandwidth,
        start=_offsets(flow, some.size),
        link=link,
        weight=crossed * of_flow[flow] / of_link[link],
        flow=flow,
        first=_offsets(link, of_link.size),
    )


def _offsets(owner: Indices, count: int) -> Indices:
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=count))))


def _marched(flows: Flows, quantum: float, edges: Array) -> tuple[Array, Array, Array, int, Classes]:
    """Begin and last byte of each class of flows, bytes carried by each class of links, events, and the classes."""
    from topology.flow_kernels import march

    if not 0 <= quantum < np.inf:
        raise ValueError(f"quantum = {quantum}: must be >= 0 s and finite")
    classes = flow_classes(flows, (flows.size, flows.arrival, flows.latency))
    some = np.unique(classes.flow, return_index=True)[1]
    kept = np.flatnonzero(some[classes.flow[flows.after]] == flows.after)
    before, after = classes.flow[flows.before[kept]], classes.flow[flows.after[kept]]
    order = np.argsort(before, kind="stable")
    task = Task(
        size=flows.size[some],
        arrival=flows.arrival[some],
        latency=flows.latency[some],
        waits=np.bincount(after, minlength=some.size),
        opens=_offsets(before, some.size),
        next=after[order],
        delay=flows.delay[kept][order],
    )
    begun, sent, carried, events = march(_net(flows, classes), task, float(quantum), edges)
    return begun, sent, carried, int(events), classes
