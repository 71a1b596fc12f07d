"""Arrays that the kernels of flows work on.

Contract: a `Net` lists for each flow the links it crosses, each link once, with a weight: a rate r takes weight * r of
that link. Keys (times, levels) lie in a tree whose node i is the lesser of nodes 2i and 2i + 1, so that the least of
all is node 1 and the leaves are its second half.
"""

from typing import Any, NamedTuple


class Net(NamedTuple):
    """Links, and which flow crosses which; a crossing is one place in a route."""

    capacity: Any
    """(links,) [B/s]"""
    start: Any
    """(flows + 1,) first crossing of each flow"""
    link: Any
    """(crossings,)"""
    weight: Any
    """(crossings,) share of the capacity one unit of rate takes [1]"""
    flow: Any
    """(crossings,)"""
    first: Any
    """(links + 1,) first place of each link in `State.member`"""


class Task(NamedTuple):
    """What the flows carry and wait for."""

    size: Any
    """(flows,) [B]"""
    arrival: Any
    """(flows,) [s]"""
    latency: Any
    """(flows,) [s]"""
    waits: Any
    """(flows,) how many others each flow waits for"""
    opens: Any
    """(flows + 1,) first entry of each flow in `next`"""
    next: Any
    """(dependencies,) flow that waits"""
    delay: Any
    """(dependencies,) [s]"""


class State(NamedTuple):
    """What changes from event to event."""

    rate: Any
    """(flows,) 0 where a flow does not move [B/s]"""
    remaining: Any
    """(flows,) at the time `since` [B]"""
    since: Any
    """(flows,) when the rate last changed [s]"""
    times: Any
    """tree over flows: when each starts or is done, inf if that is not known yet [s]"""
    levels: Any
    """tree over links: common rate at which each is full, inf outside of a filling [B/s]"""
    frozen: Any
    """(links,) taken by flows whose rate is settled [B/s]"""
    wanted: Any
    """(links,) weight of the free flows"""
    total: Any
    """(links,) weight of all its flows"""
    member: Any
    """(crossings,) those of each link together, the ones in use in front"""
    place: Any
    """(crossings,) where each stands in `member`"""
    active: Any
    """(links,) how many are in use"""
    queue: Any
    """(links,) those a change reaches"""
    fresh: Any
    """(links,) whether a flow came"""
    mark: Any
    """(flows,) number of the last filling that freed it, plus one once it is frozen"""
    seen: Any
    """(links,) number of the last filling that queued it"""
    load: Any
    """(links,) since the time `settled` [B/s]"""
    settled: Any
    """(links,) when what it carried was last counted [s]"""
