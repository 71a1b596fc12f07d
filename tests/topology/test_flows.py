"""Flow sets and their fair rates: by hand, against fractions, and by the definition."""

import numpy as np
import pytest
from flow_oracle import fair, is_fair, networks
from hypothesis import given
from hypothesis import strategies as st

from topology import bandwidth_per_gpu, compile_fabric, even_split_loads, expert_dispatch, utilization, without_links
from topology.flow_classes import flow_classes
from topology.flows import flow_set, rack_flows, with_dependencies
from topology.maxmin import max_min_rates

GB = 1e9


def every_pair(gpus, size=1e6):
    return size * (1 - np.eye(gpus))


# Rates by hand


def test_three_flows_share_one_link_and_the_fourth_takes_the_rest():
    # link 1 gives 1/3 each to its three flows; flow 0 has link 0 with one of them: 10 - 4/3
    rates = max_min_rates(flow_set([10, 4], [[0], [0, 1], [1], [1]], 1.0))
    assert rates == pytest.approx([26 / 3, 4 / 3, 4 / 3, 4 / 3], rel=1e-14)


def test_a_chain_of_links_is_filled_from_the_narrowest_on():
    # the textbook chain: one flow over all links, one on each; 6 is shared in halves, the others get what is left
    rates = max_min_rates(flow_set([10, 6, 20], [[0, 1, 2], [0], [1], [2]], 1.0))
    assert rates == pytest.approx([3, 7, 3, 17], rel=1e-14)


def test_a_route_that_crosses_a_link_twice_takes_twice_its_rate():
    assert max_min_rates(flow_set([6], [[0, 0], [0]], 1.0)) == pytest.approx([2, 2], rel=1e-14)


def test_incast_shares_the_receiver_and_leaves_the_senders_idle(complete):
    bytes_matrix = np.zeros((16, 16))
    bytes_matrix[1:, 0] = 1e6
    rates = max_min_rates(rack_flows(complete(16, 18), bytes_matrix))
    assert rates.reshape(15, 18).sum(axis=1) == pytest.approx(900 * GB / 15, rel=1e-12)


def test_oversubscription_halves_the_rates_across_and_not_those_within():
    # two leaves of four hosts of 100, one uplink of 200 each; two flows within each leaf, four across
    up, down, uplink, downlink = 0, 8, 16, 18
    across = [[up + i, uplink, downlink + 1, down + 4 + i] for i in range(4)]
    within = [[up + 4 + i, down + (i ^ 1)] for i in range(4)]
    rates = max_min_rates(flow_set([100] * 16 + [200] * 4, across + [[a, b] for a, b in within], 1.0))
    assert rates == pytest.approx([50] * 4 + [100] * 4, rel=1e-14)


def test_uniform_traffic_gets_900_over_71_per_pair(fabric72):
    rates = max_min_rates(rack_flows(fabric72, every_pair(72))).reshape(-1, 18).sum(axis=1)
    assert rates == pytest.approx(900 * GB / 71, rel=1e-12)


def test_a_failed_link_slows_only_the_flows_of_its_gpu_down(nvl72):
    rates = max_min_rates(rack_flows(compile_fabric(without_links(nvl72, [0])), every_pair(72), planes=False))
    touched = np.array([0 in pair for pair in np.argwhere(every_pair(72))])
    assert rates[touched] == pytest.approx(850 * GB / 71, rel=1e-12)
    assert rates[~touched] == pytest.approx((900 - 850 / 71) / 70 * GB, rel=1e-12)


# Against fractions, and by the definition


@given(networks())
def test_rates_are_those_of_water_filling_in_fractions(network):
    bandwidth, routes = network
    exact = fair(bandwidth, dict(enumerate(routes)))
    rates = max_min_rates(flow_set(bandwidth, routes, 1.0))
    assert rates == pytest.approx([float(exact[f]) for f in range(len(routes))], rel=1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 12))
def test_every_flow_has_a_bottleneck_and_no_link_is_overfull(seed, count, links):
    rng = np.random.default_rng(seed)
    flows = flow_set(rng.uniform(0.1, 10, links), rng.integers(0, links, (count, 3)), 1.0)
    rates = max_min_rates(flows)
    assert is_fair(flows, rates)
    faster, slower = rates.copy(), rates.copy()
    faster[0] *= 1.01
    slower[0] *= 0.99
    assert not is_fair(flows, faster)
    assert not is_fair(flows, slower)


def test_max_throughput_is_refused_as_unfair():
    flows = flow_set([1, 1], [[0, 1], [0], [1]], 1.0)
    assert is_fair(flows, np.array([0.5, 0.5, 0.5]))
    assert not is_fair(flows, np.array([0.0, 1.0, 1.0]))


@given(networks(), st.randoms(use_true_random=False))
def test_relabelling_flows_and_links_changes_nothing(network, random):
    bandwidth, routes = network
    link, order = list(range(len(bandwidth))), list(range(len(routes)))
    random.shuffle(link)
    random.shuffle(order)
    renamed = [0] * len(bandwidth)
    for m, c in zip(link, bandwidth, strict=True):
        renamed[m] = c
    moved = max_min_rates(flow_set(renamed, [[link[m] for m in routes[f]] for f in order], 1.0))
    assert moved == pytest.approx(max_min_rates(flow_set(bandwidth, routes, 1.0))[order], rel=1e-12)


@given(networks(), st.data())
def test_more_capacity_never_lowers_the_least_rate(network, data):
    bandwidth, routes = network
    m = data.draw(st.integers(0, len(bandwidth) - 1))
    wider = [c + (i == m) * data.draw(st.integers(1, 5)) for i, c in enumerate(bandwidth)]
    before, after = (max_min_rates(flow_set(c, routes, 1.0)) for c in (bandwidth, wider))
    assert after.min() >= before.min() * (1 - 1e-12)


@given(networks(), st.floats(0.1, 10))
def test_rates_scale_with_the_bandwidths(network, factor):
    bandwidth, routes = network
    rates = max_min_rates(flow_set(bandwidth, routes, 1.0))
    assert max_min_rates(flow_set(factor * np.array(bandwidth), routes, 1.0)) == pytest.approx(factor * rates)


# Flows of a rack


@pytest.mark.parametrize("lost", [(), (0, 19, 40, 41)])
def test_loads_over_links_add_up_to_flows_times_hops(nvl72, lost):
    fabric = compile_fabric(without_links(nvl72, lost))
    traffic = 1e6 * expert_dispatch(72, rng=np.random.default_rng(1))
    flows = rack_flows(fabric, traffic)
    owner = np.repeat(np.arange(flows.size.size), np.diff(flows.start))
    load = np.bincount(flows.link, flows.size[owner], flows.bandwidth.size)
    assert load.sum() == pytest.approx(2 * flows.size.sum(), rel=1e-12)
    up, down = even_split_loads(fabric, traffic)
    assert load == pytest.approx(np.concatenate((up, down)), rel=1e-12)
    assert (load / flows.bandwidth).max() == pytest.approx(utilization(fabric, even_split_loads(fabric, traffic)).max())


def test_parallel_links_are_one_and_planes_off_takes_the_gpu_as_one(hgx):
    fabric = compile_fabric(hgx)
    split, ideal = (rack_flows(fabric, every_pair(8), planes=planes) for planes in (True, False))
    assert split.size.size == 4 * ideal.size.size == 4 * 56
    assert sorted({*split.bandwidth}) == [100 * GB, 125 * GB]
    assert (ideal.bandwidth == np.tile(bandwidth_per_gpu(fabric), 2)).all()


# Classes


def test_uniform_all_to_all_is_one_class_of_flows_and_one_of_links(fabric72):
    classes = flow_classes(rack_flows(fabric72, every_pair(72)), ())
    assert classes.flow.max() == classes.link.max() == 0


def test_one_flow_that_differs_splits_the_classes_as_far_as_it_reaches():
    ring = [[i, (i + 1) % 6] for i in range(6)]
    assert flow_classes(flow_set([1] * 6, ring, 1.0), ()).flow.max() == 0
    classes = flow_classes(flow_set([1] * 6, ring, [2, 1, 1, 1, 1, 1]), (np.array([2.0, 1, 1, 1, 1, 1]),))
    assert classes.flow[1] == classes.flow[5]
    assert np.unique(classes.flow).size == 4  # by distance on the ring: 0, 1, 2, 3


@given(networks(flows=12))
def test_classes_are_equitable(network):
    bandwidth, routes = network
    flows = flow_set(bandwidth, routes, 1.0)
    classes = flow_classes(flows, ())
    across = [sorted(classes.link[m] for m in route) for route in routes]
    crossed = [
        sorted(classes.flow[f] for f, r in enumerate(routes) for n in r if n == m) for m in range(len(bandwidth))
    ]
    for of_class, seen in ((classes.flow, across), (classes.link, crossed)):
        for number in np.unique(of_class):
            assert len({tuple(seen[i]) for i in np.flatnonzero(of_class == number)}) == 1


def test_classes_without_refinement_would_be_wrong(monkeypatch):
    from topology import colour_kernels

    flows = flow_set([1, 1], [[0], [0], [1]], 1.0)
    assert max_min_rates(flows) == pytest.approx([0.5, 0.5, 1])
    monkeypatch.setattr(colour_kernels, "recolour", lambda *_: None)
    assert max_min_rates(flows) != pytest.approx([0.5, 0.5, 1])


# Bad input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1, 0.0], [[0]], 1), r"link 1: bandwidth = 0\.0"),
        (([1, -5], [[0]], 1), r"link 1: bandwidth = -5\.0"),
        (([1, np.nan], [[0]], 1), "link 1: bandwidth = nan"),
        (([1, np.inf], [[0]], 1), "link 1: bandwidth = inf"),
        (([1, 1], [[0], [1, 2]], 1), "flow 1: crosses link 2"),
        (([1, 1], [[0], [-1]], 1), "flow 1: crosses link -1"),
        (([1, 1], [[0], [], [1]], 1), "flow 1: no route"),
        (([1, 1], np.zeros((2, 0), int), 1), "flow 0: no route"),
        (([1], [[0], [0]], [1, -1]), r"flow 1: size = -1\.0"),
        (([1], [[0], [0]], [1, 1, 1]), r"size: shape \(3,\)"),
        (([[1]], [[0]], 1), r"bandwidth: shape"),
        (([1], [], 1), "routes: none"),
        (([1, 1], [[0.5]], 1), "routes: float64 given"),
    ],
)
def test_bad_links_and_flows_are_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        flow_set(*arguments)


@pytest.mark.parametrize("name", ["arrival", "latency"])
def test_negative_times_are_named(name):
    with pytest.raises(ValueError, match=rf"flow 1: {name} = -2\.0, must be >= 0 s"):
        flow_set([1], [[0], [0]], 1, **{name: [0, -2]})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([0, 1, 2, 3], [1, 2, 1, 0], r"flow 1: waits for itself, 1 -> 2 -> 1"),
        ([2], [2], r"flow 2: waits for itself, 2 -> 2"),
        ([0], [4], "flow 4: unknown"),
        ([0, 1], [1], "shapes"),
    ],
)
def test_cycles_and_unknown_flows_in_dependencies_are_named(before, after, said):
    flows = flow_set([1], [[0]] * 4, 1)
    with pytest.raises(ValueError, match=said):
        with_dependencies(flows, before, after)


def test_a_negative_delay_is_named():
    with pytest.raises(ValueError, match=r"flow 1: delay = -1\.0 after flow 0"):
        with_dependencies(flow_set([1], [[0]] * 2, 1), [0], [1], -1.0)


def test_an_exchange_of_nothing_or_of_several_matrices_is_refused(fabric72):
    with pytest.raises(ValueError, match="zero everywhere"):
        rack_flows(fabric72, np.zeros((72, 72)))
    with pytest.raises(ValueError, match="3 axes"):
        rack_flows(fabric72, every_pair(72)[None])
