"""Borders of the parameter types, and the table of names."""

import dataclasses
import subprocess
import sys

import pytest
from cdu_units import UNIT
from test_package import BLACKWELL, PLATE

import thermal
from thermal import ColdPlate, DistributionUnit, Lid, Manifold, Package, PressurePoint

POINT = PressurePoint(volume_flow=1e-3, supply_temperature=298.15, return_temperature=328.15, pressure_drop=16e3)
EXAMPLES = (BLACKWELL, BLACKWELL.lid, PLATE, Manifold(header_diameter=0.04, roughness=0.0), POINT, UNIT)
FLOATS = [
    (example, field.name)
    for example in EXAMPLES
    for field in dataclasses.fields(example)
    if isinstance(getattr(example, field.name), float)
]


@pytest.mark.parametrize(("example", "name"), FLOATS)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "2 m"])
def test_no_number_of_any_parameter_may_be_negative_infinite_or_text(example, name, value):
    with pytest.raises(ValueError, match=rf"{type(example).__name__}\.{name} = .*: must be"):
        dataclasses.replace(example, **{name: value})


def test_the_message_names_object_value_bound_and_unit():
    with pytest.raises(ValueError, match=r"^Manifold\.header_diameter = 0\.0: must be > 0 m$"):
        Manifold(header_diameter=0.0, roughness=0.0)
    with pytest.raises(ValueError, match=r"^DistributionUnit\.pump_efficiency = 1\.2: must be <= 1$"):
        dataclasses.replace(UNIT, pump_efficiency=1.2)
    with pytest.raises(ValueError, match=r"^Package\.die_count = 1\.5: must be a finite whole number$"):
        dataclasses.replace(BLACKWELL, die_count=1.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"memory_heat_fraction": 0.9, "regulator_heat_fraction": 0.1},
            r"memory_heat_fraction \+ regulator_heat_fraction = 1\.0: must be < 1; the dies take the rest",
        ),
        ({"memory_heat_fraction": 0.95}, r"= 1\.04: must be < 1"),
        ({"spot_flux_ratio": 8.1}, r"spot_flux_ratio = 8\.1: must be < 8\.06, die over spot area"),
        ({"memory_count": 0}, "must be 0 with memory_count 0"),
        ({"spot_side": 0.027}, "must be <= the die, 0.026 m"),
    ],
)
def test_a_package_that_contradicts_itself_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(BLACKWELL, **change)


def test_a_plate_needs_a_range_of_flows():
    with pytest.raises(ValueError, match=r"ColdPlate\.flow_max = 1e-06: must be > flow_min"):
        dataclasses.replace(PLATE, flow_max=1e-6)


@pytest.mark.parametrize("kind", [ColdPlate, DistributionUnit, Lid, Manifold, Package, PressurePoint])
def test_parameters_are_frozen_keyword_only_and_no_number_has_a_default(kind):
    parameters = kind.__dataclass_params__
    assert parameters.frozen
    for field in dataclasses.fields(kind):
        assert field.kw_only
        assert field.default is dataclasses.MISSING or (kind, field.name) == (Package, "lid")


def test_the_table_of_names_holds_four_entries_per_name_and_no_twin():
    for name, (dims, unit, direction, meaning) in thermal.FIELDS.items():
        assert name.isidentifier()
        assert dims in ((), ("chip",), ("tray",))
        assert meaning and (unit or name == "plant_mode")
        assert direction in ("in", "out")
    assert len({row[3] for row in thermal.FIELDS.values()}) == len(thermal.FIELDS)


def test_every_exported_name_exists_and_importing_stays_light():
    assert all(hasattr(thermal, name) for name in thermal.__all__)
    code = "import sys, thermal; print(any(m in sys.modules for m in ('scipy', 'xarray', 'pydantic', 'pandas')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
