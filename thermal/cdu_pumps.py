"""The pumps of a distribution unit at any flow: speed and electric power, also where a schedule overtaxes them.

Contract: all arrays are (...), one entry per unit; the pumps that run share the flow. A steady duty is checked by
`thermal.solve_units`; here a speed above 1 is an answer, for a march has to go on.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.cdu import DistributionUnit, unit_pump
from thermal.pump import electric_power

Array = NDArray[np.float64]


class UnitPumping(NamedTuple):
    """The pumps of a unit."""

    head: Array
    """(...) of each [Pa]"""
    speed: Array
    """(...) over the full one; above 1 beyond what they can do [1]"""
    power: Array
    """(...) electric, of all that run [W]"""


def unit_pumping(
    unit: DistributionUnit, mass_flow: ArrayLike, external_drop: ArrayLike, density: ArrayLike, pumps: ArrayLike
) -> UnitPumping:
    r"""Return what the pumps of a unit do at a flow.

    $$ n^2 = \frac{\Delta p + b (Q / N)^2}{H_0}, \quad b = \frac{H_0 - H_r}{Q_r^2}, \qquad n \ge Q / (N Q_{end}) $$

    Parameters
    ----------
    unit : DistributionUnit
    mass_flow : (...) to the racks, of one unit [kg/s]
    external_drop : (...) of hoses, manifolds and racks at this flow [Pa]
    density : (...) of the coolant in the pumps [kg/m3]
    pumps : (...) that run, N; none take no power, whatever still flows [1]

    Returns
    -------
    UnitPumping

    Notes
    -----
    A loop that alone would let the pumps run out of their curve is throttled by a balancing valve.

    References
    ----------
    Derived: affinity laws of a parabola; `thermal.electric_power`.

    Examples
    --------
    >>> from thermal.cdu import DistributionUnit
    >>> unit = DistributionUnit(rated_heat=2e6, rated_approach=5.0, rated_supply=313.15, rated_flow=35.8,
    ...     rated_facility_flow=35.8, resistance_split=1.0, rack_exponent=0.7, facility_exponent=0.7, fouling=0.0,
    ...     minimum_approach=0.0, rack_drop=8e4, facility_drop=8e4, drop_exponent=1.9, valve_authority=0.5,
    ...     valve_rangeability=50.0, pumps=2, spare_pumps=1, pump_shutoff_head=3e5, pump_rated_head=2.1e5,
    ...     pump_rated_flow=0.0355, pump_end_flow=0.045, pump_efficiency=0.6, pump_heat_share=0.85, units=1)
    >>> float(unit_pumping(unit, 35.0, 1.25e5, 1005.0, 1).power.round(-1))
    11700.0
    """
    pump, m = unit_pump(unit), np.asarray(mass_flow, float)
    N = np.asarray(pumps, float)
    runs = (N > 0) & (m > 0)
    flow = np.where(runs, m / np.asarray(density, float) / np.where(N > 0, N, 1.0), 0.0)
    head = np.where(
        runs, np.asarray(external_drop, float) + unit.rack_drop * (m / unit.rated_flow) ** unit.drop_exponent, 0.0
    )
    fall = (pump.shutoff_head - pump.rated_head) / np.square(pump.rated_flow)
    end = np.square(flow / pump.end_flow) * (pump.shutoff_head - fall * np.square(pump.end_flow))
    head = np.maximum(head, end)
    speed = np.sqrt((head + fall * flow * flow) / pump.shutoff_head)
    return UnitPumping(head, speed, N * electric_power(pump, flow, head, speed))
