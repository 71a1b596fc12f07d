"""Rows P1, P3, P4 pass, and each rejects a mutant of our own code."""

import numpy as np
import pytest

from power import dc, stability
from twin.validate import circuits
from twin.validate.circuits import p1, p3, p4


def failed(rows):
    return {item.case for item in rows if item.passed is False}


def in_the_result(patch, module, target, **factors):
    """Multiply fields of the tuple that a solver returns."""
    right = getattr(module, target)

    def wrong(*args, **kwargs):
        found = right(*args, **kwargs)
        return found._replace(**{field: factor * getattr(found, field) for field, factor in factors.items()})

    patch.setattr(module, target, wrong)


def test_the_power_grid_passes_and_fails_with_voltages_ten_millionths_too_high(reference, monkeypatch):
    assert [item.passed for item in p1(reference)] == [True, True]
    in_the_result(monkeypatch, dc, "solve_circuit", node_voltage=1 + 1e-5)
    assert failed(p1(reference)) == {"ibmpg1, largest distance over 30 635 nodes"}


def test_without_its_files_the_power_grid_is_skipped_and_says_what_it_needs(tmp_path):
    for folder in (None, tmp_path):
        (only,) = p1(folder)
        assert only.passed is None and "ibmpg1.spice" in only.source


def test_the_busbar_in_time_passes_and_shows_the_trapezoid_at_every_step_too():
    rows = p3(None)
    assert failed(rows) == set()
    assert [item.passed for item in rows] == [True, None, True, True, True]
    assert rows[1].ours == pytest.approx(4.23e-3, abs=5e-6)


def test_one_sampling_alone_has_both_reference_figures_as_its_errors_rounded_up():
    errors = [
        np.abs(circuits.marched(circuits.STEP, scheme) - circuits.exact()).max(axis=1) for scheme in circuits.LIMITS
    ]
    corners = [round(time / circuits.STEP) for time in circuits.TIMES]
    meeting = [every for every in range(1, 501) if not any(corner % every for corner in corners)]
    found = [
        every
        for every in meeting
        if np.allclose([np.ceil(1e4 * error[::every].max()) / 1e4 for error in errors], list(circuits.LIMITS.values()))
    ]
    assert len(meeting) > 5 and found == [circuits.SAMPLE]


def test_the_reference_is_at_rest_before_the_rise_and_its_own_mirror_image():
    exact = circuits.exact()
    assert exact.shape == (5001, 4)
    assert np.ptp(exact[:501], axis=0).max() < 1e-9
    assert np.array_equal(exact[:, 0], exact[:, 3])


def test_two_per_cent_less_capacitance_fails_every_verdict_of_the_busbar(monkeypatch):
    right = circuits.busbar
    monkeypatch.setattr(circuits, "busbar", lambda: right()._replace(capacitance=0.98 * right().capacitance))
    assert len(failed(p3(None))) == 4


def test_a_criterion_five_per_cent_off_fails(monkeypatch):
    right = stability.constant_power_stability

    def wrong(source, series, choke, store, power, *, voltage=None):
        return right(source, series, choke, 1.05 * np.asarray(store), power, voltage=voltage)

    assert failed(p4(None)) == set()
    monkeypatch.setattr(stability, "constant_power_stability", wrong)
    assert failed(p4(None)) == {"unstable cases of 160, equal sign"}
