"""Every row with a verdict passes, and each has a mutant of our own code that it rejects."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import power
import thermal
import topology
import twin
from topology import maxmin
from twin.simulation import march, step
from twin.spec.errors import SpecError
from twin.validate import microchannel, network, orders, volumes
from twin.validate import power as power_rows
from twin.validate.row import EXACT, Allowed, Row, printed, row
from twin.validate.table import ROWS, as_dicts, run_rows, sources_of, table_of
from twin.validate.telemetry import t13


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return run_rows()


def test_every_row_with_a_verdict_passes(rows):
    assert [item for item in rows if item.passed is False] == []
    assert sum(item.passed is True for item in rows) >= 60


def test_the_rows_that_the_product_covers_are_all_there(rows):
    assert {item.id for item in rows} == set(ROWS)
    assert {"N1", "N2", "N4", "T1", "T2", "T3", "T4", "T5", "T7", "T9", "T10", "P5", "P6", "P7"} <= set(ROWS)


def test_the_references_are_the_published_ones(rows):
    references = {(item.id, item.case): item.reference for item in rows}
    assert references["N1", "differential copper pairs"] == 5184
    assert references["N2", "all-to-all, 72 GPUs, 1 MB per pair"] == 79.388889
    assert references["N4", "max concurrent flow, LP, 8 GPUs"] == pytest.approx(128.571, abs=5e-4)
    assert references["N4", "72 GPUs, closed form, 5 failed links on 5 GPUs"] == pytest.approx(11.9718, abs=5e-5)
    assert references["N4", "72 GPUs, closed form, 5 failed, 2 on one GPU"] == pytest.approx(11.2676, abs=5e-5)
    assert references["N4", "72 GPUs, closed form, 5 failed on one GPU"] == pytest.approx(9.1549, abs=5e-5)
    assert references["T9", "pressure drop at 177 L/min"] == pytest.approx(18.4)
    assert references["busbar", "top bank lost"] == 2635


def test_no_two_rows_have_the_same_name_and_all_have_a_source(rows):
    assert len({(item.id, item.case) for item in rows}) == len(rows)
    assert all(item.source and item.tolerance for item in rows)


# Mutants: what is changed, in which row, and which of its cases must then fail (a pattern their names start with)

Patch = pytest.MonkeyPatch


class Mutant(NamedTuple):
    id: str
    cases: str
    change: Callable[[Patch], None]


def scaled(target: str, factor: float, module: object) -> Callable[[Patch], None]:
    """Multiply what a function of a leaf returns."""

    def change(patch: Patch) -> None:
        right = getattr(module, target)
        patch.setattr(module, target, lambda *args, **kwargs: factor * right(*args, **kwargs))

    return change


def shifted(target: str, distance: float, module: object) -> Callable[[Patch], None]:
    """Add to what a function of a leaf returns."""

    def change(patch: Patch) -> None:
        right = getattr(module, target)
        patch.setattr(module, target, lambda *args, **kwargs: distance + right(*args, **kwargs))

    return change


def without_a_link_per_asic(patch: Patch) -> None:
    """GPU i has lost its link to ASIC i."""
    right, lost = network.graph_of, tuple(18 * i + i for i in range(18))
    patch.setattr(network, "graph_of", lambda rack: topology.without_links(right(rack), lost))


def with_a_longer_reach(patch: Patch) -> None:
    def load(name: str):
        return twin.load(name).with_("spine.reach", "200 mm")

    patch.setattr(network, "load", load)


def with_a_slower_switch(patch: Patch) -> None:
    patch.setattr(network, "load", lambda name: twin.load(name).with_("latency.switch", "220 ns"))


def in_the_result(target: str, field: str, factor: float, module: object) -> Callable[[Patch], None]:
    """Multiply one field of the tuple that a solver returns."""

    def change(patch: Patch) -> None:
        right = getattr(module, target)

        def wrong(*args, **kwargs):
            found = right(*args, **kwargs)
            return found._replace(**{field: factor * getattr(found, field)})

        patch.setattr(module, target, wrong)

    return change


def with_a_better_conductor(patch: Patch) -> None:
    right = power.solve_busbar
    patch.setattr(power, "solve_busbar", lambda bar, *args, **kwargs: right(bar * (1 - 2e-10), *args, **kwargs))


def with_load_of_the_start(patch: Patch) -> None:
    """The load at the start of a step of the loop holds all through it."""
    right = march._utilization
    patch.setattr(march, "_utilization", lambda *given: np.full_like(right(*given), right(*given)[0]))


MUTANTS = {
    "18 links are missing": Mutant("N1", r"(?!total cable)", without_a_link_per_asic),
    "cables that reach 20 cm": Mutant("N1", "total cable length", with_a_longer_reach),
    "2 ps more": Mutant("N2", "all-to-all, ", shifted("all_to_all_time", 2e-12, topology)),
    "flows 1e-7 longer": Mutant("N2", "all-to-all as flows", in_the_result("simulate_flows", "end", 1 + 1e-7, maxmin)),
    "an LP off by 2e-6 GB/s": Mutant("N4", "max concurrent flow, LP", shifted("concurrent_rate_lp", 2e3, topology)),
    "a closed form off by 2e-6 GB/s": Mutant("N4", "72 GPUs", shifted("concurrent_rate", 2e3, topology)),
    "20 ns more in the switch": Mutant("latency", "", with_a_slower_switch),
    "dies 3 mK too warm": Mutant("T1", "", in_the_result("solve_steady", "temperature", 1 + 1e-5, microchannel)),
    "a stack 0.1 % too warm": Mutant("T3", "", in_the_result("solve_steady", "temperature", 1.001, microchannel)),
    "volumes off by 0.2 %": Mutant("T4", "finite volumes", scaled("solve_uniform", 1.002, volumes)),
    "an order 0.2 too high": Mutant("T5", "", shifted("observed", 0.2, orders)),
    "a duct 0.6 % too good": Mutant("T7", "", scaled("duct_nusselt", 1.006, volumes)),
    "a mean off by 0.2 %": Mutant("T4", "(?!finite volumes).*mean", scaled("channel_resistance", 1.002, thermal)),
    "a peak off by 0.2 %": Mutant("T4", "(?!finite volumes).*max", scaled("peak_resistance", 1.002, thermal)),
    "a slab off by 0.2 %": Mutant("T4", "(?!finite volumes).*1-D", scaled("uniform_resistance", 1.002, thermal)),
    "coolant 0.4 K too warm": Mutant("T9", "return", shifted("return_temperature", 0.4, thermal)),
    "a drop 2 % high": Mutant("T9", "pressure drop", in_the_result("solve_manifold", "pressure_drop", 1.02, thermal)),
    "a plate 10 % worse": Mutant("T10", "", scaled("plate_resistance", 1.1, thermal)),
    "gains of packages 0.1 % too large": Mutant("time", "40 min", scaled("slow_gains", 1.001, thermal)),
    "a shelf loss counted 0.1 % short": Mutant("time", "energy", in_the_result("follow_bar", "taken", 0.999, step)),
    "load taken at the start of a step": Mutant("time", "order", with_load_of_the_start),
    "a bar 2 nK too warm": Mutant("P5", "", shifted("section_temperature", 2e-9, power)),
    "copper 2e-10 better": Mutant("P6", "", with_a_better_conductor),
    "a leak of 2e-9": Mutant("P7", "", shifted("energy_closure", 2e-9, power_rows)),
    "currents 3 % too large": Mutant("busbar", "", in_the_result("solve_busbar", "section_current", 1.03, power)),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_fails_the_row_that_watches_it(monkeypatch, mutant):
    name, cases, change = MUTANTS[mutant]
    change(monkeypatch)
    wrong = [item for item in ROWS[name](None) if item.passed is not None and re.match(cases, item.case)]
    assert wrong
    assert [item.case for item in wrong if item.passed] == []


#: Rows whose mutants stand with their own tests.
ELSEWHERE = {
    "N3": "topology/test_flows_rows.py",
    "N5": "topology/test_collectives_rows.py",
    "N6": "topology/test_collectives_rows.py",
    "N7": "topology/test_collectives_rows.py",
    "N8": "twin/validate/test_validate_fabrics.py",
    "T6": "twin/validate/test_validate_exchangers.py",
    "T8": "twin/validate/test_validate_hydraulics.py",
    "T11": "twin/validate/test_validate_plant.py",
    "T12": "twin/validate/test_validate_exchangers.py",
    "P1": "twin/validate/test_validate_circuits.py",
    "P2": "twin/validate/test_validate_distribution.py",
    "P3": "twin/validate/test_validate_circuits.py",
    "P8": "twin/validate/test_validate_loads.py",
    "P4": "twin/validate/test_validate_circuits.py",
}


def test_every_row_with_a_verdict_has_a_mutant(rows):
    tests = Path(__file__).resolve().parents[2]
    assert all(f"{name.lower()}(" in (tests / path).read_text() for name, path in ELSEWHERE.items())

    def watched(item: Row) -> bool:
        return item.id in ELSEWHERE or any(
            item.id == mutant.id and re.match(mutant.cases, item.case) for mutant in MUTANTS.values()
        )

    assert [(item.id, item.case) for item in rows if item.passed is not None and not watched(item)] == []


# The telemetry row: its mutant needs the record; the arithmetic is held by a record made here

TOPIC = "BMS/v1/PUB/Value/Rack/Rack{}/hall/{}/x"
SIGNALS = ("Power", "LiquidFlow", "LiquidSupplyTemperature", "LiquidReturnTemperature")


def test_the_telemetry_row_passes_on_the_record_and_fails_with_one_per_cent_more_heat(reference, monkeypatch):
    assert [item.passed for item in t13(reference)] == [True] * 6
    scaled("heat_capacity", 1.01, thermal)(monkeypatch)
    assert [item.passed for item in t13(reference)] == [False] * 6


def record(folder, power_kw):
    """Write a record of five racks, 100 L/min from 30 to 40 degC, each signal as two values around its mean."""
    lines = ["topic,payload"]
    for rack in range(2, 7):
        for signal, mean in zip(SIGNALS, (power_kw, 100.0, 30.0, 40.0), strict=True):
            for value in (0.9 * mean, 1.1 * mean):
                topic = TOPIC.format(signal, f"rack{rack:02}")
                lines.append(f'{topic},"{{""value"": {value}, ""time"": {{{{timestamp_ms}}}}}}"')
    lines.append('BMS/v1/PUB/Value/Pump/Speed/hall/rack02/x,"not read"')
    (folder / "telemetry").mkdir()
    (folder / "telemetry" / "dsx_exchange_exemplar.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_by_hand_a_hundred_litres_per_minute_ten_kelvin_warmer_carry_seventy_kilowatts(tmp_path):
    """Water at 35 degC: 994.0 kg/m3 and 4 179 J/(kg K), to a tenth of a per cent."""
    heat = 994.0 * 4179.0 * 100e-3 / 60 * 10 / 1e3
    rows = t13(record(tmp_path, power_kw=70.0))
    assert [item.case.split(", ")[-1] for item in rows[:2]] == ["rack02", "rack03"]
    np.testing.assert_allclose([item.ours for item in rows], heat / 70.0, rtol=1e-3)


def test_without_its_record_the_telemetry_row_is_skipped_and_says_what_it_needs(tmp_path):
    for folder in (None, tmp_path):
        (only,) = t13(folder)
        assert only.passed is None
        assert "dsx_exchange_exemplar.csv" in only.source


# The verdict itself


@pytest.mark.parametrize(
    ("ours", "allowed", "passed"),
    [
        (2.0, EXACT, True),
        (2.0000001, EXACT, False),
        (2.1, Allowed(0.2), True),
        (1.7, Allowed(0.2), False),
        (2.019, Allowed(0.01, relative=True), True),
        (2.021, Allowed(0.01, relative=True), False),
        (float("nan"), Allowed(1e9), False),
        (float("inf"), Allowed(1e9), False),
    ],
)
def test_a_row_passes_within_its_tolerance_only(ours, allowed, passed):
    assert row(("X", "case"), ours, 2.0, "V", allowed, "me").passed is passed


def test_a_negative_reference_keeps_its_relative_tolerance():
    assert Allowed(0.01, relative=True).holds(-100.5, -100.0)
    assert not Allowed(0.01, relative=True).holds(-102.0, -100.0)


@pytest.mark.parametrize(
    ("allowed", "text"),
    [(EXACT, "exact"), (Allowed(0.2), "0.2 °C"), (Allowed(0.01, relative=True), "1 %")],
)
def test_tolerances_are_printed_with_their_unit(allowed, text):
    assert allowed.text("°C") == text
    assert Allowed(1e-9).text("1") == "1e-09"


def test_a_printed_row_has_no_verdict():
    assert printed(("X", "case"), 1.0, None, "V", "me")[2:] == (1.0, None, "V", "printed", None, "me")


# The table


def test_only_the_rows_asked_for_run_in_the_order_of_the_registry():
    assert [item.id for item in run_rows(["P6", "N2"])] == ["N2", "N2", "N2", "P6"]


def test_an_unknown_row_or_folder_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"--only Z1: no such row; known: N1"):
        run_rows(["N2", "Z1"])
    with pytest.raises(SpecError, match="no such folder"):
        run_rows(["N2"], tmp_path / "lost")
    assert len(run_rows(["N2"], tmp_path)) == 3


def test_rows_become_plain_mappings():
    (only,) = as_dicts([printed(("X", "case"), 1.0, None, "V", "me")])
    assert only == dict(zip(Row._fields, ("X", "case", 1.0, None, "V", "printed", None, "me"), strict=True))


def test_the_table_has_a_line_for_each_row_and_each_source_once(rows):
    shown, where = table_of(rows), sources_of(rows)
    assert shown.row_count == len(rows)
    assert where.row_count == len({(item.id, item.source) for item in rows})
    verdicts = [str(cell) for cell in shown.columns[-1].cells]
    assert verdicts == [{True: "passed", False: "FAILED", None: "–"}[item.passed] for item in rows]


def test_shelves_at_one_end_double_the_current_of_shelves_at_both(rows):
    both, below, lost = (item.ours for item in rows if item.id == "busbar")
    np.testing.assert_allclose([below / both, lost / both], 2.0, atol=0.02)  # half the trays lie above the middle


def test_the_rack_with_its_shelves_below_holds_the_same_parts(gb300):
    below = power_rows._all_shelves_below(gb300)
    assert sorted(below.rack.stack, key=str) == sorted(gb300.rack.stack, key=str)
    assert dataclasses.replace(below, rack=gb300.rack) == gb300
