"""The rack cut open at the GPU row, seen from the front: every chip by its temperature, supply and return hoses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import read
from viz.scenes import paint as paints
from viz.scenes import shapes
from viz.scenes.layers import (
    BEVEL,
    Callout,
    Layer,
    View,
    board_boxes,
    chips_of,
    frame_layers,
    greys,
    groups,
    painted,
    tube_layer,
)  # fmt: skip
from viz.scenes.lens import Eye
from viz.scenes.paint import Paint, Painter, choose
from viz.scenes.parts import TRAYS, Array, Boxes, Tubes, boxes, tubes
from viz.scenes.rear import keys
from viz.scenes.supply import BESIDE, bar_coolant_layers, converter_callout, feeder_layers, heat_group, row_group

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.style import Theme

PAINTERS: dict[str, Painter] = {
    "temperature": paints.junction_paint, "headroom": paints.junction_room_paint, "hotspot": paints.hotspot_paint,
    "memory": paints.memory_paint, "power": paints.power_paint,
}  # fmt: skip
EYE = Eye(167.0, 7.0, away=5.0)

_WALL = 0.0025  # m of sheet metal, drawn
_PIPE_SIDES = 20
_NAMED = 3
_LINE = 0.003  # m, half the width of the line around the worst chip


def section(tree: DataTree, colour: str | None, look: Theme) -> View:
    """Chips coloured by a field; what stands in front of the row of the worst GPU is cut away."""
    field = choose(PAINTERS, "section", colour)
    every, paint = boxes(tree), PAINTERS[field](tree, look)
    names = read.texts(tree, "thermal", "chip")
    chips = chips_of(every)
    which = read.find(names, chips.name, "chip")
    gpu = np.flatnonzero(chips.kind == "gpu")
    worst = [i for i in paint.worst(len(names)) if names[i] in set(chips.name[gpu])]
    y = (
        float(chips.centre[np.flatnonzero(chips.name == names[worst[0]])[0], 1])
        if worst
        else float(chips.centre[:, 1].min())
    )
    pipes = tubes(tree)
    layers = [*_cut_context(every, y, look), *_cut_hoses(pipes, y, look), _cut_chips(chips, which, paint, y)]
    layers += [*feeder_layers(every, pipes, look), *bar_coolant_layers(pipes, look)]
    if worst:
        layers.append(_ring(chips.at(np.flatnonzero(chips.name == names[worst[0]])), y))
    seen = set(chips.name[chips.centre[:, 1] >= y - _LINE])  # the others stood in front of the cut
    named = [i for i in worst if names[i] in seen][:_NAMED]
    callouts = tuple(_callout(chips, str(names[i]), paint.say(i), y) for i in named)
    first = [i for i in paint.worst(1) if i not in worst and names[i] in seen]
    if named and paint.worst(1) != worst[:1]:  # another kind of chip is worse: say what these are
        told = f"{'hottest' if paint.unit == '°C' else 'worst'} GPU,\n{callouts[0].title}"
        callouts = (callouts[0]._replace(title=told), *callouts[1 : _NAMED - len(first)])
        callouts = (*(_callout(chips, str(names[i]), paint.say(i), y) for i in first), *callouts)
    aside = heat_group(tree, every)
    callouts += () if aside else converter_callout(tree, every, front=True)
    aside += row_group(every, front=True)
    note = f"cut {y:.2f} m behind the front, through the worst GPU"
    return View(
        "section", "Section at the GPU row", note, tuple(layers), EYE, callouts, groups(every) + aside, keys(tree, look)
    )


def _cut_context(every: Boxes, y: float, look: Theme) -> list[Layer]:
    """Shelves closed, trays open with their boards, what is in front gone."""
    grey = greys(look)
    trays, shelves = every.only(*TRAYS), every.only("shelf")
    layers = []
    for kind, shade in (("compute tray", grey.tray), ("switch tray", grey.switch)):
        part = every.only(kind)
        layers.append(_cut(f"{kind}s", *shapes.shell_boxes(part.centre, part.size, _WALL), y, shade))
    layers.append(_cut("shelves", shelves.centre, shelves.size, y, grey.shelf, BEVEL))
    beside = every.only(*BESIDE)
    layers.append(_cut("supply", beside.centre, beside.size, y, grey.shelf, BEVEL))
    layers.append(_cut("boards", *board_boxes(trays, chips_of(every), _WALL), y, grey.board))
    bar = every.only("busbar")
    layers.append(_cut("busbar", bar.centre, bar.size, y, look.copper))
    frame = every.only("frame")
    behind = frame.centre[:, 1] - frame.size[:, 1] / 2 >= y
    floor = frame.at(np.flatnonzero(np.char.endswith(frame.name, "floor")))
    layers.append(_cut("floor", floor.centre, floor.size, y, grey.floor, BEVEL))
    layers += frame_layers(frame.at(np.flatnonzero(behind)), look)
    return [layer for layer in layers if layer.mesh.n_cells]


def _cut(name: str, centre: Array, size: Array, y: float, shade: str, bevel: float = 0.0) -> Layer:
    centre, size, _ = shapes.cut_boxes(centre, size, y)
    return Layer(name, shapes.box_mesh(centre, size, bevel if len(centre) else 0.0), shade)


def _cut_hoses(pipes: Tubes, y: float, look: Theme) -> list[Layer]:
    layers = []
    for side, shade in {"supply": look.supply, "return": look.back}.items():
        part = pipes.only(side)
        if not len(part.nodes):
            continue
        point, count, kept = shapes.cut_tubes(part.point, part.nodes, y)
        cut = Tubes(part.name[kept], part.kind[kept], part.link[kept], part.radius[kept], count, point)
        layers.append(tube_layer(f"coolant {side}", cut, shade, _PIPE_SIDES))
    return layers


def _cut_chips(chips: Boxes, which: shapes.Index, paint: Paint, y: float) -> Layer:
    centre, size, kept = shapes.cut_boxes(chips.centre, chips.size, y)
    return painted(Layer("chips", shapes.box_mesh(centre, size), None), paint, which[kept])


def _ring(chip: Boxes, y: float) -> Layer:
    """A white line around the cut face of the worst chip."""
    x, _, z = chip.centre[0]
    wide, _, tall = chip.size[0] / 2 + _LINE
    centre = np.array([[x, y, z + tall], [x, y, z - tall], [x - wide, y, z], [x + wide, y, z]]) - [0.0, _LINE, 0.0]
    flat, upright = [2 * wide + 2 * _LINE, _LINE, 2 * _LINE], [2 * _LINE, _LINE, 2 * tall + 2 * _LINE]
    size = np.array([flat, flat, upright, upright])
    return Layer("worst", shapes.box_mesh(centre, size), "#ffffff")


def _callout(chips: Boxes, name: str, value: str, y: float) -> Callout:
    at = int(np.flatnonzero(chips.name == name)[0])
    x, middle, z = chips.centre[at]
    _, deep, tall = chips.size[at] / 2
    return Callout(name, value, (float(x), (max(y, middle - deep) + middle + deep) / 2, float(z + tall)))
