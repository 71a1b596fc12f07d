"""Which rows there are, running them, and the table of the verdicts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.spec.errors import SpecError
from twin.validate import (
    circuits,
    collectives,
    distribution,
    exchangers,
    fabrics,
    flows,
    hydraulics,
    loads,
    microchannel,
    network,
    orders,
    plant,
    power,
    simulation,
    telemetry,
    thermal,
    volumes,
)
from twin.validate.row import Row

if TYPE_CHECKING:
    from rich.table import Table

#: Row id → function of the reference folder.
ROWS: dict[str, Callable[[Path | None], list[Row]]] = {
    "N1": network.n1,
    "N2": lambda reference: [*network.n2(reference), *flows.n2(reference)],
    "N3": flows.n3,
    "N4": network.n4,
    "N5": collectives.n5,
    "N6": collectives.n6,
    "N7": collectives.n7,
    "N8": fabrics.n8,
    "latency": network.latency,
    "T1": microchannel.t1,
    "T2": microchannel.t2,
    "T3": microchannel.t3,
    "T4": volumes.t4,
    "T5": orders.t5,
    "T6": exchangers.t6,
    "T7": volumes.t7,
    "T8": hydraulics.t8,
    "T9": thermal.t9,
    "T10": thermal.t10,
    "T11": plant.t11,
    "T12": exchangers.t12,
    "T13": telemetry.t13,
    "sanity": thermal.sanity,
    "time": simulation.time,
    "CDU": exchangers.cdu,
    "P1": circuits.p1,
    "P2": distribution.p2,
    "P3": circuits.p3,
    "P4": circuits.p4,
    "P5": power.p5,
    "P6": power.p6,
    "P7": power.p7,
    "P8": loads.p8,
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
        One line per row; the sources are `sources_of`.

    References
    ----------
    Derived: numbers to seven digits.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("row", "case", "ours", "reference", "unit", "allowed", ""):
        right = header in ("ours", "reference")
        table.add_column(header, no_wrap=header != "case", justify="right" if right else "left")
    verdicts = {True: Text("passed", "green"), False: Text("FAILED", "bold red"), None: Text("–", "dim")}
    for row in rows:
        numbers = ["–" if value is None else f"{value:.7g}" for value in (row.ours, row.reference)]
        unit = "" if row.unit == "1" else row.unit
        table.add_row(row.id, row.case, *numbers, unit, row.tolerance, verdicts[row.passed])
    return table


def sources_of(rows: Sequence[Row]) -> "Table":
    """Return where the references of the rows come from, for the terminal.

    Parameters
    ----------
    rows : sequence of Row
        Verdicts.

    Returns
    -------
    Table
        One line per row id and source.

    References
    ----------
    Derived: the rows' own sources.
    """
    from rich.table import Table

    table = Table("row", "source of the reference", box=None, pad_edge=False, header_style="bold")
    for name, source in dict.fromkeys((row.id, row.source) for row in rows):
        table.add_row(name, source)
    return table
