"""Writing the page: numbers and shapes of a result, the viewer and its licence, in one file.

Contract: nothing in the file asks for anything outside it; a Content-Security-Policy with the hashes of its own script
and style enforces that. Two blocks carry the data, each gzip in base64: `numbers` (JSON) and `shapes` (GLB, then the
centre lines of the cables as unsigned 16-bit steps). No date is stored: identical results give identical bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import os
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from viz import headline, read, style
from viz.pages.cards import cards
from viz.pages.fields import fields, ramp
from viz.pages.glb import export
from viz.pages.maps import maps
from viz.pages.parts import parts_of, places
from viz.pages.shapes import cables, gltf_axes, shapes

if TYPE_CHECKING:
    from xarray import DataTree

    from viz.pages.fields import Field
    from viz.pages.parts import Array, Parts
    from viz.pages.shapes import Cables

_VIEWER = (
    "data.js",
    "stage.js",
    "cables.js",
    "views.js",
    "picking.js",
    "cards.js",
    "labels.js",
    "controls.js",
    "main.js",
)
_STEPS = 65535  # of the grid that centre lines are rounded to: 0.03 mm in a rack
_TITLES = {
    "gpu": "GPU", "cpu": "CPU", "switch": "NVLink switch ASIC", "compute tray": "Compute tray",
    "switch tray": "Switch tray", "shelf": "Power shelf", "busbar": "Busbar section", "link": "NVLink link",
    "supply": "Supply header", "return": "Return header", "supply hose": "Supply hose",
    "return hose": "Return hose", "frame": "Frame", "sidecar": "Sidecar", "row tap": "Tap of a DC row",
    "feeder": "To the busbar", "feeder cable": "Cable to the busbar", "bar supply": "Busbar coolant, in",
    "bar return": "Busbar coolant, out",
}  # fmt: skip


def page(tree: DataTree, path: str | os.PathLike[str], theme: str = "light") -> None:
    """Write the interactive page of a rack: one HTML file that works offline.

    Turn, zoom, choose a view (rear, section, tray, electrical) and a colour (load, temperature, headroom, current,
    coolant), pick a part and read its numbers. Without WebGL the page shows the numbers as a table.

    Parameters
    ----------
    tree : DataTree, solved result with groups /geometry, /topology, /thermal, /power and /summary in SI units
    path : str or path, the file to write; an existing one is replaced at the very end or not at all
    theme : str, "light" or "dark": how the page opens (it can be switched there)

    Raises
    ------
    ValueError
        If a group or variable is missing (named), or the theme is unknown.
    OSError
        If the folder is missing or not writable; no part of a file is left behind.

    References
    ----------
    Khronos Group, glTF 2.0 Specification (ISO/IEC 12113:2022); W3C, Content Security Policy Level 3.

    Examples
    --------
    >>> page(None, "rack.html", theme="sepia")
    Traceback (most recent call last):
    ValueError: theme = 'sepia': must be one of light, dark
    """
    target, text = Path(path), document(tree, theme)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def document(tree: DataTree, theme: str) -> str:
    """The page as text."""
    look, parts = style.theme(theme), parts_of(tree)
    lines = cables(tree, parts)
    model = export(shapes(tree, parts))
    script = "\n".join([_asset("three.js"), '"use strict";(() => {', *map(_asset, _VIEWER), "})();"])
    sheet = _asset("page.css")
    tiles = headline.tiles(tree, look)
    return Template(_asset("page.html")).substitute(
        policy=_policy(script, sheet),
        title=html.escape(_title(tree)),
        theme=theme,
        conditions=html.escape(headline.conditions(tree)),
        tiles="\n".join(_tile(tile.caption, tile.value, tile.notes) for tile in tiles),
        warnings="\n".join(f"<li>{html.escape(line)}</li>" for line in _warnings(tree)),
        numbers=_packed(json.dumps(numbers(tree, parts, lines, len(model)), allow_nan=False).encode()),
        shapes=_packed(model + _on_grid(lines)[0].tobytes() + lines.part.astype("<u2").tobytes()),
        licence=html.escape(_asset("three.LICENSE")),
        style=sheet,
        script=script,
    )


def _asset(name: str) -> str:
    return files("viz.pages").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(script: str, sheet: str) -> str:
    def allowed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return f"default-src 'none'; script-src {allowed(script)}; style-src {allowed(sheet)}"


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def _title(tree: DataTree) -> str:
    return str(tree.attrs.get("system_title", tree.attrs.get("title", "rack")))


def _warnings(tree: DataTree) -> list[str]:
    return str(read.scalar(tree, "warnings") or "").splitlines()


def _tile(caption: str, value: str, notes: tuple[str, ...]) -> str:
    small = "<br>".join(html.escape(note) for note in notes if note)
    return f"<li><h2>{html.escape(caption)}</h2><p>{html.escape(value)}</p><small>{small}</small></li>"


def numbers(tree: DataTree, parts: Parts, lines: Cables, model_bytes: int) -> dict[str, Any]:
    """Everything the viewer knows besides the shapes, ready for JSON."""
    place = places(tree, parts)
    known = fields(tree, parts, place)
    _, origin, step = _on_grid(lines)
    return {
        "title": _title(tree),
        "system": str(tree.attrs.get("title", "")),
        "version": str(tree.attrs.get("version", "")),
        "part": {"name": parts.name.tolist(), "kind": parts.kind.tolist(), "tray": parts.tray.tolist()},
        "kind": _TITLES,
        "ends": _ends(tree),
        "card": {
            kind: [
                {"caption": row.caption, "unit": row.unit, "digits": row.digits, "values": _plain(row.values)}
                for row in rows
            ]
            for kind, rows in cards(tree, parts, place).items()
        },
        "field": {name: _field(name, field) for name, field in known.items()},
        "box": {"centre": _plain(parts.centre.ravel()), "size": _plain(parts.size.ravel())},
        "cable": {
            "count": len(lines.point), "nodes": lines.point.shape[1], "radius": lines.radius,
            "origin": origin.tolist(), "step": step.tolist(),
        },
        "map": maps(tree),
        "model_bytes": model_bytes,
    }  # fmt: skip


def _ends(tree: DataTree) -> list[str]:
    """What each link connects."""
    names = read.group(tree, "topology").variables
    ends = [read.texts(tree, "topology", end) for end in ("link_gpu", "link_asic") if end in names]
    return [" – ".join(pair) for pair in zip(*ends, strict=True)]


def _field(name: str, field: Field) -> dict[str, Any]:
    return {
        "title": field.title, "unit": field.unit, "digits": field.digits, "low": field.low, "high": field.high,
        "limit": None if field.limit is None else field.limit._asdict(), "mostIsWorst": field.most_is_worst,
        "values": _plain(field.values), "ramp": {key: ramp(name, look) for key, look in style.THEMES.items()},
    }  # fmt: skip


def _plain(values: Array) -> list[float | None]:
    """Numbers for JSON: nine digits, none for nan."""
    return [float(f"{value:.9g}") if np.isfinite(value) else None for value in values]


def _on_grid(lines: Cables) -> tuple[np.ndarray[Any, Any], Array, Array]:
    """Centre lines in glTF axes as whole steps from an origin; origin and step [m]."""
    point = gltf_axes(lines.point).reshape(-1, 3)
    if not len(point):
        return np.empty((0, 3), dtype="<u2"), np.zeros(3), np.ones(3)
    origin = point.min(axis=0)
    step = np.maximum(np.ptp(point, axis=0), 1e-9) / _STEPS
    return ((point - origin) / step).round().astype("<u2"), origin, step
