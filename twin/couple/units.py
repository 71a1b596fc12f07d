"""What racks ask of the distribution units of their loop, and whether the pumps of these can give it.

Contract: rows are racks of a batch, or hours of a year, each as if all racks of its loop were alike. A balancing valve
keeps pumps within their curve where the loop has too little drop.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal.cdu import unit_pump
from thermal.pump_curve import SLACK, PumpNumbers
from twin.spec.types import Factory

Array = NDArray[np.float64]

#: Halvings of the flow that pumps may give; then it is exact.
_HALVINGS = 60


class RackDuty(NamedTuple):
    """What one rack of a loop asks for; every field (n,)."""

    heat: Array
    """Into its coolant [W]."""
    air_heat: Array
    """Into its air [W]."""
    flow: Array
    """Of its coolant [kg/s]."""
    drop: Array
    """Across its ports at this flow [Pa]."""
    ac_power: Array
    """Into its shelves: the power of the IT equipment [W]."""
    set_point: Array
    """Supply temperature it asks for [K]."""


@lru_cache(maxsize=256)
def _unit(unit: thermal.DistributionUnit, rack: str, facility: str) -> thermal.UnitModel:
    return thermal.unit_model(unit, thermal.coolant(rack), thermal.coolant(facility))


def unit_of(spec: Factory) -> thermal.UnitModel:
    """Return the distribution unit of a spec between its two liquids, kept from call to call.

    Parameters
    ----------
    spec : Factory
        A spec.

    Returns
    -------
    UnitModel

    Raises
    ------
    ValueError
        A rating that no exchanger meets.

    References
    ----------
    Derived: `thermal.unit_model`.
    """
    return _unit(spec.cooling.cdu, spec.cooling.coolant, spec.facility.coolant)


def throttled(spec: Factory, duty: RackDuty) -> RackDuty:
    """Return the duty with the drop of a balancing valve where the loop alone lets the pumps run out of their curve.

    Parameters
    ----------
    spec : Factory
        Gives the units and the racks per loop.
    duty : RackDuty
        Of one rack, by row.

    Returns
    -------
    RackDuty
        Drop at least what the pumps need at the end of their curve at this flow [Pa].

    References
    ----------
    Derived: the parabola through the end of the head curve.
    """
    flow, lift, _, pump = _pumping(spec, duty)
    end = pump.end_flow
    last = pump.shutoff_head - (pump.shutoff_head - pump.rated_head) * (end / pump.rated_flow) ** 2
    lacking = np.where(flow <= end * (1 + SLACK), np.square(flow / end) * last - lift, 0.0)
    return duty._replace(drop=duty.drop + np.maximum(lacking, 0.0))


def pump_refusals(spec: Factory, duty: RackDuty) -> list[str]:
    """Return, row by row, why the pumps of the units cannot bring the racks their flow; empty where they can.

    Parameters
    ----------
    spec : Factory
        Gives the units and the racks per loop.
    duty : RackDuty
        Of one rack, by row.

    Returns
    -------
    list of str

    References
    ----------
    Derived: head curve at full speed and its end; a loop of too little drop is `throttled`.
    """
    flow, lift, full, pump = _pumping(spec, duty)
    beyond = (flow > pump.end_flow * (1 + SLACK)) | (lift > full * (1 + SLACK) + SLACK)
    reasons = [""] * len(flow)
    racks = spec.cooling.racks_per_loop
    mend = "fewer cooling.racks_per_loop, or a larger cooling.cdu" if racks > 1 else "a larger cooling.cdu"
    for i in np.flatnonzero(beyond):
        reasons[i] = (
            f"the pumps of the distribution unit would work beyond their curve: {flow[i] * 6e4:.0f} L/min each against "
            f"{lift[i] / 1e3:.0f} kPa for {racks} rack{'s' * (racks > 1)} on the loop (mend: {mend})"
        )
    return reasons


def flow_limit(spec: Factory, duty: RackDuty) -> Array:
    """Return the flow of one rack at which the pumps of the units run at full speed.

    Parameters
    ----------
    spec : Factory
        Gives the units and the racks per loop.
    duty : RackDuty
        Of one rack, by row: the drops at its flow.

    Returns
    -------
    (n,) array
        Flow of one rack [kg/s].

    Notes
    -----
    Drops are carried on with the exponent of the unit's own, so that a second look, at the drop of the flow found, is
    closer.

    References
    ----------
    Derived: intersection of the system and the head curve, by bisection.
    """
    unit = spec.cooling.cdu
    flow, lift, _, pump = _pumping(spec, duty)
    fall = (pump.shutoff_head - pump.rated_head) / pump.rated_flow**2
    low, high = np.zeros_like(flow), np.full_like(flow, pump.end_flow)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        able = lift * (middle / flow) ** unit.drop_exponent <= pump.shutoff_head - fall * middle**2
        low, high = np.where(able, middle, low), np.where(able, high, middle)
    return duty.flow * low / flow


def _pumping(spec: Factory, duty: RackDuty) -> tuple[Array, Array, Array, PumpNumbers]:
    """Return flow and head of one running pump, the head of its curve there, and the pump."""
    unit, pump, liquid = spec.cooling.cdu, unit_pump(spec.cooling.cdu), unit_of(spec).rack
    own = duty.flow * (spec.cooling.racks_per_loop / unit.units)
    warm = np.clip(duty.set_point, liquid.temperature[0], liquid.temperature[-1])
    flow = own / thermal.density(liquid, warm) / (unit.pumps - unit.spare_pumps)
    lift = np.where(flow > 0, duty.drop + unit.rack_drop * (own / unit.rated_flow) ** unit.drop_exponent, 0.0)
    full = pump.shutoff_head - (pump.shutoff_head - pump.rated_head) * (flow / pump.rated_flow) ** 2
    return flow, lift, np.asarray(full), pump
