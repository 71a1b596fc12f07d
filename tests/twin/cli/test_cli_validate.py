"""`twin validate`: a line for each row, the counts, and an exit code that says whether all held."""

import json
import re

import pytest
from cli_runs import in_terminal, said

from twin.validate import table
from twin.validate.row import EXACT, Allowed, printed, row


def test_rows_are_printed_with_both_values_their_tolerance_and_verdict():
    told = said("validate", "--only", "P6,N2")
    assert told.code == 0
    lines = [re.split(r" {2,}", line.strip()) for line in told.out.splitlines()]
    assert ["N2", "all-to-all, 72 GPUs, 1 MB per pair", "79.38889", "79.38889", "µs", "1e-06 µs", "passed"] in lines
    assert ["P6", "mid-span drop, 40 sections", "0.0198", "0.0198", "V", "1e-12 V", "passed"] in lines
    assert ["P6", "closed form I R / 8"] in lines
    assert lines[-1] == ["4 passed, 0 failed, 0 skipped or printed only"]


def test_json_holds_the_fields_of_a_row():
    told = said("validate", "--only", "sanity", "--json")
    rows = json.loads(told.out)
    assert told.code == 0
    assert len(rows) == 3
    assert set(rows[0]) == {"id", "case", "ours", "reference", "unit", "tolerance", "passed", "source"}
    assert {row["passed"] for row in rows} == {None}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_one_row_that_fails_ends_with_code_1(monkeypatch, form):
    def rows(reference):
        wrong = row(("P6", "wrong"), 1.0, 2.0, "V", EXACT, "nobody")
        return [
            wrong,
            row(("P6", "right"), 2.0, 2.0, "V", Allowed(0.1), "me"),
            printed(("P6", "x"), 1.0, None, "V", "me"),
        ]

    monkeypatch.setitem(table.ROWS, "P6", rows)
    told = said("validate", "--only", "P6", *form)
    assert told.code == 1
    if not form:
        assert "1 passed, 1 failed, 1 skipped or printed only" in told.out
        assert told.rows()["P6"] == ["wrong", "1", "2", "V", "exact", "FAILED"]


def test_a_real_row_fails_when_its_reference_is_another(monkeypatch):
    monkeypatch.setattr("twin.validate.thermal._FLOW_TABLE", ((45.0, 150.0),))
    told = said("validate", "--only", "T9")
    assert told.code == 1
    assert "FAILED" in told.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "T9,N99"], "--only N99: no such row; known: N1, N2"),
        (["--reference", "nowhere"], "--reference nowhere: no such folder"),
    ],
)
def test_unknown_rows_and_folders_are_refused(arguments, message):
    told = said("validate", *arguments)
    assert told.code == 2
    assert message in told.error


def test_the_table_fits_a_terminal_of_80_columns(monkeypatch):
    told = in_terminal(monkeypatch, "validate", "--only", "N1,N2,N4,P5")
    assert max(len(line) for line in told.out.splitlines()) <= 80
    assert told.out.count("passed") == 8 + 3 + 6 + 3 + 1
