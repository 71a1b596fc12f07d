"""The start of power smoothing of the GPU modules; its march is in `power.module_march`.

Contract: a module that the floor holds up burns the difference in its die; one that a ramp or the ceiling holds down
does its work later, its clock falls. What a module draws is continuous: a jump of the load begins a ramp.
"""

import numpy as np
from numpy.typing import NDArray

import power
from twin.simulation.plant import Plant

Array = NDArray[np.float64]


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
