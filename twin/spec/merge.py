"""How one TOML document lies over another: tables merge, named lists merge by name, everything else replaces.

A list of named tables merges by name when it only names entries of the base (in the file's order where it names them
all, else in the base's); with a new name, no name or a name twice it replaces the base's list.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from twin.spec.errors import SpecError


@dataclasses.dataclass(frozen=True)
class Leaf:
    """One value of a document with what the document says about it."""

    value: Any
    """As written: a number, text, a switch, a list of numbers."""
    about: Mapping[str, Any]
    """The keys that stand beside `value`: status, source, spread."""
    document: str
    """Name of the document."""


def mark(raw: Any, document: str) -> Any:
    """Return a document whose plain leaves say which document they come from.

    Parameters
    ----------
    raw : object
        Parsed TOML.
    document : str
        Name of the document.

    Returns
    -------
    object
        The same nesting, each leaf a `Leaf`.

    References
    ----------
    Derived: recursion over tables and lists.
    """
    if isinstance(raw, Mapping) and "value" in raw:
        return Leaf(raw["value"], {k: v for k, v in raw.items() if k != "value"}, document)
    if isinstance(raw, Mapping):
        return {key: mark(value, document) for key, value in raw.items()}
    if isinstance(raw, list) and any(isinstance(item, Mapping) for item in raw):
        return [mark(item, document) for item in raw]
    return Leaf(raw, {}, document)


def inherited(
    raw: Mapping[str, Any],
    document: str,
    entry: Callable[[str], Mapping[str, Any]],
    seen: tuple[str, ...] = (),
    lay: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a document, marked, laid over the chain of entries it inherits from.

    Parameters
    ----------
    raw : mapping
        Parsed TOML.
    document : str
        Name of the document.
    entry : callable
        Name of an entry → its parsed TOML.
    seen : tuple of str
        Entries already in the chain.
    lay : callable, optional
        Lays a marked document over another; `merge` unless given.

    Returns
    -------
    dict
        The merged document without ``inherit``; leaves are `Leaf`.

    Raises
    ------
    SpecError
        The entry is unknown, or the chain is a circle.

    References
    ----------
    Derived: recursion along ``inherit``.
    """
    marked = {key: mark(value, document) for key, value in raw.items() if key != "inherit"}
    lay = lay or merge
    if "inherit" not in raw:
        return dict(lay({}, marked))
    base = raw["inherit"]
    if not isinstance(base, str):
        raise SpecError(f"{document}: inherit = {base}: must be the name of a system in quotes, see twin list")
    chain = (*(seen or (document,)), base)
    if base in chain[:-1]:
        raise SpecError(f"{document}: inherit = {base!r}: the chain {' → '.join(chain)} is a circle; cut it")
    under = inherited(entry(base), base, entry, chain, lay)
    return dict(lay({key: value for key, value in under.items() if key != "name"}, marked))


def merge(base: Any, over: Any) -> Any:
    """Return one marked value laid over another.

    Parameters
    ----------
    base, over : object
        Marked values; `over` wins.

    Returns
    -------
    object
        The merged value.

    References
    ----------
    Derived: the rules of this module.
    """
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: merge(base[key], value) if key in base else value for key, value in over.items()}
    if isinstance(base, list) and isinstance(over, list):
        return _merge_lists(base, over)
    return over


def _merge_lists(base: list[Any], over: list[Any]) -> list[Any]:
    known = {name_of(item): item for item in base}
    wanted = {name_of(item): item for item in over}
    if None in wanted or len(wanted) < len(over) or not wanted.keys() <= known.keys():
        return over
    order = wanted if wanted.keys() == known.keys() else known
    return [merge(known[name], wanted[name]) if name in wanted else known[name] for name in order]


def name_of(item: Any) -> str | None:
    """Return the `name` of a marked table, None where it has none."""
    name = item.get("name") if isinstance(item, dict) else None
    return name.value if isinstance(name, Leaf) and isinstance(name.value, str) else None
