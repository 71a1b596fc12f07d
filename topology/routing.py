"""Link loads of a traffic matrix under the even split over planes.

Contract: `traffic[..., i, j]` goes from GPU i to GPU j [B/s]; leading axes are a batch. "up" is GPU to ASIC,
"down" ASIC to GPU. The traffic of a pair splits over the planes in proportion to what both ends can carry
there, w_ijk = min(C_ik, C_jk) / sum_k min(C_ik, C_jk), and within a plane over the parallel links in
proportion to their bandwidth. On an intact K(n, m) that is even. Loads may exceed the bandwidth: they are
what is asked for, not what gets through.
"""

from typing import NamedTuple

import numpy as np

from topology.fabric import Array, Fabric, capacity_matrix


class LinkLoads(NamedTuple):
    """Load of each link, per direction."""

    up: Array
    """(..., links) from GPU to ASIC [B/s]."""
    down: Array
    """(..., links) from ASIC to GPU [B/s]."""


class SourceOperator(NamedTuple):
    """Load of each link per unit of a factor on each source: load = operator @ factor."""

    up: Array
    """(..., links, gpus) from GPU to ASIC [B/s]."""
    down: Array
    """(..., links, gpus) from ASIC to GPU [B/s]."""


def plane_weights(fabric: Fabric) -> Array:
    """Share of each plane in the traffic of each pair, w_ijk = min(C_ik, C_jk) / sum_k min(C_ik, C_jk).

    Parameters
    ----------
    fabric : Fabric

    Returns
    -------
    (gpus, gpus, asics), sums to 1 over the planes, to 0 where a pair has no plane in common [1]

    References
    ----------
    Derived: proportional split; even (1 / asics) where all links are equal.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=8, asics=4, links_to_asic=(5, 4, 4, 5), link_bandwidth=25e9, lanes_per_link=2,
    ...                 asic_ports=64, medium="board", generation=4)
    >>> hgx = compile_fabric(nvlink_rack(nvlink))
    >>> (18 * plane_weights(hgx)[0, 1]).tolist()
    [5.0, 4.0, 4.0, 5.0]
    """
    capacity = capacity_matrix(fabric)
    joint = np.minimum(capacity[:, None], capacity)
    total = joint.sum(axis=-1, keepdims=True)
    return np.divide(joint, total, out=np.zeros_like(joint), where=total > 0)


def even_split_loads(fabric: Fabric, traffic: Array) -> LinkLoads:
    """Loads of all links: up_ik = sum_j T_ij w_ijk, down_jk = sum_i T_ij w_ijk, shared by parallel links.

    Parameters
    ----------
    fabric : Fabric
    traffic : (..., gpus, gpus), from GPU i to GPU j, diagonal 0 [B/s]

    Returns
    -------
    LinkLoads, up and down (..., links) [B/s]

    Raises
    ------
    ValueError
        if traffic has a wrong shape, a negative or undefined value, something on its diagonal, or goes
        between two GPUs that no plane joins

    Notes
    -----
    A fixed split: it does not react to load. `topology.saturation` tells how far that is from the best split.

    References
    ----------
    Derived: conservation; sum of up = sum of down = sum of traffic.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack, uniform
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> loads = even_split_loads(nvl72, 450e9 * uniform(72))
    >>> round(float(loads.up.max()) / 1e9, 9), round(float(loads.down.min()) / 1e9, 9)
    (25.0, 25.0)
    """
    weights, demand = checked_split(fabric, traffic)
    share = _share_of_parallel(fabric)
    up = np.einsum("...ij,ijk->...ik", demand, weights)[..., fabric.gpu, fabric.asic]
    down = np.einsum("...ij,ijk->...jk", demand, weights)[..., fabric.gpu, fabric.asic]
    return LinkLoads(up * share, down * share)


def source_operator(fabric: Fabric, traffic: Array) -> SourceOperator:
    """Matrices that turn a factor per source into link loads: T'_ij = f_i T_ij gives up = U f, down = D f.

    Parameters
    ----------
    fabric : Fabric
    traffic : (..., gpus, gpus), from GPU i to GPU j at f = 1, diagonal 0 [B/s]

    Returns
    -------
    SourceOperator, up and down (..., links, gpus) [B/s]

    Raises
    ------
    ValueError
        as `even_split_loads` does

    References
    ----------
    Derived: loads are linear in the traffic.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack, uniform
    >>> nvlink = Nvlink(gpus=2, asics=2, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=2, medium="copper", generation=5)
    >>> pair = compile_fabric(nvlink_rack(nvlink))
    >>> (source_operator(pair, 60e9 * uniform(2)).down @ [1.0, 0.5]).tolist()
    [15000000000.0, 15000000000.0, 30000000000.0, 30000000000.0]
    """
    weights, demand = checked_split(fabric, traffic)
    share = _share_of_parallel(fabric)[:, None]
    sent = np.einsum("...ij,ijk->...ik", demand, weights)[..., fabric.gpu, fabric.asic]
    own = fabric.gpu[:, None] == np.arange(len(fabric.gpus))
    to_link = np.swapaxes(demand[..., fabric.gpu] * weights[:, fabric.gpu, fabric.asic], -1, -2)
    return SourceOperator(sent[..., None] * own * share, to_link * share)


def asic_operator(fabric: Fabric, traffic: Array) -> Array:
    """Matrix from a factor per source to the bytes per second each ASIC forwards, A_ki = sum_j T_ij w_ijk.

    Parameters
    ----------
    fabric : Fabric
    traffic : (..., gpus, gpus), from GPU i to GPU j at f = 1, diagonal 0 [B/s]

    Returns
    -------
    (..., asics, gpus), each byte counted once [B/s]

    Raises
    ------
    ValueError
        as `even_split_loads` does

    References
    ----------
    Derived: loads are linear in the traffic.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack, uniform
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> round(float(asic_operator(nvl72, 900e9 * uniform(72)).sum(axis=1)[0]) / 1e12, 9)
    3.6
    """
    weights, demand = checked_split(fabric, traffic)
    return np.einsum("...ij,ijk->...ki", demand, weights)


def utilization(fabric: Fabric, loads: LinkLoads) -> Array:
    """Utilization of each link, max(up, down) / bandwidth.

    Parameters
    ----------
    fabric : Fabric
    loads : LinkLoads, up and down (..., links) [B/s]

    Returns
    -------
    (..., links), of the busier direction; above 1 more is asked for than the link carries [1]

    References
    ----------
    Derived: definition.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack, uniform
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> round(float(utilization(nvl72, even_split_loads(nvl72, 450e9 * uniform(72))).max()), 12)
    0.5
    """
    return np.maximum(loads.up, loads.down) / fabric.bandwidth


def checked_traffic(fabric: Fabric, traffic: Array) -> Array:
    """Return the traffic as floats, or raise ValueError naming its shape or the first pair that is wrong."""
    demand = np.asarray(traffic, np.float64)
    gpus = len(fabric.gpus)
    if demand.shape[-2:] != (gpus, gpus):
        raise ValueError(f"traffic: shape {demand.shape}, must be (..., {gpus}, {gpus})")
    _refuse(fabric, demand, ~((demand >= 0) & (demand < np.inf)), "must be finite and >= 0")
    kept = (demand > 0) & np.eye(gpus, dtype=bool)
    _refuse(fabric, demand, kept, "must be 0, it never leaves the chip")
    return demand


def checked_split(fabric: Fabric, traffic: Array) -> tuple[Array, Array]:
    """Return plane weights and traffic, or raise ValueError naming a pair that no plane joins."""
    weights, demand = plane_weights(fabric), checked_traffic(fabric, traffic)
    stuck = (demand > 0) & ~weights.any(axis=-1)
    _refuse(fabric, demand, stuck, "no plane joins the two; send nothing or restore a link")
    return weights, demand


def _refuse(fabric: Fabric, demand: Array, wrong: np.ndarray, rule: str) -> None:
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        source, destination = (fabric.gpus[i] for i in where[-2:])
        raise ValueError(f"traffic from {source} to {destination} = {demand[where]}: {rule}")


def _share_of_parallel(fabric: Fabric) -> Array:
    return fabric.bandwidth / capacity_matrix(fabric)[fabric.gpu, fabric.asic]
