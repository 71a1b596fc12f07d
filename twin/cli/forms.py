"""How the numbers of a table are printed, from SI in the trade's units."""

from collections.abc import Callable
from typing import Any

Row = tuple[str, str, str, str]
"""Label, value, remark, and the headline's name for its band ('' where it has none)."""


def show(value: float | None, form: Callable[[float], str]) -> str:
    """Return a number in its form, or a dash where there is none."""
    return "–" if value is None else form(value)


def celsius(value: float) -> str:
    """Return kelvins in °C."""
    return f"{value - 273.15:.1f} °C"


def kilowatt(value: float) -> str:
    """Return watts in kW."""
    return f"{value / 1e3:.1f} kW" if abs(value) >= 1e4 else f"{value / 1e3:.2f} kW"


def watt(value: float) -> str:
    """Return watts, in kW where there are many."""
    return kilowatt(value) if abs(value) >= 1e3 else f"{value:.0f} W"


def megawatt(value: float) -> str:
    """Return watts in MW, in kW where there are few."""
    return f"{value / 1e6:.2f} MW" if abs(value) >= 1e6 else kilowatt(value)


def kelvin(value: float) -> str:
    """Return a difference of temperatures."""
    return f"{value:.1f} K"


def spaced(value: float) -> str:
    """Return a whole number, thousands apart."""
    return f"{value:,.0f}".replace(",", " ")


def percent(share: float) -> str:
    """Return a share in whole percent."""
    return f"{100 * share:.0f} %"


#: How each headline is printed, from SI.
FORMS: dict[str, Callable[[float], str]] = {
    "bandwidth_per_gpu": lambda v: f"{spaced(v / 1e9)} GB/s",
    "bandwidth_aggregate_bidirectional": lambda v: f"{v / 1e12:.1f} TB/s",
    "bandwidth_bisection": lambda v: f"{v / 1e12:.1f} TB/s",
    "latency_gpu_to_gpu": lambda v: f"{v * 1e6:.2f} µs",
    **{
        name: lambda v: f"{v * 1e6:.1f} µs" if v < 1e-3 else f"{v * 1e3:.2f} ms"
        for name in ("all_to_all_time", "all_reduce_time", "dispatch_time", "combine_time")
    },
    "link_power_total": kilowatt,
    "optics_power": kilowatt,
    "link_count": spaced,
    "cable_pair_count": spaced,
    "coolant_supply_temperature": celsius,
    "coolant_return_temperature": celsius,
    "coolant_volume_flow": lambda v: f"{v * 6e4:.1f} L/min",
    "coolant_pressure_drop": lambda v: f"{v / 1e3:.1f} kPa",
    "junction_temperature_max": celsius,
    "hotspot_temperature_max": celsius,
    "memory_temperature_max": celsius,
    "liquid_heat": kilowatt,
    "air_heat": kilowatt,
    "branch_velocity_max": lambda v: f"{v:.2f} m/s",
    "facility_supply_temperature": celsius,
    "facility_return_temperature": celsius,
    "facility_flow": lambda v: f"{v:.2f} kg/s per rack",
    "outdoor_temperature": celsius,
    "unit_approach": kelvin,
    "unit_valve": percent,
    "unit_pump_power": watt,
    "facility_pump_power": watt,
    "fan_power": watt,
    "room_power": watt,
    "dew_point_margin": kelvin,
    "pue": lambda v: f"{v:.3f}",
    "wue": lambda v: f"{v * 3.6e6:.2f} L/kWh",
    "ere": lambda v: f"{v:.3f}",
    "clock_min": lambda v: f"{100 * v:.1f} %",
    "rack_power": kilowatt,
    "rack_power_dc": kilowatt,
    "busbar_section_current_max": lambda v: f"{spaced(v)} A",
    "busbar_section_current_peak": lambda v: f"{spaced(v)} A",
    "bus_voltage_min": lambda v: f"{v:.2f} V",
    "bus_voltage_margin": lambda v: f"{v:.2f} V",
    "bus_damping_margin": lambda v: f"{v:.2f}",
    "bus_modal_damping": lambda v: f"{v:.4f}",
    "hold_up_time": lambda v: f"{1e3 * v:.0f} ms",
    "store_time": lambda v: f"{1e3 * v:.0f} ms",
    "feed_power": megawatt,
    "feed_cooling_power": megawatt,
    "pue_utility": lambda v: f"{v:.3f}",
    "feed_loss": watt,
    "feed_voltage_min": lambda v: f"{100 * v:.1f} %",
    **dict.fromkeys(("feed_loading_max", "feed_loading_peak", "utility_loading", "transformer_loading"), percent),
    **dict.fromkeys(("ups_loading", "pdu_loading", "busway_loading", "breaker_loading"), percent),
    "headroom_temperature": kelvin,
    "headroom_power": kilowatt,
    "coolant_flow_min": lambda v: f"{v:.2f} kg/s",
    "supply_temperature_max": celsius,
}


def row(s: dict[str, Any], label: str, name: str, remark: str = "") -> Row:
    """Return the row of a headline."""
    return label, show(s[name], FORMS[name]), remark, name
