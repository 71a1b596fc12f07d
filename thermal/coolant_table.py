"""Tables of further coolants: made by CoolProp, or read from a file of your own.

Contract: a table is text of the form of thermal/data/pg25.csv: comments with `#`, one of them
`# freezes at 263.36 K`, a header, rows in order of temperature. Liquids only. CoolProp is the extra `coolants`.
"""

import re
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from thermal.coolant import Coolant, CoolantName, coolant, parse_coolant

Array = NDArray[np.float64]

COLUMNS = {"density": "D", "heat_capacity": "C", "viscosity": "V", "conductivity": "L"}
"""columns after the temperature, with CoolProp's key of each"""
STEP, HOTTEST, BOILING_MARGIN = 2.0, 373.15, 2.0


def coolant_names() -> tuple[str, ...]:
    """Return the names of the shipped tables.

    Returns
    -------
    names
        Water, then water with propylene (pg) or ethylene glycol (eg), followed by its percent by mass.

    References
    ----------
    See `coolant`.

    Examples
    --------
    >>> coolant_names()[:3]
    ('water', 'pg25', 'pg20')
    """
    return get_args(CoolantName)


def other_coolant(liquid: Coolant, at: Array) -> str:
    """Return advice: the first shipped coolant, of the same family if it can be, that holds all values."""
    names: tuple[CoolantName, ...] = get_args(CoolantName)
    for name in sorted(names, key=lambda name: (name[:2] != liquid.name[:2], name[:2] == "eg", name)):
        rows = coolant(name).temperature
        if rows[0] <= at.min() and at.max() <= rows[-1]:
            return f", or take {name!r}, {rows[0]:.6g} .. {rows[-1]:.6g} K"
    return ""


def coolant_table(name: str, fluid: str, pressure: float = 3e5) -> str:
    """Return the text of a property table made with CoolProp, as the shipped ones were.

    Parameters
    ----------
    name : what to call the coolant
    fluid : in CoolProp's spelling, such as "INCOMP::MPG[0.35]" (fraction by mass), "INCOMP::T66" or "HEOS::Ammonia"
    pressure : at which the liquid is held [Pa]

    Returns
    -------
    text
        Rows each 2 K from the freezing point, or the coldest CoolProp knows, to 100 °C or 2 K below boiling.

    Raises
    ------
    ModuleNotFoundError
        CoolProp is not there.
    ValueError
        CoolProp does not know the fluid, or it is not a liquid over at least 10 K at that pressure.

    References
    ----------
    Bell, Wronski, Quoilin, Lemort (2014), Ind. Eng. Chem. Res. 53, 2498.

    Examples
    --------
    >>> print(coolant_table("eg35", "INCOMP::MEG[0.35]").splitlines()[1])
    # freezes at 254.31 K; kg/m3, J/(kg*K), Pa*s, W/(m*K); by thermal.coolant_table
    """
    try:
        import CoolProp
        from CoolProp.CoolProp import PropsSI
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "a new coolant needs CoolProp: pip install 'ai-factory-twin[coolants]', or give a table to read_coolant"
        ) from error
    try:
        freezing = _freezing_point(PropsSI, fluid, pressure)
        first = (
            np.ceil(freezing * 20 + 0.1) / 20 if fluid.startswith("INCOMP::") else np.ceil(freezing * 100 - 1e-6) / 100
        )
        rows = _temperatures(float(first), _hottest(PropsSI, fluid, pressure))
        made = [[PropsSI(key, "T", T, "P", pressure, fluid) for key in COLUMNS.values()] for T in rows]
    except ValueError as error:
        raise ValueError(
            f"coolant {name!r}: CoolProp makes no table of {fluid!r} at {pressure:g} Pa: {error};"
            " take a fluid with fraction such as 'INCOMP::MPG[0.35]', or give a table to read_coolant"
        ) from error
    return "\n".join(
        [
            f"# {name}: made with CoolProp {CoolProp.__version__}, {fluid}, liquid at {pressure / 1e5:g} bar, "
            f"{rows[0]:.2f} .. {rows[-1]:.2f} K",
            f"# freezes at {freezing:.2f} K; kg/m3, J/(kg*K), Pa*s, W/(m*K); by thermal.coolant_table",
            ",".join(["temperature_K", *COLUMNS]),
            *(f"{T:.2f}," + ",".join(f"{value:.8g}" for value in values) for T, values in zip(rows, made, strict=True)),
            "",
        ]
    )


def make_coolant(name: str, fluid: str, pressure: float = 3e5) -> Coolant:
    """Return a coolant made with CoolProp; see `coolant_table`, whose text can be kept in a file.

    Parameters
    ----------
    name : what to call the coolant
    fluid : in CoolProp's spelling, such as "INCOMP::MPG[0.35]" (fraction by mass), "INCOMP::T66" or "HEOS::Ammonia"
    pressure : at which the liquid is held [Pa]

    Returns
    -------
    Coolant
        Read-only table arrays.

    Raises
    ------
    ModuleNotFoundError
        CoolProp is not there.
    ValueError
        CoolProp does not know the fluid, or it is not a liquid over at least 10 K at that pressure.

    References
    ----------
    Bell, Wronski, Quoilin, Lemort (2014), Ind. Eng. Chem. Res. 53, 2498.

    Examples
    --------
    >>> ammonia = make_coolant("ammonia", "HEOS::Ammonia", 2e6)
    >>> float(ammonia.temperature[-1])
    320.5
    """
    return _checked(name, coolant_table(name, fluid, pressure), f"table of {fluid}")


def read_coolant(path: str | Path) -> Coolant:
    """Return a coolant from a table of your own, which takes its name from the file.

    Parameters
    ----------
    path : file in the form of `coolant_table`

    Returns
    -------
    Coolant
        Read-only table arrays.

    Raises
    ------
    ValueError
        The file lacks its freezing point, a column or a number; or rows are out of order, or properties not positive.

    References
    ----------
    None: the numbers are those of the file.

    Examples
    --------
    >>> from importlib.resources import files
    >>> read_coolant(files("thermal") / "data" / "pg25.csv").freezing_point
    263.36
    """
    path = Path(path)
    return _checked(path.stem, path.read_text("utf-8"), str(path))


def _checked(name: str, text: str, where: str) -> Coolant:
    """Return the coolant of a table after a look at all of it."""
    if not re.search(r"^# freezes at \d+(\.\d+)? K", text, re.MULTILINE):
        raise ValueError(f"{where}: no freezing point; add a line '# freezes at 263.36 K'")
    numbered = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    header = ["temperature_K", *COLUMNS]
    if not numbered or numbered[0][1].split(",") != header or len(numbered) < 3:
        raise ValueError(f"{where}: must hold the header {','.join(header)!r} and at least two rows")
    before = 0.0
    for n, line in numbered[1:]:
        try:
            row = np.array(line.split(","), float)
        except ValueError:
            row = np.array([np.nan])
        if row.size != len(header) or not (np.isfinite(row).all() and (row > 0).all()):
            raise ValueError(f"{where}, line {n}: {line!r}: must be {len(header)} numbers > 0: {','.join(header)}")
        if row[0] <= before:
            raise ValueError(f"{where}, line {n}: {row[0]:g} K: must be above the row before; sort the rows")
        before = row[0]
    found = parse_coolant(name, text)
    if found.freezing_point > found.temperature[0] + 0.005:
        raise ValueError(
            f"{where}: its first row, {found.temperature[0]:g} K, is below the freezing point, {found.freezing_point:g}"
            " K: ice is out of scope; begin at the freezing point"
        )
    return found


def _freezing_point(props, fluid: str, pressure: float) -> float:  # type: ignore[no-untyped-def]
    """Return where the liquid begins: a solution's freezing point, water's, or the coldest that CoolProp knows."""
    if not fluid.startswith("INCOMP::"):
        return max(float(props("TTRIPLE", fluid)), float(props("TMIN", fluid)))
    try:
        return float(props("T_FREEZE", "T", 300.0, "P", pressure, fluid))
    except ValueError:  # oils have none
        return float(props("TMIN", "T", 300.0, "P", pressure, fluid))


def _hottest(props, fluid: str, pressure: float) -> float:  # type: ignore[no-untyped-def]
    """Return 100 °C, or less where the liquid would boil."""
    if fluid.startswith("INCOMP::"):
        return min(HOTTEST, float(props("TMAX", "T", 300.0, "P", pressure, fluid)))
    if pressure >= props("PCRIT", fluid):
        raise ValueError("the pressure is above the critical one: no liquid surface")
    return min(HOTTEST, float(props("T", "P", pressure, "Q", 0, fluid)) - BOILING_MARGIN)


def _temperatures(first: float, hottest: float) -> list[float]:
    """Return the rows: the first, then each 2 K on the grid of 0 °C, and the hottest."""
    grid = HOTTEST - STEP * np.arange(200.0)[::-1]
    inside = grid[(grid > first + STEP / 2) & (grid <= hottest)]
    if hottest - first < 10:
        raise ValueError(f"it is liquid from {first:.2f} to {hottest:.2f} K only, and two-phase is out of scope")
    if inside[-1] < hottest - STEP / 4:
        inside = np.append(inside, np.floor(hottest * 20) / 20)
    return [first, *inside.tolist()]
