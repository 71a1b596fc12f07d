"""Text of the files of a run, and names near an unknown one."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twin.spec.errors import SpecError


def near(key: Any, known: Iterable[str], what: str = "key") -> str:
    """Return the problem of an unknown key, with the known ones that are like it.

    Parameters
    ----------
    key : object
        The key.
    known : iterable of str
        What it may be.
    what : str
        What it is.

    Returns
    -------
    str

    References
    ----------
    Derived: `difflib`.
    """
    like = difflib.get_close_matches(str(key), known, n=3, cutoff=0.5)
    return f"no such {what} (" + (f"near names: {', '.join(like)}" if like else f"known: {', '.join(known)}") + ")"


def late(name: str, at: float, duration: float) -> str:
    """Return the problem of what begins [s] when a run is over [s]."""
    return f"{name}.at = {at:g} s: must be < duration = {duration:g} s; lower it, or run longer"


def short_period(name: str, period: float, tick: float) -> str:
    """Return the problem of a load whose period [s] is shorter than a step of the packages [s]."""
    return f"{name} = {period:g} s: must be ≥ steps.thermal = {tick:g} s; lengthen it, or shorten steps.thermal"


def text(path: Path) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a mark of it.

    Returns
    -------
    str

    Raises
    ------
    SpecError
        It cannot be read.

    References
    ----------
    Derived: one message.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise SpecError(f"{path}: cannot be read (not UTF-8 text); save it as UTF-8") from error
