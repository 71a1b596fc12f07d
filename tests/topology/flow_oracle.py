"""Max-min fair flows once more, slowly, in exact fractions, and the checkers that hold any answer to the definition."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st


def fair(capacity, routes):
    """Rates by water-filling, one link at a time."""
    rates, left = {}, {m: Fraction(c) for m, c in enumerate(capacity)}
    while len(rates) < len(routes):
        waiting = {f: route for f, route in routes.items() if f not in rates}
        wanted = {m: sum(list(route).count(m) for route in waiting.values()) for m in left}
        level, full = min((left[m] / count, m) for m, count in wanted.items() if count)
        for f, route in waiting.items():
            if full in route:
                rates[f] = level
                for m in route:
                    left[m] -= level
    return rates


def timeline(capacity, routes, size, arrival, latency=0, waits=()):
    """Ends of all flows; waits are (before, after, delay)."""
    left, end, moving, now = dict(enumerate(map(Fraction, size))), {}, set(), Fraction(0)
    while len(end) < len(routes):
        ready = {
            f: max([Fraction(arrival[f]), *(end[b] + Fraction(d) for b, a, d in waits if a == f)])
            for f in range(len(routes))
            if f not in moving and f not in end and all(b in end for b, a, _ in waits if a == f)
        }
        moving |= {f for f, t in ready.items() if t <= now}
        rates = fair(capacity, {f: routes[f] for f in moving if left[f]})
        nexts = [t for t in ready.values() if t > now] + [now + left[f] / rate for f, rate in rates.items()]
        if done := {f for f in moving if not left[f]}:
            end |= {f: now + Fraction(latency) for f in done}
            moving -= done
            continue
        until = min(nexts)
        for f, rate in rates.items():
            left[f] -= rate * (until - now)
        now = until
    return [float(end[f]) for f in range(len(routes))]


def is_fair(flows, rates, slack=1e-9):
    """Whether no link is overfull and each flow crosses a full link where no flow is faster."""
    owner = np.repeat(np.arange(rates.size), np.diff(flows.start))
    load = np.bincount(flows.link, rates[owner], flows.bandwidth.size)
    fastest = np.zeros(flows.bandwidth.size)
    np.maximum.at(fastest, flows.link, rates[owner])
    full = load >= flows.bandwidth * (1 - slack)
    bottleneck = full[flows.link] & (rates[owner] >= fastest[flows.link] * (1 - slack))
    return bool(np.all(load <= flows.bandwidth * (1 + slack)) and np.all(np.bincount(owner, bottleneck) >= 1))


@st.composite
def networks(draw, flows=8, links=5):
    """(bandwidths, routes) of whole numbers, small enough for fractions."""
    count = draw(st.integers(1, links))
    bandwidth = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    route = st.lists(st.integers(0, count - 1), min_size=1, max_size=3)
    return bandwidth, draw(st.lists(route, min_size=1, max_size=flows))
