"""The camera: mild perspective with upright posts, moved until what it shows fills the frame.

Contract: metres; places in the frame are 0 … 1 from the lower left; a lens may look past its axis (shift), as the
cameras of architects do, so that a rack seen from above keeps its verticals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ROOM = 1.006  # of the frame over what it shows


class Eye(NamedTuple):
    """Where the camera stands: degrees from the rear (0) or the front (180), clockwise from above, and upward."""

    azimuth: float
    elevation: float
    away: float = 3.0
    """distance over the diagonal of what is seen"""
    upright: bool = True
    """looks ahead, not down: verticals stay parallel"""

    def direction(self) -> Array:
        """Unit vector from the scene to the camera."""
        a, e = np.radians([self.azimuth, self.elevation])
        return np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])

    def axes(self) -> tuple[Array, Array, Array]:
        """Unit vectors to the right and upward in the picture, and from the camera into it."""
        ahead = -self.direction()
        if self.upright:
            ahead = ahead * [1.0, 1.0, 0.0] / np.hypot(ahead[0], ahead[1])
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return right, np.cross(right, ahead), ahead


class Lens(NamedTuple):
    """A camera: where it stands, and which part of the picture a metre in front of it is the frame."""

    place: Array
    eye: Eye
    middle: Array
    """of the frame, to the right and upward of the axis [1]"""
    height: float
    """of the frame at a metre [1]"""
    aspect: float
    """width over height of the frame"""

    def project(self, points: Array) -> Array:
        """Places (n, 2) in the frame of points (n, 3)."""
        right, up, _ = self.eye.axes()
        away = np.atleast_2d(points) - self.place
        seen = np.column_stack([away @ right, away @ up]) / self.depth(points)[:, None]
        return (seen - self.middle) / [self.height * self.aspect, self.height] + 0.5

    def depth(self, points: Array) -> Array:
        """Distance (n,) of points (n, 3) along the axis [m]."""
        return np.asarray((np.atleast_2d(points) - self.place) @ self.eye.axes()[2], dtype=np.float64)

    def ground(self, places: Array, z: float) -> Array:
        """Points (n, 2) x, y of a floor at z that are seen at places (n, 2) of the frame; nan above the horizon."""
        right, up, ahead = self.eye.axes()
        seen = (places - 0.5) * [self.height * self.aspect, self.height] + self.middle
        ray = ahead + seen[:, :1] * right + seen[:, 1:] * up
        far = (z - self.place[2]) / np.where(ray[:, 2] < 0, ray[:, 2], np.nan)
        return np.asarray(self.place[:2] + far[:, None] * ray[:, :2], dtype=np.float64)


def fit(points: Array, eye: Eye, aspect: float | None = None) -> Lens:
    """The lens that shows all points, as large as they go into a frame of that aspect, by default their own.

    Parameters
    ----------
    points : (n, 3) array [m]
    eye : Eye
    aspect : float or None, width over height [1]

    Returns
    -------
    Lens

    References
    ----------
    Derived: bounds of the central projection.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    place = (low + high) / 2 + eye.away * float(np.linalg.norm(high - low)) * eye.direction()
    seen = Lens(place, eye, np.zeros(2), 1.0, 1.0).project(points) - 0.5
    start, end = seen.min(axis=0), seen.max(axis=0)
    wide, tall = end - start
    aspect = aspect or float(wide / tall)
    return Lens(place, eye, (start + end) / 2, _ROOM * max(tall, wide / aspect), aspect)
