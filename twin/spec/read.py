"""A merged document read along the types of the spec: units to SI, origins apart, every problem noted with its path."""

import difflib
from collections.abc import Mapping
from typing import Any

from twin.spec.errors import SpecError
from twin.spec.fields import FieldType, Steps, allowed, convert, field_types, named_by_path
from twin.spec.merge import Leaf, name_of
from twin.spec.models import taken
from twin.spec.provenance import DEFAULT_SPREAD, DEFAULT_SPREAD_KELVIN, STATUSES
from twin.spec.quantity import to_si
from twin.spec.types import Origin

_ABOUT = ("status", "source", "spread")
#: Stands for a part that could not be made; its problems are noted.
_UNFIT = object()


class Reader:
    """Makes parts of a spec from marked tables; goes on after a problem, so that all are reported at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.origins: dict[str, Origin] = {}

    def part(self, raw: Mapping[str, Any], owner: type, path: Steps) -> Any:
        """Return a part of the spec, or a placeholder where anything in it was unfit."""
        kinds, before = field_types(owner), len(self.problems)
        if "model" not in kinds:
            try:
                raw = taken(raw, owner)
            except SpecError as error:
                return self._note((*path, "model"), str(error))
        for key in raw.keys() - kinds.keys():
            near = difflib.get_close_matches(key, kinds, n=3, cutoff=0.5) or list(kinds)
            self._note((*path, key), f"no such field (near names: {', '.join(near)})")
        for key in [key for key, kind in kinds.items() if kind.required and key not in raw]:
            self._note((*path, key), _missing(kinds[key]))
        values = {key: self._value(raw[key], kinds[key], (*path, key)) for key in kinds if key in raw}
        if len(self.problems) > before:
            return _UNFIT
        try:
            return owner(**values)
        except (ValueError, ArithmeticError) as error:
            self.problems += named_by_path(error, owner, path)
            return _UNFIT

    def _note(self, path: Steps, problem: str) -> Any:
        self.problems.append(f"{'.'.join(path)}: {problem}")
        return _UNFIT

    def _value(self, raw: Any, kind: FieldType, path: Steps) -> Any:
        if isinstance(raw, Leaf) and (raw.value == "none" or not (kind.table or kind.element)):
            return self._leaf(raw, kind, path)
        if kind.table is not None:
            if isinstance(raw, Leaf) and isinstance(raw.value, str):
                raw = {"model": raw}
            if isinstance(raw, dict):
                return self.part(raw, kind.table, path)
            return self._note(path, f"must be a table [{'.'.join(path)}]{', or none' if kind.optional else ''}")
        if kind.element is None:
            return self._note(path, "must be one value, or a table {value = …, status = …, source = …}")
        if not isinstance(raw, list):
            return self._note(path, f"must be a list of tables [[{'.'.join(path)}]]")
        return self._elements(raw, kind.element, path)

    def _elements(self, raw: list[Any], item: type, path: Steps) -> Any:
        names = [name_of(entry) or str(i) for i, entry in enumerate(raw)]
        for name, entry in zip(names, raw, strict=True):
            if not isinstance(entry, dict):
                self._note((*path, name), f"must be a table [[{'.'.join(path)}]]")
        tables = [(name, entry) for name, entry in zip(names, raw, strict=True) if isinstance(entry, dict)]
        return tuple(self.part(entry, item, (*path, name)) for name, entry in tables)

    def _leaf(self, raw: Leaf, kind: FieldType, path: Steps) -> Any:
        try:
            plain = convert(path, kind, raw.value)
        except SpecError as error:
            self.problems += error.problems
            return _UNFIT
        if raw.about or _is_number(plain):
            self._note_origin(raw, kind.unit, path)
        return plain

    def _note_origin(self, raw: Leaf, unit: str | None, path: Steps) -> None:
        for key in raw.about.keys() - set(_ABOUT):
            self._note(path, f"no such key {key!r} beside value (known: {', '.join(_ABOUT)})")
        status = raw.about.get("status", "user")
        if status not in STATUSES:
            self._note(path, f"status = {status!r}: must be one of {', '.join(STATUSES)}")
        source = raw.about.get("source", raw.document)
        if not isinstance(source, str):
            self._note(path, f"source = {source!r}: must be text, a key of the catalogue's sources or a few words")
        self.origins[".".join(path)] = Origin(str(status), str(source), self._spread(raw, unit, path))

    def _spread(self, raw: Leaf, unit: str | None, path: Steps) -> float:
        spread = raw.about.get("spread", DEFAULT_SPREAD_KELVIN if unit == "K" else DEFAULT_SPREAD)
        try:
            width = to_si(spread, "delta_K" if unit == "K" else "1")
        except SpecError as error:
            self._note(path, f"spread = {spread}: {error}")
            return 0.0
        if width < 0:
            self._note(path, f"spread = {spread}: must be ≥ 0; it is the half-width of a range")
        return width


def _missing(kind: FieldType) -> str:
    if kind.table or kind.element:
        return 'is missing; write the table, or start the file with inherit = "gb300-nvl72"'
    unit = f" in {kind.unit.removeprefix('delta_')}" if kind.unit not in (None, "1") and kind.unit else ""
    return f"is missing; give a value{unit} ({allowed(kind)})"


def _is_number(value: Any) -> bool:
    first = value[0] if isinstance(value, tuple) and value else value
    return isinstance(first, (int, float)) and not isinstance(first, bool)
