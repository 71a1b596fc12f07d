"""AC load flow of a distribution: one call for many scenarios, losses by branch.

Contract: power is positive from the utility to the racks; leading axes are a batch. A UPS parts the network: what lies
below it is solved first, then it is a load on what lies above.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power import load_flow
from power.checks import DidNotConverge
from power.feeders import Feeder, Indices
from power.ups import Ups, ups_loss

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


class FeederSolution(NamedTuple):
    """State of a distribution; every array has the batch axes of the inputs in front."""

    node_voltage: Array
    """(..., n) over nominal, 0 where nothing supplies the node [1]"""
    branch_power: Array
    """(..., m) active power into the supply side [W]"""
    branch_loss: Array
    """(..., m) [W]"""
    branch_loading: Array
    """(..., m) current of a cable, apparent power of a transformer, output of a UPS, over its rating [1]"""
    utility_power: Array
    """(..., s) active power out of each utility [W]"""
    utility_reactive: Array
    """(..., s) reactive power out of each utility, as watts [W]"""
    feed_power: Array
    """(..., f) active power of each feed of a rack [W]"""
    rack_lost: Bools
    """(..., r) whether no live node feeds the rack"""


def solve_feeder(
    feeder: Feeder,
    *,
    power: ArrayLike | None = None,
    closed: ArrayLike | None = None,
    tolerance: float = 1e-10,
    threads: int = 1,
) -> FeederSolution:
    """Voltages, flows and losses of a distribution with racks of constant power.

    Parameters
    ----------
    feeder : Feeder
    power : (..., r), active power of each rack, in place of that of its `RackLoad` [W]
    closed : (..., m), whether each branch conducts; all of them where it is left out [1]
    tolerance : float, last Newton step of any node voltage over nominal [1]
    threads : int, of the load flow

    Returns
    -------
    FeederSolution

    Raises
    ------
    ValueError
        where a power is negative or not finite, or a shape does not fit.
    DidNotConverge
        where racks take more than the network can transfer; names the rack, and how much is too much.

    Notes
    -----
    The live feeds of a rack carry equal parts of its power. A rack without one is lost and draws nothing. A UPS is live
    where its input is: this is the state after its battery has run out. The losses of the branches add up to what the
    utilities deliver minus what the racks take, and `power_imbalance` shows it node by node.

    References
    ----------
    Xiang, Salemink, Stoeller, Bharambe, van Westering (2023), Power Grid Model, CIRED 2023, paper 10960.

    Examples
    --------
    10 kW at unity power factor through 0.1 ohm from 415 V: V (V0 - V) = P R, loss P (V0 - V) / V.

    >>> import networkx as nx
    >>> from power.feeders import Cable, RackLoad, Utility, feeder_of
    >>> graph = nx.DiGraph()
    >>> ideal = Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
    >>> graph.add_node("grid", voltage=415.0, utility=ideal)
    >>> graph.add_node("rack", voltage=415.0, load=RackLoad(power=10e3, power_factor=1.0))
    >>> graph.add_edge("grid", "rack", part=Cable(resistance=1e-3, reactance=0.0, rated_current=100.0), length=100.0)
    >>> found = solve_feeder(feeder_of(graph))
    >>> found.branch_loss.round(3), (415 * found.node_voltage[1]).round(4)
    (array([58.748]), np.float64(412.5762))
    """
    watts, shut, batch = _columns(feeder, power, closed)
    alive = _alive(feeder, shut)
    feeds = alive[:, feeder.feed_node].astype(float)
    count = feeds @ _onehot(feeder.feed_rack, len(feeder.racks))
    share = np.divide(1.0, count, out=np.zeros_like(count), where=count > 0)
    feed = watts[:, feeder.feed_rack] * feeds * share[:, feeder.feed_rack]
    cases = np.broadcast_shapes(watts.shape[:1], shut.shape[:1])[0]
    state = load_flow.blank(feeder, cases)
    conducts = shut & alive[:, feeder.tail]
    for depth in range(int(feeder.depth.max()), -1, -1):
        stage = load_flow.stage(feeder, depth)
        load = load_flow.StageLoad(feed, state.branch_power, conducts)
        try:
            load_flow.solve(feeder, stage, load, state, load_flow.Options(tolerance, threads))
        except load_flow.OverloadError as failure:
            place = np.unravel_index(failure.args[0], batch) if math.prod(batch) > 1 else ()
            where = f"case {[int(axis) for axis in place]}: " if place else ""
            raise DidNotConverge(where + failure.args[1]) from None
        _through_ups(feeder, stage.fed, state, conducts)
    feed = np.broadcast_to(feed, (cases, feed.shape[1]))
    lost = np.broadcast_to(count == 0, (cases, len(feeder.racks))).reshape(*batch, len(feeder.racks))
    voltage, drawn, loss, loading, active, reactive, fed = (
        array.reshape(*batch, array.shape[1]) for array in (*state, feed)
    )
    return FeederSolution(voltage, drawn, loss, loading, active, reactive, fed, lost)


def _through_ups(feeder: Feeder, fed: Indices, state: load_flow.State, conducts: Bools) -> None:
    """From the output of each UPS to its input, for the stage above; one that is not live stands still."""
    for place in fed:
        part = feeder.parts[place]
        if isinstance(part, Ups):
            output = state.branch_power[:, place].copy()
            state.branch_loss[:, place] = np.where(conducts[:, place], ups_loss(part, output), 0.0)
            state.branch_loading[:, place] = output / part.rated_power
            state.branch_power[:, place] = output + state.branch_loss[:, place]


def power_imbalance(feeder: Feeder, solution: FeederSolution) -> Array:
    """Active power into each node minus what leaves it and what is used there.

    Parameters
    ----------
    feeder : Feeder
    solution : FeederSolution

    Returns
    -------
    (..., n), zero but for rounding [W]

    References
    ----------
    Derived: conservation of energy.

    Examples
    --------
    >>> import networkx as nx
    >>> from power.feeders import RackLoad, Utility, feeder_of
    >>> graph = nx.DiGraph()
    >>> grid = Utility(voltage_ratio=1.0, short_circuit_power=1e9, resistance_ratio=0.1)
    >>> graph.add_node("rack", voltage=415.0, utility=grid, load=RackLoad(power=10e3, power_factor=1.0))
    >>> feeder = feeder_of(graph)
    >>> bool(abs(power_imbalance(feeder, solve_feeder(feeder))) < 1e-6)
    True
    """
    count = len(feeder.nodes)
    arriving = (solution.branch_power - solution.branch_loss) @ _onehot(feeder.head, count)
    arriving += solution.utility_power @ _onehot(feeder.utility_node, count)
    leaving = solution.branch_power @ _onehot(feeder.tail, count)
    return arriving - leaving - solution.feed_power @ _onehot(feeder.feed_node, count)


class Violation(NamedTuple):
    """One limit, and how far the worst case is beyond it."""

    part: Any
    """name of the node or branch"""
    quantity: str
    """voltage, loading or power"""
    value: float
    """over nominal or rating [1], or the power [W]"""
    limit: float
    """in the same unit"""
    case: tuple[int, ...]
    """place in the batch"""


def broken_limits(
    feeder: Feeder, solution: FeederSolution, *, voltage_min: float, voltage_max: float, loading_max: float = 1.0
) -> list[Violation]:
    """Limits that some case breaks: voltage at live nodes, loading of branches, power through nodes.

    Parameters
    ----------
    feeder : Feeder
    solution : FeederSolution
    voltage_min : float, over nominal [1]
    voltage_max : float, over nominal [1]
    loading_max : float, over rating [1]

    Returns
    -------
    list of Violation
        One per part and limit, with its worst case.

    Raises
    ------
    ValueError
        where the voltages are not in order.

    References
    ----------
    Derived: comparison; the active power through a node is what its feeds and utilities deliver.

    Examples
    --------
    >>> import networkx as nx
    >>> from power.feeders import RackLoad, Utility, feeder_of
    >>> graph = nx.DiGraph()
    >>> grid = Utility(voltage_ratio=1.0, short_circuit_power=1e9, resistance_ratio=0.1)
    >>> load = RackLoad(power=80e3, power_factor=1.0)
    >>> graph.add_node("pdu", voltage=415.0, utility=grid, load=load, capacity=75e3)
    >>> feeder = feeder_of(graph)
    >>> [(part, quantity, round(value)) for part, quantity, value, *_ in broken_limits(
    ...     feeder, solve_feeder(feeder), voltage_min=0.95, voltage_max=1.05)]
    [('pdu', 'power', 80000)]
    """
    if not 0 < voltage_min < voltage_max:
        raise ValueError(f"voltage_min = {voltage_min}, voltage_max = {voltage_max}: must be 0 < min < max")
    through = (solution.branch_power - solution.branch_loss) @ _onehot(feeder.head, len(feeder.nodes))
    through += solution.utility_power @ _onehot(feeder.utility_node, len(feeder.nodes))
    live = np.where(solution.node_voltage > 0, solution.node_voltage, np.nan)
    loading = np.full(len(feeder.branches), loading_max)
    return [
        *_broken(feeder.nodes, "voltage", live, np.full(len(feeder.nodes), voltage_min), -1),
        *_broken(feeder.nodes, "voltage", live, np.full(len(feeder.nodes), voltage_max), 1),
        *_broken(feeder.branches, "loading", solution.branch_loading, loading, 1),
        *_broken(feeder.nodes, "power", through, feeder.capacity, 1),
    ]


def _broken(names: Sequence[Any], quantity: str, values: Array, limits: Array, sign: int) -> list[Violation]:
    """Worst case of each part beyond its limit; sign 1 for an upper limit."""
    if not values.size:
        return []
    beyond = np.nan_to_num(sign * (values - limits), nan=-np.inf, neginf=-np.inf)
    flat = beyond.reshape(math.prod(beyond.shape[:-1]), len(names))
    worst = flat.argmax(axis=0)
    found = []
    for part in np.flatnonzero(flat[worst, np.arange(len(names))] > 0).tolist():
        case = tuple(int(axis) for axis in np.unravel_index(worst[part], beyond.shape[:-1]))
        found.append(Violation(names[part], quantity, float(values[(*case, part)]), float(limits[part]), case))
    return found


def _columns(feeder: Feeder, power: ArrayLike | None, closed: ArrayLike | None) -> tuple[Array, Bools, tuple[int, ...]]:
    """Powers and switches with one batch axis, of length 1 where they do not vary; and the batch axes."""
    watts = np.asarray([load.power for load in feeder.rack_load] if power is None else power, dtype=float)
    shut = np.asarray(np.ones(len(feeder.branches)) if closed is None else closed, dtype=bool)
    for name, shape, count in (("power", watts.shape, len(feeder.racks)), ("closed", shut.shape, len(feeder.branches))):
        if shape[-1:] != (count,):
            raise ValueError(f"{name} has shape {shape}: must be (..., {count}), one per rack or branch")
    wrong = ~(np.isfinite(watts) & (watts >= 0))
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        raise ValueError(f"power of rack {feeder.racks[int(at[-1])]!r} = {watts[at]}: must be finite and >= 0 W")
    batch = np.broadcast_shapes(watts.shape[:-1], shut.shape[:-1])
    arrays = []
    for array in (watts, shut):
        if array.ndim > 1:
            array = np.broadcast_to(array, (*batch, array.shape[-1]))
        arrays.append(array.reshape(math.prod(array.shape[:-1]), array.shape[-1]))
    return arrays[0], arrays[1], batch


def _alive(feeder: Feeder, shut: Bools) -> Bools:
    """(cases, n) whether a way of closed branches leads to a utility; a UPS conducts one way only."""
    cases, count = shut.shape[0], len(feeder.nodes)
    alive = np.zeros((cases, count), dtype=bool)
    if shut.all():
        return ~alive
    alive[:, feeder.utility_node] = True
    onto, back = _onehot(feeder.head, count), _onehot(feeder.tail, count)
    two_way = np.array([not isinstance(part, Ups) for part in feeder.parts])
    while True:
        reached = alive | ((shut & alive[:, feeder.tail]) @ onto > 0)
        reached |= (shut & two_way & reached[:, feeder.head]) @ back > 0
        if np.array_equal(reached, alive):
            return alive
        alive = reached


def _onehot(places: NDArray[np.intp], count: int) -> Any:
    """(elements, count) sparse, one where the element stands."""
    from scipy.sparse import csr_array

    size = len(places)
    return csr_array((np.ones(size), places, np.arange(size + 1)), (size, count))
