"""`twin compare`: two systems or two results side by side."""

from typing import Annotated, Any

import typer


def compare(
    first: Annotated[str, typer.Argument(help="A system, a .toml file, or the folder of a result.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
) -> None:
    """Compare two systems or two saved results: headline numbers, differences, and what the specs have different."""
    from rich.table import Table

    from twin.cli.inputs import console, read_result
    from twin.result.compare import compare as differences

    one, two = read_result(first), read_result(second)
    summary, spec = differences(one, two)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("", one.attrs["title"], two.attrs["title"], "difference"):
        table.add_column(header, justify="left" if not header else "right", overflow="fold")
    for row in summary:
        if row.name != "warnings":
            table.add_row(row.name, _shown(row.first, row.unit), _shown(row.second, row.unit), _difference(row))
    screen = console()
    screen.print(table)
    screen.print(f"{len(spec)} fields of the specs differ:")
    for row in spec:
        screen.print(f"  {row.name}: {_shown(row.first, row.unit)} → {_shown(row.second, row.unit)}")


def _shown(value: Any, unit: str) -> str:
    from twin.spec.quantity import in_trade_units

    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not unit:
        return str(value)
    return in_trade_units(value, unit)


def _difference(row: Any) -> str:
    numbers = all(isinstance(value, (int, float)) for value in (row.first, row.second))
    if not numbers or not row.unit:
        return ""
    change = row.second - row.first
    unit = "delta_K" if row.unit == "K" else row.unit
    relative = f" ({change / row.first:+.1%})" if row.first and row.unit != "K" else ""
    return f"{'+' if change > 0 else ''}{_shown(change, unit)}{relative}"
