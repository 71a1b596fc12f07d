"""The rows of the validation table about flows: they pass, and each has a mutant it rejects."""

import pytest

from topology import maxmin
from twin.validate import flows

simulate = maxmin.simulate_flows


def failed(rows):
    return {row.case.rpartition(": ")[2] for row in rows if not row.passed}


def test_the_rows_of_flows_pass():
    assert failed(flows.n2(None) + flows.n3(None, seeds=1)) == set()


@pytest.mark.slow
def test_a_hundred_seeds_hold_the_bound_and_the_quantum():
    found = flows.uneven(range(100))
    assert found.below <= 1e-12
    assert found.above <= 2e-4
    assert found.merged <= 3e-3


@pytest.mark.parametrize(("factor", "case"), [(0.999, "below the bound"), (1.001, "excess over the bound")])
def test_a_permille_of_time_fails_the_row_of_that_side(monkeypatch, factor, case):
    def wrong(given, *, quantum=0.0):
        times = simulate(given, quantum=quantum)
        return times._replace(end=times.end * factor)

    monkeypatch.setattr(maxmin, "simulate_flows", wrong)
    rows = flows.n2(None) + flows.n3(None, seeds=1)
    assert case in failed(rows)
    assert all(not row.passed for row in rows if row.id == "N2" or "4 GPUs" in row.case)
    assert len({"below the bound", "excess over the bound"} & failed(rows)) == 1


def test_a_quantum_of_a_microsecond_fails_the_row_of_the_quantum(monkeypatch):
    monkeypatch.setattr(flows, "QUANTUM", 1e-6)
    assert failed(flows.n3(None, seeds=1)) == {"100 ns quantum"}
