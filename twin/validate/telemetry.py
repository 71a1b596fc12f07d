"""Telemetry rows: our coolant properties on the racks of NVIDIA's DSX Exchange exemplar."""

import csv
import json
import re
from collections import defaultdict
from pathlib import Path

import thermal
from twin.validate.row import Allowed, Row, row, skipped

_FILE = Path("telemetry") / "dsx_exchange_exemplar.csv"
_SOURCE = "github dsx-ai-factory/dsx-exchange, exemplar record"
_TOPIC = re.compile(r"BMS/v1/PUB/Value/Rack/(Rack(?:Power|Liquid\w+))/.*/(rack\d\d)/")
#: Heat into the coolant over rack power, by rack; rack 01 is off.
_EXPECTED = {"rack02": 1.009, "rack03": 0.985, "rack04": 1.003, "rack05": 1.009, "rack06": 0.985}


def t13(reference: Path | None) -> list[Row]:
    """Return the heat balance of each rack, m cp dT over its power, and of all together."""
    if reference is None or not (reference / _FILE).is_file():
        return [skipped(("T13", "rack heat balance on the DSX exemplar"), f"needs --reference DIR with {_FILE}")]
    signals = _means(reference / _FILE)
    heat = {rack: _liquid_heat(signals[rack]) for rack in _EXPECTED}
    drawn = {rack: signals[rack]["RackPower"] for rack in _EXPECTED}
    ratios = {rack: (heat[rack] / drawn[rack], expected) for rack, expected in _EXPECTED.items()}
    ratios["all five racks"] = sum(heat.values()) / sum(drawn.values()), 0.998
    return [
        row(("T13", f"coolant heat over rack power, {rack}"), ours, expected, "1", Allowed(0.003), _SOURCE)
        for rack, (ours, expected) in ratios.items()
    ]


def _means(path: Path) -> dict[str, dict[str, float]]:
    """Return the mean of every rack signal over the record, in the record's units (kW, L/min, °C, kPa)."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if found := _TOPIC.match(line["topic"]):
                payload = json.loads(line["payload"].replace("{{timestamp_ms}}", "0"))
                values[found[2], found[1]].append(float(payload["value"]))
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for (rack, signal), series in values.items():
        means[rack][signal] = sum(series) / len(series)
    return means


def _liquid_heat(signal: dict[str, float]) -> float:
    """Return rho cp Q dT of water at the mean temperature [kW]."""
    water = thermal.coolant("water")
    supply, back = signal["RackLiquidSupplyTemperature"], signal["RackLiquidReturnTemperature"]
    mean = (supply + back) / 2 + 273.15
    capacity = float(thermal.density(water, mean) * thermal.heat_capacity(water, mean))
    return capacity * signal["RackLiquidFlow"] / 6e4 * (back - supply) / 1e3
