"""Collectives carried on from measured groups to others."""

import numpy as np
import pytest

from topology import (
    calibrated_collective,
    measured_bandwidth,
    measured_collective,
    measured_groups,
    measured_in_network,
    measured_systems,
    protocol_time,
)
from topology.collectives import collective_time

SIZES = 2.0 ** np.arange(10, 34)
OPERATIONS = ("all_reduce", "all_gather", "reduce_scatter", "all_to_all")


def agrees(found, fit):
    """Whether the lines are those of the measurement, but for one through the switches."""
    return all(
        ours.startup == pytest.approx(line.startup) and ours.per_byte == pytest.approx(line.per_byte)
        for ours, line in zip(found.protocols, fit.protocols, strict=False)
    )


@pytest.mark.parametrize("system", measured_systems())
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_measured_group_keeps_its_measurement(system, operation):
    for gpus in measured_groups(system):
        found = calibrated_collective(system, operation, gpus=gpus)
        fit = measured_collective(system, operation, gpus=gpus)
        assert (found.measured_gpus, found.extrapolated, found.mean_error) == (gpus, False, fit.mean_error)
        assert agrees(found, fit)


def test_keeping_the_measurement_rejects_another_group_and_a_slower_link():
    fit = measured_collective("b200_sxm", "all_to_all", gpus=8)
    assert not agrees(calibrated_collective("b200_sxm", "all_to_all", gpus=16), fit)
    assert not agrees(calibrated_collective("b200_sxm", "all_to_all", gpus=8, bandwidth=450e9), fit)


@pytest.mark.parametrize(("operation", "low", "high"), [("all_to_all", 0.80, 1.24), ("all_reduce", 0.76, 1.4)])
def test_groups_of_8_carried_on_from_4_lie_where_the_docstring_says(monkeypatch, operation, low, high):
    import topology.calibrated as module

    sizes = 2.0 ** np.array([12, 16, 20, 23, 26, 29])
    monkeypatch.setattr(module, "measured_groups", lambda _: (4,))
    for system in ("b200_sxm", "h100_sxm", "h200_sxm"):
        carried = protocol_time(calibrated_collective(system, operation, gpus=8).protocols, sizes)
        own = protocol_time(measured_collective(system, operation, gpus=8).protocols, sizes)
        assert low <= np.min(carried / own)
        assert np.max(carried / own) <= high


def test_an_all_to_all_takes_as_long_as_the_same_bytes_per_gpu_in_the_measured_group():
    lines = measured_collective("gb200", "all_to_all", gpus=4).protocols
    carried = protocol_time(calibrated_collective("gb200", "all_to_all", gpus=72).protocols, 72e6)
    # 71 MB leave each GPU of 72; the window of sizes is the library's and stays
    simple = lines[-1]
    assert carried == pytest.approx(simple.startup + simple.per_byte * 71e6 / 0.75)


def test_half_the_bandwidth_doubles_the_slopes_and_leaves_the_startups():
    full = calibrated_collective("gb200", "all_gather", gpus=72)
    half = calibrated_collective("gb200", "all_gather", gpus=72, bandwidth=450e9)
    assert half.extrapolated
    for ours, line in zip(half.protocols, full.protocols, strict=True):
        assert ours.per_byte == pytest.approx(2 * line.per_byte)
        assert ours.startup == line.startup


def test_an_all_reduce_of_an_nvl72_is_never_slower_than_in_its_switches():
    found = protocol_time(calibrated_collective("gb200", "all_reduce", gpus=72).protocols, SIZES)
    switches = collective_time("all_reduce", measured_in_network(), SIZES, algorithm="in_network").total
    assert np.all(found <= switches * (1 + 1e-12))
    assert found[SIZES == 2**30] == pytest.approx(3108.8e-6, rel=0.02)  # CoreWeave, 1 GiB, NCCL 2.26
    assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"system": "gb400", "gpus": 8}, "system = 'gb400': must be one of b200_sxm"),
        ({"system": "gb200", "gpus": 1}, "gpus = 1: must be at least 2"),
        ({"system": "gb200", "gpus": 8, "bandwidth": 0.0}, "bandwidth = 0.0: must be > 0 B/s"),
        ({"system": "gb200", "gpus": 8, "dtype": "fp4"}, "dtype = 'fp4': not measured; there is half, int8"),
    ],
)
def test_what_was_not_measured_is_refused_by_name(arguments, message):
    system = arguments.pop("system")
    with pytest.raises(ValueError, match=message):
        calibrated_collective(system, "all_to_all", **arguments)


def test_the_measured_bandwidth_is_that_of_the_generation():
    assert [measured_bandwidth(system) / 1e9 for system in measured_systems()] == [900, 900, 450, 450]
