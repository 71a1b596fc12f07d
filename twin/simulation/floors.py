"""Power smoothing of the GPU modules, instant by instant: what they draw above their demand, and below it.

Contract: a module that the floor holds up burns the difference in its die; one that a ramp or the ceiling holds down
does its work later, its clock falls. What a module draws is continuous: a jump of the load begins a ramp.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from twin.couple.rack import Chips
from twin.simulation.pace import Pace
from twin.simulation.plant import Plant

Array = NDArray[np.float64]

#: Phase of a module that its floor holds up, see `power.smooth_power`.
HELD = 2


class Floors(NamedTuple):
    """Power smoothing over a step of the loop."""

    state: power.SmoothingState | None
    """At its end; none without smoothing."""
    burnt: Array
    """(instants,) above the demand, of all modules [W]"""
    held: Array
    """(instants,) share of the GPU modules that a floor holds up [1]"""
    led: NDArray[np.bool_] | None
    """(instants, c) chips whose power does not follow their own demand; none without smoothing"""


def first_floors(plant: Plant, drawn: Array, step: float) -> power.SmoothingState | None:
    """Return the smoothing of modules that have drawn the same for ever.

    Parameters
    ----------
    plant : Plant
        The rack.
    drawn : (c,) array
        Module inputs [W].
    step : float
        Between instants [s].

    Returns
    -------
    SmoothingState or None
        None without smoothing.

    References
    ----------
    Derived: `power.smoothing_start`.
    """
    law = plant.condition.spec.rack.smoothing
    return None if law is None else power.smoothing_start(law, drawn[plant.model.parts.gpu], step)


def smoothed(plant: Plant, before: power.SmoothingState | None, drawn: Chips, pace: Pace) -> tuple[Chips, Floors]:
    """Return what the modules draw with their smoothing.

    Parameters
    ----------
    plant : Plant
        The rack.
    before : SmoothingState or None
        At the first instant.
    drawn : Chips
        Demand at every instant.
    pace : Pace
        How the step is cut; in a coarse one the demand does not move, and no floor holds.

    Returns
    -------
    Chips, Floors

    References
    ----------
    Derived: `power.smooth_power`; the clock that the power is left for, dynamic power being linear in it.
    """
    law, gpu, rows = plant.condition.spec.rack.smoothing, plant.model.parts.gpu, len(drawn.power)
    if law is None or before is None:
        return drawn, Floors(None, np.zeros(rows), np.zeros(rows), None)
    demand = drawn.power[:, gpu]
    given, share = np.minimum(demand, law.tmp_ceiling), np.zeros(rows)
    if pace.coarse:
        recent = np.repeat(demand[-1][:, None], before.recent.shape[1], axis=1)
        after = before._replace(power=given[-1].copy(), recent=recent)
    else:
        before = before._replace(power=np.where(plant.alive[gpu], before.power, 0.0))
        found = power.smooth_power(law, demand[1:].T, pace.step / pace.instants, before)
        given = np.where(plant.alive[gpu], np.concatenate([before.power[None], found.power.T]), 0.0)
        share[1:] = (found.phase == HELD).mean(axis=0)
        share[0] = share[1]
        after = found.state
    led = np.zeros(drawn.power.shape, dtype=bool)
    led[:, gpu] = given != demand
    if not led.any():
        return drawn, Floors(after, np.zeros(rows), share, led)
    out, clock = drawn.power.copy(), drawn.clock.copy()
    out[:, gpu] = given
    fixed = drawn.leakage[:, gpu] + drawn.link_power[:, gpu]
    active = np.maximum(demand - fixed, 1e-9)
    slower = np.clip((given - fixed) / active, 0.0, 1.0)
    clock[:, gpu] *= np.where(given < demand, slower, 1.0)
    burnt = np.maximum(given - demand, 0.0).sum(axis=1)
    return drawn._replace(power=out, clock=clock), Floors(after, burnt, share, led)
