"""Chips and their packages over a step of the loop: power follows temperature, temperature power.

Contract: packages are exact for power that is linear between the instants; both are made to agree by Newton's method.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from power.module_march import EXACT, ModuleCourse, march_modules, thinned_smoothing
from twin.couple.steady import RUNAWAY
from twin.simulation.films import Films
from twin.simulation.pace import Pace, line_weights, thinning
from twin.simulation.plant import Plant
from twin.simulation.state import State
from twin.spec.errors import ConvergenceError

Array = NDArray[np.float64]

#: Change of any die at which power and temperature agree; what is left is a tenth of it [K].
AGREED = 1e-4
#: Passes in which they must; two are usual, behind the guesses.
PASSES = 20
#: Passes through few instants that make a first guess of the dies.
GUESSES = 2
#: To which links follow the clocks in these [1].
ROUGH = 1e-3
#: Time constant with which the scale of the rises follows a film: about that of a package; assumed [s].
SETTLE = 2.0
#: Temperature from which rises and stored heat are counted [K].
ORIGIN = 273.15


class _Case(NamedTuple):
    """A step of the loop whose dies are sought."""

    plant: Plant
    state: State
    films: Films
    load: Array
    """(instants, nodes) [1]"""
    supply: Array
    """(n + 1,) [K]"""
    scales: Array
    """(n + 1, 4, c) of the rises [1]"""
    pace: Pace


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
    plant: Plant, state: State, films: Films, load: Array, supply: Array, pace: Pace
) -> tuple[ModuleCourse, Packages]:
    """Return what the chips draw at every instant and how warm they are, each following from the other.

    Parameters
    ----------
    plant : Plant
        The rack.
    state : State
        Where the rack is.
    films : Films
        Coolant and packages in the middle of the step.
    load : (instants, nodes) array
        Share of full load [1].
    supply : (n + 1,) array
        Coolant into the plates [K].
    pace : Pace
        How the step is cut.

    Returns
    -------
    ModuleCourse, Packages

    Raises
    ------
    ConvergenceError
        They run away from each other.

    References
    ----------
    Derived: docs, "A rack in time".
    """
    case = _Case(plant, state, films, load, supply, _scales(state, films, pace), pace)
    thin, marched = thinning(pace), state.rest > 0
    junction = warmer = np.broadcast_to(state.junction, (pace.ticks + 1, state.junction.size))
    first = state.junction
    for factor in (*GUESSES * thin, *PASSES * (1,)):
        drawn, guess = _drawn(case, junction, factor), junction
        if factor > 1:
            first = _first(case, drawn.lines[0, 0])
        elif thin or marched:
            packages = _march(case, drawn.lines)
            warmer = packages.temperature[:, 0]
            if np.abs(warmer - guess).max() <= AGREED:
                return drawn, packages
            first = warmer[0]
        junction, marched = _follow(case, drawn, guess, first), True
        if not (warmer.max() < RUNAWAY and junction.max() < RUNAWAY):
            break
    hottest = plant.model.parts.chip[int(guess.max(axis=0).argmax())]
    raise ConvergenceError(
        f"at {state.time:g} s: {hottest} runs away, its leakage grows faster than its heat is carried off: shed load "
        "by control.shed_above, restore the flow sooner, or shorten steps.loop"
    )


def _drawn(case: _Case, junction: Array, thin: int) -> ModuleCourse:
    """March the modules through every so many instants, their dies as guessed at the nodes."""
    plant, state, pace = case.plant, case.state, case.pace
    law, before, parts = plant.condition.spec.rack.smoothing, state.smoothing, pace.instants // thin
    step = pace.step / parts
    smoothing = None if law is None or before is None else (law, thinned_smoothing(law, before, step, thin))
    cut = line_weights(parts), step
    conditions = junction, state.points.budget
    follows, exact = (case.load[::thin], plant.node), EXACT if thin == 1 else ROUGH
    return march_modules(plant.electric.modules, follows, conditions, cut, smoothing, (not pace.coarse, exact))


def _first(case: _Case, power: Array) -> Array:
    """Return the dies at the start of the step under some power of the modules (c,)."""
    plant, place, inlet = case.plant, case.plant.model.parts, case.supply[0]
    into, rise = power * plant.model.chip_liquid[0, place.chip_tray], np.empty_like(power)
    for slow, (own, _), state in zip(plant.slow, place.alike, case.state.packages, strict=True):
        rise[own] = thermal.slow_outputs(slow, state, into[own], inlet - ORIGIN)[:, 0]
    return inlet + case.scales[0, 0] * (rise - (inlet - ORIGIN))


def _follow(case: _Case, drawn: ModuleCourse, junction: Array, first: Array) -> Array:
    """Return the dies at the nodes (n + 1, c) when leakage follows them: Newton's step from a guess of the dies."""
    plant, films, place = case.plant, case.films, case.plant.model.parts
    into = plant.model.chip_liquid[:, place.chip_tray]
    power, slope, guess = drawn.lines * into, drawn.slopes * into, np.stack([junction[:-1], junction[1:]], axis=1)
    warm = np.empty(junction.shape)
    for k, (own, _) in enumerate(place.alike):
        law = power[:, :, own], slope[:, :, own], guess[:, :, own], case.scales[:, 0, own]
        warm[:, own] = thermal.slow_follow(
            films.propagators[k],
            films.group[k],
            case.state.packages[k],
            thermal.PowerLaw(*law, ORIGIN),
            case.supply,
            first[own],
        )
    return warm


def _march(case: _Case, lines: Array) -> Packages:
    """March the packages of every kind through the lines of the modules' powers (n, 2, c)."""
    plant, films, pace, place = case.plant, case.films, case.pace, case.plant.model.parts
    into = lines * plant.model.chip_liquid[:, place.chip_tray]
    warm = np.empty((pace.ticks + 1, 4, lines.shape[2]))
    after, stored, heat = [], np.zeros(pace.ticks + 1), np.zeros(pace.ticks)
    for k, (slow, (own, _)) in enumerate(zip(plant.slow, place.alike, strict=True)):
        course = thermal.slow_march(
            slow, films.propagators[k], films.group[k], case.state.packages[k], into[:, :, own], case.supply - ORIGIN
        )
        warm[:, :, own] = course.outputs
        after.append(course.state)
        stored += course.stored.sum(axis=1)
        heat += course.heat.sum(axis=1)
    inlet = case.supply[:, None, None]
    warm -= inlet - ORIGIN
    warm *= case.scales
    warm += inlet
    return Packages(tuple(after), warm, case.scales[-1], stored, heat)


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
