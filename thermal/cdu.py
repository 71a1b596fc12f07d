"""Coolant distribution unit, steady: a counter-flow exchanger, pumps on the rack side, a valve on the facility side.

Contract: heat is positive out of the racks' loop into the facility water. The approach is the supply to the racks less
the supply from the facility. Conductance and drops at the rated flows give back the catalogue point.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coolant import Coolant, enthalpy, temperature
from thermal.exchange import conductance, fouled, mean_capacity
from thermal.exchanger import transfer_units
from thermal.pump_curve import Pump, PumpNumbers

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DistributionUnit:
    """A unit as in a catalogue, and how many of them share a loop."""

    rated_heat: Annotated[float, "W", Gt(0)]
    """heat at the rated approach and flows"""
    rated_approach: Annotated[float, "delta_K", Gt(0)]
    """supply to the racks less supply from the facility, at rated heat"""
    rated_supply: Annotated[float, "K", Gt(0)]
    """supply to the racks at which the rating holds"""
    rated_flow: Annotated[float, "kg/s", Gt(0)]
    """to the racks"""
    rated_facility_flow: Annotated[float, "kg/s", Gt(0)]
    """of facility water"""
    resistance_split: Annotated[float, "1", Gt(0)]
    """resistance of the film on the facility side over that on the rack side, at the rated flows"""
    rack_exponent: Annotated[float, "1", Ge(0), Le(1)]
    """of that film over the flow to the racks"""
    facility_exponent: Annotated[float, "1", Ge(0), Le(1)]
    """of the other film over the facility flow"""
    fouling: Annotated[float, "K/W", Ge(0)]
    """resistance of dirt in the exchanger, on top of the rating"""
    minimum_approach: Annotated[float, "delta_K", Ge(0)]
    """least distance of the set-point from the facility supply"""
    rack_drop: Annotated[float, "Pa", Ge(0)]
    """inside the unit on the rack side, at the rated flow"""
    facility_drop: Annotated[float, "Pa", Ge(0)]
    """of exchanger and pipes on the facility side, at the rated flow, without the valve"""
    drop_exponent: Annotated[float, "1", Ge(1), Le(2)]
    """of both over the flow"""
    valve_authority: Annotated[float, "1", Gt(0), Le(1)]
    """share of the drop across the facility side that the open valve takes"""
    valve_rangeability: Annotated[float, "1", Gt(1)]
    """of its equal-percentage characteristic"""
    pumps: Annotated[int, Ge(1)]
    """in parallel inside the unit"""
    spare_pumps: Annotated[int, Ge(0)]
    """of them that stand by"""
    pump_shutoff_head: Annotated[float, "Pa", Gt(0)]
    """of one at no flow, full speed"""
    pump_rated_head: Annotated[float, "Pa", Gt(0)]
    """of one at its rated flow"""
    pump_rated_flow: Annotated[float, "m3/s", Gt(0)]
    """of one, at best efficiency"""
    pump_end_flow: Annotated[float, "m3/s", Gt(0)]
    """of one, where its curve ends"""
    pump_efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """hydraulic over electric power at the rated flow, drive included"""
    pump_heat_share: Annotated[float, "1", Ge(0), Le(1)]
    """of the electric power that warms the coolant"""
    units: Annotated[int, Ge(1)]
    """that share the load of a loop evenly"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.spare_pumps >= self.pumps:
            raise ValueError(
                f"DistributionUnit.spare_pumps = {self.spare_pumps}: must be < pumps = {self.pumps}, so that one runs"
            )
        Pump(**unit_pump(self)._asdict())


class UnitModel(NamedTuple):
    """A unit between two liquids."""

    unit: DistributionUnit
    """its numbers"""
    rack: Coolant
    """of the racks' loop"""
    facility: Coolant
    """of the facility loop"""
    conductance: Array
    """of the clean exchanger at the rated flows [W/K]"""


def unit_pump(unit: DistributionUnit) -> PumpNumbers:
    """Return one of the pumps of a unit.

    Parameters
    ----------
    unit : DistributionUnit

    Returns
    -------
    PumpNumbers

    References
    ----------
    Derived: the fields of the unit.
    """
    return PumpNumbers(
        unit.pump_shutoff_head, unit.pump_rated_head, unit.pump_rated_flow, unit.pump_end_flow, unit.pump_efficiency
    )


def unit_model(unit: DistributionUnit, rack: Coolant, facility: Coolant) -> UnitModel:
    r"""Return a unit between two liquids, its exchanger sized so that it meets its rating.

    $$ UA_0 = C_{min} N(\varepsilon), \quad \varepsilon = \frac{q_{rated}}{C_{min} (T_r - T_f)} $$

    Parameters
    ----------
    unit : DistributionUnit
        Its numbers may be arrays (...).
    rack : Coolant
    facility : Coolant

    Returns
    -------
    UnitModel

    Raises
    ------
    ValueError
        A rating that no exchanger of these flows meets, or temperatures outside a coolant's table.

    References
    ----------
    Derived: the rating, through `thermal.transfer_units` of a counter-flow exchanger.
    """
    supply = np.asarray(unit.rated_supply, float)
    inlet = supply - unit.rated_approach
    back = temperature(rack, enthalpy(rack, supply) + unit.rated_heat / np.asarray(unit.rated_flow, float))
    rates = (
        unit.rated_flow * mean_capacity(rack, back, inlet),
        unit.rated_facility_flow * mean_capacity(facility, back, inlet),
    )
    least, most = np.minimum(*rates), np.maximum(*rates)
    share = unit.rated_heat / (least * (back - inlet))
    if not (share < 1).all():
        raise ValueError(
            f"DistributionUnit.rated_heat = {np.max(unit.rated_heat):.6g} W: needs an effectiveness of"
            f" {np.max(share):.6g}, must be < 1; raise rated_facility_flow or rated_approach"
        )
    return UnitModel(unit, rack, facility, least * transfer_units(share, least / most, "counter"))


def unit_conductance(model: UnitModel, rack_flow: ArrayLike, facility_flow: ArrayLike) -> Array:
    """Return the conductance of the exchanger of a unit at its flows, dirt included.

    Parameters
    ----------
    model : UnitModel
    rack_flow : (...) of one unit [kg/s]
    facility_flow : (...) of one unit [kg/s]

    Returns
    -------
    (...) [W/K]

    Raises
    ------
    ValueError
        A negative flow.

    References
    ----------
    Derived: `thermal.conductance` and `thermal.fouled`.
    """
    unit = model.unit
    shares = np.asarray(rack_flow, float) / unit.rated_flow, np.asarray(facility_flow, float) / unit.rated_facility_flow
    exponents = unit.rack_exponent, unit.facility_exponent
    return fouled(conductance(model.conductance, shares, unit.resistance_split, exponents), unit.fouling)
