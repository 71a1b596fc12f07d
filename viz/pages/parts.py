"""The parts of a rack that a page can show and name: one number per part, the same in the shapes and in the values.

Contract: parts stand in this order: the boxes of /geometry, its tubes other than cables, one part per link (its cable
pairs share it). A tube named <tray>/... is a hose of that tray. Lengths are metres; x right, y rear, z up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xarray import DataTree

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Names = NDArray[np.str_]


class Parts(NamedTuple):
    """All parts of one rack; arrays per part."""

    name: Names
    kind: Names
    centre: Array
    """centre of a box [m]; nan for tubes and links"""
    size: Array
    """edge lengths of a box [m]; nan for tubes and links"""
    tray: Index
    """part that is the tray of a chip, of a hose or of the tray itself; -1 for the others"""

    def of(self, *kinds: str) -> Index:
        """Numbers of the parts of these kinds."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    def numbers(self, names: Names) -> Index:
        """Number of each named part; ValueError names one that has no shape."""
        where = {name: i for i, name in enumerate(self.name.tolist())}
        absent = [name for name in names.tolist() if name not in where]
        if absent:
            raise ValueError(f"the result has no part {absent[0]!r} in /geometry: run `twin run` again")
        return np.array([where[name] for name in names.tolist()], dtype=np.intp)


def parts_of(tree: DataTree) -> Parts:
    """Number every part of the result."""
    name, kind = (read.texts(tree, "geometry", f"box_{part}") for part in ("name", "kind"))
    centre, size = (_lengths(tree, f"box_{part}") for part in ("centre", "size"))
    tube_name, tube_kind = (read.texts(tree, "geometry", f"tube_{part}") for part in ("name", "kind"))
    pipe = tube_kind != "cable"
    trays = name[np.isin(kind, ("compute tray", "switch tray"))]
    links = [f"link-{i}" for i in read.whole(tree, "topology", "link")]
    hose = np.isin([each.partition("/")[0] for each in tube_name.tolist()], trays)
    tube_kind = np.where(hose, np.char.add(tube_kind, " hose"), tube_kind)
    names = np.array([*name, *tube_name[pipe], *links])
    kinds = np.array([*kind, *tube_kind[pipe], *["link"] * len(links)])
    blank = np.full((len(names) - len(name), 3), np.nan)
    made = Parts(names, kinds, np.vstack([centre, blank]), np.vstack([size, blank]), np.full(len(names), -1))
    return made._replace(tray=_trays(tree, made, trays))


def _lengths(tree: DataTree, name: str) -> Array:
    return np.asarray(read.variable(tree, "geometry", name).values, dtype=np.float64)


def _trays(tree: DataTree, parts: Parts, trays: Names) -> Index:
    number, tray = parts.numbers(trays), parts.tray.copy()
    tray[number] = number
    hoses = parts.of("supply hose", "return hose")
    tray[hoses] = parts.numbers(
        np.array([name.partition("/")[0] for name in parts.name[hoses].tolist()], dtype=np.str_)
    )
    chips = parts.numbers(read.texts(tree, "thermal", "chip"))
    tray[chips] = parts.numbers(read.texts(tree, "thermal", "chip_tray"))
    return tray


def places(tree: DataTree, parts: Parts) -> Mapping[str, Index]:
    """Number of the part of each element along every dimension of the result that has parts."""
    power = read.group(tree, "power")
    found = {
        "chip": parts.numbers(read.texts(tree, "thermal", "chip")),
        "tray": parts.numbers(read.texts(tree, "thermal", "tray")),
        "link": parts.of("link"),
    }
    if "shelf" in power.sizes:
        found["shelf"] = parts.numbers(read.texts(tree, "power", "shelf"))
    if power.sizes.get("bus_section", 0):
        sections = [f"bus-section-{i}" for i in read.whole(tree, "power", "bus_section")]
        found["bus_section"] = parts.numbers(np.array(sections))
    return found
