"""Colours that carry data: which field a view can show, its values in trade units, its scale and its limits.

Contract: one colour family per field (viridis load, inferno temperature, RdYlBu headroom, copper current); the values
are those of the result, one per part, in the unit that the label names.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from numpy.typing import NDArray

from viz import read, style
from viz.bus import rated_current
from viz.marks import nice_limits, nice_top, round_ticks
from viz.scenes.parts import limit
from viz.units import FIXED_SPACE, number

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from xarray import DataTree

    from viz.style import Theme

Array = NDArray[np.float64]


class Paint(NamedTuple):
    """One field of one kind of part, ready to be drawn."""

    label: str
    """what it is, without unit"""
    unit: str
    values: Array
    """one per part, in that unit"""
    scale: tuple[float, float]
    """values at the ends of the colours"""
    colours: Colormap
    marks: tuple[tuple[float, str], ...] = ()
    """limits: where they stand on the scale, and what they are"""
    worst_first: int = -1
    """-1 where the largest value is the worst, 1 where the smallest is"""
    digits: int = 0

    def rgb(self, which: Any = slice(None)) -> NDArray[np.uint8]:
        """Colours of the parts, (n, 3)."""
        shade = self.colours(Normalize(*self.scale, clip=True)(self.values[which]))
        return np.asarray(np.round(255 * shade[..., :3]), dtype=np.uint8)

    def worst(self, count: int) -> list[int]:
        """The parts nearest to their limit, of equal ones the first."""
        order = np.lexsort((np.arange(self.values.size), self.worst_first * np.round(self.values, 6)))
        return [int(i) for i in order if np.isfinite(self.values[i])][:count]

    def say(self, part: int) -> str:
        """The value of a part with its unit."""
        return f"{number(self.values[part], self.digits)}{FIXED_SPACE}{self.unit}"


Painter = Callable[["DataTree", "Theme"], Paint]


def choose(painters: dict[str, Painter], view: str, colour: str | None) -> str:
    """The field asked for, or the first of the view; ValueError lists near names.

    Parameters
    ----------
    painters : dict of str to callable, fields of the view
    view : str
        Its name, for the message.
    colour : str or None
        Field asked for.

    Returns
    -------
    str
        One of the painters' names.

    Raises
    ------
    ValueError
        No such field in this view.

    References
    ----------
    Derived: near names by `difflib`.

    Examples
    --------
    >>> choose({"load": load_paint}, "rear", "laod")
    Traceback (most recent call last):
    ValueError: colour = 'laod': view rear has no such field; did you mean load? there is load
    """
    if colour is None:
        return next(iter(painters))
    if colour not in painters:
        raise ValueError(f"colour = {colour!r}: view {view} has no such field; {near(colour, painters)}")
    return colour


def near(wanted: str, known: Any) -> str:
    """Near names, if any, and all names."""
    close = difflib.get_close_matches(wanted, list(known), n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{hint}there is {', '.join(known)}"


def load_paint(tree: DataTree, look: Theme) -> Paint:
    """Links by load over bandwidth, busier direction."""
    use = 100 * _values(tree, "topology", "link_utilization")
    return Paint("NVLink load", "%", use, (0.0, max(100.0, nice_top(use, 1.0))), style.colormap("load", look))


def spare_paint(tree: DataTree, look: Theme) -> Paint:
    """Links by the share of bandwidth that is free."""
    free = 100 * (1 - _values(tree, "topology", "link_utilization"))
    return Paint("NVLink free", "%", free, (0.0, 100.0), style.colormap("headroom", look), (), 1)


def length_paint(tree: DataTree, look: Theme) -> Paint:
    """Links by length."""
    metres = _values(tree, "topology", "link_length")
    top = nice_top(metres[np.isfinite(metres)], 0.1)
    return Paint("cable length", "m", metres, (0.0, top), style.colormap("load", look), digits=2)


def junction_paint(tree: DataTree, look: Theme) -> Paint:
    """Chips by die mean, with the limit on the scale."""
    return _temperature(tree, look, "junction", "die mean")


def hotspot_paint(tree: DataTree, look: Theme) -> Paint:
    """Chips by their hottest point, with the limit on the scale."""
    return _temperature(tree, look, "hotspot", "hot spot")


def memory_paint(tree: DataTree, look: Theme) -> Paint:
    """Chips by their memory, with the limit on the scale."""
    return _temperature(tree, look, "memory", "memory")


def junction_room_paint(tree: DataTree, look: Theme) -> Paint:
    """Chips by the distance of the die mean to its limit."""
    most = limit(tree, "junction")
    if most is None:
        raise ValueError("colour = 'headroom': the result states no junction limit: run `twin run` again")
    room = most - _values(tree, "thermal", "junction_temperature")
    colours = style.colormap("headroom", look)
    half = max(10.0, nice_top(np.abs(room[np.isfinite(room)]), 10.0))
    return Paint("die mean headroom", "K", room, (-half, half), colours, ((0.0, "limit"),), 1, 1)


def power_paint(tree: DataTree, look: Theme) -> Paint:
    """Chips by module input."""
    watts = _values(tree, "power", "chip_power")
    return Paint("module power", "W", watts, (0.0, nice_top(watts, 100.0)), style.colormap("load", look))


def current_paint(tree: DataTree, look: Theme) -> Paint:
    """Sections of the bar by the size of their current, against the rating."""
    amperes = np.abs(_values(tree, "power", "bus_section_current"))
    rated = rated_current(tree)
    top = max(rated or 0.0, float(amperes.max(initial=1.0)))
    marks = () if rated is None else ((rated, "rated"),)
    return Paint("bar current", "A", amperes, (0.0, nice_top(np.array([top]), 1.0)), copper(look), marks)


def current_room_paint(tree: DataTree, look: Theme) -> Paint:
    """Sections of the bar by what is left of the rating."""
    rated = rated_current(tree)
    if rated is None:
        raise ValueError("colour = 'headroom': the result states no busbar rating: run `twin run` again")
    left = 100 * (1 - np.abs(_values(tree, "power", "bus_section_current")) / rated)
    return Paint("bar rating left", "%", left, (-100.0, 100.0), style.colormap("headroom", look), ((0.0, "rated"),), 1)


def bar_temperature_paint(tree: DataTree, look: Theme) -> Paint:
    """Sections of the bar by conductor temperature."""
    celsius = _values(tree, "power", "bus_section_temperature") - 273.15
    return Paint(
        "bar conductor", "°C", celsius, nice_limits(celsius, 4.0), style.colormap("temperature", look), digits=1
    )


def shelf_paint(tree: DataTree, look: Theme) -> Paint:
    """Shelves by output over rating."""
    load = 100 * _values(tree, "power", "shelf_load")
    top = max(100.0, nice_top(load, 1.0))
    return Paint("shelf load", "%", load, (0.0, top), style.colormap("load", look), ((100.0, "rated"),))


def coolant_colours(look: Theme) -> Colormap:
    """From supply to return."""
    middle = "#c9c6d6" if look.paper == "#ffffff" else "#8f8ba6"
    return LinearSegmentedColormap.from_list("coolant", [look.supply, middle, look.back])


def copper(look: Theme) -> Colormap:
    """From idle to full current; one family for the busbar."""
    light = look.paper == "#ffffff"
    ends = ["#e6c8aa", "#b9722f", "#65300f"] if light else ["#4a3a30", "#c07c48", "#ffd9b0"]
    return LinearSegmentedColormap.from_list("copper", ends)


def coolant_scale(tree: DataTree) -> tuple[float, float]:
    """Supply and hottest return of the trays [°C]."""
    supply = read.scalar(tree, "coolant_supply_temperature")
    back = _values(tree, "thermal", "tray_coolant_return_temperature")
    if supply is None:
        raise ValueError("the result has no variable /summary/coolant_supply_temperature: run `twin run` again")
    return float(supply) - 273.15, float(np.nanmax(back)) - 273.15


def _temperature(tree: DataTree, look: Theme, part: str, name: str) -> Paint:
    celsius = _values(tree, "thermal", f"{part}_temperature") - 273.15
    most = limit(tree, part)
    marks = () if most is None else ((most - 273.15, "limit"),)
    finite = celsius[np.isfinite(celsius)]
    ends = np.concatenate([finite, [mark for mark, _ in marks]])
    return Paint(name, "°C", celsius, fives(ends), style.colormap("temperature", look), marks, -1, 1)


def fives(values: Array) -> tuple[float, float]:
    """The next multiples of five around the values."""
    low, high = np.round([values.min(), values.max()], 3) / 5 if values.size else (0.0, 1.0)
    return 5 * float(np.floor(low)), 5 * float(max(np.ceil(high), np.floor(low) + 1))


def ticks(paint: Paint, count: int = 5) -> list[float]:
    """Round values within the scale."""
    low, high = paint.scale
    return [float(t) for t in round_ticks(count).tick_values(low, high) if low - 1e-9 <= t <= high + 1e-9]


def _values(tree: DataTree, group: str, name: str) -> Array:
    return np.asarray(read.variable(tree, group, name).values, dtype=np.float64)
