"""Time of expert dispatch and combine, the all-to-all of a mixture of experts, by a law in bytes and GPUs.

Contract: t = startup(n) + per_byte(n) * bytes sent per GPU; decimal bytes. A token goes to `top_k` experts on as many
different GPUs, at most to each of the n GPUs once; what stays on the GPU is not sent. Preparing the exchange (counting
and sorting tokens) is not part of it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from topology.fabric import Array

_WIDTH: dict[str, float] = {"bfloat16": 2.0, "fp8": 1.0, "nvfp4": 1 / 2 + 1 / 16}


class ExpertLaw(NamedTuple):
    """Startup and slope of a dispatch or combine, over the number of GPUs."""

    gpus: tuple[int, ...]
    """Group sizes the law has values for, ascending; between them it is linear in log2 of the group."""
    startup: tuple[float, ...]
    """Time of an empty exchange at each [s]."""
    per_byte: tuple[float, ...]
    """Time per byte a GPU sends at each [s/B]; that of the last holds beyond."""
    startup_per_doubling: float
    """What each doubling beyond the last group adds to the startup [s]."""


def expert_token_bytes(operation: str, dtype: str, *, hidden: int) -> float:
    """Bytes of one token on the wire: dispatch in the type of the experts, combine in bfloat16.

    Parameters
    ----------
    operation : "dispatch", "combine" or "combine_low_precision"
    dtype : "bfloat16", "fp8" or "nvfp4"; nvfp4 carries one scale byte per 16 values
    hidden : values of one token, at least 1

    Returns
    -------
    bytes per token and destination [B]

    Raises
    ------
    ValueError
        if an argument is none of these

    Notes
    -----
    The low-precision combine is counted in bfloat16 bytes too, so that its law holds its compression.

    References
    ----------
    NVIDIA, TensorRT-LLM, mixture-of-experts communication kernels, as measured in ai-dynamo/aiconfigurator.

    Examples
    --------
    >>> expert_token_bytes("dispatch", "nvfp4", hidden=7168), expert_token_bytes("combine", "nvfp4", hidden=7168)
    (4032.0, 14336.0)
    """
    if dtype not in _WIDTH:
        raise ValueError(f"dtype = {dtype!r}: must be one of {', '.join(_WIDTH)}")
    if operation not in ("dispatch", "combine", "combine_low_precision"):
        raise ValueError(f"operation = {operation!r}: must be dispatch, combine or combine_low_precision")
    if hidden < 1:
        raise ValueError(f"hidden = {hidden}: must be at least 1")
    return hidden * (_WIDTH[dtype] if operation == "dispatch" else 2.0)


def expert_bytes(tokens: ArrayLike, gpus: ArrayLike, *, token_bytes: ArrayLike, top_k: int = 8) -> Array:
    """Bytes each GPU sends: tokens * token_bytes * min(top_k, n) * (n - 1) / n.

    Parameters
    ----------
    tokens : (...), tokens of one GPU [1]
    gpus : (...), GPUs the experts are spread over, at least 1 [1]
    token_bytes : (...), bytes of one token [B]
    top_k : experts of each token, at least 1

    Returns
    -------
    (...), bytes [B]

    Raises
    ------
    ValueError
        if tokens or token_bytes are negative, or gpus or top_k less than 1

    Notes
    -----
    Experts chosen evenly, each on another GPU as long as there are GPUs; `topology.traffic.expert_dispatch` has skew.

    References
    ----------
    DeepSeek-AI, 2024, DeepSeek-V3 technical report, section 4.2 (8 of 256 experts); counting derived.

    Examples
    --------
    >>> float(expert_bytes(1024, 32, token_bytes=14336)) / 1e6
    113.770496
    """
    count, n, size = (np.asarray(value, np.float64) for value in (tokens, gpus, token_bytes))
    if not (np.all(count >= 0) and np.all(size >= 0)):
        raise ValueError(f"tokens, token_bytes = {np.min(count):g}, {np.min(size):g} B: must be >= 0")
    if not np.all(n >= 1) or top_k < 1:
        raise ValueError(f"gpus, top_k = {np.min(n):g}, {top_k}: must be at least 1")
    return np.asarray(count * size * np.minimum(top_k, n) * (n - 1) / n)


def expert_time(law: ExpertLaw, bytes_sent: ArrayLike, gpus: ArrayLike) -> Array:
    """Time of a dispatch or combine, startup(n) + per_byte(n) * bytes sent per GPU.

    Parameters
    ----------
    law : ExpertLaw, such as those of `topology.measured.measured_expert`
    bytes_sent : (...), bytes each GPU sends, of `expert_bytes` [B]
    gpus : (...), GPUs of the group, at least the law's smallest [1]

    Returns
    -------
    (...), time of the kernel [s]

    Raises
    ------
    ValueError
        if bytes are negative or a group is smaller than the law's smallest

    References
    ----------
    Hockney, 1994, Parallel Computing 20 (startup + bytes / bandwidth).

    Examples
    --------
    >>> law = ExpertLaw(gpus=(8,), startup=(12e-6,), per_byte=(2e-12,), startup_per_doubling=1e-6)
    >>> round(float(expert_time(law, 1e8, 32)) * 1e6, 6)
    214.0
    """
    size, n = np.asarray(bytes_sent, np.float64), np.asarray(gpus, np.float64)
    if not np.all(size >= 0):
        raise ValueError(f"bytes_sent = {np.min(size):g}: must be >= 0 B")
    if not np.all(n >= law.gpus[0]):
        raise ValueError(f"gpus = {np.min(n):g}: the law begins at {law.gpus[0]}")
    doublings, known = np.log2(n), np.log2(np.array(law.gpus))
    beyond = np.maximum(doublings - known[-1], 0.0)
    startup = np.interp(doublings, known, law.startup) + beyond * law.startup_per_doubling
    return np.asarray(startup + np.interp(doublings, known, law.per_byte) * size)
