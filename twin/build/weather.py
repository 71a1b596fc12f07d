"""The air outside: a file of the site, or a year drawn from its climate; sites known by their latitude alone."""

from dataclasses import replace
from math import pi
from pathlib import Path

import numpy as np

import thermal
from twin.spec.errors import SpecError
from twin.spec.types import Factory

#: Ending of a weather file → how it is read.
READERS = {".epw": thermal.read_epw, ".csv": thermal.read_tmy3}


def site_weather(spec: Factory, seed: int = 1) -> thermal.Weather:
    """Return the weather of a spec's site: of its file, or a year drawn from its climate.

    Parameters
    ----------
    spec : Factory
        Its `site.weather` names a file ending in .epw (EPW) or .csv (TMY3); none: `site.climate` is drawn from.
    seed : int
        Of the draw; a file does not need it [1].

    Returns
    -------
    Weather
        Arrays (8760,).

    Raises
    ------
    SpecError
        No such file, another ending, pvlib missing, or gaps and impossible values, with their line.

    References
    ----------
    `thermal.read_epw`, `thermal.read_tmy3`, `thermal.synthetic_year`.

    Examples
    --------
    >>> import twin
    >>> site_weather(twin.load("gb300-nvl72")).dry_bulb.shape
    (8760,)
    """
    named = spec.site.weather
    if named is None:
        return thermal.synthetic_year(spec.site.climate, np.random.default_rng(seed), "synthetic year")
    reader = READERS.get(Path(named).suffix.lower())
    if reader is None:
        raise SpecError(f"site.weather = {named!r}: must end in .epw (EPW) or .csv (TMY3)")
    try:
        return reader(named)
    except (OSError, ImportError, ValueError) as error:
        raise SpecError(f"site.weather: {error}") from error


def at_latitude(spec: Factory, latitude: float, altitude: float = 0.0) -> Factory:
    """Return a spec whose plant stands at a latitude of which nothing else is known.

    Parameters
    ----------
    spec : Factory
        Its site is replaced in climate and weather file; design point and room stay.
    latitude : float
        North is positive [rad].
    altitude : float
        Above the sea [m].

    Returns
    -------
    Factory
        The copy.

    Raises
    ------
    SpecError
        No such latitude or altitude.

    References
    ----------
    `thermal.latitude_climate`.

    Examples
    --------
    >>> import twin
    >>> round(at_latitude(twin.load("gb300-nvl72"), 0.6).site.climate.mean_temperature - 273.15, 1)
    15.6
    """
    if not -pi / 2 <= latitude <= pi / 2:
        raise SpecError(f"latitude = {np.rad2deg(latitude):g} deg: must lie in -90 .. 90 deg")
    try:
        climate = thermal.latitude_climate(latitude, altitude)
    except ValueError as error:
        raise SpecError(str(error)) from error
    return replace(spec, site=replace(spec.site, climate=climate, weather=None))
