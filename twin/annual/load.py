"""The load of each hour of a year: constant, a daily swing, or a file."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.weather import HOURS
from twin.spec.errors import SpecError

Array = NDArray[np.float64]

#: Middle of the busiest hours of a daily swing, local standard time [h]: assumed.
BUSIEST = 15.0
#: Rows of a file: a day, a week, a year.
ROWS = (24, 168, HOURS)


def daily_load(low: float, high: float) -> Array:
    r"""Return a load that swings each day between two values.

    $$ u = \frac{u_{high} + u_{low}}{2} + \frac{u_{high} - u_{low}}{2} \cos 2\pi \frac{t - 15\,h}{24\,h} $$

    Parameters
    ----------
    low : float
        At 03:00 [1].
    high : float
        At 15:00 [1].

    Returns
    -------
    (8760,) array
        At the middle of each hour [1].

    Raises
    ------
    SpecError
        A load outside 0 .. 1.

    References
    ----------
    Derived: one harmonic.

    Examples
    --------
    >>> float(daily_load(0.3, 1.0).mean().round(3))
    0.65
    """
    clock = np.cos(2 * np.pi * (np.arange(HOURS) % 24 + 0.5 - BUSIEST) / 24)  # each day to the same bits
    return hourly((high + low) / 2 + (high - low) / 2 * clock, f"load {low:g}:{high:g}")


def read_load(path: str | Path) -> Array:
    """Return the load of a file of one number per line: of a day, a week or a year, repeated; hour 1 ends at 01:00.

    Parameters
    ----------
    path : str or Path
        Text of 24, 168 or 8 760 lines; of several columns, parted by commas, the last counts.

    Returns
    -------
    (8760,) array
        Load [1].

    Raises
    ------
    SpecError
        Unreadable, another number of lines, or a value that is no load, with its line.

    References
    ----------
    Derived: repetition; the year starts on the first hour of the file.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise SpecError(f"--load {path}: cannot be read ({error}); give low:high, a number, or a file") from error
    cells = [(n, line.rpartition(",")[2].strip()) for n, line in enumerate(lines, 1) if line.strip()]
    if cells and not _number(cells[0][1]):
        cells = cells[1:]  # a line of names
    for n, cell in cells:
        if not _number(cell) or not 0 <= float(cell) <= 1:
            raise SpecError(f"{path}, line {n}: load = {cell!r}: must be a number from 0 to 1")
    if len(cells) not in ROWS:
        raise SpecError(f"{path}: {len(cells)} values: must be {', '.join(map(str, ROWS[:-1]))} or {ROWS[-1]}")
    return np.resize(np.array([float(cell) for _, cell in cells]), HOURS)


def hourly(load: ArrayLike, name: str = "load") -> Array:
    """Return a load as one value for each hour.

    Parameters
    ----------
    load : (8760,) array or float
        Utilization [1].
    name : str
        For messages.

    Returns
    -------
    (8760,) array
        Load [1].

    Raises
    ------
    SpecError
        Another shape, or a value outside 0 .. 1.

    References
    ----------
    Derived: broadcasting.

    Examples
    --------
    >>> hourly(0.8).shape
    (8760,)
    """
    given = np.asarray(load, float)
    if given.shape not in ((), (HOURS,)):
        raise SpecError(f"{name}: shape {given.shape}: must be one number or {HOURS}, one for each hour of a year")
    if not ((given >= 0) & (given <= 1)).all():
        worst = given[~((given >= 0) & (given <= 1))].flat[0]
        raise SpecError(f"{name} = {worst:g}: must lie in 0 .. 1")
    return np.broadcast_to(given, HOURS).astype(float)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
