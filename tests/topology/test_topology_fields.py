"""The registry of the leaf, and the promise that it imports cheaply and knows no neighbour."""

import re
import subprocess
import sys

import pytest

import topology
from topology import FIELDS


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_has_dims_unit_direction_and_meaning(name):
    dims, unit, direction, meaning = FIELDS[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert dims in ((), ("chip",), ("link",), ("job",))
    assert unit in {"1", "B", "B/s", "m", "s"} or (name, unit) == ("collective_basis", "")
    assert direction in {"in", "out"}
    assert meaning
    assert not meaning.endswith(".")


@pytest.mark.parametrize(
    "name",
    [
        "bandwidth_per_gpu",
        "bandwidth_aggregate_bidirectional",
        "bandwidth_bisection",
        "latency_gpu_to_gpu",
        "all_to_all_time",
        "all_to_all_message_bytes",
        "all_to_all_saturation",
        "link_count",
        "cable_pair_count",
        "cable_length_total",
    ],
)
def test_the_headlines_of_a_rack_are_scalars_of_the_registry(name):
    assert FIELDS[name][0] == ()


def test_fields_per_link_start_with_link_and_no_others_do_but_the_count():
    per_link = {name for name, row in FIELDS.items() if row[0] == ("link",)}
    assert {name for name in FIELDS if name.startswith("link_")} - per_link == {"link_count"}


def test_everything_exported_exists_once():
    assert len(set(topology.__all__)) == len(topology.__all__)
    assert all(hasattr(topology, name) for name in topology.__all__)


def test_importing_the_leaf_loads_no_solver_no_tables_no_pictures_and_no_neighbour():
    code = "import sys, topology; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "topology" in loaded
    assert not {
        "scipy",
        "pandas",
        "xarray",
        "matplotlib",
        "pydantic",
        "thermal",
        "power",
        "twin",
        "viz",
    } & set(loaded)
