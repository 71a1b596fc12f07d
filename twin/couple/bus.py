"""What the DC bus of a rack has to spare: voltage window, damping, hold-up of its supplies, and its energy store."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import power
from power.bar_modes import BarModes, Losses, least_damping, lossless_modes
from power.converter_bandwidth import ConverterControl
from twin.build.model import Model
from twin.couple.steady import Steady
from twin.couple.store import store_time
from twin.spec.types import BusSwing, Factory

Array = NDArray[np.float64]
Summary = dict[str, Any]


def bus_numbers(solved: Steady, specs: Sequence[Factory]) -> Summary:
    """Return the headline numbers of bus, supplies and store, as arrays over the racks; nan where there is none.

    Parameters
    ----------
    solved : Steady
        A batch.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    dict of str to (r,) array
        Names and units of `power.FIELDS`.

    References
    ----------
    Derived: `power.hold_up_time`, `store_time`, `power.flattened_frequency`, `bus_damping`.
    """
    model, feed = solved.model, solved.outcome.boards.feed
    busiest = feed.shelf_power.max(axis=1)
    total = (feed.shelf_power + feed.shelf_loss).sum(axis=1)
    racks = [spec.rack for spec in specs]
    capacity, full, empty = _columns([rack.hold_up for rack in racks], "capacitance", "voltage", "lowest_voltage")
    supplies = np.array([rack.shelf.supplies for rack in racks])
    stores = [rack.store_in_service for rack in racks]
    energy = _columns(stores, "capacity")[0]
    margin = np.full(len(racks), np.nan)
    if model.busbar is not None:
        lowest = feed.bus.load_voltage[:, model.parts.tray_slot - 1].min(axis=1)
        margin = lowest - np.ravel(model.busbar.voltage_min)
    return {
        "hold_up_time": power.hold_up_time(capacity, full, empty, busiest / supplies),
        "bus_voltage_margin": margin,
        "bus_damping_margin": bus_damping(model, solved, specs),
        **modal_damping(model, solved, specs),
        "store_time": store_time(stores, total),
        "store_flattened_frequency": power.flattened_frequency(energy, total / 2),
    }


def _columns(parts: Sequence[Any], *names: str) -> list[Array]:
    """Return fields of parts as arrays over the racks, nan where there is no part."""
    return [np.array([np.nan if part is None else getattr(part, name) for part in parts]) for name in names]


def bus_damping(model: Model, solved: Steady, specs: Sequence[Factory]) -> Array:
    """Return the damping margin of the trays' constant-power loads on the bus, as one bus.

    Its resistance and inductance are those that lose and store as much as the bar with its shelves at this load:
    R = sum R_k I_k^2 / I^2, L = sum L_k I_k^2 / I^2; its capacitance is that of all trays.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    solved : Steady
        The batch.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    (r,) array
        Stable above 1 [1]; nan where the spec says nothing of it.

    Notes
    -----
    Modes in which the slots swing against one another are not in it: `modal_damping` has them.

    References
    ----------
    Middlebrook (1976), as in `power.constant_power_stability`; lumping derived from energies.
    """
    capacity, bar, source = _columns(
        [spec.rack.swing for spec in specs], "capacitance", "bar_inductance", "source_inductance"
    )
    bus, drawn = solved.outcome.boards.feed.bus, solved.outcome.boards.tray_power.sum(axis=1)
    shelf, section = np.square(bus.source_current), np.square(bus.section_current).sum(axis=1)
    into = np.where(np.isfinite(model.source_resistance), shelf, 0.0)
    ohms = np.where(np.isfinite(model.source_resistance), model.source_resistance, 0.0)
    lost = (ohms * into).sum(axis=1) + bus.section_loss.sum(axis=1) + bus.contact_loss.sum(axis=1)
    shelves = model.parts.shelf_in_service.sum() if model.busbar is None else 1
    stored = source * into.sum(axis=1) / shelves + bar * model.section_length * section
    squared = np.square(bus.source_current.sum(axis=1))
    resistance, inductance = lost / squared, stored / squared
    voltage = drawn / bus.source_current.sum(axis=1)
    found = np.full(len(specs), np.nan)
    known = np.isfinite(capacity) & (drawn > 0)
    if known.any():
        margins = power.constant_power_stability(
            model.source_voltage.max(axis=1)[known],
            resistance[known],
            inductance[known],
            (capacity * len(model.parts.tray))[known],
            drawn[known],
            voltage=voltage[known],
        )
        found[known] = np.minimum(margins.damping_margin, margins.transfer_margin)
    return found


def modal_damping(model: Model, solved: Steady, specs: Sequence[Factory]) -> Summary:
    """Return the damping of the least damped mode in which slots swing against one another, and its frequency.

    The trays' converters hold their power up to `rack.swing.converter_bandwidth`; above it they draw constant current.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    solved : Steady
        The batch.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    dict of str to (r,) array
        Damping ratio, stable above 0 [1], and frequency [Hz]; nan where the spec says nothing of it, or the bar has no
        inductance.

    References
    ----------
    `power.least_damping`.
    """
    found = {name: np.full(len(specs), np.nan) for name in ("bus_modal_damping", "bus_modal_frequency")}
    groups: dict[BusSwing, list[int]] = {}
    for i, spec in enumerate(specs):
        swing = spec.rack.swing
        if (
            swing is not None
            and swing.converter_bandwidth is not None
            and (model.busbar is None or swing.bar_inductance)
        ):
            groups.setdefault(swing, []).append(i)
    for swing, rows in groups.items():
        control = ConverterControl(bandwidth=float(swing.converter_bandwidth or 0.0), open_conductance=0.0)
        damping = least_damping(*_swinging(model, solved, swing, np.array(rows)), control)
        found["bus_modal_damping"][rows], found["bus_modal_frequency"][rows] = damping
    return found


def _swinging(model: Model, solved: Steady, swing: BusSwing, rows: Any) -> tuple[BarModes, Losses]:
    """Return how the bars of some racks swing, and what damps them."""
    boards, place = solved.outcome.boards, model.parts
    bus, fed = boards.feed.bus, np.isfinite(model.source_resistance)
    slots = bus.node_voltage.shape[1]
    onto = np.zeros((len(place.tray), slots))
    onto[np.arange(len(place.tray)), 0 if model.busbar is None else place.tray_slot - 1] = 1.0
    store = swing.capacitance * onto.sum(axis=0)
    shelves = place.shelf_in_service.sum() if model.busbar is None else 1
    source = swing.source_inductance / shelves
    length = swing.bar_inductance * model.section_length
    modes = _modes(slots, length, tuple(np.where(fed.any(axis=0), source, np.inf).tolist()), tuple(store.tolist()))
    current = bus.section_current[rows]
    ohms = np.divide(bus.section_loss[rows], current**2, out=np.zeros(current.shape), where=current != 0)
    return modes, Losses(
        ohms, np.full(slots - 1, length), model.source_resistance * np.ones((len(fed), slots))[rows],
        np.full(slots, source), model.contact_resistance[rows] * np.ones(slots), store,
        boards.tray_power[rows] @ onto / bus.load_voltage[rows] ** 2,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _modes(slots: int, section: float, source: tuple[float, ...], store: tuple[float, ...]) -> BarModes:
    return lossless_modes(np.full(slots - 1, section), np.array(source), np.array(store))


def bus_warnings(summary: Summary, specs: Sequence[Factory]) -> list[str]:
    """Return what a reviewer must know of the stability of the bus, one line or none for each rack.

    Parameters
    ----------
    summary : dict
        Headline numbers.
    specs : sequence of Factory
        Their specs.

    Returns
    -------
    list of str
        Empty where the bus is damped or nothing is known of it.

    References
    ----------
    Derived: a margin of 1.
    """
    return ["\n".join(filter(None, _of_bus(summary, i, spec.rack.swing))) for i, spec in enumerate(specs)]


def _of_bus(summary: Summary, i: int, swing: BusSwing | None) -> list[str]:
    """Return the warnings of one rack."""
    if swing is None:
        return []
    margin, ratio = (float(summary[name][i]) for name in ("bus_damping_margin", "bus_modal_damping"))
    found = []
    if margin <= 1:
        wanted = f"{1e3 * swing.capacitance / max(margin, 1e-9):.2g} mF"
        found.append(
            f"the trays' converters swing against the bus: damping margin {margin:.2f}, must be > 1 (mend: "
            f"rack.swing.capacitance above {wanted} per tray)"
        )
    elif ratio <= 0:
        found.append(
            f"the trays' converters swing against one another at {summary['bus_modal_frequency'][i] / 1e3:.3g} kHz: "
            f"damping ratio {ratio:.2g}, must be > 0, if they hold their power up to "
            f"{(swing.converter_bandwidth or 0.0) / 1e3:g} kHz (mend: rack.swing.capacitance larger)"
        )
    return found
