"""The parts of a rack by name and slot: trays, chips and shelves, as index arrays.

Slots count from 1 at the top. Trays are named ``compute-01`` … in that order, chips ``compute-01/gpu-0`` …
"""

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.spec.types import Rack

Index = NDArray[np.int64]
Structure = tuple[tuple[tuple[str, str, int, bool], ...], tuple[tuple[str, tuple[tuple[str, str, int], ...]], ...], str]

#: `Supply.place` → name of what feeds the top of the bar in place of shelves in the slots.
AT_TOP = {"sidecar": "sidecar", "row": "row-tap"}


class Parts(NamedTuple):
    """Names and places of the parts; `type` indices point into the flat lists of tray and chip kinds."""

    slots: int
    """Slots of the rack."""
    tray: tuple[str, ...]
    """Names of the trays, from the top."""
    tray_slot: Index
    """Slot of each tray (1 = top)."""
    tray_type: Index
    """Kind of each tray, index into `Rack.trays`."""
    tray_kind: tuple[str, ...]
    """Name of each tray's kind."""
    shelf: tuple[str, ...]
    """Names of the shelves, from the top; the sidecar, or the tap of a row, where there are none in the slots."""
    shelf_slot: Index
    """Slot of each shelf; 1 of a sidecar or a tap: the top of the bar."""
    shelf_in_service: NDArray[np.bool_]
    """False for a bank that has failed."""
    chip: tuple[str, ...]
    """Names of the chips, tray by tray."""
    chip_tray: Index
    """Tray of each chip, index into `tray`."""
    chip_type: Index
    """Kind of each chip, index into the flat list of all trays' kinds."""
    chip_kind: tuple[str, ...]
    """gpu, cpu or switch."""
    chip_position: Index
    """Place within the tray among chips of its kind."""
    tray_first: Index
    """The first chip of each tray; the chips of a tray are neighbours (trays,)."""
    is_switch: NDArray[np.bool_]
    """True for switch ASICs (chips,)."""
    section: tuple[str, ...]
    """Names of the bar's sections, from the top."""
    alike: tuple[tuple[Index, Index], ...]
    """Of each kind of chip: its chips, and for each its place in `first`; these share kind, tray and so flow."""
    first: Index
    """The first chip of each kind in each tray, kind by kind."""
    gpu: Index
    """The GPUs, indices into `chip`."""
    asic: Index
    """The switch ASICs, indices into `chip`."""


def structure(rack: Rack) -> Structure:
    """Return what decides the number and order of a rack's parts, as a key: racks with equal keys solve in one batch.

    Parameters
    ----------
    rack : Rack
        The rack.

    Returns
    -------
    tuple
        Stack, kinds, and where the supply stands.

    References
    ----------
    Derived: names, counts and service state.
    """
    stack = tuple((item.name, item.part, item.count, item.in_service) for item in rack.stack)
    kinds = tuple((tray.name, tuple((chip.name, chip.kind, chip.count) for chip in tray.chips)) for tray in rack.trays)
    return stack, kinds, rack.supply.place


def parts(rack: Rack) -> Parts:
    """Return the parts of a rack.

    Parameters
    ----------
    rack : Rack
        The rack.

    Returns
    -------
    Parts
        Names and indices.

    References
    ----------
    Derived: the stack, from the top down.

    Examples
    --------
    >>> import twin
    >>> parts(twin.load("gb300-nvl72").rack).chip[0]
    'compute-01/gpu-0'
    """
    return _parts(structure(rack))


@lru_cache(maxsize=64)
def _parts(key: Structure) -> Parts:
    stack, kinds, supply = key
    slots = [(part, in_service) for _, part, count, in_service in stack for _ in range(count)]
    trays = [(slot, part) for slot, (part, _) in enumerate(slots, start=1) if part != "shelf"]
    shelves = [(slot, in_service) for slot, (part, in_service) in enumerate(slots, start=1) if part == "shelf"]
    shelf_names = _numbered(["shelf"] * len(shelves))
    if supply in AT_TOP:
        shelves, shelf_names = [(1, True)], [AT_TOP[supply]]
    tray_names = _numbered([part for _, part in trays])
    names = [name for name, _ in kinds]
    chips = _chips([part for _, part in trays], tray_names, dict(kinds))
    alike, first = _alike(np.array([row[2] for row in chips]), np.array([row[1] for row in chips]))
    chip_kind = tuple(row[3] for row in chips)
    return Parts(
        slots=len(slots),
        tray=tuple(tray_names),
        tray_slot=np.array([slot for slot, _ in trays], dtype=np.int64),
        tray_type=np.array([names.index(part) for _, part in trays], dtype=np.int64),
        tray_kind=tuple(part for _, part in trays),
        shelf=tuple(shelf_names),
        shelf_slot=np.array([slot for slot, _ in shelves], dtype=np.int64),
        shelf_in_service=np.array([in_service for _, in_service in shelves], dtype=bool),
        chip=tuple(row[0] for row in chips),
        chip_tray=np.array([row[1] for row in chips], dtype=np.int64),
        chip_type=np.array([row[2] for row in chips], dtype=np.int64),
        chip_kind=chip_kind,
        chip_position=np.array([row[4] for row in chips], dtype=np.int64),
        tray_first=np.unique([row[1] for row in chips], return_index=True)[1],
        is_switch=np.array(chip_kind) == "switch",
        section=tuple(f"slots {slot}-{slot + 1}" for slot in range(1, len(slots))),
        alike=alike,
        first=first,
        gpu=np.flatnonzero(np.array(chip_kind) == "gpu"),
        asic=np.flatnonzero(np.array(chip_kind) == "switch"),
    )


def _alike(kind: Index, tray: Index) -> tuple[tuple[tuple[Index, Index], ...], Index]:
    """Return, per kind, its chips and the place of each among the firsts; and the firsts."""
    key = kind * (tray.max() + 1) + tray
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    chips = [np.flatnonzero(kind == k) for k in range(kind.max() + 1)]
    return tuple((here, place[here]) for here in chips), first


def _numbered(kinds: list[str]) -> list[str]:
    total, seen, names = Counter(kinds), Counter[str](), []
    for kind in kinds:
        seen[kind] += 1
        names.append(f"{kind}-{seen[kind]:0{len(str(total[kind]))}d}")
    return names


def _chips(
    parts: list[str], tray_names: list[str], kinds: dict[str, tuple[tuple[str, str, int], ...]]
) -> list[tuple[str, int, int, str, int]]:
    first = dict(zip(kinds, np.cumsum([0, *(len(chips) for chips in kinds.values())]).tolist(), strict=False))
    return [
        (f"{tray_names[tray]}/{name}-{position}", tray, first[part] + i, kind, position)
        for tray, part in enumerate(parts)
        for i, (name, kind, count) in enumerate(kinds[part])
        for position in range(count)
    ]
