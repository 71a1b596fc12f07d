"""Row T11: a dry cooler set from its rated point, at that point and off it."""

from pathlib import Path

import numpy as np

from thermal.dry_cooler import DryCooler, cooler_conductance, cooler_speed, fan_power
from thermal.plant import Duty, Plant, solve_plant
from thermal.wet_bulb import outdoor_air
from twin.validate.row import Allowed, Row, printed, row

RATED = DryCooler(
    rated_heat=2.931e6,
    rated_air_temperature=308.15,
    rated_inlet_temperature=319.26,
    rated_outlet_temperature=313.70,
    rated_fan_power=117.68e3,
    rated_air_flow=524.0,  # from here on assumed: as much capacity rate as the water
    air_exponent=0.6,
    water_exponent=0.8,
    water_resistance_share=0.2,
    minimum_speed=0.1,
)
HALF_PERCENT = Allowed(0.005, relative=True)


def t11(reference: Path | None) -> list[Row]:
    """Return heat and fan power at the rated point, the law of heat over approach, and that of the fans."""
    rate, source = RATED.rated_water_rate, "LBNL Modelica Buildings record of BAC TDFS1238N-C60ET40B"
    plant = Plant(heat_capacity=4180.0, rated_flow=rate / 4180, rated_pump_power=0.0, units=1, dry_cooler=RATED)
    found = solve_plant(plant, Duty(RATED.rated_heat, rate / 4180, 313.70), outdoor_air(308.15, 0.3))
    heat = cooler_conductance(RATED, rate, 1.0) * (319.26 - 308.15)
    approaches = np.array([10.0, 5.0, 1.0, 0.0])
    linear = line_fault(RATED, approaches)
    speed, power = settled(RATED, 0.5 * RATED.rated_heat)
    return [
        row(("T11", "dry cooler at its rated point: heat"), float(heat) / 1e3, 2931.0, "kW", HALF_PERCENT, source),
        row(("T11", "the same: fan power"), float(found.fan_power) / 1e3, 117.68, "kW", HALF_PERCENT, source),
        row(
            ("T11", "heat at fixed flows, from 10 K to 0 K of entering difference: distance from a line"),
            linear,
            0.0,
            "1",
            Allowed(0.005),
            "effectiveness does not know temperatures",
        ),
        row(
            ("T11", "half the heat, same air and water: fan power over the cube of speed"),
            power / speed**3 / 1e3,
            117.68,
            "kW",
            HALF_PERCENT,
            "fan laws",
        ),
        printed(
            ("T11", "the same coil with smaller motors, air 36.2 °C, water 50 to 40 °C, at their fan power: heat"),
            sibling(RATED) / 1e3,
            2514.5,
            "kW",
            "BAC selection for C60ET30B, 89.48 kW, quoted second-hand in a public repository",
        ),
    ]


def sibling(cooler: DryCooler) -> float:
    """Return what the rated cooler gives at the point of the model with smaller motors, at the speed of their power.

    Parameters
    ----------
    cooler : DryCooler

    Returns
    -------
    float
        [W]

    References
    ----------
    Derived: cube law of the fans, water flow of the maker's point.
    """
    speed, rate = (89.48e3 / cooler.rated_fan_power) ** (1 / 3), 2.5145e6 / 10.0
    return float(cooler_conductance(cooler, rate, speed)) * (323.15 - 309.35)


def line_fault(cooler: DryCooler, differences: np.ndarray) -> float:
    """Return the largest distance of heat over entering difference from a line through nothing, over rated heat.

    Parameters
    ----------
    cooler : DryCooler
    differences : (n,) entering water over entering air [delta_K]

    Returns
    -------
    float
        [1]

    References
    ----------
    Derived: the achieved supply of `solve_plant` at full speed, from which the heat is made again.
    """
    rate = cooler.rated_water_rate
    full = float(cooler_conductance(cooler, rate, 1.0))
    plant = Plant(heat_capacity=4180.0, rated_flow=rate / 4180, rated_pump_power=0.0, units=1, dry_cooler=cooler)
    heats = full * differences
    # a set-point that cannot be held: the plant settles at full speed
    found = solve_plant(plant, Duty(heats, rate / 4180, 250.0), outdoor_air(308.15, 0.3))
    slope = cooler.rated_heat / (cooler.rated_inlet_temperature - cooler.rated_air_temperature)
    entering = np.where(heats > 0, found.return_temperature - 308.15, 0.0)
    return float(np.abs(heats - slope * entering).max() / cooler.rated_heat)


def settled(cooler: DryCooler, heat: float) -> tuple[float, float]:
    """Return speed and fan power with which a cooler rejects a heat from its rated inlet temperature.

    Parameters
    ----------
    cooler : DryCooler
    heat : float
        [W]

    Returns
    -------
    two floats
        Speed [1] and power [W].

    References
    ----------
    Derived: `cooler_speed`.
    """
    difference = cooler.rated_inlet_temperature - cooler.rated_air_temperature
    speed = float(cooler_speed(cooler, heat / difference, cooler.rated_water_rate))
    return speed, float(fan_power(cooler.rated_fan_power, speed))
