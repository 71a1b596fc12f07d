"""`twin fields`: every variable of a result, and of a run in time, with group, dimensions, unit and meaning."""


def fields() -> None:
    """List every variable of a result, and of twin simulate (/simulation): name, dimensions, unit, meaning."""
    from twin.cli.inputs import console, plain_table
    from twin.result.schema import fields as declared
    from twin.result.schema import package_fields, udunits
    from twin.simulation.record import series

    listed = [
        (field.group, field.dims, field.name, field.unit, "spec" if field.direction == "in" else "solve", field.meaning)
        for field in (*declared().values(), *package_fields().values())
    ]
    listed += [
        ("simulation", ("time", *row.dims), name, row.unit, row.method.replace("each", "mean"), row.meaning)
        for name, row in series(window=True).items()
    ]
    group = ""
    table = plain_table("variable", "dimensions", "unit", "from", "meaning", fold=("meaning",))
    for of, dims, name, unit, origin, meaning in sorted(listed):
        if of != group:
            group = of
            table.add_row(f"/{group}" + "/<kind of chip>" * (group == "package"), style="bold cyan")
        table.add_row(f"  {name}", ", ".join(dims), udunits(unit), origin, meaning)
    console().print(table)
