"""Structured non-uniform grid of a layered package: cell edges along x, y and z.

Contract: arrays over cells have shape (nz, ny, nx); z grows from the first layer to the last; an edge belongs to the
cell above it.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Cells between ascending edges; any count along each axis."""

    x: tuple[float, ...]
    """cell edges along x [m]"""
    y: tuple[float, ...]
    """cell edges along y, the direction of coolant flow [m]"""
    z: tuple[float, ...]
    """cell edges across the layers [m]"""

    def __post_init__(self) -> None:
        for axis in "xyz":
            edges = getattr(self, axis)
            if len(edges) < 2 or not all(a < b for a, b in pairwise(edges)) or not np.isfinite(edges).all():
                raise ValueError(f"Grid.{axis} = {_short(edges)}: must be two or more finite, ascending edges [m]")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells along z, y, x."""
        return len(self.z) - 1, len(self.y) - 1, len(self.x) - 1

    @cached_property
    def dx(self) -> Array:
        """Widths along x (nx,) [m]."""
        return np.diff(self.x)

    @cached_property
    def dy(self) -> Array:
        """Widths along y (ny,) [m]."""
        return np.diff(self.y)

    @cached_property
    def dz(self) -> Array:
        """Heights (nz,) [m]."""
        return np.diff(self.z)

    @cached_property
    def volume(self) -> Array:
        """Cell volumes (nz, ny, nx) [m3]."""
        return self.dz[:, None, None] * self.dy[:, None] * self.dx


def centres(edges: tuple[float, ...]) -> Array:
    """Return the cell centres between edges.

    Parameters
    ----------
    edges : (n + 1,) ascending [m]

    Returns
    -------
    (n,) [m]

    References
    ----------
    Derived: midpoints.

    Examples
    --------
    >>> centres((0.0, 1.0, 3.0))
    array([0.5, 2. ])
    """
    points = np.asarray(edges)
    return (points[1:] + points[:-1]) / 2


def covered(edges: tuple[float, ...], low: float, high: float) -> Array:
    """Return the share of each cell that lies between two points of its axis.

    Parameters
    ----------
    edges : (n + 1,) ascending [m]
    low, high : the interval [m]

    Returns
    -------
    (n,) 0 … 1 [1]

    References
    ----------
    Derived: overlap of intervals.

    Examples
    --------
    >>> covered((0.0, 1.0, 3.0), 0.5, 2.0)
    array([0.5, 0.5])
    """
    points = np.asarray(edges)
    overlap = np.minimum(points[1:], high) - np.maximum(points[:-1], low)
    return np.clip(overlap / np.diff(points), 0, 1)


def _short(edges: tuple[float, ...]) -> str:
    shown = ", ".join(f"{edge:g}" for edge in edges[:4])
    return f"({shown}{', …' if len(edges) > 4 else ''})"
