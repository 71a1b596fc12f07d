"""What feeds the top of a bar from outside its rack, and the coolant line along a bar: boxes and tubes for drawing.

A sidecar stands at the right of its rack, seen from the front; a row runs above it. Tubes keep to planes of constant
x, y or z, so that they need no twist.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.layout.parts import Parts
from twin.layout.rack import FRAME_HEIGHT, slot_height
from twin.spec.types import Rack

Array = NDArray[np.float64]
Boxes = tuple[list[str], list[str], Array, Array]

#: Width of a sidecar and the gap to its rack [m] (assumed).
SIDECAR_WIDTH, SIDECAR_GAP = 0.30, 0.04
#: Top and foot of a sidecar's body from the ends of its frame [m] (assumed).
SIDECAR_INSET = 0.03
#: Radius of a pole's cable, half the distance of the poles, and how far above the frame they run [m] (assumed).
CABLE_RADIUS, POLE, ABOVE = 0.011, 0.035, 0.10
#: Radius of the inner bend, and points along a bend (assumed).
BEND, BEND_POINTS = 0.05, 7
#: Bar of a row: depth, height, length beyond the rack, and middle above the frame [m] (assumed).
ROW_BAR, ROW_BEYOND, ROW_ABOVE = (0.02, 0.07), 0.12, 0.17
#: Where cables meet the sidecar and the top of the bar, and the bar itself, as shares of the depth (assumed).
ENTRY, BAR = 0.755, 0.80
#: Depth of a bar, and radius of its coolant line [m] (assumed).
BAR_DEPTH, BAR_HOSE = 0.02, 0.006
#: Distance of the headers from the sides of the rack [m], and their place as a share of the depth (assumed).
HEADER_INSET, HEADER_ROW = 0.052, 0.835


class Tube(NamedTuple):
    """One tube that is no cable of the fabric."""

    name: str
    kind: str
    radius: float
    point: Array
    """(n, 3) [m]"""


def supply_boxes(rack: Rack, parts: Parts, top: float) -> list[Boxes]:
    """Return the sidecar and the inlet at the top of the bar, or the row above the rack and its tap.

    Parameters
    ----------
    rack : Rack
        Sizes, and where its supply stands.
    parts : Parts
        Slots, and the name of what feeds the bar.
    top : float
        Top of the frame [m].

    Returns
    -------
    list of names, kinds, centres and sizes [m]
        Empty where shelves stand in the slots.

    References
    ----------
    Derived: outlines assumed.
    """
    if rack.supply.place == "slots":
        return []
    at_bar = _inlet(rack, parts), np.array([[0.3 * rack.width, 0.1 * rack.depth, 0.88 * rack.slot_pitch]])
    if rack.supply.place == "row":
        return [([*parts.shelf], ["row tap"], *at_bar), _row(rack, top)]
    low, high = FRAME_HEIGHT, top - SIDECAR_INSET
    centre = np.array([[_sidecar_middle(rack), 0.39 * rack.depth, (low + high) / 2]])
    body = ([*parts.shelf], ["sidecar"], centre, np.array([[0.9 * SIDECAR_WIDTH, 0.78 * rack.depth, high - low]]))
    return [body, (["inlet"], ["feeder"], *at_bar)]


def sidecar_outline(rack: Rack) -> tuple[float, float] | None:
    """Return left end and width of a rack's sidecar [m], None where it has none.

    Parameters
    ----------
    rack : Rack
        Width, and where its supply stands.

    Returns
    -------
    tuple of float, or None
        Left end and width [m].

    References
    ----------
    Derived: beside the rack, at its right seen from the front.
    """
    return (rack.width + SIDECAR_GAP, SIDECAR_WIDTH) if rack.supply.place == "sidecar" else None


def supply_tubes(rack: Rack, parts: Parts, top: float) -> list[Tube]:
    """Return the cables to the top of the bar, one of each pole, and the coolant line along a bar on liquid.

    Parameters
    ----------
    rack : Rack
        Sizes, and where its supply stands.
    parts : Parts
        Slots.
    top : float
        Top of the frame [m].

    Returns
    -------
    list of Tube
        Empty where shelves stand in the slots and air cools the bar.

    References
    ----------
    Derived: routes assumed.
    """
    return [*_cables(rack, parts, top), *(_coolant(rack, parts) if rack.bar_coolant is not None else [])]


def _inlet(rack: Rack, parts: Parts) -> Array:
    return np.array([[rack.width / 2, BAR * rack.depth, float(slot_height(rack, parts.slots, np.array([1]))[0])]])


def _sidecar_middle(rack: Rack) -> float:
    return rack.width + SIDECAR_GAP + SIDECAR_WIDTH / 2


def _row(rack: Rack, top: float) -> Boxes:
    """Two bars above the rack that end beyond its sides: the row goes on."""
    rows = (ENTRY, 2 * BAR - ENTRY)
    centre = np.array([[rack.width / 2, y * rack.depth, top + ROW_ABOVE] for y in rows])
    size = np.tile([rack.width + 2 * ROW_BEYOND, *ROW_BAR], (2, 1))
    return ["row bus, plus", "row bus, minus"], ["feeder"] * 2, centre, size


def _cables(rack: Rack, parts: Parts, top: float) -> list[Tube]:
    x, _, inlet = _inlet(rack, parts)[0]
    y, far = ENTRY * rack.depth, (2 * BAR - ENTRY) * rack.depth
    if rack.supply.place == "row":
        ends = (x - POLE, y, "plus"), (x + POLE, far, "minus")
        return [
            Tube(
                f"feeder, {pole}",
                "feeder cable",
                CABLE_RADIUS,
                np.array([[at, row, z] for z in (inlet, top + ROW_ABOVE)]),
            )
            for at, row, pole in ends
        ]
    if rack.supply.place == "sidecar":
        begin, body = _sidecar_middle(rack), top - SIDECAR_INSET
        routes = [_arch((begin + side * POLE, body), (x - side * POLE, inlet), top + ABOVE, side) for side in (1, -1)]
        return [
            Tube(
                f"feeder, {pole}",
                "feeder cable",
                CABLE_RADIUS,
                np.column_stack([route[:, 0], 0 * route[:, 0] + y, route[:, 1]]),
            )
            for route, pole in zip(routes, ("plus", "minus"), strict=True)
        ]
    return []


def _arch(start: tuple[float, float], end: tuple[float, float], height: float, side: int) -> Array:
    """Return (n, 2) points x, z: up from the start, over to the left, down to the end; poles bend about one centre."""
    bend = BEND + (1 + side) * POLE
    over = height + side * POLE
    turn = np.linspace(0, np.pi / 2, BEND_POINTS)
    first = np.column_stack([start[0] - bend + bend * np.cos(turn), over - bend + bend * np.sin(turn)])
    second = np.column_stack([end[0] + bend - bend * np.sin(turn), over - bend + bend * np.cos(turn)])
    return np.vstack([[start], first, second, [end]])


def _coolant(rack: Rack, parts: Parts) -> list[Tube]:
    """From the supply header to the foot of the bar, along its rear, and from its top to the return header."""
    ends = slot_height(rack, parts.slots, np.array([parts.slots, 1]))
    x, y, on = rack.width / 2, HEADER_ROW * rack.depth, BAR * rack.depth + BAR_DEPTH / 2 + BAR_HOSE
    sides = (HEADER_INSET, rack.width - HEADER_INSET)
    into, out = (np.array([[side, y, z], [x, y, z], [x, on, z]]) for side, z in zip(sides, ends, strict=True))
    along = np.array([[x, on, ends[0] - BAR_HOSE], [x, on, ends[1] + BAR_HOSE]])
    found = (("in", "supply", into), ("along", "supply", along), ("out", "return", out))
    return [Tube(f"busbar/{name}", f"bar {side}", BAR_HOSE, point) for name, side, point in found]
