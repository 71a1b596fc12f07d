"""Solve one spec to a result tree, or many to a table of headline numbers."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

import power
import thermal
from twin.build.model import build_model, group_key
from twin.couple.achieved import supplied
from twin.couple.feed_numbers import feeder_fields, states_of
from twin.couple.fields import rack_fields
from twin.couple.packages import check_choice, package_fields
from twin.couple.steady import Steady, solve_steady
from twin.couple.summary import summarise
from twin.result.schema import scalars, udunits
from twin.result.tree import make_tree
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.types import Factory
from twin.spec.write import catalogue_hash, sources_used, to_toml

if TYPE_CHECKING:
    import xarray as xr

#: Racks solved together: large enough to amortise Python, small enough for the processor's cache.
CHUNK = 128


def solve(spec: Factory, fields: str = "none") -> "xr.DataTree":
    """Return the steady state of a spec, with headroom, as a DataTree.

    Parameters
    ----------
    spec : Factory
        A validated spec.
    fields : str
        Whose temperature fields to add: "none", "worst" (the chip with the hottest die mean) or "all" (chips).

    Returns
    -------
    DataTree
        Groups /geometry /topology /thermal /power /summary, and /package/<kind> where fields are asked for; SI units
        in every variable's attributes.

    Raises
    ------
    SpecError
        A leaf refuses a number that single-field checks cannot see, or `fields` is none of the three.
    ConvergenceError
        No steady state.

    References
    ----------
    Derived: docs, "The coupled rack".

    Examples
    --------
    >>> import twin
    >>> result = twin.solve(twin.load("gb300-nvl72"))
    >>> int(result["summary"].link_count)
    1296
    """
    check_choice(fields)
    solved, summary = _solved([spec])
    with named([spec]):
        packages = package_fields(solved, 0, spec, fields)
    feeds = states_of(summary, [spec])
    feeder = feeder_fields(feeds[0][2] if feeds else None)
    values = {**rack_fields(solved, 0, spec), **feeder, **{name: value[0] for name, value in summary.items()}}
    attributes = {
        "title": spec.name,
        "system_title": spec.title,
        "version": installed_version(),
        "Conventions": "CF-1.11",
        "spec": to_toml(spec),
        "catalogue_hash": catalogue_hash(),
        "sources": sources_used(spec),
        "history": f"twin.solve, {int(values['iterations'])} passes",
        "energy_closure_relative": float(values["energy_closure_relative"]),
        "announced": int(spec.announced),
    }
    return make_tree(spec, values, attributes, packages)


@lru_cache(maxsize=1)
def installed_version() -> str:
    """Return the version of the installed distribution.

    Returns
    -------
    str
        For example "0.1.0"; "0+source" when run from a source tree that is not installed.

    References
    ----------
    Derived: package metadata.
    """
    try:
        return version("ai-factory-twin")
    except PackageNotFoundError:
        return "0+source"


def solve_batch(specs: Sequence[Factory]) -> "xr.Dataset":
    """Return the headline numbers of many racks, solved together where their parts agree.

    Parameters
    ----------
    specs : sequence of Factory
        One per case.

    Returns
    -------
    Dataset
        Every scalar of /summary over the dimension `case`, in the order of the specs.

    Raises
    ------
    SpecError, ConvergenceError
        As `solve`; no case is returned then. A sweep catches them point by point.

    References
    ----------
    Derived: racks are rows of one batch; results do not depend on which rows share it.
    """
    import xarray as xr

    table = solve_table(specs)
    declared = scalars()
    variables = {
        name: ("case", values, {"units": udunits(declared[name].unit), "long_name": declared[name].meaning})
        for name, values in table.items()
    }
    return xr.Dataset(variables)


def solve_table(specs: Sequence[Factory], reference: Factory | None = None) -> dict[str, Any]:
    """Return the headline numbers of many racks as plain arrays (see `solve_batch`).

    Parameters
    ----------
    specs : sequence of Factory
        One per case.
    reference : Factory, optional
        A spec near all of them; their packages are taken as its own and a coarse step from them, which saves most of
        the finite volumes of each (see `twin.build.heat.plate_columns`).

    Returns
    -------
    dict of str to (case,) array
        SI units.

    Raises
    ------
    SpecError, ConvergenceError
        As `solve`.

    References
    ----------
    Derived: chunks of equal group keys.
    """
    rows: dict[str, Any] = {}
    for chosen in _chunks(specs):
        batch = [specs[i] for i in chosen]
        for name, values in _solved(batch, reference)[1].items():
            column = rows.setdefault(name, np.empty(len(specs), dtype=object if isinstance(values, list) else float))
            column[chosen] = values
    return rows


def _solved(specs: Sequence[Factory], reference: Factory | None = None) -> tuple[Steady, dict[str, Any]]:
    """Return a solved batch at the supply its racks get (one part of it where they differ), and all headlines."""
    for spec in specs:
        if not isinstance(spec, Factory):
            raise SpecError(f"{spec!r} is no spec: load one with twin.load, for example twin.load('gb300-nvl72')")
    with named(specs):
        parts = supplied(solve_steady(build_model(specs, reference)), specs)
        tables = [summarise(part, [specs[i] for i in part.rows]) for part in parts]
    if len(parts) == 1:
        return parts[0].solved, tables[0]
    rows = np.concatenate([part.rows for part in parts])
    return parts[0].solved, {name: _joined([table[name] for table in tables], rows) for name in tables[0]}


def _joined(columns: list[Any], rows: Any) -> Any:
    """Return the values of several parts in the order of the racks."""
    place = np.argsort(rows)
    if isinstance(columns[0], list):
        texts = [text for column in columns for text in column]
        return [texts[i] for i in place]
    return np.concatenate(columns)[place]


@contextmanager
def named(specs: Sequence[Factory]) -> Iterator[None]:
    """Let a leaf's refusal name the spec."""
    names = ", ".join(dict.fromkeys(spec.name for spec in specs))
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield
    except SpecError:
        raise
    except (ValueError, ArithmeticError) as error:
        raise SpecError(f"{names}: {error}") from error
    except (ConvergenceError, power.DidNotConverge, thermal.DidNotConverge) as error:
        raise ConvergenceError(f"{names}: {error}") from error


def _chunks(specs: Sequence[Factory]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for i, spec in enumerate(specs):
        groups.setdefault(group_key(spec), []).append(i)
    return [members[k : k + CHUNK] for members in groups.values() for k in range(0, len(members), CHUNK)]
