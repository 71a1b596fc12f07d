"""The busbar as a finite-volume ladder: nodes at slots, constant-power loads, sources behind a resistance.

Contract: nodes run from the top of the rack to the bottom on the last axis, any batch axes in front; both
poles are folded into one loop resistance. A section current is positive downward, a source current into the
bar, a load current out of it; losses are positive.
"""

from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.checks import Overload

Array = NDArray[np.float64]

ITERATIONS = 50
"""Newton needs 3 to 5; each further one halves the distance to the transfer limit that it can resolve"""


class BusbarSolution(NamedTuple):
    """State of a bar; every array has the batch axes of the inputs in front."""

    node_voltage: Array
    """(..., n) bar at the slot [V]"""
    load_voltage: Array
    """(..., n) behind the clip of the load [V]"""
    load_current: Array
    """(..., n) out of the bar [A]"""
    source_current: Array
    """(..., n) into the bar [A]"""
    section_current: Array
    """(..., n-1) from a node to the one below [A]"""
    section_loss: Array
    """(..., n-1) heat of the bar [W]"""
    contact_loss: Array
    """(..., n) heat of the clip of the load [W]"""
    source_loss: Array
    """(..., n) source voltage minus bar voltage, times source current [W]"""
    iterations: int
    """Newton steps, one count for the whole batch"""


class _Ladder(NamedTuple):
    """What Newton reads; its unknown is bar voltage minus `reference`, so millivolts keep their digits."""

    section: Array  # conductance to the node below, 0 below the last one
    source: Array  # conductance to the source, 0 where there is none
    excess: Array  # source voltage minus reference
    reference: Array  # (..., 1) highest source voltage of the rack
    contact: Array
    power: Array
    current: Array


class _OverloadError(Exception):
    """Its argument is the flat index of a node of the rack that fails."""


def solve_busbar(  # noqa: PLR0913  the physics of one ladder, every one an array
    section_resistance: ArrayLike,
    load_power: ArrayLike,
    source_voltage: ArrayLike,
    source_resistance: ArrayLike,
    contact_resistance: ArrayLike,
    *,
    load_current: ArrayLike = 0.0,
    start: Array | None = None,
    tolerance: float = 1e-12,
) -> BusbarSolution:
    """Voltages, currents and losses of a bar with constant-power loads behind their clips.

    At each node (E - V) / Rs + I_above - I_below = I(V), and behind the clip (V - Rc I) (I - J) = P, so with
    W = V - Rc J the load draws I = J + 2 P / (W + sqrt(W^2 - 4 Rc P)), finite as Rc goes to 0.

    Parameters
    ----------
    section_resistance : (..., n-1), loop resistance between neighbouring nodes [ohm]
    load_power : (..., n), constant power behind the clip [W]
    source_voltage : (..., n), no-load voltage of the source at the node, ignored where there is none [V]
    source_resistance : (..., n), source to bar, clip included, inf where there is no source [ohm]
    contact_resistance : (..., n), clip of the load [ohm]
    load_current : (..., n), constant current through the same clip [A]
    start : (..., n), node voltages to start from; guides the search, never the answer [V]
    tolerance : float, last Newton step over the highest source voltage of the rack [1]

    Returns
    -------
    BusbarSolution

    Raises
    ------
    ValueError
        where an input is not finite, has the wrong sign, or a rack has no source.
    DidNotConverge
        where the bar cannot carry the load at any voltage; names the rack, the load, and how much is too much.

    Notes
    -----
    The load current is falling and convex in V, so Newton from the highest source voltage descends to the
    upper, stable solution whenever there is one; a Jacobian that is not positive definite proves that there
    is none. All racks of a batch form one tridiagonal system. Sources have no diodes: where the bar is above
    a source's voltage, current flows back.

    References
    ----------
    Ortega and Rheinboldt (1970), Iterative Solution of Nonlinear Equations in Several Variables, section 13.3
    (monotone Newton).

    Examples
    --------
    One 1 kW load between two 50 V shelves of 0.5 milliohm, sections of 0.1 milliohm, no clip:

    >>> bar = solve_busbar([1e-4, 1e-4], [0, 1000, 0], 50.0, [5e-4, np.inf, 5e-4], 0.0)
    >>> bar.section_current.round(6)
    array([ 10.0012, -10.0012])
    """
    sections = _checked("section_resistance", section_resistance, "> 0 ohm")
    contact = _checked("contact_resistance", contact_resistance, ">= 0 ohm")
    power = _checked("load_power", load_power, ">= 0 W")
    current = _checked("load_current", load_current, ">= 0 A")
    section, *nodes = _aligned(sections, source_voltage, source_resistance, contact, power, current)
    ladder = _Ladder(section, *_sources(*nodes[:2]), *nodes[2:])
    deviation, iterations = _search(ladder, start, tolerance)
    return _solution(ladder, deviation, iterations)


def _checked(name: str, values: ArrayLike, bound: str) -> Array:
    array = np.asarray(values, dtype=float)
    least, most = (array.min(), array.max()) if array.size else (1.0, 1.0)
    if (least >= 0 if bound.startswith(">=") else least > 0) and most < np.inf:  # false where any is nan
        return array
    right = np.isfinite(array) & (array >= 0 if bound.startswith(">=") else array > 0)
    index = tuple(np.argwhere(~right)[0].tolist())
    raise ValueError(f"{name}{list(index)} = {array[index]}: must be finite and {bound}")


def _aligned(sections: Array, *nodes: ArrayLike) -> list[Array]:
    """Conductance of the sections, 0 below the last node, and the node arrays, all (..., n)."""
    arrays = [np.asarray(values, dtype=float) for values in nodes]
    shapes = {(*sections.shape[:-1], 1), *(array.shape for array in arrays)}
    shape = np.broadcast_shapes(*shapes)
    *_, last = sections.shape or (shape[-1] - 1,)
    if last != shape[-1] - 1:
        raise ValueError(f"section_resistance has {last} sections: must be {shape[-1] - 1} for {shape[-1]} nodes")
    conductance = np.zeros(shape)
    conductance[..., :-1] = 1 / sections
    return [conductance, *(array if array.shape == shape else np.broadcast_to(array, shape) for array in arrays)]


def _sources(voltage: Array, resistance: Array) -> tuple[Array, Array, Array]:
    """Conductance, voltage above the reference, reference (the highest source voltage of each rack)."""
    fed = resistance != np.inf
    if not fed.any(axis=-1).all():
        rack = np.argwhere(~fed.any(axis=-1))[0].tolist()
        raise ValueError(f"source_resistance of rack {rack} is inf at every node: must be finite at one or more")
    _checked("source_resistance", np.where(fed, resistance, 1.0), "> 0 ohm, or inf where there is no source")
    _checked("source_voltage", np.where(fed, voltage, 1.0), "> 0 V")
    reference = np.where(fed, voltage, 0.0).max(axis=-1, keepdims=True)
    return 1 / resistance, np.where(fed, voltage - reference, 0.0), reference


def _search(ladder: _Ladder, start: Array | None, tolerance: float) -> tuple[Array, int]:
    flat = np.zeros(ladder.power.shape)
    if not flat.size:
        return flat, 0
    if start is not None:
        with suppress(_OverloadError):
            return _newton(ladder, flat + (start - ladder.reference), tolerance)
    try:
        return _newton(ladder, flat, tolerance)
    except _OverloadError as failure:
        raise _diagnosis(ladder, *failure.args) from None


def _newton(ladder: _Ladder, deviation: Array, tolerance: float) -> tuple[Array, int]:
    from scipy.linalg.lapack import dptsv

    diagonal = ladder.section + ladder.source
    diagonal[..., 1:] += ladder.section[..., :-1]
    below = -ladder.section.ravel()[: max(diagonal.size - 1, 1)]
    for iteration in range(1, ITERATIONS + 1):
        current, slope = _drawn(ladder, deviation)
        residual = ladder.source * (ladder.excess - deviation) - current
        flow = ladder.section[..., :-1] * (deviation[..., :-1] - deviation[..., 1:])
        residual[..., :-1] -= flow
        residual[..., 1:] += flow
        _, _, step, failed = dptsv((diagonal + slope).ravel(), below, residual.ravel())
        if failed:
            raise _OverloadError(failed - 1)
        step = step.reshape(deviation.shape)
        deviation = deviation + step
        late = ~(np.abs(step) <= tolerance * ladder.reference)
        if not late.any():
            return deviation, iteration
    raise _OverloadError(int(late.argmax()))


def _drawn(ladder: _Ladder, deviation: Array) -> tuple[Array, Array]:
    """Load current and its slope with voltage; the power part is the smaller root of (W - Rc I) I = P."""
    behind = ladder.reference + deviation - ladder.contact * ladder.current
    square = behind**2 - 4 * ladder.contact * ladder.power
    right = (behind > 0) & (square > 0)
    if not right.all():
        raise _OverloadError(int(right.argmin()))
    root = np.sqrt(square)
    current = 2 * ladder.power / (behind + root)
    return current + ladder.current, -current / root


def _solution(ladder: _Ladder, deviation: Array, iterations: int) -> BusbarSolution:
    """Sections carry the running sum of sources less loads, so Kirchhoff's law holds by construction."""
    drawn, _ = _drawn(ladder, deviation)
    fed = ladder.source * (ladder.excess - deviation)
    section = np.cumsum(fed - drawn, axis=-1)[..., :-1]
    voltage = ladder.reference + deviation
    return BusbarSolution(
        node_voltage=voltage,
        load_voltage=voltage - ladder.contact * drawn,
        load_current=drawn,
        source_current=fed,
        section_current=section,
        section_loss=section**2 / ladder.section[..., :-1],
        contact_loss=ladder.contact * drawn**2,
        source_loss=fed * (ladder.excess - deviation),
        iterations=iterations,
    )


def _diagnosis(ladder: _Ladder, node: int) -> Overload:
    """Which rack fails, which load weighs most, power times sag, at the share it can carry; how much is too much."""
    rack = [int(axis) for axis in np.unravel_index(node, ladder.power.shape)[:-1]]
    alone = _Ladder(*(field[tuple(rack)] for field in ladder))
    carried, failing = 0.0, 1.0
    idle, _ = _newton(alone._replace(power=0 * alone.power, current=0 * alone.current), 0 * alone.power, 1e-9)
    deviation = idle
    for _ in range(24):
        share = (carried + failing) / 2
        part = alone._replace(power=share * alone.power, current=share * alone.current)
        try:
            deviation, carried = _newton(part, 0 * deviation, 1e-9)[0], share
        except _OverloadError:
            failing = share
    taken = _drawn(alone._replace(power=carried * alone.power, current=carried * alone.current), deviation)[0]
    volts = alone.reference + deviation - alone.contact * taken
    wanted = alone.power + alone.reference * alone.current
    worst = int((wanted * (alone.reference + idle - volts)).argmax() if carried else wanted.argmax())
    watts, amperes = alone.power[worst], alone.current[worst]
    asked = [f"{value:.6g} {unit}" for value, unit in ((watts, "W"), (amperes, "A")) if value]
    excess = [f"{value * (1 - carried):.4g} {unit}" for value, unit in ((watts, "W"), (amperes, "A")) if value]
    where = f"rack {rack}: " if rack else ""
    return Overload(
        f"{where}the bar cannot carry this load: {' and '.join(asked)} at node {worst} is {' and '.join(excess)} beyond"
        f" the transferable; with all loads at {min(carried, 0.9999):.2%} it is at {volts[worst]:.4g} V, and"
        " nothing more flows; lower the load, add copper or sources",
        worst, carried, float(volts[worst]),
    )  # fmt: skip
