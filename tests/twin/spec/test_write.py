"""A spec as text reads back as the same spec with the same origins."""

import tomllib

import pytest

import twin
from twin.spec.load import loads
from twin.spec.write import catalogue_hash, sources_used, to_toml

CHANGES = {
    "a number": ("load.utilization", 0.25),
    "text with unit": ("cooling.supply_temperature", "40 degC"),
    "text": ("cooling.coolant", "pg25"),
    "a number where none was": ("cooling.volume_flow", "8 L/min"),
    "a star": ("trays.*.chips.*.power.tdp", "650 W"),
    "a table to none": ("rack.shelf_liquid_fraction", 0.5),
    "a title with quotes": ("title", 'a "b" \\ c\n\t°C'),
    "a switch": ("announced", True),
}


def assert_reads_back(spec):
    again = loads(to_toml(spec))
    assert again == spec
    assert dict(again.provenance) == dict(spec.provenance)
    assert to_toml(again) == to_toml(spec)


@pytest.mark.parametrize("system", twin.systems())
def test_every_system_reads_back_with_its_origins(system):
    assert_reads_back(twin.load(system))


@pytest.mark.parametrize("system", twin.systems())
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_system_reads_back_with_its_origins(system, change):
    assert_reads_back(twin.load(system).with_(*CHANGES[change]))


def test_what_was_taken_out_stays_out():
    spec = twin.load("gb300-nvl72").with_("rack.busbar", "none").with_("gpu.package.lid", "none")
    assert_reads_back(spec)
    assert_reads_back(spec.with_("cooling.volume_flow", 2e-3).with_("cooling.volume_flow", "none"))


def test_the_text_is_plain_toml_in_si_with_sources():
    table = tomllib.loads(to_toml(twin.load("gb300-nvl72")))
    gpu = table["rack"]["trays"][0]["chips"][0]
    assert gpu["power"]["tdp"] == {"value": 1400.0, "status": "quoted", "source": "aiconfigurator", "spread": 0.2}
    assert table["cooling"]["volume_flow"] == "none"
    assert "provenance" not in table
    assert "inherit" not in table


def test_one_number_more_or_less_is_seen():
    spec = twin.load("gb300-nvl72")
    text = to_toml(spec)
    assert loads(text.replace("value = 1400.0, status", "value = 1400.5, status", 1)) != spec
    loud = loads(text.replace('"quoted"', '"stated"', 1))
    assert loud == spec
    assert dict(loud.provenance) != dict(spec.provenance)


def test_the_sources_behind_a_spec_are_listed_once():
    used = sources_used(twin.load("gb300-nvl72")).split(", ")
    assert used == sorted(set(used))
    assert {"lenovo-lp2357", "none"} <= set(used)
    assert "nvidia-rubin" not in used


def test_the_hash_of_the_catalogue_is_a_sha256():
    assert len(catalogue_hash()) == 64
    assert int(catalogue_hash(), 16)
