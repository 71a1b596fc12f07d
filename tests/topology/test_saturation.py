"""Maximum concurrent flow: cut bound, linear program and even split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import (
    DidNotConverge,
    compile_fabric,
    concurrent_rate,
    concurrent_rate_even,
    concurrent_rate_lp,
    even_split_loads,
    nvlink_rack,
    uniform,
    utilization,
    without_links,
)

GB = 1e9


def every_pair(gpus):
    """1 GB/s per ordered pair, so that a rate reads as GB/s per pair."""
    return GB * (1 - np.eye(gpus))


def failed(*links):
    """Ids of failed links of an NVL72 given as (gpu, plane)."""
    return [gpu * 18 + plane for gpu, plane in links]


FIVE_FAILED = {
    "five GPUs": (failed((0, 0), (9, 3), (20, 7), (45, 11), (71, 17)), 850 / 71),
    "two on one GPU": (failed((0, 0), (0, 3), (20, 7), (45, 11), (71, 17)), 800 / 71),
    "all on one GPU": (failed((5, 0), (5, 3), (5, 7), (5, 11), (5, 17)), 650 / 71),
}


@pytest.mark.parametrize(("gpus", "published"), [(8, 128.571), (16, 60.000)])
def test_linear_program_on_18_planes_gives_the_published_rate(complete, gpus, published):
    rate = concurrent_rate_lp(complete(gpus, 18), every_pair(gpus))
    assert rate == pytest.approx(900 / (gpus - 1), rel=1e-9)
    assert rate == pytest.approx(published, abs=5e-4)  # as many digits as are published


@pytest.mark.parametrize("gpus", [2, 8, 16, 72])
def test_closed_form_and_even_split_agree_on_intact_fabrics(complete, gpus):
    fabric = complete(gpus, 18)
    assert concurrent_rate(fabric, every_pair(gpus)) == pytest.approx(900 / (gpus - 1), rel=1e-12)
    assert concurrent_rate_even(fabric, every_pair(gpus)) == pytest.approx(900 / (gpus - 1), rel=1e-12)


def test_72_gpus_saturate_at_12_6761_gb_per_second_per_pair(fabric72):
    assert concurrent_rate(fabric72, every_pair(72)) == pytest.approx(12.6761, abs=5e-5)


@pytest.mark.parametrize("case", FIVE_FAILED)
def test_five_failed_links_give_the_published_closed_form(nvl72, case):
    links, expected = FIVE_FAILED[case]
    fabric = compile_fabric(without_links(nvl72, links))
    assert concurrent_rate(fabric, every_pair(72)) == pytest.approx(expected, rel=1e-12)
    assert concurrent_rate_even(fabric, every_pair(72)) <= concurrent_rate(fabric, every_pair(72)) * (1 + 1e-12)


def test_the_published_rates_with_failed_links_are_11_9718_11_2676_and_9_1549():
    assert [round(rate, 4) for _, rate in FIVE_FAILED.values()] == [11.9718, 11.2676, 9.1549]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["intact", *FIVE_FAILED])
def test_linear_program_attains_the_closed_form_at_72_gpus(nvl72, case):
    links, expected = FIVE_FAILED.get(case, ([], 900 / 71))
    fabric = compile_fabric(without_links(nvl72, links))
    assert concurrent_rate_lp(fabric, every_pair(72)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("lost", [[0], [0, 19], [0, 1, 2]])
def test_linear_program_attains_the_closed_form_with_few_failed_links_at_8_gpus(wired, lost):
    fabric = compile_fabric(without_links(nvlink_rack(wired(8, 18)), lost))
    bound, best = concurrent_rate(fabric, every_pair(8)), concurrent_rate_lp(fabric, every_pair(8))
    assert best == pytest.approx(bound, rel=1e-9)


def test_the_best_split_moves_traffic_to_the_plane_a_lost_link_left_empty(wired):
    # gpu-0 lost plane 1, so what gpu-1 sends it fills plane 0, and what gpu-1 sends gpu-2 should take plane 1
    fabric = compile_fabric(without_links(nvlink_rack(wired(3, 2)), [1]))
    demand = np.zeros((3, 3))
    demand[1, 0] = demand[1, 2] = GB
    assert concurrent_rate(fabric, demand) == pytest.approx(50.0, rel=1e-12)
    assert concurrent_rate_lp(fabric, demand) == pytest.approx(50.0, rel=1e-9)
    assert concurrent_rate_even(fabric, demand) == pytest.approx(50 / 1.5, rel=1e-12)


def test_the_cut_around_single_gpus_is_only_a_bound_when_two_receivers_share_one_plane(wired):
    # gpu-2 and gpu-3 lost plane 1: what gpu-0 sends them squeezes through its one link to plane 0
    fabric = compile_fabric(without_links(nvlink_rack(wired(4, 2)), [5, 7]))
    demand = np.zeros((4, 4))
    demand[0, 2] = demand[0, 3] = GB
    assert concurrent_rate(fabric, demand) == pytest.approx(50.0, rel=1e-12)
    assert concurrent_rate_lp(fabric, demand) == pytest.approx(25.0, rel=1e-9)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_even_split_never_beats_the_linear_program_nor_that_the_closed_form(wired, seed):
    rng = np.random.default_rng(seed)
    graph = nvlink_rack(wired(4, 3, links_to_asic=(2, 1, 2)))
    fabric = compile_fabric(without_links(graph, rng.choice(20, rng.integers(0, 3), replace=False)))
    demand = GB * rng.random((4, 4)) * (1 - np.eye(4))
    even, best, bound = (f(fabric, demand) for f in (concurrent_rate_even, concurrent_rate_lp, concurrent_rate))
    assert even <= best * (1 + 1e-7)
    assert best <= bound * (1 + 1e-7)


@given(seed=st.integers(0, 2**32 - 1))
def test_any_demand_on_equally_wired_gpus_reaches_the_closed_form(hgx, seed):
    fabric, rng = compile_fabric(hgx), np.random.default_rng(seed)
    demand = GB * rng.random((8, 8)) * (1 - np.eye(8))
    assert concurrent_rate_even(fabric, demand) == pytest.approx(concurrent_rate(fabric, demand), rel=1e-12)


@given(scale=st.floats(1e-3, 1e3))
def test_twice_the_demand_is_half_the_rate(complete, scale):
    fabric = complete(4, 2)
    for solve in (concurrent_rate, concurrent_rate_even):
        assert solve(fabric, scale * every_pair(4)) == pytest.approx(solve(fabric, every_pair(4)) / scale, rel=1e-12)


def test_the_linear_program_keeps_its_digits_whatever_the_units(complete):
    fabric = complete(4, 2)
    rates = [scale * concurrent_rate_lp(fabric, scale * every_pair(4)) for scale in (1e-12, 1.0, 1e12)]
    assert rates == pytest.approx([100 / 3] * 3, rel=1e-9)


def test_the_demand_times_the_rate_just_fills_a_link(nvl72):
    fabric = compile_fabric(without_links(nvl72, FIVE_FAILED["five GPUs"][0]))
    demand = 300 * GB * uniform(72)
    filled = even_split_loads(fabric, concurrent_rate_even(fabric, demand) * demand)
    assert utilization(fabric, filled).max() == pytest.approx(1, rel=1e-12)


def test_a_batch_of_demands_gives_a_batch_of_rates(complete):
    demands = every_pair(4) * np.array([1.0, 2.0, 4.0])[:, None, None]
    for solve in (concurrent_rate, concurrent_rate_even):
        assert solve(complete(4, 2), demands) == pytest.approx([100 / 3, 50 / 3, 25 / 3], rel=1e-12)


@pytest.mark.parametrize("solve", [concurrent_rate, concurrent_rate_even, concurrent_rate_lp])
def test_a_demand_of_nothing_has_no_rate(complete, solve):
    with pytest.raises(ValueError, match="demand: zero everywhere"):
        solve(complete(3, 2), np.zeros((3, 3)))


def test_the_linear_program_takes_one_demand_at_a_time(complete):
    with pytest.raises(ValueError, match="demand: 3 axes, must be 2"):
        concurrent_rate_lp(complete(3, 2), np.ones((2, 3, 3)))


def test_a_solver_that_gives_up_is_no_number(complete, monkeypatch):
    import scipy.optimize

    class Stopped:
        success = False
        message = "Time limit reached."

    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: Stopped)
    with pytest.raises(DidNotConverge, match=r"concurrent_rate_lp: Time limit reached.*take fewer GPUs"):
        concurrent_rate_lp(complete(3, 2), every_pair(3))
