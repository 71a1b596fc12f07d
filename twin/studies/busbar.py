"""What does the busbar carry when it is fed from one end, from both, with a bank lost, or at 800 V?

Kirchhoff: a bar with shelves at its ends only has a section with at least half the total current, and all of it when
one end feeds. At equal power current falls as 1 / V, and loss as 1 / (V^2 copper). Expected at 132 kW and 50 V: about
1 332 A from both ends, 2 649 A from one, a sixteenth of that at 800 V. Copper: density x 2 poles x cross-section x
length. At 800 V the bar stands twice: with equal copper, and with a sixteenth of it in bar and clips (equal current
density). Shelves keep their relative droop, so the drop is told as a share of the voltage without load. The trays of
the solved rack draw the same constant power in every case.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from power import Busbar, BusbarSolution
from twin.couple.solve import solve
from twin.layout.parts import parts
from twin.spec.types import Factory, Rack
from twin.studies._conductors import bar_of
from twin.studies._frame import dataset, spec_of, variable, whole

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

HIGH_VOLTAGE = 800.0
COPPER_DENSITY = 8960.0
WHERE = {"both ends": "fed from both ends", "one end": "from one end", "one bank lost": "with one bank lost"}
PASSES = 20
"""Of copper temperature and current; the first few settle both."""


class Case(NamedTuple):
    """One way to feed the bar."""

    name: str
    rack: Rack
    """Gives the places of trays and shelves in service."""
    ratio: float
    """Voltage over that of the spec's shelves [1]."""
    copper: float
    """Cross-section over that of the spec [1]."""


def study(system: str | Factory = "gb300-nvl72", voltage: float = HIGH_VOLTAGE) -> "xr.Dataset":
    """Return section currents, node voltages, loss and copper of the bar for each way to feed it.

    Parameters
    ----------
    system : str or Factory
        A system with a busbar, or its spec.
    voltage : float
        The high voltage that is compared with the shelf's own [V].

    Returns
    -------
    Dataset
        Over `feeding` and section or slot.

    Raises
    ------
    SpecError
        The rack has no busbar, or no shelves that feed it.

    References
    ----------
    Derived: `power.solve_busbar` with `power.section_temperature`; copper 8 960 kg/m3 (CRC Handbook of Chemistry and
    Physics).
    """
    spec = spec_of(system)
    bar = bar_of(spec)
    drawn = np.asarray(solve(spec)["power"].tray_power.values)
    cases = _cases(spec.rack, voltage / spec.rack.shelf.output_voltage)
    solved = [_solve(case, bar, drawn) for case in cases]
    slots = np.arange(1, parts(spec.rack).slots + 1)
    current = np.abs([bus.section_current for bus in solved])
    level = np.array([bus.node_voltage for bus in solved])
    idle = spec.rack.shelf.output_voltage * np.array([[case.ratio] for case in cases])
    pole = COPPER_DENSITY * bar.cross_section * spec.rack.slot_pitch * (len(slots) - 1)
    lost = [bus.section_loss.sum() + bus.contact_loss.sum() for bus in solved]
    made = {
        "section_current": variable(("feeding", "section"), current, "A", "magnitude of the section current"),
        "node_voltage": variable(("feeding", "slot"), level, "V", "voltage of the bar"),
        "droop": variable(("feeding", "slot"), 1 - level / idle, "1", "drop from the no-load voltage"),
        "current_max": variable("feeding", current.max(axis=1), "A", "largest section current"),
        "voltage_min": variable("feeding", level.min(axis=1), "V", "lowest voltage of the bar"),
        "loss": variable("feeding", lost, "W", "loss of bar and clips"),
        "copper_mass": variable("feeding", [2 * pole * case.copper for case in cases], "kg", "copper of the bar"),
    }
    coordinates = {
        "feeding": ("feeding", [case.name for case in cases], {"long_name": "feeding"}),
        "section": variable("section", slots[:-1] + 0.5, "1", "slot, from the top"),
        "slot": variable("slot", slots, "1", "slot, from the top"),
    }
    title = f"Busbar of {spec.name}: the same {drawn.sum() / 1e3:.0f} kW, fed in different ways"
    answer = _answer(made, cases, bar.rated_current)
    chart = _chart(bar.rated_current)
    return dataset(__doc__, made, coordinates, title=title, answer=answer, chart=chart, table=_TABLE)


def _cases(rack: Rack, ratio: float) -> list[Case]:
    shelves = [item for item in rack.stack if item.part == "shelf"]
    below = replace(rack, stack=(*(item for item in rack.stack if item not in shelves), *shelves))
    lost = tuple(replace(item, in_service=False) if item is shelves[0] else item for item in rack.stack)
    high = f"{ratio * rack.shelf.output_voltage:g} V"
    return [
        Case("both ends", rack, 1.0, 1.0),
        Case("one end", below, 1.0, 1.0),
        *([Case("one bank lost", replace(rack, stack=lost), 1.0, 1.0)] if len(shelves) > 1 else []),
        Case(f"{high}, equal copper", rack, ratio, 1.0),
        Case(f"{high}, 1/{ratio:g} copper", rack, ratio, 1 / ratio),
    ]


def _solve(case: Case, bar: Busbar, drawn: Array) -> BusbarSolution:
    """Solve the bar of a case, as warm as its own current makes it."""
    place, shelf = parts(case.rack), case.rack.shelf
    scaled = replace(bar, cross_section=bar.cross_section * case.copper)
    load, resistance = np.zeros(place.slots), np.full(place.slots, np.inf)
    load[place.tray_slot - 1] = drawn
    resistance[place.shelf_slot[place.shelf_in_service] - 1] = shelf.source_resistance * case.ratio**2
    clip = bar.contact_resistance / case.copper
    temperature = np.full(place.slots - 1, bar.ambient_temperature)
    for _ in range(PASSES):
        section = power.loop_resistance(scaled, temperature) * case.rack.slot_pitch
        bus = power.solve_busbar(section, load, shelf.output_voltage * case.ratio, resistance, clip)
        temperature = power.section_temperature(scaled, bus.section_current)
    return bus


def _answer(made: dict[str, Any], cases: list[Case], rated: float) -> str:
    current, lost, copper = (made[name][1] for name in ("current_max", "loss", "copper_mass"))
    low = [f"{whole(value)} A {WHERE[case.name]}" for case, value in zip(cases[:-2], current, strict=False)]
    high = cases[-2].name.partition(",")[0]
    return (
        f"The largest section carries {', '.join(low)}; it is rated {whole(rated)} A. At {high} it carries"
        f" {current[-2]:.0f} A. Fed from both ends, bar and clips lose {lost[0]:.0f} W in {copper[0]:.1f} kg of copper;"
        f" at {high} they lose {lost[-2]:.2f} W in the same copper, and {lost[-1]:.1f} W in {copper[-1]:.1f} kg of it."
    )


def _chart(rated: float) -> dict[str, Any]:
    plain = {"kind": "line", "series": "feeding", "names": "key", "units": {"section": "", "slot": ""}}
    limit = {"axis": "y", "value": rated, "text": f"rated {whole(rated)} A"}
    section = {"x": "section", "y": "section_current", "steps": True, "limits": [limit]}
    drop = {"x": "slot", "y": "droop", "title": "Voltage drop at each slot, as a share of the voltage without load"}
    return {"panels": [{**plain, **section, "title": "Current of each section"}, {**plain, **drop}]}


_TABLE = {"rows": "feeding", "columns": ["current_max", "voltage_min", "loss", "copper_mass"]}
