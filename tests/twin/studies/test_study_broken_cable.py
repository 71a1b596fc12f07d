"""Broken cables: closed forms of the cut and of the even split, the graph with links taken out, time from rate."""

import numpy as np
import pytest
import xarray as xr

import topology
from twin.build.fabric import fabric_of, graph_of
from twin.studies import broken_cable
from twin.studies.broken_cable import _served

GB = 1e9


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return broken_cable.study(gb300, 20, draws=4)


def link(gpu: int, plane: int) -> int:
    return 18 * gpu + plane


def test_an_intact_rack_serves_900_over_71_per_pair(found):
    assert float(found.rate_even[0]) / GB == pytest.approx(900 / 71, rel=1e-12)
    assert float(found.rate_best[0]) / GB == pytest.approx(900 / 71, rel=1e-12)


def test_all_on_one_gpu_leaves_its_links_over_71_until_it_is_cut_off(found):
    expected = np.maximum(18 - np.arange(21), 0) * 50 / 71
    np.testing.assert_allclose(found.rate_even_worst / GB, expected, rtol=1e-12)
    np.testing.assert_allclose(found.rate_best_worst / GB, expected, rtol=1e-12)
    assert float(found.rate_even_worst[5]) / GB == pytest.approx(9.1549, abs=5e-5)  # the published linear program


@pytest.mark.parametrize(
    ("gone", "best", "even"),
    [
        ([link(g, g) for g in range(5)], 11.9718, 50 / (67 / 17 + 4 / 16)),
        ([link(0, 0), link(0, 1), *(link(g, g) for g in (2, 3, 4))], 11.2676, 50 / (68 / 16 + 3 / 15)),
    ],
)
def test_five_links_on_several_gpus_by_hand(gb300, gone, best, even):
    """Pairs of two damaged GPUs have one plane less again, so an even split falls short of the cut."""
    bandwidth, rate = _served(fabric_of(gb300.rack), np.array(gone))
    assert bandwidth / 71 / GB == pytest.approx(best, abs=5e-5)
    assert rate / GB == pytest.approx(even, rel=1e-12)
    assert rate < bandwidth / 71


def test_taking_columns_out_is_taking_links_out_of_the_graph(gb300):
    gone = np.random.default_rng(3).permutation(1296)[:30]
    fabric = topology.compile_fabric(topology.without_links(graph_of(gb300.rack), gone.tolist()))
    least, rate = _served(fabric_of(gb300.rack), gone)
    assert least == topology.bandwidth_per_gpu(fabric).min()
    assert rate == pytest.approx(float(topology.concurrent_rate_even(fabric, 1.0 - np.eye(72))), rel=1e-12)


def test_the_time_is_that_of_the_solved_rack_and_grows_by_the_bytes_over_the_rate(found, gb300_tree):
    intact = float(gb300_tree["summary"].all_to_all_time)
    assert float(found.all_to_all_time[0]) == pytest.approx(intact, rel=1e-12)
    measured = topology.measured_collective("gb200", "all_to_all", gpus=4).protocols[-1]
    slower = 71e6 / 0.75 * measured.per_byte * (900 / 650 - 1)  # five of 18 links lost; 3 of 4 bytes left those GPUs
    assert float(found.all_to_all_time_worst[5]) - intact == pytest.approx(slower, rel=1e-9)
    assert np.isnan(found.all_to_all_time_worst[18:]).all()


def test_bands_lie_around_the_median_and_the_worst_case_below_all(found):
    for name in ("bandwidth_per_gpu", "rate_best", "rate_even"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()
        assert (found[f"{name}_worst"] <= found[f"{name}_low"] + 1e-3).all()
    assert (found.rate_even <= found.rate_best * (1 + 1e-12)).all()


def test_every_further_failure_of_a_draw_costs_or_keeps_bandwidth(found):
    assert (found.bandwidth_per_gpu.diff("failed_links") <= 0).all()


def test_the_same_seed_gives_the_same_draws(gb300):
    one, other = (broken_cable.study(gb300, 6, draws=2, seed=7) for _ in range(2))
    xr.testing.assert_identical(one, other)


def test_parallel_links_fail_one_by_one():
    few = broken_cable.study("hgx-h100", 2, draws=3)
    assert float(few.bandwidth_per_gpu_worst[1]) / GB == 425.0
    assert float(few.rate_best[0]) / GB == pytest.approx(450 / 7)


def test_the_answer_holds_its_numbers(found):
    assert f"{900 / 71:.2f} GB/s" in found.answer
    assert f"{100 * 13 / 18:.1f}\u202f%" in found.answer
    assert "With 18 on one GPU it is cut off, and no all-to-all of all 72 is left" in found.answer
