"""What each single failure of a distribution costs: N-1, element by element, as one batch.

Contract: a failed branch is open; a failed node opens every branch at it. The state is the steady one afterwards, with
batteries run out and every rack on the feeds that are left.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.distribution import FeederSolution, solve_feeder
from power.feeders import Feeder

Array = NDArray[np.float64]


class Outages(NamedTuple):
    """A distribution with one element out at a time."""

    elements: Sequence[Hashable]
    """(k,) names of what fails"""
    solution: FeederSolution
    """with the elements as its only batch axis"""
    lost_power: Array
    """(k,) of the racks without supply [W]"""


def single_outages(
    feeder: Feeder, *, elements: Sequence[Hashable] | None = None, power: ArrayLike | None = None
) -> Outages:
    """Solve a distribution once for each element that fails.

    Parameters
    ----------
    feeder : Feeder
    elements : sequence, names of branches or nodes; all branches where it is left out
    power : (r,), active power of each rack, in place of that of its `RackLoad` [W]

    Returns
    -------
    Outages

    Raises
    ------
    ValueError
        where a name is neither a branch nor a node, or is both, or stands for two branches; where power is not (r,).
    DidNotConverge
        where the feeds left cannot carry the load; names case and rack.

    Notes
    -----
    Look for overloads with `broken_limits(feeder, outages.solution, ...)`; `case` is then the place in `elements`.

    References
    ----------
    Derived: the N-1 criterion.

    Examples
    --------
    Two equal cables to one rack: either may fail, and the loss about doubles.

    >>> import networkx as nx
    >>> from power.feeders import Cable, RackLoad, Utility, feeder_of
    >>> graph = nx.MultiDiGraph()
    >>> grid = Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
    >>> graph.add_node("grid", voltage=415.0, utility=grid)
    >>> graph.add_node("rack", voltage=415.0, load=RackLoad(power=10e3, power_factor=1.0))
    >>> for name in "ab":
    ...     cable = Cable(resistance=1e-3, reactance=0.0, rated_current=100.0)
    ...     _ = graph.add_edge("grid", "rack", part=cable, length=20.0, name=name)
    >>> found = single_outages(feeder_of(graph))
    >>> found.lost_power, found.solution.branch_loss.sum(axis=-1).round(2)
    (array([0., 0.]), array([11.64, 11.64]))
    """
    named = list(feeder.branches if elements is None else elements)
    if elements is None:
        closed = ~np.eye(len(named), dtype=bool)
    else:
        closed = np.array([_closed(feeder, name) for name in named], dtype=bool).reshape(-1, len(feeder.branches))
    watts = np.asarray([load.power for load in feeder.rack_load] if power is None else power, dtype=float)
    if watts.shape != (len(feeder.racks),):
        raise ValueError(f"power has shape {watts.shape}: must be ({len(feeder.racks)},), one per rack")
    solution = solve_feeder(feeder, power=watts, closed=closed)
    return Outages(named, solution, solution.rack_lost @ watts)


def _closed(feeder: Feeder, name: Hashable) -> NDArray[np.bool_]:
    """Branches that still conduct when an element is out."""
    branches, nodes = feeder.branches.count(name), feeder.nodes.count(name)
    if branches + nodes != 1:
        raise ValueError(f"element {name!r} is {branches} branches and {nodes} nodes: must be one branch or one node")
    if branches:
        return np.arange(len(feeder.branches)) != feeder.branches.index(name)
    place = feeder.nodes.index(name)
    return (feeder.tail != place) & (feeder.head != place)
