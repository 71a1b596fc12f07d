"""`twin sweep`: headline numbers over a grid of any fields."""

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.inputs import Out, Settings, System
from twin.spec.errors import SpecError


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
    from twin.sweep.run import sweep as run_sweep

    spec = read_spec(system, settings)
    axes = dict(_axis(spec, text) for text in over)
    folder = make_folder(out)
    points = 1
    for values in axes.values():
        points *= len(values)
    with Progress(console=console(), transient=True) as progress:
        task = progress.add_task(f"{points} points", total=points)
        grid = run_sweep(spec, axes, lambda done: progress.advance(task, done))
    write_whole(folder / "sweep.nc", lambda path: grid.to_netcdf(path, engine="netcdf4") and None)
    solved = int((grid.status == "ok").sum())
    console().print(f"{solved} of {points} points solved; wrote {folder / 'sweep.nc'}")


def _axis(spec, text: str):  # type: ignore[no-untyped-def]
    from twin.spec.paths import field_at, find
    from twin.spec.quantity import parse_range

    path, sign, values = text.partition("=")
    if not sign or not values.strip():
        raise SpecError(f'--over {text!r}: write path=start:stop:step unit, for example "load.utilization=0.2:1:0.1"')
    unit = field_at(spec, find(spec, path.strip())[0]).unit
    listed = parse_range(values, unit) if unit else None
    return path.strip(), listed if listed is not None else [value.strip() for value in values.split(",")]
