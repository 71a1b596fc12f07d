"""A distribution whose switches stay as they are: the admittances of its live parts, tier by tier, factored once.

Contract: a tier is what stands at one UPS depth, as in `power.load_flow`. Per unit inside, 1 MVA and nominal voltages.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.feeders import Cable, Feeder, Indices, Transformer
from power.load_flow import STIFFNESS
from power.ups import Ups

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

BASE = 1e6
"""Of powers [V*A]."""
DENSE = 400
"""Nodes up to which the inverse of the admittances is formed."""


class Tier(NamedTuple):
    """The live part of a distribution at one UPS depth, linear but for its loads."""

    nodes: Indices
    inverse: Any
    """(b,) → (n,): node voltages from injected currents, as a matrix or a factor"""
    idle: Complex
    """(n,) voltages without loads"""
    branches: Indices
    """cables and transformers"""
    ends: NDArray[np.intp]
    """(2, b) their nodes, as places in `nodes`"""
    series: Complex
    """(b,) admittances"""
    shunt: Complex
    """(b,) at each end"""
    rating: Array
    """(b,) apparent power of a transformer, current of a cable at nominal voltage"""
    limits_current: NDArray[np.bool_]
    """(b,) whether that is a current"""
    utilities: Indices
    outlets: Indices
    """UPS that end here"""
    source_node: Indices
    """utilities first, then those UPS; places in `nodes`"""
    source: Complex
    """admittances"""
    source_voltage: Array
    feeds: Indices
    inlets: Indices
    """UPS that start here"""
    load_node: Indices
    """feeds first, then those UPS; places in `nodes`"""
    reactive: Array
    """of each load, over active power"""


class FixedFeeder(NamedTuple):
    """A distribution whose switches stay as they are; made by `factored_feeder`."""

    feeder: Feeder
    closed: NDArray[np.bool_]
    """(m,)"""
    share: Array
    """(f,) of its rack's power that a feed carries"""
    lost: NDArray[np.bool_]
    """(r,) racks without a live feed"""
    tiers: tuple[Tier, ...]
    """from the racks up"""


def factored_feeder(feeder: Feeder, closed: ArrayLike | None = None) -> FixedFeeder:
    """Prepare a distribution for many load flows with the same switches.

    Parameters
    ----------
    feeder : Feeder
    closed : (m,), whether each branch conducts; all of them where it is left out [1]

    Returns
    -------
    FixedFeeder

    Raises
    ------
    ValueError
        where `closed` has another length.

    References
    ----------
    Derived: pi equivalents of the branches, as in Power Grid Model.

    Examples
    --------
    >>> import networkx as nx
    >>> from power.feeders import Cable, RackLoad, Utility, feeder_of
    >>> graph = nx.DiGraph()
    >>> ideal = Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
    >>> graph.add_node("grid", voltage=415.0, utility=ideal)
    >>> graph.add_node("rack", voltage=415.0, load=RackLoad(power=10e3, power_factor=1.0))
    >>> graph.add_edge("grid", "rack", part=Cable(resistance=1e-3, reactance=0.0, rated_current=100.0), length=100.0)
    >>> factored_feeder(feeder_of(graph), [False]).lost
    array([ True])
    """
    count = len(feeder.branches)
    shut = np.ones(count, dtype=bool) if closed is None else np.asarray(closed, dtype=bool)
    if shut.shape != (count,):
        raise ValueError(f"closed has shape {shut.shape}: must be ({count},), one per branch")
    alive = _alive(feeder, shut)
    feeds = alive[feeder.feed_node]
    each = np.bincount(feeder.feed_rack, feeds, len(feeder.racks))
    share = np.where(feeds, 1 / np.maximum(each, 1.0)[feeder.feed_rack], 0.0)
    conducts = shut & alive[feeder.tail]
    tiers = [_tier(feeder, depth, alive, conducts) for depth in range(int(feeder.depth.max()), -1, -1)]
    return FixedFeeder(feeder, shut, share, each == 0, tuple(tier for tier in tiers if tier.nodes.size))


def _alive(feeder: Feeder, shut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes that a way of closed branches joins to a utility; a UPS conducts one way only."""
    alive = np.zeros(len(feeder.nodes), dtype=bool)
    alive[feeder.utility_node] = True
    two_way = np.array([not isinstance(part, Ups) for part in feeder.parts], dtype=bool)
    while True:
        reached = alive.copy()
        reached[feeder.head[shut & alive[feeder.tail]]] = True
        reached[feeder.tail[shut & two_way & alive[feeder.head]]] = True
        if np.array_equal(reached, alive):
            return alive
        alive = reached


def _tier(feeder: Feeder, depth: int, alive: NDArray[np.bool_], conducts: NDArray[np.bool_]) -> Tier:
    nodes = np.flatnonzero(alive & (feeder.depth == depth))
    at = np.full(len(feeder.nodes), -1)
    at[nodes] = np.arange(nodes.size)
    ups = np.array([isinstance(part, Ups) for part in feeder.parts], dtype=bool)
    branches = np.flatnonzero(conducts & ~ups & (at[feeder.tail] >= 0))
    ends = np.array([at[feeder.tail[branches]], at[feeder.head[branches]]])
    series, shunt, rating = _branch_admittances(feeder, branches)
    utilities = np.flatnonzero(at[feeder.utility_node] >= 0)
    outlets = np.flatnonzero(conducts & ups & (at[feeder.head] >= 0))
    inlets = np.flatnonzero(conducts & ups & (at[feeder.tail] >= 0))
    grids, units = [feeder.utilities[int(k)] for k in utilities], [ups_at(feeder, int(k)) for k in outlets]
    strength = [*(g.short_circuit_power for g in grids), *(STIFFNESS * u.rated_power for u in units)]
    ratio = np.array([*(g.resistance_ratio for g in grids), *(0.1 for _ in units)])
    source = np.asarray(strength) / BASE * np.sqrt(1 + ratio**2) / (ratio + 1j)
    held = np.array([*(g.voltage_ratio for g in grids), *(u.voltage_ratio for u in units)])
    source_node = at[np.concatenate([feeder.utility_node[utilities], feeder.head[outlets]])]
    feeds = np.flatnonzero(at[feeder.feed_node] >= 0)
    factor = np.array(
        [
            *(feeder.rack_load[feeder.feed_rack[k]].power_factor for k in feeds),
            *(ups_at(feeder, int(k)).input_power_factor for k in inlets),
        ]
    )
    inverse = _inverse(nodes.size, (ends, series, shunt), (source_node, source))
    injected = np.zeros((nodes.size, 1), dtype=complex)
    np.add.at(injected[:, 0], source_node, source * held)
    return Tier(
        nodes, inverse, inverse(injected)[:, 0], branches, ends, series, shunt, rating,
        np.array([isinstance(feeder.parts[int(k)], Cable) for k in branches], dtype=np.bool_),
        utilities, outlets, source_node, source, held, feeds, inlets,
        at[np.concatenate([feeder.feed_node[feeds], feeder.tail[inlets]])], np.tan(np.arccos(factor)),
    )  # fmt: skip


def _branch_admittances(feeder: Feeder, branches: Indices) -> tuple[Complex, Complex, Array]:
    """Series and shunt admittances, and the rating [V*A], or as a current at nominal voltage."""
    series, shunt, rating = (np.zeros(branches.size, dtype=kind) for kind in (complex, complex, float))
    for k, place in enumerate(branches.tolist()):
        part, volts = feeder.parts[place], float(feeder.voltage[feeder.tail[place]])
        if isinstance(part, Cable):
            series[k] = volts**2 / BASE / (complex(part.resistance, part.reactance) * feeder.length[place])
            rating[k] = np.sqrt(3) * volts * part.rated_current / BASE
        elif isinstance(part, Transformer):
            size = part.rated_power / BASE
            short, loss = part.short_circuit_voltage, part.short_circuit_loss
            series[k] = size / complex(loss, np.sqrt(short**2 - loss**2))
            idle, iron = part.no_load_current, part.no_load_loss
            shunt[k] = size / 2 * complex(iron, -np.sqrt(idle**2 - iron**2))
            rating[k] = size
    return series, shunt, rating


def _inverse(count: int, branches: tuple[NDArray[np.intp], Complex, Complex], sources: tuple[Indices, Complex]) -> Any:
    """Return a function from injected currents (n, cases) to node voltages."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    (tail, head), series, shunt = branches
    rows = np.concatenate([tail, head, tail, head, sources[0]])
    columns = np.concatenate([tail, head, head, tail, sources[0]])
    values = np.concatenate([series + shunt, series + shunt, -series, -series, sources[1]])
    matrix = coo_array((values, (rows, columns)), (count, count)).tocsc()
    if count > DENSE:
        return splu(matrix).solve
    inverse = np.linalg.inv(matrix.toarray())
    return lambda currents: inverse @ currents


def ups_at(feeder: Feeder, place: int) -> Ups:
    """Return the UPS of a branch."""
    part = feeder.parts[place]
    if not isinstance(part, Ups):
        raise ValueError(f"branch {feeder.branches[place]!r}: must be a UPS here")
    return part
