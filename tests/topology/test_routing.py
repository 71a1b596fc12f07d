"""Link loads under the even split over planes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import (
    LinkLoads,
    asic_operator,
    capacity_matrix,
    compile_fabric,
    even_split_loads,
    expert_dispatch,
    nvlink_rack,
    plane_weights,
    source_operator,
    uniform,
    utilization,
    without_links,
)

SEEDS = st.integers(0, 2**32 - 1)


def random_traffic(rng, gpus, *batch):
    return rng.random((*batch, gpus, gpus)) * (1 - np.eye(gpus)) * 1e9


def damaged(graph, rng, most):
    """A rack with random failed links and random bandwidths, in which every pair still has a plane."""
    links = graph.number_of_edges()
    graph = without_links(graph, rng.choice(links, rng.integers(0, most), replace=False))
    for _, _, data in graph.edges(data=True):
        data["bandwidth"] *= rng.uniform(0.5, 1.0)
    return compile_fabric(graph)


def by_loops(fabric, traffic):
    """Link loads pair by pair and link by link, from the definition."""
    loads = np.zeros((2, fabric.gpu.size))
    for i in range(len(fabric.gpus)):
        for j in range(len(fabric.gpus)):
            width = [
                [fabric.bandwidth[(fabric.gpu == g) & (fabric.asic == k)].sum() for g in (i, j)]
                for k in range(len(fabric.asics))
            ]
            joint = [min(pair) for pair in width]
            for row, end in ((0, i), (1, j)):
                for link in np.flatnonzero(fabric.gpu == end):
                    k = fabric.asic[link]
                    on_plane = traffic[i, j] * joint[k] / sum(joint)
                    loads[row, link] += on_plane * fabric.bandwidth[link] / width[k][row]
    return loads


def conserves(loads, traffic):
    """Whether all that is sent goes up once and comes down once."""
    total = traffic.sum()
    return loads.up.sum() == pytest.approx(total, rel=1e-12) and loads.down.sum() == pytest.approx(total, rel=1e-12)


def test_one_pair_on_three_planes_by_hand(complete):
    traffic = np.zeros((3, 3))
    traffic[0, 2] = 90e9
    loads = even_split_loads(complete(3, 3), traffic)
    assert loads.up.tolist() == [30e9] * 3 + [0] * 6
    assert loads.down.tolist() == [0] * 6 + [30e9] * 3


def test_a_pair_avoids_the_plane_one_end_lost(wired):
    fabric = compile_fabric(without_links(nvlink_rack(wired(2, 3)), [1]))
    loads = even_split_loads(fabric, np.array([[0, 60e9], [0, 0]]))
    assert loads.up.tolist() == [30e9, 30e9, 0, 0, 0]
    assert loads.down.tolist() == [0, 0, 30e9, 0, 30e9]


def test_on_an_nvl72_every_link_carries_one_eighteenth_of_its_gpu(fabric72):
    shares = expert_dispatch(72, rng=np.random.default_rng(0))
    traffic = 600e9 * shares
    loads = even_split_loads(fabric72, traffic)
    assert loads.up == pytest.approx(np.repeat(traffic.sum(axis=1), 18) / 18, rel=1e-12)
    assert loads.down == pytest.approx(np.repeat(traffic.sum(axis=0), 18) / 18, rel=1e-12)


def test_weights_on_an_nvl72_are_one_eighteenth(fabric72):
    assert plane_weights(fabric72) == pytest.approx(np.full((72, 72, 18), 1 / 18), rel=1e-15)


def test_hgx_traffic_is_proportional_to_links_so_all_links_load_alike(hgx):
    fabric = compile_fabric(hgx)
    loads = even_split_loads(fabric, 450e9 * uniform(8))
    assert loads.up == pytest.approx(np.full(144, 25e9), rel=1e-12)
    assert loads.down == pytest.approx(np.full(144, 25e9), rel=1e-12)


def test_parallel_links_share_by_their_bandwidth(wired):
    graph = nvlink_rack(wired(2, 1, links_to_asic=(2,)))
    graph.edges["gpu-0", "asic-0", 0]["bandwidth"] = 25e9
    loads = even_split_loads(compile_fabric(graph), np.array([[0, 30e9], [0, 0]]))
    assert loads.up == pytest.approx([10e9, 20e9, 0, 0], rel=1e-12)
    assert loads.down == pytest.approx([0, 0, 15e9, 15e9], rel=1e-12)


@given(seed=SEEDS)
def test_loads_are_those_of_the_definition_whatever_failed(wired, seed):
    rng = np.random.default_rng(seed)
    fabric = damaged(nvlink_rack(wired(4, 3, links_to_asic=(2, 1, 2))), rng, 3)
    traffic = random_traffic(rng, 4)
    assert np.stack(even_split_loads(fabric, traffic)) == pytest.approx(by_loops(fabric, traffic), rel=1e-9, abs=1e-3)


@given(seed=SEEDS)
def test_all_that_is_sent_goes_up_once_and_comes_down_once(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric, traffic = damaged(hgx, rng, 12), random_traffic(rng, 8)
    assert conserves(even_split_loads(fabric, traffic), traffic)


def test_conservation_rejects_a_leak_of_one_percent_and_a_forgotten_plane(hgx):
    fabric, traffic = compile_fabric(hgx), random_traffic(np.random.default_rng(0), 8)
    loads = even_split_loads(fabric, traffic)
    assert conserves(loads, traffic)
    assert not conserves(LinkLoads(loads.up, 0.99 * loads.down), traffic)
    assert not conserves(LinkLoads(np.where(fabric.asic == 3, 0, loads.up), loads.down), traffic)


@given(seed=SEEDS)
def test_what_reaches_an_asic_leaves_it(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric = damaged(hgx, rng, 12)
    loads = even_split_loads(fabric, random_traffic(rng, 8))
    into, out = (np.bincount(fabric.asic, load, 4) for load in loads)
    assert into == pytest.approx(out, rel=1e-12)


@given(seed=SEEDS)
def test_turning_the_traffic_round_swaps_up_and_down(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric, traffic = damaged(hgx, rng, 12), random_traffic(rng, 8)
    there, back = even_split_loads(fabric, traffic), even_split_loads(fabric, traffic.T)
    assert there.up == pytest.approx(back.down, rel=1e-12)
    assert there.down == pytest.approx(back.up, rel=1e-12)


@given(seed=SEEDS)
def test_relabelling_gpus_moves_the_loads_with_them(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric, traffic, order = damaged(hgx, rng, 12), random_traffic(rng, 8), rng.permutation(8)
    moved = fabric._replace(gpus=tuple(fabric.gpus[i] for i in order), gpu=np.argsort(order)[fabric.gpu])
    before, after = even_split_loads(fabric, traffic), even_split_loads(moved, traffic[np.ix_(order, order)])
    assert after.up == pytest.approx(before.up, rel=1e-12)
    assert after.down == pytest.approx(before.down, rel=1e-12)


@given(seed=SEEDS, scale=st.floats(0, 1e3))
def test_loads_scale_and_add_with_the_traffic(hgx, seed, scale):
    rng = np.random.default_rng(seed)
    fabric = damaged(hgx, rng, 12)
    one, two = random_traffic(rng, 8, 2)
    both = even_split_loads(fabric, scale * one + two)
    apart = even_split_loads(fabric, one), even_split_loads(fabric, two)
    assert both.up == pytest.approx(scale * apart[0].up + apart[1].up, rel=1e-12)


def test_a_batch_of_traffic_is_one_call(hgx):
    fabric, traffic = compile_fabric(hgx), random_traffic(np.random.default_rng(0), 8, 3, 2)
    loads = even_split_loads(fabric, traffic)
    assert loads.up.shape == loads.down.shape == (3, 2, 144)
    assert np.array_equal(loads.up[2, 1], even_split_loads(fabric, traffic[2, 1]).up)
    assert np.array_equal(loads.down[1, 0], even_split_loads(fabric, traffic[1, 0]).down)


@given(seed=SEEDS)
def test_the_source_operator_gives_the_loads_of_scaled_sources(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric, traffic, factor = damaged(hgx, rng, 12), random_traffic(rng, 8), rng.random(8)
    operator = source_operator(fabric, traffic)
    loads = even_split_loads(fabric, factor[:, None] * traffic)
    assert operator.up @ factor == pytest.approx(loads.up, rel=1e-12)
    assert operator.down @ factor == pytest.approx(loads.down, rel=1e-12)


@given(seed=SEEDS)
def test_the_asic_operator_counts_each_forwarded_byte_once(hgx, seed):
    rng = np.random.default_rng(seed)
    fabric, traffic, factor = damaged(hgx, rng, 12), random_traffic(rng, 8), rng.random(8)
    forwarded = asic_operator(fabric, traffic) @ factor
    loads = even_split_loads(fabric, factor[:, None] * traffic)
    assert forwarded == pytest.approx(np.bincount(fabric.asic, loads.up, 4), rel=1e-12)
    assert forwarded.sum() == pytest.approx((factor[:, None] * traffic).sum(), rel=1e-12)


def test_operators_take_a_batch_too(hgx):
    fabric, traffic = compile_fabric(hgx), random_traffic(np.random.default_rng(0), 8, 3)
    operator, forwarded = source_operator(fabric, traffic), asic_operator(fabric, traffic)
    assert operator.up.shape == operator.down.shape == (3, 144, 8)
    assert np.array_equal(operator.down[1], source_operator(fabric, traffic[1]).down)
    assert np.array_equal(forwarded[2], asic_operator(fabric, traffic[2]))


def test_utilization_takes_the_busier_direction(complete):
    fabric = complete(2, 1)
    loads = even_split_loads(fabric, np.array([[0, 40e9], [10e9, 0]]))
    assert utilization(fabric, loads).tolist() == [0.8, 0.8]
    assert utilization(fabric, LinkLoads(loads.up, 0 * loads.down)).tolist() == [0.8, 0.2]


def test_no_traffic_is_no_load(fabric72):
    assert not even_split_loads(fabric72, np.zeros((72, 72))).up.any()


def split_in_two(wired):
    """Three GPUs of which the first two have no plane in common, though the third joins them."""
    fabric = compile_fabric(without_links(nvlink_rack(wired(3, 2)), [1, 2]))
    assert capacity_matrix(fabric).tolist() == [[50e9, 0], [0, 50e9], [50e9, 50e9]]
    return fabric


@pytest.mark.parametrize("solve", [even_split_loads, source_operator, asic_operator])
def test_traffic_between_gpus_without_a_common_plane_is_refused_by_name(wired, solve):
    fabric, traffic = split_in_two(wired), np.zeros((2, 3, 3))
    traffic[1, 1, 0] = 1.0
    with pytest.raises(ValueError, match=r"traffic from gpu-1 to gpu-0 = 1.0: no plane joins the two"):
        solve(fabric, traffic)


def test_gpus_without_a_common_plane_may_stay_silent(wired):
    fabric = split_in_two(wired)
    assert even_split_loads(fabric, np.array([[0, 0, 5.0], [0, 0, 0], [0, 0, 0]])).up.tolist() == [5, 0, 0, 0]
    assert not plane_weights(fabric)[0, 1].any()


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        ([[0, -1.0], [0, 0]], "traffic from gpu-0 to gpu-1 = -1.0: must be finite and >= 0"),
        ([[0, 0], [float("nan"), 0]], "traffic from gpu-1 to gpu-0 = nan"),
        ([[0, float("inf")], [0, 0]], "traffic from gpu-0 to gpu-1 = inf"),
        ([[0, 0], [0, 3.0]], "traffic from gpu-1 to gpu-1 = 3.0: must be 0, it never leaves the chip"),
        ([[0, 1.0, 0], [0, 0, 0]], r"traffic: shape \(2, 3\), must be \(..., 2, 2\)"),
        (1.0, r"traffic: shape \(\)"),
    ],
)
def test_traffic_that_cannot_be_is_refused_by_pair(complete, traffic, message):
    with pytest.raises(ValueError, match=message):
        even_split_loads(complete(2, 1), np.array(traffic))
