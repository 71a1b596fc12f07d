"""The command line: `twin` and its commands, one file each; heavy imports wait until a command needs them."""

import sys
from typing import Annotated

import typer

from twin.cli import cables, compare, fields, listing, render, run, schema, show, simulate, study, sweep, validate, year
from twin.spec.errors import ConvergenceError, SpecError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command(name="list")(listing.list_systems)
app.command()(show.show)
app.command()(fields.fields)
app.command()(run.run)
app.command()(render.render)
app.command()(compare.compare)
app.command()(sweep.sweep)
app.command()(simulate.simulate)
app.command()(year.year)
app.command()(study.study)
app.command()(cables.cables)
app.command()(validate.validate)
app.command()(schema.schema)


def _version(asked: bool) -> None:
    if asked:
        from twin.couple.solve import installed_version

        typer.echo(f"twin {installed_version()}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Digital twin of a liquid-cooled AI rack: fabric, heat and power from one coupled solve."""


def main() -> None:
    """Run the command line; bad input ends with one message and exit code 2, a failed solve with 1."""
    try:
        app()
    except SpecError as error:
        _stop(error, 2)
    except ConvergenceError as error:
        _stop(error, 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _stop(error: Exception, code: int) -> None:
    sys.stderr.write(f"twin: {error}\n")
    sys.exit(code)
