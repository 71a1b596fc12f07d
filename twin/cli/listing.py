"""`twin list`: the systems of the catalogue, the models of parts, and the studies."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def list_systems() -> None:
    """List the systems of the catalogue, the models of parts, and the studies with their questions."""
    from twin.cli.inputs import console, plain_table
    from twin.spec.load import load, systems
    from twin.spec.models import FILES, models

    screen = console()
    table = plain_table("system", "what it is", "", fold=("what it is",))
    for name in systems():
        spec = load(name)
        table.add_row(name, spec.title, "announced" if spec.announced else "")
    screen.print(table)
    screen.print()
    parts = plain_table("models of", "taken by name", fold=("taken by name",))
    for kind, file in FILES.items():
        parts.add_row(file.replace("_", " "), ", ".join(models(kind)))
    screen.print(parts)
    screen.print()
    screen.print(studies_table())


def studies_table() -> "Table":
    """Return the studies with their questions."""
    from twin.cli.inputs import plain_table
    from twin.studies import names, question

    table = plain_table("study", "question", fold=("question",))
    for name in names():
        table.add_row(name, question(name))
    return table
