"""Broken links: the Monte-Carlo against the binomial closed form of independent parts, by size of job and kind."""

import math
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

from twin.build.fabric import fabric_of
from twin.spec.errors import SpecError
from twin.studies import broken_links
from twin.studies.broken_links import FACTORS, PARTS, SWEPT, failing

GB, YEAR, DAY = 1e9, 365.25 * 86400, 86400
SPARED, ALL = 64, 72
LEAST = 0.9


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return broken_links.study(gb300, samples=6000)


def down(kind: str, factors: dict[str, float]) -> float:
    """Return the share of time that a part of a kind is down."""
    years, days = PARTS[kind]
    rate_time = factors.get(kind, 0.0) * days * DAY / (years * YEAR)
    return rate_time / (1 + rate_time)


def availability(size: int, factors: dict[str, float], share: float = LEAST) -> float:
    """Return the closed form for an NVL72: 18 trays of four GPUs, 9 switch trays of two ASICs, one link per pair."""
    allowed = math.floor((1 - share) * 18 + 1e-9)
    gpu, link, asic, tray, switch = (down(kind, factors) for kind in PARTS)
    two = np.array([(1 - switch) * (1 - asic) ** 2, 2 * (1 - switch) * asic * (1 - asic), 0.0])
    two[2] = 1 - two.sum()  # the switch tray, or both of its ASICs
    lost = np.array([1.0])
    for _ in range(9):
        lost = np.convolve(lost, two)
    total = 0.0
    for gone in range(allowed + 1):
        works = (1 - gpu) * binom.cdf(allowed - gone, 18 - gone, link)
        trays = range(19)
        enough = sum(binom.pmf(t, 18, tray) * binom.sf(size - 1, 72 - 4 * t, works) for t in trays)
        total += lost[gone] * enough
    return float(total)


def everything(factor: float) -> dict[str, float]:
    return dict.fromkeys(PARTS, factor)


@pytest.mark.parametrize(("name", "size"), [("job", SPARED), ("all", ALL)])
def test_availability_at_every_rate_is_the_binomial_one(found, name, size):
    expected = np.array([availability(size, everything(factor)) for factor in FACTORS])
    error = np.sqrt(expected * (1 - expected) / 6000)
    assert (np.abs(found[f"availability_{name}"] - expected) <= 4.5 * error + 1e-12).all()


def test_the_closed_form_tells_a_wrong_rate_from_the_right_one(found):
    """A mutant: GPUs that fail a fifth more often lie outside the error."""
    wrong = availability(ALL, everything(10.0) | {"GPU": 12.0})
    error = np.sqrt(wrong * (1 - wrong) / 6000)
    assert abs(float(found.availability_all[-1]) - wrong) > 4.5 * error


def test_each_kind_alone_costs_what_the_closed_form_says(found):
    for name, size in (("job", SPARED), ("all", ALL)):
        for kind in PARTS:
            expected = 1 - availability(size, {kind: SWEPT})
            error = np.sqrt(expected * (1 - expected) / 6000)
            assert float(found[f"lost_{name}"].sel(kind=kind)) == pytest.approx(expected, abs=4.5 * error + 1e-9)


def test_the_numbers_in_the_docstring_are_those_of_the_closed_form():
    for size in (ALL, SPARED):
        assert f"{100 * availability(size, everything(1.0)):.2f} % for" in broken_links.__doc__


def test_without_links_and_asics_it_is_all_gpus_and_all_trays_by_hand():
    by_hand = (1 - down("GPU", everything(1.0))) ** 72 * (1 - down("compute tray", everything(1.0))) ** 18
    assert availability(ALL, {"GPU": 1.0, "compute tray": 1.0}, 1e-6) == pytest.approx(by_hand, rel=1e-12)


def test_spares_do_not_help_against_switch_trays_and_help_against_gpus(found):
    lost = {name: found[f"lost_{name}"] for name in ("job", "all")}
    assert float(lost["job"].sel(kind="switch tray")) == float(lost["all"].sel(kind="switch tray")) > 0
    assert float(lost["job"].sel(kind="GPU")) < 0.01 * float(lost["all"].sel(kind="GPU"))


def test_nothing_fails_at_rate_zero(found):
    first = found.isel(factor=0)
    assert float(first.availability_job) == float(first.availability_all) == 1.0
    assert float(first.bandwidth_all_999) == 900 * GB


def test_higher_probability_never_promises_more_and_fewer_gpus_never_get_less(found):
    for name in ("job", "all"):
        rows = [found[f"bandwidth_{name}_{often}"] for often in (500, 900, 990, 999)]
        assert all((higher <= lower).all() for lower, higher in pairwise(rows))
    for often in (500, 900, 990, 999):
        assert (found[f"bandwidth_all_{often}"] <= found[f"bandwidth_job_{often}"]).all()


def test_quantiles_are_whole_numbers_of_links(found):
    links = found.bandwidth_job_999 / (50 * GB)
    np.testing.assert_allclose(links, links.round(), atol=1e-9)


def test_trays_are_those_of_the_rack(gb300):
    _, (compute, switch) = failing(fabric_of(gb300.rack), everything(1.0))
    assert np.bincount(compute.member).tolist() == [4] * 18
    assert np.bincount(switch.member).tolist() == [2] * 9


def test_the_same_seed_gives_the_same_draws(gb300):
    one, other = (broken_links.study(gb300, samples=50, seed=3) for _ in range(2))
    xr.testing.assert_identical(one, other)


def test_the_answer_holds_its_numbers_and_says_that_rates_are_assumed(found):
    assert f"{100 * float(found.availability_all[1]):.1f}\u202f%" in found.answer
    assert f"{100 * float(found.availability_job[1]):.2f}\u202f%" in found.answer
    assert "with spares switch trays" in found.answer
    assert found.answer.endswith("All rates are assumed.")


@pytest.mark.parametrize(("samples", "share"), [(0, 0.9), (10, 0.0), (10, 1.1), (10, float("nan"))])
def test_no_samples_or_an_impossible_share_is_refused(gb300, samples, share):
    with pytest.raises(SpecError, match=r"samples must be >= 1, share above 0 and at most 1"):
        broken_links.study(gb300, samples, share)
