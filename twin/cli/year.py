"""`twin year`: a rack behind its plant through 8 760 hours of weather; table, year.nc, summary.json, year.png."""

import json
from math import radians
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli.inputs import Out, Settings, System
from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.table import Table
    from xarray import Dataset

    from thermal import Weather
    from twin.spec.types import Factory

#: Rows of the table by section: label, scalar of the year, unit as `twin.cli.units` knows it.
_TOTALS = (
    ("PUE", "annual_pue", "1"),
    ("WUE", "annual_wue", "L/kWh"),
    ("ERE", "annual_ere", "1"),
    ("free cooling", "free_cooling_hours", "h"),
    ("chillers run", "chiller_hours", "h"),
    ("set-point not held", "missed_hours", "h"),
    ("IT energy per rack", "it_energy", "MWh"),
    ("overhead per rack", "overhead_energy", "MWh"),
    ("water per rack", "water_mass", "m³"),
    ("heat reused per rack", "reused_energy", "MWh"),
    ("least headroom", "headroom_temperature_min", "delta_K"),
)
_FACTORS = {"L/kWh": 3.6e6, "MWh": 1 / 3.6e9, "m³": 1e-3}
_SPREADS = (
    ("outdoor air", "outdoor_temperature", "K"),
    ("wet bulb", "outdoor_wet_bulb", "K"),
    ("facility supply", "facility_supply_temperature", "K"),
    ("coolant supply", "coolant_supply_temperature", "K"),
    ("die mean, hottest", "junction_temperature_max", "K"),
    ("lowest clock of a GPU", "clock_min", "1"),
    ("rack power, AC", "rack_power", "W"),
    ("pumps of the units", "unit_pump_power", "W"),
    ("pumps of the facility", "facility_pump_power", "W"),
    ("fans", "fan_power", "W"),
    ("chillers", "chiller_power", "W"),
    ("room", "room_power", "W"),
    ("PUE", "pue", "1"),
)


def year(  # noqa: PLR0913 - one option each
    system: System,
    site: Annotated[str | None, typer.Option("--site", help="A site of the catalogue: frankfurt, phoenix, ...")] = None,
    weather: Annotated[Path | None, typer.Option("--weather", help="An EPW or TMY3 (.csv) file instead.")] = None,
    latitude: Annotated[
        float | None, typer.Option("--latitude", help="Degrees, north positive: a climate by latitude alone.")
    ] = None,
    load: Annotated[
        str | None, typer.Option("--load", help="Low:high of each day, one number, or a file of 24, 168 or 8760 lines.")
    ] = None,
    fill: Annotated[
        int, typer.Option("--fill", help="Longest gap of the weather file to fill, in hours.", min=0, max=24)
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of a drawn year.", min=0)] = 1,
    settings: Settings = None,
    out: Out = Path("out"),
    picture: Annotated[bool, typer.Option(help="Draw year.png.")] = True,
) -> None:
    """Run a system through a year of weather; write year.nc, summary.json and year.png."""
    from twin.annual.year import year as run
    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder, write_whole

    spec = placed(read_spec(system, settings), site, weather, latitude)
    share, outside, folder, screen = read_share(load), read_weather(spec, fill), make_folder(out), console()
    with screen.status(f"a year of {spec.name}"):
        found = run(spec, share, outside, seed=seed)
    write_whole(folder / "year.nc", lambda path: found.to_netcdf(path, engine="netcdf4") and None)
    write_whole(folder / "summary.json", lambda path: _write_summary(found, path))
    names = ["year.nc", "summary.json"]
    if picture:
        names.append(_draw(found, spec, folder / "year.png").name)
    screen.print(header(found))
    if site is not None and weather is not None:
        screen.print(f"weather of {weather}; site {site} gives the design point and the room only", soft_wrap=True)
    screen.print(totals_table(found))
    screen.print()
    screen.print(spreads_table(found))
    for note in _notes(found, spec):
        screen.print(f"  !  {note}", soft_wrap=True)
    screen.print(f"\nwrote {', '.join(str(folder / name) for name in names)}", soft_wrap=True)


def placed(spec: "Factory", site: str | None, weather: Path | None, latitude: float | None) -> "Factory":
    """Return the spec at the site that the options name; SpecError where they are more than one."""
    from twin.build.weather import at_latitude

    given = {"--site": site, "--weather": weather, "--latitude": latitude}
    chosen = [name for name, value in given.items() if value is not None]
    if "--latitude" in chosen and len(chosen) > 1:
        raise SpecError(f"{' and '.join(chosen)}: a climate by latitude stands alone; leave out {chosen[0]}")
    spec = spec if site is None else spec.with_("site", site)
    spec = spec if weather is None else spec.with_("site.weather", str(weather))
    return spec if latitude is None else at_latitude(spec, radians(latitude))


def read_weather(spec: "Factory", fill: int) -> "Weather | None":
    """Return the weather of the spec's file with its gaps filled; None without a gap to fill."""
    from twin.build.weather import READERS

    if not fill:
        return None
    named = spec.site.weather
    if named is None:
        raise SpecError(f"--fill {fill}: a synthetic year has no gaps; leave it out, or name a file with --weather")
    reader = READERS.get(Path(named).suffix.lower())
    try:
        return reader(named, fill) if reader else None
    except (OSError, ImportError, ValueError) as error:
        raise SpecError(f"site.weather: {error}") from error


def header(found: "Dataset") -> str:
    """Return what a year is of, on one line: rack, weather and where, plant."""
    where = f"{abs(found.latitude):.1f}° {'S' if found.latitude < 0 else 'N'}"
    return ", ".join(part for part in (f"{found.title}: {found.weather}", where, f"plant {found.plant}") if part)


def read_share(load: str | None) -> "NDArray[Any] | float | None":
    """Return the load that an option names: low:high of each day, one number, or a file; None without."""
    from twin.annual.load import daily_load, read_load

    if load is None:
        return None
    low, sign, high = load.partition(":")
    try:
        numbers = [float(part) for part in ((low, high) if sign else (load,))]
    except ValueError:
        if not Path(load).is_file():
            raise SpecError(f"--load {load}: no such file; give low:high (0.3:1), one number, or a file") from None
        return read_load(load)
    if not all(0 <= number <= 1 for number in numbers):
        raise SpecError(f"--load {load}: must be shares from 0 to 1, such as 0.3:1")
    return daily_load(*numbers) if sign else numbers[0]


def totals_table(found: "Dataset") -> "Table":
    """Return what the year sums up to."""
    from twin.cli.inputs import plain_table
    from twin.cli.units import shown

    table = plain_table("", "year", right=("year",))
    for label, name, unit in _TOTALS:
        value = float(found[name]) * _FACTORS.get(unit, 1.0)
        if name in ("water_mass", "annual_wue", "reused_energy") and value == 0:
            continue
        table.add_row(f"  {label}", shown(value, unit, 5 if unit == "1" else 4))
    return table


def spreads_table(found: "Dataset") -> "Table":
    """Return least, mean and most of the hours, and when the worse of the extremes was."""
    from twin.cli.inputs import plain_table
    from twin.cli.units import shown

    heads = ("", "least", "mean", "most", "worst at")
    table = plain_table(*heads, right=heads[1:])
    for label, name, unit in _SPREADS:
        values = found[name].values
        if not values.any():
            continue
        last = int(values.argmin() if name == "clock_min" else values.argmax())
        same = values.max() - values.min() <= 1e-6 * abs(values.max())
        cells = [shown(float(value), unit, 4) for value in (values.min(), values.mean(), values.max())]
        table.add_row(f"  {label}", *cells, "" if same else f"day {last // 24 + 1}, {last % 24 + 1:02d}:00")
    return table


def _notes(found: "Dataset", spec: "Factory") -> list[str]:
    """Return what a reader must not miss."""
    notes = []
    if missed := float(found.missed_hours):
        set_point, most = spec.cooling.supply_temperature, float(found.coolant_supply_temperature.max())
        excess = most - set_point
        gets = f"up to {most - 273.15:.1f} °C" if excess >= 0.1 else f"up to {excess:.1g} K more"
        notes.append(f"the plant cannot hold {set_point - 273.15:.1f} °C in {missed:.0f} h; the rack gets {gets}")
    least = float(found.headroom_temperature_min)
    if not least >= 0:
        notes.append("a temperature limit is broken in some hours: chips derate, see headroom_temperature")
    return notes


def _write_summary(found: "Dataset", path: Path) -> None:
    """Write the scalars of a year as JSON, SI units."""
    scalars = {name: float(value) for name, value in found.data_vars.items() if not value.dims}
    about = {name: found.attrs[name] for name in ("title", "version", "weather", "plant", "latitude", "altitude")}
    known = {name: value if value == value else None for name, value in scalars.items()}
    path.write_text(json.dumps({**about, **known}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _draw(found: "Dataset", spec: "Factory", path: Path) -> Path:
    import viz
    from twin.annual.picture import pictured
    from twin.result.io import write_whole

    asked = pictured(found, spec)
    write_whole(path, lambda place: viz.save(viz.chart(asked), place))
    return path
