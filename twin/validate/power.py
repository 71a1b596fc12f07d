"""Power rows: the bar in closed form, the busbar paradox, energy closure of the coupled rack."""

from dataclasses import replace
from pathlib import Path

import numpy as np

import power
from power import Busbar
from twin.build.model import build_model
from twin.couple.closure import energy_closure
from twin.couple.steady import solve_steady
from twin.spec.load import load, systems
from twin.spec.types import Factory
from twin.validate.row import Allowed, Row, row


def p5(reference: Path | None) -> list[Row]:
    """Return the electro-thermal bar: our closed form against the heat balance, iterated."""
    bar = load("gb300-nvl72").rack.busbar
    assert bar is not None
    return [
        row(
            ("P5", f"self-heated bar at {current:g} A"),
            float(power.section_temperature(bar, current)),
            _iterated_temperature(bar, current),
            "K",
            Allowed(1e-9),
            "heat balance, iterated",
        )
        for current in (700.0, 1320.0, 2000.0)
    ]


def _iterated_temperature(bar: Busbar, current: float) -> float:
    temperature = bar.ambient_temperature
    for _ in range(200):
        loop = 2 * bar.resistivity / bar.cross_section * (1 + bar.temperature_coefficient * (temperature - 293.15))
        temperature = bar.ambient_temperature + current**2 * loop / bar.heat_transfer
    return temperature


def p6(reference: Path | None) -> list[Row]:
    """Return the uniformly loaded bar fed at both ends: drop I R / 8 at mid-span."""
    sections, current, resistance = 40, 2640.0, 60e-6
    load_current = np.full(sections + 1, current / sections)
    load_current[[0, -1]] /= 2
    source = np.full(sections + 1, np.inf)
    source[[0, -1]] = 1e-9
    none = np.zeros(sections + 1)
    bar = np.full(sections, resistance / sections)
    solved = power.solve_busbar(bar, none, none + 50.0, source, none, load_current=load_current)
    drop = float(solved.node_voltage[0] - solved.node_voltage[sections // 2])
    expected = current * resistance / 8
    return [row(("P6", "mid-span drop, 40 sections"), drop, expected, "V", Allowed(1e-12), "closed form I R / 8")]


def p7(reference: Path | None) -> list[Row]:
    """Return the relative energy closure of every catalogue rack at full, half and no load."""
    rows = []
    for name in systems():
        for utilization in (1.0, 0.5, 0.0):
            solved = solve_steady(build_model([load(name).with_("load.utilization", utilization)]))
            closure = float(energy_closure(solved.model, solved.outcome)[0])
            key = "P7", f"energy closure, {name} at load {utilization:g}"
            rows.append(row(key, closure, 0.0, "1", Allowed(1e-9), "first law"))
    return rows


def busbar(reference: Path | None) -> list[Row]:
    """Return the busbar paradox at 132 kW: shelves at both ends, all at the bottom, one bank lost."""
    spec = load("gb300-nvl72")
    source = "Kirchhoff; loads and shelves at their slots, 132 kW DC"
    near = Allowed(0.01, relative=True)
    below, lost = _all_shelves_below(spec), spec.with_("stack.top-shelves.in_service", False)
    return [
        row(("busbar", "largest section, shelves at both ends"), _section(spec), 1320.0, "A", Allowed(20.0), source),
        row(("busbar", "all shelves at the bottom"), _section(below), 2635.0, "A", near, source),
        row(("busbar", "top bank lost"), _section(lost), 2635.0, "A", near, source),
    ]


def _all_shelves_below(spec: Factory) -> Factory:
    shelves = [item for item in spec.rack.stack if item.part == "shelf"]
    others = [item for item in spec.rack.stack if item.part != "shelf"]
    return replace(spec, rack=replace(spec.rack, stack=(*others, *shelves)))


def _section(spec: Factory) -> float:
    """Return the largest section current with the rack's loads scaled to 132 kW at the bar [A]."""
    model = build_model([spec])
    solved = solve_steady(model)
    assert model.busbar is not None
    load_power = np.zeros_like(model.source_voltage)
    load_power[:, model.parts.tray_slot - 1] = (
        solved.outcome.boards.tray_power * 132e3 / solved.outcome.boards.tray_power.sum()
    )
    resistance = power.loop_resistance(model.busbar, solved.outcome.next.section) * model.section_length
    bus = power.solve_busbar(
        resistance, load_power, model.source_voltage, model.source_resistance, model.contact_resistance
    )
    return float(np.abs(bus.section_current).max())
