"""From centres, sizes and points to meshes: all boxes, all tubes or all lines of a kind in one.

Contract: metres; every cell carries the number of its part in the cell array "part", so that values of parts become
colours of cells by one look-up, also when they are replaced later.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyvista import PolyData

Array = NDArray[np.float64]
Index = NDArray[np.intp]

PART = "part"

_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def box_mesh(centre: Array, size: Array, bevel: float = 0.0) -> PolyData:
    """Upright boxes, six quadrilaterals each, facing outward; bevelled ones have twelve edges and eight corners more.

    Parameters
    ----------
    centre : (n, 3) array [m]
    size : (n, 3) array, edge lengths [m]
    bevel : float, what is taken off the edges, at most 0.3 of the shortest [m]

    Returns
    -------
    PolyData
        8 n points, 6 n faces; bevelled 24 n points, 26 n faces.

    References
    ----------
    Derived: corners of the unit cube.
    """
    number = np.arange(len(centre))
    if bevel:
        return _bevelled(centre, size, np.minimum(bevel, 0.3 * size.min(axis=1)))
    points = (centre[:, None] + size[:, None] * _CORNERS).reshape(-1, 3)
    faces = _FACES + 8 * number[:, None, None]
    return _surface(points, (faces.reshape(-1, 4), np.repeat(number, 6)))


def _bevelled(centre: Array, size: Array, bevel: Array) -> PolyData:
    """Each corner of a box is three points, one on each of its faces; point 3 c + a lies on the face across axis a."""
    off = bevel[:, None, None, None] * (1 - np.eye(3))
    corner = size[:, None, None] / 2 - off
    points = (centre[:, None, None] + 2 * _CORNERS[:, None] * corner).reshape(-1, 3)
    quads, triangles = _bevel_faces()
    number, count = np.arange(len(centre)), 24 * np.arange(len(centre))[:, None, None]
    return _surface(
        points,
        ((quads + count).reshape(-1, 4), np.repeat(number, len(quads))),
        ((triangles + count).reshape(-1, 3), np.repeat(number, len(triangles))),
    )


@lru_cache(maxsize=1)
def _bevel_faces() -> tuple[Index, Index]:
    """Faces and edges (18, 4) and corners (8, 3) of one bevelled box, facing outward."""
    sign, unit = 2 * _CORNERS, np.arange(8)
    faces = [3 * face + axis for face, axis in zip(_FACES, np.repeat(np.arange(3), 2), strict=True)]
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        for near in unit[sign[:, axis] < 0]:
            far = near + 2 ** (2 - axis)
            faces.append(3 * np.array([near, far, far, near]) + [one, one, other, other])
    triangles = [3 * np.array([c, c, c]) + [0, 1, 2] for c in unit]
    place = (sign[:, None] * (1 - 0.2 * (1 - np.eye(3)))).reshape(-1, 3)
    return np.array([_outward(f, place) for f in faces]), np.array([_outward(t, place) for t in triangles])


def _outward(face: Index, place: Array) -> Index:
    """The corners of a face around the origin in the order that makes it face outward."""
    a, b, c = place[face[:3]]
    return face if np.cross(b - a, c - b) @ place[face].mean(axis=0) > 0 else face[::-1]


def tube_mesh(point: Array, count: Index, radius: Array, sides: int = 5) -> PolyData:
    """Tubes along polylines, mitred at their bends, closed at both ends, with round normals.

    Parameters
    ----------
    point : (nodes, 3) array, one polyline behind the other [m]
    count : (n,) array of int, nodes of each, at least 2 [1]
    radius : (n,) array [m]
    sides : int, faces around [1]

    Returns
    -------
    PolyData
        Quadrilaterals, then the two ends of each tube.

    References
    ----------
    Derived: rings in the bisecting planes of bends; right for polylines in a plane along two axes.
    """
    first = np.cumsum(count) - count
    ring, normal = _rings(point, first, count, radius, sides)
    inner = np.delete(np.arange(len(point)), first + count - 1)
    k = np.arange(sides)
    around = np.stack([k, (k + 1) % sides, (k + 1) % sides + sides, k + sides], axis=-1)
    quads = (inner[:, None, None] * sides + around).reshape(-1, 4)
    part = np.repeat(np.arange(len(count)), (count - 1) * sides)
    ends = np.concatenate([(first[:, None] * sides + k)[:, ::-1], (first + count - 1)[:, None] * sides + k])
    mesh = _surface(ring, (quads, part), (ends, np.tile(np.arange(len(count)), 2)))
    mesh.point_data.active_normals = normal
    return mesh


def line_mesh(point: NDArray[np.floating], count: Index) -> PolyData:
    """Polylines without thickness: what cables are while the picture moves, and in a hall.

    Parameters
    ----------
    point : (nodes, 3) array, one polyline behind the other [m]
    count : (n,) array of int, nodes of each [1]

    Returns
    -------
    PolyData
        n lines.

    References
    ----------
    Derived: VTK's cell array of offsets and connectivity, 32 bits each.
    """
    import pyvista as pv

    mesh = pv.PolyData()
    mesh.points = np.asarray(point, dtype=np.float32)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    cells = pv.CellArray()
    numbers = np.arange(len(point), dtype=np.int32)
    cells.SetData(*(pv.convert_array(array, deep=True) for array in (offsets, numbers)))
    mesh.SetLines(cells)
    mesh.cell_data[PART] = np.arange(len(count), dtype=np.int32)
    return mesh


def shell_boxes(centre: Array, size: Array, wall: float) -> tuple[Array, Array]:
    """Floor, sides and back of open trays, as boxes: four for each tray.

    Parameters
    ----------
    centre : (n, 3) array, of the trays [m]
    size : (n, 3) array, of the trays [m]
    wall : float, thickness of the sheet [m]

    Returns
    -------
    centre, size : (4 n, 3) arrays [m]

    References
    ----------
    Derived: sheets just inside the outline.
    """
    low, high = centre - size / 2, centre + size / 2
    corners = [(low.copy(), high.copy()) for _ in range(4)]
    corners[0][1][:, 2] = low[:, 2] + wall
    corners[1][1][:, 0] = low[:, 0] + wall
    corners[2][0][:, 0] = high[:, 0] - wall
    corners[3][0][:, 1] = high[:, 1] - wall
    lows, highs = (np.concatenate([pair[k] for pair in corners]) for k in (0, 1))
    return (lows + highs) / 2, highs - lows


def cut_boxes(centre: Array, size: Array, y: float) -> tuple[Array, Array, Index]:
    """What is left of boxes behind a plane across the depth.

    Parameters
    ----------
    centre : (n, 3) array [m]
    size : (n, 3) array [m]
    y : float, place of the plane; the side of smaller y goes [m]

    Returns
    -------
    centre, size : (m, 3) arrays [m]
    kept : (m,) array of int, which boxes [1]

    References
    ----------
    Derived: a box cut by a plane along its faces is a box.
    """
    low, high = centre - size / 2, centre + size / 2
    low[:, 1] = np.maximum(low[:, 1], y)
    kept = np.flatnonzero(high[:, 1] > y)
    return (low[kept] + high[kept]) / 2, (high - low)[kept], kept


def cut_tubes(point: Array, count: Index, y: float) -> tuple[Array, Index, Index]:
    """What is left of polylines behind a plane across the depth, each up to where it first meets it.

    Parameters
    ----------
    point : (nodes, 3) array [m]
    count : (n,) array of int [1]
    y : float, place of the plane [m]

    Returns
    -------
    point : (kept nodes, 3) array [m]
    count : (m,) array of int [1]
    kept : (m,) array of int, which polylines [1]

    References
    ----------
    Derived: linear interpolation on the segment that crosses.
    """
    tube, first = np.repeat(np.arange(len(count)), count), np.cumsum(count) - count
    behind = point[:, 1] >= y
    ahead_before: Index = np.cumsum(~behind) - np.repeat((np.cumsum(~behind) - ~behind)[first], count)
    last = (ahead_before == 1) & ~behind & (np.arange(len(point)) != first[tube])
    at = np.flatnonzero(last)
    end = point.copy()
    share = (y - point[at - 1, 1]) / (point[at, 1] - point[at - 1, 1])
    end[at] = point[at - 1] + share[:, None] * (point[at] - point[at - 1])
    keep = (ahead_before == 0) | last
    number = np.bincount(tube[keep], minlength=len(count))
    kept = np.flatnonzero(number > 1)
    keep &= np.isin(tube, kept)
    return end[keep], number[kept], kept


def _surface(points: Array, *groups: tuple[Index, Index]) -> PolyData:
    """Polygons (n, corners) of each group with the parts they belong to."""
    import pyvista as pv

    sizes = np.concatenate([np.full(len(polygons), polygons.shape[1]) for polygons, _ in groups])
    offsets: Any = np.concatenate([[0], np.cumsum(sizes)])
    corners: Any = np.concatenate([polygons.ravel() for polygons, _ in groups])
    mesh = pv.PolyData()
    mesh.points = np.ascontiguousarray(points, dtype=np.float32)
    mesh.faces = pv.CellArray.from_arrays(offsets, corners)
    mesh.cell_data[PART] = np.concatenate([part for _, part in groups])
    return mesh


def _rings(point: Array, first: Index, count: Index, radius: Array, sides: int) -> tuple[Array, Array]:
    """Points (nodes x sides, 3) around each node, and their outward normals."""
    tube = np.repeat(np.arange(len(count)), count)
    along = _directions(point, first, count)
    steepest = np.maximum.reduceat(np.abs(along), first)
    aside = np.eye(3)[np.argmin(steepest, axis=1)][tube]
    length = np.linalg.norm(along, axis=1, keepdims=True)
    tangent = along / length
    aside = aside - (aside * tangent).sum(axis=1, keepdims=True) * tangent
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    third = np.cross(tangent, aside)
    angle = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    normal = cos * aside[:, None] + sin * third[:, None]
    mitred = cos * aside[:, None] + sin * (third / length)[:, None]
    ring = point[:, None] + radius[tube][:, None, None] * mitred
    return ring.reshape(-1, 3), normal.reshape(-1, 3).astype(np.float32)


def _directions(point: Array, first: Index, count: Index) -> Array:
    """Mean of the unit vectors of the two segments at each node; its length is the cosine of half the bend."""
    step = np.diff(point, axis=0)
    size = np.linalg.norm(step, axis=1, keepdims=True)
    unit = np.divide(step, size, out=np.zeros_like(step), where=size > 0)
    before, after = np.vstack([unit[:1], unit]), np.vstack([unit, unit[-1:]])
    last = first + count - 1
    before[first], after[last] = after[first], before[last]
    return (before + after) / 2
