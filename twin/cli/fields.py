"""`twin fields`: every variable of a result with group, dimensions, unit and meaning."""


def fields() -> None:
    """List every variable of a result: group, name, dimensions, unit, meaning."""
    from rich.table import Table

    from twin.cli.inputs import console
    from twin.result.schema import fields as declared
    from twin.result.schema import udunits

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("group", "variable", "dimensions", "unit", "", "meaning"):
        table.add_column(header, no_wrap=header not in ("meaning", "dimensions"))
    for field in sorted(declared().values(), key=lambda field: (field.group, field.dims, field.name)):
        dims = ", ".join(field.dims)
        table.add_row(f"/{field.group}", field.name, dims, udunits(field.unit), field.direction, field.meaning)
    console().print(table)
