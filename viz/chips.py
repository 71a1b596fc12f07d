"""Column of chips: GPUs by junction temperature; switch chips and shelves are grey, with their value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import Normalize

from viz import read, style
from viz.elevation import asic_boxes, gpu_boxes
from viz.marks import Array, Scale, boxes, fill, nice_limits, outline, row_height, write
from viz.units import number, quantity, trade

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.elevation import Elevation
    from viz.style import Theme

_WORST = 3  # at most, and never more than one GPU in eight
_SPAN = 4.0  # K that the colours cover at least, so that equal chips look equal
_TALL_CELL = 0.42  # inches from which a cell also carries the name of its GPU


def draw_chips(axes: Axes, tree: DataTree, rack: Elevation, look: Theme) -> Scale:
    """One cell per GPU with its value, the hottest outlined; returns the colour scale."""
    temperature, label = trade(read.variable(tree, "thermal", "junction_temperature"))
    axes.set_xlim(0, rack.columns)
    _draw_switches(axes, temperature, rack, look)
    _draw_shelves(axes, tree, rack, look)
    values, corners = temperature[rack.gpus], gpu_boxes(rack)
    norm, colours = Normalize(*nice_limits(values, _SPAN)), style.colormap("temperature", look)
    cells = fill(axes, corners, array=values, norm=norm, cmap=colours, edgecolor=look.paper, linewidth=1.6)
    inks = [style.ink_on(colour) for colour in cells.to_rgba(values)]
    hottest = np.argsort(-values, kind="stable")[: min(_WORST, max(1, len(values) // 8))]
    write(axes, corners, _texts(axes, tree, rack, values), inks, bold=hottest.tolist())
    outline(axes, corners[hottest], [inks[i] for i in hottest])
    _name_columns(axes, rack)
    return Scale(cells, label)


def draw_names(axes: Axes, tree: DataTree, look: Theme) -> None:
    """Tray and shelf names at the left; rows without GPUs are muted."""
    slot, name = read.whole(tree, "thermal", "tray_slot"), read.texts(tree, "thermal", "tray")
    compute = read.texts(tree, "thermal", "tray_kind") == "compute"
    if "shelf" in read.group(tree, "power").variables:
        slot = np.concatenate([slot, read.whole(tree, "power", "shelf_slot")])
        name = np.concatenate([name, read.texts(tree, "power", "shelf")])
    axes.set_yticks(slot, name)
    axes.tick_params(axis="y", labelleft=True, pad=4, labelcolor=look.muted)
    for row in np.flatnonzero(compute):
        axes.get_yticklabels()[row].set_color(look.ink)


def _texts(axes: Axes, tree: DataTree, rack: Elevation, values: Array) -> list[str]:
    texts = [number(value, 1) for value in values]
    if row_height(axes) / rack.lines < _TALL_CELL:
        return texts
    names = read.short(read.texts(tree, "thermal", "chip")[rack.gpus])
    return [f"{name}\n{text}" for name, text in zip(names, texts, strict=True)]


def _name_columns(axes: Axes, rack: Elevation) -> None:
    columns = rack.columns if rack.lines == 1 else 0
    axes.set_xticks(np.arange(columns) + 0.5, [f"GPU {i}" for i in range(columns)])
    axes.tick_params(axis="x", labeltop=True, labelbottom=False, pad=2)


def _draw_switches(axes: Axes, temperature: Array, rack: Elevation, look: Theme) -> None:
    corners = asic_boxes(rack)
    fill(axes, corners, facecolor=look.neutral, edgecolor=look.paper, linewidth=1.6)
    write(axes, corners, [number(t, 1) for t in temperature[rack.asics]], [look.muted] * len(corners))


def _draw_shelves(axes: Axes, tree: DataTree, rack: Elevation, look: Theme) -> None:
    if "shelf" not in read.group(tree, "power").variables:
        return
    watts, load = (trade(read.variable(tree, "power", name))[0] for name in ("shelf_power", "shelf_load"))
    corners = boxes(0.0, read.whole(tree, "power", "shelf_slot") - 0.5, rack.columns, 1.0)
    fill(axes, corners, facecolor="none", edgecolor=look.grid, linewidth=0.8)
    variables = read.group(tree, "power").variables
    serving = variables["shelf_in_service"].values if "shelf_in_service" in variables else np.ones(len(watts))
    texts = [
        f"{quantity(w, 'kW', 1)}, {quantity(x, '%')} of rating" if on else "out of service"
        for w, x, on in zip(watts, load, serving, strict=True)
    ]
    write(
        axes,
        corners,
        texts,
        [look.alert if x > 100 or not on else look.muted for x, on in zip(load, serving, strict=True)],
    )
