"""Bandwidth of a fabric: per GPU, aggregate and bisection, in closed form.

Contract: pure functions of a `Fabric`; each figure is per direction unless its name says bidirectional;
decimal bytes per second. GPUs never forward traffic, so in a one-tier fabric every path is GPU -> ASIC ->
GPU.
"""

import numpy as np

from topology.fabric import Array, Fabric, capacity_matrix

_MOST_CLASSES = 18  # 2**18 sign patterns, about a second
_BLOCK = 4096  # patterns at a time, which bounds the memory


def bandwidth_per_gpu(fabric: Fabric) -> Array:
    """Bandwidth of each GPU, the sum of its links.

    Parameters
    ----------
    fabric : Fabric

    Returns
    -------
    (gpus,), per direction [B/s]

    References
    ----------
    Derived: sum over links.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvl72 = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                medium="copper", generation=5)
    >>> float(bandwidth_per_gpu(compile_fabric(nvlink_rack(nvl72))).min())
    900000000000.0
    """
    return np.bincount(fabric.gpu, fabric.bandwidth, len(fabric.gpus)).astype(np.float64, copy=False)


def bandwidth_aggregate_bidirectional(fabric: Fabric) -> float:
    """Bandwidth of all GPUs together, both directions added: 2 * sum of the links.

    Parameters
    ----------
    fabric : Fabric

    Returns
    -------
    bandwidth, bidirectional [B/s]

    References
    ----------
    Derived: sum over links; the "130 TB/s" of an NVL72 is 129.6 TB/s of it.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvl72 = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                medium="copper", generation=5)
    >>> bandwidth_aggregate_bidirectional(compile_fabric(nvlink_rack(nvl72))) / 1e12
    129.6
    """
    return 2 * float(fabric.bandwidth.sum())


def bandwidth_bisection(fabric: Fabric) -> float:
    """Bisection bandwidth: the least max-flow between two halves of the GPUs.

    B = min over halves A of sum_k min(a_k, T_k - a_k): the ASICs are free to sit on either side, so through
    ASIC k flows the lesser of what half A, a_k = sum over i in A of C_ik, and the rest, T_k - a_k, can send
    to it. With all GPUs wired equally B = (gpus // 2) * bandwidth of a GPU.

    Parameters
    ----------
    fabric : Fabric

    Returns
    -------
    bandwidth, exact, per direction [B/s]

    Raises
    ------
    ValueError
        if more than 18 ASICs are wired in ways all different, where the exact method would take too long

    Notes
    -----
    Half A has gpus // 2 members. Since sum_k min(a_k, T_k - a_k) = sum_k (T_k - abs(2 a_k - T_k)) / 2, the
    least flow has the greatest sum_k s_k (2 a_k - T_k) over signs s and halves A; for given signs the best
    half is the gpus // 2 GPUs of largest score sum_k s_k C_ik. All sign patterns are tried, with one sign for
    all ASICs wired alike: an intact rack has one such class, and each ASIC with failed links of its own adds
    one. Beyond 18 classes `bandwidth_bisection_lower_bound` remains.

    References
    ----------
    Derived: minimal cut theorem (Ford and Fulkerson, 1956, Canadian Journal of Mathematics 8) on GPU -> ASIC
    -> GPU paths; maximum of a convex function by its supporting planes.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvl72 = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                medium="copper", generation=5)
    >>> bandwidth_bisection(compile_fabric(nvlink_rack(nvl72))) / 1e12
    32.4
    """
    columns, alike = np.unique(capacity_matrix(fabric), axis=1, return_counts=True)
    if (classes := alike.size) > _MOST_CLASSES:
        raise ValueError(
            f"fabric: {classes} ASICs wired in different ways, exact bisection takes at most {_MOST_CLASSES}"
            "; use bandwidth_bisection_lower_bound"
        )
    capacity = columns * alike
    total, gpus = capacity.sum(axis=0), len(fabric.gpus)
    half = gpus // 2
    spread = -np.inf
    for first in range(0, 2**classes, _BLOCK):
        pattern = np.arange(first, min(first + _BLOCK, 2**classes))[:, None]
        signs = 1.0 - 2.0 * (pattern >> np.arange(classes) & 1)
        best_half = np.sort(signs @ capacity.T, axis=1)[:, gpus - half :].sum(axis=1)
        spread = max(spread, float((2 * best_half - signs @ total).max()))
    return (float(total.sum()) - spread) / 2


def bandwidth_bisection_lower_bound(fabric: Fabric) -> float:
    """Lower bound of the bisection bandwidth: per ASIC its weakest half, sum_k of the gpus // 2 least C_ik.

    Parameters
    ----------
    fabric : Fabric

    Returns
    -------
    bandwidth, never above `bandwidth_bisection`, per direction [B/s]

    Notes
    -----
    Equal to the bisection when all GPUs are wired equally; below it by at most the lost bandwidth otherwise.

    References
    ----------
    Derived: the minimum of a sum is at least the sum of the minima.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvl72 = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2, asic_ports=72,
    ...                medium="copper", generation=5)
    >>> bandwidth_bisection_lower_bound(compile_fabric(nvlink_rack(nvl72))) / 1e12
    32.4
    """
    return float(np.sort(capacity_matrix(fabric), axis=0)[: len(fabric.gpus) // 2].sum())
