"""Weather of a year: dry bulb, dew point and pressure of each hour.

Contract: 8 760 values per quantity, in local standard time without summer time. Value i belongs to the hour that
ends i + 1 hours after the new year, as weather files count (their hour 1 ends at 01:00); a leap day has no place.
`thermal.weather_files` reads them, `thermal.synthetic_year` draws them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.moist_air import saturation_pressure
from thermal.wet_bulb import Outdoors, outdoor_air

Array = NDArray[np.float64]
HOURS = 8760


class Weather(NamedTuple):
    """Hours of a year at one site."""

    dry_bulb: Array
    """(hour,) air temperature [K]"""
    dew_point: Array
    """(hour,) never above the dry bulb [K]"""
    pressure: Array
    """(hour,) of the air at the site [Pa]"""
    site: str
    """what the file calls it"""
    latitude: float
    """north is positive [rad]"""
    altitude: float
    """above the sea [m]"""
    utc_offset: float
    """local standard time less UTC [s]"""
    source: str
    """file, or how it was made"""


def outdoor_hours(weather: Weather) -> Outdoors:
    r"""Return the air of a year as a plant takes it, with wet bulb and humidity ratio.

    $$ \phi = p_s(T_{dew}) / p_s(T) $$

    Parameters
    ----------
    weather : Weather

    Returns
    -------
    Outdoors
        Arrays (8760,).

    Raises
    ------
    ValueError
        A value outside the range of the formulas of moist air.

    References
    ----------
    Definition of the dew point; `outdoor_air`.

    Examples
    --------
    >>> from thermal.synthetic_year import latitude_climate, synthetic_year
    >>> year = synthetic_year(latitude_climate(0.6), np.random.default_rng(1))
    >>> float(outdoor_hours(year).wet_bulb.max().round(1))
    299.5
    """
    humidity = saturation_pressure(weather.dew_point) / saturation_pressure(weather.dry_bulb)
    return outdoor_air(weather.dry_bulb, humidity, weather.pressure)
