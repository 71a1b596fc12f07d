"""Column of links: NVLink utilisation by GPU (one thin line each, within the slot of its tray) and plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import Normalize

from viz import read, style
from viz.marks import Scale, nice_top, row_height
from viz.units import trade

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.elevation import Elevation, Index
    from viz.style import Theme

_NAMED_LINE = 0.16  # inches from which a line carries the name of its GPU
_PLANES_NAMED = 12
_LEAST_TOP = 10.0  # % at the upper end of the colours, so that an idle fabric looks idle


def link_map(tree: DataTree, rack: Elevation) -> tuple[np.ma.MaskedArray, Index, str]:
    """Utilisation (line, plane), the largest of parallel links; the plane numbers; the label."""
    use, label = trade(read.variable(tree, "topology", "link_utilization"))
    planes, column = np.unique(read.whole(tree, "topology", "plane"), return_inverse=True)
    gpu = read.find(
        read.texts(tree, "thermal", "chip")[rack.gpus],
        read.texts(tree, "topology", "link_gpu"),
        "GPU of a link",
    )
    table = np.full((rack.slots * rack.gpus_per_tray, len(planes)), -np.inf)
    np.maximum.at(table, (rack.gpu_lines[gpu], column), use)
    return np.ma.masked_equal(table, -np.inf), planes, label


def draw_links(axes: Axes, tree: DataTree, rack: Elevation, look: Theme) -> Scale:
    """Lines of one tray stand together, parted from the next tray; returns the colour scale."""
    table, planes, label = link_map(tree, rack)
    norm, colours = Normalize(0.0, nice_top(table.compressed(), _LEAST_TOP)), style.colormap("load", look)
    edges = np.linspace(rack.first - 0.5, rack.last + 0.5, len(table) + 1)
    limits = axes.get_ylim()
    mesh = axes.pcolormesh(np.arange(len(planes) + 1), edges, table, norm=norm, cmap=colours, antialiased=False)
    slots = np.unique(rack.slot[rack.gpus])
    axes.hlines([*(slots - 0.5), *(slots + 0.5)], 0, len(planes), color=look.paper, linewidth=1.6)
    axes.set_ylim(limits)
    step = -(-len(planes) // _PLANES_NAMED)
    axes.set_xticks(np.arange(len(planes))[::step] + 0.5, planes[::step].astype(np.str_))
    axes.tick_params(axis="x", labeltop=True, labelbottom=False, pad=2)
    if names_lines(row_height(axes), rack):
        _name_lines(axes, tree, rack, edges)
    return Scale(mesh, label)


def names_lines(slot_height: float, rack: Elevation) -> bool:
    """Whether the lines are tall enough, at so many inches per slot, to carry names."""
    return slot_height / rack.gpus_per_tray >= _NAMED_LINE


def _name_lines(axes: Axes, tree: DataTree, rack: Elevation, edges: np.ndarray) -> None:
    middle = (edges[:-1] + edges[1:]) / 2
    names = read.short(read.texts(tree, "thermal", "chip")[rack.gpus])
    axes.set_yticks(middle[rack.gpu_lines], names)
    axes.tick_params(axis="y", labelleft=True, pad=3)
