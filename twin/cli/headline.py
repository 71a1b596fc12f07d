"""The table of a result: what the fabric delivers, how hot, how many amperes, what is left, what limits it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.result.io import summary_dict

if TYPE_CHECKING:
    from rich.console import Console
    from xarray import Dataset, DataTree

    from power import Busbar
    from twin.spec.types import Factory
    from twin.sweep.sample import Uncertainty

Row = tuple[str, str, str, str]
"""Label, value, remark, and the headline's name for its band ('' where it has none)."""


def print_headline(console: "Console", tree: "DataTree", spec: "Factory", bands: "Uncertainty | None") -> None:
    """Print the table of a result; with bands, the 5-95 % range of each headline and what drives it."""
    from rich.table import Table
    from rich.text import Text

    s = summary_dict(tree)
    console.print(Text(f"{spec.name}  {spec.title}", style="bold"))
    table = Table(box=None, pad_edge=False, show_header=bands is not None, header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    if bands is not None:
        table.add_column("5 … 95 %", justify="right", no_wrap=True)
    table.add_column("" if bands is None else "matters most", overflow="fold")
    for title, rows in _sections(tree, spec, s):
        table.add_row(Text(title, style="bold cyan"), *[""] * (len(table.columns) - 1))
        for label, value, remark, name in rows:
            table.add_row(
                f"  {label}",
                value,
                *([] if bands is None else [_band(name, bands)]),
                _remark(remark, name, bands),
            )
    console.print(table)
    for warning in s["warnings"]:
        console.print(Text(f"  ! {warning}", style="yellow"))
    _print_foot(console, s, bands)


def _sections(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[tuple[str, list[Row]]]:
    return [
        ("Fabric", _fabric(tree, s)),
        ("Thermal", _thermal(tree, spec, s)),
        ("Electrical", _electrical(tree, spec, s)),
        ("Headroom, without derating", _headroom(s)),
    ]


def _show(value: float | None, form: Callable[[float], str]) -> str:
    return "–" if value is None else form(value)


def _celsius(value: float) -> str:
    return f"{value - 273.15:.1f} °C"


def _kilowatt(value: float) -> str:
    return f"{value / 1e3:.1f} kW" if abs(value) >= 1e4 else f"{value / 1e3:.2f} kW"


def _spaced(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


#: How each headline is printed, from SI.
FORMS: dict[str, Callable[[float], str]] = {
    "bandwidth_per_gpu": lambda v: f"{v / 1e9:.0f} GB/s",
    "bandwidth_aggregate_bidirectional": lambda v: f"{v / 1e12:.1f} TB/s",
    "bandwidth_bisection": lambda v: f"{v / 1e12:.1f} TB/s",
    "latency_gpu_to_gpu": lambda v: f"{v * 1e6:.2f} µs",
    "all_to_all_time": lambda v: f"{v * 1e6:.1f} µs",
    "junction_temperature_max": _celsius,
    "hotspot_temperature_max": _celsius,
    "memory_temperature_max": _celsius,
    "coolant_return_temperature": _celsius,
    "coolant_volume_flow": lambda v: f"{v * 6e4:.1f} L/min",
    "coolant_pressure_drop": lambda v: f"{v / 1e3:.1f} kPa",
    "rack_power": _kilowatt,
    "rack_power_dc": _kilowatt,
    "busbar_section_current_max": lambda v: f"{_spaced(v)} A",
    "bus_voltage_min": lambda v: f"{v:.2f} V",
    "headroom_temperature": lambda v: f"{v:.1f} K",
    "headroom_power": _kilowatt,
    "coolant_flow_min": lambda v: f"{v:.2f} kg/s",
    "supply_temperature_max": _celsius,
}


def _row(s: dict[str, Any], label: str, name: str, remark: str = "") -> Row:
    return label, _show(s[name], FORMS[name]), remark, name


def _fabric(tree: "DataTree", s: dict[str, Any]) -> list[Row]:
    links = tree["topology"].to_dataset()
    worst = int(np.argmax(links.link_utilization.values))
    busiest = f"{links.link_gpu.values[worst]} – {links.link_asic.values[worst]}"
    message = f"{s['all_to_all_message_bytes'] / 1e6:g} MB"
    rows = [
        _row(s, "bandwidth per GPU", "bandwidth_per_gpu", "per direction"),
        _row(s, "aggregate", "bandwidth_aggregate_bidirectional", "both directions, all GPUs"),
        _row(s, "bisection", "bandwidth_bisection", "per direction"),
        _row(s, "latency GPU to GPU", "latency_gpu_to_gpu", "one way, hardware"),
        _row(s, f"all-to-all, {message} per pair", "all_to_all_time", "uniform, launch and protocol included"),
        ("busiest link", f"{links.link_utilization.values[worst]:.0%}", busiest, ""),
        ("links", _spaced(s["link_count"]), "", ""),
    ]
    if s["cable_pair_count"] is not None:
        rows[-1] = (
            "links, copper pairs",
            f"{_spaced(s['link_count'])}, {_spaced(s['cable_pair_count'])}",
            f"{s['cable_length_total'] / 1e3:.2f} km of pairs ({s['cable_length_total'] / 1609.344:.2f} miles)",
            "",
        )
    return rows


def _thermal(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[Row]:
    heat, limits = tree["thermal"].to_dataset(), spec.limits
    shares = f"{s['liquid_heat'] / s['rack_power']:.1%} liquid"
    rows = [
        ("coolant supply", _celsius(s["coolant_supply_temperature"]), spec.cooling.coolant, ""),
        _row(s, "coolant return", "coolant_return_temperature", _limit(limits.coolant_return)),
        _row(s, "coolant flow", "coolant_volume_flow", f"{s['coolant_flow']:.2f} kg/s"),
        _row(s, "pressure drop", "coolant_pressure_drop", f"{s['coolant_pressure_drop'] / 6894.757:.1f} psi"),
        _hottest(s, heat, "die mean", "junction_temperature", limits.junction),
        _hottest(s, heat, "hot spot", "hotspot_temperature", limits.hotspot),
        _hottest(s, heat, "memory", "memory_temperature", limits.memory),
        _plate(heat, spec),
        ("heat to liquid, to air", f"{_kilowatt(s['liquid_heat'])}, {_kilowatt(s['air_heat'])}", shares, ""),
        ("facility water supply", _celsius(s["facility_supply_temperature"]), "at a fully shared CDU", ""),
    ]
    if s["clock_min"] < 0.9995:
        rows.append(("lowest GPU clock", f"{s['clock_min']:.1%}", "leakage and links eat clock at the power cap", ""))
    return rows


def _limit(limit: float) -> str:
    return f"limit {limit - 273.15:g} °C"


def _hottest(s: dict[str, Any], heat: "Dataset", label: str, field: str, limit: float) -> Row:
    if s[f"{field}_max"] is None:
        return label, "–", "", ""
    part = str(heat.chip.values[int(np.nanargmax(heat[field].values))])
    return _row(s, f"{label}, hottest", f"{field}_max", f"{part}, {_limit(limit)}")


def _plate(heat: "Dataset", spec: "Factory") -> Row:
    """Return the worst GPU's resistance beside the largest that keeps the limit at this supply and full power."""
    worst = float(heat.junction_resistance.values[heat.chip_kind.values == "gpu"].max())
    room = spec.limits.junction - spec.cooling.supply_temperature
    power = max(chip.power.tdp for tray in spec.rack.trays for chip in tray.chips if chip.kind == "gpu")
    return (
        "GPU die to inlet",
        f"{worst:.4f} K/W",
        f"largest that allows this supply at {power:g} W: {room / power:.4f}",
        "",
    )


def _electrical(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[Row]:
    power = tree["power"].to_dataset()
    design = f"design {spec.rack.design_power / 1e3:g} kW, peak {spec.rack.peak_power / 1e3:g} kW"
    rows = [
        _row(s, "rack power, AC", "rack_power", design),
        _row(s, "rack power, DC", "rack_power_dc", f"conversion loss {_kilowatt(s['conversion_loss'])}"),
        ("busiest shelf", f"{float(power.shelf_load.max()):.0%}", f"of {spec.rack.shelf.rated_power / 1e3:g} kW", ""),
    ]
    return rows if spec.rack.busbar is None else rows + _bar(power, spec.rack.busbar, s)


def _bar(power: "Dataset", bar: "Busbar", s: dict[str, Any]) -> list[Row]:
    section = int(np.argmax(np.abs(power.bus_section_current.values)))
    place = f"slots {power.section_top_slot.values[section]}-{power.section_bottom_slot.values[section]}"
    rating = f"rated {_spaced(bar.rated_current)} A; {_spaced(s['busbar_section_current_peak'])} A at peak"
    return [
        _row(s, "largest bar current", "busbar_section_current_max", f"{place}, {rating}"),
        _row(s, "lowest bus voltage", "bus_voltage_min", f"window {bar.voltage_min:g} … {bar.voltage_max:g} V"),
    ]


def _headroom(s: dict[str, Any]) -> list[Row]:
    labels = {
        "headroom_temperature": "temperature",
        "supply_temperature_max": "supply temperature, at most",
        "coolant_flow_min": "coolant flow, at least",
        "headroom_power": "power to spare",
    }
    return [_row(s, label, name, str(s[f"{name}_limited_by"])) for name, label in labels.items()]


def _band(name: str, bands: "Uncertainty") -> str:
    if name not in bands.bands:
        return ""
    return " … ".join(FORMS[name](value).rsplit(" ", 1)[0] for value in bands.bands[name])


def _remark(remark: str, name: str, bands: "Uncertainty | None") -> str:
    if bands is None or name not in bands.drivers:
        return remark
    path, strength = bands.drivers[name]
    return f"{path} ({strength:+.2f})"


def _print_foot(console: "Console", s: dict[str, Any], bands: "Uncertainty | None") -> None:
    from rich.text import Text

    closure = f"energy closes to {abs(s['energy_closure_relative']):.0e}, {s['iterations']} passes"
    console.print(
        Text(
            f"{s['assumed_share']:.0%} of the numbers behind this are assumed (twin show lists them); {closure}",
            style="dim",
        )
    )
    if bands is not None:
        drawn = f"{bands.draws} draws of {len(bands.inputs)} assumed numbers, {bands.refused} refused"
        console.print(Text(f"{drawn}; in brackets the rank correlation with the headline", style="dim"))
