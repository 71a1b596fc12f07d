"""Which rows there are, running them, and the table of the verdicts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.spec.errors import SpecError
from twin.validate import network, power, thermal
from twin.validate.row import Row

if TYPE_CHECKING:
    from rich.table import Table

#: Row id → function of the reference folder.
ROWS: dict[str, Callable[[Path | None], list[Row]]] = {
    "N1": network.n1,
    "N2": network.n2,
    "N4": network.n4,
    "latency": network.latency,
    "T4": thermal.t4,
    "T9": thermal.t9,
    "T10": thermal.t10,
    "sanity": thermal.sanity,
    "P5": power.p5,
    "P6": power.p6,
    "P7": power.p7,
    "busbar": power.busbar,
}


def run_rows(only: Sequence[str] = (), reference: Path | None = None) -> list[Row]:
    """Return the rows asked for, all by default.

    Parameters
    ----------
    only : sequence of str
        Row ids.
    reference : Path, optional
        Folder of the larger reference data.

    Returns
    -------
    list of Row
        In the order of the registry.

    Raises
    ------
    SpecError
        Unknown id, or no such folder.

    References
    ----------
    Derived: the registry of this module.
    """
    unknown = [name for name in only if name not in ROWS]
    if unknown:
        raise SpecError(f"--only {','.join(unknown)}: no such row; known: {', '.join(ROWS)}")
    if reference is not None and not reference.is_dir():
        raise SpecError(f"--reference {reference}: no such folder")
    return [row for name, make in ROWS.items() if not only or name in only for row in make(reference)]


def as_dicts(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows as plain mappings, for JSON.

    Parameters
    ----------
    rows : sequence of Row
        Verdicts.

    Returns
    -------
    list of dict
        Keys as the fields of `Row`.

    References
    ----------
    Derived: field by field.
    """
    return [row._asdict() for row in rows]


def table_of(rows: Sequence[Row]) -> "Table":
    """Return the rows as a table for the terminal.

    Parameters
    ----------
    rows : sequence of Row
        Verdicts.

    Returns
    -------
    Table
        One line per row.

    References
    ----------
    Derived: numbers to six digits.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("row", "case", "ours", "reference", "unit", "tolerance", "", "source"):
        table.add_column(
            header, no_wrap=header != "source", justify="right" if header in ("ours", "reference") else "left"
        )
    verdicts = {True: "[green]passed[/green]", False: "[red]FAILED[/red]", None: "[dim]–[/dim]"}
    for row in rows:
        numbers = ["–" if value is None else f"{value:.7g}" for value in (row.ours, row.reference)]
        table.add_row(row.id, row.case, *numbers, row.unit, row.tolerance, verdicts[row.passed], row.source)
    return table
