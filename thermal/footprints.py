"""Where the parts of a package stand on its plate.

Contract: areas are halves x >= 0 of parts that are mirror-symmetric about the centre plane x = 0; y runs from one edge
of the base to the other. The layout is assumed: dies side by side along x, memory in a strip along either long edge.
"""

import numpy as np

from thermal.coldplate import ColdPlate
from thermal.package import Package
from thermal.volumes.layers import Area

Footprint = tuple[Area, ...]


def centred(length: float, width: float, plate: ColdPlate, offset: float = 0.0) -> Area:
    """Return the half x >= 0 of a rectangle centred at x = 0 and `offset` across from the middle of the base."""
    middle = plate.base_width / 2 + offset
    return Area((0.0, length / 2), (middle - width / 2, middle + width / 2))


def lid_face(package: Package, plate: ColdPlate) -> Area:
    """Return the face of the lid, without what overhangs the base, or that of the base under bare dies."""
    lid, base = package.lid, (plate.base_length, plate.base_width)
    return centred(min(lid.length, base[0]), min(lid.width, base[1]), plate) if lid else centred(*base, plate)


def dies(package: Package, plate: ColdPlate) -> Footprint:
    """Return the row of dies."""
    return (centred(package.die_count * package.die_length, package.die_width, plate),)


def memory(package: Package, plate: ColdPlate) -> Footprint:
    """Return the strips of memory, none without memory."""
    if not package.memory_count:
        return ()
    length, away = package.memory_count / 2 * package.memory_length, (package.die_width + package.memory_width) / 2
    return tuple(centred(length, package.memory_width, plate, offset) for offset in (-away, away))


def spots(package: Package, plate: ColdPlate) -> Footprint:
    """Return the halves x >= 0 of the spots, one in the middle of each die."""
    middles = (np.arange(package.die_count) - (package.die_count - 1) / 2) * package.die_length
    y = centred(1.0, package.spot_side, plate).y
    half = package.spot_side / 2
    return tuple(Area((max(x - half, 0.0), x + half), y) for x in middles.tolist() if x + half > 0)
