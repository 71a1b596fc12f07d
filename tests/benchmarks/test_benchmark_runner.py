"""The benchmarks: what is registered, what a run yields, and that slowness alone is no error. No time is asserted."""

import json

import pytest

from benchmarks import __main__ as runner
from benchmarks.case import Case
from benchmarks.registry import CASES

FIELDS = {"name", "size", "phase", "beat", "whose", "cpu_seconds", "runs", "peak_memory", "error", "cells"}


def test_the_promised_cases_are_registered_once_each_with_a_figure_to_beat():
    names = [(case.name, case.phase) for case in CASES]
    assert len(set(names)) == len(names)
    promised = {"import twin": 0.1, "twin --help": 0.3, "twin run": 3.0, "first solve": 1.0, "next solve": 0.020}
    promised["batched solve"] = 20.0
    assert promised.items() <= {case.name: case.beat for case in CASES}.items()
    assert all(case.size and case.whose and case.repeats >= 3 for case in CASES)


def test_a_case_runs_a_command_or_a_function_and_never_both():
    nothing = Case.__dataclass_fields__["run"].default
    for case in CASES:
        assert bool(case.command) != (case.run is not nothing), case.name


def test_the_cheapest_case_runs_end_to_end_and_yields_every_field(capsys):
    assert runner.main(["--only", "import twin", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row) == FIELDS
    assert row["error"] is None
    assert row["name"] == "import twin"
    assert row["cpu_seconds"] >= 0
    assert row["peak_memory"] > 0


def test_a_command_is_measured_in_a_process_of_its_own(capsys):
    assert runner.main(["--only", "*--help", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["runs"] >= 3
    assert row["cpu_seconds"] > 0


def test_a_pattern_that_matches_nothing_names_the_cases(capsys):
    with pytest.raises(SystemExit) as stop:
        runner.main(["--only", "warp drive"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert "no case matches 'warp drive'" in said
    assert all(case.name in said for case in CASES)


def test_a_case_that_cannot_run_is_an_error_and_a_slow_one_is_not(monkeypatch, capsys):
    fast = {"cpu_seconds": 99.0, "runs": 5, "peak_memory": 1e6, "error": None}
    broken = {"cpu_seconds": None, "peak_memory": None, "error": "Traceback\n  twice\nValueError: no"}
    monkeypatch.setattr(
        runner, "bench", lambda case: {**case.__dict__, **(broken if case.name == "twin run" else fast)}
    )
    assert runner.main(["--only", "first solve"]) == 0
    assert "99 s" in capsys.readouterr().out
    assert runner.main(["--only", "twin*"]) == 1
    said = capsys.readouterr().out
    assert "twin run: Traceback   twice ValueError: no" in " ".join(said.split("\n"))


@pytest.mark.parametrize(("seconds", "text"), [(0.0123456, "12.3 ms"), (0.9999, "1e+03 ms"), (2.5, "2.5 s")])
def test_times_have_three_figures(seconds, text):
    assert runner.duration(seconds) == text
