"""From a catalogue entry or a person's TOML file to a validated spec with the origin of every number.

A file may start with ``inherit = "gb300-nvl72"`` and give only what differs (see `twin.spec.merge`). A number is a
plain SI number, text with a unit, or a table
``{value = "1400 W", status = "quoted", source = "lenovo-lp2357", spread = 0.1}``.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from twin.spec.errors import SpecError
from twin.spec.merge import Leaf, inherited
from twin.spec.models import laid_over
from twin.spec.read import Reader
from twin.spec.types import Factory


def systems() -> tuple[str, ...]:
    """Return the names of the catalogue's systems.

    Returns
    -------
    tuple of str
        Sorted names.

    References
    ----------
    Derived: the files of twin/catalogue.

    Examples
    --------
    >>> "gb300-nvl72" in systems()
    True
    """
    return tuple(name for name in _entries() if not name.startswith("_"))


@lru_cache(maxsize=1)
def _entries() -> tuple[str, ...]:
    """Return the catalogue's documents; one whose name starts with _ may be inherited from but is no system."""
    files = [entry.name for entry in _catalogue().iterdir() if entry.name.endswith(".toml")]
    return tuple(sorted(name.removesuffix(".toml") for name in files if name != "sources.toml"))


def _catalogue() -> Any:
    return resources.files("twin") / "catalogue"


@lru_cache(maxsize=1)
def sources() -> dict[str, dict[str, str]]:
    """Return the catalogue's sources: key → title, publisher, year.

    Returns
    -------
    dict of str to dict
        As in sources.toml.

    References
    ----------
    Derived: twin/catalogue/sources.toml.
    """
    return tomllib.loads((_catalogue() / "sources.toml").read_text(encoding="utf-8"))


def load(system: str | Path) -> Factory:
    """Return the spec of a catalogue entry, or of a TOML file given by its path.

    Parameters
    ----------
    system : str or Path
        Catalogue name such as ``"gb300-nvl72"``, or the path of a file ending in ``.toml``.

    Returns
    -------
    Factory
        Frozen, validated, with provenance.

    Raises
    ------
    SpecError
        Unknown system (near names are offered), unreadable or broken file, or any unfit number (all are reported).

    References
    ----------
    Derived: merge along ``inherit``, then every check.

    Examples
    --------
    >>> load("gb300-nvl72").rack.nvlink.gpus
    72
    """
    text = str(system)
    if text.endswith(".toml") or "/" in text:
        return build(_read(Path(text)), origin=Path(text).name, name=Path(text).stem)
    return _load_entry(text)


@lru_cache(maxsize=32)
def _load_entry(name: str) -> Factory:
    return build(_entry(name, systems()), origin=name, name=name)


def loads(text: str, name: str = "spec") -> Factory:
    """Return the spec written in TOML text (for example the `spec` attribute of a result).

    Parameters
    ----------
    text : str
        TOML as in a file.
    name : str
        Name used in messages and, where the text has none, as the spec's name.

    Returns
    -------
    Factory
        Frozen, validated.

    Raises
    ------
    SpecError
        As `load`.

    References
    ----------
    Derived: as `load`.
    """
    return build(_parse(text, name), origin=name, name=name)


def _entry(name: str, known: tuple[str, ...]) -> dict[str, Any]:
    if name not in known:
        near = difflib.get_close_matches(name, systems(), n=3, cutoff=0.4)
        hint = f"near names: {', '.join(near)}" if near else f"known: {', '.join(systems())}"
        raise SpecError(f"unknown system {name!r} ({hint}; a file of your own ends in .toml)")
    return _parse((_catalogue() / f"{name}.toml").read_text(encoding="utf-8"), name)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise SpecError(f"{path}: cannot be read (not UTF-8 text); save it as UTF-8") from error
    return _parse(text, path.name)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and an integer of more than 4300 digits
        raise SpecError(f"{name}: not valid TOML, {error}") from error
    except RecursionError as error:
        raise SpecError(f"{name}: not valid TOML, nested too deeply") from error


def build(raw: Mapping[str, Any], *, origin: str, name: str) -> Factory:
    """Return the spec of a parsed TOML document, following its ``inherit``.

    Parameters
    ----------
    raw : mapping
        Parsed document.
    origin : str
        Name of the document, as the source of its plain numbers.
    name : str
        Name of the spec where the document has none.

    Returns
    -------
    Factory
        Frozen, validated, with provenance.

    Raises
    ------
    SpecError
        Every problem found, each with its path.

    References
    ----------
    Derived: merge, read, check.
    """
    merged = inherited(raw, origin, lambda base: _entry(base, _entries()), lay=laid_over)
    merged.setdefault("name", Leaf(name, {}, origin))
    reader = Reader()
    factory = reader.part(merged, Factory, ())
    if reader.problems:
        raise SpecError(list(dict.fromkeys(reader.problems)))
    return dataclasses.replace(factory, provenance=reader.origins)
