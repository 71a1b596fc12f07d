"""`twin run`: solve a system, print the table, write twin.nc, summary.json and rack.png."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.inputs import Fields, Out, Settings, System

if TYPE_CHECKING:
    from xarray import DataTree

    from twin.spec.types import Factory
    from twin.sweeps.uncertainty import Uncertainty


def run(
    system: System,
    settings: Settings = None,
    uncertainty: Annotated[int, typer.Option(help="Draw the assumed numbers N times and print bands.", min=0)] = 0,
    fields: Fields = "worst",
    out: Out = Path("out"),
    picture: Annotated[bool, typer.Option(help="Draw rack.png.")] = True,
) -> None:
    """Solve a system and write twin.nc, summary.json and rack.png."""
    from twin.cli.bands import as_json
    from twin.cli.headline import print_headline
    from twin.cli.inputs import console, read_spec
    from twin.couple.packages import check_choice
    from twin.couple.solve import solve
    from twin.result.io import make_folder, write_summary, write_tree

    check_choice(fields)
    spec = read_spec(system, settings)
    if uncertainty:
        from twin.sweeps.uncertainty import check_draws

        check_draws(uncertainty)
    folder = make_folder(out)
    with console().status(f"solving {spec.name}; the first time tabulates packages and compiles, about 20 s"):
        tree = solve(spec, fields)
    bands = _draw(spec, uncertainty) if uncertainty else None
    write_tree(tree, folder / "twin.nc")
    write_summary(tree, folder / "summary.json", as_json(bands) if bands else None)
    names, note = ["twin.nc", "summary.json"], None
    if picture:
        note = _draw_picture(tree, folder / "rack.png")
        names.append("rack.png")
    print_headline(console(), tree, spec, bands)
    if "package" in tree.children:
        console().print(field_line(tree), style="dim")
    if note:
        console().print(note, soft_wrap=True)
    console().print(f"wrote {', '.join(str(folder / name) for name in names)}", soft_wrap=True)


def field_line(tree: "DataTree") -> str:
    """Return a line on the fields inside chips: how many cells, the hottest of them, and how well heat closes."""
    import numpy as np

    kinds = [node.to_dataset() for node in tree["package"].children.values()]
    hottest = max(kinds, key=lambda kind: float(kind.temperature.max()))
    chip, z, y, x = np.unravel_index(np.nanargmax(hottest.temperature), hottest.temperature.shape)
    cell = hottest.isel(chip=chip, z=z, y=y, x=x)
    closure = max(float(abs(kind.heat_closure).max()) for kind in kinds)
    cells = f"{sum(kind.temperature.size for kind in kinds):,}".replace(",", " ")
    chips, name = sum(kind.chip.size for kind in kinds), cell.chip.item()
    whose, of = (f"field of {name}", "") if chips == 1 else (f"fields of {chips} chips", f" of {name}")
    place = f"the {cell.layer.item()}{of}, x {1e3 * cell.x.item():.1f} y {1e3 * cell.y.item():.1f} mm"
    hot = f"{cell.temperature.item() - 273.15:.1f} °C"
    return f"{whose}, {cells} cells: hottest centre {hot} in {place}; heat closes to {closure:.0e}"


def _draw(spec: "Factory", draws: int) -> "Uncertainty":
    from rich.progress import Progress

    from twin.cli.inputs import console
    from twin.sweeps.uncertainty import uncertainty

    screen = console()
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("uncertainty", total=draws)
        return uncertainty(spec, draws, progress=lambda done: progress.advance(task, done))


def _draw_picture(tree: "DataTree", path: Path) -> str | None:
    """Write the picture and return what kept it from being drawn in 3-D, if anything did."""
    import viz
    from twin.result.io import write_whole

    figure, note = viz.picture(tree)
    write_whole(path, lambda place: viz.save(figure, place))
    return note
