"""`twin list`: the systems of the catalogue."""


def list_systems() -> None:
    """List the systems of the catalogue."""
    from twin.cli.inputs import console, plain_table
    from twin.spec.load import load, systems

    table = plain_table("system", "what it is", "", fold=("what it is",))
    for name in systems():
        spec = load(name)
        table.add_row(name, spec.title, "announced" if spec.announced else "")
    console().print(table)
