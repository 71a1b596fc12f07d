"""Compiled kernels of colour refinement: which flows and links cannot be told apart, and which come after which.

Contract: a colour is a 64-bit hash; arithmetic on it wraps. The colours given are overwritten by finer ones.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np

from topology.flow_kernels import compiled

ODD, MIX, BLEND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Constants of the generator SplitMix64 (Steele, Lea and Flood, 2014)."""
A, B, C = np.uint64(30), np.uint64(27), np.uint64(31)
"""Its shifts."""


@compiled
def mix(x):
    """Scatter the bits of a 64-bit number."""
    x = (x ^ (x >> A)) * MIX
    x = (x ^ (x >> B)) * BLEND
    return x ^ (x >> C)


@compiled
def scatter(colour, bits):
    """Tell colours apart by one more property."""
    for i in range(colour.size):
        colour[i] = mix(colour[i] * ODD + bits[i])


@compiled
def recolour(start, link, waiting, flow_colour, link_colour):
    """Refine both colourings once: by the colours of what crosses, of what is crossed, and of what is waited for."""
    before, after, delay = waiting
    seen, heard = np.zeros(link_colour.size, np.uint64), np.zeros(flow_colour.size, np.uint64)
    for f in range(flow_colour.size):
        scattered = mix(flow_colour[f] + ODD)
        for e in range(start[f], start[f + 1]):
            seen[link[e]] += scattered
    for m in range(link_colour.size):
        link_colour[m] = mix(link_colour[m] * ODD + seen[m])
    for f in range(flow_colour.size):
        for e in range(start[f], start[f + 1]):
            heard[f] += mix(link_colour[link[e]] + ODD)
    for k in range(before.size):
        heard[after[k]] += mix((flow_colour[before[k]] ^ ODD) * MIX + delay[k])
    for f in range(flow_colour.size):
        flow_colour[f] = mix(flow_colour[f] * ODD + heard[f])


@compiled
def depths(flows, before, after):
    """Longest chain of flows before each flow; -1 for those in a cycle of dependencies or behind one."""
    waits, opens = np.zeros(flows, np.int64), np.zeros(flows + 1, np.int64)
    for k in range(before.size):
        waits[after[k]] += 1
        opens[before[k] + 1] += 1
    opens = np.cumsum(opens)
    place, order = opens[:-1].copy(), np.empty(before.size, np.int64)
    for k in range(before.size):
        order[place[before[k]]] = after[k]
        place[before[k]] += 1
    depth, queue, tail = np.full(flows, -1, np.int64), np.empty(flows, np.int64), 0
    for f in range(flows):
        if waits[f] == 0:
            depth[f], queue[tail] = 0, f
            tail += 1
    head = 0
    while head < tail:
        f = queue[head]
        head += 1
        for g in order[opens[f] : opens[f + 1]]:
            waits[g] -= 1
            if waits[g] == 0:
                depth[g], queue[tail] = depth[f] + 1, g  # the last to come lies deepest
                tail += 1
    return depth
