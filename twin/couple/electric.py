"""The electrical half of a pass: the bar between trays and shelves, and what the shelves lose."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from twin.build.model import Model

Array = NDArray[np.float64]


class Feed(NamedTuple):
    """Bar and shelves of every rack."""

    bus: power.BusbarSolution
    """The solved bar; one node where there is none."""
    shelf_power: Array
    """Output of each shelf at the bar (r, shelves) [W]; droop is control, not loss."""
    shelf_loss: Array
    """Loss of each shelf in service (r, shelves) [W]."""
    lost: Array
    """Heat of bar, clips and shelves together (r, 1) [W]."""


def feed(model: Model, drawn: Array, section_temperature: Array, start: Array | None) -> Feed:
    """Return voltages and currents of the bar with every tray drawing constant power, and the shelves' outputs.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    drawn : (r, t) array
        Power of each tray behind its clip [W].
    section_temperature : (r, sections) array
        Temperature of the bar [K].
    start : (r, nodes) array, optional
        Voltages of an earlier pass [V].

    Returns
    -------
    Feed
        Bar and shelves.

    Raises
    ------
    power.DidNotConverge
        The bar cannot carry the load.

    References
    ----------
    Derived: `power.solve_busbar`, `power.shelf_loss`.
    """
    load = np.zeros(model.source_voltage.shape)
    if model.busbar is None:
        resistance = np.empty((len(drawn), 0))
        load[:, 0] = drawn.sum(axis=1)
    else:
        resistance = power.loop_resistance(model.busbar, section_temperature) * model.section_length
        load[:, model.parts.tray_slot - 1] = drawn
    clip = model.contact_resistance
    bus = power.solve_busbar(resistance, load, model.source_voltage, model.source_resistance, clip, start=start)
    given, serving = bus.node_voltage * bus.source_current, model.parts.shelf_in_service
    output = given * serving / serving.sum() if model.busbar is None else given[:, model.parts.shelf_slot - 1]
    loss = power.shelf_loss(model.shelf, output) * serving
    lost = sum(part.sum(axis=1, keepdims=True) for part in (loss, bus.section_loss, bus.contact_loss))
    return Feed(bus, output, loss, np.asarray(lost))


def bar_temperature(model: Model, current: Array) -> Array:
    """Return the temperature of every section of the bar.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    current : (r, sections) array
        Section currents [A].

    Returns
    -------
    (r, sections) array
        Temperature [K]; empty without a bar.

    References
    ----------
    Derived: `power.section_temperature`.
    """
    return current if model.busbar is None else power.section_temperature(model.busbar, current)
