r"""A seeded year of weather from a few numbers: season, time of day, and weather that lasts some days.

Contract: hours as in `thermal.weather`. With $s$ the season (1 on the warmest day, -1 half a year later) and $c$ the
time of day (1 at 15:00), x and y normal noise of correlation time tau, correlated by `dryness_of_heat`:

    dry bulb  = mean + seasonal s + diurnal c + (deviation - seasonal_deviation s) x
    dew point = dry bulb - (depression + seasonal_depression s + diurnal_depression c) exp(v y - v^2/2)

so that the dew point is never above the dry bulb and both means hold exactly on average over seeds. Pressure is that
of the standard atmosphere at the altitude. It is weather for the statistics of a year, not the record of one.
"""

from dataclasses import dataclass
from math import exp, log1p, pi, sin, sqrt
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from thermal.checks import check_fields
from thermal.moist_air import altitude_pressure
from thermal.weather import HOURS, Weather

Array = NDArray[np.float64]
WARMEST_DAY, WARMEST_HOUR = 200.5, 15.0
"""middle of 20 July (half a year later in the south), local standard time: assumed"""


@dataclass(frozen=True, kw_only=True)
class Climate:
    """What makes the weather of a site, as climate normals tell it."""

    latitude: Annotated[float, "rad", Ge(-pi / 2), Le(pi / 2)]
    """north is positive"""
    altitude: Annotated[float, "m", Ge(-500), Le(5000)]
    """above the sea"""
    mean_temperature: Annotated[float, "K", Ge(220), Le(320)]
    """dry bulb, mean of the year"""
    seasonal_amplitude: Annotated[float, "delta_K", Ge(0), Le(40)]
    """half of warmest less coldest month"""
    diurnal_amplitude: Annotated[float, "delta_K", Ge(0), Le(15)]
    """half of the mean daily range"""
    deviation: Annotated[float, "delta_K", Ge(0), Le(15)]
    """standard deviation of the dry bulb about season and time of day, mean of the year"""
    seasonal_deviation: Annotated[float, "delta_K", Ge(-15), Le(15)]
    """half of its value in the coldest less that in the warmest month"""
    correlation_time: Annotated[float, "s", Gt(0)]
    """after which the deviation is forgotten to 1/e"""
    dew_point_depression: Annotated[float, "delta_K", Ge(0), Le(40)]
    """dry bulb less dew point, mean of the year"""
    seasonal_depression: Annotated[float, "delta_K", Ge(-30), Le(30)]
    """half of it in the warmest less that in the coldest month"""
    diurnal_depression: Annotated[float, "delta_K", Ge(0), Le(15)]
    """half of its daily range"""
    depression_variation: Annotated[float, "1", Ge(0), Le(2)]
    """standard deviation over mean, at one season and time of day"""

    dryness_of_heat: Annotated[float, "1", Ge(-1), Le(1)]
    """correlation of the depression's logarithm with the deviation of the dry bulb: 1 keeps dew points even"""

    def __post_init__(self) -> None:
        check_fields(self)
        if abs(self.seasonal_deviation) > self.deviation:
            raise ValueError(
                f"Climate.seasonal_deviation = {self.seasonal_deviation:g} delta_K: must not exceed"
                f" deviation, {self.deviation:g} delta_K, or it would be negative in a season"
            )
        if abs(self.seasonal_depression) + self.diurnal_depression > self.dew_point_depression:
            raise ValueError(
                f"Climate.dew_point_depression = {self.dew_point_depression:g} delta_K: must be at least"
                f" |seasonal_depression| + diurnal_depression,"
                f" {abs(self.seasonal_depression) + self.diurnal_depression:g} delta_K, or the air would be wet above"
                " saturation at times"
            )


def synthetic_year(climate: Climate, random: np.random.Generator, site: str = "synthetic") -> Weather:
    """Return a year of weather drawn from a climate.

    Parameters
    ----------
    climate : Climate
    random : where the noise comes from; the same state gives the same year
    site : its name

    Returns
    -------
    Weather
        Arrays (8760,).

    Notes
    -----
    The annual mean of one year scatters about that of the climate by deviation * sqrt(2 tau / year), 0.4 K for 4 K
    and 2 days. Cold fronts, heat waves longer than tau, sea breeze and inversions are not in it.

    References
    ----------
    Derived: harmonics and a first-order autoregressive process. Pressure: `altitude_pressure`.

    Examples
    --------
    >>> year = synthetic_year(latitude_climate(0.87), np.random.default_rng(1))
    >>> float(year.dry_bulb.mean().round(1)), float((year.dry_bulb - year.dew_point).min().round(2))
    (277.4, 0.5)
    """
    hour = np.arange(HOURS) + 0.5
    turn = pi if climate.latitude < 0 else 0.0
    season = np.cos(2 * pi * (hour / 24 - WARMEST_DAY) / 365 + turn)
    clock = np.cos(2 * pi * (hour - WARMEST_HOUR) / 24)
    x, y = _lasting_noise(random.standard_normal((2, HOURS)), climate.correlation_time)
    y = climate.dryness_of_heat * x + sqrt(1 - climate.dryness_of_heat**2) * y
    dry = climate.mean_temperature + climate.seasonal_amplitude * season + climate.diurnal_amplitude * clock
    dry += (climate.deviation - climate.seasonal_deviation * season) * x
    depression = climate.dew_point_depression + climate.seasonal_depression * season
    depression += climate.diurnal_depression * clock
    v = sqrt(log1p(climate.depression_variation**2))
    depression *= np.exp(v * y - v * v / 2)
    pressure = np.full(HOURS, float(altitude_pressure(climate.altitude)))
    return Weather(
        dry,
        dry - np.maximum(depression, 0.0),  # below zero by round-off only
        pressure,
        site,
        climate.latitude,
        climate.altitude,
        0.0,
        "synthetic year",
    )


def latitude_climate(latitude: float, altitude: float = 0.0) -> Climate:
    r"""Return the climate of a class of latitude, for a site of which nothing else is known.

    $$ T = 15 - 14 (3 s^2 - 1) - 0.0065\, z, \qquad A = 15\, s $$

    in °C and K; s is the sine of the latitude without its sign, z the altitude in m. The other numbers are linear in s.

    Parameters
    ----------
    latitude : north is positive [rad]
    altitude : above the sea [m]

    Returns
    -------
    Climate
        All numbers assumed.

    Raises
    ------
    ValueError
        A latitude beyond the pole, or an altitude that no site has.

    Notes
    -----
    Zonal means over land and sea: a site at a warm coast is up to 10 K warmer (Luleå), a desert drier and hotter.

    References
    ----------
    Form of the mean: North (1975), J. Atmos. Sci. 32, 2033, two Legendre modes. Coefficients are rounded and assumed.

    Examples
    --------
    >>> round(latitude_climate(0.6).mean_temperature - 273.15, 1)
    15.6
    """
    s = abs(sin(latitude))
    return Climate(
        latitude=latitude,
        altitude=altitude,
        mean_temperature=288.15 - 14.0 * (3 * s * s - 1) - 0.0065 * altitude,
        seasonal_amplitude=15.0 * s,
        diurnal_amplitude=4.0,
        deviation=1.0 + 3.5 * s,
        seasonal_deviation=1.0 * s,
        correlation_time=2.0 * 86400,
        dew_point_depression=6.0,
        seasonal_depression=1.5 * s,
        diurnal_depression=3.5,
        depression_variation=0.4,
        dryness_of_heat=0.5,
    )


def _lasting_noise(white: Array, correlation_time: float) -> Array:
    """Return noise of unit deviation whose correlation falls by e over a time; stationary from the first hour."""
    kept = exp(-3600.0 / correlation_time)  # from one hour to the next
    noise = white * sqrt(1 - kept * kept)
    noise[..., 0] = white[..., 0]
    reach = 1
    while reach < noise.shape[-1]:  # each pass doubles the hours that are summed
        noise[..., reach:] = noise[..., reach:] + kept**reach * noise[..., :-reach]
        reach *= 2
    return noise
