"""Stills: 3-D panels rendered without text, then one page of titles, numbers, colour bars and labels around them.

Contract: the figure has just as many pixels as asked for and belongs to the caller; same input, same pixels.
All text is set by matplotlib in the one font of the house, outside the panels, and no two texts overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from viz import style
from viz.panel import Page, flat_panel
from viz.scenes import side, strip
from viz.scenes.arrange import MARGIN, TITLE, Panel, arranged
from viz.scenes.backdrop import cast, page_pixels, put_pixels
from viz.scenes.flat import flat
from viz.scenes.layers import View
from viz.scenes.lens import Lens
from viz.scenes.paint import near
from viz.scenes.stage import VIEWS, NoWindow, check_view, make_view, put_on_stage

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.style import Theme

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

SIZE = (2000, 1300)
_LEAST, _MOST = (320, 240), (8000, 6000)  # pixels
_OVER = 2  # pixels rendered for each pixel shown, along each side
_EMPTY = "#000000"  # behind what is rendered, and nowhere in it; occlusion leaves it as it is


def still(
    tree: DataTree,
    views: Sequence[str] = ("rear", "section"),
    size: tuple[int, int] = SIZE,
    theme: str = "light",
    colour: str | None = None,
) -> Figure:
    """The picture of a solved rack: 3-D views side by side with the headline numbers.

    Parameters
    ----------
    tree : DataTree, the result of a solve
    views : sequence of str, names of views, from the left
    size : tuple of int, width and height [pixel]
    theme : str, "light" or "dark"
    colour : str or None, field of the views that have it; the others show their first

    Returns
    -------
    Figure
        At `size` pixels; write it with `viz.save`.

    Raises
    ------
    ValueError
        Unknown view, field or theme, a size out of range, or a result without what a view shows.
    NoWindow
        This machine has no OpenGL.

    References
    ----------
    Derived: panels without text, supersampled; text around them.

    Examples
    --------
    >>> still(None, size=(10, 10))
    Traceback (most recent call last):
    ValueError: size = 10x10: must be 320x240 to 8000x6000 pixels
    """
    look = style.theme(theme)
    check_size(size)
    made = make_views(tree, views, colour, look)
    dots, panels = arranged(made, size)
    with style.context(look):
        page = Page(Figure(figsize=(size[0] / dots, size[1] / dots), dpi=dots), size[0] / dots, size[1] / dots)
        strip.draw_title(page, tree, MARGIN, TITLE)
        strip.draw_numbers(page, tree, look, len(made) == 1, (MARGIN, MARGIN + TITLE))
        ground = page_pixels(size, look)
        for panel in panels:
            _draw(page, panel, look, ground)
        put_pixels(page.figure, ground)
        strip.draw_foot(page, tree, look, MARGIN)
    return page.figure


def picture(
    tree: DataTree,
    views: Sequence[str] = ("rear", "section"),
    size: tuple[int, int] = SIZE,
    theme: str = "light",
    colour: str | None = None,
) -> tuple[Figure, str | None]:
    """A still, or its flat twin where this machine draws nothing in 3-D.

    Parameters
    ----------
    tree : DataTree, the result of a solve
    views : sequence of str, names of views, from the left
    size : tuple of int, width and height of the still [pixel]
    theme : str, "light" or "dark"
    colour : str or None, field of the views that have it

    Returns
    -------
    figure : Figure
        The still; else the flat twin of the only view, or the flat panel.
    note : str or None
        Why it is flat and what to install, or which views have no such field; None if there is nothing to say.

    Raises
    ------
    ValueError
        As `still`.

    References
    ----------
    Derived: `still`, `flat` and `flat_panel`.

    Examples
    --------
    >>> picture(None, views=("reer",))
    Traceback (most recent call last):
    ValueError: view = 'reer': no such view; did you mean rear? there is rear, section, tray, electrical, oneline
    """
    try:
        return still(tree, views, size, theme, colour), _unlike(views, colour)
    except NoWindow as missing:
        plain = flat(tree, views[0], theme) if len(views) == 1 else flat_panel(tree, theme)
        return plain, f"drew the flat picture instead of the 3-D one: {missing}"


def _unlike(views: Sequence[str], colour: str | None) -> str | None:
    """Which views are coloured by another field than was asked for."""
    firsts = {view: next(iter(VIEWS[view][1])) for view in views if colour not in (None, *VIEWS[view][1])}
    told = [f"view {view} has no field {colour} and shows {first}" for view, first in firsts.items()]
    return "; ".join(told) or None


def check_size(size: tuple[int, int]) -> None:
    """Refuse sizes that hold no picture or no memory."""
    if not all(low <= pixels <= high for low, pixels, high in zip(_LEAST, size, _MOST, strict=True)):
        ends = " to ".join(f"{width}x{height}" for width, height in (_LEAST, _MOST))
        raise ValueError(f"size = {size[0]}x{size[1]}: must be {ends} pixels")


def make_views(tree: DataTree, views: Sequence[str], colour: str | None, look: Theme) -> list[View]:
    """The views; a field that only some of them have colours those."""
    if not views:
        raise ValueError("views is empty: name at least one of " + ", ".join(VIEWS))
    for view in views:
        check_view(view)
        if list(views).count(view) > 1:
            raise ValueError(f"views = {','.join(views)}: {view} stands twice; name each view once")
    known = dict.fromkeys(field for view in views for field in VIEWS[view][1])
    if colour is not None and colour not in known:
        raise ValueError(f"colour = {colour!r}: no such field in {' and '.join(views)}; {near(colour, known)}")
    return [make_view(tree, view, colour if colour in VIEWS[view][1] else None, look) for view in views]


def _draw(page: Page, panel: Panel, look: Theme, ground: Pixels) -> None:
    lens = panel.view.lens(panel.width / panel.height)
    dots = page.figure.dpi
    wide, high = round(panel.width * dots), round(panel.height * dots)
    corner = min(round(panel.left * dots), ground.shape[1] - wide), min(round(panel.top * dots), len(ground) - high)
    cast(ground, lens, (*corner, wide, high), panel.view.footprint, look)
    _lay(ground, shoot(panel.view, look, (wide, high), lens), corner)
    axes = page.place(panel.view.name, 0.0, 0.0, page.width, page.height)
    axes.set(xlim=(0, page.width), ylim=(page.height, 0))
    axes.set_axis_off()
    side.draw(page, axes, panel, lens, look)


def shoot(view: View, look: Theme, size: tuple[int, int], lens: Lens | None = None) -> Pixels:
    """The pixels of a view without text, (height, width, 4), each the mean of the pixels rendered for it.

    Parameters
    ----------
    view : View
    look : Theme
    size : tuple of int, width and height [pixel]
    lens : Lens, optional; by default the one that fits

    Returns
    -------
    (height, width, 4) array of uint8
        The last is 0 where nothing of the view is.

    Raises
    ------
    NoWindow
        This machine has no OpenGL.

    References
    ----------
    Derived: box filter; a pixel of the key colour is empty.
    """
    plotter = put_on_stage(view, look, (_OVER * size[0], _OVER * size[1]), lens, _EMPTY)
    fine = np.asarray(plotter.screenshot(return_img=True))[..., :3]
    plotter.close()
    there = (fine[..., 0] | fine[..., 1] | fine[..., 2]) > 0
    shade, count = _blocks(fine), _blocks(there)[..., None]
    return np.concatenate([shade // np.maximum(count, 1), 255 * count // _OVER**2], axis=2).astype(np.uint8)


def _blocks(fine: NDArray[Any]) -> NDArray[np.uint16]:
    """Sums over the pixels rendered for each pixel shown."""
    parts = [fine[i::_OVER, j::_OVER].astype(np.uint16) for i in range(_OVER) for j in range(_OVER)]
    return np.sum(parts, axis=0, dtype=np.uint16)


def _lay(ground: Pixels, picture: Pixels, corner: tuple[int, int]) -> None:
    """A picture with its empty pixels on the page, in place; `corner` is its upper left pixel."""
    (x, y), (high, wide) = corner, picture.shape[:2]
    below, cover = ground[y : y + high, x : x + wide], picture[..., 3:].astype(np.uint16)
    below[:] = (cover * picture[..., :3] + (255 - cover) * below + 127) // 255
