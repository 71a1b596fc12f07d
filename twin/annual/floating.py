"""Hours in which the supply floats: where rack and plant agree, many hours at once.

Contract: arrays (n,), one element per hour. The rack is what costs; so a table of it, polynomials in load and supply,
gives the first guess and the slope, and the rack itself the rest. The table decides how many solves it takes, not
where they end.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
R = TypeVar("R")
#: Load and supply of some hours → a NamedTuple of arrays of the rack.
Rack = Callable[[Array, Array], R]
#: Such a tuple and the places of its hours → supply that units and plant give.
Comes = Callable[[R, Rows], Array]

#: Distance of the supply that comes from the one assumed at which rack and plant agree [K].
AGREED = 1e-6
#: Solves of a floating hour before giving up; 2 to 4 are usual.
PASSES = 20
#: Loads and supplies of the table, hours that make it worthwhile, and how far it goes beyond the hottest first one [K].
LOADS, SUPPLIES, WORTH, ABOVE = 9, 7, 250, 1.0
#: Moves below which no slope is read [K], slopes that are believed [1], and the step for that of the table [K].
STILL, FLATTEST, NUDGE = 1e-4, -0.05, 0.05


class _Course(NamedTuple):
    """Hours on their way."""

    supply: Array
    before: Array
    missed: Array
    slope: Array


def agreed(rack: Rack[R], comes: Comes[R], load: Array, set_point: float, came: Array) -> R:
    """Return the rack at the supply on which it and what stands behind it agree.

    Parameters
    ----------
    rack : callable
        Load [1] and supply [K] of some hours → a NamedTuple of arrays.
    comes : callable
        That tuple and the places of its hours → supply that comes [K].
    load : (n,) array
        Utilization [1].
    set_point : float
        Supply below which none goes [K].
    came : (n,) array
        What comes to a rack at the set-point [K].

    Returns
    -------
    NamedTuple
        As `rack` returns it, all hours.

    Raises
    ------
    ConvergenceError
        No agreement, or a rack without a steady state.

    References
    ----------
    Derived: secant on supply got less supply assumed; Chebyshev interpolation of the rack for its start.
    """
    flat = np.full(load.shape, set_point)
    start = _Course(came.copy(), flat, came - set_point, np.full(load.shape, -1.0))
    if load.size >= WORTH:
        try:
            table = tabled(rack, load, (set_point, float(came.max()) + ABOVE))
            _, supply = _settle(table, comes, load, set_point, start)
            every = np.arange(load.size)
            miss = [comes(table(load, at), every) - at for at in (supply, supply + NUDGE)]
            slope = (miss[1] - miss[0]) / NUDGE
            start = _Course(supply, supply.copy(), miss[0], np.where(slope < FLATTEST, slope, -1.0))
        except ConvergenceError:
            pass  # the table goes where no hour does
    return _settle(rack, comes, load, set_point, start)[0]


def _settle(rack: Rack[R], comes: Comes[R], load: Array, set_point: float, start: _Course) -> tuple[R, Array]:
    """Return the rack and its supply where they agree, by the secant."""
    supply, before, missed, slope = (np.array(part) for part in start)
    rows, whole = np.arange(load.size), None
    for _ in range(PASSES):
        some: Any = rack(load[rows], supply[rows])
        whole = [np.array(column) for column in some] if whole is None else whole
        for column, new in zip(whole, some, strict=True):
            column[rows] = new
        miss = np.nan_to_num(comes(some, rows) - supply[rows])
        moved = supply[rows] - before[rows]
        turn = (miss - missed[rows]) / np.where(np.abs(moved) > STILL, moved, np.inf)
        slope[rows] = np.where(turn < FLATTEST, turn, np.where(np.abs(moved) > STILL, -1.0, slope[rows]))
        before[rows], missed[rows] = supply[rows], miss
        rows = rows[np.abs(miss) > AGREED]
        supply[rows] = np.maximum(supply[rows] - missed[rows] / slope[rows], set_point)
        if not rows.size:
            return type(some)(*whole), supply
    raise ConvergenceError(
        f"rack and plant do not agree on a supply temperature in {rows.size} hours after {PASSES} passes: enlarge "
        "facility.plant, fix cooling.volume_flow, or raise cooling.supply_temperature"
    )


def tabled(rack: Rack[R], load: Array, supplies: tuple[float, float]) -> Rack[R]:
    """Return a rack as polynomials between the least and the greatest load, and in a span of supplies.

    Parameters
    ----------
    rack : callable
        Load [1] and supply [K] of some hours → a NamedTuple of arrays.
    load : (n,) array
        Utilization [1].
    supplies : two floats
        Least and greatest supply; equal for a table in load alone [K].

    Returns
    -------
    callable
        As `rack`, near it where it bends and close elsewhere.

    Raises
    ------
    ConvergenceError
        A rack without a steady state.

    References
    ----------
    Derived: Chebyshev interpolation.
    """
    loads, supply = _nodes(float(load.min()), float(load.max()), LOADS), _nodes(*supplies, SUPPLIES)
    solved: Any = rack(np.repeat(loads, supply.size), np.tile(supply, loads.size))
    values = np.stack([np.reshape(column, (loads.size, supply.size)) for column in solved], axis=-1)
    inverses = np.linalg.inv(_terms(loads, loads)), np.linalg.inv(_terms(supply, supply))
    weights = np.einsum("ai,bj,ijf->abf", *inverses, values)

    def table(at: Array, warm: Array) -> R:
        shares, terms = _terms(at, loads), _terms(np.clip(warm, *supplies), supply)
        return type(solved)(*np.einsum("na,nb,abf->fn", shares, terms, weights))

    return table


def _nodes(low: float, high: float, count: int) -> Array:
    """Return Chebyshev nodes with both ends; one where there is no span."""
    return (low + high) / 2 + (high - low) / 2 * chebyshev.chebpts2(count) if high > low else np.array([low])


def _terms(x: Array, nodes: Array) -> Array:
    """Return as many Chebyshev polynomials as there are nodes, at points (n, nodes)."""
    low, high = nodes[0], nodes[-1]
    scaled = (2 * x - low - high) / (high - low) if high > low else 0 * x
    return chebyshev.chebvander(scaled, nodes.size - 1)
