"""Energy closure: what enters the rack at the AC input must leave it in the coolant and in the air."""

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.build.model import Model
from twin.couple.electric import rack_power
from twin.couple.rack import Outcome

Array = NDArray[np.float64]


def energy_closure(model: Model, outcome: Outcome) -> Array:
    """Return the relative energy balance of each rack.

    (P_AC − ṁ (h_return − h_supply) − Q_air) / P_AC, the electric side by the bar's voltages and currents, the liquid
    side by the coolant's enthalpy.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        The last pass.

    Returns
    -------
    (r,) array
        Relative closure [1].

    References
    ----------
    Derived: first law for the steady rack.
    """
    mass = outcome.plates.hydraulics.branch_mass_flow.sum(axis=-1, keepdims=True)
    carried = thermal.enthalpy(model.coolant, outcome.next.coolant_return) - thermal.enthalpy(
        model.coolant, model.supply
    )
    drawn = rack_power(outcome.boards.feed)
    return np.asarray((drawn - (mass * carried + outcome.boards.air_heat)[:, 0]) / drawn)
