"""A busbar and its shelves from instant to instant, quasi-static: what the rack takes while its loads move.

Contract: equations and signs of `power.ladder`; one rack, instants in front. Copper warms evenly from the first instant
to the last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from power.shelf import Shelf

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class FedBar(NamedTuple):
    """One bar with its sources and shelves."""

    source_voltage: Array
    """(n,) no-load voltage, ignored where there is no source [V]"""
    source_resistance: Array
    """(n,) inf where there is none [ohm]"""
    contact_resistance: Array
    """(n,) clip of the load [ohm]"""
    load_node: Index
    """(t,) node of each load"""
    shelf: Shelf
    shelf_node: Index
    """(s,) node of each shelf"""
    shelf_share: Array
    """(s,) of the output of its node that a shelf gives [1]"""
    serving: Array
    """(s,) 1 where a shelf is in service, else 0 [1]"""


class BarCourse(NamedTuple):
    """A bar through n instants."""

    taken: Array
    """(n,) AC power of the shelves [W]"""
    lost: Array
    """(n,) heat of bar, clips and shelves [W]"""
    section_current: Array
    """(n,) largest of any section [A]"""
    voltage: Array
    """(n,) lowest of any node [V]"""
    shelf_power: Array
    """(n, s) output of each shelf [W]"""
    last_voltage: Array
    """(nodes,) at the last instant [V]"""
    last_current: Array
    """(sections,) there [A]"""
    failed: int
    """first instant that the search has no answer for, after which nothing holds; -1: none"""


def follow_bar(
    bar: FedBar, load_power: Array, resistance: Array, start: Array, strides: Index | None = None
) -> BarCourse:
    """Follow a bar through the powers of its loads.

    Parameters
    ----------
    bar : FedBar
    load_power : (n, t) constant power behind each clip [W]
    resistance : (2, sections) of the sections at the first and at the last instant [ohm]
    start : (nodes,) voltages to start from; guides the search, never the answer [V]
    strides : (n,) of `ModuleCourse` [1], by default every instant is solved for itself

    Returns
    -------
    BarCourse

    Notes
    -----
    Newton's method as in `power.solve_busbar`, from the line through the last two instants, with a factor that is kept
    as long as it serves; the last step is at most 1e-11 of the highest source voltage. Where an instant has no
    answer, `solve_busbar` says why.

    References
    ----------
    Derived: `power.ladder`.

    Examples
    --------
    Half a kilowatt, then one, between two 50 V shelves of 0.5 milliohm:

    >>> shelf = Shelf(rated_power=33e3, supplies=6, output_voltage=50.0, source_resistance=5e-4, loss_constant=0.0064,
    ...               loss_quadratic=0.0256)
    >>> ends = np.array([0, 2])
    >>> bar = FedBar(np.full(3, 50.0), np.array([5e-4, np.inf, 5e-4]), np.zeros(3), np.array([1]), shelf, ends,
    ...              np.ones(2), np.ones(2))
    >>> found = follow_bar(bar, np.array([[500.0], [1000.0]]), np.full((2, 2), 1e-4), np.full(3, 50.0))
    >>> found.section_current.round(4)
    array([ 5.0003, 10.0012])
    """
    from power import bar_kernels as rows

    fed = bar.source_resistance != np.inf
    reference = float(bar.source_voltage[fed].max())
    work = np.zeros((rows.ROWS, start.size))
    work[rows.SOURCE] = 1 / bar.source_resistance
    work[rows.EXCESS] = np.where(fed, bar.source_voltage - reference, 0.0)
    work[rows.CONTACT], work[rows.DROP] = bar.contact_resistance, start - reference
    instants = len(load_power)
    rack, shelf, nodes = np.empty((instants, 4)), np.empty((instants, bar.shelf_node.size)), np.empty((2, start.size))
    law = tuple(
        float(np.ravel(part)[0]) for part in (bar.shelf.rated_power, bar.shelf.loss_constant, bar.shelf.loss_quadratic)
    )
    strides = np.ones(instants, dtype=np.int64) if strides is None else strides
    series = np.ascontiguousarray(load_power), bar.load_node, np.ascontiguousarray(resistance), strides
    shelves = bar.shelf_node, bar.shelf_share, bar.serving, law
    failed = int(rows.march(work, series, reference, shelves, (rack, shelf, nodes)))
    return BarCourse(
        taken=rack[:, 0],
        lost=rack[:, 1],
        section_current=rack[:, 2],
        voltage=rack[:, 3],
        shelf_power=shelf,
        last_voltage=nodes[0],
        last_current=nodes[1, :-1],
        failed=failed,
    )
