"""Parts of a rack by name: what is lost with each, where it stands, and the rack without some of its shelves.

Names are those of `twin.layout.parts`, of the runs in the stack, and ``cartridge-0`` …, ``manifold``, ``busbar``. A
chip takes its links along, a tray its chips, a cartridge its links; without manifold or busbar no chip runs.
"""

from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topology import Fabric
from twin.layout.cables import cable_lengths
from twin.layout.parts import parts
from twin.spec.types import Factory, Rack, StackItem

#: What a chip is called, by its kind.
_CHIPS = {"gpu": "GPU", "cpu": "CPU", "switch": "switch ASIC"}
_SUPPLIES = {
    "slots": "power shelf",
    "sidecar": "sidecar, at the top of the bar",
    "row": "tap of a row, at the top of the bar",
}


class Part(NamedTuple):
    """A part, and what is lost with it."""

    name: str
    """Its name."""
    kind: str
    """What it is, in words."""
    place: str
    """Where it is, in words."""
    links: frozenset[int] = frozenset()
    """Ids of the links that run in it; those that end at its chips are not among them."""
    chips: frozenset[str] = frozenset()
    """Names of its chips."""
    trays: frozenset[str] = frozenset()
    """Names of the whole trays in it."""
    shelves: frozenset[str] = frozenset()
    """Names of its power shelves."""


class Loss(NamedTuple):
    """What the fabric loses with a part."""

    links: NDArray[np.int64]
    """Ids of the links, those of lost chips among them (lost,)."""
    planes: NDArray[np.int64]
    """ASICs at which they end, indices into `Fabric.asics`."""
    gpus: tuple[str, ...]
    """Lost GPUs, and those that keep no link."""


def named_parts(rack: Rack) -> dict[str, Part]:
    """Return every part of a rack that has a name of its own, by it; a cable is named by its link instead.

    Parameters
    ----------
    rack : Rack
        The rack.

    Returns
    -------
    dict of str to Part
        Trays, shelves, chips, runs of the stack, cartridges, manifold and busbar; of equal names the first counts.

    References
    ----------
    Derived: `twin.layout.parts.parts`, and the cartridge of each link from `twin.layout.cables.cable_lengths`.

    Examples
    --------
    >>> import twin
    >>> len(named_parts(twin.load("gb300-nvl72").rack)["cartridge-2"].links)
    324
    """
    found: dict[str, Part] = {}
    for part in (*_trays(rack), *_shelves(rack), *_chips(rack), *_runs(rack), *_cartridges(rack), *_mains(rack)):
        found.setdefault(part.name, part)
    return found


def _slot(rack: Rack, slot: int) -> str:
    return f"slot {slot} of {parts(rack).slots} from the top"


def _trays(rack: Rack) -> list[Part]:
    place = parts(rack)
    return [
        Part(name, f"{kind} tray", _slot(rack, slot), chips=_chips_of(rack, {name}), trays=frozenset({name}))
        for name, kind, slot in zip(place.tray, place.tray_kind, place.tray_slot.tolist(), strict=True)
    ]


def _chips_of(rack: Rack, trays: set[str]) -> frozenset[str]:
    place = parts(rack)
    return frozenset(
        chip for chip, tray in zip(place.chip, place.chip_tray.tolist(), strict=True) if place.tray[tray] in trays
    )


def _shelves(rack: Rack) -> list[Part]:
    place = parts(rack)
    return [
        Part(name, _SUPPLIES[rack.supply.place], _slot(rack, slot), shelves=frozenset({name}))
        for name, slot in zip(place.shelf, place.shelf_slot.tolist(), strict=True)
    ]


def _chips(rack: Rack) -> list[Part]:
    place = parts(rack)
    slots = place.tray_slot[place.chip_tray].tolist()
    return [
        Part(name, _CHIPS[kind], _slot(rack, slot), chips=frozenset({name}))
        for name, kind, slot in zip(place.chip, place.chip_kind, slots, strict=True)
    ]


def _runs(rack: Rack) -> list[Part]:
    place = parts(rack)
    found = []
    for item, first in zip(rack.stack, _first_slots(rack), strict=True):
        last = first + item.count - 1
        trays, shelves = (
            {name for name, slot in zip(names, slots.tolist(), strict=True) if first <= slot <= last}
            for names, slots in ((place.tray, place.tray_slot), (place.shelf, place.shelf_slot))
        )
        kind, chips = f"{'bank' if shelves else 'run'} of {item.count} × {item.part}", _chips_of(rack, trays)
        where = f"slots {first} … {last} of {place.slots} from the top"
        found.append(Part(item.name, kind, where, chips=chips, trays=frozenset(trays), shelves=frozenset(shelves)))
    return found


def _first_slots(rack: Rack) -> list[int]:
    return list(accumulate((item.count for item in rack.stack), initial=1))[:-1]


def _cartridges(rack: Rack) -> list[Part]:
    if rack.spine is None:
        return []
    cartridge, count = cable_lengths(rack)[1], rack.spine.cartridges
    where = f"rear of the rack, one of {count}, counted from 0 at the left seen from the front"
    return [
        Part(
            f"cartridge-{c}",
            "cartridge of the cable spine",
            where,
            links=frozenset(np.flatnonzero(cartridge == c).tolist()),
        )
        for c in range(count)
    ]


def _mains(rack: Rack) -> list[Part]:
    place = parts(rack)
    chips, trays = frozenset(place.chip), frozenset(place.tray)
    mains = [("manifold", "supply and return headers of the coolant")]
    if rack.busbar is not None:
        mains.append(("busbar", "vertical busbar"))
    where = f"slots 1 … {place.slots}, every tray hangs on it"
    return [Part(name, kind, where, chips=chips, trays=trays) for name, kind in mains]


def link_part(rack: Rack, name: str, links: tuple[int, ...]) -> Part:
    """Return the part that a cable is: one link, or all links between two chips.

    Parameters
    ----------
    rack : Rack
        The rack.
    name : str
        What to call it.
    links : tuple of int
        Ids of its links; one at least.

    Returns
    -------
    Part
        It takes its links along.

    References
    ----------
    Derived: `twin.layout.cables.cable_lengths`.

    Examples
    --------
    >>> import twin
    >>> link_part(twin.load("hgx-h100").rack, "link 17", (17,)).place
    'on the board'
    """
    length, cartridge = (values[links[0]] for values in cable_lengths(rack))
    place = "on the board" if rack.spine is None else f"cartridge-{cartridge}, {length:.2f} m"
    kind = f"{'link' if len(links) == 1 else f'{len(links)} links'} of {rack.nvlink.pairs_per_link} pairs"
    return Part(name, kind, place, links=frozenset(links))


def loss_of(fabric: Fabric, part: Part) -> Loss:
    """Return what an intact fabric loses with a part.

    Parameters
    ----------
    fabric : Fabric
        The intact fabric.
    part : Part
        The part.

    Returns
    -------
    Loss
        Links, planes and GPUs.

    References
    ----------
    Derived: a link is lost with the cartridge it runs in and with either of its ends.

    Examples
    --------
    >>> import twin
    >>> from twin.build.fabric import fabric_of
    >>> rack = twin.load("gb300-nvl72").rack
    >>> loss_of(fabric_of(rack), named_parts(rack)["switch-3/asic-1"]).links.size
    72
    """
    gpu, asic = (np.array([name in part.chips for name in names]) for names in (fabric.gpus, fabric.asics))
    lost = np.isin(np.arange(fabric.gpu.size), list(part.links)) | gpu[fabric.gpu] | asic[fabric.asic]
    working = np.bincount(fabric.gpu[~lost], minlength=len(fabric.gpus))
    return Loss(
        links=np.flatnonzero(lost),
        planes=np.unique(fabric.asic[lost]),
        gpus=tuple(name for name, links in zip(fabric.gpus, working.tolist(), strict=True) if not links),
    )


def without_shelves(spec: Factory, lost: frozenset[str]) -> Factory:
    """Return a spec in which some power shelves are out of service; all else, slots and names of parts too, stays.

    Parameters
    ----------
    spec : Factory
        The spec.
    lost : frozenset of str
        Names of shelves.

    Returns
    -------
    Factory
        Runs that hold a lost shelf are split into single slots, named ``run/1`` ….

    Raises
    ------
    SpecError
        No shelf is left in service.

    References
    ----------
    Derived: `StackItem.in_service`, shelf by shelf.

    Examples
    --------
    >>> import twin
    >>> from twin.layout.parts import parts
    >>> int(parts(without_shelves(twin.load("gb300-nvl72"), frozenset({"shelf-3"})).rack).shelf_in_service.sum())
    7
    """
    place = parts(spec.rack)
    slots = {s for name, s in zip(place.shelf, place.shelf_slot.tolist(), strict=True) if name in lost}
    stack = [_split(item, first, slots) for item, first in zip(spec.rack.stack, _first_slots(spec.rack), strict=True)]
    return replace(spec, rack=replace(spec.rack, stack=tuple(piece for pieces in stack for piece in pieces)))


def _split(item: StackItem, first: int, lost: set[int]) -> list[StackItem]:
    slots = range(first, first + item.count)
    if not lost & set(slots):
        return [item]
    return [
        replace(item, name=f"{item.name}/{k}", count=1, in_service=item.in_service and slot not in lost)
        for k, slot in enumerate(slots, start=1)
    ]
