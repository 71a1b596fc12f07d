"""From a catalogue entry or a person's TOML file to a validated spec with the origin of every number.

A file may start with ``inherit = "gb300-nvl72"`` and give only what differs. Tables merge; a list of named tables
merges by name when it only names entries of the base (the order is the file's where it names them all), else it
replaces the base's. A number is a plain SI number, text with a unit, or a table
``{value = "1400 W", status = "quoted", source = "lenovo-lp2357", spread = 0.1}``.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from twin.spec.errors import SpecError
from twin.spec.paths import element_name, field_types, range_text
from twin.spec.quantity import to_si
from twin.spec.types import Factory, Origin

STATUSES = ("stated", "measured", "quoted", "derived", "assumed", "user")
#: Relative half-width of the range an assumed number is drawn from, where its entry gives none.
DEFAULT_SPREAD = 0.2
_ORIGIN_KEYS = {"value", "status", "source", "spread"}


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
    names = (
        entry.name.removesuffix(".toml") for entry in _catalogue().iterdir() if entry.name.endswith(".toml")
    )
    return tuple(sorted(name for name in names if not name.startswith("_") and name != "sources"))


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
    Derived: merge along ``inherit``, then validation.

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
    return build(_entry(name), origin=name, name=name)


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


def _entry(name: str) -> dict[str, Any]:
    known = systems()
    if name not in known and not name.startswith("_"):
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"near names: {', '.join(near)}" if near else f"known: {', '.join(known)}"
        raise SpecError(f"unknown system {name!r} ({hint}; a file of your own ends in .toml)")
    return _parse((_catalogue() / f"{name}.toml").read_text(encoding="utf-8"), name)


def _read(path: Path) -> dict[str, Any]:
    try:
        return _parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SpecError(f"{path}: cannot be read ({reason})") from error


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{name}: not valid TOML, {error}") from error
    except RecursionError as error:
        raise SpecError(f"{name}: nested too deeply") from error


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
    Derived: merge, normalise, validate.
    """
    merged = merge_inherited(mark(raw, origin), name, ())
    merged.setdefault("name", _Leaf(name, {}, origin))
    reader = _Reader()
    plain = reader.table(merged, Factory, ())
    if reader.problems:
        raise SpecError(_sorted(reader.problems))
    try:
        factory = _factory_adapter().validate_python(plain)
    except ValidationError as error:
        raise SpecError([_problem(entry, plain) for entry in error.errors()]) from error
    return dataclasses.replace(factory, provenance=reader.origins)


def _sorted(problems: list[str]) -> list[str]:
    return list(dict.fromkeys(problems))


@lru_cache(maxsize=1)
def _factory_adapter() -> TypeAdapter[Factory]:
    return TypeAdapter(Factory)


def mark(raw: Any, origin: str) -> Any:
    """Return a document whose plain leaves say which document they come from.

    Parameters
    ----------
    raw : object
        Parsed TOML.
    origin : str
        Name of the document.

    Returns
    -------
    object
        The same nesting, each leaf a `_Leaf`.

    References
    ----------
    Derived: recursion over tables and lists.
    """
    if isinstance(raw, Mapping) and "value" in raw:
        return _Leaf(raw["value"], {k: v for k, v in raw.items() if k != "value"}, origin)
    if isinstance(raw, Mapping):
        return {key: mark(value, origin) for key, value in raw.items()}
    if isinstance(raw, list) and any(isinstance(item, Mapping) for item in raw):
        return [mark(item, origin) for item in raw]
    return _Leaf(raw, {}, origin)


@dataclasses.dataclass(frozen=True)
class _Leaf:
    """One value of a document with what the document says about it."""

    value: Any
    about: Mapping[str, Any]
    document: str


def merge_inherited(marked: dict[str, Any], name: str, seen: tuple[str, ...]) -> dict[str, Any]:
    """Return a marked document laid over the chain of entries it inherits from.

    Parameters
    ----------
    marked : dict
        As returned by `mark`.
    name : str
        Name of the document.
    seen : tuple of str
        Entries already in the chain.

    Returns
    -------
    dict
        The merged document without ``inherit``.

    Raises
    ------
    SpecError
        The entry is unknown, or the chain is a circle.

    References
    ----------
    Derived: recursion along ``inherit``.
    """
    parent = marked.pop("inherit", None)
    if parent is None:
        return marked
    base = parent.value if isinstance(parent, _Leaf) else None
    if not isinstance(base, str):
        raise SpecError(f"inherit in {name}: must be the name of a system in quotes")
    if base in seen:
        raise SpecError(f"inherit = {base!r}: the chain {' → '.join((*seen, base))} is a circle")
    under = merge_inherited(mark(_entry(base), base), base, (*seen, base))
    return dict(_merge({key: value for key, value in under.items() if key != "name"}, marked))


def _merge(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return {
            **base,
            **{key: _merge(base[key], value) if key in base else value for key, value in over.items()},
        }
    if isinstance(base, list) and isinstance(over, list):
        return _merge_lists(base, over)
    return over


def _merge_lists(base: list[Any], over: list[Any]) -> list[Any]:
    names, wanted = [_name(item) for item in base], [_name(item) for item in over]
    if None in wanted or not set(wanted) <= set(names):
        return over
    merged = {n: _merge(base[names.index(n)], item) for n, item in zip(wanted, over, strict=True)}
    order = wanted if set(wanted) == set(names) else names
    return [merged.get(n, base[names.index(n)]) for n in order]


def _name(item: Any) -> Any:
    name = item.get("name") if isinstance(item, dict) else None
    return name.value if isinstance(name, _Leaf) and isinstance(name.value, str) else None


class _Reader:
    """Walks a merged document along the types: units to SI, origins apart, every problem noted with its path."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.origins: dict[str, Origin] = {}

    def table(self, raw: Any, owner: type, path: tuple[str, ...]) -> Any:
        """Return the plain table of one parameter type."""
        if not isinstance(raw, dict):
            return self._none_or_problem(raw, path, f"must be a table of {owner.__name__}")
        kinds = field_types(owner)
        for key in raw.keys() - kinds.keys():
            near = difflib.get_close_matches(key, kinds, n=3, cutoff=0.5) or list(kinds)
            self.problems.append(f"{_dotted(path, key)}: no such field (near names: {', '.join(near)})")
        return {key: self.value(raw[key], kinds[key].annotation, (*path, key)) for key in kinds if key in raw}

    def _none_or_problem(self, raw: Any, path: tuple[str, ...], problem: str) -> None:
        if not (isinstance(raw, _Leaf) and raw.value == "none"):
            self.problems.append(f"{_dotted(path)}: {problem}")

    def value(self, raw: Any, annotation: Any, path: tuple[str, ...]) -> Any:
        """Return the plain value of one field."""
        inner = next((a for a in get_args(annotation) if a is not NoneType), annotation)
        kind = inner if get_origin(annotation) in (Union, UnionType) else annotation
        if dataclasses.is_dataclass(kind):
            return self.table(raw, kind, path)  # type: ignore[arg-type]
        item = get_args(kind)[0] if get_origin(kind) is tuple else None
        if item is not None and dataclasses.is_dataclass(item):
            return self._elements(raw, item, path)  # type: ignore[arg-type]
        if not isinstance(raw, _Leaf):
            return self.problems.append(f"{_dotted(path)}: must be one value, not a table or list")
        return self.leaf(raw, kind, path)

    def _elements(self, raw: Any, item: type, path: tuple[str, ...]) -> Any:
        if not isinstance(raw, list):
            return self.problems.append(f"{_dotted(path)}: must be a list of tables [[{_dotted(path)}]]")
        names = [_name(entry) or str(i) for i, entry in enumerate(raw)]
        for twice in {n for n in names if names.count(n) > 1}:
            self.problems.append(f"{_dotted(path, twice)}: the name stands twice")
        return tuple(self.table(entry, item, (*path, n)) for n, entry in zip(names, raw, strict=True))

    def leaf(self, raw: _Leaf, annotation: Any, path: tuple[str, ...]) -> Any:
        """Return a leaf in SI and note its origin."""
        for key in raw.about.keys() - _ORIGIN_KEYS:
            self.problems.append(
                f"{_dotted(path)}: no such key {key!r} beside value (known: status, source, spread)"
            )
        unit = _unit_of(annotation)
        plain = raw.value
        if unit is not None and plain != "none":
            try:
                plain = to_si(plain, unit)
            except SpecError as error:
                return self.problems.append(f"{_dotted(path)}: {error}")
        if _is_number(plain):
            self._note_origin(raw, unit, path)
        return None if plain == "none" else tuple(plain) if isinstance(plain, list) else plain

    def _note_origin(self, raw: _Leaf, unit: str | None, path: tuple[str, ...]) -> None:
        status = raw.about.get("status", "user")
        if status not in STATUSES:
            self.problems.append(f"{_dotted(path)}: status {status!r} must be one of {', '.join(STATUSES)}")
        spread = raw.about.get("spread", DEFAULT_SPREAD)
        try:
            width = to_si(spread, "delta_K" if unit == "K" and isinstance(spread, str) else "1")
        except SpecError as error:
            return self.problems.append(f"{_dotted(path)}: spread: {error}")
        if unit == "K" and "spread" not in raw.about:
            width = 5.0
        self.origins[_dotted(path)] = Origin(str(status), str(raw.about.get("source", raw.document)), width)
        return None


def _is_number(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, (int, float)) and not isinstance(first, bool)


def _unit_of(annotation: Any) -> str | None:
    if get_origin(annotation) is Annotated and get_args(annotation)[0] is float:
        return next((m for m in get_args(annotation)[1:] if isinstance(m, str)), None)
    return None


def _dotted(path: tuple[str, ...], *more: str) -> str:
    return ".".join((*path, *more))


def _problem(entry: Mapping[str, Any], plain: Any) -> str:
    """Return one validation error with names in place of list positions."""
    steps, here, owner = [], plain, Factory
    for step in entry["loc"]:
        here = here[step] if isinstance(here, (dict, tuple)) and _has(here, step) else None
        steps.append(element_name(_Named(here), step) if isinstance(step, int) else str(step))
    path, kind = ".".join(steps), entry["type"]
    if kind == "missing":
        return f"{path}: is missing"
    if kind == "value_error":
        text = str(entry["msg"]).removeprefix("Value error, ")
        return f"{path}: {text}" if path else text
    return f"{path} = {entry['input']!r}: {range_text(entry, _unit_at(owner, entry['loc']))}"


def _has(here: Any, step: Any) -> bool:
    return step in here if isinstance(here, dict) else isinstance(step, int) and step < len(here)


class _Named:
    """Gives a plain table's `name` as an attribute."""

    def __init__(self, table: Any) -> None:
        if isinstance(table, dict) and "name" in table:
            self.name = table["name"]


def _unit_at(owner: Any, loc: tuple[Any, ...]) -> str | None:
    unit = None
    for step in loc:
        if isinstance(step, str) and dataclasses.is_dataclass(owner):
            kind = field_types(owner).get(step)  # type: ignore[arg-type]
            if kind is None:
                return unit
            unit = kind.unit
            inner = [a for a in get_args(kind.annotation) if dataclasses.is_dataclass(a)]
            owner = inner[0] if inner else kind.annotation
    return unit
