"""The electrical side, from the rear: sections of the busbar by current, power shelves by load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import read
from viz.bus import rated_current
from viz.scenes import paint as paints
from viz.scenes.layers import BEVEL, Callout, Layer, View, box_layer, frame_layers, groups, painted, tray_layers
from viz.scenes.lens import Eye
from viz.scenes.paint import Painter, choose
from viz.scenes.parts import Boxes, boxes, tubes
from viz.scenes.shapes import box_mesh
from viz.scenes.supply import CONVERTERS, at_face, bar_coolant_layers, converters, feeder_layers, row_group
from viz.units import number

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.scenes.paint import Paint
    from viz.style import Theme

PAINTERS: dict[str, Painter] = {
    "current": paints.current_paint, "headroom": paints.current_room_paint, "temperature": paints.bar_temperature_paint,
}  # fmt: skip
EYE = Eye(-14.0, 10.0)
_NAMED = 2
_REACH = 0.22  # m of a wing at the rating
_PLATE = 0.008  # m that a wing is thick


def electrical(tree: DataTree, colour: str | None, look: Theme) -> View:
    """Busbar sections coloured by a field, shelves by their load."""
    field = choose(PAINTERS, "electrical", colour)
    every, pipes = boxes(tree), tubes(tree)
    layers = [layer for layer in tray_layers(every, look) if layer.name != "shelves"] + frame_layers(every, look)
    layers += [*feeder_layers(every, pipes, look), *bar_coolant_layers(pipes, look)]
    callouts: list[Callout] = []
    keys: tuple[tuple[str, str], ...] = (
        ((look.supply, "coolant of the bar"),) if (pipes.kind == "bar supply").any() else ()
    )
    (kind, supplies), bar = converters(every), every.only("busbar")
    note = "no busbar"
    if len(bar.name):
        paint, current = PAINTERS[field](tree, look), paints.current_paint(tree, look)
        which = _sections(tree, bar)
        layers.append(painted(box_layer("busbar", bar, ""), paint, which))
        layers += _wings(tree, bar, which, paint, look)
        callouts += [_callout(bar, which, current, i) for i in current.worst(_NAMED if kind == "shelf" else 1)]
        rated = rated_current(tree)
        note = "wings: section currents, to the right if downward" + (
            "" if rated is None else f"; dashes: rated {number(rated)} A"
        )
    if len(supplies.name):
        load = paints.shelf_paint(tree, look)._replace(label=f"{kind} load")
        which = read.find(read.texts(tree, "power", "shelf"), supplies.name, "shelf")
        on = _in_service(tree)[which]
        if on.any():
            layers.append(painted(box_layer("shelves", supplies.at(np.flatnonzero(on)), "", BEVEL), load, which[on]))
        if not on.all():
            layers.append(box_layer("dead shelves", supplies.at(np.flatnonzero(~on)), look.alert, BEVEL))
            keys += ((look.alert, "shelf out of service"),)
        callouts.append(_supply_callout(tree, kind, supplies, load))
    title = f"Rear: busbar and {CONVERTERS[kind]}"
    return View("electrical", title, note, tuple(layers), EYE, tuple(callouts), groups(every) + row_group(every), keys)


def _in_service(tree: DataTree) -> np.ndarray:
    """Which shelves serve; all of them where the result does not say."""
    power = read.group(tree, "power")
    serving = power.variables.get("shelf_in_service")
    return np.ones(power.sizes["shelf"], bool) if serving is None else np.asarray(serving.values) > 0


def _wings(tree: DataTree, bar: Boxes, which: np.ndarray, paint: Paint, look: Theme) -> list[Layer]:
    """A plate beside each section, as long as its current is large: to the right where it flows down."""
    current = np.asarray(read.variable(tree, "power", "bus_section_current").values, dtype=np.float64)[which]
    rated = rated_current(tree) or float(np.abs(current).max())
    reach = _REACH * current / max(rated, float(np.abs(current).max()), 1.0)
    rear = bar.centre[:, 1] + bar.size[:, 1] / 2
    low = bar.centre[:, 0] - np.sign(reach) * bar.size[:, 0] / 2
    centre = np.column_stack([low - reach / 2, rear - _PLATE / 2, bar.centre[:, 2]])
    size = np.column_stack([np.abs(reach), np.full(len(reach), _PLATE), 0.86 * bar.size[:, 2]])
    wings = painted(Layer("currents", box_mesh(centre, size), None), paint, which)
    if rated_current(tree) is None:
        return [wings]
    at = _REACH * rated / max(rated, float(np.abs(current).max()), 1.0) + bar.size[0, 0] / 2
    x = bar.centre[0, 0] + np.repeat([-at, at], len(bar.name))
    middle = np.column_stack([x, np.tile(rear, 2) - _PLATE / 2, np.tile(bar.centre[:, 2], 2)])
    dashes = box_mesh(middle, np.tile([0.004, _PLATE, 0.5 * bar.size[0, 2]], (len(middle), 1)))
    return [wings, Layer("rating", dashes, look.ink)]


def _sections(tree: DataTree, bar: Boxes) -> np.ndarray:
    """Section of each box of the bar: bus-section-4 begins at slot 4."""
    top = read.texts(tree, "power", "section_top_slot")
    return read.find(top, np.array([name.rpartition("-")[2] for name in bar.name]), "section of the bar")


def _callout(bar: Boxes, which: np.ndarray, paint: Paint, section: int) -> Callout:
    at = int(np.flatnonzero(which == section)[0])
    x, y, z = bar.centre[at]
    slot = int(bar.name[at].rpartition("-")[2])
    return Callout(f"slots {slot}\u2013{slot + 1}", paint.say(section), (float(x), float(y), float(z)))


def _supply_callout(tree: DataTree, kind: str, supplies: Boxes, load: Paint) -> Callout:
    """The busiest shelf, or what feeds the bar in place of shelves."""
    if kind != "shelf":
        return Callout(kind, load.say(0), at_face(supplies))
    names = read.texts(tree, "power", "shelf")
    busiest = load.worst(1)[0]
    x, y, z = supplies.centre[np.flatnonzero(supplies.name == names[busiest])[0]] + supplies.size[0] * [0.35, 0.5, 0.0]
    return Callout(str(names[busiest]), load.say(busiest), (float(x), float(y), float(z)))
