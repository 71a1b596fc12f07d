"""`twin study`: one question of twin.studies, answered, tabled, saved and drawn."""

import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.inputs import Out, Settings
from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from rich.table import Table
    from xarray import DataArray, Dataset

    from twin.spec.types import Factory

#: Rows of the table at most: evenly spread over those there are.
_ROWS = 12
#: A cell without a value.
NOTHING = "–"
#: Units of a dataset in the spelling of `twin.cli.units`.
_UNITS = {"byte s-1": "B/s", "byte": "B", "m3 s-1": "m3/s", "m2 kW-1": "m²/kW"}


def study(
    name: Annotated[
        str | None, typer.Argument(help="A study, its name written with - or _; without a name they are listed.")
    ] = None,
    system: Annotated[str, typer.Option("--system", help="A system (twin list) or a .toml file.")] = "gb300-nvl72",
    settings: Settings = None,
    out: Out = Path("out"),
) -> None:
    """Answer a question: print the answer and a short table, write NAME.nc and NAME.png."""
    from twin.cli.inputs import console, read_spec
    from twin.cli.listing import studies_table
    from twin.result.io import make_folder, write_whole
    from twin.studies import find

    screen = console()
    if name is None:
        screen.print(studies_table())
        return
    chosen, spec = find(name), read_spec(system, settings)
    _refuse_own(chosen, spec, settings)
    made = [path for path in (out, *out.parents) if not path.exists()]
    folder = make_folder(out)  # before the work: a folder that cannot be written is told at once
    try:
        with screen.status(f"{name} of {spec.name}"):
            found = chosen.study(spec)
    except SpecError:
        for path in made:
            path.rmdir()
        raise
    stem = chosen.__name__.rpartition(".")[2].replace("_", "-")
    write_whole(folder / f"{stem}.nc", lambda path: found.to_netcdf(path, engine="netcdf4") and None)
    write_whole(folder / f"{stem}.png", lambda path: _draw(found, path))
    screen.print(found.question, style="bold")
    screen.print(found.answer)
    screen.print()
    table, dash = _table(found), json.loads(found.attrs["table"]).get("dash", "no value")
    screen.print(table)
    if any(cell == NOTHING for column in table.columns for cell in column.cells):
        screen.print(f"{NOTHING}  {dash}")
    screen.print(f"\nwrote {folder / f'{stem}.nc'} and {stem}.png", soft_wrap=True)


def _refuse_own(chosen: ModuleType, spec: "Factory", settings: list[str] | None) -> None:
    """Refuse a setting that the study would override."""
    from twin.spec.paths import find

    for setting in settings or []:
        written = setting.partition("=")[0].strip()
        for path in {".".join(steps) for steps in find(spec, written)} & getattr(chosen, "OWN", {}).keys():
            name = chosen.__name__.rpartition(".")[2].replace("_", "-")
            raise SpecError(
                f"--set {setting}: {path} is {chosen.OWN[path]} by the study {name}; leave it out, or use twin run or"
                " twin sweep"
            )


def _draw(found: "Dataset", path: Path) -> None:
    import viz

    try:
        viz.save(viz.chart(found), path)
    except ValueError as error:  # the study asks for a chart that its own dataset does not hold
        raise SpecError(f"{found.title}: {error}") from error


def _table(found: "Dataset") -> "Table":
    """Return the table a study asks for in its attribute `table`: a coordinate, and columns along it."""
    import numpy as np

    from twin.cli.inputs import plain_table

    asked = json.loads(found.attrs["table"])
    key = found[asked["rows"]]
    (dim,) = key.dims
    rows = np.unique(np.linspace(0, key.sizes[dim] - 1, _ROWS).round().astype(int))
    rows = np.arange(min(_ROWS, key.sizes[dim])) if asked.get("first") else rows
    rows = np.flatnonzero(np.isin(key.values, asked["at"])) if "at" in asked else rows
    several = len(asked["columns"]) > 1
    columns = [part for name in asked["columns"] for part in _columns(found[name], dim, named=several)]
    heads = [_words(key), *(head for head, _ in columns)]
    table = plain_table(*heads, right=tuple(heads[key.dtype.kind in "OUS" :]), fold=tuple(heads))
    for i in map(int, rows):
        table.add_row(_shown(key, i), *(_shown(column, i) for _, column in columns))
    return table


def _columns(variable: "DataArray", dim: object, *, named: bool) -> list[tuple[str, "DataArray"]]:
    """Return the columns of a variable and their heads: one, or one per value of its other dimension.

    Alone, every other value is shown; beside other columns all are, and the heads name the variable too.
    """
    others = [other for other in variable.dims if other != dim]
    if not others:
        return [(_words(variable), variable)]
    (other,) = others
    values = variable[other]
    head, step = f"{_words(variable)} " if named else "", 1 if named else 2
    return [
        (f"{head}at {_words(values)} {_shown(values, i)}", variable.isel({other: i}))
        for i in range(values.size)[::step]
    ]


def _words(variable: "DataArray") -> str:
    return str(variable.attrs.get("long_name", variable.name))


def _shown(variable: "DataArray", i: int) -> str:
    from twin.cli.units import shown

    unit = str(variable.attrs.get("units", ""))
    unit = "delta_K" if variable.attrs.get("units_metadata") == "temperature: difference" else _UNITS.get(unit, unit)
    value = variable.values[i].item() if hasattr(variable.values[i], "item") else variable.values[i]
    return NOTHING if value != value else shown(value, unit, 4)
