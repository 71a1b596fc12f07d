"""Compiled kernels of flows: filling links from the narrowest on, and the loop over events.

Contract: arrays as in `topology.flow_state`. Kernels release the interpreter lock; only `State` and what is returned is
written to. What a link carries is counted only where there are bins to count it in. Kernels that call one another
stand in one file, because numba keeps machine code by the date of the file of the caller.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"
import numpy as np
from numba import njit

from topology.flow_state import State

SIMULTANEOUS = 1e-13
"""Events closer than this are one: they differ by rounding alone, relative to the time [1]."""


def compiled(kernel):
    """Compile a kernel when it is first called, and keep the machine code where there is a place for it."""
    try:
        return njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # neither the folder of this file nor the user's cache can be written to
        return njit(nogil=True)(kernel)


@compiled
def set_key(tree, i, key):
    """Give leaf i a key."""
    i += tree.size // 2
    tree[i] = key
    while i > 1:
        i //= 2
        least = min(tree[2 * i], tree[2 * i + 1])
        if tree[i] == least:
            return
        tree[i] = least


@compiled
def least_of(tree):
    """Leaf with the least key."""
    i = 1
    while i < tree.size // 2:
        i = 2 * i + 1 if tree[2 * i + 1] < tree[2 * i] else 2 * i
    return i - tree.size // 2


@compiled
def blank(net, size):
    """State with no flow on any link."""
    flows, links, crossings = net.start.size - 1, net.capacity.size, net.link.size
    return State(
        np.zeros(flows),
        size.copy(),
        np.zeros(flows),
        np.full(2 * flows, np.inf),
        np.full(2 * links, np.inf),
        np.zeros(links),
        np.zeros(links),
        np.zeros(links),
        np.empty(crossings, np.int64),
        np.empty(crossings, np.int64),
        np.zeros(links, np.int64),
        np.empty(links, np.int64),
        np.zeros(links, np.bool_),
        np.full(flows, -1),
        np.full(links, -1),
        np.zeros(links),
        np.zeros(links),
    )


@compiled
def join(net, state, f):
    """Put a flow on the links of its route."""
    for e in range(net.start[f], net.start[f + 1]):
        m = net.link[e]
        k = net.first[m] + state.active[m]
        state.member[k], state.place[e] = e, k
        state.active[m] += 1
        state.total[m] += net.weight[e]
        state.fresh[m] = True


@compiled
def leave(net, state, f):
    """Take a flow off the links of its route; the last member of each takes its place."""
    for e in range(net.start[f], net.start[f + 1]):
        m = net.link[e]
        state.active[m] -= 1
        state.total[m] -= net.weight[e]
        last, k = state.member[net.first[m] + state.active[m]], state.place[e]
        state.member[k], state.place[last] = last, k


@compiled
def touch(net, state, f, tail, stamp):
    """Queue the links of a flow, each once, and return the end of the queue."""
    for e in range(net.start[f], net.start[f + 1]):
        m = net.link[e]
        if state.seen[m] != stamp:
            state.seen[m] = stamp
            state.queue[tail] = m
            tail += 1
    return tail


@compiled
def free(net, state, least, tail, stamp):
    """Free the flows a change can reach, and return how many links are queued.

    Filling all links at one common rate goes as before up to the least rate of a flow that left and the least fair
    share on the links of a flow that came: slower flows keep their rates. Beyond, a change spreads over shared links.
    """
    start, link, weight, flow, first = net.start, net.link, net.weight, net.flow, net.first
    rate, mark, seen, queue, member = state.rate, state.mark, state.seen, state.queue, state.member
    head = 0
    while head < tail:
        m = queue[head]
        head += 1
        frozen = wanted = 0.0
        for k in range(first[m], first[m] + state.active[m]):
            e = member[k]
            f = flow[e]
            if 0.0 < rate[f] < least:
                frozen += weight[e] * rate[f]
                continue
            wanted += weight[e]
            if mark[f] != stamp:
                mark[f] = stamp
                for way in range(start[f], start[f + 1]):
                    other = link[way]
                    if seen[other] != stamp:
                        seen[other] = stamp
                        queue[tail] = other
                        tail += 1
        state.frozen[m], state.wanted[m] = frozen, wanted
        if wanted > 0.0:
            set_key(state.levels, m, max(least, (net.capacity[m] - frozen) / wanted))
    return tail


@compiled
def fill(net, state, least, tail, stamp, now):
    """Share the rates anew, from the `tail` links of the queue on; return how many links that reaches.

    The common rate of the free flows rises until a link is full; its flows are frozen there, and so on.
    """
    for m in state.queue[:tail]:
        if state.fresh[m]:
            state.fresh[m] = False
            least = min(least, net.capacity[m] / state.total[m])
    tail = free(net, state, least, tail, stamp)
    capacity, start, link, weight, flow, first = net.capacity, net.start, net.link, net.weight, net.flow, net.first
    levels, frozen, wanted, member, mark = state.levels, state.frozen, state.wanted, state.member, state.mark
    rate, remaining, since, times = state.rate, state.remaining, state.since, state.times
    while levels[1] < np.inf:
        full, level = least_of(levels), levels[1]
        for k in range(first[full], first[full] + state.active[full]):
            f = flow[member[k]]
            if mark[f] != stamp:
                continue
            mark[f] = stamp + 1
            for e in range(start[f], start[f + 1]):
                m = link[e]
                frozen[m] += weight[e] * level
                wanted[m] -= weight[e]
                if m != full:
                    key = max(level, (capacity[m] - frozen[m]) / wanted[m]) if wanted[m] > 0.0 else np.inf
                    set_key(levels, m, key)
            if rate[f] != level:
                remaining[f] = max(0.0, remaining[f] - rate[f] * (now - since[f]))
                since[f], rate[f] = now, level
                set_key(times, f, now + remaining[f] / level)
        set_key(levels, full, np.inf)
    return tail


@compiled
def steady(net):
    """Rates of all flows at once."""
    flows = net.start.size - 1
    state = blank(net, np.ones(flows))
    tail = 0
    for f in range(flows):
        join(net, state, f)
        tail = touch(net, state, f, tail, 0)
    fill(net, state, np.inf, tail, 0, 0.0)
    return state.rate


@compiled
def settle(state, m, now, edges, carried):
    """Add what a link carried since it was last looked at to the bins between the edges."""
    since, load = state.settled[m], state.load[m]
    state.settled[m] = now
    if load > 0.0:
        b = np.searchsorted(edges, since, side="right") - 1
        while b < edges.size - 1 and since < now:
            until = min(now, edges[b + 1])
            if b >= 0:
                carried[m, b] += load * (until - since)
            since = until
            b += 1


@compiled
def release(task, times, done, f, wait):
    """Tell the flows that wait for f when it is done; the last word starts them."""
    waits, ready = wait
    for k in range(task.opens[f], task.opens[f + 1]):
        g = task.next[k]
        ready[g] = max(ready[g], done + task.delay[k])
        waits[g] -= 1
        if waits[g] == 0:
            set_key(times, g, ready[g])


@compiled
def retire(net, state, f, now, edges, carried):
    """Take a flow that is done out."""
    leave(net, state, f)
    if edges.size > 1:
        for e in range(net.start[f], net.start[f + 1]):
            m = net.link[e]
            settle(state, m, now, edges, carried)
            state.load[m] = max(0.0, state.load[m] - net.weight[e] * state.rate[f])
    state.rate[f] = 0.0


@compiled
def turn(net, task, state, course, f, now):
    """Start a flow, or end it and return the rate it had; a flow without bytes does both at once."""
    begun, sent, waits, ready, edges, carried = course
    rate = np.inf
    if begun[f] >= 0.0:
        rate = state.rate[f]
        retire(net, state, f, now, edges, carried)
    else:
        begun[f] = now
        if task.size[f] > 0.0:
            join(net, state, f)
            return rate
    sent[f] = now
    release(task, state.times, now + task.latency[f], f, (waits, ready))
    return rate


@compiled
def march(net, task, quantum, edges):
    """Go from event to event; what happens within the quantum is one event, and rates are shared anew at its end."""
    flows = task.size.size
    state, begun, sent = blank(net, task.size), np.full(flows, -1.0), np.zeros(flows)
    carried = np.zeros((net.capacity.size, max(edges.size - 1, 0)))
    waits, ready = task.waits.copy(), task.arrival.copy()
    course = begun, sent, waits, ready, edges, carried
    for f in range(flows):
        if waits[f] == 0:
            set_key(state.times, f, ready[f])
    stamp = 0
    while state.times[1] < np.inf:
        now, tail, least = state.times[1], 0, np.inf
        horizon = now * (1 + SIMULTANEOUS) + quantum
        while state.times[1] <= horizon:
            f, now = least_of(state.times), state.times[1]
            set_key(state.times, f, np.inf)
            least = min(least, turn(net, task, state, course, f, now))
            tail = touch(net, state, f, tail, stamp)
        tail = fill(net, state, least, tail, stamp, now)
        if edges.size > 1:
            for m in state.queue[:tail]:
                settle(state, m, now, edges, carried)
                state.load[m] = state.frozen[m]
        stamp += 2
    return begun, sent, carried, stamp // 2
