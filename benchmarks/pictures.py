"""Benchmark cases of the pictures: stills, the hero, the page and a hall, each in a fresh process, imports included.

The trial for OpenGL runs in a child process and is not counted (about 0.4 s).
"""

from pathlib import Path
from typing import Any

from benchmarks.case import Case


def result() -> Any:
    """A solved rack with the field of its hottest chip."""
    import twin

    return twin.solve(twin.load("gb300-nvl72"), fields="worst")


def still(tree: Any) -> None:
    """One view of the rack with its text, as a file."""
    _draw(tree, ("rear",), (1600, 1200))


def hero(tree: Any) -> None:
    """Two views side by side, as `twin run` writes them."""
    _draw(tree, ("rear", "section"), (2000, 1300))


def page(tree: Any) -> None:
    """The interactive page; its size is checked here, being part of the promise."""
    import tempfile

    import viz

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rack.html"
        viz.page(tree, path)
        if path.stat().st_size > 6e6:
            raise RuntimeError(f"page of {path.stat().st_size / 1e6:.1f} MB: must be at most 6 MB")


def hall(tree: Any) -> None:
    """128 racks with every cable as a line."""
    import viz

    plotter = viz.hall(tree, racks=128)
    plotter.screenshot(None, return_img=True)
    plotter.close()


def _draw(tree: Any, views: tuple[str, ...], size: tuple[int, int]) -> None:
    import tempfile

    import viz

    with tempfile.TemporaryDirectory() as folder:
        viz.save(viz.still(tree, views, size), Path(folder) / "rack.png")


PICTURES = (
    Case(name="rack still", size="1600 x 1200", phase="first", beat=3.0, setup=result, run=still, repeats=3),
    Case(name="hero", size="2000 x 1300, 2 views", phase="first", beat=10.0, setup=result, run=hero, repeats=3),
    Case(name="page", size="1 rack, at most 6 MB", phase="first", beat=5.0, setup=result, run=page, repeats=3),
    Case(
        name="hall",
        size="128 racks, 663 552 cables",
        phase="first",
        beat=5.0,
        whose="our budget; 1 GB",
        setup=result,
        run=hall,
        repeats=3,
    ),
)
