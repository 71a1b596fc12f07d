"""`twin sweep`: headline numbers over a grid or a sample of any fields."""

import math
import re
import sys
import textwrap
from collections import Counter
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
    from rich.progress import Progress
    from rich.table import Table
    from xarray import DataArray, Dataset

    from twin.sweeps.sample import Sample


#: Headlines shown of each point, with their heads; the last ones where they fit.
_SHOWN = (
    ("rack power", "rack_power"),
    ("flow", "coolant_volume_flow"),
    ("die mean", "junction_temperature_max"),
    ("to spare", "headroom_temperature"),
    ("limited by", "headroom_temperature_limited_by"),
    ("power to spare", "headroom_power"),
    ("limited by", "headroom_power_limited_by"),
)
#: Points printed at most, columns of their table, of these for a message at least, reasons printed at most.
_POINTS, _WIDTH, _NOTE, _REASONS = 40, 120, 30, 3


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

    Run again with the same input, it goes on where it stopped. Exit code 1 where no point could be solved.
    """
    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder, write_whole
    from twin.result.store import count_done
    from twin.sweeps.run import points_of
    from twin.sweeps.run import sweep as run_sweep

    spec, drawn = read_spec(system, settings), _sample(sample, seed)
    axes = _axes(over)
    count = math.prod(points_of(spec, axes, drawn).sizes)
    screen = console()
    with _executor(workers, cluster) as executor:
        folder = make_folder(out)
        held = count_done(folder / "sweep.zarr")
        bar = _bar(screen, count)
        with bar, _keeping(folder / "sweep.zarr", lambda: f"{bar.tasks[0].completed:.0f} of {count}"):
            grid = run_sweep(
                spec,
                axes,
                sample=drawn,
                store=folder / "sweep.zarr",
                executor=executor,
                progress=lambda done: bar.update(bar.task_ids[0], description=f"{count} points", advance=done),
            )
    write_whole(folder / "sweep.nc", lambda path: grid.to_netcdf(path, engine="netcdf4") and None)
    _print_points(screen, grid)
    files = f"{folder / 'sweep.zarr'} and {folder / 'sweep.nc'}"
    screen.print(f"{_outcome(grid)}{_held(held, count)}; wrote {files}", soft_wrap=True)
    if not (grid.status == "ok").any():
        raise typer.Exit(1)


def _bar(screen: "Console", count: int) -> "Progress":
    """Return a bar that tells by its clock that the first block, with its packages, is under way."""
    from rich.progress import Progress, TimeElapsedColumn

    bar = Progress(
        *Progress.get_default_columns(),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
    bar.add_task(f"{count} points: packages first", total=count)
    return bar


def _outcome(grid: "Dataset") -> str:
    """Return how many points were solved, refused and failed."""
    found = Counter(grid.status.values.ravel().tolist())
    rest = "".join(f", {found[state]} {state}" for state in ("refused", "failed") if found[state])
    return f"{found['ok']} of {grid.status.size} points solved{rest}"


def _held(held: int, count: int) -> str:
    """Return what a store that was there already spared."""
    if not held:
        return ""
    return "; was complete, nothing solved anew" if held == count else f"; went on from {held} points"


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
    """Print the headlines of each point, of the first ones where there are many, and why points are missing."""
    from rich.measure import Measurement

    width, wide = min(_WIDTH, screen.width), screen.options.update(max_width=10 * _WIDTH)
    for columns in range(len(_SHOWN), 2, -1):
        shown = _SHOWN[:columns]
        room = width - Measurement.get(screen, wide, _table(grid, shown, 0)).maximum
        if room >= 0:
            break
    screen.print(_table(grid, shown, room if room >= _NOTE else 0))
    if grid.status.size > _POINTS:
        screen.print(f"… and {grid.status.size - _POINTS} more")
    _print_reasons(screen, grid)


def _table(grid: "Dataset", shown: tuple[tuple[str, str], ...], room: int) -> "Table":
    """Return the table of the first points, with as much of the messages as there is room for."""
    from twin.cli.inputs import plain_table

    names, heads = [str(name) for name in grid.coords], [label for label, _ in shown]
    digits = 4 if "sample" in grid.dims else 7  # drawn values are not round
    right = (*names, *(label for label in heads if label != "limited by"))
    table = plain_table(*names, *heads, *[""][: bool(room)], right=right)
    flat = grid.stack(point=grid.status.dims, create_index=False)
    for i in range(min(flat.sizes["point"], _POINTS)):
        point = flat.isel(point=i)
        inputs = [_input(point[name], digits) for name in names]
        notes = [textwrap.shorten(point.message.item(), room - 2, placeholder=" …")] if room else []
        table.add_row(*inputs, *(_cell(point, name) for _, name in shown), *notes)
    return table


def _input(value: "DataArray", digits: int) -> str:
    """Return a swept value as text."""
    from twin.cli.units import shown

    units = {"K": "K", "byte s-1": "B/s", "m3 s-1": "m3/s", "byte": "B"}
    unit = value.attrs.get("units", "")
    return shown(value.item(), units.get(unit, unit), digits)


def _cell(point: "Dataset", name: str) -> str:
    """Return a headline of a point as text; of what limits it, the limit without its part, or the status."""
    from twin.cli.forms import FORMS

    value = point[name].item()
    if name not in FORMS and point.status != "ok":
        return str(point.status.item())
    if value in ("", None) or value != value:
        return "–"
    return FORMS[name](value) if name in FORMS else str(value).rpartition(": ")[2].removesuffix(" temperature")


def _print_reasons(screen: "Console", grid: "Dataset") -> None:
    """Print in full why points were refused or failed, once where texts differ in their numbers only."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for state, text in zip(grid.status.values.flat, grid.message.values.flat, strict=True):
        if state != "ok":
            reasons.setdefault((state, re.sub(r"[\d.]+", "0", text)), []).append(text)
    for (state, _), texts in list(reasons.items())[:_REASONS]:
        points = f"{len(texts)} points, the first" if len(texts) > 1 else "1 point"
        screen.print(f"{state}, {points}: {texts[0]}", soft_wrap=True)
    if len(reasons) > _REASONS:
        screen.print(f"… and {len(reasons) - _REASONS} other reasons, see `message` in the files")


def _axes(over: list[str]) -> dict[str, str]:
    axes: dict[str, str] = {}
    for text in over:
        path, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not values:
            raise SpecError(
                f'--over {text!r}: write path=range, list or words, such as "cooling.supply_temperature=25:50:1 degC", '
                '"gpu.power.tdp=1200, 1400 W" or "traffic.pattern=uniform, expert_dispatch"'
            )
        if path in axes:
            raise SpecError(f"--over {path}: stands twice; list its values once, separated by commas")
        axes[path] = values
    return axes
