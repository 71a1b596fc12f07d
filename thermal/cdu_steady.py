"""Steady state of distribution units: the valve that holds the supply, or the supply an open valve gives.

Contract: heat and flow of a duty are those of the loop; the point is that of one running unit, of which there are
`running`. What enters a unit as heat leaves it with the facility water.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.bracket import rising_root
from thermal.cdu import DistributionUnit, UnitModel, unit_conductance, unit_pump
from thermal.checks import DidNotConverge
from thermal.coolant import Coolant, density, enthalpy, temperature
from thermal.exchange import mean_capacity
from thermal.exchanger import effectiveness
from thermal.pump import electric_power, parabola_speed
from thermal.valve import opening_for, position_for

Array = NDArray[np.float64]

_SMALL = 1e-300
_NUDGE = 1e-6
"""relative step of the flow for the slope of the heat [1]"""
_SWEEPS_MAX = 50
"""of the mean heat capacities where the supply floats; 4 are usual"""


class UnitDuty(NamedTuple):
    """What a loop asks of its units."""

    heat: Array | float
    """(...) out of the racks [W]"""
    mass_flow: Array | float
    """(...) to the racks [kg/s]"""
    set_point: Array | float
    """(...) supply temperature to the racks [K]"""
    facility_supply: Array | float
    """(...) [K]"""
    facility_flow: Array | float
    """(...) with every valve wide open, of all units that run [kg/s]"""
    external_drop: Array | float
    """(...) of hoses, manifolds and racks at this flow [Pa]"""


class UnitPoint(NamedTuple):
    """A running unit."""

    heat: Array
    """(...) into the facility water, that of the pumps included [W]"""
    supply_temperature: Array
    """(...) to the racks: the set-point, or what the open valve gives [K]"""
    return_temperature: Array
    """(...) into the exchanger [K]"""
    mass_flow: Array
    """(...) to the racks [kg/s]"""
    facility_flow: Array
    """(...) [kg/s]"""
    facility_return: Array
    """(...) [K]"""
    approach: Array
    """(...) supply to the racks less facility supply [K]"""
    valve: Array
    """(...) position, 1 where the set-point is not held [1]"""
    facility_drop: Array
    """(...) of the facility side without its valve [Pa]"""
    pump_flow: Array
    """(...) of one running pump [m3/s]"""
    pump_head: Array
    """(...) [Pa]"""
    pump_speed: Array
    """(...) over the full one [1]"""
    pump_power: Array
    """(...) of the unit [W]"""
    running: Array
    """(...) units [1]"""


def solve_units(
    model: UnitModel, duty: UnitDuty, failed_units: ArrayLike = 0, failed_pumps: ArrayLike = 0, must_hold: bool = True
) -> UnitPoint:
    r"""Return the steady state of a unit.

    $$ \varepsilon(m_2)\, C_{min}(m_2) (T_r - T_f) = q + P_{pump}, \qquad h(T_r) = h(T_s) + (q + P_{pump}) / m_1 $$

    Held: $T_s$ is the set-point and $m_2$ is found. Valve wide open: $m_2$ is known and $T_s$ is found.

    Parameters
    ----------
    model : UnitModel
        Numbers of its unit may be arrays (...).
    duty : UnitDuty
    failed_units : (...) units out of service [1]
    failed_pumps : (...) pumps out of service in each unit that runs [1]
    must_hold : refuse a set-point nearer to the facility supply than the unit's least approach

    Returns
    -------
    UnitPoint

    Raises
    ------
    ValueError
        Heat without flow on either side, a set-point too near to the facility supply, no unit or pump left, a pump
        beyond its curve, a temperature outside a coolant's table.

    Notes
    -----
    Pumps share the flow and run at the speed that meets the drop; their volume flow is that at the set-point. Their
    heat enters before the exchanger.

    References
    ----------
    Derived: counter-flow effectiveness with `thermal.conductance`; enthalpy balances of both sides.
    """
    running = model.unit.units - np.asarray(failed_units, float)
    if not ((running >= 1) & (running <= model.unit.units)).all():
        raise ValueError(f"failed units = {np.max(failed_units):.6g}: one of {model.unit.units} must run")
    one = duty._replace(
        heat=duty.heat / running, mass_flow=duty.mass_flow / running, facility_flow=duty.facility_flow / running
    )
    _check(model.unit, one, must_hold)
    flow, lift, speed, power = _pumping(model, one, failed_pumps)
    heat = one.heat + model.unit.pump_heat_share * power
    _flowing("facility flow", heat, one.facility_flow, "open the facility loop, or take the heat away")
    supply, back, facility_flow = _balance(model, one, heat)
    warm = _after(model.facility, one.facility_supply, heat, facility_flow)
    unit, share = model.unit, facility_flow / np.maximum(one.facility_flow, _SMALL)
    opening = opening_for(np.minimum(share, 1.0), unit.valve_authority)
    position = position_for(np.minimum(opening, 1.0), unit.valve_rangeability, "equal_percentage")
    drop = unit.facility_drop * (facility_flow / unit.rated_facility_flow) ** unit.drop_exponent
    thermal = heat, supply, back, one.mass_flow, facility_flow, warm, supply - one.facility_supply, position, drop
    return UnitPoint(*np.broadcast_arrays(*thermal, flow, lift, speed, power, running))


def _check(unit: DistributionUnit, duty: UnitDuty, must_hold: bool) -> None:
    heat, flow, set_point, inlet, facility_flow, drop = (np.asarray(value, float) for value in duty)
    bounds = (("heat", heat, "W"), ("mass flow", flow, "kg/s"), ("facility flow", facility_flow, "kg/s"))
    for name, value, units in (*bounds, ("external drop", drop, "Pa")):
        if not ((value >= 0) & np.isfinite(value)).all():
            raise ValueError(f"distribution unit: {name} = {np.min(value):.6g} {units}: must be >= 0 and finite")
    _flowing("flow to the racks", heat, flow, "start the pumps, or take the heat away")
    short = set_point - inlet - unit.minimum_approach
    if must_hold and (short < 0).any():
        low, at = (np.broadcast_to(value, short.shape)[short < 0][0] for value in (set_point, inlet))
        raise ValueError(
            f"distribution unit: set-point = {low:.6g} K: must be >= facility supply + least approach ="
            f" {at:.6g} + {np.max(unit.minimum_approach):.6g} K; raise it, or cool the facility water"
        )


def _flowing(name: str, heat: Array | float, flow: Array | float, fix: str) -> None:
    still = (np.asarray(heat) > 0) & (np.asarray(flow) == 0)
    if still.any():
        worst = np.broadcast_to(heat, still.shape)[still][0]
        raise ValueError(f"distribution unit: {worst:.6g} W with a {name} of 0 kg/s: must be > 0; {fix}")


def _pumping(model: UnitModel, duty: UnitDuty, failed: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Return flow, head and speed of a running pump, and the power of all in a unit."""
    unit, pump = model.unit, unit_pump(model.unit)
    left = unit.pumps - np.asarray(failed, float)
    pumps = np.minimum(left, np.asarray(unit.pumps, float) - unit.spare_pumps)
    if not ((pumps >= 1) & (left <= unit.pumps)).all():
        raise ValueError(f"failed pumps = {np.max(failed):.6g}: one of {unit.pumps} must run; trip the unit instead")
    flow = duty.mass_flow / density(model.rack, duty.set_point) / pumps
    lift = duty.external_drop + unit.rack_drop * (duty.mass_flow / unit.rated_flow) ** unit.drop_exponent
    flow, lift = np.broadcast_arrays(flow, np.where(flow > 0, lift, 0.0))
    speed = parabola_speed(pump, flow, lift)
    return flow, lift, speed, pumps * electric_power(pump, flow, lift, speed)


def _balance(model: UnitModel, duty: UnitDuty, heat: Array) -> tuple[Array, Array, Array]:
    """Return supply and return temperature and facility flow."""
    set_point, inlet, full = (np.asarray(value, float) for value in duty[2:5])
    set_point, full, heat = np.broadcast_arrays(set_point + 0 * inlet, full, heat)
    back = _after(model.rack, set_point, heat, np.asarray(duty.mass_flow, float))
    warm = np.where((heat > 0) & (full > 0), back, inlet)
    per_kelvin = _carried(model, duty, warm, full)
    held = per_kelvin * (back - inlet) >= heat
    share = _valve(model, duty, warm, np.where(held, heat, 0.0))
    if not held.all():
        back = np.where(held, back, _floating(model, duty, np.where(held, 0.0, heat)))
    supply = np.where(held, set_point, _after(model.rack, back, -heat, np.asarray(duty.mass_flow, float)))
    return supply, back, np.where(held, share, 1.0) * full


def _after(liquid: Coolant, start: Array | float, heat: Array, flow: Array) -> Array:
    """Return the temperature of a stream after a heat; without flow, before it."""
    return temperature(liquid, enthalpy(liquid, start) + heat / np.where(flow > 0, flow, np.inf))


def _carried(model: UnitModel, duty: UnitDuty, back: Array, facility_flow: Array) -> Array:
    """Return heat per kelvin between the inlets, effectiveness times the smaller capacity rate."""
    return _per_kelvin(model, duty, facility_flow, _rates(model, duty, back))


def _rates(model: UnitModel, duty: UnitDuty, back: Array) -> tuple[Array, Array]:
    """Return the capacity rate of the racks' coolant and the heat capacity of the facility water."""
    inlet = np.asarray(duty.facility_supply, float)
    return duty.mass_flow * mean_capacity(model.rack, back, inlet), mean_capacity(model.facility, back, inlet)


def _per_kelvin(model: UnitModel, duty: UnitDuty, facility_flow: Array, rates: tuple[Array, Array]) -> Array:
    return per_kelvin(rates[0], facility_flow * rates[1], unit_conductance(model, duty.mass_flow, facility_flow))


def per_kelvin(rack: Array, facility: Array, conductance: Array) -> Array:
    """Return heat per kelvin between the inlets of a counter-flow exchanger.

    Parameters
    ----------
    rack, facility : (...) capacity rates [W/K]
    conductance : (...) [W/K]

    Returns
    -------
    (...) effectiveness times the smaller rate; 0 where a side stands still [W/K]

    References
    ----------
    Derived: definition of effectiveness.

    Examples
    --------
    >>> float(per_kelvin(np.array(2.0), np.array(4.0), np.array(4.0)).round(4))
    1.5492
    """
    least, most = np.minimum(rack, facility), np.maximum(rack, facility)
    safe = np.maximum(least, _SMALL)
    units = np.where(least > 0, conductance / safe, 0.0)
    return least * effectiveness(units, least / np.maximum(most, _SMALL), "counter")


def _valve(model: UnitModel, duty: UnitDuty, back: Array, heat: Array) -> Array:
    """Return the share of the full facility flow that carries a heat; Newton with the slope by differences."""
    rates, difference = _rates(model, duty, back), back - duty.facility_supply
    full = np.asarray(duty.facility_flow, float)

    nudges = np.array([-_NUDGE, 0.0, _NUDGE]).reshape(-1, *(1,) * heat.ndim)

    def excess(share: Array) -> tuple[Array, Array]:
        below, at, above = _per_kelvin(model, duty, (1 + nudges) * (share * full), rates)
        return at * difference - heat, (above - below) * difference / (2 * _NUDGE * np.maximum(share, _SMALL))

    most = _per_kelvin(model, duty, full, rates) * difference
    start = np.clip(heat / np.where(most > 0, most, 1.0), 0.0, 1.0)
    found = rising_root(excess, np.zeros(heat.shape), np.ones(heat.shape), start, "facility flow of the unit")
    return np.where(heat > 0, found, 0.0)


def _floating(model: UnitModel, duty: UnitDuty, heat: Array) -> Array:
    """Return the return temperature with the valve wide open."""
    inlet, full = (np.asarray(value, float) for value in (duty.facility_supply, duty.facility_flow))
    back = inlet + 0 * heat
    for _ in range(_SWEEPS_MAX):
        carried = _carried(model, duty, back, full)
        after = inlet + heat / np.where(carried > 0, carried, np.inf)
        if not (np.abs(after - back) > 1e-12 * back).any():
            return after
        back = after
    raise DidNotConverge("distribution unit: the return of the open valve does not settle; raise the facility flow")
