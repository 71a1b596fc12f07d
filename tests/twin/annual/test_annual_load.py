"""Loads of a year: the daily swing, files of a day, a week or a year, and what is refused."""

import numpy as np
import pytest

from twin.annual.load import BUSIEST, daily_load, hourly, read_load
from twin.spec.errors import SpecError


def test_a_daily_swing_is_least_at_three_and_greatest_at_fifteen_o_clock():
    load = daily_load(0.2, 0.8).reshape(365, 24)
    assert (load == load[0]).all()
    around = load[0, int(BUSIEST) - 1], load[0, int(BUSIEST)]
    assert around[0] == pytest.approx(around[1]) == pytest.approx(load.max())
    assert load[0, 2] == pytest.approx(load[0, 3]) == pytest.approx(load.min())
    assert load.mean() == pytest.approx(0.5, abs=1e-12)
    assert load[0, 8] - 0.5 == pytest.approx(0.3 * np.cos(2 * np.pi * 6.5 / 24), abs=1e-12)


@pytest.mark.parametrize("rows", [24, 168, 8760])
def test_a_file_of_a_day_a_week_or_a_year_is_repeated(tmp_path, rows):
    values = np.random.default_rng(rows).uniform(0, 1, rows).round(4)
    path = tmp_path / "load.csv"
    path.write_text("hour,load\n" + "\n".join(f"{i},{value}" for i, value in enumerate(values)) + "\n")
    load = read_load(path)
    assert load.shape == (8760,)
    np.testing.assert_array_equal(load, values[np.arange(8760) % rows])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5\n" * 25, "25 values: must be 24, 168 or 8760"),
        ("0.5\n" * 23 + "1.5\n", r"line 24: load = '1.5': must be a number from 0 to 1"),
        ("0.5\n" * 5 + "many\n" + "0.5\n" * 18, r"line 6: load = 'many'"),
        ("0.5\n" * 23 + "nan\n", r"line 24: load = 'nan'"),
        ("", "0 values"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "load.csv"
    path.write_text(text)
    with pytest.raises(SpecError, match=message):
        read_load(path)


def test_what_is_no_file_is_refused_with_what_may_be_given(tmp_path):
    with pytest.raises(SpecError, match=r"nowhere: cannot be read .*give low:high, a number, or a file"):
        read_load(tmp_path / "nowhere")


def test_a_load_outside_zero_to_one_is_refused():
    with pytest.raises(SpecError, match=r"load 0.3:1.2 = 1\.0\d+: must lie in 0 .. 1"):
        daily_load(0.3, 1.2)
    with pytest.raises(SpecError, match=r"load: shape \(3,\): must be one number or 8760"):
        hourly([0.1, 0.2, 0.3])
    with pytest.raises(SpecError, match="load = nan"):
        hourly(np.nan)
