"""Junction derating in closed form: the power a chip may draw before its die passes the limit."""

import numpy as np
from numpy.typing import NDArray

from twin.build.model import Model

Array = NDArray[np.float64]


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
