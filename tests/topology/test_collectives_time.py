"""Steps, bytes and time of collectives on one tier and over several."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import all_to_all_time
from topology.algorithms import steps_and_share
from topology.collectives import Tier, collective_time, hierarchical_time
from topology.measured import measured_collective, measured_in_network, measured_systems, measured_tier
from topology.protocols import bus_bandwidth, protocol_time

IDEAL = {"efficiency": 1.0, "hardware": 0.0, "protocol": 0.0, "launch": 0.0}
HALVES = ("all_gather", "reduce_scatter")


def tier(gpus=72, bandwidth=900e9, **changes):
    return Tier(gpus=gpus, bandwidth=bandwidth, **(IDEAL | changes))


# One tier


def ring_by_hand(operation, gpus):
    """Walk a ring: each member passes one piece of 1 / gpus per step. Steps, and bytes a member sends per byte."""
    owned = [{member} for member in range(gpus)]
    steps = 0
    while any(len(pieces) < gpus for pieces in owned):
        last = [(member - steps) % gpus for member in range(gpus)]
        for member in range(gpus):
            owned[(member + 1) % gpus].add(last[member])
        steps += 1
    return (2 * steps, 2 * steps / gpus) if operation == "all_reduce" else (steps, steps / gpus)


@pytest.mark.parametrize(
    ("operation", "gpus"), list(itertools.product(["all_reduce", "all_gather", "reduce_scatter"], [2, 3, 8]))
)
def test_a_ring_walked_by_hand_takes_the_steps_and_bytes_of_the_formula(operation, gpus):
    assert steps_and_share(operation, gpus, "ring") == ring_by_hand(operation, gpus)


@pytest.mark.parametrize("gpus", [2, 4, 8, 64])
def test_recursive_doubling_by_hand_takes_log2_steps_and_the_bytes_of_a_ring(gpus):
    pieces, steps, sent = 1, 0, 0
    while pieces < gpus:
        pieces, steps, sent = 2 * pieces, steps + 1, sent + pieces
    assert steps_and_share("all_gather", gpus, "tree") == (steps, sent / gpus)


def test_the_parts_add_up_and_stay_apart():
    parts = collective_time("all_reduce", tier(8, hardware=0.8e-6, protocol=0.4e-6, launch=8e-6), 9e9, algorithm="ring")
    assert parts.hardware == pytest.approx(14 * 0.8e-6, rel=1e-12)
    assert parts.protocol == pytest.approx(14 * 0.4e-6, rel=1e-12)
    assert parts.launch == 8e-6
    assert parts.transfer == pytest.approx(1.75 * 9e9 / 900e9, rel=1e-12)
    assert parts.total == pytest.approx(sum(parts[:4]), rel=1e-12)


def test_the_all_to_all_of_a_tier_is_that_of_the_fabric(fabric72):
    direct = collective_time("all_to_all", tier(hardware=500e-9), 72e6, algorithm="direct")
    assert direct.total == pytest.approx(all_to_all_time(fabric72, 1e6, startup=500e-9), rel=1e-12)


def test_reducing_in_the_switch_beats_the_bound_of_a_ring():
    times = {name: collective_time("all_reduce", tier(), 1e9, algorithm=name).total for name in ("ring", "in_network")}
    assert bus_bandwidth("all_reduce", 72, 1e9, times["ring"]) == pytest.approx(900e9, rel=1e-12)
    assert times["ring"] / times["in_network"] == pytest.approx(2 * 71 / 73, rel=1e-12)


def test_a_tree_is_faster_for_small_messages_and_a_ring_for_none_larger_than_its_bytes():
    steps = tier(64, hardware=1e-6)
    small, large = (
        [float(collective_time("all_reduce", steps, size, algorithm=name).total) for name in ("tree", "ring")]
        for size in (1e3, 1e11)
    )
    assert small[0] < small[1]
    assert large[0] > large[1]


def test_one_member_has_nothing_to_do():
    for operation, algorithm in (("all_reduce", "in_network"), ("broadcast", "tree"), ("all_to_all", "direct")):
        assert collective_time(operation, tier(1, launch=3e-6), 1e9, algorithm=algorithm).total == 3e-6


@given(gpus=st.integers(2, 4096), algorithm=st.sampled_from(["ring", "tree", "in_network", "direct"]))
def test_all_reduce_never_moves_less_than_in_the_switch_nor_more_than_its_two_halves(gpus, algorithm):
    share = steps_and_share("all_reduce", gpus, algorithm)[1]
    assert 1.0 <= share <= 2.0
    assert share >= steps_and_share("all_gather", gpus, algorithm)[1]


@given(size=st.floats(0, 1e12), factor=st.floats(1, 100))
def test_times_never_fall_with_size_and_transfer_is_linear_in_it(size, factor):
    one, more = (collective_time("broadcast", tier(hardware=1e-6), s, algorithm="tree") for s in (size, factor * size))
    assert more.total >= one.total
    assert more.transfer == pytest.approx(factor * one.transfer, rel=1e-9)


# Several tiers


def test_two_racks_all_reduce_by_hand():
    found = hierarchical_time("all_reduce", [tier(8, 800e9), tier(4, 50e9)], 8e9, algorithms=["ring", "ring"], chunks=1)
    inside = 2 * 7 / 8 * 8e9 / 800e9
    between = 2 * 3 / 4 * (8e9 / 8) / 50e9  # each GPU carries an eighth over its own rail
    assert found.total == pytest.approx(inside + between, rel=1e-12)


def test_many_chunks_hide_the_faster_tier_and_the_slower_bounds():
    tiers = [tier(8, 800e9), tier(4, 50e9)]
    apart, eight, endless = (
        float(hierarchical_time("all_reduce", tiers, 8e9, algorithms=["ring"] * 2, chunks=c).total)
        for c in (1, 8, 10**9)
    )
    assert endless < eight < apart
    assert endless == pytest.approx(2 * 3 / 4 * 1e9 / 50e9, rel=1e-6)
    assert eight == pytest.approx(endless + (apart - endless) / 8, rel=1e-6)


def test_a_ring_on_two_equal_tiers_moves_the_bytes_of_one_flat_ring():
    flat = collective_time("all_reduce", tier(32), 1e9, algorithm="ring").total
    cut = hierarchical_time("all_reduce", [tier(8), tier(4)], 1e9, algorithms=["ring"] * 2, chunks=1).total
    assert cut == pytest.approx(flat, rel=1e-12)  # 2 * 7/8 + 2 * 3/4 / 8 = 2 * 31/32


@pytest.mark.parametrize("operation", HALVES)
def test_the_halves_over_two_tiers_add_up_to_the_whole_as_well(operation):
    flat = collective_time(operation, tier(32), 1e9, algorithm="ring").total
    cut = hierarchical_time(operation, [tier(8), tier(4)], 1e9, algorithms=["ring"] * 2, chunks=1).total
    assert cut == pytest.approx(flat, rel=1e-12)


def test_an_outer_tier_of_one_changes_nothing():
    alone = collective_time("all_reduce", tier(), 1e9, algorithm="in_network")
    beside = hierarchical_time("all_reduce", [tier(), tier(1, 50e9)], 1e9, algorithms=["in_network", "ring"])
    assert beside == alone


def test_an_all_to_all_carries_the_whole_buffer_over_the_rails():
    found = hierarchical_time("all_to_all", [tier(), tier(2, 50e9)], 1e9, algorithms=["direct"] * 2, chunks=10**9)
    assert found.total == pytest.approx(0.5 * 1e9 / 50e9, rel=1e-6)


@given(racks=st.integers(1, 100), more=st.integers(0, 100), bandwidth=st.floats(1e9, 1e12))
def test_more_racks_are_never_faster_and_faster_rails_never_slower(racks, more, bandwidth):
    def time(count, rail):
        return hierarchical_time(
            "all_reduce", [tier(), tier(count, rail)], 1e9, algorithms=["in_network", "ring"]
        ).total

    assert time(racks + more, bandwidth) >= time(racks, bandwidth)
    assert time(racks, 2 * bandwidth) <= time(racks, bandwidth)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: steps_and_share("all_gathr", 8, "ring"), "operation = 'all_gathr': must be one of all_reduce"),
        (lambda: steps_and_share("all_to_all", 8, "ring"), "algorithm = 'ring': all_to_all has direct"),
        (lambda: steps_and_share("all_reduce", 0, "ring"), "gpus = 0: must be at least 1"),
        (lambda: collective_time("all_reduce", tier(), -1.0, algorithm="ring"), "message_bytes = -1.0"),
        (lambda: hierarchical_time("all_reduce", [], 1.0, algorithms=[]), "tiers: 0"),
        (lambda: hierarchical_time("all_reduce", [tier()], 1.0, algorithms=[]), "algorithms: 0"),
        (lambda: hierarchical_time("all_reduce", [tier()], 1.0, algorithms=["ring"], chunks=0), "chunks = 0"),
        (lambda: tier(efficiency=1.1), r"Tier.efficiency = 1.1: must be <= 1"),
        (lambda: tier(bandwidth=0.0), r"Tier.bandwidth = 0.0: must be > 0 B/s"),
        (lambda: measured_tier("a100", gpus=8), "system = 'a100': must be one of b200_sxm"),
        (lambda: measured_collective("gb200", "all_reduce", gpus=8), "gpus = 8: not measured; there is 2, 4"),
        (lambda: measured_collective("gb200", "broadcast", gpus=4), "operation = 'broadcast': not measured"),
    ],
)
def test_what_cannot_be_or_was_not_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# What ships


@pytest.mark.parametrize("system", measured_systems())
def test_every_shipped_collective_rises_and_stays_below_the_link(system):
    sizes = np.geomspace(512, 2**30, 200)
    for operation, gpus in itertools.product(("all_gather", "reduce_scatter", "all_to_all"), (2, 4)):
        found = measured_collective(system, operation, gpus=gpus)
        time = protocol_time(found.protocols, sizes)
        assert np.all(np.diff(time) >= 0)
        bus = bus_bandwidth(operation, gpus, sizes, time)
        assert bus.max() < measured_tier(system, gpus=gpus).bandwidth
        assert 0 < found.mean_error <= found.worst_error


def test_latency_of_a_step_is_hardware_and_protocol_and_longer_than_the_measured_store():
    step = measured_tier("gb200", gpus=72)
    assert step.hardware == 0.792e-6  # arXiv 2607.16100
    assert 0.1e-6 < step.protocol < 1e-6
    assert collective_time("all_reduce", step, 0.0, algorithm="direct").hardware == pytest.approx(2 * 0.792e-6)


def test_in_network_all_reduce_of_a_rack_has_the_published_bus_bandwidth():
    time = collective_time("all_reduce", measured_in_network(), 8 * 2**30, algorithm="in_network").total
    assert bus_bandwidth("all_reduce", 72, 8 * 2**30, time) / 1e9 == pytest.approx(835, abs=1)  # 835 to 847 published
