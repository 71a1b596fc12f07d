"""`twin simulate`: a rack over time, through a schedule of loads, set-points and events."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.inputs import Out, Settings, System

if TYPE_CHECKING:
    from rich.table import Table
    from xarray import Dataset


def simulate(
    system: System,
    schedule: Annotated[Path, typer.Option("--schedule", help="A .toml file: duration, steps, load, events.")],
    settings: Settings = None,
    out: Out = Path("out"),
) -> None:
    """Run a system through a schedule and write simulation.zarr; an interrupted run goes on where it stopped."""
    from rich.progress import Progress

    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder
    from twin.simulation.check import check_schedule
    from twin.simulation.read import read_schedule
    from twin.simulation.run import simulate as run

    spec, plan = read_spec(system, settings), read_schedule(schedule)
    check_schedule(plan, spec)
    store, screen = make_folder(out) / "simulation.zarr", console()
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(spec.name, total=plan.duration)
        course = run(spec, plan, store=store, progress=lambda time: progress.update(task, completed=time))
    screen.print(course_table(course, spec.limits.junction))
    closure = course.attrs["energy_closure_relative"]
    screen.print(f"energy closes to {closure:.0e} over {plan.duration / 3600:.4g} h; wrote {store}", soft_wrap=True)


def course_table(course: "Dataset", limit: float) -> "Table":
    """Return the course of a run in a few lines: least, mean and most of the headlines, and when the most was."""
    import numpy as np

    from twin.cli.inputs import plain_table
    from twin.cli.units import shown

    heads = ("", "least", "mean", "most", "at")
    table = plain_table(*heads, right=heads[1:])
    for label, name, unit in _SHOWN:
        values = course[name]
        if not values.notnull().any():
            continue
        least, most = float(values.min()), float(values.max())
        when = "" if most == least else shown(float(values.time[np.nanargmax(values)]), "s")
        table.add_row(f"  {label}", *(shown(number, unit, 4) for number in (least, float(values.mean()), most)), when)
    over = course.junction_temperature_max > limit
    if over.any():
        table.add_row("  first die over its limit", "", "", "", shown(float(course.time[np.argmax(over.values)]), "s"))
    return table


#: Headlines of a run: label, variable, unit as `twin.cli.units` knows it.
_SHOWN = (
    ("utilization", "utilization", "1"),
    ("rack power, AC", "rack_power", "W"),
    ("die mean, hottest", "junction_temperature_max", "K"),
    ("memory, hottest", "memory_temperature_max", "K"),
    ("lowest clock of a GPU", "clock_min", "1"),
    ("coolant supply", "coolant_supply_temperature", "K"),
    ("coolant return", "coolant_return_temperature", "K"),
    ("coolant flow", "coolant_flow", "kg/s"),
    ("largest bar current", "busbar_section_current_max", "A"),
    ("lowest bus voltage", "bus_voltage_min", "V"),
    ("bandwidth per GPU", "bandwidth_per_gpu", "B/s"),
    ("all-to-all", "all_to_all_time", "s"),
    ("chips running", "chips_running", "1"),
)
