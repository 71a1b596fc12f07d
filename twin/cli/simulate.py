"""`twin simulate`: a rack over time, through a schedule of loads, set-points and events."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli.inputs import Out, Settings, System

if TYPE_CHECKING:
    from rich.table import Table
    from xarray import Dataset

    from twin.simulation.schedule import Schedule
    from twin.spec.types import Factory

#: Headlines of a run: label, variable, unit as `twin.cli.units` knows it, which extreme is the worse one.
_SHOWN = (
    ("utilization", "utilization", "1", "most"),
    ("rack power, AC", "rack_power", "W", "most"),
    ("highest power", "rack_power_max", "W", "most"),
    ("fastest ramp", "rack_ramp_max", "W/s", "most"),
    ("grid power", "rack_grid_power", "W", "most"),
    ("grid, highest power", "rack_grid_power_max", "W", "most"),
    ("grid, fastest ramp", "rack_grid_ramp_max", "W/s", "most"),
    ("store, least", "store_energy_min", "J", "least"),
    ("store, most", "store_energy_max", "J", "most"),
    ("burnt by smoothing", "smoothing_power", "W", "most"),
    ("die mean, hottest", "junction_temperature_max", "K", "most"),
    ("hot spot, hottest", "hotspot_temperature_max", "K", "most"),
    ("memory, hottest", "memory_temperature_max", "K", "most"),
    ("lowest GPU clock", "clock_min", "1", "least"),
    ("coolant supply", "coolant_supply_temperature", "K", "most"),
    ("coolant return", "coolant_return_temperature", "K", "most"),
    ("coolant flow", "coolant_flow", "kg/s", "least"),
    ("largest bar current", "busbar_section_current_max", "A", "most"),
    ("lowest bus voltage", "bus_voltage_min", "V", "least"),
    ("busiest shelf", "shelf_power", "W", "most"),
    ("bandwidth per GPU", "bandwidth_per_gpu", "B/s", "least"),
    ("all-to-all", "all_to_all_time", "s", "most"),
    ("chips running", "chips_running", "1", "least"),
    ("facility supply", "facility_supply_temperature", "K", "most"),
    ("PUE of cooling", "pue", "1", "most"),
)
#: Shown where a store gives or takes, and where a floor burns.
_OF_STORE = ("rack_grid_power", "rack_grid_power_max", "rack_grid_ramp_max", "store_energy_min", "store_energy_max")
#: Mark of what is an extreme over every instant.
_INSTANT = " *"


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

    from twin.cli.inputs import console, plain_table, read_spec
    from twin.result.io import make_folder
    from twin.simulation.broken import breaches, span
    from twin.simulation.check import check_schedule
    from twin.simulation.checkpoint import read_state
    from twin.simulation.read import read_schedule
    from twin.simulation.run import STATE
    from twin.simulation.run import simulate as run

    spec, plan = read_spec(system, settings), read_schedule(schedule)
    check_schedule(plan, spec)
    there, screen = out.exists(), console()
    store = make_folder(out) / "simulation.zarr"
    kept = read_state(store / STATE) if store.exists() else None
    with _keeping(store, there), Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(spec.name, total=plan.duration)
        course = run(spec, plan, store=store, progress=lambda time: progress.update(task, completed=time))
    found = breaches(course, plan, spec)
    screen.print(course_table(course, spec, {breach.variable for breach in found}))
    screen.print(f"* of any instant; the others are means over {span(plan.steps.output)}, or values at their ends")
    for line in _told(course, plan, spec):
        screen.print(line)
    warned = plain_table("", "", fold=("",))
    for note in (*(breach.text for breach in found), *_notes(course, plan)):
        warned.add_row("  !", note, style="yellow")
    if warned.row_count:
        screen.print(warned)
    names = [str(store)]
    if picture:
        names.append(str(_draw(course, plan, spec, store.with_name("simulation.png"))))
    if kept is not None:
        done = kept.time >= plan.duration - 1e-9
        screen.print("was complete, nothing run anew" if done else f"went on from {span(kept.time)}")
    closure = course.attrs["energy_closure_relative"]
    screen.print(
        f"energy closes to {closure:.0e} over {span(plan.duration)}; wrote {' and '.join(names)}", soft_wrap=True
    )


@contextmanager
def _keeping(store: Path, there: bool) -> Iterator[None]:
    """Say on Ctrl-C what is kept and how to go on; leave no folder behind that was not there and holds nothing."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"what was written is kept in {store}; the same command goes on from there"
        sys.stderr.write(f"twin: stopped; {kept if store.exists() else 'nothing was written yet'}\n")
        sys.exit(130)
    finally:
        if not there and not any(store.parent.iterdir()):
            store.parent.rmdir()


def course_table(course: "Dataset", spec: "Factory", broken: Collection[str] = ()) -> "Table":
    """Return least, mean and most of the headlines, when the worse extreme was, and limits, marked where broken."""
    import numpy as np

    from twin.cli.inputs import plain_table
    from twin.cli.units import shown
    from twin.simulation.broken import stirred

    heads = ("", "least", "mean", "most", "worst at", "limit")
    table, limits = plain_table(*heads, right=heads[1:]), _limits(spec)
    left_out = (*(() if stirred(course, spec) else _OF_STORE), *_without(course, "smoothing_power"))
    for label, name, unit, worse in _SHOWN:
        values = course[name].values
        if name in left_out or not np.isfinite(values).any():
            continue
        values = values.max(axis=1) if values.ndim > 1 else values
        values = np.where(np.isnan(values), 0.0, values) if worse == "least" else values
        extremes = float(np.nanmin(values)), float(np.nanmax(values))
        at = (np.nanargmin if worse == "least" else np.nanargmax)(values)
        same = extremes[1] - extremes[0] <= 1e-6 * abs(extremes[1])
        numbers = (extremes[0], float(np.nanmean(values)), extremes[1])
        cells = [shown(0.0 if abs(number) < 1e-6 * extremes[1] else number, unit, 4) for number in numbers]
        instant = course[name].attrs["cell_methods"] in ("time: maximum", "time: minimum")
        bound = f"{shown(limits[name], unit, 4)}{' !' if name in broken else '  '}" if name in limits else ""
        when = "" if same else shown(float(course.time[at]), "s")
        table.add_row(f"  {label}{_INSTANT if instant else ''}", *cells, when, bound)
    return table


def _without(course: "Dataset", name: str) -> tuple[str, ...]:
    """Return a power that is 0 throughout, to round-off."""
    return () if float(course[name].max()) > 1e-9 * float(course.rack_power.max()) else (name,)


def _limits(spec: "Factory") -> dict[str, float]:
    """Return the limits and ratings of recorded variables, at the start."""
    rack, limits = spec.rack, spec.limits
    found = {
        "junction_temperature_max": limits.junction,
        "hotspot_temperature_max": limits.hotspot,
        "memory_temperature_max": limits.memory,
        "coolant_return_temperature": limits.coolant_return,
        "shelf_power": rack.shelf.rated_power,
    }
    if rack.busbar is not None:
        found |= {"busbar_section_current_max": rack.busbar.rated_current, "bus_voltage_min": rack.busbar.voltage_min}
    if rack.store is not None:
        found["rack_grid_ramp_max"] = max(rack.store.grid_ramp_up, rack.store.grid_ramp_down)
    return found


def _told(course: "Dataset", plan: "Schedule", spec: "Factory") -> Iterator[str]:
    """Yield what is worth a word and breaks nothing: the recorded window, a store that had nothing to do."""
    import numpy as np

    from twin.cli.units import shown
    from twin.simulation.broken import span, stirred
    from twin.simulation.fast import FAST, fast_power

    store = spec.rack.store
    for name in FAST if plan.record.fast else ():
        power, step = fast_power(course, name)
        if power.size > 1:
            swing, ramp = float(np.ptp(power)), float(np.abs(np.diff(power)).max()) / step
            who = "grid" if "grid" in name else "rack"
            yield (
                f"{who} within the window of {span(power.size * step)}: swing {shown(swing, 'W', 4)}, "
                f"{shown(float(power.min()), 'W', 4)} … {shown(float(power.max()), 'W', 4)}, "
                f"fastest {shown(ramp, 'W/s', 4)} over {shown(step, 's', 4)}"
            )
    if store is not None and not stirred(course, spec):
        held = shown(min(store.grid_ramp_up, store.grid_ramp_down), "W/s", 4)
        yield f"the energy store stayed inert: over steps.electric = {span(plan.steps.electric)} no ramp reaches {held}"


def _notes(course: "Dataset", plan: "Schedule") -> Iterator[str]:
    """Yield what a reader must not miss beside broken limits: chips lost, a cap that does not hold."""
    from twin.simulation.broken import when

    everyone = float(course.chips_running.max())
    lost = (course.chips_running < everyone).values
    if lost.any():
        left = int(course.chips_running.min())
        yield f"chips are lost or switched off: {left} of {everyone:.0f} run at the least; {when(course, lost)}"
    cap = plan.control.power_cap
    if cap is not None and float(course.rack_power.max()) > 1.001 * cap:
        above = (course.rack_power > 1.001 * cap).values
        yield (
            f"the power cap of {cap / 1e3:g} kW does not hold: clocks are at their lowest, or the load jumps faster "
            f"than control; {when(course, above)}"
        )


def _draw(course: "Dataset", plan: "Schedule", spec: "Factory", path: Path) -> Path:
    """Write the picture of a run."""
    import json

    import viz
    from twin.result.io import write_whole
    from twin.simulation.broken import span

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
    asked = series.assign_attrs(title=f"{spec.name}, {span(plan.duration)}", chart=json.dumps({"panels": panels}))
    write_whole(path, lambda place: viz.save(viz.chart(asked), place))
    return path
