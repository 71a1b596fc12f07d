"""Protocols as a lower envelope of lines, the units of nccl-tests, and the fit that makes the lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.collectives import Tier, collective_time
from topology.fit import fit_linear, fit_protocols, leave_one_out
from topology.protocols import (
    Protocol,
    algorithm_bandwidth,
    bus_bandwidth,
    bus_factor,
    nccl_protocols,
    protocol_in_use,
    protocol_time,
)

LL = Protocol("LL", 5e-6, 8e-12)
SIMPLE = Protocol("Simple", 20e-6, 2e-12)
SIZES = 2.0 ** np.arange(9, 30)
TIER = Tier(gpus=8, bandwidth=900e9, efficiency=0.7, hardware=0.8e-6, protocol=0.4e-6, launch=8e-6)


def bent(size, jump=0.0):
    """A library that switches at 1 MiB from 5 us + 8 ps/B to 20 us + 2 ps/B, whatever the lines say."""
    return np.where(size < 2**20, 5e-6 + 8e-12 * size, 20e-6 + jump + 2e-12 * size)


# The envelope


def test_the_envelope_is_the_faster_of_two_lines_and_they_meet_where_they_cross():
    crossing = (20e-6 - 5e-6) / (8e-12 - 2e-12)
    assert protocol_time([LL, SIMPLE], 0.0) == 5e-6
    assert protocol_time([LL, SIMPLE], crossing) == pytest.approx(25e-6, rel=1e-12)
    assert protocol_time([LL, SIMPLE], 1e9) == pytest.approx(2.02e-3, rel=1e-12)
    assert protocol_in_use([LL, SIMPLE], [crossing * 0.99, crossing * 1.01]).tolist() == [0, 1]


def test_a_window_holds_a_protocol_back_even_where_it_would_be_faster():
    held = [LL._replace(below=1e5), SIMPLE._replace(above=5e4)]
    assert protocol_time(held, [4e4, 7e4, 2e5]) == pytest.approx([5.32e-6, 5.56e-6, 20.4e-6], rel=1e-12)


def test_a_line_that_begins_lower_than_the_one_before_ended_does_not_make_time_fall():
    falling = [LL._replace(below=2e6), SIMPLE._replace(startup=1e-6, above=1e6)]
    assert LL.startup + LL.per_byte * 1e6 == pytest.approx(13e-6)
    assert protocol_time(falling, [1e6, 1.5e6, 4e6, 8e6]) == pytest.approx([13e-6, 13e-6, 13e-6, 17e-6], rel=1e-12)
    assert np.all(np.diff(protocol_time(falling, np.geomspace(1e3, 1e9, 500))) >= 0)


def test_a_size_in_no_window_is_refused_with_the_windows():
    with pytest.raises(ValueError, match=r"message_bytes = 300000: in no window of LL 0 to 100000 B, Simple 1e\+06"):
        protocol_time([LL._replace(below=1e5), SIMPLE._replace(above=1e6)], [10.0, 3e5])


@given(size=st.floats(0, 1e10), more=st.floats(1, 10))
def test_a_larger_message_is_never_faster_and_never_better_than_in_proportion_per_line(size, more):
    lines = [LL, SIMPLE]
    assert protocol_time(lines, size * more) >= protocol_time(lines, size)
    assert protocol_time(lines, size) <= LL.startup + LL.per_byte * size


@pytest.mark.parametrize(
    ("protocols", "size", "message"),
    [([], 1.0, "protocols: none"), ([LL], -1.0, "message_bytes = -1.0"), ([LL], np.nan, "message_bytes = nan")],
)
def test_no_protocol_and_no_size_are_refused(protocols, size, message):
    with pytest.raises(ValueError, match=message):
        protocol_time(protocols, size)


def test_nccl_protocols_start_as_the_collective_and_simple_ends_as_it():
    lines = nccl_protocols("all_reduce", TIER, algorithm="ring")
    ours = collective_time("all_reduce", TIER, 2**30, algorithm="ring")
    assert [line.name for line in lines] == ["LL", "LL128", "Simple"]
    assert lines[0].startup == pytest.approx(float(ours.total - ours.transfer), rel=1e-12)
    assert lines[2].per_byte * 2**30 == pytest.approx(float(ours.transfer), rel=1e-12)
    assert lines[0].per_byte == pytest.approx(2 * lines[2].per_byte, rel=1e-12)  # a flag with every word
    assert lines[1].per_byte == pytest.approx(128 / 120 * lines[2].per_byte, rel=1e-12)
    assert protocol_in_use(lines, [1e6, 3e7, 1e9]).tolist() == [0, 1, 2]


# The units of nccl-tests


@pytest.mark.parametrize(
    ("operation", "factor"),
    [("all_reduce", 1.75), ("all_gather", 0.875), ("reduce_scatter", 0.875), ("all_to_all", 0.875), ("send_recv", 1)],
)
def test_bus_factors_are_those_of_nccl_tests(operation, factor):
    assert bus_factor(operation, 8) == factor


def test_bandwidths_of_a_published_log_come_out():
    sizes, times = np.array([4, 8]) * 2**30, np.array([10_094e-6, 20_299e-6])
    assert bus_bandwidth("all_reduce", 72, sizes, times) / 1e9 == pytest.approx([839, 835], abs=0.5)
    assert algorithm_bandwidth(sizes, times) / 1e9 == pytest.approx([425.5, 423.2], abs=0.05)


def test_binary_bytes_or_a_forgotten_factor_are_seen():
    assert bus_bandwidth("all_reduce", 72, 8 * 2**30, 20_299e-6) / 2**30 != pytest.approx(835, abs=20)
    assert algorithm_bandwidth(8 * 2**30, 20_299e-6) / 1e9 != pytest.approx(835, abs=20)


@pytest.mark.parametrize("operation", ["all_reduce", "all_gather", "reduce_scatter", "all_to_all"])
def test_a_direct_exchange_at_full_rate_has_the_bus_bandwidth_of_its_link(operation):
    ideal = Tier(gpus=8, bandwidth=900e9, efficiency=1.0, hardware=0.0, protocol=0.0, launch=0.0)
    time = collective_time(operation, ideal, 1e9, algorithm="direct").total
    assert bus_bandwidth(operation, 8, 1e9, time) == pytest.approx(900e9, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bus_factor("alltoal", 8), "operation = 'alltoal': must be one of all_reduce"),
        (lambda: bus_factor("all_reduce", 1), "gpus = 1: must be at least 2"),
        (lambda: algorithm_bandwidth(-1.0, 1.0), "message_bytes = -1.0"),
        (lambda: algorithm_bandwidth(1.0, 0.0), "time = 0.0: must be > 0 s"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# The fit


def test_two_exact_lines_are_found_with_their_break():
    lines = fit_protocols(SIZES, bent(SIZES))
    assert [(line.above, line.below) for line in lines] == [(0.0, 2**20), (2**19, np.inf)]
    assert [line.startup for line in lines] == pytest.approx([5e-6, 20e-6], rel=1e-9)
    assert [line.per_byte for line in lines] == pytest.approx([8e-12, 2e-12], rel=1e-9)


def test_a_single_line_is_not_cut_into_several():
    assert len(fit_protocols(SIZES, 5e-6 + 8e-12 * SIZES)) == 1


def test_one_spike_does_not_bend_the_line():
    times = 5e-6 + 8e-12 * SIZES
    times[4] *= 3
    (line,) = fit_protocols(SIZES, times, names=("one",))
    assert line.startup == pytest.approx(5e-6, rel=0.01)
    least_squares = np.linalg.lstsq(np.stack([1 / times, SIZES / times], 1), np.ones(21), rcond=None)[0]
    assert least_squares[0] != pytest.approx(5e-6, rel=0.01)  # the mutant: squared deviations


def test_a_flat_or_falling_start_gives_slope_zero_and_never_a_negative_one():
    times = np.r_[np.linspace(6e-6, 5e-6, 10), 5e-6 + 8e-12 * SIZES[10:]]
    assert all(line.per_byte >= 0 and line.startup >= 0 for line in fit_protocols(SIZES, times))


@given(scale=st.floats(1e-3, 1e3), stretch=st.floats(1e-3, 1e3))
def test_the_fit_follows_its_units(scale, stretch):
    found = fit_protocols(SIZES * stretch, bent(SIZES) * scale)
    assert [line.startup for line in found] == pytest.approx([5e-6 * scale, 20e-6 * scale], rel=1e-6)
    assert [line.per_byte for line in found] == pytest.approx(
        [8e-12 * scale / stretch, 2e-12 * scale / stretch], rel=1e-6
    )


def test_points_left_out_of_exact_lines_are_predicted_except_where_the_jump_hides():
    predicted = leave_one_out(SIZES, bent(SIZES, jump=40e-6))
    error = np.abs(predicted / bent(SIZES, jump=40e-6) - 1)
    assert np.flatnonzero(error > 1e-6).tolist() == [11]  # 1 MiB: nothing says that the library has switched already


def test_leaving_out_really_leaves_out():
    spiked = bent(SIZES)
    spiked[3] *= 2
    assert leave_one_out(SIZES, spiked)[3] == pytest.approx(bent(SIZES)[3], rel=0.05)


def test_a_linear_law_with_an_outlier_is_found():
    groups = np.array([2.0, 4.0, 8.0, 16.0, 32.0])
    times = 3e-6 + 1e-6 * groups
    times[2] *= 4
    found = fit_linear(np.stack([np.ones(5), groups], 1), times)
    assert found == pytest.approx([3e-6, 1e-6], rel=0.03)


@pytest.mark.parametrize(
    ("sizes", "times", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], "n at least 3"),
        ([1.0, 2.0, 2.0], [1.0, 2.0, 3.0], "must ascend"),
        ([1.0, 2.0, 3.0], [1.0, 0.0, 3.0], "must be > 0 s"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "must be"),
    ],
)
def test_a_fit_refuses_what_it_cannot_use(sizes, times, message):
    with pytest.raises(ValueError, match=message):
        fit_protocols(sizes, times)


def test_a_law_needs_as_many_times_as_coefficients():
    with pytest.raises(ValueError, match="1 for 2 coefficients"):
        fit_linear(np.ones((1, 2)), [1.0])
