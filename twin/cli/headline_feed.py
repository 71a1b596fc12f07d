"""The rows of a result's table on the feed of the rack, and on what its supplies and its bus have to spare."""

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.cli.forms import FORMS, Row, kilowatt, percent, row, show, spaced
from twin.couple.feed_numbers import NOT_SOLVED
from twin.couple.store import covered_step
from twin.spec.feed import cooling_boards

if TYPE_CHECKING:
    from xarray import DataTree

    from power import EnergyStore
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
        rows.append(row(s, "damping ratio of its modes", "bus_modal_damping", hertz))
    if rack.hold_up is not None:
        where = "busiest shelf" if rack.supply.place == "slots" else rack.supply.place
        rows.append(row(s, "hold-up of the supplies", "hold_up_time", f"without input, {where}"))
    elif rack.supply.place == "row":
        rows.append(("hold-up of the supplies", "none", "the row carries the rack", ""))
    store = rack.store_in_service
    if store is not None:
        rows += _store(store, s)
    elif rack.supply.place == "row":
        rows.append(("energy store", "none", "the row carries the rack", ""))
    return rows


def _store(store: "EnergyStore", s: dict[str, Any]) -> list[Row]:
    """Return what the energy store can do, from its target charge."""
    most = store.discharge_power
    given = f", giving {kilowatt(most)}, its rating" if most < s["rack_power"] else ""
    charge = f"at {percent(store.target_charge)} of {store.capacity / 1e3:.3g} kJ{given}"
    ramp = min(store.grid_ramp_up, store.grid_ramp_down)
    return [
        row(s, "energy store lasts", "store_time", f"without input, {charge}"),
        ("largest step it covers", kilowatt(covered_step(store)), f"while the grid keeps to {ramp / 1e6:g} MW/s", ""),
    ]


def feed_rows(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[Row]:
    """Return the rows on the feed of a solved rack; it is full of racks like this one."""
    feed = spec.feed
    if feed is None:
        return []
    if s["feed_power"] is None:
        why = next((said for said in s["warnings"] if said.startswith(NOT_SOLVED)), NOT_SOLVED.rstrip(": "))
        return [("at the utility", "–", why.partition(" (mend")[0].removeprefix("feed "), "")]
    loss, live = s["feed_loss"], 0
    share = ""
    if loss is not None:
        live = round((s["feed_power"] - (s["feed_cooling_power"] or 0.0)) / (s["rack_power"] + loss))
        share = f"per rack, {100 * live * loss / s['feed_power']:.2f} % of what the utility gives"
    cooled = s["feed_cooling_power"] is not None
    racks = f"{feed.racks}" if live == feed.racks else f"{live} of {feed.racks}"
    cooling = "and their cooling" if cooled else "without their cooling"
    rows = [row(s, "at the utility", "feed_power", f"{racks} such racks {cooling}, {_way(spec)}")]
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
    breaker = _rack_breaker(tree, feed)
    others = ", ".join(f"{what} {show(s[name], FORMS[name])}" for name, what in tiers.items() if s[name] is not None)
    return [*rows, *breaker, ("tiers", "", others, "")]


def _rack_breaker(tree: "DataTree", feed: "Feed") -> list[Row]:
    """Return the largest current through the breaker of a rack, beside its rating."""
    power, breaker = tree["power"].to_dataset(), feed.rack_breaker
    of_rack = np.char.startswith(power.feeder.values.astype(str), "breaker-rack-cable-")
    loading = power.feeder_loading.values[of_rack]
    if breaker is None or not (loading > 0).any():
        return []
    day = breaker.rated_current * breaker.continuous_share
    current = float(np.nanmax(loading)) * day
    return [("rack breaker", f"{spaced(current)} A", f"of {breaker.rated_current:g} A, {day:g} A of it all day", "")]


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
