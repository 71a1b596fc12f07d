"""The rack as seen from the front: which slot, line and cell each chip, tray and shelf takes on paper.

Contract: slot 1 is the top; every column of the panel uses the slot as its vertical coordinate, one unit
per slot, so that the eye can go across. Several racks share no elevation: draw one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz import read
from viz.marks import Array, boxes

if TYPE_CHECKING:
    from xarray import DataTree

Index = NDArray[np.intp]

_COLUMNS = 4


class Elevation(NamedTuple):
    """Where everything stands; arrays per chip, `gpus` and `asics` (of switch trays) index into them."""

    first: int
    """topmost slot drawn"""
    last: int
    """lowest slot drawn"""
    slot: Index
    """slot of each chip"""
    rank: Index
    """number of a chip among those of its kind in its tray, from 0"""
    peers: Index
    """how many chips of its kind its tray holds"""
    gpus: Index
    asics: Index

    @property
    def slots(self) -> int:
        """Number of rack slots drawn."""
        return self.last - self.first + 1

    @property
    def gpus_per_tray(self) -> int:
        """Largest number of GPUs in one tray."""
        return int(self.peers[self.gpus].max())

    @property
    def columns(self) -> int:
        """GPU cells beside each other; further GPUs of the tray wrap into the next line of cells."""
        return min(self.gpus_per_tray, _COLUMNS)

    @property
    def lines(self) -> int:
        """Lines of GPU cells within one slot."""
        return -(-self.gpus_per_tray // self.columns)

    @property
    def gpu_lines(self) -> Index:
        """Line of each GPU where every GPU has a line of its own, from 0 at the top."""
        return (self.slot[self.gpus] - self.first) * self.gpus_per_tray + self.rank[self.gpus]


def elevation(tree: DataTree) -> Elevation:
    """Read the places of trays, chips, shelves and bus sections from the coordinates of the result."""
    slot, kind = read.whole(tree, "thermal", "chip_slot"), read.texts(tree, "thermal", "chip_kind")
    trays = read.whole(tree, "thermal", "tray_slot")
    _check_one_rack(trays)
    rank, peers = _rank(slot, kind, read.whole(tree, "thermal", "chip_position"))
    switch = read.texts(tree, "thermal", "tray")[read.texts(tree, "thermal", "tray_kind") == "switch"]
    in_switch_tray = np.isin(read.texts(tree, "thermal", "chip_tray"), switch)
    gpus, asics = np.flatnonzero(kind == "gpu"), np.flatnonzero((kind == "switch") & in_switch_tray)
    if not len(gpus):
        raise ValueError("the result has no chip of chip_kind 'gpu' in /thermal: nothing to draw")
    places = np.concatenate([trays, slot, *_power_slots(tree)])
    return Elevation(int(places.min()), int(places.max()), slot, rank, peers, gpus, asics)


def _check_one_rack(trays: Index) -> None:
    slots, uses = np.unique(trays, return_counts=True)
    if (uses > 1).any():
        raise ValueError(f"slot {slots[uses > 1][0]} holds {uses.max()} trays: select one rack before drawing")


def _rank(slot: Index, kind: NDArray[np.str_], position: Index) -> tuple[Index, Index]:
    key = np.char.add(slot.astype(np.str_), kind)
    order = np.lexsort((position, key))
    start, stop = (np.searchsorted(key[order], key, side) for side in ("left", "right"))
    place = np.empty(len(key), dtype=np.intp)
    place[order] = np.arange(len(key))
    return place - start, stop - start


def _power_slots(tree: DataTree) -> list[Index]:
    names = ("shelf_slot", "section_top_slot", "section_bottom_slot")
    power = read.group(tree, "power").variables
    return [read.whole(tree, "power", name) for name in names if name in power]


def gpu_boxes(rack: Elevation) -> Array:
    """One cell per GPU, in chip order: columns side by side, further lines below, within the slot."""
    line, column = np.divmod(rack.rank[rack.gpus], rack.columns)
    return boxes(column, rack.slot[rack.gpus] - 0.5 + line / rack.lines, 1.0, 1.0 / rack.lines)


def asic_boxes(rack: Elevation) -> Array:
    """One cell per switch chip, in chip order: a switch tray's width shared evenly."""
    width = rack.columns / rack.peers[rack.asics]
    return boxes(rack.rank[rack.asics] * width, rack.slot[rack.asics] - 0.5, width, 1.0)
