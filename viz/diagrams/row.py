"""A row of a one-line diagram: breaker, cable, PDU or busway or DC bus with its rectifier, and racks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle

from viz import style
from viz.diagrams.parts import LINE, SMALL, Item, box, paint, share, watts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from viz.style import Theme


def draw_row(
    axes: Axes, feed: tuple[list[Item], int], cable: Item, place: tuple[float, float, float], look: Theme
) -> None:
    """A row: breaker, cable, PDU or busway or rectifier, and its racks; `feed` has the ends that feed a DC bus."""
    x, wide, y = place
    items, ends = feed
    named = {item.name: item for item in items}
    head, tall = named[cable.head], axes.get_ylim()[0]
    breaker = named.get(f"breaker-{cable.name}")
    axes.plot([x, x], [y, y + 1.3], color=paint(cable.loading, look), linewidth=LINE, zorder=1)
    if breaker is not None or not cable.closed:
        _draw_breaker(axes, breaker or cable, (x, y + 0.33), look)
    racks, feeding = _racks(items, head.name)
    live = [rack for rack in racks if rack.power > 0]
    rectifier = next((item for item in items if item.kind == "rectifier" and item.tail == head.name), None)
    bus = next((item for item in items if item.kind in ("busway", "dc bus") and item.tail in feeding), None)
    top = y + 0.95
    if rectifier is not None:
        box(axes, (x, top + 0.05, 0.8, 0.34), paint(rectifier.loading, look), "AC/DC")
        told = f"output {100 * rectifier.loading:.0f} %\nloss {watts(rectifier.loss)}" if live else ""
        axes.text(x + 0.48, top - 0.07, told, size=SMALL, va="center", linespacing=1.2)
    name = head.name if rectifier is None else rectifier.head.replace("dc-", "DC bus ")
    colour = paint(head.loading if bus is None else bus.loading, look)
    box(axes, (x, top + 0.5, min(wide - 0.15, 2.6), 0.5), colour, f"{name}\n{watts(cable.power)}{share(head)}")
    bottom = _draw_racks(axes, racks, named, (x, wide - 0.2, top + 0.9, tall - 1.0), look)
    lines = [f"fed from {'both ends' if ends > 1 else 'one end'}"] if rectifier is not None else []
    lines += [f"{len(live)} of {len(racks)} racks" if len(live) < len(racks) else f"{len(racks)} racks"]
    if live:
        lost = sum(named[name].loss for name in _branches(items, feeding)) + cable.loss
        lines += [
            f"{watts(live[0].power)} each",
            f"voltage {100 * min(r.voltage for r in live):.1f} %",
            f"loss {watts(lost)}",
        ]
    else:
        lines += ["no supply"]
    dead = look.ink if live else look.alert
    axes.text(x, bottom + 0.1, "\n".join(lines), size=SMALL, ha="center", va="top", color=dead, linespacing=1.25)


def _racks(items: list[Item], head: str) -> tuple[list[Item], set[str]]:
    """The racks below a node, and all nodes on the way to them."""
    reached = {head}
    for _ in items:
        more = {item.head for item in items if item.tail in reached and item.head and item.kind != "breaker"}
        if more <= reached:
            break
        reached |= more
    racks = [item for item in items if item.kind == "rack" and (item.name in reached or item.tail in reached)]
    return racks, reached


def _branches(items: list[Item], nodes: set[str]) -> list[str]:
    """The branches that start at some nodes, without breakers."""
    return [item.name for item in items if item.tail in nodes and item.kind not in ("breaker", "rack")]


def _draw_racks(
    axes: Axes, racks: list[Item], named: dict[str, Item], place: tuple[float, float, float, float], look: Theme
) -> float:
    """A square for each rack, as loaded as its cable or breaker; returns where they end."""
    x, wide, top, end = place
    across = min(len(racks), max(4, int(np.ceil(np.sqrt(2 * len(racks))))))
    side = min(0.36, wide / across, (end - top) / np.ceil(len(racks) / across))
    for k, rack in enumerate(racks):
        number = rack.name.removeprefix("rack-")
        ways = [named.get(f"{way}rack-cable-{number}") for way in ("", "breaker-")]
        known = [way.loading for way in ways if way is not None]
        loading = max(known) if known else np.nan
        left, upper = x + (k % across - across / 2) * side, top + k // across * side
        colour = look.paper if rack.power == 0 else paint(loading, look)
        axes.add_patch(
            Rectangle((left, upper), 0.86 * side, 0.86 * side, facecolor=colour, edgecolor=look.muted, lw=0.8)
        )
        if side > 0.27:
            ink = style.ink_on(colour)
            axes.text(left + 0.43 * side, upper + 0.43 * side, number, size=9.5, ha="center", va="center", color=ink)
    return float(top + np.ceil(len(racks) / across) * side)


def _draw_breaker(axes: Axes, item: Item, place: tuple[float, float], look: Theme) -> None:
    x, y = place
    colour = paint(item.loading, look) if item.closed else look.paper
    edge = look.ink if item.closed else look.alert
    axes.add_patch(Rectangle((x - 0.13, y - 0.13), 0.26, 0.26, facecolor=colour, edgecolor=edge, lw=1.6, zorder=4))
    told = f"{100 * item.loading:.0f} %" if item.closed else "open"
    ink = look.alert if not item.closed or item.loading > 1 + 1e-9 else look.ink
    axes.text(x + 0.22, y, told, size=SMALL, va="center", color=ink)
