"""Row T8 passes, at the published digits, and rejects a solver that is slightly off."""

from dataclasses import replace

import thermal.hydraulics
from thermal import friction
from twin.validate import hydraulics
from twin.validate.hydraulics import ORACLE, t8


def test_the_manifold_agrees_with_pandapipes_to_1e_9():
    rows = t8(None)
    assert [item.passed for item in rows] == [True] * 3
    assert {item.tolerance for item in rows} == {"1e-07 %"}
    assert [item.id for item in rows] == ["T8"] * 3


def test_the_oracle_has_the_published_digits():
    assert [round(value, 5) for value in ORACLE[:2]] == [0.07453, 0.07481]
    assert round(ORACLE[2], 3) == 70.683


def test_a_friction_factor_one_per_cent_off_is_rejected(monkeypatch):
    exact = friction.rough_factor
    monkeypatch.setattr(friction, "rough_factor", lambda roughness: 1.01 * exact(roughness))
    assert [item.passed for item in t8(None)] == [False] * 3


def test_a_millimetre_of_header_is_rejected(monkeypatch):
    solve = thermal.hydraulics.solve_manifold

    def wider(manifold, *args, **others):
        return solve(replace(manifold, header_diameter=0.039), *args, **others)

    monkeypatch.setattr(thermal.hydraulics, "solve_manifold", wider)
    assert [item.passed for item in t8(None)] == [False] * 3


def test_water_a_degree_off_is_rejected(monkeypatch):
    monkeypatch.setattr(hydraulics, "VISCOSITY", hydraulics.VISCOSITY * 1.02)
    assert [item.passed for item in t8(None)] == [False] * 3
