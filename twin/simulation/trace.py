"""Rows of the CSV file that a schedule names."""

import csv
from pathlib import Path
from typing import Any

from twin.simulation.words import text
from twin.spec.errors import SpecError


def csv_rows(folder: Path, name: str, columns: tuple[str, ...]) -> list[tuple[str, list[Any]]]:
    """Return some columns of a CSV file.

    Parameters
    ----------
    folder : Path
        What its name is relative to.
    name : str
        The file.
    columns : tuple of str
        Heads of the columns.

    Returns
    -------
    list of (str, list)
        File and line of each row, and its cells: numbers where they are, else text.

    Raises
    ------
    SpecError
        It cannot be read, is no CSV, or lacks a column.

    References
    ----------
    RFC 4180, Common format for CSV files.
    """
    rows = csv.DictReader(text(folder / name).splitlines())
    try:
        if missing := [column for column in columns if column not in (rows.fieldnames or ())]:
            raise SpecError(
                f"{name}: has no column {' or '.join(missing)}; write {','.join(columns)} in its first line"
            )
        return [(f"{name}, line {rows.line_num}", [_plain(row[column]) for column in columns]) for row in rows]
    except csv.Error as error:
        raise SpecError(str(error)) from error


def _plain(cell: str | None) -> Any:
    try:
        return float(cell or "")
    except ValueError:
        return cell or ""
