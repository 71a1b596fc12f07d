"""Benchmark cases of the plant: a year of hours of several sites, dry and wet."""

from typing import Any

from benchmarks.case import Case

SITES = 5


def _weather() -> Any:
    import numpy as np

    from thermal.wet_bulb import outdoor_air

    hour, noise = np.arange(8760), np.random.default_rng(0).normal(0.0, 3.0, (SITES, 8760))
    seasons = 12 * np.sin(2 * np.pi * hour / 8760) + 6 * np.sin(2 * np.pi * hour / 24)
    dry_bulb = 281.15 + seasons + noise + 4 * np.arange(SITES)[:, None]
    return dry_bulb, np.clip(0.6 + noise / 20, 0.1, 1.0), outdoor_air(dry_bulb, np.clip(0.6 + noise / 20, 0.1, 1.0))


def _plant(**machines: Any) -> Any:
    from thermal.chiller import Chiller
    from thermal.plant import Plant

    chiller = Chiller(
        rated_heat=2.5e6,
        rated_cop=5.5,
        rated_chilled_temperature=279.82,
        rated_condenser_temperature=302.55,
        entropy_share=0.36,
        minimum_lift=10.0,
        condenser_approach=6.0,
    )
    return Plant(
        heat_capacity=4180.0,
        rated_flow=500.0,
        rated_pump_power=1.2e5,
        units=4,
        chiller=chiller,
        chillers=4,
        **machines,
    )


def _dry() -> tuple[Any, Any]:
    from thermal.adiabatic import AdiabaticPad
    from twin.validate.plant import RATED

    pad = AdiabaticPad(effectiveness=0.8, pressure_share=0.15, concentration_cycles=4.0)
    return _plant(dry_cooler=RATED, pad=pad), _weather()[2]


def _wet() -> tuple[Any, Any]:
    from thermal.tower import CoolingTower

    tower = CoolingTower(
        rated_heat=3e6,
        rated_wet_bulb=298.7,
        rated_inlet_temperature=308.15,
        rated_outlet_temperature=302.59,
        rated_fan_power=45e3,
        rated_air_flow=100.0,
        fill_exponent=-0.4,
        minimum_speed=0.2,
        drift_share=5e-5,
        concentration_cycles=5.0,
    )
    return _plant(tower=tower), _weather()[2]


def _year(given: tuple[Any, Any]) -> Any:
    from thermal.plant import Duty, solve_plant
    from thermal.plant_year import plant_year

    plant, air = given
    return plant_year(solve_plant(plant, Duty(1e7, 450.0, 299.15), air), 1e7)


def _air(weather: Any) -> Any:
    from thermal.wet_bulb import outdoor_air

    return outdoor_air(weather[0], weather[1])


PLANT = (
    Case(
        name="a year of dry coolers, pads, chillers",
        size=f"{SITES} sites, {SITES * 8760} hours",
        phase="solve",
        beat=1.0,
        setup=_dry,
        run=_year,
    ),
    Case(
        name="a year of towers and chillers",
        size=f"{SITES} sites, {SITES * 8760} hours",
        phase="solve",
        beat=1.0,
        setup=_wet,
        run=_year,
    ),
    Case(
        name="wet bulbs of a year",
        size=f"{SITES} sites, {SITES * 8760} hours",
        phase="solve",
        beat=0.1,
        setup=_weather,
        run=_air,
    ),
)
