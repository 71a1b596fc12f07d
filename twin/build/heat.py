"""The thermal side of a batch: compact packages per kind of chip, plates, the branch law, the coolant loop."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal import BranchLaw, CompactPackage, Manifold, PressurePoint
from thermal.compact import compact_like, compact_package
from twin.build.cache import cache_folder
from twin.build.electric import kinds_of_chip
from twin.build.stack import column, spread, stack
from twin.layout.parts import Parts
from twin.layout.rack import header_spacing
from twin.spec.types import Chip, Factory

Array = NDArray[np.float64]


def plate_columns(specs: Sequence[Factory], place: Parts, reference: Factory | None = None) -> dict[str, Any]:
    """Return packages and plates per kind of chip, as fields of the model.

    Parameters
    ----------
    specs : sequence of Factory
        One per rack.
    place : Parts
        Their common parts.
    reference : Factory, optional
        A spec with the same kinds of chips. With it only its own packages are tabulated in full; those of the specs
        differ from them by a step between coarse tables. For many small changes of many numbers.

    Returns
    -------
    dict of str to object
        Fields of `Model`.

    References
    ----------
    Derived: `thermal.compact_package` once per distinct kind, or `thermal.compact_like`.
    """
    rows = [kinds_of_chip(spec) for spec in specs]
    like: Sequence[Chip | None] = [None] * len(rows[0]) if reference is None else kinds_of_chip(reference)
    folder = cache_folder()
    plates = [[chip.plate for chip in row] for row in rows]
    every = spread(plates, place.chip_type)
    return {
        "packages": tuple(
            stack([_table(chip, near, folder) for chip in kind])
            for kind, near in zip(zip(*rows, strict=True), like, strict=True)
        ),
        "plates": spread(plates, place.chip_type[place.first]),
        "fouling": column([spec.ageing.plate_fouling for spec in specs]),
        "flow_weight": every.flow_weight,
        "flow_range": (every.flow_min, every.flow_max),
    }


def _table(chip: Chip, near: Chip | None, folder: Path | None) -> CompactPackage:
    try:
        if near is None or (near.package, near.plate) == (chip.package, chip.plate):
            return compact_package(chip.package, chip.plate, folder=folder)
        return compact_like(chip.package, chip.plate, reference=(near.package, near.plate), folder=folder)
    except thermal.DidNotConverge as error:
        raise thermal.DidNotConverge(f"package of {chip.name}: {error}") from error


def rack_loop(specs: Sequence[Factory], place: Parts) -> dict[str, Any]:
    """Return the coolant loop of the rack and its manifold, as fields of the model.

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
    Derived: plates of a tray in parallel, trays in parallel along the headers.
    """
    coolings = [spec.cooling for spec in specs]
    liquid = thermal.coolant(coolings[0].coolant)
    order, spacing = header_spacing(specs[0].rack, place)
    weights = [tuple(tray_weights(spec)[place.tray_type[order]].tolist()) for spec in specs]
    laws = [
        _branch_law(
            spec.rack.pressure_points,
            spec.rack.manifold,
            weight,
            tuple(spacing.tolist()),
            spec.cooling.coolant,
        )
        for spec, weight in zip(specs, weights, strict=True)
    ]
    return {
        "coolant": liquid,
        "supply": column([c.supply_temperature for c in coolings]),
        "return_target": column([c.return_temperature for c in coolings]),
        "flow_bounds": (
            column([c.flow_minimum for c in coolings]),
            column([c.flow_maximum for c in coolings]),
        ),
        "fixed_flow": column([np.nan] * len(specs)),
        "fixed_volume_flow": column([np.nan if c.volume_flow is None else c.volume_flow for c in coolings]),
        "branch_of_tray": np.argsort(order),
        "branch_spacing": spacing,
        "branch_weight": np.array(weights),
        "law": stack(laws),
        "manifold": stack([spec.rack.manifold for spec in specs]),
    }


def tray_weights(spec: Factory) -> Array:
    """Return the hydraulic size of each kind of tray: the sum over its plates, which are in parallel.

    Parameters
    ----------
    spec : Factory
        The spec.

    Returns
    -------
    (kinds,) array
        Weights relative to one GPU plate [1].

    References
    ----------
    Derived: plates of one pressure drop share the flow in the ratio of their weights.
    """
    return np.array([sum(c.count * c.plate.flow_weight for c in tray.chips) for tray in spec.rack.trays])


@lru_cache(maxsize=512)
def _branch_law(
    points: tuple[PressurePoint, PressurePoint],
    manifold: Manifold,
    weight: tuple[float, ...],
    spacing: tuple[float, ...],
    coolant: Any,
) -> BranchLaw:
    return thermal.fit_branch_law(points, manifold, np.array(weight), np.array(spacing), thermal.coolant(coolant))
