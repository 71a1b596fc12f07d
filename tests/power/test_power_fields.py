"""The registry of the leaf's dataset variables."""

import re

import pytest

from power import FIELDS

UNITS = {"W", "V", "A", "K", "s", "Hz", "1"}
DIMS = {(), ("chip",), ("tray",), ("shelf",), ("bus_section",), ("feeder",)}
#: Over nominal, as load flows give them.
PER_UNIT = {"feeder_voltage", "feed_voltage_min"}


@pytest.mark.parametrize("name", FIELDS)
def test_a_row_is_complete_and_plain(name):
    dims, unit, way, meaning = FIELDS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert dims in DIMS and way in {"in", "out"}
    assert unit in UNITS or (unit == "" and name.endswith("_part"))
    assert meaning[0].isupper() is False or meaning[:2] in {"AC", "DC"}
    assert len(meaning) > 15


def test_units_follow_the_names():
    expected = {"power": "W", "loss": "W", "voltage": "V", "current": "A", "temperature": "K", "clock": "1"}
    for name, (_, unit, _, _) in FIELDS.items():
        words = [word for word in name.split("_") if word in expected]
        assert not words or unit == ("1" if name in PER_UNIT else expected[words[-1]]), name


def test_no_two_rows_mean_the_same():
    assert len({row[3] for row in FIELDS.values()}) == len(FIELDS)
