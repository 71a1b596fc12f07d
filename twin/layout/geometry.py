"""The rack as boxes and tubes, for drawing: every part of the result has a shape that carries its name."""

from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.layout.cables import cable_routes
from twin.layout.parts import Parts
from twin.layout.parts import parts as parts_of
from twin.layout.rack import FRAME_HEIGHT, chip_centres, slot_height
from twin.spec.types import Rack

Array = NDArray[np.float64]
Names = NDArray[np.str_]


class Geometry(NamedTuple):
    """Boxes and tubes of one rack [m]."""

    box_name: Names
    box_kind: Names
    box_centre: Array
    box_size: Array
    tube_name: Names
    tube_kind: Names
    tube_link: NDArray[np.int64]
    tube_radius: Array
    tube_node_count: NDArray[np.int64]
    tube_point: Array


@lru_cache(maxsize=16)
def geometry(rack: Rack) -> Geometry:
    """Return the boxes and tubes of a rack; the arrays are kept, and read-only.

    Parameters
    ----------
    rack : Rack
        Sizes.

    Returns
    -------
    Geometry
        Trays, shelves, chips, busbar as boxes; cables and manifold headers as tubes [m].

    References
    ----------
    Derived: positions of `twin.layout.rack` and `twin.layout.cables`; outlines assumed.
    """
    parts = parts_of(rack)
    groups = [_trays(rack, parts), _shelves(rack, parts), _chips(rack, parts), _frame(rack, parts)]
    if rack.busbar is not None:
        groups.append(_busbar(rack, parts))
    names, kinds, centres, sizes = zip(*groups, strict=True)
    name, kind = (np.array(list(chain(*part))) for part in (names, kinds))
    made = Geometry(name, kind, np.concatenate(centres), np.concatenate(sizes), *_tubes(rack, parts))
    for array in made:
        array.flags.writeable = False
    return made


Boxes = tuple[list[str], list[str], Array, Array]


def _in_slots(rack: Rack, parts: Parts, slot: NDArray[np.int64], depth: float) -> tuple[Array, Array]:
    centre = np.column_stack(
        [
            np.full(slot.size, rack.width / 2),
            np.full(slot.size, depth / 2),
            slot_height(rack, parts.slots, slot),
        ]
    )
    return centre, np.tile([0.9 * rack.width, depth, 0.88 * rack.slot_pitch], (slot.size, 1))


def _trays(rack: Rack, parts: Parts) -> Boxes:
    kinds = ["switch tray" if kind == "switch" else "compute tray" for kind in parts.tray_kind]
    return (list(parts.tray), kinds, *_in_slots(rack, parts, parts.tray_slot, 0.78 * rack.depth))


def _shelves(rack: Rack, parts: Parts) -> Boxes:
    return (
        list(parts.shelf),
        ["shelf"] * len(parts.shelf),
        *_in_slots(rack, parts, parts.shelf_slot, 0.78 * rack.depth),
    )


def _chips(rack: Rack, parts: Parts) -> Boxes:
    kinds = [chip for tray in rack.trays for chip in tray.chips]
    plates = np.array([[chip.plate.base_length, chip.plate.base_width] for chip in kinds])[parts.chip_type]
    size = np.column_stack([plates, np.full(len(plates), 0.4 * rack.slot_pitch)])
    return list(parts.chip), list(parts.chip_kind), chip_centres(rack, parts), size


def _frame(rack: Rack, parts: Parts) -> Boxes:
    height = FRAME_HEIGHT + parts.slots * rack.slot_pitch
    posts = np.array([[x, y, height / 2] for x in (0.02, rack.width - 0.02) for y in (0.02, rack.depth - 0.02)])
    centre = np.vstack([posts, [[rack.width / 2, rack.depth / 2, 0.02]]])
    size = np.vstack([np.tile([0.03, 0.03, height], (4, 1)), [[rack.width, rack.depth, 0.04]]])
    return ["post-1", "post-2", "post-3", "post-4", "floor"], ["frame"] * 5, centre, size


def _busbar(rack: Rack, parts: Parts) -> Boxes:
    """One box per section, so that the section current can colour it."""
    top = slot_height(rack, parts.slots, np.arange(1, parts.slots))
    count = parts.slots - 1
    centre = np.column_stack(
        [np.full(count, 0.5 * rack.width), np.full(count, 0.80 * rack.depth), top - rack.slot_pitch / 2]
    )
    names = [f"bus-section-{i}" for i in range(1, parts.slots)]
    return names, ["busbar"] * count, centre, np.tile([0.05, 0.02, rack.slot_pitch], (count, 1))


def _tubes(rack: Rack, parts: Parts):  # type: ignore[no-untyped-def]
    route, link = cable_routes(rack)
    bottom, top = FRAME_HEIGHT - 0.05, FRAME_HEIGHT + parts.slots * rack.slot_pitch
    headers = np.array([[[x, 0.86 * rack.depth, z] for z in (bottom, top)] for x in (0.06, rack.width - 0.06)])
    count = len(route)
    return (
        np.array([*_cable_names(link, rack.nvlink.pairs_per_link), "supply header", "return header"]),
        np.array(["cable"] * count + ["supply", "return"]),
        np.concatenate([link, [-1, -1]]),
        np.concatenate([np.full(count, 0.0009), np.full(2, rack.manifold.header_diameter / 2)]),
        np.concatenate([np.full(count, route.shape[1]), [2, 2]]),
        np.concatenate([route.reshape(-1, 3), headers.reshape(-1, 3)]),
    )


def _cable_names(link: NDArray[np.int64], pairs: int) -> list[str]:
    return [f"link-{i}/pair-{k % pairs}" for k, i in enumerate(link)]
