"""`twin sweep`: headline numbers over a grid or a sample of any fields."""

import math
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.inputs import Out, Settings, System
from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from rich.console import Console
    from xarray import Dataset

    from twin.sweeps.sample import Sample


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


def sweep(  # noqa: PLR0913
    system: System,
    over: Annotated[
        list[str],
        typer.Option("--over", help='"cooling.supply_temperature=25:50:1 degC"; several values by commas.'),
    ],
    settings: Settings = None,
    sample: Annotated[
        str | None, typer.Option("--sample", help="Draw points from ranges (25:50 degC): latin:200 or sobol:256.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the draws; 0 unless said.")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes; unless said as many as pay for their start.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Address of a dask scheduler whose workers solve.")
    ] = None,
    out: Out = Path("out"),
) -> None:
    """Solve a system over a grid or a sample of fields; write sweep.zarr as it goes and sweep.nc at the end.

    Run again with the same input, it goes on where it stopped.
    """
    from rich.progress import Progress

    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder, write_whole
    from twin.sweeps.run import points_of
    from twin.sweeps.run import sweep as run_sweep

    spec, drawn = read_spec(system, settings), _sample(sample, seed)
    axes = _axes(over)
    count = math.prod(points_of(spec, axes, drawn).sizes)
    screen = console()
    with _executor(workers, cluster) as executor:
        folder = make_folder(out)
        bar = Progress(console=screen, transient=True, disable=not screen.is_terminal)
        task = bar.add_task(f"{count} points", total=count)
        with bar, _keeping(folder / "sweep.zarr", lambda: f"{bar.tasks[0].completed:.0f} of {count}"):
            grid = run_sweep(
                spec,
                axes,
                sample=drawn,
                store=folder / "sweep.zarr",
                executor=executor,
                progress=lambda done: bar.advance(task, done),
            )
    write_whole(folder / "sweep.nc", lambda path: grid.to_netcdf(path, engine="netcdf4") and None)
    _print_points(screen, grid)
    solved = int((grid.status == "ok").sum())
    files = f"{folder / 'sweep.zarr'} and {folder / 'sweep.nc'}"
    screen.print(f"{solved} of {count} points solved; wrote {files}", soft_wrap=True)


@contextmanager
def _keeping(store: Path, points: Callable[[], str]) -> Iterator[None]:
    """Say on Ctrl-C what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"twin: stopped; {points()} points are kept in {store}; the same command goes on from there\n")
        sys.exit(130)


def _sample(text: str | None, seed: int | None) -> "Sample | None":
    """Return the sample that --sample and --seed ask for."""
    from twin.sweeps.sample import Sample

    if text is None:
        if seed is not None:
            raise SpecError(f"--seed {seed}: only a sample is drawn; add --sample latin:200 or --sample sobol:256")
        return None
    method, _, points = (part.strip() for part in text.partition(":"))
    if not points.isdecimal():
        raise SpecError(f"--sample {text!r}: write latin:POINTS or sobol:POINTS, for example latin:200")
    return Sample(method, int(points), seed or 0)


@contextmanager
def _executor(workers: int | None, address: str | None) -> Iterator[Executor | int | None]:
    """Give who solves: a cluster, so many processes, or whatever fits."""
    from twin.sweeps.cluster import cluster

    if workers is not None and address is not None:
        raise SpecError("--workers and --cluster: a cluster has workers of its own; leave out --workers")
    if workers is not None and workers < 1:
        raise SpecError(f"--workers {workers}: must be ≥ 1")
    if address is None:
        yield workers
        return
    with cluster(address) as executor:
        yield executor


def _print_points(screen: "Console", grid: "Dataset") -> None:
    """Print the headlines of each point, of the first ones where there are many."""
    from twin.cli.headline import FORMS
    from twin.cli.inputs import plain_table
    from twin.cli.units import shown

    units = {"K": "K", "byte s-1": "B/s", "m3 s-1": "m3/s", "byte": "B"}
    names, heads = [str(name) for name in grid.coords], [label for label, _ in _SHOWN]
    table = plain_table(*names, *heads, "", right=(*names, *heads), fold=("",))
    flat = grid.stack(point=grid.status.dims, create_index=False)
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
