"""Row P8 passes, and rejects a spectrum, a step and a correlation that are wrong."""

from dataclasses import replace

import pytest

from power import spectrum
from twin.validate import loads
from twin.validate.loads import p8


def failed(rows):
    return {item.case for item in rows if item.passed is False}


def test_series_and_model_pass_and_the_sharp_edge_is_printed(reference):
    rows = p8(reference)
    assert failed(rows) == set()
    assert sum(item.passed is True for item in rows) == 13
    printed = {item.case: item.ours for item in rows if item.passed is None}
    assert printed["model, edges of 1 s: median swing"] < 0.85 * printed["measured: median swing in 120 s"]


def test_without_the_series_the_lines_of_the_model_are_judged_all_the_same(tmp_path):
    for folder in (None, tmp_path):
        rows = p8(folder)
        assert failed(rows) == set()
        assert sum(item.passed is True for item in rows) == 5
        assert {item.case for item in rows if item.tolerance == "skipped"} == {
            "measured series",
            "model: median swing in 120 s",
        }


def test_a_spectrum_of_half_the_height_fails_everywhere(reference, monkeypatch):
    right = spectrum.spectral_line

    def half(power, step, band):
        line = right(power, step, band)
        return line._replace(amplitude=line.amplitude / 2)

    monkeypatch.setattr(spectrum, "spectral_line", half)
    assert len(failed(p8(reference))) == 4


@pytest.mark.parametrize(
    ("field", "value", "cases"),
    [
        ("step_time", 10.8, {"model: step line", "model: block line"}),
        ("evaluate_time", 17.0, {"model: step line", "model: block line"}),
    ],
)
def test_a_job_of_another_rhythm_has_other_lines(field, value, cases, monkeypatch):
    monkeypatch.setattr(loads, "JOB", replace(loads.JOB, **{field: value}))
    assert cases <= failed(p8(None))


def test_half_the_correlation_has_too_little_spread_and_too_low_lines(monkeypatch):
    monkeypatch.setattr(loads, "NODES", replace(loads.NODES, correlation=0.36))
    assert "model: standard deviation, from spread and correlation" in failed(p8(None))
