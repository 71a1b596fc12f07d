"""The flat panel: one rack on one page, every column on the rack's own elevation.

Contract: input is the result tree (groups /topology, /thermal, /power, /summary; SI); output a Figure on A3
landscape (A4 at 70 %) that is lower where there are few trays. Slot 1 is at the top of every column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure

from viz import headline, read, style
from viz.bus import draw_current, draw_voltage, has_busbar
from viz.chips import draw_chips, draw_names
from viz.elevation import Elevation, elevation
from viz.heat import draw_heat
from viz.links import draw_links, names_lines
from viz.marks import Scale, inches, round_ticks
from viz.units import bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataTree

    from viz.style import Theme

# All in inches.
_WIDTH, _DOTS_PER_INCH = 16.54, 122
_VERSION_WIDTH = 3.0  # inches at the right of the foot, for name and version
_MARGIN, _NAMES, _HEAD, _FOOT = 0.35, 0.95, 2.66, 1.28
_GAP, _NAME_GAP = 0.42, 0.75
_LINE_HEIGHT, _LOWEST, _HIGHEST = 0.42, 3.0, 7.75
_WITH_BUSBAR = {"chips": 3.3, "heat": 2.7, "links": 3.9, "bus": 2.6, "voltage": 1.15}
_WITHOUT_BUSBAR = {"chips": 4.2, "heat": 3.2, "links": 4.6, "bus": 1.3}


class Page(NamedTuple):
    """A figure addressed in inches from its top left corner."""

    figure: Figure
    width: float
    height: float

    def place(self, name: str, left: float, top: float, width: float, height: float) -> Axes:
        """New axes of that label at a place in inches."""
        bottom = 1 - (top + height) / self.height
        place = (left / self.width, bottom, width / self.width, height / self.height)
        return self.figure.add_axes(place, label=name)

    def write(self, left: float, top: float, text: str, **font: Any) -> None:
        """Text at a place in inches."""
        self.figure.text(left / self.width, 1 - top / self.height, text, **font)


def flat_panel(tree: DataTree, theme: str = "light") -> Figure:
    """One rack on one page: GPU temperatures, tray heat, NVLink load, busbar current, headline numbers.

    Every column shares the rack's elevation (slot 1 at the top), so that one can read across a tray.

    Parameters
    ----------
    tree : DataTree, solved result with groups /topology, /thermal, /power and /summary in SI units
    theme : str, "light" for paper or "dark" for screens

    Returns
    -------
    Figure, A3 landscape at about 2 000 pixels width, lower where there are few trays; not yet saved

    Raises
    ------
    ValueError
        If a group, variable or attribute is missing (named), if the result holds several racks, or if the
        theme is unknown.

    Notes
    -----
    Without a busbar (dimension `bus_section` absent or empty) the last column says so and the others widen.

    References
    ----------
    Derived: units of the trade (K - 273.15 = °C); contrast of text by WCAG 2.1, success criterion 1.4.3.

    Examples
    --------
    >>> flat_panel(None, theme="sepia")
    Traceback (most recent call last):
    ValueError: theme = 'sepia': must be one of light, dark
    """
    look = style.theme(theme)
    rack = elevation(tree)
    with style.context(look):
        lines = rack.slots * rack.gpus_per_tray
        tall = min(max(_LINE_HEIGHT * lines, _LOWEST), _HIGHEST)
        height = _HEAD + tall + _FOOT
        page = Page(Figure(figsize=(_WIDTH, height), dpi=_DOTS_PER_INCH), _WIDTH, height)
        _draw_head(page, tree, look)
        _draw_columns(page, tree, rack, look, tall)
        _draw_foot(page, tree, look)
    return page.figure


def _draw_head(page: Page, tree: DataTree, look: Theme) -> None:
    attributes = tree.attrs
    if "title" not in attributes:
        raise ValueError("the result has no root attribute title: run `twin run` again")
    name = str(attributes.get("system_title", attributes["title"]))
    page.write(_MARGIN, 0.3, name, size=style.TITLE, weight="bold", va="top")
    page.write(page.width - _MARGIN, 0.36, headline.conditions(tree), size=style.HEADING, va="top", ha="right")
    wide, tall = page.width - 2 * _MARGIN, 1.02
    axes = page.place("headline", _MARGIN, 0.84, wide, tall)
    axes.set(xlim=(0, wide), ylim=(0, tall))
    axes.set_axis_off()
    headline.draw_tiles(axes, headline.tiles(tree, look), look)


def _draw_columns(page: Page, tree: DataTree, rack: Elevation, look: Theme, tall: float) -> None:
    axes = _place_columns(page, tree, rack, tall)
    for column in axes.values():
        _draw_ground(column, tree, rack, look)
    draw_names(axes["chips"], tree, look)
    _finish_map(page, axes["chips"], "a   GPU temperature", draw_chips(axes["chips"], tree, rack, look))
    _finish(axes["heat"], "b   Heat per tray", draw_heat(axes["heat"], tree, look))
    _finish_map(page, axes["links"], "c   NVLink load by plane", draw_links(axes["links"], tree, rack, look))
    if "voltage" in axes:
        _finish(axes["bus"], "d   Busbar current", draw_current(axes["bus"], tree, look))
        _finish(axes["voltage"], "Voltage", draw_voltage(axes["voltage"], tree, look))
    else:
        _finish(axes["bus"], "d   Busbar", "")
        axes["bus"].set_xticks([])
        axes["bus"].text(0, 0.5, "no busbar", transform=axes["bus"].transAxes, va="center", color=look.muted)


def _draw_ground(axes: Axes, tree: DataTree, rack: Elevation, look: Theme) -> None:
    """Slots downward, a band behind each switch tray, no frame."""
    axes.set_ylim(rack.last + 0.5, rack.first - 0.5)
    axes.tick_params(left=False, bottom=False, labelleft=False)
    axes.spines[:].set_visible(False)
    slot, kind = read.whole(tree, "thermal", "tray_slot"), read.texts(tree, "thermal", "tray_kind")
    for middle in slot[kind == "switch"]:
        axes.axhspan(middle - 0.5, middle + 0.5, color=look.band, linewidth=0, zorder=0)


def _place_columns(page: Page, tree: DataTree, rack: Elevation, tall: float) -> dict[str, Axes]:
    shares = _WITH_BUSBAR if has_busbar(tree) else _WITHOUT_BUSBAR
    named = names_lines(tall / rack.slots, rack)
    gaps = [0.0] + [_NAME_GAP if named and name == "links" else _GAP for name in list(shares)[1:]]
    scale = (page.width - 2 * _MARGIN - _NAMES - sum(gaps)) / sum(shares.values())
    axes, left = {}, _MARGIN + _NAMES
    for (name, share), gap in zip(shares.items(), gaps, strict=True):
        axes[name] = page.place(name, left + gap, _HEAD, share * scale, tall)
        left += gap + share * scale
    return axes


def _finish(axes: Axes, title: str, label: str) -> None:
    """Title above, wrapped axis label below."""
    axes.annotate(
        title, (0, 1), (0, 27), xycoords="axes fraction", textcoords="offset points",
        size=style.HEADING, weight="bold",
    )  # fmt: skip
    _label(axes, label, 3)


def _finish_map(page: Page, axes: Axes, title: str, scale: Scale) -> None:
    """Title above, colour bar with its label below."""
    _finish(axes, title, "")
    place = axes.get_position()
    bottom = place.y0 - 0.22 / page.height
    bar = page.figure.add_axes((place.x0, bottom, place.width, 0.13 / page.height), label="scale")
    key = page.figure.colorbar(scale.mappable, cax=bar, orientation="horizontal", ticks=round_ticks(5))
    key.outline.set_visible(False)
    _label(bar, scale.label, 2)


def _label(axes: Axes, label: str, lines: int) -> None:
    unit = label.removeprefix(bare(label))
    axes.set_xlabel("\n".join(headline.fit(label, inches(axes)[0], style.BODY, lines, keep=unit)))


def _draw_foot(page: Page, tree: DataTree, look: Theme) -> None:
    warnings = str(read.scalar(tree, "warnings") or "").splitlines()
    if warnings:
        more = f"   (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
        width = page.width - 2 * _MARGIN - _VERSION_WIDTH
        (told, *_) = headline.fit(f"! {warnings[0]}{more}", width, style.SMALL, 1, keep=more)
        page.write(_MARGIN, page.height - 0.15, told, size=style.SMALL, color=look.alert)
    version = tree.attrs.get("version")
    note = f"{tree.attrs['title']}{'' if version is None else f', version {version}'}"
    page.write(page.width - _MARGIN, page.height - 0.15, note, size=style.SMALL, color=look.muted, ha="right")
