"""Junction derating in closed form, and bounds that keep leakage, an exponential, from running away between passes."""

import numpy as np
from numpy.typing import NDArray

from twin.build.model import Model

Array = NDArray[np.float64]

#: Largest rise of a die's guess in one pass [K].
STRIDE = 50.0


def module_budget(model: Model, rise: Array) -> Array:
    """Return the power each module may draw: its cap, and with derating what its plate can carry at the limit.

    P = min(cap, (T_limit − T_supply) / R).

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    rise : (r, chips) array
        Rise of the die over the supply per watt of module input [K/W].

    Returns
    -------
    (r, chips) array
        Budget [W].

    References
    ----------
    Derived: T = T_supply + R P is linear in P at given flow, so the limit needs no iteration.
    """
    if not model.derate:
        return np.broadcast_to(model.chip.cap, rise.shape)
    return np.minimum(model.chip.cap, (model.limits.junction - model.supply) / rise)


def clock_temperature(model: Model, junction: Array) -> Array:
    """Return the die temperature at which the clock is chosen: with derating at most the limit it is held to.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    junction : (r, chips) array
        Guessed die means [K].

    Returns
    -------
    (r, chips) array
        Temperature for the leakage inside the budget [K].

    References
    ----------
    Derived: at the solution a derated die stands at its limit, so a guess above it would only take clock away.
    """
    return np.minimum(junction, model.limits.junction) if model.derate else junction


def bounded_rise(junction: Array, following: Array) -> Array:
    """Return the next die temperatures, at most a stride above the guess; the solution is not touched.

    Parameters
    ----------
    junction, following : (r, chips) array
        Guessed and computed die means [K].

    Returns
    -------
    (r, chips) array
        The next guess [K].

    References
    ----------
    Derived: a step limit on the side where the exponential grows.
    """
    return np.minimum(following, junction + STRIDE)
