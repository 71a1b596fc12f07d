"""Row T11 passes, and rejects a cooler that is not that of its rated point, fans off their law, heat off the line."""

import pytest

from thermal import dry_cooler
from twin.validate import plant
from twin.validate.plant import t11


def verdicts():
    return [item.passed for item in t11(None)[:4]]


def test_the_dry_cooler_returns_its_rated_point_and_keeps_its_laws():
    rows = t11(None)
    assert [item.passed for item in rows] == [True] * 4 + [None]
    assert rows[4].ours == pytest.approx(rows[4].reference, rel=0.01)
    assert rows[0].ours == pytest.approx(2931.0, rel=1e-9)
    assert rows[1].ours == pytest.approx(117.68, rel=1e-6)


def test_a_conductance_one_per_cent_off_is_rejected(monkeypatch):
    right = dry_cooler.rated_conductance(plant.RATED)
    monkeypatch.setattr(dry_cooler, "rated_conductance", lambda cooler: 1.02 * right)
    assert verdicts()[0] is False


def test_fans_that_go_with_the_square_are_rejected(monkeypatch):
    monkeypatch.setattr(plant, "fan_power", lambda rated, speed: rated * speed**2)
    assert verdicts() == [True, True, True, False]


def test_heat_off_the_line_is_rejected(monkeypatch):
    solve = plant.solve_plant

    def leaking(*arguments):
        found = solve(*arguments)
        return found._replace(return_temperature=found.return_temperature + 0.1)

    monkeypatch.setattr(plant, "solve_plant", leaking)
    assert verdicts() == [True, True, False, True]
