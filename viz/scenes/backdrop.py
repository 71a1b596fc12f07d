"""What a still stands on: a page that darkens gently downward, and the soft shadow of each rack on its floor.

Contract: pixels only, no data; a shadow is as dark as its floor is near to what stands on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.image import FigureImage
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from viz.scenes.lens import Lens
    from viz.style import Theme

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

_SHADES = {"#ffffff": ("#ffffff", "#e9eef3", 0.34), "#11161d": ("#11161d", "#1f2833", 0.65)}
"""of the page at its top and bottom, and the darkest shadow"""
_REACH = 0.16  # m over which a shadow fades to a third
_COARSE = 8  # pixels across one sample of a shadow
_LEAST = 0.004  # shadow that can be seen


def page_pixels(size: tuple[int, int], look: Theme) -> Pixels:
    """The empty page, (height, width, 3): the theme's paper at the top."""
    first, last, _ = _shades(look)
    share = np.linspace(0, 1, size[1])[:, None] ** 1.5
    rows = (1 - share) * np.array(to_rgb(first)) + share * np.array(to_rgb(last))
    return np.repeat(np.round(255 * rows)[:, None].astype(np.uint8), size[0], axis=1)


class _Pixels(FigureImage):
    """The image of a whole figure; drawn pixel for pixel it needs no resampling, which takes half a second."""

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> Any:
        figure, pixels = self.get_figure(root=True), self.get_array()
        if pixels is None or figure is None or magnification != 1.0 or renderer.dpi != figure.dpi:
            return super().make_image(renderer, magnification, unsampled)
        return pixels[::-1], 0.0, 0.0, None


def put_pixels(figure: Figure, page: Pixels) -> None:
    """Lay pixels under all that is drawn on a figure of their size."""
    opaque = np.concatenate([page, np.full((*page.shape[:2], 1), 255, dtype=np.uint8)], axis=2)
    image = _Pixels(figure, origin="upper")
    image.set_data(opaque)
    image.set_zorder(-1)
    figure.add_artist(image)


def cast(
    page: Pixels, lens: Lens, frame: tuple[int, int, int, int], footprint: tuple[Array, Array], look: Theme
) -> None:
    """Darken the floor around what stands on it, in place, in a frame and as much again on every side.

    Parameters
    ----------
    page : (height, width, 3) array of uint8
    lens : Lens, of the frame
    frame : tuple of int, its left, top, width and height on the page [pixel]
    footprint : tuple of (3,) arrays, lower and upper corner of what stands on the floor [m]
    look : Theme

    References
    ----------
    Derived: exp(-distance / reach) from the rectangle of the footprint.
    """
    left, top, wide, high = frame
    x0, y0 = max(left - wide, 0), max(top - high, 0)
    x1, y1 = min(left + 2 * wide, page.shape[1]), min(top + 2 * high, page.shape[0])
    x, y = np.arange(x0, x1 + _COARSE, _COARSE), np.arange(y0, y1 + _COARSE, _COARSE)
    dark = shadow(lens, (x + 0.5 - left) / wide, 1 - (y + 0.5 - top) / high, footprint)
    first = max(int(np.argmax((dark > _LEAST).any(axis=1))) - 1, 0)
    y0, dark = int(y[first]), dark[first:]
    part = 1 - _shades(look)[2] * _finer(_finer(dark, y1 - y0).T, x1 - x0).T
    page[y0:y1, x0:x1] = np.rint(page[y0:y1, x0:x1] * part[..., None])


def shadow(lens: Lens, x: Array, y: Array, footprint: tuple[Array, Array]) -> NDArray[np.float32]:
    """How dark the floor is, 1 under the footprint, at the crossings of columns x and rows y of the frame."""
    low, high = footprint
    across, up = np.meshgrid(x, y)
    floor = lens.ground(np.column_stack([across.ravel(), up.ravel()]), float(low[2]))
    outside = np.maximum(np.maximum(low[:2] - floor, floor - high[:2]), 0.0)
    dark = np.nan_to_num(np.exp(-np.hypot(outside[:, 0], outside[:, 1]) / _REACH))
    return dark.reshape(across.shape).astype(np.float32)


def _finer(coarse: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Rows between samples by linear interpolation."""
    low, within = np.divmod(np.arange(count), _COARSE)
    share = (within / _COARSE).astype(np.float32)[:, None]
    return np.asarray((1 - share) * coarse[low] + share * coarse[low + 1])


def _shades(look: Theme) -> tuple[str, str, float]:
    return _SHADES.get(look.paper, (look.paper, look.paper, 0.5))
