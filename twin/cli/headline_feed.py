"""The rows of a result's table on the feed of the rack, and on what its supplies and its bus have to spare."""

from typing import TYPE_CHECKING, Any

from twin.cli.forms import FORMS, Row, kilowatt, percent, row, show
from twin.spec.feed import cooling_boards

if TYPE_CHECKING:
    from twin.spec.types import BusSwing, Factory, Feed


def supply_rows(spec: "Factory", s: dict[str, Any]) -> list[Row]:
    """Return the rows on bus, supplies and energy store of a solved rack."""
    rack, rows = spec.rack, []
    if rack.busbar is not None:
        rows.append(row(s, "voltage above the window", "bus_voltage_margin", "lowest tray, to the lower end"))
    if rack.swing is not None:
        rows.append(row(s, "damping of the bus", "bus_damping_margin", "constant-power loads, stable above 1"))
    if s["bus_modal_damping"] is not None:
        hertz = f"slots at {s['bus_modal_frequency'] / 1e3:.1f} kHz, converters to {_hertz(rack.swing)}, stable above 0"
        rows.append(row(s, "damping of its modes", "bus_modal_damping", hertz))
    if rack.hold_up is not None:
        rows.append(row(s, "hold-up of the supplies", "hold_up_time", "without input, busiest shelf"))
    if rack.store is not None:
        slowest = f"flattens half the rack's swing from {s['store_flattened_frequency']:.1f} Hz up"
        rows.append(row(s, "energy store carries", "store_time", f"{rack.store.capacity / 1e3:g} kJ, {slowest}"))
    return rows


def feed_rows(spec: "Factory", s: dict[str, Any]) -> list[Row]:
    """Return the rows on the feed of a solved rack; it is full of racks like this one."""
    feed = spec.feed
    if feed is None:
        return []
    loss = s["feed_loss"]
    share = "" if loss is None else f"per rack, {100 * loss / (loss + s['rack_power']):.1f} % of what the utility gives"
    cooled = s["feed_cooling_power"] is not None
    cooling = "and their cooling" if cooled else "without their cooling"
    rows = [row(s, "at the utility", "feed_power", f"{feed.racks} such racks {cooling}, {_way(spec)}")]
    if cooled:
        rows.append(row(s, "of it for cooling", "feed_cooling_power", _boards(feed)))
        rows.append(row(s, "PUE from the utility", "pue_utility", "cooling and all losses before the racks"))
    rows += [
        row(s, "loss before the rack", "feed_loss", share),
        row(s, "lowest voltage at a rack", "feed_voltage_min", f"of nominal, least {percent(feed.voltage_min)}"),
        row(s, "most loaded", "feed_loading_max", _name(s["feed_loading_max_part"])),
        row(s, "most loaded at peak (EDPp)", "feed_loading_peak", _name(s["feed_loading_peak_part"])),
    ]
    tiers = {
        "utility_loading": "utility",
        "transformer_loading": "transformer",
        "ups_loading": "rectifiers" if feed.dc_row else "UPS",
        "pdu_loading": "switchboard and PDUs",
        "busway_loading": "cables and busways",
        "breaker_loading": "breakers",
    }
    others = ", ".join(f"{what} {show(s[name], FORMS[name])}" for name, what in tiers.items() if s[name] is not None)
    return [*rows, ("tiers", "", others, "")]


def _hertz(swing: "BusSwing | None") -> str:
    return "" if swing is None or swing.converter_bandwidth is None else f"{swing.converter_bandwidth / 1e3:g} kHz"


def _boards(feed: "Feed") -> str:
    """Return where the plant hangs."""
    if feed.ups is None:
        return "on a board of its own"
    boards = cooling_boards(feed)
    if len(boards) > 1:
        return "before the UPS; pumps of the distribution units behind it"
    return "behind the UPS" if "cooling-ups" in boards else "before the UPS"


def _name(part: str | None) -> str:
    return (part or "–").replace("breaker-", "breaker of ")


def _way(spec: "Factory") -> str:
    """Return the voltages on the way, and the contract."""
    feed = spec.feed
    if feed is None:
        return ""
    volts = [feed.utility_voltage, *([feed.hall_voltage] if feed.transformer else [])]
    text = " → ".join(f"{v / 1e3:g} kV" if v >= 1e3 else f"{v:g} V" for v in volts)
    direct = f" → {feed.dc_row.source_voltage:g} V DC" if feed.dc_row else ""
    contract = f", limit {kilowatt(feed.utility_capacity)}" if feed.utility_capacity else ""
    return f"{text}{direct}{contract}"
