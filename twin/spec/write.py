"""A spec as TOML text again, with the origin of every number; the hash of the catalogue; the sources a spec uses."""

import dataclasses
import hashlib
from functools import lru_cache
from importlib import resources
from typing import Any

import tomli_w

from twin.spec.fields import field_types
from twin.spec.find import element_name
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
    return tomli_w.dumps(_table(spec, spec.provenance, ()))


def _table(item: Any, provenance: Any, path: tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(item, name), provenance, (*path, name)) for name in field_types(type(item))}


def _value(value: Any, provenance: Any, path: tuple[str, ...]) -> Any:
    if dataclasses.is_dataclass(value):
        return _table(value, provenance, path)
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return [_table(item, provenance, (*path, element_name(item, i))) for i, item in enumerate(value)]
    plain = "none" if value is None else list(value) if isinstance(value, tuple) else value
    origin = provenance.get(".".join(path))
    return _with_origin(plain, origin) if origin else plain


def _with_origin(value: Any, origin: Origin) -> dict[str, Any]:
    return {"value": value, "status": origin.status, "source": origin.source, "spread": origin.spread}


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
