"""The NVLink fabric of a rack: graph with cables from the layout, and what its traffic asks of it."""

from functools import lru_cache
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

import topology
from topology import Fabric, Nvlink
from twin.build.jobs import Pattern, members, shares, traffic_pattern
from twin.layout.cables import cable_lengths
from twin.layout.parts import parts
from twin.spec.types import Rack, Traffic

Array = NDArray[np.float64]


class Forwarding(NamedTuple):
    """Traffic as linear maps of the clocks of the sending GPUs, per unit of injection [B/s]."""

    capacity: Array
    """Bandwidth of each GPU per direction (gpus,)."""
    critical: Array
    """Load over bandwidth of every link that may be the busiest of its job, from each sender (links, gpus) [1]."""
    first: NDArray[np.int64]
    """First of them of each job (jobs,)."""
    job: NDArray[np.int64]
    """Job of each GPU; 0 for GPUs of none, which send nothing (gpus,)."""
    sent: Array
    """Bytes each GPU sends (gpus,)."""
    received: Array
    """Bytes each GPU receives from each sender (gpus, gpus)."""
    switched: Array
    """Bytes each ASIC forwards from each sender (asics, gpus)."""
    up: Array
    """Load of each link towards its ASIC from each sender (links, gpus)."""
    down: Array
    """Load of each link towards its GPU from each sender (links, gpus)."""


@lru_cache(maxsize=16)
def graph_of(rack: Rack) -> nx.MultiGraph:
    """Return the NVLink graph of a rack, nodes named as the chips, cables from the layout; do not write into it.

    Parameters
    ----------
    rack : Rack
        The rack.

    Returns
    -------
    networkx.MultiGraph
        See `topology.nvlink` for its attributes.

    References
    ----------
    Derived: `topology.nvlink_rack` with `twin.layout.cables`.
    """
    place = parts(rack)
    length, cartridge = cable_lengths(rack)
    return topology.nvlink_rack(
        rack.nvlink,
        gpu_names=[place.chip[i] for i in place.gpu],
        asic_names=[place.chip[i] for i in place.asic],
        lengths=length,
        cartridges=cartridge,
    )


def fabric_of(rack: Rack) -> Fabric:
    """Return the compiled fabric of a rack, kept for racks of equal links and names; cable lengths are not in it.

    Parameters
    ----------
    rack : Rack
        The rack.

    Returns
    -------
    Fabric
        Flat arrays.

    References
    ----------
    Derived: `topology.compile_fabric`.
    """
    place = parts(rack)
    gpus, asics = (tuple(place.chip[i] for i in nodes) for nodes in (place.gpu, place.asic))
    return _compiled(rack.nvlink, gpus, asics)


class Identity:
    """Makes a kept object a cache key by its identity, where its contents are arrays."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __hash__(self) -> int:
        return id(self.item)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.item is other.item


@lru_cache(maxsize=16)
def _compiled(nvlink: Nvlink, gpus: tuple[str, ...], asics: tuple[str, ...]) -> Fabric:
    return topology.compile_fabric(topology.nvlink_rack(nvlink, gpu_names=gpus, asic_names=asics))


def forwarding(fabric: Fabric, rack: Rack, traffic: Traffic) -> Forwarding:
    """Return what GPUs and ASICs handle per unit of injection, linear in the clocks of the senders.

    Parameters
    ----------
    fabric : Fabric
        The compiled fabric.
    rack : Rack
        Gives the bandwidth.
    traffic : Traffic
        Gives the pattern.

    Returns
    -------
    Forwarding
        Maps from clocks to rates [B/s].

    References
    ----------
    Derived: `topology.source_operator`, `topology.asic_operator`.
    """
    job = members(traffic, len(fabric.gpus)).job
    return _forwarding(Identity(fabric), rack.nvlink.gpu_bandwidth, traffic_pattern(traffic), tuple(job.tolist()))


@lru_cache(maxsize=16)
def _forwarding(key: Identity, bandwidth: float, pattern: Pattern, job: tuple[int, ...]) -> Forwarding:
    fabric = key.item
    rates = bandwidth * shares(len(fabric.gpus), pattern)
    links = topology.source_operator(fabric, rates)
    critical, first = critical_links(fabric, links, np.array(job))
    return Forwarding(
        capacity=topology.bandwidth_per_gpu(fabric),
        critical=critical,
        first=first,
        job=np.maximum(job, 0),
        sent=rates.sum(axis=1),
        received=rates.T.copy(),
        switched=topology.asic_operator(fabric, rates),
        up=links.up,
        down=links.down,
    )


def critical_links(
    fabric: Fabric, loads: topology.SourceOperator, job: NDArray[np.int64]
) -> tuple[Array, NDArray[np.int64]]:
    """Return the load over bandwidth of each link and direction from each sender, job by job, equal ones once.

    Parameters
    ----------
    fabric : Fabric
        Gives the bandwidths.
    loads : SourceOperator
        Loads from each sender [B/s].
    job : (gpus,) array
        Job of each GPU, -1 for none; a link is of the job of its GPU.

    Returns
    -------
    critical : (rows, gpus) array
        Share of the link [1]; a job without links has a row of zeros.
    first : (jobs,) array
        First row of each job.

    References
    ----------
    Derived: on an intact fabric the links of a GPU are alike, one up and one down stand for all.
    """
    share = np.concatenate([loads.up, loads.down]) / np.tile(fabric.bandwidth, 2)[:, None]
    jobs = np.arange(job.max() + 1)
    of_row = np.concatenate([jobs, np.tile(job[fabric.gpu], 2)])
    rows = np.concatenate([np.zeros((jobs.size, job.size)), share.round(12)])
    table = np.unique(np.column_stack([of_row, rows])[of_row >= 0], axis=0)
    return np.ascontiguousarray(table[:, 1:]), np.searchsorted(table[:, 0], jobs)
