"""`twin list`: the systems of the catalogue and the studies."""


def list_systems() -> None:
    """List the systems of the catalogue."""
    from rich.table import Table

    from twin.cli.inputs import console
    from twin.spec.load import load, systems

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("system", "what it is", ""):
        table.add_column(header, no_wrap=header != "what it is")
    for name in systems():
        spec = load(name)
        table.add_row(name, spec.title, "announced" if spec.announced else "")
    console().print(table)
