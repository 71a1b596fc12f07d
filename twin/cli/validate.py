"""`twin validate`: our numbers against references, a line each."""

from pathlib import Path
from typing import Annotated

import typer


def validate(
    only: Annotated[str, typer.Option(help="Rows to run, for example T9,N2.")] = "",
    reference: Annotated[Path | None, typer.Option(help="Folder with the larger reference data.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Hold the product against published and closed-form references; exit 1 if a row fails."""
    from twin.cli.inputs import console
    from twin.validate.table import as_dicts, run_rows, sources_of, table_of

    wanted = [name.strip() for name in only.split(",") if name.strip()]
    rows = run_rows(wanted, reference)
    if as_json:
        import json

        typer.echo(json.dumps(as_dicts(rows), indent=2))
    else:
        screen = console()
        screen.print(table_of(rows), sources_of(rows), sep="\n")
        count = [sum(row.passed is verdict for row in rows) for verdict in (True, False, None)]
        screen.print(f"{count[0]} passed, {count[1]} failed, {count[2]} skipped or printed only")
    if any(row.passed is False for row in rows):
        raise typer.Exit(1)
