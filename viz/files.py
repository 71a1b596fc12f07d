"""Writing a figure to disk: all or nothing, and the same bytes for the same figure."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from viz import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What matplotlib would stamp into each format (date, version); left out: bytes depend on the picture only.
_STAMPS: dict[str, tuple[str, ...]] = {
    "png": ("Software",),
    "pdf": ("CreationDate", "Creator", "Producer"),
    "svg": ("Date", "Creator"),
}


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a PNG, PDF or SVG file; an existing file is replaced at the very end or not at all.

    Parameters
    ----------
    figure : Figure, drawn at its own size and resolution
    path : str or path, target whose suffix .png, .pdf or .svg chooses the format

    Raises
    ------
    ValueError
        If the suffix is none of the three.
    OSError
        If the folder is missing or not writable; no part of a file is left behind.

    Notes
    -----
    No date and no version is stored: identical figures give identical bytes.

    References
    ----------
    Derived: write to a neighbour, then rename (POSIX rename is atomic within one file system).

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from matplotlib.figure import Figure
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "empty.png"
    >>> save(Figure(figsize=(1, 1), dpi=50), target)
    >>> target.read_bytes()[1:4]
    b'PNG'
    """
    target = Path(path)
    form = target.suffix.lower().removeprefix(".")
    if form not in _STAMPS:
        raise ValueError(f"picture {target.name}: suffix must be one of .{', .'.join(_STAMPS)}")
    buffer = BytesIO()
    with style.clean():
        figure.savefig(buffer, format=form, dpi="figure", metadata=dict.fromkeys(_STAMPS[form]))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(buffer.getvalue())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
