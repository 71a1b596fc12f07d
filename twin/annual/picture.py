"""What a year is drawn as: outdoor air and overhead over days and hours, and how often it is how warm."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.spec.types import Factory

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

#: Lines of the duration curves: variable → words.
WARMTH = {
    "junction_temperature_max": "hottest die",
    "coolant_supply_temperature": "coolant supply",
    "facility_supply_temperature": "facility supply",
    "outdoor_temperature": "outdoor air",
    "outdoor_wet_bulb": "wet bulb",
}


def pictured(found: "xr.Dataset", spec: Factory) -> "xr.Dataset":
    """Return the dataset of a year's picture, for `viz.chart`.

    Parameters
    ----------
    found : Dataset
        As `twin.annual.year.year` returns it.
    spec : Factory
        The rack, for its limits.

    Returns
    -------
    Dataset
        Over day and time of day: outdoor air, overhead; over rank: temperatures, warmest first.

    References
    ----------
    Derived: 365 x 24 hours; each curve is sorted for itself.
    """
    import xarray as xr

    days = ("time_of_day", "day")
    overhead = (found.pue.values - 1).reshape(-1, 24).T
    absolute = {"units": "K", "units_metadata": "temperature: on_scale"}
    shares = (np.arange(found.hour.size) + 0.5) / found.hour.size
    variables: dict[str, Any] = {
        "air": (days, found.outdoor_temperature.values.reshape(-1, 24).T, {**absolute, "long_name": "outdoor air"}),
        "overhead": (days, overhead, {"units": "1", "long_name": "overhead over IT power, PUE less 1"}),
    }
    for name, words in WARMTH.items():
        variables[name] = ("share", np.sort(found[name].values)[::-1], {**absolute, "long_name": words})
    coordinates = {
        "day": ("day", np.arange(365) + 0.5, {"units": "d", "long_name": "day of the year"}),
        "time_of_day": ("time_of_day", np.arange(24) + 0.5, {"units": "h", "long_name": "time of day"}),
        "share": ("share", shares, {"units": "1", "long_name": "hours of the year that are warmer"}),
    }
    chart = {"panels": _panels(spec)}
    where = f"{found.weather.split(',')[0]} at {abs(found.latitude):.1f}° {'S' if found.latitude < 0 else 'N'}"
    title = f"{found.title}, {where}: PUE {float(found.annual_pue):.3f}"
    return xr.Dataset(variables, coordinates, {"title": title, "chart": json.dumps(chart)})


def _panels(spec: Factory) -> list[dict[str, Any]]:
    over = {"kind": "heat map", "x": "day", "y": "time_of_day"}
    limit = {"axis": "y", "value": spec.limits.junction, "text": f"die limit {spec.limits.junction - 273.15:g} °C"}
    curves = {"kind": "line", "x": "share", "y": list(WARMTH), "axis": "Temperature", "limits": [limit]}
    return [
        {**over, "colour": "air", "title": "Outdoor air"},
        {**over, "colour": "overhead", "title": "Pumps, fans, chillers, room"},
        {**curves, "title": "How often it is how warm"},
    ]
