"""Routes of the NVLink cables: from each GPU's tray through a rear cartridge to each switch tray.

A cartridge serves the GPUs at one position of every compute tray, so each of four carries a quarter of the pairs. A
cable leaves its tray aslant to the rear, runs vertically in the cartridge and enters the switch tray: about
2 reach + |z_GPU − z_switch|; cables deeper in the cartridge are longer, and lengths are those of the routes. Those of
the GPUs furthest from the switches lie nearest to the trays, so that each tray's cables join outside those before.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.layout.parts import Parts, structure
from twin.layout.parts import parts as parts_of
from twin.layout.rack import slot_height
from twin.spec.types import Rack

Array = NDArray[np.float64]

#: Where cables leave the trays, as a share of the depth (assumed; used for drawing only).
REAR = 0.80
#: Free at either side and in the middle, before the busbar, as shares of the width (assumed).
SIDE, MIDDLE = 0.135, 0.13
#: Width of a cartridge, and how far beside it its cables leave the trays, as shares of the width (assumed).
TRUNK, ASIDE = 0.064, 0.072
#: Height of the row of cables at a tray, in slots (assumed).
FAN = 0.55
#: Width over depth of the section of a cartridge.
SECTION = 0.54


def link_ends(rack: Rack, parts: Parts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the chips at the ends of every link, GPU-major then plane order (the order of `topology.nvlink_rack`).

    Parameters
    ----------
    rack : Rack
        Gives the links per ASIC.
    parts : Parts
        GPUs and ASICs.

    Returns
    -------
    gpu, asic : (links,) arrays of int
        Chip indices [1].

    References
    ----------
    Derived: link k of a GPU ends at ASIC k.
    """
    plane = np.repeat(np.arange(rack.nvlink.asics), rack.nvlink.links_by_asic)
    return np.repeat(parts.gpu, plane.size), np.tile(parts.asic[plane], parts.gpu.size)


def cable_lengths(rack: Rack) -> tuple[Array, NDArray[np.int64]]:
    """Return length and cartridge of every link; the arrays are kept, and read-only.

    Parameters
    ----------
    rack : Rack
        Gives spine and pitch; without a spine lengths are nan and cartridges -1.

    Returns
    -------
    length : (links,) array
        Mean length of the link's cables, as they are routed [m].
    cartridge : (links,) array of int
        Cartridge, 0 at the left seen from the front [1].

    References
    ----------
    Derived: the polylines of `cable_routes`.
    """
    return _lengths(_Kept(rack))


def cable_routes(rack: Rack) -> tuple[Array, NDArray[np.int64]]:
    """Return the points of every cable (one per differential pair), side by side in their cartridges.

    Parameters
    ----------
    rack : Rack
        Gives spine, size and pairs per link.

    Returns
    -------
    point : (cables, 6, 3) array
        Polyline from GPU tray to switch tray [m].
    link : (cables,) array of int
        Link of each cable [1].

    References
    ----------
    Derived: the route of the module's docstring with chamfered corners; cables are spread over the cartridge's section.
    """
    parts = parts_of(rack)
    gpu, asic = link_ends(rack, parts)
    link = np.repeat(np.arange(gpu.size), rack.nvlink.pairs_per_link)
    if rack.spine is None:
        return np.empty((0, 6, 3)), np.empty(0, dtype=np.int64)
    cartridge = (parts.chip_position[gpu] % rack.spine.cartridges)[link]
    height = slot_height(rack, parts.slots, parts.tray_slot)[parts.chip_tray]
    top, bottom = height[gpu][link], height[asic][link]
    above = np.sign(height[gpu] - height[parts.asic].mean())[link]
    far = np.abs(height[gpu] - height[parts.asic].mean()).round(6)
    across, deep = _places(cartridge, rack.spine.cartridges, far[link])
    bundle = rack.spine.reach * (0.6 + 0.8 * deep)
    chamfer, flat = np.minimum(0.5 * bundle, 0.01), np.zeros(link.size)
    way = np.stack([flat, bundle - chamfer, bundle, bundle, bundle - chamfer, flat], axis=-1) / bundle[:, None]
    aside = np.minimum(ASIDE * rack.width, 0.8 * bundle)
    x = rack.width * _left(cartridge, rack.spine.cartridges) + TRUNK * rack.width * across
    bend = np.minimum(0.5 * np.abs(top - bottom), 0.02) * np.sign(bottom - top)
    each = link.size // parts.gpu.size
    fan = FAN * rack.slot_pitch * above * ((np.arange(link.size) % each + 0.5) / each - 0.5)
    z = np.stack([top, top, top + bend, bottom - bend, bottom, bottom], axis=-1) + fan[:, None]
    y = REAR * rack.depth + np.sqrt(bundle**2 - aside**2)[:, None] * way
    return np.stack([x[:, None] + aside[:, None] * way, y, z], axis=-1), link


def _left(cartridge: NDArray[np.int64], cartridges: int) -> Array:
    """Return where the cables of each cartridge leave the trays, as a share of the width."""
    lane = (1 - 2 * SIDE - MIDDLE) / cartridges
    return np.asarray(SIDE + lane * cartridge + MIDDLE * (cartridge >= cartridges / 2), dtype=np.float64)


class _Kept:
    """A rack as a cache key by what its cable lengths depend on."""

    def __init__(self, rack: Rack) -> None:
        self.rack = rack
        self.key = (structure(rack), rack.nvlink, rack.spine, rack.slot_pitch)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and self.key == other.key


@lru_cache(maxsize=64)
def _lengths(kept: _Kept) -> tuple[Array, NDArray[np.int64]]:
    rack, parts = kept.rack, parts_of(kept.rack)
    gpu, _ = link_ends(rack, parts)
    if rack.spine is None:
        return np.full(gpu.size, np.nan), np.full(gpu.size, -1)
    point, link = cable_routes(rack)
    each = np.linalg.norm(np.diff(point, axis=1), axis=2).sum(axis=1)
    length, cartridge = np.bincount(link, each) / np.bincount(link), parts.chip_position[gpu] % rack.spine.cartridges
    length.flags.writeable = cartridge.flags.writeable = False
    return length, cartridge


def _places(cartridge: NDArray[np.int64], cartridges: int, far: Array) -> tuple[Array, Array]:
    """Return each cable's place in the section of its cartridge, both in 0 … 1, the furthest nearest to the trays."""
    rank = np.empty(cartridge.size, dtype=np.int64)
    for c in range(cartridges):
        members = np.flatnonzero(cartridge == c)
        rank[members[np.argsort(-far[members], kind="stable")]] = np.arange(members.size)
    columns = int(np.ceil(np.sqrt(SECTION * (int(rank.max()) + 1))))
    rows = int(np.ceil((rank.max() + 1) / columns))
    return (rank % columns + 0.5) / columns, (rank // columns + 0.5) / rows
