"""The table of a result: what the fabric delivers, how hot, how many amperes, what is left, what limits it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.cli.forms import FORMS, Row, kilowatt, percent, row, spaced
from twin.cli.headline_fabric import fabric_rows
from twin.cli.headline_feed import feed_rows, supply_rows
from twin.cli.headline_plant import plant_rows
from twin.result.io import summary_dict

if TYPE_CHECKING:
    from rich.console import Console
    from xarray import Dataset, DataTree

    from power import Busbar
    from twin.spec.types import Factory
    from twin.sweeps.uncertainty import Uncertainty


def print_headline(console: "Console", tree: "DataTree", spec: "Factory", bands: "Uncertainty | None") -> None:
    """Print the table of a result; with bands, the 5-95 % range of each headline and what drives it."""
    from rich.text import Text

    from twin.cli.inputs import plain_table

    s = summary_dict(tree)
    console.print(Text(f"{spec.name}  {spec.title}", style="bold"))
    jobs = ", ".join(f"{job.name} on {job.gpus} GPUs" for job in spec.traffic.jobs)
    pattern = jobs or spec.traffic.pattern.replace("_", " ")
    console.print(Text(f"load {percent(s['utilization'])}, traffic: {pattern}", style="dim"))
    headers = ("", "value", "5 … 95 %", " ") if bands else ("", "value", " ")
    table = plain_table(*headers, right=headers[1:-1], fold=(" ",))
    table.show_header = bands is not None
    labels = {}
    for title, rows in _sections(tree, spec, s):
        table.add_row(title, style="bold cyan")
        for label, value, remark, name in rows:
            table.add_row(f"  {label}", value, *([_band(name, bands)] if bands else []), remark)
            labels[name] = label
    console.print(table)
    _print_warnings(console, s["warnings"])
    _print_foot(console, s)
    if bands is not None:
        _print_drivers(console, spec, bands, labels)


def _print_warnings(console: "Console", warnings: list[str]) -> None:
    from twin.cli.inputs import plain_table

    table = plain_table("", "", fold=("",))
    for warning in warnings:
        table.add_row("  !", warning, style="yellow")
    if warnings:
        console.print(table)


def _sections(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[tuple[str, list[Row]]]:
    return [
        ("Fabric", fabric_rows(tree, spec, s)),
        ("Thermal", _thermal(tree, spec, s)),
        ("Plant", plant_rows(spec, s)),
        ("Electrical", [*_electrical(tree, spec, s), *supply_rows(spec, s)]),
        *([("Feed", feed_rows(tree, spec, s))] if spec.feed else []),
        ("Headroom, without derating", _headroom(s)),
    ]


def _thermal(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[Row]:
    heat, limits = tree["thermal"].to_dataset(), spec.limits
    flow = f"{s['coolant_flow']:.2f} kg/s, {s['coolant_volume_flow'] * 6e7 / s['liquid_heat']:.2f} L/min per kW"
    drop = f"{s['coolant_pressure_drop'] / 6894.757:.1f} psi at the ports of the rack"
    hoses = f"hoses of the trays, Reynolds number at least {spaced(s['branch_reynolds_min'])}"
    rows = [
        row(s, "coolant supply", "coolant_supply_temperature", _supply(s, spec)),
        row(s, "coolant return", "coolant_return_temperature", _limit(limits.coolant_return)),
        row(s, "coolant flow", "coolant_volume_flow", flow),
        row(s, "pressure drop", "coolant_pressure_drop", drop),
        row(s, "fastest branch", "branch_velocity_max", hoses),
        _hottest(s, heat, "die mean", "junction_temperature", limits.junction),
        _hottest(s, heat, "hot spot", "hotspot_temperature", limits.hotspot),
        _hottest(s, heat, "memory", "memory_temperature", limits.memory),
        _plate(heat, spec, s["coolant_supply_temperature"]),
        row(
            s,
            "heat to liquid",
            "liquid_heat",
            f"{100 * s['liquid_heat'] / s['rack_power']:.1f} % of the {_current(spec)} power",
        ),
        row(s, "heat to air", "air_heat", _beside(spec, s)),
    ]
    if s["clock_min"] < 0.9995:
        rows.append(row(s, "lowest clock of a GPU", "clock_min", _clock_remark(tree, spec)))
    return rows


def _current(spec: "Factory") -> str:
    return "DC" if spec.rack.direct_current else "AC"


def _beside(spec: "Factory", s: dict[str, Any]) -> str:
    """Return how much of the heat to air is that of a sidecar."""
    rack = spec.rack
    if rack.supply.place != "sidecar":
        return ""
    own = rack.supply.liquid_fraction
    air = 1 - (rack.shelf_liquid_fraction if own is None else own)
    return f"{kilowatt(air * s['shelf_loss_total'])} of it of the sidecar"


def _clock_remark(tree: "DataTree", spec: "Factory") -> str:
    """Return what takes the clock of the slowest GPU: its temperature limit, or its power cap."""
    chips = tree["power"].chip_clock.values
    gpus = np.flatnonzero(tree["power"].chip_kind.values == "gpu")
    slowest = gpus[np.argmin(chips[gpus])]
    hot = tree["thermal"].junction_temperature.values[slowest] >= spec.limits.junction - 1e-6
    return "derated to stay at the die limit" if hot else "at the power cap, leakage eats clock"


def _limit(limit: float) -> str:
    return f"limit {limit - 273.15:g} °C"


def _hottest(s: dict[str, Any], heat: "Dataset", label: str, field: str, limit: float) -> Row:
    if s[f"{field}_max"] is None:
        return f"{label}, hottest", "–", "no part has one", ""
    part = str(heat.chip.values[int(np.nanargmax(heat[field].values))])
    return row(s, f"{label}, hottest", f"{field}_max", f"{part}, {_limit(limit)}")


def _plate(heat: "Dataset", spec: "Factory", supply: float) -> Row:
    """Return the worst GPU's resistance beside the largest that keeps the limit at this supply and full power."""
    worst = float(heat.junction_resistance.values[heat.chip_kind.values == "gpu"].max())
    room = spec.limits.junction - supply
    power = max(chip.power.tdp for tray in spec.rack.trays for chip in tray.chips if chip.kind == "gpu")
    allowed = f"at {spaced(power)} W at most {room / power:.4f} for the limit" if spec.load.utilization == 1 else ""
    return "GPU die to inlet", f"{worst:.4f} K/W", allowed, ""


def _supply(s: dict[str, Any], spec: "Factory") -> str:
    """Return the coolant, and the set-point where that is not held."""
    wanted = spec.cooling.supply_temperature
    held = s["coolant_supply_temperature"] <= wanted + 1e-3
    return spec.cooling.coolant if held else f"{spec.cooling.coolant}, set-point {wanted - 273.15:g} °C not held"


def _electrical(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[Row]:
    power, shelf = tree["power"].to_dataset(), spec.rack.shelf
    design = f"design {spec.rack.design_power / 1e3:g} kW, peak {spec.rack.peak_power / 1e3:g} kW"
    busiest = int(np.argmax(power.shelf_load.values))
    place = f"{power.shelf.values[busiest]}, rated {shelf.rated_power / 1e3:g} kW"
    taken = "from a DC row" if spec.rack.direct_current else "AC"
    rows = [
        row(s, f"rack power, {taken}", "rack_power", design),
        row(s, "rack power, DC", "rack_power_dc", _conversion(spec, s)),
        (
            "busiest shelf" if spec.rack.supply.place == "slots" else "load of the supply",
            percent(float(power.shelf_load.values[busiest])),
            place,
            "",
        ),
    ]
    return rows if spec.rack.busbar is None else rows + _bar(power, spec.rack.busbar, s)


def _conversion(spec: "Factory", s: dict[str, Any]) -> str:
    """Return where power is lost between the input of the rack and its modules."""
    supplies = {"slots": "shelves", "sidecar": "sidecar", "row": "tap"}[spec.rack.supply.place]
    losses = {supplies: "shelf_loss_total", "intermediate bus": "intermediate_bus_loss", "bar": "bus_loss"}
    told = [f"{where} {s[name] / 1e3:.2f}" for where, name in losses.items() if s[name]]
    return f"loss of {', '.join(told)} kW"


def _bar(power: "Dataset", bar: "Busbar", s: dict[str, Any]) -> list[Row]:
    section = int(np.argmax(np.abs(power.bus_section_current.values)))
    place = f"slots {power.section_top_slot.values[section]}-{power.section_bottom_slot.values[section]}"
    rating, peak = f"{place}, rated {spaced(bar.rated_current)} A", s["busbar_section_current_peak"]
    told = "within the rating" if peak is not None and peak <= bar.rated_current else "warned of"
    return [
        row(s, "largest bar current", "busbar_section_current_max", rating),
        row(s, "the same at peak (EDPp)", "busbar_section_current_peak", f"{told}, no headroom limit"),
        row(s, "lowest bus voltage", "bus_voltage_min", f"window {bar.voltage_min:g} … {bar.voltage_max:g} V"),
    ]


def _headroom(s: dict[str, Any]) -> list[Row]:
    labels = {
        "headroom_temperature": "to the nearest limit",
        "supply_temperature_max": "supply, at most",
        "coolant_flow_min": "coolant flow, at least",
        "headroom_power": "power to spare",
    }
    said = {"supply range": "end of the supply range"}
    by = {name: str(s[f"{name}_limited_by"]) for name in labels}
    return [row(s, label, name, said.get(by[name], by[name])) for name, label in labels.items()]


def _band(name: str, bands: "Uncertainty") -> str:
    if name not in bands.bands:
        return ""
    low, high = (FORMS[name](value).rsplit(" ", 1)[0] for value in bands.bands[name])
    return f"{low} … {high}"


def _print_foot(console: "Console", s: dict[str, Any]) -> None:
    from rich.text import Text

    assumed = f"{percent(s['assumed_share'])} of the numbers behind this are assumed (twin show lists them)"
    closure = f"energy closes to {abs(s['energy_closure_relative']):.0e}, {s['iterations']} passes"
    console.print(Text(f"{assumed}; {closure}", style="dim"))


def _print_drivers(console: "Console", spec: "Factory", bands: "Uncertainty", labels: dict[str, str]) -> None:
    from rich.text import Text

    from twin.cli.bands import chance, driver_table, drivers

    drawn = f"{len(bands.inputs)} assumed numbers, {bands.draws} draws solved and {bands.refused} refused"
    if drivers(bands):
        console.print(driver_table(bands, labels, spec))
        console.print(Text(f"{drawn}; correlations below {chance(bands):.2f} may be chance", style="dim"))
    else:
        console.print(Text(f"{drawn}: too few to tell which of them matters most", style="dim"))
