"""What feeds the bar: shelves in the slots, a sidecar beside the rack, or the tap of a row above; a bar's coolant line.

Contract: a rack has one of the three; what leads to the top of its bar is drawn as copper, like the bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import read
from viz.scenes.layers import BEVEL, Callout, Group, Layer, box_layer, greys, tube_layer
from viz.scenes.parts import Boxes, Tubes
from viz.units import FIXED_SPACE, quantity

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.style import Theme

#: Kind of a converter → what it is called together with the bar.
CONVERTERS = {"shelf": "power shelves", "sidecar": "sidecar", "row tap": "row tap"}
BESIDE = ("sidecar", "row tap")
_SIDES = 20


def converters(every: Boxes) -> tuple[str, Boxes]:
    """What feeds the bar and its kind; of a rack without any, no shelves."""
    kind = next((kind for kind in reversed(CONVERTERS) if (every.kind == kind).any()), "shelf")
    return kind, every.only(kind)


def supply_layers(every: Boxes, pipes: Tubes, look: Theme) -> list[Layer]:
    """The sidecar or tap in the grey of shelves, and what leads from it to the bar; nothing of shelves in the slots."""
    beside = every.only(*BESIDE)
    found = [box_layer(converters(every)[0], beside, greys(look).shelf, BEVEL)] if len(beside.name) else []
    return found + feeder_layers(every, pipes, look)


def feeder_layers(every: Boxes, pipes: Tubes, look: Theme) -> list[Layer]:
    """What leads to the top of the bar."""
    bars, cables = every.only("feeder"), pipes.only("feeder cable")
    found = [box_layer("feeder", bars, look.copper)] if len(bars.name) else []
    return found + ([tube_layer("feeder cables", cables, look.copper, _SIDES)] if len(cables.name) else [])


def bar_coolant_layers(pipes: Tubes, look: Theme) -> list[Layer]:
    """The coolant line along a bar on liquid."""
    sides = {"supply": look.supply, "return": look.back}
    parts = {side: pipes.only(f"bar {side}") for side in sides}
    return [tube_layer(f"bar {side}", part, sides[side], _SIDES) for side, part in parts.items() if len(part.name)]


def sidecar_reach(every: Boxes) -> float:
    """How far a sidecar, if there is one, reaches beyond the floor of its rack [m]."""
    floor = every.at(np.flatnonzero(np.char.endswith(every.name, "floor")))
    right = floor.centre[:, 0] + floor.size[:, 0] / 2
    return float(np.ptp(right)) if len(right) else 0.0


def converter_callout(tree: DataTree, every: Boxes, front: bool = False) -> tuple[Callout, ...]:
    """What the bar gets from a sidecar or a row, told at its rear or front; nothing of shelves in the slots."""
    kind, found = converters(every)
    if kind == "shelf":
        return ()
    title = "from the sidecar" if kind == "sidecar" else "from the row"
    return (Callout(title, _kilowatts(tree, "shelf_power"), at_face(found, front)),)


def heat_group(tree: DataTree, every: Boxes) -> tuple[Group, ...]:
    """The sidecar and its heat, named at the right, where it stands seen from the front."""
    kind, found = converters(every)
    if kind != "sidecar":
        return ()
    point = at_face(found, front=True)
    return (Group(kind, f"sidecar\n{_kilowatts(tree, 'shelf_loss')}{FIXED_SPACE}heat", point, point),)


def row_group(every: Boxes, front: bool = False) -> tuple[Group, ...]:
    """The row above the rack, named at its right end seen from the rear or front."""
    bars = every.only("feeder")
    bars = bars.at(np.flatnonzero(np.char.startswith(bars.name, "row")))
    if not len(bars.name):
        return ()
    nearest = np.argmin(bars.centre[:, 1]) if front else np.argmax(bars.centre[:, 1])
    x, y, z = bars.centre[nearest] + bars.size[nearest] * ([0.49, -0.5, 0.0] if front else [-0.49, 0.5, 0.0])
    point = (float(x), float(y), float(z))
    return (Group("row", "DC row", point, point),)


def at_face(found: Boxes, front: bool = False) -> tuple[float, float, float]:
    """A point on the rear or front of a converter: high on a tall one, at the left of a wide one."""
    share = [0.35, 0.5, 0.0] if found.size[0, 2] < found.size[0, 0] else [0.0, 0.5, 0.475]
    x, y, z = found.centre[0] + found.size[0] * share * np.array([-1.0, -1.0, 1.0] if front else [1.0, 1.0, 1.0])
    return float(x), float(y), float(z)


def _kilowatts(tree: DataTree, name: str) -> str:
    watts = np.asarray(read.variable(tree, "power", name).values, dtype=np.float64)
    return quantity(1e-3 * float(watts.sum()), "kW", 1)
