"""The air outside during a run: the design point of the site, points of a schedule, or hours of the site's year."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray

import thermal
from twin.simulation.profile import Profile
from twin.spec.errors import SpecError
from twin.spec.types import Factory

Array = NDArray[np.float64]
HOUR = 3600.0
HOURS = 8760
YEAR = HOURS * HOUR


@dataclass(frozen=True, kw_only=True)
class Outdoor:
    """The air outside over a run; what is not given is that of the site's design point."""

    dry_bulb: Profile | None = None
    """Temperature of the air [K]."""
    dew_point: Profile | None = None
    """Its dew point [K]; where the air is colder, it is saturated."""
    time_of_year: Annotated[float, "s", Ge(0), Lt(YEAR)] | None = None
    """The run begins this long after the new year, in the weather of the site [s]; instead of the two others."""

    def __post_init__(self) -> None:
        if self.time_of_year is not None and (self.dry_bulb or self.dew_point):
            raise SpecError("time_of_year: takes the weather of the site; leave out dry_bulb and dew_point, or this")
        if self.time_of_year is None and self.dry_bulb is None and self.dew_point is None:
            raise SpecError("gives neither dry_bulb nor dew_point nor time_of_year: write one, or leave the table out")

    def profiles(self) -> tuple[Profile, ...]:
        """Return the profiles that are given."""
        return tuple(part for part in (self.dry_bulb, self.dew_point) if part is not None)


class Sky(NamedTuple):
    """The air outside, ready to be asked for."""

    outdoor: Outdoor | None
    """What the schedule says."""
    design: tuple[float, float]
    """Dry bulb and dew point of the design [K]."""
    pressure: float
    """At the site [Pa]."""
    year: tuple[Array, Array, Array] | None
    """Dry bulb, dew point [K] and pressure [Pa] of the hours of the year, where they are followed."""


def sky_of(spec: Factory, outdoor: Outdoor | None) -> Sky:
    """Return the air outside over a run.

    Parameters
    ----------
    spec : Factory
        Gives the site.
    outdoor : Outdoor or None
        What the schedule says; none: the design point lasts.

    Returns
    -------
    Sky

    Raises
    ------
    SpecError
        Weather of the site that cannot be read.

    References
    ----------
    Derived: `twin.build.weather.site_weather`.
    """
    site, year = spec.site, None
    if outdoor is not None and outdoor.time_of_year is not None:
        from twin.build.weather import site_weather

        weather = site_weather(spec)
        year = weather.dry_bulb, weather.dew_point, weather.pressure
    pressure = float(thermal.altitude_pressure(site.climate.altitude))
    return Sky(outdoor, (site.design_dry_bulb, site.design_dew_point), pressure, year)


def air_at(sky: Sky, t: float) -> tuple[float, float, float]:
    """Return the air outside at a time.

    Parameters
    ----------
    sky : Sky
        The air of a run.
    t : float
        Time [s].

    Returns
    -------
    three floats
        Dry bulb [K], dew point, never above it [K], pressure [Pa].

    References
    ----------
    Derived: hours of a year are linear between their middles.

    Examples
    --------
    >>> air_at(Sky(None, (303.15, 288.15), 101325.0, None), 10.0)
    (303.15, 288.15, 101325.0)
    """
    (dry, dew), pressure, outdoor = sky.design, sky.pressure, sky.outdoor
    if outdoor is not None and outdoor.time_of_year is not None and sky.year is not None:
        place = (outdoor.time_of_year + t) / HOUR - 0.5
        i = math.floor(place)
        share, pair = place - i, (i % HOURS, (i + 1) % HOURS)
        dry, dew, pressure = (float((1 - share) * row[pair[0]] + share * row[pair[1]]) for row in sky.year)
    elif outdoor is not None:
        dry = dry if outdoor.dry_bulb is None else outdoor.dry_bulb.at(t)
        dew = dew if outdoor.dew_point is None else outdoor.dew_point.at(t)
    return dry, min(dew, dry), pressure


@lru_cache(maxsize=64)
def outdoors(dry_bulb: float, dew_point: float, pressure: float) -> thermal.Outdoors:
    """Return the state of the air outside, as a plant takes it.

    Parameters
    ----------
    dry_bulb, dew_point : float
        Temperatures [K].
    pressure : float
        [Pa]

    Returns
    -------
    Outdoors
        Scalars.

    References
    ----------
    Derived: `thermal.outdoor_air`.

    Examples
    --------
    >>> float(outdoors(303.15, 288.15, 101325.0).wet_bulb.round(2))
    293.25
    """
    humidity = thermal.saturation_pressure(dew_point) / thermal.saturation_pressure(dry_bulb)
    return thermal.outdoor_air(dry_bulb, humidity, pressure)
