"""The border of the leaf: every parameter dataclass refuses what its fields exclude, by name."""

from dataclasses import fields
from typing import get_type_hints

import numpy as np
import pytest

from power import Busbar, ChipPower, Converter, Shelf

VALID = {
    Busbar: {
        "cross_section": 900e-6,
        "resistivity": 1.7241e-8,
        "temperature_coefficient": 0.00393,
        "contact_resistance": 1e-5,
        "heat_transfer": 10.0,
        "ambient_temperature": 308.15,
        "rated_current": 1400.0,
        "voltage_min": 47.5,
        "voltage_max": 51.5,
    },
    ChipPower: {
        "tdp": 1400.0,
        "idle_power": 200.0,
        "clock_min": 0.3,
        "leakage_ratio": 1.07,
        "leakage_span": 30.0,
        "leakage_exponent": 0.02,
        "leakage_temperature": 333.15,
        "link_energy": 1e-11,
    },
    Converter: {"efficiency": 0.979},
    Shelf: {
        "rated_power": 33e3,
        "supplies": 6,
        "output_voltage": 50.0,
        "source_resistance": 5e-4,
        "loss_constant": 0.00641,
        "loss_quadratic": 0.02564,
    },
}
EVERY_FIELD = [(owner, name) for owner, values in VALID.items() for name in values]


@pytest.mark.parametrize("owner", VALID)
def test_valid_values_are_accepted_and_frozen_and_no_physical_number_has_a_default(owner):
    parameters = owner(**VALID[owner])
    assert hash(parameters) == hash(owner(**VALID[owner]))
    with pytest.raises(TypeError, match=str(len(VALID[owner]))):
        owner()


@pytest.mark.parametrize("owner", VALID)
def test_every_number_has_a_unit_and_every_count_a_bound(owner):
    hints = get_type_hints(owner, include_extras=True)
    for field in fields(owner):
        kind, tags = hints[field.name].__origin__, hints[field.name].__metadata__
        assert kind is int or isinstance(tags[0], str), field.name


@pytest.mark.parametrize(("owner", "name"), EVERY_FIELD)
@pytest.mark.parametrize("value", [-1.0, -1, np.nan, np.inf, "33 kW", None])
def test_a_wrong_value_is_refused_by_name_and_value(owner, name, value):
    with pytest.raises(ValueError, match=rf"^{owner.__name__}\.{name} = {value}: must be ") as caught:
        owner(**{**VALID[owner], name: value})
    assert any(word in str(caught.value) for word in ("> 0", ">= 0", ">= 1", "finite number", "whole number"))


@pytest.mark.parametrize(
    ("owner", "change", "message"),
    [
        (Busbar, {"cross_section": -1.0}, "Busbar.cross_section = -1.0: must be > 0 m2"),
        (Converter, {"efficiency": 1.01}, "Converter.efficiency = 1.01: must be <= 1"),
        (Shelf, {"supplies": 2.5}, "Shelf.supplies = 2.5: must be a whole number"),
        (Shelf, {"supplies": 0}, "Shelf.supplies = 0: must be >= 1"),
        (ChipPower, {"leakage_ratio": 0.93}, "ChipPower.leakage_ratio = 0.93: must be >= 1"),
        (Busbar, {"voltage_min": 52.0}, "Busbar.voltage_min = 52.0 V: must be < voltage_max = 51.5 V"),
    ],
)
def test_the_message_is_complete(owner, change, message):
    with pytest.raises(ValueError) as caught:
        owner(**{**VALID[owner], **change})
    assert str(caught.value) == message


@pytest.mark.parametrize("change", [{"idle_power": 150.0}, {"idle_power": 1500.0}, {"leakage_ratio": 1.2}])
def test_idle_power_below_the_leakage_or_above_the_cap_names_the_fields_that_disagree(change):
    with pytest.raises(ValueError, match=r"ChipPower\.idle_power = .* tdp, leakage_ratio, leakage_span"):
        ChipPower(**{**VALID[ChipPower], **change})


def test_numpy_scalars_are_numbers():
    assert Converter(efficiency=np.float32(0.5)).efficiency == 0.5
    assert Shelf(**{**VALID[Shelf], "supplies": np.int64(4)}).supplies == 4
