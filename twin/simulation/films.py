"""How the coolant takes up heat during a step of the loop: flow of each plate, its film, the packages' propagators.

Contract: taken at the middle of the step, which is second order. Each chip's rise is scaled so that it settles where
the table of compact packages, which the steady rack reads, says; the two differ by interface and accuracy.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.couple.heat import mean_coolant, plates
from twin.simulation.plant import Plant
from twin.simulation.state import Film

Array = NDArray[np.float64]

#: Share of the least flow of the policy below which plates keep their films: laminar films do not vanish. Assumed.
LEAST = 0.05
#: Relative difference of films and flows within a kind of chip up to which its chips share their mean: they differ in
#: how fast they follow, by as much, not in where they settle.
ALIKE = 0.02
#: Relative change of flow, and change of the mean coolant [K], within which films are those of the step before.
SAME = (1e-7, 1e-4)


class Films(NamedTuple):
    """Packages over a step of the loop."""

    film: Film
    """The coolant they are of."""
    weights: tuple[Array, ...]
    """Of each kind of chip: film and flow of each of its groups (n, 3) [1]."""
    propagators: tuple[thermal.Propagators, ...]
    """Of each kind of chip, one for each of its groups of equal flow."""
    group: tuple[NDArray[np.int64], ...]
    """Of each kind: the group of each chip."""
    scale: Array
    """(4, c) of the rises of die, spot, memory, case [1]"""
    drop: float
    """Across the ports of the rack at the flow of the film [Pa]."""


def films(plant: Plant, film: Film) -> Films:
    """Return propagators and scales of the packages of a rack; the same for the same coolant, whatever came before.

    Parameters
    ----------
    plant : Plant
        The rack.
    film : Film
        The coolant in the middle of a step of the loop.

    Returns
    -------
    Films
        Everything the packages need for the step.

    References
    ----------
    Derived: `twin.couple.heat.plates`, `thermal.slow_propagators`.
    """
    model = plant.model._replace(supply=np.full((1, 1), film.supply))
    back = np.full((1, 1), film.back)
    rho = float(thermal.density(model.coolant, mean_coolant(model, back))[0, 0])
    flow = max(film.flow, LEAST * float(model.flow_bounds[0][0, 0]) * rho)
    plate = plates(model, np.full((1, 1), flow), back, None)
    place = model.parts
    scale = np.empty((4, len(place.chip)))
    every, propagators, groups = [], [], []
    for slow, (chips, at) in zip(plant.slow, place.alike, strict=True):
        low, high = int(at.min()), int(at.max()) + 1
        inverse, rate = plate.inverse_film[0, low:high], plate.capacity_rate[0, place.first[low:high]]
        group = at - low
        if max(np.ptp(inverse) / inverse.min(), np.ptp(rate) / rate.min()) <= ALIKE:
            inverse, rate, group = inverse.mean(keepdims=True), rate.mean(keepdims=True), np.zeros_like(group)
        every.append(thermal.slow_weights(slow, inverse, rate * (film.flow / flow)))
        propagators.append(thermal.slow_propagators(slow, every[-1], film.step))
        groups.append(group)
        flowing = every[-1] if flow == film.flow else thermal.slow_weights(slow, inverse, rate)
        nominal = thermal.slow_gains(slow, flowing)[group].T
        into = model.chip_liquid[0, place.chip_tray[chips]]
        scale[:, chips] = np.array(plate.rise)[:, 0, chips] / (into * nominal)
    drop = float(plate.hydraulics.pressure_drop[0]) * min(film.flow / flow, 1.0) ** 2
    return Films(film, tuple(every), tuple(propagators), tuple(groups), scale, drop)


def same(one: Film, other: Film) -> bool:
    """Return whether two coolants differ by so little that films of one do for the other.

    Parameters
    ----------
    one, other : Film
        Coolants.

    Returns
    -------
    bool
        Within `SAME`.

    References
    ----------
    Derived: films change by half a percent per kelvin.
    """
    flow = abs(one.flow - other.flow) <= SAME[0] * abs(one.flow)
    warm = max(abs(one.supply - other.supply), abs(one.back - other.back)) <= SAME[1]
    return flow and warm and one.step == other.step
