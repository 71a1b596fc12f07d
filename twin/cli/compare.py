"""`twin compare`: two systems or two results side by side."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from twin.result.compare import Difference

#: Headline entries that say nothing about the systems.
_LEFT_OUT = ("warnings", "energy_closure_relative", "iterations")


def compare(
    first: Annotated[str, typer.Argument(help="A system, a .toml file, or the folder of a result.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
) -> None:
    """Compare two systems or two saved results: headline numbers, differences, and what the specs have different."""
    from twin.cli.inputs import console, plain_table, read_result
    from twin.cli.units import shown
    from twin.result.compare import compare as differences

    one, two = read_result(first), read_result(second)
    summary, spec = differences(one, two)
    screen, titles = console(), (one.attrs["title"], two.attrs["title"])
    titles = (first, second) if titles[0] == titles[1] else titles
    table = plain_table("", *titles, "difference", right=(*titles, "difference"), fold=titles)
    for row in summary:
        if row.name not in _LEFT_OUT:
            values = (shown(value, row.unit, 5) for value in (row.first, row.second))
            table.add_row(row.name, *values, difference(row))
    screen.print(table)
    screen.print(f"{len(spec)} fields of the specs differ{':' if spec else ''}")
    changed = plain_table("  field", *titles, right=titles, fold=("  field", *titles))
    for row in spec:
        changed.add_row(f"  {row.name}", *(shown(value, row.unit) for value in (row.first, row.second)))
    if spec:
        screen.print(changed)


def difference(row: "Difference") -> str:
    """Return the second value less the first, with the share of the first; '' where either is no number."""
    from twin.cli.units import shown

    if not all(isinstance(value, (int, float)) for value in (row.first, row.second)) or not row.unit:
        return ""
    change = row.second - row.first
    if abs(change) <= 1e-9 * max(abs(row.first), abs(row.second)):
        return "same"
    relative = f" ({change / row.first:+.1%})" if row.first and row.unit not in ("K", "delta_K") else ""
    return f"{'+' if change > 0 else ''}{shown(change, 'delta_K' if row.unit == 'K' else row.unit, 4)}{relative}"
