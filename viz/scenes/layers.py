"""What a view consists of: layers of one mesh each, callouts, groups of trays, a camera; no window needed.

Contract: pure data made from the result tree; the stage draws it, the page writes beside it, tests read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz.scenes import shapes
from viz.scenes.lens import Eye, Lens, fit
from viz.scenes.paint import Paint
from viz.scenes.parts import CHIPS, TRAYS, Boxes, Tubes

if TYPE_CHECKING:
    from pyvista import PolyData

    from viz.style import Theme

Array = NDArray[np.float64]
Index = NDArray[np.intp]

COLOUR = "colour"
BEVEL = 0.004  # m that the edges of sheet metal are broken by
_FOOT = 0.15  # of the height of a view that counts as standing on the floor


class Layer(NamedTuple):
    """One mesh of one kind of part."""

    name: str
    mesh: PolyData
    colour: str | None
    """of the whole layer; None where the cells carry colours of their own"""
    paint: Paint | None = None
    """the field behind the colours of the cells"""
    smooth: bool = False
    context: bool = False
    """not part of what the camera must show whole"""
    closed: bool = False
    """faces that look away from the camera need not be drawn"""


class Callout(NamedTuple):
    """A part named beside the picture, with a thin line to it."""

    title: str
    value: str
    anchor: tuple[float, float, float]


class Group(NamedTuple):
    """Neighbours in the rack that share a name beside the picture; a single point has a line in place of a bracket."""

    kind: str
    text: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]


class View(NamedTuple):
    """All that one picture needs."""

    name: str
    title: str
    note: str
    layers: tuple[Layer, ...]
    eye: Eye
    callouts: tuple[Callout, ...] = ()
    groups: tuple[Group, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    """colour and meaning of what has a colour but no scale"""
    shade: float = 0.06
    """radius of ambient occlusion, 0 for none [m]"""

    @property
    def paints(self) -> list[Paint]:
        """The fields shown, each once."""
        found = {layer.paint.label: layer.paint for layer in self.layers if layer.paint is not None}
        return list(found.values())

    @property
    def points(self) -> Array:
        """Corners of all that the camera must show whole (n, 3) [m]."""
        return np.vstack(
            [np.asarray(layer.mesh.points, dtype=np.float64) for layer in self.layers if not layer.context]
        )

    @property
    def footprint(self) -> tuple[Array, Array]:
        """Lower and upper corner of what stands on the floor."""
        points = self.points
        low, high = points[:, 2].min(), points[:, 2].max()
        foot = points[points[:, 2] <= low + _FOOT * (high - low)]
        return foot.min(axis=0), foot.max(axis=0)

    def lens(self, aspect: float | None = None) -> Lens:
        """The camera that fills a frame of that aspect with it, by default of its own."""
        return fit(self.points, self.eye, aspect)


def box_layer(name: str, boxes: Boxes, colour: str, bevel: float = 0.0) -> Layer:
    """Boxes of one colour, their edges broken by a bevel [m]."""
    return Layer(name, shapes.box_mesh(boxes.centre, boxes.size, bevel), colour)


def tube_layer(name: str, tubes: Tubes, colour: str, sides: int) -> Layer:
    """Tubes of one colour."""
    return Layer(name, shapes.tube_mesh(tubes.point, tubes.nodes, tubes.radius, sides), colour, smooth=True)


def painted(layer: Layer, paint: Paint, which: Index) -> Layer:
    """The layer with part i in the colour of value which[i]; in place, so that a time step costs one look-up."""
    layer.mesh.cell_data[COLOUR] = paint.rgb(which)[layer.mesh.cell_data[shapes.PART]]
    return layer._replace(colour=None, paint=paint)


def groups(all_boxes: Boxes) -> tuple[Group, ...]:
    """Neighbouring trays and shelves of one kind, from the top."""
    rows = all_boxes.only(*TRAYS, "shelf")
    order = np.argsort(-rows.centre[:, 2], kind="stable")
    kinds = rows.kind[order]
    starts = np.flatnonzero(np.append(True, kinds[1:] != kinds[:-1]))
    return tuple(_group(rows.at(part)) for part in np.split(order, starts[1:]))


def _group(rows: Boxes) -> Group:
    low, high = (rows.centre - rows.size / 2).min(axis=0), (rows.centre + rows.size / 2).max(axis=0)
    word = {"compute tray": "compute tray", "switch tray": "switch tray", "shelf": "power shelf"}[str(rows.kind[0])]
    many = {"power shelf": "power shelves"}.get(word, f"{word}s")
    text = f"{len(rows.name)} {many}" if len(rows.name) > 1 else word
    return Group(str(rows.kind[0]), text, (low[0], low[1], low[2]), (high[0], high[1], high[2]))


def frame_layers(every: Boxes, look: Theme) -> list[Layer]:
    """Posts and rails as dark lines, the floor frame as a plinth."""
    frame, grey = every.only("frame"), greys(look)
    floor = np.char.endswith(frame.name, "floor")
    parts = {
        "frame": (frame.at(np.flatnonzero(~floor)), grey.frame),
        "floor": (frame.at(np.flatnonzero(floor)), grey.floor),
    }
    return [box_layer(name, part, shade, BEVEL) for name, (part, shade) in parts.items() if len(part.name)]


def tray_layers(every: Boxes, look: Theme) -> list[Layer]:
    """Trays and shelves in their greys, as closed boxes with broken edges."""
    grey = greys(look)
    shades = {"compute tray": grey.tray, "switch tray": grey.switch, "shelf": grey.shelf}
    parts = {kind: every.only(kind) for kind in shades}
    plurals = {"compute tray": "compute trays", "switch tray": "switch trays", "shelf": "shelves"}
    return [box_layer(plurals[kind], part, shades[kind], BEVEL) for kind, part in parts.items() if len(part.name)]


def chips_of(all_boxes: Boxes) -> Boxes:
    """GPUs, CPUs and switch ASICs."""
    return all_boxes.only(*CHIPS)


def board_boxes(trays: Boxes, chips: Boxes, wall: float) -> tuple[Array, Array]:
    """A board in each tray, from its floor of sheet metal to under its chips: centres and sizes."""
    foot = float((chips.centre - chips.size / 2)[:, 2].min() - (trays.centre - trays.size / 2)[:, 2].min())
    low, high = trays.centre - trays.size / 2 + wall, trays.centre + trays.size / 2 - wall
    high[:, 2] = low[:, 2] + max(foot - wall, wall)
    return (low + high) / 2, high - low


class Greys(NamedTuple):
    """Context: colours of what carries no data."""

    tray: str
    switch: str
    shelf: str
    frame: str
    floor: str
    board: str
    socket: str


def greys(look: Theme) -> Greys:
    """The greys that stand out from the paper of a theme without drawing the eye."""
    if look.paper == "#ffffff":
        return Greys("#dfe3e8", "#b9c1ca", "#7e8995", "#39424c", "#4a545f", "#4c5a5c", "#2e373d")
    return Greys("#8b96a2", "#66727f", "#4b5663", "#7d8996", "#3a4550", "#39464a", "#222b31")
