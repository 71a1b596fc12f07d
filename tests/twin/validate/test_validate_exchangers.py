"""Rows T6 and T12 pass and reject an approximate series and a wrong exchanger; the catalogue points are given back."""

import numpy as np
import pytest

from thermal import exchanger
from twin.validate import exchangers
from twin.validate.exchangers import COOLIT, cdu, rated_point, t6, t12


def test_effectiveness_passes_at_all_sizes():
    rows = t6(None)
    assert len(rows) == 12 and {item.passed for item in rows} == {True}


def test_the_usual_fit_of_cross_flow_is_rejected(monkeypatch):
    def fit(N, C, kind):
        if kind != "cross_unmixed":
            return exact(N, C, kind)
        return 1 - np.exp(N**0.22 / C * np.expm1(-C * N**0.78))

    exact = exchanger.effectiveness
    monkeypatch.setattr(exchanger, "effectiveness", fit)
    rejected = [item.case for item in t6(None) if not item.passed]
    assert len(rejected) == 4 and all(case.startswith("cross unmixed") for case in rejected)


def test_the_45_degree_plant_is_met_and_its_pue_is_only_printed():
    rows = t12(None)
    assert [item.passed for item in rows] == [True, True, True, None]
    assert 1.0 < rows[-1].ours < 1.06585


def test_an_exchanger_of_twice_the_approach_is_rejected(monkeypatch):
    model = exchangers.unit_model
    monkeypatch.setattr(exchangers, "unit_model", lambda *args: model(*args)._replace(conductance=5e5))
    assert [item.passed for item in t12(None)][:3] == [False, False, True]


def test_catalogue_points_are_given_back():
    rows = {item.case: item for item in cdu(None)}
    for name in ("CoolIT CHx2000", "Vertiv XDU1350", "Vertiv CDU121"):
        assert rows[f"{name}: approach"].ours == pytest.approx(rows[f"{name}: approach"].reference, abs=1e-6)
    assert rows["CoolIT CHx2000: pumps"].ours == pytest.approx(12.24, rel=0.02)
    assert rows["Vertiv CDU121: pumps"].ours == pytest.approx(0.875, rel=0.02)


def test_the_larger_head_of_the_xdu1350_lies_beyond_its_pumps():
    with pytest.raises(ValueError, match="beyond its curve"):
        rated_point(exchangers.XDU1350, "pg20", 500e3)


def test_a_smaller_exchanger_misses_the_catalogue(monkeypatch):
    model = exchangers.unit_model
    monkeypatch.setattr(exchangers, "unit_model", lambda *args: model(*args)._replace(conductance=3e5))
    assert rated_point(COOLIT, "pg25", 126e3).approach > 5.5
