"""Copper from the row to the trays: a rack's bar on the ladder, the row it hangs on, each sized by current density."""

from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

import power
from power import Busbar, BusbarSolution, DcRow
from twin.layout.parts import parts
from twin.spec.errors import SpecError
from twin.spec.types import Factory, Rack

Array = NDArray[np.float64]

COPPER_DENSITY = 8960.0
PASSES = 12
"""Of cross-section, copper temperature and current; the first few settle all three."""


@dataclass(frozen=True, kw_only=True)
class Conductors:
    """The room, and what its copper is sized by; nobody published these numbers."""

    racks: Annotated[int, "1", Ge(1)] = 8
    """Along a row, fed from both ends."""
    row_pitch: Annotated[float, "m", Gt(0)] = 1.2
    """Rack to rack, aisle side doors and sidecars in."""
    feed_length: Annotated[float, "m", Gt(0)] = 10.0
    """Feed to the nearest rack."""
    sidecar_length: Annotated[float, "m", Gt(0)] = 2.0
    """Sidecar to the bar of its rack."""
    feed_droop: Annotated[float, "1", Gt(0)] = 0.01
    """Drop of a feed at the row's power, over its voltage."""
    ac_voltage: Annotated[float, "V", Gt(0)] = 415.0
    """Between lines, where the row is AC."""
    power_factor: Annotated[float, "1", Gt(0)] = 0.99
    """Of a rack on AC."""
    liquid_rate: Annotated[float, "W/K", Gt(0)] = 345.0
    """Flow times heat capacity of the coolant of a bar on liquid, 5 L/min of water."""
    liquid_transfer: Annotated[float, "W/(m*K)", Gt(0)] = 100.0
    """From copper to that coolant."""
    liquid_inlet: Annotated[float, "K", Gt(0)] = 318.15
    """Where that coolant comes in."""
    liquid_limit: Annotated[float, "K", Gt(0)] = 363.15
    """Copper on liquid may get so warm."""


class Conductor(NamedTuple):
    """Copper of a rack, or its share of a row."""

    current: float
    """largest of a section [A]"""
    mass: float
    """both poles or all three lines [kg]"""
    loss: float
    """bar and clips [W]"""
    voltage: float
    """lowest at a tray or a rack [V]"""


def bar_of(spec: Factory) -> Busbar:
    """Return the bar of a system whose shelves feed it: the studies compare other supplies with these."""
    if spec.rack.busbar is None:
        raise SpecError(f"{spec.name}: has no busbar; choose a system that has one, for example gb300-nvl72")
    if spec.rack.supply.place != "slots":
        raise SpecError(
            f"{spec.name}: rack.supply.place = {spec.rack.supply.place}: the study starts from shelves in the slots and"
            " compares 800 V with them itself; leave rack.supply as gb300-nvl72 has it"
        )
    return spec.rack.busbar


def shelf_sources(rack: Rack, drawn: float, voltage: float) -> Array:
    """Return the resistance at each slot where a rack has shelves [ohm]: relative droop kept, shelves for the load."""
    place, shelf = parts(rack), rack.shelf
    found = np.full(place.slots, np.inf)
    each = shelf.source_resistance * (voltage / shelf.output_voltage) ** 2 * rack.design_power / drawn
    found[place.shelf_slot[place.shelf_in_service] - 1] = each
    return found


def end_source(rack: Rack, droop: float) -> Array:
    """Return the resistance at each slot where a bar is fed at its top [ohm]."""
    return np.where(np.arange(parts(rack).slots) == 0, droop, np.inf)


def solve_bar(rack: Rack, bar: Busbar, drawn: Array, feed: tuple[float, Array]) -> BusbarSolution:
    """Return the bar behind sources of a voltage [V] and resistances [ohm], as warm as its current makes it."""
    place, (voltage, resistance) = parts(rack), feed
    load = np.zeros(place.slots)
    load[place.tray_slot - 1] = drawn
    temperature = np.full(place.slots - 1, bar.ambient_temperature)
    for _ in range(PASSES):
        section = power.loop_resistance(bar, temperature) * rack.slot_pitch
        bus = power.solve_busbar(section, load, voltage, resistance, bar.contact_resistance)
        temperature = power.section_temperature(bar, bus.section_current)
    return bus


def widened(bar: Busbar, ratio: float) -> Busbar:
    """Return a bar with another cross-section; clips, the surface that cools it and its rating go with it."""
    return replace(
        bar, cross_section=bar.cross_section * ratio, contact_resistance=bar.contact_resistance / ratio,
        heat_transfer=bar.heat_transfer * ratio, rated_current=bar.rated_current * ratio,
    )  # fmt: skip


def sized_bar(rack: Rack, bar: Busbar, drawn: Array, feed: tuple[float, Array]) -> tuple[Conductor, Array]:
    """Return the bar whose largest section carries just the rated density, and its section currents [A]."""
    ratio = float(drawn.sum()) / feed[0] / bar.rated_current
    for _ in range(PASSES):
        one = widened(bar, ratio)
        bus = solve_bar(rack, one, drawn, feed)
        ratio *= float(np.abs(bus.section_current).max()) / one.rated_current
    mass = 2 * COPPER_DENSITY * one.cross_section * rack.slot_pitch * bus.section_current.size
    lost = float(bus.section_loss.sum() + bus.contact_loss.sum())
    trays = float(bus.load_voltage[parts(rack).tray_slot - 1].min())
    return Conductor(float(np.abs(bus.section_current).max()), mass, lost, trays), bus.section_current


def liquid_bar(rack: Rack, bar: Busbar, room: Conductors, current: Array) -> tuple[float, float]:
    """Return copper [kg] and loss [W] of the thinnest bar on liquid that stays as cool as the room asks."""
    low, high = 1e-9, 0.1
    for _ in range(60):
        middle = (low * high) ** 0.5
        warm = _on_liquid(rack, bar, room, (current, middle))[0] > room.liquid_limit
        low, high = (middle, high) if warm else (low, middle)
    return 2 * COPPER_DENSITY * high * rack.slot_pitch * current.size, _on_liquid(rack, bar, room, (current, high))[1]


def _on_liquid(rack: Rack, bar: Busbar, room: Conductors, load: tuple[Array, float]) -> tuple[float, float]:
    """Return the warmest copper [K] and the loss [W] at section currents [A] and a cross-section [m2]."""
    one = replace(bar, cross_section=load[1], heat_transfer=room.liquid_transfer)
    try:
        found = power.liquid_bar_temperature(one, load[0], rack.slot_pitch, room.liquid_rate, room.liquid_inlet)
    except ValueError:  # no steady temperature
        return float("inf"), float("nan")
    return float(found.conductor_temperature.max()), float(found.section_loss.sum())


def sized_row(row: DcRow, bar: Busbar, rack_power: float) -> Conductor:
    """Return a rack's share of a DC bus as long as a row, sized to the rated density of a bar."""
    density = bar.rated_current / bar.cross_section
    area = row.racks * rack_power / row.source_voltage / density
    for _ in range(PASSES):
        ohms = float(power.loop_resistance(replace(bar, cross_section=area), bar.ambient_temperature))
        found = power.solve_dc_row(
            replace(row, resistance=ohms, rated_current=density * area), np.full(row.racks, rack_power)
        )
        area *= float(found.loading)
    metres = row.ends * row.feed_length + row.rack_pitch * (row.racks - 1)
    return Conductor(
        float(np.abs(found.section_current).max()), 2 * COPPER_DENSITY * area * metres / row.racks,
        float(found.section_loss.sum()) / row.racks, float(found.rack_voltage.min()),
    )  # fmt: skip


def bus_of(room: Conductors, rack_power: float, voltage: float, *, sidecar: bool = False) -> DcRow:
    """Return the row of the room on DC, or the link of a sidecar; resistance and rating are found in sizing.

    The droop of a sidecar is that of a feed, unless it is replaced.
    """
    racks = 1 if sidecar else room.racks
    return DcRow(
        racks=racks, ends=1 if sidecar else 2, source_voltage=voltage,
        source_resistance=room.feed_droop * voltage**2 / (rack_power * racks), resistance=1.0,
        feed_length=room.sidecar_length if sidecar else room.feed_length, rack_pitch=room.row_pitch,
        rated_current=1.0,
    )  # fmt: skip


def as_busway(room: Conductors, bus: Conductor, voltage: float) -> Conductor:
    """Return the AC busway of a row from its DC bus of equal density and way: loss goes with copper, drop unknown."""
    more = 1 / power.copper_ratio(voltage, room.ac_voltage, room.power_factor)
    alternating = float(power.line_current(1.0, room.ac_voltage, room.power_factor) / power.line_current(1.0, voltage))
    return Conductor(bus.current * alternating, bus.mass * more, bus.loss * more, float("nan"))
