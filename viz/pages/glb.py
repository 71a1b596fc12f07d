"""A rack as binary glTF: one mesh per kind of part, coloured by a field, every vertex with the number of its part.

Contract: metres, y up, the front of the rack towards +z (glTF 2.0); vertex colours are sRGB of the field's ramp, grey
where a part has no value; attribute `_PART` counts parts in the order of `viz.pages.parts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb

from viz import style
from viz.pages.fields import fields, ramp
from viz.pages.parts import parts_of, places
from viz.pages.shapes import cable_shape, cables, shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import DataTree

    from viz.pages.fields import Field
    from viz.pages.parts import Parts
    from viz.pages.shapes import Shape
    from viz.style import Theme

_CABLE_SIDES = 4


def gltf(tree: DataTree, colour: str = "temperature", theme: str = "light") -> bytes:
    """Return a rack as a GLB file, all cables as tubes in one mesh.

    Parameters
    ----------
    tree : DataTree, solved result with groups /geometry, /topology, /thermal, /power and /summary in SI units
    colour : str, "load", "temperature", "headroom", "current" or "coolant"
    theme : str, "light" or "dark": chooses the colours

    Returns
    -------
    bytes, the GLB file; the same for the same input

    Raises
    ------
    ValueError
        If the colour or theme is unknown, or the result has no values for that colour.

    References
    ----------
    Khronos Group, glTF 2.0 Specification (ISO/IEC 12113:2022), sections 3.7 and 4.4.

    Examples
    --------
    >>> gltf(None, theme="sepia")
    Traceback (most recent call last):
    ValueError: theme = 'sepia': must be one of light, dark
    """
    look, parts = style.theme(theme), parts_of(tree)
    known = fields(tree, parts, places(tree, parts))
    if colour not in known:
        raise ValueError(f"colour = {colour!r}: must be one of {', '.join(known)}")
    meshes = shapes(tree, parts)
    lines = cables(tree, parts)
    if len(lines.point):
        meshes["cable"] = cable_shape(lines, _CABLE_SIDES)
    return export(meshes, part_colours(known[colour], colour, parts, look))


def part_colours(field: Field, name: str, parts: Parts, look: Theme) -> NDArray[np.uint8]:
    """RGBA of every part, linear light as glTF wants its vertex colours."""
    shades = np.array([to_rgb(shade) for shade in ramp(name, look)])
    share = (field.values - field.low) / (field.high - field.low)
    known = np.isfinite(share)
    place = np.where(known, share, 0.0).clip(0, 1) * (len(shades) - 1)
    srgb = np.stack([np.interp(place, np.arange(len(shades)), shades[:, i]) for i in range(3)], -1)
    srgb[~known] = to_rgb(look.neutral)
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.column_stack([255 * linear, np.full(len(parts.name), 255)]).round().astype(np.uint8)


def export(meshes: dict[str, Shape], colour: NDArray[np.uint8] | None = None) -> bytes:
    """Write meshes by kind as GLB; without colours only shapes and part numbers."""
    import trimesh

    scene = trimesh.Scene()
    for kind, shape in meshes.items():
        mesh = trimesh.Trimesh(
            shape.vertex, shape.face, vertex_normals=shape.normal, process=False, validate=False,
            vertex_colors=None if colour is None else colour[shape.part],
            vertex_attributes={"_PART": shape.part.astype(np.float32)},
        )  # fmt: skip
        scene.add_geometry(mesh, geom_name=kind, node_name=kind)
    return bytes(
        scene.export(  # type: ignore[no-untyped-call]
            file_type="glb", include_normals=True, tree_postprocessor=_paint
        )
    )


def _paint(document: dict[str, Any]) -> None:
    """One matt, two-sided material: what glTF takes without one is metal."""
    matt = {"metallicFactor": 0.0, "roughnessFactor": 0.75}
    document["materials"] = [{"name": "matt", "pbrMetallicRoughness": matt, "doubleSided": True}]
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            primitive["material"] = 0
