"""What studies of a year share: a plant that can chill, climates by name, and a year at constant load."""

from dataclasses import replace

import numpy as np

import thermal
from thermal.weather import HOURS
from twin.annual.hours import Hours, solve_hours
from twin.build.weather import at_latitude, site_weather
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

SUPPLY = "cooling.supply_temperature"
#: Model of the catalogue → what it is called.
SITES = {"lulea": "Luleå", "frankfurt": "Frankfurt", "phoenix": "Phoenix", "singapore": "Singapore"}


def with_chiller(spec: Factory) -> Factory:
    """Return a spec whose plant has a chiller for all its heat: its own, or the catalogue's, one for each loop."""
    plant = spec.facility.plant
    if plant.chiller is not None:
        return spec
    chiller = spec.with_("facility.plant", "dry-chiller").facility.plant.chiller
    added = replace(plant, chiller=chiller, chillers=spec.facility.loops)
    return replace(spec, facility=replace(spec.facility, plant=added))


def climates(spec: Factory, latitudes: tuple[float, ...] = ()) -> dict[str, Factory]:
    """Return the spec at the sites of the catalogue, and at latitudes [rad] of which nothing else is known."""
    at = {name: spec.with_("site", model) for model, name in SITES.items()}
    return at | {f"latitude {np.rad2deg(angle):.0f}°": at_latitude(spec, angle) for angle in latitudes}


def air_of(spec: Factory) -> thermal.Outdoors:
    """Return the air of the year at a spec's site."""
    return thermal.outdoor_hours(site_weather(spec))


def constant_year(spec: Factory, outdoors: thermal.Outdoors) -> Hours:
    """Return the hours of a year at the spec's own load; ConvergenceError where units or plant refuse one."""
    hours = solve_hours(spec, np.full(HOURS, spec.load.utilization), outdoors)
    why = next((reason for reason in hours.behind.refused if reason), None)
    if why:
        raise ConvergenceError(f"{spec.name}: {why}")
    return hours
