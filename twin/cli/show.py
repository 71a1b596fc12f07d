"""`twin show`: every number of a system with unit, status and source, and the sums the keynotes quote."""

from typing import TYPE_CHECKING

from twin.cli.inputs import Settings, System

if TYPE_CHECKING:
    from rich.console import Console

    from twin.spec.types import Factory


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


def sums(spec: "Factory") -> list[str]:
    """Return what the spec's fabric adds up to, in the words of the keynotes, with the reading that closes."""
    import topology
    from twin.build.fabric import graph_of

    graph, link = graph_of(spec.rack), spec.rack.nvlink
    found = topology.invariants(graph)
    both = found["bandwidth_aggregate_bidirectional"] / 1e12
    lines = [
        f"{link.gpus} GPUs x {link.links_per_gpu} links = {found['link_count']} links, "
        f"{link.gpu_bandwidth / 1e9:g} GB/s per GPU per direction",
        f"{link.gpus} x 2 x {link.gpu_bandwidth / 1e12:g} TB/s = {both:g} TB/s, both directions",
    ]
    if spec.rack.spine is None:
        return lines
    length = found["total_length"]
    mean = length / found["pair_count"]
    lines.append(
        f"{found['link_count']} links x {link.pairs_per_link} pairs = {found['pair_count']} differential copper pairs "
        f"in {spec.rack.spine.cartridges} cartridges, {length / 1e3:.2f} km or {length / 1609.344:.2f} miles, "
        f"mean {mean:.2f} m (keynote: 5 000 cables, two miles; geometry is ours)"
    )
    return [*lines, *_switch_readings(spec, both)]


def _switch_readings(spec: "Factory", both: float) -> list[str]:
    """Return both readings of "nine switches of 7.2 TB/s each", and which closes the sum."""
    link = spec.rack.nvlink
    asic = link.asic_ports * link.link_bandwidth * 2 / 1e12
    per_tray = sum(chip.count for tray in spec.rack.trays for chip in tray.chips if chip.kind == "switch")
    trays = link.asics // per_tray
    return [
        f'"{asic:g} TB/s each, {trays} of them": {trays} trays x {asic:g} = {trays * asic:g} TB/s does not close; '
        f"{asic:g} is per ASIC, {per_tray * asic:g} per tray, and {link.asics} ASICs x {asic:g} = "
        f"{trays} trays x {per_tray * asic:g} = {both:g} TB/s does"
    ]


def _print_sums(console: "Console", spec: "Factory") -> None:
    for line in sums(spec):
        console.print(f"  {line}")


def _print_numbers(console: "Console", spec: "Factory") -> None:
    from rich.table import Table

    from twin.spec.paths import field_at, leaves
    from twin.spec.quantity import in_trade_units

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("number", "value", "status", "source"):
        table.add_column(header, no_wrap=True, justify="right" if header == "value" else "left")
    for steps, value in leaves(spec):
        origin = spec.provenance.get(".".join(steps))
        unit = field_at(spec, steps).unit
        shown = "none" if value is None else in_trade_units(value, unit) if unit else str(value)
        table.add_row(".".join(steps), shown, *((origin.status, origin.source) if origin else ("", "")))
    console.print(table)


def _print_sources(console: "Console", spec: "Factory") -> None:
    from twin.spec.load import sources

    known = sources()
    for key in sorted({origin.source for origin in spec.provenance.values()} & known.keys()):
        console.print(f"  {key}: {known[key]['title']} ({known[key]['publisher']})")
