"""Many nodes: spread, correlation and memory come out as they went in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power.synchrony import Synchrony, node_power, total_spread

NODES = Synchrony(nodes=64, spread=355.0, correlation=0.72, memory=0.0)
COMMON = 6850.0 + 400.0 * (np.arange(4000) % 11 < 8)


def drawn(synchrony, seed=0, common=COMMON, step=2.0):
    return node_power(common, synchrony, step, np.random.default_rng(seed))


def test_spread_correlation_and_mean_come_out():
    """4 000 samples of 64 nodes: the mean correlation is known to 0.5 %, the spread to 0.3 %."""
    nodes = drawn(NODES)
    between = np.corrcoef(nodes)[np.triu_indices(64, 1)]
    assert between.mean() == pytest.approx(0.72, abs=0.005)
    assert nodes.std(axis=1).mean() == pytest.approx(355, rel=0.005)
    assert nodes.mean() == pytest.approx(COMMON.mean(), rel=1e-4)
    assert nodes.sum(axis=0).std() == pytest.approx(total_spread(NODES), rel=0.005)


def test_a_check_of_correlation_rejects_its_square_root():
    wrong = drawn(replace(NODES, correlation=0.72**0.5))
    assert np.corrcoef(wrong)[np.triu_indices(64, 1)].mean() != pytest.approx(0.72, abs=0.05)


def test_fully_correlated_nodes_are_copies_and_uncorrelated_ones_add_by_the_root():
    alike = drawn(replace(NODES, correlation=1.0))
    assert np.ptp(alike, axis=0).max() < 1e-9
    assert total_spread(replace(NODES, correlation=1.0)) == pytest.approx(64 * 355)
    assert total_spread(replace(NODES, correlation=0.0)) == pytest.approx(8 * 355)
    apart = drawn(replace(NODES, correlation=0.0), common=np.full(4000, 5e3))
    assert apart.sum(axis=0).std() == pytest.approx(8 * 355, rel=0.04)


def test_noise_forgets_at_its_rate():
    """20 s of memory, samples of 2 s: exp(-k / 10) is left after k samples."""
    own = drawn(replace(NODES, correlation=0.0, memory=20.0)) - COMMON.mean()
    for lag in (1, 5, 10):
        left = (own[:, :-lag] * own[:, lag:]).mean() / own.var()
        assert left == pytest.approx(np.exp(-lag / 10), abs=0.02)
    assert own.std() == pytest.approx(355, rel=0.02)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_nodes_and_leaves_the_course_alone(seed):
    common = COMMON[:50].copy()
    assert np.array_equal(drawn(NODES, seed, common), drawn(NODES, seed, common))
    assert np.array_equal(common, COMMON[:50])


def test_jobs_in_front_each_keep_their_mean():
    nodes = drawn(replace(NODES, nodes=3), common=np.stack((COMMON, 2 * COMMON)))
    assert nodes.shape == (2, 3, 4000)
    assert nodes.mean(axis=(1, 2)) == pytest.approx([COMMON.mean(), 2 * COMMON.mean()], rel=2e-3)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"Synchrony.correlation = -0.1: must be >= 0"):
        replace(NODES, correlation=-0.1)
    with pytest.raises(ValueError, match="common is constant: must vary for nodes to share a spread"):
        drawn(NODES, common=np.full(10, 5.0))
