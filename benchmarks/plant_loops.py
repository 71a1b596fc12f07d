"""Benchmark cases of distribution units; the cooling model of a published twin, a binary, is what they are held to."""

from typing import Any

from benchmarks.case import Case

UNITS, SECONDS = 257, 60


def _units() -> tuple[Any, Any]:
    from thermal.cdu import DistributionUnit, unit_model
    from thermal.coolant import coolant

    unit = DistributionUnit(
        rated_heat=2e6,
        rated_approach=5.0,
        rated_supply=313.15,
        rated_flow=35.8,
        rated_facility_flow=35.8,
        resistance_split=1.0,
        rack_exponent=0.7,
        facility_exponent=0.7,
        fouling=0.0,
        minimum_approach=0.0,
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
        pump_heat_share=0.85,
        units=1,
    )
    return unit_model(unit, coolant("pg25"), coolant("water")), coolant("water")


def _duty() -> Any:
    import numpy as np

    from thermal.cdu_steady import UnitDuty

    heat = np.random.default_rng(0).uniform(5e5, 1.8e6, UNITS)
    return UnitDuty(heat, 35.8, 313.15, 306.15, 35.8, 1.2e5)


def _solve(ready: tuple[Any, Any]) -> Any:
    from thermal.cdu_steady import solve_units

    return solve_units(ready[0], _duty())


def _loop() -> tuple[Any, Any, Any]:
    from thermal.cdu_loop import UnitInertia, unit_loop, unit_state
    from thermal.cdu_steady import solve_units
    from thermal.regulator import Regulator

    model, _ = _units()
    inertia = UnitInertia(rack_volume=0.3, unit_volume=0.1, facility_volume=0.1, pump_response=3.0)
    loop = unit_loop(model, inertia, Regulator(gain=0.05, integral_time=30.0, response=10.0))
    return loop, unit_state(loop, solve_units(model, _duty())), _duty().heat


def _march(ready: tuple[Any, Any, Any]) -> Any:
    """Tick by tick, with the facility supply behind a pipe that the units' own flow pushes."""
    from thermal.cdu_loop import UnitOrders
    from thermal.cdu_march import unit_step
    from thermal.coolant import coolant, enthalpy, temperature
    from thermal.facility import pipe, pipe_step

    loop, state, heat = ready
    water = coolant("water")
    cold = float(enthalpy(water, 305.15))
    header, supply = pipe(1e5, enthalpy(water, 306.15)), 306.15
    for tick in range(SECONDS):
        orders = UnitOrders(313.15, 35.8, 3.0, supply, 35.8)
        state, flux = unit_step(loop, state, heat * (1.0 if tick < 10 else 1.1), orders, 1.0)
        header, out = pipe_step(header, flux.facility_flow.sum(), cold, 1.0)
        supply = float(temperature(water, out.enthalpy))
    return state


PLANT_LOOPS = (
    Case(
        name="257 CDUs, steady",
        size="257 units, valve and pumps",
        phase="solve",
        beat=0.05,
        setup=_units,
        run=_solve,
    ),
    Case(
        name="257 CDUs in time",
        size="60 s in steps of 1 s, facility pipe",
        phase="solve",
        beat=0.1,
        whose="our budget; a published functional mock-up unit 79.3 s",
        setup=_loop,
        run=_march,
    ),
)
