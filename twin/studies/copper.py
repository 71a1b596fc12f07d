"""How much copper carries a rack of 135, 230 or 600 kW at 50 V, 54 V or 800 V, what does it lose, and what breaks?

At equal power current falls as 1 / V, and so does copper at equal current density, I = J A; loss is rho J^2 per volume,
so it falls with the copper. Expected: 600 kW are 11 111 A at 54 V and 750 A at 800 V; a bar with shelves at both ends
carries half of it, a bar fed at its top all. A line of two poles at 800 V has 41 % less copper than three phases of
415 V (33 % less with earth conductors); 45 % less is quoted.

Each rack hangs on a row: a 415 V busway before shelves in the rack (50 V, 54 V) or before a sidecar that makes 800 V
beside it, or an 800 V bus. Row and bar have the current density of the system's own bar; the trays are those of the
solved rack, their power scaled. Shelves are added with the load; a sidecar droops as that of the catalogue. What breaks
is what the bar that goes with the supply would do, at 50 V and 54 V the system's own: its rating, and its voltage
window, over the voltage of the supply.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from power import Busbar
from twin.couple.solve import solve
from twin.spec.types import Factory, Rack
from twin.studies._assumed import assumed_text
from twin.studies._conductors import (
    Conductor,
    Conductors,
    as_busway,
    bar_of,
    bus_of,
    end_source,
    liquid_bar,
    shelf_sources,
    sized_bar,
    sized_row,
    solve_bar,
)
from twin.studies._frame import dataset, percent, spec_of, variable, whole

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

POWERS = (135e3, 230e3, 600e3)
HIGH = 800.0
#: A way to feed the rack → its voltage.
SUPPLIES = {"50 V shelves": 50.0, "54 V shelves": 54.0, "800 V sidecar": HIGH, "800 V row": HIGH}
#: At 800 V → the supply of the catalogue, whose bar and droop it has.
MODELS = {"800 V sidecar": "sidecar-800v", "800 V row": "row-800v"}
QUOTED = 0.45
"""Less copper, as quoted for 800 VDC [1]."""


class Case(NamedTuple):
    """A rack of one power, fed in one way."""

    current: float
    """total at the voltage of the bar [A]"""
    section: float
    """largest of the bar [A]"""
    bar: float
    """copper of the bar [kg]"""
    row: float
    """copper of row and link [kg]"""
    loss: float
    """of all of it [W]"""
    voltage: float
    """lowest at a tray [V]"""
    liquid: float
    """copper of the bar on liquid [kg]"""
    liquid_loss: float
    """of that bar [W]"""
    breaks: str
    """what the bar of the supply would do"""


def study(
    system: str | Factory = "gb300-nvl72", powers: tuple[float, ...] = POWERS, room: Conductors | None = None
) -> "xr.Dataset":
    """Return copper, loss, current and voltage from the row to the trays for each power and way to feed a rack.

    Parameters
    ----------
    system : str or Factory
        A system with a busbar and shelves, or its spec.
    powers : tuple of float
        Of the rack, at its bar [W].
    room : Conductors, optional
        Lengths, droop and what cools a bar; assumed where left out.

    Returns
    -------
    Dataset
        Over `case`, and what is drawn over `supply` and `rack_power`.

    Raises
    ------
    SpecError
        The rack has no busbar, or no shelves that feed it.

    References
    ----------
    Derived: `power.solve_busbar`, `power.solve_dc_row`, `power.liquid_bar_temperature`, `power.copper_ratio`; copper
    8 960 kg/m3 (CRC Handbook of Chemistry and Physics).
    """
    spec, room = spec_of(system), room or Conductors()
    bar = bar_of(spec)
    drawn = np.asarray(solve(spec)["power"].tray_power.values)
    share = drawn / drawn.sum()
    high = {name: spec.with_("rack.supply", model).rack for name, model in MODELS.items()}
    racks = {name: high.get(name, spec.rack) for name in SUPPLIES}
    cases = {
        (name, watts): _case(rack, bar, share * watts, (name, room)) for name, rack in racks.items() for watts in powers
    }
    columns = dict(zip(Case._fields, zip(*cases.values(), strict=True), strict=True))
    made = {name: variable("case", list(columns[name]), unit, words) for name, (unit, words) in _COLUMNS.items()}
    copper = np.add(columns["bar"], columns["row"])
    made["copper"] = variable("case", copper, "kg", "copper")
    made["loss_share"] = variable("case", np.divide(columns["loss"], [watts for _, watts in cases]), "1", "loss share")
    made["breaks"] = ("case", list(columns["breaks"]), {"long_name": "the supply's own bar"})
    axes, shape = ("supply", "rack_power"), (len(SUPPLIES), len(powers))
    made["copper_drawn"] = variable(axes, copper.reshape(shape), "kg", "copper from the row to the trays")
    made["loss_drawn"] = variable(axes, np.reshape(columns["loss"], shape), "W", "loss in it")
    coordinates = {
        "case": ("case", [f"{watts / 1e3:g} kW, {name}" for name, watts in cases], {"long_name": "rack"}),
        "supply": ("supply", list(SUPPLIES), {"long_name": "fed by"}),
        "rack_power": variable("rack_power", list(powers), "W", "rack"),
    }
    title = f"Copper of a rack from its row to its trays, at the current density of {spec.name}'s bar"
    made_set = dataset(
        __doc__, made, coordinates, title=title, answer=_answer(cases, spec, room), chart=_CHART, table=_TABLE
    )
    return made_set.assign_attrs(assumed=assumed_text(room))


def _case(rack: Rack, bar: Busbar, drawn: Array, way: tuple[str, Conductors]) -> Case:
    """Return a rack behind its supply; row and bar are sized to the density of a bar."""
    (name, room), watts = way, float(drawn.sum())
    voltage = SUPPLIES[name]
    row = sized_row(bus_of(room, watts, HIGH), bar, watts)
    before, link = as_busway(room, row, HIGH), Conductor(0.0, 0.0, 0.0, voltage)
    if voltage < HIGH:
        feed = voltage, shelf_sources(rack, watts, voltage)
    else:
        if name == "800 V row":
            before, link = row, row._replace(mass=0.0, loss=0.0)
        else:
            own = replace(bus_of(room, watts, voltage, sidecar=True), source_resistance=rack.shelf.source_resistance)
            link = sized_row(own, bar, watts)
        feed = link.voltage, end_source(rack, bar.contact_resistance)
    one, current = sized_bar(rack, bar, drawn, feed)
    return Case(
        float(power.line_current(watts, voltage)), one.current, one.mass, before.mass + link.mass,
        one.loss + before.loss + link.loss, one.voltage, *liquid_bar(rack, bar, room, np.abs(current)),
        _breaks(rack, drawn, feed),
    )  # fmt: skip


def _breaks(rack: Rack, drawn: Array, feed: tuple[float, Array]) -> str:
    """Say what a rack's own bar does with a load: its rating, its voltage window (over that of the supply)."""
    bar, found = rack.busbar, []
    assert bar is not None
    try:
        bus = solve_bar(rack, bar, drawn, feed)
    except power.DidNotConverge:
        return "cannot carry it"
    except ValueError:
        return "no steady temperature"
    usage = float(np.abs(bus.section_current).max()) / bar.rated_current
    if usage > 1:
        found.append(f"{usage:.2g} times its rating")
    lowest = float(bus.node_voltage.min()) / feed[0]
    if lowest < bar.voltage_min / rack.shelf.output_voltage:
        found.append(f"{percent(lowest, 1)} V, below its window")
    return ", ".join(found) or NONE


def _answer(cases: dict[tuple[str, float], Case], spec: Factory, room: Conductors) -> str:
    most = max(watts for _, watts in cases)
    told = [
        f"{name} {whole(one.current)} A, {whole(one.bar + one.row)} kg, {whole(one.loss)} W lost, {one.voltage:.1f} V"
        f" at the farthest tray"
        for (name, watts), one in cases.items()
        if watts == most
    ]
    row = 1 - power.copper_ratio(HIGH, room.ac_voltage, room.power_factor)
    earthed = 1 - power.copper_ratio(HIGH, room.ac_voltage, room.power_factor, earth=True)
    low, high = (cases[name, most] for name in ("54 V shelves", "800 V row"))
    broken = [
        f"{watts / 1e3:g} kW at {name}: {one.breaks}" for (name, watts), one in cases.items() if one.breaks != NONE
    ]
    return (
        f"A rack of {most / 1e3:g} kW takes: {'; '.join(told)}. Its row of 800 V has {percent(row)} less copper than"
        f" one of {room.ac_voltage:g} V AC ({percent(earthed)} with earth conductors), {percent(QUOTED)} less is"
        f" quoted; row and bar together have {percent(1 - (high.bar + high.row) / (low.bar + low.row))} less than at"
        f" 54 V. On liquid a 54 V bar of {whole(low.liquid)} kg in place of {whole(low.bar)} kg stays below"
        f" {room.liquid_limit - 273.15:.0f} °C and loses {whole(low.liquid_loss)} W. The bar of each"
        f" supply ({spec.name}'s for shelves) breaks with {'; '.join(broken) or 'none of them'}."
        " Lengths, droop and cooling of a liquid bar are assumed."
    )


NONE = "nothing breaks"
_COLUMNS = {
    "current": ("A", "total current"),
    "section": ("A", "largest section current"),
    "bar": ("kg", "copper of the bar"),
    "row": ("kg", "copper of row and link"),
    "loss": ("W", "loss"),
    "voltage": ("V", "farthest tray"),
    "liquid": ("kg", "least copper of a bar on liquid"),
    "liquid_loss": ("W", "its loss"),
}
_BARS: dict[str, Any] = {"kind": "bars", "y": "supply", "series": "rack_power"}
_CHART = {
    "panels": [
        {**_BARS, "x": "copper_drawn", "title": "Copper of row, link and bar, for each power of the rack"},
        {**_BARS, "x": "loss_drawn", "title": "What it loses at that power"},
    ]
}
_TABLE = {"rows": "case", "columns": ["current", "copper", "loss", "voltage", "breaks"], "first": True}
