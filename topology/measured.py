"""Coefficients that ship with the leaf: measured collectives, latency laws of systems, expert kernels.

Contract: read once from `data/*.json`, which `topology.calibrate` makes; each file says where its data come from and
what its errors were measured on. Nothing here guesses: what was not measured is refused, with what there is.
"""

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from topology.algorithms import Operation
from topology.collectives import Tier
from topology.expert import ExpertLaw
from topology.protocols import Protocol


class Measured(NamedTuple):
    """A measured collective: its protocols, the sizes they were fitted on, and how far held-out sizes lie."""

    protocols: tuple[Protocol, ...]
    """For `topology.protocols.protocol_time`; LL, LL128, Simple in the order of sizes, by assumption."""
    smallest: float
    """Smallest size measured [B]."""
    largest: float
    """Largest size measured [B]; beyond it the last line is drawn on."""
    mean_error: float
    """Mean relative deviation, each size predicted from the others [1]."""
    worst_error: float
    """Largest of them [1]."""


def measured_systems() -> tuple[str, ...]:
    """Systems with measured collectives.

    Returns
    -------
    tuple of names

    References
    ----------
    ai-dynamo/aiconfigurator, nccl-tests 2.29.2.

    Examples
    --------
    >>> measured_systems()
    ('b200_sxm', 'gb200', 'h100_sxm', 'h200_sxm')
    """
    return tuple(_data("nccl")["systems"])


def measured_groups(system: str) -> tuple[int, ...]:
    """Group sizes of a system whose collectives were measured.

    Parameters
    ----------
    system : one of `measured_systems()`

    Returns
    -------
    tuple of int, ascending

    Raises
    ------
    ValueError
        if the system was not measured

    References
    ----------
    ai-dynamo/aiconfigurator, nccl-tests 2.29.2.

    Examples
    --------
    >>> measured_groups("gb200")
    (2, 4)
    """
    _law(system)
    return tuple(sorted({row["gpus"] for row in _data("nccl")["series"] if row["system"] == system}))


def measured_bandwidth(system: str) -> float:
    """Bandwidth of one GPU per direction on which a system was measured.

    Parameters
    ----------
    system : one of `measured_systems()`

    Returns
    -------
    bandwidth [B/s]

    Raises
    ------
    ValueError
        if the system was not measured

    References
    ----------
    Vendor sheets: NVLink 4 450 GB/s, NVLink 5 900 GB/s.

    Examples
    --------
    >>> measured_bandwidth("h100_sxm") / 1e9
    450.0
    """
    return float(_law(system)["bandwidth"])


def measured_collective(system: str, operation: Operation, *, gpus: int, dtype: str = "half") -> Measured:
    """Protocols of one measured collective.

    Parameters
    ----------
    system : one of `measured_systems()`
    operation : "all_reduce", "all_gather", "reduce_scatter" or "all_to_all"
    gpus : ranks of one node: 2, 4 or 8 (gb200: 2 or 4)
    dtype : "half" or "int8", as nccl-tests names them

    Returns
    -------
    Measured

    Raises
    ------
    ValueError
        if this was not measured; the message says what was

    Notes
    -----
    For other group sizes take `measured_tier` and `topology.collectives.collective_time` or
    `topology.protocols.nccl_protocols`: a model, not a fit.

    References
    ----------
    ai-dynamo/aiconfigurator, nccl-tests 2.29.2, one node, out-of-place; fitted by `topology.calibrate`.

    Examples
    --------
    >>> from topology.protocols import bus_bandwidth, protocol_time
    >>> found = measured_collective("b200_sxm", "all_reduce", gpus=8)
    >>> time = protocol_time(found.protocols, 2**29)
    >>> round(float(bus_bandwidth("all_reduce", 8, 2**29, time)) / 1e9)
    702
    """
    key = {"system": system, "operation": operation, "gpus": gpus, "dtype": dtype}
    row = _chosen(_data("nccl")["series"], key)
    protocols = tuple(
        Protocol(name, startup, per_byte, above, math.inf if below is None else below)
        for name, startup, per_byte, above, below in row["protocols"]
    )
    return Measured(protocols, row["smallest"], row["largest"], row["mean_error"], row["worst_error"])


def measured_tier(system: str, *, gpus: int) -> Tier:
    """Latency and efficiency of a system's NVLink, for any group of its GPUs.

    Parameters
    ----------
    system : one of `measured_systems()`
    gpus : members, at least 1

    Returns
    -------
    Tier

    Raises
    ------
    ValueError
        if the system was not measured

    Notes
    -----
    Launch and step latency follow from all-gather, reduce-scatter and all-reduce of at most 2 KiB on 2 to 8 GPUs, a
    ring of launch + steps * (hardware + protocol), which predicts a group left out within 3 to 5 % in the mean.
    Hardware is measured on GB200 (0.792 us), taken for B200 and assumed on the rest (0.5 us). Efficiency is that of an
    all-gather of 512 MiB on the largest group; smaller groups reach less.

    References
    ----------
    ai-dynamo/aiconfigurator, nccl-tests 2.29.2; arXiv 2607.16100 (one-way store through the switch, GB200).

    Examples
    --------
    >>> tier = measured_tier("b200_sxm", gpus=8)
    >>> round(tier.launch * 1e6, 1), round((tier.hardware + tier.protocol) * 1e6, 2), round(tier.efficiency, 2)
    (7.6, 1.26, 0.71)
    """
    law = _law(system)
    return Tier(
        gpus=gpus,
        bandwidth=law["bandwidth"],
        efficiency=law["efficiency"],
        hardware=law["hardware"],
        protocol=law["step"] - law["hardware"],
        launch=law["launch"],
    )


def measured_in_network() -> Tier:
    """All-reduce in the switches of an NVL72, at gibibytes.

    Returns
    -------
    Tier, 72 GPUs

    Notes
    -----
    Fitted on 1 GiB and 8 GiB. What stands as launch is the startup of the line through them, 653 us: it holds how a
    large call ramps up, not the latency of a small one, so below 1 GiB these times are too long.

    References
    ----------
    CoreWeave, nccl-tests log of NCCL 2.26 (2025), all-reduce fp32, 72 GPUs.

    Examples
    --------
    >>> from topology.collectives import collective_time
    >>> time = collective_time("all_reduce", measured_in_network(), 2 * 2**30, algorithm="in_network").total
    >>> round(float(time) * 1e6)
    5565
    """
    law = _data("in_network")
    return Tier(
        gpus=law["gpus"],
        bandwidth=law["bandwidth"],
        efficiency=law["efficiency"],
        hardware=0.0,
        protocol=0.0,
        launch=law["startup"],
    )


def measured_expert(operation: str, *, kernel: str, dtype: str) -> ExpertLaw:
    """Law of an expert dispatch or combine on an NVL72.

    Parameters
    ----------
    operation : "dispatch", "combine" or "combine_low_precision"
    kernel : "NVLinkOneSided" or "NVLinkTwoSided"
    dtype : "bfloat16", "fp8" or "nvfp4", type of the experts

    Returns
    -------
    ExpertLaw, for groups of 2 and more

    Raises
    ------
    ValueError
        if this was not measured; the message says what was

    Notes
    -----
    Fitted on groups of 8 and 16 (2 and 4 have lines of their own); groups of 32 are predicted within 5 % in the mean
    for the two-sided kernels, within 4 % from 1 024 tokens and 10 % over all for the one-sided ones.

    References
    ----------
    ai-dynamo/aiconfigurator, GB200 NVL72, hidden size 7 168, 8 of 256 experts; fitted by `topology.calibrate`.

    Examples
    --------
    >>> from topology.expert import expert_bytes, expert_time, expert_token_bytes
    >>> law = measured_expert("dispatch", kernel="NVLinkTwoSided", dtype="fp8")
    >>> sent = expert_bytes(4096, 32, token_bytes=expert_token_bytes("dispatch", "fp8", hidden=7168))
    >>> round(float(expert_time(law, sent, 32)) * 1e6)  # measured: 428 us
    418
    """
    row = _chosen(_data("expert")["laws"], {"operation": operation, "kernel": kernel, "dtype": dtype})
    return ExpertLaw(tuple(row["gpus"]), tuple(row["startup"]), tuple(row["per_byte"]), row["startup_per_doubling"])


@cache
def _data(name: str) -> Any:
    return json.loads(files("topology").joinpath("data", f"{name}.json").read_text(encoding="utf-8"))


def _law(system: str) -> dict[str, Any]:
    systems: dict[str, dict[str, Any]] = _data("nccl")["systems"]
    if system not in systems:
        raise ValueError(f"system = {system!r}: must be one of {', '.join(systems)}")
    return systems[system]


def _chosen(rows: list[dict[str, Any]], key: dict[str, Any]) -> dict[str, Any]:
    """Return the row with this key, or raise ValueError naming the first part of it that no row has."""
    left = rows
    for name, value in key.items():
        if not (found := [row for row in left if row[name] == value]):
            known = ", ".join(dict.fromkeys(str(row[name]) for row in left))
            raise ValueError(f"{name} = {value!r}: not measured; there is {known}")
        left = found
    return left[0]
