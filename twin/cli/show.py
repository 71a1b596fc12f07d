"""`twin show`: every number of a system with unit, status and source, and the sums the keynotes quote; or one part."""

from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.inputs import Settings, System

if TYPE_CHECKING:
    from rich.console import Console
    from xarray import DataTree

    from topology import Fabric
    from twin.build.radius import Loss, Part
    from twin.spec.types import Factory, Origin, Rack

Row = tuple[str, ...]
"""Label, intact, left, remark."""

#: Least widths of the columns of numbers, so that the tables of all parts line up.
_WIDTHS = (25, 12, 8, 6)


def show(
    system: System,
    settings: Settings = None,
    part: Annotated[
        str | None,
        typer.Option("--part", help="One part, and what is left without it: cartridge-2, switch-3, link 17."),
    ] = None,
) -> None:
    """Show every number of a system with its unit, status and source; or one part, and what is left without it."""
    from rich.text import Text

    from twin.cli.inputs import console, read_spec

    spec = read_spec(system, settings)
    screen = console()
    if part is not None:
        _print_part(screen, spec, part_of(spec.rack, part))
        return
    screen.print(Text(f"{spec.name}  {spec.title}{' (announced)' if spec.announced else ''}", style="bold"))
    _print_sums(screen, spec)
    _print_numbers(screen, spec)
    _print_sources(screen, spec)


def sums(spec: "Factory") -> list[tuple[str, str]]:
    """Return what the spec's fabric adds up to, label and sum, with the reading of the keynotes that closes."""
    import topology
    from twin.build.fabric import graph_of

    graph, link = graph_of(spec.rack), spec.rack.nvlink
    found = topology.invariants(graph)
    both = found["bandwidth_aggregate_bidirectional"] / 1e12
    lines = [
        (
            "links",
            f"{link.gpus} GPUs x {link.links_per_gpu} = {_spaced(found['link_count'])}, "
            f"{link.gpu_bandwidth / 1e9:g} GB/s per GPU per direction",
        ),
        ("aggregate", f"{link.gpus} GPUs x 2 x {link.gpu_bandwidth / 1e12:g} TB/s = {both:g} TB/s, both directions"),
    ]
    return lines if spec.rack.spine is None else [*lines, _copper(spec, found), _switches(spec, both)]


def _copper(spec: "Factory", found: dict[str, float]) -> tuple[str, str]:
    link, spine, length = spec.rack.nvlink, spec.rack.spine, found["total_length"]
    assert spine is not None
    return (
        "copper",
        f"{_spaced(found['link_count'])} links x {link.pairs_per_link} pairs = {_spaced(found['pair_count'])} "
        f"differential pairs in {spine.cartridges} cartridges, {length / 1e3:.2f} km or {length / 1609.344:.2f} miles, "
        f"mean {length / found['pair_count']:.2f} m; lengths from our geometry"
        + (" (keynote: 5 000 cables, about two miles)" if link.generation == 5 else ""),
    )


def _switches(spec: "Factory", both: float) -> tuple[str, str]:
    """Return both readings of "nine switches of 7.2 TB/s each", and which closes the sum."""
    link = spec.rack.nvlink
    asic = link.asic_ports * link.link_bandwidth * 2 / 1e12
    per_tray = sum(chip.count for tray in spec.rack.trays for chip in tray.chips if chip.kind == "switch")
    trays = link.asics // per_tray
    return (
        "switches",
        f"{trays} trays x {asic:g} TB/s = {trays * asic:g} TB/s does not close: {asic:g} TB/s is per ASIC, and "
        f"{link.asics} ASICs x {asic:g} = {trays} trays x {per_tray * asic:g} = {both:g} TB/s does",
    )


def _spaced(count: float) -> str:
    return f"{count:,.0f}".replace(",", " ")


def _print_sums(console: "Console", spec: "Factory") -> None:
    from twin.cli.inputs import plain_table

    table = plain_table("", "", fold=("",))
    for label, line in sums(spec):
        table.add_row(f"  {label}", line)
    console.print(table)


def _print_numbers(console: "Console", spec: "Factory") -> None:
    from itertools import groupby

    from rich.text import Text

    from twin.cli.inputs import plain_table
    from twin.cli.units import shown
    from twin.spec.paths import field_at, leaves

    numbers = ((steps, value) for steps, value in leaves(spec) if steps[-1] not in ("name", "title", "announced"))
    for i, (owner, group) in enumerate(groupby(numbers, key=lambda item: item[0][:-1])):
        table = plain_table(
            "  number", "value", "status", "spread", "source", right=("value",), fold=("value", "source")
        )
        table.show_header = i == 0
        for column, width in zip(table.columns, _WIDTHS, strict=False):
            column.min_width = width
        for steps, value in group:
            unit, origin = field_at(spec, steps).unit or "", spec.provenance.get(".".join(steps))
            note = ("", "", "") if origin is None else (origin.status, _spread(origin, unit), origin.source)
            table.add_row(f"  {steps[-1]}", "none" if value is None else shown(value, unit), *note)
        console.print(Text(".".join(owner), style="bold cyan"), table, sep="\n")


def _spread(origin: "Origin", unit: str) -> str:
    if origin.status != "assumed" or not unit or origin.spread == 0:
        return ""
    return f"±{origin.spread:g} K" if unit == "K" else f"±{origin.spread * 100:g} %"


def _print_sources(console: "Console", spec: "Factory") -> None:
    from twin.cli.inputs import plain_table
    from twin.spec.load import sources

    known, table = sources(), plain_table("source", "what it is", fold=("what it is",))
    for key in sorted({origin.source for origin in spec.provenance.values()} & known.keys()):
        table.add_row(f"  {key}", f"{known[key]['title']} ({known[key]['publisher']})")
    console.print(table)


def part_of(rack: "Rack", name: str) -> "Part":
    """Return the part of a name: one of `named_parts`, or ``link 17``, or the two ends of a cable."""
    from twin.build.radius import link_part, named_parts
    from twin.simulation.events import absent, links_of
    from twin.spec.errors import SpecError

    known, wanted = named_parts(rack), " ".join(name.split())
    if wanted in known:
        return known[wanted]
    word, _, rest = wanted.partition(" ")
    if word != "link" and " - " not in wanted:
        raise SpecError(f"--part {absent(wanted, known)}; a cable is 'link 17', or its two ends 'GPU - ASIC'")
    return link_part(rack, wanted, links_of(rack, rest if word == "link" else wanted))


def _print_part(screen: "Console", spec: "Factory", part: "Part") -> None:
    from rich.text import Text

    from twin.build.fabric import fabric_of
    from twin.build.radius import loss_of
    from twin.cli.inputs import plain_table
    from twin.couple.solve import solve

    fabric = fabric_of(spec.rack)
    loss = loss_of(fabric, part)
    with screen.status(f"solving {spec.name}"):
        tree = solve(spec)
    screen.print(Text(part.name, style="bold"))
    table = plain_table("", "", fold=("",))
    for label, line in (("what", part.kind), ("where", part.place), *_links(fabric, loss, tree), *_watts(part, tree)):
        table.add_row(f"  {label}", line)
    screen.print(table)
    rows, notes = _bar_left(spec, part, tree) if part.shelves else _fabric_left(spec, part, fabric, loss)
    left = plain_table("without it", *(("intact", "left", " ") if rows else ()), right=("intact", "left"), fold=(" ",))
    for label, *cells in rows:
        left.add_row(f"  {label}", *cells)
    screen.print(left)
    for note in notes:
        screen.print(f"  {note}", style="yellow")


def _links(fabric: "Fabric", loss: "Loss", tree: "DataTree") -> list[tuple[str, str]]:
    """Return the links that hang on a part, the planes and GPUs they serve, and their load in the solved rack."""
    from twin.cli.units import shown

    links = loss.links
    if not links.size:
        return []
    load = tree["topology"].link_utilization.values[links]
    one = f", {fabric.gpus[fabric.gpu[links[0]]]} - {fabric.asics[fabric.asic[links[0]]]}" if links.size == 1 else ""
    speed = f"{shown(float(fabric.bandwidth[links].sum()), 'B/s', 4)} per direction"
    return [
        ("links", f"{_spaced(links.size)} of {_spaced(fabric.gpu.size)}{one}, {speed}"),
        ("planes", f"{loss.planes.size} of {len(fabric.asics)}"),
        ("GPUs", f"{len(set(fabric.gpu[links].tolist()))} of {len(fabric.gpus)}"),
        ("link load", f"mean {100 * load.mean():.1f} %, busiest {100 * load.max():.1f} %"),
    ]


def _watts(part: "Part", tree: "DataTree") -> list[tuple[str, str]]:
    """Return what a part supplies, or draws, and the coolant through it: of a tray all, of a chip its own."""
    from twin.cli.units import shown

    power, heat, s = tree["power"].to_dataset(), tree["thermal"].to_dataset(), tree["summary"]
    load = f"at load {100 * s.utilization.item():.0f} %"
    if part.shelves:
        mine = power.shelf.isin(list(part.shelves)).values
        amperes, volts = float(power.shelf_current.values[mine].sum()), float(power.shelf_voltage.values[mine].min())
        watts, share = float(power.shelf_power.values[mine].sum()), float(power.shelf_load.values[mine].max())
        supplied = f"{shown(watts, 'W', 4)} {load}, {_spaced(amperes)} A at {volts:.2f} V"
        return [("supplies", f"{supplied}, at most {100 * share:.0f} % of a shelf's rating")]
    if part.trays:
        mine = power.tray.isin(list(part.trays)).values
        volume = float(s.coolant_volume_flow / s.coolant_flow)
        watts, flow = float(power.tray_power.values[mine].sum()), volume * heat.tray_coolant_flow.values[mine].sum()
    elif part.chips:
        mine = power.chip.isin(list(part.chips)).values
        watts, flow = float(power.chip_power.values[mine].sum()), heat.chip_coolant_flow.values[mine].sum()
    else:
        return []
    return [("draws", f"{shown(watts, 'W', 4)} DC {load}"), ("coolant", shown(float(flow), "m3/s", 4))]


def _fabric_left(spec: "Factory", part: "Part", fabric: "Fabric", loss: "Loss") -> tuple[list[Row], list[str]]:
    """Return what the fabric delivers without a part, and what the table cannot say."""
    from twin.cli.forms import FORMS
    from twin.couple.traffic import fabric_numbers

    count = len(fabric.gpus)
    notes = ["the model ties no GPU to a CPU; its tray's GPUs are taken to run on"] if part.kind == "CPU" else []
    if not loss.links.size:
        return [], [*notes, "no link hangs on it: the fabric delivers what it did"]
    which = "" if not loss.gpus else loss.gpus[0] if len(loss.gpus) == 1 else f"{loss.gpus[0]} … {loss.gpus[-1]}"
    gpus = ("GPUs on the fabric", str(count), str(count - len(loss.gpus)), f"lost: {which}" if which else "none lost")
    if len(loss.gpus) == count:
        why = "no GPU runs" if part.chips.issuperset(fabric.gpus) else "no GPU keeps a link"
        return [gpus], [f"the rack delivers nothing: {why}"]
    before, after = fabric_numbers(fabric, [spec]), fabric_numbers(fabric, [spec], part.links, part.chips)
    for numbers, gpus_left in ((before, count), (after, count - len(loss.gpus))):
        numbers["all_to_all_rate"] = numbers["all_to_all_saturation"] * (gpus_left - 1)
    rates = {
        "all_to_all_saturation": lambda rate: f"{rate / 1e9:.3f} GB/s",
        "all_to_all_rate": FORMS["bandwidth_per_gpu"],
    }
    forms = {**FORMS, **rates}
    labels = {
        "link_count": "links",
        "bandwidth_per_gpu": "bandwidth per GPU, least",
        "bandwidth_aggregate_bidirectional": "aggregate, both directions",
        "bandwidth_bisection": "bisection",
        "all_to_all_saturation": "all-to-all rate per pair",
        "all_to_all_rate": "all-to-all rate per GPU",
        "all_to_all_time": f"all-to-all, {spec.traffic.message_bytes / 1e6:g} MB per pair",
    }
    pairs = {name: (float(before[name][0]), float(after[name][0])) for name in labels}
    return [gpus, *((labels[name], *map(forms[name], pair), _change(*pair)) for name, pair in pairs.items())], notes


def _change(before: float, after: float) -> str:
    change = after / before - 1
    return f"{100 * change:+.2f} %" if abs(change) > 1e-9 else "same"


def _bar_left(spec: "Factory", part: "Part", tree: "DataTree") -> tuple[list[Row], list[str]]:
    """Return what bar and shelves carry without some shelves, from a solve of its own, and its new warnings."""
    from twin.build.radius import without_shelves
    from twin.cli.forms import FORMS
    from twin.couple.solve import solve
    from twin.result.io import summary_dict
    from twin.spec.errors import ConvergenceError, SpecError

    try:
        weaker = without_shelves(spec, part.shelves)
    except SpecError:
        return [], ["the rack is off: no shelf is left in service"]
    try:
        left = solve(weaker)
    except ConvergenceError as error:
        return [], [f"no steady state: {error}"]
    before, after = summary_dict(tree), summary_dict(left)
    labels = {
        "rack_power": "rack power, AC",
        "busbar_section_current_max": "largest bar current",
        "busbar_section_current_peak": "the same at peak (EDPp)",
        "bus_voltage_min": "lowest bus voltage",
    }
    shelves = [float(solved["power"].shelf_load.max()) for solved in (tree, left)]
    rows: list[Row] = [
        (label, *("–" if s[name] is None else FORMS[name](s[name]) for s in (before, after)), "")
        for name, label in labels.items()
    ]
    rating = f"of {spec.rack.shelf.rated_power / 1e3:g} kW"
    news = [warning for warning in after["warnings"] if warning not in before["warnings"]]
    holds = "no link hangs on it: the fabric delivers what it did" + (", while bar and shelves hold" if news else "")
    return [*rows, ("busiest shelf", *(f"{100 * load:.0f} %" for load in shelves), rating)], [holds, *news]
