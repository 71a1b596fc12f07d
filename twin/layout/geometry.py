"""The rack as boxes and tubes, for drawing: every part of the result has a shape that carries its name."""

from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.layout.cables import cable_routes
from twin.layout.parts import Parts
from twin.layout.parts import parts as parts_of
from twin.layout.rack import FRAME_HEIGHT, GPU_ROW, ROW_PITCH, chip_centres, slot_height
from twin.layout.supply import BAR, BAR_DEPTH, HEADER_INSET, HEADER_ROW, sidecar_outline, supply_boxes, supply_tubes
from twin.spec.types import Rack

Array = NDArray[np.float64]
Names = NDArray[np.str_]

#: Radius of the hose of a tray [m] (assumed).
HOSE_RADIUS = 0.006
#: Thickness of posts and rails, and of the floor frame [m] (assumed).
POST, BASE = 0.014, 0.03
#: Depth of the floor frame, as a share of that of the rack (assumed).
FLOOR = 0.94
#: Distance of the hoses inside a tray from the sides of the rack [m] (assumed).
HOSE_INSET = 0.045


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
        Trays, shelves or what feeds the bar in their place, chips, busbar as boxes; cables, manifold headers and the
        hoses of each tray as tubes [m].

    References
    ----------
    Derived: positions of `twin.layout.rack` and `twin.layout.cables`; outlines assumed.
    """
    parts = parts_of(rack)
    groups = [_trays(rack, parts), _shelves(rack, parts), _chips(rack, parts), _frame(rack, parts)]
    if rack.busbar is not None:
        groups.append(_busbar(rack, parts))
    groups += supply_boxes(rack, parts, _top(rack, parts))
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
    if rack.supply.place != "slots":
        return [], [], np.empty((0, 3)), np.empty((0, 3))
    return list(parts.shelf), ["shelf"] * len(parts.shelf), *_in_slots(rack, parts, parts.shelf_slot, 0.78 * rack.depth)


def _chips(rack: Rack, parts: Parts) -> Boxes:
    kinds = [chip for tray in rack.trays for chip in tray.chips]
    plates = np.array([[chip.plate.base_length, chip.plate.base_width] for chip in kinds])[parts.chip_type]
    size = np.column_stack([plates, np.full(len(plates), 0.4 * rack.slot_pitch)])
    return list(parts.chip), list(parts.chip_kind), chip_centres(rack, parts), size


def _top(rack: Rack, parts: Parts) -> float:
    """Return the middle of the rails on top of the posts [m]."""
    return FRAME_HEIGHT + parts.slots * rack.slot_pitch + POST


def _frame(rack: Rack, parts: Parts) -> Boxes:
    """Posts at the corners, rails on top of them, and the floor frame, of the rack and of its sidecar."""
    found = [_stand(rack, _top(rack, parts), (0.0, rack.width), "")]
    beside = sidecar_outline(rack)
    if beside is not None:
        found.append(_stand(rack, _top(rack, parts), beside, "sidecar-"))
    names, centres, sizes = zip(*found, strict=True)
    name = list(chain(*names))
    return name, ["frame"] * len(name), np.concatenate(centres), np.concatenate(sizes)


def _stand(rack: Rack, top: float, outline: tuple[float, float], prefix: str) -> tuple[list[str], Array, Array]:
    """Return names, centres and sizes of one frame, as deep as the trays, between its left end and its width."""
    (start, width), deep = outline, 0.78 * rack.depth
    left, right, front, back = start + POST / 2, start + width - POST / 2, POST / 2, deep - POST / 2
    posts = [[x, y, top / 2] for x in (left, right) for y in (front, back)]
    middle = start + width / 2
    along, across = [[x, deep / 2, top] for x in (left, right)], [[middle, y, top] for y in (front, back)]
    centre = np.array([*posts, *along, *across, [middle, FLOOR * rack.depth / 2, BASE / 2]])
    sizes = [[POST, POST, top], [POST, deep, POST], [width, POST, POST], [width, FLOOR * rack.depth, BASE]]
    names = [f"{prefix}{kind}-{i}" for kind in ("post", "rail") for i in range(1, 5)]
    return [*names, f"{prefix}floor"], centre, np.repeat(np.array(sizes), [4, 2, 2, 1], axis=0)


def _busbar(rack: Rack, parts: Parts) -> Boxes:
    """One box per section, so that the section current can colour it."""
    top = slot_height(rack, parts.slots, np.arange(1, parts.slots))
    count = parts.slots - 1
    centre = np.column_stack(
        [np.full(count, 0.5 * rack.width), np.full(count, BAR * rack.depth), top - rack.slot_pitch / 2]
    )
    names = [f"bus-section-{i}" for i in range(1, parts.slots)]
    return names, ["busbar"] * count, centre, np.tile([0.05, BAR_DEPTH, rack.slot_pitch], (count, 1))


def _tubes(rack: Rack, parts: Parts):  # type: ignore[no-untyped-def]
    route, link = cable_routes(rack)
    headers, hoses = _headers(rack, parts), _hoses(rack, parts)
    count, trays = len(route), len(parts.tray)
    others = supply_tubes(rack, parts, _top(rack, parts))
    sides = ("supply", "return")
    return (
        np.array(
            [
                *_cable_names(link, rack.nvlink.pairs_per_link),
                *(f"{side} header" for side in sides),
                *(f"{tray}/{side}" for side in sides for tray in parts.tray),
                *(tube.name for tube in others),
            ]
        ),
        np.array(["cable"] * count + [*sides, *np.repeat(sides, trays), *(tube.kind for tube in others)]),
        np.concatenate([link, np.full(2 + 2 * trays + len(others), -1)]),
        np.append(
            np.repeat([0.0009, rack.manifold.header_diameter / 2, HOSE_RADIUS], [count, 2, 2 * trays]),
            [tube.radius for tube in others],
        ),
        np.append(
            np.repeat([route.shape[1], 2, hoses.shape[1]], [count, 2, 2 * trays]), [len(tube.point) for tube in others]
        ).astype(np.int64),
        np.concatenate([*(part.reshape(-1, 3) for part in (route, headers, hoses)), *(tube.point for tube in others)]),
    )


def _headers(rack: Rack, parts: Parts) -> Array:
    """Supply at the left, return at the right, from below the lowest slot to the top."""
    ends = (FRAME_HEIGHT - 0.05, FRAME_HEIGHT + parts.slots * rack.slot_pitch)
    sides = (HEADER_INSET, rack.width - HEADER_INSET)
    return np.array([[[x, HEADER_ROW * rack.depth, z] for z in ends] for x in sides])


def _hoses(rack: Rack, parts: Parts) -> Array:
    """Supply hoses of all trays, then return hoses: from the header along the side, across in front of the GPU row."""
    rows = (GPU_ROW - 0.2 * ROW_PITCH, GPU_ROW - 0.3 * ROW_PITCH)
    y = np.array([[HEADER_ROW, 0.81, 0.77, row, row] for row in rows]) * rack.depth
    left = np.array([HEADER_INSET, HEADER_INSET, HOSE_INSET, HOSE_INSET, rack.width - HEADER_INSET])
    x = np.array([left, rack.width - left])
    z = slot_height(rack, parts.slots, parts.tray_slot)
    plan = np.repeat(np.stack([x, y], axis=-1)[:, None], z.size, axis=1)
    return np.concatenate([plan, np.broadcast_to(z[:, None, None], (2, z.size, 5, 1))], axis=-1).reshape(-1, 5, 3)


def _cable_names(link: NDArray[np.int64], pairs: int) -> list[str]:
    return [f"link-{i}/pair-{k % pairs}" for k, i in enumerate(link)]
