"""Weather files: EPW and TMY3, read whole or refused with the line that is wrong.

Contract: what is read is a `thermal.weather.Weather`. A gap raises unless the caller allows it to be filled. pvlib,
which reads the files, is the extra `weather`.
"""

from collections.abc import Callable
from io import StringIO
from math import radians
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thermal.weather import HOURS, Weather

Array = NDArray[np.float64]
DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
"""of each month"""
NEW_MONTH = np.concatenate([[0], np.cumsum(DAYS)])
RANGES = {"dry_bulb": (200.0, 340.0, "K"), "dew_point": (180.0, 320.0, "K"), "pressure": (31e3, 120e3, "Pa")}
"""what can be on Earth; the codes for missing values lie outside"""
ROUNDING = 0.15
"""dew point above dry bulb that rounding to tenths in a file explains [K]"""


class _Format(NamedTuple):
    """How one kind of file is read by pvlib."""

    name: str
    header_lines: int
    read: Callable[[Any, StringIO], tuple[Any, dict[str, Any]]]
    hour_of_year: Callable[[Any], NDArray[np.int64]]
    columns: tuple[str, str, str]
    to_pascal: float
    site: tuple[str, ...]


def read_epw(path: str | Path, fill: int = 0) -> Weather:
    """Return the weather of an EnergyPlus file (EPW).

    Parameters
    ----------
    path : file
    fill : longest gap to be filled, in hours, linearly in time and over the turn of the year; 0 fills none

    Returns
    -------
    Weather
        Arrays (8760,).

    Raises
    ------
    FileNotFoundError, ModuleNotFoundError
        The file is not there, or pvlib is not.
    ValueError
        Not such a file; hours twice, out of order or missing; a value missing or impossible; with the line.

    References
    ----------
    EnergyPlus, Auxiliary Programs, weather data formats; pvlib (Holmgren, Hansen, Mikofski 2018).

    Examples
    --------
    >>> read_epw("nowhere.epw")
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    return _read(path, fill, EPW)


def read_tmy3(path: str | Path, fill: int = 0) -> Weather:
    """Return the weather of a typical meteorological year of NREL (TMY3).

    Parameters
    ----------
    path : file
    fill : longest gap to be filled, in hours, linearly in time and over the turn of the year; 0 fills none

    Returns
    -------
    Weather
        Arrays (8760,).

    Raises
    ------
    FileNotFoundError, ModuleNotFoundError
        The file is not there, or pvlib is not.
    ValueError
        Not such a file; hours twice, out of order or missing; a value missing or impossible; with the line.

    References
    ----------
    Wilcox, Marion (2008), NREL/TP-581-43156; pvlib (Holmgren, Hansen, Mikofski 2018).

    Examples
    --------
    >>> read_tmy3("nowhere.csv")
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    return _read(path, fill, TMY3)


def _epw_hours(table: Any) -> NDArray[np.int64]:
    month, day, hour = (table[name].to_numpy(int) for name in ("month", "day", "hour"))
    return _hours(month, day, hour)


def _tmy3_hours(table: Any) -> NDArray[np.int64]:
    date = np.array([text.split("/")[:2] for text in table["Date (MM/DD/YYYY)"]], int)
    hour = np.array([text.split(":")[0] for text in table["Time (HH:MM)"]], int)
    return _hours(date[:, 0], date[:, 1], hour)


def _hours(month: NDArray[np.int64], day: NDArray[np.int64], hour: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each hour in the year from 0; -1 where there is no such hour."""
    known = (month >= 1) & (month <= 12) & (day >= 1) & (hour >= 1) & (hour <= 24)
    known &= day <= DAYS[np.where(known, month, 1) - 1]
    return np.where(known, (NEW_MONTH[np.where(known, month, 1) - 1] + day - 1) * 24 + hour - 1, -1)


EPW = _Format(
    "EPW", 8, lambda tools, text: tools.read_epw(text), _epw_hours,
    ("temp_air", "temp_dew", "atmospheric_pressure"), 1.0, ("city", "country"),
)  # fmt: skip
TMY3 = _Format(
    "TMY3", 2, lambda tools, text: tools.read_tmy3(text, map_variables=True), _tmy3_hours,
    ("temp_air", "temp_dew", "pressure"), 100.0, ("Name", "State"),
)  # fmt: skip


def _text(path: Path) -> str:
    """Return a file's text; names of places are in Latin-1 where they are not in UTF-8."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read(path: str | Path, fill: int, form: _Format) -> Weather:
    path = Path(path)
    if fill < 0:
        raise ValueError(f"fill = {fill}: must be >= 0 hours")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such weather file")
    try:
        from pvlib import iotools
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "weather files need pvlib: pip install 'ai-factory-twin[weather]', or take a synthetic year"
        ) from error
    text = _text(path)
    if not text.strip():
        raise ValueError(f"{path}: the file is empty: no {form.name} file; fetch it again")
    try:
        table, about = form.read(iotools, StringIO(text))
        hour = form.hour_of_year(table)
        series = [np.asarray(table[name], float) for name in form.columns]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        why = f"its head gives no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(f"{path}: no {form.name} file that pvlib reads: {why}; check its first lines") from error
    _check_order(path, hour, form.header_lines)
    celsius, dew, pressure = series
    columns = {"dry_bulb": celsius + 273.15, "dew_point": dew + 273.15, "pressure": pressure * form.to_pascal}
    place = _Place(path, hour, form.header_lines)
    placed = {name: _whole(place, name, values, fill) for name, values in columns.items()}
    _check_dew_point(place, placed)
    return Weather(
        placed["dry_bulb"],
        np.minimum(placed["dew_point"], placed["dry_bulb"]),
        placed["pressure"],
        ", ".join(str(about[key]).strip() for key in form.site),
        radians(about["latitude"]),
        float(about["altitude"]),
        float(about["TZ"]) * 3600.0,
        f"{form.name} {path.name}",
    )


class _Place(NamedTuple):
    """Where an hour stands in its file."""

    path: Path
    hour: NDArray[np.int64]
    header_lines: int

    def of(self, hour: int) -> str:
        """Return line and date of an hour; a missing one has the line where it should be."""
        line = self.header_lines + 1 + int(np.searchsorted(self.hour, hour))
        return f"{self.path}, line {line} ({_date(hour)})"


def _date(hour: int) -> str:
    month = int(np.searchsorted(NEW_MONTH, hour // 24, "right"))
    return f"month {month}, day {hour // 24 - NEW_MONTH[month - 1] + 1}, hour {hour % 24 + 1}"


def _check_order(path: Path, hour: NDArray[np.int64], header_lines: int) -> None:
    """Refuse dates that are none, the leap day, hours twice and hours out of order."""
    if (hour < 0).any():
        line = int(np.argmax(hour < 0)) + header_lines + 1
        raise ValueError(f"{path}, line {line}: no hour of a year of 365 days; take out 29 February, or mend the date")
    back = np.flatnonzero(np.diff(hour) <= 0)
    if back.size:
        first = int(back[0]) + 1
        what = "comes twice" if hour[first] in hour[:first] else "is out of order"
        raise ValueError(
            f"{path}, line {first + header_lines + 1}: {_date(int(hour[first]))} {what};"
            " keep one line per hour, in order of the year"
        )


def _whole(place: _Place, name: str, values: Array, fill: int) -> Array:
    """Return the year of a column; gaps are filled up to a length, longer ones refused."""
    low, high, unit = RANGES[name]
    year = np.full(HOURS, np.nan)
    year[place.hour] = np.where((values >= low) & (values <= high), values, np.nan)
    bad = np.isnan(year)
    if not bad.any():
        return year
    start, length = _gaps(bad)
    longest = int(np.argmax(length))
    if length[longest] > fill:
        raise ValueError(
            f"{place.of(int(start[longest]))}: {name} missing or not in {low:g} .. {high:g} {unit} for"
            f" {length[longest]} h, {int(bad.sum())} h in all: mend the file"
            + (
                f", or fill gaps with fill={length[longest]} (--fill of twin year)"
                if length[longest] <= 24
                else ", or take another year"
            )
        )
    hour = np.arange(HOURS)
    return np.interp(hour, hour[~bad], year[~bad], period=HOURS)


def _gaps(bad: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first hour and length of each run, joined over the turn of the year."""
    if bad.all():
        return np.array([0]), np.array([bad.size])
    turn = int(np.argmin(bad))  # a good hour to begin at
    edge = np.diff(np.roll(bad, -turn).astype(int), append=0)
    start, stop = np.flatnonzero(edge > 0) + 1, np.flatnonzero(edge < 0) + 1
    return (start + turn) % bad.size, stop - start


def _check_dew_point(place: _Place, year: dict[str, Array]) -> None:
    over = year["dew_point"] - year["dry_bulb"]
    worst = int(np.argmax(over))
    if over[worst] > ROUNDING:
        raise ValueError(
            f"{place.of(worst)}: dew_point {over[worst]:.2f} K above dry_bulb: must not be above; mend the line"
        )
