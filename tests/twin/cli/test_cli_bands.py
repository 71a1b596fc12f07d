"""What stands out from chance among many inputs and few draws."""

import numpy as np
import pytest

from twin.cli.bands import as_json, chance, driver_table, drivers
from twin.sweeps.uncertainty import Uncertainty


def study(draws: int, inputs: int, strength: float) -> Uncertainty:
    paths = tuple(f"a.b{i}" for i in range(inputs))
    return Uncertainty(draws, 0, paths, {"rack_power": (1.0, 2.0)}, {"rack_power": (paths[0], strength)})


def test_the_threshold_for_one_input_is_the_usual_two_sided_one():
    assert chance(study(101, 1, 0.5)) == pytest.approx(1.959964 / 10, rel=1e-6)


def test_more_inputs_raise_the_threshold_and_more_draws_lower_it():
    assert chance(study(50, 100, 0.5)) > chance(study(50, 10, 0.5)) > chance(study(200, 10, 0.5))


def test_luck_alone_passes_the_threshold_in_about_one_study_of_twenty():
    rng = np.random.default_rng(1)
    draws, inputs, studies = 60, 40, 400
    ranks = np.argsort(rng.random((studies, inputs, draws)), axis=-1) - (draws - 1) / 2
    target = np.arange(draws) - (draws - 1) / 2
    best = np.abs(ranks @ target / (target @ target)).max(axis=1)
    lucky = float(np.mean(best > chance(study(draws, inputs, 0.0))))
    assert 0.01 < lucky < 0.09  # 5 % less Bonferroni's caution, three standard errors of 400 studies about it


def test_a_correlation_below_the_threshold_names_nobody(gb300):
    weak = study(60, 40, 0.9 * chance(study(60, 40, 0.0)))
    assert drivers(weak) == {}
    assert as_json(weak)["uncertainty"]["bands"]["rack_power"] == {
        "low": 1.0,
        "high": 2.0,
        "driver": None,
        "rank_correlation": None,
    }
    strong = weak._replace(drivers={"rack_power": ("a.b0", -0.99)})
    assert drivers(strong) == {"rack_power": ("a.b0", -0.99)}
    cells = [list(column.cells) for column in driver_table(strong, {"rack_power": "rack power"}, gb300).columns]
    assert cells == [["  rack power"], ["-0.99"], ["a.b0"]]
