"""`twin render`: draw a saved result in 3-D, or write it as an interactive page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from xarray import DataTree

_VIEWS, _SIZE = "rear,section", "2000x1300"


def render(  # noqa: PLR0913
    result: Annotated[str, typer.Argument(help="Folder of a result (or twin.nc, or a system to solve).")],
    view: Annotated[
        str, typer.Option("--view", help="Views side by side: rear, section, tray, electrical; or oneline.")
    ] = _VIEWS,
    colour: Annotated[str | None, typer.Option("--colour", help="Field that colours the parts, e.g. headroom.")] = None,
    theme: Annotated[str, typer.Option("--theme", help="light or dark")] = "light",
    size: Annotated[str, typer.Option("--size", help="Pixels: WIDTHxHEIGHT")] = _SIZE,
    out: Annotated[Path | None, typer.Option("--out", help="File to write: .png, .pdf or .svg.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Write one page that turns, zooms and works offline.")] = False,
) -> None:
    """Draw a result in 3-D and write the picture."""
    from twin.cli.inputs import console, read_result

    if html and (view, colour, size) != (_VIEWS, None, _SIZE):
        raise SpecError("--html: the page has every view and colour; leave out --view, --colour and --size")
    pixels, views = _pixels(size), tuple(name.strip() for name in view.split(","))
    if not html:
        _check_views(views, colour)
    path = out or _place(result, "rack.html" if html else _file_name(view))
    _check_place(path, (".html",) if html else (".png", ".pdf", ".svg"))
    tree = read_result(result)
    try:
        note = _write_page(tree, path, theme) if html else _write_still(tree, path, views, (pixels, theme, colour))
    except ValueError as error:
        raise SpecError(str(error)) from error
    if note:
        console().print(note, soft_wrap=True)
    console().print(f"wrote {path}", soft_wrap=True)


def _check_views(views: tuple[str, ...], colour: str | None) -> None:
    """Refuse what cannot be drawn before a system is solved for it."""
    from viz.scenes.stage import check_view

    if "oneline" in views and (len(views) > 1 or colour is not None):
        raise SpecError("--view oneline: it is one drawing, coloured by loading; leave out other views and --colour")
    try:
        for view in views:
            if view != "oneline":
                check_view(view)
    except ValueError as error:
        raise SpecError(f"--{error}") from error


def _write_still(
    tree: "DataTree", path: Path, views: tuple[str, ...], look: tuple[tuple[int, int], str, str | None]
) -> str | None:
    import viz
    from twin.result.io import write_whole

    if views == ("oneline",):
        figure, note = viz.oneline(tree, look[1], look[0]), None
    else:
        figure, note = viz.picture(tree, views, *look)
    write_whole(path, lambda place: viz.save(figure, place))
    return note


def _write_page(tree: "DataTree", path: Path, theme: str) -> str | None:
    import viz
    from twin.result.io import write_whole

    write_whole(path, lambda place: viz.page(tree, place, theme))
    return None


def _pixels(size: str) -> tuple[int, int]:
    width, sign, height = size.lower().partition("x")
    if not (sign and width.strip().isdecimal() and height.strip().isdecimal()):
        raise SpecError(f"--size {size!r}: write WIDTHxHEIGHT in pixels, for example 2000x1300")
    return int(width), int(height)


def _file_name(view: str) -> str:
    return "rack.png" if view == _VIEWS else f"{view.replace(',', '-').replace(' ', '')}.png"


def _place(result: str, name: str) -> Path:
    """Return where the picture goes unless --out says: beside the result, or here for one that is solved first."""
    given = Path(result)
    return given / name if given.is_dir() else given.parent / name if given.suffix == ".nc" else Path(name)


def _check_place(path: Path, suffixes: tuple[str, ...]) -> None:
    from twin.result.io import make_folder

    if path.suffix.lower() not in suffixes:
        raise SpecError(f"--out {path}: must end in {', '.join(suffixes)}")
    make_folder(path.parent)
