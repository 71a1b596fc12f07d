"""Layers with patches of other material: what a stack is made of.

Contract: layers are listed along z, the first at z = 0; x and y run from a corner of the stack. A patch replaces its
layer's material inside its area, a later patch an earlier one; what has no conductivity takes no part.
"""

from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np

Conductivity = float | tuple[float, float, float]
"""the same in every direction, or along x, y, z [W/(m*K)]"""
SAME = 1e-9
"""share of the stack below which two lines are one"""


class Area(NamedTuple):
    """A rectangle in the plane of the layers."""

    x: tuple[float, float]
    """from, to [m]"""
    y: tuple[float, float]
    """from, to [m]"""

    def __str__(self) -> str:
        return "x {:.4g} … {:.4g}, y {:.4g} … {:.4g} m".format(*self.x, *self.y)

    def within(self, other: "Area") -> bool:
        """Tell whether this rectangle lies in another, up to round-off."""
        slack = SAME * max(other.x[1], other.y[1])
        return all(
            b[0] - slack <= a[0] < a[1] <= b[1] + slack
            for a, b in zip((self.x, self.y), (other.x, other.y), strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A rectangle of other material within a layer."""

    name: str
    """for messages"""
    area: Area
    """where [m]"""
    conductivity: Conductivity
    """one number, or along x, y, z [W/(m*K)]"""
    heat_capacity: float = 0.0
    """per volume [J/(m3*K)]"""

    def __post_init__(self) -> None:
        _check_material(f"patch {self.name!r}", self.conductivity, self.heat_capacity)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One material of even thickness, with patches of others."""

    name: str
    """unique in its stack"""
    thickness: float
    """along z [m]"""
    cells: int
    """cells across the layer"""
    conductivity: Conductivity
    """outside the patches; 0 for nothing there [W/(m*K)]"""
    heat_capacity: float = 0.0
    """outside the patches, per volume [J/(m3*K)]"""
    patches: tuple[Patch, ...] = ()
    """later ones over earlier ones"""

    def __post_init__(self) -> None:
        if not 0 < self.thickness < np.inf:
            raise ValueError(
                f"layer {self.name!r}: thickness = {self.thickness}: must be > 0 m; leave out empty layers"
            )
        if not (isinstance(self.cells, Integral) and self.cells >= 1):
            raise ValueError(f"layer {self.name!r}: cells = {self.cells}: must be 1 or more")
        _check_material(f"layer {self.name!r}", self.conductivity, self.heat_capacity)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Layers one on the other."""

    length: float
    """along x [m]"""
    width: float
    """along y [m]"""
    layers: tuple[Layer, ...]
    """from z = 0 up"""

    def __post_init__(self) -> None:
        if not (0 < self.length < np.inf and 0 < self.width < np.inf):
            raise ValueError(f"Stack: {self.length} x {self.width} m: must be > 0 m")
        if not self.layers:
            raise ValueError("Stack: no layers: give one or more")
        names = [layer.name for layer in self.layers]
        if len(set(names)) < len(names):
            raise ValueError(f"Stack: layers {', '.join(names)}: each must have a name of its own")
        for layer in self.layers:
            for patch in layer.patches:
                if not patch.area.within(self.area):
                    raise ValueError(
                        f"patch {patch.name!r} at {patch.area}: must be a rectangle within its layer {layer.name!r},"
                        f" {self.area}"
                    )

    @property
    def area(self) -> Area:
        """The whole of a layer [m]."""
        return Area((0.0, self.length), (0.0, self.width))

    def cells_of(self, name: str) -> range:
        """Cells along z of a layer."""
        first = 0
        for layer in self.layers:
            if layer.name == name:
                return range(first, first + layer.cells)
            first += layer.cells
        raise ValueError(f"layer {name!r}: must be one of {', '.join(layer.name for layer in self.layers)}")


def _check_material(name: str, k: Conductivity, capacity: float) -> None:
    values = np.asarray(k, float)
    if values.shape not in ((), (3,)) or not ((values >= 0) & np.isfinite(values)).all():
        raise ValueError(f"{name}: conductivity = {k}: must be one finite number >= 0 W/(m*K), or three, along x, y, z")
    if not 0 <= capacity < np.inf:
        raise ValueError(f"{name}: heat capacity = {capacity}: must be >= 0 J/(m3*K)")
