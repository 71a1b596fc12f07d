"""Units at the border: each trap is refused with what to write instead, everything else is exact."""

import math
import time

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twin.spec.errors import SpecError
from twin.spec.quantity import RANGE_MAX, in_trade_units, parse_range, to_si


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("45 degC", "K", 318.15),
        ("45 °C", "K", 318.15),
        ("45degC", "K", 318.15),
        ("318.15 K", "K", 318.15),
        ("113 degF", "K", 318.15),
        ("5 K", "delta_K", 5.0),
        ("5 degC", "delta_K", 5.0),
        ("9 degF", "delta_K", 5.0),
        ("5 delta_degC", "delta_K", 5.0),
        ("400 Gbit/s", "B/s", 50e9),
        ("50 GB/s", "B/s", 50e9),
        ("1.25 pJ/bit", "J/B", 1e-11),
        ("177 L/min", "m3/s", 177e-3 / 60),
        ("18.4 psi", "Pa", 18.4 * 6894.757293168361),
        ("900 mm2", "m2", 900e-6),
        ("900 mm^2", "m2", 900e-6),
        ("20 uohm", "ohm", 20e-6),
        ("20 µohm", "ohm", 20e-6),
        ("80 %", "1", 0.8),
        ("80%", "1", 0.8),
        ("0.8", "1", 0.8),
        (".5e3 W", "W", 500.0),
        ("17.241e-9 ohm*m", "ohm*m", 17.241e-9),
        ("6 W/(m*K)", "W/(m*K)", 6.0),
        ("6 W/(m K)", "W/(m*K)", 6.0),
        ("0.02 1/K", "1/K", 0.02),
        (318.15, "K", 318.15),
        (3, "W", 3.0),
        (np.float64(2.5), "W", 2.5),
        (np.int64(300), "K", 300.0),
    ],
)
def test_a_quantity_becomes_its_si_value(text, unit, expected):
    assert to_si(text, unit) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("value", "unit", "says"),
    [
        ("400 Gb/s", "B/s", "Gbit/s"),
        ("400 Gb / s", "B/s", "Gbit/s"),
        ("400 Gbps", "B/s", "Gbit/s"),
        ("1.8 Tb/s", "B/s", "TB/s"),
        ("45 C", "K", "write degC"),
        ("45C", "K", "write degC"),
        ("113 F", "K", "write degF"),
        ("120 KW", "W", "write kW"),
        ("120 kw", "W", "write kW"),
        ("2 lpm", "m3/s", "write L/min"),
        ("50 GHz", "B/s", "such as GB/s or B/s"),
        ("50 1/s", "B/s", "such as GB/s or B/s"),
        ("50 GB/s", "1/s", "such as 1/s"),
        ("50 GB", "B/s", "does not fit"),
        ("5 delta_degC", "K", "temperature difference"),
        ("5 delta_K", "K", "temperature difference"),
        ("1,4 kW", "W", "decimal point"),
        ("1,400 W", "W", "decimal point"),
        ("45", "K", "write it, such as 45 degC or 45 K"),
        ("1400", "W", "1400 kW or 1400 W"),
        ("0.8 W", "1", "no unit, or %"),
        ("5 furlongs", "m", "not known"),
        ("", "W", "not a number"),
        ("kW", "W", "not a number"),
        ("25:50:1 degC", "K", "not a number"),
        ("nan W", "W", "not a number"),
        ("inf W", "W", "not a number"),
        ("1e400 W", "W", "finite"),
        (math.nan, "W", "finite"),
        (-math.inf, "W", "finite"),
        (10**400, "W", "finite"),
        (True, "W", "not a number"),
        (None, "W", "not a number"),
        ([1.0], "W", "not a number"),
        (1j, "W", "not a number"),
    ],
)
def test_a_trap_is_refused_with_what_to_write_instead(value, unit, says):
    with pytest.raises(SpecError, match=says.replace("(", r"\(")):
        to_si(value, unit)


def test_a_difference_never_takes_the_offset_and_an_absolute_temperature_always_does():
    for text in ("7 degC", "7 K", "7 delta_degC"):
        assert to_si(text, "delta_K") == 7.0
    assert to_si("7 degC", "K") - to_si("0 degC", "K") == pytest.approx(7.0)


@pytest.mark.parametrize("unit", ["m**9**9**9**9", "m**4**4**4**4**4", "(m**4)**4**4", "9**9**9**9 m", "m" * 41])
def test_a_unit_that_would_take_forever_is_refused_at_once(unit):
    start = time.process_time()
    with pytest.raises(SpecError):
        to_si(f"1 {unit}", "m")
    assert time.process_time() - start < 5  # a tower of powers never ends


SCALES = st.sampled_from(
    [
        ("kW", "W", 1e3),
        ("GB/s", "B/s", 1e9),
        ("Gbit/s", "B/s", 1.25e8),
        ("mm", "m", 1e-3),
        ("psi", "Pa", 6894.757293168361),
    ]
)


@given(SCALES, st.floats(-1e9, 1e9))
def test_a_prefix_is_a_factor_and_nothing_else(scale, number):
    unit, si, factor = scale
    assert to_si(f"{number!r} {unit}", si) == pytest.approx(number * factor, rel=1e-14)


@given(st.floats(1.0, 1e6), st.sampled_from(["K", "delta_K", "W", "Pa", "B/s", "m3/s", "s"]))
def test_what_is_printed_in_trade_units_reads_back_to_its_printed_digits(value, unit):
    printed = in_trade_units(value, unit)
    assert to_si(printed, unit) == pytest.approx(value, rel=1e-5, abs=2e-3 if unit == "K" else 0)


@given(st.text(max_size=30), st.sampled_from(["K", "delta_K", "W", "B/s", "1", "m2"]))
@example("1 degC*degC", "K")
@example("1 ()", "1")
@example("1 ((((", "W")
@example("1 /", "W")
@example("1 kdegC", "K")
@example("١ W", "W")
def test_any_text_is_a_finite_number_or_refused(text, unit):
    try:
        assert math.isfinite(to_si(text, unit))
    except SpecError as error:
        assert str(error)


@given(st.floats(-1e3, 1e3), st.from_regex(r"[A-Za-z/*()23^ %°µ]{0,12}", fullmatch=True))
def test_a_number_with_any_unit_is_a_finite_number_or_refused(number, unit):
    try:
        assert math.isfinite(to_si(f"{number} {unit}", "W"))
    except SpecError as error:
        assert str(error)


# Ranges


def test_a_range_includes_its_end_and_its_step_is_a_difference():
    values = parse_range("25:50:1 degC", "K")
    assert len(values) == 26
    assert values == [to_si(f"{t} degC", "K") for t in range(25, 51)]


def test_a_range_may_run_down_and_stops_short_of_an_end_it_does_not_meet():
    assert parse_range("1:0:-0.25", "1") == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert parse_range("0:1:0.3", "1") == [0.0, 0.3, 0.6, 0.9]
    assert parse_range("5:5:1 kW", "W") == [5e3]


def test_steps_of_a_tenth_carry_no_rounding():
    assert parse_range("0.2:1:0.1", "1") == [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def test_a_range_of_small_numbers_keeps_its_digits():
    assert parse_range("0.1:0.3:0.1 pJ/bit", "J/B") == pytest.approx([8e-13, 16e-13, 24e-13], rel=1e-12)


def test_percent_works_in_a_range():
    assert parse_range("20:100:40 %", "1") == pytest.approx([0.2, 0.6, 1.0])


@pytest.mark.parametrize("text", ["45 degC", "1,2,3", "", "a:b:c", "1:2"])
def test_what_is_no_range_is_left_to_others(text):
    assert parse_range(text, "W") is None


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [
        ("50:25:1 degC", "K", "empty"),
        ("25:50:0 degC", "K", "empty"),
        ("25:50:-1 degC", "K", "empty"),
        ("25:50:1", "K", "no unit"),
        ("25:50:1 C", "K", "write degC"),
        ("1:2:3:4 W", "W", "not known"),
        ("0:1e9:1 W", "W", str(RANGE_MAX)),
        ("0:1:1e-320 W", "W", str(RANGE_MAX)),
        ("0:1e999:1 W", "W", "empty"),
        ("1:2:1e999 W", "W", "empty"),
        ("1e307:2e307:1e307 kW", "W", "not of finite numbers"),
    ],
)
def test_a_range_that_leads_nowhere_is_refused(text, unit, says):
    with pytest.raises(SpecError, match=says):
        parse_range(text, unit)


@given(st.floats(-1e6, 1e6), st.integers(1, 50), st.floats(1e-3, 1e3))
def test_a_range_has_one_value_more_than_steps_and_equal_steps(start, count, step):
    stop = start + count * step
    values = parse_range(f"{start!r}:{stop!r}:{step!r} W", "W")
    # one value less where rounding put the end just out of reach
    assert len(values) in (count, count + 1)
    assert np.diff(values) == pytest.approx(step, rel=1e-4, abs=1e-6)


@given(st.from_regex(r"[-+0-9.e]{1,8}:[-+0-9.e]{1,8}:[-+0-9.e]{1,8}( [A-Za-z]{0,4})?", fullmatch=True))
def test_any_text_like_a_range_is_values_nothing_or_refused(text):
    try:
        values = parse_range(text.replace("e", "e+"), "1")
    except SpecError:
        return
    assert values is None or all(map(math.isfinite, values))
