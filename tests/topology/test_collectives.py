"""Time of an all-to-all and of any exchange under the even split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import all_to_all_time, compile_fabric, nvlink_rack, transfer_time, uniform, without_links

TWO_LINK_HALVES = 2 * 250e-9


@pytest.mark.parametrize(
    ("gpus", "asics", "published"),
    [(72, 18, 79.388889e-6), (288, 18, 319.388889e-6)],
)
def test_one_megabyte_per_pair_takes_the_published_time(complete, gpus, asics, published):
    found = all_to_all_time(complete(gpus, asics), 1e6, startup=TWO_LINK_HALVES)
    assert found == pytest.approx((gpus - 1) * 1e6 / 900e9 + TWO_LINK_HALVES, rel=1e-12)
    assert found == pytest.approx(published, abs=1e-12)  # published to 1e-6 us


def test_the_published_time_rejects_a_message_to_itself_and_a_forgotten_link_half(fabric72):
    found = all_to_all_time(fabric72, 1e6, startup=TWO_LINK_HALVES)
    assert found + 1e6 / 900e9 != pytest.approx(79.388889e-6, abs=1e-12)
    assert found - 250e-9 != pytest.approx(79.388889e-6, abs=1e-12)


def test_hgx_all_to_all_is_seven_messages_at_450_gb_per_second(hgx):
    found = all_to_all_time(compile_fabric(hgx), 1e6, startup=0.0)
    assert found == pytest.approx(7e6 / 450e9, rel=1e-12)


def test_vera_rubin_takes_half_the_transfer_time_of_nvl72(complete, fabric72):
    rubin = all_to_all_time(complete(72, 36), 1e6, startup=0.0)
    assert rubin == pytest.approx(all_to_all_time(fabric72, 1e6, startup=0.0) / 2, rel=1e-12)


def test_many_messages_efficiencies_and_startups_are_one_call(complete):
    fabric = complete(8, 18)
    messages = np.array([0.0, 1e3, 1e6, 1e9])
    found = all_to_all_time(fabric, messages, startup=1e-6, efficiency=0.8)
    assert found == pytest.approx(1e-6 + 7 * messages / (0.8 * 900e9), rel=1e-12)
    grid = all_to_all_time(fabric, messages, startup=np.array([[1e-6], [2e-6]]), efficiency=np.array([[0.8], [0.9]]))
    assert grid.shape == (2, 4)
    assert grid[1, 3] == all_to_all_time(fabric, 1e9, startup=2e-6, efficiency=0.9)


def test_an_empty_message_takes_the_startup(fabric72):
    assert all_to_all_time(fabric72, 0.0, startup=3e-6) == 3e-6


def test_a_transfer_of_equal_messages_is_the_all_to_all(nvl72):
    fabric = compile_fabric(without_links(nvl72, [0, 19, 40]))
    matrix = 1e6 * (1 - np.eye(72))
    assert transfer_time(fabric, matrix, startup=1e-6, efficiency=0.7) == pytest.approx(
        all_to_all_time(fabric, 1e6, startup=1e-6, efficiency=0.7), rel=1e-12
    )


def test_a_single_message_uses_all_planes_of_its_pair(fabric72):
    matrix = np.zeros((72, 72))
    matrix[4, 9] = 9e6
    assert transfer_time(fabric72, matrix, startup=0.0) == pytest.approx(10e-6, rel=1e-12)


def test_two_senders_to_one_gpu_take_twice_as_long(fabric72):
    matrix = np.zeros((72, 72))
    matrix[4, 9] = matrix[5, 9] = 9e6
    assert transfer_time(fabric72, matrix, startup=0.0) == pytest.approx(20e-6, rel=1e-12)


def test_a_batch_of_matrices_gives_a_batch_of_times(complete):
    matrices = 1e6 * np.array([1.0, 3.0])[:, None, None] * (1 - np.eye(4))
    found = transfer_time(complete(4, 2), matrices, startup=np.array([0.0, 1e-6]))
    assert found == pytest.approx([30e-6, 91e-6], rel=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_no_schedule_beats_the_busiest_gpu(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric = compile_fabric(without_links(hgx, rng.choice(144, rng.integers(0, 12), replace=False)))
    matrix = 1e6 * rng.random((8, 8)) * (1 - np.eye(8))
    capacity = np.bincount(fabric.gpu, fabric.bandwidth, 8)
    bound = np.maximum(matrix.sum(axis=0), matrix.sum(axis=1)) / capacity
    assert transfer_time(fabric, matrix, startup=0.0) >= bound.max() * (1 - 1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_messages_drawn_within_a_fifth_reach_the_bound_on_an_intact_rack(fabric72, seed):
    matrix = 1e6 * np.random.default_rng(seed).uniform(0.8, 1.2, (72, 72)) * (1 - np.eye(72))
    bound = max(matrix.sum(axis=0).max(), matrix.sum(axis=1).max()) / 900e9
    assert transfer_time(fabric72, matrix, startup=TWO_LINK_HALVES) == pytest.approx(bound + TWO_LINK_HALVES, rel=1e-12)


@given(lost=st.sets(st.integers(0, 143), max_size=12), more=st.integers(0, 143))
def test_a_lost_link_of_the_busiest_gpu_never_speeds_the_all_to_all_up(hgx, lost, more):
    one_gpu = {link % 18 for link in lost} - {0}  # links of gpu-0, of which link 0 always stays
    slower, faster = (compile_fabric(without_links(hgx, gone)) for gone in (one_gpu | {more % 17 + 1}, one_gpu))
    assert all_to_all_time(slower, 1e6, startup=0.0) >= all_to_all_time(faster, 1e6, startup=0.0) * (1 - 1e-12)


def test_a_pair_without_a_common_plane_cannot_exchange(wired):
    fabric = compile_fabric(without_links(nvlink_rack(wired(3, 2)), [1, 2]))
    with pytest.raises(ValueError, match="no plane joins the two"):
        all_to_all_time(fabric, 1e6, startup=0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"message_bytes": -1.0}, "message_bytes = -1.0: must be >= 0 B"),
        ({"message_bytes": float("nan")}, "message_bytes = nan"),
        ({"startup": -1e-9}, "startup = -1e-09: must be >= 0 s"),
        ({"startup": float("nan")}, "startup = nan"),
        ({"efficiency": 0.0}, "efficiency = 0.0: must be > 0 and <= 1"),
        ({"efficiency": 1.01}, "efficiency = 1.01: must be > 0 and <= 1"),
        ({"efficiency": np.array([0.5, 2.0])}, "must be > 0 and <= 1"),
    ],
)
def test_what_cannot_be_is_refused(complete, arguments, message):
    with pytest.raises(ValueError, match=message):
        all_to_all_time(complete(2, 1), **({"message_bytes": 1e6, "startup": 0.0} | arguments))


def test_a_transfer_checks_its_matrix_and_its_startup(complete):
    with pytest.raises(ValueError, match="traffic: shape"):
        transfer_time(complete(2, 1), uniform(3), startup=0.0)
    with pytest.raises(ValueError, match="startup"):
        transfer_time(complete(2, 1), uniform(2), startup=-1.0)
