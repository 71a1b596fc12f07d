"""`twin simulate`: a rack over time, through a schedule of loads, set-points and events."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli.inputs import Out, Settings, System

if TYPE_CHECKING:
    from rich.table import Table
    from xarray import DataArray, Dataset

    from twin.simulation.schedule import Schedule
    from twin.spec.types import Factory

#: Headlines of a run: label, variable, unit as `twin.cli.units` knows it, which extreme is the worse one.
_SHOWN = (
    ("utilization", "utilization", "1", "most"),
    ("rack power, AC", "rack_power", "W", "most"),
    ("die mean, hottest", "junction_temperature_max", "K", "most"),
    ("hot spot, hottest", "hotspot_temperature_max", "K", "most"),
    ("memory, hottest", "memory_temperature_max", "K", "most"),
    ("lowest clock of a GPU", "clock_min", "1", "least"),
    ("coolant supply", "coolant_supply_temperature", "K", "most"),
    ("coolant return", "coolant_return_temperature", "K", "most"),
    ("coolant flow", "coolant_flow", "kg/s", "least"),
    ("largest bar current", "busbar_section_current_max", "A", "most"),
    ("lowest bus voltage", "bus_voltage_min", "V", "least"),
    ("bandwidth per GPU", "bandwidth_per_gpu", "B/s", "least"),
    ("all-to-all", "all_to_all_time", "s", "most"),
    ("chips running", "chips_running", "1", "least"),
    ("facility supply", "facility_supply_temperature", "K", "most"),
    ("PUE of cooling", "pue", "1", "most"),
)


def simulate(
    system: System,
    schedule: Annotated[Path, typer.Option("--schedule", help="A .toml file: duration, steps, load, events.")],
    settings: Settings = None,
    out: Out = Path("out"),
    picture: Annotated[bool, typer.Option(help="Draw simulation.png.")] = True,
) -> None:
    """Run a system through a schedule; write simulation.zarr as it goes and simulation.png at the end.

    Run again with the same input, it goes on where it stopped.
    """
    from rich.progress import Progress

    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder
    from twin.simulation.check import check_schedule
    from twin.simulation.checkpoint import read_state
    from twin.simulation.read import read_schedule
    from twin.simulation.run import STATE
    from twin.simulation.run import simulate as run

    spec, plan = read_spec(system, settings), read_schedule(schedule)
    check_schedule(plan, spec)
    store, screen = make_folder(out) / "simulation.zarr", console()
    kept = read_state(store / STATE) if store.exists() else None
    with _keeping(store), Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(spec.name, total=plan.duration)
        course = run(spec, plan, store=store, progress=lambda time: progress.update(task, completed=time))
    screen.print(course_table(course))
    for note in _notes(course, plan, spec):
        screen.print(f"  !  {note}", soft_wrap=True)
    names = [str(store)]
    if picture:
        names.append(str(_draw(course, plan, spec, store.with_name("simulation.png"))))
    if kept is not None:
        done = kept.time >= plan.duration - 1e-9
        screen.print("was complete, nothing run anew" if done else f"went on from {_span(kept.time)}")
    closure = course.attrs["energy_closure_relative"]
    screen.print(
        f"energy closes to {closure:.0e} over {_span(plan.duration)}; wrote {' and '.join(names)}", soft_wrap=True
    )


@contextmanager
def _keeping(store: Path) -> Iterator[None]:
    """Say on Ctrl-C what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"twin: stopped; what was written is kept in {store}; the same command goes on from there\n")
        sys.exit(130)


def _span(seconds: float) -> str:
    """Return a time as people say it."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.4g} {unit}"
    return f"{seconds:.4g} s"


def course_table(course: "Dataset") -> "Table":
    """Return least, mean and most of the headlines of a run, and when the worse of the extremes was."""
    import numpy as np

    from twin.cli.inputs import plain_table
    from twin.cli.units import shown

    heads = ("", "least", "mean", "most", "worst at")
    table = plain_table(*heads, right=heads[1:])
    for label, name, unit, worse in _SHOWN:
        values = course[name].values
        if not np.isfinite(values).any():
            continue
        values = np.where(np.isnan(values), 0.0, values) if worse == "least" else values
        extremes = float(np.nanmin(values)), float(np.nanmax(values))
        at = (np.nanargmin if worse == "least" else np.nanargmax)(values)
        same = extremes[1] - extremes[0] <= 1e-6 * abs(extremes[1])
        numbers = (extremes[0], float(np.nanmean(values)), extremes[1])
        cells = [shown(0.0 if abs(number) < 1e-6 * extremes[1] else number, unit, 4) for number in numbers]
        table.add_row(f"  {label}", *cells, "" if same else shown(float(course.time[at]), "s"))
    return table


def _notes(course: "Dataset", plan: "Schedule", spec: "Factory") -> Iterator[str]:
    """Yield what a reader must not miss: limits passed, chips lost, a cap that does not hold."""
    limit = spec.limits.junction
    if (first := _first(course.junction_temperature_max > limit + 1e-6)) is not None:
        hottest = course.junction_temperature.isel(time=first)
        part, when = str(hottest.chip[int(hottest.argmax("chip"))].item()), _span(float(course.time[first]))
        yield f"{part} is above its limit of {limit - 273.15:g} °C by {when}"
    everyone = float(course.chips_running.max())
    if (first := _first(course.chips_running < everyone)) is not None:
        left = int(course.chips_running.min())
        when = _span(float(course.time[first]))
        yield f"chips are lost or switched off by {when}; {left} of {everyone:.0f} run at the least"
    cap = plan.control.power_cap
    if cap is not None and float(course.rack_power.max()) > 1.001 * cap:
        share = float((course.rack_power > 1.001 * cap).mean())
        yield (
            f"the power cap of {cap / 1e3:g} kW does not hold {share:.0%} of the time: clocks are at their lowest, or "
            "the load jumps faster than control"
        )


def _first(true: "DataArray") -> int | None:
    """Return the first index at which something is true."""
    return int(true.values.argmax()) if bool(true.any()) else None


def _draw(course: "Dataset", plan: "Schedule", spec: "Factory", path: Path) -> Path:
    """Write the picture of a run."""
    import json

    import viz
    from twin.result.io import write_whole

    limit = {"axis": "y", "value": spec.limits.junction, "text": f"die limit {spec.limits.junction - 273.15:g} °C"}
    panels: list[dict[str, Any]] = [
        {"kind": "line", "x": "time", "y": "junction_temperature_max", "limits": [limit], "title": "Hottest die"},
        {
            "kind": "line",
            "x": "time",
            "y": ["rack_power", "liquid_heat", "facility_heat"],
            "axis": "Power",
            "title": "Power and heat",
        },
        {"kind": "line", "x": "time", "y": "coolant_flow", "title": "Coolant flow"},
    ]
    unit = "h" if plan.duration >= 7200 else "min" if plan.duration >= 600 else "s"
    panels = [{**panel, "units": {"time": unit}} for panel in panels]
    series = course[["junction_temperature_max", "rack_power", "liquid_heat", "facility_heat", "coolant_flow"]].load()
    series.time.attrs["long_name"] = "time"
    for name, words in (
        ("rack_power", "AC power"),
        ("liquid_heat", "into the coolant"),
        ("facility_heat", "into the facility"),
    ):
        series[name].attrs["long_name"] = words
    asked = series.assign_attrs(title=f"{spec.name}, {_span(plan.duration)}", chart=json.dumps({"panels": panels}))
    write_whole(path, lambda place: viz.save(viz.chart(asked), place))
    return path
