"""The finite-volume field inside one chip as surfaces: what is left of the package when a corner is cut out.

Contract: group /package/<kind> as the result holds it, metres, z from the active face to the coolant; cells without
material are NaN. The corner that faces the camera (small x, small y) is cut out, through the hottest cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz.scenes.shapes import PART

if TYPE_CHECKING:
    from pyvista import PolyData
    from xarray import Dataset, DataTree

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_WITHIN = (0.3, 0.7)  # share of the length within which a cut runs
_THICK = 0.08  # share of the height from which a layer is named


class Field(NamedTuple):
    """One chip's field; arrays (z, y, x) and their edges."""

    chip: str
    celsius: Array
    coolant: Array
    """of each edge along y, and x [°C]"""
    x: Array
    y: Array
    z: Array
    layer: NDArray[np.str_]
    """name of each z"""
    cut: tuple[int, int]
    """first column along x and row along y that stays"""

    @property
    def solid(self) -> NDArray[np.bool_]:
        """Cells that hold material and are not cut out."""
        there = np.isfinite(self.celsius)
        there[:, : self.cut[1], : self.cut[0]] = False
        return there

    def layers(self) -> list[tuple[str, float, float]]:
        """Name, middle height [m] and hottest cell [°C] of each layer thick enough to be seen."""
        found = []
        for name in dict.fromkeys(self.layer.tolist()):
            rows = np.flatnonzero(self.layer == name)
            low, high = self.z[rows[0]], self.z[rows[-1] + 1]
            if high - low >= _THICK * self.z[-1]:
                found.append((str(name), (low + high) / 2, float(np.nanmax(self.celsius[rows]))))
        return found


def worst_field(tree: DataTree) -> Field:
    """The field of the chip with the hottest cell.

    Parameters
    ----------
    tree : DataTree, a result with fields

    Returns
    -------
    Field
        Temperatures in °C, lengths in m.

    Raises
    ------
    ValueError
        The result holds no field.

    References
    ----------
    Derived: largest value over all groups /package/<kind>.
    """
    if "package" not in tree.children or not tree["package"].children:
        raise ValueError("the result has no group /package, the fields inside chips: run `twin run --fields worst`")
    kinds = [node.to_dataset() for node in tree["package"].children.values()]
    return _field(max(kinds, key=lambda kind: float(kind["temperature"].max())))


def _field(kind: Dataset) -> Field:
    hottest = int(np.argmax(kind["temperature"].max(("z", "y", "x")).values))
    celsius = np.asarray(kind["temperature"].values[hottest], dtype=np.float64) - 273.15
    _, row, column = np.unravel_index(np.nanargmax(celsius), celsius.shape)
    x, y, z = (np.asarray(kind[f"{axis}_edge"].values, dtype=np.float64) for axis in "xyz")
    cut = [
        int(np.clip(at, *(share * size for share in _WITHIN)))
        for at, size in ((column, celsius.shape[2]), (row, celsius.shape[1]))
    ]
    coolant = np.asarray(kind["coolant_temperature"].values[hottest], dtype=np.float64) - 273.15
    layer = np.asarray(kind["layer"].values, dtype=np.str_)
    return Field(str(kind["chip"].values[hottest]), celsius, coolant, x, y, z, layer, (cut[0], cut[1]))


def surface(field: Field) -> PolyData:
    """All faces between what stays and what does not; "part" is the flat number of the cell.

    Parameters
    ----------
    field : Field

    Returns
    -------
    PolyData
        Quadrilaterals; points in the chip's own coordinates [m].

    References
    ----------
    Derived: a face belongs to the picture where just one of its two cells is there.
    """
    import pyvista as pv

    solid = np.pad(field.solid, 1)
    number = np.pad(np.arange(field.celsius.size).reshape(field.celsius.shape), 1)
    corner = np.arange(field.z.size * field.y.size * field.x.size).reshape(field.z.size, field.y.size, field.x.size)
    quads, owners = zip(*(_faces(axis, solid, number, corner) for axis in range(3)), strict=True)
    z, y, x = np.meshgrid(field.z, field.y, field.x, indexing="ij")
    mesh = pv.PolyData()
    mesh.points = np.column_stack([x.ravel(), y.ravel(), z.ravel()]).astype(np.float32)
    faces = np.concatenate(quads)
    offsets: Any = 4 * np.arange(len(faces) + 1)
    mesh.faces = pv.CellArray.from_arrays(offsets, faces.ravel())
    mesh.cell_data[PART] = np.concatenate(owners)
    return mesh.clean(tolerance=0.0)


def _faces(axis: int, solid: NDArray[np.bool_], number: Index, corner: Index) -> tuple[Index, Index]:
    """Corners (n, 4) of the faces across one axis, and the cells they belong to."""
    order = (axis, (axis + 1) % 3, (axis + 2) % 3)
    there, cell, points = solid.transpose(order), number.transpose(order), corner.transpose(order)
    there, cell = there[:, 1:-1, 1:-1], cell[:, 1:-1, 1:-1]
    at = np.nonzero(there[1:] != there[:-1])
    owner = np.where(there[1:][at], cell[1:][at], cell[:-1][at])
    i, j, k = at
    quad = [points[i, j, k], points[i, j + 1, k], points[i, j + 1, k + 1], points[i, j, k + 1]]
    return np.stack(quad, axis=-1), owner
