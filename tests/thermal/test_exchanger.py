"""Effectiveness: closed forms, limits, the series against its integral and the ht library, the inverse."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal import exchanger
from thermal.exchanger import Arrangement, effectiveness, transfer_units

KINDS = get_args(Arrangement)
units = st.floats(0.0, 30.0)
ratio = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("counter", (0.5, 0.817118, 0.774600, 0.833333)),
        ("parallel", (0.432332, 0.568430, 0.633475, 0.499977)),
        ("cross_unmixed", (0.476222, 0.749406, 0.732409, 0.750904)),
    ],
)
def test_published_values_are_met(kind, expected):
    assert effectiveness([1, 3, 2, 5], [1, 0.75, 0.5, 1], kind) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_ht_library_agrees(kind):
    ht = pytest.importorskip("ht")
    theirs = "counterflow", "parallel", "crossflow", "crossflow, mixed Cmax", "crossflow, mixed Cmin"
    names = dict(zip(KINDS, theirs, strict=True))
    for N, C in ((0.3, 0.2), (1.0, 0.9), (4.0, 0.5)):
        assert effectiveness(N, C, kind) == pytest.approx(ht.effectiveness_from_NTU(N, C, names[kind]), rel=1e-9)


def test_series_is_the_double_integral_of_the_local_balances():
    # dTh/dx = -(Th - Tc) along the hot stream, dTc/dy = C (Th - Tc) along the cold one; midpoint grids, extrapolated
    def march(n, N=3.0, C=0.75):
        h, hot = N / n, np.ones(n)
        for _ in range(n):
            cold = 0.0
            for j in range(n):
                q = h * (hot[j] - cold) / (1 + h * (1 + C) / 2)
                hot[j], cold = hot[j] - q, cold + C * q
        return 1 - hot.mean()

    coarse, fine = march(30), march(60)
    assert fine + (fine - coarse) / 3 == pytest.approx(float(effectiveness(3.0, 0.75, "cross_unmixed")), abs=2e-6)


def test_the_usual_fit_of_the_series_is_told_apart():
    N, C = 3.0, 0.75
    fit = 1 - np.exp(N**0.22 / C * (np.exp(-C * N**0.78) - 1))
    assert abs(fit - effectiveness(N, C, "cross_unmixed")) > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_side_that_condenses_makes_all_arrangements_equal(kind):
    assert effectiveness(1.7, 0.0, kind) == pytest.approx(-np.expm1(-1.7), rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_transfers_nothing_and_little_transfers_its_units(kind):
    assert effectiveness(0.0, 0.6, kind) == 0
    assert effectiveness(1e-9, 0.6, kind) == pytest.approx(1e-9, rel=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(N=units, C=ratio)
def test_effectiveness_lies_between_nothing_and_counter_flow(kind, N, C):
    value = float(effectiveness(N, C, kind))
    assert -1e-15 <= value <= float(effectiveness(N, C, "counter")) + 1e-12 <= 1 + 2e-12


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(N=units, C=ratio, more=st.floats(0.0, 5.0))
def test_a_larger_exchanger_is_never_less_effective(kind, N, C, more):
    assert effectiveness(N + more, C, kind) >= effectiveness(N, C, kind) - 1e-12


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(N=st.floats(0.0, 4.0), C=ratio)
def test_transfer_units_invert_the_effectiveness(kind, N, C):
    found = transfer_units(effectiveness(N, C, kind), C, kind)
    assert effectiveness(found, C, kind) == pytest.approx(float(effectiveness(N, C, kind)), abs=1e-13)


def test_an_effectiveness_out_of_reach_names_what_can_be_reached():
    with pytest.raises(ValueError, match=r"0.6: must lie in 0 .. 0.5, what 'parallel' reaches"):
        transfer_units(0.6, 1.0, "parallel")
    with pytest.raises(ValueError, match="ask for less heat"):
        transfer_units([0.3, 1.0], 0.5, "cross_unmixed")


@pytest.mark.parametrize(("N", "C"), [(-1.0, 0.5), (np.inf, 0.5), (1.0, 1.5), (1.0, np.nan)])
def test_bad_numbers_are_refused(N, C):
    with pytest.raises(ValueError, match="must"):
        effectiveness(N, C, "counter")


def test_an_unknown_arrangement_lists_the_known_ones():
    for function in (effectiveness, transfer_units):
        with pytest.raises(ValueError, match="'diagonal': must be one of 'counter', 'parallel'"):
            function(0.5, 0.5, "diagonal")


def test_a_series_cut_short_is_noticed(monkeypatch):
    events = exchanger._events
    monkeypatch.setattr(exchanger, "_events", lambda x, n: tuple(part[..., :4] for part in events(x, n)))
    assert abs(effectiveness(5.0, 1.0, "cross_unmixed") - 0.750904) > 1e-2
