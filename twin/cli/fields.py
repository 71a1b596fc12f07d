"""`twin fields`: every variable of a result with group, dimensions, unit and meaning."""


def fields() -> None:
    """List every variable of a result: group, name, dimensions, unit, meaning."""
    from twin.cli.inputs import console, plain_table
    from twin.result.schema import fields as declared
    from twin.result.schema import package_fields, udunits

    group = ""
    table = plain_table("variable", "dimensions", "unit", "from", "meaning", fold=("meaning",))
    listed = [*declared().values(), *package_fields().values()]
    for field in sorted(listed, key=lambda field: (field.group, field.dims, field.name)):
        if field.group != group:
            group = field.group
            table.add_row(f"/{group}" + "/<kind of chip>" * (group == "package"), style="bold cyan")
        origin = "spec" if field.direction == "in" else "solve"
        table.add_row(f"  {field.name}", ", ".join(field.dims), udunits(field.unit), origin, field.meaning)
    console().print(table)
