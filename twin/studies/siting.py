"""How many hours of the year does outdoor air alone cool the rack, and at which PUE, from climate to climate?

Coolers alone hold a facility supply T_f while the outdoor air is colder than T_f less their approach at this heat,

    free hours = hours with T_outdoor < T_supply - approach of the unit's loop - approach of the coolers,

a chiller in series does the rest. Expected at 45 °C: nearly every hour of every climate; at 25 °C: a third of them in
Phoenix, none in Singapore. PUE = (IT + overhead) / IT; that of the rack's air heat, which the room removes, is in all.
Years are drawn from climates (the sites of the catalogue; zonal means at latitudes), all at the spec's load.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermal.weather import HOURS
from twin.annual.year import HOUR, annual
from twin.spec.types import Factory
from twin.studies._climate import SITES, SUPPLY, air_of, climates, constant_year, with_chiller
from twin.studies._frame import dataset, percent, spec_of, variable

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SUPPLIES = (298.15, 308.15, 318.15)
LATITUDES = (0.0, 15.0, 30.0, 45.0, 60.0)
FIGURES = ("free_cooling_hours", "chiller_hours", "missed_hours", "annual_pue")
OWN = {SUPPLY: "set to 25, 35 and 45 °C", "site": "set to each climate", "site.weather": "set to each climate"}


def study(
    system: str | Factory = "gb300-nvl72",
    supplies: tuple[float, ...] = SUPPLIES,
    latitudes: tuple[float, ...] = LATITUDES,
) -> "xr.Dataset":
    """Return free-cooling hours, chiller hours and PUE of a year in each climate at each supply temperature.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec; a plant without a chiller gets one.
    supplies : tuple of float
        Coolant to the rack [K].
    latitudes : tuple of float
        Besides the sites of the catalogue, in degrees [1].

    Returns
    -------
    Dataset
        Over `climate` and `supply_temperature`.

    References
    ----------
    Derived: `twin.annual.hours.solve_hours`, 8 760 hours for each; `thermal.latitude_climate`.
    """
    spec = with_chiller(spec_of(system))
    places = climates(spec, tuple(np.deg2rad(latitudes)))
    rows = [_row(place, supplies) for place in places.values()]
    free, chilled, missed, pue = np.moveaxis(np.array([row for row, _ in rows]), -1, 0)
    axes = ("climate", "supply_temperature")
    made = {
        "free_cooling_hours": variable(axes, free, "h", "hours of free cooling"),
        "free_cooling_share": variable(axes, free / HOURS, "1", "hours of the year cooled by outdoor air alone"),
        "chiller_hours": variable(axes, chilled, "h", "hours in which a chiller runs"),
        "missed_hours": variable(axes, missed, "h", "hours in which the supply is not held"),
        "annual_pue": variable(axes, pue, "1", "PUE"),
        "overhead_share": variable(axes, pue - 1, "1", "overhead over IT energy, PUE less 1"),
        "outdoor_temperature": variable("climate", [mean for _, mean in rows], "K", "outdoor air, mean"),
    }
    coordinates = {
        "climate": ("climate", list(places), {"long_name": "climate"}),
        "supply_temperature": variable("supply_temperature", list(supplies), "K", "coolant supply"),
    }
    coolers = "towers" if spec.facility.plant.dry_cooler is None else "dry coolers"
    title = f"Where to build: a year of {spec.name} behind {coolers} and a chiller"
    answer = _answer(list(places), supplies, free, pue)
    return dataset(__doc__, made, coordinates, title=title, answer=answer, chart=_CHART, table=_TABLE)


def _row(spec: Factory, supplies: tuple[float, ...]) -> tuple[list[list[float]], float]:
    """Return the figures of one climate at each supply, and its mean temperature [K]."""
    air = air_of(spec)
    found = [annual(constant_year(spec.with_(SUPPLY, supply), air), HOUR) for supply in supplies]
    return [[figures[name][0] for name in FIGURES] for figures in found], float(air.dry_bulb.mean())


def _answer(names: list[str], supplies: tuple[float, ...], free: Array, pue: Array) -> str:
    """Say for each supply what the sites of the catalogue have."""
    shown = [names.index(name) for name in SITES.values()]
    said = []
    for k, supply in enumerate(supplies):
        hours = ", ".join(f"{percent(free[i, k] / HOURS)} in {names[i]}" for i in shown)
        best, worst = shown[int(np.argmin(pue[shown, k]))], shown[int(np.argmax(pue[shown, k]))]
        said.append(
            f"With {supply - 273.15:.0f} °C supply outdoor air alone cools the year for {hours}; PUE {pue[best, k]:.3f}"
            f" ({names[best]}) to {pue[worst, k]:.3f} ({names[worst]})."
        )
    gain = pue[shown, 0] - pue[shown, -1]
    k = int(np.argmax(gain))
    said.append(
        f"Going from {supplies[0] - 273.15:.0f} to {supplies[-1] - 273.15:.0f} °C saves most in {names[shown[k]]},"
        f" {percent(gain[k], 1)} of the IT energy."
    )
    return " ".join(said)


_BARS: dict[str, Any] = {"kind": "bars", "y": "climate", "series": "supply_temperature"}
_CHART = {
    "panels": [
        {**_BARS, "x": "free_cooling_share", "title": "Hours without need of a chiller, at each supply temperature"},
        {**_BARS, "x": "overhead_share", "title": "Pumps, fans, chillers and the room's air"},
    ]
}
_TABLE = {"rows": "climate", "columns": ["free_cooling_hours", "annual_pue"], "first": True}
