"""What several commands read: a system or file with its settings, a saved result, a console."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from xarray import DataTree

    from twin.spec.types import Factory

System = Annotated[str, typer.Argument(help="A system of the catalogue (twin list) or a .toml file of your own.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help='Change a number: --set "cooling.supply_temperature=40 degC". Repeat for more.'),
]
Fields = Annotated[
    str, typer.Option("--fields", help="Temperature fields to add: none, worst (the hottest chip) or all (every chip).")
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the files; made where it is missing.")]


def read_spec(system: str, settings: list[str] | None) -> "Factory":
    """Return the spec of a system with its settings applied in order."""
    from twin.spec.load import load

    try:
        spec = load(system)
    except SpecError as error:
        if Path(system).suffix == ".nc" or (Path(system).is_dir() and Path(system).suffix != ".toml"):
            raise SpecError(
                f"{system}: no system but a folder or file of results; give a system (twin list) or a .toml file"
            ) from error
        raise
    for setting in settings or []:
        path, sign, value = setting.partition("=")
        if not sign or not path.strip():
            raise SpecError(f'--set {setting!r}: write path=value, for example "cooling.supply_temperature=40 degC"')
        spec = spec.with_(path.strip(), value.strip())
    return spec


def read_result(name: str) -> "DataTree":
    """Return a saved result, or solve the system of that name."""
    path = Path(name)
    if path.suffix == ".json":
        raise SpecError(f"{name}: a summary is not a result; give its folder, or twin.nc")
    if path.is_file() and path.suffix not in (".nc", ".toml"):
        raise SpecError(f"{name}: is no result; give its folder, or twin.nc")
    if path.is_dir() and not (path / "twin.nc").is_file():
        raise SpecError(f"{name}: holds no twin.nc; twin run SYSTEM --out {name} writes one")
    if path.is_dir() or path.suffix == ".nc":
        from twin.result.io import read_tree

        return read_tree(path)
    from twin.couple.solve import solve

    return solve(read_spec(name, None))


def console() -> "Console":
    """Return a console that keeps whole lines when its output is not a terminal, and prints text as it is."""
    from rich.console import Console

    shown = Console(highlight=False, markup=False, emoji=False)
    return shown if shown.is_terminal else Console(highlight=False, markup=False, emoji=False, width=128)


def plain_table(*headers: str, right: tuple[str, ...] = (), fold: tuple[str, ...] = ()) -> "Table":
    """Return an empty table without lines: columns in `right` aligned there, columns in `fold` may wrap."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headers))
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", overflow="fold")
        table.columns[-1].no_wrap = header not in fold
    return table
