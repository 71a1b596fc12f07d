"""Time of an exchange under the even split over planes.

Contract: t = startup + max over directed links of bytes / (efficiency * bandwidth); decimal bytes;
startup is the whole latency of the operation; efficiency is the part of the bandwidth left for payload.
"""

import numpy as np
from numpy.typing import ArrayLike

from topology.fabric import Array, Fabric
from topology.routing import even_split_loads, utilization
from topology.traffic import uniform


def transfer_time(fabric: Fabric, bytes_matrix: Array, *, startup: ArrayLike, efficiency: ArrayLike = 1.0) -> Array:
    """Time to deliver a matrix of bytes, all pairs starting together.

    Parameters
    ----------
    fabric : Fabric
    bytes_matrix : (..., gpus, gpus), from GPU i to GPU j, diagonal 0 [B]
    startup : (...), latency before the first byte arrives [s]
    efficiency : (...), payload per bandwidth, above 0 and at most 1 [1]

    Returns
    -------
    (...), time until the last byte has arrived [s]

    Raises
    ------
    ValueError
        if the matrix is refused by `even_split_loads`, startup is negative or efficiency outside its range

    Notes
    -----
    A lower bound for any schedule with this split: the busiest link is never idle.

    References
    ----------
    Hockney, 1994, Parallel Computing 20 (startup + bytes / bandwidth), on the busiest link.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> one = np.zeros((72, 72))
    >>> one[3, 5] = 9e6
    >>> round(float(transfer_time(nvl72, one, startup=2e-6)) * 1e6, 9)
    12.0
    """
    _check(startup, efficiency)
    busiest = utilization(fabric, even_split_loads(fabric, bytes_matrix)).max(axis=-1)
    return np.asarray(startup) + busiest / np.asarray(efficiency)


def all_to_all_time(
    fabric: Fabric, message_bytes: ArrayLike, *, startup: ArrayLike, efficiency: ArrayLike = 1.0
) -> Array:
    """Time of an all-to-all: the same message from every GPU to every other, nothing to itself.

    Parameters
    ----------
    fabric : Fabric
    message_bytes : (...), bytes per ordered pair [B]
    startup : (...), latency before the first byte arrives [s]
    efficiency : (...), payload per bandwidth, above 0 and at most 1 [1]

    Returns
    -------
    (...), time until the last byte has arrived [s]

    Raises
    ------
    ValueError
        if a message or startup is negative, efficiency outside its range, or two GPUs have no plane in common

    Notes
    -----
    (gpus - 1) * message / bandwidth of a GPU + startup where all GPUs are wired equally.

    References
    ----------
    Hockney, 1994, Parallel Computing 20 (startup + bytes / bandwidth), on the busiest link.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> round(float(all_to_all_time(nvl72, 1e6, startup=2 * 250e-9)) * 1e6, 6)
    79.388889
    """
    size = np.asarray(message_bytes, np.float64)
    if not np.all(size >= 0):
        raise ValueError(f"message_bytes = {np.min(size)}: must be >= 0 B")
    gpus = len(fabric.gpus)
    _check(startup, efficiency)
    per_byte = transfer_time(fabric, (gpus - 1) * uniform(gpus), startup=0.0)
    return np.asarray(startup) + size * per_byte / np.asarray(efficiency)


def _check(startup: ArrayLike, efficiency: ArrayLike) -> None:
    if not np.all(np.asarray(startup) >= 0):
        raise ValueError(f"startup = {np.min(startup)}: must be >= 0 s")
    if not np.all((np.asarray(efficiency) > 0) & (np.asarray(efficiency) <= 1)):
        raise ValueError(f"efficiency = {efficiency!r}: must be > 0 and <= 1")
