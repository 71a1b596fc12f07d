"""The electrical half of a pass: the bar between trays and shelves, what the shelves lose, and the headlines."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from power.checks import Overload
from twin.build.model import Model

if TYPE_CHECKING:
    from twin.couple.rack import Outcome

Array = NDArray[np.float64]


class Feed(NamedTuple):
    """Bar and shelves of every rack."""

    bus: power.BusbarSolution
    """The solved bar; one node where there is none."""
    shelf_power: Array
    """Output of each shelf, of the sidecar or the tap of a row at the bar (r, shelves) [W]; droop is control, not
    loss."""
    shelf_loss: Array
    """Loss of each shelf in service, or of the sidecar (r, shelves) [W]; a tap loses nothing."""
    lost: Array
    """Heat of bar, clips and shelves together (r, 1) [W]."""
    liquid: Array
    """Part of it into the rack's coolant (r, 1) [W]."""


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
    ValueError
        The bar cannot carry the load; names the tray that fails first and its power.

    References
    ----------
    Derived: `power.solve_busbar`, `power.shelf_loss`.
    """
    try:
        bus = power.solve_busbar(*_ladder(model, drawn, section_temperature), start=start)
    except Overload as error:
        raise ValueError(_overloaded(model, drawn, error)) from error
    given, serving = bus.node_voltage * bus.source_current, model.parts.shelf_in_service
    output = given * serving / serving.sum() if model.busbar is None else given[:, model.parts.shelf_slot - 1]
    loss = power.shelf_loss(model.shelf, output) * serving
    converted = loss.sum(axis=1, keepdims=True)
    along = bus.section_loss.sum(axis=1, keepdims=True) + bus.contact_loss.sum(axis=1, keepdims=True)
    return Feed(bus, output, loss, converted + along, model.shelf_liquid * converted + model.bar_liquid * along)


def _overloaded(model: Model, drawn: Array, error: Overload) -> str:
    """Say which tray fails first, what it draws, and what would help."""
    head = "the bar cannot carry this load"
    mend = "lower load.utilization, enlarge rack.busbar.cross_section, or take more shelves into service"
    at, share = f"{error.voltage:.3g} V", f"{100 * min(error.share, 0.9999):.4g}\u202f%"
    if model.busbar is None:
        at, mend = f"the supplies are at {at}", "lower load.utilization, or rack.shelf.source_resistance"
        load, head = f"{drawn.sum(axis=1).max() / 1e3:.4g} kW", "the supplies cannot carry this load"
    else:
        tray = int(np.flatnonzero(model.parts.tray_slot - 1 == error.node)[0])
        load, at = f"{model.parts.tray[tray]} draws {drawn[:, tray].max() / 1e3:.4g} kW", f"it is at {at}"
    return f"{head}: {load}; with all loads at {share} {at}, and nothing more flows; {mend}"


def _ladder(model: Model, drawn: Array, section_temperature: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return section resistances, loads, source voltages and resistances, and clips, each (r, nodes)."""
    load = np.zeros((len(drawn), model.source_voltage.shape[1]))
    if model.busbar is None:
        resistance = np.empty((len(drawn), 0))
        load[:, 0] = drawn.sum(axis=1)
    else:
        resistance = power.loop_resistance(model.busbar, section_temperature) * model.section_length
        load[:, model.parts.tray_slot - 1] = drawn
    return resistance, load, model.source_voltage, model.source_resistance, model.contact_resistance


def bar_temperature(model: Model, current: Array) -> Array:
    """Return the temperature of every section of the bar, in air or on liquid.

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
    Derived: `power.section_temperature`, `power.liquid_bar_temperature`; coolant from the bottom up.
    """
    if model.busbar is None:
        return current
    if model.bar_flow is None:
        return power.section_temperature(model.busbar, current)
    liquid, supply = model.coolant, model.supply
    rate = model.bar_flow * thermal.density(liquid, supply) * thermal.heat_capacity(liquid, supply)
    upward = current[:, ::-1]
    found = power.liquid_bar_temperature(model.busbar, upward, model.section_length, rate[:, 0], supply[:, 0])
    return found.conductor_temperature[:, ::-1]


def rack_power(feed: Feed) -> Array:
    """Return what the rack takes from its feed: AC power into shelves or sidecar, DC power at the tap of a row.

    Parameters
    ----------
    feed : Feed
        Bar and shelves.

    Returns
    -------
    (r,) array
        Output plus loss [W].

    References
    ----------
    Derived: power balance of the shelves.
    """
    return np.asarray((feed.shelf_power + feed.shelf_loss).sum(axis=1))


def power_numbers(model: Model, out: "Outcome") -> dict[str, Array]:
    """Return the headline numbers of electricity, as arrays over the racks; nan where there is no bar.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    out : Outcome
        The last pass.

    Returns
    -------
    dict of str to (r,) array
        Names and units of `power.FIELDS`.

    References
    ----------
    Derived: sums and extremes over the parts.
    """
    bus, total, direct = out.boards.feed.bus, rack_power(out.boards.feed), out.boards.feed.shelf_power.sum(axis=1)
    has_bar, media = model.busbar is not None, out.chips.media_power
    nothing = np.full(len(total), np.nan)
    bus_loss = bus.section_loss.sum(axis=1) + bus.contact_loss.sum(axis=1)
    shelf_loss, converter = out.boards.feed.shelf_loss.sum(axis=1), out.boards.converter_loss.sum(axis=1)
    return {
        "rack_power": total,
        "rack_power_dc": direct,
        "shelf_loss_total": shelf_loss,
        "bus_loss": bus_loss,
        "intermediate_bus_loss": converter,
        "link_power_total": out.chips.link_power.sum(axis=1),
        "optics_power": model.port_power + (0.0 if media is None else media.sum(axis=1)),
        "conversion_loss": shelf_loss + bus_loss + converter,
        "regulator_loss": (out.chips.power * model.regulator_fraction).sum(axis=1),
        "busbar_section_current_max": np.abs(bus.section_current).max(axis=1) if has_bar else nothing,
        "busbar_section_current_peak": peak_current(model, out) if has_bar else nothing,
        "bus_voltage_min": bus.node_voltage.min(axis=1) if has_bar else nothing,
    }


def peak_current(model: Model, out: "Outcome") -> Array:
    """Return the largest section current with every tray at its peak (EDPp), copper as warm as at continuous load.

    Parameters
    ----------
    model : Model
        Arrays of a batch with a busbar.
    out : Outcome
        The last pass.

    Returns
    -------
    (r,) array
        Current [A]; nan where the bar cannot carry the peak.

    References
    ----------
    Derived: tray loads times peak power over design power.
    """
    ladder = _ladder(model, out.boards.tray_power * model.peak_factor, out.next.section)
    try:
        current = power.solve_busbar(*ladder, start=out.boards.feed.bus.node_voltage).section_current
    except power.DidNotConverge:
        return np.concatenate([_peak_alone(*row) for row in zip(*ladder, strict=True)])
    return np.asarray(np.abs(current).max(axis=1))


def _peak_alone(*ladder: Array) -> Array:
    """Return one rack's peak current (1,) [A], nan where its bar cannot carry it."""
    try:
        return np.abs(power.solve_busbar(*ladder).section_current).max(keepdims=True)
    except power.DidNotConverge:
        return np.array([np.nan])
