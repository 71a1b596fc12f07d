"""Many racks at once: the same rack side by side in rows, its cables as lines in one mesh.

Contract: metres; rows along x, aisles across y; level of detail is "lines", so that half a million cables go into
one picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray

from viz import style
from viz.scenes import shapes
from viz.scenes.layers import COLOUR, Layer, View, box_layer, greys, groups
from viz.scenes.lens import Eye
from viz.scenes.paint import load_paint
from viz.scenes.parts import Boxes, boxes, tubes
from viz.scenes.stage import put_on_stage
from viz.scenes.supply import sidecar_reach

if TYPE_CHECKING:
    from pyvista import Plotter
    from xarray import DataTree

    from viz.style import Theme

Array = NDArray[np.float64]

_PITCH, _AISLE = 0.62, 3.0  # m from rack to rack and from row to row
_ROW = 16
_AROUND, _AISLE_GAP, _AISLE_WIDE = 1.6, 0.35, 1.2  # m of floor around the racks, behind a row, and of its aisle
_EYE = Eye(-32.0, 30.0, away=1.3, upright=False)


def hall(tree: DataTree, racks: int = 128, theme: str = "light", size: tuple[int, int] = (1600, 1000)) -> Plotter:
    """A hall of equal racks from the rear, every cable a line coloured by load.

    Parameters
    ----------
    tree : DataTree, the result of a solve of one rack
    racks : int, how many [1]
    theme : str, "light" or "dark"
    size : tuple of int, width and height [pixel]

    Returns
    -------
    Plotter
        pyvista, off-screen.

    Raises
    ------
    ValueError
        Less than one rack, or a result without what is drawn.
    NoWindow
        This machine has no OpenGL.

    References
    ----------
    Derived: the rack of the result, moved.
    """
    look = style.theme(theme)
    view = hall_view(tree, racks, look)
    plotter = put_on_stage(view, look, size)
    _write_rows(plotter, racks, look)
    return plotter


def hall_view(tree: DataTree, racks: int, look: Theme) -> View:
    """The layers of a hall, without a window."""
    if racks < 1:
        raise ValueError(f"racks = {racks}: must be at least 1")
    every, grey = boxes(tree), greys(look)
    place = places(racks, _PITCH + sidecar_reach(every))
    shades = {"compute tray": grey.tray, "switch tray": grey.switch, "shelf": grey.shelf}
    shades |= {"sidecar": grey.shelf, "feeder": look.copper}
    stock = _blocks(every)
    layers = [box_layer(kind, _copies(stock.only(kind), place), shade) for kind, shade in shades.items()]
    layers = [layer for layer in layers if layer.mesh.n_cells]
    layers = [*_floor(place, every, look), *layers, hall_cables(tree, place, look)]
    return View("hall", f"{racks} racks", "every cable a line", tuple(layers), _EYE, shade=0.0)


def _floor(place: Array, every: Boxes, look: Theme) -> list[Layer]:
    """The floor of the hall, and the aisle behind each row a shade darker."""
    low, high = (every.centre - every.size / 2).min(axis=0), (every.centre + every.size / 2).max(axis=0)
    start, end = place.min(axis=0) + low - _AROUND, place.max(axis=0) + high + _AROUND
    shades = ("#c3cad2", "#aab4be") if look.paper == "#ffffff" else ("#1d2630", "#2a3541")
    rows = np.unique(place[:, 1]) + high[1] + _AISLE_GAP + _AISLE_WIDE / 2
    centre = np.column_stack([np.full(len(rows), (start[0] + end[0]) / 2), rows, np.full(len(rows), 0.002)])
    size = np.tile([end[0] - start[0], _AISLE_WIDE, 0.002], (len(rows), 1))
    ground = np.array([[*((start + end) / 2)[:2], -0.02]]), np.array([[*(end - start)[:2], 0.04]])
    return [
        Layer("floor", shapes.box_mesh(*ground), shades[0]),
        Layer("aisles", shapes.box_mesh(centre, size), shades[1]),
    ]


def _write_rows(plotter: Plotter, racks: int, look: Theme) -> None:
    """The number of each row on the floor before its first rack."""
    place = places(racks)[::_ROW]
    plotter.add_point_labels(
        place + np.array([-1.0, 0.5, 0.05]), [f"row {k}" for k in range(1, len(place) + 1)], name="rows", font_size=18,
        font_file=str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), text_color=look.ink, shape=None,
        show_points=False, always_visible=True, justification_horizontal="left", render=False, reset_camera=False,
    )  # fmt: skip


def places(racks: int, pitch: float = _PITCH) -> Array:
    """Where the racks stand, (racks, 3) [m]."""
    row, column = np.divmod(np.arange(racks), _ROW)
    return np.column_stack([pitch * column, _AISLE * row, np.zeros(racks)])


def hall_cables(tree: DataTree, place: Array, look: Theme) -> Layer:
    """The cables of all racks as lines in one mesh, coloured by load.

    Parameters
    ----------
    tree : DataTree
    place : (racks, 3) array, where each rack stands [m]
    look : Theme

    Returns
    -------
    Layer
        racks x cables lines.

    References
    ----------
    Derived: the routes of one rack, moved; single precision.
    """
    cables = tubes(tree).only("cable")
    point = (cables.point[None] + place[:, None]).astype(np.float32).reshape(-1, 3)
    mesh = shapes.line_mesh(point, np.tile(cables.nodes, len(place)))
    paint = load_paint(tree, look)
    mesh.cell_data[COLOUR] = np.tile(paint.rgb(cables.link), (len(place), 1))
    return Layer("cables", mesh, None, paint, context=True)


def _blocks(every: Boxes) -> Boxes:
    """Neighbouring trays of a kind as one box: gaps between them are finer than a pixel of a hall."""
    runs = groups(every)
    others = every.at(np.flatnonzero((every.kind == "sidecar") | np.char.startswith(every.name, "row bus")))
    low, high = np.array([run.low for run in runs]), np.array([run.high for run in runs])
    kind = np.array([*(run.kind for run in runs), *others.kind])
    return Boxes(kind, kind, np.vstack([(low + high) / 2, others.centre]), np.vstack([high - low, others.size]))


def _copies(part: Boxes, place: Array) -> Boxes:
    count = len(place)
    centre = (part.centre[None] + place[:, None]).reshape(-1, 3)
    return Boxes(np.tile(part.name, count), np.tile(part.kind, count), centre, np.tile(part.size, (count, 1)))
