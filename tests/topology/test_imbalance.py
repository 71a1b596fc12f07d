"""How much more than the mean the busiest GPU of an expert dispatch gets."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import expert_dispatch, expert_imbalance


def busiest(gpus, seed, **mixture):
    """Largest column sum of the full matrix of shares, one draw."""
    return float(expert_dispatch(gpus, rng=np.random.default_rng(seed), **mixture).sum(axis=0).max())


def by_sets(weights, gpus, top_k):
    """The same from every set of experts a token may choose, counted one by one."""
    chance, total = np.zeros(gpus), 0.0
    for chosen in itertools.combinations(range(len(weights)), top_k):
        weight = float(np.prod([weights[e] for e in chosen]))
        total += weight
        chance[list({e % gpus for e in chosen})] += weight
    chance /= total
    shares = np.broadcast_to(chance, (gpus, gpus)) * (1 - np.eye(gpus))
    return float((shares / shares.sum(axis=1, keepdims=True)).sum(axis=0).max())


@settings(max_examples=25)
@given(gpus=st.integers(2, 5), experts=st.integers(2, 8), skew=st.floats(0, 2), seed=st.integers(0, 99), data=st.data())
def test_a_draw_is_what_counting_every_set_gives(gpus, experts, skew, seed, data):
    top_k = data.draw(st.integers(1, experts))
    rng = np.random.default_rng(seed)
    found = expert_imbalance(gpus, experts=experts, top_k=top_k, zipf_exponent=skew, draws=3, rng=rng)
    ranks = np.random.default_rng(seed).permuted(np.tile(1.0 + np.arange(experts), (3, 1)), axis=1)
    if experts >= gpus:  # else GPUs without experts receive nothing, and one alone may have no sender
        expected = [by_sets(row**-skew, gpus, top_k) for row in ranks]
        assert found == pytest.approx(expected, rel=1e-9)


def test_many_draws_lie_where_single_dispatches_do():
    single = np.array([busiest(72, seed) for seed in range(40)])
    many = expert_imbalance(72, draws=400, rng=np.random.default_rng(5))
    error = single.std() / np.sqrt(single.size)
    assert abs(many.mean() - single.mean()) < 4 * error
    assert not abs(2 * many.mean() - single.mean()) < 4 * error


def test_without_skew_and_with_as_many_experts_everywhere_nobody_is_busier():
    found = expert_imbalance(8, experts=64, top_k=4, zipf_exponent=0.0, draws=5, rng=np.random.default_rng(0))
    assert found == pytest.approx(1.0, abs=1e-12)


@given(seed=st.integers(0, 50), skew=st.floats(0, 2))
@settings(max_examples=15)
def test_the_busiest_gets_at_least_the_mean(seed, skew):
    rng = np.random.default_rng(seed)
    assert expert_imbalance(16, experts=40, top_k=8, zipf_exponent=skew, draws=4, rng=rng).min() >= 1 - 1e-12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gpus": 1}, "gpus = 1: must be at least 2"),
        ({"draws": 0}, "draws = 0: must be at least 1"),
        ({"top_k": 300}, "top_k = 300: must be 1 to 256"),
        ({"zipf_exponent": -0.1}, "zipf_exponent = -0.1: must be >= 0"),
    ],
)
def test_what_no_mixture_has_is_refused(arguments, message):
    arguments = {"gpus": 72, "draws": 1} | arguments
    with pytest.raises(ValueError, match=message):
        expert_imbalance(arguments.pop("gpus"), rng=np.random.default_rng(0), **arguments)
