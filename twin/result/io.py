"""Results on disk: netCDF with compression and a JSON summary, both written whole or not at all."""

import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.result.schema import check_tree, fields
from twin.spec.errors import SpecError

if TYPE_CHECKING:
    from xarray import DataArray, DataTree

#: Compression of large arrays: level 1 halves the file for a tenth of the time of level 9.
_PACKED = {"zlib": True, "complevel": 1, "shuffle": True}
#: Arrays below this size are stored as they are.
_LARGE = 4096


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place and move it there when it is complete.

    Parameters
    ----------
    path : Path
        Final place.
    write : callable
        Writes the file at the path it is given.

    Raises
    ------
    SpecError
        The folder cannot be written; nothing half-written is left.

    References
    ----------
    POSIX rename(2): atomic within a file system.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise SpecError(f"{path.parent}: cannot be written ({error.strerror}); choose another --out") from error
    try:
        write(Path(name))
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written ({error.strerror}); choose another --out") from error
    finally:
        Path(name).unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """Return a folder that exists and can be written into, made where it is missing.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    SpecError
        It is a file, or cannot be made or written.

    References
    ----------
    Derived: mkdir, then a probe file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise SpecError(f"--out {path}: cannot be written ({error.strerror}); choose another folder") from error
    return path


def write_tree(tree: "DataTree", path: Path) -> None:
    """Write a result as netCDF (`xarray.open_datatree` reads it).

    Parameters
    ----------
    tree : DataTree
        A result.
    path : Path
        File, usually ending in .nc.

    Raises
    ------
    SpecError
        The folder cannot be written.

    References
    ----------
    netCDF-4, one group per node.
    """
    encoding = {
        node.path: {
            name: _packed(value)
            for name, value in node.data_vars.items()
            if value.size > _LARGE and value.dtype.kind != "U"
        }
        for node in tree.subtree
    }
    write_whole(path, lambda place: tree.to_netcdf(place, engine="netcdf4", encoding=encoding))


def _packed(value: "DataArray") -> dict[str, Any]:
    """Return the encoding of a large array: packed, and a field in one chunk per chip."""
    return {**_PACKED, "chunksizes": (1, *value.shape[1:])} if value.ndim == 4 else _PACKED


def read_tree(path: Path) -> "DataTree":
    """Return a result read from netCDF, loaded into memory.

    Parameters
    ----------
    path : Path
        A file, or a folder that holds twin.nc.

    Returns
    -------
    DataTree
        The result.

    Raises
    ------
    SpecError
        No such file, not a result, or one with other variables than this version declares.

    References
    ----------
    Derived: `xarray.open_datatree`.
    """
    import xarray as xr

    file = path / "twin.nc" if path.is_dir() else path
    try:
        with xr.open_datatree(file, engine="netcdf4") as tree:
            loaded = tree.load()
    except (OSError, ValueError) as error:
        raise SpecError(f"{file}: cannot be read as a result ({error})") from error
    if "summary" not in loaded.children or "spec" not in loaded.attrs:
        raise SpecError(f"{file}: is no result of `twin run`: it has no group /summary or no attribute spec")
    try:
        check_tree(loaded)
    except ValueError as error:
        _, *problems = str(error).splitlines()
        listed = "; ".join(problems[:3]) + (" …" if len(problems) > 3 else "")
        raise SpecError(f"{file}: written by another version ({listed}); run `twin run` again") from error
    return loaded


def summary_dict(tree: "DataTree") -> dict[str, Any]:
    """Return the scalars of a result as plain numbers and text; what does not apply is None.

    Parameters
    ----------
    tree : DataTree
        A result.

    Returns
    -------
    dict of str to object
        SI units; `warnings` a list of text.

    References
    ----------
    Derived: group /summary.
    """
    summary = tree["summary"]
    plain: dict[str, Any] = {"system": tree.attrs["title"], "version": tree.attrs["version"]}
    for field in fields().values():
        if field.group == "summary" and not field.dims:
            plain[field.name] = _plain(summary[field.name].item())
    plain["warnings"] = plain["warnings"].splitlines()
    return plain


def _plain(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e6 else value


def write_summary(tree: "DataTree", path: Path, extra: dict[str, Any] | None = None) -> None:
    """Write the scalars of a result as JSON.

    Parameters
    ----------
    tree : DataTree
        A result.
    path : Path
        File, usually summary.json.
    extra : dict, optional
        More entries, for example uncertainty bands.

    Raises
    ------
    SpecError
        The folder cannot be written.

    References
    ----------
    RFC 8259.
    """
    text = json.dumps({**summary_dict(tree), **(extra or {})}, indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda place: _write_text(place, text))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
