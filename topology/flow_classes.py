"""Classes of flows and links that cannot be told apart, so that one of each has to be computed.

Contract: colour refinement of the graph of flows and links; nothing about any traffic pattern is built in.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topology.fabric import Array, Indices
from topology.flows import Flows

Colours = NDArray[np.uint64]


class Classes(NamedTuple):
    """Flows and links that cannot be told apart, by number of their class."""

    flow: Indices
    """(flows,)"""
    link: Indices
    """(links,)"""


def flow_classes(flows: Flows, told_apart_by: tuple[Array, ...]) -> Classes:
    """Group flows that cannot be told apart, and links likewise (colour refinement).

    Parameters
    ----------
    flows : Flows
    told_apart_by : what flows of one class must share beside their surroundings, each (flows,) [1]

    Returns
    -------
    Classes: any two flows of a class cross as many links of each class and wait for as many flows of each class and
    delay; any two links of a class have one bandwidth and as many flows of each class across them

    Notes
    -----
    Such flows have the same rates: a filling never sees a difference between them. Colours are 64-bit hashes; two
    of a million differing ones agree by chance once in 4e7 runs.

    References
    ----------
    Grohe, Kersting, Mladenov and Selman, 2014, Dimension reduction via colour refinement, ESA.
    """
    from topology.colour_kernels import depths, recolour

    depth = depths(flows.size.size, flows.before, flows.after)
    flow, link = _colours(depth, *told_apart_by), _colours(flows.bandwidth)
    waiting = flows.before, flows.after, _bits(flows.delay)
    counts, found = (0, 0), (np.unique(flow).size, np.unique(link).size)
    while counts != found and found[0] < flow.size:
        counts = found
        recolour(flows.start, flows.link, waiting, flow, link)
        found = np.unique(flow).size, np.unique(link).size
    if found[0] == flow.size:
        return Classes(np.arange(flow.size), np.arange(link.size))
    return Classes(np.unique(flow, return_inverse=True)[1], np.unique(link, return_inverse=True)[1])


def _bits(values: Array) -> Colours:
    return np.ascontiguousarray(values + 0.0, np.float64).view(np.uint64)  # + 0.0 makes -0.0 the same as 0.0


def _colours(*properties: NDArray[Any]) -> Colours:
    """One number (n,) for all properties (n,) of a flow or link."""
    from topology.colour_kernels import scatter

    colour = np.zeros(properties[0].size, np.uint64)
    for values in properties:
        scatter(colour, _bits(values))
    return colour
