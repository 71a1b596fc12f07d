"""Collectives of any group on any bandwidth, carried on from the nearest group that was measured.

Contract: where the group itself was measured and has its bandwidth, the times are the fit to those measurements; else
they are extrapolated, and the result says from how many GPUs. Steps of a ring beyond those measured cost the measured
step latency; slopes follow the bytes of the busiest member and the bandwidth.
"""

import math
from typing import NamedTuple

from topology.algorithms import Algorithm, Operation, steps_and_share
from topology.measured import (
    measured_bandwidth,
    measured_collective,
    measured_groups,
    measured_in_network,
    measured_tier,
)
from topology.protocols import Protocol


class Calibrated(NamedTuple):
    """Lines of a collective, and what they rest on."""

    protocols: tuple[Protocol, ...]
    """For `topology.protocols.protocol_time`, size of the whole buffer."""
    measured_gpus: int
    """Group whose measurement they are carried on from [1]."""
    extrapolated: bool
    """True where group or bandwidth are not those of the measurement."""
    mean_error: float
    """Mean relative deviation of held-out sizes in the measured group [1]; that of the extrapolation is not in it."""


def calibrated_collective(
    system: str, operation: Operation, *, gpus: int, bandwidth: float | None = None, dtype: str = "half"
) -> Calibrated:
    """Lines of a collective for any group: startup + (steps - steps0) step, slope * share / share0 * C0 / C.

    Parameters
    ----------
    system : one of `topology.measured.measured_systems()`
    operation : "all_reduce", "all_gather", "reduce_scatter" or "all_to_all"
    gpus : members, at least 2
    bandwidth : of one GPU per direction, above 0; that of the system if absent [B/s]
    dtype : "half" or "int8"

    Returns
    -------
    Calibrated

    Raises
    ------
    ValueError
        if the system or operation was not measured, gpus is less than 2, or the bandwidth not above 0

    Notes
    -----
    Carried on from the largest measured group that is not larger, or the smallest. Groups of 8 carried on from groups
    of 4 lie between 0.77 and 1.42 times their own fit, all-to-alls between 0.80 and 1.24 (4 KiB to 512 MiB).
    All-reduce of 8 and more GPUs of an NVL72 (gb200) runs in the switches where that line, measured on 1 and 8 GiB, is
    below the ring's: from about half a gibibyte on.

    References
    ----------
    ai-dynamo/aiconfigurator, nccl-tests 2.29.2; CoreWeave, nccl-tests log of NCCL 2.26 (in the switches). Steps and
    shares: `topology.algorithms`.

    Examples
    --------
    >>> from topology.protocols import protocol_time
    >>> found = calibrated_collective("gb200", "all_to_all", gpus=72)
    >>> found.measured_gpus, round(float(protocol_time(found.protocols, 72e6)) * 1e6)
    (4, 166)
    """
    if gpus < 2:
        raise ValueError(f"gpus = {gpus}: must be at least 2 for a collective")
    if bandwidth is not None and not bandwidth > 0:
        raise ValueError(f"bandwidth = {bandwidth}: must be > 0 B/s")
    groups = measured_groups(system)
    near = max((n for n in groups if n <= gpus), default=groups[0])
    fit = measured_collective(system, operation, gpus=near, dtype=dtype)
    algorithm: Algorithm = "direct" if operation == "all_to_all" else "ring"
    (steps, share), (steps_near, share_near) = (steps_and_share(operation, n, algorithm) for n in (gpus, near))
    tier, own = measured_tier(system, gpus=gpus), measured_bandwidth(system)
    longer = (steps - steps_near) * (tier.hardware + tier.protocol)
    slower = share / share_near * own / (own if bandwidth is None else bandwidth)
    lines = [line._replace(startup=line.startup + longer, per_byte=line.per_byte * slower) for line in fit.protocols]
    if system == "gb200" and operation == "all_reduce" and gpus >= 8:
        lines.append(_in_network(gpus, own if bandwidth is None else bandwidth))
    extrapolated = near != gpus or not (bandwidth is None or math.isclose(bandwidth, own))
    return Calibrated(tuple(lines), near, extrapolated, fit.mean_error)


def _in_network(gpus: int, bandwidth: float) -> Protocol:
    law = measured_in_network()
    share = steps_and_share("all_reduce", gpus, "in_network")[1]
    return Protocol("in_network", law.launch, share / (law.efficiency * bandwidth))
