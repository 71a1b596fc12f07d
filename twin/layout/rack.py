"""Positions of the parts of one rack, in metres: x to the right seen from the front, y to the rear, z up."""

import numpy as np
from numpy.typing import NDArray

from twin.layout.parts import Parts
from twin.spec.types import Rack

Array = NDArray[np.float64]

#: Height of the floor frame under the lowest slot [m] (assumed).
FRAME_HEIGHT = 0.10
#: Share of the depth at which the GPU row stands (assumed; used for drawing only).
GPU_ROW = 0.40
#: Chips of a kind in one row of a tray; more stand in rows behind one another.
MOST_IN_ROW = 6
#: Distance from the GPU row to the row of CPUs behind it, and of switches in front where they share a tray [depth].
ROW_PITCH = 0.22


def slot_height(rack: Rack, slots: int, slot: NDArray[np.int64]) -> Array:
    """Return the height of the middle of each slot.

    z = frame + (slots − slot + ½) pitch.

    Parameters
    ----------
    rack : Rack
        Gives the pitch.
    slots : int
        Number of slots.
    slot : (n,) array
        Slot numbers, 1 at the top [1].

    Returns
    -------
    (n,) array
        Heights [m].

    References
    ----------
    Derived: equal slots.
    """
    return np.asarray(FRAME_HEIGHT + (slots - slot + 0.5) * rack.slot_pitch, dtype=float)


def header_spacing(rack: Rack, parts: Parts) -> tuple[NDArray[np.int64], Array]:
    """Return the order of the trays along the manifold from its inlet at the bottom, and the header length before each.

    Parameters
    ----------
    rack : Rack
        Gives the pitch.
    parts : Parts
        Trays and slots.

    Returns
    -------
    order : (trays,) array of int
        Tray indices, lowest first [1].
    spacing : (trays,) array
        Header length from the inlet, then from branch to branch [m].

    References
    ----------
    Derived: hoses enter at the bottom of both headers.
    """
    order = np.argsort(-parts.tray_slot, kind="stable")
    height = (parts.slots - parts.tray_slot[order] + 0.5) * rack.slot_pitch
    return order, np.diff(height, prepend=0.0)


def chip_centres(rack: Rack, parts: Parts) -> Array:
    """Return the centre of every chip.

    Parameters
    ----------
    rack : Rack
        Gives the outer size.
    parts : Parts
        Chips and slots.

    Returns
    -------
    (chips, 3) array
        Centres x, y, z [m].

    References
    ----------
    Derived: GPUs and ASICs in a row at GPU_ROW of the depth, CPUs behind; evenly spread over the width.
    """
    kind, tray = np.array(parts.chip_kind), parts.chip_tray
    group = parts.chip_type * len(parts.tray) + tray
    rows = -(-np.bincount(group)[group] // MOST_IN_ROW)
    per_row = -(-np.bincount(group)[group] // rows)
    x = rack.width * (0.05 + 0.9 * (parts.chip_position % per_row + 0.5) / per_row)
    beside_gpus = np.isin(tray, tray[kind == "gpu"])
    row = GPU_ROW + np.select([kind == "cpu", (kind == "switch") & beside_gpus], [ROW_PITCH, -ROW_PITCH], 0.0)
    row = row - ROW_PITCH / 2 * (parts.chip_position // per_row) * (rows > 1)
    return np.stack([x, row * rack.depth, slot_height(rack, parts.slots, parts.tray_slot[parts.chip_tray])], axis=-1)
