"""What a one-line diagram is made of: the elements of the feed as the result has them, colours, boxes and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.patches import Rectangle

from viz import read, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

LABEL, SMALL = 12.0, 11.0  # points
LINE = 5.0  # points, of a conductor


class Item(NamedTuple):
    """An element of the feed."""

    name: str
    kind: str
    tail: str
    head: str
    power: float
    """[W]"""
    loss: float
    """[W]"""
    loading: float
    """[1]"""
    voltage: float
    """over nominal [1]"""
    nominal: float
    """[V]"""
    closed: bool


def feed_items(tree: DataTree) -> list[Item]:
    """The elements of the feed; none where the spec has no feed."""
    power = read.group(tree, "power")
    if "feeder" not in power.dims:
        raise ValueError("the result has no dimension feeder in /power: run `twin run` again")
    texts = [read.texts(tree, "power", f"feeder{part}").tolist() for part in ("", "_kind", "_from", "_to")]
    numbers = [
        read.variable(tree, "power", f"feeder_{part}").values.astype(float).tolist()
        for part in ("power", "loss", "loading", "voltage", "nominal_voltage", "closed")
    ]
    columns = zip(zip(*texts, strict=True), zip(*numbers, strict=True), strict=True)
    return [Item._make((*text, *number[:-1], bool(number[-1]))) for text, number in columns]


def paint(loading: float, look: Theme) -> str:
    """The colour of a loading: viridis up to 1, the alert colour above, grey where there is none."""
    if np.isnan(loading) or loading == 0:
        return look.neutral
    if loading > 1 + 1e-9:
        return look.alert
    red, green, blue, _ = style.colormap("load", look)(float(loading))
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def watts(power: float) -> str:
    """A power with three or four digits."""
    return (
        f"{power / 1e6:.2f} MW" if abs(power) >= 1e6 else f"{power / 1e3:.1f} kW" if power >= 1e3 else f"{power:.0f} W"
    )


def box(axes: Axes, place: tuple[float, float, float, float], colour: str, text: str) -> None:
    """A filled box around a point with text in it; `place` is x, y, width and height."""
    x, y, wide, tall = place
    axes.add_patch(Rectangle((x - wide / 2, y - tall / 2), wide, tall, facecolor=colour, linewidth=0, zorder=3))
    font: Any = {"size": SMALL, "ha": "center", "va": "center", "zorder": 5}
    axes.text(x, y, text, color=style.ink_on(colour), **font)


def volts(item: Item) -> str:
    """The nominal voltage of an element."""
    return f"{item.nominal / 1e3:g} kV" if item.nominal >= 1e3 else f"{item.nominal:g} V"


def share(item: Item) -> str:
    """Its loading behind a comma; nothing where it is not known."""
    return "" if np.isnan(item.loading) else f", {100 * item.loading:.0f} %"
