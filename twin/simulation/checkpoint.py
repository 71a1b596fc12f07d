"""A state of a run in a file, bit for bit, so that a stopped run goes on as if it had not stopped."""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import power
import thermal
from twin.simulation.policy import SetPoints
from twin.simulation.state import Energy, Film, State
from twin.simulation.stores import RackStore
from twin.simulation.water import Cooled, Water
from twin.spec.errors import SpecError

#: Parts of a state that are themselves made of numbers.
_PARTS: dict[str, Any] = {
    "unit": thermal.UnitState,
    "points": SetPoints,
    "energy": Energy,
    "film": Film,
    "water": Water,
    "cooled": Cooled,
    "smoothing": power.SmoothingState,
    "store": RackStore,
}
#: Those that a rack may not have.
_OPTIONAL = ("smoothing", "store")


def write_state(path: Path, state: State) -> None:
    """Write a state, whole or not at all; its course is left out.

    Parameters
    ----------
    path : Path
        The file, ending in .npz.
    state : State
        The state.

    Raises
    ------
    SpecError
        It cannot be written.

    References
    ----------
    Derived: a file beside it, then a rename.
    """
    beside = path.with_suffix(".part.npz")
    try:
        np.savez(beside, **_arrays(state))
        os.replace(beside, path)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written ({error.strerror}); what is stored is kept") from error


def read_state(path: Path) -> State | None:
    """Return the state in a file, None where there is no file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    State or None
        As it was written.

    Raises
    ------
    SpecError
        The file is no state.

    References
    ----------
    Derived: `write_state`.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return _state(dict(kept))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise SpecError(
            f"{path}: is no state of a run, or only part of one; remove its folder to begin anew"
        ) from error


def _arrays(state: State) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in state._asdict().items():
        if name == "course" or value is None:
            continue
        if name == "packages":
            found |= {f"packages.{k}": part for k, part in enumerate(value)}
        elif name in _PARTS:
            found |= {f"{name}.{field}": part for field, part in value._asdict().items()}
        else:
            found[name] = value
    return found


def _state(kept: dict[str, Any]) -> State:
    plain = {name: value if value.ndim else value.item() for name, value in kept.items() if "." not in name}
    for name, kind in _PARTS.items():
        if name in _OPTIONAL and f"{name}.{kind._fields[0]}" not in kept:
            plain[name] = None
            continue
        values = {field: kept[f"{name}.{field}"] for field in kind._fields}
        plain[name] = kind(**{field: value if value.ndim else value.item() for field, value in values.items()})
    count = sum(name.startswith("packages.") for name in kept)
    plain["packages"] = tuple(kept[f"packages.{k}"] for k in range(count))
    plain["unit_rate"] = tuple(plain["unit_rate"].tolist())
    return State(**plain, course=None)
