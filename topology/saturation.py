"""Saturation: which fraction of a demand all pairs can be served at the same time (maximum concurrent flow).

Contract: `demand[..., i, j]` goes from GPU i to GPU j [B/s]; the answer lambda means that lambda * demand
fits, every pair served in the same proportion; at or above 1 the whole demand fits. Three answers, in falling
order: the cut around each GPU (an upper bound), the linear program (the best split), the fixed even split.
"""

from typing import Any

import numpy as np

from topology.bandwidth import bandwidth_per_gpu
from topology.checks import DidNotConverge
from topology.fabric import Array, Fabric, Indices, capacity_matrix
from topology.routing import checked_split, checked_traffic, even_split_loads, utilization


def concurrent_rate(fabric: Fabric, demand: Array) -> Array:
    """Saturation by the cut around each GPU: min over i of C_i / max(sum_j T_ij, sum_j T_ji).

    Parameters
    ----------
    fabric : Fabric
    demand : (..., gpus, gpus), from GPU i to GPU j, diagonal 0 [B/s]

    Returns
    -------
    (...), largest fraction of the demand that fits, an upper bound [1]

    Raises
    ------
    ValueError
        if the demand has a wrong shape, a negative value, something on its diagonal, or is zero everywhere

    Notes
    -----
    Attained for any demand where all GPUs are wired equally, because the split in proportion to the links
    then loads all links of a GPU alike. With a few failed links it is attained when the other planes have
    room to take what the broken ones lose, as in uniform traffic on an NVL72 with five failed links;
    `concurrent_rate_lp` decides.

    References
    ----------
    Derived: cut condition of Shahrokhi and Matula, 1990, Journal of the ACM 37, for cuts around single nodes.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> round(float(concurrent_rate(nvl72, 1e9 * (1 - np.eye(72)))), 4)
    12.6761
    """
    wanted = _positive(checked_traffic(fabric, demand))
    busier = np.maximum(wanted.sum(axis=-1), wanted.sum(axis=-2))
    return 1 / (busier / bandwidth_per_gpu(fabric)).max(axis=-1)


def concurrent_rate_even(fabric: Fabric, demand: Array) -> Array:
    """Saturation under the even split over planes: 1 / max over links of utilization.

    Parameters
    ----------
    fabric : Fabric
    demand : (..., gpus, gpus), from GPU i to GPU j, diagonal 0 [B/s]

    Returns
    -------
    (...), largest fraction of the demand that fits [1]

    Raises
    ------
    ValueError
        as `concurrent_rate` does, and if demand goes between two GPUs that no plane joins

    References
    ----------
    Derived: loads are linear in the demand.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> round(float(concurrent_rate_even(nvl72, 1e9 * (1 - np.eye(72)))), 4)
    12.6761
    """
    loads = even_split_loads(fabric, _positive(checked_traffic(fabric, demand)))
    return 1 / utilization(fabric, loads).max(axis=-1)


def concurrent_rate_lp(fabric: Fabric, demand: Array) -> float:
    """Saturation under the best split, by linear programming over the paths.

    max lambda such that sum_k x_ijk = lambda T_ij, sum_j x_ijk <= C_ik, sum_i x_ijk <= C_jk, x >= 0.

    Parameters
    ----------
    fabric : Fabric
    demand : (gpus, gpus), from GPU i to GPU j, diagonal 0 [B/s]

    Returns
    -------
    largest fraction of the demand that fits, exact [1]

    Raises
    ------
    ValueError
        as `concurrent_rate_even` does, and if demand carries a batch axis
    DidNotConverge
        if the solver stops without an optimum

    Notes
    -----
    One variable per ordered pair and common plane; parallel links are one capacity. 72 GPUs x 18 planes are
    92 016 variables.

    References
    ----------
    Shahrokhi and Matula, 1990, Journal of the ACM 37 (maximum concurrent flow); solver: HiGHS (Huangfu and
    Hall, 2018).

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=8, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> eight = compile_fabric(nvlink_rack(nvlink))
    >>> round(concurrent_rate_lp(eight, 1e9 * (1 - np.eye(8))), 3)
    128.571
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, hstack, vstack

    if np.ndim(demand) != 2:
        raise ValueError(f"demand: {np.ndim(demand)} axes, must be 2; give one demand at a time")
    weights, wanted = checked_split(fabric, _positive(checked_traffic(fabric, demand)))
    capacity = capacity_matrix(fabric)
    source, destination, plane = np.nonzero((wanted > 0)[..., None] & (weights > 0))
    pair = np.ravel_multi_index((source, destination), wanted.shape)
    up, down = (np.ravel_multi_index((gpu, plane), capacity.shape) for gpu in (source, destination))

    def paths_of(row: Indices, rows: int) -> Any:
        return coo_array((np.ones(row.size), (row, np.arange(row.size))), shape=(rows, row.size))

    used = vstack([paths_of(up, capacity.size), paths_of(down, capacity.size)])
    demand_unit, capacity_unit = wanted.max(), capacity.max()
    found = linprog(
        np.append(np.zeros(pair.size), -1.0),
        A_ub=hstack([used, coo_array((2 * capacity.size, 1))]),
        b_ub=np.tile(capacity.ravel() / capacity_unit, 2),
        A_eq=hstack([paths_of(pair, wanted.size), coo_array(-wanted.reshape(-1, 1) / demand_unit)]),
        b_eq=np.zeros(wanted.size),
        method="highs-ipm",
    )
    if not found.success:
        raise DidNotConverge(f"concurrent_rate_lp: {found.message}; take fewer GPUs, or concurrent_rate")
    return float(-found.fun * capacity_unit / demand_unit)


def _positive(demand: Array) -> Array:
    if not demand.any(axis=(-1, -2)).all():
        raise ValueError("demand: zero everywhere, so any multiple of it fits; give a pair some traffic")
    return demand
