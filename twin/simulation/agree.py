"""Chips and their packages over a step of the loop: power follows temperature, temperature power.

Contract: packages are exact for power that is linear between the instants; both are made to agree by Newton's method.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.build.model import Model
from twin.couple.rack import Chips, chips
from twin.couple.steady import RUNAWAY
from twin.simulation.films import Films
from twin.simulation.floors import Floors, smoothed
from twin.simulation.pace import Pace, between, lines
from twin.simulation.plant import Plant
from twin.simulation.state import State
from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]

#: Change of any die [K] and of any clock [1] at which power and temperature agree; what is left is a tenth of it.
AGREED = (1e-4, 1e-6)
#: Passes in which they must; one or two are usual.
PASSES = 20
#: Time constant with which the scale of the rises follows a film: about that of a package; assumed [s].
SETTLE = 2.0
#: Temperature from which rises and stored heat are counted [K].
ORIGIN = 273.15


class Packages(NamedTuple):
    """The packages over a step of the loop."""

    state: tuple[Array, ...]
    temperature: Array
    """(n + 1, 4, c)"""
    scale: Array
    """(4, c) of the rises at the end"""
    stored: Array
    """(n + 1,) [J]"""
    heat: Array
    """(n,) into the coolant [W]"""


def agree(
    plant: Plant, model: Model, state: State, films: Films, supply: Array, pace: Pace
) -> tuple[Chips, Packages, Floors]:
    """Return what the chips draw at every instant and how warm they are, each following from the other.

    Parameters
    ----------
    plant : Plant
        The rack.
    model : Model
        With the instants as rows.
    state : State
        Where the rack is.
    films : Films
        Coolant and packages in the middle of the step.
    supply : (n + 1,) array
        Coolant into the plates [K].
    pace : Pace
        How the step is cut.

    Returns
    -------
    Chips, Packages, Floors

    Raises
    ------
    ConvergenceError
        They run away from each other.

    References
    ----------
    Derived: docs, "A rack in time".
    """
    rows, place = len(model.load), model.parts
    junction = np.broadcast_to(state.junction, (rows, state.junction.size))
    clock = np.broadcast_to(state.clock, junction.shape)
    warmer, resting = junction, state.rest > 0
    for _ in range(PASSES):
        demand = chips(model, junction, clock[:, place.gpu], state.points.budget)
        drawn, floors = smoothed(plant, state.smoothing, demand, pace)
        if resting:
            packages = _march(plant, state, films, drawn.power, supply, pace)
            warmer = between(packages.temperature[:, 0], pace.instants)
            change = np.abs(warmer - junction).max(), np.abs(drawn.clock - clock).max()
            if change[0] <= AGREED[0] and change[1] <= AGREED[1]:
                return drawn, packages, floors
        if not warmer.max() < RUNAWAY:
            break
        clock, resting = drawn.clock, True
        guess = drawn, junction, warmer[0], floors
        junction = between(_follow(plant, state, films, guess, supply, pace), pace.instants)
    hottest = plant.model.parts.chip[int(junction.max(axis=0).argmax())]
    raise ConvergenceError(
        f"at {state.time:g} s: {hottest} runs away, its leakage grows faster than its heat is carried off: shed load "
        "by control.shed_above, restore the flow sooner, or shorten steps.loop"
    )


def _follow(
    plant: Plant, state: State, films: Films, guess: tuple[Chips, Array, Array, Floors], supply: Array, pace: Pace
) -> Array:
    """Return the dies at the nodes (n + 1, c) when leakage follows them: Newton's step from a guess of the dies."""
    model, place, (drawn, junction, first, floors) = plant.model, plant.model.parts, guess
    held = (drawn.clock < 1) & (drawn.clock > model.chip.clock_min)  # there the clock makes up for leakage
    if floors.led is not None:
        held |= floors.led
    slope = np.where(held, 0.0, model.chip.exponent * drawn.leakage)
    into = model.chip_liquid[:, place.chip_tray]
    law = [lines(part, pace) for part in (drawn.power * into, slope * into, junction)]
    scale = np.broadcast_to(_scales(state, films, pace)[:, 0], (pace.ticks + 1, junction.shape[1]))
    warm = np.empty((pace.ticks + 1, junction.shape[1]))
    for k, (own, _) in enumerate(place.alike):
        parts = thermal.PowerLaw(law[0][:, :, own], law[1][:, :, own], law[2][:, :, own], scale[:, own], ORIGIN)
        warm[:, own] = thermal.slow_follow(
            films.propagators[k], films.group[k], state.packages[k], parts, supply, first[own]
        )
    return warm


def _march(plant: Plant, state: State, films: Films, power: Array, supply: Array, pace: Pace) -> Packages:
    """March the packages of every kind through the powers at the instants (instants, c)."""
    model, place = plant.model, plant.model.parts
    into = lines(power * model.chip_liquid[:, place.chip_tray], pace)
    warm = np.empty((pace.ticks + 1, 4, power.shape[1]))
    after, stored, heat = [], np.zeros(pace.ticks + 1), np.zeros(pace.ticks)
    for k, (slow, (own, _)) in enumerate(zip(plant.slow, place.alike, strict=True)):
        course = thermal.slow_march(
            slow, films.propagators[k], films.group[k], state.packages[k], into[:, :, own], supply - ORIGIN
        )
        warm[:, :, own] = course.outputs
        after.append(course.state)
        stored += course.stored.sum(axis=1)
        heat += course.heat.sum(axis=1)
    inlet = supply[:, None, None]
    scales = _scales(state, films, pace)
    warm -= inlet - ORIGIN
    warm *= scales
    warm += inlet
    return Packages(tuple(after), warm, scales[-1], stored, heat)


def _scales(state: State, films: Films, pace: Pace) -> Array:
    """Return the scales of the rises at the nodes (n + 1, 4, c): linear through this middle and the one before.

    What they differ at the start from those that were fades with `SETTLE`, so that no die jumps with its film.
    """
    if np.array_equal(films.scale, state.scale_middle) and np.array_equal(films.scale, state.scale):
        return np.broadcast_to(films.scale, (pace.ticks + 1, *films.scale.shape))
    nodes = np.arange(pace.ticks + 1) * pace.step
    middle = pace.ticks * pace.step / 2
    since = state.time + middle - state.scale_time
    slope = np.zeros_like(films.scale) if np.isnan(since) else (films.scale - state.scale_middle) / since
    aimed = films.scale + (nodes - middle)[:, None, None] * slope
    return aimed + np.exp(-nodes / SETTLE)[:, None, None] * (state.scale - aimed[0])
