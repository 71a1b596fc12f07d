"""DC circuits of any shape: resistors, ideal sources, constant-current and constant-power loads.

Contract: every element has a tail and a head; its current is positive from tail to head inside it, its voltage is that
of the tail above the head, so voltage times current is the power it takes (a source takes a negative one).
"""

from collections.abc import Hashable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import networkx as nx

Array = NDArray[np.float64]

KINDS = ("resistance", "voltage", "current", "power")
"""edge attributes, in the order of the element fields of `Circuit`"""


class Elements(NamedTuple):
    """Elements of one kind."""

    tail: NDArray[np.intp]
    """(m,) node index of the + terminal"""
    head: NDArray[np.intp]
    """(m,) node index of the - terminal"""
    value: Array
    """(m,) resistance [ohm], voltage [V], current [A] or power [W]"""
    names: Sequence[Hashable] = ()
    """(m,) for messages; numbered where empty"""


class Circuit(NamedTuple):
    """A circuit as flat arrays."""

    nodes: Sequence[Hashable]
    """names of the nodes; an element names a node by its place here"""
    ground: int
    """index of the node at 0 V"""
    resistors: Elements
    """0 ohm joins two nodes"""
    voltages: Elements
    """ideal sources, V(tail) - V(head)"""
    currents: Elements
    """constant-current loads; a source is one of negative value"""
    powers: Elements
    """constant-power loads"""


def elements(tail: ArrayLike, head: ArrayLike, value: ArrayLike, names: Sequence[Hashable] = ()) -> Elements:
    """Return elements of one kind from node indices and values.

    Parameters
    ----------
    tail : (m,), node index of the + terminal [1]
    head : (m,), node index of the - terminal [1]
    value : (m,) or scalar, in the unit of the kind [ohm] [V] [A] [W]
    names : (m,), for messages

    Returns
    -------
    Elements

    References
    ----------
    Derived: the arrays as given, broadcast.

    Examples
    --------
    >>> elements([0, 1], [1, 2], 5.0).value
    array([5., 5.])
    """
    ends = np.atleast_1d(np.asarray(tail, dtype=np.intp)), np.atleast_1d(np.asarray(head, dtype=np.intp))
    return Elements(*ends, np.broadcast_to(np.asarray(value, dtype=float), ends[0].shape), names)


def circuit_of(graph: "nx.MultiGraph", ground: Hashable = 0) -> Circuit:
    """Compile a networkx graph to arrays.

    Parameters
    ----------
    graph : Graph, MultiGraph or a directed one; each edge has exactly one of the attributes `resistance` [ohm],
        `voltage` [V], `current` [A], `power` [W], and may have a `name`. On an undirected graph an edge with `voltage`
        or `current` also has `positive`, its + terminal: the higher node of a source, the node a load draws from. On a
        directed graph the edge starts at it.
    ground : the node at 0 V

    Returns
    -------
    Circuit
        Nodes and elements in the order of the graph.

    Raises
    ------
    ValueError
        where ground is no node, or an edge has none or two of the attributes, no `positive`, or one that is no number.

    References
    ----------
    Derived: edge by edge.

    Examples
    --------
    >>> import networkx as nx
    >>> from power.dc import solve_circuit
    >>> graph = nx.MultiGraph()
    >>> _ = graph.add_edge("bar", 0, voltage=50.0, positive="bar")
    >>> _ = graph.add_edge("bar", "tray", resistance=0.01)
    >>> _ = graph.add_edge("tray", 0, power=6000.0)
    >>> solve_circuit(circuit_of(graph)).node_voltage.round(4)
    array([50.    ,  0.    , 48.7697])
    """
    if ground not in graph:
        raise ValueError(f"ground = {ground!r}: must be a node of the graph")
    index = {node: place for place, node in enumerate(graph)}
    found: dict[str, list[tuple[int, int, float, Hashable]]] = {kind: [] for kind in KINDS}
    for u, v, data in graph.edges(data=True):
        kind, tail, head = _edge(graph, u, v, data)
        found[kind].append((index[tail], index[head], data[kind], data.get("name", f"{tail}-{head}")))
    parts = (tuple(zip(*found[kind], strict=True)) or ((), (), (), ()) for kind in KINDS)
    return Circuit(tuple(graph), index[ground], *(elements(*part) for part in parts))


def _edge(graph: "nx.MultiGraph", u: Hashable, v: Hashable, data: dict[str, Any]) -> tuple[str, Hashable, Hashable]:
    """Kind, tail and head of an edge."""
    kinds = [kind for kind in KINDS if kind in data]
    if len(kinds) != 1:
        raise ValueError(f"edge {u!r}-{v!r} has {kinds or 'none'} of {', '.join(KINDS)}: must have exactly one")
    if not isinstance(data[kinds[0]], Real):
        raise ValueError(f"edge {u!r}-{v!r}: {kinds[0]} = {data[kinds[0]]!r}: must be a number in SI units")
    positive = data.get("positive", u if graph.is_directed() or kinds[0] in ("resistance", "power") else None)
    if positive is None or positive not in (u, v):
        raise ValueError(f"edge {u!r}-{v!r}: positive = {positive!r}: must be {u!r} or {v!r}, the + terminal")
    return (kinds[0], u, v) if positive == u else (kinds[0], v, u)
