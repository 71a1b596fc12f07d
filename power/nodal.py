"""The numerics of a DC circuit: ideal sources merged into node groups, one sparse matrix, Newton on loads.

Contract: node and element arrays are `(count, batch)`; a current is positive from tail to head inside its element.
Within a group, nodes differ by known voltages (`offset`), so a group has one unknown; the group of ground has none.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

ITERATIONS = 60
"""Newton needs 4 to 6; each further one halves the distance to the transfer limit that it can resolve"""
LOOP_TOLERANCE = 1e-9
"""by which voltages around a loop of ideal sources may differ from zero, over the largest of them [1]"""
NOTHING = 1e-9
"""a voltage below this share of the largest is what rounding leaves of none [1]"""
REFINEMENTS = 8
"""of a linear solution; one or two do where resistances are within ten orders of magnitude"""


class LoopError(Exception):
    """Its arguments are the tie that closes a loop and the voltage left around it."""


class OverloadError(Exception):
    """Its argument is the column of the batch that has no solution."""


class DeadLoadError(Exception):
    """Its arguments are the column of the batch, a load without the voltage it needs, and whether it is turned."""


class StiffError(Exception):
    """Conductances lie so far apart that rounding takes the answer."""


class Ties(NamedTuple):
    """Elements that fix a voltage: ideal sources and resistors of zero ohm."""

    tail: Index
    head: Index
    voltage: Array  # (ties, batch)


class Groups(NamedTuple):
    """Nodes held together by ties, each group a tree with a root."""

    group: Index  # (nodes,) of each node; the group of ground is the last
    unknowns: int  # groups without that of ground
    offset: Array  # (nodes, batch) voltage above the root
    order: Index  # nodes that have a parent, the root's first
    parent: Index  # (nodes,) a root is its own
    tie: Index  # (nodes,) to the parent, -1 at a root


class System(NamedTuple):
    """What Newton reads: A U + base + M^T (P / w) = 0 with w = M U + shift, one column per batch element."""

    through: Any  # (resistors, groups) incidence
    conductance: Array  # (resistors,)
    lift: Array  # (resistors, batch) voltage across a resistor at U = 0
    drawn: Array  # (groups, batch) constant current out of a group
    loads: Any  # (loads, groups) incidence of the power loads
    shift: Array  # (loads, batch) voltage across a load at U = 0
    power: Array  # (loads, batch)


def merge(nodes: int, ground: int, ties: Ties) -> Groups:
    """Group the nodes that ties join, with voltages above the root of each group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    shape = (nodes + 1, nodes + 1)
    count, group = connected_components(coo_array((np.ones(ties.tail.size), (ties.tail, ties.head)), shape), False)
    count, group = count - 1, group[:-1]
    group = (group + count - 1 - group[ground]) % count
    _, roots = np.unique(group, return_index=True)
    roots[-1] = ground
    ends = np.concatenate([ties.tail, np.full(count, nodes)]), np.concatenate([ties.head, roots])
    forest = coo_array((np.ones(ends[0].size), ends), shape).tocsr()
    order, parent = breadth_first_order(forest, nodes, directed=False)
    parent = np.where(parent == nodes, np.arange(nodes + 1), parent)[:-1].astype(np.intp)
    tie, rise = _tree(ties, parent)
    offset = _potential(parent, rise)
    left = offset[ties.tail] - offset[ties.head] - ties.voltage
    if np.any(np.abs(left) > LOOP_TOLERANCE * np.abs(ties.voltage).max(initial=0.0)):
        worst = np.unravel_index(np.abs(left).argmax(), left.shape)
        raise LoopError(int(worst[0]), float(left[worst]))
    return Groups(group, count - 1, offset, order[count + 1 :].astype(np.intp), parent, tie)


def _tree(ties: Ties, parent: Index) -> tuple[Index, Array]:
    """Tie of each node to its parent, and voltage of the node above it."""
    tie, rise = np.full(parent.size, -1), np.zeros((parent.size, ties.voltage.shape[1]))
    proper = ties.tail != ties.head
    for child, above, sign in ((ties.tail, ties.head, 1.0), (ties.head, ties.tail, -1.0)):
        chosen = np.flatnonzero(proper & (parent[child] == above))
        tie[child[chosen]] = chosen
        chosen = chosen[tie[child[chosen]] == chosen]
        rise[child[chosen]] = sign * ties.voltage[chosen]
    return tie, rise


def _potential(parent: Index, rise: Array) -> Array:
    """Voltage above the root: each pass doubles the number of ties that a node looks up."""
    while not np.array_equal(parent[parent], parent):
        rise, parent = rise + rise[parent], parent[parent]
    return rise


def tie_currents(groups: Groups, ties: Ties, leaving: Array) -> Array:
    """Current of each tie from what leaves each node through all other elements; a tie that closes a loop has none.

    A node's tie to its parent feeds all that hangs below the node: one triangular solve.
    """
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    current = np.zeros((ties.tail.size, leaving.shape[1]))
    if groups.order.size == 0:
        return current
    backward = groups.order[::-1]
    place = np.full(groups.parent.size, -1)
    place[backward] = np.arange(backward.size)
    up = place[groups.parent[backward]]
    ones, here = np.ones(backward.size), np.arange(backward.size)
    rows, columns = np.concatenate([here, up[up >= 0]]), np.concatenate([here, here[up >= 0]])
    tree = csc_array((np.concatenate([ones, -ones[up >= 0]]), (rows, columns)))
    fed = splu(tree, permc_spec="NATURAL", diag_pivot_thresh=0.0).solve(leaving[backward])
    tie = groups.tie[backward]
    current[tie] = np.where(ties.tail[tie] == backward, -1.0, 1.0)[:, None] * fed
    return current


def incidence(tail: Index, head: Index, groups: Groups) -> Any:
    """+1 at the group of the tail, -1 at that of the head; the column of ground is left out."""
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(tail.size), 2)
    columns = groups.group[np.column_stack([tail, head])].ravel()
    signs = np.tile([1.0, -1.0], tail.size)
    return csr_array((signs, (rows, columns)), shape=(tail.size, groups.unknowns + 1))[:, : groups.unknowns]


def factor(matrix: Any) -> tuple[Callable[[Array], Array], int]:
    """Solver of a symmetric matrix, and its first column with a pivot that is not positive, -1 where there is none.

    Without row exchange the pivots have the signs of the eigenvalues: all positive means positive definite.
    """
    from scipy.sparse.linalg import splu

    if matrix.shape[0] == 0:
        return lambda right: right, -1
    options = {"SymmetricMode": True}
    try:
        lu = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    except RuntimeError:  # exactly singular
        return lambda right: right, 0
    exchanged = lu.perm_r != lu.perm_c
    bad = np.argsort(lu.perm_c)[~(lu.U.diagonal() > 0)]
    bad = np.concatenate([bad, np.flatnonzero(exchanged)])
    return lu.solve, int(bad.min()) if bad.size else -1


def newton(system: System, tolerance: float) -> tuple[Array, int]:
    """Voltage of each group; starts at no load, from where constant-power loads to ground only pull it down."""
    from scipy.sparse import eye_array, kron

    matrix = (system.through.T * system.conductance) @ system.through
    solve, _ = factor(matrix)
    voltage, iterations = _linear(system, solve, tolerance)
    if not np.any(system.power):
        return voltage, iterations
    sign = _polarity(system, -solve(_leaving(system, 0 * voltage) - system.drawn), voltage)
    batch = voltage.shape[1]
    blocks = kron(eye_array(batch), matrix)
    loads = kron(eye_array(batch), system.loads).tocsr()
    scale = max(float(np.abs(voltage).max(initial=0.0)), float(np.abs(system.shift).max()))
    for iteration in range(1, ITERATIONS + 1):
        current, slope = _drawn(system, voltage, sign)
        residual = _leaving(system, voltage) + system.loads.T @ current
        solve, bad = factor(blocks - loads.T @ (loads * slope.T.reshape(-1, 1)))
        if bad >= 0:
            raise OverloadError(bad // len(voltage))
        step = solve(residual.T.ravel()).reshape(batch, -1).T
        voltage = voltage - step
        late = ~(np.abs(step) <= tolerance * scale).all(axis=0)
        if not late.any():
            _drawn(system, voltage, sign)
            return voltage, iteration
    raise OverloadError(int(late.argmax()))


def _leaving(system: System, voltage: Array) -> Array:
    """Current out of each group, power loads left out; by resistors, for sums of conductances have lost digits."""
    flow = system.conductance[:, None] * (system.through @ voltage + system.lift)
    return np.asarray(system.through.T @ flow + system.drawn)


def _linear(system: System, solve: Callable[[Array], Array], tolerance: float) -> tuple[Array, int]:
    """Voltage of each group without power loads, and solves; refined until rounding is all that is left."""
    voltage = -solve(_leaving(system, np.zeros_like(system.drawn)))
    for count in range(2, REFINEMENTS + 2):
        step = solve(_leaving(system, voltage))
        voltage = voltage - step
        scale = np.abs(voltage).max(initial=0.0) + np.abs(system.lift).max(initial=0.0)
        if np.abs(step).max(initial=0.0) <= max(tolerance, 1e-14) * scale:
            return voltage, count
    if not np.abs(step).max() <= NOTHING * scale:
        raise StiffError
    return voltage, count


def _polarity(system: System, ideal: Array, idle: Array) -> Array:
    """Sign of the voltage across each load; constant currents must not have turned what the ideal sources set."""
    highest = np.maximum(np.abs(idle).max(axis=0, initial=0.0), np.abs(system.shift).max(axis=0, initial=0.0))
    sign, meant = (_signs(system.loads @ voltage + system.shift, highest) for voltage in (idle, ideal))
    wrong = (system.power > 0) & ((sign == 0) | (sign * meant < 0))
    if wrong.any():
        column = int(wrong.any(axis=0).argmax())
        load = int(wrong[:, column].argmax())
        raise DeadLoadError(column, load, bool(sign[load, column]))
    return sign


def _signs(voltage: Array, highest: Array) -> Array:
    return np.asarray(np.where(np.abs(voltage) > NOTHING * highest, np.sign(voltage), 0.0))


def _drawn(system: System, voltage: Array, sign: Array) -> tuple[Array, Array]:
    """Current of each power load, and how it falls with the voltage across it."""
    across = system.loads @ voltage + system.shift
    drawing = system.power > 0
    turned = drawing & ~(across * sign > 0)
    if turned.any():
        raise OverloadError(int(turned.any(axis=0).argmax()))
    current = np.divide(system.power, across, out=np.zeros_like(across), where=drawing)
    return current, np.divide(current, across, out=np.zeros_like(across), where=drawing)
