"""Measured times of collectives and expert kernels, read from the tables they were published in.

Contract: seconds, decimal bytes, names of the leaf (all_to_all, not alltoall); points in ascending size.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from topology.expert import expert_bytes, expert_token_bytes
from topology.fabric import Array

EXPERT_FILE = "gb200_nvl72_expert_alltoall.csv"


class Series(NamedTuple):
    """Times of one operation over message sizes."""

    system: str
    """Such as b200_sxm."""
    operation: str
    """Such as all_to_all."""
    dtype: str
    """As nccl-tests names it."""
    gpus: int
    """Ranks."""
    sizes: Array
    """(n,) ascending [B]."""
    times: Array
    """(n,) [s]."""


def read_nccl(folder: Path) -> list[Series]:
    """Read the series of every `*_nccl.csv`.

    Parameters
    ----------
    folder : Path
        Columns op_name, nccl_dtype, num_gpus, message_bytes, latency_us, system.

    Returns
    -------
    list of Series
        Sorted by system, operation, type and ranks.

    References
    ----------
    Derived: the file's own columns.
    """
    points: dict[tuple[str, str, str, int], dict[int, float]] = defaultdict(dict)
    for path in sorted(folder.glob("*_nccl.csv")):
        for line in _lines(path):
            operation = line["op_name"].replace("alltoall", "all_to_all")
            key = line["system"], operation, line["nccl_dtype"], int(line["num_gpus"])
            points[key][int(line["message_bytes"])] = 1e-6 * float(line["latency_us"])
    return [Series(*key, *_columns(found)) for key, found in sorted(points.items())]


def read_expert(folder: Path) -> dict[tuple[str, str, str], dict[tuple[int, int], float]]:
    """Read the times of expert dispatch and combine.

    Parameters
    ----------
    folder : Path
        Holds the file of expert kernels.

    Returns
    -------
    dict
        Operation, kernel and type to (tokens, ranks) to time [s]; `prepare` is left out.

    References
    ----------
    Derived: the file's own columns.
    """
    found: dict[tuple[str, str, str], dict[tuple[int, int], float]] = defaultdict(dict)
    for line in _lines(folder / EXPERT_FILE):
        operation = line["op_name"].removeprefix("alltoall_")
        if operation != "prepare":
            point = int(line["num_tokens"]), int(line["moe_ep_size"])
            found[operation, line["kernel_source"], line["moe_dtype"]][point] = 1e-6 * float(line["latency_us"])
    return dict(sorted(found.items()))


def expert_columns(operation: str, dtype: str, points: Mapping[tuple[int, int], float]) -> tuple[Array, Array, Array]:
    """Turn points into columns.

    Parameters
    ----------
    operation, dtype : str
        As `expert_token_bytes` takes them.
    points : mapping
        (tokens, ranks) to time [s].

    Returns
    -------
    size, gpus, time : (n,)
        Bytes each GPU sends [B], ranks [1], time [s].

    References
    ----------
    Derived: `expert_bytes`.
    """
    tokens, gpus = np.array(list(points), np.float64).T
    token_bytes = expert_token_bytes(operation, dtype, hidden=7168)
    return expert_bytes(tokens, gpus, token_bytes=token_bytes), gpus, np.array(list(points.values()))


def _columns(points: Mapping[int, float]) -> tuple[Array, Array]:
    sizes = sorted(points)
    return np.array(sizes, np.float64), np.array([points[size] for size in sizes])


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
