"""What a dataset asks to be drawn as: its attribute `chart`, read and checked against the dataset.

Contract: every name is one of the dataset, every kind has what it needs and nothing it does not know; the first thing
that is missing or unknown is named, with what there is. One request per panel, in their order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xarray import DataArray, Dataset

#: kind: (what it needs, what it may have)
KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "line": (
        ("x", "y"),
        ("series", "axis", "limits", "steps", "points", "never", "names", "marks", "log", "under", "bound"),
    ),
    "heat map": (("x", "y", "colour"), ("contours", "limits")),
    "map": (("x", "y", "colour"), ("step", "regions", "contours", "marks", "limits")),
    "bars": (("x", "y"), ("series", "axis", "most", "limits")),
    "band": (("x", "y", "low", "high"), ("band", "lines", "axis", "limits", "steps")),
    "Pareto": (("x", "y", "better"), ("colour", "label", "limits")),
}
_ALWAYS = ("kind", "title", "units", "at")
_NAMES = ("x", "y", "series", "colour", "low", "high", "label", "lines")
_SIDES = ("lower", "higher")
#: Panels that stand side by side on a page.
MOST_PANELS = 3


@dataclass(frozen=True, kw_only=True)
class Request:
    """A checked request."""

    kind: str
    """one of KINDS"""
    entries: Mapping[str, Any]
    """everything the dataset asks for"""
    whole: Dataset
    """the dataset before `at` has chosen from it"""

    def get(self, entry: str, default: Any = None) -> Any:
        """An entry, or the default where the request has none."""
        return self.entries.get(entry, default)

    @property
    def ys(self) -> list[str]:
        """Names on the y axis."""
        return self.names("y")

    def names(self, entry: str) -> list[str]:
        """Names in an entry that takes one or several."""
        found = self.get(entry) or []
        return [found] if isinstance(found, str) else list(found)

    def dataset(self) -> Dataset:
        """What is drawn: the dataset at the values of its coordinates that the request chooses."""
        return self.whole.sel({name: at(self.whole, name, value) for name, value in self.get("at", {}).items()})

    def unit(self, name: str) -> str | None:
        """Unit asked for a variable."""
        return self.get("units", {}).get(name)


def requests_of(dataset: Dataset) -> tuple[Request, ...]:
    """Read and check `dataset.attrs["chart"]`: one request per panel."""
    if "chart" not in dataset.attrs:
        raise ValueError("the dataset has no attribute chart: it does not say how to draw it")
    entries = _entries(dataset.attrs["chart"])
    if "panels" not in entries:
        return (_request(dataset, entries),)
    panels, others = entries["panels"], sorted(entries.keys() - {"panels", "title"})
    if others:
        raise ValueError(f"chart of panels does not know {others[0]!r}: there is panels, title")
    if not isinstance(panels, list) or not 1 <= len(panels) <= MOST_PANELS:
        raise ValueError(f"chart panels: must be a list of 1 to {MOST_PANELS} charts")
    return tuple(_request(dataset, _entries(panel)) for panel in panels)


def title_of(dataset: Dataset) -> str:
    """The sentence above the whole chart: that of the request, else of the dataset."""
    return str(_entries(dataset.attrs["chart"]).get("title") or dataset.attrs.get("title", ""))


def _request(dataset: Dataset, entries: dict[str, Any]) -> Request:
    kind = str(entries.get("kind"))
    if kind not in KINDS:
        raise ValueError(f"chart kind = {kind!r}: must be one of {', '.join(map(repr, KINDS))}")
    needed, allowed = KINDS[kind]
    for name in needed:
        if name not in entries:
            raise ValueError(f"chart of kind {kind!r} has no {name!r}: it needs {', '.join(map(repr, needed))}")
    for name in entries:
        if name not in (*needed, *allowed, *_ALWAYS):
            raise ValueError(f"chart of kind {kind!r} does not know {name!r}: {_near(name, (*needed, *allowed))}")
    request = Request(kind=kind, entries=entries, whole=dataset)
    _check_names(dataset, request)
    _check_values(request)
    return request


def _entries(stated: Any) -> dict[str, Any]:
    try:
        entries = json.loads(stated) if isinstance(stated, str) else dict(stated)
    except (ValueError, TypeError) as error:
        raise ValueError(f"the attribute chart is neither a mapping nor JSON: {error}") from error
    if not isinstance(entries, dict):
        raise ValueError("the attribute chart is JSON, but not a mapping")
    return entries


def _check_names(dataset: Dataset, request: Request) -> None:
    names = [(entry, name) for entry in _NAMES for name in request.names(entry)]
    names += [("at", name) for name in request.get("at", {})]
    if "regions" in request.entries:
        names.append(("regions variable", str(request.get("regions").get("variable"))))
    for contour in request.get("contours", ()):
        names += [(f"contours {entry}", contour[entry]) for entry in ("variable", "by", "series") if entry in contour]
        other = "series" if request.kind == "map" else "by"
        if not {"variable", "value"} <= contour.keys() or not {"text", other} & contour.keys():
            raise ValueError(f"contour {contour}: needs 'variable', 'value' and 'text' or {other!r}")
    for entry, name in names:
        if name not in dataset.variables:
            raise ValueError(f"chart {entry} = {name!r}: no such variable; {_near(name, map(str, dataset.variables))}")


def _check_values(request: Request) -> None:
    for limit in request.get("limits", ()):
        if not {"axis", "value", "text"} <= limit.keys() or limit["axis"] not in ("x", "y"):
            raise ValueError(f"limit {limit}: needs 'axis' ('x' or 'y'), 'value' and 'text'")
    for mark in request.get("marks", ()):
        if not {"x", "y", "text"} <= mark.keys():
            raise ValueError(f"mark {mark}: needs 'x', 'y' and 'text'")
    for entry in ("under", "bound"):
        told = request.get(entry)
        if told is not None and told not in request.whole.get(str(request.get("series")), ()):
            raise ValueError(f"chart {entry} = {told!r}: must be one of the values of the series")
    if not set(request.get("log", ())) <= {"x", "y"}:
        raise ValueError(f"chart log = {request.get('log')}: names axes, 'x' or 'y'")
    better = request.get("better", {"x": "lower", "y": "lower"})
    if not {"x", "y"} <= better.keys() or any(side not in _SIDES for side in better.values()):
        raise ValueError(f"chart better = {better}: needs 'x' and 'y', each 'lower' or 'higher'")
    if not 0 < request.get("step", 1.0) < np.inf:
        raise ValueError(f"chart step = {request.get('step')}: must be > 0")


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name, names, n=3) or names
    return f"there is {', '.join(near)}"


def at(dataset: Dataset, name: str, value: Any) -> Any:
    """The value, or list of values, of a coordinate that a request means, to the rounding of its text."""
    if isinstance(value, list | tuple):
        return [at(dataset, name, one) for one in value]
    known = np.atleast_1d(dataset[name].values)
    near = known == value if known.dtype.kind in "OUS" else np.isclose(known, value, rtol=1e-9)
    if not near.any():
        raise ValueError(f"chart at {name} = {value}: there is {', '.join(map(str, known.tolist()))}")
    return known[np.argmax(near)]


def along(dataset: Dataset, name: str, *dims: str) -> DataArray:
    """A variable with exactly these dimensions, in this order; others may only have length one."""
    found = dataset[name].squeeze([dim for dim in dataset[name].dims if dim not in dims and dataset.sizes[dim] == 1])
    extra, missing = ([d for d in one if d not in other] for one, other in ((found.dims, dims), (dims, found.dims)))
    if extra:
        raise ValueError(f"variable {name} also depends on {', '.join(map(str, extra))}: select one value of it")
    if missing:
        raise ValueError(f"variable {name} does not depend on {', '.join(map(str, missing))}")
    return found.transpose(*dims)


def only_dim(dataset: Dataset, name: str) -> str:
    """The dimension of a variable that has exactly one."""
    dims = [str(dim) for dim in dataset[name].dims if dataset.sizes[dim] > 1] or [str(d) for d in dataset[name].dims]
    if len(dims) != 1:
        raise ValueError(f"variable {name} has dimensions ({', '.join(dims)}): an axis needs one")
    return dims[0]
