"""The year as a dataset: rack, plant and weather hour by hour, and what they sum up to.

Contract: SI; per rack; an hour is named by its end, in local standard time. Ratios are those of The Green Grid, with IT
energy at the AC input of the rack.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import thermal
from thermal.weather import HOURS
from twin.annual.hours import Hours, solve_hours
from twin.annual.load import hourly
from twin.annual.words import model_name
from twin.build.weather import site_weather
from twin.couple.solve import installed_version
from twin.result.schema import udunits
from twin.spec.errors import SpecError
from twin.spec.types import Factory
from twin.spec.write import catalogue_hash, sources_used, to_toml

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

#: Length of an hour [s].
HOUR = 3600.0
#: Electric power that is no IT power, per rack: name → words.
OVERHEAD = {
    "unit_pump_power": "pumps of the distribution units",
    "facility_pump_power": "pumps of the facility water",
    "fan_power": "fans",
    "chiller_power": "chillers",
    "heat_pump_power": "heat pumps of the reuse",
    "room_power": "removal of the air heat",
    "door_fan_power": "fans of the rear door",
}
_TRIM = [thermal.MODES.index(name) for name in ("trim", "chiller")]


def year(
    spec: Factory, load: ArrayLike | None = None, weather: thermal.Weather | None = None, *, seed: int = 1
) -> "xr.Dataset":
    """Return a year of a rack behind its plant, at the weather of its site.

    Parameters
    ----------
    spec : Factory
        Rack, cooling, facility, site.
    load : float or (8760,) array, optional
        Utilization in each hour; none: that of the spec, all year [1].
    weather : Weather, optional
        The year outside; none: of the spec's site, see `twin.build.weather.site_weather`.
    seed : int
        Of a drawn year [1].

    Returns
    -------
    Dataset
        Over `hour`: temperatures [K], powers and heat per rack [W], flow [kg/s], water [kg/s], clock [1], PUE [1], mode
        of the plant. Scalars: annual PUE, WUE, ERE, energies [J], water [kg], hours of free cooling, of chillers and of
        a supply not held [h], least headroom [K].

    Raises
    ------
    SpecError
        A load or weather that is none, or an hour that units or plant refuse.
    ConvergenceError
        An hour without a steady state.

    References
    ----------
    Derived: `twin.annual.hours.solve_hours` and sums over hours; The Green Grid, white papers 29, 35, 49.

    Examples
    --------
    >>> import twin
    >>> found = twin.year(twin.load("gb300-nvl72"))
    >>> float(found.annual_pue.round(2)), float(found.free_cooling_hours)
    (1.04, 8760.0)
    """
    share = hourly(spec.load.utilization if load is None else load)
    outside = site_weather(spec, seed) if weather is None else weather
    air = thermal.outdoor_hours(outside)
    hours = solve_hours(spec, share, air)
    refused = [(i, reason) for i, reason in enumerate(hours.behind.refused) if reason]
    if refused:
        first, why = refused[0]
        raise SpecError(f"{spec.name}: {len(refused)} hours of the year have no answer, hour {first + 1} first: {why}")
    return _dataset(spec, share, (outside, air), hours)


def _dataset(spec: Factory, share: Array, outside: tuple[thermal.Weather, thermal.Outdoors], hours: Hours) -> Any:
    import xarray as xr

    weather, air = outside
    series = _series(hours, share, air)
    variables = {name: ("hour", *_described(value, *about)) for name, (value, *about) in series.items()}
    variables["plant_mode"] = ("hour", hours.behind.plant.mode, _MODE)
    scalars = {name: ((), *_described(value, *about)) for name, (value, *about) in annual(hours, HOUR).items()}
    end = _described((np.arange(HOURS) + 1) * HOUR, "s", "end of the hour, from the new year, local standard time")
    attributes = {
        "title": f"A year of {spec.name}",
        "version": installed_version(),
        "Conventions": "CF-1.11",
        "weather": _weather_words(spec, weather),
        "plant": model_name(spec, "facility.plant") or "of its own",
        "latitude": float(np.rad2deg(weather.latitude)),
        "altitude": weather.altitude,
        "spec": to_toml(spec),
        "catalogue_hash": catalogue_hash(),
        "sources": sources_used(spec),
        "history": "twin.year",
    }
    attributes |= {name: float(scalars[name][1]) for name in ("annual_pue", "annual_wue", "annual_ere")}
    return xr.Dataset({**variables, **scalars}, {"hour": ("hour", *end)}, attributes)


def _weather_words(spec: Factory, weather: thermal.Weather) -> str:
    """Return source and place of the weather, each once; of a drawn year the site, where it is of the catalogue."""
    drawn = weather.source == weather.site and spec.site.weather is None
    place = model_name(spec, "site") if drawn else weather.site
    return ", ".join(dict.fromkeys(word for word in (weather.source, place) if word))


def annual(hours: Hours, step: float) -> dict[str, tuple[Any, str, str]]:
    """Return what hours sum up to, over the last axis.

    Parameters
    ----------
    hours : Hours
        Rack and plant.
    step : float
        Length that each stands for [s].

    Returns
    -------
    dict of str to tuple
        Value, unit and meaning of each figure; energies per rack [J].

    References
    ----------
    The Green Grid, white papers 29 (ERE), 35 (WUE), 49 (PUE).
    """
    rack, back = hours

    def total(power: Any) -> float:
        return float(np.sum(power) * step)

    it, overhead = total(rack.power), total(sum(getattr(back, name) for name in OVERHEAD))
    water, reused = total(back.water), total(back.reused_heat)
    chilled = np.isin(back.plant.mode, _TRIM)
    free = back.plant.free_cooling | (back.held & ~chilled)
    figures = {
        "annual_pue": (float(thermal.power_usage_effectiveness(it, overhead)), "1", "power usage effectiveness"),
        "annual_wue": (water / it, "kg/J", "water usage effectiveness; times 3.6e6 in L/kWh"),
        "annual_ere": (
            float(thermal.energy_reuse_effectiveness(it, overhead, reused)),
            "1",
            "energy reuse effectiveness",
        ),
        "free_cooling_hours": (total(free) / HOUR, "h", "hours in which coolers alone would hold the supply"),
        "chiller_hours": (total(chilled) / HOUR, "h", "hours in which a chiller runs"),
        "missed_hours": (total(~back.held) / HOUR, "h", "hours in which the set-point is not held"),
        "it_energy": (it, "J", "AC energy into the rack"),
        "overhead_energy": (overhead, "J", "all other electric energy on site, per rack"),
        "water_mass": (water, "kg", "water taken in by the site, per rack"),
        "reused_energy": (reused, "J", "heat delivered for reuse, per rack"),
        "work_mean": (float(np.mean(rack.work)), "1", "load times clock of the GPUs, mean over the hours"),
        "headroom_temperature_min": (float(np.min(rack.headroom)), "delta_K", "least headroom of any hour"),
    }
    return figures


def _series(hours: Hours, share: Array, air: thermal.Outdoors) -> dict[str, tuple[Any, str, str]]:
    rack, back = hours
    return {
        "outdoor_temperature": (air.dry_bulb, "K", "outdoor air"),
        "outdoor_wet_bulb": (air.wet_bulb, "K", "wet bulb of the outdoor air"),
        "utilization": (share, "1", "share of full load asked of the chips"),
        "facility_supply_temperature": (back.plant.supply_temperature, "K", "facility water to the distribution units"),
        "facility_return_temperature": (back.plant.return_temperature, "K", "facility water to the plant"),
        "coolant_supply_temperature": (rack.supply_temperature, "K", "coolant to the rack"),
        "coolant_return_temperature": (rack.return_temperature, "K", "coolant from the rack"),
        "coolant_flow": (rack.flow, "kg/s", "coolant of the rack"),
        "junction_temperature_max": (rack.junction_temperature, "K", "hottest die mean"),
        "headroom_temperature": (rack.headroom, "delta_K", "least distance to a temperature limit, without derating"),
        "clock_min": (rack.clock, "1", "lowest clock among the GPUs over full clock"),
        "rack_power": (rack.power, "W", "AC power into the rack"),
        "leakage_power": (rack.leakage, "W", "leakage of all chips"),
        "liquid_heat": (rack.heat, "W", "heat into the coolant"),
        **{name: (getattr(back, name), "W", f"{words}, per rack") for name, words in OVERHEAD.items()},
        "water": (back.water, "kg/s", "water taken in by the site, per rack"),
        "reused_heat": (back.reused_heat, "W", "heat delivered for reuse, per rack"),
        "pue": (back.pue, "1", "power usage effectiveness"),
        "supply_held": (back.held.astype(np.int8), "1", "1 where the set-point is held"),
    }


_MODE = {
    "long_name": "what the plant runs",
    "flag_values": np.arange(len(thermal.MODES), dtype=np.int8),
    "flag_meanings": " ".join(thermal.MODES),
}


def _described(value: Any, unit: str, meaning: str) -> tuple[Any, dict[str, Any]]:
    """Return a value with its attributes."""
    attributes = {"units": udunits(unit), "long_name": meaning}
    if unit in ("K", "delta_K"):
        attributes["units_metadata"] = "temperature: difference" if unit == "delta_K" else "temperature: on_scale"
    return value, attributes
