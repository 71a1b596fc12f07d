"""Temperature maps of the active face of a few chips, from the finite-volume fields of the result.

Contract: a map has one value per cell of the layer that holds the dies, rows along the coolant, in °C; nan outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

_MOST = 6  # chips with a map, the hottest of them


def maps(tree: DataTree) -> dict[str, dict[str, Any]]:
    """Map of each chip that has a field, hottest first; empty where the result holds no field."""
    if "package" not in tree.children:
        return {}
    kinds = [node.to_dataset() for node in tree.children["package"].children.values()]
    faces = [
        (str(chip), kind, kind["temperature"].isel(chip=i, z=0).values) for kind in kinds for i, chip in _chips(kind)
    ]
    faces.sort(key=lambda face: -np.nanmax(face[2]))
    return {
        chip: {
            "x": _edges(kind, "x"),
            "y": _edges(kind, "y"),
            "values": [round(float(v) - 273.15, 2) if np.isfinite(v) else None for v in face.ravel()],
        }
        for chip, kind, face in faces[:_MOST]
    }


def _chips(kind: Dataset) -> list[tuple[int, str]]:
    return list(enumerate(np.atleast_1d(kind["chip"].values).tolist()))


def _edges(kind: Dataset, axis: str) -> list[float]:
    """Edges of the cells along an axis, from zero [mm]."""
    edge = 1e3 * kind[f"{axis}_edge"].values
    return [round(float(value), 3) for value in edge - edge[0]]
