"""A distribution unit of 2 MW and ways to ask it for something, for the tests of its parts."""

from dataclasses import replace

from thermal.cdu import DistributionUnit, unit_model
from thermal.cdu_loop import UnitInertia, UnitOrders, unit_loop
from thermal.cdu_steady import UnitDuty
from thermal.coolant import coolant
from thermal.regulator import Regulator

UNIT = DistributionUnit(
    rated_heat=2e6,
    rated_approach=5.0,
    rated_supply=313.15,
    rated_flow=35.8,
    rated_facility_flow=35.8,
    resistance_split=1.0,
    rack_exponent=0.7,
    facility_exponent=0.7,
    fouling=0.0,
    minimum_approach=1.0,
    rack_drop=8e4,
    facility_drop=8e4,
    drop_exponent=1.9,
    valve_authority=0.5,
    valve_rangeability=50.0,
    pumps=2,
    spare_pumps=1,
    pump_shutoff_head=3e5,
    pump_rated_head=2.1e5,
    pump_rated_flow=0.0355,
    pump_end_flow=0.045,
    pump_efficiency=0.6,
    pump_heat_share=0.0,
    units=1,
)
PG25, WATER = coolant("pg25"), coolant("water")
INERTIA = UnitInertia(rack_volume=0.3, unit_volume=0.1, facility_volume=0.1, pump_response=3.0)
REGULATOR = Regulator(gain=0.05, integral_time=30.0, response=10.0)


def model(**changes):
    return unit_model(replace(UNIT, **changes), PG25, WATER)


def duty(heat=1e6, **changes):
    usual = {"mass_flow": 35.8, "set_point": 313.15, "facility_supply": 306.15, "facility_flow": 35.8}
    return UnitDuty(**{"heat": heat, "external_drop": 1.2e5, **usual, **changes})


def loop(**changes):
    return unit_loop(model(**changes), INERTIA, REGULATOR)


def orders(**changes):
    usual = {"set_point": 313.15, "flow": 35.8, "flow_response": 3.0, "facility_supply": 306.15, "facility_flow": 35.8}
    return UnitOrders(**{**usual, **changes})
