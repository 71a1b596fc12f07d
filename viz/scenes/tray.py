"""The tray of the worst chip: its package magnified above it, cut open, with the coolant on its way over the base.

Contract: the tray is in its true proportions; the package above it is drawn larger, its height more so, and the note
of the view says by how much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz import read, style
from viz.scenes import paint as paints
from viz.scenes import shapes
from viz.scenes.field import Field, surface, worst_field
from viz.scenes.layers import (
    BEVEL,
    COLOUR,
    Callout,
    Layer,
    View,
    board_boxes,
    box_layer,
    chips_of,
    greys,
    painted,
    tube_layer,
)  # fmt: skip
from viz.scenes.lens import Eye
from viz.scenes.paint import Paint, Painter, choose, coolant_colours, fives
from viz.scenes.parts import Boxes, Tubes, boxes, limit, tubes
from viz.scenes.rear import keys
from viz.units import FIXED_SPACE, number

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.style import Theme

PAINTERS: dict[str, Painter] = {"temperature": paints.junction_paint}
EYE = Eye(212.0, 27.0, upright=False)

_LARGER, _TALLER = 6.0, 4.0  # the package than it is, its height than its length
_LIFT = 0.38  # m from the tray to the package
_GAP = 0.0035  # m from the base to the coolant lines, before magnification
_LINES = 18
_WALL = 0.0025
_SIDES = 12
_OUTFLOW = "hottest outflow"


def tray(tree: DataTree, colour: str | None, look: Theme) -> View:
    """The field of the worst chip in cut-away over its tray."""
    choose(PAINTERS, "tray", colour)
    field, every, pipes = worst_field(tree), boxes(tree), tubes(tree)
    name = field.chip.rpartition("/")[0]
    own = every.at(np.flatnonzero(np.char.startswith(every.name, f"{name}/")))
    plate = own.at(np.flatnonzero(own.name == field.chip))
    if not len(plate.name):
        raise ValueError(f"the chip {field.chip!r} is not in /geometry: run `twin run` again")
    chips, stream = _temperature(tree, field, look), _coolant(field, look)
    place = _Place(field, plate)
    layers = [
        *_context(every.at(np.flatnonzero(every.name == name)), own, plate, look),
        painted(box_layer("the chip", plate, "", BEVEL), _die_mean(tree, field, chips), np.zeros(1, dtype=np.intp)),
        *_hoses(pipes, name, look),
        _package(field, place, chips),
        *_streams(field, place, stream),
        _rays(field, place, plate, look),
    ]
    note = f"package {_LARGER:.0f} times larger than its tray, heights times {_TALLER:.0f} more"
    title = f"The hottest chip: {field.chip}"
    return View("tray", title, note, tuple(layers), EYE, _callouts(field, place, chips, stream), (), keys(tree, look))


class _Place:
    """Where the magnified package floats: from the chip's own coordinates to the scene's."""

    def __init__(self, field: Field, plate: Boxes) -> None:
        middle = np.array([field.x[-1] / 2, field.y[-1] / 2, 0.0])
        self.scale = np.array([_LARGER, _LARGER, _LARGER * _TALLER])
        self.shift = plate.centre[0] + [0.0, 0.0, _LIFT] - middle * self.scale

    def __call__(self, points: shapes.Array) -> shapes.Array:
        return np.asarray(points, dtype=np.float64) * self.scale + self.shift


def _temperature(tree: DataTree, field: Field, look: Theme) -> Paint:
    ends = np.array([float(field.coolant.min()), float(np.nanmax(field.celsius))])
    most = limit(tree, "hotspot")
    marks = () if most is None else ((most - 273.15, "limit"),)
    values, colours = field.celsius.ravel(), style.colormap("temperature", look)
    return Paint("package temperature", "°C", values, fives(ends), colours, marks, -1, 1)


def _die_mean(tree: DataTree, field: Field, paint: Paint) -> Paint:
    """The chip as a whole, on the scale of its package."""
    at = read.find(read.texts(tree, "thermal", "chip"), np.array([field.chip]), "chip")
    mean = read.variable(tree, "thermal", "junction_temperature").values[at] - 273.15
    return paint._replace(values=np.asarray(mean, dtype=np.float64))


def _coolant(field: Field, look: Theme) -> Paint:
    middle = (field.coolant[1:] + field.coolant[:-1]) / 2
    ends = fives(field.coolant)
    return Paint(
        "coolant over the base", "°C", middle[:, _lines(field)].T.ravel(), ends, coolant_colours(look), (), -1, 1
    )


def _lines(field: Field) -> shapes.Index:
    """The columns of cells that are drawn as coolant lines, evenly spread."""
    columns = field.coolant.shape[1]
    return np.unique(((np.arange(_LINES) + 0.5) * columns / _LINES).astype(np.intp))


def _package(field: Field, place: _Place, paint: Paint) -> Layer:
    mesh = surface(field)
    which = mesh.cell_data[shapes.PART].copy()
    mesh.points = place(mesh.points).astype(np.float32)
    mesh.cell_data[COLOUR] = paint.rgb(which)
    return Layer("package", mesh, None, paint)


def _streams(field: Field, place: _Place, paint: Paint) -> list[Layer]:
    """One tube for each coolant line, coloured from edge to edge; cut where the package is."""
    columns, rows = _lines(field), field.y.size
    middle = (field.x[1:] + field.x[:-1])[columns] / 2
    start = np.where(columns < field.cut[0], field.cut[1], 0)
    kept = np.arange(rows) >= start[:, None]
    height = field.z[-1] + _GAP / _TALLER
    point = np.stack(np.broadcast_arrays(middle[:, None], field.y, height), axis=-1)
    count, radius = kept.sum(axis=1), np.full(len(columns), _line_radius(field))
    mesh = shapes.tube_mesh(place(point[kept]), count, radius, _SIDES)
    segment = np.arange(rows - 1) + (rows - 1) * np.arange(len(columns))[:, None]
    here = kept[:, :-1]
    ends = np.concatenate([segment[np.arange(len(columns)), start], segment[:, -1]])
    mesh.cell_data[COLOUR] = paint.rgb(np.concatenate([np.repeat(segment[here], _SIDES), ends]))
    return [Layer("coolant lines", mesh, None, paint, smooth=True)]


def _line_radius(field: Field) -> float:
    """Of a coolant line as drawn [m]."""
    return float(0.36 * field.x[-1] / _LINES * _LARGER)


def _context(tray_box: Boxes, chips: Boxes, plate: Boxes, look: Theme) -> list[Layer]:
    grey = greys(look)
    centre, size = shapes.shell_boxes(tray_box.centre, tray_box.size, _WALL)
    front = float((chips.centre - chips.size).min(axis=0)[1])
    centre, size, _ = shapes.cut_boxes(centre, size, front)
    others = chips_of(chips)
    others = others.at(np.flatnonzero(others.name != plate.name[0]))
    layers = [Layer("tray", shapes.box_mesh(centre, size), grey.tray)]
    centre, size, _ = shapes.cut_boxes(*board_boxes(tray_box, chips, _WALL), front)
    layers.append(Layer("board", shapes.box_mesh(centre, size), grey.board))
    return [*layers, box_layer("other chips", others, grey.shelf, BEVEL)] if len(others.name) else layers


def _hoses(pipes: Tubes, name: str, look: Theme) -> list[Layer]:
    layers = []
    for side, shade in (("supply", look.supply), ("return", look.back)):
        part = pipes.at(np.flatnonzero(pipes.name == f"{name}/{side}"))
        if len(part.nodes):
            layers.append(tube_layer(f"coolant {side}", part, shade, 20))
    return layers


def _rays(field: Field, place: _Place, plate: Boxes, look: Theme) -> Layer:
    """Thin lines from the corners of the chip to those of its magnified package."""
    under = field.z[np.argmax(np.isfinite(field.celsius[:, 0, 0]))]
    corners = np.array([[x, y, under] for x in (0.0, field.x[-1]) for y in (0.0, field.y[-1])])
    low, high = plate.centre[0] - plate.size[0] / 2, plate.centre[0] + plate.size[0] / 2
    feet = np.array([[x, y, high[2]] for x in (low[0], high[0]) for y in (low[1], high[1])])
    corners[0] = [field.x[field.cut[0]], field.y[field.cut[1]], 0.0]
    feet[0, :2] = (low + (high - low) * corners[0] / [field.x[-1], field.y[-1], 1.0])[:2]
    point = np.stack([feet, place(corners)], axis=1).reshape(-1, 3)
    rays = Tubes(*(np.zeros(4),) * 3, np.full(4, 0.0007), np.full(4, 2), point)  # type: ignore[arg-type]
    return tube_layer("magnified", rays, look.muted, 6)


def _callouts(field: Field, place: _Place, chips: Paint, stream: Paint) -> tuple[Callout, ...]:
    """The hottest coolant, then the hottest cell of each thick layer from the coolant down, at the cut."""
    x, y = field.x[field.cut[0]], 0.94 * field.y[field.cut[1]]
    spots = [(f"hottest in {name}", value, (x, y, z)) for name, z, value in reversed(field.layers())]
    warmest = _lines(field)[np.argmax(field.coolant[-1, _lines(field)])]
    out = (field.x[warmest], field.y[-1], field.z[-1] + _GAP / _TALLER)
    spots.insert(0, (_OUTFLOW, float(field.coolant[-1].max()), out))
    found = []
    for title, value, spot in spots:
        a, b, c = place(np.array(spot))
        if title == _OUTFLOW:  # on the top of its line, so that the leader passes over those beside it
            c += _line_radius(field)
        found.append(Callout(title, f"{number(value, 1)}{FIXED_SPACE}{chips.unit}", (float(a), float(b), float(c))))
    return tuple(found)
