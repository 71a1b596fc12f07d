"""The temperatures inside the packages of a solved rack: finite volumes from the die to the coolant.

Contract: power, flow, inlet and interface of each chip are those of the converged pass, so that its die mean is the
one the rack was solved with, within the accuracy of the compact table.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thermal.assembly import package_stack
from thermal.coldplate import ColdPlate, film_coefficient
from thermal.package_field import Chips, solve_packages
from thermal.volumes.stack import Stack
from twin.build.electric import kinds_of_chip
from twin.build.model import Model
from twin.couple.heat import mean_coolant
from twin.couple.steady import Steady
from twin.spec.errors import SpecError
from twin.spec.types import Chip, Factory

Index = NDArray[np.int64]

#: Whose fields a result holds: nobody's, those of the chip with the hottest die mean, those of all chips.
CHOICES = ("none", "worst", "all")


def check_choice(which: str) -> None:
    """Refuse what is not one of `CHOICES`.

    Parameters
    ----------
    which : str
        Whose fields are asked for.

    Raises
    ------
    SpecError
        It is none of the choices.

    References
    ----------
    Derived: membership.
    """
    if which not in CHOICES:
        raise SpecError(f"fields = {which!r}: must be {', '.join(CHOICES[:-1])} or {CHOICES[-1]}")


def package_fields(solved: Steady, i: int, spec: Factory, which: str) -> dict[str, dict[str, Any]]:
    """Return the temperatures inside the chosen chips of one rack of a batch.

    Parameters
    ----------
    solved : Steady
        A batch.
    i : int
        Which rack [1].
    spec : Factory
        Its spec.
    which : str
        One of `CHOICES`.

    Returns
    -------
    dict of str to dict
        Per kind of chip: `chip` (indices of its chips), edges `x_edge`, `y_edge`, `z_edge` [m], `layer` of each z,
        names `patch`, and the variables of `thermal.fields.PACKAGE_FIELDS` [SI].

    Raises
    ------
    SpecError
        `which` is none of the choices.
    thermal.DidNotConverge
        The field of a chip was not found.

    References
    ----------
    Derived: `thermal.solve_packages`, the chips of a kind together.
    """
    check_choice(which)
    chosen = _chosen(solved, i, which)
    kinds = zip(kind_names(spec), kinds_of_chip(spec), solved.model.parts.alike, strict=True)
    each = ((name, kind, chips[np.isin(chips, chosen)]) for name, kind, (chips, _) in kinds)
    return {name: _solved_kind(solved, i, kind, chips) for name, kind, chips in each if chips.size}


def kind_names(spec: Factory) -> list[str]:
    """Return a name for each kind of chip: its own, with its tray's in front where several trays use it.

    Parameters
    ----------
    spec : Factory
        The spec.

    Returns
    -------
    list of str
        In the order of `kinds_of_chip`; no two are equal.

    References
    ----------
    Derived: names of the spec have no dots.
    """
    pairs = [(tray.name, chip.name) for tray in spec.rack.trays for chip in tray.chips]
    uses = Counter(chip for _, chip in pairs)
    return [chip if uses[chip] == 1 else f"{tray}.{chip}" for tray, chip in pairs]


def _chosen(solved: Steady, i: int, which: str) -> Index:
    chips = np.arange(len(solved.model.parts.chip))
    if which == "worst":
        rise = solved.outcome.plates.rise.die[i] * solved.outcome.chips.power[i]
        return chips[[np.argmax(rise)]]
    return chips if which == "all" else chips[:0]


def _solved_kind(solved: Steady, i: int, kind: Chip, chips: Index) -> dict[str, Any]:
    model, out = solved.model, solved.outcome
    states = Chips(
        power=(model.chip_liquid[i, model.parts.chip_tray] * out.chips.power[i])[chips],
        volume_flow=out.plates.chip_flow[i, chips],
        inlet_temperature=np.full(chips.size, model.supply[i]),
        coolant_temperature=np.full(chips.size, mean_coolant(model, out.next.coolant_return)[i]),
        tim_factor=model.interface_factor[i, chips],
    )
    found = solve_packages(kind.package, _fouled(kind.plate, model, i, states), model.coolant, states)
    return {
        "chip": chips,
        "x_edge": np.array(found.grid.x),
        "y_edge": np.array(found.grid.y),
        "z_edge": np.array(found.grid.z),
        "temperature": found.temperature,
        "coolant_temperature": found.coolant,
        "heat_closure": found.closure,
        **_materials(kind),
    }


def _fouled(plate: ColdPlate, model: Model, i: int, states: Chips) -> ColdPlate:
    """Return a plate whose film is poorer by its deposits; chips of a kind share the mean of their films."""
    deposits = float(model.fouling[i, 0])
    if not deposits:
        return plate
    film = float(film_coefficient(plate, states.volume_flow, model.coolant, states.coolant_temperature).mean())
    return replace(plate, film_ratio=plate.film_ratio / (1 + film * deposits))


def _materials(kind: Chip) -> dict[str, Any]:
    """Return the layer of each cell along z, and the parts of every layer as boxes."""
    stack = package_stack(kind.package, kind.plate)
    boxes = list(_boxes(stack))
    return {
        "layer": np.repeat([layer.name for layer in stack.layers], [layer.cells for layer in stack.layers]),
        "patch": np.array([name for name, _, _ in boxes]),
        "patch_low": np.array([low for _, low, _ in boxes]),
        "patch_high": np.array([high for _, _, high in boxes]),
    }


def _boxes(stack: Stack) -> Iterator[tuple[str, tuple[float, ...], tuple[float, ...]]]:
    """Yield name, lower and upper corner of what fills each layer of a half stack and its mirror image [m]."""
    bottom, middle = 0.0, stack.length
    for layer in stack.layers:
        top = bottom + layer.thickness
        whole = [(layer.name, stack.area)] if layer.conductivity else []
        for name, (x, y) in whole + [(f"{layer.name}/{patch.name}", patch.area) for patch in layer.patches]:
            for low, high in [(-x[1], x[1])] if x[0] == 0 else [(-x[1], -x[0]), x]:
                yield name, (middle + low, y[0], bottom), (middle + high, y[1], top)
        bottom = top
