"""The TOML file of a schedule, read: every problem at once, each with its path in the file; lists count from 0."""

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from twin.simulation.events import KEYS, Event
from twin.simulation.fast import Record, in_seconds
from twin.simulation.loads import InferenceLoad, TrainingLoad, inference_profile, training_profile
from twin.simulation.nodes import Nodes
from twin.simulation.outdoor import Outdoor
from twin.simulation.profile import REPORTED, Profile, Quantity
from twin.simulation.schedule import Control, Schedule, Setting, Steps
from twin.simulation.trace import csv_rows
from twin.simulation.words import late, near, short_period, text
from twin.spec.errors import SpecError
from twin.spec.fields import FieldType, convert, field_types
from twin.spec.quantity import to_si

#: Columns of a trace file, and of a measured power.
TRACE, MEASURED = ("time_s", "utilization"), ("time_s", "rack_power_w")
#: What a unit stands for.
_KINDS = {"1": "utilization", "K": "temperature", "W": "power"}
#: What may tell the load; one of them does.
LOADS = ("utilization", "file", "power_file", "training", "inference")


def read_schedule(path: str | Path) -> Schedule:
    """Return the schedule in a TOML file.

    Parameters
    ----------
    path : str or Path
        The file; a trace it names lies relative to it.

    Returns
    -------
    Schedule
        Checked in itself; `check_schedule` checks it against a rack and its duration.

    Raises
    ------
    SpecError
        Unreadable file, or every problem found, each with its path in the file.

    References
    ----------
    Derived: `schedule`.
    """
    place = Path(path)
    read = text(place)
    try:
        raw = tomllib.loads(read)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{place.name}: not valid TOML, {str(error) or 'nested too deeply'}") from error
    return replace(schedule_from(raw, place.parent), source=read)


def schedule_from(mapping: Mapping[str, Any], folder: str | Path = ".") -> Schedule:
    """Return the schedule a parsed TOML document describes.

    Parameters
    ----------
    mapping : mapping
        The document; keys as in docs, "A run in time".
    folder : str or Path
        Where a trace file lies.

    Returns
    -------
    Schedule
        Checked in itself.

    Raises
    ------
    SpecError
        Every problem found, each with its path in the file.

    References
    ----------
    Derived: units by `twin.spec.quantity`, ranges by the annotations.

    Examples
    --------
    >>> schedule_from({"duration": "2 h", "load": {"utilization": 0.5}}).steps.loop
    10.0
    """
    reader = _Reader(Path(folder))
    schedule = reader.schedule(mapping)
    if schedule is None:
        raise SpecError([_hours(problem) for problem in dict.fromkeys(reader.problems)])
    return schedule


def _hours(problem: str) -> str:
    """Return a message with the units people give times in; the spec's own times are latencies in µs."""
    return re.sub(r" \([^()]*µs\)", "", problem.replace("µs or s", "s, min or h"))


class _Reader:
    """Reads a document table by table and goes on after a problem, so that all are reported at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []

    def schedule(self, raw: Mapping[str, Any]) -> Schedule | None:
        known = ("duration", "steps", "load", "outdoor", "control", "record", "set", "event")
        self.problems += [f"{key}: {near(key, known)}" for key in raw if key not in known]
        duration = self.field("duration", field_types(Schedule)["duration"], raw.get("duration"))
        parts = {
            "steps": self.made(Steps, raw.get("steps", {}), "steps", _all_steps),
            "load": self.load(raw.get("load"), duration),
            "nodes": self.nodes(raw.get("load")),
            "outdoor": self.outdoor(raw["outdoor"]) if "outdoor" in raw else None,
            "control": self.made(Control, raw.get("control", {}), "control"),
            "record": self.made(Record, in_seconds(raw.get("record", {})), "record"),
            "settings": tuple(self.made(Setting, row, path) for path, row in self.rows(raw, "set")),
            "events": tuple(self.event(row, path) for path, row in self.rows(raw, "event")),
        }
        if parts["load"] is not None and parts["steps"] is not None and "training" in raw["load"]:
            period, tick = parts["load"].repeat, parts["steps"].thermal
            if period < tick and len(set(parts["load"].value)) > 1:
                self.problems.append(short_period("load.training: its period", period, tick))
        if self.problems:
            self.problems += [
                late(path, _seconds(row), duration or math.inf)
                for name in ("set", "event")
                for path, row in self.rows(raw, name)
                if _seconds(row) >= (duration or math.inf)
            ]
            return None
        return Schedule(duration=duration, **parts)

    def field(self, path: str, kind: FieldType, value: Any) -> Any:
        """Return a value in SI, None where it is missing or unfit; a set-point's value waits for its path."""
        try:
            if value is None:
                raise SpecError(f"{path}: is missing; give {f'a number in {kind.unit}' if kind.unit else 'it'}")
            if kind.annotation is not Any:
                return convert((path,), kind, value)
            if not isinstance(value, (int, float, str)):
                raise SpecError(f"{path} = {value}: must be a number, text with its unit, or a switch")
            return value
        except SpecError as error:
            self.problems += error.problems
            return None

    def made(self, owner: type, raw: Any, path: str, fill: Callable[..., Any] | None = None) -> Any:
        """Return an owner made from a table, None where anything in it is unfit; `fill` knows the defaults."""
        kinds, before = field_types(owner), len(self.problems)
        if not isinstance(raw, Mapping):
            self.problems.append(f"{path} = {raw!r}: must be a table")
            return None
        self.problems += [f"{path}.{key}: {near(key, kinds)}" for key in raw if key not in kinds]
        given = [name for name, kind in kinds.items() if name in raw or (kind.required and fill is None)]
        values = {name: self.field(f"{path}.{name}", kinds[name], raw.get(name)) for name in given}
        return None if len(self.problems) > before else self.checked(path, lambda: owner(**(fill or dict)(values)))

    def checked(self, path: str, make: Callable[[], Any]) -> Any:
        """Return what is made, None where it finds its parts at odds."""
        try:
            return make()
        except SpecError as error:
            self.problems += [f"{path}.{problem}" for problem in error.problems]
            return None

    def rows(self, raw: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
        rows = raw.get(name, [])
        if not isinstance(rows, list):
            self.problems.append(f"{name}: must be a list of tables [[{name}]]")
            return []
        return [(f"{name}[{i}]", row) for i, row in enumerate(rows)]

    def event(self, raw: Any, path: str) -> Any:
        if not isinstance(raw, Mapping):
            return self.made(Event, raw, path)
        kind, part = raw.get("kind"), raw.get("part", [])
        if isinstance(kind, str) and kind not in KEYS:
            self.problems.append(f"{path}.kind = {kind!r}: {near(kind, KEYS, 'kind')}")
            raw = {**raw, "kind": "load_step"}
        elif isinstance(kind, str):
            needed, known = KEYS[kind]
            common = ("at", "until", "kind", *needed, *known)
            self.problems += [
                f"{path}.{key}: is missing; {kind} needs it" for key in needed if raw.get(key) in (None, "", [])
            ]
            odd = [key for key in raw if key in field_types(Event) and key not in common]
            self.problems += [f"{path}.{key}: {kind} has no such key; it takes {', '.join(common)}" for key in odd]
        names = [str(item) if type(item) is int else item for item in (part if isinstance(part, list) else [part])]
        return self.made(Event, {**raw, "part": names}, path)

    def load(self, raw: Any, duration: float | None) -> Any:
        before, kind = len(self.problems), field_types(Profile)["repeat"]
        told = [key for key in LOADS if key in raw] if isinstance(raw, Mapping) else []
        if isinstance(raw, Mapping):
            known = (*LOADS, "nodes") if "training" in raw or "inference" in raw else (*LOADS, "nodes", "repeat")
            self.problems += [f"load.{key}: {near(key, known)}" for key in raw if key not in known]
        if len(told) > 1:
            self.problems.append(f"load: {' and '.join(told)} tell the load together; keep one")
        elif not told and len(self.problems) == before:
            self.problems.append(
                'load: must be a table with either utilization (a number, or points) or file = "…", or with '
                'power_file = "…", a table training, or a table inference'
            )
        if len(told) != 1:
            return None
        repeat = self.field("load.repeat", kind, raw["repeat"]) if "repeat" in raw else None
        if "training" in raw or "inference" in raw:
            return self.job(raw, duration)
        measured = "power_file" in raw
        if measured or "file" in raw:
            points = self.trace(raw, "power_file" if measured else "file", MEASURED if measured else TRACE)
        else:
            points = self.points(raw["utilization"], "load.utilization", "1")
        if len(self.problems) > before and not points:
            return None
        return self.profile("load", points, repeat, "rack_power" if measured else "utilization")

    def nodes(self, raw: Any) -> Any:
        """Return how nodes differ, None where they do not."""
        if not isinstance(raw, Mapping) or "nodes" not in raw:
            return None
        return self.made(Nodes, raw["nodes"], "load.nodes")

    def job(self, raw: Mapping[str, Any], duration: float | None) -> Any:
        """Return the load of a job."""
        if "training" in raw:
            job = self.made(TrainingLoad, raw["training"], "load.training")
            return None if job is None else self.checked("load.training", lambda: training_profile(job))
        asked = self.made(InferenceLoad, raw["inference"], "load.inference")
        if asked is None or duration is None:
            return None
        return self.checked("load.inference", lambda: inference_profile(asked, duration))

    def outdoor(self, raw: Any) -> Any:
        known = ("dry_bulb", "dew_point", "repeat", "time_of_year")
        if not isinstance(raw, Mapping):
            self.problems.append(f"outdoor = {raw!r}: must be a table")
            return None
        before = len(self.problems)
        self.problems += [f"outdoor.{key}: {near(key, known)}" for key in raw if key not in known]
        kinds = {"repeat": field_types(Profile)["repeat"], "time_of_year": field_types(Outdoor)["time_of_year"]}
        times = {key: self.field(f"outdoor.{key}", kind, raw[key]) for key, kind in kinds.items() if key in raw}
        made: dict[str, Any] = {key: times[key] for key in times if key != "repeat"}
        for of in ("dry_bulb", "dew_point"):
            if of in raw and (points := self.points(raw[of], f"outdoor.{of}", "K")):
                made[of] = self.profile("outdoor", points, times.get("repeat"), of)
        return None if len(self.problems) > before else self.checked("outdoor", lambda: Outdoor(**made))

    def profile(self, path: str, points: list[tuple[float, float]], repeat: float | None, of: Quantity) -> Any:
        time, value = zip(*points, strict=True) if points else ((), ())
        return self.checked(path, lambda: Profile(time=time, value=value, repeat=repeat, of=of))

    def points(self, raw: Any, path: str, unit: str) -> list[tuple[float, float]]:
        if not isinstance(raw, list):
            return self.numbers([(path, raw)], unit)
        return self.numbers([(f"{path}[{i}]", point) for i, point in enumerate(raw)], unit)

    def trace(self, raw: Mapping[str, Any], key: str, columns: tuple[str, str]) -> list[tuple[float, float]]:
        """Return the rows of a CSV file."""
        try:
            rows = csv_rows(self.folder, str(raw[key]), columns)
        except SpecError as error:
            self.problems.append(f"load.{key}: {error}")
            return []
        return self.numbers([(f"load.{key}: {where}", row) for where, row in rows], "1" if columns == TRACE else "W")

    def numbers(self, rows: Iterable[tuple[str, Any]], unit: str) -> list[tuple[float, float]]:
        """Return points in SI; of many unfit ones the first are reported."""
        found, problems = [], []
        for path, row in rows:
            try:
                if isinstance(row, list) and len(row) != 2:
                    raise SpecError(f"must be a time and a {_KINDS[unit]}")
                time, value = row if isinstance(row, list) else (0.0, row)
                found.append((to_si(time, "s"), to_si(value, unit)))
            except SpecError as error:
                problems.append(f"{path} = {row}: {error}")
                found.append((found[-1][0] if found else 0.0, 0.0))  # in its place, so that the others are checked too
        self.problems += problems[:REPORTED]
        return found


def _seconds(row: Any) -> float:
    """Return when a row of a list begins [s], -1 where it does not say so."""
    try:
        return to_si(row["at"], "s") if isinstance(row, Mapping) else -1.0
    except (KeyError, SpecError):
        return -1.0


def _all_steps(given: dict[str, float]) -> dict[str, float]:
    thermal, loop = given.get("thermal", 1.0), given.get("loop", 10.0)
    return {"thermal": thermal, "electric": thermal, "loop": loop, "output": loop, "control": loop} | given
