"""Rules of a spec that no single field can break: what must agree inside a tray, a rack and a factory.

Each function returns the problems it finds, each naming the field (relative to its argument), the value, the allowed
range and the fix.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.spec.types import Factory, Rack, Tray

SHELF = "shelf"
#: More slots than any rack has; a slip of the finger must not allocate a hall.
SLOTS_MAX = 1000


def tray_problems(tray: "Tray") -> list[str]:
    """Return what is wrong with a tray: names that stand twice, more power idle than busy."""
    problems = _twice("chips", tray.chips)
    if tray.auxiliary_idle_power > tray.auxiliary_power:
        problems.append(
            f"auxiliary_idle_power = {tray.auxiliary_idle_power:g} W: must be ≤ auxiliary_power = "
            f"{tray.auxiliary_power:g} W; lower it, or raise auxiliary_power"
        )
    return problems


def rack_problems(rack: "Rack") -> list[str]:
    """Return what is wrong with a rack: its names and stack first, then what the stack adds up to."""
    rules = (_shelf_problems, _count_problems, _fit_problems, _window_problems)
    return _stack_problems(rack) or [problem for rule in rules for problem in rule(rack)]


def _stack_problems(rack: "Rack") -> list[str]:
    parts = [tray.name for tray in rack.trays]
    problems = _twice("trays", rack.trays) + _twice("stack", rack.stack)
    if SHELF in parts:
        problems.append(f"trays.{SHELF}.name = {SHELF!r}: the stack uses this word for power shelves; take another")
    for item in rack.stack:
        if item.part not in (*parts, SHELF):
            problems.append(f"stack.{item.name}.part = {item.part!r}: must be one of {', '.join([*parts, SHELF])}")
        elif not item.in_service and item.part != SHELF:
            problems.append(f"stack.{item.name}.in_service = false: only shelves can be out of service; remove it")
    return problems


def _shelf_problems(rack: "Rack") -> list[str]:
    if rack.supply.place != "slots":
        return [
            f"stack.{item.name}.in_service = false: supply.place = {rack.supply.place}, there are no shelves in the "
            "slots; set it to true, or take a supply of shelves"
            for item in rack.stack
            if not item.in_service
        ] + _supply_problems(rack)
    if any(item.part == SHELF and item.in_service for item in rack.stack):
        return _supply_problems(rack)
    return ["stack: no shelf is in service; set in_service = true on a bank of shelves"]


def _supply_problems(rack: "Rack") -> list[str]:
    place, share, found = rack.supply.place, rack.supply.liquid_fraction, []
    if rack.bar_coolant is not None and rack.busbar is None:
        found.append("bar_coolant: there is no busbar to cool; set bar_coolant = none")
    if place != "slots" and rack.busbar is None:
        found.append(f"supply.place = {place}: it feeds the top of a busbar, and the rack has none; set it to slots")
    if place != "sidecar" and share is not None:
        mend = ", and shelf_liquid_fraction in its place" if place == "slots" else ""
        found.append(
            f"supply.liquid_fraction = {share:g}: is a sidecar's, and supply.place = {place}; set it to none{mend}"
        )
    return found


def _count_problems(rack: "Rack") -> list[str]:
    trays = {tray.name: tray for tray in rack.trays}
    placed = [(item, trays[item.part]) for item in rack.stack if item.part in trays]
    problems = []
    for kind, field, wanted in (("gpu", "gpus", rack.nvlink.gpus), ("switch", "asics", rack.nvlink.asics)):
        found = sum(item.count * chip.count for item, tray in placed for chip in tray.chips if chip.kind == kind)
        if found != wanted:
            problems.append(
                f"nvlink.{field} = {wanted}: the trays in the stack hold {found} chips of kind {kind!r}; "
                f"set nvlink.{field} = {found}, or change a count in the stack or in a tray"
            )
    return problems


def _window_problems(rack: "Rack") -> list[str]:
    bar, voltage = rack.busbar, rack.shelf.output_voltage
    if bar is None or bar.voltage_min < voltage <= bar.voltage_max:
        return []
    return [
        f"shelf.output_voltage = {voltage:g} V: must be > busbar.voltage_min = {bar.voltage_min:g} V and "
        f"≤ busbar.voltage_max = {bar.voltage_max:g} V; change it, or the window"
    ]


def _fit_problems(rack: "Rack") -> list[str]:
    problems = []
    slots = sum(item.count for item in rack.stack)
    if slots > SLOTS_MAX:
        problems.append(f"stack takes {slots} slots: must be ≤ {SLOTS_MAX}; lower a count")
    if len(rack.pressure_points) != 2:
        problems.append(
            f"pressure_points has {len(rack.pressure_points)} entries: must be 2; the branch law has two unknowns"
        )
    return problems


def _twice(field: str, items: Sequence[Any]) -> list[str]:
    names = [item.name for item in items]
    return [f"{field}.{name}: the name stands twice; rename one" for name in _repeated(names)]


def _repeated(names: Iterable[str]) -> list[str]:
    counted = list(names)
    return [name for name in dict.fromkeys(counted) if counted.count(name) > 1]


def factory_problems(factory: "Factory") -> list[str]:
    """Return what is wrong between coolant and limits, temperatures in °C."""
    cooling, limits = factory.cooling, factory.limits
    supply, back = cooling.supply_temperature, cooling.return_temperature
    problems = _job_problems(factory)
    if not limits.supply_minimum <= supply <= limits.supply_maximum:
        problems.append(
            f"cooling.supply_temperature = {_celsius(supply)}: must lie within {_celsius(limits.supply_minimum)} to "
            f"{_celsius(limits.supply_maximum)}; change it, or limits.supply_minimum or limits.supply_maximum"
        )
    elif cooling.volume_flow is None and back <= supply:
        problems.append(
            f"cooling.return_temperature = {_celsius(back)}: must lie above cooling.supply_temperature = "
            f"{_celsius(supply)}; raise it, lower the supply, or fix cooling.volume_flow"
        )
    if cooling.flow_minimum > cooling.flow_maximum:
        problems.append(
            f"cooling.flow_minimum = {cooling.flow_minimum * 6e4:g} L/min: must be ≤ cooling.flow_maximum = "
            f"{cooling.flow_maximum * 6e4:g} L/min; lower it, or raise the maximum"
        )
    return problems


def feed_problems(factory: "Factory") -> list[str]:
    """Return what is wrong between a rack and its feed: alternating or direct current, and its voltage."""
    rack, feed = factory.rack, factory.feed
    if feed is None:
        return []
    row, bar = feed.dc_row, rack.busbar
    if row is None:
        wrong = "rack.supply.place = row: the rack takes direct current, its feed gives alternating current"
        mend = "feed = dc-row-800v, or rack.supply = sidecar-800v"
        return [f"{wrong}; set {mend}"] if rack.direct_current else []
    if not rack.direct_current:
        who = "sidecar takes" if rack.supply.place == "sidecar" else "shelves take"
        wrong = f"feed.dc_row: the feed gives direct current, the rack's {who} alternating current"
        return [f"{wrong}; set rack.supply = row-800v, or feed = unit-substation"]
    if bar is None or bar.voltage_min < row.source_voltage <= bar.voltage_max:
        return []
    return [
        f"feed.dc_row.source_voltage = {row.source_voltage:g} V: must be > rack.busbar.voltage_min = "
        f"{bar.voltage_min:g} V and ≤ rack.busbar.voltage_max = {bar.voltage_max:g} V; change it, or the window"
    ]


def _job_problems(factory: "Factory") -> list[str]:
    jobs, gpus = factory.traffic.jobs, factory.rack.nvlink.gpus
    taken = sum(job.gpus for job in jobs)
    problems = _twice("traffic.jobs", jobs)
    if taken > gpus:
        names = ", ".join(f"{job.name} {job.gpus}" for job in jobs)
        problems.append(f"traffic.jobs take {taken} GPUs ({names}): must be ≤ {gpus}, the GPUs of the rack; lower one")
    return problems


def _celsius(temperature: float) -> str:
    return f"{temperature - 273.15:g} degC"
