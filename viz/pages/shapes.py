"""Triangles of the parts: boxes, open tray pans and round tubes, each vertex knowing the number of its part.

Contract: input in rack axes (x right, y rear, z up); output in those of glTF (x right, y up, z to the front), metres,
counter-clockwise seen from outside. No loop over parts: one mesh per kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz import read

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.pages.parts import Array, Index, Parts

_SHEET = 0.0015  # m, walls of a tray
_PIPE_SIDES, _HOSE_SIDES = 24, 10
_BOARD = 1.16  # edge of the board under a chip over that of the chip


class Shape(NamedTuple):
    """One mesh."""

    vertex: Array
    normal: Array
    face: NDArray[np.intp]
    part: Index
    """part of each vertex"""


def gltf_axes(point: Array) -> Array:
    """Rack axes to glTF axes: (x, y, z) → (x, z, -y)."""
    return np.stack([point[..., 0], point[..., 2], -point[..., 1]], axis=-1)


def shapes(tree: DataTree, parts: Parts) -> dict[str, Shape]:
    """Every mesh of the rack but the cables, by kind."""
    made = {}
    for kind in dict.fromkeys(parts.kind[np.isfinite(parts.size[:, 0])].tolist()):
        number = parts.of(kind)
        maker = _pans if kind.endswith("tray") else _boxes
        made[kind] = maker(parts.centre[number], parts.size[number], number)
    chips = parts.of("gpu", "cpu", "switch")
    if len(chips):
        made["board"] = _boards(parts, chips)
    return made | _pipes(tree, parts)


_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
_SIDES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
_OUTWARD = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]])


def _boxes(centre: Array, size: Array, part: Index) -> Shape:
    """Four vertices per side, so that edges stay sharp."""
    corner = centre[:, None, None] + _CORNERS[_SIDES] * size[:, None, None]
    count = 6 * len(centre)
    face = 4 * np.arange(count)[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])
    normal = np.broadcast_to(_OUTWARD[:, None, :], corner.shape).astype(np.float64)
    return Shape(
        gltf_axes(corner).reshape(-1, 3), gltf_axes(normal).reshape(-1, 3), face.reshape(-1, 3), np.repeat(part, 24)
    )


def _pans(centre: Array, size: Array, part: Index) -> Shape:
    """A floor and four walls of sheet, open at the top."""
    wide, deep, high = size.T
    zero, sheet = np.zeros_like(wide), np.full_like(wide, _SHEET)
    walls = [  # offset of the centre, size
        ((zero, zero, (sheet - high) / 2), (wide, deep, sheet)),
        (((sheet - wide) / 2, zero, zero), (sheet, deep, high)),
        (((wide - sheet) / 2, zero, zero), (sheet, deep, high)),
        ((zero, (sheet - deep) / 2, zero), (wide, sheet, high)),
        ((zero, (deep - sheet) / 2, zero), (wide, sheet, high)),
    ]
    offset, extent = (np.stack([np.stack(wall[i], -1) for wall in walls], 1).reshape(-1, 3) for i in (0, 1))
    return _boxes(np.repeat(centre, 5, axis=0) + offset, extent, np.repeat(part, 5))


def _boards(parts: Parts, chips: Index) -> Shape:
    """What carries each chip, from the floor of its tray to its lower side."""
    tray = parts.tray[chips]
    floor = parts.centre[tray, 2] - parts.size[tray, 2] / 2 + _SHEET
    under = parts.centre[chips, 2] - parts.size[chips, 2] / 2
    centre, size = parts.centre[chips].copy(), parts.size[chips] * _BOARD
    centre[:, 2], size[:, 2] = (floor + under) / 2, np.maximum(under - floor, _SHEET)
    return _boxes(centre, size, chips)


def tubes(point: Array, radius: Array, across: Array, sides: int, part: Index) -> Shape:
    """Tubes along (tubes, nodes, 3) plane polylines; `across` is the unit normal of their plane.

    Rings stand in the mitre of each bend, so that a tube keeps its width.
    """
    step = np.diff(point, axis=1)
    step /= np.maximum(np.linalg.norm(step, axis=2, keepdims=True), 1e-12)
    before, after = (np.concatenate(ends, axis=1) for ends in ((step[:, :1], step), (step, step[:, -1:])))
    along = before + after
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-12)
    mitre = 1 / np.maximum(np.einsum("tni,tni->tn", along, after), 0.5)
    inward = np.cross(along, across)
    angle = 2 * np.pi * np.arange(sides) / sides
    normal = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * inward[:, :, None]
    reach = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * (inward * mitre[..., None])[:, :, None]
    vertex = point[:, :, None] + radius[:, None, None, None] * reach
    count, nodes = point.shape[:2]
    ring = np.arange(sides)
    a, b = ring, (ring + 1) % sides
    quad = np.stack([np.stack([a, b, a + sides], -1), np.stack([b, b + sides, a + sides], -1)], 1).reshape(-1, 3)
    start = sides * (nodes * np.arange(count)[:, None] + np.arange(nodes - 1))
    face = start[..., None, None] + quad
    return Shape(
        gltf_axes(vertex).reshape(-1, 3), gltf_axes(normal).reshape(-1, 3), face.reshape(-1, 3),
        np.repeat(part, nodes * sides),
    )  # fmt: skip


def joined(pieces: list[Shape]) -> Shape:
    """Several meshes as one."""
    base = np.cumsum([0, *(len(piece.vertex) for piece in pieces[:-1])])
    face = np.concatenate([piece.face + shift for piece, shift in zip(pieces, base, strict=True)])
    vertex, normal, part = (np.concatenate([piece[i] for piece in pieces]) for i in (0, 1, 3))
    return Shape(vertex, normal, face, part)


class Cables(NamedTuple):
    """Centre lines of all cables, in rack axes."""

    point: Array
    """(cables, nodes, 3) [m]"""
    part: Index
    radius: float


def cables(tree: DataTree, parts: Parts) -> Cables:
    """The cables of /geometry; none where the system has none. Every cable has the same number of nodes."""
    cable = read.texts(tree, "geometry", "tube_kind") == "cable"
    nodes = read.whole(tree, "geometry", "tube_node_count")
    if not cable.any():
        return Cables(np.empty((0, 2, 3)), np.empty(0, dtype=np.intp), 0.0)
    if len(np.unique(nodes[cable])) > 1:
        raise ValueError("/geometry/tube_node_count differs between cables: a page needs cables of equal node count")
    point = _points(tree)[np.repeat(cable, nodes)].reshape(cable.sum(), -1, 3)
    link = np.char.add("link-", read.whole(tree, "geometry", "tube_link")[cable].astype(np.str_))
    radius = read.variable(tree, "geometry", "tube_radius").values[cable]
    return Cables(point, parts.numbers(link), float(radius.max()))


def cable_shape(lines: Cables, sides: int) -> Shape:
    """Cables as tubes; they run in planes of constant x."""
    return tubes(lines.point, np.full(len(lines.point), lines.radius), np.array([1.0, 0.0, 0.0]), sides, lines.part)


def _points(tree: DataTree) -> Array:
    return np.asarray(read.variable(tree, "geometry", "tube_point").values, dtype=np.float64)


def _pipes(tree: DataTree, parts: Parts) -> dict[str, Shape]:
    """Headers, closed at both ends, and hoses; each runs in a plane of constant height, x or y."""
    name, kind = (read.texts(tree, "geometry", f"tube_{part}") for part in ("name", "kind"))
    nodes, point = read.whole(tree, "geometry", "tube_node_count"), _points(tree)
    radius, start = read.variable(tree, "geometry", "tube_radius").values, np.cumsum(nodes) - nodes
    number = np.full(len(name), -1)
    number[kind != "cable"] = parts.numbers(name[kind != "cable"])
    pieces: dict[str, list[Shape]] = {}
    for what in dict.fromkeys(parts.kind[number[number >= 0]].tolist()):
        of_kind = np.flatnonzero((number >= 0) & (parts.kind[number] == what))
        for count in np.unique(nodes[of_kind]):
            pick = of_kind[nodes[of_kind] == count]
            line = point[start[pick][:, None] + np.arange(count)]
            pieces.setdefault(what, []).extend(_run(line, radius[pick], number[pick], what in ("supply", "return")))
    return {what: joined(found) for what, found in pieces.items()}


def _run(line: Array, radius: Array, part: Index, header: bool) -> list[Shape]:
    wide, _, tall = (np.ptp(line, axis=1) >= 1e-9).T
    sides = _PIPE_SIDES if header else _HOSE_SIDES
    planes = (~tall, (0.0, 0.0, 1.0)), (tall & ~wide, (1.0, 0.0, 0.0)), (tall & wide, (0.0, 1.0, 0.0))
    made = [
        tubes(line[flat], radius[flat], np.array(across), sides, part[flat]) for flat, across in planes if flat.any()
    ]
    if header:
        ends, flange = line[:, [0, -1]].reshape(-1, 3), np.repeat(radius, 2)[:, None] * [2.4, 2.4, 0.8]
        made.append(_boxes(ends, flange, np.repeat(part, 2)))
    return made
