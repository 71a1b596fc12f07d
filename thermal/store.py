"""Results that cost seconds, kept in a folder from one run to the next.

Contract: a result is a NamedTuple of numbers and arrays; it is found again by what was asked and by the source text
that answers it. A file that is broken, foreign or of an older version counts as absent and is written anew; a folder
that cannot be written to costs time, never a result.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T", bound=tuple[Any, ...])


def stored(folder: Path | None, question: object, kind: type[T], answer: Callable[[], T]) -> T:
    """Return the answer to a question from a folder, or work it out and keep it there.

    Parameters
    ----------
    folder : made if need be; None keeps nothing
    question : its repr names it
    kind : NamedTuple of floats and arrays
    answer : makes one

    Returns
    -------
    of the kind asked for, arrays read-only

    References
    ----------
    Derived.

    Examples
    --------
    >>> stored(None, "what", tuple, lambda: (1, 2))
    (1, 2)
    """
    if folder is None:
        return _sealed(answer())
    from hashlib import sha256

    path = folder / f"{sha256((repr(question) + code_version()).encode()).hexdigest()}.npz"
    found = _read(path, kind)
    if found is None:
        found = answer()
        with suppress(OSError, ValueError):
            _write(path, found)
    return _sealed(found)


@cache
def code_version() -> str:
    """Return a hash of the source text and the data of this package, on which stored results depend.

    Returns
    -------
    hexadecimal text

    References
    ----------
    Derived.
    """
    from hashlib import sha256

    folders = files("thermal"), files("thermal") / "volumes", files("thermal") / "data"
    sources = [file for folder in folders for file in folder.iterdir() if file.name.endswith((".py", ".csv"))]
    return sha256("\0".join(sorted(file.name + file.read_text("utf-8") for file in sources)).encode()).hexdigest()


def _read(path: Path, kind: type[T]) -> T | None:
    names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            values = [file[name] for name in names]
    except Exception:  # whatever a broken archive raises: it counts as absent
        return None
    if any(value.dtype != np.float64 for value in values):
        return None
    return kind(*[value if value.ndim else float(value) for value in values])  # type: ignore[arg-type]


def _sealed(result: T) -> T:
    """Return the result with its arrays read-only: callers share it."""
    for value in result:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return result


def _write(path: Path, result: Any) -> None:
    """Write beside the path and move there: another process sees the whole file or none."""
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **result._asdict())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
