"""Schedules read from TOML, the load profile, and the times at which anything jumps."""

import itertools
import math
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.simulation.check import check_schedule
from twin.simulation.events import KEYS, Event
from twin.simulation.fast import Record
from twin.simulation.read import LOADS, read_schedule, schedule_from
from twin.simulation.schedule import Control, Profile, Schedule, Setting, Steps, breaks
from twin.spec.errors import SpecError

WHOLE = """
duration = "2 h"
[steps]
thermal = "0.5 s"
[load]
utilization = [["0 s", 0.3], ["10 min", 0.3], ["10 min", 1.0], ["1 h", "50 %"]]
[control]
power_cap = "120 kW"
shed_above = "90 degC"
[[set]]
at = "20 min"
path = "cooling.supply_temperature"
value = "40 degC"
[[event]]
at = "30 min"
until = "35 min"
kind = "pump_trip"
[[event]]
at = "40 min"
kind = "cable_loss"
part = 17
"""
LOAD = {"utilization": 0.5}


def problems(**raw: Any) -> list[str]:
    """What a document is refused for."""
    with pytest.raises(SpecError) as refused:
        schedule_from({"duration": "1 h", "load": LOAD} | raw)
    return list(refused.value.problems)


def only(**raw: Any) -> str:
    (problem,) = problems(**raw)
    return problem


def profile(*points: tuple[float, float], repeat: float | None = None) -> Profile:
    time, value = zip(*points, strict=True)
    return Profile(time=time, value=value, repeat=repeat)


def run(duration: float, load: Profile) -> Schedule:
    made = schedule_from({"duration": duration, "load": LOAD})
    return Schedule(duration=made.duration, steps=made.steps, load=load)


# Reading


def test_a_file_is_read_with_units_defaults_and_its_text(tmp_path):
    (tmp_path / "run.toml").write_text(WHOLE)
    made = read_schedule(tmp_path / "run.toml")
    assert made.duration == 7200 and made.source == WHOLE
    assert made.steps == Steps(electric=0.5, thermal=0.5, loop=10, output=10, control=10)
    assert made.load == profile((0, 0.3), (600, 0.3), (600, 1.0), (3600, 0.5))
    assert made.control.power_cap == 120e3 and made.control.restore_below == pytest.approx(358.15)
    assert (made.settings[0].at, made.settings[0].value) == (1200, "40 degC")
    assert (made.events[0].until, made.events[0].remaining, made.events[1].part) == (2100, 0.0, ("17",))


def test_without_a_steps_table_all_steps_have_their_defaults():
    made = schedule_from({"duration": 60, "load": LOAD})
    assert made.steps == Steps(electric=1, thermal=1, loop=10, output=10, control=10)


def test_output_and_control_follow_the_loop_and_electric_the_thermal_step():
    steps = schedule_from({"duration": 60, "load": LOAD, "steps": {"thermal": 0.1, "loop": "2 s"}}).steps
    assert steps == Steps(electric=0.1, thermal=0.1, loop=2, output=2, control=2)


def test_a_trace_lies_relative_to_the_schedule_and_its_columns_may_be_in_any_order(tmp_path):
    (tmp_path / "trace.csv").write_text("node,utilization,time_s\na,0.25,0\na,0.75,60\n")
    (tmp_path / "run.toml").write_text('duration = "1 h"\nload.file = "trace.csv"\n')
    assert read_schedule(tmp_path / "run.toml").load == profile((0, 0.25), (60, 0.75))


def test_all_problems_come_at_once_each_with_its_path():
    found = problems(
        duration="-2 h",
        colour=3,
        steps={"thermal": "3 h", "lop": 3},
        load={"utilization": [["10 s", 0.3], ["5 s", 1.3], ["x", 0.2]]},
        control={"flow": "fixd"},
        set=[{"at": 0, "path": "a"}],
        event=[{"at": "30 min", "until": "25 min", "kind": "pump_trp"}, {"at": 0, "kind": "cable_loss"}],
    )
    starts = [
        "colour:", "duration = -2 h", "steps.lop:", "steps.thermal = 3 h", "load.utilization[2] =",
        "load.utilization[1] is at", "load.utilization[1] = 1.3", "control.flow = fixd", "set[0].value: is missing",
        "event[0].kind = 'pump_trp'", "event[0].until = 1500 s", "event[1].part: is missing",
    ]  # fmt: skip
    assert len(found) == len(starts)
    for start, problem in zip(starts, found, strict=True):
        assert problem.startswith(start)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"duratoin": 3}, "near names: duration"),
        ({"event": [{"at": 0, "kind": "pump_trp"}]}, "near names: pump_trip"),
        ({"event": [{"at": 0, "kind": "pump_trip", "untill": 3}]}, "near names: until"),
        ({"control": {"powercap": 3}}, "near names: power_cap"),
        ({"load": {"utilization": 0.5, "repeats": 3}}, "near names: repeat"),
    ],
)
def test_unknown_names_are_answered_with_near_ones(raw, said):
    assert said in only(**raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"duration": "0 s"}, "duration = 0 s: must be > 0 s"),
        ({"duration": "3 kW"}, "such as s, min or h"),
        ({"duration": True}, "is not a number"),
        ({"steps": {"loop": "10.5 s", "output": 10}}, "steps.loop = 10.5 s: must be a whole multiple of steps.thermal"),
        ({"steps": {"thermal": "1 s", "electric": "0.3 s"}}, "steps.thermal = 1 s: must be a whole multiple"),
        ({"steps": {"output": 0.5}}, "steps.output = 0.5 s: must be a whole multiple of steps.thermal = 1 s"),
        ({"steps": {"control": 15}}, "steps.control = 15 s: must be a whole multiple of steps.loop = 10 s"),
        ({"steps": {"thermal": "20 s", "loop": "20 s"}}, "steps.thermal = 20 s: must be ≥ 0.05 s and ≤ 10 s"),
        ({"steps": 3}, "steps = 3: must be a table"),
        ({"load": {}}, "load: must be a table with either"),
        ({"load": 0.5}, "load: must be a table with either"),
        ({"load": {"utilization": 0.5, "file": "a.csv"}}, "load: utilization and file tell the load together"),
        ({"load": {"trainig": {}}}, "load.trainig: no such key (near names: training"),
        ({"load": {"utilization": "half"}}, "load.utilization = half: "),
        ({"load": {"utilization": []}}, "at least one"),
        ({"load": {"utilization": [[0, 0.5, 1]]}}, "must be a time and a utilization"),
        ({"load": {"utilization": [[-1, 0.5]]}}, "load.utilization[0] is at -1 s"),
        ({"load": {"utilization": [[0, 0.5], [60, 0.5]], "repeat": 30}}, "load.repeat = 30 s: must be ≥ 60 s"),
        ({"load": {"utilization": "120 %"}}, "load.utilization[0] = 1.2: must be ≥ 0 and ≤ 1"),
        ({"load": {"file": "none.csv"}}, "load.file: none.csv: cannot be read"),
        ({"control": {"restore_below": "80 degC"}}, "control.restore_below: has no shed_above"),
        ({"control": {"shed_above": "80 degC", "restore_below": "81 degC"}}, "must be < shed_above = 80 degC"),
        ({"set": [{"at": 0, "path": "a", "value": [1]}]}, "set[0].value = [1]: must be a number, text"),
        ({"set": {"at": 0}}, "set: must be a list of tables [[set]]"),
        ({"event": [3]}, "event[0] = 3: must be a table"),
        ({"event": [{"at": 9, "until": 9, "kind": "pump_trip"}]}, "event[0].until = 9 s: must be > at = 9 s"),
        ({"event": [{"at": 9, "kind": "pump_trip", "part": "a"}]}, "event[0].part: pump_trip has no such key"),
        ({"event": [{"at": 9, "kind": "cable_loss", "part": []}]}, "event[0].part: is missing; cable_loss needs it"),
        ({"event": [{"at": 9, "kind": "load_step"}]}, "event[0].utilization: is missing"),
        ({"event": [{"at": 9, "kind": "blocked_plate", "part": "a", "remaining": 0}]}, "event[0].remaining = 0: must"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_one_message(raw, said):
    assert said in only(**raw)


LATE = {"at": "2 h", "kind": "pump_trip"}


def test_what_comes_after_the_run_is_told_with_whatever_else_is_wrong(gb300):
    found = problems(event=[LATE, {"at": 0, "kind": "pump_trp"}])
    assert [line.split(":")[0] for line in found] == ["event[1].kind = 'pump_trp'", "event[0].at = 7200 s"]
    late = {"at": "1 h", "path": "limits.junction", "value": "80 degC"}
    lost = {"at": 0, "kind": "tray_loss", "part": "compute-99"}
    plan = schedule_from(
        {"duration": "1 h", "load": LOAD, "set": [late], "event": [LATE, lost], "record": {"fast": ["3599 s", "2 h"]}}
    )
    with pytest.raises(SpecError) as refused:
        check_schedule(plan, gb300)
    assert [line.split(":")[0] for line in refused.value.problems] == [
        "set[0].at = 3600 s",
        "event[0].at = 7200 s",
        "record.fast ends at 7200 s",
        "event[1].part = 'compute-99'",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time_s,load\n0,1\n", "has no column utilization"),
        ("", "has no column time_s or utilization"),
        ("time_s,utilization\n0,0.5\n1,much\n", "line 3"),
        ("time_s,utilization\n0\n", "line 2"),
        ("time_s,utilization\n0,nan\n", "line 2"),
        ("time_s,utilization\n", "at least one"),
    ],
)
def test_a_trace_that_cannot_be_read_names_file_and_line(tmp_path, text, said):
    (tmp_path / "trace.csv").write_text(text)
    with pytest.raises(SpecError, match="load") as refused:
        schedule_from({"duration": 60, "load": {"file": "trace.csv"}}, tmp_path)
    assert said in str(refused.value)


def test_of_many_unfit_rows_the_first_are_told(tmp_path):
    (tmp_path / "trace.csv").write_text("time_s,utilization\n" + "0,2\n" * 1000)
    with pytest.raises(SpecError) as refused:
        schedule_from({"duration": 60, "load": {"file": "trace.csv"}}, tmp_path)
    assert len(refused.value.problems) == 5


@pytest.mark.parametrize("text", ["duration = ", "duration = 1 h"])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path, text):
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(SpecError, match=r"run\.toml: not valid TOML"):
        read_schedule(tmp_path / "run.toml")
    with pytest.raises(SpecError, match="cannot be read"):
        read_schedule(Path("absent.toml"))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
    | st.sampled_from(["10 min", "40 degC", "pump_trip", "cable_loss", "a.csv", 0.5]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["at", "until", "kind", "part", "remaining", "value", "path", "thermal", "file"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
tables = st.sampled_from(["duration", "steps", "load", "control", "set", "event", "other"])


@settings(max_examples=150)
@given(st.dictionaries(tables, junk | st.lists(junk, max_size=2), max_size=5))
def test_whatever_a_file_holds_it_is_read_or_refused(raw):
    try:
        assert isinstance(schedule_from({"duration": 60, "load": LOAD} | raw), Schedule)
    except SpecError as refusal:
        assert refusal.problems and all(refusal.problems)


# The profile


def test_between_points_the_load_is_linear_and_outside_it_holds():
    load = profile((10, 0.2), (20, 0.6))
    assert [load.at(t) for t in (0, 10, 12.5, 20, 1e6)] == [0.2, 0.2, pytest.approx(0.3), 0.6, 0.6]


def test_at_a_jump_the_two_sides_differ_and_elsewhere_they_agree():
    load = profile((0, 0.3), (600, 0.3), (600, 0.7), (600, 1.0), (1200, 0.5))
    assert (load.at(600, "left"), load.at(600)) == (0.3, 1.0)
    assert load.at(900, "left") == load.at(900) == 0.75


def test_a_repeated_profile_is_the_same_in_every_period_on_both_sides():
    load = profile((0, 0.2), (60, 0.8), repeat=100)
    assert load.at(130) == pytest.approx(load.at(30))
    assert (load.at(100, "left"), load.at(100)) == (0.8, 0.2)
    assert (load.at(0, "left"), load.at(0)) == (0.2, 0.2)


@given(turn=st.integers(1, 10**6), repeat=st.floats(0.1, 1e5), share=st.floats(0.01, 0.99))
def test_a_repeated_jump_is_seen_at_its_time_whatever_the_rounding(turn, repeat, share):
    load = profile((0, 0.1), (repeat * share, 0.1), (repeat * share, 0.9), repeat=repeat)
    for t, before, after in ((turn * repeat, 0.9, 0.1), (turn * repeat + repeat * share, 0.1, 0.9)):
        assert (load.at(t, "left"), load.at(t)) == (before, after)


@given(
    points=st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1)), min_size=1, max_size=8).map(sorted),
    t=st.floats(0, 1e6),
    repeat=st.sampled_from([None, 1e4]),
)
def test_the_load_never_leaves_the_range_of_its_points(points, t, repeat):
    load = profile(*points, repeat=repeat)
    for side in ("left", "right"):
        assert min(load.value) <= load.at(t, side) <= max(load.value)


# Where anything jumps


def test_the_breaks_are_those_of_load_set_points_and_events_each_once_and_inside_the_run():
    made = schedule_from(
        {
            "duration": 3600,
            "load": {"utilization": [[0, 0.3], [600, 0.3], [600, 1.0], [1200, 1.0], [5000, 0]]},
            "set": [{"at": 0, "path": "a", "value": 1}, {"at": 600, "path": "a", "value": 1}],
            "event": [{"at": 700, "until": 9000, "kind": "pump_trip"}, {"at": 100, "until": 700, "kind": "pump_trip"}],
        }
    )
    assert list(breaks(made)) == [100, 600, 700, 1200]


def test_points_on_a_straight_line_are_no_breaks():
    level = profile(*((float(t), 0.5) for t in range(100)))
    ramp = profile((0, 0), (1, 0.25), (2, 0.5), (4, 1.0))
    assert list(breaks(run(1000, level))) == []
    assert list(breaks(run(1000, ramp))) == [4]


def test_a_year_of_a_repeated_day_gives_its_breaks_without_holding_them():
    day = 86400.0
    made = run(365 * day, profile((0, 0.2), (day / 2, 0.9), repeat=day))
    assert list(itertools.islice(breaks(made), 3)) == [day / 2, day, 1.5 * day]
    times = breaks(made)
    assert iter(times) is times
    assert sum(1 for _ in times) == 2 * 365 - 1


@settings(max_examples=50)
@given(
    points=st.lists(st.tuples(st.integers(0, 50), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=6).map(
        sorted
    ),
    repeat=st.sampled_from([None, 50.0, 73.5]),
)
def test_between_two_breaks_the_load_is_a_straight_line(points, repeat):
    load = profile(*((float(t), u) for t, u in points), repeat=repeat)
    edges = [0.0, *breaks(run(200, load)), 200.0]
    assert edges == sorted(set(edges))
    for start, end in itertools.pairwise(edges):
        low, high = load.at(start), load.at(end, "left")
        for share in (0.25, 0.5, 0.75):
            assert load.at(start + share * (end - start)) == pytest.approx(low + share * (high - low), abs=1e-9)


def test_the_check_of_straight_lines_sees_a_break_that_is_left_out():
    load = profile((0, 0.0), (50, 1.0), (50, 0.0))
    middle = load.at(0) + 0.75 * (load.at(100, "left") - load.at(0))
    assert not math.isclose(load.at(45), middle, abs_tol=1e-9)


# The page

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "simulate.md").read_text()


def first_cells(head: str) -> list[str]:
    """First cells of the table that starts with this heading, backticks taken off."""
    table = PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [line.split("|")[1].strip(" `") for line in table]


def test_the_file_of_the_page_is_a_schedule_the_rack_can_follow(gb300):
    made = schedule_from(tomllib.loads(PAGE.split("```toml\n")[1].split("```")[0]))
    check_schedule(made, gb300)
    assert len(made.events) == 2


def test_the_page_lists_every_key_and_every_kind_of_event():
    tables = {"steps": Steps, "control": Control, "record": Record, "set": Setting, "event": Event}
    keys = {f"{table}.{field.name}" for table, owner in tables.items() for field in fields(owner)}
    assert set(first_cells("key")) == keys | {
        *("duration", "load.repeat", "load.nodes", *(f"load.{name}" for name in LOADS)),
        *("outdoor.dry_bulb", "outdoor.dew_point", "outdoor.repeat", "outdoor.time_of_year"),
    }
    assert set(first_cells("kind")) == set(KEYS)
    for kind, (needed, optional) in KEYS.items():
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
        assert row.split("|")[2].replace("`", "").replace(" ", "").split(",") == [*needed, *optional]


def test_the_defaults_of_the_page_are_those_of_the_code():
    made = schedule_from({"duration": 60, "load": LOAD, "control": {"shed_above": 360}, "event": [
        {"at": 0, "kind": "pump_trip"}]})  # fmt: skip
    for row in ("steps.thermal` | s | 1 s", "steps.loop` | s | 10 s", "shed_to` | 1 | 0.3", "coast_down` | s | 3 s"):
        assert row in PAGE
    assert (made.steps.thermal, made.steps.loop, made.control.shed_to) == (1, 10, 0.3)
    assert (made.control.restore_below, made.events[0].coast_down) == (355, 3)
