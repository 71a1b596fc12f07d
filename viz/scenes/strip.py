"""Title, headline numbers and foot of a still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle

from viz import headline, read, style
from viz.headline import Tile
from viz.scenes.lettering import fitting, shortened, width
from viz.units import NOTHING, bandwidth

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.panel import Page
    from viz.style import Theme

ROW, COLUMN = 1.2, 2.72  # inches that the numbers take above or beside the panels
_VALUE, _TITLE, _NOTE = 17.0, 15.0, 11.0  # points
_TITLE_LEAST = 11.0
_LINES, _ROOM = 3, 0.22  # of small print below a number, and inches beside it
_STEP = 1.2  # inches from number to number in a column
_INSET, _TALL = 0.13, 1.02  # inches from the bar to the text, and of the bar
_SHARES = (0.8, 1.2, 1.32, 1.1, 1.1, 1.1)  # of the row, in the order of the numbers


def draw_title(page: Page, tree: DataTree, margin: float, height: float) -> None:
    """Name of the system at the left, its conditions at the right."""
    if "title" not in tree.attrs:
        raise ValueError("the result has no root attribute title: run `twin run` again")
    told = headline.conditions(tree)
    name = str(tree.attrs.get("system_title", tree.attrs["title"]))
    room = page.width - 2 * margin - width(told, style.BODY) - 0.3
    size = fitting(name, room, _TITLE, _TITLE_LEAST, "bold")
    line = shortened(name, room, size, "bold")
    page.write(margin, margin + height / 2 - 0.08, line, size=size, weight="bold", va="center")
    page.write(page.width - margin, margin + height / 2 - 0.08, told, size=style.BODY, va="center", ha="right")


def numbers(tree: DataTree, look: Theme) -> list[Tile]:
    """The headline numbers of the panel, in fewer words and with the fabric as a whole."""
    power, _, die, *others = headline.tiles(tree, look)
    both, each = (read.scalar(tree, f"bandwidth_{of}") for of in ("aggregate_bidirectional", "per_gpu"))
    notes = ("all GPUs, both ways", "" if each is None else f"{bandwidth(each)} per GPU, one way")
    fabric = Tile("NVLink", NOTHING if both is None else bandwidth(both), notes, (style.colormap("load", look)(0.75),))
    direct = read.scalar(tree, "rack_power_dc")
    power = power._replace(notes=(power.notes[0], power.notes[1] and f"{direct / 1e3:.1f} kW DC"))
    row = [power, fabric, die, *others]
    return [tile._replace(share=share) for tile, share in zip(row, _SHARES, strict=True)]


def draw_numbers(page: Page, tree: DataTree, look: Theme, down: bool, corner: tuple[float, float]) -> None:
    """Caption, value and small print of each number, in a row or down a column from a corner in inches."""
    row = numbers(tree, look)
    shares = np.array([tile.share for tile in row])
    across = (page.width - 2 * corner[0] - _ROOM) * shares / shares.sum()
    left = np.zeros(len(row)) if down else np.cumsum(across) - across
    top = 0.25 + _STEP * np.arange(len(row)) if down else np.zeros(len(row))
    rooms = [COLUMN - 0.1] * len(row) if down else [float(wide) for wide in across]
    sizes = (
        fitting(tile.value, wide - _INSET - 0.1, _VALUE, 1.0, "bold") for tile, wide in zip(row, rooms, strict=True)
    )
    size = min(sizes)
    for tile, x, y, wide in zip(row, left, top, rooms, strict=True):
        _draw_number(page, tile, (corner[0] + float(x), corner[1] + float(y), wide, size), look)


def _draw_number(page: Page, tile: Tile, place: tuple[float, float, float, float], look: Theme) -> None:
    """At left, top, in a width [inch], the value in letters of a size [point]."""
    x, y, wide, size = place
    step = _TALL / len(tile.bar)
    for k, colour in enumerate(tile.bar):
        corner = (x / page.width, 1 - (y + (k + 1) * step) / page.height)
        patch = Rectangle(corner, 0.045 / page.width, step / page.height, facecolor=colour, linewidth=0)
        page.figure.add_artist(patch)
    page.write(x + _INSET, y, tile.caption, size=style.BODY, color=look.muted, va="top")
    page.write(x + _INSET, y + 0.17, tile.value, size=size, weight="bold", va="top")
    notes = [note for note in tile.notes if note]
    lines: list[str] = []
    for k, note in enumerate(notes, 1):
        lines += headline.fit(note, wide - _ROOM, _NOTE, _LINES - len(lines) - len(notes) + k)
    font = {"size": _NOTE, "color": look.muted, "va": "top", "linespacing": 1.2}
    page.write(x + _INSET, y + 0.49, "\n".join(lines), **font)


def draw_foot(page: Page, tree: DataTree, look: Theme, margin: float) -> None:
    """The first warning at the left, and how many more there are; title and version at the right."""
    version = tree.attrs.get("version")
    note = f"{tree.attrs['title']}{'' if version is None else f', version {version}'}"
    warnings = str(read.scalar(tree, "warnings") or "").splitlines()
    if warnings:
        room = page.width - 2 * margin - width(note, style.BODY) - 0.3
        more = f"   (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
        told = shortened(f"! {warnings[0]}", room - width(more, style.BODY), style.BODY) + more
        page.write(margin, page.height - 0.13, told, size=style.BODY, color=look.alert, va="center")
    page.write(
        page.width - margin, page.height - 0.13, note, size=style.BODY, color=look.muted, ha="right", va="center"
    )
