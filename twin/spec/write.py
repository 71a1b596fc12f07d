"""A spec as TOML text again, with the origin of every number; the hash of the catalogue; the sources a spec uses."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from twin.spec.fields import field_types
from twin.spec.find import element_name
from twin.spec.provenance import Overlay
from twin.spec.types import Factory, Origin


def to_toml(spec: Factory) -> str:
    """Return a spec as TOML; `twin.spec.load.loads` reads it back to an equal spec.

    Parameters
    ----------
    spec : Factory
        The spec.

    Returns
    -------
    str
        Plain SI numbers, each with status and source where they are known.

    References
    ----------
    Derived: field by field.

    Examples
    --------
    >>> import twin
    >>> 'status = "quoted"' in to_toml(twin.load("gb300-nvl72"))
    True
    """
    return "\n".join(_lines(spec, spec.provenance, "", "")) + "\n"


def _lines(item: Any, provenance: Mapping[str, Origin], header: str, path: str) -> Iterator[str]:
    """Yield the plain fields of a table, then its sub-tables; `header` is the table in TOML, `path` in the spec."""
    tables: list[tuple[str, str, str, Any]] = []
    for name, declared in field_types(type(item)).items():
        value = getattr(item, name)
        if declared.element is not None and not value:
            continue
        if dataclasses.is_dataclass(value):
            tables.append((f"[{header}{name}]", f"{header}{name}.", f"{path}{name}.", value))
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            tables += [
                (f"[[{header}{name}]]", f"{header}{name}.", f"{path}{name}.{element_name(part, i)}.", part)
                for i, part in enumerate(value)
            ]
        else:
            yield f"{name} = {_sourced(value, provenance.get(path + name))}"
    for opening, below, part_path, part in tables:
        yield opening
        yield _table(_Same(part), provenance, below, part_path)


class _Same:
    """Makes an object a cache key by its identity: copies of a spec share the tables that did not change."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __hash__(self) -> int:
        return id(self.item)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.item is other.item


def _table(part: _Same, provenance: Mapping[str, Origin], header: str, path: str) -> str:
    changed = provenance.under(path) if isinstance(provenance, Overlay) else (provenance, ())
    return _kept(part, _Same(changed[0]), changed[1], header, path)


@lru_cache(maxsize=512)
def _kept(part: _Same, base: _Same, changes: tuple[tuple[str, Origin], ...], header: str, path: str) -> str:
    return "\n".join(_lines(part.item, Overlay(dict(changes), base.item), header, path))


def _sourced(value: Any, origin: Origin | None) -> str:
    if origin is None:
        return _literal(value)
    return f"{{value = {_literal(value)}, {_about(origin)}}}"


@lru_cache(maxsize=1024)
def _about(origin: Origin) -> str:
    return f"status = {_literal(origin.status)}, source = {_literal(origin.source)}, spread = {_literal(origin.spread)}"


def _literal(value: Any) -> str:
    """Return a plain value in TOML; JSON's text, numbers and lists are TOML's too."""
    return json.dumps("none" if value is None else value)


@lru_cache(maxsize=1)
def catalogue_hash() -> str:
    """Return the SHA-256 of the catalogue's files, so that a result says which numbers it stands on.

    Returns
    -------
    str
        Hexadecimal, 64 digits.

    References
    ----------
    FIPS 180-4.
    """
    digest = hashlib.sha256()
    for entry in sorted((resources.files("twin") / "catalogue").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            digest.update(entry.name.encode() + entry.read_bytes())
    return digest.hexdigest()


def sources_used(spec: Factory) -> str:
    """Return the keys of the sources behind a spec, sorted, separated by commas.

    Parameters
    ----------
    spec : Factory
        A spec with provenance.

    Returns
    -------
    str
        Keys into sources.toml, or the words of a user's file.

    References
    ----------
    Derived: provenance.
    """
    return ", ".join(sorted({origin.source for origin in spec.provenance.values()}))
