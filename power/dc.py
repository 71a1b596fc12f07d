"""Voltages and currents of a DC circuit: checks, nodal solve, and what to say where there is no answer.

Contract: as `power.circuit`: voltage times current of an element is the power it takes. Leading axes are a batch.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power import nodal
from power.checks import DidNotConverge
from power.circuit import KINDS, Circuit, Elements

Array = NDArray[np.float64]


class CircuitSolution(NamedTuple):
    """State of a circuit; every array has the batch axes of the inputs in front."""

    node_voltage: Array
    """(..., n) above ground [V]"""
    resistor_current: Array
    """(..., resistors) [A]"""
    source_current: Array
    """(..., voltages) negative where the source delivers [A]"""
    load_current: Array
    """(..., powers) [A]"""
    imbalance: Array
    """(..., n) sum of all element currents out of a node, zero but for rounding [A]"""
    iterations: int
    """Newton steps, one count for the whole batch"""


def solve_circuit(
    circuit: Circuit,
    *,
    voltage: ArrayLike | None = None,
    current: ArrayLike | None = None,
    power: ArrayLike | None = None,
    tolerance: float = 1e-12,
) -> CircuitSolution:
    """Node voltages and element currents of a circuit.

    At each node the element currents sum to zero: V / R through a resistor, P / V through a constant-power load.

    Parameters
    ----------
    circuit : Circuit
    voltage : (..., voltages), in place of the values of the circuit [V]
    current : (..., currents), in place of the values of the circuit [A]
    power : (..., powers), in place of the values of the circuit [W]
    tolerance : float, last Newton step over the largest voltage [1]

    Returns
    -------
    CircuitSolution

    Raises
    ------
    ValueError
        where a value is negative or not finite, a node has no conducting path to ground, or ideal sources in a loop
        do not add to zero.
    DidNotConverge
        where the loads take more than the circuit can transfer; names the load, and how much is too much.

    Notes
    -----
    Nodes joined by ideal sources share one unknown. Without power loads the matrix is factored once for the batch;
    with them every batch element is a block of one matrix, and Newton's start at no load leads down to the upper,
    stable solution: a Jacobian that is not positive definite ends the search. The current around a loop of ideal
    sources is undetermined; the source that closes the loop carries none.

    References
    ----------
    Ho, Ruehli, Brennan (1975), IEEE Trans. Circuits Syst. 22, 504 (nodal analysis, here with ideal sources merged).

    Examples
    --------
    A source of 10 V, 1 ohm in series, a load of 16 W: V = 8 V is the upper root of V (10 - V) = 16.

    >>> from power.circuit import elements
    >>> one = Circuit("gab", 0, elements(1, 2, 1.0), elements(1, 0, 10.0), elements([], [], []), elements(2, 0, 16.0))
    >>> float(solve_circuit(one).node_voltage[2].round(9))
    8.0
    """
    batch, columns = _columns(circuit, voltage, current, power)
    resistance = np.asarray(circuit.resistors.value)
    short = resistance == 0
    groups, ties = _merged(circuit, columns[0], short)
    _connected(circuit)
    real = Elements(circuit.resistors.tail[~short], circuit.resistors.head[~short], 1 / resistance[~short])
    system = _system(circuit, groups, real, columns)
    try:
        unknown, iterations = nodal.newton(system, tolerance)
    except nodal.OverloadError as failure:
        raise DidNotConverge(_diagnosis(circuit, system, batch, *failure.args)) from None
    except nodal.DeadLoadError as failure:
        raise DidNotConverge(_dead(circuit, columns[2], batch, *failure.args)) from None
    except nodal.StiffError:
        least, most = 1 / real.value.max(), 1 / real.value.min()
        raise DidNotConverge(
            f"resistances from {least:.3g} to {most:.3g} ohm in one circuit: rounding takes the answer; join nodes by"
            " 0 ohm in place of the smallest, or leave out the largest"
        ) from None
    level = np.vstack([unknown, np.zeros((1, unknown.shape[1]))])
    node = level[groups.group] + groups.offset
    across = node[circuit.powers.tail] - node[circuit.powers.head]
    drawn = np.divide(columns[2], across, out=np.zeros_like(across), where=columns[2] > 0)
    flow = np.zeros((resistance.size, node.shape[1]))
    flow[~short] = real.value[:, None] * (node[real.tail] - node[real.head])
    leaving = _leaving(circuit.resistors, flow, len(circuit.nodes))
    leaving += _leaving(circuit.currents, columns[1], len(circuit.nodes))
    leaving += _leaving(circuit.powers, drawn, len(circuit.nodes))
    tied = nodal.tie_currents(groups, ties, leaving)
    sources, flow[short] = tied[: len(circuit.voltages.value)], tied[len(circuit.voltages.value) :]
    imbalance = leaving + _leaving(ties, tied, len(circuit.nodes))
    everything = (node, flow, sources, drawn, imbalance)
    nodes, through, delivered, taken, left = (values.T.reshape(*batch, values.shape[0]) for values in everything)
    return CircuitSolution(nodes, through, delivered, taken, left, iterations)


def _columns(circuit: Circuit, *given: ArrayLike | None) -> tuple[tuple[int, ...], list[Array]]:
    """Batch axes, and values of voltages, currents and powers as `(elements, batch)`; checks every value."""
    _checked(circuit, "resistance", circuit.resistors, circuit.resistors.value, least=0.0)
    arrays = []
    bounds = (-np.inf, -np.inf, 0.0)
    for kind, part, values, least in zip(KINDS[1:], circuit[3:], given, bounds, strict=True):
        array = np.asarray(part.value if values is None else values, dtype=float)
        if array.shape[-1:] != part.value.shape:
            raise ValueError(f"{kind} has shape {array.shape}: must be (..., {part.value.size}), one per element")
        _checked(circuit, kind, part, array, least)
        arrays.append(array)
    batch = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    wide = (np.broadcast_to(array, (*batch, array.shape[-1])) for array in arrays)
    return batch, [array.reshape(math.prod(batch), array.shape[-1]).T for array in wide]


def _checked(circuit: Circuit, kind: str, part: Elements, values: Array, least: float) -> None:
    if not part.tail.shape == part.head.shape == part.value.shape:
        raise ValueError(
            f"{kind}: {part.tail.size} tails, {part.head.size} heads, {part.value.size} values: must agree"
        )
    wrong = ~(np.isfinite(values) & (values >= least))
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        bound = "finite" if least == -np.inf else "finite and >= 0"
        raise ValueError(f"{kind} of {_name(part, at[-1])} = {values[at]}: must be {bound}")
    ends = np.concatenate([part.tail, part.head])
    if np.any((ends < 0) | (ends >= len(circuit.nodes))):
        raise ValueError(f"{kind}: node index outside 0 to {len(circuit.nodes) - 1}")


def _name(part: Elements, place: int) -> str:
    return repr(part.names[place]) if part.names else f"element {place}"


def _merged(circuit: Circuit, voltage: Array, short: NDArray[np.bool_]) -> tuple[nodal.Groups, nodal.Ties]:
    sources, resistors = circuit.voltages, circuit.resistors
    ties = nodal.Ties(
        np.concatenate([sources.tail, resistors.tail[short]]),
        np.concatenate([sources.head, resistors.head[short]]),
        np.vstack([voltage, np.zeros((int(short.sum()), voltage.shape[1]))]),
    )
    try:
        return nodal.merge(len(circuit.nodes), circuit.ground, ties), ties
    except nodal.LoopError as failure:
        place, left = failure.args
        places = np.flatnonzero(short)
        name = _name(sources, place) if place < len(voltage) else _name(resistors, places[place - len(voltage)])
        raise ValueError(
            f"voltage of {name} closes a loop of ideal sources that does not add to zero ({abs(left):.6g} V left):"
            " make the voltages equal, or put a resistance into the loop"
        ) from None


def _connected(circuit: Circuit) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = [np.concatenate(pair) for pair in zip(circuit.resistors[:2], circuit.voltages[:2], strict=True)]
    count = len(circuit.nodes)
    _, piece = connected_components(coo_array((np.ones(ends[0].size), tuple(ends)), (count, count)), directed=False)
    floating = np.flatnonzero(piece != piece[circuit.ground])
    if floating.size:
        names = ", ".join(repr(circuit.nodes[node]) for node in floating[:5])
        more = f" and {floating.size - 5} more" if floating.size > 5 else ""
        raise ValueError(
            f"floating nodes {names}{more}: no path of resistors and voltage sources to ground"
            f" {circuit.nodes[circuit.ground]!r}; connect or remove them"
        )


def _system(circuit: Circuit, groups: nodal.Groups, real: Elements, columns: list[Array]) -> nodal.System:
    through = nodal.incidence(real.tail, real.head, groups)
    lift = groups.offset[real.tail] - groups.offset[real.head]
    drawn = nodal.incidence(circuit.currents.tail, circuit.currents.head, groups).T @ columns[1]
    loads = nodal.incidence(circuit.powers.tail, circuit.powers.head, groups)
    shift = groups.offset[circuit.powers.tail] - groups.offset[circuit.powers.head]
    return nodal.System(through, real.value, lift, drawn, loads, shift, columns[2])


def _leaving(part: Elements | nodal.Ties, current: Array, nodes: int) -> Array:
    total = np.zeros((nodes, current.shape[1]))
    np.add.at(total, part.tail, current)
    np.subtract.at(total, part.head, current)
    return total


def _diagnosis(circuit: Circuit, system: nodal.System, batch: tuple[int, ...], column: int) -> str:
    """Which case fails, what share of its power loads it carries, and which weighs most then, power times sag."""
    alone = system._replace(**{name: getattr(system, name)[:, column : column + 1] for name in _BATCHED})
    carried, failing = 0.0, 1.0
    idle, _ = nodal.newton(alone._replace(power=0 * alone.power), 1e-9)
    state = idle
    for _ in range(26):
        share = (carried + failing) / 2
        try:
            state, carried = nodal.newton(alone._replace(power=share * alone.power), 1e-9)[0], share
        except nodal.OverloadError:
            failing = share
    across, free = (np.abs(system.loads @ u + alone.shift)[:, 0] for u in (state, idle))
    watts = alone.power[:, 0]
    weakest = int((watts * (1 - across / np.maximum(free, 1e-300))).argmax())
    return (
        f"{_case(batch, column)}power of {_name(circuit.powers, weakest)} = {watts[weakest]:.6g} W is"
        f" {watts[weakest] * (1 - carried):.4g} W beyond the transferable: with all power loads at"
        f" {min(carried, 0.9999):.2%} it sags to {across[weakest]:.4g} V of {free[weakest]:.4g} V, and"
        " nothing more flows; lower the load, add copper, or raise the voltage"
    )


_BATCHED = ("lift", "drawn", "shift", "power")


def _dead(circuit: Circuit, power: Array, batch: tuple[int, ...], column: int, load: int, turned: bool) -> str:
    """Which load has no voltage to draw from, or one that constant currents have turned."""
    why = (
        "constant currents turn the voltage across it round; lower them, or its resistances"
        if turned
        else "there is no voltage across it before it draws; put it between two nodes that a source holds apart"
    )
    return f"{_case(batch, column)}power of {_name(circuit.powers, load)} = {power[load, column]:.6g} W: {why}"


def _case(batch: tuple[int, ...], column: int) -> str:
    """Place in a batch of more than one, for messages."""
    place = [int(axis) for axis in np.unravel_index(column, batch)] if math.prod(batch) > 1 else []
    return f"case {place}: " if place else ""
