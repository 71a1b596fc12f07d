"""The electrical side of a batch: chips as columns, shelves and clips at the slots of the bar."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from power import compact_chip
from twin.build.optics import port_power
from twin.build.stack import column, spread, stack
from twin.layout.parts import Parts
from twin.spec.checks import feed_problems
from twin.spec.errors import SpecError
from twin.spec.types import Chip, Factory

Array = NDArray[np.float64]


def kinds_of_chip(spec: Factory) -> list[Chip]:
    """Return the kinds of chips of a rack, in the order `Parts.chip_type` counts them.

    Parameters
    ----------
    spec : Factory
        The spec.

    Returns
    -------
    list of Chip
        Kinds of all trays.

    References
    ----------
    Derived: order of the trays.
    """
    return [chip for tray in spec.rack.trays for chip in tray.chips]


def chip_columns(specs: Sequence[Factory], place: Parts) -> dict[str, Any]:
    """Return the chips' electrical numbers and the trays' conversion, as fields of the model.

    Parameters
    ----------
    specs : sequence of Factory
        One per rack.
    place : Parts
        Their common parts.

    Returns
    -------
    dict of str to object
        Fields of `Model`.

    References
    ----------
    Derived: `power.compact_chip` per kind, spread over the chips.
    """
    kinds = [kinds_of_chip(spec) for spec in specs]
    factors = np.array([_unit_draws(spec.variation.seed, len(place.chip)) for spec in specs])
    width = np.array([[spec.variation.leakage, spec.variation.interface] for spec in specs])[:, :, None]
    leakage, interface = np.moveaxis(1.0 + width * factors, 1, 0)
    utilization = column([spec.load.utilization for spec in specs])
    return {
        "port_power": port_power(specs, place, utilization).sum(axis=1),
        "chip": spread([[compact_chip(chip.power) for chip in row] for row in kinds], place.chip_type),
        "link_energy": _per_chip(kinds, place, lambda chip: chip.power.link_energy),
        "regulator_fraction": _per_chip(kinds, place, lambda chip: chip.package.regulator_heat_fraction),
        "leakage_factor": leakage,
        "interface_factor": interface,
        "auxiliary": auxiliary_power(specs, place, utilization),
        "bus_efficiency": _per_tray(specs, place, lambda _, tray: tray.intermediate_bus.efficiency),
        "chip_liquid": _per_tray(specs, place, lambda _, tray: tray.chip_liquid_fraction),
        "board_liquid": _per_tray(specs, place, lambda _, tray: tray.board_liquid_fraction),
    }


def auxiliary_power(specs: Sequence[Factory], place: Parts, utilization: Array) -> Array:
    """Return what the boards of each tray draw beside their chips, optics of ports included, linear in the load.

    Parameters
    ----------
    specs : sequence of Factory
        One per rack, or one for all rows.
    place : Parts
        Their common parts.
    utilization : (rows, 1) array
        Share of full load; rows are racks, or instants of one rack [1].

    Returns
    -------
    (rows, trays) array
        Power [W].

    References
    ----------
    Derived: between idle and full.
    """
    idle = _per_tray(specs, place, lambda _, tray: tray.auxiliary_idle_power)
    full = _per_tray(specs, place, lambda _, tray: tray.auxiliary_power)
    return idle + (full - idle) * utilization + port_power(specs, place, utilization)


def _per_chip(kinds: list[list[Chip]], place: Parts, number: Any) -> Array:
    return np.array([[number(chip) for chip in row] for row in kinds], dtype=float)[:, place.chip_type]


def _per_tray(specs: Sequence[Factory], place: Parts, number: Any) -> Array:
    table = [[number(spec, tray) for tray in spec.rack.trays] for spec in specs]
    return np.array(table, dtype=float)[:, place.tray_type]


@lru_cache(maxsize=256)
def _unit_draws(seed: int, chips: int) -> Array:
    """Return the seeded draws in −1 … 1 of leakage (row 0) and thermal interface (row 1)."""
    return np.random.default_rng(seed).uniform(-1.0, 1.0, size=(2, chips))


def bus_columns(specs: Sequence[Factory], place: Parts) -> dict[str, Any]:
    """Return shelves, clips and bar at the slots, as fields of the model; without a bar all meet in one node.

    Parameters
    ----------
    specs : sequence of Factory
        One per rack.
    place : Parts
        Their common parts.

    Returns
    -------
    dict of str to object
        Fields of `Model`.

    Raises
    ------
    SpecError
        Rack and feed do not fit: one gives direct current, the other takes alternating current.

    References
    ----------
    Derived: a shelf in service is a source at its slot, a sidecar or the tap of a row one at the top of the bar, every
    tray a clip at its own.
    """
    if problems := [problem for spec in specs for problem in feed_problems(spec)]:
        raise SpecError(list(dict.fromkeys(problems)))
    shelves = [spec.rack.shelf for spec in specs]
    serving = place.shelf_slot[place.shelf_in_service] - 1
    one_node = specs[0].rack.busbar is None
    slots = 1 if one_node else place.slots
    voltage = column([shelf.output_voltage for shelf in shelves]) * np.ones(slots)
    own = column([shelf.source_resistance for shelf in shelves])
    resistance = np.full((len(specs), slots), np.inf)
    if one_node:
        resistance[:, :] = own / serving.size
    else:
        resistance[:, serving] = own
    clip = [0.0 if spec.rack.busbar is None else spec.rack.busbar.contact_resistance for spec in specs]
    return {
        **_heat_shares(specs),
        "busbar": None if one_node else stack([spec.rack.busbar for spec in specs]),
        "section_length": specs[0].rack.slot_pitch,
        "shelf": stack(shelves),
        "source_voltage": voltage,
        "source_resistance": resistance,
        "contact_resistance": column(clip) * np.ones(slots),
    }


def _heat_shares(specs: Sequence[Factory]) -> dict[str, Any]:
    """Return where shelves and bar leave their heat, and the coolant along the bar."""
    racks = [spec.rack for spec in specs]
    own = [rack.supply.liquid_fraction if rack.supply.place == "sidecar" else None for rack in racks]
    shelf = [rack.shelf_liquid_fraction if mine is None else mine for mine, rack in zip(own, racks, strict=True)]
    along = [rack.bar_coolant for rack in racks]
    flows = [coolant.volume_flow for coolant in along if coolant is not None]
    return {
        "shelf_liquid": column(shelf),
        "bar_liquid": column([1.0 if rack.bar_coolant else rack.shelf_liquid_fraction for rack in racks]),
        "bar_flow": column(flows) if flows else None,
    }
