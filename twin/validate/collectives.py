"""Collective rows: nccl-tests on one node, expert exchange on an NVL72, all-reduce over racks."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from topology.calibrate import HELD_OUT, NEAR, expert_errors, fit_expert
from topology.collectives import Tier, hierarchical_time
from topology.fit import leave_one_out
from topology.measured import measured_in_network
from topology.measurements import EXPERT_FILE, Series, read_expert, read_nccl
from twin.validate.row import Allowed, Row, printed, row, skipped

_FOLDER = "network"
_NCCL = "nccl-tests 2.29.2 (ai-dynamo/aiconfigurator); each size predicted from the others of its series"
_EXPERT = f"ai-dynamo/aiconfigurator; fitted on groups of 8 and 16, groups of {HELD_OUT} predicted"
_ALL_REDUCE = "CoreWeave, nccl-tests log, NCCL 2.26, fp32; line through 1 and 8 GiB at 72 GPUs, the rest predicted"
#: Racks, GiB, measured µs; 8 GiB at one rack is part of the fit.
_MEASURED = ((1, 2, 5589.1), (1, 4, 10_094.0), (1, 8, 20_299.0), (2, 16, 42_067.0))
_RAIL = {"bandwidth": 50e9, "efficiency": 0.95, "hardware": 2e-6, "protocol": 3e-6, "launch": 8e-6}


def n5(reference: Path | None) -> list[Row]:
    """Return the mean deviation by system, the share of points far out, and these points by name."""
    series = read_nccl(reference / _FOLDER) if reference else []
    if not series:
        return [skipped(("N5", "collectives of nccl-tests on one node"), f"needs --reference DIR with {_FOLDER}")]
    predicted = [leave_one_out(one.sizes, one.times) for one in series]
    errors = [found / one.times - 1 for one, found in zip(series, predicted, strict=True)]
    rows = [
        row(("N5", f"{system}, mean deviation"), 100 * _mean(group), 0.0, "%", Allowed(10.0), _NCCL)
        for system, group in groupby(zip(series, errors, strict=True), lambda pair: pair[0].system)
    ]
    outside = 100 * float(np.mean(np.abs(np.concatenate(errors)) > NEAR))
    rows.append(row(("N5", "points farther than 25 %"), outside, 0.0, "%", Allowed(3.0), _NCCL))
    for one, found, error in zip(series, predicted, errors, strict=True):
        rows += _named(one, found, error)
    return rows


def _mean(group: Iterable[tuple[Series, NDArray[np.float64]]]) -> float:
    return float(np.mean(np.abs(np.concatenate([error for _, error in group]))))


def _named(series: Series, predicted: NDArray[np.float64], error: NDArray[np.float64]) -> list[Row]:
    """Return the points of a series farther than 25 %, and the series if its mean is beyond 10 %."""
    name = f"{series.system} {series.operation} {series.dtype} n={series.gpus}"
    rows = [
        printed(("N5", f"out: {name}, {series.sizes[i]:.0f} B"), 1e6 * predicted[i], 1e6 * series.times[i], "µs", _NCCL)
        for i in np.flatnonzero(np.abs(error) > NEAR)
    ]
    if (mean := float(np.abs(error).mean())) > 0.1:
        rows.append(printed(("N5", f"out: {name}, series, mean deviation"), 100 * mean, 0.0, "%", _NCCL))
    return rows


def n6(reference: Path | None) -> list[Row]:
    """Return the mean deviation of each expert kernel on groups that were not fitted."""
    if reference is None or not (reference / _FOLDER / EXPERT_FILE).is_file():
        return [skipped(("N6", "expert dispatch and combine on an NVL72"), f"needs --reference DIR with {EXPERT_FILE}")]
    rows = []
    for (operation, kernel, dtype), points in read_expert(reference / _FOLDER).items():
        everywhere, large = expert_errors(fit_expert(operation, dtype, points), operation, dtype, points)
        name = f"{operation} {kernel} {dtype}, n={HELD_OUT}"
        if kernel == "NVLinkOneSided":
            rows.append(row(("N6", f"{name}, >= 1024 tokens"), 100 * large, 0.0, "%", Allowed(5.0), _EXPERT))
        limit = Allowed(10.0 if kernel == "NVLinkOneSided" else 5.0)
        rows.append(row(("N6", f"{name}, mean deviation"), 100 * everywhere, 0.0, "%", limit, _EXPERT))
    return rows


def n7(reference: Path | None) -> list[Row]:
    """Return the all-reduce of one and two racks, and of twenty without a verdict."""
    rows = [
        row(
            ("N7", f"all-reduce, {72 * racks} GPUs, {size} GiB" + (" (fitted)" if (racks, size) == (1, 8) else "")),
            1e6 * _all_reduce(racks, size),
            measured,
            "µs",
            Allowed(0.1, relative=True),
            _ALL_REDUCE,
        )
        for racks, size, measured in _MEASURED
    ]
    apart = "the same two racks, one tier after the other (one chunk)"
    rows.append(printed(("N7", f"144 GPUs, 16 GiB, {apart}"), 1e6 * _all_reduce(2, 16, 1), 42_067.0, "µs", _ALL_REDUCE))
    return rows + [
        printed(
            ("N7", f"all-reduce, 1440 GPUs, {size} GiB (size unclear)"),
            1e6 * _all_reduce(20, size),
            84_625.0,
            "µs",
            _ALL_REDUCE,
        )
        for size in (16, 32)
    ]


def _all_reduce(racks: int, gibibytes: int, chunks: int = 8) -> float:
    """Return the time [s]: in the switches of each rack, a ring over 400 Gb/s rails of assumed efficiency between."""
    tiers: Sequence[Tier] = (measured_in_network(), Tier(gpus=racks, **_RAIL))
    found = hierarchical_time(
        "all_reduce", tiers, gibibytes * 2.0**30, algorithms=("in_network", "ring"), chunks=chunks
    )
    return float(found.total)
