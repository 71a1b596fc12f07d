"""Thermal rows: spreading series, the rack's flow table and the cold plate's R(Q)."""

from pathlib import Path

import numpy as np

import thermal
from thermal import Channel, Rectangle
from twin.build.heat import tray_weights
from twin.layout.parts import parts
from twin.layout.rack import header_spacing
from twin.spec.load import load
from twin.validate.row import Allowed, Row, printed, row

_LENOVO = "Lenovo GB300 NVL72, LP2357"
_OCP = "OCP OAI guideline 2023, fig. 7, via LBNL"
SERIES = "Muzychka-Yovanovich series"
#: Lenovo's flow against supply temperature: °C, L/min.
_FLOW_TABLE = ((25.0, 59.0), (30.0, 71.0), (35.0, 89.0), (40.0, 119.0), (45.0, 177.0))
_SILICON, _TIM, _COPPER = (0.775e-3, 120.0), (0.1e-3, 8.0), (3e-3, 390.0)
#: Case, channel [m], layers (thickness [m], conductivity), source [m], film; mean, max and one-dimensional R [K/W].
FLUX_CHANNELS = (
    ("copper", (40e-3, 40e-3), [(5e-3, 390.0)], (10e-3, 10e-3), 2e4, (0.13301697, 0.15771172, 0.03926282)),
    ("silicon", (26e-3, 33e-3), [_SILICON], (5e-3, 5e-3), 5e4, (0.60202961, 0.77085763, 0.03083722)),
    ("Si, Cu", (50e-3,) * 2, [_SILICON, _COPPER], (26e-3,) * 2, 2e4, (0.05491861, 0.06798140, 0.02566026)),
    (
        "Si, TIM, Cu",
        (50e-3,) * 2,
        [_SILICON, _TIM, _COPPER],
        (26e-3,) * 2,
        2e4,
        (0.07026518, 0.08550049, 0.03066026),
    ),
)


def t4(reference: Path | None) -> list[Row]:
    """Return the flux channel with spreading: our series, the oracle of finite volumes, against the published sums."""
    rows = []
    for case, (a, b), layers, (c, d), film, expected in FLUX_CHANNELS:
        thickness, conductivity = zip(*layers, strict=True)
        channel = Channel(a, b, thickness, conductivity, np.array(film))
        source = Rectangle(a / 2, b / 2, c, d)
        ours = (
            thermal.channel_resistance(channel, source, source),
            thermal.peak_resistance(channel, source),
            thermal.uniform_resistance(channel),
        )
        for name, value, target in zip(("mean", "max", "1-D"), ours, expected, strict=True):
            key = "T4", f"{case}, {1e3 * c:g} x {1e3 * d:g} mm source, {name}"
            rows.append(row(key, float(np.ravel(value)[0]), target, "K/W", Allowed(1e-3, relative=True), SERIES))
    return rows


def t9(reference: Path | None) -> list[Row]:
    """Return the GB300 rack: return temperature at five flows, and both pressure drops of the fitted manifold."""
    water = thermal.coolant("water")
    rows = []
    for supply, flow in _FLOW_TABLE:
        mass = float(thermal.density(water, 273.15 + (supply + 55.0) / 2)) * flow / 6e4
        back = float(thermal.return_temperature(water, mass, 121.5e3, supply + 273.15)) - 273.15
        key = "T9", f"return of 121.5 kW at {supply:g} °C, {flow:g} L/min"
        rows.append(row(key, back, 54.9, "°C", Allowed(0.2), f"{_LENOVO}: 54.8 … 55.0"))
    return [*rows, *_rack_drops()]


def _rack_drops() -> list[Row]:
    spec = load("gb300-nvl72")
    rack, place = spec.rack, parts(spec.rack)
    order, spacing = header_spacing(rack, place)
    weight = tray_weights(spec)[place.tray_type[order]]
    water = thermal.coolant("water")
    law = thermal.fit_branch_law(rack.pressure_points, rack.manifold, weight, spacing, water)
    rows = []
    for point in rack.pressure_points:
        mean = (point.supply_temperature + point.return_temperature) / 2
        rho, mu = thermal.density(water, mean), thermal.viscosity(water, mean)
        flow = thermal.solve_manifold(rack.manifold, rho * point.volume_flow, weight, spacing, law, rho, mu)
        key = "T9", f"pressure drop at {point.volume_flow * 6e4:g} L/min"
        ours, target = float(flow.pressure_drop) / 6894.757, point.pressure_drop / 6894.757
        rows.append(row(key, ours, target, "psi", Allowed(0.01, relative=True), _LENOVO))
    exponent = thermal.apparent_exponent(law, rack.manifold, weight, spacing, water, rack.pressure_points)
    key = "T9", "exponent at constant viscosity; apparent beside it"
    return [*rows, printed(key, float(exponent), 1.893, "1", _LENOVO)]


def t10(reference: Path | None) -> list[Row]:
    """Return the cold plate: two numbers fitted on four flows, the other ten predicted; water printed."""
    points = thermal.reference_plate_points()
    ours = thermal.plate_resistance(thermal.calibrate_plate(), points)
    rows = []
    for name, flow, value, target in zip(points.coolant, points.volume_flow, ours, points.resistance, strict=True):
        litres = round(float(flow) * 6e4, 3)
        fitted = name == "pg25" and litres in (0.4, 0.8, 1.4, 2.4)
        key = "T10", f"cold plate, {name}, {litres:g} L/min{' (fitted)' if fitted else ''}"
        if name == "pg25":
            rows.append(row(key, float(value), float(target), "K/W", Allowed(0.05, relative=True), _OCP))
        else:
            rows.append(printed(key, float(value), float(target), "K/W", _OCP))
    return rows


def sanity(reference: Path | None) -> list[Row]:
    """Return the default rack's temperatures beside the range expected of the assumed stack; printed only."""
    from twin.couple.solve import solve_table

    table = solve_table([load("gb300-nvl72")])
    expected = {
        "junction_temperature_max": 75.0,
        "hotspot_temperature_max": 86.0,
        "memory_temperature_max": 69.0,
    }
    source = "sanity range ± 2 K of the assumed stack"
    return [
        printed(("sanity", f"gb300-nvl72 {name}"), float(table[name][0]) - 273.15, value, "°C", source)
        for name, value in expected.items()
    ]
