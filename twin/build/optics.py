"""Watts of what carries bits outside the chips: optics of the fabric's links, and of the ports to other racks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import topology
from topology import MEDIA, Fabric, Nvlink
from twin.layout.parts import Parts
from twin.spec.types import Factory, Rack

Array = NDArray[np.float64]


def link_media(fabric: Fabric, nvlink: Nvlink, place: Parts) -> tuple[Array, Array] | None:
    """Return what the ends of the fabric's links draw at each chip: a fixed part, and energy per byte in or out.

    Parameters
    ----------
    fabric : Fabric
        Ends and bandwidth of the links.
    nvlink : Nvlink
        Gives the medium.
    place : Parts
        The rack's parts.

    Returns
    -------
    tuple of two (1, c) arrays, or None
        Power [W] and energy per byte [J/B]; None for copper and boards, whose ends draw nothing.

    References
    ----------
    Derived: `topology.media`: load is the mean of both directions, so a byte in or out counts half.
    """
    medium = MEDIA[nvlink.medium]
    if not medium.energy_per_bit:
        return None
    bits = np.zeros((1, len(place.chip)))
    bits[0, place.gpu] = 8 * np.bincount(fabric.gpu, fabric.bandwidth, place.gpu.size)
    bits[0, place.asic] = 8 * np.bincount(fabric.asic, fabric.bandwidth, place.asic.size)
    fixed = medium.energy_per_bit * medium.fixed_share * bits
    return fixed, np.where(bits > 0, 4 * medium.energy_per_bit * (1 - medium.fixed_share), 0.0)


def port_power(specs: Sequence[Factory], place: Parts, utilization: Array) -> Array:
    """Return what the ports to other racks draw in each tray.

    Parameters
    ----------
    specs : sequence of Factory
        One per rack, or one for all rows.
    place : Parts
        Their common parts.
    utilization : (rows, 1) array
        Share of full load; rows are racks, or instants of one rack [1].

    Returns
    -------
    (rows, trays) array
        Power [W].

    References
    ----------
    Derived: `topology.end_power`, linear in the load of the port.
    """
    gpus = np.bincount(place.chip_tray[place.gpu], minlength=len(place.tray))
    idle, full = (np.array([[_port(spec.rack, load)] for spec in specs]) for load in (0.0, 1.0))
    return np.asarray((idle + (full - idle) * utilization) * gpus)


def _port(rack: Rack, load: float) -> float:
    """Return the power of all ports of one GPU [W]."""
    ports = rack.scale_out
    if ports is None:
        return 0.0
    return ports.ports_per_gpu * float(topology.end_power(ports.medium, ports.port_bandwidth, load * ports.injection))
