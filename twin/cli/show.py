"""`twin show`: every number of a system with unit, status and source, and the sums the keynotes quote."""

from typing import TYPE_CHECKING

from twin.cli.inputs import Settings, System

if TYPE_CHECKING:
    from rich.console import Console

    from twin.spec.types import Factory, Origin

#: Least widths of the columns of numbers, so that the tables of all parts line up.
_WIDTHS = (25, 12, 8, 6)


def show(system: System, settings: Settings = None) -> None:
    """Show every number of a system with its unit, status and source, and the sums that follow from them."""
    from rich.text import Text

    from twin.cli.inputs import console, read_spec

    spec = read_spec(system, settings)
    screen = console()
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
