"""The rear of the rack: every NVLink cable by its load, the coolant manifolds with their hoses, the busbar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import read
from viz.bus import has_busbar
from viz.scenes import paint as paints
from viz.scenes.layers import (
    BEVEL,
    Callout,
    Layer,
    View,
    box_layer,
    frame_layers,
    greys,
    groups,
    painted,
    tray_layers,
    tube_layer,
)  # fmt: skip
from viz.scenes.lens import Eye
from viz.scenes.paint import Paint, Painter, choose
from viz.scenes.parts import TRAYS, Array, Boxes, Tubes, boxes, tubes
from viz.scenes.shapes import box_mesh, line_mesh
from viz.scenes.sight import sampled, shown
from viz.scenes.supply import bar_coolant_layers, converter_callout, row_group, supply_layers

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.style import Theme

PAINTERS: dict[str, Painter] = {
    "load": paints.load_paint, "headroom": paints.spare_paint, "length": paints.length_paint,
}  # fmt: skip
EYE = Eye(-14.0, 10.0)

_SIDES = 4
_PIPE_SIDES = 20
_NAMED = 3
_RELIEF = (0.5, 1.4)  # drawn radius over true, at the sides of a link and in its middle
_PLUG = 0.012  # m that the housing of a row of cable ends is higher than the row
_STEP = 0.008  # m between the points at which cables are looked for


def rear(tree: DataTree, colour: str | None, look: Theme, lines: bool = False) -> View:
    """All cables coloured by a field of their links; `lines` draws them without thickness."""
    field = choose(PAINTERS, "rear", colour)
    every, pipes = boxes(tree), tubes(tree)
    cables = pipes.only("cable")
    layers = [*context(every, look), *supply_layers(every, pipes, look), *manifolds(pipes, look)]
    layers += bar_coolant_layers(pipes, look)
    named = groups(every) + row_group(every)
    beside = converter_callout(tree, every)
    bar = ((look.copper, "busbar"),) if has_busbar(tree) else ()
    if not len(cables.nodes):
        note = "the fabric runs on a board: no cables"
        return View("rear", "Rear", note, tuple(layers), EYE, beside, named, keys(tree, look) + bar)
    paint = PAINTERS[field](tree, look)
    layers += [_plugs(tree, every, cables, look), _cables(cables, paint, lines)]
    title = "Rear: the NVLink spine"
    note = f"{len(cables.nodes):,} pairs in {_cartridges(tree)}".replace(",", "\u202f")
    view = View("rear", title, note, tuple(layers), EYE, (), named, keys(tree, look) + bar)
    return view._replace(callouts=beside + _callouts(tree, pipes, paint, view))


def context(every: Boxes, look: Theme) -> list[Layer]:
    """Trays, shelves and frame in grey, the bar in copper."""
    bar = every.only("busbar")
    copper = [box_layer("busbar", bar, look.copper)] if len(bar.name) else []
    return [*tray_layers(every, look), *frame_layers(every, look), *copper]


def _plugs(tree: DataTree, every: Boxes, cables: Tubes, look: Theme) -> Layer:
    """One housing for each row of cable ends, from its tray to where the cables begin."""
    trays = every.only(*TRAYS)
    last = np.cumsum(cables.nodes)
    end = np.concatenate([cables.point[last - cables.nodes], cables.point[last - 1]])
    tray = np.argmin(np.abs(end[:, 2, None] - trays.centre[:, 2]), axis=1)
    row = tray * (cables.link.max() + 1)
    if "cartridge" in read.group(tree, "topology").variables:
        row = row + np.tile(read.whole(tree, "topology", "cartridge")[cables.link], 2)
    order = np.argsort(row, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(row[order]) > 0))
    low, high = (reduce.reduceat(end[order], starts) for reduce in (np.minimum, np.maximum))
    of = tray[order][starts]
    low[:, 1] = (trays.centre + trays.size / 2)[of, 1]
    margin = np.array([_PLUG / 2, 0.0, _PLUG / 2])
    low, high = low - margin, high + margin
    return Layer("plugs", box_mesh((low + high) / 2, high - low, BEVEL), greys(look).socket)


def manifolds(pipes: Tubes, look: Theme) -> list[Layer]:
    """Headers and hoses: blue supply, red return."""
    sides = {"supply": look.supply, "return": look.back}
    return [
        tube_layer(f"coolant {side}", pipes.only(side), shade, _PIPE_SIDES)
        for side, shade in sides.items()
        if len(pipes.only(side).nodes)
    ]


def keys(tree: DataTree, look: Theme) -> tuple[tuple[str, str], ...]:
    """What blue and red are, with the temperatures of the rack."""
    words = []
    for side, shade in (("supply", look.supply), ("return", look.back)):
        kelvin = read.scalar(tree, f"coolant_{side}_temperature")
        at = "" if kelvin is None else f" {kelvin - 273.15:.1f}\u00a0°C"
        words.append((shade, f"{side}{at}"))
    return tuple(words)


def _cables(cables: Tubes, paint: Paint, lines: bool) -> Layer:
    if lines:
        layer = Layer("cables", line_mesh(cables.point, cables.nodes), None)
    else:
        layer = tube_layer("cables", cables._replace(radius=_relief(cables)), "", _SIDES)
    return painted(layer._replace(closed=not lines), paint, cables.link)


def _relief(cables: Tubes) -> Array:
    """Radii as drawn: the first and last cable of each link thinner, so that a groove parts it from its neighbours."""
    starts = np.append(True, cables.link[1:] != cables.link[:-1])
    outer = starts | np.append(starts[1:], True)
    return cables.radius * np.where(outer, *_RELIEF)


def _cartridges(tree: DataTree) -> str:
    if "cartridge" not in read.group(tree, "topology").variables:
        return "the spine"
    count = len(np.unique(read.whole(tree, "topology", "cartridge")))
    return f"{count} cartridges" if count > 1 else "one cartridge"


def _callouts(tree: DataTree, pipes: Tubes, paint: Paint, view: View) -> tuple[Callout, ...]:
    """The GPUs of the worst links, each where most of its cables can be seen."""
    gpu = read.texts(tree, "topology", "link_gpu")
    worst = list(dict.fromkeys((str(gpu[link]), link) for link in paint.worst(len(gpu))))
    best = dict(reversed(worst))
    names = list(dict.fromkeys(name for name, _ in worst))[:_NAMED]
    cables = _one_of_each(pipes)
    point, tube = sampled(cables.point, cables.nodes, _STEP)
    numbers = np.unique(gpu, return_inverse=True)[1]
    owner = np.where(cables.link < 0, -1, numbers[cables.link])[tube]
    lens = view.lens()
    metres = float(np.ptp(view.points[:, 2]))
    clear = shown(metres * lens.project(point) * [lens.aspect, 1], -lens.depth(point), owner)
    found = []
    for name in names:
        own = owner == numbers[np.flatnonzero(gpu == name)[0]]
        x, y, z = point[np.argmax(np.where(own, clear, -1.0))]
        found.append(Callout(name, paint.say(best[name]), (float(x), float(y), float(z))))
    return tuple(found)


def _one_of_each(pipes: Tubes) -> Tubes:
    """One cable of each link, which stands for those beside it, and the pipes that may hide it."""
    cable = np.flatnonzero(pipes.link >= 0)
    cable = cable[np.unique(pipes.link[cable], return_index=True)[1]]
    return pipes.at(np.sort(np.concatenate([cable, np.flatnonzero(pipes.link < 0)])))
