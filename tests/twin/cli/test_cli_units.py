"""SI values as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.cli.units import shown
from twin.spec.quantity import to_si


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (318.15, "K", "45 °C"),
        (-3.5, "delta_K", "-3.5 K"),
        (1400.0, "W", "1400 W"),
        (135e3, "W", "135 kW"),
        (-12.5e3, "W", "-12.5 kW"),
        (0.00295, "m3/s", "177 L/min"),
        (0.775e-3, "m", "775 µm"),
        (0.048, "m", "48 mm"),
        (9e-4, "m2", "900 mm²"),
        (7.5e-6, "s", "7.5 µs"),
        (0.05, "s", "50 ms"),
        (2e-7, "s", "200 ns"),
        (4.6e-9, "s/m", "4.6 ns/m"),
        (3e-4, "ohm", "0.3 mΩ"),
        (17.241e-9, "ohm*m", "17.241 nΩ·m"),
        (1e-11, "J/B", "1.25 pJ/bit"),
        (900e9, "B/s", "900 GB/s"),
        (129.6e12, "B/s", "129.6 TB/s"),
        (0.0, "K/W", "0 K/W"),
        (0.0, "W", "0 W"),
        (0.0, "B/s", "0 GB/s"),
        (0.3, "1", "0.3"),
        (10368, "1", "10 368"),
        (72, "", "72"),
        ((1, 2), "", "1, 2"),
        ("water", "", "water"),
        (True, "", "True"),
        (None, "W", "–"),
    ],
)
def test_values_are_shown_in_the_unit_of_the_trade(value, unit, text):
    assert shown(value, unit) == text


UNITS = ("K", "delta_K", "W", "m3/s", "Pa", "m", "m2", "s", "B/s", "A", "V", "ohm", "K/W", "kg/s")


@given(st.sampled_from(UNITS), st.floats(min_value=1e-9, max_value=1e9))
def test_what_is_shown_can_be_typed_back(unit, value):
    text = shown(value, unit, digits=15)
    number, _, trade = text.rpartition(" ")
    number = number.replace(" ", "")
    for pretty, plain in {"°C": "degC", "µ": "u", "²": "2", "Ω": "ohm"}.items():
        trade = trade.replace(pretty, plain)
    assert to_si(f"{number} {trade}", unit) == pytest.approx(value, rel=1e-4, abs=1e-9)
