"""The drawn parts of a result: boxes and tubes by kind, with the values that belong to them.

Contract: group /geometry as the result holds it, metres, x right and y to the rear seen from the front, z up.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz import read

if TYPE_CHECKING:
    from xarray import DataTree

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Names = NDArray[np.str_]

CHIPS = ("gpu", "cpu", "switch")
TRAYS = ("compute tray", "switch tray")


class Boxes(NamedTuple):
    """Boxes of some kinds; arrays per box."""

    name: Names
    kind: Names
    centre: Array
    size: Array

    def only(self, *kinds: str) -> Boxes:
        """Those of the given kinds."""
        return self.at(np.flatnonzero(np.isin(self.kind, kinds)))

    def at(self, which: Index) -> Boxes:
        """Those at the given places."""
        return Boxes(self.name[which], self.kind[which], self.centre[which], self.size[which])


class Tubes(NamedTuple):
    """Tubes of some kinds; arrays per tube, points one tube behind the other."""

    name: Names
    kind: Names
    link: Index
    radius: Array
    nodes: Index
    """points of each"""
    point: Array

    def only(self, *kinds: str) -> Tubes:
        """Those of the given kinds."""
        return self.at(np.flatnonzero(np.isin(self.kind, kinds)))

    def at(self, which: Index) -> Tubes:
        """Those at the given places, which rise."""
        chosen = np.zeros(len(self.nodes), dtype=bool)
        chosen[which] = True
        point = self.point[np.repeat(chosen, self.nodes)]
        return Tubes(self.name[which], self.kind[which], self.link[which], self.radius[which], self.nodes[which], point)


def boxes(tree: DataTree) -> Boxes:
    """All boxes of the result."""
    name, kind = (read.texts(tree, "geometry", f"box_{what}") for what in ("name", "kind"))
    return Boxes(name, kind, *(_numbers(tree, f"box_{what}") for what in ("centre", "size")))


def tubes(tree: DataTree) -> Tubes:
    """All tubes of the result."""
    name, kind = (read.texts(tree, "geometry", f"tube_{what}") for what in ("name", "kind"))
    link, count = (read.whole(tree, "geometry", f"tube_{what}") for what in ("link", "node_count"))
    return Tubes(name, kind, link, _numbers(tree, "tube_radius"), count, _numbers(tree, "tube_point"))


def limit(tree: DataTree, name: str) -> float | None:
    """A limit of the spec that the result was solved with, such as junction [K]; None where it states none."""
    limits = tomllib.loads(str(tree.attrs.get("spec", ""))).get("limits", {})
    stated = limits.get(name)
    value = stated.get("value") if isinstance(stated, dict) else stated
    return float(value) if isinstance(value, (int, float)) else None


def _numbers(tree: DataTree, name: str) -> Array:
    return np.asarray(read.variable(tree, "geometry", name).values, dtype=np.float64)
