"""Traffic patterns: shares of a sender's bytes."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import expert_dispatch, uniform


def by_enumeration(gpus, experts, top_k, zipf_exponent, rng):
    """Shares by listing every set of experts a token can draw."""
    weights = (1.0 + rng.permutation(experts)) ** -zipf_exponent
    reached = np.zeros(gpus)
    for chosen in combinations(range(experts), top_k):
        reached[list({expert % gpus for expert in chosen})] += np.prod(weights[list(chosen)])
    shares = np.tile(reached, (gpus, 1)) * (1 - np.eye(gpus))
    return shares / shares.sum(axis=1, keepdims=True)


def by_rejection(gpus, experts, top_k, zipf_exponent, rng, tokens):
    """Shares by drawing tokens: `top_k` independent experts, kept when they are distinct."""
    weights = (1.0 + rng.permutation(experts)) ** -zipf_exponent
    drawn = np.sort(rng.choice(experts, (tokens, top_k), p=weights / weights.sum()), axis=1)
    kept = drawn[np.all(np.diff(drawn, axis=1) > 0, axis=1)]
    reached = np.zeros((len(kept), gpus))
    np.put_along_axis(reached, kept % gpus, 1.0, axis=1)
    shares = np.tile(reached.mean(axis=0), (gpus, 1)) * (1 - np.eye(gpus))
    return shares / shares.sum(axis=1, keepdims=True)


def once_per_expert(gpus, *, experts, top_k, zipf_exponent, rng):
    """A mutant: a token travels once per expert it wants, by popularity alone."""
    weights = (1.0 + rng.permutation(experts)) ** -zipf_exponent
    shares = np.tile(np.bincount(np.arange(experts) % gpus, weights, gpus), (gpus, 1)) * (1 - np.eye(gpus))
    return shares / shares.sum(axis=1, keepdims=True)


def is_pattern(shares):
    return np.allclose(shares.sum(axis=1), 1, rtol=1e-12) and not shares.diagonal().any() and shares.min() >= 0


@pytest.mark.parametrize("gpus", [2, 3, 72])
def test_uniform_shares_are_equal_off_the_diagonal(gpus):
    shares = uniform(gpus)
    assert np.array_equal(shares > 0, ~np.eye(gpus, dtype=bool))
    assert shares[shares > 0] == pytest.approx(1 / (gpus - 1), rel=1e-15)


@settings(max_examples=50)
@given(
    gpus=st.integers(2, 20),
    experts=st.integers(2, 60),
    top_k=st.integers(1, 8),
    zipf_exponent=st.floats(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_sum_to_one_nothing_goes_to_itself_and_nothing_is_negative(gpus, experts, top_k, zipf_exponent, seed):
    rng = np.random.default_rng(seed)
    chosen = {"experts": experts, "top_k": min(top_k, experts), "zipf_exponent": zipf_exponent}
    assert is_pattern(expert_dispatch(gpus, **chosen, rng=rng))


@pytest.mark.parametrize(("gpus", "experts", "top_k"), [(2, 5, 2), (3, 7, 3), (4, 9, 4), (5, 4, 2), (3, 6, 6)])
@pytest.mark.parametrize("zipf_exponent", [0.0, 0.6, 2.0])
def test_shares_are_those_of_every_possible_set_of_experts(gpus, experts, top_k, zipf_exponent):
    arguments = {"experts": experts, "top_k": top_k, "zipf_exponent": zipf_exponent}
    exact = by_enumeration(gpus, **arguments, rng=np.random.default_rng(1))
    assert expert_dispatch(gpus, **arguments, rng=np.random.default_rng(1)) == pytest.approx(exact, rel=1e-12)


def test_the_listing_of_sets_rejects_counting_once_per_expert():
    arguments = {"experts": 7, "top_k": 3, "zipf_exponent": 0.6}
    exact = by_enumeration(3, **arguments, rng=np.random.default_rng(1))
    assert once_per_expert(3, **arguments, rng=np.random.default_rng(1)) != pytest.approx(exact, rel=1e-3)


def test_drawn_tokens_give_the_same_shares_within_their_noise():
    arguments = {"experts": 24, "top_k": 3, "zipf_exponent": 0.6}
    drawn = by_rejection(8, **arguments, rng=np.random.default_rng(3), tokens=200_000)
    shares = expert_dispatch(8, **arguments, rng=np.random.default_rng(3))
    noise = 4 * np.sqrt(1 / 150_000)  # four standard deviations of a share, of at most 1 per kept token
    assert drawn == pytest.approx(shares, abs=noise)
    mutant = once_per_expert(8, **arguments, rng=np.random.default_rng(3))
    assert np.abs(mutant - shares).max() > noise / 2


def test_without_skew_and_with_equal_experts_per_gpu_dispatch_is_uniform():
    shares = expert_dispatch(8, experts=32, top_k=4, zipf_exponent=0.0, rng=np.random.default_rng(0))
    assert shares == pytest.approx(uniform(8), rel=1e-12)


def test_a_token_that_wants_every_expert_reaches_every_gpu_alike():
    shares = expert_dispatch(6, experts=20, top_k=20, zipf_exponent=2.0, rng=np.random.default_rng(0))
    assert shares == pytest.approx(uniform(6), rel=1e-12)


def test_256_experts_on_72_gpus_reach_hosts_of_four_more_often_than_hosts_of_three():
    shares = expert_dispatch(72, zipf_exponent=0.0, rng=np.random.default_rng(0))
    column = shares.sum(axis=0)
    assert column[:40].min() > 1 > column[40:].max()
    # one hypergeometric draw without skew: chance to hold one of 8 of 256 experts with 4 or 3 of them
    chance = [1 - np.prod([(248 - i) / (256 - i) for i in range(held)]) for held in (4, 3)]
    assert shares[0, 1] / shares[0, 71] == pytest.approx(chance[0] / chance[1], rel=1e-12)


def test_gpus_without_an_expert_receive_nothing():
    shares = expert_dispatch(5, experts=3, top_k=2, rng=np.random.default_rng(0))
    assert not shares[:, 3:].any()
    assert is_pattern(shares)


def test_the_same_seed_gives_the_same_pattern_and_another_seed_another():
    first, again, other = (expert_dispatch(72, rng=np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_all_sources_share_one_popularity():
    shares = expert_dispatch(72, rng=np.random.default_rng(0))
    assert shares[1, 3:] / shares[1, 2] == pytest.approx(shares[0, 3:] / shares[0, 2], rel=1e-12)


def test_many_experts_neither_overflow_nor_lose_the_sum():
    shares = expert_dispatch(144, experts=4096, top_k=256, zipf_exponent=1.2, rng=np.random.default_rng(0))
    assert is_pattern(shares)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gpus": 1}, "gpus = 1: must be at least 2"),
        ({"gpus": 4, "experts": 1, "top_k": 1}, "experts = 1: must be at least 2"),
        ({"gpus": 4, "experts": 8, "top_k": 9}, "top_k = 9: must be 1 to 8"),
        ({"gpus": 4, "top_k": 0}, "top_k = 0: must be 1 to 256"),
        ({"gpus": 4, "zipf_exponent": -0.1}, "zipf_exponent = -0.1: must be >= 0"),
        ({"gpus": 4, "zipf_exponent": float("nan")}, "zipf_exponent = nan"),
    ],
)
def test_an_impossible_pattern_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        expert_dispatch(**arguments, rng=np.random.default_rng(0))


def test_uniform_traffic_needs_two_gpus():
    with pytest.raises(ValueError, match="gpus = 1: must be at least 2"):
        uniform(1)
