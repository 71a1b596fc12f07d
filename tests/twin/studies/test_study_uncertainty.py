"""Uncertainty: correlations against scipy and against results that are known functions of the inputs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from twin.spec.errors import SpecError
from twin.studies import uncertainty
from twin.studies.uncertainty import _cap, _rank_correlation, _words


def known(result):
    """Stands in for the solver: headroom is a function of the spec, nothing is refused."""

    def solve_together(specs, reference):
        limits = np.array([spec.limits.junction for spec in specs])
        rows = {
            "headroom_temperature": np.array([result(spec) for spec in specs]),
            "junction_temperature_max": -limits,
            "rack_power": 1e5 + 0 * limits + np.arange(len(specs)) % 7,
        }
        return {**rows, "headroom_temperature_limited_by": np.array(["chip: die mean"] * len(specs), dtype=object)}, {}

    return solve_together


@given(arrays(float, (12, 4), elements=st.integers(0, 5).map(float)))
def test_rank_correlation_is_spearmans_ties_included(table):
    if (np.ptp(table, axis=0) == 0).any():
        return
    ours = _rank_correlation(table[:, :3], table[:, 3])
    np.testing.assert_allclose(ours, [spearmanr(table[:, i], table[:, 3]).statistic for i in range(3)], atol=1e-12)


def test_a_result_that_follows_one_input_has_correlation_one_with_it_alone(gb300, monkeypatch):
    monkeypatch.setattr(uncertainty, "solve_together", known(lambda spec: spec.limits.junction - 340.0))
    found = uncertainty.study(gb300, 60)
    first = found.isel(input=0)
    assert first.input.item() == "limits.junction"
    assert first.name.item() == "die mean limit"
    assert first.correlation_headroom_temperature.item() == pytest.approx(1.0)
    assert first.correlation_junction_temperature_max.item() == pytest.approx(-1.0)
    assert abs(found.correlation_headroom_temperature[1:]).max() < 0.6
    assert f"{found.sizes['input']} assumed numbers" in found.title
    assert "headroom by die mean limit (+1.00); hottest die by die mean limit (\N{MINUS SIGN}1.00)" in found.answer
    assert "rack power by nothing stands out from chance" in found.answer
    assert "die mean 100\u202f%" in found.answer


def test_weights_show_in_the_ranks_as_theory_says(gb300, monkeypatch):
    """For y = 3 u + v of independent uniform numbers Spearman's correlations are 0.94 and 0.30 (by quadrature)."""
    limits = gb300.limits

    def result(spec):
        return 3 * (spec.limits.junction - limits.junction) + (spec.limits.memory - limits.memory)

    monkeypatch.setattr(uncertainty, "solve_together", known(result))
    found = uncertainty.study(gb300, 200)
    strength = dict(zip(found.input.values.tolist(), found.correlation_headroom_temperature.values, strict=True))
    assert strength["limits.junction"] == pytest.approx(0.943, abs=0.03)
    assert strength["limits.memory"] == pytest.approx(0.30, abs=0.15)  # chance: 1 / sqrt(200)


def test_headroom_of_the_draws_rises_with_their_share(gb300, monkeypatch):
    monkeypatch.setattr(uncertainty, "solve_together", known(lambda spec: spec.limits.junction - 340.0))
    found = uncertainty.study(gb300, 20)
    assert (np.diff(found.headroom) >= 0).all()
    low, high = gb300.limits.junction - 342.0, gb300.limits.junction - 338.0  # the limit is known to 2 K
    assert low <= found.headroom.min() < found.headroom.max() <= high
    assert found.headroom.mean() == pytest.approx((low + high) / 2, abs=0.05)  # every twentieth is drawn once
    five = json.loads(found.chart)["panels"][1]["limits"][0]
    assert five["value"] == pytest.approx(low + 0.05 * 4, abs=0.2)


def test_draws_that_cannot_be_solved_are_left_out(gb300, monkeypatch):
    values = iter([np.nan, *np.linspace(1, 2, 19)])
    monkeypatch.setattr(uncertainty, "solve_together", known(lambda spec: next(values)))
    found = uncertainty.study(gb300, 20)
    assert found.sizes["draw"] == 19
    assert "19 draws" in found.title
    assert "Left out: 1 of 20 draws" in found.answer


def test_nothing_solved_and_too_few_draws_are_refused(gb300, monkeypatch):
    monkeypatch.setattr(uncertainty, "solve_together", known(lambda spec: np.nan))
    with pytest.raises(SpecError, match="0 of 12 draws could be solved; narrow the spreads"):
        uncertainty.study(gb300, 12)
    with pytest.raises(SpecError, match="at least 10 draws"):
        uncertainty.study(gb300, 9)


@pytest.mark.slow
def test_the_solved_study_agrees_with_the_bands_of_twin_run():
    import twin

    found = uncertainty.study("hgx-h100", 24)
    bands = twin.uncertainty(twin.load("hgx-h100"), 24)
    assert np.quantile(found.headroom, [0.05, 0.95]) == pytest.approx(bands.bands["headroom_temperature"], rel=1e-9)
    path, strength = bands.drivers["headroom_temperature"]
    most = np.abs(found.correlation_headroom_temperature.values).argmax()  # inputs stand in the order of all results
    assert found.input.values[most] == path
    assert float(found.correlation_headroom_temperature[most]) == pytest.approx(strength, rel=1e-9)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("rack.trays.compute.chips.gpu.package.lid.tim_thickness", "GPU lid interface thickness"),
        ("rack.trays.compute.auxiliary_power", "compute tray auxiliary power"),
        ("limits.hotspot", "hot spot limit"),
        ("variation.leakage", "variation of leakage between chips"),
        ("cooling.cdu.pump_efficiency", "cooling CDU pump efficiency"),
    ],
)
def test_an_input_is_named_in_words(path, words):
    assert _words(tuple(path.split("."))) == words


def test_a_cap_is_told_only_where_draws_pile_up_at_the_coolant_return():
    room = np.append(np.linspace(5.0, 9.0, 60), np.full(40, 10.0))
    by = np.where(room == 10.0, "coolant return temperature", "die mean temperature")
    assert _cap({"headroom_temperature": room, "limit": by}) == 10.0
    spread = {"headroom_temperature": np.linspace(5.0, 9.0, 100), "limit": np.full(100, "coolant return temperature")}
    assert np.isnan(_cap(spread))
