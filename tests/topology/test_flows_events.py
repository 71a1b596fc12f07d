"""Flows from event to event: by hand, against fractions, closed forms, bounds, conservation."""

import numpy as np
import pytest
from flow_oracle import networks, timeline
from hypothesis import given
from hypothesis import strategies as st

from topology import all_to_all_time, compile_fabric, expert_dispatch, transfer_time, without_links
from topology.flows import flow_set, rack_flows, with_dependencies
from topology.maxmin import flow_dataset, link_utilization, max_min_rates, simulate_flows

GB = 1e9


def every_pair(gpus, size=1e6):
    return size * (1 - np.eye(gpus))


def uneven(gpus, seed, spread=0.2):
    return every_pair(gpus) * np.random.default_rng(seed).uniform(1 - spread, 1 + spread, (gpus, gpus))


def busiest(bytes_matrix):
    return max(bytes_matrix.sum(axis=0).max(), bytes_matrix.sum(axis=1).max()) / (900 * GB)


# By hand


def test_four_gpus_by_hand():
    # C = 1: A 0->1, B 0->2, C 3->2, D 1->2. GPU 2 gives B, C, D 1/3 each, A takes the other 2/3 of GPU 0.
    # A (1) ends at 3/2; B (3/4) at 9/4, D (1) has 1/4 left and 1/2: 11/4; C (2) has 1 left then, alone: 15/4.
    routes = [[0, 5], [0, 6], [3, 6], [1, 6]]
    ends = simulate_flows(flow_set([1.0] * 8, routes, [1, 0.75, 2, 1])).end
    assert ends == pytest.approx([3 / 2, 9 / 4, 15 / 4, 11 / 4], abs=1e-9)


def test_an_arrival_takes_its_share_from_then_on():
    # 1 byte alone till t = 0.5, half left; then halves: both move 0.5 by 1.5; the late one has 0.5 left: 2
    times = simulate_flows(flow_set([1], [[0], [0]], [1, 1], arrival=[0, 0.5], latency=[0, 0.25]))
    assert times.start == pytest.approx([0, 0.5], abs=1e-14)
    assert times.end == pytest.approx([1.5, 2.25], abs=1e-14)


def test_a_flow_waits_for_the_last_of_its_predecessors_their_latency_and_the_delay():
    flows = flow_set([1, 1, 1], [[0], [1], [2]], [1, 3, 1], latency=[5, 0.5, 0])
    times = simulate_flows(with_dependencies(flows, [0, 1], [2, 2], [0.25, 4.0]))
    assert times.start[2] == pytest.approx(max(1 + 5 + 0.25, 3 + 0.5 + 4), abs=1e-14)
    assert times.end[2] == pytest.approx(8.5, abs=1e-14)


def test_dependencies_may_be_added_in_two_steps():
    flows = flow_set([1], [[0]] * 3, 1.0)
    chained = with_dependencies(with_dependencies(flows, 0, 1), 1, 2)
    assert simulate_flows(chained).end == pytest.approx([1, 2, 3], abs=1e-14)


def test_a_signal_without_bytes_passes_at_once_and_opens_the_next():
    flows = flow_set([1], [[0], [0], [0]], [2, 0, 1], latency=[0, 0.5, 0], arrival=[0, 1, 0])
    assert simulate_flows(with_dependencies(flows, 1, 2)).end == pytest.approx([2.5, 1.5, 3], abs=1e-14)


def test_a_ring_all_gather_takes_its_steps_one_after_the_other():
    gpus, part, lag = 8, 1e6, 1e-6
    routes = np.tile(np.column_stack((np.arange(gpus), gpus + (np.arange(gpus) + 1) % gpus)), (gpus - 1, 1))
    flows = flow_set([900 * GB] * 2 * gpus, routes, part, latency=lag)
    before = np.arange(gpus * (gpus - 2))
    after = gpus * (before // gpus + 1) + (before % gpus + 1) % gpus
    times = simulate_flows(with_dependencies(flows, before, after))
    assert times.end.max() == pytest.approx((gpus - 1) * (part / (900 * GB) + lag), rel=1e-12)


# Against fractions


@given(networks(flows=6, links=4), st.data())
def test_ends_are_those_of_a_timeline_in_fractions(network, data):
    bandwidth, routes = network
    numbers = st.lists(st.integers(0, 6), min_size=len(routes), max_size=len(routes))
    size, arrival = data.draw(numbers), data.draw(numbers)
    pairs = [(b, a) for a in range(len(routes)) for b in range(a)]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else []
    waits = [(b, a, data.draw(st.integers(0, 2))) for b, a in chosen]
    flows = flow_set(bandwidth, routes, size, arrival=arrival, latency=1.0)
    if waits:
        flows = with_dependencies(flows, *zip(*waits, strict=True))
    expected = timeline(bandwidth, routes, size, arrival, 1, waits)
    assert simulate_flows(flows).end == pytest.approx(expected, rel=1e-9)


def test_a_timeline_that_forgets_to_share_anew_is_refused():
    routes, size = [[0], [0], [0, 1]], np.array([1, 2, 4])
    flows, expected = flow_set([3, 1], routes, size), timeline([3, 1], routes, size.tolist(), [0] * 3)
    assert simulate_flows(flows).end == pytest.approx(expected, rel=1e-12)
    assert size / max_min_rates(flows) != pytest.approx(expected, rel=1e-2)


def restarted(flows, arrival):
    """Ends of the flows when all rates are worked out from nothing at every event."""
    count = flows.size.size
    left, end, now = flows.size.copy(), np.full(count, np.inf), 0.0
    while np.isinf(end).any():
        moving = np.flatnonzero((arrival <= now) & np.isinf(end))
        coming = arrival[arrival > now].min(initial=np.inf)
        if not moving.size:
            now = coming
            continue
        routes = flows.link.reshape(count, -1)[moving]
        rates = max_min_rates(flow_set(flows.bandwidth, routes, 1.0))
        until = min(coming, (now + left[moving] / rates).min())
        left[moving] -= rates * (until - now)
        now = until
        end[moving[left[moving] < 1e-12]] = now
    return end


@given(st.integers(0, 2**32 - 1), st.sampled_from([6, 20, 80]))
def test_following_changes_gives_the_same_as_sharing_all_anew(seed, links):
    rng = np.random.default_rng(seed)
    arrival = rng.uniform(0, 2, 40) * rng.integers(0, 2, 40)
    flows = flow_set(rng.uniform(1, 2, links), rng.integers(0, links, (40, 2)), rng.uniform(1, 2, 40), arrival=arrival)
    assert simulate_flows(flows).end == pytest.approx(restarted(flows, arrival), rel=1e-9)


# The all-to-all of an NVL72


@pytest.mark.parametrize(
    ("gpus", "microseconds", "planes"), [(72, 79.388889, True), (72, 79.388889, False), (288, 319.388889, False)]
)
def test_uniform_all_to_all_takes_the_published_time(complete, gpus, microseconds, planes):
    fabric = complete(gpus, 18)
    times = simulate_flows(rack_flows(fabric, every_pair(gpus), latency=500e-9, planes=planes))
    assert 1e6 * times.end == pytest.approx(microseconds, abs=1e-6)
    assert times.end.max() == pytest.approx(float(all_to_all_time(fabric, 1e6, startup=500e-9)), rel=1e-12)
    assert times.events == 2


@pytest.mark.parametrize("seed", range(2))
def test_uneven_all_to_all_lies_on_or_just_above_its_busiest_gpu(fabric72, seed):
    sizes = uneven(72, seed)
    makespan = simulate_flows(rack_flows(fabric72, sizes, planes=False)).end.max()
    assert makespan >= busiest(sizes) * (1 - 1e-12)
    assert makespan <= busiest(sizes) * (1 + 2e-4)


def test_a_quantum_of_100_ns_stays_within_0_3_percent_and_saves_nearly_all_events(fabric72):
    flows = rack_flows(fabric72, uneven(72, 1), latency=500e-9, planes=False)
    exact, merged = simulate_flows(flows), simulate_flows(flows, quantum=100e-9)
    assert merged.end.max() == pytest.approx(exact.end.max(), rel=3e-3)
    assert merged.end == pytest.approx(exact.end, rel=3e-3)
    assert merged.events < exact.events / 20
    assert abs(simulate_flows(flows, quantum=1e-6).end.max() / exact.end.max() - 1) > 3e-3  # a coarse one does not


def test_planes_split_evenly_and_one_wide_link_take_the_same_time(complete):
    fabric, sizes = complete(12, 18), uneven(12, 3)
    wide = simulate_flows(rack_flows(fabric, sizes, planes=False)).end
    split = simulate_flows(rack_flows(fabric, sizes)).end.reshape(-1, 18)
    assert split == pytest.approx(np.repeat(wide[:, None], 18, axis=1), rel=1e-12)


def test_skewed_experts_take_at_least_the_time_of_the_busiest_link(fabric72):
    sizes = 71e6 * expert_dispatch(72, rng=np.random.default_rng(4))
    makespan = simulate_flows(rack_flows(fabric72, sizes, planes=False), quantum=100e-9).end.max()
    bound = float(transfer_time(fabric72, sizes, startup=0.0))
    assert bound * (1 - 1e-12) <= makespan <= bound * 1.01
    assert makespan > 1.2 * 71e6 / (900 * GB)  # slower than the same bytes spread evenly


def test_failed_links_hold_the_exchange_up_as_the_busiest_link_says(nvl72):
    whole, broken = (compile_fabric(without_links(nvl72, lost)) for lost in ((), (0, 3, 17)))
    ends = [simulate_flows(rack_flows(fabric, every_pair(72)), quantum=1e-9).end.max() for fabric in (whole, broken)]
    assert ends[1] > ends[0]
    assert ends[1] == pytest.approx(float(transfer_time(broken, every_pair(72), startup=0.0)), rel=3e-3)


# Conservation, limits, symmetry


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.05, 1.0]))
def test_links_carry_the_bytes_of_the_flows_that_cross_them(seed, quantum):
    rng = np.random.default_rng(seed)
    flows = flow_set(
        rng.uniform(1, 2, 7), rng.integers(0, 7, (25, 3)), rng.uniform(0, 2, 25), arrival=rng.uniform(0, 3, 25)
    )
    edges = np.linspace(0, simulate_flows(flows, quantum=quantum).end.max(), 14)
    full = link_utilization(flows, edges, quantum=quantum)
    crossing = np.bincount(flows.link, np.repeat(flows.size, 3), 7)
    assert (full * np.diff(edges)).sum(axis=1) * flows.bandwidth == pytest.approx(crossing, rel=1e-9)
    assert full.min() >= 0
    assert full.max() <= 1 + 1e-9
    late = link_utilization(flows, edges[5:], quantum=quantum)
    assert late == pytest.approx(full[:, 5:], rel=1e-6, abs=1e-9)


@given(networks(), st.sampled_from([0.1, 7.0]))
def test_times_scale_with_bytes_over_bandwidth(network, factor):
    bandwidth, routes = network
    size = 1.0 + np.arange(len(routes)) % 3
    once = simulate_flows(flow_set(bandwidth, routes, size)).end
    assert simulate_flows(flow_set(bandwidth, routes, factor * size)).end == pytest.approx(factor * once, rel=1e-12)


@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_flows_does_not_matter(network, random):
    bandwidth, routes = network
    size, order = 1.0 + np.arange(len(routes)) % 4, list(range(len(routes)))
    random.shuffle(order)
    ends = simulate_flows(flow_set(bandwidth, routes, size)).end
    assert simulate_flows(flow_set(bandwidth, [routes[f] for f in order], size[order])).end == pytest.approx(
        ends[order], rel=1e-12
    )


def test_symmetric_flows_cost_two_events_however_many_they_are():
    routes = [[i, 30 + (i + k) % 30] for i in range(30) for k in range(1, 30)]
    assert simulate_flows(flow_set([1e9] * 60, routes, 1e6)).events == 2


def test_one_flow_alone_takes_latency_and_bytes_over_its_narrowest_link():
    assert simulate_flows(flow_set([4, 2, 8], [[0, 1, 2]], 6, latency=0.5)).end == pytest.approx([3.5], rel=1e-15)


# What a dataset takes


def test_the_dataset_holds_what_its_names_and_units_say():
    xarray = pytest.importorskip("xarray")
    flows = flow_set([1e9, 4e9], [[0, 1], [1]], 3e6)
    dataset = xarray.Dataset(**flow_dataset(flows, bins=6))
    assert dict(dataset.sizes) == {"flow": 2, "directed_link": 2, "time": 6}
    assert all({"units", "long_name"} <= set(dataset[name].attrs) for name in dataset.variables)
    carried = (dataset.directed_link_utilization * dataset.directed_link_bandwidth).mean("time") * dataset.attrs[
        "makespan"
    ]
    assert carried.values == pytest.approx([3e6, 6e6], rel=1e-12)


@pytest.mark.parametrize("edges", [[0.0], [0, 1, 1], [1, 0], [0, np.nan]])
def test_edges_that_do_not_rise_are_refused(edges):
    with pytest.raises(ValueError, match="edges"):
        link_utilization(flow_set([1], [[0]], 1), edges)


def test_a_negative_quantum_no_bins_and_nothing_to_do_are_refused():
    flows = flow_set([1], [[0]], 1)
    with pytest.raises(ValueError, match="quantum = -1"):
        simulate_flows(flows, quantum=-1)
    with pytest.raises(ValueError, match="bins = 0"):
        flow_dataset(flows, bins=0)
    with pytest.raises(ValueError, match="over at time 0"):
        flow_dataset(flow_set([1], [[0]], 0))
