"""`twin sweep`: headline numbers over a grid of any fields."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.inputs import Out, Settings, System
from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from rich.console import Console
    from xarray import Dataset


#: Headlines shown of each point, with their heads.
_SHOWN = (
    ("rack power", "rack_power"),
    ("flow", "coolant_volume_flow"),
    ("die mean", "junction_temperature_max"),
    ("to spare", "headroom_temperature"),
    ("power to spare", "headroom_power"),
)
#: Points printed at most.
_POINTS = 40


def sweep(
    system: System,
    over: Annotated[
        list[str],
        typer.Option("--over", help='"cooling.supply_temperature=25:50:1 degC"; several values by commas.'),
    ],
    settings: Settings = None,
    out: Out = Path("out"),
) -> None:
    """Solve a system over a grid of fields and write sweep.nc."""
    from rich.progress import Progress

    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder, write_whole
    from twin.sweeps.run import axis_values
    from twin.sweeps.run import sweep as run_sweep

    spec = read_spec(system, settings)
    axes = _axes(over)
    points = math.prod(len(axis_values(spec, path, values)) for path, values in axes.items())
    folder = make_folder(out)
    screen = console()
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(f"{points} points", total=points)
        grid = run_sweep(spec, axes, lambda done: progress.advance(task, done))
    write_whole(folder / "sweep.nc", lambda path: grid.to_netcdf(path, engine="netcdf4") and None)
    solved = int((grid.status == "ok").sum())
    _print_points(screen, grid)
    screen.print(f"{solved} of {points} points solved; wrote {folder / 'sweep.nc'}", soft_wrap=True)


def _print_points(screen: "Console", grid: "Dataset") -> None:
    """Print the headlines of each point, of the first ones where there are many."""
    from twin.cli.headline import FORMS
    from twin.cli.inputs import plain_table
    from twin.cli.units import shown

    units = {"K": "K", "byte s-1": "B/s", "m3 s-1": "m3/s", "byte": "B"}
    names, heads = [str(name) for name in grid.coords], [label for label, _ in _SHOWN]
    table = plain_table(*names, *heads, "", right=(*names, *heads), fold=("",))
    flat = grid.stack(point=names, create_index=False)
    for i in range(min(flat.sizes["point"], _POINTS)):
        point = flat.isel(point=i)
        axes = [
            shown(point[name].item(), units.get(unit := point[name].attrs.get("units", ""), unit)) for name in names
        ]
        values = [FORMS[name](value) if (value := point[name].item()) == value else "–" for _, name in _SHOWN]
        table.add_row(*axes, *values, str(point.message.item()))
    screen.print(table)
    if flat.sizes["point"] > _POINTS:
        screen.print(f"… and {flat.sizes['point'] - _POINTS} more")


def _axes(over: list[str]) -> dict[str, str]:
    axes: dict[str, str] = {}
    for text in over:
        path, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not values:
            raise SpecError(
                f'--over {text!r}: write path=start:stop:step unit, for example "load.utilization=0.2:1:0.1"'
            )
        if path in axes:
            raise SpecError(f"--over {path}: stands twice; list its values once, separated by commas")
        axes[path] = values
    return axes
