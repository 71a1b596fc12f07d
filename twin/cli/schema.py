"""`twin schema`: the JSON Schema of a spec, for editors."""


def schema() -> None:
    """Print the JSON Schema of a spec file, for completion and checks in editors."""
    import json

    import typer

    from twin.spec.json_schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
